//! The script that is being played: what is armed, how often each rule was seen and played.

use std::time::Duration;

use serde_json::{Value, json};

use super::action::FaultAction;
use super::pattern::Facts;
use super::rule::FaultRule;

struct Armed {
    rule: FaultRule,
    /// The machine's time, Unix seconds.
    set_at: i64,
    /// Calls that fit, their place in the row aside.
    seen: u64,
    played: u64,
}

impl Armed {
    fn is_left(&self) -> bool {
        self.rule.times.is_none_or(|times| self.played < times)
    }

    /// Sees a call that fits; whether the rule falls on it.
    fn sees(&mut self) -> bool {
        self.seen += 1;
        self.is_left() && self.rule.pattern.falls_on(self.seen)
    }
}

/// What is played on a call.
#[derive(Default)]
pub(in crate::sandbox) struct Drawn {
    /// The first rule that fits, slow ones aside.
    pub(in crate::sandbox) fault: Option<FaultRule>,
    /// The delays of all slow rules that fit.
    pub(in crate::sandbox) delay: Duration,
    /// The slowest rate of them.
    pub(in crate::sandbox) bytes_per_second: Option<u32>,
}

impl Drawn {
    /// The words for the book, or `None` when nothing is played.
    pub(in crate::sandbox) fn words(&self) -> Option<String> {
        let slow = !self.delay.is_zero() || self.bytes_per_second.is_some();
        let slow = slow.then(|| FaultAction::Slow.word(false));
        let words: Vec<String> = slow.into_iter().chain(self.fault.as_ref().map(FaultRule::word)).collect();
        (!words.is_empty()).then(|| words.join("+"))
    }
}

/// The rules in their order.
#[derive(Default)]
pub(in crate::sandbox) struct FaultScript {
    armed: Vec<Armed>,
}

impl FaultScript {
    /// Replaces the script. `at`: the machine's time, Unix seconds.
    pub(in crate::sandbox) fn set(&mut self, rules: Vec<FaultRule>, at: i64) {
        self.armed.clear();
        self.add(rules, at);
    }

    /// Puts rules in front of the others.
    pub(in crate::sandbox) fn add(&mut self, rules: Vec<FaultRule>, at: i64) {
        let new = rules.into_iter().map(|rule| Armed { rule, set_at: at, seen: 0, played: 0 });
        self.armed.splice(0..0, new);
    }

    pub(in crate::sandbox) fn len(&self) -> usize {
        self.armed.len()
    }

    /// Every rule with how often it was played.
    pub(in crate::sandbox) fn show(&self) -> Value {
        let show = |armed: &Armed| {
            let mut shown = armed.rule.show();
            shown.insert("played".into(), armed.played.into());
            shown.insert("over".into(), json!(!armed.is_left()));
            Value::Object(shown)
        };
        self.armed.iter().map(show).collect()
    }

    /// Whether a rule that is left asks for the ICV, which costs reading the document.
    pub(in crate::sandbox) fn asks_icv(&self) -> bool {
        self.armed.iter().any(|armed| armed.is_left() && !armed.rule.pattern.icv.is_empty())
    }

    /// What is played on this call; every rule that fits has seen it.
    pub(in crate::sandbox) fn draw(&mut self, facts: &Facts<'_>) -> Drawn {
        let mut drawn = Drawn::default();
        for armed in self.armed.iter_mut().filter(|armed| !armed.rule.action.strikes_connections()) {
            if !armed.rule.pattern.fits(facts, armed.set_at) || !armed.sees() {
                continue;
            }
            if armed.rule.action == FaultAction::Slow {
                armed.played += 1;
                drawn.delay += Duration::from_millis(armed.rule.milliseconds);
                let rates = [drawn.bytes_per_second, armed.rule.bytes_per_second];
                drawn.bytes_per_second = rates.into_iter().flatten().min();
            } else if drawn.fault.is_none() {
                armed.played += 1;
                drawn.fault = Some(armed.rule.clone());
            }
        }
        drawn
    }

    /// What is played on a new connection. `at`: the machine's time, Unix seconds.
    pub(in crate::sandbox) fn draw_connection(&mut self, at: i64) -> Option<FaultRule> {
        let mut drawn = None;
        for armed in self.armed.iter_mut().filter(|armed| armed.rule.action.strikes_connections()) {
            if armed.rule.pattern.in_window(at, armed.set_at) && armed.sees() && drawn.is_none() {
                armed.played += 1;
                drawn = Some(armed.rule.clone());
            }
        }
        drawn
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
