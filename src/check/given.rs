//! The certificate that a user gives to compare with: PEM, DER or bare base64.

use thiserror::Error;

use super::encoding::loose;
use super::x509::Certificate;

/// Why a given file is no certificate.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("it is no certificate in PEM, DER or base64: {0}")]
pub struct GivenError(&'static str);

/// DER of a certificate from the bytes of a file.
///
/// # Errors
/// The bytes are no certificate in any of the three forms.
pub fn given_certificate(bytes: &[u8]) -> Result<Vec<u8>, GivenError> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let der = if bytes.first() == Some(&0x30) {
        bytes.to_vec()
    } else {
        let text = std::str::from_utf8(bytes).map_err(|_| GivenError("it is neither DER nor text"))?;
        let body = match text.split_once(BEGIN) {
            Some((_, rest)) => rest.split_once(END).ok_or(GivenError("the PEM block does not end"))?.0,
            None => text,
        };
        loose(body).map_err(GivenError)?
    };
    Certificate::read(&der).map_err(GivenError)?;
    Ok(der)
}
