//! `tilld sell`: makes a sale as a POS application would.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::terminal::{Rows, moment};
use super::till::{Where, refusal};
use super::{Failure, Streams};
use crate::api::client::{ClientError, SaleReply};

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
    /// Names the sale across retries, 1 to 127 visible characters [default: a random one]
    #[arg(long, value_name = "KEY", value_parser = key)]
    key: Option<String>,
    /// Show the till's answer, unchanged
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    till: Where,
}

/// More than any till accepts; the till's own limit is the one that counts.
const MOST_BYTES: u64 = 16 * 1024 * 1024 + 1;

fn key(text: &str) -> Result<String, String> {
    if (1..=127).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err("a key has 1 to 127 visible ASCII characters, without spaces".to_owned())
}

impl Args {
    pub fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let body = read(&self.file, streams)?;
        let key = match self.key {
            Some(key) => key,
            None => fresh_key()?,
        };
        // Before the sale, so that it is known even if the answer never comes.
        streams.complain(&format!("Key {key}"));
        let answer = self.till.ask(async |client| client.sell(&key, body).await)?;
        let reply = answer.map_err(|error| failed(&error, &key))?;
        if self.json {
            streams.write(&reply.body)?;
            return streams.write(b"\n");
        }
        show(&reply, streams)
    }
}

/// A lost answer says how to get it.
fn failed(error: &ClientError, key: &str) -> Failure {
    let Failure::Finding(mut words) = refusal(error) else { return refusal(error) };
    let unknown = match error {
        ClientError::Broken(_) | ClientError::NotUnderstood(_) => true,
        ClientError::Refused(problem) => problem.status >= 500,
        _ => false,
    };
    if unknown {
        words.push_str(&format!("\nRun the same command again with --key {key}; it is never sold twice."));
    }
    Failure::Finding(words)
}

fn show(reply: &SaleReply, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let sale = &reply.sale;
    if reply.replayed {
        streams.say("This sale was made before; nothing new was issued.")?;
    }
    let mut rows = Rows::default();
    rows.add("Invoice", format!("{} (ICV {})", sale.number, sale.icv));
    rows.add("Issued", moment(&sale.issued_at));
    rows.add("To pay", format!("SAR {}, VAT {} included", sale.totals.payable, sale.totals.vat));
    rows.add("Change", format!("SAR {}", sale.change));
    rows.add("UUID", sale.uuid.clone());
    rows.show(streams)?;
    streams.say(&format!("See what becomes of it: tilld show {}", sale.number))
}

fn read(file: &Path, streams: &mut Streams<'_>) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        streams.input.take(MOST_BYTES).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
    };
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Failure::Usage(format!("{} cannot be read ({error})", file.display()))),
    }
}

/// 128 random bits in hexadecimal.
fn fresh_key() -> Result<String, Failure> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::Finding(format!("this machine gives no random numbers ({error})")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
