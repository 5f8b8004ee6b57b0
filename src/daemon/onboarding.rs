//! `tilld onboard` and `tilld renew` where no till runs: from the settings to an
//! active identity, with a line for each step.

use super::{identity, owner};
use crate::api::IdentityTask;
use crate::cli::{Failure, OnboardOptions};
use crate::config::Settings;
use crate::fatoora::Otp;
use crate::invoice::IssueMoment;
use crate::keys::{KeyStore, Vault};
use crate::ledger::{self, Clock as _, Lock, OpenError, SystemClock};
use crate::onboard::{self, Device, Identity, News, Onboarding, RecordError};
use crate::text::Bilingual;

/// Onboards, replaces or renews, or goes on where an earlier run stopped.
pub fn run(options: OnboardOptions) -> Result<(), Failure> {
    let folder = options.settings.till.data_dir.clone();
    owner::acting_as_owner(&folder, || change(options))
}

fn change(options: OnboardOptions) -> Result<(), Failure> {
    let OnboardOptions { settings, otp, task } = options;
    let otp = otp.map(|otp| Otp::new(&otp)).transpose();
    let otp = otp.map_err(|error| Failure::Usage(error.to_string()))?;
    let vault = identity::open_vault(&settings).map_err(Failure::Finding)?;
    let keys = identity::keys(&settings).map_err(Failure::Finding)?;
    // Held to the end: no till may start and stamp while its identity changes.
    let _ledger = take_ledger(&settings)?;
    let before = onboard::bundles(&vault, &keys).map_err(|error| finding(&error))?;
    println!("state before: {}", before.current_state.name());
    let now = SystemClock.now();
    let note = match task {
        IdentityTask::Onboard => None,
        _ => {
            let left = ledger::unsent_at_rest(&settings.till.data_dir).unwrap_or_else(|error| {
                println!("what is still to be sent cannot be read: {error}");
                0
            });
            let moves = before
                .current
                .as_ref()
                .is_some_and(|known| known.environment != settings.fatoora.environment);
            identity::explained(left, before.current_state.good(now).is_ok(), moves)
        }
    };
    let former = before.current.as_ref().map(|known| known.certificate.serial().to_owned());
    let replaces = matches!(task, IdentityTask::Replace { .. });
    drop(before);
    let identity = obtain(&settings, &vault, &keys, task, otp.as_ref())?;
    if onboard::promote(&vault).map_err(|error| finding(&error))?.is_some() {
        println!("the identity before is kept: its credentials send what it has stamped");
    }
    println!("{}", active(&identity));
    let former = former.filter(|serial| replaces && *serial != identity.certificate.serial());
    let alive = former.map(|serial| identity::left_alive(&serial));
    note.iter().chain(&alive).for_each(|note| println!("{}\n{}", note.en, note.ar));
    println!("Start the till now: systemctl restart tilld, or tilld serve --config FILE");
    Ok(())
}

fn obtain(
    settings: &Settings,
    vault: &Vault,
    keys: &KeyStore,
    task: IdentityTask,
    otp: Option<&Otp>,
) -> Result<Identity, Failure> {
    let authority = identity::client(settings).map_err(Failure::Finding)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Finding(format!("the runtime did not start ({error})")))?;
    let onboarding = Onboarding {
        refused_elsewhere: false,
        vault,
        keys,
        authority: &authority,
        plan: identity::plan(settings),
        now: &|| SystemClock.now(),
        random: &mut crate::keys::os_random,
        progress: &mut show,
    };
    let done = runtime.block_on(async {
        match task {
            IdentityTask::Onboard => onboarding.run(otp).await,
            IdentityTask::Replace { .. } => onboarding.replace(otp).await,
            IdentityTask::Renew => onboarding.renew(otp).await,
        }
    });
    done.map_err(|error| both(&error.words()))
}

/// The ledger of this till, so that no daemon works on it; one that does and did
/// not answer would go on stamping under the identity that is switched away from.
pub fn take_ledger(settings: &Settings) -> Result<Lock, Failure> {
    Lock::take(&settings.till.data_dir).map_err(|error| match error {
        OpenError::InUse { dir } => both(&Bilingual::new(
            format!(
                "a tilld works in {} but does not answer on {}. Its identity cannot be changed behind its back: stop it \
                 (systemctl stop tilld), or use the configuration that it runs with, and run again",
                dir.display(),
                settings.api.socket.display()
            ),
            format!(
                "برنامج tilld يعمل على المجلد {} لكنه لا يجيب على {}. لا يمكن تغيير هويته أثناء عمله: أوقفه \
                 (systemctl stop tilld) أو استخدم ملف الإعدادات الذي يعمل به ثم أعد التنفيذ",
                dir.display(),
                settings.api.socket.display()
            ),
        )),
        other => Failure::Finding(other.to_string()),
    })
}

fn show(news: News<'_>) {
    match news {
        News::State(Device::Checking { done, of, .. }) => println!("compliance check {done} of {of}"),
        News::State(other) => println!("state: {}", other.name()),
        News::StartedOver(why) => println!("{}", why.words().en),
    }
}

fn finding(error: &RecordError) -> Failure {
    Failure::Finding(error.to_string())
}

fn both(words: &Bilingual) -> Failure {
    Failure::Finding(format!("{}\n{}", words.en, words.ar))
}

/// One sentence about a certificate.
pub fn active(identity: &Identity) -> String {
    let certificate = &identity.certificate;
    let until = IssueMoment::from_unix(certificate.not_after()).map_or_else(String::new, IssueMoment::date);
    format!("active: {} in {}, valid until {until}", certificate.subject(), identity.environment.word())
}
