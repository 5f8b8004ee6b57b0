//! `tilld queue`: the documents that wait for the authority.

use super::terminal::moment;
use super::till::{Where, json, refusal};
use super::{Failure, Streams};
use crate::api::wire::{QueueList, QueuedDocument};

/// List the documents that the authority has not confirmed yet
///
/// The oldest first, with their age and what they wait for.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tilld queue\n  tilld queue --state held\n  tilld queue --limit 1000 --json"
)]
pub struct Args {
    /// Only documents in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// How many documents at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    limit: u16,
    /// Go on behind this place, which the page before named
    #[arg(long, value_name = "PLACE")]
    after: Option<i64>,
    /// The documents as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    till: Where,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum State {
    Queued,
    InFlight,
    Held,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Queued => "Queued",
            State::InFlight => "InFlight",
            State::Held => "Held",
        }
    }
}

impl Args {
    pub fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let after = self.after.map(|place| place.to_string());
        let answer = self.till.ask(async |client| {
            client.queue(self.state.map(State::name), after.as_deref(), usize::from(self.limit)).await
        })?;
        let list = answer.map_err(|error| refusal(&error))?;
        if self.json { streams.say(&json(&list)?) } else { show(&list, streams) }
    }
}

fn show(list: &QueueList, streams: &mut Streams<'_>) -> Result<(), Failure> {
    if list.documents.is_empty() {
        let words = if list.waiting == 0 { "Nothing waits." } else { "No such document waits." };
        return streams.say(words);
    }
    if let Some(words) = &list.paused {
        streams.say(&format!("{}\n{}", words.en, words.ar))?;
    }
    for document in &list.documents {
        streams.say(&line(document))?;
        if let Some(words) = &document.words {
            streams.say(&format!("    {}\n    {}", words.en, words.ar))?;
        }
    }
    if let Some(next) = &list.next {
        streams.say(&format!("{} wait in all; go on with --after {next}", list.waiting))?;
    }
    Ok(())
}

fn line(document: &QueuedDocument) -> String {
    let QueuedDocument { uuid, number, icv, subtype, issued_at, state, attempts, .. } = document;
    let number = if number.is_empty() { "(not readable)" } else { number };
    let next = match &document.next_attempt_at {
        Some(next) => format!(", next at {}", moment(next)),
        None => String::new(),
    };
    // Only simplified documents have 24 hours; a standard one is no invoice before it is cleared.
    let late = if document.seconds_left < 0 && subtype == "simplified" { "  LATE" } else { "" };
    format!(
        "{number:<16} ICV {icv:<8} {state:<8} {subtype:<10} {}  {} old{late}  tries {attempts}{next}  {uuid}",
        moment(issued_at),
        age(document.age_seconds),
    )
}

/// `3 h 07 min`, `12 min`.
fn age(seconds: i64) -> String {
    let minutes = seconds.max(0) / 60;
    match minutes / 60 {
        0 => format!("{minutes} min"),
        hours => format!("{hours} h {:02} min", minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_put_in_hours_and_minutes() {
        let shown =
            [(-5, "0 min"), (59, "0 min"), (3_599, "59 min"), (3_600, "1 h 00 min"), (90_061, "25 h 01 min")];
        for (seconds, words) in shown {
            assert_eq!(age(seconds), words);
        }
    }
}
