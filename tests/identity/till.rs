//! One till with its vault, its authority and its people, and what must hold
//! of it at any moment.

use std::collections::BTreeSet;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use tilld::chain::follow;
use tilld::fatoora::{Environment, Otp};
use tilld::invoice::{Address, PartyId, Seller, VatNumber};
use tilld::keys::{KeyStore, Machine, UnitProfile, Vault, Wrapping};
use tilld::onboard::{
    Bundles, Device, Identity, News, OnboardError, Onboarding, Plan, StartedOver, bundles, device,
    load_identity, promote,
};
use tilld::stamp::{Signer as _, StampCertificate};

use crate::arrived::documents;
use crate::fake::{FIVE_YEARS, Fake, NOW};

pub const OTPS: [&str; 8] = ["111222", "333444", "555666", "777888", "121212", "343434", "565656", "787878"];

/// What a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    Run,
    Renew,
    Replace,
}

pub struct Till {
    _directory: tempfile::TempDir,
    pub vault: Vault,
    pub authority: Fake,
    pub plan: Plan,
    pub now: i64,
    /// All randomness that was handed out, and a counter to make more.
    pub handed_out: Vec<Vec<u8>>,
    pub told: Vec<Device>,
    pub begun_anew: Vec<StartedOver>,
    /// The till dies right after this many states were stored.
    pub dies_after: Option<usize>,
    /// Reports are refused with 401 as well.
    pub refused_elsewhere: bool,
    /// How many OTPs people have fetched from the portal.
    fetched: usize,
}

pub fn plan(environment: Environment) -> Plan {
    let text = str::to_owned;
    Plan {
        environment,
        profile: UnitProfile {
            common_name: text("TST-886431145-399999999900003"),
            organization_unit: text("فرع العليا"),
            organization: text("بقالة النور"),
            serial: text("1-tilld|2-1.0|3-5d3a6a52-0f2a-4c6e-9d35-2f6f3c1b7e10"),
            vat: text("399999999900003"),
            title: text("1100"),
            location: text("RRRD2929"),
            category: text("تجارة التجزئة"),
        },
        seller: Arc::new(Seller {
            name: text("بقالة النور | Al-Noor Grocery"),
            vat: VatNumber::parse("399999999900003").unwrap(),
            id: PartyId::seller("CRN", "1010010000").unwrap(),
            address: Address {
                street: text("شارع العليا"),
                additional_street: None,
                building: text("8228"),
                additional_number: None,
                district: text("العليا"),
                city: text("الرياض"),
                postal_code: text("12241"),
                province: None,
                country: text("SA"),
            },
        }),
    }
}

/// A run ends with an outcome, or the till dies.
pub enum Run {
    Ended(Box<Result<Identity, OnboardError>>),
    Died,
}

struct Death;

/// What every vault here is bound to.
pub fn wrapping() -> Wrapping {
    let machine = Machine::from_facts(vec![("board serial number", "10000000abcdef01".to_owned())]);
    Wrapping::new(None, machine).unwrap()
}

/// Memory in place of a disk, if there is some: a vault flushes at every step.
fn quick() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

impl Till {
    pub fn new() -> Till {
        Till::in_environment(Environment::Simulation)
    }

    pub fn in_environment(environment: Environment) -> Till {
        let directory = tempfile::tempdir_in(quick()).unwrap();
        let vault = Vault::open(&directory.path().join("vault"), &wrapping()).unwrap();
        Till {
            _directory: directory,
            vault,
            authority: Fake::new(&OTPS),
            plan: plan(environment),
            now: NOW,
            handed_out: Vec::new(),
            told: Vec::new(),
            begun_anew: Vec::new(),
            dies_after: None,
            refused_elsewhere: true,
            fetched: 0,
        }
    }

