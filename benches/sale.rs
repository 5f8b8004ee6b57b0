//! P1 to P3: a sale in memory beside one bare signature, its rule checks by
//! themselves, and the judgement of anybody's document beside one bare
//! verification. With `--gauge` it only runs the one thing of that name so many
//! times under a function of that name, for `instructions.sh` (P4).

mod common;

use std::hint::black_box;

use common::{Task, argument, interleave, micros, ratio, remark, rounds, sales};
use k256::ecdsa::signature::{Signer as _, Verifier as _};
use k256::ecdsa::{DerSignature, SigningKey, VerifyingKey};
use tilld::chain::Link;
use tilld::check::{Judgement, Options, judge};
use tilld::invoice::{Draft, Header, Invoice, read_sale};
use tilld::keys::SoftwareSigner;
use tilld::stamp::{self, Sealed, StampCertificate};

struct Till {
    signer: SoftwareSigner,
    certificate: StampCertificate,
    link: Link,
    seller: std::sync::Arc<tilld::invoice::Seller>,
}

impl Till {
    fn new() -> Till {
        Till {
            signer: sales::signer(),
            certificate: sales::certificate(),
            link: sales::link(),
            seller: sales::seller(),
        }
    }

    fn header(&self) -> Header {
        sales::header(&self.seller, 4712)
    }
}

/// Prices, sums, XML, hash, signature, stamp, QR text and rule checks.
#[inline(never)]
fn gauge_sealed(till: &Till, draft: &Draft) -> Sealed {
    let invoice = sales::invoice(draft, till.header());
    let sealed = stamp::stamp(&invoice, &till.link, &till.certificate, &till.signer).expect("a stamp");
    sales::obey_rules(&invoice, &till.link, &sealed.qr);
    sealed
}

/// The same, read again and verified.
#[inline(never)]
fn gauge_verified(till: &Till, draft: &Draft) -> Sealed {
    let invoice = sales::invoice(draft, till.header());
    let sealed =
        stamp::seal(&invoice, &till.link, &till.certificate, &till.signer).expect("a verified stamp");
    sales::obey_rules(&invoice, &till.link, &sealed.qr);
    sealed
}

/// A sale that was stamped, to be held to the rules once more.
struct Stamped<'t> {
    till: &'t Till,
    invoice: Invoice,
    sealed: Sealed,
}

impl Stamped<'_> {
    fn new(till: &Till, lines: usize) -> Stamped<'_> {
        let invoice = sales::invoice(&sales::draft(1, lines), till.header());
        let sealed = stamp::stamp(&invoice, &till.link, &till.certificate, &till.signer).expect("a stamp");
        Stamped { till, invoice, sealed }
    }
}

/// The rule checks alone.
#[inline(never)]
fn gauge_rules(stamped: &Stamped<'_>) {
    sales::obey_rules(&stamped.invoice, &stamped.till.link, &stamped.sealed.qr);
}

/// A sale of so many lines makes a document of 14 KB.
const LINES_OF_14_KB: usize = 8;

/// The judgement of a document of which nothing is known.
#[inline(never)]
fn gauge_judge(stamped: &Stamped<'_>) -> Judgement {
    let options = Options { now: stamped.invoice.header.issued.unix(), ..Options::default() };
    let judgement = judge(black_box(&stamped.sealed.xml), &options);
    assert!(judgement.findings.is_empty(), "{:?}", judgement.findings);
    judgement
}

/// Outside every count: makes the tables that the first signature needs.
fn first_signature(key: &SigningKey) -> DerSignature {
    key.sign(&[1; 32])
}

#[inline(never)]
fn gauge_signature(key: &SigningKey, message: &[u8; 32]) -> DerSignature {
    key.sign(message)
}

#[inline(never)]
fn gauge_verification(key: &VerifyingKey, message: &[u8; 32], signature: &DerSignature) {
    key.verify(message, signature).expect("a valid signature");
}

fn main() {
    match argument("--gauge") {
        Some(what) => gauge(&what),
        None => {
            sale();
            judgement();
        }
    }
}

