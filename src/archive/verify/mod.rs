//! Verifies an archive with nothing but itself: every file against the manifest,
//! every stamp against its certificate, every link between the documents. The
//! file may come from anywhere: it is read piece by piece, within bounds.

mod document;
mod finding;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::iter::Peekable;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::manifest::{
    Activity, Chain, Document, FORMAT, FileFact, Header, Line, Lines, MANIFEST, MANIFEST_HASH, Role, hex,
    unhex,
};
use super::zip::{Entries, Entry, ZipFault, ZipFile};
use crate::ledger::ActivityRecord;
use crate::stamp::StampCertificate;
use crate::text::Bilingual;

use document::{Bench, Contents};
pub use finding::Finding;
use finding::{Findings, Trouble};

/// The largest document or answer.
const FILE_BYTES: u64 = 32 << 20;
/// The longest entry of the activity log.
const ENTRY_BYTES: u64 = 1 << 20;

/// What an archive says of itself, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub till: String,
    pub vat_number: String,
    pub from: String,
    pub to: String,
    pub chains: u64,
    pub documents: u64,
    pub files: u64,
    /// SHA-256 of the manifest in hexadecimal digits.
    pub manifest: Option<String>,
    /// The first thousand.
    pub findings: Vec<Finding>,
    pub findings_total: u64,
}

/// Verifies an archive.
///
/// # Errors
/// If the file cannot be opened; whatever is in it is a finding.
pub fn verify(path: &Path) -> io::Result<Verified> {
    // Before it is opened: a pipe would be waited for.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"));
    }
    let file = File::open(path)?;
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let mut verified = Verified::default();
    let mut findings = Findings::default();
    if let Err(trouble) = walk(file, &mut verified, &mut findings) {
        findings.file(&name, trouble);
    }
    Ok(Verified { findings: findings.listed, findings_total: findings.total, ..verified })
}

/// `Err` where the archive cannot be read any further.
fn walk(file: File, verified: &mut Verified, findings: &mut Findings) -> Result<(), Trouble> {
    let zip = ZipFile::open(file).map_err(Trouble::Zip)?;
    verified.files = zip.entries;
    let (manifest, stated) = survey(&zip)?;
    let hash = hash_of(zip.stream(&manifest)).map_err(|error| Trouble::Zip(error.into()))?;
    if zip.content(&stated, 200).ok() != Some(format!("{hash}  {MANIFEST}\n").into_bytes()) {
        findings.file(MANIFEST_HASH, Trouble::ManifestHash);
    }
    verified.manifest = Some(hash);
    let mut lines = Lines::new(BufReader::new(zip.stream(&manifest)));
    let header = lines.header().map_err(|_| Trouble::Manifest)?;
    if header.format != FORMAT {
        return Err(Trouble::Manifest);
    }
    verified.till.clone_from(&header.till);
    verified.vat_number.clone_from(&header.vat_number);
    verified.from.clone_from(&header.from);
    verified.to.clone_from(&header.to);
    verified.chains = header.chains.len() as u64;
    let mut files = Files { zip: &zip, entries: zip.list().peekable() };
    check_beside(&header, &mut files, findings);
    let certificates = certificates(&header, findings);
    let mut bench = Bench::new(&header, certificates);
    let totals = loop {
        match lines.next().map_err(|_| Trouble::Manifest)? {
            Line::Totals(totals) => break totals,
            Line::Document(document) => {
                verified.documents += 1;
                let contents = contents(&document, &mut files, findings);
                bench.inspect(&document, &contents, findings);
            }
        }
    };
    files.expect_entry(MANIFEST, findings);
    files.expect_entry(MANIFEST_HASH, findings);
    files.end(findings);
    if totals.documents != verified.documents {
        findings.file(MANIFEST, Trouble::Totals);
    }
    Ok(())
}

/// Looks at every entry of the archive: all must be written as tilld writes
/// them, each name once and in order. Gives the manifest and its hash's file.
fn survey(zip: &ZipFile) -> Result<(Entry, Entry), Trouble> {
    let (mut manifest, mut hash, mut before) = (None, None, String::new());
    for entry in zip.list() {
        let entry = entry.map_err(Trouble::Zip)?;
        if entry.name <= before {
            return Err(Trouble::Order);
        }
        before.clone_from(&entry.name);
        match entry.name.as_str() {
            MANIFEST => manifest = Some(entry),
            MANIFEST_HASH => hash = Some(entry),
            _ => {}
        }
    }
    manifest.zip(hash).ok_or(Trouble::Manifest)
}

/// The archive's files in their order, taken as the manifest names them.
struct Files<'z> {
    zip: &'z ZipFile,
    entries: Peekable<Entries<'z>>,
}

