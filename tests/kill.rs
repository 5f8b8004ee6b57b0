//! The daemon is killed at seeded random moments while sales stream in. Every
//! time it must come back without a hand, with every acknowledged sale, and
//! without a gap, a duplicate or a receipt that belongs to nothing.

mod common;
mod real;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use common::Seeded;
use real::{Answer, Sandbox, Till, read_answer, sale_body, sale_request};
use serde_json::Value;

const KILLS: u64 = 20;
const SALES: usize = 300;
/// Longer than one sale takes: the daemon dies anywhere between the arrival of
/// a request and the printing and reporting after its answer.
const LATEST: u64 = 12_000;

/// An acknowledged sale, as it was told to the POS.
struct Acknowledged {
    number: usize,
    bytes: Vec<u8>,
    told: Value,
}

fn key(number: usize) -> String {
    format!("sale-{number}")
}

/// Keeps an acknowledgement if it carries the next number of all.
fn keep(book: &mut Vec<Acknowledged>, number: usize, answer: Answer) {
    assert_eq!(answer.status, 201, "{}", answer.text());
    let told = answer.json();
    let place = book.len() + 1;
    assert_eq!(told["icv"], place, "a gap or a duplicate: {told}");
    assert_eq!(told["number"], format!("T01-{place:06}"));
    book.push(Acknowledged { number, bytes: answer.body, told });
}

/// Sends a sale and kills the daemon a little later; the answer, if it was whole.
fn sell_and_kill(till: &mut Till, number: usize, delay: Duration) -> Option<Answer> {
    use std::io::Write as _;
    let mut stream = till.connect().unwrap();
    stream.write_all(&sale_request(&key(number), &sale_body(number))).unwrap();
    let sent = Instant::now();
    while sent.elapsed() < delay {
        std::hint::spin_loop();
    }
    till.kill();
    read_answer(&mut stream)
}

/// What was acknowledged is there as it was told: its key gives the same bytes.
fn nothing_is_missing(till: &Till, book: &[Acknowledged]) {
    for sale in book {
        let again = till.sell(&key(sale.number), &sale_body(sale.number));
        assert_eq!(again.status, 201, "{}", again.text());
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert!(again.body == sale.bytes, "{}\ninstead of {}", again.text(), sale.told);
    }
}

/// Every file in the printer's folder is the receipt of a document.
fn no_receipt_without_a_row(till: &Till, book: &[Acknowledged]) -> HashSet<String> {
    let numbers: HashSet<&str> = book.iter().map(|sale| sale.told["number"].as_str().unwrap()).collect();
    let mut receipts = HashSet::new();
    for entry in std::fs::read_dir(&till.receipts).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let (number, ending) = name.split_once('.').unwrap();
        assert!(numbers.contains(number), "{name} belongs to no document");
        if ending == "escpos" {
            receipts.insert(number.to_owned());
        }
    }
    receipts
}

#[test]
fn twenty_kills_in_streams_of_three_hundred_sales() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    let mut rng = Seeded::new(20);
    let mut book: Vec<Acknowledged> = Vec::new();
    let (mut number, mut checked) = (0, 0);
    till.open();
    for _ in 0..KILLS {
        let fatal = rng.between(1, SALES as u64) as usize;
        for sale in 1..=SALES {
            number += 1;
            if sale != fatal {
                keep(&mut book, number, till.sell(&key(number), &sale_body(number)));
                continue;
            }
            let delay = Duration::from_micros(rng.between(0, LATEST));
            let answer = sell_and_kill(&mut till, number, delay);
            let acknowledged = answer.is_some();
            if let Some(answer) = answer {
                keep(&mut book, number, answer);
            }
            if rng.chance(25) {
                // Again while it starts.
                till.launch();
                std::thread::sleep(Duration::from_millis(rng.between(0, 80)));
                till.kill();
            }
            let documents = till.open()["documents"].as_u64().unwrap() as usize;
            assert!(
                documents == book.len() || (!acknowledged && documents == book.len() + 1),
                "{documents} documents, {} acknowledged",
                book.len()
            );
            if !acknowledged {
                let retried = till.sell(&key(number), &sale_body(number));
                let taken = retried.header("idempotency-replayed").is_some();
                assert_eq!(taken, documents == book.len() + 1);
                keep(&mut book, number, retried);
            }
            nothing_is_missing(&till, &book[checked..]);
            checked = book.len();
            no_receipt_without_a_row(&till, &book);
            till.verify(book.len());
        }
    }
    everything_stands(&mut till, &sandbox, &book);
}

fn everything_stands(till: &mut Till, sandbox: &Sandbox, book: &[Acknowledged]) {
    let total = KILLS as usize * SALES;
    assert_eq!(book.len(), total);
    let uuids: HashSet<&str> = book.iter().map(|sale| sale.told["uuid"].as_str().unwrap()).collect();
    assert_eq!(uuids.len(), total, "a UUID came twice");
    assert_eq!(till.drain()["documents"], total);

    let receipts = no_receipt_without_a_row(till, book);
    for sale in book {
        let found = till.look_up(sale.told["uuid"].as_str().unwrap());
        assert_eq!(found["sale"], sale.told);
        let state = found["report"]["state"].as_str().unwrap();
        assert!(state.starts_with("Reported"), "{found}");
        // A receipt that may have come out is not printed a second time by itself.
        let printed = receipts.contains(sale.told["number"].as_str().unwrap());
        assert!(printed || found["print"]["state"] == "Unconfirmed", "{found}");
    }

    let audit = sandbox.audit();
    assert_eq!(audit["ok"], true, "{audit}");
    assert_eq!(audit["csids"][0]["accepted"], total, "{audit}");
    assert_eq!(audit["csids"][0]["rejected"], 0, "{audit}");
    assert!(till.stop().success(), "{}", till.log());
    till.verify(total);
}
