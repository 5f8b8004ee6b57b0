//! Rules on single fields of the head and the parties (business-rules.md), flags as in the current rule set.

use super::super::calendar::{Date, Time, moment};
use super::super::csr::is_vat_number;
use super::super::dom::Element;
use super::findings::{Category, Findings};
use super::paper::{Kind, Paper, attachment, reference};

const DAY: i64 = 86_400;

/// Checks head, dates, references and parties at the moment `now` (Unix seconds).
pub(super) fn check(paper: &Paper, now: i64, findings: &mut Findings) {
    head(paper, findings);
    type_code(paper, findings);
    dates(paper, now, findings);
    references(paper, findings);
    seller(paper, findings);
    buyer(paper, findings);
    payment(paper, findings);
    texts(paper, findings);
}

fn head(paper: &Paper, findings: &mut Findings) {
    let root = paper.root();
    if root.value("ProfileID") != "reporting:1.0" {
        findings.rule(true, "BR-KSA-EN16931-01", "ProfileID is not reporting:1.0");
    }
    if paper.number.is_empty() {
        findings.rule(false, "BR-02", "the invoice number (BT-1) is missing");
    }
    if paper.number.chars().count() > 127 {
        findings.rule(false, "BR-KSA-F-06-C1", "the invoice number is longer than 127 characters");
    }
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if paper.uuid.is_empty() || !paper.uuid.chars().all(good) {
        findings.rule(true, "BR-KSA-03", "the UUID is missing or has other characters than a UUID");
    }
    let currency = root.value("DocumentCurrencyCode");
    if currency.is_empty() {
        findings.rule(true, "BR-05", "DocumentCurrencyCode is missing");
    } else if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
        findings.rule(true, "BR-KSA-CL-01", "DocumentCurrencyCode is no ISO 4217 code");
    }
    match root.value("TaxCurrencyCode").as_str() {
        "" => findings.rule(true, "BR-KSA-68", "TaxCurrencyCode is missing"),
        "SAR" => {}
        _ => findings.rule(true, "BR-KSA-EN16931-02", "TaxCurrencyCode is not SAR"),
    }
}

fn type_code(paper: &Paper, findings: &mut Findings) {
    if paper.type_code.is_empty() {
        findings.rule(true, "BR-04", "InvoiceTypeCode is missing");
    }
    if !matches!(paper.type_code.as_str(), "388" | "381" | "383" | "386") {
        findings.rule(true, "BR-KSA-05", "InvoiceTypeCode is not 388, 381, 383 or 386");
    }
    let flags = paper.flags.as_bytes();
    let rest = flags.get(2..).unwrap_or_default();
    if !(7..=9).contains(&flags.len())
        || paper.kind.is_none()
        || rest.iter().any(|b| !matches!(b, b'0' | b'1'))
    {
        findings.rule(true, "BR-KSA-06", "InvoiceTypeCode/@name is not 01 or 02 with five flags of 0 or 1");
        return;
    }
    let (export, self_billed) = (flags[4] == b'1', flags[6] == b'1');
    if export && self_billed {
        findings.rule(true, "BR-KSA-07", "export and self-billed exclude each other");
    }
    if paper.is_simplified() && self_billed {
        findings.rule(true, "BR-KSA-31", "a simplified document cannot be self-billed");
    }
}

fn dates(paper: &Paper, now: i64, findings: &mut Findings) {
    if paper.issue_date.is_empty() {
        findings.rule(true, "BR-03", "IssueDate is missing");
    }
    let date = Date::parse(&paper.issue_date);
    if date.is_none() {
        findings.rule(true, "BR-KSA-F-01", "IssueDate is no date of the form YYYY-MM-DD");
    }
    let time = Time::parse(&paper.issue_time);
    if time.is_none() {
        findings.rule(true, "BR-KSA-70", "IssueTime is missing or not hh:mm:ss");
    }
    if date.is_some_and(|d| d > Date::in_riyadh(now)) {
        findings.rule(true, "BR-KSA-04", "the issue date lies in the future");
    }
    if let (Some(date), Some(time), true) = (date, time, paper.is_simplified())
        && now.saturating_sub(moment(date, time)) > DAY
    {
        let message = "simplified documents must be reported within 24 hours of their issue";
        findings.rule(false, "BR-KSA-98", message);
    }
    let delivery = paper.root().cac("Delivery");
    let supply = delivery.map(|d| d.value("ActualDeliveryDate")).unwrap_or_default();
    let latest = delivery.map(|d| d.value("LatestDeliveryDate")).unwrap_or_default();
    for text in [&supply, &latest] {
        if !text.is_empty() && Date::parse(text).is_none() {
            findings.rule(true, "BR-KSA-F-01", "a delivery date is no date of the form YYYY-MM-DD");
        }
    }
    if paper.kind == Some(Kind::Standard) && paper.type_code == "388" && supply.is_empty() {
        findings.rule(false, "BR-KSA-15", "a standard invoice needs the supply date");
    }
    if !latest.is_empty() && supply.is_empty() {
        findings.rule(false, "BR-KSA-35", "LatestDeliveryDate stands without ActualDeliveryDate");
    }
    if let (Some(from), Some(to)) = (Date::parse(&supply), Date::parse(&latest))
        && to < from
    {
        findings.rule(false, "BR-KSA-36", "LatestDeliveryDate is before ActualDeliveryDate");
    }
}

