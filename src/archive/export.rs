//! Writes the documents of a period with everything that became of them.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::manifest::{
    self, ACTIVITIES, Activities, Activity, Attempt, Chain, Document, FORMAT, FileFact, Header, Kind,
    MANIFEST, MANIFEST_HASH, README, Role, Totals, folder, hex, xml_name,
};
use super::output::Output;
use super::period::Period;
use super::zip::ZipWriter;
use crate::invoice::{IssueMoment, Subtype};
use crate::ledger::{self, ChainRecord, DocumentRecord, OpenError, Snapshot, StorageError};

const EXPLANATION: &str = include_str!("readme.txt");
/// Documents that cannot be read and are named; the rest are counted.
const MOST_NAMED: usize = 100;

/// What is to be written where.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Where the ledger lies.
    pub data_dir: &'a Path,
    pub till: &'a str,
    pub vat_number: &'a str,
    pub period: &'a Period,
    /// One chain alone.
    pub chain: Option<i64>,
    pub out: &'a Path,
    /// Replace a file of that name.
    pub force: bool,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    pub documents: u64,
    pub bytes: u64,
    /// SHA-256 of the manifest in hexadecimal digits.
    pub manifest: String,
    /// Documents that the ledger cannot read whole, with what is wrong with them.
    pub unreadable: Vec<(String, String)>,
    pub unreadable_total: u64,
}

/// Why there is no archive.
#[derive(Debug, Error)]
pub enum ExportError {
    #[error(transparent)]
    Ledger(#[from] OpenError),
    #[error("this ledger has no chain {0}\nلا توجد في هذا السجل سلسلة برقم {0}")]
    NoChain(i64),
    #[error(
        "{} exists already; name another file, or give --force to replace it\nالملف موجود مسبقاً؛ اختر اسماً آخر أو استخدم --force لاستبداله", .0.display()
    )]
    Exists(PathBuf),
    #[error("the ledger could not be read to its end: {0}\nتعذرت قراءة السجل حتى نهايته.")]
    Storage(#[from] StorageError),
    #[error("{} could not be written ({source})\nتعذرت كتابة الملف.", .path.display())]
    Output { path: PathBuf, source: io::Error },
    #[error(
        "the till was started while its ledger was read; run the command again\nبدأ تشغيل الجهاز أثناء قراءة سجله؛ نفذ الأمر مرة أخرى."
    )]
    Disturbed,
}

/// A failure on the way, before its place is known.
enum Fault {
    Io(io::Error),
    Storage(StorageError),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Io(error)
    }
}

impl From<StorageError> for Fault {
    fn from(error: StorageError) -> Fault {
        Fault::Storage(error)
    }
}

/// Writes an archive, beside a running till or at rest.
///
/// # Errors
/// In English and Arabic; nothing of that name is left then.
pub fn export(order: &Order<'_>) -> Result<Made, ExportError> {
    let output = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => ExportError::Exists(order.out.to_owned()),
        _ => ExportError::Output { path: order.out.to_owned(), source },
    };
    let mut snapshot = Snapshot::open(order.data_dir)?;
    if let Some(chain) = order.chain
        && !snapshot.chains().any(|known| known.id.get() == chain)
    {
        return Err(ExportError::NoChain(chain));
    }
    let (part, file) = Output::create(order.out, order.force).map_err(output)?;
    let written = write(order, &mut snapshot, &part, file);
    let (file, made) = written.map_err(|fault| match fault {
        Fault::Io(error) => output(error),
        Fault::Storage(error) => ExportError::Storage(error),
    })?;
    if !snapshot.is_undisturbed() {
        return Err(ExportError::Disturbed);
    }
    part.keep(&file).map_err(output)?;
    Ok(made)
}

