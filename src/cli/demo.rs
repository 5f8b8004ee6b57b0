//! `tilld demo`: the main job with no configuration and no network.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{DemoOptions, Failure, Hooks};
use crate::receipt::PaperWidth;

/// A morning at a till, with a simulated Fatoora: no configuration, no network
///
/// Gives a till its identity, rings up sales, prints receipts into files, pulls
/// the network plug, sells on, plugs it in again, and verifies the whole chain.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  tilld demo\n  tilld demo --dir /tmp/till --width 58 --seed 7\n\n\
What it leaves in DIR: xml/ the invoices, receipts/ the print jobs, pictures and QR\n\
payloads, csr.pem, summary.json.")]
pub struct Args {
    /// Where everything it makes goes
    #[arg(long, value_name = "DIR", default_value = "demo-out")]
    dir: PathBuf,
    /// Width of the paper in millimetres
    #[arg(long, value_name = "MM", value_enum, default_value = "80")]
    width: Width,
    /// The same seed rings up the same morning
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Leave the till's own data (ledger and key) in DIR as well
    #[arg(long)]
    keep: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Width {
    #[value(name = "80")]
    Mm80,
    #[value(name = "58")]
    Mm58,
}

impl Args {
    pub fn run(self, hooks: &Hooks) -> Result<(), Failure> {
        let width = match self.width {
            Width::Mm80 => PaperWidth::Mm80,
            Width::Mm58 => PaperWidth::Mm58,
        };
        (hooks.demo)(DemoOptions { dir: self.dir, width, seed: self.seed, keep: self.keep })
    }
}
