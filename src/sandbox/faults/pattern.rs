//! Which calls a rule is for.

use serde_json::{Map, Value, json};

use super::super::book::Endpoint;
use super::super::environment::Environment;
use super::super::fields::{self, BadField, bad};

const NAMES: [&str; 9] = ["endpoint", "env", "nth", "every", "after", "attempt", "icv", "uuid", "window"];

/// Conditions that must all hold; an empty list asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct Pattern {
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) environments: Vec<Environment>,
    /// Which of the calls that fit otherwise, from 1.
    pub(super) nth: Vec<u64>,
    /// Each so-many-th of the calls that fit otherwise.
    pub(super) every: Option<u64>,
    /// So many of the calls that fit otherwise are let through first.
    pub(super) after: u64,
    /// How often this request has come, this time included.
    pub(super) attempt: Vec<u64>,
    pub(super) icv: Vec<u64>,
    pub(super) uuid: Vec<String>,
    /// Seconds since the rule was set: from, and up to without that one.
    pub(super) window: Option<(i64, i64)>,
}

/// What is known of a call before it is evaluated.
#[derive(Clone, Copy)]
pub(in crate::sandbox) struct Facts<'a> {
    pub(in crate::sandbox) endpoint: Endpoint,
    pub(in crate::sandbox) env: Environment,
    pub(in crate::sandbox) attempt: u64,
    pub(in crate::sandbox) uuid: Option<&'a str>,
    pub(in crate::sandbox) icv: Option<u64>,
    /// The machine's time, Unix seconds.
    pub(in crate::sandbox) at: i64,
}

impl Pattern {
    /// Reads the word of an endpoint, or an object of conditions.
    pub(super) fn read(path: &str, value: &Value) -> Result<Pattern, BadField> {
        if value.is_string() {
            return Ok(Pattern { endpoints: endpoints(path, value)?, ..Pattern::default() });
        }
        let mut pattern = Pattern::default();
        for (name, value) in fields::object(path, value, &NAMES)? {
            let path = fields::inside(path, name);
            let counts = || fields::one_or_many(&path, value, fields::count);
            match name.as_str() {
                "endpoint" => pattern.endpoints = endpoints(&path, value)?,
                "env" => pattern.environments = fields::one_or_many(&path, value, environment)?,
                "nth" => pattern.nth = counts()?,
                "every" => pattern.every = Some(fields::count(&path, value)?),
                "after" => pattern.after = fields::count(&path, value)?,
                "attempt" => pattern.attempt = counts()?,
                "icv" => pattern.icv = counts()?,
                "uuid" => {
                    pattern.uuid = fields::one_or_many(&path, value, |path, value| {
                        Ok(fields::text(path, value)?.to_ascii_lowercase())
                    })?;
                }
                _ => pattern.window = Some(window(&path, value)?),
            }
        }
        Ok(pattern)
    }

    /// What [`Pattern::read`] reads.
    pub(super) fn show(&self) -> Value {
        let mut shown = Map::new();
        let mut put = |name: &str, there: bool, value: Value| {
            if there {
                shown.insert(name.to_owned(), value);
            }
        };
        put("endpoint", !self.endpoints.is_empty(), json!(self.endpoints));
        put("env", !self.environments.is_empty(), json!(self.environments));
        put("nth", !self.nth.is_empty(), json!(self.nth));
        put("every", self.every.is_some(), json!(self.every));
        put("after", self.after > 0, json!(self.after));
        put("attempt", !self.attempt.is_empty(), json!(self.attempt));
        put("icv", !self.icv.is_empty(), json!(self.icv));
        put("uuid", !self.uuid.is_empty(), json!(self.uuid));
        put("window", self.window.is_some(), json!(self.window));
        Value::Object(shown)
    }

    /// How often a rule with this pattern is played if it does not say so: as often as `nth` names, without
    /// limit when `every` or `window` say when, else once.
    pub(super) fn usual_times(&self) -> Option<u64> {
        match (self.nth.len(), self.every.is_some() || self.window.is_some()) {
            (0, true) => None,
            (0, false) => Some(1),
            (named, _) => Some(named as u64), // a count of list entries fits
        }
    }

    /// Whether the call fits, its place in the row aside.
    pub(super) fn fits(&self, facts: &Facts<'_>, set_at: i64) -> bool {
        let named = |uuid: &str| self.uuid.iter().any(|known| known.eq_ignore_ascii_case(uuid));
        (self.endpoints.is_empty() || self.endpoints.contains(&facts.endpoint))
            && (self.environments.is_empty() || self.environments.contains(&facts.env))
            && (self.attempt.is_empty() || self.attempt.contains(&facts.attempt))
            && (self.icv.is_empty() || facts.icv.is_some_and(|icv| self.icv.contains(&icv)))
            && (self.uuid.is_empty() || facts.uuid.is_some_and(named))
            && self.in_window(facts.at, set_at)
    }

    pub(super) fn in_window(&self, at: i64, set_at: i64) -> bool {
        let since = at.saturating_sub(set_at);
        self.window.is_none_or(|(from, to)| (from..to).contains(&since))
    }

    /// Whether the `seen`-th fitting call, from 1, is one that is meant.
    pub(super) fn falls_on(&self, seen: u64) -> bool {
        let Some(place) = seen.checked_sub(self.after).filter(|place| *place > 0) else { return false };
        (self.nth.is_empty() || self.nth.contains(&place))
            && self.every.is_none_or(|every| place.is_multiple_of(every))
    }

    /// Whether it looks at something that only a call has.
    pub(super) fn needs_a_call(&self) -> bool {
        !(self.endpoints.is_empty()
            && self.environments.is_empty()
            && self.attempt.is_empty()
            && self.icv.is_empty()
            && self.uuid.is_empty())
    }
}

/// Endpoints by name; `any` is none in particular.
fn endpoints(path: &str, value: &Value) -> Result<Vec<Endpoint>, BadField> {
    if value.as_str() == Some("any") {
        return Ok(Vec::new());
    }
    fields::one_or_many(path, value, |path, value| {
        let name = value.as_str().unwrap_or_default();
        let found = Endpoint::ALL.into_iter().find(|endpoint| endpoint.name() == name);
        let known = || Endpoint::ALL.map(Endpoint::name).join(", ");
        found.ok_or_else(|| bad(path, format!("must be one of {}, any", known())))
    })
}

pub(in crate::sandbox) fn environment(path: &str, value: &Value) -> Result<Environment, BadField> {
    Environment::from_name(value.as_str().unwrap_or_default())
        .ok_or_else(|| bad(path, "must be one of developer-portal, simulation, core"))
}

fn window(path: &str, value: &Value) -> Result<(i64, i64), BadField> {
    let seconds = |at: usize| value.get(at).and_then(Value::as_i64).filter(|s| (0..1 << 40).contains(s));
    match (value.as_array().map(Vec::len), seconds(0), seconds(1)) {
        (Some(2), Some(from), Some(to)) if from < to => Ok((from, to)),
        _ => Err(bad(path, "must be [from, to] in seconds since the rule was set, from before to")),
    }
}
