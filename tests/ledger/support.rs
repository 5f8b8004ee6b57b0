//! A till for tests: a certificate made on the spot, sales by the dozen, a
//! clock and randomness that repeat.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use der::Encode as _;
use k256::ecdsa::signature::Signer as _;
use k256::ecdsa::{DerSignature, Signature, SigningKey};
use k256::pkcs8::EncodePublicKey as _;
use serde_json::json;
use tempfile::TempDir;
use tilld::chain::InvoiceHash;
use tilld::invoice::{
    self, Address, BillingReference, DocumentType, Kind, PartyId, Priced, Seller, Subtype, Terms, VatNumber,
};
use tilld::ledger::{
    AppendError, AttemptRecord, Idempotency, OnRenewal, OpenError, Order, Recovery, ReportState, ReturnOf,
    ReturnedLine, Store, Stored, Surroundings, TestClock, Unit,
};
use tilld::money::{Halalas, Quantity};
use tilld::stamp::{Signer, SignerError, StampCertificate};
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder as _, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::Extension;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{SubjectPublicKeyInfo, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};

/// 2026-03-14, a little after nine in the evening in Riyadh.
pub const NOW: i64 = 1_773_511_509;
pub const YEAR: i64 = 365 * 86_400;

struct Profile(Name);

impl BuilderProfile for Profile {
    fn get_issuer(&self, _: &Name) -> Name {
        self.0.clone()
    }

    fn get_subject(&self) -> Name {
        self.0.clone()
    }

    fn build_extensions(
        &self,
        _: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        _: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        Ok(Vec::new())
    }
}

/// The stamping key of unit `n`.
pub struct TestSigner(SigningKey);

impl TestSigner {
    pub fn new(n: u8) -> TestSigner {
        TestSigner(SigningKey::from_slice(&[n; 32]).unwrap())
    }
}

impl Signer for TestSigner {
    fn sign(&self, hash: &InvoiceHash) -> Result<Vec<u8>, SignerError> {
        let signature: Signature = self.0.sign(hash.bytes());
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn public_key_der(&self) -> Vec<u8> {
        self.0.verifying_key().to_public_key_der().unwrap().as_bytes().to_vec()
    }
}

/// A key whose hardware is gone.
pub struct BrokenSigner(pub TestSigner);

impl Signer for BrokenSigner {
    fn sign(&self, _: &InvoiceHash) -> Result<Vec<u8>, SignerError> {
        Err(SignerError("no key in the slot".to_owned()))
    }

    fn public_key_der(&self) -> Vec<u8> {
        self.0.public_key_der()
    }
}

pub fn certificate(n: u8, not_before: i64, not_after: i64) -> StampCertificate {
    let at = |unix: i64| Time::try_from(std::time::UNIX_EPOCH + Duration::from_secs(unix as u64)).unwrap();
    let key = SigningKey::from_slice(&[n; 32]).unwrap();
    let spki = SubjectPublicKeyInfo::from_key(key.verifying_key()).unwrap();
    let name: Name = format!("CN=T1-{n},OU=Riyadh,O=Nakheel Market,C=SA").parse().unwrap();
    let validity = Validity::new(at(not_before), at(not_after));
    let builder =
        CertificateBuilder::new(Profile(name), SerialNumber::from(u32::from(n)), validity, spki).unwrap();
    let der = builder.build::<_, DerSignature>(&key).unwrap().to_der().unwrap();
    StampCertificate::from_base64(&STANDARD.encode(der)).unwrap()
}

pub fn seller() -> Arc<Seller> {
    Arc::new(Seller {
        name: "أسواق النخيل | Nakheel Market".to_owned(),
        vat: VatNumber::parse("399999999900003").unwrap(),
        id: PartyId::seller("CRN", "1010010000").unwrap(),
        address: Address {
            street: "الأمير سلطان | Prince Sultan".to_owned(),
            building: "2322".to_owned(),
            district: "المربع | Al-Murabba".to_owned(),
            city: "الرياض | Riyadh".to_owned(),
            postal_code: "23333".to_owned(),
            country: "SA".to_owned(),
            additional_street: None,
            additional_number: None,
            province: None,
        },
    })
}

/// Unit `n` with the prefix `T<n>-`.
pub fn unit(n: u8) -> Unit {
    Unit {
        certificate: certificate(n, NOW - YEAR, NOW + YEAR),
        signer: Box::new(TestSigner::new(n)),
        seller: seller(),
        environment: "sandbox".to_owned(),
        number_prefix: "T1-".to_owned(),
        dictionary: Vec::new(),
        on_renewal: OnRenewal::Restart,
    }
}

/// One line of a basket: names, shelf price in halalas, pieces.
#[derive(Clone, Debug)]
pub struct Item {
    pub names: (String, String),
    pub barcode: String,
    pub price: i64,
    pub count: i64,
}

/// A basket of `lines` lines that differs with `seed`.
pub fn basket(seed: u64, lines: usize) -> Vec<Item> {
    const GOODS: [(&str, &str); 8] = [
        ("طماطم بلدي", "Local Tomatoes"),
        ("جبنة عكاوي", "Akkawi Cheese"),
        ("عصير برتقال", "Orange Juice"),
        ("دجاج مبرد", "Chilled Chicken"),
        ("زيت زيتون بكر", "Virgin Olive Oil"),
        ("شاي أسود", "Black Tea"),
        ("منظف أرضيات", "Floor Cleaner"),
        ("بطاريات قلوية", "Alkaline Batteries"),
    ];
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % bound
    };
    let mut item = || {
        let (ar, en) = GOODS[next(8) as usize];
        let size = 100 * (1 + next(20));
        Item {
            names: (format!("{ar} {size} جم"), format!("{en} {size} g")),
            price: 50 + next(9_000) as i64,
            count: 1 + next(6) as i64,
            barcode: format!("628{:010}", next(10_000_000_000)),
        }
    };
    (0..lines).map(|_| item()).collect()
}

