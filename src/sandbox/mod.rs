//! A simulated Fatoora that really checks: for the demo, for tests, and for integrators by `tilld sandbox`.
//!
//! It speaks the platform's HTTP (fatoora-api.md) with its own certificate authority, and judges every document
//! on a path of its own: a tree read by quick-xml, a canonicaliser, a TLV reader, a certificate reader and
//! exact decimals that share nothing with the code which makes documents. One error cannot hide in both.

mod admin;
mod audit;
mod authority;
mod book;
mod c14n;
mod calendar;
mod case;
mod certificate;
mod clearing;
mod config;
mod control;
mod csr;
mod decimal;
mod digest;
mod documents;
mod dom;
mod environment;
mod faults;
mod fields;
mod http;
mod identity;
mod issuing;
mod judge;
mod office;
mod otp;
mod page;
mod play;
mod registry;
mod settings;
mod tls;
mod tlv;
mod wire;
mod xml_text;

pub use audit::{Audit, CsidAudit};
pub use authority::CsidKind;
pub use book::{Accepted, Call, Delivered, Endpoint};
pub use config::{Clock, Entropy, SandboxConfig, system_clock, system_entropy};
pub use control::{Sandbox, SandboxHandle, run_standalone};
pub use environment::Environment;
pub use faults::{FaultAction, FaultRule};
pub use fields::BadField;
pub use registry::{CsidEntry, Standing};
pub use settings::{ChainPolicy, RenewalRoad, Settings};

/// Why a sandbox could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose a free address, or port 0 for any")]
    Listen {
        /// The address that was asked for.
        address: std::net::SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Keys or certificates of the authority could not be made.
    #[error("the sandbox's certificate authority failed: {0}")]
    Authority(String),
    /// The files of its HTTPS cannot be made or used.
    #[error("{}: {why}", path.display())]
    Tls {
        /// The folder or the file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The line that tells where the sandbox listens could not be written.
    #[error("cannot write the sandbox's addresses: {0}")]
    Announce(std::io::Error),
}
