//! The authority's own book: what it was shown, what it made of it, and what it
//! answers. It shares nothing with the till or the sandbox; a document is
//! judged by its hash alone, so that the same document has the same end in
//! every world.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tilld::fatoora::{DocumentCall, Submission};

/// The authority knows a hash again for so many seconds.
const WINDOW: i64 = 86_400;

/// What the book knows of one hash.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// When and where it was accepted, in order.
    pub accepted: Vec<(i64, DocumentCall)>,
    pub rejected: u32,
    /// Answers that said "I have that already".
    pub repeated: u32,
    /// What the buyer gets.
    pub cleared: Option<Vec<u8>>,
}

/// What is wrong with the authority, for worlds in which something must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flaws {
    /// It never knows a hash again.
    pub forgets: bool,
    /// Its verdict depends on the hour.
    pub moody: bool,
}

#[derive(Debug, Default)]
pub struct Book {
    entries: BTreeMap<String, Entry>,
    /// Its calendar is that of UTC.
    pub utc_dates: bool,
    pub flaws: Flaws,
}

/// An answer before it goes over the line.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Value,
}

impl Book {
    pub fn entry(&self, hash: &str) -> Entry {
        self.entries.get(hash).cloned().unwrap_or_default()
    }

    pub fn hashes(&self) -> impl Iterator<Item = &String> {
        self.entries.keys()
    }

    /// Whether the authority, once it looks, refuses a document with this hash.
    pub fn refuses(hash: &str) -> bool {
        hash.as_bytes()[0].is_multiple_of(11)
    }

    /// One submission that arrived whole at `now`. `older`: answer in the older shape.
    pub fn evaluate(
        &mut self,
        call: DocumentCall,
        sent: &Submission,
        now: i64,
        clearance_on: bool,
        older: bool,
    ) -> Reply {
        let hash = sent.hash.to_base64();
        let text = std::str::from_utf8(&sent.xml).expect("UTF-8");
        let standard = text.contains("<cbc:InvoiceTypeCode name=\"01");
        let clearance = call == DocumentCall::Clearance;
        if clearance && !clearance_on {
            let message =
                "Clearance is deactivated. Please use the /invoices/reporting/single endpoint instead.";
            return Reply { status: 303, body: json!({"message": message}) };
        }
        let flaws = self.flaws;
        let entry = self.entries.entry(hash.clone()).or_default();
        let known = entry.accepted.last().is_some_and(|(at, _)| now - at < WINDOW);
        if known && !flaws.forgets {
            entry.repeated += 1;
            return again(call, older, &hash, entry.cleared.as_deref());
        }
        let tomorrow = self.utc_dates && from_the_future(text, now);
        let wrong_door = (clearance && !standard) || (!clearance && standard && clearance_on);
        let moody = flaws.moody && (now / 60) % 2 == 0;
        if wrong_door || Book::refuses(&hash) || moody || tomorrow {
            entry.rejected += 1;
            let code = match (wrong_door, Book::refuses(&hash) || moody) {
                (true, _) => "Invoice-Errors",
                (false, true) => "BR-KSA-64",
                (false, false) => "BR-KSA-04",
            };
            return results(call, older, &hash, 400, &[], &[code], None);
        }
        let cleared = clearance.then(|| cleared(text, &hash));
        entry.accepted.push((now, call));
        entry.cleared = entry.cleared.take().or(cleared);
        let mut warnings = Vec::new();
        if now - issued(text) > 86_400 && !clearance {
            warnings.push("BR-KSA-98");
        }
        if hash.as_bytes()[1].is_multiple_of(7) {
            warnings.push("BR-KSA-F-99");
        }
        let status = if warnings.is_empty() { 200 } else { 202 };
        results(call, older, &hash, status, &warnings, &[], entry.cleared.as_deref())
    }
}

