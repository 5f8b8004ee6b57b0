//! The sealed record of one bundle: state, key, request, both CSIDs, and the
//! compliance document that is on its way.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::device::{Device, DeviceEvent, Forbidden};
use crate::chain::{Head, Icv, InvoiceHash};
use crate::fatoora::{Credentials, CsidAnswer, Environment, Submission};
use crate::keys::{KeyError, KeyStore, StoredKey, TillKey, UnitProfile, Vault, VaultError, sealed};
use crate::stamp::StampCertificate;

/// Layout of the record; a newer one is refused, never guessed at. Layout 1 had
/// no `road`: there was only onboarding.
const VERSION: u32 = 2;
/// Bytes of a record without its pending document, generously: the buffer must
/// not grow while secrets are in it.
const ROOM: usize = 64 * 1024;

/// Why the stored identity cannot be used.
#[derive(Debug, Error)]
pub enum RecordError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(
        "the stored identity cannot be read ({0}). Restore the vault from a backup, or move it away and onboard this till again"
    )]
    Unreadable(String),
    #[error(
        "the stored identity has layout {found}, and this tilld knows {VERSION} only. Install the newer tilld again"
    )]
    Newer { found: u32 },
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(
        "the stored identity is in the state `{state}` but has no {what}. Restore the vault from a backup, or move it away and onboard this till again"
    )]
    Incomplete { state: &'static str, what: &'static str },
    #[error(transparent)]
    State(#[from] Forbidden),
}

/// Where a record lies in the vault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// The bundle that stamps, or will once it is active.
    #[default]
    Device,
    /// The bundle in the making beside it.
    Successor,
    /// One that was switched away from; they are counted from 1.
    Former(usize),
}

impl Place {
    /// The name of the secret in the vault.
    pub fn name(self) -> String {
        match self {
            Place::Device => "device".to_owned(),
            Place::Successor => "successor".to_owned(),
            Place::Former(number) => format!("former-{number}"),
        }
    }
}

/// How a bundle comes to its production CSID.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Road {
    /// `POST /compliance`: the first identity, and each replacement.
    #[default]
    Onboarding,
    /// `PATCH /production/csids` under the credentials of the current identity.
    Renewal,
}

/// A text that is wiped on drop and never shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(Zeroizing<String>);

impl Secret {
    fn new(text: &str) -> Secret {
        Secret(Zeroizing::new(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(|text| Secret(Zeroizing::new(text)))
    }
}

/// A CSID as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Csid {
    pub request_id: String,
    token: Secret,
    secret: Secret,
}

impl Csid {
    pub fn from_answer(answer: &CsidAnswer) -> Csid {
        Csid {
            request_id: answer.request_id.clone(),
            token: Secret::new(&answer.credentials.token),
            secret: Secret::new(&answer.credentials.secret),
        }
    }

    pub fn token(&self) -> &str {
        &self.token.0
    }

    pub fn credentials(&self) -> Credentials {
        Credentials::new(self.token.0.as_str(), self.secret.0.as_str())
    }
}

/// A compliance document that was made and not yet answered: sent again with
/// the same bytes after an interruption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pending {
    uuid: String,
    icv: u64,
    hash: String,
    xml: String,
}

impl Pending {
    pub fn new(uuid: Uuid, icv: Icv, hash: InvoiceHash, xml: &[u8]) -> Pending {
        Pending { uuid: uuid.to_string(), icv: icv.get(), hash: hash.to_base64(), xml: STANDARD.encode(xml) }
    }

    pub fn submission(&self) -> Result<Submission, RecordError> {
        let unreadable = |what: &str| RecordError::Unreadable(format!("{what} of the compliance document"));
        Ok(Submission {
            uuid: Uuid::parse_str(&self.uuid).map_err(|_| unreadable("UUID"))?,
            hash: InvoiceHash::from_base64(&self.hash).ok_or_else(|| unreadable("hash"))?,
            xml: STANDARD.decode(&self.xml).map_err(|_| unreadable("bytes"))?,
        })
    }

    fn head(&self) -> Result<Head, RecordError> {
        let unreadable = || RecordError::Unreadable("place of the compliance document".to_owned());
        Ok(Head {
            icv: Icv::new(self.icv).ok_or_else(unreadable)?,
            hash: InvoiceHash::from_base64(&self.hash).ok_or_else(unreadable)?,
        })
    }
}

/// Everything that is known of one bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    version: u32,
    #[serde(skip)]
    place: Place,
    #[serde(default)]
    pub road: Road,
    pub device: Device,
    environment: String,
    pub profile: UnitProfile,
    #[serde(default, with = "sealed")]
    key: Option<StoredKey>,
    pub csr: Option<String>,
    /// Kept after activation as evidence of the onboarding.
    pub compliance: Option<Csid>,
    /// The compliance document made last; its chain is its own and ends with
    /// the onboarding.
    last: Option<Pending>,
    /// Whether `last` still waits for its answer.
    awaiting: bool,
    pub production: Option<Csid>,
}

