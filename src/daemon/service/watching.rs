//! The clock of the law, the attention list and the metrics, as they are answered.

use std::time::Duration;

use uuid::Uuid;

use super::Service;
use super::refusals::{gone, storage};
use crate::api::{Refusal, wire};
use crate::daemon::lookout::{Counted, count};
use crate::daemon::metrics;
use crate::invoice::IssueMoment;
use crate::ledger::{StorageError, Store};
use crate::report::alarms::{Raised, deadline};
use crate::report::attention::{Entry, Urgency, needs_a_person};
use crate::text::span;

/// Who asks gets what was counted last if the ledger takes longer.
const COUNT_WITHIN: Duration = Duration::from_secs(2);

impl Service {
    pub(super) async fn what_to_do(&self) -> Result<wire::AttentionList, Refusal> {
        let counted = self.counted().await.ok_or(Refusal::Busy)?;
        let entries = self.lookout.attention(&counted).into_iter().map(shown).collect();
        Ok(wire::AttentionList { entries })
    }

    pub(super) async fn measured(&self) -> String {
        metrics::text(&self.lookout, self.counted().await.as_ref())
    }

    /// As the ledger is now or, if it does not answer, as it was when it last did:
    /// just then people want to know what is wrong.
    async fn counted(&self) -> Option<Counted> {
        match tokio::time::timeout(COUNT_WITHIN, self.ledger.run(count)).await {
            Ok(Ok(Ok(counted))) => Some(counted),
            _ => self.lookout.board.counted(),
        }
    }

    pub(super) async fn seen(&self, uuid: Uuid) -> Result<Option<u64>, Refusal> {
        let work = move |store: &mut Store| -> Result<Option<u64>, StorageError> {
            let Some(stored) = store.by_uuid(&uuid)? else { return Ok(None) };
            Ok(Some(store.receipts_seen(stored.id)? as u64))
        };
        self.ledger.run(work).await.map_err(gone)?.map_err(storage)
    }

    /// The part of the status that is about time and people.
    pub(super) fn watch(&self, counted: &Counted) -> wire::Watch {
        let now = self.clock.now();
        let (board, unreported) = (&self.lookout.board, counted.unreported);
        let age = unreported.oldest.map(|oldest| now.saturating_sub(oldest).max(0).unsigned_abs());
        let entries = self.lookout.attention(counted);
        let urgent = entries.iter().filter(|entry| entry.urgency > Urgency::Notice).count();
        debug_assert_eq!(urgent > 0, needs_a_person(&entries));
        wire::Watch {
            unreported: unreported.count,
            oldest_age_seconds: age,
            oldest_age: age.map(|age| span(age).into()),
            deadline_at: unreported.oldest.map(|oldest| moment(deadline(oldest))),
            deadline_left_seconds: unreported.oldest.map(|oldest| deadline(oldest).saturating_sub(now)),
            forecast_seconds: board.forecast(),
            alarms: board.raised().into_iter().map(alarm).collect(),
            attention: urgent as u64,
        }
    }
}

fn alarm(raised: Raised) -> wire::Alarm {
    wire::Alarm {
        id: raised.id.word(),
        level: raised.level.word().to_owned(),
        since: moment(raised.since),
        words: raised.words.into(),
    }
}

fn shown(entry: Entry) -> wire::Attention {
    wire::Attention {
        id: entry.id,
        kind: entry.kind.word().to_owned(),
        urgency: entry.urgency.word().to_owned(),
        since: entry.since.map(moment),
        what: entry.what.into(),
        todo: entry.todo.into(),
        command: entry.command,
        call: entry.call,
    }
}

/// Riyadh time with its offset.
pub(super) fn moment(unix: i64) -> String {
    IssueMoment::from_unix(unix).map_or_else(|| unix.to_string(), wire::riyadh)
}
