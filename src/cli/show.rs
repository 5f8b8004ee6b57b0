//! `tilld show`: an invoice and what has become of it.

use super::attempts;
use super::documents::{find, none, not_one};
use super::issue::{currency, title};
use super::terminal::{Rows, moment};
use super::till::{Where, json, refusal};
use super::{Failure, Hooks, Streams};
use crate::api::wire::{AuthorityFinding, Found, FoundList, Sale};

/// Show an invoice and what has become of it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tilld show T07-000001                  by invoice number
  tilld show order-4711                  by the POS application's reference
  tilld show 1                           by its place in the chain (ICV)
  tilld show T07-000001 --xml > T07-000001.xml
  tilld show T07-000001 --qr
  tilld show T07-000001 --attempts       every try to send it, and what came back")]
pub struct Args {
    /// UUID, invoice number, reference of the POS application, or ICV
    #[arg(value_name = "ID")]
    id: String,
    /// The invoice in XML, unchanged; of one to a company the cleared version
    #[arg(long, conflicts_with_all = ["qr", "json"])]
    xml: bool,
    /// The payload of the QR code
    #[arg(long, conflicts_with = "json")]
    qr: bool,
    /// Every attempt to send it: when, what was answered, what that means. Also
    /// where no till runs
    #[arg(long, conflicts_with_all = ["xml", "qr"])]
    attempts: bool,
    /// The till's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    till: Where,
}

impl Args {
    pub fn run(self, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        if self.attempts {
            return attempts::show(hooks, &self.till, &self.id, self.json, streams);
        }
        let (id, xml) = (&self.id, self.xml);
        let answer = self.till.ask(async |client| {
            let found = find(&client, id).await?;
            let document = match found.as_slice() {
                [one] if xml => Some(client.document(&one.sale.uuid, "xml").await?),
                _ => None,
            };
            Ok((found, document))
        })?;
        let (found, document) = answer.map_err(|error| refusal(&error))?;
        if found.is_empty() {
            return Err(none(id));
        }
        if self.json {
            let list = FoundList { sales: found };
            return streams.say(&json(&list)?);
        }
        match (found.as_slice(), document) {
            (_, Some(document)) => streams.write(&document),
            ([one], None) if self.qr => streams.say(qr(&one.sale)?),
            (several, None) if self.xml || self.qr => Err(not_one(id, several)),
            (several, None) => several.iter().try_for_each(|one| show(one, streams)),
        }
    }
}

/// The QR code of the invoice: the till's own, or the authority's.
fn qr(sale: &Sale) -> Result<&str, Failure> {
    match &sale.clearance {
        None => Ok(&sale.qr),
        Some(clearance) => {
            clearance.qr.as_deref().ok_or_else(|| Failure::Finding(clearance.words.en.clone()))
        }
    }
}

fn show(found: &Found, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let sale = &found.sale;
    let kind = format!("{} {}", sale.kind.subtype, sale.kind.document.replace('_', " "));
    let attempts = match found.report.attempts {
        0 => "not sent yet".to_owned(),
        1 => "1 attempt".to_owned(),
        many => format!("{many} attempts"),
    };
    let mut rows = Rows::default();
    rows.add(title(sale), format!("{} ({kind}, ICV {})", sale.number, sale.icv));
    rows.add("Issued", moment(&sale.issued_at));
    let currency = currency(sale);
    let owed = if sale.kind.document == "credit_note" { "To refund" } else { "To pay" };
    rows.add(owed, format!("{currency} {}", sale.totals.payable));
    rows.add("Of which", format!("net {}, VAT {}", sale.totals.net, sale.totals.vat));
    rows.add("Change", format!("{currency} {}", sale.change));
    if let Some(reference) = &sale.reference {
        rows.add("Reference", reference.clone());
    }
    rows.add("UUID", sale.uuid.clone());
    rows.add("Hash", sale.hash.clone());
    let links =
        [("Corrects", &sale.corrects), ("Corrected by", &found.corrected_by), ("Credits", &sale.credits)];
    for (name, uuid) in links {
        uuid.iter().for_each(|uuid| rows.add(name, uuid.clone()));
    }
    if let Some(credited) = &found.credited {
        rows.add("Credited", format!("{currency} {}, {} left", credited.amount, credited.left));
        credited.notes.iter().for_each(|uuid| rows.add("", uuid.clone()));
    }
    if let Some(clearance) = &sale.clearance {
        rows.add("Clearance", clearance.state.clone());
        rows.add("", clearance.words.en.clone());
        rows.add("", clearance.words.ar.clone());
    }
    rows.add("Report", format!("{}, {attempts}", found.report.state));
    if let Some(note) = &found.report.note {
        rows.add("", note.clone());
    }
    for finding in &found.report.findings {
        told(finding).into_iter().for_each(|line| rows.add("", line));
    }
    rows.add("Receipt", found.print.as_ref().map_or("not printed".to_owned(), |print| print.state.clone()));
    rows.show(streams)
}

/// Our words first, in both languages, then the authority's own as a quotation.
pub fn told(finding: &AuthorityFinding) -> Vec<String> {
    let (Some(words), Some(remedy)) = (&finding.words, &finding.remedy) else {
        return vec![quoted(finding, &finding.code, finding.message.trim())];
    };
    let code = if finding.code.is_empty() { String::new() } else { format!("{}: ", finding.code) };
    let mut lines = vec![
        format!("{code}{}", words.en),
        format!("  {}", remedy.en),
        format!("  {}", words.ar),
        format!("  {}", remedy.ar),
    ];
    if !finding.message.trim().is_empty() {
        let message = format!("\"{}\"", finding.message.trim());
        lines.push(format!("  {}", quoted(finding, "Fatoora said", &message)));
    }
    lines
}

/// `BR-KSA-15 (KSA): message`, without the parts that the authority left out.
fn quoted(finding: &AuthorityFinding, source: &str, message: &str) -> String {
    let category = finding.category.as_ref().map_or(String::new(), |category| format!("({category})"));
    let source = [source, category.as_str()].join(" ");
    [source.trim(), message].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}
