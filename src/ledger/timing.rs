//! The store's clock: what the guard says of it, and the moment that a new
//! document takes.

use super::guard::{self, AuthorityTime, ClockState, Evidence, Reading};
use super::{AppendError, Clock, Store};
use crate::invoice::IssueMoment;
use crate::text::Bilingual;

/// What the till may make of its clock, for the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockReport {
    pub state: ClockState,
    /// Seconds that the authority is ahead of the till, and the age of its last
    /// word in seconds; none before it has said anything.
    pub authority: Option<(i64, i64)>,
    /// What is wrong and what to do; none while the clock is trusted.
    pub words: Option<Bilingual>,
}

/// A clock as the guard reads it.
pub fn reading(clock: &dyn Clock) -> Reading {
    Reading { wall: clock.now(), uptime: clock.uptime() }
}

impl Store {
    /// Where those who hear the authority put its time.
    pub fn authority_time(&self) -> AuthorityTime {
        self.authority.clone()
    }

    /// The guard's word on the clock now, and what to do about it.
    pub fn clock_report(&self) -> ClockReport {
        let now = reading(self.clock.as_ref());
        let state = self.clock_state_at(now);
        let words = match state {
            ClockState::FarFromAuthority { ahead, refuses: false } => Some(guard::warning(ahead)),
            state => self.refused(state, now.wall).map(|error| error.words()),
        };
        ClockReport { state, authority: self.authority.heard().ahead(now), words }
    }

    /// Whether a sale would be stored now, as far as identity, clock and
    /// certificate decide. Changes nothing.
    pub fn ready(&self) -> Result<(), AppendError> {
        self.moment().map(|_| ())
    }

    /// The moment of issue: the clock's, but never before the last document,
    /// and within the certificate's validity.
    pub(super) fn moment(&self) -> Result<IssueMoment, AppendError> {
        let until = self.active()?.unit.certificate.not_after();
        let now = reading(self.clock.as_ref());
        if let Some(error) = self.refused(self.clock_state_at(now), now.wall) {
            return Err(error);
        }
        let at = now.wall.max(self.last_issued);
        let moment = IssueMoment::from_unix(at).ok_or(AppendError::ClockUnusable)?;
        if at >= until {
            return Err(AppendError::Expired { until: text(until), now: text(at) });
        }
        Ok(moment)
    }

    /// The identity is known: from here on the clock is watched for jumps.
    pub(super) fn watch_clock(&self) {
        self.clock_state_at(reading(self.clock.as_ref()));
    }

    fn clock_state_at(&self, now: Reading) -> ClockState {
        let state = guard::judge(&Evidence {
            now,
            trusted: self.trusted.get(),
            earliest: self.certificate_start().map_or(guard::EARLIEST, |start| start.max(guard::EARLIEST)),
            last_document: (self.documents > 0).then_some(self.last_issued),
            tolerance: self.clock_tolerance,
            authority: self.authority.heard(),
        });
        let looks_right = !matches!(state, ClockState::Unset { .. } | ClockState::WentBack { .. });
        if looks_right && self.trusted.get().is_none() && self.unit.is_some() {
            self.trusted.set(Some(now));
        }
        state
    }

    fn certificate_start(&self) -> Option<i64> {
        self.unit.as_ref().map(|active| active.unit.certificate.not_before())
    }

    fn refused(&self, state: ClockState, now: i64) -> Option<AppendError> {
        match state {
            ClockState::Trusted | ClockState::FarFromAuthority { refuses: false, .. } => None,
            ClockState::Unset { earliest } if self.certificate_start() == Some(earliest) => {
                Some(AppendError::NotYetValid { from: text(earliest), now: text(now) })
            }
            ClockState::Unset { .. } => Some(AppendError::ClockUnset { now: text(now) }),
            ClockState::WentBack { seconds } => Some(AppendError::ClockBehind { seconds }),
            ClockState::Jumped { seconds } => Some(AppendError::ClockJumped { seconds }),
            ClockState::FarFromAuthority { ahead, refuses: true } => Some(AppendError::ClockFar { ahead }),
        }
    }
}

fn text(unix: i64) -> String {
    IssueMoment::from_unix(unix).map_or_else(|| unix.to_string(), |moment| moment.to_string())
}
