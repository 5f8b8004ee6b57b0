//! The wiring: which parts the till has, in which order they start and stop.
//! Nothing depends on this folder but the binary.

mod books;
mod clock;
mod demo;
mod doctor;
mod events;
mod evidence;
mod findings;
mod handover;
mod identity;
mod lookout;
mod metrics;
mod news;
mod onboarding;
mod owner;
mod press;
mod printing;
mod provisioning;
mod reach;
mod recover;
mod sandbox;
mod serve;
mod service;
mod slips;
mod start;
mod watchman;

use crate::cli::Hooks;

/// The functions behind the subcommands that start something.
pub const HOOKS: Hooks = Hooks {
    serve: serve::run,
    demo: demo::run,
    sandbox: sandbox::run,
    onboard: onboarding::run,
    standing: provisioning::standing,
    settings_digest: identity::settings_digest,
    provision: provisioning::run,
    random: crate::keys::os_random,
    verify: serve::verify_at_rest,
    activities: serve::activities_at_rest,
    attempts: evidence::attempts_at_rest,
    warnings: evidence::warnings_at_rest,
    export: evidence::export,
    verify_archive: evidence::verify_archive,
    recover: recover::run,
    doctor: doctor::run,
};
