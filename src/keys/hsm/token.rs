//! The calls into a PKCS#11 module. Everything here runs on the module's own
//! thread. After any failure of a call the module is shut down and opened again,
//! since only a new start sees tokens that were pulled and put back.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::RawAuthPin;
use k256::ecdsa::VerifyingKey;
use zeroize::Zeroizing;

use super::{KeyId, Pkcs11Settings, TokenError};

/// DER of the object identifier of secp256k1, 1.3.132.0.10 (csr.md section 1).
const SECP256K1: [u8; 7] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a];

/// Why a call did not succeed.
enum Fault {
    /// It is known what is wrong, and a new start changes nothing.
    Known(TokenError),
    /// The module said so.
    Module(Error),
}

impl From<TokenError> for Fault {
    fn from(error: TokenError) -> Fault {
        Fault::Known(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Module(error)
    }
}

/// A session in which the PIN was taken, and the keys that were found in it.
struct Opened {
    session: Session,
    keys: BTreeMap<KeyId, ObjectHandle>,
}

/// The tokens behind one module.
pub(super) struct Tokens {
    module: PathBuf,
    context: Option<Pkcs11>,
    /// By the token's label.
    opened: BTreeMap<String, Opened>,
    /// The PIN that a token refused last; it is not tried again.
    refused: BTreeMap<String, Zeroizing<Vec<u8>>>,
}

impl Tokens {
    /// Nothing is loaded yet.
    pub fn of(module: PathBuf) -> Tokens {
        Tokens { module, context: None, opened: BTreeMap::new(), refused: BTreeMap::new() }
    }

    /// Makes a key pair with the CKA_ID `id`; gives the public half.
    pub fn generate(&mut self, settings: &Pkcs11Settings, id: KeyId) -> Result<VerifyingKey, TokenError> {
        // First something that may be done twice, in case the token was out meanwhile;
        // the making itself is not repeated, since a failure may have left a key behind.
        self.twice(settings, |opened| Ok(opened.session.get_session_info()?))?;
        let made = self.open(settings).and_then(|opened| make(&opened.session, &settings.token, id));
        self.told(settings, made)
    }

    /// r and s of a signature over `digest`.
    pub fn sign(
        &mut self,
        settings: &Pkcs11Settings,
        id: KeyId,
        digest: &[u8; 32],
    ) -> Result<Vec<u8>, TokenError> {
        self.twice(settings, |opened| {
            let key = opened.key(&settings.token, id)?;
            Ok(opened.session.sign(&Mechanism::Ecdsa, key, digest)?)
        })
    }

    /// Finds the key anew and looks at its attributes.
    pub fn check(&mut self, settings: &Pkcs11Settings, id: KeyId) -> Result<(), TokenError> {
        self.twice(settings, |opened| {
            opened.keys.remove(&id);
            opened.key(&settings.token, id).map(|_| ())
        })
    }

    /// Does `work`, and once more after a new start if the module had been
    /// started before: it knows the tokens of that time, and this one may have
    /// come, or been out, since then.
    fn twice<T>(
        &mut self,
        settings: &Pkcs11Settings,
        work: impl Fn(&mut Opened) -> Result<T, Fault>,
    ) -> Result<T, TokenError> {
        if self.context.is_some() {
            if let Ok(done) = self.open(settings).and_then(&work) {
                return Ok(done);
            }
            self.shut();
        }
        let done = self.open(settings).and_then(&work);
        self.told(settings, done)
    }

    /// The outcome in words; after a failure everything begins anew.
    fn told<T>(&mut self, settings: &Pkcs11Settings, outcome: Result<T, Fault>) -> Result<T, TokenError> {
        outcome.map_err(|fault| {
            self.shut();
            match fault {
                Fault::Known(error) => error,
                Fault::Module(error) => {
                    TokenError::Failed { token: settings.token.clone(), why: error.to_string() }
                }
            }
        })
    }

    /// Leaves the module. Its sessions end before it.
    fn shut(&mut self) {
        self.opened.clear();
        if let Some(context) = self.context.take() {
            // A module that cannot even end is opened anew all the same.
            let _ = context.finalize();
        }
    }

    /// The session with the token, opened now if it was not.
    fn open(&mut self, settings: &Pkcs11Settings) -> Result<&mut Opened, Fault> {
        if !self.opened.contains_key(&settings.token) {
            let context = self.context()?;
            let (slot, about) = find(&context, &settings.token)?;
            let session = context.open_rw_session(slot).or_else(|_| context.open_ro_session(slot))?;
            self.log_in(settings, &session, &about)?;
            self.opened.insert(settings.token.clone(), Opened { session, keys: BTreeMap::new() });
        }
        let missing = || TokenError::Missing { token: settings.token.clone(), found: Vec::new() };
        self.opened.get_mut(&settings.token).ok_or_else(|| missing().into())
    }

    /// The module, loaded and started.
    fn context(&mut self) -> Result<Pkcs11, Fault> {
        if let Some(context) = &self.context {
            return Ok(context.clone());
        }
        let module = || self.module.clone();
        let context = Pkcs11::new(&self.module).map_err(|error| match error {
            Error::LibraryLoading(why) => TokenError::Module { module: module(), why: why.to_string() },
            other => TokenError::NotPkcs11 { module: module(), why: other.to_string() },
        })?;
        match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(error.into()),
        }
        self.context = Some(context.clone());
        Ok(context)
    }

