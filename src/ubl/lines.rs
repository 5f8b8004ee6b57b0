//! Invoice lines (invoice-xml.md section 11).

use super::emit::Emitter;
use super::totals::{category, charge, discount, subtotal};
use crate::invoice::{DocumentType, PrepaymentReference, PricedLine, PricedPrepayment};
use crate::money::{Decimal, Halalas, Quantity};

/// A document has as many of these as the basket has items, so what is fixed
/// between two values is written in one piece.
pub(super) fn line(out: &mut Emitter, number: usize, line: &PricedLine) {
    out.raw("<cac:InvoiceLine><cbc:ID>");
    out.decimal(Decimal::new(number as i128, 0));
    out.raw("</cbc:ID><cbc:InvoicedQuantity unitCode=\"");
    out.attribute(&line.unit);
    out.raw("\">");
    out.decimal(six_decimals(line.quantity));
    out.priced("</cbc:InvoicedQuantity><cbc:LineExtensionAmount currencyID=\"", line.net);
    out.raw("</cbc:LineExtensionAmount>");
    if let Some(allowance) = &line.allowance {
        out.within("cac:AllowanceCharge", |out| {
            discount(out, allowance.reason.as_deref());
            out.amount("cbc:Amount", allowance.amount);
        });
    }
    if let Some(added) = &line.charge {
        out.within("cac:AllowanceCharge", |out| {
            charge(out, added.code, &added.reason);
            out.amount("cbc:Amount", added.amount);
        });
    }
    out.priced("<cac:TaxTotal><cbc:TaxAmount currencyID=\"", line.vat_amount);
    out.priced("</cbc:TaxAmount><cbc:RoundingAmount currencyID=\"", line.gross);
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
    out.in_currency("</cac:ClassifiedTaxCategory></cac:Item><cac:Price><cbc:PriceAmount currencyID=\"");
    out.decimal(line.price);
    out.raw("</cbc:PriceAmount></cac:Price></cac:InvoiceLine>");
}

/// The line of an advance that the document uses up: nothing is sold in it, and
/// its subtotal says what was received (invoice-xml.md section 12).
pub(super) fn advance(out: &mut Emitter, number: usize, advance: &PricedPrepayment) {
    let nothing = Halalas::ZERO;
    out.raw("<cac:InvoiceLine><cbc:ID>");
    out.decimal(Decimal::new(number as i128, 0));
    // With decimals: the text "0" is refused (BR-22).
    out.raw("</cbc:ID><cbc:InvoicedQuantity unitCode=\"PCE\">0.00</cbc:InvoicedQuantity>");
    out.amount("cbc:LineExtensionAmount", nothing);
    for document in &advance.references {
        reference(out, document);
    }
    out.within("cac:TaxTotal", |out| {
        out.amount("cbc:TaxAmount", nothing);
        out.amount("cbc:RoundingAmount", nothing);
        subtotal(out, &advance.vat, advance.taxable, advance.tax);
    });
    out.within("cac:Item", |out| {
        out.leaf("cbc:Name", PricedPrepayment::LINE_NAME);
        out.within("cac:ClassifiedTaxCategory", |out| category(out, &advance.vat));
    });
    out.within("cac:Price", |out| out.amount("cbc:PriceAmount", nothing));
    out.close("cac:InvoiceLine");
}

fn reference(out: &mut Emitter, document: &PrepaymentReference) {
    out.within("cac:DocumentReference", |out| {
        out.leaf("cbc:ID", &document.number);
        if let Some(uuid) = document.uuid {
            let mut text = [0u8; uuid::fmt::Hyphenated::LENGTH];
            out.leaf("cbc:UUID", uuid.hyphenated().encode_lower(&mut text));
        }
        out.leaf("cbc:IssueDate", &document.date);
        out.leaf("cbc:IssueTime", &document.time);
        out.leaf("cbc:DocumentTypeCode", DocumentType::Prepayment.code());
    });
}

/// Quantities are written with six decimals, as the authority's samples do;
/// `0` without decimals would be refused (BR-22).
fn six_decimals(quantity: Quantity) -> Decimal {
    Decimal::new(i128::from(quantity.thousandths()) * 1000, 6)
}
