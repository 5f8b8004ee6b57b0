//! `tilld attention`: what somebody has to do, and what does it.

use super::terminal::moment;
use super::till::{Where, json, refusal};
use super::{Failure, Streams};
use crate::api::wire::{Attention, AttentionList};

/// Show what somebody has to do, the most urgent first
///
/// Each entry says what happened, since when, what to do, and the command that
/// does it. An entry goes by itself when its cause is gone. Exit code 0 if there
/// is nothing to do (notices do not count), 1 if there is, or no till answers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  tilld attention\n  tilld attention --lang ar\n  tilld attention --json")]
pub struct Args {
    /// Language of the words
    #[arg(long, value_name = "LANG", default_value = "both", value_parser = ["en", "ar", "both"])]
    lang: String,
    /// The till's answer as JSON
    #[arg(long, conflicts_with = "lang")]
    json: bool,
    #[command(flatten)]
    till: Where,
}

impl Args {
    pub fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let answer = self.till.ask(async |client| client.attention().await)?;
        let list = answer.map_err(|error| refusal(&error))?;
        if self.json {
            streams.say(&json(&list)?)?;
        } else {
            show(&list, &self.lang, streams)?;
        }
        if list.urgent() == 0 { Ok(()) } else { Err(Failure::Shown) }
    }
}

fn show(list: &AttentionList, lang: &str, streams: &mut Streams<'_>) -> Result<(), Failure> {
    if list.entries.is_empty() {
        let words = [("en", "Nothing to do."), ("ar", "لا يوجد ما يلزم عمله.")];
        for (_, line) in words.into_iter().filter(|(of, _)| speaks(lang, of)) {
            streams.say(line)?;
        }
    }
    for (place, entry) in list.entries.iter().enumerate() {
        if place > 0 {
            streams.say("")?;
        }
        for line in lines(entry, lang) {
            streams.say(&line)?;
        }
    }
    Ok(())
}

fn speaks(lang: &str, language: &str) -> bool {
    lang == "both" || lang == language
}

fn lines(entry: &Attention, lang: &str) -> Vec<String> {
    let since = entry.since.as_deref().map_or(String::new(), |at| format!(" since {}", moment(at)));
    let mut lines = vec![format!("[{}] {}{since}", entry.urgency, entry.id)];
    for (language, what, todo) in
        [("en", &entry.what.en, &entry.todo.en), ("ar", &entry.what.ar, &entry.todo.ar)]
    {
        if speaks(lang, language) {
            lines.push(format!("  {what}"));
            lines.push(format!("  {todo}"));
        }
    }
    lines.extend(entry.command.as_ref().map(|command| format!("    {command}")));
    lines.extend(entry.call.as_ref().map(|call| format!("    {call}")));
    lines
}
