//! Reads a credit as a POS application asks for it. Every finding is reported
//! at once, and unknown keys are refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::reasons::{ListedReason, Reason};
use super::wanted::{LineKey, Wanted, WantedLine};
use crate::invoice::fields::{Fields, Findings, join};
use crate::invoice::json::Json;
use crate::invoice::moment::is_date;
use crate::invoice::request::{buyer, check, line, shown, tenders};
use crate::invoice::{
    BillingReference, DocumentType, Draft, DraftLine, Finding, InvoiceNumber, Kind, Subtype, Tender, Terms,
    limits,
};
use crate::money::Halalas;
use crate::text::{DocumentProblem, JsonType, Problem, ReturnProblem};

const CREDIT: &[&str] =
    &["original", "whole", "lines", "amount", "items", "reason", "tenders", "reference", "note", "buyer"];
const ORIGINAL: &[&str] = &["qr", "number", "uuid", "reference", "external"];
const EXTERNAL: &[&str] = &["number", "date", "subtype"];
const SUBTYPES: &[&str] = &["simplified", "standard"];
const WANTED: &[&str] = &["whole", "lines", "amount"];
const LINE: &[&str] = &["line", "barcode", "article", "quantity"];
const LINE_KEYS: &[&str] = &["line", "barcode", "article"];
const REASON: &[&str] = &["text"];

/// Characters of a QR's text that are read; the authority allows 1000 (BR-KSA-28).
const QR_TEXT: usize = 1_000;

/// How a document that this till keeps is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// By the fields of its receipt's QR, as bytes (tag, length, value).
    Qr(Vec<u8>),
    /// By BT-1.
    Number(InvoiceNumber),
    /// By KSA-1.
    Uuid(Uuid),
    /// By the POS application's own number of the sale.
    Reference(String),
}

/// What is credited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreditOf {
    /// A document of this till.
    Kept { original: Lookup, wanted: Wanted },
    /// A document of another system: its items are priced afresh. The draft is
    /// complete, reference to the original, reason and tenders included.
    External(Box<Draft>),
}

/// A credit whose fields are valid one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditDraft {
    /// The original, and what of it.
    pub of: CreditOf,
    /// KSA-10.
    pub reason: Reason,
    /// How it is refunded; empty if the POS does not say.
    pub tenders: Vec<Tender>,
    /// The POS application's own number of the credit.
    pub reference: Option<String>,
    /// BT-22.
    pub note: Option<String>,
}

/// Reads the JSON body of a credit. Fails with every finding in it.
pub fn read_credit(body: &[u8]) -> Result<CreditDraft, Vec<Finding>> {
    let json = Json::parse(body).map_err(|what| vec![Finding::at("", Problem::NotJson { what })])?;
    let mut found = Findings::new();
    match credit(&json, &mut found) {
        Some(draft) if found.is_empty() => Ok(draft),
        _ => Err(found),
    }
}

/// An original as the request names it.
enum Named {
    Kept(Lookup),
    External { reference: BillingReference, subtype: Subtype },
}

fn credit(json: &Json, found: &mut Findings) -> Option<CreditDraft> {
    let fields = Fields::open(json, String::new(), CREDIT, found)?;
    let named = fields.required("original", found).and_then(|json| original(json, found));
    let reason = fields.required("reason", found).and_then(|json| reason(json, found));
    let tenders = tenders(&fields, found);
    let reference = fields.text("reference", 1..=limits::REFERENCE, found);
    let note = fields.text_under("note", 1..=limits::NAME, "BR-KSA-F-06-C2", found);
    let of = match named {
        // What is wanted can be read, too, but not whether it fits.
        None => return unfit(&fields, found),
        Some(Named::Kept(original)) => {
            let wanted = kept(&fields, found);
            CreditOf::Kept { original, wanted: wanted? }
        }
        Some(Named::External { reference: document, subtype }) => {
            let lines = external(&fields, found);
            let buyer = fields.get("buyer").and_then(|json| buyer(json, found));
            let draft = Draft {
                kind: Kind::plain(subtype, DocumentType::CreditNote),
                terms: Terms {
                    buyer,
                    billing_references: vec![document],
                    reason: reason.as_ref().map(Reason::text),
                    note: note.clone(),
                    ..Terms::default()
                },
                reference: reference.clone(),
                lines,
                discount: None,
                charges: Vec::new(),
                prepayments: Vec::new(),
                rounding: Halalas::ZERO,
                tenders: tenders.clone(),
            };
            check(&fields, &draft, found);
            CreditOf::External(Box::new(draft))
        }
    };
    Some(CreditDraft { of, reason: reason?, tenders, reference, note })
}