fn write(
    order: &Order<'_>,
    snapshot: &mut Snapshot,
    part: &Output,
    file: File,
) -> Result<(File, Made), Fault> {
    let mut zip = ZipWriter::new(file, part.scratch("list")?);
    let mut lines = BufWriter::new(part.scratch("manifest")?);
    zip.add(README, EXPLANATION.as_bytes())?;
    let explanation = FileFact::of(README, Role::Explanation, EXPLANATION.as_bytes());
    let (activities, log) = write_activities(order, snapshot, part, &mut zip)?;
    let header = header(order, snapshot, activities, vec![explanation, log]);
    lines.write_all(manifest::header_line(&header)?.as_bytes())?;
    let mut made =
        Made { documents: 0, bytes: 0, manifest: String::new(), unreadable: Vec::new(), unreadable_total: 0 };
    let wanted = |chain: &ChainRecord<'_>| order.chain.is_none_or(|only| chain.id.get() == only);
    let chains: Vec<_> = snapshot.chains().filter(wanted).map(|chain| chain.id).collect();
    for chain in chains {
        // The seller's when the chain was begun, which is not always today's.
        let known = snapshot.chains().find(|known| known.id == chain);
        let vat_number = known.and_then(|known| known.certificate.vat_number().map(str::to_owned));
        let vat_number = vat_number.unwrap_or_else(|| order.vat_number.to_owned());
        let mut walk = snapshot.walk(chain, order.period.seconds())?;
        while let Some(record) = snapshot.next(&mut walk)? {
            let document = write_document(&vat_number, snapshot, &mut zip, record)?;
            if let Some(damage) = &document.unreadable {
                made.unreadable_total += 1;
                if made.unreadable.len() < MOST_NAMED {
                    made.unreadable.push((named(&document), damage.clone()));
                }
            }
            let comma = if made.documents > 0 { ",\n" } else { "" };
            lines.write_all(comma.as_bytes())?;
            lines.write_all(manifest::document_line(&document)?.as_bytes())?;
            made.documents += 1;
        }
    }
    if made.documents > 0 {
        lines.write_all(b"\n")?;
    }
    let totals = Totals { documents: made.documents, unreadable: made.unreadable_total };
    lines.write_all(manifest::totals_line(&totals)?.as_bytes())?;
    let lines = lines.into_inner().map_err(io::IntoInnerError::into_error)?;
    made.manifest = write_manifest(&mut zip, lines)?;
    let (file, bytes) = zip.finish()?;
    made.bytes = bytes;
    Ok((file, made))
}

/// A document's number for people, or what else names it.
fn named(document: &Document) -> String {
    let place = format!("chain {} ICV {}", document.chain, document.icv);
    document.number.as_ref().map_or(place.clone(), |number| format!("{number} ({place})"))
}

fn header(order: &Order<'_>, snapshot: &Snapshot, activities: Activities, files: Vec<FileFact>) -> Header {
    let chain = |known: ChainRecord<'_>| Chain {
        chain: known.id.get(),
        environment: known.environment.to_owned(),
        certificate: pem(known.certificate.der()),
        fingerprint: hex(&known.certificate.fingerprint()),
        continues: known.continues.map(ledger::ChainId::get),
        closed: known.closed,
    };
    Header {
        format: FORMAT.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        till: order.till.to_owned(),
        vat_number: order.vat_number.to_owned(),
        from: order.period.from().to_owned(),
        to: order.period.to().to_owned(),
        chain: order.chain,
        chains: snapshot
            .chains()
            .filter(|known| order.chain.is_none_or(|only| known.id.get() == only))
            .map(chain)
            .collect(),
        activities,
        files,
    }
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII, so that every place is a boundary.
        let (line, more) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    pem + "-----END CERTIFICATE-----\n"
}

/// The activity log of the period, a line for each entry.
fn write_activities(
    order: &Order<'_>,
    snapshot: &Snapshot,
    part: &Output,
    zip: &mut ZipWriter,
) -> Result<(Activities, FileFact), Fault> {
    let mut lines = Spool::new(part.scratch("activities")?);
    let mut entries = 0;
    let before = snapshot.activities(order.period.seconds(), |record| {
        entries += 1;
        let line = Activity {
            id: record.id,
            at: record.at,
            actor: record.actor,
            what: record.what,
            detail: record.detail,
            hash: hex(&record.hash),
        };
        let line = serde_json::to_string(&line)?;
        lines.write_all(line.as_bytes())?;
        lines.write_all(b"\n")
    })??;
    let (file, bytes, sha256) = lines.rewound()?;
    zip.add_from(ACTIVITIES, file)?;
    let fact = FileFact { path: ACTIVITIES.to_owned(), role: Role::ActivityLog, bytes, sha256 };
    Ok((Activities { entries, before: hex(&before) }, fact))
}

