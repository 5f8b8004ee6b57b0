//! Faults that integrators play: a script of what goes wrong, where, and how often.

mod action;
mod pattern;
mod rule;
mod script;

pub use action::FaultAction;
pub(super) use action::Form;
pub(super) use pattern::{Facts, environment};
pub use rule::FaultRule;
pub(super) use rule::{RetryAfter, read_rules};
pub(super) use script::{Drawn, FaultScript};