    fn log_in(
        &mut self,
        settings: &Pkcs11Settings,
        session: &Session,
        about: &TokenInfo,
    ) -> Result<(), Fault> {
        let token = || settings.token.clone();
        if !about.login_required() {
            return Ok(());
        }
        if about.user_pin_locked() || !about.user_pin_initialized() {
            return Err(TokenError::PinLocked { token: token() }.into());
        }
        if about.user_pin_final_try() {
            return Err(TokenError::PinLastTry { token: token() }.into());
        }
        let pin = settings.pin.read()?;
        if self.refused.get(&settings.token).is_some_and(|refused| *refused == pin) {
            return Err(TokenError::PinRefused { token: token() }.into());
        }
        // Wiped by its own type.
        let secret = RawAuthPin::new(Box::new(pin.to_vec()));
        match session.login_with_raw(UserType::User, &secret) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {
                self.refused.remove(&settings.token);
                Ok(())
            }
            Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _)) => {
                self.refused.insert(token(), pin);
                Err(TokenError::PinRefused { token: token() }.into())
            }
            Err(Error::Pkcs11(
                RvError::PinLocked | RvError::PinExpired | RvError::UserPinNotInitialized,
                _,
            )) => Err(TokenError::PinLocked { token: token() }.into()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Opened {
    /// The private key with that CKA_ID, if the token keeps it to itself.
    fn key(&mut self, token: &str, id: KeyId) -> Result<ObjectHandle, Fault> {
        if let Some(key) = self.keys.get(&id) {
            return Ok(*key);
        }
        let wanted = [
            Attribute::Token(true),
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::KeyType(KeyType::EC),
            Attribute::Id(id.0.to_vec()),
        ];
        let found = self.session.find_objects(&wanted)?;
        let [key] = found.as_slice() else {
            return Err(TokenError::KeyMissing { token: token.to_owned(), id: id.to_string() }.into());
        };
        if !kept(&self.session, *key)? {
            return Err(TokenError::Exportable { token: token.to_owned() }.into());
        }
        self.keys.insert(id, *key);
        Ok(*key)
    }
}

/// The one token with that label.
fn find(context: &Pkcs11, label: &str) -> Result<(Slot, TokenInfo), Fault> {
    let mut tokens = Vec::new();
    for slot in context.get_slots_with_token()? {
        // A token that is pulled in this moment is not there.
        let Ok(about) = context.get_token_info(slot) else { continue };
        if about.token_initialized() {
            tokens.push((slot, about));
        }
    }
    let others: Vec<String> = tokens.iter().map(|(_, about)| about.label().to_owned()).collect();
    tokens.retain(|(_, about)| about.label() == label);
    let count = tokens.len();
    match tokens.pop() {
        Some(token) if count == 1 => Ok(token),
        Some(_) => Err(TokenError::Ambiguous { token: label.to_owned(), count }.into()),
        None => Err(TokenError::Missing { token: label.to_owned(), found: others }.into()),
    }
}

fn make(session: &Session, token: &str, id: KeyId) -> Result<VerifyingKey, Fault> {
    let label = format!("tilld-{id}").into_bytes();
    let public = [
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Verify(true),
        Attribute::EcParams(SECP256K1.to_vec()),
        Attribute::Id(id.0.to_vec()),
        Attribute::Label(label.clone()),
    ];
    let private = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Id(id.0.to_vec()),
        Attribute::Label(label),
    ];
    let made = session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private);
    let (public, private) = made.map_err(|error| match error {
        Error::Pkcs11(
            code @ (RvError::MechanismInvalid
            | RvError::CurveNotSupported
            | RvError::DomainParamsInvalid
            | RvError::TemplateInconsistent
            | RvError::AttributeValueInvalid
            | RvError::FunctionNotSupported),
            _,
        ) => Fault::Known(TokenError::Curve { token: token.to_owned(), why: code.to_string() }),
        other => Fault::Module(other),
    })?;
    let sound = examined(session, token, public, private);
    if sound.is_err() {
        // A key that cannot serve must not lie there and look like one that does.
        let _ = session.destroy_object(private);
        let _ = session.destroy_object(public);
    }
    sound
}

/// The public half, if the private one is kept and the pair can be used.
fn examined(
    session: &Session,
    token: &str,
    public: ObjectHandle,
    private: ObjectHandle,
) -> Result<VerifyingKey, Fault> {
    if !kept(session, private)? {
        return Err(TokenError::Exportable { token: token.to_owned() }.into());
    }
    let points = session.get_attributes(public, &[AttributeType::EcPoint])?;
    let key = points.iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(value) => point(value),
        _ => None,
    });
    key.ok_or_else(|| {
        let why = "the public key that it gave is not a point of that curve".to_owned();
        TokenError::Curve { token: token.to_owned(), why }.into()
    })
}

/// Whether the token never gives this key away (P10).
fn kept(session: &Session, key: ObjectHandle) -> Result<bool, Error> {
    let attributes = session.get_attributes(key, &[AttributeType::Sensitive, AttributeType::Extractable])?;
    Ok(attributes.contains(&Attribute::Sensitive(true))
        && attributes.contains(&Attribute::Extractable(false)))
}

/// A public point: an OCTET STRING around 65 bytes, or, from modules that leave
/// the wrapping out, the bytes alone.
fn point(value: &[u8]) -> Option<VerifyingKey> {
    let bare = value.strip_prefix(&[0x04, 0x41]).filter(|bare| bare.len() == 65);
    VerifyingKey::from_sec1_bytes(bare.unwrap_or(value)).ok()
}
