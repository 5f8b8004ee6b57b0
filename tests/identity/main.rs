//! A till comes to its identity whatever happens on the way: killed at every
//! stored state and every call, answers lost, OTPs refused, certificates that
//! do not fit. And no secret is ever readable outside the sealed blob.

mod fake;

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use fake::{Break, Call, FIVE_YEARS, Fake, NOW, documents};
use tilld::chain::follow;
use tilld::fatoora::{Environment, Otp};
use tilld::invoice::{Address, PartyId, Seller, VatNumber};
use tilld::keys::{KeyStore, Machine, UnitProfile, Vault, Wrapping};
use tilld::onboard::{
    Device, Identity, News, NoStamp, OnboardError, Onboarding, Plan, Trouble, Unfit, device, load_identity,
};
use tilld::stamp::Signer as _;

const OTPS: [&str; 3] = ["111222", "333444", "555666"];

struct Till {
    _directory: tempfile::TempDir,
    vault: Vault,
    authority: Fake,
    plan: Plan,
    now: i64,
    /// All randomness that was handed out, and a counter to make more.
    handed_out: Vec<Vec<u8>>,
    told: Vec<Device>,
    /// The till dies right after this many states were stored.
    dies_after: Option<usize>,
}

fn plan(environment: Environment) -> Plan {
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
enum Run {
    Ended(Box<Result<Identity, OnboardError>>),
    Died,
}

struct Death;

/// What every vault here is bound to.
fn wrapping() -> Wrapping {
    let machine = Machine::from_facts(vec![("board serial number", "10000000abcdef01".to_owned())]);
    Wrapping::new(None, machine).unwrap()
}

impl Till {
    fn new() -> Till {
        Till::in_environment(Environment::Simulation)
    }

    fn in_environment(environment: Environment) -> Till {
        let directory = tempfile::tempdir().unwrap();
        let vault = Vault::open(&directory.path().join("vault"), &wrapping()).unwrap();
        Till {
            _directory: directory,
            vault,
            authority: Fake::new(&OTPS),
            plan: plan(environment),
            now: NOW,
            handed_out: Vec::new(),
            told: Vec::new(),
            dies_after: None,
        }
    }

    fn run(&mut self, otp: Option<&str>) -> Run {
        self.authority.book().typed = otp.map(str::to_owned);
        let otp = otp.map(|digits| Otp::new(digits).unwrap());
        let now = self.now;
        let (handed_out, told, dies_after) = (&mut self.handed_out, &mut self.told, self.dies_after.take());
        let mut stored = 0;
        let onboarding = Onboarding {
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
                let News::State(device) = news else { return };
                told.push(device.clone());
                stored += 1;
                if Some(stored) == dies_after {
                    resume_unwind(Box::new(Death));
                }
            },
        };
        let outcome = catch_unwind(AssertUnwindSafe(|| once(onboarding.run(otp.as_ref()))));
        match outcome {
            Ok(Some(result)) => Run::Ended(Box::new(result)),
            Ok(None) => Run::Died,
            Err(panic) if panic.is::<Death>() => Run::Died,
            Err(panic) => resume_unwind(panic),
        }
    }

    fn ends(&mut self, otp: Option<&str>) -> Result<Identity, OnboardError> {
        match self.run(otp) {
            Run::Ended(result) => *result,
            Run::Died => panic!("the till died unasked"),
        }
    }

    fn fails(&mut self, otp: Option<&str>) -> OnboardError {
        let error = self.ends(otp).unwrap_err();
        let words = error.words();
        assert!(words.en.len() > 20 && words.en.is_ascii(), "{}", words.en);
        assert!(
            words.ar.chars().filter(|c| ('\u{600}'..='\u{6ff}').contains(c)).count() > 10,
            "{}",
            words.ar
        );
        error
    }

    /// Goes on as a person would: run again, with a new OTP when one is asked for.
    fn until_active(&mut self) -> Identity {
        for otp in &OTPS[1..] {
            let otp = device(&self.vault).unwrap().needs_otp().then_some(*otp);
            match self.ends(otp) {
                Ok(identity) => return identity,
                Err(OnboardError::OtpRefused { .. } | OnboardError::Network { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        panic!("never became active; at {:?}", device(&self.vault).unwrap());
    }

    /// Everything that must hold once a till is active, whatever came before.
    fn holds(&mut self, identity: &Identity) {
        assert_eq!(identity.environment, self.plan.environment);
        assert_eq!(identity.certificate.public_key_der(), identity.signer.public_key_der());
        assert_eq!(device(&self.vault).unwrap(), Device::Active { until: NOW + FIVE_YEARS });
        let stored = load_identity(&self.vault, &KeyStore::Vault).unwrap().unwrap();
        assert_eq!(stored.certificate, identity.certificate);
        assert_eq!(stored.credentials, identity.credentials);
        assert_eq!(stored.signer.public_key_der(), identity.signer.public_key_der());

        let book = self.authority.book();
        let alive: Vec<_> = book.production.iter().filter(|csid| !csid.revoked).collect();
        assert_eq!(alive.len(), 1, "one identity in the end");
        assert_eq!(*identity.credentials.secret, alive[0].secret);
        let keys: std::collections::BTreeSet<_> =
            book.requests.iter().map(|pem| pem.lines().nth(3).unwrap().to_owned()).collect();
        assert_eq!(keys.len(), 1, "one key through it all");
        let (mut head, mut certificate) = (None, String::new());
        for document in documents(&book) {
            if document.certificate != certificate {
                (head, certificate) = (None, document.certificate);
            }
            head = Some(follow(head, document.link, document.submission.hash).unwrap());
        }
        drop(book);
        self.keeps_its_secrets();
    }

    /// Greps the vault for the key in every form and for the authority's secrets.
    fn keeps_its_secrets(&self) {
        let key = self.handed_out.iter().find(|bytes| bytes.len() == 32).expect("a key was made");
        let hex: String = key.iter().map(|b| format!("{b:02x}")).collect();
        let mut secrets = vec![key.clone(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
        secrets.push(STANDARD.encode(key).into_bytes());
        secrets.push(STANDARD_NO_PAD.encode(key).into_bytes());
        secrets.push(URL_SAFE.encode(key).into_bytes());
        for shift in 1..3 {
            // The key somewhere inside a longer base64 text, as in PEM.
            let padded = [vec![0; shift], key.clone()].concat();
            secrets.push(STANDARD_NO_PAD.encode(padded).as_bytes()[4..40].to_vec());
        }
        secrets.extend(OTPS.iter().map(|otp| otp.as_bytes().to_vec()));
        secrets.push(b"api-secret-".to_vec());
        let mut files = 0;
        for entry in std::fs::read_dir(self.vault.directory()).unwrap() {
            let path = entry.unwrap().path();
            assert_clean(&path, &std::fs::read(&path).unwrap(), &secrets);
            files += 1;
        }
        assert!(files >= 2, "nothing was searched");
        let told = format!("{:?} {}", self.told, serde_json::to_string(&self.told).unwrap());
        let identity = load_identity(&self.vault, &KeyStore::Vault).unwrap();
        let shown = format!("{told} {identity:?} {:?}", self.vault);
        assert_clean(Path::new("Debug and JSON"), shown.as_bytes(), &secrets);
    }
}

fn assert_clean(place: &Path, text: &[u8], secrets: &[Vec<u8>]) {
    for (number, secret) in secrets.iter().enumerate() {
        let found = text.windows(secret.len()).any(|window| window == secret);
        assert!(!found, "secret {number} is readable in {}", place.display());
    }
}

/// Polls once: the authority answers at once or never, and never means death.
fn once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

#[test]
fn a_quiet_day() {
    for environment in Environment::ALL {
        let mut till = Till::in_environment(environment);
        let identity = till.ends(Some(OTPS[0])).unwrap();
        till.holds(&identity);
        let names: Vec<&str> = till.told.iter().map(Device::name).collect();
        assert_eq!(names.first(), Some(&"key_made"));
        assert_eq!(names.last(), Some(&"active"));
        let calls = till.authority.book().calls.len();
        assert_eq!(calls, 8, "compliance, six checks, production");
        till.ends(None).expect("an active till needs nothing");
        assert_eq!(till.authority.book().calls.len(), calls, "and asks for nothing");
    }
}

#[test]
fn each_title_has_its_own_documents() {
    for (title, count) in [("1000", 3), ("0100", 3), ("1100", 6)] {
        let mut till = Till::new();
        till.plan.profile.title = title.to_owned();
        let identity = till.ends(Some(OTPS[0])).unwrap();
        till.holds(&identity);
        let book = till.authority.book();
        assert_eq!(documents(&book).len(), count);
        assert_eq!(book.compliance[0].steps.len(), count);
    }
}

#[test]
fn killed_after_each_stored_state() {
    let mut deaths = 0;
    for after in 1.. {
        let mut till = Till::new();
        till.dies_after = Some(after);
        match till.run(Some(OTPS[0])) {
            Run::Died => deaths += 1,
            Run::Ended(result) => {
                till.holds(&result.unwrap());
                break;
            }
        }
        let identity = till.until_active();
        till.holds(&identity);
    }
    // key, CSR, OTP sent, compliance, checks begin, six checks passed, active; a
    // document that is made but not sent is the next test's first case
    assert_eq!(deaths, 12);
}

#[test]
fn broken_at_each_call_before_and_after_the_authority_acted() {
    for how in [Break::KilledBefore, Break::KilledAfter, Break::LostBefore, Break::LostAfter] {
        for call in 0..8 {
            let mut till = Till::new();
            till.authority.book().breaks.push((call, how));
            match till.run(Some(OTPS[0])) {
                Run::Died => assert!(matches!(how, Break::KilledBefore | Break::KilledAfter)),
                Run::Ended(result) => {
                    let error = result.unwrap_err();
                    let lost = matches!(&error, OnboardError::Network { trouble: Trouble::Lost, .. });
                    assert!(lost && error.is_passing(), "{error}");
                }
            }
            let identity = till.until_active();
            till.holds(&identity);
            let made = documents(&till.authority.book()).len();
            assert_eq!(made, 6, "{how:?} at call {call}: no document is made twice");
        }
    }
}

#[test]
fn killed_again_and_again() {
    let mut till = Till::new();
    till.authority.book().breaks.extend((1..40).step_by(2).map(|call| (call, Break::KilledAfter)));
    let mut runs = 0;
    let identity = loop {
        runs += 1;
        assert!(runs < 20, "makes no progress");
        let otp = device(&till.vault).unwrap().needs_otp().then_some(OTPS[0]);
        match till.run(otp) {
            Run::Died => {}
            Run::Ended(result) => break result.unwrap(),
        }
    };
    till.holds(&identity);
    assert!(runs > 5);
}

#[test]
fn a_lost_answer_that_used_the_otp_up_is_explained() {
    let mut till = Till::new();
    till.authority.book().breaks.push((0, Break::KilledAfter));
    assert!(matches!(till.run(Some(OTPS[0])), Run::Died));
    assert!(matches!(till.fails(None), OnboardError::OtpNeeded { answer_lost: true }));
    let refused = till.fails(Some(OTPS[0]));
    assert!(matches!(refused, OnboardError::OtpRefused { answer_lost: true }), "{refused}");
    assert!(refused.to_string().contains("cut off"), "{refused}");
    assert_eq!(device(&till.vault).unwrap(), Device::OtpRefused { answer_lost: true });
    let identity = till.ends(Some(OTPS[1])).unwrap();
    till.holds(&identity);
    assert_eq!(till.authority.book().compliance.len(), 2, "the lost one is never used");
}

#[test]
fn a_refused_otp_is_asked_for_again() {
    let mut till = Till::new();
    assert!(matches!(till.fails(None), OnboardError::OtpNeeded { answer_lost: false }));
    let refused = till.fails(Some("999999"));
    assert!(matches!(refused, OnboardError::OtpRefused { answer_lost: false }), "{refused}");
    assert!(refused.to_string().contains("VAT number"), "{refused}");
    let identity = till.ends(Some(OTPS[0])).unwrap();
    till.holds(&identity);
}

#[test]
fn refusals_of_the_request_are_explained() {
    let mut till = Till::new();
    till.authority.book().refuse_request =
        Some("Denied by Policy Module 0x80094800 ... not supported: PREZATCA-Code-Signing");
    assert!(matches!(till.fails(Some(OTPS[0])), OnboardError::WrongTemplate { .. }));
    till.authority.book().refuse_request = Some("Invalid CSR: organisation");
    let refused = till.fails(Some(OTPS[0]));
    assert!(refused.to_string().contains("Invalid CSR: organisation"), "{refused}");
    till.authority.book().refuse_request = None;
    let identity = till.ends(Some(OTPS[0])).unwrap();
    till.holds(&identity);
}

#[test]
fn a_refused_document_stops_and_a_corrected_one_goes_on() {
    let mut till = Till::new();
    till.authority.book().reject_step = Some("simplified-credit-note-compliant");
    let failed = till.fails(Some(OTPS[0]));
    assert!(failed.to_string().contains("BR-KSA-08"), "{failed}");
    match device(&till.vault).unwrap() {
        Device::ChecksFailed { done: 4, of: 6, findings, .. } => assert_eq!(findings[0].code, "BR-KSA-08"),
        other => panic!("{other:?}"),
    }
    till.authority.book().reject_step = None;
    let identity = till.ends(None).unwrap();
    till.holds(&identity);
    assert_eq!(
        documents(&till.authority.book()).len(),
        7,
        "the refused document keeps its place in the chain"
    );
}

#[test]
fn checks_that_the_authority_forgot_are_made_once_more() {
    let mut till = Till::new();
    till.authority.book().forget_steps = 1;
    let identity = till.ends(Some(OTPS[0])).unwrap();
    till.holds(&identity);
    let mut till = Till::new();
    till.authority.book().forget_steps = 2;
    let missing = till.fails(Some(OTPS[0]));
    assert!(missing.to_string().contains("simplified-debit-note-compliant"), "{missing}");
    let identity = till.ends(None).unwrap();
    till.holds(&identity);
}

#[test]
fn a_withdrawn_compliance_certificate_needs_a_new_otp_but_no_new_key() {
    for call in [3, 7] {
        let mut till = Till::new();
        till.authority.book().breaks.push((call, Break::KilledBefore));
        assert!(matches!(till.run(Some(OTPS[0])), Run::Died));
        till.authority.book().compliance[0].revoked = true;
        assert!(matches!(till.fails(None), OnboardError::ComplianceLapsed));
        assert!(device(&till.vault).unwrap().needs_otp());
        let identity = till.ends(Some(OTPS[1])).unwrap();
        till.holds(&identity);
    }
}

#[test]
fn the_canned_certificate_of_the_official_sandbox_is_recognised() {
    let mut other = Till::new();
    other.handed_out.push(Vec::new());
    other.ends(Some(OTPS[0])).unwrap();
    let canned = other.authority.book().requests[0].clone();
    for environment in [Environment::Sandbox, Environment::Production] {
        let mut till = Till::in_environment(environment);
        till.authority.book().canned = Some(canned.clone());
        let unfit = till.fails(Some(OTPS[0]));
        match environment {
            Environment::Sandbox => {
                assert!(matches!(unfit, OnboardError::Certificate(Unfit::SandboxCanned)), "{unfit}");
                assert!(unfit.to_string().contains("simulation"), "{unfit}");
            }
            _ => assert!(matches!(unfit, OnboardError::Certificate(Unfit::OtherKey)), "{unfit}"),
        }
        assert!(load_identity(&till.vault, &KeyStore::Vault).unwrap().is_none());
        till.keeps_its_secrets();
    }
}

#[test]
fn a_certificate_that_is_over_is_not_used() {
    let mut till = Till::new();
    let identity = till.ends(Some(OTPS[0])).unwrap();
    till.holds(&identity);
    till.now = NOW + FIVE_YEARS;
    let ended = till.fails(None);
    assert!(matches!(ended, OnboardError::Ended(NoStamp::Expired { .. })), "{ended}");
    let kept = load_identity(&till.vault, &KeyStore::Vault).unwrap().unwrap();
    assert_eq!(kept.credentials, identity.credentials, "its documents still go out");

    let mut till = Till::new();
    till.authority.book().validity = Some(NOW);
    let unfit = till.fails(Some(OTPS[0]));
    assert!(matches!(unfit, OnboardError::Certificate(Unfit::Expired { .. })), "{unfit}");
}

#[test]
fn corrected_facts_lead_to_a_new_request_with_the_same_key() {
    let mut till = Till::new();
    till.fails(Some("999999"));
    till.plan.profile.location = "RRRD3030".to_owned();
    let identity = till.ends(Some(OTPS[0])).unwrap();
    till.holds(&identity);
    assert_eq!(identity.profile.location, "RRRD3030");
    assert_eq!(till.handed_out.iter().filter(|bytes| bytes.len() == 32).count(), 1);
}

#[test]
fn another_environment_gets_another_key_and_an_active_till_is_left_alone() {
    let mut till = Till::in_environment(Environment::Simulation);
    till.fails(Some("999999"));
    till.plan.environment = Environment::Production;
    let identity = till.ends(Some(OTPS[0])).unwrap();
    assert_eq!(identity.environment, Environment::Production);
    assert_eq!(till.handed_out.iter().filter(|bytes| bytes.len() == 32).count(), 2);

    till.plan.environment = Environment::Simulation;
    assert!(matches!(till.fails(Some(OTPS[1])), OnboardError::AlreadyActive { .. }));
    till.plan = plan(Environment::Production);
    till.plan.profile.common_name = "another till".to_owned();
    assert!(matches!(till.fails(Some(OTPS[1])), OnboardError::AlreadyActive { .. }));
    assert_eq!(
        load_identity(&till.vault, &KeyStore::Vault).unwrap().unwrap().certificate,
        identity.certificate
    );
}

#[test]
fn nothing_is_asked_before_the_facts_are_in_order() {
    let mut till = Till::new();
    till.plan.profile.vat = "311111111100003".to_owned();
    till.plan.profile.title = "0000".to_owned();
    match till.fails(Some(OTPS[0])) {
        OnboardError::Profile(findings) => {
            let rules: Vec<_> = findings.iter().map(|f| f.rule).collect();
            assert_eq!(rules, ["TILLD-UNIT-TITLE", "TILLD-UNIT-SELLER"]);
        }
        other => panic!("{other}"),
    }
    assert!(till.authority.book().calls.is_empty());
    assert_eq!(device(&till.vault).unwrap(), Device::Blank);
}

#[test]
fn two_onboardings_at_once_are_refused() {
    let mut till = Till::new();
    let other = Vault::open(till.vault.directory(), &wrapping()).unwrap();
    let lock = other.lock().unwrap();
    assert!(till.fails(Some(OTPS[0])).to_string().contains("another tilld"));
    drop(lock);
    till.ends(Some(OTPS[0])).unwrap();
}

#[test]
fn a_damaged_record_is_refused_and_not_replaced() {
    let mut till = Till::new();
    till.ends(Some(OTPS[0])).unwrap();
    for text in ["{}", "{\"version\":1}", "{\"version\":2,\"later\":true}", "no json at all"] {
        till.vault.put("device", text.as_bytes()).unwrap();
        assert!(load_identity(&till.vault, &KeyStore::Vault).is_err(), "{text}");
        assert!(matches!(till.fails(Some(OTPS[1])), OnboardError::Record(_)), "{text}");
        assert_eq!(till.vault.get("device").unwrap().unwrap().as_slice(), text.as_bytes());
    }
}

/// Writes the six documents into the directory that `TILLD_COMPLIANCE_OUT`
/// names, for judges outside of this program.
#[test]
fn documents_for_outside_judges() {
    let mut till = Till::new();
    till.ends(Some(OTPS[0])).unwrap();
    let book = till.authority.book();
    let sent: Vec<_> = book.calls.iter().filter(|call| matches!(call, Call::Check(_))).collect();
    assert_eq!(sent.len(), 6);
    if let Some(out) = std::env::var_os("TILLD_COMPLIANCE_OUT").map(std::path::PathBuf::from) {
        for document in documents(&book) {
            let name = format!("{}.xml", document.link.icv);
            std::fs::write(out.join(name), &document.submission.xml).unwrap();
        }
    }
}
