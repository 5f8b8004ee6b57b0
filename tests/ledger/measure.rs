//! What a sale costs on the disk, measured by hand:
//! `cargo test --release --test ledger measure -- --ignored --nocapture --test-threads 1`.

use std::time::Instant;

use tilld::ledger::{AttemptRecord, Idempotency, Order, ReportState, Store};

use crate::support::{NOW, Till, order, priced};

const SALES: u64 = 1_000;

const ANSWER: &[u8] = br#"{"validationResults":{"infoMessages":[{"type":"INFO","code":"XSD_ZATCA_VALID","category":"XSD validation","message":"Complied with UBL 2.1 standards in line with ZATCA specifications","status":"PASS"}],"warningMessages":[],"errorMessages":[],"status":"PASS"},"reportingStatus":"REPORTED","clearanceStatus":null}"#;

/// `write_bytes` (what reaches the disk) and `wchar` (what was asked for).
fn written() -> (u64, u64) {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    let of = |name: &str| {
        let line = io.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    (of("write_bytes:"), of("wchar:"))
}

fn ten_lines(n: u64) -> Order {
    let idempotency = Some(Idempotency {
        key: uuid::Uuid::from_u64_pair(n.wrapping_mul(0x9E37_79B9_7F4A_7C15), n ^ 0xABCD).to_string(),
        body_sha256: [n as u8; 32],
    });
    Order { priced: priced(n, 10), idempotency, ..order(n) }
}

fn report(store: &mut Store, id: tilld::ledger::DocumentId) {
    store.begin_attempt(id, NOW).unwrap();
    let record = AttemptRecord {
        started_at: NOW,
        duration_ms: 214,
        endpoint: "reporting".to_owned(),
        http: Some(200),
        headers: vec![("x-global-transaction-id".to_owned(), "0a1b2c3d4e5f60718293a4b5".to_owned())],
        body: ANSWER.to_vec(),
        verdict: "accepted".to_owned(),
        error: None,
        cleared: None,
    };
    store.finish_attempt(id, &record, ReportState::Reported, 0).unwrap();
}

#[test]
#[ignore = "measures; run by hand in a release build"]
fn measure_a_sale() {
    let till = Till::new();
    let mut store = till.open();
    for n in 0..20 {
        store.append(ten_lines(n)).unwrap();
    }
    store.close().unwrap();
    let size = || std::fs::metadata(till.file()).unwrap().len();
    let mut raw = 0;
    for (what, reported) in [("sale", false), ("sale and reported", true)] {
        let mut store = till.open();
        let first = store.documents();
        let (file, before) = (size(), written());
        let began = Instant::now();
        for n in first..first + SALES {
            let sold = store.append(ten_lines(n)).unwrap();
            if reported {
                report(&mut store, sold.id);
            } else {
                raw += store.xml(sold.id).unwrap().len() as u64;
            }
            store.tidy();
        }
        let took = began.elapsed();
        store.close().unwrap();
        let after = written();
        println!(
            "{what}: {} B to the disk, {} B asked for, {} B stored, {:.3} ms each",
            (after.0 - before.0) / SALES,
            (after.1 - before.1) / SALES,
            (size() - file) / SALES,
            took.as_secs_f64() * 1e3 / SALES as f64,
        );
    }
    println!("raw XML: {} B", raw / SALES);
    let db = rusqlite::Connection::open(till.file()).unwrap();
    let mut statement = db.prepare("SELECT avg(length(xml)), max(length(xml)) FROM documents").unwrap();
    let packed: (f64, i64) = statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    println!("packed XML: {:.0} B on average, {} B at most", packed.0, packed.1);
}

/// The start after a kill with a log as long as it gets.
#[test]
#[ignore = "measures; run by hand in a release build"]
fn measure_a_start_with_a_full_log() {
    let (till, killed) = (Till::new(), Till::new());
    let mut store = till.open();
    for n in 0..999 {
        let sold = store.append(ten_lines(n)).unwrap();
        report(&mut store, sold.id);
    }
    crate::support::copy(&till.dir(), &killed.dir());
    crate::support::copy(till.anchor().parent().unwrap(), killed.anchor().parent().unwrap());
    let log = std::fs::metadata(killed.dir().join("ledger.sqlite-wal")).unwrap().len();
    let began = Instant::now();
    let store = killed.open();
    println!("a log of {log} B: ready after {:?} with {} documents", began.elapsed(), store.documents());
}
