//! What the driver tells while it works, for whoever shows it to people. Told
//! after the ledger has written it, so that nothing is announced that a power
//! cut could take back.

use super::settle::HoldReason;
use super::status::Pause;
use crate::fatoora::DocumentCall;
use crate::ledger::ReportState;

/// One piece of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told<Id> {
    /// The document's bytes may have left by this call.
    Sent { id: Id, call: DocumentCall },
    /// An attempt, or the decision to make none, is written.
    Ended {
        id: Id,
        state: ReportState,
        /// For [`ReportState::Held`].
        hold: Option<HoldReason>,
        /// The word of the verdict; none if nothing was sent.
        verdict: Option<&'static str>,
        /// The authority knew the document before it ever left: a copy of this
        /// till may be at work.
        surprise: bool,
        /// Unix seconds UTC.
        at: i64,
    },
    /// The whole queue waits.
    Paused(Pause),
    /// It goes on.
    Resumed,
}

/// Where the news goes; must not block.
pub type Tell<Id> = std::sync::Arc<dyn Fn(Told<Id>) + Send + Sync>;