fn gauge(what: &str) {
    let (till, draft, key) = (Till::new(), sales::draft(1, 10), sales::bare_key());
    let (ten, forty) = (Stamped::new(&till, 10), Stamped::new(&till, 40));
    let foreign = Stamped::new(&till, LINES_OF_14_KB);
    let times = argument("--sales").and_then(|count| count.parse().ok()).unwrap_or(10);
    let signature = black_box(first_signature(&key));
    for _ in 0..times {
        match what {
            "sealed" => drop(black_box(gauge_sealed(&till, &draft))),
            "verified" => drop(black_box(gauge_verified(&till, &draft))),
            "rules" => gauge_rules(black_box(&ten)),
            "rules-of-40" => gauge_rules(black_box(&forty)),
            "judge" => drop(black_box(gauge_judge(&foreign))),
            "signature" => drop(black_box(gauge_signature(&key, &[7; 32]))),
            "verification" => gauge_verification(key.verifying_key(), &[1; 32], &signature),
            other => panic!("--gauge does not know {other}"),
        }
    }
}

fn sale() {
    let (till, key) = (Till::new(), sales::bare_key());
    let (ten, forty) = (sales::draft(1, 10), sales::draft(1, 40));
    let (stamped_ten, stamped_forty) = (Stamped::new(&till, 10), Stamped::new(&till, 40));
    let body = sales::request(1, 10);
    let mut sign = Task::new(|| gauge_signature(&key, black_box(&[7; 32])));
    let mut sealed = Task::new(|| gauge_sealed(&till, black_box(&ten)));
    let mut verified = Task::new(|| gauge_verified(&till, black_box(&ten)));
    let mut larger = Task::new(|| gauge_sealed(&till, black_box(&forty)));
    let mut larger_verified = Task::new(|| gauge_verified(&till, black_box(&forty)));
    let mut rules = Task::new(|| gauge_rules(black_box(&stamped_ten)));
    let mut more_rules = Task::new(|| gauge_rules(black_box(&stamped_forty)));
    let mut read = Task::new(|| read_sale(black_box(&body)).expect("a valid request"));
    interleave(
        rounds(20_000),
        &mut [
            &mut sign,
            &mut sealed,
            &mut verified,
            &mut larger,
            &mut larger_verified,
            &mut rules,
            &mut more_rules,
            &mut read,
        ],
    );
    let limit = ("one signature", &sign);
    ratio("P1", "10 lines sealed in memory", sealed.least(), (limit.0, sign.least()), 2.0);
    ratio("P2", "10 lines sealed and re-verified", verified.least(), (limit.0, sign.least()), 5.0);
    ratio("P3", "40 lines sealed", larger.least(), ("10 lines", sealed.least()), 1.6);
    beside("P3", "40 lines sealed and re-verified", &larger_verified, ("10 lines", &verified));
    beside("P1", "of this: the rule checks", &rules, limit);
    beside("P3", "of this: the rule checks of 40 lines", &more_rules, limit);
    beside("P1", "beside it: reading the JSON request", &read, limit);
}

/// Anybody's document beside the one verification in it.
fn judgement() {
    let (till, key) = (Till::new(), sales::bare_key());
    let foreign = Stamped::new(&till, LINES_OF_14_KB);
    let signature = first_signature(&key);
    let mut verify = Task::new(|| gauge_verification(key.verifying_key(), black_box(&[1; 32]), &signature));
    let mut judged = Task::new(|| gauge_judge(&foreign));
    interleave(rounds(5_000), &mut [&mut verify, &mut judged]);
    let what = format!("a document of {} B judged", foreign.sealed.xml.len());
    beside("-", &what, &judged, ("one verification", &verify));
}

/// A ratio without a budget of its own.
fn beside(budget: &str, what: &str, ours: &Task<'_>, limit: (&str, &Task<'_>)) {
    let times = ours.least().as_secs_f64() / limit.1.least().as_secs_f64();
    let limit = format!("{} {}", limit.0, micros(limit.1.least()));
    remark(budget, what, &limit, &micros(ours.least()), &format!("{times:.2} x"));
}