fn write_document(
    vat_number: &str,
    snapshot: &mut Snapshot,
    zip: &mut ZipWriter,
    record: DocumentRecord,
) -> Result<Document, Fault> {
    let damage = record.damage();
    let (chain, icv) = (record.id.chain().get(), record.id.icv().get());
    let folder = folder(chain, icv);
    let issued = riyadh(record.issued);
    let mut files = Vec::new();
    let mut add = |zip: &mut ZipWriter, name: &str, role: Role, content: &[u8]| -> io::Result<String> {
        let path = format!("{folder}/{name}");
        zip.add(&path, content)?;
        files.push(FileFact::of(&path, role, content));
        Ok(path)
    };
    if let Ok(xml) = &record.xml {
        let number = record.number.as_deref().unwrap_or("unknown");
        add(zip, &xml_name(vat_number, &issued, number), Role::Submitted, xml)?;
    }
    let (mut attempts, mut lost) = (Vec::new(), damage);
    let read = snapshot.attempts(record.id, |attempt: ledger::Attempt| -> Result<(), Fault> {
        if let Some(damage) = &attempt.damage {
            lost = Some(format!("the answer to attempt {}: {damage}", attempt.number));
        }
        let answer = match attempt.body.as_slice() {
            [] => None,
            body => {
                let name = format!("answer-{:05}.{}", attempt.number, ending(&attempt));
                Some(add(zip, &name, Role::Answer, body)?)
            }
        };
        attempts.push(told(attempt, answer));
        Ok(())
    });
    match read {
        Ok(()) => {}
        // A row that cannot be read is told; a disk that fails is not survived.
        Err(Fault::Storage(StorageError::Damaged { detail })) => lost = Some(detail),
        Err(fault) => return Err(fault),
    }
    if let Some(Ok(cleared)) = &record.cleared {
        add(zip, "cleared.xml", Role::Cleared, cleared)?;
    }
    Ok(Document {
        chain,
        icv,
        number: record.number,
        uuid: record.uuid.map(|uuid| uuid.to_string()),
        kind: record.kind.map(|kind| Kind {
            subtype: match kind.subtype {
                Subtype::Simplified => "simplified".to_owned(),
                Subtype::Standard => "standard".to_owned(),
            },
            code: kind.document.code().to_owned(),
            name: kind.name(),
        }),
        issued,
        hash: record.hash.map(|hash| hash.to_base64()),
        pih: record.previous.map(|previous| previous.text()),
        state: record.state,
        held: record.held,
        corrects: record.corrects.map(|uuid| uuid.to_string()),
        unreadable: lost,
        files,
        attempts,
    })
}

/// How a file with an answer ends.
fn ending(attempt: &ledger::Attempt) -> &'static str {
    let kind = attempt.headers.iter().find(|(name, _)| name == "content-type");
    let kind = kind.map_or("", |(_, kind)| kind.as_str());
    match kind {
        kind if kind.contains("json") => "json",
        kind if kind.contains("html") => "html",
        _ => "txt",
    }
}

fn told(attempt: ledger::Attempt, answer: Option<String>) -> Attempt {
    Attempt {
        number: attempt.number,
        started_at: riyadh(attempt.started_at),
        duration_ms: attempt.duration_ms,
        endpoint: attempt.endpoint,
        hash: attempt.hash.to_base64(),
        http: attempt.http,
        headers: attempt.headers,
        verdict: attempt.verdict,
        error: attempt.error,
        state: attempt.state.name().to_owned(),
        answer_bytes: attempt.body_length,
        answer,
    }
}

fn riyadh(unix: i64) -> String {
    IssueMoment::from_unix(unix).map_or_else(|| unix.to_string(), |moment| format!("{moment}+03:00"))
}

/// The manifest and its hash; gives the hash.
fn write_manifest(zip: &mut ZipWriter, mut lines: File) -> io::Result<String> {
    lines.seek(SeekFrom::Start(0))?;
    let mut hashed = Hashed { from: BufReader::new(lines), digest: Sha256::new() };
    zip.add_from(MANIFEST, &mut hashed)?;
    let hash = hex(&hashed.digest.finalize());
    zip.add(MANIFEST_HASH, format!("{hash}  {MANIFEST}\n").as_bytes())?;
    Ok(hash)
}

/// Hashes what is read through it.
struct Hashed<R> {
    from: R,
    digest: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.digest.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// A file that is written first and read afterwards, and its hash.
struct Spool {
    file: BufWriter<File>,
    digest: Sha256,
    bytes: u64,
}

impl Spool {
    fn new(file: File) -> Spool {
        Spool { file: BufWriter::new(file), digest: Sha256::new(), bytes: 0 }
    }

    fn rewound(self) -> io::Result<(BufReader<File>, u64, String)> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok((BufReader::new(file), self.bytes, hex(&self.digest.finalize())))
    }
}

impl Write for Spool {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.file.write(buffer)?;
        self.digest.update(buffer.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
