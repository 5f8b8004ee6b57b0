//! The section [keys]: a store, and for a token everything that reaches it.

use std::path::PathBuf;

use super::fragment::KeysFragment;
use super::settings::KeySettings;
use super::validate::Judge;
use crate::keys::TOKENS_SUPPORTED;

/// A token's label has 32 bytes, padded with spaces (PKCS#11, CK_TOKEN_INFO).
const LABEL_BYTES: usize = 32;

enum Store {
    Vault,
    Pkcs11,
}

impl Judge<'_> {
    pub(super) fn keys(&mut self, keys: KeysFragment) -> Option<KeySettings> {
        let store = keys.store.clone().unwrap_or_else(|| "vault".to_owned());
        let store = self.word("keys.store", &store, |word| match word {
            "vault" => Some(Store::Vault),
            "pkcs11" => Some(Store::Pkcs11),
            _ => None,
        });
        match store? {
            Store::Vault => self.vault(&keys),
            Store::Pkcs11 => self.pkcs11(keys),
        }
    }

    /// A key of the token beside `vault` is a till that its owner believes safer
    /// than it is.
    fn vault(&mut self, keys: &KeysFragment) -> Option<KeySettings> {
        let given = [
            ("keys.pkcs11_module", keys.pkcs11_module.is_some()),
            ("keys.pkcs11_token", keys.pkcs11_token.is_some()),
            ("keys.pkcs11_pin_file", keys.pkcs11_pin_file.is_some()),
        ];
        let mut settings = Some(KeySettings::Vault);
        for (key, _) in given.iter().filter(|(_, given)| *given) {
            settings = self.refuse(key, "is set, but the store is not pkcs11");
        }
        settings
    }

    fn pkcs11(&mut self, keys: KeysFragment) -> Option<KeySettings> {
        if !TOKENS_SUPPORTED {
            let problem = "is pkcs11, but this tilld was built without PKCS#11; install one that was built with \
                           cargo build --release --features hsm";
            self.refuse::<()>("keys.store", problem);
        }
        let module = self.required("keys.pkcs11_module", keys.pkcs11_module);
        let module = module.and_then(|module| self.path("keys.pkcs11_module", module));
        let token = self.required("keys.pkcs11_token", keys.pkcs11_token);
        let token = token.and_then(|token| {
            let plain = token.trim() == token && !token.chars().any(char::is_control);
            let holds = plain && (1..=LABEL_BYTES).contains(&token.len());
            self.holding("keys.pkcs11_token", token, holds, "cannot be the label of a token")
        });
        // Outside the option, so that a refused path is not a missing one.
        let pin_file: Option<Option<PathBuf>> = match keys.pkcs11_pin_file {
            None => Some(None),
            Some(path) => self.path("keys.pkcs11_pin_file", path).map(Some),
        };
        Some(KeySettings::Pkcs11 { module: module?, token: token?, pin_file: pin_file? })
    }
}
