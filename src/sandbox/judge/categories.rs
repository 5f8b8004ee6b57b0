//! VAT by category: rates, taxable amounts per category and rate, VAT of each subtotal, exemption reasons.

use super::super::decimal::Exact;
use super::super::dom::Element;
use super::arithmetic::{Ledger, is_charge};

const CENT: Exact = Exact::new(1, 2);

/// Each subtotal is compared with every line, so their number is bounded; there are four categories.
const MAX_SUBTOTALS: usize = 100;

/// A VAT category with its rate as written.
#[derive(Clone, Debug)]
pub(super) struct TaxCategory {
    code: String,
    percent: Option<Exact>,
    percent_text: String,
}

/// The first category child of that name under scheme VAT.
pub(super) fn of(parent: &Element, local: &str) -> Option<TaxCategory> {
    let element = parent.cac(local)?;
    let code = element.value("ID");
    if code.is_empty() || element.cac("TaxScheme").is_none_or(|s| s.value("ID") != "VAT") {
        return None;
    }
    let percent_text = element.value("Percent");
    Some(TaxCategory { code, percent: Exact::parse(&percent_text), percent_text })
}

impl TaxCategory {
    fn same_group(&self, other: &TaxCategory) -> bool {
        let zero = Exact::ZERO;
        let (a, b) = (self.percent.unwrap_or(zero), other.percent.unwrap_or(zero));
        self.code == other.code && a.equals(b) == Some(true)
    }
}

/// One contribution to a taxable amount: line net, allowance (negative) or charge.
struct Part {
    category: TaxCategory,
    amount: Option<Exact>,
}

/// Checks the VAT breakdown against lines, allowances and charges.
pub(super) fn check(root: &Element, ledger: &mut Ledger<'_>) {
    let parts = parts(root, ledger);
    let detailed = root.all_cac("TaxTotal").find(|t| t.cac("TaxSubtotal").is_some());
    let subtotals: Vec<&Element> = detailed.map(|t| t.all_cac("TaxSubtotal").collect()).unwrap_or_default();
    if subtotals.len() > MAX_SUBTOTALS {
        ledger.general("too many VAT subtotals");
        return;
    }
    let mut groups = Vec::new();
    for subtotal in &subtotals {
        let Some(category) = of(subtotal, "TaxCategory") else {
            ledger.findings.rule(true, "BR-47", "a VAT subtotal has no category");
            continue;
        };
        rate(&category, "subtotal", ledger);
        reasons(subtotal, &category, ledger);
        amounts(subtotal, &category, &parts, ledger);
        groups.push(category);
    }
    for part in &parts {
        rate(&part.category, "line, allowance or charge", ledger);
        // A prepayment line of 0.00 may name a rate that the document itself does not use.
        let nothing = part.amount.is_none_or(Exact::is_zero);
        let fits =
            |g: &TaxCategory| g.code == part.category.code && (nothing || g.same_group(&part.category));
        if !groups.iter().any(fits) {
            let code = format!("BR-{}-01", part.category.code);
            let message = format!(
                "no VAT subtotal for category {} at {} %",
                part.category.code, part.category.percent_text
            );
            ledger.findings.rule(false, &code, message);
        }
    }
}

fn parts(root: &Element, ledger: &mut Ledger<'_>) -> Vec<Part> {
    let mut parts = Vec::new();
    for line in root.all_cac("InvoiceLine") {
        let category = line.cac("Item").and_then(|item| of(item, "ClassifiedTaxCategory"));
        let amount = ledger.number(line, "LineExtensionAmount");
        parts.extend(category.map(|category| Part { category, amount }));
    }
    for element in root.all_cac("AllowanceCharge") {
        let amount = ledger.number(element, "Amount");
        let amount =
            if is_charge(element, ledger) { amount } else { amount.and_then(|a| Exact::ZERO.sub(a)) };
        parts.extend(of(element, "TaxCategory").map(|category| Part { category, amount }));
    }
    parts
}