    /// A till that has its first identity; its calls are counted from here on.
    pub fn active(environment: Environment) -> (Till, StampCertificate) {
        static MADE: OnceLock<[(Till, StampCertificate); 3]> = OnceLock::new();
        let made = MADE.get_or_init(|| Environment::ALL.map(Till::activate));
        let (till, certificate) = made.iter().find(|(till, _)| till.plan.environment == environment).unwrap();
        (till.copy(), certificate.clone())
    }

    fn activate(environment: Environment) -> (Till, StampCertificate) {
        let mut till = Till::in_environment(environment);
        let otp = till.fetch_otp();
        let identity = till.ends(Some(otp)).unwrap();
        till.authority.book().calls.clear();
        till.told.clear();
        till.now += 86_400;
        (till, identity.certificate)
    }

    /// The same till on another disk, and an authority that knows the same of it.
    fn copy(&self) -> Till {
        let to = Till::in_environment(self.plan.environment);
        for entry in std::fs::read_dir(self.vault.directory()).unwrap().map(Result::unwrap) {
            std::fs::copy(entry.path(), to.vault.directory().join(entry.file_name())).unwrap();
        }
        let vault = Vault::open(to.vault.directory(), &wrapping()).unwrap();
        *to.authority.book() = self.authority.book().clone();
        Till { vault, now: self.now, handed_out: self.handed_out.clone(), fetched: self.fetched, ..to }
    }