fn references(paper: &Paper, findings: &mut Findings) {
    let root = paper.root();
    if reference(root, "ICV").is_none() || paper.icv.is_empty() {
        findings.rule(true, "BR-KSA-33", "the invoice counter (ICV) is missing");
    } else if !paper.icv.bytes().all(|b| b.is_ascii_digit()) {
        findings.rule(true, "BR-KSA-34", "the invoice counter (ICV) is not digits only");
    }
    let plain = |e: &Element| e.attribute("mimeCode") == Some("text/plain");
    if attachment(root, "PIH").is_none_or(|e| e.trimmed().is_empty() || !plain(e)) {
        findings.rule(false, "BR-KSA-61", "the previous invoice hash (PIH) is missing or not text/plain");
    }
    if paper.is_simplified() && attachment(root, "QR").is_none_or(|e| e.trimmed().is_empty() || !plain(e)) {
        findings.rule(false, "BR-KSA-27", "the QR code is missing or not text/plain");
    }
    for id in ["ICV", "PIH", "QR"] {
        let count = root.all_cac("AdditionalDocumentReference").filter(|r| r.value("ID") == id).count();
        if count > 1 {
            let message = format!("the reference {id} stands {count} times");
            findings.error(Category::Xsd, "XSD_ZATCA_INVALID", message);
        }
    }
    if paper.is_simplified() && root.cac("Signature").is_none() {
        findings.rule(false, "BR-KSA-60", "a simplified document needs cac:Signature");
    }
    if paper.is_note() {
        billing(root, findings);
    }
}

fn billing(root: &Element, findings: &mut Findings) {
    let mut found = false;
    for entry in root.all_cac("BillingReference") {
        found = true;
        let id = entry.cac("InvoiceDocumentReference").map(|r| r.value("ID")).unwrap_or_default();
        if id.is_empty() {
            findings.rule(true, "BR-55", "a BillingReference names no invoice");
        }
        if id.chars().count() > 5000 {
            findings.rule(true, "BR-KSA-F-06-C22", "a billing reference is longer than 5000 characters");
        }
    }
    if !found {
        findings.rule(
            false,
            "BR-KSA-56",
            "a credit or debit note needs the number of the invoice it corrects",
        );
    }
}

