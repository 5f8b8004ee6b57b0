//! Whether the till's clock may date a tax document: one rule, for the ledger
//! before it stamps, for the status and for the doctor. Pure; what it weighs
//! comes in as [`Evidence`]. The rule, the first that holds:
//!
//! 1. before [`EARLIEST`] or the certificate's start: [`ClockState::Unset`];
//! 2. behind the last document by more than the tolerance:
//!    [`ClockState::WentBack`];
//! 3. moved against the machine's uptime by more than [`JUMP`] since it was last
//!    trusted: [`ClockState::Jumped`], unless the authority's time agrees;
//! 4. away from the authority's time by more than [`NEAR`]:
//!    [`ClockState::FarFromAuthority`]; it refuses beyond [`FAR`] if the authority
//!    has kept saying so for [`APART`] and its last word is not older than
//!    [`RECENT`], so that neither one odd answer nor an old one stops a shop;
//! 5. else [`ClockState::Trusted`].
//!
//! What the authority said is carried on by the uptime, so that a clock that is
//! set right is right at once.

use std::sync::{Arc, Mutex, PoisonError};

use crate::text::Bilingual;

/// 2026-01-01T00:00:00Z. No till of this program was at work before; a machine
/// whose clock has lost its battery starts in 1970 or at the age of its image.
pub const EARLIEST: i64 = 1_767_225_600;
/// Seconds that the clock may be behind the last document; within them a
/// document takes the moment of the one before.
pub const TOLERANCE: i64 = 120;
/// Seconds that the clock may be set forward or back while the till runs. A
/// moment in the future would be stamped for ever and hold up every sale after it.
pub const JUMP: i64 = 300;
/// Seconds within which the till's clock and the authority's agree. A clock that
/// is kept by NTP is right within one.
pub const NEAR: i64 = 60;
/// Seconds away from the authority's time beyond which nothing is dated.
pub const FAR: i64 = 900;
/// Seconds for which the authority must keep saying so. Longer than [`NEAR`], so
/// that an answer which is given again from a cache contradicts itself.
pub const APART: i64 = 120;
/// Seconds for which the authority's word counts against the till, and for its
/// clock after a jump.
pub const RECENT: i64 = 3_600;

/// Wall clock and uptime at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Seconds since 1970, UTC.
    pub wall: i64,
    /// Seconds since the machine started; none if nothing tells.
    pub uptime: Option<i64>,
}

impl Reading {
    /// Seconds from `earlier` to this, by the uptime if both have it.
    fn since(self, earlier: Reading) -> i64 {
        match self.uptime.zip(earlier.uptime) {
            Some((now, then)) => now.saturating_sub(then),
            None => self.wall.saturating_sub(earlier.wall),
        }
    }
}

/// A `Date` header of the authority, and when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Word {
    theirs: i64,
    at: Reading,
}

impl Word {
    /// The authority's time at another moment.
    fn carried_to(self, now: Reading) -> i64 {
        self.theirs.saturating_add(now.since(self.at))
    }
}

/// What the authority's answers have said of the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The newest answer.
    last: Option<Word>,
    /// The first of the answers up to the newest that say the same.
    first: Option<Word>,
    /// When the till's clock was last found to agree.
    agreed: Option<Reading>,
}

impl Heard {
    /// Takes in the `Date` of an answer that came at `at`.
    pub fn hear(&mut self, theirs: i64, at: Reading) {
        let word = Word { theirs, at };
        let same = |first: &Word| apart(first.carried_to(at), theirs) <= NEAR;
        self.first = Some(self.first.filter(same).unwrap_or(word));
        self.last = Some(word);
        if apart(theirs, at.wall) <= NEAR {
            self.agreed = Some(at);
        }
    }

    /// Seconds that the authority is ahead of the till now, and the age of its
    /// last word in seconds; none before it has said anything.
    pub fn ahead(&self, now: Reading) -> Option<(i64, i64)> {
        let last = self.last?;
        Some((last.carried_to(now).saturating_sub(now.wall), now.since(last.at)))
    }

    /// The same, if the word counts.
    fn recent(&self, now: Reading) -> Option<i64> {
        self.ahead(now).filter(|(_, age)| (0..=RECENT).contains(age)).map(|(ahead, _)| ahead)
    }

    /// Whether its answers have said the same for long enough.
    fn insists(&self) -> bool {
        self.first.zip(self.last).is_some_and(|(first, last)| last.at.since(first.at) >= APART)
    }
}

fn apart(one: i64, other: i64) -> i64 {
    one.saturating_sub(other).saturating_abs()
}

/// The authority's time, between those who hear it and the ledger. Clones share
/// what was heard.
#[derive(Clone, Debug, Default)]
pub struct AuthorityTime(Arc<Mutex<Heard>>);

