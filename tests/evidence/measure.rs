//! What an archive of many documents costs, measured by hand:
//! `cargo test --release --test evidence measure -- --ignored --nocapture`.

use std::time::Instant;

use tilld::archive;
use tilld::ledger::{ReportState, Warned};

use crate::shop::{DAYS, WARNED, attempt, export, record};
use crate::support::{Till, sell};

/// The most memory that this process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[ignore = "measures; run by hand in a release build"]
fn measure_an_archive() {
    let documents: u64 = std::env::var("TILLD_DOCUMENTS").map_or(10_000, |text| text.parse().unwrap());
    let till = Till::new();
    let mut store = till.open();
    for n in 0..documents {
        let stored = sell(&mut store, n).unwrap();
        let (state, answer) = match n % 2 {
            0 => (ReportState::Reported, &b"{\"reportingStatus\":\"REPORTED\"}"[..]),
            _ => (ReportState::ReportedWithWarnings, WARNED),
        };
        attempt(&mut store, &stored, &record("accepted", Some(200), answer), state);
        store.tidy();
    }
    store.close().unwrap();
    println!(
        "{documents} documents, ledger {} bytes, peak {} KiB",
        std::fs::metadata(till.file()).unwrap().len(),
        peak()
    );
    let began = Instant::now();
    let out = till.root.path().join("all.zip");
    let made = export(&till, &out, DAYS[0], DAYS[0]);
    println!("exported in {:?}, {} bytes, peak {} KiB", began.elapsed(), made.bytes, peak());
    let began = Instant::now();
    let verified = archive::verify(&out).unwrap();
    assert_eq!((verified.documents, verified.findings_total), (documents, 0));
    println!("verified in {:?}, peak {} KiB", began.elapsed(), peak());
    let began = Instant::now();
    let (warned, more) = Warned::newest(&till.dir(), 5_000).unwrap();
    println!("{} warned (more: {more}) in {:?}", warned.len(), began.elapsed());
}
