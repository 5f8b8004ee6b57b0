//! The binary: the command line over the functions that it starts.

use std::process::ExitCode;

use tilld::cli::{self, Failure, Hooks};

const HOOKS: Hooks = Hooks {
    serve: |_| absent("serve"),
    demo: |_| absent("demo"),
    sandbox: |_| absent("sandbox"),
    onboard: |_| absent("onboard"),
    verify: |_| absent("verify without a running till").map(|()| Default::default()),
};

fn main() -> ExitCode {
    cli::main(&HOOKS)
}

fn absent(command: &str) -> Result<(), Failure> {
    Err(Failure::Usage(format!("this build of tilld cannot {command}")))
}
