//! The binary: the command line over the functions that it starts.

use std::process::ExitCode;

fn main() -> ExitCode {
    tilld::cli::main(&tilld::daemon::HOOKS)
}
