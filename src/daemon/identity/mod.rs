//! The till's identity inside the daemon: where it lies, what the settings make
//! of it, and in the files beside this one how it is changed while the till sells.

mod binding;
mod desk;
mod drain;
mod keyring;
mod register;
mod switch;
#[cfg(test)]
mod tests;
mod watch;
mod way;

use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::config::{KeySettings, Settings};
use crate::fatoora::Client;
use crate::invoice::Seller;
use crate::keys::{
    KeyStore, PinSource, Pkcs11Settings, TOKENS_SUPPORTED, TokenError, UnitProfile, Vault, Wrapping,
};
use crate::onboard::Plan;

pub use desk::{DRAIN_WITHIN, Desk, Parts};
pub use drain::{explained, left_alive};
pub use keyring::Keyring;
#[cfg(test)]
pub use register::Entry;
pub use register::Register;
pub use switch::{install, load};
pub use watch::{HOURLY, watch};
pub use way::endpoint;

/// The folder of the vault inside the data directory.
pub fn vault_dir(settings: &Settings) -> PathBuf {
    settings.till.data_dir.join("vault")
}

/// Opens the vault, making the data directory first if it is missing.
pub fn open_vault(settings: &Settings) -> Result<Vault, String> {
    let dir = &settings.till.data_dir;
    std::fs::create_dir_all(dir)
        .map_err(|error| format!("the data directory {} cannot be made ({error})", dir.display()))?;
    let wrapping = Wrapping::of_this_process().map_err(|error| error.to_string())?;
    Vault::open(&vault_dir(settings), &wrapping).map_err(|error| error.to_string())
}

/// Where the till's key is made and opened. Whether the token is there is not
/// asked yet.
///
/// # Errors
/// If this program was built without tokens and the settings name one.
pub fn keys(settings: &Settings) -> Result<KeyStore, String> {
    match &settings.keys {
        KeySettings::Vault => Ok(KeyStore::Vault),
        KeySettings::Pkcs11 { token, .. } if !TOKENS_SUPPORTED => {
            Err(TokenError::NoSupport { token: token.clone() }.to_string())
        }
        KeySettings::Pkcs11 { module, token, pin_file } => Ok(KeyStore::Pkcs11(Pkcs11Settings {
            module: module.clone(),
            token: token.clone(),
            pin: PinSource::of_this_process(pin_file.clone()),
        })),
    }
}

/// A register that knows where the secrets lie, the settings, and nothing else yet.
pub fn register(settings: &Settings, vault: &Vault, keys: &KeyStore) -> Register {
    let store = match keys {
        KeyStore::Vault => "vault".to_owned(),
        KeyStore::Pkcs11(settings) => format!("security token `{}` (PKCS#11)", settings.token),
    };
    Register::new(vault.source().text(), store, settings_digest(settings))
}

/// The client for the platform, or for the address that stands in for it.
pub fn client(settings: &Settings) -> Result<Client, String> {
    Client::new(endpoint(settings)?).map_err(|error| error.to_string())
}

/// What onboarding is to make of this till.
pub fn plan(settings: &Settings) -> Plan {
    let unit = &settings.unit;
    let seller: Arc<Seller> = Arc::clone(&settings.seller);
    Plan {
        environment: settings.fatoora.environment,
        profile: UnitProfile {
            common_name: unit.common_name.clone(),
            organization_unit: unit.organization_unit.clone(),
            organization: unit.organization.clone(),
            serial: unit.serial_number.clone(),
            vat: seller.vat.as_str().to_owned(),
            title: unit.title.word().to_owned(),
            location: unit.location.clone(),
            category: unit.category.clone(),
        },
        seller,
    }
}

/// SHA-256 in hexadecimal digits of everything in the settings that makes an
/// identity: environment, an address that stands in for the platform's, VAT
/// number, unit.
pub fn settings_digest(settings: &Settings) -> String {
    let Plan { environment, profile, .. } = plan(settings);
    let UnitProfile { common_name, organization_unit, organization, serial, vat, title, location, category } =
        &profile;
    let address = settings.fatoora.base_url.as_deref().unwrap_or_default();
    let unit = [common_name, organization_unit, organization, serial, vat, title, location, category];
    let mut hash = Sha256::new();
    for part in [environment.word(), address].into_iter().chain(unit.map(String::as_str)) {
        // With its length before it, no part runs into the next.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
