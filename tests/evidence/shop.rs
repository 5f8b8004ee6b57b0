//! Three days at a till: every way in which a document can end.

use std::path::{Path, PathBuf};

use tilld::archive::{self, Made, Period, Verified};
use tilld::invoice::{Address, Buyer, DocumentType, Kind, Subtype, Terms, VatNumber};
use tilld::ledger::{Activity, AttemptRecord, Order, ReportState, Store, Stored, What};

use crate::support::{NOW, Till, correction, order, sell};

pub const DAY: i64 = 86_400;
/// The day of [`NOW`] in Riyadh, and the two after it.
pub const DAYS: [&str; 3] = ["2026-03-14", "2026-03-15", "2026-03-16"];
pub const WARNED: &[u8] = br#"{"validationResults":{"infoMessages":[{"type":"INFO","code":"XSD_ZATCA_VALID","category":"XSD validation","message":"ok","status":"PASS"}],"warningMessages":[{"type":"WARNING","code":"BR-KSA-98","category":"KSA","message":"late","status":"WARNING"}],"errorMessages":[],"status":"WARNING"},"reportingStatus":"REPORTED"}"#;

pub fn record(verdict: &str, http: Option<u16>, body: &[u8]) -> AttemptRecord {
    AttemptRecord {
        started_at: NOW + 5,
        duration_ms: 1_340,
        endpoint: "reporting".to_owned(),
        http,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_vec(),
        verdict: verdict.to_owned(),
        error: None,
        cleared: None,
    }
}

pub fn attempt(store: &mut Store, of: &Stored, record: &AttemptRecord, to: ReportState) {
    store.begin_attempt(of.id, record.started_at).unwrap();
    store.finish_attempt(of.id, record, to, NOW + 60).unwrap();
}

pub fn standard(seed: u64) -> Order {
    let address = Address {
        street: "شارع العليا | Olaya Street".to_owned(),
        building: "1234".to_owned(),
        district: "العليا | Olaya".to_owned(),
        city: "الرياض | Riyadh".to_owned(),
        postal_code: "12211".to_owned(),
        country: "SA".to_owned(),
        additional_street: None,
        additional_number: None,
        province: None,
    };
    let buyer = Buyer {
        name: Some("شركة الواحة | Oasis Company".to_owned()),
        vat: Some(VatNumber::parse("311111111100003").unwrap()),
        id: None,
        address: Some(address),
    };
    let terms = Terms { buyer: Some(buyer), ..Terms::default() };
    Order { kind: Kind::plain(Subtype::Standard, DocumentType::Invoice), terms, ..order(seed) }
}

/// Eight documents of three days. The seventh replaces the third, which keeps
/// the day of the first.
pub fn three_days(till: &Till, store: &mut Store) -> Vec<Stored> {
    let mut sold: Vec<Stored> = (1..=4).map(|n| sell(store, n).unwrap()).collect();
    attempt(
        store,
        &sold[0],
        &record("accepted", Some(200), br#"{"reportingStatus":"REPORTED"}"#),
        ReportState::Reported,
    );
    attempt(
        store,
        &sold[1],
        &record("accepted-with-warnings", Some(202), WARNED),
        ReportState::ReportedWithWarnings,
    );
    attempt(store, &sold[2], &record("rejected", Some(400), br#"{"errors":[]}"#), ReportState::Rejected);
    attempt(store, &sold[3], &record("unavailable", Some(503), b"<html>busy</html>"), ReportState::Queued);
    attempt(store, &sold[3], &record("protocol", Some(400), b""), ReportState::Held);
    till.clock.set(NOW + DAY);
    sold.push(store.append(standard(5)).unwrap());
    let cleared = Some(store.xml(sold[4].id).unwrap());
    let accepted =
        AttemptRecord { cleared, endpoint: "clearance".to_owned(), ..record("accepted", Some(200), b"{}") };
    attempt(store, &sold[4], &accepted, ReportState::Cleared);
    sold.push(sell(store, 6).unwrap());
    attempt(store, &sold[5], &record("lost", None, b""), ReportState::Queued);
    store.note(Activity::by("uid 1000", What::Asked, [("why", "a test".into())])).unwrap();
    till.clock.set(NOW + 2 * DAY);
    sold.push(store.append(correction(&sold[2].clone(), 7)).unwrap());
    sold.push(sell(store, 8).unwrap());
    store.note(Activity::own(What::Started, [])).unwrap();
    sold
}

/// Writes an archive of the till's documents of these days.
pub fn export(till: &Till, out: &Path, from: &str, to: &str) -> Made {
    let period = Period::parse(from, to).unwrap();
    let data_dir = till.dir();
    let order = archive::Order {
        data_dir: &data_dir,
        till: "T1",
        vat_number: "399999999900003",
        period: &period,
        chain: None,
        out,
        force: false,
    };
    archive::export(&order).unwrap()
}

/// The codes of all findings, each once, in order.
pub fn codes(verified: &Verified) -> Vec<&'static str> {
    let mut codes: Vec<&str> = verified.findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// A till after three days, at rest, and its whole archive.
pub fn archived() -> (Till, PathBuf) {
    let till = Till::new();
    let mut store = till.open();
    three_days(&till, &mut store);
    store.close().unwrap();
    let out = till.root.path().join("all.zip");
    export(&till, &out, DAYS[0], DAYS[2]);
    (till, out)
}
