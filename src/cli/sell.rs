//! `tilld sell`: makes a sale as a POS application would.

use std::path::PathBuf;

use super::issue::{Named, read};
use super::till::Where;
use super::{Failure, Streams};

/// Make a sale from a JSON file, as a POS application would
///
/// The sale gets a key. If the answer is lost, run the same command again with
/// that key: the sale is not made twice, the first answer comes again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tilld sell sale.json
  tilld sell sale.json --key order-4711
  echo '{\"lines\":[{\"name\":\"Tea\",\"quantity\":1,\"shelf_price\":\"5.75\",\"vat\":\"S\"}]}' | tilld sell -")]
pub struct Args {
    /// The sale in JSON, or - for standard input
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    till: Where,
}

impl Args {
    pub fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let body = read(&self.file, streams)?;
        self.named.issue(self.till, streams, async |client, key| client.sell(key, body).await)
    }
}
