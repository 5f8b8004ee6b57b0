//! `tilld onboard`: from the settings to an active identity, with a line for each step.

use super::identity;
use crate::cli::{Failure, OnboardOptions};
use crate::fatoora::Otp;
use crate::invoice::IssueMoment;
use crate::ledger::{Clock as _, SystemClock};
use crate::onboard::{Device, Identity, Onboarding, device};

/// Onboards, or goes on where an earlier run stopped.
pub fn run(options: OnboardOptions) -> Result<(), Failure> {
    let OnboardOptions { settings, otp } = options;
    let otp = Otp::new(&otp).map_err(|error| Failure::Usage(error.to_string()))?;
    let vault = identity::open_vault(&settings).map_err(Failure::Finding)?;
    let authority = identity::client(&settings).map_err(Failure::Finding)?;
    let before = device(&vault).map_err(|error| Failure::Finding(error.to_string()))?;
    println!("state before: {}", before.name());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Finding(format!("the runtime did not start ({error})")))?;
    let onboarding = Onboarding {
        vault: &vault,
        keys: &identity::keys(&settings),
        authority: &authority,
        plan: identity::plan(&settings),
        now: &|| SystemClock.now(),
        random: &mut crate::keys::os_random,
        progress: &mut show,
    };
    match runtime.block_on(onboarding.run(Some(&otp))) {
        Ok(identity) => {
            println!("{}", active(&identity));
            println!("Start the till now: systemctl restart tilld, or tilld serve --config FILE");
            Ok(())
        }
        Err(error) => {
            let words = error.words();
            Err(Failure::Finding(format!("{}\n{}", words.en, words.ar)))
        }
    }
}

fn show(device: &Device) {
    match device {
        Device::Checking { done, of, .. } => println!("compliance check {done} of {of}"),
        other => println!("state: {}", other.name()),
    }
}

/// One sentence about a certificate.
pub fn active(identity: &Identity) -> String {
    let certificate = &identity.certificate;
    let until = IssueMoment::from_unix(certificate.not_after()).map_or_else(String::new, IssueMoment::date);
    format!("active: {} in {}, valid until {until}", certificate.subject(), identity.environment.word())
}
