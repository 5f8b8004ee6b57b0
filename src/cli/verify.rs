//! `tilld verify`: checks every stored invoice anew, through the running till
//! or, if none runs, in its data directory without changing it; or an archive,
//! with nothing but itself.

use std::path::PathBuf;

use super::till::{Where, ask, json, refusal};
use super::{ArchiveVerified, Failure, Hooks, Streams, load};
use crate::api::client::ClientError;
use crate::api::wire::Verification;
use crate::config::DEFAULT_FILE;

/// Check every stored invoice anew: hash, signature, link, QR code
///
/// Asks the running till; if none runs, reads its data directory without
/// changing it. With a FILE it checks an archive of `tilld audit export` instead,
/// on any machine, without a till or a network. Exit code 0 if every invoice is
/// right, 1 if not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tilld verify
  tilld verify --json
  tilld verify --config ./tilld.toml
  tilld verify january.zip             an archive, wherever it came from")]
pub struct Args {
    /// An archive that `tilld audit export` wrote
    #[arg(value_name = "FILE", conflicts_with_all = ["config", "socket"])]
    file: Option<PathBuf>,
    /// The result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    till: Where,
}

impl Args {
    pub fn run(self, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        if let Some(file) = &self.file {
            let result = (hooks.verify_archive)(file)?;
            if self.json {
                streams.say(&json(&result)?)?
            } else {
                show_archive(&result, streams)?
            }
            return if result.findings_total == 0 { Ok(()) } else { Err(Failure::Shown) };
        }
        let answer = ask(&self.till.socket()?, async |client| client.verify().await)?;
        let result = match answer {
            Ok(result) => result,
            Err(ClientError::NotRunning(_)) if self.till.socket.is_none() => {
                let file = self.till.config.clone().unwrap_or_else(|| DEFAULT_FILE.into());
                (hooks.verify)(&load(&file)?)?
            }
            Err(error) => return Err(refusal(&error)),
        };
        if self.json {
            streams.say(&json(&result)?)?;
        } else {
            show(&result, streams)?;
        }
        if result.findings.is_empty() { Ok(()) } else { Err(Failure::Shown) }
    }
}

fn show_findings(result: &Verification, streams: &mut Streams<'_>) -> Result<(), Failure> {
    for finding in &result.findings {
        let place = finding.icv.map_or(String::new(), |icv| format!(" (ICV {icv})"));
        streams.say(&format!("{}{place}: {} [{}]", finding.document, finding.message.en, finding.code))?;
        streams.say(&format!("  {}", finding.message.ar))?;
    }
    Ok(())
}

/// An archive: whose it is, what was checked, and how it came out.
fn show_archive(result: &ArchiveVerified, streams: &mut Streams<'_>) -> Result<(), Failure> {
    show_findings(&result.verification, streams)?;
    let ArchiveVerified { till, vat_number, from, to, files, .. } = result;
    let (documents, chains) = (result.verification.documents, result.verification.chains);
    if let Some(hash) = &result.manifest {
        streams.say(&format!("Till {till}, VAT number {vat_number}, issued from {from} to {to}."))?;
        streams.say(&format!("SHA-256 of the manifest: {hash}"))?;
        streams.say("Compare it with the hash that was handed over with the file.")?;
        streams.say("قارن هذه البصمة بالبصمة التي سُلّمت مع الملف.")?;
    }
    if result.findings_total == 0 {
        streams.say(&format!(
            "{documents} documents of {chains} chains in {files} files: every hash, signature, link and QR code is right."
        ))?;
        return streams.say(&format!(
            "فُحص {documents} مستنداً في {files} ملفاً: جميع البصمات والأختام والروابط ورموز الاستجابة صحيحة."
        ));
    }
    let total = result.findings_total;
    streams.say(&format!(
        "{documents} documents in {files} files checked: {total} findings. Do not rely on this file."
    ))?;
    streams
        .say(&format!("فُحص {documents} مستنداً في {files} ملفاً: عدد الملاحظات {total}. لا تعتمد على هذا الملف."))
}

fn show(result: &Verification, streams: &mut Streams<'_>) -> Result<(), Failure> {
    show_findings(result, streams)?;
    let Verification { documents, chains, .. } = result;
    let seconds = result.duration_ms / 1000;
    let tenths = result.duration_ms % 1000 / 100;
    let walked = format!("{documents} invoices in {chains} chains checked in {seconds}.{tenths} s");
    if result.findings.is_empty() {
        return streams.say(&format!("{walked}: every hash, signature, link and QR code is right."));
    }
    streams.say(&format!("{walked}: {} findings.", result.findings.len()))?;
    streams.say(
        "Keep the data directory as it is, stop selling on this till, and bring back the newest backup \
         that verifies.",
    )
}
