//! `tilld config check`: reads the configuration and says what to mend.

use clap::Subcommand;

use super::terminal::Rows;
use super::{ConfigFile, Failure, Streams};
use crate::config::{self, Settings};
use crate::printer::Target;

/// Look at the configuration
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Read the configuration and say what to mend
    ///
    /// Exit code 0 if the till can run on it, 1 if something is to be mended, 2
    /// if a file cannot be read.
    #[command(after_help = "Examples:\n  tilld config check\n  tilld config check --config ./tilld.toml")]
    Check(ConfigFile),
}

impl Args {
    pub fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let Action::Check(file) = self.action;
        match config::load(&file.config) {
            Ok(settings) => show(&settings, streams),
            Err(error) if error.unreadable => Err(Failure::Usage(error.to_string())),
            Err(error) => Err(Failure::Finding(error.to_string())),
        }
    }
}

fn show(settings: &Settings, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let files: Vec<String> = settings.sources.iter().map(|file| file.display().to_string()).collect();
    let fatoora = match &settings.fatoora.base_url {
        Some(url) => format!("{} at {url}", settings.fatoora.environment),
        None => settings.fatoora.environment.to_string(),
    };
    let target = match &settings.printer.target {
        Some(Target::Tcp { host, port }) => format!("{host} port {port}"),
        Some(Target::File(dir)) => format!("files in {}", dir.display()),
        None => "none".to_owned(),
    };
    let mut rows = Rows::default();
    rows.add("Files", files.join("\n"));
    rows.add(
        "Till",
        format!("{}, invoices {}000001 and on", settings.till.name, settings.till.number_prefix),
    );
    rows.add("Seller", format!("{}, VAT {}", settings.seller.name, settings.seller.vat));
    rows.add("Data", settings.till.data_dir.display().to_string());
    rows.add("Mark", settings.till.anchor.display().to_string());
    rows.add("Fatoora", fatoora);
    rows.add(
        "Printer",
        format!("{target}, {} mm, {}", settings.printer.width.millimetres(), settings.printer.print),
    );
    rows.add("Socket", settings.api.socket.display().to_string());
    rows.show(streams)?;
    streams.say("The configuration is good.")
}
