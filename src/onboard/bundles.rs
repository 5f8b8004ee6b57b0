//! The bundles in the vault: the one that stamps, the one in the making beside
//! it, and the former ones, whose credentials still send their documents. The
//! vault decides which one is current; the ledger follows.

use super::device::Device;
use super::identity::{Identity, of};
use super::record::{Place, Record, RecordError, Road};
use crate::fatoora::{Credentials, Environment};
use crate::keys::{KeyStore, Vault, VaultError};
use crate::stamp::StampCertificate;

/// Everything of identities that a vault holds.
#[derive(Debug)]
pub struct Bundles {
    /// The identity that stamps, or would if it were still good: an expired or
    /// revoked one is here too, since its credentials belong to documents that
    /// may still wait. Ask [`Device::good`] of `current_state` before stamping.
    pub current: Option<Identity>,
    pub current_state: Device,
    /// Of the bundle in the making beside the current one.
    pub successor_state: Option<Device>,
    /// Whether it is a renewal or a replacement: what to run again to go on with it.
    pub successor_road: Option<Road>,
    /// The oldest one first.
    pub former: Vec<Former>,
}

/// An identity that was switched away from. It never stamps again; its
/// credentials send what it has stamped.
#[derive(Debug)]
pub struct Former {
    pub environment: Environment,
    pub certificate: StampCertificate,
    pub credentials: Credentials,
}

/// A successor that has taken the place of the current identity.
#[derive(Debug)]
pub struct Promotion {
    pub environment: Environment,
    pub certificate: StampCertificate,
    /// The certificate that stamped until now.
    pub former: Option<StampCertificate>,
}

/// Reads all bundles. Needs no lock: a promotion that runs meanwhile is seen
/// either before or after.
///
/// # Errors
/// A record that cannot be read, or a key that cannot be opened.
pub fn bundles(vault: &Vault, keys: &KeyStore) -> Result<Bundles, RecordError> {
    let device = Record::load(vault, Place::Device)?;
    let successor = making(vault)?;
    let current = device.as_ref().filter(|record| record.device.is_identity());
    // What an interrupted promotion leaves twice is told once.
    let is_current = |record: &Record| current.is_some_and(|current| current.is_same_identity(record));
    let former = formers(vault)?;
    let former = former.iter().flatten().filter(|record| !is_current(record));
    let former = former.map(Former::of).collect::<Result<_, _>>()?;
    let successor = successor.filter(|record| !is_current(record));
    Ok(Bundles {
        current: current.map(|record| of(record, keys)).transpose()?,
        current_state: device.map_or(Device::Blank, |record| record.device),
        successor_road: successor.as_ref().map(|record| record.road),
        successor_state: successor.map(|record| record.device),
        former,
    })
}

impl Former {
    fn of(record: &Record) -> Result<Former, RecordError> {
        Ok(Former {
            environment: record.environment()?,
            certificate: record.certificate()?,
            credentials: record.credentials()?,
        })
    }
}

/// Puts an active successor in the place of the current identity, which is kept
/// as a former one. Interrupted anywhere, the next call finishes it; to be called
/// at each start and after each renewal. The caller then lets the ledger follow.
///
/// `None`: there is no active successor, and nothing was changed.
///
/// # Errors
/// [`VaultError::Busy`] while an onboarding or renewal runs on this vault.
pub fn promote(vault: &Vault) -> Result<Option<Promotion>, RecordError> {
    let _lock = vault.lock()?;
    promoted(vault)
}

/// As [`promote`], for a caller that holds the lock. Each step leaves a vault
/// from which this function arrives at the same end.
pub(super) fn promoted(vault: &Vault) -> Result<Option<Promotion>, RecordError> {
    let successor = making(vault)?;
    let Some(successor) = successor.filter(|record| matches!(record.device, Device::Active { .. })) else {
        return Ok(None);
    };
    let promotion = Promotion {
        environment: successor.environment()?,
        certificate: successor.certificate()?,
        former: put_in_place(vault, successor)?,
    };
    vault.remove(Place::Successor.name().as_str())?;
    Ok(Some(promotion))
}

/// Keeps the current record as a former one and puts the successor in its
/// place, as far as that has not happened yet. Gives the former certificate.
fn put_in_place(vault: &Vault, successor: Record) -> Result<Option<StampCertificate>, RecordError> {
    let current = Record::load(vault, Place::Device)?.filter(|record| record.device.is_identity());
    let formers = formers(vault)?;
    let Some(current) = current else {
        successor.at(Place::Device).save(vault)?;
        return Ok(None);
    };
    if current.is_same_identity(&successor) {
        return formers.iter().flatten().next_back().map(Record::certificate).transpose();
    }
    let certificate = current.certificate()?;
    if !formers.iter().flatten().any(|former| former.is_same_identity(&current)) {
        current.at(Place::Former(formers.len() + 1)).save(vault)?;
    }
    successor.at(Place::Device).save(vault)?;
    Ok(Some(certificate))
}

/// The record in the making. A damaged one must not stop the identity in use.
fn making(vault: &Vault) -> Result<Option<Record>, RecordError> {
    match Record::load(vault, Place::Successor) {
        Err(error @ (RecordError::Unreadable(_) | RecordError::Vault(VaultError::BlobDamaged { .. }))) => {
            tracing::warn!(%error, "the identity in the making cannot be read; the one in use goes on");
            Ok(None)
        }
        other => other,
    }
}

/// The former records, the oldest one first. They are numbered without a gap;
/// `None` stands for one that is damaged, which must not stop the identity in
/// use: its place is not given away, and its documents wait for a backup.
fn formers(vault: &Vault) -> Result<Vec<Option<Record>>, RecordError> {
    let mut found = Vec::new();
    loop {
        let number = found.len() + 1;
        match Record::load(vault, Place::Former(number)) {
            Ok(None) => return Ok(found),
            Ok(Some(record)) => found.push(Some(record)),
            Err(
                error @ (RecordError::Unreadable(_) | RecordError::Vault(VaultError::BlobDamaged { .. })),
            ) => {
                tracing::warn!(number, %error, "a former identity cannot be read; what it has stamped and not sent waits");
                found.push(None);
            }
            Err(error) => return Err(error),
        }
    }
}

/// The state of the current identity as of `now` (seconds since 1970, UTC). If
/// the clock has passed the end of its certificate, that is stored; also the
/// reverse, when the clock had run ahead and was set right.
///
/// While an onboarding or renewal holds the vault, the answer is right as well,
/// and storing it waits for the next call.
pub fn settle(vault: &Vault, now: i64) -> Result<Device, RecordError> {
    let Some(mut record) = Record::load(vault, Place::Device)? else { return Ok(Device::Blank) };
    let Some(event) = record.device.by_clock(now) else { return Ok(record.device) };
    match vault.lock() {
        Ok(_lock) => {
            // It may have changed before the lock was taken.
            if let Some(mut record) = Record::load(vault, Place::Device)? {
                record.settle(vault, now)?;
                return Ok(record.device);
            }
        }
        Err(VaultError::Busy { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    record.apply(event)?;
    Ok(record.device)
}
