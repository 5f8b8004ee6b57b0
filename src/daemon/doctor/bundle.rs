//! The till's identity: from the vault where it opens to this process, else
//! what the daemon tells.

use crate::api::wire;
use crate::config::Settings;
use crate::daemon::identity::{keys as keys_of, plan, vault_dir};
use crate::doctor::{self, Bundle, Certificate, Identity, Vault, could_not};
use crate::keys::{self, KeySource, KeyStore, UnitProfile, VaultError, Wrapping};
use crate::onboard::{self, RecordError};
use crate::text::Bilingual;

/// Vault and identity, or why they could not be seen.
pub(super) type Seen = Result<(Vault, Identity), Unseen>;

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

/// Why a vault is not opened whose key is not at hand.
pub(super) fn key_missing() -> Bilingual {
    Bilingual::new(
        "the vault opens to the service alone, by its systemd credential, or its key is lost; start the service",
        "لا تفتح الخزنة إلا للخدمة ببيان اعتماد systemd، أو أن مفتاحها فُقد؛ شغّل الخدمة",
    )
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
        Ok(None) => return Ok((Vault::Missing, Identity::None { state: "blank".to_owned() })),
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
    let store = match keys_of(settings) {
        Ok(store) => store,
        Err(why) => return Ok((sealed, Identity::Broken(why))),
    };
    match identity(&vault, &store) {
        Ok(identity) => Ok((sealed, identity)),
        Err(RecordError::Vault(error)) => Ok(shut(&error)),
        Err(error) => Ok((sealed, Identity::Broken(error.to_string()))),
    }
}

fn shut(error: &VaultError) -> (Vault, Identity) {
    (Vault::Shut(error.to_string()), Identity::Broken(error.to_string()))
}

fn identity(vault: &keys::Vault, store: &KeyStore) -> Result<Identity, RecordError> {
    let Some(found) = onboard::load_identity(vault, store)? else {
        return Ok(Identity::None { state: onboard::device(vault)?.name().to_owned() });
    };
    let certificate = &found.certificate;
    Ok(Identity::Active(Box::new(Bundle {
        checked_here: true,
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
pub(super) fn told(certificate: &wire::Certificate) -> Option<Bundle> {
    let not_after = super::records::unix(&certificate.valid_until)?;
    let subject = certificate.subject.clone();
    Some(Bundle {
        certificate: Certificate { subject, not_after, ..Certificate::default() },
        ..Bundle::default()
    })
}
