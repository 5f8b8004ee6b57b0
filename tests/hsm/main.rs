//! The till's key in a security token: made there, used there, never out of it.
//! The token is SoftHSM's (Debian: softhsm2). `TILLD_HSM_OUT` keeps the signed
//! documents for the judges outside, `TILLD_HSM_CLOCK` is the time of day in them.

#[path = "../common/mod.rs"]
mod common;
mod documents;
mod token;

use std::path::PathBuf;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use k256::ecdsa::signature::Verifier as _;
use k256::ecdsa::{Signature, VerifyingKey};
use k256::pkcs8::DecodePublicKey as _;
use tilld::chain::InvoiceHash;
use tilld::keys::{KeyError, KeyStore, PinSource, Pkcs11Settings, TillKey, TokenError};
use tilld::stamp::Signer as _;
use token::{LABEL, PIN, SO_PIN, Token, alone, files};

/// An identifier that counts up, so that a test can say which key it means.
fn made(store: &KeyStore, number: u8) -> Result<TillKey, KeyError> {
    store.generate(&mut |buffer| buffer.fill(number))
}

fn refused(settings: &Pkcs11Settings) -> TokenError {
    match made(&KeyStore::Pkcs11(settings.clone()), 1) {
        Err(KeyError::Token(error)) => {
            let words = error.words();
            assert!(words.en.len() > 40 && words.ar.chars().count() > 20, "{words:?}");
            assert!(!format!("{error} {error:?} {settings:?}").contains(PIN), "the PIN was shown");
            error
        }
        other => panic!("{other:?}"),
    }
}

/// Signs a few hashes and verifies them by other means.
fn signs(key: &TillKey) {
    let public = VerifyingKey::from_public_key_der(&key.public_key_der()).unwrap();
    for seed in 0..20 {
        let hash = InvoiceHash::new([seed; 32]);
        let signature = Signature::from_der(&key.sign(&hash).unwrap()).unwrap();
        public.verify(hash.bytes(), &signature).unwrap();
        assert_eq!(signature.normalize_s(), signature, "high s");
    }
}

/// A session beside the till's own, as another program on the machine has it.
fn beside(token: &Token) -> Session {
    let session = session(token);
    // The till may be logged in, and a login is the whole process's.
    let _ = session.login(UserType::User, Some(&AuthPin::new(PIN.into())));
    session
}

/// The owner of the token sets its PIN anew.
fn new_pin(token: &Token, pin: &str) {
    let session = session(token);
    session.login(UserType::So, Some(&AuthPin::new(SO_PIN.into()))).unwrap();
    session.init_pin(&AuthPin::new(pin.into())).unwrap();
    session.logout().unwrap();
}

fn session(token: &Token) -> Session {
    let context = Pkcs11::new(&token.module).unwrap();
    // The till may have started it already.
    let _ = context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK));
    let slots = context.get_slots_with_initialized_token().unwrap();
    let slot =
        slots.into_iter().find(|slot| context.get_token_info(*slot).unwrap().label() == LABEL).unwrap();
    context.open_rw_session(slot).unwrap()
}

fn private(session: &Session, number: u8) -> ObjectHandle {
    let wanted = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Id(vec![number; 16])];
    let found = session.find_objects(&wanted).unwrap();
    assert_eq!(found.len(), 1);
    found[0]
}

/// In place of the private key of that number, one that the till did not make.
fn exchange(session: &Session, number: u8, extractable: bool) {
    session.destroy_object(private(session, number)).unwrap();
    let public = [
        Attribute::Token(false),
        Attribute::EcParams(vec![0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a]),
        Attribute::Verify(true),
    ];
    let secret = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(extractable),
        Attribute::Sign(true),
        Attribute::Id(vec![number; 16]),
    ];
    session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &secret).unwrap();
}