/// A basket as it is priced, less a discount on all of it.
pub fn price(items: &[Item], discount: i64) -> Priced {
    let riyals = |halalas: i64| format!("{}.{:02}", halalas / 100, halalas % 100);
    let line = |item: &Item| {
        json!({
            "name": {"ar": item.names.0, "en": item.names.1},
            "quantity": item.count.to_string(),
            "shelf_price": riyals(item.price),
            "vat": "S",
            "barcode": item.barcode,
        })
    };
    let total: i64 = items.iter().map(|item| item.price * item.count).sum();
    let mut sale = json!({
        "lines": items.iter().map(line).collect::<Vec<_>>(),
        "tenders": [{"kind": "cash", "amount": riyals(total - discount + 35)}],
    });
    if discount > 0 {
        sale["discount"] = json!({"amount": riyals(discount)});
    }
    let draft = invoice::read_sale(sale.to_string().as_bytes()).unwrap();
    invoice::price(&draft).unwrap()
}

/// The basket `seed` of so many lines.
pub fn priced(seed: u64, lines: usize) -> Priced {
    price(&basket(seed, lines), 0)
}

/// Sale number `seed` without an idempotency key.
pub fn order(seed: u64) -> Order {
    Order {
        kind: Kind::SIMPLIFIED_INVOICE,
        priced: priced(seed, 3),
        terms: Terms::default(),
        reference: Some(format!("POS-{seed:06}")),
        idempotency: None,
        print: true,
        returns: None,
        corrects: None,
    }
}

/// Another basket in the place of a rejected document.
pub fn correction(of: &Stored, seed: u64) -> Order {
    Order { kind: of.kind, corrects: Some(of.id), ..order(seed) }
}

/// A credit note for so many pieces of lines (from 1) of a basket that was sold
/// without a discount.
pub fn credit(of: &Stored, sold: &[Item], taken: &[(u32, i64)]) -> Order {
    let items: Vec<Item> = taken
        .iter()
        .map(|(line, count)| Item { count: *count, ..sold[*line as usize - 1].clone() })
        .collect();
    let returned = (1..).zip(taken.iter().zip(&items)).map(|(note_line, ((original_line, count), item))| {
        let quantity = Some(Quantity::from_thousandths(count * 1_000));
        let refund = Halalas::new(item.price * count);
        ReturnedLine { note_line, original_line: *original_line, quantity, refund }
    });
    Order {
        kind: Kind::plain(Subtype::Simplified, DocumentType::CreditNote),
        priced: price(&items, 0),
        terms: Terms {
            billing_references: vec![BillingReference { number: of.number.clone(), date: None }],
            reason: Some("مرتجع | Returned goods".to_owned()),
            ..Terms::default()
        },
        returns: Some(ReturnOf { original: of.id, lines: returned.collect() }),
        ..order(0)
    }
}

