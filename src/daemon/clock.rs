//! The till's clock against the authority's: the `Date` of every answer reaches
//! the ledger's guard, what the guard says is told when it changes, and while
//! only the authority can say whether the clock is right it is asked, so that a
//! till without anything to send finds its way back by itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::fatoora::probe::{Patience, Step, probe};
use crate::fatoora::{Answer, Authority, Credentials, Endpoint, Pending, Submission};
use crate::ledger::{AuthorityTime, Clock, ClockReport, ClockState, Ledger, reading};

/// Between two looks at the clock: after a jump the till sells again within this
/// time, if the authority answers.
pub const LOOK: Duration = Duration::from_secs(10);
/// Between two questions to the authority.
const ASK: Duration = Duration::from_secs(60);

/// An authority whose answers tell the time to the ledger as well.
pub struct Dated {
    pub authority: Arc<dyn Authority>,
    pub time: AuthorityTime,
    pub clock: Arc<dyn Clock>,
}

impl Dated {
    fn hear(&self, answer: Answer) -> Answer {
        if let Some(theirs) = answer.headers.server_time() {
            self.time.hear(theirs, reading(self.clock.as_ref()));
        }
        answer
    }
}

impl Authority for Dated {
    fn report<'a>(&'a self, credentials: &'a Credentials, submission: &'a Submission) -> Pending<'a> {
        Box::pin(async { self.hear(self.authority.report(credentials, submission).await) })
    }

    fn clear<'a>(&'a self, credentials: &'a Credentials, submission: &'a Submission) -> Pending<'a> {
        Box::pin(async { self.hear(self.authority.clear(credentials, submission).await) })
    }
}

/// Asks the platform for its time without credentials; none if it does not
/// answer. Blocks for some seconds at most.
pub fn ask(endpoint: &Endpoint) -> Option<i64> {
    match probe(endpoint, Patience::default()).answer {
        Step::Done { value, .. } => value.date,
        Step::Failed(_) | Step::NotTaken => None,
    }
}

/// What watching the clock takes.
pub struct Watching<A> {
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub time: AuthorityTime,
    /// Asks the authority for its time; may block for some seconds.
    pub ask: A,
    /// Between two looks at the clock.
    pub look: Duration,
}

/// Watches until the ledger is closed.
pub async fn watch<A>(with: Watching<A>)
where
    A: Fn() -> Option<i64> + Clone + Send + 'static,
{
    let (mut said, mut asked) = (Said::default(), None::<Instant>);
    while let Ok(report) = with.ledger.run(|store| store.clock_report()).await {
        said.tell(&report);
        if is_due(report.state, asked.map(|asked| asked.elapsed())) {
            asked = Some(Instant::now());
            let ask = with.ask.clone();
            // A fault of the program there is as good as no answer.
            if let Ok(Some(theirs)) = tokio::task::spawn_blocking(ask).await {
                with.time.hear(theirs, reading(with.clock.as_ref()));
                continue;
            }
        }
        tokio::time::sleep(with.look).await;
    }
}

/// Whether the authority is asked, so long after it was asked last.
fn is_due(state: ClockState, asked: Option<Duration>) -> bool {
    state.asks_authority() && asked.is_none_or(|ago| ago >= ASK)
}

/// What was last said of the clock, so that only changes are.
#[derive(Debug, Default)]
struct Said {
    /// The word of the state, and whether it refuses.
    last: Option<(&'static str, bool)>,
}

impl Said {
    /// True if something was said.
    fn tell(&mut self, report: &ClockReport) -> bool {
        let now = (report.state.word(), report.state.refuses());
        let before = self.last.replace(now);
        if before.unwrap_or((ClockState::Trusted.word(), false)) == now {
            return false;
        }
        let words = report.words.as_ref().map_or("", |words| words.en.as_str());
        let (clock, ahead) = (now.0, report.authority.map(|(ahead, _)| ahead));
        match now {
            (_, true) => tracing::error!(clock, ahead, "nothing is sold: {words}"),
            _ if report.state == ClockState::Trusted => {
                tracing::info!(clock, ahead, "the clock is trusted again")
            }
            _ => tracing::warn!(clock, ahead, "{words}"),
        }
        true
    }
}

#[cfg(test)]
mod tests;
