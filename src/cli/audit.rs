//! `tilld audit`: what a till hands to an auditor.

use std::path::PathBuf;

use clap::Subcommand;

use super::till::json;
use super::{ConfigFile, ExportOptions, Failure, Hooks, Streams};

/// Hand a period over to an auditor
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Export(Export),
}

/// Write the documents of a period as one ZIP
///
/// It holds the XML of every document as it was sent, the cleared XML, every answer
/// of the authority, the activity log, and a manifest with the SHA-256 of each file.
/// The till may run or be stopped. `tilld verify FILE.zip` checks it on any machine.
/// Exit code 1 if the ledger could not read a document; the others are written.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tilld audit export --from 2026-01-01 --to 2026-01-31 --out january.zip
  tilld verify january.zip")]
struct Export {
    /// First day of issue, in Riyadh time
    #[arg(long, value_name = "DATE")]
    from: String,
    /// Last day of issue
    #[arg(long, value_name = "DATE")]
    to: String,
    /// The ZIP to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only the documents of one certificate's chain, by its number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=32_767))]
    chain: Option<i64>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    /// What was written, as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

impl Args {
    pub fn run(self, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        match self.command {
            Command::Export(export) => export.run(hooks, streams),
        }
    }
}

impl Export {
    fn run(self, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let Export { from, to, out, chain, force, .. } = self;
        let options = ExportOptions { settings: self.config.load()?, from, to, chain, out, force };
        let made = (hooks.export)(&options)?;
        if self.json {
            streams.say(&json(&made)?)?;
        } else {
            let (name, bytes) = (options.out.display(), made.bytes);
            streams.say(&format!("{name}: {} documents in {bytes} bytes.", made.documents))?;
            streams.say(&format!("SHA-256 of its manifest: {}", made.manifest))?;
            streams.say("Hand this hash over with the file; tilld verify FILE.zip shows it again.")?;
            streams.say("سلّم هذه البصمة مع الملف؛ يعرضها الأمر tilld verify FILE.zip عند التحقق.")?;
        }
        if made.unreadable_total == 0 {
            return Ok(());
        }
        let mut words = format!(
            "The ledger could not read {} of them whole; the archive names them:",
            made.unreadable_total
        );
        for (document, damage) in &made.unreadable {
            words.push_str(&format!("\n  {document}: {damage}"));
        }
        words.push_str(
            "\nKeep the data directory as it is, run tilld verify, and bring the entries back from the newest backup \
             that verifies.\nتعذرت قراءة بعض المستندات كاملة وهي مذكورة في الأرشيف. أبق مجلد البيانات كما هو ونفذ tilld verify.",
        );
        Err(Failure::Finding(words))
    }
}