#[test]
fn a_key_is_made_signs_and_is_found_again() {
    alone("a_key_is_made_signs_and_is_found_again", |token| {
        let store = token.store();
        let (first, second) = (made(&store, 1).unwrap(), made(&store, 2).unwrap());
        assert_ne!(first.public_key_der(), second.public_key_der());
        for key in [&first, &second] {
            signs(key);
            key.ready().unwrap();
            let again = store.open(&key.stored()).unwrap();
            assert_eq!(again.public_key_der(), key.public_key_der());
            assert_eq!(again.stored(), key.stored());
            signs(&again);
        }
        let software = KeyStore::Vault.generate(&mut |buffer| buffer.fill(7)).unwrap();
        signs(&store.open(&software.stored()).unwrap());
        assert!(matches!(store.generate(&mut |buffer| buffer.fill(0)), Err(KeyError::Randomness)));
    });
}

#[test]
fn the_private_key_cannot_be_had() {
    alone("the_private_key_cannot_be_had", |token| {
        let key = made(&token.store(), 1).unwrap();
        let session = beside(token);
        let secret = private(&session, 1);
        let about = [
            AttributeType::Sensitive,
            AttributeType::AlwaysSensitive,
            AttributeType::Extractable,
            AttributeType::NeverExtractable,
            AttributeType::Local,
            AttributeType::Private,
            AttributeType::Value,
        ];
        let found = session.get_attributes(secret, &about).unwrap();
        let wanted = [
            Attribute::Sensitive(true),
            Attribute::AlwaysSensitive(true),
            Attribute::Extractable(false),
            Attribute::NeverExtractable(true),
            Attribute::Local(true),
            Attribute::Private(true),
        ];
        assert!(wanted.iter().all(|one| found.contains(one)), "{found:?}");
        assert!(!found.iter().any(|one| matches!(one, Attribute::Value(_))), "the value was given away");
        assert!(session.update_attributes(secret, &[Attribute::Extractable(true)]).is_err());
        assert!(session.update_attributes(secret, &[Attribute::Sensitive(false)]).is_err());
        let open = [Attribute::Token(false), Attribute::Extractable(true), Attribute::Sensitive(false)];
        assert!(session.copy_object(secret, &open).is_err());
        let wrapping = [Attribute::Token(false), Attribute::ValueLen(32.into()), Attribute::Wrap(true)];
        let wrapping = session.generate_key(&Mechanism::AesKeyGen, &wrapping).unwrap();
        assert!(session.wrap_key(&Mechanism::AesKeyWrapPad, wrapping, secret).is_err());
        assert_eq!(
            format!("{:?}", key.stored()),
            format!("StoredKey(token `{LABEL}`, id {})", "01".repeat(16))
        );
    });
}

#[test]
fn a_key_that_the_token_would_give_away_is_not_used() {
    alone("a_key_that_the_token_would_give_away_is_not_used", |token| {
        let (store, session) = (token.store(), beside(token));
        let key = made(&store, 1).unwrap();
        exchange(&session, 1, true);
        assert!(matches!(key.ready(), Err(TokenError::Exportable { .. })));
        assert!(key.sign_message(b"x").unwrap_err().to_string().contains("give the private key away"));
    });
}

#[test]
fn a_signature_of_another_key_is_not_given_away() {
    alone("a_signature_of_another_key_is_not_given_away", |token| {
        let (store, session) = (token.store(), beside(token));
        let key = made(&store, 1).unwrap();
        exchange(&session, 1, false);
        let error = key.sign_message(b"x").unwrap_err().to_string();
        assert!(error.contains("does not fit this till's key"), "{error}");
        let session = beside(token);
        session.destroy_object(private(&session, 1)).unwrap();
        assert!(matches!(key.ready(), Err(TokenError::KeyMissing { .. })));
        let error = key.sign_message(b"x").unwrap_err().to_string();
        assert!(error.contains("does not hold this till's key"), "{error}");
    });
}

