//! What `tilld provision` asks of the till: where it stands, which `tilld onboard`
//! and `tilld renew` ask as well, and its onboarding.

use std::pin::pin;

use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

use super::{identity, onboarding, owner};
use crate::api::IdentityTask;
use crate::cli::{ActiveUnit, Failure, Standing};
use crate::config::Settings;
use crate::fatoora::Otp;
use crate::invoice::IssueMoment;
use crate::keys::Vault;
use crate::ledger::{Clock as _, SystemClock};
use crate::onboard::{self, Bundles, Device, Identity, OnboardError, Onboarding, Plan, Road};

/// Where the till stands whose settings these are, on its way to what `task`
/// asks for. Makes nothing: a till without a vault is a blank one.
pub fn standing(settings: &Settings, task: &IdentityTask) -> Result<Standing, Failure> {
    owner::acting_as_owner(&settings.till.data_dir, || {
        if !identity::vault_dir(settings).exists() {
            return Ok(Standing { needs_otp: blank_needs_otp(task), ..Standing::default() });
        }
        let vault = identity::open_vault(settings).map_err(Failure::Finding)?;
        match task {
            IdentityTask::Onboard => first(settings, &vault),
            IdentityTask::Replace { .. } | IdentityTask::Renew => {
                let keys = identity::keys(settings).map_err(Failure::Finding)?;
                let bundles = onboard::bundles(&vault, &keys).map_err(failed)?;
                let needs_otp = successor_needs_otp(&bundles, &identity::plan(settings), task);
                Ok(Standing { needs_otp, ..Standing::default() })
            }
        }
    })
}

/// On the way to the first identity.
fn first(settings: &Settings, vault: &Vault) -> Result<Standing, Failure> {
    let device = onboard::device(vault).map_err(failed)?;
    let mut standing = Standing { needs_otp: device.needs_otp(), ..Standing::default() };
    let Device::Active { until } = device else { return Ok(standing) };
    let keys = identity::keys(settings).map_err(Failure::Finding)?;
    let Some(found) = onboard::load_identity(vault, &keys).map_err(failed)? else { return Ok(standing) };
    let plan = identity::plan(settings);
    if found.environment != plan.environment || found.profile != plan.profile {
        let (environment, vat) = (found.environment, found.profile.vat.clone());
        standing.conflict = Some(in_words(&OnboardError::AlreadyActive { environment, vat }));
    } else if until > SystemClock.now() {
        standing.active = Some(unit(&found));
    }
    Ok(standing)
}

/// A till without anything has nothing to renew, and needs no OTP to be told so.
const fn blank_needs_otp(task: &IdentityTask) -> bool {
    !matches!(task, IdentityTask::Renew)
}

/// On the way to a successor: an OTP is for one that has yet to be asked for.
/// What will be refused anyway is refused without it.
fn successor_needs_otp(bundles: &Bundles, plan: &Plan, task: &IdentityTask) -> bool {
    let road = match (task, &bundles.current) {
        (IdentityTask::Renew, Some(current))
            if current.environment == plan.environment && current.profile.vat == plan.profile.vat =>
        {
            Road::Renewal
        }
        (IdentityTask::Renew, _) => return false,
        (_, Some(_)) => Road::Onboarding,
        (_, None) => return bundles.current_state.needs_otp(),
    };
    match &bundles.successor_state {
        None => true,
        // It is taken into use, whichever way it was made.
        Some(done) if done.is_identity() => false,
        Some(_) if bundles.successor_road != Some(road) => true,
        Some(making) => making.needs_otp(),
    }
}

fn failed(error: onboard::RecordError) -> Failure {
    Failure::Finding(error.to_string())
}

/// Onboards the till, or goes on where an earlier run stopped.
pub fn run(
    settings: &Settings,
    otp: Option<Zeroizing<String>>,
    progress: &mut dyn FnMut(&str),
) -> Result<ActiveUnit, Failure> {
    let otp = otp.map(|otp| Otp::new(&otp)).transpose();
    let otp = otp.map_err(|error| Failure::Usage(error.to_string()))?;
    owner::acting_as_owner(&settings.till.data_dir, || onboard(settings, otp.as_ref(), progress))
}

fn onboard(
    settings: &Settings,
    otp: Option<&Otp>,
    progress: &mut dyn FnMut(&str),
) -> Result<ActiveUnit, Failure> {
    let vault = identity::open_vault(settings).map_err(Failure::Finding)?;
    let keys = identity::keys(settings).map_err(Failure::Finding)?;
    // Held to the end: no till may start and stamp while its identity is made.
    let _ledger = onboarding::take_ledger(settings)?;
    let authority = identity::client(settings).map_err(Failure::Finding)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Finding(format!("the runtime did not start ({error})")))?;
    let (told, mut heard) = mpsc::unbounded_channel();
    let work = Onboarding {
        refused_elsewhere: false,
        vault: &vault,
        keys: &keys,
        authority: &authority,
        plan: identity::plan(settings),
        now: &|| SystemClock.now(),
        random: &mut crate::keys::os_random,
        // Nobody listens only if this function has ended.
        progress: &mut |news| {
            if let onboard::News::State(device) = news {
                drop(told.send(step(device)));
            }
        },
    };
    let done = runtime.block_on(async {
        let mut running = pin!(work.run(otp));
        loop {
            tokio::select! {
                biased;
                Some(step) = heard.recv() => progress(&step),
                done = &mut running => break done,
            }
        }
    });
    // The steps of its last breath.
    while let Ok(step) = heard.try_recv() {
        progress(&step);
    }
    match done {
        Ok(identity) => Ok(unit(&identity)),
        Err(error) => Err(Failure::Finding(in_words(&error))),
    }
}

fn step(device: &Device) -> String {
    match device {
        Device::Checking { done, of, .. } => format!("compliance check {done} of {of}"),
        other => other.name().to_owned(),
    }
}

fn unit(identity: &Identity) -> ActiveUnit {
    let until = IssueMoment::from_unix(identity.certificate.not_after());
    ActiveUnit {
        serial_number: identity.profile.serial.clone(),
        environment: identity.environment.word().to_owned(),
        vat_number: identity.profile.vat.clone(),
        certificate: identity.certificate.serial().to_owned(),
        key: Some(hex(&Sha256::digest(identity.certificate.public_key_der()))),
        valid_until: until.map_or_else(String::new, IssueMoment::date),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn in_words(error: &OnboardError) -> String {
    let words = error.words();
    format!("{}\n{}", words.en, words.ar)
}
