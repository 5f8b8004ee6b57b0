//! Invoice lines (invoice-xml.md section 11).

use super::emit::Emitter;
use super::totals::{category, discount};
use crate::invoice::PricedLine;
use crate::money::{Decimal, Quantity};

/// A document has as many of these as the basket has items, so what is fixed
/// between two values is written in one piece.
pub(super) fn line(out: &mut Emitter, number: usize, line: &PricedLine) {
    out.raw("<cac:InvoiceLine><cbc:ID>");
    out.decimal(Decimal::new(number as i128, 0));
    out.raw("</cbc:ID><cbc:InvoicedQuantity unitCode=\"");
    out.attribute(&line.unit);
    out.raw("\">");
    out.decimal(six_decimals(line.quantity));
    out.raw("</cbc:InvoicedQuantity><cbc:LineExtensionAmount currencyID=\"SAR\">");
    out.halalas(line.net);
    out.raw("</cbc:LineExtensionAmount>");
    if let Some(allowance) = &line.allowance {
        out.within("cac:AllowanceCharge", |out| {
            discount(out, allowance.reason.as_deref());
            out.amount("cbc:Amount", allowance.amount);
        });
    }
    out.raw("<cac:TaxTotal><cbc:TaxAmount currencyID=\"SAR\">");
    out.halalas(line.vat_amount);
    out.raw("</cbc:TaxAmount><cbc:RoundingAmount currencyID=\"SAR\">");
    out.halalas(line.gross);
    out.raw("</cbc:RoundingAmount></cac:TaxTotal><cac:Item><cbc:Name>");
    out.text(&line.name);
    out.raw("</cbc:Name>");
    if let Some(article) = &line.article {
        out.raw("<cac:SellersItemIdentification><cbc:ID>");
        out.text(article);
        out.raw("</cbc:ID></cac:SellersItemIdentification>");
    }
    if let Some(barcode) = &line.barcode {
        out.raw("<cac:StandardItemIdentification><cbc:ID>");
        out.text(barcode);
        out.raw("</cbc:ID></cac:StandardItemIdentification>");
    }
    out.raw("<cac:ClassifiedTaxCategory>");
    category(out, &line.vat);
    out.raw("</cac:ClassifiedTaxCategory></cac:Item><cac:Price><cbc:PriceAmount currencyID=\"SAR\">");
    out.decimal(line.price);
    out.raw("</cbc:PriceAmount></cac:Price></cac:InvoiceLine>");
}

/// Quantities are written with six decimals, as the authority's samples do;
/// `0` without decimals would be refused (BR-22).
fn six_decimals(quantity: Quantity) -> Decimal {
    Decimal::new(i128::from(quantity.thousandths()) * 1000, 6)
}
