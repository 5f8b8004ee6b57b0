//! The lines of a document: required parts and the arithmetic of each.

use super::super::decimal::Exact;
use super::super::dom::Element;
use super::arithmetic::{Ledger, allowance_amount, is_charge};
use super::categories;

const CENT: Exact = Exact::new(1, 2);

/// Checks every line and gives the sum of their nets.
pub(super) fn check(root: &Element, ledger: &mut Ledger<'_>) -> Exact {
    let mut nets = Vec::new();
    for line in root.all_cac("InvoiceLine") {
        parts(line, ledger);
        nets.push(ledger.or_zero(line, "LineExtensionAmount"));
        net(line, ledger);
        vat(line, ledger);
    }
    if nets.is_empty() {
        ledger.findings.rule(true, "BR-16", "the document has no line");
    }
    ledger.sum(nets)
}

fn parts(line: &Element, ledger: &mut Ledger<'_>) {
    let id = line.value("ID");
    if id.is_empty() || id.chars().count() > 6 {
        ledger.findings.rule(true, "BR-KSA-F-06-C17", "a line's number is empty or longer than 6 characters");
    }
    let quantity = line.value("InvoicedQuantity");
    if quantity.is_empty() || quantity == "0" {
        ledger.findings.rule(true, "BR-22", format!("line {id}: the quantity is missing or 0"));
    }
    if line.value("LineExtensionAmount").is_empty() {
        ledger.findings.rule(true, "BR-24", format!("line {id}: the net amount is missing"));
    }
    if line.cac("Price").is_none_or(|p| p.value("PriceAmount").is_empty()) {
        ledger.findings.rule(true, "BR-26", format!("line {id}: the price is missing"));
    }
    let name = line.cac("Item").map(|i| i.value("Name")).unwrap_or_default();
    let length = name.chars().count();
    if name.is_empty() {
        ledger.findings.rule(false, "BR-25", format!("line {id}: the item's name is missing"));
    }
    if !(3..=1000).contains(&length) {
        ledger.findings.rule(
            false,
            "BR-KSA-F-06-C19",
            format!("line {id}: the item's name has {length} characters"),
        );
    }
    if length > 0 && name.chars().all(|c| c.is_ascii_digit()) {
        ledger.findings.rule(false, "BR-KSA-F-C-01", format!("line {id}: the item's name is digits only"));
    }
    let category = line.cac("Item").and_then(|item| categories::of(item, "ClassifiedTaxCategory"));
    if category.is_none() {
        ledger.findings.rule(true, "BR-CO-04", format!("line {id}: the VAT category is missing"));
    }
}

/// Net = quantity x price / base quantity + charges - allowances, within a halala (BR-KSA-EN16931-11).
fn net(line: &Element, ledger: &mut Ledger<'_>) {
    let Some(found) = ledger.number(line, "LineExtensionAmount") else { return };
    let Some(price) = line.cac("Price") else { return };
    let quantity = ledger.or_zero(line, "InvoicedQuantity");
    let amount = ledger.or_zero(price, "PriceAmount");
    let base = ledger.number(price, "BaseQuantity").unwrap_or(Exact::new(1, 0));
    if base.is_zero() || base.is_negative() {
        ledger.findings.rule(true, "BR-KSA-EN16931-12", "BaseQuantity is not above 0");
        return;
    }
    price_discount(price, amount, ledger);
    let product = quantity.mul(amount).and_then(|p| p.div_cut(base, 3)).and_then(|p| p.round(2));
    let mut wanted = ledger.fit(product);
    for element in line.all_cac("AllowanceCharge") {
        let part = allowance_amount(element, ledger);
        let charge = is_charge(element, ledger);
        let next = if charge { wanted.add(part) } else { wanted.sub(part) };
        wanted = ledger.fit(next);
    }
    let what = format!("line {}: the net amount", line.value("ID"));
    ledger.near(false, "BR-KSA-EN16931-11", &what, found, wanted, CENT);
}

/// Price = base amount - amount where a price has an allowance (BR-KSA-EN16931-07).
fn price_discount(price: &Element, found: Exact, ledger: &mut Ledger<'_>) {
    let Some(allowance) = price.cac("AllowanceCharge") else { return };
    if is_charge(allowance, ledger) {
        ledger.findings.rule(true, "BR-KSA-EN16931-06", "a price can only have an allowance, not a charge");
    }
    if let (Some(base), Some(off)) =
        (ledger.number(allowance, "BaseAmount"), ledger.number(allowance, "Amount"))
    {
        let wanted = ledger.fit(base.sub(off));
        ledger.equal(true, "BR-KSA-EN16931-07", "a net price", found, wanted);
    }
}

fn vat(line: &Element, ledger: &mut Ledger<'_>) {
    let id = line.value("ID");
    let total = line.cac("TaxTotal");
    let vat = total.and_then(|t| ledger.number(t, "TaxAmount"));
    let gross = total.and_then(|t| ledger.number(t, "RoundingAmount"));
    if vat.is_none() {
        ledger.findings.rule(true, "BR-KSA-52", format!("line {id}: the VAT amount is missing"));
    }
    if gross.is_none() {
        ledger.findings.rule(true, "BR-KSA-53", format!("line {id}: the gross amount is missing"));
    }
    if let (Some(vat), Some(gross)) = (vat, gross) {
        let net = ledger.or_zero(line, "LineExtensionAmount");
        let wanted = ledger.fit(net.add(vat));
        ledger.equal(false, "BR-KSA-51", &format!("line {id}: the gross amount"), gross, wanted);
    }
}
