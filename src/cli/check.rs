//! `tilld check`: judges documents in files, ours or another's, without a till,
//! a configuration or a network.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::OFlags;

use super::check_words::{self, Shown};
use super::{Failure, Streams};
use crate::check::{self, ChainLink, Facts, Options, Verdict};
use crate::xml::MAX_BYTES;

/// Judge any e-invoice: structure, official rules, hash, stamp, QR code
///
/// Takes documents of any maker, stamped or not, and folders, which are searched
/// for *.xml. Needs no running till, no configuration and no network. Exit code 0
/// if every document passes (warnings allowed), 1 if one fails, 2 if one cannot be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tilld check invoice.xml
  tilld check --strict --json outbox/
  tilld check --chain --require-signature january/")]
pub struct Args {
    /// Documents, and folders that are searched for *.xml
    #[arg(value_name = "FILE|DIR", required = true)]
    paths: Vec<PathBuf>,
    /// One JSON object per document and line
    #[arg(long)]
    json: bool,
    /// Warnings fail a document too, except BR-KSA-98 (older than 24 hours now)
    #[arg(long)]
    strict: bool,
    /// The previous hash that the document must carry; with --chain, the first one
    #[arg(long, value_name = "BASE64")]
    pih: Option<String>,
    /// Check counters and previous hashes across the documents as well
    #[arg(long)]
    chain: bool,
    /// The certificate that the documents must embed: PEM, DER or base64
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// A standard document without a stamp fails too
    #[arg(long)]
    require_signature: bool,
    /// Language of the words for people
    #[arg(long, value_enum, default_value = "en")]
    lang: Lang,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    En,
    Ar,
}

/// More than any certificate has.
const MOST_OF_CERTIFICATE: usize = 1 << 20;

impl Args {
    pub fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let options = self.options()?;
        let (files, missing) = collect(&self.paths);
        if files.is_empty() && missing.is_empty() {
            return Err(Failure::Usage("There is no *.xml in what was given.".to_owned()));
        }
        let named = files.len() + missing.len();
        let mut judged: Vec<(String, Option<Facts>)> = Vec::new();
        let (mut failed, mut unread) = (0, 0);
        for (path, error) in &missing {
            self.not_read(&path.to_string_lossy(), error, streams)?;
            unread += 1;
        }
        for file in &files {
            let name = file.to_string_lossy().into_owned();
            let bytes = match read(file, MAX_BYTES) {
                Ok(bytes) => bytes,
                Err(error) => {
                    self.not_read(&name, &error, streams)?;
                    unread += 1;
                    continue;
                }
            };
            let judgement = check::judge(&bytes, &options);
            let verdict = judgement.verdict(self.strict);
            failed += usize::from(verdict == Verdict::Fail);
            let shown = Shown { name: &name, verdict, judgement: &judgement };
            if self.json {
                streams.say(&check_words::json(&shown)?)?;
            } else {
                check_words::text(&shown, self.strict, self.lang, streams)?;
            }
            judged.push((name, judgement.facts));
        }
        if self.chain {
            failed += usize::from(!self.chain_holds(&judged, streams)?);
        }
        if !self.json && files.len() > 1 {
            let documents = judged.len();
            check_words::summary(documents, failed, self.lang, streams)?;
        }
        match (unread, failed) {
            (0, 0) => Ok(()),
            (0, _) => Err(Failure::Shown),
            _ => Err(Failure::Usage(format!("{unread} of {named} files could not be read."))),
        }
    }

    /// A file that cannot be judged: told to people, and an object of its own to programs.
    fn not_read(&self, name: &str, error: &io::Error, streams: &mut Streams<'_>) -> Result<(), Failure> {
        streams.complain(&format!("{name}: {error}"));
        if self.json { streams.say(&check_words::unread_json(name, error)?) } else { Ok(()) }
    }

    fn options(&self) -> Result<Options, Failure> {
        let certificate = match &self.certificate {
            None => None,
            Some(file) => {
                let wrong =
                    |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", file.display()));
                let bytes = read(file, MOST_OF_CERTIFICATE).map_err(|error| wrong(&error))?;
                Some(check::given_certificate(&bytes).map_err(|error| wrong(&error))?)
            }
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Options {
            now: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            pih: if self.chain { None } else { self.pih.clone() },
            certificate,
            require_signature: self.require_signature,
        })
    }

    fn chain_holds(
        &self,
        judged: &[(String, Option<Facts>)],
        streams: &mut Streams<'_>,
    ) -> Result<bool, Failure> {
        let links: Vec<ChainLink<'_>> =
            judged.iter().map(|(name, facts)| ChainLink { name, facts: facts.as_ref() }).collect();
        let result = check::chain(&links, self.pih.as_deref());
        if self.json {
            streams.say(&check_words::chain_json(&result)?)?;
        } else {
            check_words::chain_text(&result, self.lang, streams)?;
        }
        Ok(result.findings.is_empty())
    }
}

/// What cannot be judged, and why.
type Missing = Vec<(PathBuf, io::Error)>;

/// The files to judge, in the order given, those of a folder sorted by name;
/// and what was given and is no file.
fn collect(paths: &[PathBuf]) -> (Vec<PathBuf>, Missing) {
    let (mut files, mut missing) = (Vec::new(), Missing::new());
    for path in paths {
        let found = fs::metadata(path).and_then(|kind| match (kind.is_dir(), kind.is_file()) {
            (true, _) => documents(path).map(Vec::from_iter),
            (_, true) => Ok(vec![path.clone()]),
            _ => Err(not_a_file()),
        });
        match found {
            Ok(found) => files.extend(found),
            Err(error) => missing.push((path.clone(), error)),
        }
    }
    (files, missing)
}

/// Every *.xml below a folder; links to other folders are not followed.
fn documents(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xml"))
                && fs::metadata(&path).is_ok_and(|kind| kind.is_file())
            {
                found.insert(path);
            }
        }
    }
    Ok(found)
}

/// The bytes of a regular file; of a larger one than `most` no more than shows that it is.
/// Opening does not wait, should a pipe have taken the file's place meanwhile.
fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    // The bits of two flags, which fit every representation of them.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32;
    let file: File = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(not_a_file());
    }
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn not_a_file() -> io::Error {
    io::Error::other("neither a regular file nor a folder")
}