impl Files<'_> {
    /// The entry of that name; those before it are in no manifest.
    fn expect_entry(&mut self, path: &str, findings: &mut Findings) -> Option<Entry> {
        while let Some(Ok(entry)) = self.entries.peek() {
            match entry.name.as_str().cmp(path) {
                Ordering::Less => findings.file(&entry.name, Trouble::Extra),
                Ordering::Equal => return self.entries.next().and_then(Result::ok),
                Ordering::Greater => break,
            }
            self.entries.next();
        }
        findings.file(path, Trouble::Missing);
        None
    }

    /// The content of a file, if it is the one that the manifest means.
    fn expect(&mut self, fact: &FileFact, findings: &mut Findings) -> Option<Vec<u8>> {
        let entry = self.expect_entry(&fact.path, findings)?;
        match self.zip.content(&entry, FILE_BYTES) {
            Err(fault) => findings.file(&fact.path, Trouble::Zip(fault)),
            Ok(content) if FileFact::of(&fact.path, fact.role, &content) == *fact => return Some(content),
            Ok(_) => findings.file(&fact.path, Trouble::Hash),
        }
        None
    }

    /// Whatever is left is in no manifest.
    fn end(&mut self, findings: &mut Findings) {
        for entry in self.entries.by_ref().flatten() {
            findings.file(&entry.name, Trouble::Extra);
        }
    }
}

/// The contents of a document's files, each held against the manifest.
fn contents(document: &Document, files: &mut Files<'_>, findings: &mut Findings) -> Contents {
    let mut contents = Contents::default();
    for fact in &document.files {
        let content = files.expect(fact, findings);
        match fact.role {
            Role::Submitted => contents.submitted = content,
            Role::Cleared => contents.cleared = content,
            Role::Answer | Role::Explanation | Role::ActivityLog => {}
        }
    }
    contents
}

/// The files that are no document's.
fn check_beside(header: &Header, files: &mut Files<'_>, findings: &mut Findings) {
    for fact in &header.files {
        match fact.role {
            Role::ActivityLog => check_log(header, fact, files, findings),
            Role::Explanation => drop(files.expect(fact, findings)),
            Role::Submitted | Role::Cleared | Role::Answer => findings.file(&fact.path, Trouble::Manifest),
        }
    }
}

/// The activity log: the file, and the hashes from entry to entry.
fn check_log(header: &Header, fact: &FileFact, files: &mut Files<'_>, findings: &mut Findings) {
    let Some(entry) = files.expect_entry(&fact.path, findings) else { return };
    match hash_of(files.zip.stream(&entry)) {
        Err(error) => return findings.file(&fact.path, Trouble::Zip(error.into())),
        Ok(hash) if hash != fact.sha256 || entry.size() != fact.bytes => {
            return findings.file(&fact.path, Trouble::Hash);
        }
        Ok(_) => {}
    }
    let read = linked(BufReader::new(files.zip.stream(&entry)), &header.activities.before);
    if read.ok().flatten() != Some(header.activities.entries) {
        findings.file(&fact.path, Trouble::Log);
    }
}

/// How many entries follow each other; `None` if one does not.
fn linked(mut lines: impl io::BufRead, before: &str) -> io::Result<Option<u64>> {
    let Some(mut before) = unhex(before) else { return Ok(None) };
    let (mut line, mut entries, mut last) = (Vec::new(), 0, None);
    loop {
        line.clear();
        if lines.by_ref().take(ENTRY_BYTES).read_until(b'\n', &mut line)? == 0 {
            return Ok(Some(entries));
        }
        let Ok(Activity { id, at, actor, what, detail, hash }) = serde_json::from_slice(&line) else {
            return Ok(None);
        };
        let Some(hash) = unhex(&hash) else { return Ok(None) };
        let record = ActivityRecord { id, at, actor, what, detail, hash };
        if !record.follows(&before) || last.is_some_and(|last: u64| last.checked_add(1) != Some(id)) {
            return Ok(None);
        }
        (before, last, entries) = (hash, Some(id), entries + 1);
    }
}

/// The certificate of each chain.
fn certificates(header: &Header, findings: &mut Findings) -> BTreeMap<i64, StampCertificate> {
    let mut known = BTreeMap::new();
    for chain in &header.chains {
        match certificate(chain) {
            Some(certificate) => {
                known.insert(chain.chain, certificate);
            }
            None => findings.add(
                "AUDIT-CERTIFICATE",
                &format!("chain {}", chain.chain),
                None,
                Bilingual::new(
                    "its certificate cannot be read, or does not have its fingerprint",
                    "تعذرت قراءة شهادة السلسلة أو أن بصمتها لا تطابقها",
                ),
            ),
        }
    }
    known
}

fn certificate(chain: &Chain) -> Option<StampCertificate> {
    let text = chain.certificate.trim().strip_prefix("-----BEGIN CERTIFICATE-----")?;
    let text: String = text.strip_suffix("-----END CERTIFICATE-----")?.split_ascii_whitespace().collect();
    let der = STANDARD.decode(text).ok()?;
    let certificate = StampCertificate::from_base64(&STANDARD.encode(der)).ok()?;
    (hex(&certificate.fingerprint()) == chain.fingerprint).then_some(certificate)
}

/// SHA-256 of all that can be read, in hexadecimal digits.
fn hash_of(mut from: impl Read) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut buffer = [0; 1 << 14];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(hex(&digest.finalize())),
            read => digest.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

impl From<ZipFault> for Trouble {
    fn from(fault: ZipFault) -> Trouble {
        Trouble::Zip(fault)
    }
}
