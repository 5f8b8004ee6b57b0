//! What an archive says of itself: `manifest.json`, one JSON document whose first
//! line holds the facts of the period, each further line one document, and
//! the last line the totals. So it is written and read line by line, and no
//! program needs more than one document of it in memory.

use std::io::{self, BufRead, Read as _};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The form of the archive; another word is another form.
pub const FORMAT: &str = "tilld-audit-1";
pub const MANIFEST: &str = "manifest.json";
/// The manifest's SHA-256, as `sha256sum` writes it.
pub const MANIFEST_HASH: &str = "manifest.sha256";
pub const README: &str = "README.txt";
pub const ACTIVITIES: &str = "activities.jsonl";

/// Bytes of the longest line: a document with every attempt that a ledger keeps.
const LINE_BYTES: u64 = 64 << 20;
const BEGIN: &str = ",\"documents\":[\n";

/// The period and the till. Times are Riyadh time with its offset, hashes of
/// files are SHA-256 in hexadecimal digits, invoice hashes base64 as in the XML.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub format: String,
    /// The version of tilld that wrote it.
    pub version: String,
    pub till: String,
    pub vat_number: String,
    /// First and last day of issue, both included, `2026-01-31`.
    pub from: String,
    pub to: String,
    /// The only chain that is in it; all of them if absent.
    pub chain: Option<i64>,
    pub chains: Vec<Chain>,
    pub activities: Activities,
    /// What is in it beside the documents.
    pub files: Vec<FileFact>,
}

/// The certificate that stamped a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    pub chain: i64,
    pub environment: String,
    pub certificate: String,
    /// SHA-256 of the certificate's DER in hexadecimal digits.
    pub fingerprint: String,
    /// The chain whose ICV and PIH it goes on with.
    pub continues: Option<i64>,
    pub closed: bool,
}

/// The part of the activity log that is in the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activities {
    pub entries: u64,
    /// The hash of the entry before the first, in hexadecimal digits.
    pub before: String,
}

/// One entry of the activity log, a line of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    pub id: u64,
    /// Seconds since 1970, UTC, which the hash covers.
    pub at: i64,
    pub actor: String,
    pub what: String,
    pub detail: String,
    pub hash: String,
}

/// A file of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFact {
    pub path: String,
    pub role: Role,
    pub bytes: u64,
    pub sha256: String,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The XML exactly as it was stamped and is sent.
    Submitted,
    /// The XML with the authority's stamp, which the buyer gets.
    Cleared,
    /// The body of an answer of the authority.
    Answer,
    /// About the archive.
    Explanation,
    ActivityLog,
}

/// One document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub chain: i64,
    pub icv: u64,
    pub number: Option<String>,
    pub uuid: Option<String>,
    pub kind: Option<Kind>,
    pub issued: String,
    /// The XML's hash.
    pub hash: Option<String>,
    pub pih: Option<String>,
    /// The word of its report state.
    pub state: String,
    /// Why it is held.
    pub held: Option<String>,
    /// UUID of the rejected document that it replaces.
    pub corrects: Option<String>,
    /// What of it the ledger cannot read any more.
    pub unreadable: Option<String>,
    pub files: Vec<FileFact>,
    pub attempts: Vec<Attempt>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kind {
    /// `simplified` or `standard`.
    pub subtype: String,
    /// UNTDID 1001 code, `388`.
    pub code: String,
    /// The transaction flags, `0200000`.
    pub name: String,
}

/// One attempt to send a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub number: u32,
    pub started_at: String,
    pub duration_ms: u64,
    /// `reporting` or `clearance`; empty if the program ended meanwhile.
    pub endpoint: String,
    /// The hash that was sent.
    pub hash: String,
    pub http: Option<u16>,
    pub headers: Vec<(String, String)>,
    pub verdict: String,
    pub error: Option<String>,
    /// The document's state after it.
    pub state: String,
    /// Bytes of the answer; its file holds fewer if it was cut.
    pub answer_bytes: u64,
    /// Path of the answer's file; absent if nothing came.
    pub answer: Option<String>,
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub documents: u64,
    pub unreadable: u64,
}

