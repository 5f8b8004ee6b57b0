//! A till with its vault in front of a sandbox of its own, and the person who fetches OTPs.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tilld::fatoora::{Client, Endpoint, Environment, Otp};
use tilld::invoice::{Address, PartyId, Seller, VatNumber};
use tilld::keys::{KeyStore, Machine, UnitProfile, Vault, Wrapping};
use tilld::onboard::{Identity, OnboardError, Onboarding, Plan, bundles, device};
use tilld::sandbox::{
    self, Clock, CsidEntry, CsidKind, Entropy, FaultRule, Sandbox, SandboxConfig, SandboxHandle, Settings,
    Standing,
};
use tilld::stamp::Signer as _;

const NOW: i64 = 1_773_514_800;
pub const VAT: &str = "399999999900003";
const UNIT: &str = "1-tilld|2-1.0|3-5d3a6a52-0f2a-4c6e-9d35-2f6f3c1b7e10";
/// Longer than any honest answer; tests that want to lose answers give less.
pub const PATIENT: Duration = Duration::from_secs(30);
/// How often a person would try before giving up.
const TRIES: usize = 8;

/// What a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    Run,
    Renew,
    Replace,
}

pub struct Shop {
    _directory: tempfile::TempDir,
    pub vault: Vault,
    pub sandbox: SandboxHandle,
    client: Client,
    pub plan: Plan,
    time: Arc<AtomicI64>,
    drawn: u64,
}

fn in_sandbox(environment: Environment) -> sandbox::Environment {
    match environment {
        Environment::Sandbox => sandbox::Environment::DeveloperPortal,
        Environment::Simulation => sandbox::Environment::Simulation,
        Environment::Production => sandbox::Environment::Core,
    }
}

/// Bytes that are the same in every run.
fn draw(drawn: &mut u64, salt: u64, buffer: &mut [u8]) {
    for byte in buffer {
        *drawn += 1;
        let mixed = (*drawn ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        *byte = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9).to_be_bytes()[0];
    }
}

impl Shop {
    pub async fn open(environment: Environment, patience: Duration) -> Shop {
        let time = Arc::new(AtomicI64::new(NOW));
        let clock: Clock = {
            let time = time.clone();
            Arc::new(move || time.load(Ordering::SeqCst))
        };
        let mut drawn = 0;
        let entropy: Entropy = Arc::new(Mutex::new(move |buffer: &mut [u8]| draw(&mut drawn, 0x5a, buffer)));
        let config = SandboxConfig::new(([127, 0, 0, 1], 0).into(), clock, entropy);
        let sandbox = Sandbox::start(config).await.unwrap();
        let url = sandbox.base_url(in_sandbox(environment));
        let endpoint = Endpoint::new(environment, Some(&url)).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let machine = Machine::from_facts(vec![("board serial number", "10000000abcdef01".to_owned())]);
        let wrapping = Wrapping::new(None, machine).unwrap();
        Shop {
            vault: Vault::open(&directory.path().join("vault"), &wrapping).unwrap(),
            _directory: directory,
            sandbox,
            client: Client::within(endpoint, patience).unwrap(),
            plan: plan(environment),
            time,
            drawn: 0,
        }
    }

    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        self.sandbox.change_settings(change);
    }

    pub fn script(&self, rules: Value) {
        let rules = rules.as_array().unwrap().iter().map(|rule| FaultRule::read(rule).unwrap());
        self.sandbox.set_faults(rules.collect());
    }

    /// Both clocks, the till's and the authority's.
    pub fn advance(&self, seconds: i64) {
        self.time.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn otp(&self) -> String {
        self.sandbox.issue_otp(in_sandbox(self.plan.environment), Some(VAT))
    }

    /// One run, with an OTP or without.
    pub async fn call(&mut self, flow: Flow, otp: Option<&str>) -> Result<Identity, OnboardError> {
        let otp = otp.map(|digits| Otp::new(digits).unwrap());
        let (time, drawn) = (self.time.clone(), &mut self.drawn);
        let now = move || time.load(Ordering::SeqCst);
        let onboarding = Onboarding {
            refused_elsewhere: false,
            vault: &self.vault,
            keys: &KeyStore::Vault,
            authority: &self.client,
            plan: self.plan.clone(),
            now: &now,
            random: &mut |buffer| draw(drawn, 0xa7, buffer),
            progress: &mut |_| {},
        };
        match flow {
            Flow::Run => onboarding.run(otp.as_ref()).await,
            Flow::Renew => onboarding.renew(otp.as_ref()).await,
            Flow::Replace => onboarding.replace(otp.as_ref()).await,
        }
    }

    /// One run as a person starts it: with a new OTP whenever one is needed.
    pub async fn once(&mut self, flow: Flow) -> Result<Identity, OnboardError> {
        let needs = match flow {
            Flow::Run => device(&self.vault).unwrap().needs_otp(),
            Flow::Renew | Flow::Replace => {
                let successor = bundles(&self.vault, &KeyStore::Vault).unwrap().successor_state;
                successor.is_none_or(|device| device.needs_otp())
            }
        };
        let otp = needs.then(|| self.otp());
        self.call(flow, otp.as_deref()).await
    }

    /// Runs again and again, as a person would; only what passes by itself may come in between.
    pub async fn until_active(&mut self, flow: Flow) -> Identity {
        for _ in 0..TRIES {
            match self.once(flow).await {
                Ok(identity) => return identity,
                Err(OnboardError::OtpRefused { answer_lost: true }) => {}
                Err(error) => assert!(error.is_passing(), "{error}"),
            }
        }
        panic!("never became active; at {:?}", device(&self.vault).unwrap());
    }

    /// Production CSIDs of this unit that are accepted now.
    pub fn live(&self) -> Vec<CsidEntry> {
        let alive = |entry: &CsidEntry| {
            entry.kind == CsidKind::Production && entry.standing == Standing::Live && entry.unit == UNIT
        };
        self.sandbox.csids().into_iter().filter(alive).collect()
    }

    /// The one identity: the till's certificate is the only live production CSID of its unit, and its key is
    /// the till's.
    pub fn holds(&self, identity: &Identity, what: &str) {
        let live: Vec<String> = self.live().into_iter().map(|entry| entry.csid).collect();
        assert_eq!(live, [identity.certificate.serial()], "{what}");
        assert_eq!(identity.certificate.public_key_der(), identity.signer.public_key_der(), "{what}");
    }
}

fn plan(environment: Environment) -> Plan {
    let text = str::to_owned;
    Plan {
        environment,
        profile: UnitProfile {
            common_name: text("TST-886431145-399999999900003"),
            organization_unit: text("فرع العليا"),
            organization: text("بقالة النور"),
            serial: text(UNIT),
            vat: text(VAT),
            title: text("1100"),
            location: text("RRRD2929"),
            category: text("تجارة التجزئة"),
        },
        seller: Arc::new(Seller {
            name: text("بقالة النور | Al-Noor Grocery"),
            vat: VatNumber::parse(VAT).unwrap(),
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