impl Record {
    pub fn blank(place: Place, road: Road, environment: Environment, profile: &UnitProfile) -> Record {
        Record {
            version: VERSION,
            place,
            road,
            device: Device::Blank,
            environment: environment.word().to_owned(),
            profile: profile.clone(),
            key: None,
            csr: None,
            compliance: None,
            last: None,
            awaiting: false,
            production: None,
        }
    }

    /// The record in that place of the vault, if there is one.
    pub fn load(vault: &Vault, place: Place) -> Result<Option<Record>, RecordError> {
        #[derive(Deserialize)]
        struct Layout {
            version: u32,
        }
        let Some(bytes) = vault.get(&place.name())? else { return Ok(None) };
        // The place of an error is told, its surroundings are not: they may be secret.
        let unreadable = |e: serde_json::Error| {
            RecordError::Unreadable(format!("{:?} at column {}", e.classify(), e.column()))
        };
        let layout: Layout = serde_json::from_slice(&bytes).map_err(unreadable)?;
        if layout.version > VERSION {
            return Err(RecordError::Newer { found: layout.version });
        }
        let record: Record = serde_json::from_slice(&bytes).map_err(unreadable)?;
        Ok(Some(Record { version: VERSION, place, ..record }))
    }

    /// The same record in another place; nothing is stored yet.
    pub fn at(self, place: Place) -> Record {
        Record { place, ..self }
    }

    /// Seals the record; when it returns, it is on the disk.
    pub fn save(&self, vault: &Vault) -> Result<(), RecordError> {
        let document = self.last.as_ref().map_or(0, |last| last.xml.len());
        let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM + document));
        serde_json::to_writer(&mut *bytes, self).map_err(|e| RecordError::Unreadable(e.to_string()))?;
        Ok(vault.put(&self.place.name(), &bytes)?)
    }

    /// Moves the state by the one transition function.
    pub fn apply(&mut self, event: DeviceEvent) -> Result<(), Forbidden> {
        self.device = self.device.clone().on(event)?;
        Ok(())
    }

    /// Lets the clock have its say (`now`: seconds since 1970, UTC), and stores it.
    pub fn settle(&mut self, vault: &Vault, now: i64) -> Result<(), RecordError> {
        let Some(event) = self.device.by_clock(now) else { return Ok(()) };
        self.apply(event)?;
        self.save(vault)
    }

    /// Whether both have the same production CSID: copies of one identity.
    pub fn is_same_identity(&self, other: &Record) -> bool {
        self.production.is_some() && self.production == other.production
    }

    fn production(&self) -> Result<&Csid, RecordError> {
        self.production.as_ref().ok_or_else(|| self.lacks("production certificate"))
    }

    /// Of the production CSID.
    pub fn certificate(&self) -> Result<StampCertificate, RecordError> {
        StampCertificate::from_token(self.production()?.token())
            .map_err(|e| RecordError::Unreadable(format!("production certificate: {e}")))
    }

    /// Of the production CSID.
    pub fn credentials(&self) -> Result<Credentials, RecordError> {
        Ok(self.production()?.credentials())
    }

    pub fn environment(&self) -> Result<Environment, RecordError> {
        let unreadable = |_| RecordError::Unreadable(format!("environment `{}`", self.environment));
        self.environment.parse().map_err(unreadable)
    }

    pub fn set_key(&mut self, key: &TillKey) {
        self.key = Some(key.stored());
    }

    pub fn signer(&self, keys: &KeyStore) -> Result<TillKey, RecordError> {
        let key = self.key.as_ref().ok_or_else(|| self.lacks("key"))?;
        Ok(keys.open(key)?)
    }

    pub fn lacks(&self, what: &'static str) -> RecordError {
        RecordError::Incomplete { state: self.device.name(), what }
    }

    /// Forgets what hangs on the old facts or the old road; `keep_key` if only
    /// the shop's own words have changed.
    pub fn start_over(
        &mut self,
        road: Road,
        environment: Environment,
        profile: &UnitProfile,
        keep_key: bool,
    ) {
        let key = self.key.take().filter(|_| keep_key);
        let device = self.device.clone();
        *self = Record { device, key, ..Record::blank(self.place, road, environment, profile) };
    }

    /// Puts the compliance CSID in place and begins its own chain of documents.
    pub fn set_compliance(&mut self, csid: Csid) {
        self.compliance = Some(csid);
        self.last = None;
        self.awaiting = false;
    }

    pub fn pending(&self) -> Option<&Pending> {
        self.last.as_ref().filter(|_| self.awaiting)
    }

    pub fn set_pending(&mut self, pending: Pending) {
        self.last = Some(pending);
        self.awaiting = true;
    }

    pub fn pending_answered(&mut self) {
        self.awaiting = false;
    }

    /// The head of the compliance documents' chain.
    pub fn head(&self) -> Result<Option<Head>, RecordError> {
        self.last.as_ref().map(Pending::head).transpose()
    }
}

#[cfg(test)]
mod tests;