/// One attempt, and what the authority made of the document.
pub fn answer(store: &mut Store, of: &Stored, state: ReportState) {
    let attempt = AttemptRecord {
        started_at: NOW,
        duration_ms: 90,
        endpoint: "reporting".to_owned(),
        http: Some(200),
        headers: Vec::new(),
        body: b"{}".to_vec(),
        verdict: "answered".to_owned(),
        error: None,
        cleared: None,
    };
    store.begin_attempt(of.id, NOW).unwrap();
    store.finish_attempt(of.id, &attempt, state, 0).unwrap();
}

pub fn keyed(seed: u64, key: &str, body: u8) -> Order {
    let idempotency = Some(Idempotency { key: key.to_owned(), body_sha256: [body; 32] });
    Order { idempotency, ..order(seed) }
}

/// A data directory, its mark and its clock.
pub struct Till {
    pub root: TempDir,
    pub clock: Arc<TestClock>,
}

impl Till {
    pub fn new() -> Till {
        Till { root: tempfile::tempdir().unwrap(), clock: Arc::new(TestClock::at(NOW)) }
    }

    pub fn dir(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub fn anchor(&self) -> PathBuf {
        self.root.path().join("state").join("mark")
    }

    /// The run-time mark, in a folder that is there.
    pub fn witness(&self) -> PathBuf {
        let folder = self.root.path().join("run");
        std::fs::create_dir_all(&folder).unwrap();
        folder.join("mark")
    }

    pub fn file(&self) -> PathBuf {
        self.dir().join(tilld::ledger::FILE_NAME)
    }

    pub fn try_open(&self, recovery: Recovery) -> Result<Store, OpenError> {
        self.open_on(None, &[], recovery)
    }

    /// Opens it on a machine, with witnesses beside the anchor.
    pub fn open_on(
        &self,
        machine: Option<[u8; 32]>,
        witnesses: &[PathBuf],
        recovery: Recovery,
    ) -> Result<Store, OpenError> {
        Store::open_with(&self.dir(), &self.anchor(), self.surroundings(machine, witnesses, recovery))
    }

    /// Randomness that repeats, the till's clock.
    pub fn surroundings(
        &self,
        machine: Option<[u8; 32]>,
        witnesses: &[PathBuf],
        recovery: Recovery,
    ) -> Surroundings {
        let mut count = 0u8;
        let random = Box::new(move |buffer: &mut [u8]| {
            for byte in buffer {
                count = count.wrapping_mul(73).wrapping_add(41);
                *byte = count;
            }
            Ok(())
        });
        let clock = self.clock.clone();
        let witnesses = witnesses.to_vec();
        let run_time = Some(self.witness());
        Surroundings {
            clock,
            random,
            clock_tolerance: 120,
            recovery,
            machine,
            witnesses,
            run_time,
            alone: false,
        }
    }

    /// Opens the store with unit 1.
    pub fn open(&self) -> Store {
        let mut store = self.try_open(Recovery::Refuse).unwrap();
        store.activate(unit(1)).unwrap();
        store
    }

    /// Sells `count` times and closes.
    pub fn sell(&self, count: u64) -> Vec<Stored> {
        let mut store = self.open();
        let first = store.documents();
        let sold = (0..count).map(|n| sell(&mut store, first + n).unwrap()).collect();
        store.close().unwrap();
        sold
    }

    /// Another program on the file: no trigger settings, no good will.
    pub fn intruder(&self) -> rusqlite::Connection {
        let db = rusqlite::Connection::open(self.file()).unwrap();
        db.execute_batch("PRAGMA recursive_triggers = OFF; PRAGMA foreign_keys = OFF;").unwrap();
        db
    }
}

pub fn sell(store: &mut Store, seed: u64) -> Result<Stored, AppendError> {
    store.append(order(seed))
}

/// An operator's word to close the chains.
pub fn close_chains() -> Recovery {
    Recovery::CloseChains { actor: "uid 1000".to_owned(), above: 0, why: None }
}

/// Copies every file of a directory tree.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
