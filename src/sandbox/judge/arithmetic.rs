//! Every sum of a document, recomputed with exact decimals (business-rules.md, invoice-xml.md sections 9 to 11).

use super::super::decimal::Exact;
use super::super::dom::Element;
use super::categories;
use super::findings::{Category, Findings};
use super::lines;
use super::paper::Paper;

const CENT: Exact = Exact::new(1, 2);

/// Reads and compares amounts; a number that cannot be read or does not fit becomes the finding `GENERAL`.
pub(super) struct Ledger<'f> {
    pub(super) findings: &'f mut Findings,
}

impl Ledger<'_> {
    pub(super) fn general(&mut self, what: &str) {
        let message = format!("Unable to execute Business Rules validation: {what}");
        self.findings.error(Category::Business, "GENERAL", message);
    }

    /// The decimal of a `cbc` child; `None` when it is missing or no number.
    pub(super) fn number(&mut self, parent: &Element, local: &str) -> Option<Exact> {
        let child = parent.cbc(local)?;
        let number = Exact::parse(&child.text());
        if number.is_none() {
            self.general(&format!("cbc:{local} of {} is no decimal number", parent.local));
        }
        number
    }

    /// As [`Ledger::number`], zero when missing.
    pub(super) fn or_zero(&mut self, parent: &Element, local: &str) -> Exact {
        self.number(parent, local).unwrap_or(Exact::ZERO)
    }

    /// Unwraps a checked operation; an overflow is a finding and counts as zero.
    pub(super) fn fit(&mut self, result: Option<Exact>) -> Exact {
        if result.is_none() {
            self.general("a number is too large");
        }
        result.unwrap_or(Exact::ZERO)
    }

    pub(super) fn sum(&mut self, numbers: impl IntoIterator<Item = Exact>) -> Exact {
        let total = numbers.into_iter().try_fold(Exact::ZERO, Exact::add);
        self.fit(total)
    }

    /// Adds the rule's finding unless both are equal.
    pub(super) fn equal(&mut self, error: bool, code: &str, what: &str, found: Exact, wanted: Exact) {
        self.near(error, code, what, found, wanted, Exact::ZERO);
    }

    /// Adds the rule's finding unless both are within the tolerance.
    pub(super) fn near(
        &mut self,
        error: bool,
        code: &str,
        what: &str,
        found: Exact,
        wanted: Exact,
        tolerance: Exact,
    ) {
        match found.within(wanted, tolerance) {
            Some(true) => {}
            Some(false) => {
                self.findings.rule(error, code, format!("{what} is {found} and should be {wanted}"))
            }
            None => self.general("a number is too large"),
        }
    }
}

/// Checks all amounts of the document.
pub(super) fn check(paper: &Paper, findings: &mut Findings) {
    let root = paper.root();
    let mut ledger = Ledger { findings };
    formats(root, &mut ledger);
    let nets = lines::check(root, &mut ledger);
    let (allowances, charges) = document_level(root, &mut ledger);
    let vat = tax_totals(root, &mut ledger);
    monetary_total(root, &mut ledger, Sums { nets, allowances, charges, vat });
    prepayments(root, &mut ledger);
    categories::check(root, &mut ledger);
}

/// Decimals, signs and currency of every amount.
fn formats(root: &Element, ledger: &mut Ledger<'_>) {
    let currency = root.value("DocumentCurrencyCode");
    let mut amounts: Vec<&Element> = Vec::new();
    for child in root.elements().filter(|e| !super::paper::is_left_out(e)) {
        child.walk(&mut |e| {
            let named = e.local.ends_with("Amount") || e.local.ends_with("Quantity");
            if named && e.elements().next().is_none() {
                amounts.push(e);
            }
        });
    }
    for element in amounts {
        let text = element.trimmed();
        let Some(value) = Exact::parse(&text) else {
            ledger.general(&format!("cbc:{} '{text}' is no decimal number", element.local));
            continue;
        };
        let signed = matches!(element.local.as_str(), "PayableAmount" | "PayableRoundingAmount");
        if value.is_negative() && !signed {
            let message = format!("cbc:{} is negative", element.local);
            ledger.findings.rule(true, "BR-KSA-F-04", message);
        }
        let price = matches!(element.local.as_str(), "PriceAmount")
            || element.local.ends_with("Quantity")
            || element.local.starts_with("PerUnit");
        let decimals = text.split_once('.').map_or(0, |(_, d)| d.len());
        if decimals > 2 && !price {
            let message = format!("cbc:{} has more than 2 decimals", element.local);
            ledger.findings.rule(false, decimals_rule(&element.local), message);
        }
        let named = element.attribute("currencyID");
        let accounting = element.local == "TaxAmount" && named == Some("SAR");
        if element.local.ends_with("Amount") && named != Some(currency.as_str()) && !accounting {
            let message = format!("currencyID of cbc:{} is not the document currency", element.local);
            ledger.findings.rule(true, "BR-KSA-CL-02", message);
        }
    }
}