fn payment(paper: &Paper, findings: &mut Findings) {
    let means: Vec<&Element> = paper.root().all_cac("PaymentMeans").collect();
    if paper.is_note() {
        if means.is_empty() || means.iter().any(|m| m.value("InstructionNote").is_empty()) {
            let message = "a credit or debit note needs the reason in every PaymentMeans/InstructionNote";
            findings.rule(true, "BR-KSA-17", message);
        }
        if means.iter().any(|m| m.value("InstructionNote").chars().count() > 1000) {
            findings.rule(false, "BR-KSA-F-06-C13", "the reason is longer than 1000 characters");
        }
    }
    if means.iter().any(|m| m.value("PaymentMeansCode").is_empty()) {
        findings.rule(false, "BR-49", "PaymentMeans has no code");
    }
    if means.iter().any(|m| !m.value("PaymentMeansCode").bytes().all(|b| b.is_ascii_alphanumeric())) {
        findings.rule(false, "BR-KSA-16", "PaymentMeansCode is not in the list");
    }
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

fn seller(paper: &Paper, findings: &mut Findings) {
    let Some(party) = paper.root().down(&["AccountingSupplierParty", "Party"]) else {
        findings.rule(true, "BR-KSA-39", "the seller is missing");
        return;
    };
    if paper.seller_name.is_empty() || paper.seller_name.chars().count() > 1000 {
        findings.rule(false, "BR-06", "the seller's name is missing or longer than 1000 characters");
    }
    if paper.seller_vat.is_empty() {
        findings.rule(true, "BR-KSA-39", "the seller's VAT number is missing");
    } else if !is_vat_number(&paper.seller_vat) {
        findings.rule(
            true,
            "BR-KSA-40",
            "the seller's VAT number is not 15 digits that begin and end with 3",
        );
    }
    let ids: Vec<&Element> = party.all_cac("PartyIdentification").filter_map(|p| p.cbc("ID")).collect();
    let schemes = ["CRN", "MOM", "MLS", "700", "SAG", "OTH"];
    let known = |e: &&Element| e.attribute("schemeID").is_some_and(|s| schemes.contains(&s));
    if ids.len() != 1 || !ids.iter().all(known) || ids.iter().any(|e| !is_alphanumeric(&e.trimmed())) {
        findings.rule(
            false,
            "BR-KSA-08",
            "the seller needs one other id of a known scheme, letters and digits",
        );
    }
    let crn = |e: &&Element| e.attribute("schemeID") == Some("CRN");
    if ids.iter().filter(|e| crn(e)).any(|e| !digits(&e.trimmed(), 10)) {
        findings.rule(false, "BR-KSA-F-08", "a commercial registration number has 10 digits");
    }
    let Some(address) = party.cac("PostalAddress") else {
        findings.rule(false, "BR-08", "the seller's address is missing");
        return;
    };
    let fields = ["StreetName", "BuildingNumber", "CitySubdivisionName", "CityName", "PostalZone"];
    let country = address.cac("Country").map(|c| c.value("IdentificationCode")).unwrap_or_default();
    if fields.iter().any(|f| address.value(f).is_empty()) || country.is_empty() {
        findings.rule(false, "BR-KSA-09", "the seller's address lacks one of its six parts");
    }
    if !digits(&address.value("BuildingNumber"), 4) {
        findings.rule(false, "BR-KSA-37", "the seller's building number is not 4 digits");
    }
    if !digits(&address.value("PostalZone"), 5) {
        findings.rule(false, "BR-KSA-66", "the seller's postal code is not 5 digits");
    }
}

fn is_alphanumeric(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn buyer(paper: &Paper, findings: &mut Findings) {
    let party = paper.root().down(&["AccountingCustomerParty", "Party"]);
    let of = |path: &[&str], local: &str| {
        party.and_then(|p| p.down(path)).map(|e| e.value(local)).unwrap_or_default()
    };
    let (name, vat) = (of(&["PartyLegalEntity"], "RegistrationName"), of(&["PartyTaxScheme"], "CompanyID"));
    let id = of(&["PartyIdentification"], "ID");
    let export = paper.flags.as_bytes().get(4) == Some(&b'1');
    if !export && !vat.is_empty() && !is_vat_number(&vat) {
        findings.rule(true, "BR-KSA-44", "the buyer's VAT number is not 15 digits that begin and end with 3");
    }
    if !vat.is_empty() && vat == paper.seller_vat {
        findings.rule(true, "BR-CUSTOM-VALIDATION-01", "buyer and seller have the same VAT number");
    }
    let summary = paper.flags.as_bytes().get(5) == Some(&b'1');
    if paper.is_simplified() && summary && name.is_empty() {
        findings.rule(false, "BR-KSA-71", "a simplified summary invoice needs the buyer's name");
    }
    if paper.kind != Some(Kind::Standard) {
        return;
    }
    if name.is_empty() {
        findings.rule(false, "BR-KSA-42", "a standard document needs the buyer's name");
    }
    if vat.is_empty() && id.is_empty() {
        findings.rule(false, "BR-KSA-81", "a buyer without VAT number needs another id");
    }
    let country = of(&["PostalAddress", "Country"], "IdentificationCode");
    let address = |field: &str| of(&["PostalAddress"], field);
    if address("StreetName").is_empty() || address("CityName").is_empty() || country.is_empty() {
        findings.rule(false, "BR-KSA-10", "the buyer's address lacks street, city or country");
    }
    if country == "SA" {
        let fields = ["BuildingNumber", "CitySubdivisionName", "PostalZone"];
        if fields.iter().any(|f| address(f).is_empty()) {
            findings.rule(
                false,
                "BR-KSA-63",
                "a Saudi buyer's address lacks number, district or postal code",
            );
        }
        if !digits(&address("PostalZone"), 5) {
            findings.rule(false, "BR-KSA-67", "a Saudi buyer's postal code is not 5 digits");
        }
    }
}

fn texts(paper: &Paper, findings: &mut Findings) {
    let root = paper.root();
    let notes = root.elements().filter(|e| e.local == "Note");
    if notes.into_iter().any(|n| n.trimmed().chars().count() > 1000) {
        findings.rule(false, "BR-KSA-F-06-C2", "a note is longer than 1000 characters");
    }
    let payment_free = root.elements().filter(|e| !e.is_cac("AccountingCustomerParty"));
    let mut empty = Vec::new();
    for child in payment_free.filter(|e| !super::paper::is_left_out(e)) {
        child.walk(&mut |e| {
            if e.elements().next().is_none() && e.trimmed().is_empty() {
                empty.push(e.local.clone());
            }
        });
    }
    for name in empty {
        findings.rule(false, "BR-KSA-F-03", format!("element '{name}' is empty"));
    }
}
