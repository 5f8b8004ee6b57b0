//! `tilld sync`: what waits to be sent, and sending it at once.

use super::terminal::{Rows, moment};
use super::till::{Where, json, refusal};
use super::{Failure, Streams};

/// What a person's wish does not shorten (429 with its `Retry-After`).
const ASKED: &str = "unless the authority asked for a pause";

/// Show what waits to be sent; `tilld sync now` sends it without waiting
///
/// The till sends by itself, and tries again as soon as the network is back.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  tilld sync\n  tilld sync now")]
pub struct Args {
    /// Send what waits without waiting for its time
    #[arg(value_name = "now", value_parser = ["now"])]
    now: Option<String>,
    /// The till's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    till: Where,
}

impl Args {
    pub fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        if self.now.is_some() { self.send(streams) } else { self.show(streams) }
    }

    fn send(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let answer = self.till.ask(async |client| client.sync().await)?;
        let synced = answer.map_err(|error| refusal(&error))?;
        if self.json {
            return streams.say(&json(&synced)?);
        }
        match synced.waiting {
            0 => streams.say("Nothing waits to be sent."),
            1 => streams.say(&format!(
                "1 document waits; the till tries it now, {ASKED}. See how it goes: tilld sync"
            )),
            many => streams.say(&format!(
                "{many} documents wait; the till tries them now, {ASKED}. See how it goes: tilld sync"
            )),
        }
    }

    fn show(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let answer = self.till.ask(async |client| client.status().await)?;
        let queue = answer.map_err(|error| refusal(&error))?.queue;
        if self.json {
            return streams.say(&json(&queue)?);
        }
        let count = |state: &str| queue.states.get(state).copied().unwrap_or_default();
        let mut rows = Rows::default();
        rows.add("Waiting", (count("Queued") + count("InFlight")).to_string());
        if count("Held") > 0 {
            rows.add("Held", format!("{}; tilld status names them", count("Held")));
        }
        if let Some(at) = &queue.oldest_unsent_at {
            rows.add("Oldest", moment(at));
        }
        if let Some(at) = &queue.next_attempt_at {
            rows.add("Next try", moment(at));
        }
        for words in queue.paused.iter().flat_map(|words| [&words.en, &words.ar]) {
            rows.add("Paused", words.clone());
        }
        rows.show(streams)
    }
}
