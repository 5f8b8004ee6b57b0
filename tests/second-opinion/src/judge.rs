//! One document before the judge: everything that fatoora-core can say about a
//! signed document without knowing its neighbours, and the facts about it that
//! the chain check needs afterwards.

use fatoora_core::config::{Config, EnvironmentType};
use fatoora_core::invoice::sign::invoice_hash_base64_from_xml_str;
use fatoora_core::invoice::validation::{
    Severity, ValidationLocation, ZatcaStage, ZatcaStageStatus, ZatcaValidationOptions,
    ZatcaValidationReport, validate_zatca_invoice_from_str,
};
use fatoora_core::invoice::xml::parse::parse_signed_invoice_xml;

/// Findings that say something about the question and not about the document.
const NOT_OF_THE_DOCUMENT: [&str; 2] = [
    // Nobody told the library the predecessor. The chain check tells it, and asks again.
    "PIH_CONTEXT_REQUIRED",
    // "Older than 24 hours now": arises only when the issue instant could not be read,
    // and then the document is refused for that.
    "BR-KSA-98",
];

/// Where a document stands in the chain of its device, as read by fatoora-core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Digest of the signing certificate: a chain belongs to one certificate.
    pub certificate: String,
    /// Invoice counter value (KSA-16).
    pub icv: u64,
    /// The document's own hash, recomputed from its bytes, base64.
    pub hash: String,
    /// The document's UUID (KSA-1).
    pub uuid: String,
}

/// The outcome for one document. It is accepted when `findings` is empty.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Known when the document could be parsed and its stamp holds.
    pub place: Option<Place>,
    /// Every reason for a refusal, each on one line.
    pub findings: Vec<String>,
}

/// Judges the text of one signed document by itself.
///
/// Three separate paths of the library must agree: its field model (which
/// recomputes line amounts, VAT groups and totals), its stamp check, and its
/// transcription of the official schema and rules. Warnings refuse as well: for
/// simplified documents the official rules call most of the arithmetic a warning.
///
/// The rules that look at the clock are asked as of the issue instant, so the
/// same document gets the same verdict on any day.
pub fn judge(xml: &str) -> Verdict {
    let mut verdict = Verdict::default();
    let mut issued = None;
    match parse_signed_invoice_xml(xml) {
        Ok(signed) => {
            issued = Some(issue_instant(signed.data().issue_date(), signed.data().issue_time()));
            let place = Place {
                certificate: signed.signed_properties().cert_hash().to_owned(),
                icv: signed.data().invoice_counter(),
                hash: signed.invoice_hash().to_owned(),
                uuid: signed.data().uuid().to_owned(),
            };
            verdict.findings.extend(hash_finding(xml, &place.hash));
            verdict.place = Some(place);
        }
        Err(error) => {
            let reason = error.to_string();
            if is_outside_the_model(xml, &reason) {
                verdict.place = place_as_written(xml);
                issued = issued_as_written(xml);
            }
            if verdict.place.is_none() {
                verdict.findings.push(format!("parse: {reason}"));
            }
        }
    }
    verdict.findings.extend(rule_findings(xml, issued.as_deref()));
    verdict
}

/// Documents that the official rules know and the library's field model does not
/// hold. Its schema, rules, stamp and predecessor checks judge them all the same.
///
/// * A consumer may be named by an identifier or a part of an address alone.
/// * A category that only an advance has needs a subtotal of nothing.
/// * In a foreign currency the VAT of the QR code is that in riyals, as in the
///   official sample; the library expects the document's currency.
fn is_outside_the_model(xml: &str, reason: &str) -> bool {
    let simplified = xml.contains("<cbc:InvoiceTypeCode name=\"02");
    let foreign = !xml.contains("<cbc:DocumentCurrencyCode>SAR</cbc:DocumentCurrencyCode>");
    let advance = xml.contains("<cbc:DocumentTypeCode>386</cbc:DocumentTypeCode>");
    (simplified && reason.starts_with("Missing required field: Buyer"))
        || (foreign && reason.contains("\"QR_VAT\""))
        || (advance && reason.starts_with("Invalid value for TaxSubtotal: unknown category/rate"))
}

/// The place of a document that the field model does not hold.
fn place_as_written(xml: &str) -> Option<Place> {
    Some(Place {
        certificate: certificate_digest(xml)?.to_owned(),
        icv: between(xml, "<cbc:ID>ICV</cbc:ID><cbc:UUID>", "<")?.parse().ok()?,
        hash: invoice_hash_base64_from_xml_str(xml).ok()?,
        uuid: between(xml, "<cbc:UUID>", "<")?.to_owned(),
    })
}

/// `xades:CertDigest/ds:DigestValue`.
fn certificate_digest(xml: &str) -> Option<&str> {
    let digest = between(xml, "<xades:CertDigest>", "</xades:CertDigest>")?;
    between(digest.split_once("<ds:DigestValue")?.1, ">", "<")
}

fn issued_as_written(xml: &str) -> Option<String> {
    let date = between(xml, "<cbc:IssueDate>", "<")?;
    Some(issue_instant(date, between(xml, "<cbc:IssueTime>", "<")?))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after).map(|(found, _)| found)
}

