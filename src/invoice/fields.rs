//! Reads the fields of a request, collecting every finding on the way.

use super::finding::Finding;
use super::json::Json;
use super::party::is_xml_text;
use crate::money::{Decimal, DecimalError, Halalas, Quantity};
use crate::text::{DocumentProblem, JsonType, Problem};

/// An object of the request, its path, and which keys have been read.
pub(super) struct Fields<'r> {
    path: String,
    entries: &'r [(String, Json)],
    accepted: &'static [&'static str],
}

/// Faults of unknown and double keys that are listed.
const MOST_FINDINGS: usize = 10_000;

/// All that was found wrong so far.
pub(super) type Findings = Vec<Finding>;

impl<'r> Fields<'r> {
    /// Opens an object; reports keys that nobody asked for and keys given twice.
    pub(super) fn open(
        json: &'r Json,
        path: String,
        accepted: &'static [&'static str],
        found: &mut Findings,
    ) -> Option<Fields<'r>> {
        let Json::Object(entries) = json else {
            found.push(Finding::at(
                path,
                Problem::WrongType { expected: JsonType::Object, found: json.kind() },
            ));
            return None;
        };
        let mut seen = vec![false; accepted.len()];
        for (key, _) in entries {
            let place = accepted.iter().position(|known| known == key);
            let problem = match place.map(|at| std::mem::replace(&mut seen[at], true)) {
                None => Problem::UnknownField { accepted },
                Some(true) => Problem::FieldTwice,
                Some(false) => continue,
            };
            // Nobody reads more; a hostile body could hold a hundred thousand.
            if found.len() >= MOST_FINDINGS {
                break;
            }
            found.push(Finding::at(join(&path, &shown(key)), problem));
        }
        Some(Fields { path, entries, accepted })
    }

    pub(super) fn path(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// The value of a key; `null` counts as absent.
    pub(super) fn get(&self, key: &'static str) -> Option<&'r Json> {
        debug_assert!(self.accepted.contains(&key), "{key} is not among the accepted keys");
        self.entries
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
            .filter(|v| **v != Json::Null)
    }

    pub(super) fn required(&self, key: &'static str, found: &mut Findings) -> Option<&'r Json> {
        let value = self.get(key);
        if value.is_none() {
            found.push(Finding::at(self.path(key), Problem::Missing));
        }
        value
    }

    /// A text, trimmed, within its bounds in characters.
    pub(super) fn text(
        &self,
        key: &'static str,
        bounds: std::ops::RangeInclusive<usize>,
        found: &mut Findings,
    ) -> Option<String> {
        text(self.get(key)?, self.path(key), bounds, found)
    }

    /// As [`Fields::text`], where an official rule sets the length.
    pub(super) fn text_under(
        &self,
        key: &'static str,
        bounds: std::ops::RangeInclusive<usize>,
        rule: &'static str,
        found: &mut Findings,
    ) -> Option<String> {
        let text = text(self.get(key)?, self.path(key), 0..=usize::MAX, found)?;
        let count = text.chars().count();
        if bounds.contains(&count) {
            return Some(text);
        }
        let (least, most) = (*bounds.start(), *bounds.end());
        let problem = DocumentProblem::Length { found: count, least, most, rule };
        found.push(Finding::at(self.path(key), problem.into()));
        None
    }

    /// Reports the absence of a key that an official rule demands.
    pub(super) fn needed(&self, key: &'static str, rule: &'static str, found: &mut Findings) {
        if self.get(key).is_none() {
            let finding = Finding::at(self.path(key), Problem::Missing);
            found.push(finding.under(rule));
        }
    }

    /// A positive quantity with at most three decimals.
    pub(super) fn quantity(&self, key: &'static str, most: i64, found: &mut Findings) -> Option<Quantity> {
        let path = self.path(key);
        let value = self.required(key, found)?;
        let exact = decimal(value, &path, Quantity::SCALE, most.into(), found)?;
        let quantity =
            exact.rescale(Quantity::SCALE).ok().and_then(|thousandths| i64::try_from(thousandths).ok())?;
        if quantity <= 0 {
            found.push(Finding::at(path, Problem::NotPositive));
            return None;
        }
        Some(Quantity::from_thousandths(quantity))
    }

    /// An amount in riyals, not negative, at most two decimals.
    pub(super) fn amount(&self, key: &'static str, most: i64, found: &mut Findings) -> Option<Halalas> {
        amount(self.get(key)?, &self.path(key), most, found)
    }

    pub(super) fn list(&self, key: &'static str, most: usize, found: &mut Findings) -> Option<&'r [Json]> {
        match self.get(key)? {
            Json::List(items) if items.len() <= most => Some(items),
            Json::List(items) => {
                found.push(Finding::at(self.path(key), Problem::TooMany { found: items.len(), most }));
                None
            }
            other => {
                let problem = Problem::WrongType { expected: JsonType::List, found: other.kind() };
                found.push(Finding::at(self.path(key), problem));
                None
            }
        }
    }
}

pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// A key from outside, fit for a message.
fn shown(key: &str) -> String {
    key.chars().take(40).map(|c| if c.is_control() { '?' } else { c }).collect()
}

pub(super) fn text(
    value: &Json,
    path: String,
    bounds: std::ops::RangeInclusive<usize>,
    found: &mut Findings,
) -> Option<String> {
    let Json::Text(text) = value else {
        found.push(Finding::at(path, Problem::WrongType { expected: JsonType::Text, found: value.kind() }));
        return None;
    };
    let text = text.trim();
    let count = text.chars().count();
    let problem = if !is_xml_text(text) {
        Problem::ControlCharacters
    } else if !bounds.contains(&count) {
        Problem::Length { found: count, least: *bounds.start(), most: *bounds.end() }
    } else {
        return Some(text.to_owned());
    };
    found.push(Finding::at(path, problem));
    None
}

pub(super) fn amount(value: &Json, path: &str, most: i64, found: &mut Findings) -> Option<Halalas> {
    let exact = decimal(value, path, 2, most.into(), found)?;
    exact.rescale(2).ok().and_then(|halalas| i64::try_from(halalas).ok()).map(Halalas::new)
}

/// A number written as JSON number or as text, not negative. `most` counts
/// units of the last allowed decimal.
pub(super) fn decimal(
    value: &Json,
    path: &str,
    places: u32,
    most: i128,
    found: &mut Findings,
) -> Option<Decimal> {
    let digits = match value {
        Json::Number(digits) | Json::Text(digits) => digits,
        other => {
            let problem = Problem::WrongType { expected: JsonType::NumberLike("12.50"), found: other.kind() };
            found.push(Finding::at(path, problem));
            return None;
        }
    };
    let checked = Decimal::parse(digits).and_then(|exact| Ok((exact, exact.rescale(places)?)));
    let problem = match checked {
        Ok((exact, units)) if units >= 0 && units <= most => return Some(exact),
        Ok((_, units)) if units < 0 => Problem::Negative,
        Ok(_) | Err(DecimalError::TooLarge) => Problem::TooLarge { most: Decimal::new(most, places) },
        Err(DecimalError::Malformed) => Problem::NotANumber,
        Err(DecimalError::TooManyDecimals { .. }) => Problem::TooManyDecimals { allowed: places },
    };
    found.push(Finding::at(path, problem));
    None
}
