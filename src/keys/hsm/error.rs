//! What can be wrong with a security token, in words that name the remedy.
//! None of them ever holds a PIN.

use std::path::PathBuf;

use thiserror::Error;

use crate::text::Bilingual;

/// Why a key in a token could not be made or used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    #[error(
        "this till's key lies in the security token `{token}`, and this tilld was built without PKCS#11. \
         Install a tilld built with the feature `hsm` (cargo build --release --features hsm)"
    )]
    NoSupport { token: String },
    #[error(
        "this till's key lies in the security token `{token}`, but the settings name no token. Set [keys] store = \
         \"pkcs11\" with pkcs11_module and pkcs11_token again, or onboard anew: tilld onboard --replace"
    )]
    NotSet { token: String },
    #[error(
        "this till's key lies in the security token `{token}`, but the settings name `{set}`. Set [keys] \
         pkcs11_token = \"{token}\" again, or onboard anew with a key in the other token: tilld onboard --replace"
    )]
    OtherToken { token: String, set: String },
    #[error(
        "the PKCS#11 module {} cannot be loaded ({why}). Install the token maker's library, or correct [keys] \
         pkcs11_module", module.display()
    )]
    Module { module: PathBuf, why: String },
    #[error(
        "{} is not a PKCS#11 module ({why}). Name the token maker's library in [keys] pkcs11_module, such as \
         /usr/lib/softhsm/libsofthsm2.so", module.display()
    )]
    NotPkcs11 { module: PathBuf, why: String },
    #[error(
        "the security token `{token}` is not there ({}). Plug it in, or correct [keys] pkcs11_token", instead(.found)
    )]
    Missing { token: String, found: Vec<String> },
    #[error(
        "{count} security tokens are labelled `{token}`. Remove all but this till's own, or give each a label of its own"
    )]
    Ambiguous { token: String, count: usize },
    #[error(
        "there is no PIN for the security token: neither the systemd credential tilld.hsm-pin nor [keys] \
         pkcs11_pin_file. Pass on one of them"
    )]
    NoPin,
    #[error("the PIN of the security token cannot be read: {why}")]
    PinUnreadable { why: String },
    #[error(
        "the security token `{token}` refused the PIN. It is not tried again until it is changed, so that the token \
         is not locked. Correct the credential tilld.hsm-pin or the file of [keys] pkcs11_pin_file"
    )]
    PinRefused { token: String },
    #[error(
        "the security token `{token}` has one try left for its PIN, and tilld does not use it up. Log in once with \
         the right PIN by the token maker's tool, then correct the PIN of the till"
    )]
    PinLastTry { token: String },
    #[error(
        "the PIN of the security token `{token}` is locked, has expired or was never set. Set it anew by the token \
         maker's tool (with the SO-PIN)"
    )]
    PinLocked { token: String },
    #[error(
        "the security token `{token}` does not hold this till's key {id}. Plug in the token with which this till was \
         onboarded; if that is lost, onboard anew: tilld onboard --replace"
    )]
    KeyMissing { token: String, id: String },
    #[error(
        "the security token `{token}` would give the private key away (it is not sensitive, or extractable), so it is \
         not used. Use a token that keeps its keys, and onboard anew: tilld onboard --replace"
    )]
    Exportable { token: String },
    #[error(
        "the security token `{token}` cannot make keys on the curve secp256k1 ({why}), which the authority demands. \
         Use another token, or set [keys] store = \"vault\""
    )]
    Curve { token: String, why: String },
    #[error(
        "the security token `{token}` gave a signature that does not fit this till's key; it was not used. Try \
         again; if it stays so, the token is broken: onboard anew with another one"
    )]
    WrongSignature { token: String },
    #[error(
        "the security token `{token}` does not answer. Pull it and plug it in again; if it stays so, restart tilld"
    )]
    NoAnswer { token: String },
    #[error("the security token `{token}` failed ({why}). Pull it, plug it in again and try once more")]
    Failed { token: String, why: String },
}

impl TokenError {
    /// What the cashier reads: what to do at the till, in both languages.
    pub fn words(&self) -> Bilingual {
        Bilingual::new(self.to_string(), self.arabic())
    }

    /// The Arabic half of [`TokenError::words`].
    pub const fn arabic(&self) -> &'static str {
        match self {
            TokenError::Missing { .. } | TokenError::KeyMissing { .. } => {
                "وحدة الأمان (USB أو البطاقة) الخاصة بهذا الجهاز غير موصولة. وصّلها ثم أعد المحاولة."
            }
            TokenError::NoAnswer { .. } | TokenError::Failed { .. } | TokenError::WrongSignature { .. } => {
                "وحدة الأمان لا تستجيب كما يجب. افصلها ثم وصّلها وأعد المحاولة، وإن تكرر الخطأ فاتصل بالدعم."
            }
            TokenError::NoPin
            | TokenError::PinUnreadable { .. }
            | TokenError::PinRefused { .. }
            | TokenError::PinLastTry { .. }
            | TokenError::PinLocked { .. } => {
                "الرقم السري لوحدة الأمان ناقص أو مرفوض أو مقفل. اتصل بالدعم لتصحيحه."
            }
            TokenError::NoSupport { .. } => {
                "مفتاح هذا الجهاز محفوظ في وحدة أمان لا يدعمها هذا الإصدار من البرنامج. ثبّت الإصدار الذي يدعمها"
            }
            TokenError::NotSet { .. } | TokenError::OtherToken { .. } => {
                "مفتاح هذا الجهاز محفوظ في وحدة أمان لا تذكرها الإعدادات. أعد إعدادات الوحدة في القسم [keys]"
            }
            TokenError::Module { .. }
            | TokenError::NotPkcs11 { .. }
            | TokenError::Ambiguous { .. }
            | TokenError::Exportable { .. }
            | TokenError::Curve { .. } => "إعدادات وحدة الأمان في هذا الجهاز غير صحيحة. اتصل بالدعم.",
        }
    }
}

/// The tokens that are there instead.
fn instead(labels: &[String]) -> String {
    if labels.is_empty() {
        return "no token is".to_owned();
    }
    let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
    format!("there: {}", labels.join(", "))
}
