//! The service over a real ledger, with a clock that the test sets.

mod clearance;
mod corrections;
mod credits;
mod documents;
mod last_look;
mod many_returns;
mod queue;
mod releasing;
mod story;
mod till;
mod watching;

use k256::ecdsa::signature::Signer as _;
use k256::ecdsa::{DerSignature, SigningKey};
use tempfile::TempDir;

use super::*;
use crate::chain::InvoiceHash;
use crate::daemon::identity::{self, Entry};
use crate::daemon::slips::Shop;
use crate::invoice::{Draft, Finding, Seller};
use crate::ledger::{OnRenewal, TestClock, Unit};
use crate::money::Halalas;
use crate::receipt::PaperWidth;
use crate::stamp::{Signer, SignerError, StampCertificate};
use crate::text::Problem;

/// The published key of the vectors; worthless, for tests only.
const KEY: &str = include_str!("../../../tests/vectors/simplified-388.json");
const CERTIFICATE: &str = include_str!("../../../tests/vectors/test-cert-b64.txt");
const NOW: i64 = 1_773_511_509;
/// One line of 11.50 riyals.
const SALE: &str = r#"{"lines":[{"name":{"ar":"شاي أخضر","en":"Green tea"},"quantity":"2","unit":"PCE","shelf_price":"5.75","vat":{"category":"S","rate":"15"}}],"tenders":[{"kind":"cash","amount":"20.00"}]}"#;

struct VectorSigner(SigningKey);

impl Signer for VectorSigner {
    fn sign(&self, hash: &InvoiceHash) -> Result<Vec<u8>, SignerError> {
        let signature: DerSignature = self.0.sign(hash.bytes());
        Ok(signature.as_bytes().to_vec())
    }

    fn public_key_der(&self) -> Vec<u8> {
        certificate().public_key_der().to_vec()
    }
}

fn certificate() -> StampCertificate {
    StampCertificate::from_base64(CERTIFICATE.trim()).unwrap()
}

fn signer() -> Box<VectorSigner> {
    let facts: serde_json::Value = serde_json::from_str(KEY).unwrap();
    let text = facts["private_key_scalar_hex"].as_str().unwrap();
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    let key: Vec<u8> = (0..text.len()).step_by(2).map(byte).collect();
    Box::new(VectorSigner(SigningKey::from_slice(&key).unwrap()))
}

fn seller() -> Arc<Seller> {
    Arc::new(Seller {
        name: "زاوية القهوة | Qahwa Corner".into(),
        vat: invoice::VatNumber::parse("399999999900003").unwrap(),
        id: invoice::PartyId::seller("CRN", "1010010000").unwrap(),
        address: invoice::Address {
            street: "طريق العليا".into(),
            additional_street: None,
            building: "2322".into(),
            additional_number: None,
            district: "العليا".into(),
            city: "الرياض".into(),
            postal_code: "12214".into(),
            province: None,
            country: "SA".into(),
        },
    })
}

/// A register that knows the certificate, and a desk at which nothing is asked.
fn desk(dir: &std::path::Path, ledger: &Ledger, clock: &Arc<TestClock>) -> (Arc<Register>, Arc<Desk>) {
    let file = dir.join("till.toml");
    let text = include_str!("../../../assets/demo/till.toml");
    std::fs::write(&file, text.replace("[printer]", "[printer]\ntarget = \"none\"")).unwrap();
    let mut settings = crate::config::load(&file).unwrap();
    settings.till.data_dir = dir.join("data");
    let vault = Arc::new(identity::open_vault(&settings).unwrap());
    let keys = identity::keys(&settings).unwrap();
    let register = Arc::new(identity::register(&settings, &vault, &keys));
    register.enter(Entry::active(certificate(), None));
    let desk = identity::Parts {
        authority: Arc::new(identity::client(&settings).unwrap()),
        settings,
        vault,
        keys,
        ledger: ledger.clone(),
        clock: clock.clone(),
        keyring: Arc::default(),
        register: Arc::clone(&register),
        wakes: Arc::new(Wakes::new()),
        report: watch::channel(report::Status::default()).1,
        cancel: watch::channel(false).1,
        drain_within: std::time::Duration::ZERO,
    };
    (register, Arc::new(Desk::new(desk)))
}

struct Bench {
    service: Service,
    clock: Arc<TestClock>,
    /// The till stops when it is gone.
    stop: watch::Sender<bool>,
    _dir: TempDir,
}

fn bench() -> Bench {
    bench_at(None)
}

