//! `tilld verify`: checks every stored invoice anew, through the running till
//! or, if none runs, in its data directory without changing it.

use super::till::{Where, ask, json, refusal};
use super::{Failure, Hooks, Streams, load};
use crate::api::client::ClientError;
use crate::api::wire::Verification;
use crate::config::DEFAULT_FILE;

/// Check every stored invoice anew: hash, signature, link, QR code
///
/// Asks the running till; if none runs, reads its data directory without
/// changing it. Exit code 0 if every invoice is right, 1 if not.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tilld verify\n  tilld verify --json\n  tilld verify --config ./tilld.toml"
)]
pub struct Args {
    /// The result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    till: Where,
}

impl Args {
    pub fn run(self, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let answer = ask(&self.till.socket()?, async |client| client.verify().await)?;
        let result = match answer {
            Ok(result) => result,
            Err(ClientError::NotRunning(_)) if self.till.socket.is_none() => {
                let file = self.till.config.clone().unwrap_or_else(|| DEFAULT_FILE.into());
                (hooks.verify)(&load(&file)?)?
            }
            Err(error) => return Err(refusal(&error)),
        };
        if self.json {
            streams.say(&json(&result)?)?;
        } else {
            show(&result, streams)?;
        }
        if result.findings.is_empty() { Ok(()) } else { Err(Failure::Shown) }
    }
}

fn show(result: &Verification, streams: &mut Streams<'_>) -> Result<(), Failure> {
    for finding in &result.findings {
        let place = finding.icv.map_or(String::new(), |icv| format!(" (ICV {icv})"));
        streams.say(&format!("{}{place}: {} [{}]", finding.document, finding.message.en, finding.code))?;
        streams.say(&format!("  {}", finding.message.ar))?;
    }
    let Verification { documents, chains, .. } = result;
    let seconds = result.duration_ms / 1000;
    let tenths = result.duration_ms % 1000 / 100;
    let walked = format!("{documents} invoices in {chains} chains checked in {seconds}.{tenths} s");
    if result.findings.is_empty() {
        return streams.say(&format!("{walked}: every hash, signature, link and QR code is right."));
    }
    streams.say(&format!("{walked}: {} findings.", result.findings.len()))?;
    streams.say(
        "Keep the data directory as it is, stop selling on this till, and bring back the newest backup \
         that verifies.",
    )
}
