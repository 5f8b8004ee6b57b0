//! What the rest of the till gets once it is active: environment,
//! certificate, credentials, signer.

use super::device::Device;
use super::record::{Record, RecordError};
use crate::fatoora::{Credentials, Environment};
use crate::keys::{KeyStore, TillKey, UnitProfile, Vault};
use crate::stamp::{Signer as _, StampCertificate};

/// The identity of an active till.
#[derive(Debug)]
pub struct Identity {
    /// The only environment in which certificate and credentials are good.
    pub environment: Environment,
    /// The facts under which the certificate was asked for.
    pub profile: UnitProfile,
    pub certificate: StampCertificate,
    /// Of the production CSID: for reporting and clearance.
    pub credentials: Credentials,
    pub signer: TillKey,
}

/// The identity in the vault, or `None` while the till is not active. Whether
/// the certificate is still valid is the caller's question to its clock.
pub fn load_identity(vault: &Vault, keys: &KeyStore) -> Result<Option<Identity>, RecordError> {
    match Record::load(vault)? {
        Some(record) if matches!(record.device, Device::Active { .. }) => of(&record, keys).map(Some),
        _ => Ok(None),
    }
}

/// The certificate request that was sent last, as PEM.
pub fn request(vault: &Vault) -> Result<Option<String>, RecordError> {
    Ok(Record::load(vault)?.and_then(|record| record.csr))
}

/// Where the till in this vault stands.
pub fn device(vault: &Vault) -> Result<Device, RecordError> {
    Ok(Record::load(vault)?.map_or(Device::Blank, |record| record.device))
}

/// The identity of an active record.
pub(super) fn of(record: &Record, keys: &KeyStore) -> Result<Identity, RecordError> {
    let csid = record.production.as_ref().ok_or_else(|| record.lacks("production certificate"))?;
    let certificate = StampCertificate::from_token(csid.token())
        .map_err(|e| RecordError::Unreadable(format!("production certificate: {e}")))?;
    let signer = record.signer(keys)?;
    if certificate.public_key_der() != signer.public_key_der() {
        return Err(record.lacks("key that fits its certificate"));
    }
    Ok(Identity {
        environment: record.environment()?,
        profile: record.profile.clone(),
        certificate,
        credentials: csid.credentials(),
        signer,
    })
}
