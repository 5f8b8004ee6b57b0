//! A till whose key is in a token, from the onboarding to signed documents.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tilld::chain::follow;
use tilld::fatoora::{Client, Endpoint, Environment, Otp};
use tilld::invoice::{DocumentType, price, read_sale};
use tilld::keys::{KeyStore, Machine, TillKey, UnitProfile, Vault, Wrapping};
use tilld::ledger::{AppendError, OnRenewal, Order, Store, Surroundings, TestClock, Unit, audit};
use tilld::onboard::{Device, Identity, News, Onboarding, Plan, load_identity, request};
use tilld::sandbox::{self, Sandbox, SandboxConfig};
use tilld::stamp::{self, StampCertificate};

use super::common::baskets::basket;
use super::common::{Seeded, seller};
use super::token::{PIN, Token};
use super::{files, signs};

/// 22 November 2026, 12:00 in Riyadh.
const NOON: i64 = 1_795_338_000;
const DOCUMENTS: u64 = 60;

fn now() -> i64 {
    std::env::var("TILLD_HSM_CLOCK").map_or(NOON, |text| text.parse().expect("seconds since 1970"))
}

fn plan() -> Plan {
    let text = str::to_owned;
    let seller = seller();
    Plan {
        environment: Environment::Simulation,
        profile: UnitProfile {
            common_name: text("TST-886431145-399999999900003"),
            organization_unit: text("Riyadh Branch"),
            organization: text("Qahwa Corner"),
            serial: text("1-tilld|2-1.0|3-5d3a6a52-0f2a-4c6e-9d35-2f6f3c1b7e10"),
            vat: seller.vat.as_str().to_owned(),
            title: text("1100"),
            location: text("RRRD2929"),
            category: text("Retail"),
        },
        seller,
    }
}

async fn onboard(vault: &Vault, keys: &KeyStore) -> Identity {
    let time = now();
    let mut entropy = Seeded::new(3);
    let entropy: sandbox::Entropy = Arc::new(Mutex::new(move |buffer: &mut [u8]| entropy.fill(buffer)));
    let config = SandboxConfig::new(([127, 0, 0, 1], 0).into(), Arc::new(move || time), entropy);
    let platform = Sandbox::start(config).await.unwrap();
    let simulation = sandbox::Environment::Simulation;
    let endpoint = Endpoint::new(Environment::Simulation, Some(&platform.base_url(simulation))).unwrap();
    let otp = Otp::new(&platform.issue_otp(simulation, None)).unwrap();
    let (mut random, mut told) = (Seeded::new(5), Vec::new());
    let onboarding = Onboarding {
        refused_elsewhere: false,
        vault,
        keys,
        authority: &Client::new(endpoint).unwrap(),
        plan: plan(),
        now: &now,
        random: &mut |buffer| random.fill(buffer),
        progress: &mut |news| {
            if let News::State(device) = news {
                told.push(device.clone());
            }
        },
    };
    let identity = onboarding.run(Some(&otp)).await.unwrap();
    assert!(matches!(told.last(), Some(Device::Active { .. })), "{told:?}");
    identity
}

pub fn whole_life(token: &Token) {
    let keys = token.store();
    let machine = Machine::from_facts(vec![("board serial number", "1000".to_owned())]);
    let vault = Vault::open(&token.home.join("vault"), &Wrapping::new(None, machine).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let identity = runtime.block_on(onboard(&vault, &keys));
    assert!(matches!(identity.signer, TillKey::Hsm(_)));
    assert!(!format!("{identity:?} {keys:?}").contains(PIN));
    drop(identity);

    let identity = load_identity(&vault, &keys).unwrap().unwrap();
    signs(&identity.signer);
    let out = std::env::var_os("TILLD_HSM_OUT").map(PathBuf::from);
    keep(out.as_deref(), "csr.pem", request(&vault).unwrap().unwrap().as_bytes());
    sell(token, identity, out.as_deref());
    // In the vault and in the ledger there is no PIN.
    for path in files(&token.home).iter().filter(|path| !path.ends_with("pin")) {
        let bytes = std::fs::read(path).unwrap();
        assert!(!bytes.windows(PIN.len()).any(|part| part == PIN.as_bytes()), "{}", path.display());
    }
    without_its_settings(&vault);
}

/// The identity loads when the settings name no token; only signing fails.
fn without_its_settings(vault: &Vault) {
    let identity = load_identity(vault, &KeyStore::Vault).unwrap().unwrap();
    let error = identity.signer.sign_message(b"x").unwrap_err().to_string();
    assert!(error.contains("[keys] store"), "{error}");
}

fn sell(token: &Token, identity: Identity, out: Option<&Path>) {
    let mut uuids = Seeded::new(7);
    let surroundings = Surroundings {
        alone: false,
        random: Box::new(move |bytes| {
            uuids.fill(bytes);
            Ok(())
        }),
        ..Surroundings::new(Arc::new(TestClock::at(now())))
    };
    let data = token.home.join("data");
    let mut store = Store::open_with(&data, &token.home.join("anchor"), surroundings).unwrap();
    let certificate = identity.certificate.clone();
    let unit = Unit {
        certificate: identity.certificate,
        signer: Box::new(identity.signer),
        seller: seller(),
        environment: "simulation".into(),
        number_prefix: "T07-".into(),
        dictionary: Vec::new(),
        on_renewal: OnRenewal::Restart,
    };
    store.activate(unit).unwrap();
    let (mut rng, mut head, mut sold) = (Seeded::new(11), None, 0);
    for number in 0..DOCUMENTS {
        let Some(order) = order(&mut rng, number) else { continue };
        if sold == 20 {
            // Without its token the till refuses, takes no number, and goes on afterwards.
            token.pull();
            let refusal = store.append(order.clone()).unwrap_err();
            assert!(matches!(refusal, AppendError::Seal(_)), "{refusal}");
            assert!(refusal.words().en.to_lowercase().contains("plug it in"), "{refusal}");
            token.put_back();
        }
        let stored = store.append(order).unwrap();
        sold += 1;
        assert_eq!(stored.number.to_string(), format!("T07-{sold:06}"));
        let xml = store.xml(stored.id).unwrap();
        let verified = stamp::verify(&xml).unwrap();
        assert_eq!(StampCertificate::from_base64(&verified.certificate).unwrap(), certificate);
        head = Some(follow(head, verified.link, verified.hash).unwrap());
        keep(out, &format!("{}.xml", stored.number), &xml);
    }
    store.close().unwrap();
    let report = audit::verify_chain(&data, |_| {}).unwrap();
    assert_eq!((report.documents, report.findings.len()), (sold, 0));
    assert!(sold > 40, "{sold}");
}

fn order(rng: &mut Seeded, number: u64) -> Option<Order> {
    let basket = basket(rng, number);
    let mut draft = read_sale(basket.request.to_string().as_bytes()).unwrap();
    if basket.credit {
        draft.kind.document = DocumentType::CreditNote;
    }
    // Some random baskets cannot be priced in riyals; the others are enough.
    let priced = price(&draft).ok()?;
    Some(Order {
        kind: draft.kind,
        priced,
        terms: draft.terms,
        reference: draft.reference,
        idempotency: None,
        print: false,
        returns: None,
        corrects: None,
    })
}

fn keep(out: Option<&Path>, name: &str, bytes: &[u8]) {
    if let Some(out) = out {
        std::fs::create_dir_all(out).unwrap();
        std::fs::write(out.join(name), bytes).unwrap();
    }
}
