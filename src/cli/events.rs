//! `tilld events`: what happens at the till, as it happens.

use super::terminal::moment;
use super::till::{Where, ask, refusal};
use super::{Failure, Streams};
use crate::api::Heard;
use crate::api::wire::Event;

/// Follow what happens at the till, until the till stops or Ctrl-C is pressed
///
/// One line for each event: documents reported, cleared or rejected, alarms,
/// what people must do. Exit code 1 if the till stops or none answers.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tilld events\n  tilld events --after 0\n  tilld events --json | jq .event"
)]
pub struct Args {
    /// Begin after the event of this id; 0 for all that the till still remembers
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    till: Where,
}

impl Args {
    pub fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let (after, as_json) = (self.after.as_deref(), self.json);
        let followed = ask(&self.till.socket()?, async |client| {
            let mut follower = client.follow(after).await?;
            while let Some(heard) = follower.next().await? {
                if let Err(failure) = show(&heard, as_json, streams) {
                    return Ok(Err(failure));
                }
            }
            Ok(Err(Failure::Finding("The till has ended the stream: it is being stopped.".to_owned())))
        })?;
        followed.map_err(|error| refusal(&error))?
    }
}

fn show(heard: &Heard, as_json: bool, streams: &mut Streams<'_>) -> Result<(), Failure> {
    match heard {
        Heard::Gap if as_json => streams.say("{\"event\":\"gap\"}"),
        Heard::Gap => streams.say("... events are lost here: the till remembers only the last ones ..."),
        Heard::Event(event) if as_json => {
            let text = serde_json::to_string(event).map_err(|error| {
                Failure::Finding(format!("the event cannot be written as JSON ({error})"))
            })?;
            streams.say(&text)
        }
        Heard::Event(event) => streams.say(&line(event)),
    }
}

/// `2026-03-14 21:05:09  document.rejected   T07-000002  ...`
fn line(event: &Event) -> String {
    let number = event.document.as_ref().map_or("", |document| document.number.as_str());
    let data = &event.data;
    let places = [&data["en"], &data["what"]["en"], &data["reason"]["en"], &data["id"], &data["state"]];
    let words = places.into_iter().find_map(|place| place.as_str()).unwrap_or("");
    let line = format!("{}  {:<19}  {number:<14}  {words}", moment(&event.at), event.event);
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_is_a_line() {
        let event = |data| Event {
            id: "a-1".to_owned(),
            event: "alarm.raised".to_owned(),
            at: "2026-03-14T21:05:09+03:00".to_owned(),
            document: None,
            data,
        };
        let wanted = "2026-03-14 21:05:09  alarm.raised                         late";
        assert_eq!(line(&event(json!({"alarm": "unsent-24h", "en": "late"}))), wanted);
        assert_eq!(line(&event(json!(null))), "2026-03-14 21:05:09  alarm.raised");
    }
}
