//! One rule of a script: an action, when it is played, and its details.

use serde_json::{Map, Value, json};

use super::super::fields::{self, BadField, bad};
use super::super::judge::{Category, Findings};
use super::action::{FaultAction, Form};
use super::pattern::Pattern;

const NAMES: [&str; 9] = [
    "action",
    "match",
    "times",
    "retry_after",
    "seconds",
    "milliseconds",
    "bytes_per_second",
    "form",
    "findings",
];

/// Longest wait of any rule, seconds.
const MAX_WAIT: i64 = 3600;

/// The header of a 429.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum RetryAfter {
    Seconds(i64),
    /// As a date, so many seconds from now.
    Date(i64),
    Absent,
}

/// One rule of a script; the first that fits a call is played.
#[derive(Clone, Debug)]
pub struct FaultRule {
    pub(in crate::sandbox) action: FaultAction,
    /// The call is evaluated before the action is played.
    pub(in crate::sandbox) accept: bool,
    pub(in crate::sandbox) pattern: Pattern,
    /// How often it is played; `None` for always.
    pub(in crate::sandbox) times: Option<u64>,
    pub(in crate::sandbox) retry_after: RetryAfter,
    /// Length of a stall, or of a jump of the clock.
    pub(in crate::sandbox) seconds: i64,
    /// Delay of a slow answer.
    pub(in crate::sandbox) milliseconds: u64,
    pub(in crate::sandbox) bytes_per_second: Option<u32>,
    pub(in crate::sandbox) form: Form,
    pub(in crate::sandbox) findings: Findings,
}

impl FaultRule {
    /// A rule with the defaults: any call, once; `Retry-After: 2`, stalls of a minute, answers late by a second.
    pub fn new(action: FaultAction) -> FaultRule {
        let (minute, second) = (60, 1000);
        FaultRule {
            action,
            accept: false,
            pattern: Pattern::default(),
            times: Some(1),
            retry_after: RetryAfter::Seconds(2),
            seconds: minute,
            milliseconds: if action == FaultAction::Slow { second } else { 0 },
            bytes_per_second: None,
            form: action.forms().first().map_or(Form::Json, |(_, form)| *form),
            findings: Findings::default(),
        }
    }

    /// Reads a rule as a script has it, such as `{"action": "drop", "match": {"endpoint": "production"}}`.
    ///
    /// # Errors
    /// Names the field that cannot be used.
    pub fn read(value: &Value) -> Result<FaultRule, BadField> {
        FaultRule::read_at("", value)
    }

    fn read_at(path: &str, value: &Value) -> Result<FaultRule, BadField> {
        let given = fields::object(path, value, &NAMES)?;
        let at = |name: &str| fields::inside(path, name);
        let word = given.get("action").and_then(Value::as_str).unwrap_or_default();
        let (action, accept) = FaultAction::read(word)
            .ok_or_else(|| bad(&at("action"), format!("must be one of {}", FaultAction::known())))?;
        let mut rule = FaultRule { accept, ..FaultRule::new(action) };
        if let Some(pattern) = given.get("match") {
            rule.pattern = Pattern::read(&at("match"), pattern)?;
        }
        if action.strikes_connections() && rule.pattern.needs_a_call() {
            return Err(bad(
                &at("match"),
                format!("{word} strikes connections: only nth, every, after and window"),
            ));
        }
        rule.times = rule.pattern.usual_times();
        for (name, value) in given {
            rule.set(name, &at(name), value)?;
        }
        rule.complete(path)
    }

    fn set(&mut self, name: &str, path: &str, value: &Value) -> Result<(), BadField> {
        match name {
            "times" if value.as_str() == Some("always") => self.times = None,
            "times" => {
                let times = fields::count(path, value);
                self.times = Some(times.map_err(|_| bad(path, "must be a whole number from 1, or always"))?);
            }
            "retry_after" => self.retry_after = retry_after(path, value)?,
            "seconds" if self.action == FaultAction::Clock => {
                let farthest = super::super::config::MAX_OFFSET;
                self.seconds = fields::number(path, value, -farthest, farthest)?;
            }
            "seconds" => self.seconds = fields::number(path, value, 0, MAX_WAIT)?,
            "milliseconds" => {
                self.milliseconds = fields::number(path, value, 0, MAX_WAIT * 1000)?.unsigned_abs();
            }
            "bytes_per_second" => {
                let rate = fields::number(path, value, 1, 1 << 30)?;
                self.bytes_per_second = u32::try_from(rate).ok();
            }
            "form" => self.form = self.form_of(path, value)?,
            "findings" => self.findings = findings(path, value)?,
            _ => {} // action and match
        }
        Ok(())
    }

    fn form_of(&self, path: &str, value: &Value) -> Result<Form, BadField> {
        match self.action.forms() {
            [] => Err(bad(path, format!("{} has only one form", self.word()))),
            forms => fields::word(path, value, forms),
        }
    }

