//! What machines measure, in the text format of Prometheus. Names and labels
//! stay; a value that is not known is left out.

use std::fmt::Write as _;

use super::lookout::{Counted, Lookout};
use crate::ledger::PrintState;
use crate::report::alarms::deadline;
use crate::report::attention::Urgency;

/// A growing text of metrics.
#[derive(Default)]
struct Text(String);

impl Text {
    /// One metric with its values, each under labels such as `state="Queued"`.
    fn family(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        values: impl IntoIterator<Item = (String, i128)>,
    ) {
        let mut lines = String::new();
        for (labels, value) in values {
            let braces = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
            // Writing to a text cannot fail.
            let _ = writeln!(lines, "tilld_{name}{braces} {value}");
        }
        if !lines.is_empty() {
            let _ = write!(self.0, "# HELP tilld_{name} {help}\n# TYPE tilld_{name} {kind}\n{lines}");
        }
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Into<Option<i128>>) {
        self.family(name, "gauge", help, value.into().map(|value| (String::new(), value)));
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, "counter", help, [(String::new(), value.into())]);
    }
}

/// A label with its value quoted.
fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{name}=\"{value}\"")
}

/// Everything, as far as it is known now.
pub fn text(lookout: &Lookout, counted: Option<&Counted>) -> String {
    let mut text = Text::default();
    let info = format!("{},{}", label("version", env!("CARGO_PKG_VERSION")), label("till", &lookout.till));
    text.family("info", "gauge", "The program and the till.", [(info, 1)]);
    if let Some(counted) = counted {
        of_ledger(&mut text, counted, lookout.clock.now());
    }
    of_flow(&mut text, lookout);
    of_watch(&mut text, lookout, counted);
    text.0
}

fn of_ledger(text: &mut Text, counted: &Counted, now: i64) {
    let queue = &counted.queue;
    let states = queue.by_state().map(|(state, count)| (label("state", state.name()), count.into()));
    text.family("documents", "gauge", "Documents by report state.", states);
    let ahead = counted.clock.as_ref().and_then(|clock| clock.authority);
    text.gauge(
        "authority_clock_ahead_seconds",
        "How far the authority's clock is ahead, by its last word and the time since.",
        ahead.map(|(ahead, _)| i128::from(ahead)),
    );
    text.gauge(
        "documents_corrected",
        "Rejected documents that another one replaces.",
        i128::from(queue.corrected),
    );
    text.gauge(
        "queue_length",
        "Documents that go out by themselves.",
        i128::from(queue.queued + queue.in_flight),
    );
    let unreported = counted.unreported;
    text.gauge(
        "unreported_documents",
        "Documents that still have to be reported.",
        i128::from(unreported.count),
    );
    let age = unreported.oldest.map(|oldest| i128::from(now.saturating_sub(oldest).max(0)));
    text.gauge(
        "oldest_unreported_age_seconds",
        "Age of the oldest of them; 0 if there is none.",
        age.unwrap_or(0),
    );
    let left = unreported.oldest.map(|oldest| i128::from(deadline(oldest).saturating_sub(now)));
    text.gauge("deadline_left_seconds", "Until its 24 hours are over; below zero if missed.", left);
    let prints = PrintState::ALL.into_iter().filter(|state| *state != PrintState::Printed).map(|state| {
        let count = counted.prints.get(state.name()).copied().unwrap_or(0);
        (label("state", state.name()), count.into())
    });
    text.family("print_jobs", "gauge", "Open print jobs by state.", prints);
}

fn of_flow(text: &mut Text, lookout: &Lookout) {
    let status = lookout.report.borrow().clone();
    text.counter("attempts_total", "Attempts to send a document since the start.", status.attempts);
    text.counter("accepted_total", "Documents accepted since the start.", status.accepted);
    text.gauge("in_flight", "Attempts under way.", status.in_flight as i128);
    text.gauge("reporting_paused", "1 while the whole queue waits.", i128::from(status.pause.is_some()));
    let reason = status.pause.map(|pause| (label("reason", pause.reason.word()), 1));
    text.family("reporting_pause_reason", "gauge", "Why it waits.", reason);
    let beat = lookout.clock.now().saturating_sub(status.beat_at).max(0);
    text.gauge("driver_beat_age_seconds", "Since the reporting driver last moved.", i128::from(beat));
}

fn of_watch(text: &mut Text, lookout: &Lookout, counted: Option<&Counted>) {
    let board = &lookout.board;
    let raised = board.raised();
    text.gauge("alarms_active", "Alarms that are on.", raised.len() as i128);
    let alarms = raised.iter().map(|alarm| {
        let labels = format!("{},{}", label("alarm", &alarm.id.word()), label("level", alarm.level.word()));
        (labels, 1)
    });
    text.family("alarm_active", "gauge", "Each alarm that is on.", alarms);
    text.gauge(
        "forecast_seconds",
        "Until the queue is empty at the measured rate.",
        board.forecast().map(i128::from),
    );
    text.gauge("watchman_look_age_seconds", "Since the watchman last looked.", board.age().map(i128::from));
    let Some(counted) = counted else { return };
    let entries = lookout.attention(counted);
    let urgencies = [Urgency::Notice, Urgency::Warning, Urgency::Critical].map(|urgency| {
        let count = entries.iter().filter(|entry| entry.urgency == urgency).count();
        (label("urgency", urgency.word()), count as i128)
    });
    text.family("attention_entries", "gauge", "What people must do.", urgencies);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_quoted() {
        assert_eq!(label("a", "b\"c\\d\ne"), r#"a="b\"c\\d\ne""#);
    }
}
