//! `tilld show --attempts`: every try to send a document, through the running
//! till or, if none runs, from its data directory without changing it.

use super::documents::{find, none, uuid};
use super::show::told;
use super::terminal::{Rows, moment};
use super::till::{Where, ask, json, refusal};
use super::{Failure, Hooks, Streams, load};
use crate::api::client::ClientError;
use crate::api::wire::{Attempt, AttemptList};
use crate::config::DEFAULT_FILE;

pub fn show(
    hooks: &Hooks,
    till: &Where,
    id: &str,
    as_json: bool,
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    let answer = ask(&till.socket()?, async |client| {
        let uuids = match uuid(id) {
            // Also names a document that cannot be read any more.
            Some(uuid) => vec![uuid.to_string()],
            None => find(&client, id).await?.into_iter().map(|found| found.sale.uuid).collect(),
        };
        let mut lists = Vec::new();
        for uuid in uuids {
            lists.push(client.attempts(&uuid).await?);
        }
        Ok(lists)
    })?;
    let lists = match answer {
        Ok(lists) => lists,
        Err(error) if till.socket.is_none() && is_readable(&error) => {
            let file = till.config.clone().unwrap_or_else(|| DEFAULT_FILE.into());
            (hooks.attempts)(&load(&file)?, id)?
        }
        Err(error) => return Err(refusal(&error)),
    };
    if lists.is_empty() {
        return Err(none(id));
    }
    if as_json {
        return streams.say(&json(&lists)?);
    }
    lists.iter().try_for_each(|list| table(list, streams))
}

/// Where the till does not answer, or cannot read the document, the data
/// directory still tells what it can.
fn is_readable(error: &ClientError) -> bool {
    match error {
        ClientError::NotRunning(_) => true,
        ClientError::Refused(problem) => problem.code == "unavailable",
        _ => false,
    }
}

fn table(list: &AttemptList, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let mut rows = Rows::default();
    let number = list.number.as_deref().unwrap_or("without a readable number");
    rows.add("Document", format!("{number} (chain {}, ICV {})", list.chain, list.icv));
    rows.add("UUID", list.uuid.clone().unwrap_or_else(|| "cannot be read".to_owned()));
    rows.add("Issued", moment(&list.issued_at));
    rows.add("State", list.state.clone());
    if let Some(held) = &list.held {
        rows.add("Held", held.reason.clone());
        for words in held.words.iter().flat_map(|words| [&words.en, &words.ar]) {
            rows.add("", words.clone());
        }
    }
    if let Some(damage) = &list.unreadable {
        rows.add("Damaged", damage.clone());
    }
    rows.show(streams)?;
    let shown = list.attempts.len();
    match list.total as usize {
        0 => streams.say("It was not sent yet.")?,
        total if total > shown => {
            streams.say(&format!("The newest {shown} of {total} attempts, times as in Riyadh:"))?;
        }
        _ => streams.say("Attempts, times as in Riyadh:")?,
    }
    if shown > 0 {
        streams
            .say("    #  when                    took  to          HTTP  verdict                 state")?;
    }
    list.attempts.iter().try_for_each(|attempt| line(attempt, streams))
}

fn line(attempt: &Attempt, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let http = attempt.http.map_or_else(|| "-".to_owned(), |http| http.to_string());
    let endpoint = if attempt.endpoint.is_empty() { "-" } else { &attempt.endpoint };
    streams.say(&format!(
        "{:>5}  {:<19}  {:>7}  {endpoint:<10}  {http:>4}  {:<22}  {}",
        attempt.number,
        moment(&attempt.started_at),
        took(attempt.duration_ms),
        attempt.verdict,
        attempt.state,
    ))?;
    if let Some(error) = &attempt.error {
        streams.say(&format!("       {error}"))?;
    }
    for finding in attempt.findings.iter().flat_map(told) {
        streams.say(&format!("       {finding}"))?;
    }
    Ok(())
}

/// `340 ms`, `12.5 s`.
fn took(ms: u64) -> String {
    if ms < 1_000 { format!("{ms} ms") } else { format!("{}.{} s", ms / 1_000, ms % 1_000 / 100) }
}
