//! `tilld activity`: what was done to the till, through the running till or, if
//! none runs, from its data directory without changing it.

use super::terminal::moment;
use super::till::{Where, ask, json, refusal};
use super::{Failure, Hooks, Streams, load};
use crate::api::client::ClientError;
use crate::api::wire::{Activity, ActivityList};
use crate::config::DEFAULT_FILE;

/// Show what was done to the till, when and by whom
///
/// The log tells of certificates, machines and recoveries, the newest first. Its
/// entries are linked by hashes; `tilld verify` finds one that was changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  tilld activity\n  tilld activity --limit 10 --json")]
pub struct Args {
    /// How many entries at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
    /// The entries as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    till: Where,
}

impl Args {
    pub fn run(self, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let limit = usize::from(self.limit);
        let answer = ask(&self.till.socket()?, async |client| client.activities(limit).await)?;
        let list = match answer {
            Ok(list) => list,
            Err(ClientError::NotRunning(_)) if self.till.socket.is_none() => {
                let file = self.till.config.clone().unwrap_or_else(|| DEFAULT_FILE.into());
                (hooks.activities)(&load(&file)?, limit)?
            }
            Err(error) => return Err(refusal(&error)),
        };
        if self.json { streams.say(&json(&list)?) } else { show(&list, streams) }
    }
}

fn show(list: &ActivityList, streams: &mut Streams<'_>) -> Result<(), Failure> {
    if list.activities.is_empty() {
        return streams.say("Nothing was done yet.");
    }
    for Activity { id, at, actor, what, detail } in &list.activities {
        streams.say(&format!("{id:>5}  {}  {what:<16}  {actor}  {}", moment(at), plainly(detail)))?;
    }
    Ok(())
}

/// `chain 2, first_icv 1`: what there is, without what is absent.
fn plainly(detail: &serde_json::Value) -> String {
    let Some(members) = detail.as_object() else { return detail.to_string() };
    let parts = members.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| match value {
        serde_json::Value::String(text) => format!("{name} {text}"),
        other => format!("{name} {other}"),
    });
    parts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_detail_is_put_plainly() {
        assert_eq!(
            plainly(&json!({"chain": 2, "why": "first start", "continues": null})),
            "chain 2, why first start"
        );
        assert_eq!(plainly(&json!([1])), "[1]");
    }
}