impl FileFact {
    pub fn of(path: impl Into<String>, role: Role, content: &[u8]) -> FileFact {
        let sha256 = hex(&Sha256::digest(content));
        FileFact { path: path.into(), role, bytes: content.len() as u64, sha256 }
    }
}

/// The first line: an object that is not closed yet.
pub fn header_line(header: &Header) -> io::Result<String> {
    let mut line = serde_json::to_string(header)?;
    line.pop();
    line.push_str(BEGIN);
    Ok(line)
}

/// A document's line without its end, which depends on whether another follows.
pub fn document_line(document: &Document) -> io::Result<String> {
    Ok(serde_json::to_string(document)?)
}

/// The last line.
pub fn totals_line(totals: &Totals) -> io::Result<String> {
    Ok(format!("],\"totals\":{}}}\n", serde_json::to_string(totals)?))
}

/// The path of a chain's document in the archive.
pub fn folder(chain: i64, icv: u64) -> String {
    format!("chain-{chain:05}/{icv:010}")
}

/// The name that the law gives an invoice's file: VAT number, date and time of
/// issue, and number with a dash for whatever is neither letter nor digit.
/// `issued` is `2026-03-14T21:05:09...`.
pub fn xml_name(vat_number: &str, issued: &str, number: &str) -> String {
    let plain = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
    };
    let moment: String = issued.chars().take(19).filter(|c| c.is_ascii_digit() || *c == 'T').collect();
    format!("{}_{moment}_{}.xml", plain(vat_number), plain(number))
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The 32 bytes of [`hex`].
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// What a line of the manifest is.
pub enum Line {
    Document(Box<Document>),
    Totals(Totals),
}

/// Reads a manifest line by line.
pub struct Lines<R> {
    from: R,
    /// The document before was followed by a comma, or is the beginning.
    more: bool,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub fn new(from: R) -> Lines<R> {
        Lines { from, more: true, line: Vec::new() }
    }

    /// The first line.
    pub fn header(&mut self) -> io::Result<Header> {
        self.fetch()?;
        let facts = self.line.strip_suffix(BEGIN.as_bytes()).ok_or_else(wrong)?;
        parsed(&[facts, b"}"].concat())
    }

    /// The next document, or the totals, behind which nothing may come.
    pub fn next(&mut self) -> io::Result<Line> {
        self.fetch()?;
        let line = self.line.strip_suffix(b"\n").ok_or_else(wrong)?;
        if let Some(totals) = line.strip_prefix(b"],\"totals\":") {
            let totals = parsed(totals.strip_suffix(b"}").ok_or_else(wrong)?)?;
            let end = self.from.fill_buf()?.is_empty();
            return if end { Ok(Line::Totals(totals)) } else { Err(wrong()) };
        }
        if !self.more {
            return Err(wrong());
        }
        let (document, more) = match line.strip_suffix(b",") {
            Some(document) => (document, true),
            None => (line, false),
        };
        self.more = more;
        Ok(Line::Document(Box::new(parsed(document)?)))
    }

    fn fetch(&mut self) -> io::Result<()> {
        self.line.clear();
        self.from.by_ref().take(LINE_BYTES).read_until(b'\n', &mut self.line)?;
        Ok(())
    }
}

fn parsed<T: DeserializeOwned>(line: &[u8]) -> io::Result<T> {
    serde_json::from_slice(line).map_err(|_| wrong())
}

fn wrong() -> io::Error {
    io::Error::from(io::ErrorKind::InvalidData)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_the_name_that_the_law_gives_them() {
        assert_eq!(
            xml_name("399999999900003", "2026-03-14T21:05:09+03:00", "T07-000001"),
            "399999999900003_20260314T210509_T07-000001.xml"
        );
        assert_eq!(xml_name("1", "2026-03-14T21:05:09", "ف/7 b"), "1_20260314T210509_--7-b.xml");
    }

    #[test]
    fn a_hash_comes_back_and_nothing_else_does() {
        assert_eq!(unhex(&hex(&[0xA7; 32])), Some([0xA7; 32]));
        for text in ["", "a7", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(unhex(text), None);
        }
    }
}
