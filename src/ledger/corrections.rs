//! Documents that replace a rejected one. The rejected one keeps its place in
//! the chain; its successor takes a new ICV, UUID and hash, keeps the number and,
//! if it is simplified, the moment that the customer's paper shows
//! (signing.md section 8). A successor may itself be rejected and replaced.

use rusqlite::{Connection, OptionalExtension};
use thiserror::Error;

use super::ids::DocumentId;
use super::state::ReportState;
use super::{AppendError, Order, StorageError, Store, Stored};
use crate::text::Bilingual;

/// Why a document is not replaced.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CorrectionError {
    #[error("the document to correct is not in this till's ledger. Correct it on the till that issued it")]
    NotHere,
    #[error(
        "{number} is {state}; only a document that the authority rejected is corrected. To take back an accepted one, \
         issue a credit note"
    )]
    NotRejected { number: String, state: ReportState },
    #[error("{number} was corrected already. If the newer document is rejected, too, correct that one")]
    Corrected { number: String },
    #[error(
        "{number} is another type of document (BT-3, KSA-2). A correction keeps the type: an invoice replaces an \
         invoice, a credit note a credit note, simplified or standard as before"
    )]
    OtherKind { number: String },
}

impl CorrectionError {
    /// What the cashier reads.
    pub fn words(&self) -> Bilingual {
        let ar = match self {
            CorrectionError::NotHere => {
                "المستند المطلوب تصحيحه غير موجود في سجل هذا الجهاز. صححه على الجهاز الذي أصدره.".to_owned()
            }
            CorrectionError::NotRejected { number, .. } => {
                format!(
                    "لا يصحح إلا المستند الذي رفضته الهيئة، والمستند {number} غير مرفوض. لإلغاء مستند مقبول أصدر إشعارا دائنا."
                )
            }
            CorrectionError::Corrected { number } => {
                format!("سبق تصحيح المستند {number}. إن رُفض المستند الأحدث أيضا فصححه هو.")
            }
            CorrectionError::OtherKind { number } => {
                format!(
                    "المستند {number} من نوع آخر. التصحيح يحفظ النوع: فاتورة بدل فاتورة وإشعار بدل إشعار، مبسطة أو ضريبية كما كانت."
                )
            }
        };
        Bilingual::new(self.to_string(), ar)
    }
}

impl Store {
    /// The document that replaces this one.
    pub fn corrected_by(&self, id: DocumentId) -> Result<Option<Stored>, StorageError> {
        successor(&self.db, id)?.map_or(Ok(None), |id| self.document(id))
    }

    /// The last of the documents that replace each other from this one on; the
    /// document itself if nothing replaces it.
    pub fn newest_version(&self, id: DocumentId) -> Result<DocumentId, StorageError> {
        Ok(successors(&self.db, id)?.pop().unwrap_or(id))
    }

    /// The document that an order replaces; an error if it may not be replaced.
    pub(super) fn check_correction(&self, order: &Order) -> Result<Option<Stored>, AppendError> {
        let Some(id) = order.corrects else { return Ok(None) };
        let Some(of) = self.document(id)? else { return Err(CorrectionError::NotHere.into()) };
        let (number, state) = (of.number.clone(), self.report_state(id)?);
        if state != ReportState::Rejected {
            return Err(CorrectionError::NotRejected { number, state }.into());
        }
        if successor(&self.db, id)?.is_some() {
            return Err(CorrectionError::Corrected { number }.into());
        }
        if (of.kind.document, of.kind.subtype) != (order.kind.document, order.kind.subtype) {
            return Err(CorrectionError::OtherKind { number }.into());
        }
        self.check_returned_before(&of, order)?;
        Ok(Some(of))
    }
}

/// The document that replaces this one.
pub(super) fn successor(db: &Connection, id: DocumentId) -> Result<Option<DocumentId>, StorageError> {
    named(db, "SELECT id FROM documents INDEXED BY documents_corrects WHERE corrects = ?1", id)
}

/// Every document that follows this one by replacing the one before, in order.
pub(super) fn successors(db: &Connection, id: DocumentId) -> Result<Vec<DocumentId>, StorageError> {
    let mut found: Vec<DocumentId> = Vec::new();
    let mut last = id;
    while let Some(next) = successor(db, last)? {
        // Only a file that was tampered with runs in a circle.
        if next == id || found.contains(&next) {
            return Err(StorageError::damaged(format!("document {next} replaces itself")));
        }
        found.push(next);
        last = next;
    }
    Ok(found)
}

/// This document, the one it replaces, and so on back to the first.
pub(super) fn predecessors(db: &Connection, id: DocumentId) -> Result<Vec<DocumentId>, StorageError> {
    let mut found = vec![id];
    let mut last = id;
    while let Some(before) = named(db, "SELECT corrects FROM documents WHERE id = ?1", last)? {
        if found.contains(&before) {
            return Err(StorageError::damaged(format!("document {before} replaces itself")));
        }
        found.push(before);
        last = before;
    }
    Ok(found)
}

fn named(db: &Connection, sql: &str, id: DocumentId) -> Result<Option<DocumentId>, StorageError> {
    let mut statement = db.prepare_cached(sql)?;
    let row: Option<Option<i64>> = statement.query_row([id.row()], |row| row.get(0)).optional()?;
    let lost = || StorageError::damaged(format!("document {id} is linked to one that cannot exist"));
    row.flatten().map(|row| DocumentId::from_row(row).ok_or_else(lost)).transpose()
}
