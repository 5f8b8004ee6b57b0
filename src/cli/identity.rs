//! What `tilld onboard` and `tilld renew` have in common: a till that runs does
//! it itself and goes on selling; otherwise it is done here.

use std::path::Path;

use zeroize::Zeroizing;

use super::otp::OtpSource;
use super::terminal::moment;
use super::till::{ask, refusal};
use super::{Failure, Hooks, OnboardOptions, Streams};
use crate::api::IdentityTask;
use crate::api::client::ClientError;
use crate::api::wire::{Identity, IdentityDone};
use crate::config::Settings;

/// Changes the till's identity, wherever that has to happen. An OTP is read only
/// if the next step needs one.
///
/// What was begun may begin anew, because the settings have changed since: where
/// that comes out without an OTP, it is read then, and the step is done again.
pub fn change(
    settings: Settings,
    otp: &OtpSource,
    task: IdentityTask,
    hooks: &Hooks,
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    let socket = settings.api.socket.clone();
    match ask(&socket, async |client| client.identity().await)? {
        Ok(known) => {
            same_settings(&known, &settings, hooks)?;
            through_the_till(&socket, otp, &task, &known, streams)
        }
        Err(ClientError::NotRunning(_)) => here(&settings, otp, &task, hooks, streams),
        Err(error) => Err(refusal(&error)),
    }
}

/// Where no till runs.
fn here(
    settings: &Settings,
    otp: &OtpSource,
    task: &IdentityTask,
    hooks: &Hooks,
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    let work = |otp| (hooks.onboard)(OnboardOptions { settings: settings.clone(), otp, task: task.clone() });
    let standing = (hooks.standing)(settings, task)?;
    if let Some(conflict) = standing.conflict {
        return Err(Failure::Finding(conflict));
    }
    if standing.needs_otp {
        return work(Some(otp.read(streams)?));
    }
    match work(None) {
        Err(Failure::Finding(_)) if (hooks.standing)(settings, task).is_ok_and(|now| now.needs_otp) => {
            work(Some(otp.read(streams)?))
        }
        done => done,
    }
}

/// By the till that runs.
fn through_the_till(
    socket: &Path,
    otp: &OtpSource,
    task: &IdentityTask,
    known: &Identity,
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    let first = if goes_on(task, known) { None } else { Some(otp.read(streams)?) };
    streams.say(match known.certificate {
        Some(_) => "The till runs and does this itself; it goes on selling meanwhile.",
        None => "The till runs and does this itself.",
    })?;
    let mut done = order(socket, task, first.as_ref())?;
    if first.is_none() && matches!(done, Err(ClientError::Refused(_))) {
        let known = ask(socket, async |client| client.identity().await)?;
        if known.is_ok_and(|known| !goes_on(task, &known)) {
            done = order(socket, task, Some(&otp.read(streams)?))?;
        }
    }
    told(&done.map_err(|error| refusal(&error))?, streams)
}

fn order(
    socket: &Path,
    task: &IdentityTask,
    otp: Option<&Zeroizing<String>>,
) -> Result<Result<IdentityDone, ClientError>, Failure> {
    ask(socket, async |client| match task {
        IdentityTask::Onboard => client.onboard(otp, None).await,
        IdentityTask::Replace { till } => client.onboard(otp, Some(till)).await,
        IdentityTask::Renew => client.renew(otp).await,
    })
}

/// Whether an earlier try has come so far that no OTP is needed any more.
fn goes_on(task: &IdentityTask, known: &Identity) -> bool {
    match task {
        // A successor in the making is not what this asks for.
        IdentityTask::Onboard => !known.needs_otp || is_identity(&known.state),
        IdentityTask::Replace { .. } if !is_identity(&known.state) => !known.needs_otp,
        IdentityTask::Replace { .. } | IdentityTask::Renew => known.successor.is_some() && !known.needs_otp,
    }
}

fn is_identity(state: &str) -> bool {
    matches!(state, "active" | "expired" | "revoked")
}

/// A running till makes its identity from the settings that it was started with:
/// an OTP for others would be spent on the wrong identity.
pub fn same_settings(known: &Identity, settings: &Settings, hooks: &Hooks) -> Result<(), Failure> {
    // A till of an older version does not tell.
    if known.settings_digest.is_empty() || known.settings_digest == (hooks.settings_digest)(settings) {
        return Ok(());
    }
    Err(Failure::Finding(
        "the till runs with older settings: environment, address, VAT number or unit were changed in the configuration \
         since it was started. Nothing was changed, and no OTP was used. Restart it first: systemctl restart tilld. If \
         it then does not start, stop it (systemctl stop tilld) and run this command again\n\
         يعمل الجهاز بإعدادات أقدم: تغيرت البيئة أو العنوان أو الرقم الضريبي أو بيانات الوحدة في ملف الإعدادات بعد تشغيله. \
         لم يتغير شيء ولم يُستهلك رمز التحقق. أعد تشغيله أولًا: systemctl restart tilld. وإن لم يبدأ بعدها فأوقفه \
         (systemctl stop tilld) ثم أعد هذا الأمر"
            .to_owned(),
    ))
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
