//! What the faces ask of the till: one trait and the plain data that passes
//! through it. The daemon implements it over the ledger, tests with a fake.

use std::future::Future;
use std::pin::Pin;

use uuid::Uuid;
use zeroize::Zeroizing;

use super::{QueuePage, wire};
use crate::chain::{Icv, InvoiceHash};
use crate::invoice::correction::CorrectionDraft;
use crate::invoice::returns::CreditDraft;
use crate::invoice::{Draft, Finding, InvoiceNumber, IssueMoment, Kind};
use crate::money::Halalas;
use crate::text::Bilingual;

/// Who is at the other end of the socket, as the kernel says (`SO_PEERCRED`);
/// all unknown if a request did not come through a socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    pub pid: Option<i32>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
}

/// The name a request has across retries, and what was asked under it. Sales,
/// credits and corrections share one space of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// 1 to 127 visible ASCII characters.
    pub key: String,
    /// SHA-256 of the request body as received.
    pub body_sha256: [u8; 32],
}

/// A request for a document that passed the checks of its fields.
#[derive(Clone, Debug)]
pub struct Asked<D> {
    pub draft: D,
    pub idempotency: Idempotency,
    pub caller: Caller,
}

/// An invoice, a debit note or a prepayment.
pub type SaleOrder = Asked<Draft>;
/// A credit note.
pub type CreditOrder = Asked<CreditDraft>;
/// A rejected document once more.
pub type CorrectionOrder = Asked<CorrectionDraft>;

/// What is to be done to the till's identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityTask {
    /// The first identity, or on from where an earlier try stopped.
    Onboard,
    /// A new one from the beginning in place of the present one; `till` repeats
    /// the till's name as the word that this is meant.
    Replace { till: String },
    /// A new certificate by way of the present one.
    Renew,
}

/// A request to change the till's identity. No `Debug`: it holds a one-time password.
pub struct IdentityOrder {
    pub task: IdentityTask,
    /// Six digits; absent to go on where none is needed any more.
    pub otp: Option<Zeroizing<String>>,
    pub caller: Caller,
}

/// What never changes about an issued document, and how far its clearance is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    pub uuid: Uuid,
    pub number: InvoiceNumber,
    pub icv: Icv,
    pub issued: IssueMoment,
    pub kind: Kind,
    pub hash: InvoiceHash,
    /// BT-109, without VAT.
    pub net: Halalas,
    /// BT-110.
    pub vat: Halalas,
    /// BT-115.
    pub payable: Halalas,
    /// Cash given back.
    pub change: Halalas,
    /// The nine-tag payload of the QR code; empty on a standard document, whose
    /// QR code is the authority's.
    pub qr: String,
    /// Of a standard document, as it stands now.
    pub clearance: Option<wire::Clearance>,
    /// The POS application's own number of the sale.
    pub reference: Option<String>,
    /// ISO 4217 code of the amounts; none for riyals.
    pub currency: Option<String>,
    /// The rejected document that this one replaces.
    pub corrects: Option<Uuid>,
    /// The document of this till that a credit note takes back.
    pub credits: Option<Uuid>,
}

/// The answer to a sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sold {
    pub sale: Sale,
    /// The sale was made by an earlier request with the same key and body.
    pub replayed: bool,
}

/// A stored document and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub sale: Sale,
    pub report: wire::Report,
    /// Absent if nothing was to be printed.
    pub print: Option<wire::Print>,
    /// The document that replaces this one.
    pub corrected_by: Option<Uuid>,
    /// What credit notes took back of it; absent while there is none.
    pub credited: Option<wire::Credited>,
}

/// How a document is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    Uuid(Uuid),
    /// BT-1; a corrected reissue has the same one, so there can be several.
    Number(String),
    /// The POS application's own number.
    Reference(String),
    /// One for each chain that reached it.
    Icv(Icv),
    /// The text of a receipt's QR code, in base64.
    Qr(String),
}

/// A document as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The stored XML, unchanged.
    Xml,
    /// A picture of the receipt.
    Png,
    /// The print job.
    Escpos,
}

/// Why the till does not do what was asked.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// The sale breaks rules; no number was taken.
    Findings(Vec<Finding>),
    /// The idempotency key belongs to a sale with another body; the number is
    /// that of its invoice.
    KeyConflict { number: String },
    /// The till has no certificate yet.
    NotOnboarded,
    /// The till has no certificate that may stamp; says why and what to do.
    NoStamp(Bilingual),
    /// The clock cannot be trusted; says what is wrong with it and what to do.
    Clock(Bilingual),
    /// The certificate has ended; says when and what to do.
    Expired(Bilingual),
    /// The authority cannot be reached, so that a standard document would not be
    /// cleared; no number was taken. Says why and what to do.
    ClearanceAway(Bilingual),
    /// The document is no invoice, so that nothing is handed out; says why and
    /// what to do.
    AwaitingClearance(Bilingual),
    /// The till cannot do it now; says why and what to do.
    Unavailable(Bilingual),
    /// Another change of the identity is under way; says which.
    IdentityBusy(Bilingual),
    /// The request for another identity contradicts the till's facts.
    IdentityInvalid(Bilingual),
    /// The identity was not changed; says why and what to do. `passing`: the same
    /// request may simply be repeated later.
    Identity { words: Bilingual, passing: bool },
    /// The document is not held, or may not be sent; says why.
    NotReleased(Bilingual),
    /// More is waiting than the till takes on; ask again shortly.
    Busy,
    /// The till is being stopped.
    Stopping,
    /// A fault of the program; the text is for the log only.
    Fault(String),
}

