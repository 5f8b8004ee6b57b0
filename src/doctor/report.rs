//! The report: the worst level, one line for monitoring, all lines for people,
//! JSON for machines.

use serde_json::{Value, json};

use super::check::{Check, Level};
use super::facts::Measure;
use crate::text::Bilingual;

/// Everything that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The till's name, if it is known.
    pub till: Option<String>,
    pub checks: Vec<Check>,
    pub measures: Vec<Measure>,
}

impl Report {
    /// The worst of all checks.
    pub fn level(&self) -> Level {
        self.checks.iter().fold(Level::Ok, |worst, check| worst.worse(check.level))
    }

    /// The exit code of a monitoring plugin.
    pub fn exit_code(&self) -> u8 {
        self.level().exit_code()
    }

    /// The checks from the worst on; equals stay in their order.
    pub fn worst_first(&self) -> Vec<&Check> {
        let mut checks: Vec<&Check> = self.checks.iter().collect();
        checks.sort_by_key(|check| std::cmp::Reverse(check.level.weight()));
        checks
    }

    /// The line that monitoring shows, without performance data.
    pub fn headline(&self) -> Bilingual {
        let till = self.till.as_ref().map_or(String::new(), |till| format!(" {till}"));
        let worst = self.worst_first();
        let bad: Vec<&&Check> = worst.iter().filter(|check| check.level != Level::Ok).collect();
        let (mut en, mut ar) = match bad.first() {
            None => ("all is well".to_owned(), "كل شيء سليم".to_owned()),
            Some(check) => {
                let title = check.subject.title();
                let line = |title: &str, finding: &str| {
                    format!("{title}: {}", finding.lines().next().unwrap_or_default().trim_end_matches(':'))
                };
                (line(&title.en, &check.finding.en), line(&title.ar, &check.finding.ar))
            }
        };
        if bad.len() > 1 {
            en.push_str(&format!(" (+{} more)", bad.len() - 1));
            ar.push_str(&format!(" (+{})", bad.len() - 1));
        }
        let level = self.level();
        Bilingual::new(
            one_line(&format!("TILLD {}{till}: {en}", level.word())),
            one_line(&format!("TILLD {}{till}: {ar}", level.word())),
        )
    }

    /// `unsent=3;; oldest=40s;43199;71999`: label, value, unit, ranges.
    pub fn performance(&self) -> String {
        let shown = self.measures.iter().map(|measure| {
            let Measure { label, value, unit, warning, critical } = measure;
            format!("{label}={value}{unit};{warning};{critical}")
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    /// The whole report for machines.
    pub fn json(&self) -> Value {
        let checks: Vec<Value> = self.checks.iter().map(entry).collect();
        let measures: Vec<Value> = self
            .measures
            .iter()
            .map(|measure| json!({"label": measure.label, "value": measure.value, "unit": measure.unit}))
            .collect();
        let headline = self.headline();
        json!({
            "level": self.level(),
            "exit_code": self.exit_code(),
            "till": self.till,
            "summary": headline.en,
            "summary_ar": headline.ar,
            "checks": checks,
            "measures": measures,
        })
    }
}

fn entry(check: &Check) -> Value {
    let title = check.subject.title();
    json!({
        "id": check.subject.id(),
        "level": check.level,
        "title": title.en,
        "title_ar": title.ar,
        "finding": check.finding.en,
        "finding_ar": check.finding.ar,
        "remedy": check.remedy.as_ref().map(|remedy| &remedy.en),
        "remedy_ar": check.remedy.as_ref().map(|remedy| &remedy.ar),
    })
}

/// Monitoring takes what follows a bar for performance data, and the first line alone.
fn one_line(text: &str) -> String {
    let bars = text.replace('|', "/");
    bars.split_whitespace().collect::<Vec<_>>().join(" ")
}
