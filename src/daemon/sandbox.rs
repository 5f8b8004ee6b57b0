//! `tilld sandbox`: the simulated platform by itself.

use std::io::Write as _;

use crate::cli::{Failure, SandboxOptions};
use crate::sandbox::run_standalone;

/// Runs the sandbox until Ctrl-C.
pub fn run(options: SandboxOptions) -> Result<(), Failure> {
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
        run_standalone(options.listen, &mut out, interrupted)
            .await
            .map_err(|error| Failure::Finding(error.to_string()))?;
        // Standard output that is gone is no reason to fail at the end.
        let _ = out.flush();
        Ok(())
    })
}
