//! Faults that integrators play: a short script of what goes wrong, where, and how often.

use serde::{Deserialize, Serialize};

use super::book::Endpoint;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FaultAction {
    /// The connection ends without an answer; the request is not evaluated.
    #[serde(rename = "drop")]
    Drop,
    /// 503 with an HTML page; not evaluated.
    #[serde(rename = "503-html")]
    Html503,
    /// Evaluated, then 504 with an HTML page: the answer is lost.
    #[serde(rename = "504-after-accept")]
    Lost504,
    /// 401; not evaluated.
    #[serde(rename = "401")]
    Unauthorized,
    /// 429 with `Retry-After`; not evaluated.
    #[serde(rename = "429")]
    TooMany,
    /// Evaluated, but the answer comes late.
    #[serde(rename = "slow")]
    Slow,
}

impl FaultAction {
    /// The word in the book.
    pub fn name(self) -> &'static str {
        match self {
            FaultAction::Drop => "drop",
            FaultAction::Html503 => "503-html",
            FaultAction::Lost504 => "504-after-accept",
            FaultAction::Unauthorized => "401",
            FaultAction::TooMany => "429",
            FaultAction::Slow => "slow",
        }
    }
}

/// One rule of a script; the first that fits a call is played.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// What goes wrong.
    pub action: FaultAction,
    /// Name of the endpoint (`reporting`, `clearance`, `check`, ...), or `any`.
    #[serde(rename = "match", default = "any")]
    pub endpoint: String,
    /// How often it is still played.
    #[serde(default = "once")]
    pub times: u32,
    /// `Retry-After` of a 429, seconds.
    #[serde(default = "two")]
    pub retry_after: u32,
    /// Delay of a slow answer, milliseconds.
    #[serde(default = "second")]
    pub milliseconds: u32,
}

impl FaultRule {
    /// A rule with the defaults: any endpoint, once, `Retry-After: 2`, one second.
    pub fn new(action: FaultAction) -> Self {
        FaultRule { action, endpoint: any(), times: once(), retry_after: two(), milliseconds: second() }
    }
}

fn any() -> String {
    "any".to_owned()
}

fn once() -> u32 {
    1
}

fn two() -> u32 {
    2
}

fn second() -> u32 {
    1000
}

/// The script and its remaining counts.
#[derive(Default)]
pub(super) struct FaultScript {
    rules: Vec<FaultRule>,
}

impl FaultScript {
    /// Replaces the script.
    pub(super) fn set(&mut self, rules: Vec<FaultRule>) {
        self.rules = rules;
    }

    /// What is left of it.
    pub(super) fn rules(&self) -> &[FaultRule] {
        &self.rules
    }

    /// The fault for this call, counted down.
    pub(super) fn draw(&mut self, endpoint: Endpoint) -> Option<FaultRule> {
        let fits = |r: &&mut FaultRule| r.times > 0 && (r.endpoint == "any" || r.endpoint == endpoint.name());
        let rule = self.rules.iter_mut().find(fits)?;
        rule.times -= 1;
        let drawn = rule.clone();
        self.rules.retain(|r| r.times > 0);
        Some(drawn)
    }
}