/// Reads on without an original, so that nothing is found only the next time.
fn unfit(fields: &Fields<'_>, found: &mut Findings) -> Option<CreditDraft> {
    if fields.get("items").is_some() {
        items(fields, found);
    } else {
        wanted(fields, found);
    }
    None
}

/// The keys of a list that are present.
fn present(fields: &Fields<'_>, keys: &'static [&'static str]) -> Vec<&'static str> {
    keys.iter().copied().filter(|key| fields.get(key).is_some()).collect()
}

fn refuse(found: &mut Findings, path: impl Into<String>, problem: ReturnProblem) {
    found.push(Finding::at(path, problem.into()));
}

fn original(json: &Json, found: &mut Findings) -> Option<Named> {
    let fields = Fields::open(json, "original".to_owned(), ORIGINAL, found)?;
    let keys = present(&fields, ORIGINAL);
    let [key] = keys.as_slice() else {
        refuse(found, "original", ReturnProblem::OneOriginal { accepted: ORIGINAL });
        return None;
    };
    let lookup = match *key {
        "external" => return fields.get("external").and_then(|json| external_document(json, found)),
        "qr" => Lookup::Qr(qr(&fields, found)?),
        "number" => Lookup::Number(number(&fields, found)?),
        "uuid" => Lookup::Uuid(uuid(&fields, found)?),
        _ => Lookup::Reference(fields.text("reference", 1..=limits::REFERENCE, found)?),
    };
    Some(Named::Kept(lookup))
}

/// Base64 of fields that begin with the seller's name, tag 1.
fn qr(fields: &Fields<'_>, found: &mut Findings) -> Option<Vec<u8>> {
    let text = fields.text("qr", 1..=QR_TEXT, found)?;
    match STANDARD.decode(&text) {
        Ok(bytes) if bytes.first() == Some(&1) => Some(bytes),
        _ => {
            refuse(found, fields.path("qr"), ReturnProblem::QrText);
            None
        }
    }
}

pub(in crate::invoice) fn number(fields: &Fields<'_>, found: &mut Findings) -> Option<InvoiceNumber> {
    let text = fields.text("number", 1..=limits::REFERENCE, found)?;
    // The text has the right length and no control character, and is trimmed.
    let number = InvoiceNumber::parse(&text).ok();
    if number.is_none() {
        found.push(Finding::at(fields.path("number"), Problem::ControlCharacters));
    }
    number
}

pub(in crate::invoice) fn uuid(fields: &Fields<'_>, found: &mut Findings) -> Option<Uuid> {
    let text = fields.text("uuid", 1..=limits::REFERENCE, found)?;
    let uuid = Uuid::try_parse(&text).ok();
    if uuid.is_none() {
        found.push(Finding::at(fields.path("uuid"), DocumentProblem::Uuid { found: shown(&text) }.into()));
    }
    uuid
}

fn external_document(json: &Json, found: &mut Findings) -> Option<Named> {
    let fields = Fields::open(json, join("original", "external"), EXTERNAL, found)?;
    fields.needed("number", "BR-55", found);
    let number = fields.text_under("number", 1..=5000, "BR-KSA-F-06-C22", found);
    let date = fields.required("date", found).and_then(|_| date(&fields, found));
    let subtype = subtype(&fields, found);
    let reference = BillingReference { number: number?, date: Some(date?) };
    Some(Named::External { reference, subtype: subtype? })
}

fn date(fields: &Fields<'_>, found: &mut Findings) -> Option<String> {
    let text = fields.text("date", 1..=limits::REFERENCE, found)?;
    if is_date(&text) {
        return Some(text);
    }
    found.push(Finding::at(fields.path("date"), DocumentProblem::Date { found: shown(&text) }.into()));
    None
}

fn subtype(fields: &Fields<'_>, found: &mut Findings) -> Option<Subtype> {
    if fields.get("subtype").is_none() {
        return Some(Subtype::Simplified);
    }
    match fields.text("subtype", 1..=limits::REFERENCE, found)?.as_str() {
        "simplified" => Some(Subtype::Simplified),
        "standard" => Some(Subtype::Standard),
        _ => {
            let problem = Problem::NotAccepted { accepted: SUBTYPES, rule: "BR-KSA-06" };
            found.push(Finding::at(fields.path("subtype"), problem));
            None
        }
    }
}

/// What comes back of a document that is kept here.
fn kept(fields: &Fields<'_>, found: &mut Findings) -> Option<Wanted> {
    if fields.get("items").is_some() {
        refuse(found, "items", ReturnProblem::ItemsForbidden);
    }
    if fields.get("buyer").is_some() {
        refuse(found, "buyer", ReturnProblem::BuyerForbidden);
    }
    wanted(fields, found)
}

fn wanted(fields: &Fields<'_>, found: &mut Findings) -> Option<Wanted> {
    let keys = present(fields, WANTED);
    let [key] = keys.as_slice() else {
        refuse(found, "", ReturnProblem::OneWanted { accepted: WANTED });
        return None;
    };
    match *key {
        "whole" => match fields.get("whole")? {
            Json::Bool(true) => Some(Wanted::Whole),
            Json::Bool(false) => {
                refuse(found, "whole", ReturnProblem::OnlyTrue);
                None
            }
            other => {
                let problem = Problem::WrongType { expected: JsonType::True, found: other.kind() };
                found.push(Finding::at("whole", problem));
                None
            }
        },
        "lines" => lines(fields, found).map(Wanted::Lines),
        _ => amount(fields, found).map(Wanted::Amount),
    }
}

fn amount(fields: &Fields<'_>, found: &mut Findings) -> Option<Halalas> {
    let amount = fields.amount("amount", limits::PAYABLE, found)?;
    if amount.is_zero() {
        refuse(found, "amount", ReturnProblem::NothingWanted);
        return None;
    }
    Some(amount)
}

fn lines(fields: &Fields<'_>, found: &mut Findings) -> Option<Vec<WantedLine>> {
    let items = fields.list("lines", limits::LINES, found)?;
    if items.is_empty() {
        refuse(found, "lines", ReturnProblem::NoLines);
    }
    let items = items.iter().enumerate();
    Some(items.filter_map(|(at, json)| wanted_line(json, format!("lines[{at}]"), found)).collect())
}

fn wanted_line(json: &Json, path: String, found: &mut Findings) -> Option<WantedLine> {
    let fields = Fields::open(json, path.clone(), LINE, found)?;
    let quantity = match fields.get("quantity") {
        None => Some(None),
        Some(_) => fields.quantity("quantity", limits::QUANTITY, found).map(Some),
    };
    let keys = present(&fields, LINE_KEYS);
    let [key] = keys.as_slice() else {
        refuse(found, path, ReturnProblem::OneLineKey { accepted: LINE_KEYS });
        return None;
    };
    let line = match *key {
        "barcode" => LineKey::Barcode(fields.text("barcode", 1..=limits::REFERENCE, found)?),
        "article" => LineKey::Article(fields.text("article", 1..=limits::REFERENCE, found)?),
        _ => LineKey::Number(line_number(&fields, found)?),
    };
    Some(WantedLine { line, quantity: quantity? })
}

pub(in crate::invoice) fn line_number(fields: &Fields<'_>, found: &mut Findings) -> Option<u32> {
    let path = fields.path("line");
    // A document has at most 999,999 lines (BR-KSA-F-06-C17).
    let exact = crate::invoice::fields::decimal(fields.get("line")?, &path, 0, 999_999, found)?;
    let number = exact.rescale(0).ok().and_then(|number| u32::try_from(number).ok())?;
    if number == 0 {
        refuse(found, path, ReturnProblem::LineFromOne);
        return None;
    }
    Some(number)
}

/// The items of a document that is not kept here.
fn external(fields: &Fields<'_>, found: &mut Findings) -> Vec<DraftLine> {
    for key in present(fields, WANTED) {
        refuse(found, key, ReturnProblem::ItemsNeeded);
    }
    if fields.get("items").is_none() {
        refuse(found, "items", ReturnProblem::ItemsNeeded);
    }
    items(fields, found)
}

fn items(fields: &Fields<'_>, found: &mut Findings) -> Vec<DraftLine> {
    let items = fields.list("items", limits::LINES, found);
    if items.is_some_and(<[Json]>::is_empty) {
        refuse(found, "items", ReturnProblem::NoLines);
    }
    let items = items.unwrap_or_default().iter().enumerate();
    items.filter_map(|(at, json)| line(json, format!("items[{at}]"), found)).collect()
}

/// A code of the list, or an object with the shop's own text.
fn reason(json: &Json, found: &mut Findings) -> Option<Reason> {
    match json {
        Json::Text(code) => {
            let listed = ListedReason::from_code(code.trim());
            if listed.is_none() {
                refuse(found, "reason", ReturnProblem::ReasonCode { accepted: &ListedReason::CODES });
            }
            listed.map(Reason::Listed)
        }
        other => {
            let fields = Fields::open(other, "reason".to_owned(), REASON, found)?;
            fields.required("text", found)?;
            fields.text_under("text", 1..=limits::NAME, "BR-KSA-F-06-C13", found).map(Reason::Free)
        }
    }
}
