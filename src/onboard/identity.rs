//! What the rest of the till gets once it is active: environment,
//! certificate, credentials, signer.

use super::device::Device;
use super::record::{Place, Record, RecordError};
use crate::fatoora::{Credentials, Environment};
use crate::keys::{KeyStore, TillKey, UnitProfile, Vault};
use crate::stamp::{Signer as _, StampCertificate};

/// An identity: what stamps, and what sends the stamped.
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

/// The current identity in the vault, or `None` while there is none. An expired
/// or revoked one is there, too: whether it may stamp is the answer of
/// [`Device::good`].
pub fn load_identity(vault: &Vault, keys: &KeyStore) -> Result<Option<Identity>, RecordError> {
    match Record::load(vault, Place::Device)? {
        Some(record) if record.device.is_identity() => of(&record, keys).map(Some),
        _ => Ok(None),
    }
}

/// The certificate request behind the current identity, or of the first one in
/// the making, as PEM.
pub fn request(vault: &Vault) -> Result<Option<String>, RecordError> {
    Ok(Record::load(vault, Place::Device)?.and_then(|record| record.csr))
}

/// Where the current identity, or the first one in the making, stands.
pub fn device(vault: &Vault) -> Result<Device, RecordError> {
    Ok(Record::load(vault, Place::Device)?.map_or(Device::Blank, |record| record.device))
}

/// The identity in a record.
pub(super) fn of(record: &Record, keys: &KeyStore) -> Result<Identity, RecordError> {
    let certificate = record.certificate()?;
    let signer = record.signer(keys)?;
    if certificate.public_key_der() != signer.public_key_der() {
        return Err(record.lacks("key that fits its certificate"));
    }
    Ok(Identity {
        environment: record.environment()?,
        profile: record.profile.clone(),
        certificate,
        credentials: record.credentials()?,
        signer,
    })
}
