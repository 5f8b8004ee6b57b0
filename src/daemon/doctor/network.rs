//! The way to the platform, in the doctor's words.

use std::time::Duration;

use crate::config::Settings;
use crate::daemon::identity;
use crate::doctor::{Known, Network, NetworkFault, Reply, Session, Step, Trust, could_not};
use crate::fatoora::probe::{self, Distrust, Obstacle, Patience, probe};
use crate::ledger::{Clock as _, SystemClock};
use crate::text::Bilingual;

/// The steps, and the platform's clock against this one.
pub(super) struct Way {
    pub network: Network,
    pub ahead: Option<i64>,
}

/// Walks to the platform that the settings name.
pub(super) fn walk(settings: &Settings) -> Known<Way> {
    let unusable = |error: &dyn std::fmt::Display| {
        let what = Bilingual::new("the way to the platform cannot be tried", "تعذر فحص الطريق إلى المنصة");
        could_not(what, &error.to_string())
    };
    let endpoint = identity::endpoint(settings).map_err(|error| unusable(&error))?;
    Ok(facts(probe(&endpoint, Patience::default())))
}

fn facts(probe: probe::Probe) -> Way {
    let now = SystemClock.now();
    let date = match &probe.answer {
        probe::Step::Done { value, .. } => value.date,
        _ => None,
    };
    let network = Network {
        host: probe.host,
        port: probe.port,
        proxy: probe.proxy,
        name: step(probe.name, |found| found.iter().map(ToString::to_string).collect()),
        connection: step(probe.connection, |address| address.to_string()),
        tls: probe.tls.map(|tls| step(tls, session)),
        answer: step(probe.answer, |reply| Reply {
            status: reply.status,
            html: reply.html,
            location: reply.location,
        }),
    };
    Way { network, ahead: date.map(|date| date.saturating_sub(now)) }
}

fn session(session: probe::Session) -> Session {
    let (issuer, not_after) = session.certificate.map(|shown| (shown.issuer, shown.not_after)).unzip();
    Session { version: session.version, issuer, not_after }
}

fn step<T, U>(step: probe::Step<T>, value: impl FnOnce(T) -> U) -> Step<U> {
    match step {
        probe::Step::Done { value: found, took } => Step::Done {
            value: value(found),
            milliseconds: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        },
        probe::Step::Failed(obstacle) => Step::Failed(fault(obstacle)),
        probe::Step::NotTaken => Step::NotTaken,
    }
}

fn fault(obstacle: Obstacle) -> NetworkFault {
    match obstacle {
        Obstacle::NoAddress(why) => NetworkFault::NoAddress(why),
        Obstacle::Slow(within) => NetworkFault::Slow(seconds(within)),
        Obstacle::Refused => NetworkFault::Refused,
        Obstacle::Unreachable(why) => NetworkFault::Unreachable(why),
        Obstacle::Proxy(status) => NetworkFault::Proxy(status),
        Obstacle::Handshake(why) => NetworkFault::Handshake(why),
        Obstacle::NoAnswer(why) => NetworkFault::NoAnswer(why),
        Obstacle::Untrusted { distrust, certificate } => {
            let trust = match distrust {
                Distrust::Issuer => Trust::Issuer,
                Distrust::Expired => Trust::Expired,
                Distrust::NotYet => Trust::NotYet,
                Distrust::Name => Trust::Name,
                Distrust::Other(why) => Trust::Other(why),
            };
            let (issuer, subject) = certificate.map(|shown| (shown.issuer, shown.subject)).unzip();
            NetworkFault::Untrusted { trust, issuer, subject }
        }
    }
}

/// Rounded up, so that a part of a second is not none.
fn seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}