fn rate(category: &TaxCategory, place: &str, ledger: &mut Ledger<'_>) {
    let code = category.code.as_str();
    if !matches!(code, "S" | "Z" | "E" | "O") {
        ledger.findings.rule(true, "BR-KSA-18", format!("VAT category '{code}' is not S, Z, E or O"));
        return;
    }
    let Some(percent) = category.percent else {
        if code != "O" || !category.percent_text.is_empty() {
            ledger.findings.rule(
                true,
                "BR-48",
                format!("a {place} of category {code} has no valid percentage"),
            );
        }
        return;
    };
    let decimals = category.percent_text.split_once('.').map_or(0, |(_, d)| d.len());
    let above = percent.cmp(Exact::new(100, 0)) == Some(std::cmp::Ordering::Greater);
    if percent.is_negative() || above || decimals > 2 {
        ledger.findings.rule(true, "BR-KSA-DEC-02", "a VAT percentage is outside 0.00 to 100.00");
    }
    let allowed = [Exact::new(15, 0), Exact::new(5, 0)];
    if code == "S" && !allowed.iter().any(|a| percent.equals(*a) == Some(true)) {
        ledger.findings.rule(true, "BR-KSA-84", format!("category S with {percent} %"));
    }
    if code != "S" && !percent.is_zero() {
        let rule = match code {
            "Z" => "BR-Z-05",
            "E" => "BR-E-05",
            _ => "BR-KSA-11",
        };
        ledger.findings.rule(true, rule, format!("category {code} with {percent} %"));
    }
}

/// Taxable amount per category and rate (BR-x-08), VAT = taxable x rate (BR-CO-17, BR-x-09).
fn amounts(subtotal: &Element, category: &TaxCategory, parts: &[Part], ledger: &mut Ledger<'_>) {
    let code = category.code.as_str();
    if subtotal.value("TaxableAmount").is_empty() {
        ledger.findings.rule(true, "BR-45", "a VAT subtotal has no taxable amount");
    }
    if subtotal.value("TaxAmount").is_empty() {
        ledger.findings.rule(true, "BR-46", "a VAT subtotal has no VAT amount");
    }
    let taxable = ledger.or_zero(subtotal, "TaxableAmount");
    let mine = parts.iter().filter(|p| p.category.same_group(category)).filter_map(|p| p.amount);
    let wanted = ledger.sum(mine.collect::<Vec<_>>());
    ledger.equal(false, &format!("BR-{code}-08"), &format!("the taxable amount of {code}"), taxable, wanted);
    let vat = ledger.or_zero(subtotal, "TaxAmount");
    let percent = category.percent.unwrap_or(Exact::ZERO);
    let product = taxable.mul(percent).and_then(|p| p.mul(CENT)).and_then(|p| p.round(2));
    let wanted = ledger.fit(product);
    if code == "S" {
        ledger.near(false, "BR-S-09", "the VAT amount of S", vat, wanted, CENT);
        ledger.near(false, "BR-CO-17", "the VAT amount of a subtotal", vat, wanted, CENT);
    } else if !vat.is_zero() {
        ledger.findings.rule(true, &format!("BR-{code}-09"), format!("category {code} has VAT {vat}"));
    }
}

/// Which reason codes belong to which category (invoice-xml.md section 9).
fn code_belongs(category: &str, reason: &str) -> bool {
    let exempt = ["VATEX-SA-29", "VATEX-SA-29-7", "VATEX-SA-30"];
    let zero = [
        "VATEX-SA-32",
        "VATEX-SA-33",
        "VATEX-SA-34-1",
        "VATEX-SA-34-2",
        "VATEX-SA-34-3",
        "VATEX-SA-34-4",
        "VATEX-SA-34-5",
        "VATEX-SA-35",
        "VATEX-SA-36",
        "VATEX-SA-EDU",
        "VATEX-SA-HEA",
        "VATEX-SA-MLTRY",
        "VATEX-SA-DIPLOMAT",
        "VATEX-SA-DUTYFREE",
        "VATEX-SA-ROYALDECREE",
        "VATEX-SA-32(bis)",
    ];
    match category {
        "E" => exempt.contains(&reason),
        "Z" => zero.contains(&reason),
        _ => reason == "VATEX-SA-OOS",
    }
}

fn reasons(subtotal: &Element, category: &TaxCategory, ledger: &mut Ledger<'_>) {
    let Some(element) = subtotal.cac("TaxCategory") else { return };
    let (code, text) = (element.value("TaxExemptionReasonCode"), element.value("TaxExemptionReason"));
    let missing = match category.code.as_str() {
        "S" => {
            if !code.is_empty() || !text.is_empty() {
                ledger.findings.rule(false, "BR-S-10", "category S carries an exemption reason");
            }
            return;
        }
        "Z" => "BR-KSA-69",
        "E" => "BR-KSA-23",
        _ => "BR-KSA-24",
    };
    if code.is_empty() {
        ledger.findings.rule(false, missing, format!("category {} has no exemption code", category.code));
    } else if !code_belongs(&category.code, &code) {
        let message = format!("exemption code {code} does not belong to category {}", category.code);
        ledger.findings.rule(false, "BR-KSA-CL-04", message);
    }
    if text.is_empty() {
        ledger.findings.rule(false, "BR-KSA-83", format!("category {} has no exemption text", category.code));
    }
}
