//! The JSON of the API's answers, written by the server and read by the client.
//! Amounts are decimal strings in riyals, times are Riyadh time with its offset.

mod clock;
mod evidence;
mod identity;
mod queue;
mod watching;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::service;
use crate::invoice::{DocumentType, IssueMoment, Subtype};
use crate::text::Bilingual;

pub use clock::Clock;
pub use evidence::{Attempt, AttemptList, Held, Released, Warning, WarningList};
pub use identity::{Certificate, Former, Identity, IdentityDone, Operation};
pub use queue::{QueueList, QueuedDocument};
pub use watching::{Alarm, Attention, AttentionList, Event, EventDocument, ReceiptSeen, Watch};

/// A message in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    pub en: String,
    pub ar: String,
}

impl From<Bilingual> for Words {
    fn from(text: Bilingual) -> Words {
        Words { en: text.en, ar: text.ar }
    }
}

/// The immutable facts of a sale. Made from nothing else than what is stored,
/// so that a repeated request gets the same bytes for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    pub uuid: String,
    pub number: String,
    pub icv: u64,
    pub issued_at: String,
    pub kind: Kind,
    /// Invoice hash in base64.
    pub hash: String,
    pub totals: Totals,
    pub change: String,
    /// Empty on a standard document; see [`Clearance::qr`].
    pub qr: String,
    pub reference: Option<String>,
    /// ISO 4217 code of the amounts; absent for riyals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// How far the authority is with a standard document, which is no invoice
    /// before; the one part of a sale that moves until it is final. Absent on
    /// simplified ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clearance: Option<Clearance>,
    /// UUID of the rejected document that this one replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<String>,
    /// UUID of the document of this till that a credit note takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credits: Option<String>,
}

/// What the authority made of a standard document so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clearance {
    /// `waiting`, `cleared`, `rejected`, `reported-instead` or `held`.
    pub state: String,
    /// What that means and what to do.
    pub words: Words,
    /// What the authority found.
    #[serde(default)]
    pub findings: Vec<AuthorityFinding>,
    /// The QR code of the invoice: the authority's on a cleared one, the till's
    /// on one that was reported instead.
    #[serde(default)]
    pub qr: Option<String>,
}

impl Clearance {
    /// It is no invoice yet, and may become one.
    pub fn is_waiting(&self) -> bool {
        self.state == "waiting"
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// `simplified` or `standard`.
    pub subtype: String,
    /// `invoice`, `credit_note`, `debit_note` or `prepayment`.
    pub document: String,
    /// UNTDID 1001 code, `388`.
    pub code: String,
    /// The transaction flags, `0200000`.
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub net: String,
    pub vat: String,
    pub payable: String,
}

impl From<&service::Sale> for Sale {
    fn from(sale: &service::Sale) -> Sale {
        let subtype = match sale.kind.subtype {
            Subtype::Simplified => "simplified",
            Subtype::Standard => "standard",
        };
        let document = match sale.kind.document {
            DocumentType::Invoice => "invoice",
            DocumentType::CreditNote => "credit_note",
            DocumentType::DebitNote => "debit_note",
            DocumentType::Prepayment => "prepayment",
        };
        Sale {
            uuid: sale.uuid.to_string(),
            number: sale.number.to_string(),
            icv: sale.icv.get(),
            issued_at: riyadh(sale.issued),
            kind: Kind {
                subtype: subtype.to_owned(),
                document: document.to_owned(),
                code: sale.kind.document.code().to_owned(),
                name: sale.kind.name(),
            },
            hash: sale.hash.to_base64(),
            totals: Totals {
                net: sale.net.to_string(),
                vat: sale.vat.to_string(),
                payable: sale.payable.to_string(),
            },
            change: sale.change.to_string(),
            qr: sale.qr.clone(),
            reference: sale.reference.clone(),
            currency: sale.currency.clone(),
            clearance: sale.clearance.clone(),
            corrects: sale.corrects.map(|uuid| uuid.to_string()),
            credits: sale.credits.map(|uuid| uuid.to_string()),
        }
    }
}

/// `2026-03-14T21:05:09+03:00`.
pub fn riyadh(moment: IssueMoment) -> String {
    format!("{moment}+03:00")
}

/// How far the reporting of a document is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The name of the queue's state, `Queued`, `Reported`...
    pub state: String,
    pub attempts: u64,
    /// What the authority or the line said last, if it was not a plain yes.
    pub note: Option<String>,
    /// What the authority found, if the document is rejected, held, or accepted
    /// with warnings.
    #[serde(default)]
    pub findings: Vec<AuthorityFinding>,
}

/// One finding of the authority: ours first, for people, then its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityFinding {
    /// `BR-KSA-98`, `invalid-invoice-hash`...; empty if the authority named none.
    pub code: String,
    /// `KSA`, `XSD validation`...
    pub category: Option<String>,
    /// The authority's own words, in English.
    pub message: String,
    /// What it is about, in our words; none from a till of an older version.
    #[serde(default)]
    pub words: Option<Words>,
    /// What to do about it.
    #[serde(default)]
    pub remedy: Option<Words>,
}

/// How far the printing of a document is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Print {
    /// The name of the print job's state, `Pending`, `Printed`...
    pub state: String,
}

