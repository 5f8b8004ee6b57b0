//! Document allowances, VAT totals and monetary totals (invoice-xml.md sections 8 to 10).

use super::emit::Emitter;
use super::parties::vat_scheme;
use crate::invoice::{GroupAllowance, Priced, TaxGroup, Totals, Vat};
use crate::money::Decimal;

/// UNTDID 5189: discount.
const DISCOUNT_CODE: &str = "95";
/// The reason when the shop gave none.
const DISCOUNT_TEXT: &str = "Discount";

pub(super) fn document_allowance(out: &mut Emitter, allowance: &GroupAllowance) {
    out.within("cac:AllowanceCharge", |out| {
        discount(out, allowance.reason.as_deref());
        out.amount("cbc:Amount", allowance.amount);
        out.within("cac:TaxCategory", |out| category(out, &allowance.vat));
    });
}

/// Indicator, reason code and reason of a discount, for lines and documents alike.
pub(super) fn discount(out: &mut Emitter, reason: Option<&str>) {
    out.leaf("cbc:ChargeIndicator", "false");
    out.leaf("cbc:AllowanceChargeReasonCode", DISCOUNT_CODE);
    out.leaf("cbc:AllowanceChargeReason", reason.unwrap_or(DISCOUNT_TEXT));
}

/// The first total is the VAT in riyals for the authority (BT-111), the second
/// the document's with its subtotals (BT-110).
pub(super) fn tax_totals(out: &mut Emitter, priced: &Priced) {
    out.within("cac:TaxTotal", |out| out.amount("cbc:TaxAmount", priced.totals.tax));
    out.within("cac:TaxTotal", |out| {
        out.amount("cbc:TaxAmount", priced.totals.tax);
        for group in &priced.groups {
            subtotal(out, group);
        }
    });
}

fn subtotal(out: &mut Emitter, group: &TaxGroup) {
    out.within("cac:TaxSubtotal", |out| {
        out.amount("cbc:TaxableAmount", group.taxable);
        out.amount("cbc:TaxAmount", group.tax);
        out.within("cac:TaxCategory", |out| {
            code_and_percent(out, &group.vat);
            if let Some(exemption) = &group.vat.exemption {
                out.leaf("cbc:TaxExemptionReasonCode", exemption.code);
                out.leaf("cbc:TaxExemptionReason", &exemption.text);
            }
            vat_scheme(out);
        });
    });
}

/// Category, percent and scheme, as allowances and lines state them.
pub(super) fn category(out: &mut Emitter, vat: &Vat) {
    code_and_percent(out, vat);
    vat_scheme(out);
}

fn code_and_percent(out: &mut Emitter, vat: &Vat) {
    out.raw("<cbc:ID>");
    out.raw(vat.category.code());
    out.raw("</cbc:ID><cbc:Percent>");
    out.decimal(Decimal::new(vat.rate.basis_points().into(), 2));
    out.raw("</cbc:Percent>");
}

pub(super) fn monetary_total(out: &mut Emitter, totals: &Totals, has_allowances: bool) {
    out.within("cac:LegalMonetaryTotal", |out| {
        out.amount("cbc:LineExtensionAmount", totals.line_net);
        out.amount("cbc:TaxExclusiveAmount", totals.tax_exclusive);
        out.amount("cbc:TaxInclusiveAmount", totals.tax_inclusive);
        if has_allowances {
            out.amount("cbc:AllowanceTotalAmount", totals.allowances);
        }
        out.amount("cbc:PrepaidAmount", totals.prepaid);
        out.amount("cbc:PayableAmount", totals.payable);
    });
}
