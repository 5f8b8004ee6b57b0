//! What was sent and answered, read from the data directory beside a running
//! till or at rest: attempts, warnings, archives.

use std::collections::HashMap;
use std::path::Path;

use super::books::both;
use super::findings::in_answer;
use crate::api::wire;
use crate::archive::{self, Order, Period};
use crate::cli::{ArchiveVerified, ExportOptions, Exported, Failure};
use crate::config::Settings;
use crate::invoice::IssueMoment;
use crate::ledger::{self, DocumentRecord, OpenError, Snapshot, StorageError, Warned};
use crate::report::HoldReason;

/// The newest attempts of a document that are shown.
const MOST_ATTEMPTS: u32 = 200;
/// Documents whose warnings are looked at, the newest.
const MOST_WARNED: usize = 5_000;
/// Invoice numbers that are named for one code.
const MOST_NAMED: usize = 5;

/// The attempts of all documents that a UUID, an invoice number or an ICV names,
/// newest document first.
///
/// # Errors
/// If the ledger cannot be read.
pub fn attempts(dir: &Path, name: &str) -> Result<Vec<wire::AttemptList>, OpenError> {
    let storage = |source: StorageError| OpenError::Storage { path: dir.join(ledger::FILE_NAME), source };
    let mut snapshot = Snapshot::open(dir)?;
    let found = snapshot.find(name).map_err(storage)?;
    found.into_iter().map(|record| listed(&mut snapshot, record).map_err(storage)).collect()
}

fn listed(snapshot: &mut Snapshot, record: DocumentRecord) -> Result<wire::AttemptList, StorageError> {
    let (attempts, total) = snapshot.newest_attempts(record.id, MOST_ATTEMPTS)?;
    let unreadable = record.damage();
    let held = |reason: String| wire::Held {
        words: HoldReason::from_word(&reason).map(|reason| reason.message().into()),
        reason,
    };
    Ok(wire::AttemptList {
        uuid: record.uuid.map(|uuid| uuid.to_string()),
        number: record.number,
        chain: record.id.chain().get(),
        icv: record.id.icv().get(),
        issued_at: riyadh(record.issued),
        state: record.state,
        held: record.held.map(held),
        unreadable,
        total,
        attempts: attempts.into_iter().map(attempt).collect(),
    })
}

fn attempt(attempt: ledger::Attempt) -> wire::Attempt {
    wire::Attempt {
        number: attempt.number,
        started_at: riyadh(attempt.started_at),
        duration_ms: attempt.duration_ms,
        endpoint: attempt.endpoint,
        hash: attempt.hash.to_base64(),
        http: attempt.http,
        headers: attempt.headers,
        verdict: attempt.verdict,
        error: attempt.error.or(attempt.damage),
        state: attempt.state.name().to_owned(),
        findings: in_answer(&attempt.body),
        answer_bytes: attempt.body_length,
        answer: (!attempt.body.is_empty()).then(|| String::from_utf8_lossy(&attempt.body).into_owned()),
    }
}

fn riyadh(unix: i64) -> String {
    IssueMoment::from_unix(unix).map_or_else(|| unix.to_string(), wire::riyadh)
}

/// What the authority warned of in documents that it accepted, by code.
///
/// # Errors
/// If the ledger cannot be read.
pub fn warnings(dir: &Path) -> Result<wire::WarningList, OpenError> {
    let (warned, more) = Warned::newest(dir, MOST_WARNED)?;
    Ok(grouped(&warned, more))
}

/// Groups answers, the newest first.
fn grouped(warned: &[Warned], more: bool) -> wire::WarningList {
    let (mut places, mut groups) = (HashMap::<String, usize>::new(), Vec::<(Span, wire::Warning)>::new());
    for document in warned {
        let mut codes = Vec::new();
        for finding in in_answer(&document.body) {
            // A document counts once for each code.
            if codes.contains(&finding.code) {
                continue;
            }
            codes.push(finding.code.clone());
            let place = *places.entry(finding.code.clone()).or_insert(groups.len());
            if place == groups.len() {
                let empty = String::new;
                let (first_at, last_at) = (empty(), empty());
                let newest = Vec::new();
                groups.push((
                    Span::default(),
                    wire::Warning { finding, documents: 0, first_at, last_at, newest },
                ));
            }
            let Some((span, group)) = groups.get_mut(place) else { continue };
            span.extend(document.at);
            group.documents += 1;
            if group.newest.len() < MOST_NAMED {
                group.newest.push(document.number.clone());
            }
        }
    }
    let dated = |(span, group): (Span, wire::Warning)| match span.0 {
        Some((first, last)) => wire::Warning { first_at: riyadh(first), last_at: riyadh(last), ..group },
        None => group,
    };
    let mut warnings: Vec<wire::Warning> = groups.into_iter().map(dated).collect();
    warnings.sort_by_key(|group| std::cmp::Reverse(group.documents));
    wire::WarningList { looked_at: warned.len() as u64, more, warnings }
}

/// First and last moment, seconds UTC.
#[derive(Default)]
struct Span(Option<(i64, i64)>);

impl Span {
    fn extend(&mut self, at: i64) {
        self.0 = Some(self.0.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
    }
}

/// The attempts of a till that does not run.
pub fn attempts_at_rest(settings: &Settings, name: &str) -> Result<Vec<wire::AttemptList>, Failure> {
    attempts(&settings.till.data_dir, name).map_err(|error| Failure::Finding(both(&error)))
}

/// The warnings of a till that does not run.
pub fn warnings_at_rest(settings: &Settings) -> Result<wire::WarningList, Failure> {
    warnings(&settings.till.data_dir).map_err(|error| Failure::Finding(both(&error)))
}

/// Writes the documents of a period as an archive, beside a running till or at rest.
pub fn export(options: &ExportOptions) -> Result<Exported, Failure> {
    let period =
        Period::parse(&options.from, &options.to).map_err(|error| Failure::Usage(error.to_string()))?;
    let settings = &options.settings;
    let made = archive::export(&Order {
        data_dir: &settings.till.data_dir,
        till: &settings.till.name,
        vat_number: settings.seller.vat.as_str(),
        period: &period,
        chain: options.chain,
        out: &options.out,
        force: options.force,
    });
    let made = made.map_err(|error| match &error {
        archive::ExportError::Ledger(error) => Failure::Finding(both(error)),
        _ => Failure::Finding(error.to_string()),
    })?;
    Ok(Exported {
        documents: made.documents,
        bytes: made.bytes,
        manifest: made.manifest,
        unreadable: made.unreadable,
        unreadable_total: made.unreadable_total,
    })
}

/// Verifies an archive with nothing but itself.
pub fn verify_archive(file: &Path) -> Result<ArchiveVerified, Failure> {
    let began = std::time::Instant::now();
    let unreadable = |error: std::io::Error| {
        Failure::Usage(format!("{} cannot be read ({error})\nتعذرت قراءة الملف.", file.display()))
    };
    let found = archive::verify(file).map_err(unreadable)?;
    let finding = |finding: archive::Finding| wire::VerifyFinding {
        code: finding.code.to_owned(),
        document: finding.subject,
        icv: finding.icv,
        message: finding.words.into(),
    };
    Ok(ArchiveVerified {
        till: found.till,
        vat_number: found.vat_number,
        from: found.from,
        to: found.to,
        files: found.files,
        manifest: found.manifest,
        findings_total: found.findings_total,
        verification: wire::Verification {
            documents: found.documents,
            chains: found.chains,
            duration_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            findings: found.findings.into_iter().map(finding).collect(),
        },
    })
}
