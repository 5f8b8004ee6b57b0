//! The stamp: invoice hash, XAdES signature, nine-tag QR, and the check that
//! re-reads a finished document (signing.md). Pure: key and certificate come
//! in as arguments.

mod certificate;
mod qr;
mod seal;
mod signer;
mod verify;
mod xades;

pub use certificate::{CertificateError, StampCertificate, decimal, hex_digest_base64};
pub use qr::{MAX_TEXT as QR_MAX_TEXT, QrError, QrFields};
pub use seal::{SealError, Sealed, seal, seal_at, stamp};
pub use signer::{Signer, SignerError};
pub use verify::{Verified, VerifyError, verify, verify_with};
