//! Several documents of one unit: counters by one, each naming the hash of the
//! one before it, no UUID twice (signing.md section 8).

use std::cmp::Ordering;
use std::collections::HashMap;

use super::Facts;
use super::finding::{At, Notes, because, values};
use super::wording::Check;
use crate::chain::GENESIS_PIH;
use crate::rules::{Finding, Layer};

/// A document's part in a chain: its name for people, and what its judgement found of it.
#[derive(Clone, Copy, Debug)]
pub struct ChainLink<'a> {
    pub name: &'a str,
    /// `None` if the document could not be read.
    pub facts: Option<&'a Facts>,
}

/// How a chain came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainJudgement {
    /// Documents with a usable counter.
    pub documents: usize,
    pub first_icv: Option<String>,
    pub last_icv: Option<String>,
    /// All are errors of [`Layer::Pih`]; each with the name of the document it is about, if it is about one.
    pub findings: Vec<(Option<String>, Finding)>,
}

struct Row<'a> {
    /// The counter without leading zeros.
    icv: &'a str,
    name: &'a str,
    facts: &'a Facts,
}

/// Judges documents as one chain. It begins with ICV 1 and the constant of the
/// first document, or anywhere with the given previous hash.
pub fn chain(links: &[ChainLink<'_>], pih: Option<&str>) -> ChainJudgement {
    let mut findings = Findings(Vec::new());
    let mut rows = Vec::new();
    for link in links {
        match usable(link) {
            Some(row) => rows.push(row),
            None => findings.add(Some(link.name), Check::ChainNoIcv, values("", "", "no ICV in digits")),
        }
    }
    rows.sort_by(|a, b| by_counter(a.icv, b.icv).then_with(|| a.name.cmp(b.name)));
    check_uuids(&mut findings, &rows);
    let given = pih.filter(|pih| !pih.is_empty());
    if let Some(row) = rows.first() {
        check_first(&mut findings, row, given);
    }
    for pair in rows.windows(2) {
        if let [before, row] = pair {
            check_step(&mut findings, before, row);
        }
    }
    if rows.is_empty() {
        findings.add(None, Check::ChainEmpty, because("no document has an ICV in digits"));
    }
    ChainJudgement {
        documents: rows.len(),
        first_icv: rows.first().map(|row| row.icv.to_owned()),
        last_icv: rows.last().map(|row| row.icv.to_owned()),
        findings: findings.0,
    }
}

struct Findings(Vec<(Option<String>, Finding)>);

impl Findings {
    fn add(&mut self, name: Option<&str>, id: Check, values: super::finding::Values<'_>) {
        let mut notes = Notes::new(Layer::Pih);
        notes.error(id, At::Path("/Invoice/cac:AdditionalDocumentReference"), values);
        self.0.extend(notes.findings.into_iter().map(|found| (name.map(str::to_owned), found)));
    }
}

fn usable<'a>(link: &ChainLink<'a>) -> Option<Row<'a>> {
    let facts = link.facts?;
    let icv =
        facts.icv.as_deref().filter(|icv| !icv.is_empty() && icv.bytes().all(|b| b.is_ascii_digit()))?;
    let trimmed = icv.trim_start_matches('0');
    Some(Row { icv: if trimmed.is_empty() { "0" } else { trimmed }, name: link.name, facts })
}

