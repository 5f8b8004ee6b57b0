//! `tilld sandbox`: the simulated platform by itself.

use std::io::Write as _;

use crate::cli::{Failure, SandboxOptions};
use crate::sandbox::{SandboxConfig, run_standalone, system_clock, system_entropy};

/// Runs the sandbox until Ctrl-C.
pub fn run(options: SandboxOptions) -> Result<(), Failure> {
    let config = config(&options)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Finding(format!("the runtime did not start ({error})")))?;
    runtime.block_on(async {
        let interrupted = async {
            if let Err(error) = tokio::signal::ctrl_c().await {
                tracing::warn!(%error, "Ctrl-C is not heard; end the process instead");
                std::future::pending::<()>().await;
            }
        };
        let mut out = std::io::stdout();
        run_standalone(config, &mut out, interrupted)
            .await
            .map_err(|error| Failure::Finding(error.to_string()))?;
        // Standard output that is gone is no reason to fail at the end.
        let _ = out.flush();
        Ok(())
    })
}

/// The script first, then what the command line says besides.
fn config(options: &SandboxOptions) -> Result<SandboxConfig, Failure> {
    let mut config = SandboxConfig::new(options.listen, system_clock(), system_entropy());
    if let Some(path) = &options.script {
        let named = |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
        config.read_script(&text).map_err(|error| named(&error))?;
    }
    for setting in &options.settings {
        config.set(setting).map_err(|error| Failure::Usage(format!("--set {error}")))?;
    }
    config.clock_offset = options.clock_offset.unwrap_or(config.clock_offset);
    config.tls.clone_from(&options.tls);
    Ok(config)
}
