//! The book: every call in order, what was accepted, and each CSID's chain of ICV and PIH.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::environment::Environment;
use super::judge::{Category, Findings};

/// The platform's memory of accepted hashes (fatoora-api.md section 4).
const DUPLICATE_WINDOW: i64 = 24 * 3600;

/// PIH of the first document of a chain: base64 of the hex SHA-256 of "0" (signing.md section 8).
pub(super) const GENESIS_PIH: &str =
    "NWZlY2ViNjZmZmM4NmYzOGQ5NTI3ODZjNmQ2OTZjNzljMmRiYzIzOWRkNGU5MWI0NjcyOWQ3M2EyN2ZiNTdlOQ==";

/// What a call was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoint {
    /// `POST /compliance`
    Compliance,
    /// `POST /compliance/invoices`
    Check,
    /// `POST /production/csids`
    Production,
    /// `PATCH /production/csids`
    Renewal,
    /// `POST /invoices/reporting/single`
    Reporting,
    /// `POST /invoices/clearance/single`
    Clearance,
}

impl Endpoint {
    /// All of them, in the order of an onboarding.
    pub const ALL: [Endpoint; 6] = [
        Endpoint::Compliance,
        Endpoint::Check,
        Endpoint::Production,
        Endpoint::Renewal,
        Endpoint::Reporting,
        Endpoint::Clearance,
    ];

    /// The word in listings and fault scripts.
    pub fn name(self) -> &'static str {
        match self {
            Endpoint::Compliance => "compliance",
            Endpoint::Check => "check",
            Endpoint::Production => "production",
            Endpoint::Renewal => "renewal",
            Endpoint::Reporting => "reporting",
            Endpoint::Clearance => "clearance",
        }
    }
}

/// How much of an answer was handed to the connection while the peer was there; what the peer did with it is
/// not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivered {
    /// Nothing.
    None,
    /// Not all of it.
    Partial,
    /// All of it.
    Full,
}

/// One call as the book holds it; secrets, tokens and OTPs are never in it.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// Position in the book, from 1.
    pub seq: u64,
    /// When it was answered, Unix seconds.
    pub at: i64,
    /// Environment of the path.
    pub environment: Environment,
    /// What it was for.
    pub endpoint: Endpoint,
    /// Serial number of the certificate of the credentials.
    pub csid: Option<String>,
    /// CSID whose chain the document belongs to: the one that stamped it, else that of the credentials.
    pub chain: Option<String>,
    /// The document's number (BT-1).
    pub number: Option<String>,
    /// The document's UUID.
    pub uuid: Option<String>,
    /// The document's ICV.
    pub icv: Option<u64>,
    /// The document's PIH.
    pub pih: Option<String>,
    /// The document's hash as recomputed, base64.
    pub hash: Option<String>,
    /// `388 0200000` and the like.
    pub document: Option<String>,
    /// How often this document (or this very body, where there is none) has come here, this time included.
    pub attempt: u64,
    /// HTTP status of the answer that was given; `None` when a fault left the call without one.
    pub http: Option<u16>,
    /// HTTP status that the evaluation came to; `None` when a fault kept it from being evaluated.
    pub evaluated: Option<u16>,
    /// `REPORTED`, `NOT_CLEARED`, `ISSUED` and the like.
    pub verdict: Option<String>,
    /// Codes of all errors and warnings.
    pub codes: Vec<String>,
    /// Why it was refused, in words that the answer does not give away.
    pub reason: Option<String>,
    /// The fault that was played on this call.
    pub fault: Option<String>,
    /// How much of the answer went out.
    pub delivered: Delivered,
}

/// A document that was reported or cleared.
#[derive(Clone, Debug, Serialize)]
pub struct Accepted {
    /// When, Unix seconds.
    pub at: i64,
    /// Where.
    pub environment: Environment,
    /// Reporting or clearance.
    pub endpoint: Endpoint,
    /// CSID of the chain it belongs to.
    pub chain: String,
    /// The document's number (BT-1).
    pub number: String,
    /// The document's UUID.
    pub uuid: String,
    /// The document's ICV.
    pub icv: u64,
    /// The document's hash, base64.
    pub hash: String,
    /// Accepted with warnings (HTTP 202).
    pub warnings: Vec<String>,
    /// SHA-256 of the bytes as submitted, hex.
    pub bytes_sha256: String,
    /// The document as cleared, base64; `None` for reported ones.
    #[serde(skip)]
    pub cleared: Option<String>,
}

