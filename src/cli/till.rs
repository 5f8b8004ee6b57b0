//! How a command reaches the running till.

use std::path::{Path, PathBuf};

use super::{Failure, load};
use crate::api::client::{Client, ClientError};
use crate::config::{DEFAULT_FILE, DEFAULT_SOCKET};

/// The options that say where the till is.
#[derive(Debug, clap::Args)]
pub struct Where {
    /// Configuration file that names the till's socket
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Socket of the till, instead of the one in the configuration
    #[arg(long, value_name = "PATH", conflicts_with = "config")]
    pub socket: Option<PathBuf>,
}

impl Where {
    /// The socket named, else that of the configuration, else the usual one.
    pub fn socket(&self) -> Result<PathBuf, Failure> {
        if let Some(socket) = &self.socket {
            return Ok(socket.clone());
        }
        match &self.config {
            Some(file) => Ok(load(file)?.api.socket),
            None if Path::new(DEFAULT_FILE).exists() => Ok(load(Path::new(DEFAULT_FILE))?.api.socket),
            None => Ok(PathBuf::from(DEFAULT_SOCKET)),
        }
    }

    /// Asks the till something.
    pub fn ask<R>(
        &self,
        question: impl AsyncFnOnce(Client) -> Result<R, ClientError>,
    ) -> Result<Result<R, ClientError>, Failure> {
        ask(&self.socket()?, question)
    }
}

/// Asks the till behind a socket, on a runtime of this command's own.
pub fn ask<R>(
    socket: &Path,
    question: impl AsyncFnOnce(Client) -> Result<R, ClientError>,
) -> Result<Result<R, ClientError>, Failure> {
    let client = match Client::new(socket) {
        Ok(client) => client,
        Err(error) => return Ok(Err(error)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Finding(format!("this machine is out of resources ({error})")))?;
    Ok(runtime.block_on(question(client)))
}

/// What a refusal looks like on the terminal: English, then the same in Arabic.
pub fn refusal(error: &ClientError) -> Failure {
    let mut words = error.to_string();
    if let ClientError::Refused(problem) = error {
        words.push_str(&format!("\n\n{}\n{}", problem.title_ar, problem.detail_ar));
        for finding in &problem.findings {
            words.push_str(&format!(
                "\n  {}: {}\n    {}",
                finding.field, finding.message.ar, finding.remedy.ar
            ));
        }
    }
    Failure::Finding(words)
}

/// JSON as it is shown with `--json`.
pub fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value)
        .map_err(|error| Failure::Finding(format!("the answer cannot be written as JSON ({error})")))
}
