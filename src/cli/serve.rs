//! `tilld serve`: runs the till.

use super::{ConfigFile, Failure, Hooks};

/// Run the till: take sales on its socket, sign, store, print and report them
///
/// Runs in the foreground until SIGTERM or Ctrl-C, then finishes what is under
/// way. Only one can work on a data directory.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  tilld serve\n  tilld serve --config ./tilld.toml")]
pub struct Args {
    #[command(flatten)]
    config: ConfigFile,
}

impl Args {
    pub fn run(self, hooks: &Hooks) -> Result<(), Failure> {
        (hooks.serve)(self.config.load()?)
    }
}
