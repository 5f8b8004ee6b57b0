//! `tilld reprint`: a copy of a receipt.

use super::documents::ask_about;
use super::till::{Where, json};
use super::{Failure, Streams};

/// Print a copy of a receipt, marked as a copy
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  tilld reprint T07-000001\n  tilld reprint order-4711")]
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
        let question = async |client: crate::api::client::Client, uuid: String| client.reprint(&uuid).await;
        let copy = ask_about(&self.till, &self.id, question)?;
        if self.json {
            return streams.say(&json(&copy)?);
        }
        streams.say(&format!("A copy of {} waits for the printer.", copy.uuid))
    }
}
