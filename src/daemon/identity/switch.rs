//! Taking an identity into use: the vault decides which bundle is the till's,
//! the ledger follows between two documents, and the keyring with it.

use std::sync::Arc;

use super::binding;
use super::keyring::Keyring;
use crate::config::{ChainOnRenewal, Settings};
use crate::keys::{KeyStore, Vault};
use crate::ledger::{ActivateError, OnRenewal, Store, Unit};
use crate::onboard::{self, Bundles, Device, Identity, NoStamp};

/// The bundles in the vault, after an identity that was made and not yet taken
/// into use has become the till's: so a start after a kill goes on. `now` is
/// seconds since 1970, UTC.
///
/// # Errors
/// In words, also if the settings belong to another till than the identity.
pub fn load(settings: &Settings, vault: &Vault, keys: &KeyStore, now: i64) -> Result<Bundles, String> {
    let words = |error: onboard::RecordError| error.to_string();
    if onboard::promote(vault).map_err(words)?.is_some() {
        tracing::info!("the till's new identity is taken into use; the one before is kept");
    }
    onboard::settle(vault, now).map_err(words)?;
    let bundles = onboard::bundles(vault, keys).map_err(words)?;
    if let Some(identity) = &bundles.current {
        binding::check(settings, identity)?;
        let keys = binding::outdated(settings, identity);
        if !keys.is_empty() {
            tracing::warn!(?keys, "these settings of [unit] come with the next certificate only");
        }
    }
    Ok(bundles)
}

/// Whether the ledger gets the identity. With an expired one it refuses each
/// sale by its clock, which may only be wrong and be set right. One that the
/// authority does not take goes on stamping: a 401 may be a fault of the
/// gateway, nothing may stop a shop on its word, and what was stamped goes out
/// with the credentials of the next certificate (fatoora-api.md sections 4, 6).
pub fn stamps(state: &Device, now: i64) -> bool {
    matches!(state.good(now), Ok(()) | Err(NoStamp::Expired { .. } | NoStamp::Revoked))
}

/// Makes the current identity the one that stamps, and gives every chain its
/// credentials in the same step. What an identity has stamped that may not stamp
/// any more can still be sent.
///
/// # Errors
/// Nothing has changed then.
pub fn install(
    store: &mut Store,
    settings: &Settings,
    keyring: &Keyring,
    mut bundles: Bundles,
    now: i64,
) -> Result<(), ActivateError> {
    let current = match bundles.current.take() {
        Some(identity) if stamps(&bundles.current_state, now) => {
            let credentials = Arc::new(identity.credentials.clone());
            let fingerprint = identity.certificate.fingerprint();
            match store.activate(unit(settings, identity)) {
                Ok(chain) => Some((chain, credentials)),
                // What it has stamped is still sent, and a new identity can be got
                // from the running till.
                Err(ActivateError::Closed | ActivateError::Superseded) => {
                    tracing::warn!(
                        "the chain of this till's certificate is closed: it sells with a new one only"
                    );
                    store.shut();
                    store.chain_of(&fingerprint).map(|chain| (chain, credentials))
                }
                Err(error) => return Err(error),
            }
        }
        kept => {
            store.deactivate();
            kept.and_then(|identity| {
                let chain = store.chain_of(&identity.certificate.fingerprint())?;
                Some((chain, Arc::new(identity.credentials)))
            })
        }
    };
    keyring.fill(&store.known_chains()?, settings.fatoora.environment, current, &bundles.former);
    Ok(())
}

fn unit(settings: &Settings, identity: Identity) -> Unit {
    if let Err(error) = identity.signer.ready() {
        tracing::warn!(%error, "nothing can be sealed until this is mended");
    }
    Unit {
        certificate: identity.certificate,
        signer: Box::new(identity.signer),
        seller: Arc::clone(&settings.seller),
        environment: identity.environment.word().to_owned(),
        number_prefix: settings.till.number_prefix.clone(),
        dictionary: Vec::new(),
        on_renewal: match settings.till.chain_on_renewal {
            ChainOnRenewal::Restart => OnRenewal::Restart,
            ChainOnRenewal::Continue => OnRenewal::Continue,
        },
    }
}
