//! `tilld sandbox`: the simulated Fatoora by itself.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::{Failure, Hooks, SandboxOptions};

/// Run a simulated Fatoora that really checks, for integrators
///
/// Issues certificates, checks every invoice that it gets and answers with the
/// shapes and codes of the real platform; plays the faults of a script. Runs
/// until Ctrl-C and forgets everything then.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  tilld sandbox\n  tilld sandbox --listen 127.0.0.1:9000\n  \
tilld sandbox --set renewal=200 --set production_lifetime=86400\n  tilld sandbox --script faults.json\n  tilld sandbox --tls tls\n\n\
A script is JSON: {\"settings\": {..}, \"clock_offset\": 0, \"rules\": [{\"action\": \"drop\", \"match\": \
\"production\"}]}\nWhile it runs, GET /admin/settings lists the settings and POST /admin/faults changes the rules.\n\n\
Point a till at it with [fatoora] base_url = \"http://127.0.0.1:8793/e-invoicing/developer-portal\"\n\
and onboard the till with the OTP that it prints.")]
pub struct Args {
    /// Address of this machine to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8793", value_parser = loopback)]
    listen: SocketAddr,

    /// Settings and fault rules to start with, as JSON
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,

    /// One setting, such as otp_lifetime=60; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,

    /// Seconds by which its clock is ahead of this machine's, or behind
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    clock_offset: Option<i64>,

    /// Speak HTTPS, with certificates in this folder, made there if it has none;
    /// the till trusts it with [fatoora] extra_ca = "DIR/ca.pem"
    #[arg(long, value_name = "DIR")]
    tls: Option<PathBuf>,
}

/// Its answers have no legal effect, so it does not offer itself to others.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "an address and a port are needed, such as 127.0.0.1:8793".to_owned())?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err("only an address of this machine is accepted, such as 127.0.0.1:8793".to_owned())
}

impl Args {
    pub fn run(self, hooks: &Hooks) -> Result<(), Failure> {
        let Args { listen, script, settings, clock_offset, tls } = self;
        (hooks.sandbox)(SandboxOptions { listen, script, settings, clock_offset, tls })
    }
}
