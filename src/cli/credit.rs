//! `tilld credit`: takes goods or money back, as a POS application would.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use super::issue::{Named, read};
use super::till::Where;
use super::{Failure, Streams};

/// Take goods back, or lower a price afterwards, by a credit note
///
/// The original is found by its receipt's QR code, its invoice number, its UUID
/// or the POS application's reference. Never more comes back than was sold.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tilld credit --number T07-000001 --whole --reason goods_returned
  tilld credit --number T07-000001 --line 1 --line 3=0.5 --reason goods_returned
  tilld credit --qr \"$(tilld show T07-000001 --qr)\" --amount 5.00 --reason-text \"Scratched box\"
  tilld credit --file credit.json --key return-812

Reasons: goods_returned, supply_cancelled, supply_changed, amount_amended")]
#[command(group(clap::ArgGroup::new("original").required(true).args(["qr", "number", "uuid", "reference", "file"])))]
#[command(group(clap::ArgGroup::new("wanted").args(["whole", "lines", "amount"])))]
#[command(group(clap::ArgGroup::new("why").args(["reason", "reason_text"])))]
pub struct Args {
    /// The original by the text of its receipt's QR code
    #[arg(long, value_name = "TEXT")]
    qr: Option<String>,
    /// The original by its invoice number
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// The original by its UUID
    #[arg(long, value_name = "UUID")]
    uuid: Option<String>,
    /// The original by the POS application's number of the sale
    #[arg(long, value_name = "REFERENCE")]
    reference: Option<String>,
    /// A whole request in JSON instead, or - for standard input
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["wanted", "why", "tenders"])]
    file: Option<PathBuf>,
    /// Everything that has not come back yet
    #[arg(long)]
    whole: bool,
    /// A line by its number, with how much of it comes back [default: all that is left]
    #[arg(long = "line", value_name = "N[=QTY]", value_parser = line)]
    lines: Vec<Line>,
    /// No goods, but an amount with VAT
    #[arg(long, value_name = "AMOUNT")]
    amount: Option<String>,
    /// Why, by a code of the list
    #[arg(long, value_name = "CODE")]
    reason: Option<String>,
    /// Why, in words of your own
    #[arg(long, value_name = "TEXT")]
    reason_text: Option<String>,
    /// How it is refunded; all together make the refund [default: cash to a consumer]
    #[arg(long = "tender", value_name = "KIND=AMOUNT", value_parser = tender)]
    tenders: Vec<Tender>,
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    till: Where,
}

/// A line and, if not all of it comes back, how much.
#[derive(Clone, Debug)]
struct Line {
    number: u32,
    quantity: Option<String>,
}

#[derive(Clone, Debug)]
struct Tender {
    kind: String,
    amount: String,
}

fn line(text: &str) -> Result<Line, String> {
    let (number, quantity) = match text.split_once('=') {
        Some((number, quantity)) => (number, Some(quantity.to_owned())),
        None => (text, None),
    };
    match number.parse() {
        Ok(number) if quantity.as_deref() != Some("") => Ok(Line { number, quantity }),
        _ => Err("a line is its number, or its number and a quantity, such as 2 or 2=0.5".to_owned()),
    }
}

fn tender(text: &str) -> Result<Tender, String> {
    match text.split_once('=') {
        Some((kind, amount)) if !kind.is_empty() && !amount.is_empty() => {
            Ok(Tender { kind: kind.to_owned(), amount: amount.to_owned() })
        }
        _ => Err("a tender is its kind and its amount, such as cash=12.50".to_owned()),
    }
}

impl Args {
    pub fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let body = match &self.file {
            Some(file) => read(file, streams)?,
            None => self.body()?.to_string().into_bytes(),
        };
        self.named.issue(self.till, streams, async |client, key| client.credit(key, body).await)
    }

    /// The request that the options mean; the till checks what they say.
    fn body(&self) -> Result<Value, Failure> {
        let mut body = Map::new();
        let ways = [("qr", &self.qr), ("number", &self.number), ("uuid", &self.uuid), ("reference", &self.reference)];
        let original = ways.into_iter().filter_map(|(key, value)| Some((key.to_owned(), json!(value.as_ref()?))));
        body.insert("original".to_owned(), Value::Object(original.collect()));
        let (key, wanted) = if self.whole {
            ("whole", json!(true))
        } else if let Some(amount) = &self.amount {
            ("amount", json!(amount))
        } else if !self.lines.is_empty() {
            ("lines", self.lines.iter().map(Line::json).collect())
        } else {
            return Err(Failure::Usage("say what comes back: --whole, --line N[=QTY] or --amount AMOUNT".to_owned()));
        };
        body.insert(key.to_owned(), wanted);
        let reason = match (&self.reason, &self.reason_text) {
            (Some(code), _) => json!(code),
            (None, Some(text)) => json!({ "text": text }),
            (None, None) => {
                return Err(Failure::Usage("say why: --reason CODE or --reason-text TEXT".to_owned()));
            }
        };
        body.insert("reason".to_owned(), reason);
        if !self.tenders.is_empty() {
            body.insert("tenders".to_owned(), self.tenders.iter().map(Tender::json).collect());
        }
        Ok(Value::Object(body))
    }
}

impl Line {
    fn json(&self) -> Value {
        match &self.quantity {
            Some(quantity) => json!({ "line": self.number, "quantity": quantity }),
            None => json!({ "line": self.number }),
        }
    }
}

impl Tender {
    fn json(&self) -> Value {
        json!({ "kind": self.kind, "amount": self.amount })
    }
}