/// With what the machine says of its time since the start.
fn bench_at(uptime: Option<i64>) -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOW));
    uptime.into_iter().for_each(|seconds| clock.set_uptime(seconds));
    let (data, anchor) = (dir.path().join("data"), dir.path().join("mark"));
    let mut store = Store::open(&data, &anchor, clock.clone()).unwrap();
    let unit = Unit {
        certificate: certificate(),
        signer: signer(),
        seller: seller(),
        environment: "sandbox".to_owned(),
        number_prefix: "T1-".to_owned(),
        dictionary: Vec::new(),
        on_renewal: OnRenewal::Restart,
    };
    store.activate(unit).unwrap();
    let (ledger, _) = Ledger::start(store).unwrap();
    let facts = Facts {
        till: "T1".to_owned(),
        environment: "sandbox".to_owned(),
        address_override: None,
        anchor: data.with_file_name("mark"),
        data_dir: data,
        printer: "none".to_owned(),
        print: false,
        clearance_wait: std::time::Duration::ZERO,
        clearance_offline: ClearanceOffline::Park,
    };
    let (register, desk) = desk(dir.path(), &ledger, &clock);
    let stop = watch::Sender::new(false);
    let (report, print_fault) = (watch::channel(report::Status::default()).1, Arc::new(Mutex::new(None)));
    let lookout = Arc::new(Lookout {
        till: facts.till.clone(),
        clock: clock.clone(),
        register: Arc::clone(&register),
        report: report.clone(),
        print_fault: Arc::clone(&print_fault),
        board: Arc::default(),
    });
    let service = Service {
        facts,
        ledger,
        clock: clock.clone(),
        press: Arc::new(Press::new(PaperWidth::Mm80, Shop { trade_name: None, till: None, footer: vec![] })),
        doorbell: Arc::new(Doorbell::default()),
        wakes: Arc::new(Wakes::new()),
        report,
        events: Arc::default(),
        reach: Arc::new(|| Box::pin(async { true })),
        stopping: stop.subscribe(),
        print_fault,
        lookout,
        register,
        desk,
    };
    Bench { service, clock, stop, _dir: dir }
}

fn order(draft: Draft) -> SaleOrder {
    let idempotency = Idempotency { key: "k".to_owned(), body_sha256: [7; 32] };
    SaleOrder { draft, idempotency, caller: Caller::default() }
}

#[tokio::test]
async fn a_sale_that_rules_of_today_refuse_is_answered_as_before() {
    let Bench { service, .. } = bench();
    let sale = invoice::read_sale(SALE.as_bytes()).unwrap();
    let short = vec![invoice::Tender { kind: invoice::TenderKind::Cash, amount: Halalas::new(1) }];
    let forbidden = Draft { tenders: short, ..sale.clone() };
    let findings = service.sell(order(forbidden.clone())).await;
    assert!(matches!(findings, Err(Refusal::Findings(_))), "{findings:?}");
    // Under the rules of its day the same request was a sale.
    let first = service.sell(order(sale)).await.unwrap();
    let again = service.sell(order(forbidden)).await.unwrap();
    assert_eq!(again, Sold { replayed: true, ..first });
}

#[tokio::test]
async fn status_says_at_every_moment_whether_a_sale_is_possible() {
    let Bench { service, clock, .. } = bench();
    let draft = || invoice::read_sale(SALE.as_bytes()).unwrap();
    assert!(service.status().await.unwrap().selling.ready);
    service.sell(order(draft())).await.unwrap();
    let (behind, expired) = (NOW - 3_000, certificate().not_after() + 1);
    for (at, words) in [(behind, "behind"), (expired, "ended")] {
        clock.set(at);
        let selling = service.status().await.unwrap().selling;
        let reason = selling.reason.unwrap();
        assert!(!selling.ready && reason.en.contains(words), "{}", reason.en);
        let next = SaleOrder { idempotency: another(), ..order(draft()) };
        match service.sell(next).await {
            Err(Refusal::Clock(said)) => assert_eq!((at, said.en), (behind, reason.en)),
            Err(Refusal::Expired(said)) => assert_eq!((at, said.en), (expired, reason.en)),
            other => panic!("{other:?}"),
        }
    }
    clock.set(NOW + 60);
    assert!(service.status().await.unwrap().selling.ready);
}

fn another() -> Idempotency {
    Idempotency { key: "l".to_owned(), body_sha256: [8; 32] }
}

#[tokio::test]
async fn nobody_sells_to_himself() {
    let Bench { service, .. } = bench();
    let own = Some(seller().vat.clone());
    let buyer = Some(invoice::Buyer { name: None, vat: own, id: None, address: None });
    let mut to_itself = invoice::read_sale(SALE.as_bytes()).unwrap();
    to_itself.terms.buyer = buyer;
    match service.sell(order(to_itself.clone())).await {
        Err(Refusal::Findings(found)) => {
            assert_eq!(found, [Finding::at("buyer.vat_number", Problem::BuyerIsSeller)]);
        }
        other => panic!("{other:?}"),
    }
    to_itself.terms.buyer = None;
    let sold = service.sell(order(to_itself)).await.unwrap();
    assert_eq!(sold.sale.icv.get(), 1, "the refusal took no number");
}

#[tokio::test]
async fn a_clock_set_forward_while_the_till_runs_stamps_nothing() {
    let Bench { service, clock, .. } = bench_at(Some(1_000));
    let sell = async |seconds: i64, uptime: i64| {
        clock.set(NOW + seconds);
        clock.set_uptime(1_000 + uptime);
        service.sell(order(invoice::read_sale(SALE.as_bytes()).unwrap())).await
    };
    match sell(301, 0).await {
        Err(Refusal::Clock(words)) => assert!(words.en.contains("301 s") && words.ar.contains("301")),
        other => panic!("{other:?}"),
    }
    assert!(sell(86_400 + 300, 86_400).await.is_ok(), "a day has really passed");
    clock.set(NOW);
    let behind = service.status().await.unwrap().selling.reason.unwrap();
    assert!(behind.en.contains("time in the future") && behind.ar.contains("المستقبل"), "{}", behind.en);
}
