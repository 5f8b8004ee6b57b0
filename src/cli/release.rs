//! `tilld release`: lets a held document go again.

use super::documents::ask_about;
use super::till::{Where, json};
use super::{Failure, Streams};

/// Let a held document go on its way to the authority again
///
/// A document is held when something about it needs a person; `tilld show` says
/// what. Release it once that is done. The release is written to the activity log.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tilld show T07-000001 --attempts     why it is held, and what was answered
  tilld release T07-000001")]
pub struct Args {
    /// UUID, invoice number, reference of the POS application, or ICV
    #[arg(value_name = "ID")]
    id: String,
    /// The till's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    till: Where,
}

impl Args {
    pub fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let question = async |client: crate::api::client::Client, uuid: String| client.release(&uuid).await;
        let released = ask_about(&self.till, &self.id, question)?;
        if self.json {
            return streams.say(&json(&released)?);
        }
        streams.say(&format!("{} is queued again and sent when its turn comes.", released.number))?;
        streams.say(&format!("See what becomes of it: tilld show {} --attempts", released.uuid))
    }
}
