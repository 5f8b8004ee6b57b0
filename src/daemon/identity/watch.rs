//! The watch over the certificate's life: at start and every hour it looks how
//! long the certificate is still good, and says it once at each alarm step.

use std::sync::Arc;
use std::time::Duration;

use super::register::Register;
use crate::ledger::Clock;
use crate::onboard::life::{self, Alarm, Life};
use crate::stamp::StampCertificate;

/// Between two looks: the alarm of the last day must come a day before the end.
pub const HOURLY: Duration = Duration::from_secs(60 * 60);

/// How loudly something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Warning,
    Error,
}

/// Remembers what was said of which certificate.
#[derive(Debug, Default)]
pub struct Watch {
    said: Option<([u8; 32], Life)>,
}

impl Watch {
    /// What is to be said of the certificate as of `now` (seconds since 1970,
    /// UTC); nothing if it was said before.
    pub fn look(&mut self, certificate: &StampCertificate, now: i64) -> Option<(Tone, String)> {
        let life = life::of(certificate.not_after(), now);
        let fingerprint = certificate.fingerprint();
        let before = self.said.replace((fingerprint, life));
        let tone = match life {
            Life::Good { .. } => return None,
            Life::Due { step, .. } if step <= Alarm::Days7 => Tone::Warning,
            Life::Due { .. } | Life::Expired { .. } => Tone::Error,
        };
        let known = before.is_some_and(|(of, said)| of == fingerprint && same_step(said, life));
        (!known).then(|| (tone, life.words().map(|words| words.en).unwrap_or_default()))
    }
}

fn same_step(a: Life, b: Life) -> bool {
    match (a, b) {
        (Life::Due { step: a, .. }, Life::Due { step: b, .. }) => a == b,
        (Life::Expired { .. }, Life::Expired { .. }) => true,
        _ => false,
    }
}

/// Watches for ever, looking `every` so often.
pub async fn watch(register: Arc<Register>, clock: Arc<dyn Clock>, every: Duration) {
    let mut watch = Watch::default();
    loop {
        if let Some(certificate) = register.certificate() {
            match watch.look(&certificate, clock.now()) {
                Some((Tone::Warning, words)) => tracing::warn!("{words}"),
                Some((Tone::Error, words)) => tracing::error!("{words}"),
                None => {}
            }
        }
        tokio::time::sleep(every).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &str = include_str!("../../../tests/vectors/test-cert-b64.txt");
    const DAY: i64 = 86_400;

    #[test]
    fn each_step_is_said_once_and_louder_towards_the_end() {
        let certificate = StampCertificate::from_base64(CERTIFICATE.trim()).unwrap();
        let mut watch = Watch::default();
        let mut said = Vec::new();
        for days_left in (-3..=70).rev() {
            let now = certificate.not_after() - days_left * DAY;
            said.extend(watch.look(&certificate, now).map(|(tone, _)| (days_left, tone)));
        }
        use Tone::{Error, Warning};
        assert_eq!(said, [(60, Warning), (30, Warning), (14, Warning), (7, Warning), (1, Error), (0, Error)]);
        let first = Watch::default().look(&certificate, certificate.not_after() - 20 * DAY);
        assert!(first.unwrap().1.contains("20 days"), "also when the till starts between two steps");
    }
}