/// 409 of reporting, 208 of clearance.
fn again(call: DocumentCall, older: bool, hash: &str, cleared: Option<&[u8]>) -> Reply {
    if call == DocumentCall::Clearance {
        // Reported before while clearance was off: there is nothing cleared to give back.
        let message =
            json!({"type": "INFO", "code": "Invoice-Info", "message": "Invoice Hash Previously Submitted"});
        let body = json!({
            "validationResults": {"infoMessages": [message], "warningMessages": [], "errorMessages": [], "status": "PASS"},
            "clearanceStatus": "CLEARED",
            "clearedInvoice": cleared.map(|xml| STANDARD.encode(xml)),
        });
        return Reply { status: 208, body };
    }
    let body = if older {
        json!({"message": "Invoice Hash Previously Submitted", "reportingStatus": "REPORTED_SUCCESSFULLY_EARLIER"})
    } else {
        let mut reply = results(call, false, hash, 409, &[], &["Invoice-Errors"], None);
        let error = &mut reply.body["validationResults"]["errorMessages"][0];
        error["category"] = json!("Duplicate-Invoice");
        error["message"] = json!("Invoice was already Reported successfully earlier.");
        reply.body
    };
    Reply { status: 409, body }
}

/// The body of an evaluation, in one of the two shapes.
fn results(
    call: DocumentCall,
    older: bool,
    hash: &str,
    status: u16,
    warnings: &[&str],
    errors: &[&str],
    cleared: Option<&[u8]>,
) -> Reply {
    let clearance = call == DocumentCall::Clearance;
    let word = match (errors.is_empty(), clearance) {
        (true, true) => "CLEARED",
        (true, false) => "REPORTED",
        (false, true) => "NOT_CLEARED",
        (false, false) => "NOT_REPORTED",
    };
    let list = |kind: &str, codes: &[&str]| -> Vec<Value> {
        let one = |code: &&str| json!({"type": kind, "code": code, "category": "KSA", "message": format!("finding {code}"), "status": kind});
        codes.iter().map(one).collect()
    };
    let cleared = cleared.map(|xml| STANDARD.encode(xml));
    let body = if older {
        let warnings = (!warnings.is_empty()).then(|| list("WARNING", warnings));
        let errors = (!errors.is_empty()).then(|| list("ERROR", errors));
        json!({"invoiceHash": hash, "status": word, "clearedInvoice": cleared, "warnings": warnings, "errors": errors})
    } else {
        let level = match (errors.is_empty(), warnings.is_empty()) {
            (false, _) => "ERROR",
            (true, false) => "WARNING",
            (true, true) => "PASS",
        };
        let info = json!({"type": "INFO", "code": "XSD_ZATCA_VALID", "category": "XSD validation", "message": null, "status": "PASS"});
        json!({
            "validationResults": {"infoMessages": info, "warningMessages": list("WARNING", warnings),
                                  "errorMessages": list("ERROR", errors), "status": level},
            "reportingStatus": (!clearance).then_some(word),
            "clearanceStatus": clearance.then_some(word),
            "clearedInvoice": cleared,
            "qrSellertStatus": null,
            "qrBuyertStatus": null,
        })
    };
    Reply { status, body }
}

/// The document with the authority's QR code in the place of the till's.
fn cleared(text: &str, hash: &str) -> Vec<u8> {
    let (head, rest) = text.split_once("<cbc:ID>QR</cbc:ID>").expect("a QR reference");
    let (open, rest) = rest.split_once("mimeCode=\"text/plain\">").expect("an attachment");
    let (_, tail) = rest.split_once('<').expect("its end");
    let qr = STANDARD.encode(format!("stamped by the authority: {hash}"));
    format!("{head}<cbc:ID>QR</cbc:ID>{open}mimeCode=\"text/plain\">{qr}<{tail}").into_bytes()
}

/// Whether the date of issue, as it is written, is after that of `now` in UTC.
fn from_the_future(text: &str, now: i64) -> bool {
    (issued(text) + 3 * 3_600).div_euclid(86_400) > now.div_euclid(86_400)
}

/// Date and time of issue, Riyadh time, as unix seconds.
fn issued(text: &str) -> i64 {
    let between = |tag: &str| {
        let (_, rest) = text.split_once(&format!("<cbc:{tag}>")).expect("a moment of issue");
        rest.split_once('<').expect("its end").0.to_owned()
    };
    let local: jiff::civil::DateTime =
        format!("{}T{}", between("IssueDate"), between("IssueTime")).parse().expect("a moment");
    local.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(3))).expect("Riyadh").timestamp().as_second()
}