fn decimals_rule(local: &str) -> &'static str {
    match local {
        "LineExtensionAmount" => "BR-DEC-09",
        "AllowanceTotalAmount" => "BR-DEC-10",
        "ChargeTotalAmount" => "BR-DEC-11",
        "TaxExclusiveAmount" => "BR-DEC-12",
        "TaxAmount" => "BR-DEC-13",
        "TaxInclusiveAmount" => "BR-DEC-14",
        "PrepaidAmount" => "BR-DEC-16",
        "PayableRoundingAmount" => "BR-DEC-17",
        "PayableAmount" => "BR-DEC-18",
        "TaxableAmount" => "BR-DEC-19",
        "RoundingAmount" => "BR-KSA-DEC-04",
        "BaseAmount" => "BR-DEC-02",
        _ => "BR-DEC-01",
    }
}

/// Whether an `AllowanceCharge` is a charge; anything but true or false is BR-KSA-F-02.
pub(super) fn is_charge(element: &Element, ledger: &mut Ledger<'_>) -> bool {
    match element.value("ChargeIndicator").as_str() {
        "true" => true,
        "false" => false,
        _ => {
            ledger.findings.rule(true, "BR-KSA-F-02", "ChargeIndicator is neither true nor false");
            false
        }
    }
}

/// The rules that hold for allowances and charges of both levels; gives the amount.
pub(super) fn allowance_amount(element: &Element, ledger: &mut Ledger<'_>) -> Exact {
    let amount = ledger.or_zero(element, "Amount");
    let percent = ledger.number(element, "MultiplierFactorNumeric");
    let base = ledger.number(element, "BaseAmount");
    if let Some(percent) = percent {
        let decimals = element.value("MultiplierFactorNumeric").split_once('.').map_or(0, |(_, d)| d.len());
        let outside =
            percent.is_negative() || percent.cmp(Exact::new(100, 0)) == Some(std::cmp::Ordering::Greater);
        if outside || decimals > 2 {
            ledger.findings.rule(true, "BR-KSA-DEC-01", "an allowance percentage is outside 0.00 to 100.00");
        }
    }
    match (percent, base) {
        (Some(percent), Some(base)) => {
            let product = percent.mul(base).and_then(|p| p.mul(CENT)).and_then(|p| p.round(2));
            let wanted = ledger.fit(product);
            ledger.equal(false, "BR-KSA-EN16931-03", "an allowance or charge amount", amount, wanted);
        }
        (Some(_), None) => {
            ledger.findings.rule(false, "BR-KSA-EN16931-04", "a percentage has no base amount")
        }
        (None, Some(_)) => {
            ledger.findings.rule(false, "BR-KSA-EN16931-05", "a base amount has no percentage")
        }
        (None, None) => {}
    }
    if let Some(reason) = element.cbc("AllowanceChargeReason") {
        let length = reason.trimmed().chars().count();
        if length == 0 || length > 1000 {
            ledger.findings.rule(false, "BR-KSA-F-06-C35", "an allowance reason is empty or too long");
        }
    }
    amount
}

/// Sums of document level allowances and charges.
fn document_level(root: &Element, ledger: &mut Ledger<'_>) -> (Exact, Exact) {
    let (mut allowances, mut charges) = (Vec::new(), Vec::new());
    for element in root.all_cac("AllowanceCharge") {
        let amount = allowance_amount(element, ledger);
        let charge = is_charge(element, ledger);
        if categories::of(element, "TaxCategory").is_none() {
            let code = if charge { "BR-37" } else { "BR-32" };
            ledger.findings.rule(!charge, code, "a document level allowance or charge has no VAT category");
        }
        if charge {
            if element.value("AllowanceChargeReasonCode").is_empty() {
                ledger.findings.rule(false, "BR-KSA-19", "a document level charge has no reason code");
            }
            if element.value("AllowanceChargeReason").is_empty() {
                ledger.findings.rule(false, "BR-KSA-21", "a document level charge has no reason");
            }
            charges.push(amount);
        } else {
            allowances.push(amount);
        }
    }
    (ledger.sum(allowances), ledger.sum(charges))
}