/// Asks the library whether `xml` follows the document whose hash is `previous`.
pub fn follows(xml: &str, previous: &str) -> Vec<String> {
    let options =
        ZatcaValidationOptions { previous_invoice_hash: Some(previous.to_owned()), evaluated_at: None };
    match run(xml, &options) {
        Ok(report) => stage_findings(&report, |stage| stage == ZatcaStage::PreviousInvoiceHash),
        Err(refusal) => vec![refusal],
    }
}

/// The hash stated in the stamp must be the one that comes out of the bytes.
fn hash_finding(xml: &str, stated: &str) -> Option<String> {
    match invoice_hash_base64_from_xml_str(xml) {
        Ok(hash) if hash == stated => None,
        Ok(hash) => Some(format!("hash: the document states {stated}, its bytes give {hash}")),
        Err(error) => Some(format!("hash: {error}")),
    }
}

/// Schema, EN 16931, KSA, stamp and QR findings; the predecessor is left to the chain check.
fn rule_findings(xml: &str, issued: Option<&str>) -> Vec<String> {
    let mut options = ZatcaValidationOptions::default();
    if let Some(text) = issued {
        match text.parse() {
            Ok(instant) => options.evaluated_at = Some(instant),
            Err(_) => return vec![format!("clock: '{text}' is not an instant")],
        }
    }
    match run(xml, &options) {
        Ok(report) => stage_findings(&report, |_| true),
        Err(refusal) => vec![refusal],
    }
}

/// One run of the library's whole pipeline; an aborted run is a refusal.
fn run(xml: &str, options: &ZatcaValidationOptions) -> Result<ZatcaValidationReport, String> {
    // The environment selects endpoints and CSR templates only; no rule depends on it.
    let config = Config::new(EnvironmentType::NonProduction);
    validate_zatca_invoice_from_str(xml, &config, options).map_err(|error| {
        let stage = error.stage.map_or("input", stage_name);
        let site = error.assertion_site.as_deref().unwrap_or("-");
        format!("{stage}: could not be judged (rule {site}): {error}")
    })
}

/// Findings of the chosen stages, and every stage that did not finish.
fn stage_findings(report: &ZatcaValidationReport, chosen: impl Fn(ZatcaStage) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for stage in report.stages.iter().filter(|stage| chosen(stage.stage)) {
        let name = stage_name(stage.stage);
        for item in stage.findings.iter().map(|item| &item.finding) {
            if NOT_OF_THE_DOCUMENT.contains(&item.code.as_str()) {
                continue;
            }
            let level = match item.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            };
            let place = item.location.as_ref().map(location).unwrap_or_default();
            found.push(format!("{name}: {level} {}: {}{place}", item.code, item.message.trim()));
        }
        match stage.status {
            ZatcaStageStatus::Completed | ZatcaStageStatus::NotApplicable => {}
            ZatcaStageStatus::ContextRequired if stage.stage == ZatcaStage::PreviousInvoiceHash => {}
            unfinished => found.push(format!("{name}: did not finish ({unfinished:?})")),
        }
    }
    found
}

/// A Riyadh or UTC issue date and time as one RFC 3339 instant. A time without a
/// suffix is Riyadh time (UTC+3), `Z` marks UTC.
fn issue_instant(date: &str, time: &str) -> String {
    if time.ends_with('Z') || time.contains('+') {
        format!("{date}T{time}")
    } else {
        format!("{date}T{time}+03:00")
    }
}

fn location(place: &ValidationLocation) -> String {
    match place {
        ValidationLocation::Field(path) => format!(" [{path}]"),
        ValidationLocation::XPath(path) => format!(" [{path}]"),
        ValidationLocation::Xml { line, column: Some(column) } => format!(" [line {line}, column {column}]"),
        ValidationLocation::Xml { line, column: None } => format!(" [line {line}]"),
        _ => String::new(),
    }
}

fn stage_name(stage: ZatcaStage) -> &'static str {
    match stage {
        ZatcaStage::Xsd => "schema",
        ZatcaStage::Cen => "EN 16931",
        ZatcaStage::Ksa => "KSA rules",
        ZatcaStage::Signature => "signature",
        ZatcaStage::Qr => "QR",
        ZatcaStage::PreviousInvoiceHash => "previous hash",
        _ => "unknown stage",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_suffix_is_riyadh_time() {
        assert_eq!(issue_instant("2026-11-22", "10:00:00"), "2026-11-22T10:00:00+03:00");
        assert_eq!(issue_instant("2026-11-22", "10:00:00Z"), "2026-11-22T10:00:00Z");
        assert_eq!(issue_instant("2026-11-22", "10:00:00+03:00"), "2026-11-22T10:00:00+03:00");
    }

    #[test]
    fn what_is_no_invoice_is_refused_by_the_model_and_by_the_schema() {
        let verdict = judge("<Invoice/>");
        assert!(verdict.place.is_none());
        assert!(verdict.findings.iter().any(|line| line.starts_with("parse:")), "{:?}", verdict.findings);
        assert!(verdict.findings.iter().any(|line| line.starts_with("schema:")), "{:?}", verdict.findings);
    }

    #[test]
    fn text_that_is_no_xml_is_refused() {
        assert!(!judge("").findings.is_empty());
        assert!(!judge("{\"not\":\"xml\"}").findings.is_empty());
    }
}
