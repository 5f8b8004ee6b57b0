//! `tilld status`: what waits, what is wrong, what to do.

use std::collections::BTreeMap;

use super::terminal::{Rows, moment};
use super::till::{Where, json, refusal};
use super::{Failure, Streams};
use crate::api::wire::{Status, Watch, Words};
use crate::text::span;

/// Show what waits, what is wrong and what to do
///
/// Exit code 0 if all is well, 1 if somebody has to do something or no till
/// answers.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tilld status\n  tilld status --json\n  tilld status --socket /run/tilld/tilld.sock"
)]
pub struct Args {
    /// The till's answer as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    till: Where,
}

impl Args {
    pub fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let answer = self.till.ask(async |client| client.status().await)?;
        let status = answer.map_err(|error| refusal(&error))?;
        let advice = advice(&status);
        if self.json {
            streams.say(&json(&status)?)?;
        } else {
            if let Some(address) = &status.address_override {
                streams.say(&overridden(address))?;
            }
            rows(&status).show(streams)?;
            for line in &advice {
                streams.say(line)?;
            }
            if advice.is_empty() {
                streams.say("All is well.")?;
            }
        }
        if advice.is_empty() { Ok(()) } else { Err(Failure::Shown) }
    }
}

fn rows(status: &Status) -> Rows {
    let mut rows = Rows::default();
    rows.add("Till", format!("{}, {}, tilld {}", status.till, status.environment, status.version));
    rows.add("Clock", moment(&status.time));
    rows.add("Selling", if status.selling.ready { "yes" } else { "no" });
    let last = status.last.as_ref().map_or(String::new(), |last| {
        format!(", the last {} (ICV {}) of {}", last.number, last.icv, moment(&last.issued_at))
    });
    rows.add("Invoices", format!("{}{last}", status.documents));
    let oldest = status
        .queue
        .oldest_unsent_at
        .as_deref()
        .map_or(String::new(), |at| format!(", the oldest of {}", moment(at)));
    rows.add("To report", format!("{}{oldest}", status.queue.unsent));
    watch(&status.watch, &mut rows);
    match status.queue.awaiting_clearance {
        0 => {}
        1 => rows.add("To clear", "1, no tax invoice before the authority has cleared it"),
        many => {
            rows.add("To clear", format!("{many}, no tax invoices before the authority has cleared them"))
        }
    }
    if let Some(at) = &status.queue.clearance_off_at {
        let at = moment(at);
        rows.add(
            "Clearance",
            format!("switched off by the authority ({at}): reported instead, and invoices all the same"),
        );
    }
    if let Some(at) = &status.queue.next_attempt_at {
        rows.add("Next try", moment(at));
    }
    rows.add("Reports", counts(&status.queue.states));
    rows.add("Printer", status.printing.target.clone());
    rows.add("Receipts", counts(&status.printing.states));
    identity(status, &mut rows);
    rows
}

/// What the law's clock says, and how many things wait for a person.
fn watch(watch: &Watch, rows: &mut Rows) {
    if let Some(age) = &watch.oldest_age {
        let left = watch.deadline_left_seconds.unwrap_or(0);
        let until = watch.deadline_at.as_deref().map_or(String::new(), moment);
        let deadline = if left > 0 {
            format!("{} left until {until}", span(left.unsigned_abs()).en)
        } else {
            format!("LATE since {until}; sending goes on, and the merchant must notify ZATCA")
        };
        rows.add("Oldest", format!("{} old; {deadline}", age.en));
    }
    if let Some(seconds) = watch.forecast_seconds {
        rows.add("All sent in", format!("about {}, at the rate measured", span(seconds).en));
    }
    for alarm in &watch.alarms {
        rows.add("Alarm", format!("{} ({}) since {}", alarm.id, alarm.level, moment(&alarm.since)));
    }
    if watch.attention > 0 {
        rows.add("Attention", format!("{} to do: see `tilld attention`", watch.attention));
    }
}

/// The certificate, what is being made beside it, and where the secrets lie.
fn identity(status: &Status, rows: &mut Rows) {
    if let Some(certificate) = &status.certificate {
        let (from, until) = (moment(&certificate.valid_from), moment(&certificate.valid_until));
        let days = certificate.days_left;
        rows.add("Certificate", format!("from {from} until {until}, {days} days left"));
        rows.add("", certificate.subject.clone());
        rows.add(
            "",
            format!("serial number {}, issued by {}", certificate.serial_number, certificate.issuer),
        );
    }
    let Some(identity) = &status.identity else { return };
    rows.add("Identity", identity.state.clone());
    if let Some(successor) = &identity.successor {
        rows.add("Next one", format!("{successor}; go on with the same command that began it"));
    }
    if let Some(operation) = &identity.operation {
        let began = moment(&operation.began_at);
        rows.add("Under way", format!("{} since {began}: {}", operation.kind, operation.step));
    }
    for former in &identity.former {
        let until = moment(&former.valid_until);
        rows.add(
            "Former",
            format!("serial number {}, {}, until {until}", former.serial_number, former.environment),
        );
    }
    rows.add(
        "Secrets",
        format!(
            "the vault opens by {}; the stamping key is in the {}",
            identity.vault_key, identity.key_store
        ),
    );
}

