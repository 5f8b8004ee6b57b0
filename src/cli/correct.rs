//! `tilld correct`: issues a rejected document once more.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::issue::{Named, read};
use super::till::Where;
use super::{Failure, Streams};

/// Issue a document that the authority rejected once more, put right
///
/// The new document has its own UUID and place in the chain. A simplified one
/// keeps number, date, time and amounts: the customer holds its receipt. Without
/// changes it is issued as it was, with the seller of today's settings.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tilld show T07-000001                    what the authority found
  tilld correct --number T07-000001
  tilld correct --number T07-000001 --changes changes.json
  echo '{\"buyer\":{\"name\":\"Nora\"}}' | tilld correct --number T07-000001 --changes -")]
#[command(group(clap::ArgGroup::new("rejected").required(true).args(["uuid", "number"])))]
pub struct Args {
    /// The rejected document by its UUID
    #[arg(value_name = "UUID")]
    uuid: Option<String>,
    /// The rejected document by its invoice number
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// What changes, in JSON, or - for standard input
    #[arg(long, value_name = "FILE|-")]
    changes: Option<PathBuf>,
    /// A whole sale instead, in JSON; for standard documents
    #[arg(long, value_name = "FILE|-", conflicts_with = "changes")]
    sale: Option<PathBuf>,
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    till: Where,
}

impl Args {
    pub fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let ways = [("uuid", &self.uuid), ("number", &self.number)];
        let rejected = ways.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value.as_ref()?))));
        let mut body = Map::from_iter([("rejected".to_owned(), Value::Object(rejected.collect()))]);
        for (key, file) in [("changes", &self.changes), ("sale", &self.sale)] {
            let Some(file) = file else { continue };
            let text = read(file, streams)?;
            let value: Value = serde_json::from_slice(&text)
                .map_err(|error| Failure::Usage(format!("{} is not JSON ({error})", file.display())))?;
            body.insert(key.to_owned(), value);
        }
        let body = Value::Object(body).to_string().into_bytes();
        self.named.issue(self.till, streams, async |client, key| client.correct(key, body).await)
    }
}
