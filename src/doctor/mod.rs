//! What is wrong with a till, and what to do about it: facts that were gathered
//! elsewhere become a list of checks, each with a level, a finding and a remedy
//! in English and Arabic. The levels are those of monitoring plugins.
//!
//! What a level means here: *critical*, the till does not sell, loses or has lost
//! sales at the next power cut, or breaks a legal deadline within hours;
//! *warning*, somebody must act within days; *unknown*, it could not be found out.

mod check;
mod facts;
mod identity;
pub mod limits;
mod mounts;
mod network;
mod place;
mod report;
mod service;
mod time;
mod work;

pub use check::{Check, Level, Subject};
pub use facts::{
    Bundle, Certificate, ClockFacts, Configuration, Facts, Home, Identity, Known, LedgerFacts, Machine, Mark,
    Measure, Network, NetworkFault, Paper, Place, Queue, Receipts, Reply, Service, ServiceAnswer, Session,
    Settings, Spool, Step, Till, Trust, Vault, could_not,
};
pub use mounts::{Hazard, Mount, hazards, mount_of};
pub use report::Report;

/// Judges everything that is known of a till.
pub fn examine(facts: &Facts) -> Report {
    let mut checks = service::checks(facts);
    if let Some(till) = &facts.till {
        checks.extend(place::checks(till));
        checks.extend(identity::checks(facts, till));
        checks.extend(time::checks(facts, till));
        checks.extend(network::checks(facts, till));
        checks.extend(work::checks(facts, till));
    }
    checks.extend(service::machine_checks(facts));
    Report { till: facts.till_name(), checks, measures: work::measures(facts) }
}

#[cfg(test)]
mod tests;
