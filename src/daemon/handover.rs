//! What of a document may be handed out. A simplified one is an invoice when it
//! is stored. A standard one is none before the authority has taken it: then the
//! cleared version counts, or our own if it was reported instead.

use crate::invoice::Subtype;
use crate::ledger::{ReportState, StorageError, Store, Stored};
use crate::text::Bilingual;

/// What a document counts as now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Simplified, or cleared.
    Issued,
    /// A standard document that was reported while clearance was switched off.
    ReportedInstead,
    /// A standard document that the authority has not taken yet.
    Awaiting,
    /// A standard document that the authority rejected.
    Rejected,
}

/// A document with the bytes that count.
pub struct Handover {
    pub stored: Stored,
    /// The cleared version where there is one.
    pub xml: Vec<u8>,
    pub standing: Standing,
}

impl Standing {
    pub fn of(subtype: Subtype, state: ReportState) -> Standing {
        match (subtype, state) {
            (Subtype::Simplified, _) | (_, ReportState::Cleared) => Standing::Issued,
            (_, ReportState::Reported | ReportState::ReportedWithWarnings) => Standing::ReportedInstead,
            (_, ReportState::Rejected) => Standing::Rejected,
            (_, ReportState::Queued | ReportState::InFlight | ReportState::Held) => Standing::Awaiting,
        }
    }

    /// Why its XML is not handed out; `None` if it is.
    pub fn withheld(self) -> Option<Bilingual> {
        match self {
            Standing::Issued | Standing::ReportedInstead => None,
            Standing::Awaiting => Some(Bilingual::new(
                "The authority has not cleared this document yet, so that it is no tax invoice and nothing is handed \
                 out. It is sent by itself; ask again when its state is cleared (tilld show, GET /v1/sales/UUID, \
                 event document.cleared).",
                "لم تعتمد الهيئة هذا المستند بعد، فليس فاتورة ضريبية ولا يُسلَّم منه شيء. يُرسل تلقائياً، \
                 فأعد الطلب عندما تصبح حالته cleared ‏(tilld show أو ‎GET /v1/sales/UUID‎ أو الحدث document.cleared).",
            )),
            Standing::Rejected => Some(Bilingual::new(
                "The authority rejected this document, so that it is no tax invoice and nothing is handed out. Correct \
                 it: tilld correct, POST /v1/corrections.",
                "رفضت الهيئة هذا المستند، فليس فاتورة ضريبية ولا يُسلَّم منه شيء. صححه بواسطة tilld correct أو \
                 ‎POST /v1/corrections‎.",
            )),
        }
    }
}

/// What counts of a stored document now.
pub fn handover(store: &mut Store, stored: Stored) -> Result<Handover, StorageError> {
    let standing = Standing::of(stored.kind.subtype, store.report_state(stored.id)?);
    let cleared = match (stored.kind.subtype, standing) {
        (Subtype::Standard, Standing::Issued) => {
            let missing = || StorageError::Damaged {
                detail: format!("document {} is cleared, but its cleared version is missing", stored.id),
            };
            Some(store.cleared_xml(stored.id)?.ok_or_else(missing)?)
        }
        _ => None,
    };
    let xml = match cleared {
        Some(cleared) => cleared,
        None => store.xml(stored.id)?,
    };
    Ok(Handover { stored, xml, standing })
}
