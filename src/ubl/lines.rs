//! Invoice lines (invoice-xml.md section 11).

use super::emit::Emitter;
use super::totals::{category, discount};
use crate::invoice::PricedLine;
use crate::money::{Decimal, Quantity};

pub(super) fn line(out: &mut Emitter, number: usize, line: &PricedLine) {
    out.within("cac:InvoiceLine", |out| {
        out.leaf("cbc:ID", &number.to_string());
        out.leaf_with("cbc:InvoicedQuantity", "unitCode", &line.unit, &six_decimals(line.quantity));
        out.amount("cbc:LineExtensionAmount", line.net);
        if let Some(allowance) = &line.allowance {
            out.within("cac:AllowanceCharge", |out| {
                discount(out, allowance.reason.as_deref());
                out.amount("cbc:Amount", allowance.amount);
            });
        }
        out.within("cac:TaxTotal", |out| {
            out.amount("cbc:TaxAmount", line.vat_amount);
            out.amount("cbc:RoundingAmount", line.gross);
        });
        item(out, line);
        out.within("cac:Price", |out| {
            out.leaf_with("cbc:PriceAmount", "currencyID", "SAR", &line.price.to_string());
        });
    });
}

fn item(out: &mut Emitter, line: &PricedLine) {
    out.within("cac:Item", |out| {
        out.leaf("cbc:Name", &line.name);
        if let Some(article) = &line.article {
            out.within("cac:SellersItemIdentification", |out| out.leaf("cbc:ID", article));
        }
        if let Some(barcode) = &line.barcode {
            out.within("cac:StandardItemIdentification", |out| out.leaf("cbc:ID", barcode));
        }
        out.within("cac:ClassifiedTaxCategory", |out| category(out, &line.vat));
    });
}

/// Quantities are written with six decimals, as the authority's samples do;
/// `0` without decimals would be refused (BR-22).
fn six_decimals(quantity: Quantity) -> String {
    Decimal::new(i128::from(quantity.thousandths()) * 1000, 6).to_string()
}
