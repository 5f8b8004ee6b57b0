//! What `sell`, `credit` and `correct` have in common: the key that names the
//! request across retries, the body, and the answer in words.

use std::io::Read;
use std::path::Path;

use super::show::told;
use super::terminal::{Rows, moment};
use super::till::{Where, refusal};
use super::{Failure, Streams};
use crate::api::client::{Client, ClientError, SaleReply};
use crate::api::wire::Sale;

/// How a request is named, and how its answer is shown.
#[derive(Debug, clap::Args)]
pub struct Named {
    /// Names the request across retries, 1 to 127 visible characters [default: a random one]
    #[arg(long, value_name = "KEY", value_parser = key)]
    key: Option<String>,
    /// Show the till's answer, unchanged
    #[arg(long)]
    json: bool,
}

/// More than any till accepts; the till's own limit is the one that counts.
const MOST_BYTES: u64 = 16 * 1024 * 1024 + 1;

fn key(text: &str) -> Result<String, String> {
    if (1..=127).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err("a key has 1 to 127 visible ASCII characters, without spaces".to_owned())
}

impl Named {
    /// Sends the request under its key and shows the document that came of it.
    pub fn issue(
        self,
        till: Where,
        streams: &mut Streams<'_>,
        send: impl AsyncFnOnce(Client, &str) -> Result<SaleReply, ClientError>,
    ) -> Result<(), Failure> {
        let key = match self.key {
            Some(key) => key,
            None => fresh_key()?,
        };
        // Before the request, so that it is known even if the answer never comes.
        streams.complain(&format!("Key {key}"));
        let answer = till.ask(async |client| send(client, &key).await)?;
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
        words.push_str(&format!("\nRun the same command again with --key {key}; it is never made twice."));
    }
    Failure::Finding(words)
}

fn show(reply: &SaleReply, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let sale = &reply.sale;
    if reply.replayed {
        streams.say(match sale.kind.document.as_str() {
            "credit_note" => "This credit was made before; nothing new was issued.",
            _ => "This sale was made before; nothing new was issued.",
        })?;
    }
    let currency = currency(sale);
    let mut rows = Rows::default();
    rows.add(title(sale), format!("{} (ICV {})", sale.number, sale.icv));
    rows.add("Issued", moment(&sale.issued_at));
    rows.add(
        if sale.kind.document == "credit_note" { "To refund" } else { "To pay" },
        format!("{currency} {}, VAT {} included", sale.totals.payable, sale.totals.vat),
    );
    rows.add("Change", format!("{currency} {}", sale.change));
    rows.add("UUID", sale.uuid.clone());
    if let Some(uuid) = &sale.corrects {
        rows.add("Corrects", uuid.clone());
    }
    if let Some(uuid) = &sale.credits {
        rows.add("Credits", uuid.clone());
    }
    rows.show(streams)?;
    if let Some(clearance) = &sale.clearance {
        streams.say(&format!("Clearance: {}", clearance.state))?;
        streams.say(&clearance.words.en)?;
        streams.say(&clearance.words.ar)?;
        for line in clearance.findings.iter().flat_map(told) {
            streams.say(&line)?;
        }
    }
    streams.say(&format!("See what becomes of it: tilld show {}", sale.number))
}

/// The document in one word or two.
pub fn title(sale: &Sale) -> &'static str {
    match sale.kind.document.as_str() {
        "credit_note" => "Credit note",
        "debit_note" => "Debit note",
        "prepayment" => "Prepayment",
        _ => "Invoice",
    }
}

/// The code of the currency of all its amounts.
pub fn currency(sale: &Sale) -> &str {
    sale.currency.as_deref().unwrap_or("SAR")
}

/// A body from a file, or from standard input if it is named `-`.
pub fn read(file: &Path, streams: &mut Streams<'_>) -> Result<Vec<u8>, Failure> {
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
