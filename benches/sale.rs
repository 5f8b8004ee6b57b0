//! P1 to P3: a sale in memory beside one bare signature. With `--gauge
//! sealed|verified|signature` it only runs that once per sale under a function
//! of that name, for `instructions.sh` (P4).

mod common;

use std::hint::black_box;

use common::{Task, argument, interleave, micros, ratio, remark, rounds, sales};
use k256::ecdsa::signature::Signer as _;
use k256::ecdsa::{DerSignature, SigningKey};
use tilld::chain::Link;
use tilld::invoice::{Draft, Header, read_sale};
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

/// Prices, sums, XML, hash, signature, stamp and QR text.
#[inline(never)]
fn gauge_sealed(till: &Till, draft: &Draft) -> Sealed {
    let invoice = sales::invoice(draft, till.header());
    stamp::stamp(&invoice, &till.link, &till.certificate, &till.signer).expect("a stamp")
}

/// The same, read again and verified.
#[inline(never)]
fn gauge_verified(till: &Till, draft: &Draft) -> Sealed {
    let invoice = sales::invoice(draft, till.header());
    stamp::seal(&invoice, &till.link, &till.certificate, &till.signer).expect("a verified stamp")
}

/// Outside every count: makes the tables that the first signature needs.
fn first_signature(key: &SigningKey) -> DerSignature {
    key.sign(&[1; 32])
}

#[inline(never)]
fn gauge_signature(key: &SigningKey, message: &[u8; 32]) -> DerSignature {
    key.sign(message)
}

fn main() {
    match argument("--gauge") {
        Some(what) => gauge(&what),
        None => measure(),
    }
}

fn gauge(what: &str) {
    let (till, draft, key) = (Till::new(), sales::draft(1, 10), sales::bare_key());
    let sales = argument("--sales").and_then(|count| count.parse().ok()).unwrap_or(10);
    black_box(first_signature(&key));
    for _ in 0..sales {
        match what {
            "sealed" => drop(black_box(gauge_sealed(&till, &draft))),
            "verified" => drop(black_box(gauge_verified(&till, &draft))),
            "signature" => drop(black_box(gauge_signature(&key, &[7; 32]))),
            other => panic!("--gauge takes sealed, verified or signature, not {other}"),
        }
    }
}

fn measure() {
    let (till, key) = (Till::new(), sales::bare_key());
    let (ten, forty) = (sales::draft(1, 10), sales::draft(1, 40));
    let body = sales::request(1, 10);
    let mut sign = Task::new(|| gauge_signature(&key, black_box(&[7; 32])));
    let mut sealed = Task::new(|| gauge_sealed(&till, black_box(&ten)));
    let mut verified = Task::new(|| gauge_verified(&till, black_box(&ten)));
    let mut larger = Task::new(|| gauge_sealed(&till, black_box(&forty)));
    let mut larger_verified = Task::new(|| gauge_verified(&till, black_box(&forty)));
    let mut read = Task::new(|| read_sale(black_box(&body)).expect("a valid request"));
    interleave(
        rounds(20_000),
        &mut [&mut sign, &mut sealed, &mut verified, &mut larger, &mut larger_verified, &mut read],
    );
    let limit = ("one signature", sign.least());
    ratio("P1", "10 lines sealed in memory", sealed.least(), limit, 2.0);
    ratio("P2", "10 lines sealed and re-verified", verified.least(), limit, 5.0);
    ratio("P3", "40 lines sealed", larger.least(), ("10 lines", sealed.least()), 1.6);
    let more = larger_verified.least().as_secs_f64() / verified.least().as_secs_f64();
    let ten = format!("10 lines {}", micros(verified.least()));
    remark(
        "P3",
        "40 lines sealed and re-verified",
        &ten,
        &micros(larger_verified.least()),
        &format!("{more:.2} x"),
    );
    let share = read.least().as_secs_f64() / sign.least().as_secs_f64();
    let one = format!("one signature {}", micros(sign.least()));
    remark(
        "P1",
        "beside it: reading the JSON request",
        &one,
        &micros(read.least()),
        &format!("{share:.2} x"),
    );
}
