//! The stamp: invoice hash, XAdES signature, nine-tag QR, and the check that
//! re-reads a finished document (signing.md). Pure: key and certificate come
//! in as arguments.

mod certificate;
mod signer;

pub use certificate::{CertificateError, StampCertificate};
pub use signer::{Signer, SignerError};
