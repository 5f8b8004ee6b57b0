//! The one sealed record of a till's identity: state, key, request, both
//! CSIDs, and the compliance document that is on its way.

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

/// Name of the record in the vault.
const NAME: &str = "device";
/// Layout of the record; a newer one is refused, never guessed at.
const VERSION: u32 = 1;
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

/// Everything that is known of this till's identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    version: u32,
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
    pub fn blank(environment: Environment, profile: &UnitProfile) -> Record {
        Record {
            version: VERSION,
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

    /// The record in the vault, if there is one.
    pub fn load(vault: &Vault) -> Result<Option<Record>, RecordError> {
        #[derive(Deserialize)]
        struct Layout {
            version: u32,
        }
        let Some(bytes) = vault.get(NAME)? else { return Ok(None) };
        // The place of an error is told, its surroundings are not: they may be secret.
        let unreadable = |e: serde_json::Error| {
            RecordError::Unreadable(format!("{:?} at column {}", e.classify(), e.column()))
        };
        let layout: Layout = serde_json::from_slice(&bytes).map_err(unreadable)?;
        if layout.version != VERSION {
            return Err(RecordError::Newer { found: layout.version });
        }
        serde_json::from_slice(&bytes).map(Some).map_err(unreadable)
    }

    /// Seals the record; when it returns, it is on the disk.
    pub fn save(&self, vault: &Vault) -> Result<(), RecordError> {
        let document = self.last.as_ref().map_or(0, |last| last.xml.len());
        let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM + document));
        serde_json::to_writer(&mut *bytes, self).map_err(|e| RecordError::Unreadable(e.to_string()))?;
        Ok(vault.put(NAME, &bytes)?)
    }

    /// Moves the state by the one transition function.
    pub fn apply(&mut self, event: DeviceEvent) -> Result<(), Forbidden> {
        self.device = self.device.clone().on(event)?;
        Ok(())
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

    /// Forgets what hangs on the old facts; `keep_key` if they were only the
    /// shop's own words.
    pub fn start_over(&mut self, environment: Environment, profile: &UnitProfile, keep_key: bool) {
        let (device, key) = (self.device.clone(), self.key.take());
        *self = Record::blank(environment, profile);
        self.device = device;
        self.key = key.filter(|_| keep_key);
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
mod tests {
    use super::*;
    use crate::keys::{Machine, Wrapping};
    use crate::stamp::Signer as _;

    fn profile() -> UnitProfile {
        let text = || "x".to_owned();
        UnitProfile {
            common_name: text(),
            organization_unit: text(),
            organization: text(),
            serial: text(),
            vat: text(),
            title: text(),
            location: text(),
            category: text(),
        }
    }

    /// As the first layout wrote it: the key is the base64 text of its scalar.
    #[test]
    fn a_record_of_the_first_layout_is_read_and_stays_as_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let machine = Machine::from_facts(vec![("board serial number", "1000".to_owned())]);
        let vault =
            Vault::open(&directory.path().join("vault"), &Wrapping::new(None, machine).unwrap()).unwrap();
        let old = format!(
            "{{\"version\":1,\"device\":{},\"environment\":\"sandbox\",\"profile\":{},\
             \"key\":\"{}\",\"csr\":null,\"compliance\":null,\"last\":null,\"awaiting\":false,\"production\":null}}",
            serde_json::to_string(&Device::KeyMade).unwrap(),
            serde_json::to_string(&profile()).unwrap(),
            STANDARD.encode([7; 32]),
        );
        vault.put(NAME, old.as_bytes()).unwrap();
        let record = Record::load(&vault).unwrap().unwrap();
        assert_eq!(record.device, Device::KeyMade);
        let key = record.signer(&KeyStore::Vault).unwrap();
        let same = KeyStore::Vault.generate(&mut |buffer| buffer.fill(7)).unwrap();
        assert_eq!(key.public_key_der(), same.public_key_der());
        record.save(&vault).unwrap();
        assert_eq!(vault.get(NAME).unwrap().unwrap().as_slice(), old.as_bytes());
        assert!(!format!("{record:?}").contains(&STANDARD.encode([7; 32])));
    }
}