/// Loud: documents that go elsewhere are not reported.
fn overridden(address: &str) -> String {
    format!(
        "*** TEST ADDRESS: documents go to {address} and NOT to Fatoora ([fatoora] base_url in the settings) ***\n\
         *** عنوان اختبار: ترسل المستندات إلى {address} وليس إلى منصة فاتورة ***"
    )
}

/// `Queued 3, Reported 120`.
fn counts(states: &BTreeMap<String, u64>) -> String {
    let parts: Vec<String> = states
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(state, count)| format!("{state} {count}"))
        .collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

/// What somebody has to do, in both languages where the till says it in both.
fn advice(status: &Status) -> Vec<String> {
    let count = |states: &BTreeMap<String, u64>, name| states.get(name).copied().unwrap_or(0);
    let mut advice = Vec::new();
    let mut say =
        |subject: &str, words: &Words| advice.push(format!("{subject}: {}\n{}", words.en, words.ar));
    if let Some(reason) = &status.selling.reason {
        say("Not selling", reason);
    }
    // What stops the sale has been said.
    if let Some(clock) = status.clock.as_ref().filter(|clock| !clock.refuses)
        && let Some(words) = &clock.words
    {
        say("Clock", words);
    }
    if let Some(paused) = &status.queue.paused {
        say("Not reporting", paused);
    }
    // Each age contains the ones before it.
    let age = status.watch.alarms.iter().rfind(|alarm| alarm.id.starts_with("unsent-"));
    for alarm in status.watch.alarms.iter().filter(|alarm| !alarm.id.starts_with("unsent-")).chain(age) {
        say("Alarm", &alarm.words);
    }
    for witness in &status.witnesses {
        let Some(fault) = &witness.fault else { continue };
        let path = &witness.path;
        let words = Words {
            en: format!(
                "{path} does not keep the high-water mark ({fault}). The till sells; bring the medium back"
            ),
            ar: format!("لا تُحفظ علامة آخر فاتورة في {path}. البيع مستمر؛ أعد توصيل القرص أو المجلد."),
        };
        say("Witness", &words);
    }
    if let Some(fault) = &status.printing.fault {
        say("Printer", fault);
    }
    // What stops the sale has been said.
    if let Some(alarm) = status.certificate.as_ref().and_then(|certificate| certificate.alarm.as_ref())
        && status.selling.ready
    {
        say("Certificate", alarm);
    }
    if !status.selling.ready && status.selling.reason.is_none() {
        advice.push("Not selling: look into the log for the reason.".to_owned());
    }
    let rejected = count(&status.queue.states, "Rejected").saturating_sub(status.queue.corrected);
    if rejected > 0 {
        let named = named(&status.queue.rejected, rejected);
        advice.push(format!(
            "{rejected} rejected by Fatoora{named}: `tilld show NUMBER` says why; correct the cause in the settings or \
             the item data, then issue it again with `tilld correct --number NUMBER`. A rejected invoice needs no credit note."
        ));
    }
    let unsure = count(&status.printing.states, "Unconfirmed");
    if unsure > 0 {
        advice.push(format!(
            "{unsure} receipts may not have come out: ask the cashier, and reprint those that are missing."
        ));
    }
    let held = count(&status.queue.states, "Held");
    if held > 0 {
        let named = named(&status.queue.held, held);
        advice.push(format!("{held} held back{named}: `tilld show NUMBER` says why; correct the cause."));
    }
    // What only the list has.
    if status.watch.attention > 0 && advice.is_empty() {
        let words =
            "Something is to be done: `tilld attention` says what.\nيوجد ما يلزم عمله: tilld attention";
        advice.push(words.to_owned());
    }
    advice
}

/// ` (T07-000002, T07-000009 and 3 more)`; nothing if no number is known.
fn named(numbers: &[String], count: u64) -> String {
    let more = match count.saturating_sub(numbers.len() as u64) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    if numbers.is_empty() { String::new() } else { format!(" ({}{more})", numbers.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_few_are_named_and_the_others_counted() {
        let numbers = ["T07-000002".to_owned(), "T07-000009".to_owned()];
        assert_eq!(named(&numbers, 2), " (T07-000002, T07-000009)");
        assert_eq!(named(&numbers, 5), " (T07-000002, T07-000009 and 3 more)");
        assert_eq!(named(&[], 5), "");
    }
}