#[test]
fn a_token_may_be_pulled_and_put_back() {
    alone("a_token_may_be_pulled_and_put_back", |token| {
        let store = token.store();
        let key = made(&store, 1).unwrap();
        signs(&key);
        token.pull();
        let error = key.sign_message(b"x").unwrap_err().to_string();
        assert!(error.contains("Plug it in") || error.contains("plug it in"), "{error}");
        assert!(matches!(key.ready(), Err(TokenError::Missing { .. })));
        // A till that starts without its token opens its key all the same.
        let opened = store.open(&key.stored()).unwrap();
        assert_eq!(opened.public_key_der(), key.public_key_der());
        assert!(opened.sign_message(b"x").is_err());
        assert!(matches!(made(&store, 2), Err(KeyError::Token(TokenError::Missing { .. }))));
        token.put_back();
        signs(&key);
        signs(&opened);
        // Out and in again between two signatures: the second is made without a word.
        token.pull();
        token.put_back();
        signs(&key);
        made(&store, 2).unwrap();
    });
}

#[test]
fn a_wrong_pin_is_tried_once_and_a_corrected_one_at_once() {
    alone("a_wrong_pin_is_tried_once_and_a_corrected_one_at_once", |token| {
        let settings = token.settings();
        token.pin_file("1111");
        assert!(matches!(refused(&settings), TokenError::PinRefused { .. }));
        // Now the token would take it, but it is not tried again.
        new_pin(token, "1111");
        assert!(matches!(refused(&settings), TokenError::PinRefused { .. }));
        token.pin_file("2222");
        assert!(matches!(refused(&settings), TokenError::PinRefused { .. }));
        token.pin_file("1111");
        signs(&made(&KeyStore::Pkcs11(settings.clone()), 1).unwrap());
        let none =
            Pkcs11Settings { pin: PinSource::new(None, None), token: "other".into(), ..settings.clone() };
        token.make("other");
        // The module had been started before that token was there.
        assert_eq!(refused(&none), TokenError::NoPin);
        let lost = PinSource::new(None, Some(PathBuf::from("/nowhere/pin")));
        let lost = Pkcs11Settings { pin: lost, ..none };
        assert!(matches!(refused(&lost), TokenError::PinUnreadable { .. }));
    });
}

#[test]
fn modules_and_tokens_that_are_not_there_are_named() {
    alone("modules_and_tokens_that_are_not_there_are_named", |token| {
        let settings = token.settings();
        let module = |path: PathBuf| Pkcs11Settings { module: path, ..settings.clone() };
        let missing = refused(&module("/nowhere/libtoken.so".into()));
        assert!(matches!(missing, TokenError::Module { .. }), "{missing}");
        let text = token.home.join("libtext.so");
        std::fs::write(&text, "not a library").unwrap();
        assert!(matches!(refused(&module(text)), TokenError::Module { .. }));
        assert!(matches!(refused(&module(token.home.clone())), TokenError::Module { .. }));
        // A library that every process here has, and that knows nothing of tokens.
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let mut libc = maps.lines().filter_map(|line| line.find('/').map(|at| &line[at..]));
        let libc = libc.find(|path| path.contains("/libc.so") || path.contains("/libc-")).unwrap();
        let other = refused(&module(libc.into()));
        assert!(matches!(other, TokenError::NotPkcs11 { .. }), "{other}");
        let absent = refused(&Pkcs11Settings { token: "till T08".into(), ..settings.clone() });
        assert!(matches!(absent, TokenError::Missing { .. }), "{absent}");
        assert!(absent.to_string().contains(&format!("`{LABEL}`")), "{absent}");
        token.make(LABEL);
        assert!(matches!(refused(&settings), TokenError::Ambiguous { count: 2, .. }));
        let key = made(&KeyStore::Vault, 7).unwrap();
        signs(&KeyStore::Pkcs11(settings).open(&key.stored()).unwrap());
    });
}

#[test]
fn a_till_is_onboarded_and_sells_with_its_key_in_a_token() {
    alone("a_till_is_onboarded_and_sells_with_its_key_in_a_token", documents::whole_life);
}