/// A document's place in a chain.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) hash: String,
    pub(super) pih: String,
    pub(super) accepted: bool,
}

/// One CSID's chain as far as it is known; a rejected document keeps its place.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    pub(super) places: BTreeMap<u64, Place>,
    /// ICVs that were used by two different documents.
    pub(super) doubled: Vec<u64>,
    /// Submissions of an accepted document that came again.
    pub(super) duplicates: u64,
    pub(super) rejected: u64,
}

/// The identity of a document in a chain.
pub(super) struct Link<'a> {
    pub(super) chain: &'a str,
    pub(super) icv: u64,
    pub(super) hash: &'a str,
    pub(super) pih: &'a str,
}

/// Everything the sandbox remembers of calls and documents.
#[derive(Default)]
pub(super) struct Book {
    pub(super) calls: Vec<Call>,
    pub(super) accepted: Vec<Accepted>,
    pub(super) chains: BTreeMap<(Environment, String), Chain>,
    /// Last acceptance of a hash.
    by_hash: HashMap<(Environment, Endpoint, String), usize>,
    /// How often a document or body has come.
    attempts: HashMap<[u8; 32], u64>,
}

impl Book {
    /// Writes a call down; its `seq` is set here and given back.
    pub(super) fn record(&mut self, call: Call) -> u64 {
        let seq = self.calls.len() as u64 + 1; // a count of calls fits
        self.calls.push(Call { seq, ..call });
        seq
    }

    /// Notes how much of the answer to call `seq` went out.
    pub(super) fn delivered(&mut self, seq: u64, how_much: Delivered) {
        let at = seq.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        if let Some(call) = at.and_then(|at| self.calls.get_mut(at)) {
            call.delivered = how_much;
        }
    }

    /// Counts a request by the digest of what it is about.
    pub(super) fn attempt(&mut self, about: [u8; 32]) -> u64 {
        let count = self.attempts.entry(about).or_default();
        *count += 1;
        *count
    }

    /// The acceptance of this very hash within the last 24 hours.
    pub(super) fn accepted_before(
        &self,
        env: Environment,
        endpoint: Endpoint,
        hash: &str,
        now: i64,
    ) -> Option<&Accepted> {
        let at = *self.by_hash.get(&(env, endpoint, hash.to_owned()))?;
        self.accepted.get(at).filter(|a| now.saturating_sub(a.at) < DUPLICATE_WINDOW)
    }

    /// Contradictions between this document and what is known of its chain. Documents may come in any order,
    /// so only known neighbours are compared; gaps are the audit's.
    pub(super) fn continuity(&self, env: Environment, link: &Link<'_>) -> Findings {
        let mut findings = Findings::default();
        let mut fault = |code: &str, message: String| findings.error(Category::Chain, code, message);
        if link.icv == 0 {
            fault("SANDBOX-ICV", "the invoice counter starts at 1".to_owned());
        }
        if (link.icv == 1) != (link.pih == GENESIS_PIH) && link.icv <= 1 {
            fault("SANDBOX-PIH", "the first document of a chain needs the genesis PIH".to_owned());
        } else if link.icv > 1 && link.pih == GENESIS_PIH {
            fault("SANDBOX-PIH", format!("ICV {} carries the genesis PIH", link.icv));
        }
        let Some(chain) = self.chains.get(&(env, link.chain.to_owned())) else { return findings };
        if chain.places.get(&link.icv).is_some_and(|known| known.hash != link.hash) {
            fault("SANDBOX-ICV", format!("ICV {} belongs to another document of this CSID", link.icv));
        }
        let before = link.icv.checked_sub(1).and_then(|icv| chain.places.get(&icv));
        if before.is_some_and(|known| known.hash != link.pih) {
            fault("SANDBOX-PIH", format!("the PIH is not the hash of ICV {}", link.icv - 1));
        }
        let after = link.icv.checked_add(1).and_then(|icv| chain.places.get(&icv));
        if after.is_some_and(|known| known.pih != link.hash) {
            fault("SANDBOX-PIH", format!("ICV {} is known and has another PIH than this hash", link.icv + 1));
        }
        findings
    }

