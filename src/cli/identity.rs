//! What `tilld onboard` and `tilld renew` have in common: a till that runs does
//! it itself and goes on selling; otherwise it is done here.

use super::otp::OtpSource;
use super::terminal::moment;
use super::till::{ask, refusal};
use super::{Failure, Hooks, OnboardOptions, Streams};
use crate::api::IdentityTask;
use crate::api::client::ClientError;
use crate::api::wire::{Identity, IdentityDone};
use crate::config::Settings;

/// Changes the till's identity, wherever that has to happen.
pub fn change(
    settings: Settings,
    otp: &OtpSource,
    task: IdentityTask,
    hooks: &Hooks,
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    let socket = settings.api.socket.clone();
    let known = match ask(&socket, async |client| client.identity().await)? {
        Ok(known) => known,
        Err(ClientError::NotRunning(_)) => {
            let otp = otp.read(streams)?;
            return (hooks.onboard)(OnboardOptions { settings, otp, task });
        }
        Err(error) => return Err(refusal(&error)),
    };
    let otp = if goes_on(&task, &known) { None } else { Some(otp.read(streams)?) };
    streams.say("The till runs and does this itself; it goes on selling meanwhile.")?;
    let answer = ask(&socket, async |client| match &task {
        IdentityTask::Onboard => client.onboard(otp.as_ref(), None).await,
        IdentityTask::Replace { till } => client.onboard(otp.as_ref(), Some(till)).await,
        IdentityTask::Renew => client.renew(otp.as_ref()).await,
    })?;
    told(&answer.map_err(|error| refusal(&error))?, streams)
}

/// Whether an earlier try has come so far that no OTP is needed any more.
fn goes_on(task: &IdentityTask, known: &Identity) -> bool {
    match task {
        IdentityTask::Onboard => !known.needs_otp,
        IdentityTask::Replace { .. } | IdentityTask::Renew => known.successor.is_some() && !known.needs_otp,
    }
}

fn told(done: &IdentityDone, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let IdentityDone { kind, environment, certificate, notes } = done;
    if kind == "none" {
        streams.say("The till has its identity already; nothing was changed.")?;
    }
    let until = moment(&certificate.valid_until);
    streams.say(&format!("active: {} in {environment}, valid until {until}", certificate.subject))?;
    for note in notes {
        streams.say(&format!("{}\n{}", note.en, note.ar))?;
    }
    Ok(())
}
