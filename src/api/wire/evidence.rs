//! The JSON of what was sent and answered: attempts, warnings, releases.

use serde::{Deserialize, Serialize};

use super::{AuthorityFinding, Words};

/// Every attempt to send one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptList {
    /// Absent if the ledger cannot read it any more.
    pub uuid: Option<String>,
    pub number: Option<String>,
    /// The chain of its certificate, and its counter in it.
    pub chain: i64,
    pub icv: u64,
    pub issued_at: String,
    /// The name of its report state.
    pub state: String,
    /// Why it is held, and what to do.
    pub held: Option<Held>,
    /// What of the document the ledger cannot read any more.
    pub unreadable: Option<String>,
    /// How many there were; `attempts` has the newest 200 of them.
    pub total: u32,
    /// In their order.
    pub attempts: Vec<Attempt>,
}

/// Why a document waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// `protocol`, `other-environment`...
    pub reason: String,
    /// None for a reason that this version does not know.
    pub words: Option<Words>,
}

/// One attempt as it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// 1, 2, 3...
    pub number: u32,
    pub started_at: String,
    pub duration_ms: u64,
    /// `reporting` or `clearance`; empty if the program ended meanwhile.
    pub endpoint: String,
    /// The invoice hash that was sent.
    pub hash: String,
    /// None if no answer came.
    pub http: Option<u16>,
    /// The headers of the answer that matter.
    pub headers: Vec<(String, String)>,
    /// The word of what the answer means: `accepted`, `lost`...
    pub verdict: String,
    pub error: Option<String>,
    /// The document's state after it.
    pub state: String,
    /// What the authority warned of or objected to.
    pub findings: Vec<AuthorityFinding>,
    /// Bytes of the whole answer.
    pub answer_bytes: u64,
    /// The stored answer, at most 64 KiB of it; bytes that are no text are replaced.
    pub answer: Option<String>,
}

/// What the authority warned of in documents that it accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarningList {
    /// Documents that were looked at, the newest first.
    pub looked_at: u64,
    /// There are older ones that were not looked at.
    pub more: bool,
    /// The most frequent first.
    pub warnings: Vec<Warning>,
}

/// One code and the documents that got it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Code, words and what to do; the message is that of the newest document.
    pub finding: AuthorityFinding,
    pub documents: u64,
    pub first_at: String,
    pub last_at: String,
    /// Invoice numbers, the newest first.
    pub newest: Vec<String>,
}

/// The answer to a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Released {
    pub uuid: String,
    pub number: String,
    /// Why it was held.
    pub was: Option<String>,
    /// Always `Queued`.
    pub state: String,
}
