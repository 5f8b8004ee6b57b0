//! `tilld doctor`: why a till does not work, and how to mend it; for the support
//! at midnight, and for monitoring.

use super::terminal::Streams;
use super::till::json;
use super::{ConfigFile, Failure, Hooks};
use crate::doctor::{Check, Level, Report};
use crate::text::Bilingual;

/// Find out why the till does not work, and how to mend it
///
/// Looks at the configuration, the service, the ledger, the disk, the certificate,
/// the clock, the network and the printer; changes nothing, prints nothing. Ends as
/// monitoring plugins (Nagios, Icinga) do: 0 ok, 1 warning, 2 critical, 3 unknown.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sudo -u tilld tilld doctor
  tilld doctor --lang ar --config ./tilld.toml
  tilld doctor --json
As a plugin for Nagios or Icinga:
  command[tilld]=sudo -u tilld tilld doctor")]
pub struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Language of the words for people
    #[arg(long, value_enum, default_value = "en")]
    lang: Lang,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Lang {
    En,
    Ar,
    Both,
}

impl Args {
    pub fn run(self, hooks: &Hooks, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let report = (hooks.doctor)(&self.config.config);
        let shown = if self.json { json(&report.json())? } else { text(&report, self.lang) };
        // Monitoring that hangs up early must still get the level.
        let said = streams.say(&shown);
        match report.exit_code() {
            0 => said,
            code => Err(Failure::Level(code)),
        }
    }
}

/// The headline with its performance data, then every check, the worst first.
fn text(report: &Report, lang: Lang) -> String {
    let headline = report.headline();
    let mut out = match lang {
        Lang::Ar => headline.ar,
        Lang::En | Lang::Both => headline.en,
    };
    let performance = report.performance();
    if !performance.is_empty() {
        out.push_str(" | ");
        out.push_str(&performance);
    }
    for check in report.worst_first() {
        for (arabic, wanted) in [(false, lang != Lang::Ar), (true, lang != Lang::En)] {
            if wanted {
                out.push('\n');
                // What follows a bar in any line would be taken for performance data.
                out.push_str(&line(check, arabic).replace('|', "/"));
            }
        }
    }
    out
}

/// `WARNING  Clock: ...`, its remedy below.
fn line(check: &Check, arabic: bool) -> String {
    let pick = |words: &Bilingual| if arabic { words.ar.clone() } else { words.en.clone() };
    let (level, todo) =
        if arabic { (check.level.arabic(), "العلاج") } else { (check.level.word(), "do") };
    let width = Level::ALL.iter().map(|level| level.word().len()).max().unwrap_or(0);
    let finding = pick(&check.finding).replace('\n', &format!("\n{:width$}    ", ""));
    let mut out = format!("{level:width$}  {}: {finding}", pick(&check.subject.title()));
    if let Some(remedy) = &check.remedy {
        out.push_str(&format!("\n{:width$}  -> {todo}: {}", "", pick(remedy)));
    }
    out
}