/// What credit notes took back of a document, VAT included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credited {
    pub amount: String,
    /// What can still be credited.
    pub left: String,
    /// UUIDs of the notes, in the order of issue.
    pub notes: Vec<String>,
    /// Every line of the document.
    pub lines: Vec<CreditedLine>,
}

/// How much of a line came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditedLine {
    /// From 1.
    pub line: u32,
    pub returned: String,
    pub left: String,
}

/// The answer to a look-up: facts that stay, and states that move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub sale: Sale,
    pub report: Report,
    pub print: Option<Print>,
    /// UUID of the document that replaces this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credited: Option<Credited>,
}

impl From<&service::Found> for Found {
    fn from(found: &service::Found) -> Found {
        Found {
            sale: Sale::from(&found.sale),
            report: found.report.clone(),
            print: found.print.clone(),
            corrected_by: found.corrected_by.map(|uuid| uuid.to_string()),
            credited: found.credited.clone(),
        }
    }
}

/// The answer to a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundList {
    pub sales: Vec<Found>,
}

/// One reason of a credit note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub code: String,
    pub en: String,
    pub ar: String,
}

/// The reasons that have a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonList {
    pub reasons: Vec<Reason>,
}

/// The answer to a reprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reprinted {
    pub uuid: String,
    /// Always `Pending`: the copy waits for the printer.
    pub print: Print,
}

/// The answer to a sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synced {
    /// Documents that wait to be sent.
    pub waiting: u64,
}

/// How the till is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub till: String,
    pub version: String,
    pub environment: String,
    /// The till's clock.
    pub time: String,
    /// Absent in answers of earlier versions.
    #[serde(default)]
    pub clock: Option<Clock>,
    pub selling: Selling,
    /// Documents ever issued, all chains together.
    pub documents: u64,
    /// The last document of the chain in use.
    pub last: Option<Last>,
    pub queue: Queue,
    pub printing: Printing,
    /// The one that stamps.
    pub certificate: Option<Certificate>,
    /// The address that stands in for the platform's own, if one does.
    #[serde(default)]
    pub address_override: Option<String>,
    /// The identity and where its secrets lie; none from a till of an older version.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// What remembers how far the till has come, beside the anchor.
    #[serde(default)]
    pub witnesses: Vec<Witness>,
    /// How much time the law leaves, and what is wrong.
    #[serde(default)]
    pub watch: Watch,
}

/// A file that remembers how far the till has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    pub path: String,
    /// Why it does not keep the mark; the till sells all the same.
    #[serde(default)]
    pub fault: Option<String>,
}

/// The answer to a look into the activity log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityList {
    /// The newest first.
    pub activities: Vec<Activity>,
}

/// What was done to the till beside issuing documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// 1, 2, 3...
    pub id: u64,
    pub at: String,
    /// `tilld`, `uid 1000`...
    pub actor: String,
    /// `bound`, `chain-opened`, `recovered`...
    pub what: String,
    /// A JSON object with what more there is to say.
    pub detail: serde_json::Value,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selling {
    pub ready: bool,
    /// Why not, and what to do.
    pub reason: Option<Words>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    pub icv: u64,
    pub number: String,
    pub hash: String,
    pub issued_at: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    /// Documents in each state, by its name.
    pub states: BTreeMap<String, u64>,
    /// Documents that the authority has not confirmed yet.
    pub unsent: u64,
    /// Rejected documents that another one has replaced since.
    #[serde(default)]
    pub corrected: u64,
    /// Documents to companies that are no invoices yet.
    #[serde(default)]
    pub awaiting_clearance: u64,
    /// Since when the authority says that clearance is switched off, so that
    /// documents to companies are reported instead.
    #[serde(default)]
    pub clearance_off_at: Option<String>,
    /// The invoice numbers of the first few rejected documents that nothing
    /// replaces yet, oldest first.
    #[serde(default)]
    pub rejected: Vec<String>,
    /// The invoice numbers of the first few held documents, oldest first.
    #[serde(default)]
    pub held: Vec<String>,
    pub oldest_unsent_at: Option<String>,
    pub next_attempt_at: Option<String>,
    /// Why nothing is sent, and what to do.
    pub paused: Option<Words>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Printing {
    pub target: String,
    /// Print jobs in each state, by its name.
    pub states: BTreeMap<String, u64>,
    pub fault: Option<Words>,
}

/// What a walk along the chains found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    pub documents: u64,
    pub chains: u64,
    pub duration_ms: u64,
    /// Empty if every hash, signature, link and QR code is right.
    pub findings: Vec<VerifyFinding>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyFinding {
    pub code: String,
    /// The invoice number, or what else names the document.
    pub document: String,
    pub icv: Option<u64>,
    pub message: Words,
}

/// A problem document as the client reads it; members it does not know are let
/// pass, since a newer daemon may say more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ProblemReply {
    pub title: String,
    pub title_ar: String,
    pub status: u16,
    pub detail: String,
    pub detail_ar: String,
    pub code: String,
    #[serde(default)]
    pub findings: Vec<FindingReply>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FindingReply {
    pub rule: String,
    pub field: String,
    pub message: Words,
    pub remedy: Words,
}
