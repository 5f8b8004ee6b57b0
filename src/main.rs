//! The binary: the command line over the functions that it starts.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else, so that no secret is ever in memory that others may read.
    if let Err(error) = tilld::keys::keep_memory_private() {
        eprintln!("tilld: the kernel does not keep this process's memory private ({error})");
        return ExitCode::FAILURE;
    }
    tilld::cli::main(&tilld::daemon::HOOKS)
}