/// Counters have any number of digits; the longer is the larger.
fn by_counter(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn check_uuids(findings: &mut Findings, rows: &[Row<'_>]) {
    let mut seen: HashMap<Option<&str>, &str> = HashMap::new();
    for row in rows {
        let uuid = row.facts.uuid.as_deref();
        if let Some(other) = seen.insert(uuid, row.name) {
            let values = values(uuid.unwrap_or("-"), other, "one UUID in two documents");
            findings.add(Some(row.name), Check::ChainUuid, values);
        }
    }
}

fn check_first(findings: &mut Findings, row: &Row<'_>, given: Option<&str>) {
    let want = given.unwrap_or(GENESIS_PIH);
    let pih = row.facts.pih.as_deref();
    if pih != Some(want) {
        let values = values(pih.unwrap_or("-"), want, "PIH of the first document");
        findings.add(Some(row.name), Check::ChainFirstPih, values);
    }
    if given.is_none() && row.icv != "1" {
        let values = values(row.icv, "1", "a later part of a chain needs the PIH before it");
        findings.add(Some(row.name), Check::ChainFirstIcv, values);
    }
}

fn check_step(findings: &mut Findings, before: &Row<'_>, row: &Row<'_>) {
    if successor(before.icv) != row.icv {
        findings.add(Some(row.name), Check::ChainIcv, values(row.icv, before.icv, "ICV must grow by one"));
    }
    let (pih, hash) = (row.facts.pih.as_deref(), before.facts.hash.as_deref());
    if pih.is_none() || pih != hash {
        let values =
            values(pih.unwrap_or("-"), hash.unwrap_or("-"), "PIH is not the hash of the document before");
        findings.add(Some(row.name), Check::ChainPih, values);
    }
}

/// The number after a number in digits.
fn successor(number: &str) -> String {
    let nines = number.bytes().rev().take_while(|b| *b == b'9').count();
    let (head, _) = number.split_at(number.len() - nines);
    let mut next = match head.char_indices().next_back() {
        None => "1".to_owned(),
        Some((at, digit)) => {
            let raised =
                digit.to_digit(10).and_then(|value| char::from_digit(value + 1, 10)).unwrap_or(digit);
            format!("{}{raised}", head.get(..at).unwrap_or(""))
        }
    };
    next.extend(std::iter::repeat_n('0', nines));
    next
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(icv: &str, pih: &str, hash: &str, uuid: &str) -> Facts {
        let some = |text: &str| Some(text.to_owned());
        Facts { icv: some(icv), pih: some(pih), hash: some(hash), uuid: some(uuid), ..Facts::default() }
    }

    fn rules(documents: &[Facts], pih: Option<&str>) -> Vec<String> {
        let names: Vec<String> = (0..documents.len()).map(|at| format!("{at}.xml")).collect();
        let links: Vec<ChainLink<'_>> = documents
            .iter()
            .zip(&names)
            .map(|(facts, name)| ChainLink { name, facts: Some(facts) })
            .collect();
        chain(&links, pih).findings.into_iter().map(|(_, found)| found.rule.into_owned()).collect()
    }

    #[test]
    fn a_whole_chain_in_any_order_passes() {
        let two = facts("10", "h9", "h10", "b");
        let one = facts("9", GENESIS_PIH, "h9", "a");
        assert_eq!(rules(&[two.clone(), one.clone()], None), ["CHAIN-FIRST-ICV"]);
        assert_eq!(rules(&[two, one], Some(GENESIS_PIH)), [""; 0]);
    }

    #[test]
    fn each_break_has_its_id() {
        let first = facts("1", GENESIS_PIH, "h1", "a");
        assert_eq!(rules(&[first.clone(), facts("3", "h1", "h3", "b")], None), ["CHAIN-ICV"]);
        assert_eq!(rules(&[first.clone(), facts("2", "hx", "h2", "b")], None), ["CHAIN-PIH"]);
        assert_eq!(rules(&[first.clone(), facts("2", "h1", "h2", "a")], None), ["CHAIN-UUID"]);
        assert_eq!(rules(&[facts("1", "x", "h1", "a")], None), ["CHAIN-FIRST-PIH"]);
        assert_eq!(rules(&[facts("2", "x", "h1", "a")], None), ["CHAIN-FIRST-PIH", "CHAIN-FIRST-ICV"]);
        assert_eq!(rules(&[facts("x", "x", "h1", "a")], None), ["CHAIN-ICV", "CHAIN-EMPTY"]);
        assert_eq!(rules(&[first], Some("p")), ["CHAIN-FIRST-PIH"]);
    }

    #[test]
    fn counters_of_any_length_are_counted() {
        for (number, next) in
            [("0", "1"), ("9", "10"), ("199", "200"), ("99999999999999999999999", "100000000000000000000000")]
        {
            assert_eq!(successor(number), next);
        }
    }
}
