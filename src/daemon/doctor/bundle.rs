//! The till's identity: from the vault where it opens to this process, else
//! what the daemon tells.

use super::records::unix;
use crate::api::wire;
use crate::config::{KeySettings, Settings};
use crate::daemon::identity::{plan, vault_dir};
use crate::doctor::{self, Bundle, Certificate, Identity, Known, Vault, could_not};
use crate::keys::{self, KeyError, KeySource, KeyStore, TokenError, UnitProfile, VaultError, Wrapping};
use crate::onboard::{self, Device, RecordError};
use crate::text::Bilingual;

/// Vault and identity, or why they could not be seen. The identity alone is
/// unknown where its key lies in a token that does not open to this process.
pub(super) type Seen = Result<(Vault, Known<Identity>), Unseen>;

pub(super) enum Unseen {
    /// Sealed secrets are there, and nothing in this process opens them.
    KeyMissing,
    Because(Bilingual),
}

impl From<Bilingual> for Unseen {
    fn from(because: Bilingual) -> Unseen {
        Unseen::Because(because)
    }
}

impl Unseen {
    pub fn because(self) -> Bilingual {
        match self {
            Unseen::Because(because) => because,
            Unseen::KeyMissing => Bilingual::new(
                "the vault opens to the service alone, by its systemd credential, or its key is lost; start the service",
                "لا تفتح الخزنة إلا للخدمة ببيان اعتماد systemd، أو أن مفتاحها فُقد؛ شغّل الخدمة",
            ),
        }
    }
}

/// What the settings say of the identity.
pub(super) fn settings(settings: &Settings) -> doctor::Settings {
    doctor::Settings {
        name: settings.till.name.clone(),
        environment: settings.fatoora.environment.word().to_owned(),
        address_override: settings.fatoora.base_url.clone(),
        unit: facts(&plan(settings).profile),
    }
}

/// The facts of a certificate request under the keys of the configuration.
fn facts(profile: &UnitProfile) -> Vec<(&'static str, String)> {
    let UnitProfile { common_name, organization_unit, organization, serial, vat, title, location, category } =
        profile;
    [
        ("seller.vat_number", vat),
        ("unit.common_name", common_name),
        ("unit.organization_unit", organization_unit),
        ("unit.organization", organization),
        ("unit.serial_number", serial),
        ("unit.title", title),
        ("unit.location", location),
        ("unit.category", category),
    ]
    .map(|(key, value)| (key, value.clone()))
    .to_vec()
}

/// Looks into the vault and changes nothing.
pub(super) fn look(settings: &Settings) -> Seen {
    let wrapping = match Wrapping::of_this_process() {
        Ok(wrapping) => wrapping,
        Err(error) => return Ok(shut(&error)),
    };
    let vault = match keys::Vault::look(&vault_dir(settings), &wrapping) {
        Ok(Some(vault)) => vault,
        Ok(None) => return Ok((Vault::Missing, Ok(Identity::None { state: "blank".to_owned() }))),
        Err(VaultError::KeyMissing { .. }) => return Err(Unseen::KeyMissing),
        Err(VaultError::Io { path, error }) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            let what = Bilingual::new(
                format!("{} may not be read by this user", path.display()),
                format!("لا يسمح لهذا المستخدم بقراءة {}", path.display()),
            );
            return Err(Unseen::Because(could_not(what, &error.to_string())));
        }
        Err(error) => return Ok(shut(&error)),
    };
    let bound = match vault.source() {
        KeySource::Credential => true,
        KeySource::BoundFile { hardware, .. } => *hardware,
    };
    let sealed = Vault::Sealed { source: vault.source().text(), bound };
    // A token counts wrong PINs and locks itself: only the service opens it.
    match identity(&vault, &KeyStore::Vault) {
        Ok(identity) => Ok((sealed, Ok(identity))),
        Err(RecordError::Vault(error)) => Ok(shut(&error)),
        Err(RecordError::Key(KeyError::Token(TokenError::NotSet { token }))) if names_token(settings) => {
            Ok((sealed, Err(in_token(&token))))
        }
        Err(error) => Ok((sealed, Ok(Identity::Broken(error.to_string())))),
    }
}

fn names_token(settings: &Settings) -> bool {
    matches!(settings.keys, KeySettings::Pkcs11 { .. })
}

fn in_token(token: &str) -> Bilingual {
    Bilingual::new(
        format!(
            "the key lies in the security token {token}, which the service alone opens; start the service"
        ),
        format!("المفتاح في جهاز الحفظ {token} ولا تفتحه إلا الخدمة؛ شغّل الخدمة"),
    )
}

fn shut(error: &VaultError) -> (Vault, Known<Identity>) {
    (Vault::Shut(error.to_string()), Ok(Identity::Broken(error.to_string())))
}

fn identity(vault: &keys::Vault, keys: &KeyStore) -> Result<Identity, RecordError> {
    let bundles = onboard::bundles(vault, keys)?;
    let Some(found) = bundles.current else {
        return Ok(Identity::None { state: bundles.current_state.name().to_owned() });
    };
    let certificate = &found.certificate;
    Ok(Identity::Active(Box::new(Bundle {
        checked_here: true,
        revoked: matches!(bundles.current_state, Device::Revoked),
        // One that is ready takes its place at the next start.
        successor: bundles
            .successor_state
            .filter(|state| !matches!(state, Device::Active { .. }))
            .map(|state| state.name().to_owned()),
        in_the_making: false,
        environment: Some(found.environment.word().to_owned()),
        unit: facts(&found.profile),
        certificate: Certificate {
            subject: certificate.subject().to_owned(),
            issuer: Some(certificate.issuer().to_owned()),
            serial: Some(certificate.serial().to_owned()),
            not_before: Some(certificate.not_before()),
            not_after: certificate.not_after(),
            vat: certificate.vat_number().map(str::to_owned),
        },
    })))
}

/// What the daemon tells of its certificate; none if its end cannot be read.
pub(super) fn told(status: &wire::Status) -> Option<Bundle> {
    let certificate = status.certificate.as_ref()?;
    let identity = status.identity.as_ref();
    let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Some(Bundle {
        revoked: identity.is_some_and(|identity| identity.state == "revoked"),
        successor: identity.and_then(|identity| identity.successor.clone()),
        in_the_making: is_under_way(status),
        certificate: Certificate {
            subject: certificate.subject.clone(),
            issuer: text(&certificate.issuer),
            serial: text(&certificate.serial_number),
            not_before: unix(&certificate.valid_from),
            not_after: unix(&certificate.valid_until)?,
            vat: None,
        },
        ..Bundle::default()
    })
}

/// Whether the daemon works on a successor right now.
pub(super) fn is_under_way(status: &wire::Status) -> bool {
    status.identity.as_ref().is_some_and(|identity| identity.operation.is_some())
}

/// What the daemon tells of its vault.
pub(super) fn told_vault(status: &wire::Status) -> Option<Vault> {
    let source = status.identity.as_ref().map(|identity| identity.vault_key.clone())?;
    let bound = !source.contains(KeySource::OPENS_BY_COPY);
    Some(Vault::Sealed { source, bound }).filter(|_| status.certificate.is_some())
}