impl AuthorityTime {
    /// Takes in the `Date` of an answer (seconds since 1970, UTC).
    pub fn hear(&self, theirs: i64, at: Reading) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).hear(theirs, at);
    }

    /// All that was heard until now.
    pub fn heard(&self) -> Heard {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All that the rule weighs.
#[derive(Clone, Copy, Debug)]
pub struct Evidence {
    pub now: Reading,
    /// The first moment at which the clock looked right since the ledger was
    /// opened; none if this would be it.
    pub trusted: Option<Reading>,
    /// [`EARLIEST`], or the start of the certificate if that is later.
    pub earliest: i64,
    /// Moment of the last document, seconds UTC; none if there is none.
    pub last_document: Option<i64>,
    /// [`TOLERANCE`].
    pub tolerance: i64,
    pub authority: Heard,
}

/// What the till may make of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockState {
    Trusted,
    /// Before this moment (seconds UTC), which has passed.
    Unset {
        earliest: i64,
    },
    /// Behind the last document.
    WentBack {
        seconds: i64,
    },
    /// Set forward, or back if negative, while the till ran.
    Jumped {
        seconds: i64,
    },
    /// The authority is ahead by so much, or behind if negative.
    FarFromAuthority {
        ahead: i64,
        refuses: bool,
    },
}

impl ClockState {
    /// Whether nothing is stamped.
    pub fn refuses(self) -> bool {
        match self {
            ClockState::Trusted => false,
            ClockState::Unset { .. } | ClockState::WentBack { .. } | ClockState::Jumped { .. } => true,
            ClockState::FarFromAuthority { refuses, .. } => refuses,
        }
    }

    /// Whether another word of the authority could change what is refused.
    pub fn asks_authority(self) -> bool {
        match self {
            ClockState::Jumped { .. } => true,
            ClockState::FarFromAuthority { ahead, .. } => ahead.saturating_abs() > FAR,
            ClockState::Trusted | ClockState::Unset { .. } | ClockState::WentBack { .. } => false,
        }
    }

    /// For logs and the interface.
    pub fn word(self) -> &'static str {
        match self {
            ClockState::Trusted => "trusted",
            ClockState::Unset { .. } => "unset",
            ClockState::WentBack { .. } => "went-back",
            ClockState::Jumped { .. } => "jumped",
            ClockState::FarFromAuthority { .. } => "far-from-authority",
        }
    }
}

/// What a warning says while the till goes on selling; `ahead` as in
/// [`ClockState::FarFromAuthority`].
pub(super) fn warning(ahead: i64) -> Bilingual {
    let seconds = ahead.saturating_abs();
    let (en, ar) = if ahead > 0 { ("behind", "متأخرة") } else { ("ahead of", "متقدمة") };
    Bilingual::new(
        format!(
            "the clock of the till is {seconds} s {en} the authority's, so that invoices carry a wrong legal time. Set \
             the clock right (automatic time); beyond {FAR} s the till stops selling"
        ),
        format!(
            "ساعة الجهاز {ar} {seconds} ثانية عن ساعة الهيئة فتحمل الفواتير وقتا نظاميا خاطئا. اضبط الوقت (تلقائي)، وإن تجاوز \
             الفرق {FAR} ثانية توقف البيع."
        ),
    )
}

/// The rule; it stands at the head of this file.
pub fn judge(evidence: &Evidence) -> ClockState {
    let Evidence { now, trusted, earliest, last_document, tolerance, authority } = *evidence;
    if now.wall < earliest {
        return ClockState::Unset { earliest };
    }
    let behind = last_document.map_or(0, |last| last.saturating_sub(now.wall));
    if behind > tolerance {
        return ClockState::WentBack { seconds: behind };
    }
    let recent = authority.recent(now);
    let seconds = jumped(now, authority.agreed.or(trusted));
    if seconds.saturating_abs() > JUMP && recent.is_none_or(|ahead| ahead.saturating_abs() > NEAR) {
        return ClockState::Jumped { seconds };
    }
    let Some((ahead, _)) = authority.ahead(now) else { return ClockState::Trusted };
    let off = ahead.saturating_abs();
    if off <= NEAR {
        return ClockState::Trusted;
    }
    let refuses = off > FAR && recent.is_some() && authority.insists();
    ClockState::FarFromAuthority { ahead, refuses }
}

/// Seconds that the wall clock was set forward since it was trusted; nothing
/// without an uptime to hold it against.
fn jumped(now: Reading, trusted: Option<Reading>) -> i64 {
    let Some(trusted) = trusted else { return 0 };
    if now.uptime.is_none() || trusted.uptime.is_none() {
        return 0;
    }
    now.wall.saturating_sub(trusted.wall).saturating_sub(now.since(trusted))
}

#[cfg(test)]
mod tests;