/// What a follower of the events gets next.
#[derive(Clone, Debug)]
pub enum Fed {
    Event(wire::Event),
    /// Some are lost before the next one.
    Gap,
    /// The till stops.
    End,
}

/// The events of a till, one after the other, for one follower.
pub trait Feed: Send + 'static {
    /// Waits for the next; nothing is lost if the wait is given up.
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Fed> + Send + '_>>;
}

/// The till behind the faces. Every method may be called at any time, also
/// several at once.
pub trait Till: Send + Sync + 'static {
    /// Prices, signs and stores a sale, or answers a repeated one as before.
    /// Returns after the commit; printing and reporting follow on their own. Of a
    /// standard document the authority's answer is waited for, within limits.
    fn sell(&self, order: SaleOrder) -> impl Future<Output = Result<Sold, Refusal>> + Send;

    /// Works out and stores a credit note, as [`Till::sell`] does a sale. What is
    /// left of the original is looked up in the same step that takes the number.
    fn credit(&self, order: CreditOrder) -> impl Future<Output = Result<Sold, Refusal>> + Send;

    /// Issues a rejected document once more, as [`Till::sell`] does a sale.
    fn correct(&self, order: CorrectionOrder) -> impl Future<Output = Result<Sold, Refusal>> + Send;

    /// The document made under this key with this very body, if there is one; a key
    /// with another body is a [`Refusal::KeyConflict`], whatever else is wrong with it.
    fn recall(&self, of: Idempotency) -> impl Future<Output = Result<Option<Sold>, Refusal>> + Send;

    /// All documents that answer to it, the latest first.
    fn find(&self, by: Lookup) -> impl Future<Output = Result<Vec<Found>, Refusal>> + Send;

    /// The bytes of a document; `None` if there is no such document.
    fn document(
        &self,
        uuid: Uuid,
        form: Form,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, Refusal>> + Send;

    /// How the till is.
    fn status(&self) -> impl Future<Output = Result<wire::Status, Refusal>> + Send;

    /// Prints a copy, marked as one; `false` if there is no such document.
    fn reprint(&self, uuid: Uuid, caller: Caller) -> impl Future<Output = Result<bool, Refusal>> + Send;

    /// Checks every stored document anew. May take minutes; does not stop sales.
    fn verify(&self) -> impl Future<Output = Result<wire::Verification, Refusal>> + Send;

    /// The newest entries of the activity log, newest first.
    fn activities(&self, limit: usize) -> impl Future<Output = Result<wire::ActivityList, Refusal>> + Send;

    /// What waits for the authority, a page at a time.
    fn queue(&self, page: QueuePage) -> impl Future<Output = Result<wire::QueueList, Refusal>> + Send;

    /// Sends what waits without waiting for its time; gives how many wait.
    fn sync(&self, caller: Caller) -> impl Future<Output = Result<u64, Refusal>> + Send;

    /// What is known of the till's identity.
    fn identity(&self) -> impl Future<Output = Result<wire::Identity, Refusal>> + Send;

    /// Every attempt to send a document; `None` if there is no such document.
    fn attempts(&self, uuid: Uuid)
    -> impl Future<Output = Result<Option<wire::AttemptList>, Refusal>> + Send;

    /// Lets a held document go again; `None` if there is no such document.
    fn release(
        &self,
        uuid: Uuid,
        caller: Caller,
    ) -> impl Future<Output = Result<Option<wire::Released>, Refusal>> + Send;

    /// What the authority warned of in documents that it accepted.
    fn warnings(&self) -> impl Future<Output = Result<wire::WarningList, Refusal>> + Send;

    /// Onboards, replaces or renews; one at a time. May take minutes, and goes on
    /// if the caller goes away. Does not stop sales.
    fn change_identity(
        &self,
        order: IdentityOrder,
    ) -> impl Future<Output = Result<wire::IdentityDone, Refusal>> + Send;

    /// The events after the one of this id, or from now on.
    ///
    /// # Errors
    /// If the till is being stopped.
    fn follow(&self, after: Option<String>) -> Result<Box<dyn Feed>, Refusal>;

    /// What people must do now.
    fn attention(&self) -> impl Future<Output = Result<wire::AttentionList, Refusal>> + Send;

    /// What machines measure, in the text format of Prometheus.
    fn metrics(&self) -> impl Future<Output = Result<String, Refusal>> + Send;

    /// A person has seen to a document's receipts; gives how many were
    /// unconfirmed, `None` if there is no such document.
    fn receipt_seen(&self, uuid: Uuid) -> impl Future<Output = Result<Option<u64>, Refusal>> + Send;
}
