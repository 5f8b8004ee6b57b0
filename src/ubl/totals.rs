//! Document allowances and charges, exchange rate, VAT totals and monetary totals (invoice-xml.md sections 8 to 10).

use super::emit::Emitter;
use super::parties::vat_scheme;
use crate::invoice::{Foreign, GroupAllowance, GroupCharge, Invoice, Priced, Vat};
use crate::money::{Decimal, Halalas};

/// UNTDID 5189: discount.
const DISCOUNT_CODE: &str = "95";
/// The reason when the shop gave none.
pub(super) const DISCOUNT_TEXT: &str = "Discount";

pub(super) fn document_allowance(out: &mut Emitter, allowance: &GroupAllowance) {
    out.within("cac:AllowanceCharge", |out| {
        discount(out, allowance.reason.as_deref());
        out.amount("cbc:Amount", allowance.amount);
        out.within("cac:TaxCategory", |out| category(out, &allowance.vat));
    });
}

pub(super) fn document_charge(out: &mut Emitter, added: &GroupCharge) {
    out.within("cac:AllowanceCharge", |out| {
        charge(out, added.code, &added.reason);
        out.amount("cbc:Amount", added.amount);
        out.within("cac:TaxCategory", |out| category(out, &added.vat));
    });
}

/// Indicator, reason code and reason of a charge (BR-KSA-19 to BR-KSA-22).
pub(super) fn charge(out: &mut Emitter, code: &str, reason: &str) {
    out.leaf("cbc:ChargeIndicator", "true");
    out.leaf("cbc:AllowanceChargeReasonCode", code);
    out.leaf("cbc:AllowanceChargeReason", reason);
}

/// Riyals for one unit of the document's currency (BR-KSA-87 to BR-KSA-90).
pub(super) fn exchange_rate(out: &mut Emitter, foreign: Foreign) {
    out.within("cac:TaxExchangeRate", |out| {
        out.leaf("cbc:SourceCurrencyCode", foreign.code);
        out.leaf("cbc:TargetCurrencyCode", "SAR");
        out.open("cbc:CalculationRate");
        out.decimal(foreign.rate);
        out.close("cbc:CalculationRate");
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
pub(super) fn tax_totals(out: &mut Emitter, invoice: &Invoice) {
    let priced = &invoice.priced;
    out.within("cac:TaxTotal", |out| out.amount_in("cbc:TaxAmount", "SAR", invoice.tax_in_riyals()));
    out.within("cac:TaxTotal", |out| {
        out.amount("cbc:TaxAmount", priced.totals.tax);
        for group in &priced.groups {
            subtotal(out, &group.vat, group.taxable, group.tax);
        }
    });
}

pub(super) fn subtotal(out: &mut Emitter, vat: &Vat, taxable: Halalas, tax: Halalas) {
    out.within("cac:TaxSubtotal", |out| {
        out.amount("cbc:TaxableAmount", taxable);
        out.amount("cbc:TaxAmount", tax);
        out.within("cac:TaxCategory", |out| {
            code_and_percent(out, vat);
            if let Some(exemption) = &vat.exemption {
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

pub(super) fn monetary_total(out: &mut Emitter, priced: &Priced) {
    let totals = &priced.totals;
    out.within("cac:LegalMonetaryTotal", |out| {
        out.amount("cbc:LineExtensionAmount", totals.line_net);
        out.amount("cbc:TaxExclusiveAmount", totals.tax_exclusive);
        out.amount("cbc:TaxInclusiveAmount", totals.tax_inclusive);
        if !priced.allowances.is_empty() {
            out.amount("cbc:AllowanceTotalAmount", totals.allowances);
        }
        if !priced.charges.is_empty() {
            out.amount("cbc:ChargeTotalAmount", totals.charges);
        }
        out.amount("cbc:PrepaidAmount", totals.prepaid);
        if !totals.rounding.is_zero() {
            out.amount("cbc:PayableRoundingAmount", totals.rounding);
        }
        out.amount("cbc:PayableAmount", totals.payable);
    });
}