    /// What only shows when all fields are read.
    fn complete(mut self, path: &str) -> Result<FaultRule, BadField> {
        let some = !self.findings.errors.is_empty() || !self.findings.warnings.is_empty();
        let at = |name: &str| fields::inside(path, name);
        match self.action {
            FaultAction::Findings if !some => {
                Err(bad(&at("findings"), "must list what is found, each {\"code\": .., \"message\": ..}"))
            }
            action if action != FaultAction::Findings && some => {
                Err(bad(&at("findings"), "belong to the action 400 alone"))
            }
            _ => {
                // Bytes at a time are slow enough unless a delay is asked for too.
                if self.bytes_per_second.is_some() && self.milliseconds == 1000 {
                    self.milliseconds = 0;
                }
                Ok(self)
            }
        }
    }

    /// The word in scripts and in the book.
    pub fn word(&self) -> String {
        self.action.word(self.accept)
    }

    /// What [`FaultRule::read`] reads.
    pub(in crate::sandbox) fn show(&self) -> Map<String, Value> {
        let mut shown = Map::new();
        shown.insert("action".into(), self.word().into());
        shown.insert("match".into(), self.pattern.show());
        shown.insert("times".into(), self.times.map_or("always".into(), Value::from));
        match (self.action, self.retry_after) {
            (FaultAction::TooMany, RetryAfter::Seconds(seconds)) => {
                shown.insert("retry_after".into(), seconds.into());
            }
            (FaultAction::TooMany, RetryAfter::Date(seconds)) => {
                shown.insert("retry_after".into(), json!({"date": seconds}));
            }
            (FaultAction::TooMany, RetryAfter::Absent) => {
                shown.insert("retry_after".into(), Value::Null);
            }
            (
                FaultAction::Stall | FaultAction::ConnectStall | FaultAction::TlsStall | FaultAction::Clock,
                _,
            ) => {
                shown.insert("seconds".into(), self.seconds.into());
            }
            (FaultAction::Slow, _) => {
                shown.insert("milliseconds".into(), self.milliseconds.into());
                if let Some(rate) = self.bytes_per_second {
                    shown.insert("bytes_per_second".into(), rate.into());
                }
            }
            (FaultAction::Findings, _) => {
                shown.insert("findings".into(), show_findings(&self.findings));
            }
            _ => {}
        }
        if let Some((word, _)) = self.action.forms().iter().find(|(_, form)| *form == self.form) {
            shown.insert("form".into(), (*word).into());
        }
        shown
    }
}

/// Reads a list of rules.
pub(in crate::sandbox) fn read_rules(path: &str, value: &Value) -> Result<Vec<FaultRule>, BadField> {
    let list = value.as_array().ok_or_else(|| bad(path, "must be a list of rules"))?;
    list.iter().enumerate().map(|(at, rule)| FaultRule::read_at(&format!("{path}[{at}]"), rule)).collect()
}

fn retry_after(path: &str, value: &Value) -> Result<RetryAfter, BadField> {
    match value {
        Value::Null => Ok(RetryAfter::Absent),
        Value::String(word) if word == "date" => Ok(RetryAfter::Date(2)),
        Value::Object(_) => {
            let date = fields::object(path, value, &["date"])?.get("date").unwrap_or(&Value::Null);
            Ok(RetryAfter::Date(fields::number(&fields::inside(path, "date"), date, -MAX_WAIT, MAX_WAIT)?))
        }
        Value::Number(_) => Ok(RetryAfter::Seconds(fields::number(path, value, 0, 86_400)?)),
        _ => Err(bad(path, "must be seconds, \"date\", {\"date\": seconds from now}, or null for none")),
    }
}

fn findings(path: &str, value: &Value) -> Result<Findings, BadField> {
    let mut findings = Findings::default();
    let list = value.as_array().ok_or_else(|| bad(path, "must be a list"))?;
    for (at, one) in list.iter().enumerate() {
        let path = format!("{path}[{at}]");
        let given = fields::object(&path, one, &["type", "code", "category", "message"])?;
        let text = |name: &str, default: &str| match given.get(name) {
            None => Ok(default.to_owned()),
            Some(value) => Ok(fields::text(&fields::inside(&path, name), value)?.to_owned()),
        };
        let code = text("code", "")?;
        if code.is_empty() {
            return Err(bad(&fields::inside(&path, "code"), "must be a code, such as BR-KSA-08"));
        }
        let name = text("category", Category::Business.text())?;
        let category =
            Category::ALL.into_iter().find(|category| category.text() == name).ok_or_else(|| {
                let known = Category::ALL.map(Category::text).join(", ");
                bad(&fields::inside(&path, "category"), format!("must be one of {known}"))
            })?;
        let message = text("message", "from the fault script")?;
        match text("type", "ERROR")?.as_str() {
            "ERROR" => findings.error(category, &code, message),
            "WARNING" => findings.warning(category, &code, message),
            _ => return Err(bad(&fields::inside(&path, "type"), "must be ERROR or WARNING")),
        }
    }
    Ok(findings)
}

fn show_findings(findings: &Findings) -> Value {
    let (errors, warnings) = (findings.errors.iter(), findings.warnings.iter());
    let all = errors.map(|f| ("ERROR", f)).chain(warnings.map(|f| ("WARNING", f)));
    all.map(|(kind, f)| {
        json!({"type": kind, "code": f.code, "category": f.category.text(), "message": f.message})
    })
    .collect()
}