    /// Gives a document its place. The first document with an ICV keeps it; another one is noted as doubled.
    pub(super) fn place(&mut self, env: Environment, link: &Link<'_>, accepted: bool) {
        let chain = self.chains.entry((env, link.chain.to_owned())).or_default();
        if !accepted {
            chain.rejected += 1;
        }
        match chain.places.get_mut(&link.icv) {
            Some(known) if known.hash == link.hash => known.accepted |= accepted,
            Some(_) => {
                if !chain.doubled.contains(&link.icv) {
                    chain.doubled.push(link.icv);
                }
            }
            None => {
                let place = Place { hash: link.hash.to_owned(), pih: link.pih.to_owned(), accepted };
                chain.places.insert(link.icv, place);
            }
        }
    }

    /// Counts a submission of a document that had been accepted before.
    pub(super) fn count_duplicate(&mut self, env: Environment, chain: &str) {
        self.chains.entry((env, chain.to_owned())).or_default().duplicates += 1;
    }

    /// Remembers an accepted document.
    pub(super) fn accept(&mut self, document: Accepted) {
        let key = (document.environment, document.endpoint, document.hash.clone());
        if self.by_hash.insert(key, self.accepted.len()).is_some() {
            self.count_duplicate(document.environment, &document.chain);
        }
        self.accepted.push(document);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENV: Environment = Environment::Core;

    fn link<'a>(icv: u64, hash: &'a str, pih: &'a str) -> Link<'a> {
        Link { chain: "c", icv, hash, pih }
    }

    fn codes(book: &Book, link: &Link<'_>) -> Vec<String> {
        book.continuity(ENV, link).codes()
    }

    #[test]
    fn neighbours_are_compared_in_any_order() {
        let mut book = Book::default();
        assert!(codes(&book, &link(3, "h3", "h2")).is_empty());
        book.place(ENV, &link(3, "h3", "h2"), true);
        assert_eq!(codes(&book, &link(2, "other", "h1")), ["SANDBOX-PIH"]);
        assert!(codes(&book, &link(2, "h2", "h1")).is_empty());
        book.place(ENV, &link(2, "h2", "h1"), false);
        assert_eq!(codes(&book, &link(1, "h1", "h0")), ["SANDBOX-PIH"]);
        assert!(codes(&book, &link(1, "h1", GENESIS_PIH)).is_empty());
        assert_eq!(codes(&book, &link(3, "h3x", "h2")), ["SANDBOX-ICV"]);
        assert_eq!(codes(&book, &link(4, "h4", "h2")), ["SANDBOX-PIH"]);
        assert!(codes(&book, &link(3, "h3", "h2")).is_empty(), "the same document again");
        assert_eq!(codes(&book, &link(9, "h9", GENESIS_PIH)), ["SANDBOX-PIH"]);
        assert!(codes(&book, &link(0, "h", "p")).contains(&"SANDBOX-ICV".to_owned()));
        assert!(codes(&book, &link(u64::MAX, "h", "p")).is_empty());
    }

    #[test]
    fn a_hash_is_remembered_for_a_day() {
        let mut book = Book::default();
        let document = |at| Accepted {
            at,
            environment: ENV,
            endpoint: Endpoint::Reporting,
            chain: "c".into(),
            number: "1".into(),
            uuid: "u".into(),
            icv: 1,
            hash: "h".into(),
            warnings: vec![],
            bytes_sha256: String::new(),
            cleared: None,
        };
        book.accept(document(1000));
        assert!(book.accepted_before(ENV, Endpoint::Reporting, "h", 1000 + 86_399).is_some());
        assert!(book.accepted_before(ENV, Endpoint::Reporting, "h", 1000 + 86_400).is_none());
        assert!(book.accepted_before(ENV, Endpoint::Clearance, "h", 1000).is_none());
        assert!(book.accepted_before(Environment::Simulation, Endpoint::Reporting, "h", 1000).is_none());
        book.accept(document(1000 + 90_000));
        assert!(book.accepted_before(ENV, Endpoint::Reporting, "h", 1000 + 90_001).is_some());
        assert_eq!(book.chains[&(ENV, "c".to_owned())].duplicates, 1);
    }
}
