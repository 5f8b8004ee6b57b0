//! The documents that wait for the authority, as they are listed.

use super::Service;
use super::refusals::{gone, storage};
use super::watching::moment;
use crate::api::{QueuePage, QueueState, Refusal, wire};
use crate::invoice::Subtype;
use crate::ledger::{DocumentId, Open, ReportState, Store};
use crate::report::{HoldReason, Pause};
use crate::text::Bilingual;

/// A simplified document is to be reported within so many seconds of its issue.
const REPORT_WITHIN: i64 = 86_400;

impl Service {
    pub(super) async fn page(&self, page: QueuePage) -> Result<wire::QueueList, Refusal> {
        let now = self.clock.now();
        let pause = self.report.borrow().pause;
        let work = move |store: &mut Store| -> Result<wire::QueueList, Refusal> {
            let state = page.state.map(|state| match state {
                QueueState::Queued => ReportState::Queued,
                QueueState::InFlight => ReportState::InFlight,
                QueueState::Held => ReportState::Held,
            });
            // One more than asked for tells whether there is another page.
            let mut open = store
                .open_documents(state, page.after.and_then(DocumentId::from_row), page.limit + 1)
                .map_err(storage)?;
            let more = open.len() > page.limit;
            open.truncate(page.limit);
            let next = open.last().filter(|_| more).map(|last| last.id.row().to_string());
            let documents = open.iter().map(|open| listed(open, now, pause)).collect();
            let paused = pause.map(|pause| pause.reason.message().into());
            Ok(wire::QueueList { documents, waiting: store.queue_summary().open(), paused, next })
        };
        self.ledger.run(work).await.map_err(gone)?
    }
}

fn listed(open: &Open, now: i64, pause: Option<Pause>) -> wire::QueuedDocument {
    let age = now.saturating_sub(open.issued);
    let stored = open.stored.as_ref();
    wire::QueuedDocument {
        uuid: stored.map(|stored| stored.uuid.to_string()).unwrap_or_default(),
        number: stored.map(|stored| stored.number.clone()).unwrap_or_default(),
        icv: open.id.icv().get(),
        subtype: stored.map_or("", |stored| subtype(stored.kind.subtype)).to_owned(),
        issued_at: moment(open.issued),
        age_seconds: age,
        seconds_left: REPORT_WITHIN.saturating_sub(age),
        state: open.state.name().to_owned(),
        attempts: open.attempts,
        next_attempt_at: (open.state == ReportState::Queued).then(|| moment(next_try(open.due_at, pause))),
        reason: open.reason.clone(),
        words: open.reason.as_deref().map(|word| held(word).into()),
    }
}

/// When a document that is due then goes out: not while the whole queue waits.
/// Seconds UTC.
pub(super) fn next_try(due: i64, pause: Option<Pause>) -> i64 {
    pause.map_or(due, |pause| due.max(pause.until))
}

fn subtype(subtype: Subtype) -> &'static str {
    match subtype {
        Subtype::Simplified => "simplified",
        Subtype::Standard => "standard",
    }
}

/// Why a document is held, and what to do.
fn held(word: &str) -> Bilingual {
    HoldReason::from_word(word).map_or_else(
        || {
            Bilingual::new(
                "The document cannot be read from the ledger. Run tilld verify and call support; the others are sent.",
                "تعذرت قراءة المستند من السجل. شغّل tilld verify واتصل بالدعم؛ ترسل بقية المستندات.",
            )
        },
        HoldReason::message,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::PauseReason;

    #[test]
    fn the_next_try_is_not_before_the_end_of_a_pause() {
        let pause = |until| Some(Pause { reason: PauseReason::Throttled, since: 900, until });
        assert_eq!(next_try(1_000, None), 1_000);
        assert_eq!(next_try(1_000, pause(4_600)), 4_600);
        assert_eq!(next_try(9_000, pause(4_600)), 9_000);
    }
}
