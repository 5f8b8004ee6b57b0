//! The audit: what the book says about each CSID's chain.

use serde::Serialize;

use super::book::{Book, Chain, GENESIS_PIH};
use super::environment::Environment;

/// More gaps than this are not listed one by one.
const MAX_GAPS: usize = 1000;

/// The audit of all CSIDs.
#[derive(Clone, Debug, Serialize)]
pub struct Audit {
    /// No CSID has a gap, a broken link or an ICV used twice. Rejected documents and duplicates, which a
    /// correct till can have, do not count.
    pub ok: bool,
    /// One entry per CSID that sent documents.
    pub csids: Vec<CsidAudit>,
}

/// The audit of one CSID.
#[derive(Clone, Debug, Serialize)]
pub struct CsidAudit {
    /// Where.
    pub environment: Environment,
    /// Serial number of the certificate.
    pub csid: String,
    /// As [`Audit::ok`], for this CSID.
    pub ok: bool,
    /// Documents with a place in the chain, accepted or not.
    pub documents: u64,
    /// Documents accepted at least once.
    pub accepted: u64,
    /// Submissions that were refused.
    pub rejected: u64,
    /// Submissions of a document that had been accepted before.
    pub duplicates: u64,
    /// Lowest and highest ICV.
    pub first_icv: Option<u64>,
    /// See `first_icv`.
    pub last_icv: Option<u64>,
    /// ICVs from 1 to the last that never came; a chain that goes on from another CSID's last document after a
    /// renewal begins where it begins.
    pub gaps: Vec<u64>,
    /// ICVs whose PIH is not the hash of the one before.
    pub chain_breaks: Vec<u64>,
    /// ICVs that two different documents claimed.
    pub doubled_icvs: Vec<u64>,
}

pub(super) fn audit(book: &Book) -> Audit {
    let csids: Vec<CsidAudit> =
        book.chains.iter().map(|((env, csid), chain)| of_chain(book, *env, csid, chain)).collect();
    Audit { ok: csids.iter().all(|c| c.ok), csids }
}

/// Whether a chain that does not begin at 1 goes on from the last document of another CSID.
fn goes_on(book: &Book, environment: Environment, csid: &str, pih: &str) -> bool {
    let others = book.chains.iter().filter(|((env, other), _)| *env == environment && other != csid);
    others.filter_map(|(_, chain)| chain.places.values().next_back()).any(|last| last.hash == pih)
}

fn of_chain(book: &Book, environment: Environment, csid: &str, chain: &Chain) -> CsidAudit {
    let (mut gaps, mut breaks) = (Vec::new(), Vec::new());
    let mut previous: Option<(u64, &str)> = None;
    for (icv, place) in &chain.places {
        match previous {
            None if *icv == 1 && place.pih != GENESIS_PIH => breaks.push(*icv),
            None if *icv == 1 || goes_on(book, environment, csid, &place.pih) => {}
            None => gaps.extend((1..*icv).take(MAX_GAPS)),
            Some((last, hash)) if last + 1 == *icv => {
                if place.pih != hash {
                    breaks.push(*icv);
                }
            }
            Some((last, _)) => gaps.extend((last + 1..*icv).take(MAX_GAPS.saturating_sub(gaps.len()))),
        }
        previous = Some((*icv, &place.hash));
    }
    CsidAudit {
        environment,
        csid: csid.to_owned(),
        ok: gaps.is_empty() && breaks.is_empty() && chain.doubled.is_empty(),
        documents: chain.places.len() as u64,
        accepted: chain.places.values().filter(|p| p.accepted).count() as u64,
        rejected: chain.rejected,
        duplicates: chain.duplicates,
        first_icv: chain.places.keys().next().copied(),
        last_icv: chain.places.keys().next_back().copied(),
        gaps,
        chain_breaks: breaks,
        doubled_icvs: chain.doubled.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::book::Link;
    use super::*;

    #[test]
    fn gaps_breaks_and_doubles_are_told() {
        let mut book = Book::default();
        let env = Environment::Core;
        let mut put = |icv, hash, pih| book.place(env, &Link { chain: "c", icv, hash, pih }, true);
        put(1, "h1", GENESIS_PIH);
        put(2, "h2", "h1");
        put(5, "h5", "h4");
        put(6, "h6", "wrong");
        put(6, "h6b", "h5");
        let audit = audit(&book);
        let csid = &audit.csids[0];
        assert!(!audit.ok);
        assert_eq!((csid.gaps.as_slice(), csid.chain_breaks.as_slice()), (&[3, 4][..], &[6][..]));
        assert_eq!((csid.doubled_icvs.as_slice(), csid.documents), (&[6][..], 4));
    }

    #[test]
    fn a_chain_may_go_on_from_another_csid_but_not_begin_in_the_middle() {
        let mut book = Book::default();
        let env = Environment::Core;
        book.place(env, &Link { chain: "old", icv: 1, hash: "h1", pih: GENESIS_PIH }, true);
        book.place(env, &Link { chain: "new", icv: 2, hash: "h2", pih: "h1" }, true);
        assert!(audit(&book).ok);
        book.place(env, &Link { chain: "lost", icv: 3, hash: "h3", pih: "hx" }, true);
        assert_eq!(audit(&book).csids.iter().find(|c| c.csid == "lost").unwrap().gaps, [1, 2]);
    }

    #[test]
    fn a_good_chain_is_ok() {
        let mut book = Book::default();
        for (icv, hash, pih) in [(1, "h1", GENESIS_PIH), (3, "h3", "h2"), (2, "h2", "h1")] {
            book.place(Environment::Core, &Link { chain: "c", icv, hash, pih }, icv != 2);
        }
        let audit = audit(&book);
        assert!(audit.ok);
        assert_eq!((audit.csids[0].accepted, audit.csids[0].rejected), (2, 1));
    }
}
