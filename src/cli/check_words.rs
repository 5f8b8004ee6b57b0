//! What `tilld check` shows: lines for people, objects for programs.

use serde_json::{Value, json};

use super::check::Lang;
use super::{Failure, Streams};
use crate::check::{ChainJudgement, Judgement, Verdict, is_failure};
use crate::rules::{Finding, Layer, Severity};
use crate::text::Bilingual;

/// A judged document under the name that it was given by.
pub struct Shown<'a> {
    pub name: &'a str,
    pub verdict: Verdict,
    pub judgement: &'a Judgement,
}

/// `{"file", "verdict", "findings": [...]}` in one line.
pub fn json(shown: &Shown<'_>) -> Result<String, Failure> {
    let findings: Vec<Value> =
        shown.judgement.findings.iter().map(|found| object(found, found.layer.name())).collect();
    line(&json!({ "file": shown.name, "verdict": shown.verdict.name(), "findings": findings }))
}

/// The same of a file that could not be read.
pub fn unread_json(name: &str, error: &std::io::Error) -> Result<String, Failure> {
    let remedy = Bilingual::new("Check the name and who may read it.", "تحقق من الاسم وصلاحية القراءة.");
    let unread = Finding {
        rule: "IO".into(),
        severity: Severity::Error,
        layer: Layer::Xsd,
        field: "/".to_owned(),
        request: None,
        message: Bilingual::new(
            format!("The file cannot be read: {error}."),
            format!("تعذرت قراءة الملف: {error}."),
        ),
        cashier: Bilingual::new("Call support.", "اتصل بالدعم."),
        integrator: Bilingual::new(format!("IO: {error}"), format!("IO: {error}")),
        remedy,
    };
    let findings = [object(&unread, unread.layer.name())];
    line(&json!({ "file": name, "verdict": Verdict::Fail.name(), "findings": findings }))
}

/// `{"chain", "documents", "first_icv", "last_icv", "findings": [...]}` in one line.
pub fn chain_json(result: &ChainJudgement) -> Result<String, Failure> {
    let findings = result.findings.iter().map(|(file, found)| {
        let mut object = object(found, "chain");
        if let (Some(map), Some(file)) = (object.as_object_mut(), file) {
            map.insert("file".to_owned(), Value::from(file.as_str()));
        }
        object
    });
    line(&json!({
        "chain": if result.findings.is_empty() { "pass" } else { "fail" },
        "documents": result.documents,
        "first_icv": result.first_icv,
        "last_icv": result.last_icv,
        "findings": findings.collect::<Vec<Value>>(),
    }))
}

fn object(found: &Finding, layer: &str) -> Value {
    json!({
        "rule": found.rule,
        "severity": severity(found),
        "layer": layer,
        "field": found.field,
        "message": found.message.en,
        "message_ar": found.message.ar,
        "remedy": found.remedy.en,
        "remedy_ar": found.remedy.ar,
        "cashier": found.cashier.en,
        "cashier_ar": found.cashier.ar,
        "integrator": found.integrator.en,
        "integrator_ar": found.integrator.ar,
    })
}

fn severity(found: &Finding) -> &'static str {
    match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn line(value: &Value) -> Result<String, Failure> {
    serde_json::to_string(value)
        .map_err(|error| Failure::Finding(format!("the result cannot be written ({error})")))
}

impl Lang {
    fn of(self, words: &Bilingual) -> &str {
        match self {
            Lang::En => &words.en,
            Lang::Ar => &words.ar,
        }
    }

    fn pick<'w>(self, en: &'w str, ar: &'w str) -> &'w str {
        match self {
            Lang::En => en,
            Lang::Ar => ar,
        }
    }

    fn verdict(self, verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Pass => self.pick("PASS", "سليم"),
            Verdict::Warn => self.pick("WARN", "تنبيه"),
            Verdict::Fail => self.pick("FAIL", "مرفوض"),
        }
    }
}

/// The verdict, and below it each finding once with what to do.
pub fn text(shown: &Shown<'_>, strict: bool, lang: Lang, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let facts = shown.judgement.facts.as_ref();
    let number = facts.and_then(|facts| facts.number.as_deref()).unwrap_or_default();
    let about = if number.is_empty() { String::new() } else { format!("  [{}]", short(number)) };
    streams.say(&format!("{} {}{about}", lang.verdict(shown.verdict), shown.name))?;
    // What fails the document stands first.
    let findings = &shown.judgement.findings;
    let failing = findings.iter().filter(|found| is_failure(found, strict));
    let others = findings.iter().filter(|found| !is_failure(found, strict));
    for (found, times) in grouped(failing.chain(others)) {
        let layer = found.layer.name();
        finding(found, layer, times, lang, streams)?;
    }
    Ok(())
}

/// Counters and links across the documents.
pub fn chain_text(result: &ChainJudgement, lang: Lang, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let verdict = if result.findings.is_empty() { Verdict::Pass } else { Verdict::Fail };
    let icv = |icv: &Option<String>| icv.as_deref().map_or("-", |icv| icv).to_owned();
    let (first, last) = (icv(&result.first_icv), icv(&result.last_icv));
    let name = lang.pick("chain", "السلسلة");
    streams.say(&format!("{} {name}: ICV {} – {}", lang.verdict(verdict), short(&first), short(&last)))?;
    for (file, found) in &result.findings {
        if let Some(file) = file {
            streams.say(&format!("  {file}"))?;
        }
        finding(found, "chain", 1, lang, streams)?;
    }
    Ok(())
}

/// How many were judged and how many failed.
pub fn summary(
    documents: usize,
    failed: usize,
    lang: Lang,
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    match lang {
        Lang::En => streams.say(&format!("{documents} documents judged, {failed} failures.")),
        Lang::Ar => streams.say(&format!("عدد المستندات: {documents}، المرفوض: {failed}.")),
    }
}

fn finding(
    found: &Finding,
    layer: &str,
    times: usize,
    lang: Lang,
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    let again = if times > 1 { format!(" x{times}") } else { String::new() };
    let severity = severity(found);
    streams.say(&format!("  {severity} {layer} {}{again}: {}", found.rule, lang.of(&found.message)))?;
    streams.say(&format!("    {} {}", lang.pick("To do:", "المطلوب:"), lang.of(&found.remedy)))?;
    streams.say(&format!(
        "    {} {}",
        lang.pick("At the till:", "عند نقطة البيع:"),
        lang.of(&found.cashier)
    ))?;
    streams.say(&format!(
        "    {} {}",
        lang.pick("For the integrator:", "للمبرمج:"),
        lang.of(&found.integrator)
    ))
}

/// Findings of one rule that say the same, with how often they do, in order.
fn grouped<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<(&'f Finding, usize)> {
    let mut groups: Vec<(&Finding, usize)> = Vec::new();
    for found in findings {
        let same = |(other, _): &&mut (&Finding, usize)| {
            other.rule == found.rule && other.layer == found.layer && other.message == found.message
        };
        match groups.iter_mut().find(same) {
            Some((_, times)) => *times += 1,
            None => groups.push((found, 1)),
        }
    }
    groups
}

/// A document decides how long its number is; a line of text does not follow it.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}