    pub fn fetch_otp(&mut self) -> &'static str {
        self.fetched += 1;
        OTPS[self.fetched - 1]
    }

    pub fn run(&mut self, otp: Option<&str>) -> Run {
        self.call(Flow::Run, otp)
    }

    pub fn call(&mut self, flow: Flow, otp: Option<&str>) -> Run {
        self.authority.book().typed = otp.map(str::to_owned);
        let otp = otp.map(|digits| Otp::new(digits).unwrap());
        let now = self.now;
        let (handed_out, told, dies_after) = (&mut self.handed_out, &mut self.told, self.dies_after.take());
        let begun_anew = &mut self.begun_anew;
        let mut stored = 0;
        let onboarding = Onboarding {
            refused_elsewhere: self.refused_elsewhere,
            vault: &self.vault,
            keys: &KeyStore::Vault,
            authority: &self.authority,
            plan: self.plan.clone(),
            now: &move || now,
            random: &mut |buffer| {
                let seed = handed_out.len() as u8;
                for (at, byte) in buffer.iter_mut().enumerate() {
                    *byte = (at as u8).wrapping_mul(37).wrapping_add(seed.wrapping_mul(91)) ^ 0xa7;
                }
                handed_out.push(buffer.to_vec());
            },
            progress: &mut |news| {
                let device = match news {
                    News::State(device) => device,
                    News::StartedOver(why) => return begun_anew.push(why),
                };
                told.push(device.clone());
                stored += 1;
                if Some(stored) == dies_after {
                    resume_unwind(Box::new(Death));
                }
            },
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| match flow {
            Flow::Run => once(onboarding.run(otp.as_ref())),
            Flow::Renew => once(onboarding.renew(otp.as_ref())),
            Flow::Replace => once(onboarding.replace(otp.as_ref())),
        }));
        match outcome {
            Ok(Some(result)) => Run::Ended(Box::new(result)),
            Ok(None) => Run::Died,
            Err(panic) if panic.is::<Death>() => Run::Died,
            Err(panic) => resume_unwind(panic),
        }
    }

    pub fn ends(&mut self, otp: Option<&str>) -> Result<Identity, OnboardError> {
        self.ends_in(Flow::Run, otp)
    }

    pub fn ends_in(&mut self, flow: Flow, otp: Option<&str>) -> Result<Identity, OnboardError> {
        match self.call(flow, otp) {
            Run::Ended(result) => *result,
            Run::Died => panic!("the till died unasked"),
        }
    }

    pub fn fails(&mut self, otp: Option<&str>) -> OnboardError {
        self.fails_in(Flow::Run, otp)
    }

    /// It fails, in words for people.
    pub fn fails_in(&mut self, flow: Flow, otp: Option<&str>) -> OnboardError {
        let error = self.ends_in(flow, otp).unwrap_err();
        let words = error.words();
        assert!(words.en.len() > 20 && words.en.is_ascii(), "{}", words.en);
        let arabic = words.ar.chars().filter(|c| ('\u{600}'..='\u{6ff}').contains(c)).count();
        assert!(arabic > 10, "{}", words.ar);
        error
    }

    /// Goes on as a person would: run again, with a new OTP when one is asked for.
    pub fn until_active(&mut self) -> Identity {
        for otp in &OTPS[1..3] {
            let otp = device(&self.vault).unwrap().needs_otp().then_some(*otp);
            match self.ends(otp) {
                Ok(identity) => return identity,
                Err(OnboardError::OtpRefused { .. } | OnboardError::Network { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        panic!("never became active; at {:?}", device(&self.vault).unwrap());
    }

    pub fn bundles(&self) -> Bundles {
        bundles(&self.vault, &KeyStore::Vault).unwrap()
    }

    /// Goes on to a successor as a daemon and its people would: a start that
    /// promotes what is finished, a new OTP when one is asked for, and the other
    /// road when the authority closed this one. The `old` identity goes on
    /// selling all the while.
    pub fn until_succeeded(&mut self, mut flow: Flow, old: &StampCertificate) {
        let mut otp = None;
        for _ in 0..4 {
            if promote(&self.vault).unwrap().is_some() {
                return;
            }
            self.sells_with(old);
            let state = self.bundles().successor_state.unwrap_or(Device::Blank);
            let typed = state.needs_otp().then(|| otp.take().unwrap_or_else(|| self.fetch_otp()));
            match self.ends_in(flow, typed) {
                Ok(_) => self.sells_with(old),
                Err(
                    OnboardError::OtpNeeded { .. }
                    | OnboardError::OtpRefused { .. }
                    | OnboardError::Network { .. },
                ) => {}
                Err(OnboardError::OldRefused { .. }) => (flow, otp) = (Flow::Replace, typed),
                Err(other) => panic!("{other}"),
            }
        }
        panic!("never got a successor; at {:?}", self.bundles().successor_state);
    }

    /// The identity that stamps is the old one, untouched; only if the authority
    /// has withdrawn it may it be known as revoked.
    pub fn sells_with(&self, old: &StampCertificate) {
        let found = self.bundles();
        assert_eq!(found.current.unwrap().certificate, *old);
        let until = old.not_after();
        match found.current_state {
            Device::Revoked => assert!(!self.authority.knows(old), "revoked without a reason"),
            state => assert_eq!(state, Device::Active { until }),
        }
    }

    /// Everything that must hold once a successor has taken the place of `old`.
    pub fn succeeded(&self, old: &StampCertificate) {
        assert!(promote(&self.vault).unwrap().is_none(), "there is nothing left to do");
        let found = self.bundles();
        let current = found.current.unwrap();
        assert_ne!(current.certificate.public_key_der(), old.public_key_der(), "a new key");
        assert_eq!(current.certificate.public_key_der(), current.signer.public_key_der());
        assert_eq!(found.current_state, Device::Active { until: current.certificate.not_after() });
        assert_eq!(found.successor_state, None);
        assert_eq!(found.former.last().unwrap().certificate, *old);
        let alive = self.authority.alive();
        assert_eq!(alive, [current.credentials.secret.as_str()], "one identity in the end");
        assert_eq!(current.profile, self.plan.profile);
        assert_eq!(current.environment, self.plan.environment);
        self.documents_are_chained();
        self.keeps_its_secrets();
    }

    /// Everything that must hold once a till is active for the first time,
    /// whatever came before.
    pub fn holds(&mut self, identity: &Identity) {
        assert_eq!(identity.environment, self.plan.environment);
        assert_eq!(identity.certificate.public_key_der(), identity.signer.public_key_der());
        assert_eq!(device(&self.vault).unwrap(), Device::Active { until: NOW + FIVE_YEARS });
        let stored = load_identity(&self.vault, &KeyStore::Vault).unwrap().unwrap();
        assert_eq!(stored.certificate, identity.certificate);
        assert_eq!(stored.credentials, identity.credentials);
        assert_eq!(stored.signer.public_key_der(), identity.signer.public_key_der());
        assert_eq!(self.authority.alive(), [identity.credentials.secret.as_str()], "one identity in the end");
        let book = self.authority.book();
        let keys: BTreeSet<_> =
            book.requests.iter().map(|pem| pem.lines().nth(3).unwrap().to_owned()).collect();
        assert_eq!(keys.len(), 1, "one key through it all");
        drop(book);
        self.documents_are_chained();
        self.keeps_its_secrets();
    }

    /// The compliance documents of each certificate are one chain.
    fn documents_are_chained(&self) {
        let (mut head, mut certificate) = (None, String::new());
        for document in documents(&self.authority.book()) {
            if document.certificate != certificate {
                (head, certificate) = (None, document.certificate);
            }
            head = Some(follow(head, document.link, document.submission.hash).unwrap());
        }
    }

    /// Greps the vault for the keys in every form, for the authority's secrets
    /// and for OTPs.
    pub fn keeps_its_secrets(&self) {
        let keys: Vec<&Vec<u8>> = self.handed_out.iter().filter(|bytes| bytes.len() == 32).collect();
        assert!(!keys.is_empty(), "a key was made");
        let mut secrets: Vec<Vec<u8>> = OTPS.iter().map(|otp| otp.as_bytes().to_vec()).collect();
        for key in keys {
            let hex: String = key.iter().map(|b| format!("{b:02x}")).collect();
            secrets.extend([key.clone(), hex.to_uppercase().into_bytes(), hex.into_bytes()]);
            secrets.push(URL_SAFE.encode(key).into_bytes());
            secrets.extend(within_base64(key));
        }
        secrets.push(b"api-secret-".to_vec());
        secrets.extend(within_base64(b"api-secret-"));
        let mut files = 0;
        for entry in std::fs::read_dir(self.vault.directory()).unwrap() {
            let path = entry.unwrap().path();
            assert_clean(&path, &std::fs::read(&path).unwrap(), &secrets);
            files += 1;
        }
        assert!(files >= 2, "nothing was searched");
        let told = format!("{:?} {}", self.told, serde_json::to_string(&self.told).unwrap());
        let shown = format!("{told} {:?} {:?}", self.bundles(), self.vault);
        assert_clean(Path::new("Debug and JSON"), shown.as_bytes(), &secrets);
    }
}

/// A secret as it looks somewhere inside a longer base64 text, as in PEM: the
/// characters that depend on it alone, at each of the three alignments.
fn within_base64(secret: &[u8]) -> Vec<Vec<u8>> {
    let at = |shift: usize| {
        let text = STANDARD_NO_PAD.encode([vec![0; shift], secret.to_vec()].concat());
        let whole = text.len() / 4 * 4 - 4;
        text.as_bytes()[if shift == 0 { 0 } else { 4 }..whole].to_vec()
    };
    (0..3).map(at).chain([STANDARD.encode(secret).into_bytes()]).collect()
}

/// Line breaks of a PEM text hide nothing.
fn assert_clean(place: &Path, text: &[u8], secrets: &[Vec<u8>]) {
    let joined: Vec<u8> = text.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect();
    for (number, secret) in secrets.iter().enumerate() {
        for text in [text, &joined] {
            let mut places = text.iter().enumerate().filter(|(_, byte)| **byte == secret[0]);
            let found = places.any(|(at, _)| text[at..].starts_with(secret));
            assert!(!found, "secret {number} is readable in {}", place.display());
        }
    }
}

/// Polls once: the authority answers at once or never, and never means death.
fn once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
