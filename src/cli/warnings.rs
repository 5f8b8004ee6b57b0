//! `tilld warnings`: what the authority warned of in documents that it accepted,
//! through the running till or, if none runs, from its data directory.

use super::show::told;
use super::terminal::moment;
use super::till::{Where, ask, json, refusal};
use super::{Failure, Hooks, Streams, load};
use crate::api::client::ClientError;
use crate::api::wire::WarningList;
use crate::config::DEFAULT_FILE;

/// Show what the authority warned of in documents that it accepted
///
/// A warned document is accepted and needs nothing. What is warned of today may
/// be rejected later, so the cause should be mended in the settings or item data.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  tilld warnings\n  tilld warnings --json")]
pub struct Args {
    /// The list as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    till: Where,
}

impl Args {
    pub fn run(self, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let answer = ask(&self.till.socket()?, async |client| client.warnings().await)?;
        let list = match answer {
            Ok(list) => list,
            Err(ClientError::NotRunning(_)) if self.till.socket.is_none() => {
                let file = self.till.config.clone().unwrap_or_else(|| DEFAULT_FILE.into());
                (hooks.warnings)(&load(&file)?)?
            }
            Err(error) => return Err(refusal(&error)),
        };
        if self.json { streams.say(&json(&list)?) } else { show(&list, streams) }
    }
}

fn show(list: &WarningList, streams: &mut Streams<'_>) -> Result<(), Failure> {
    if list.warnings.is_empty() {
        return streams.say("The authority warned of nothing.");
    }
    for warning in &list.warnings {
        let documents = if warning.documents == 1 { "document" } else { "documents" };
        let (first, last) = (moment(&warning.first_at), moment(&warning.last_at));
        let newest = warning.newest.join(", ");
        streams.say(&format!(
            "{} {documents}, first {first}, last {last}; newest: {newest}",
            warning.documents
        ))?;
        for line in told(&warning.finding) {
            streams.say(&format!("  {line}"))?;
        }
    }
    let more = if list.more { "the newest " } else { "" };
    streams.say(&format!("In {more}{} documents that were accepted with warnings.", list.looked_at))
}
