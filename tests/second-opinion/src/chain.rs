//! The documents of one folder as chains: counters without gap or repetition,
//! every document pointing at the hash of the one before it.

use crate::judge::{Place, follows};
use std::collections::{BTreeMap, HashMap};

/// The hash that the first document of every chain carries as its predecessor:
/// base64 of the hexadecimal SHA-256 of the character `0`.
pub const GENESIS: &str =
    "NWZlY2ViNjZmZmM4NmYzOGQ5NTI3ODZjNmQ2OTZjNzljMmRiYzIzOWRkNGU5MWI0NjcyOWQ3M2EyN2ZiNTdlOQ==";

/// A document that could be parsed: its index in the caller's list, its text, its place.
pub struct Link<'a> {
    pub index: usize,
    pub xml: &'a str,
    pub place: &'a Place,
}

/// Checks all chains among `links`, one for each signing certificate. Returns
/// findings by the caller's index.
pub fn check(links: &[Link<'_>]) -> Vec<(usize, String)> {
    let mut found = repeated_uuids(links);
    let mut chains: BTreeMap<&str, Vec<&Link<'_>>> = BTreeMap::new();
    for link in links {
        chains.entry(&link.place.certificate).or_default().push(link);
    }
    for chain in chains.values_mut() {
        chain.sort_by_key(|link| link.place.icv);
        found.extend(check_one(chain));
    }
    found
}

/// One chain, sorted by counter.
fn check_one(chain: &[&Link<'_>]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut before: Option<&Place> = None;
    for link in chain {
        let icv = link.place.icv;
        let expected = before.map_or(1, |place| place.icv.saturating_add(1));
        if icv == expected {
            // The library reads the reference again from the bytes and compares.
            let previous = before.map_or(GENESIS, |place| place.hash.as_str());
            found.extend(follows(link.xml, previous).into_iter().map(|line| (link.index, line)));
        } else {
            found.push((link.index, format!("chain: counter {icv} where {expected} should stand")));
        }
        before = Some(link.place);
    }
    found
}

fn repeated_uuids(links: &[Link<'_>]) -> Vec<(usize, String)> {
    let mut seen: HashMap<&str, u64> = HashMap::new();
    let mut found = Vec::new();
    for link in links {
        if let Some(icv) = seen.insert(&link.place.uuid, link.place.icv) {
            found.push((link.index, format!("chain: its UUID is also that of counter {icv}")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(certificate: &str, icv: u64) -> Place {
        Place {
            certificate: certificate.into(),
            icv,
            hash: GENESIS.into(),
            uuid: format!("{certificate}-{icv}"),
        }
    }

    fn run(places: &[Place]) -> Vec<(usize, String)> {
        let links: Vec<Link<'_>> =
            places.iter().enumerate().map(|(index, place)| Link { index, xml: "", place }).collect();
        check(&links).into_iter().filter(|(_, line)| line.starts_with("chain:")).collect()
    }

    #[test]
    fn counters_in_any_order_without_gap_are_fine() {
        assert!(run(&[place("a", 2), place("a", 1), place("a", 3)]).is_empty());
    }

    #[test]
    fn a_gap_is_named_at_the_document_after_it() {
        let found = run(&[place("a", 1), place("a", 3)]);
        assert_eq!(found, [(1, "chain: counter 3 where 2 should stand".into())]);
    }

    #[test]
    fn a_repeated_counter_and_a_late_start_are_findings() {
        assert_eq!(run(&[place("a", 2)]).len(), 1);
        let mut twin = place("a", 1);
        twin.uuid = "other".into();
        assert_eq!(run(&[place("a", 1), twin]).len(), 1);
    }

    #[test]
    fn every_certificate_has_its_own_chain() {
        assert!(run(&[place("a", 1), place("b", 1), place("a", 2)]).is_empty());
    }

    #[test]
    fn a_uuid_may_stand_only_once() {
        let mut second = place("a", 2);
        second.uuid = place("a", 1).uuid;
        assert_eq!(run(&[place("a", 1), second]).len(), 1);
    }

    #[test]
    fn a_predecessor_that_the_library_refuses_is_a_finding() {
        let only = place("a", 1);
        let found = check(&[Link { index: 0, xml: "<Invoice/>", place: &only }]);
        assert!(!found.is_empty());
    }
}