/// Checks both VAT totals and gives BT-110.
fn tax_totals(root: &Element, ledger: &mut Ledger<'_>) -> Option<Exact> {
    let split = |with: bool| {
        root.all_cac("TaxTotal").filter(move |t| t.cac("TaxSubtotal").is_some() == with).collect::<Vec<_>>()
    };
    let (detailed, plain) = (split(true), split(false));
    if detailed.is_empty() {
        ledger.findings.rule(true, "BR-CO-18", "the document has no VAT breakdown");
    } else if detailed.len() > 1 {
        ledger.findings.rule(false, "BR-KSA-EN16931-08", "there must be one TaxTotal with subtotals");
    }
    if plain.len() != 1 {
        ledger.findings.rule(false, "BR-KSA-EN16931-09", "there must be one TaxTotal without subtotals");
    }
    let first = *detailed.first()?;
    let total = ledger.number(first, "TaxAmount")?;
    let mut parts = Vec::new();
    for subtotal in first.all_cac("TaxSubtotal") {
        parts.push(ledger.or_zero(subtotal, "TaxAmount"));
    }
    let sum = ledger.sum(parts);
    ledger.equal(true, "BR-CO-14", "the VAT total (BT-110)", total, sum);
    let accounting = plain.first().and_then(|p| ledger.number(p, "TaxAmount"));
    if let Some(accounting) = accounting {
        let riyals = root.value("DocumentCurrencyCode") == "SAR";
        let same = accounting.equals(total) == Some(true);
        if riyals && !same {
            let message = format!("VAT in accounting currency (BT-111) is {accounting}, BT-110 is {total}");
            ledger.findings.warning(Category::Business, "SANDBOX-VAT-TOTALS", message);
        }
        if !riyals && same && !total.is_zero() {
            ledger.findings.rule(false, "BR-KSA-97", "VAT in SAR equals VAT in the document currency");
        }
    }
    Some(total)
}

struct Sums {
    nets: Exact,
    allowances: Exact,
    charges: Exact,
    vat: Option<Exact>,
}

fn monetary_total(root: &Element, ledger: &mut Ledger<'_>, sums: Sums) {
    let Some(total) = root.cac("LegalMonetaryTotal") else { return };
    let required = [
        ("TaxExclusiveAmount", false, "BR-13"),
        ("TaxInclusiveAmount", true, "BR-14"),
        ("PayableAmount", true, "BR-15"),
    ];
    for (name, error, code) in required {
        if total.value(name).is_empty() {
            ledger.findings.rule(error, code, format!("{name} is missing"));
        }
    }
    let lines = ledger.or_zero(total, "LineExtensionAmount");
    let wanted = ledger.fit(sums.nets.round(2));
    ledger.equal(false, "BR-CO-10", "the sum of line nets (BT-106)", lines, wanted);
    let allowances = ledger.or_zero(total, "AllowanceTotalAmount");
    ledger.equal(true, "BR-CO-11", "the sum of allowances (BT-107)", allowances, sums.allowances);
    let charges = ledger.or_zero(total, "ChargeTotalAmount");
    ledger.equal(true, "BR-CO-12", "the sum of charges (BT-108)", charges, sums.charges);
    let exclusive = ledger.or_zero(total, "TaxExclusiveAmount");
    let wanted = ledger.fit(wanted.sub(sums.allowances).and_then(|x| x.add(sums.charges)));
    ledger.equal(false, "BR-CO-13", "the total without VAT (BT-109)", exclusive, wanted);
    let inclusive = ledger.or_zero(total, "TaxInclusiveAmount");
    let wanted = ledger.fit(exclusive.add(sums.vat.unwrap_or(Exact::ZERO)));
    ledger.equal(true, "BR-CO-15", "the total with VAT (BT-112)", inclusive, wanted);
    let payable = ledger.or_zero(total, "PayableAmount");
    let prepaid = ledger.or_zero(total, "PrepaidAmount");
    let rounding = ledger.or_zero(total, "PayableRoundingAmount");
    let wanted = ledger.fit(inclusive.sub(prepaid).and_then(|x| x.add(rounding)));
    ledger.equal(false, "BR-CO-16", "the amount due (BT-115)", payable, wanted);
}

/// PrepaidAmount against the prepayment lines (BR-KSA-80), and their references (BR-KSA-74).
fn prepayments(root: &Element, ledger: &mut Ledger<'_>) {
    let mut paid = Vec::new();
    for line in root.all_cac("InvoiceLine") {
        for reference in line.all_cac("DocumentReference") {
            if reference.value("DocumentTypeCode") != "386" {
                ledger.findings.rule(true, "BR-KSA-74", "a prepayment reference is not of type 386");
            }
        }
        for subtotal in line.all_cac("TaxTotal").filter_map(|t| t.cac("TaxSubtotal")) {
            paid.push(ledger.or_zero(subtotal, "TaxableAmount"));
            paid.push(ledger.or_zero(subtotal, "TaxAmount"));
        }
    }
    let sum = ledger.sum(paid);
    let prepaid = match root.cac("LegalMonetaryTotal") {
        Some(total) => ledger.or_zero(total, "PrepaidAmount"),
        None => Exact::ZERO,
    };
    ledger.equal(false, "BR-KSA-80", "the prepaid amount (BT-113)", prepaid, sum);
}
