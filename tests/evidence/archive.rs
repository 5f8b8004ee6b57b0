//! Archives as they are written, and verified as they are.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use tilld::archive::zip::ZipFile;
use tilld::archive::{self, ExportError, Order, Period};
use tilld::ledger::OnRenewal;
use tilld::ledger::Unit;

use crate::shop::{DAYS, archived, codes, export, three_days};
use crate::support::{NOW, Till, sell, unit};

/// Every file of an archive in order.
pub fn files(path: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let zip = ZipFile::open(fs::File::open(path).unwrap()).unwrap();
    zip.list()
        .map(|entry| {
            let entry = entry.unwrap();
            let content = zip.content(&entry, 1 << 26).unwrap();
            (entry.name, content)
        })
        .collect()
}

fn manifest(files: &[(String, Vec<u8>)]) -> Value {
    let (_, bytes) = files.iter().find(|(name, _)| name == "manifest.json").unwrap();
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn a_period_is_written_whole_beside_a_running_till_and_at_rest() {
    let till = Till::new();
    let mut store = till.open();
    let sold = three_days(&till, &mut store);
    let running = till.root.path().join("running.zip");
    let made = export(&till, &running, DAYS[0], DAYS[2]);
    assert_eq!((made.documents, made.unreadable.len()), (8, 0));
    let xmls: Vec<Vec<u8>> = sold.iter().map(|one| store.xml(one.id).unwrap()).collect();
    store.close().unwrap();
    let resting = till.root.path().join("resting.zip");
    assert_eq!(export(&till, &resting, DAYS[0], DAYS[2]), made);
    let bytes = fs::read(&running).unwrap();
    assert_eq!(bytes, fs::read(&resting).unwrap(), "the same ledger and period are the same bytes");
    assert_eq!(bytes.len() as u64, made.bytes);
    assert_eq!(fs::metadata(&running).unwrap().permissions().mode() & 0o777, 0o600);
    let left: BTreeSet<_> =
        fs::read_dir(till.root.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("part")), "{left:?}");

    let files = files(&running);
    let manifest = manifest(&files);
    let documents = manifest["documents"].as_array().unwrap();
    for ((document, stored), xml) in documents.iter().zip(&sold).zip(&xmls) {
        assert_eq!(document["icv"], stored.icv.get());
        assert_eq!(document["uuid"], stored.uuid.to_string());
        assert_eq!(document["hash"], stored.hash.to_base64());
        let submitted = document["files"].as_array().unwrap().iter().find(|file| file["role"] == "submitted");
        let path = submitted.unwrap()["path"].as_str().unwrap();
        let (_, content) = files.iter().find(|(name, _)| name == path).unwrap();
        assert_eq!(content, xml);
    }
    let states: Vec<&str> = documents.iter().map(|document| document["state"].as_str().unwrap()).collect();
    let wanted =
        ["Reported", "ReportedWithWarnings", "Rejected", "Held", "Cleared", "Queued", "Queued", "Queued"];
    assert_eq!(states, wanted);
    let held = &documents[3];
    assert_eq!((&held["held"], held["attempts"].as_array().unwrap().len()), (&"protocol".into(), 2));
    assert_eq!(held["attempts"][0]["answer"], "chain-00001/0000000004/answer-00001.json");
    assert_eq!(documents[6]["corrects"], sold[2].uuid.to_string());
    assert!(
        files
            .iter()
            .any(|(name, _)| name == "chain-00001/0000000001/399999999900003_20260314T210509_T1-000001.xml")
    );
    assert!(files.iter().any(|(name, _)| name == "chain-00001/0000000005/cleared.xml"));

    for path in [&running, &resting] {
        let verified = archive::verify(path).unwrap();
        assert_eq!((verified.documents, verified.findings), (8, Vec::new()));
        assert_eq!(verified.manifest.as_deref(), Some(made.manifest.as_str()));
        assert_eq!((verified.from.as_str(), verified.to.as_str()), (DAYS[0], DAYS[2]));
    }
}

#[test]
fn days_are_those_of_riyadh_and_a_later_correction_belongs_to_both_of_its_days() {
    let (till, _) = archived();
    let icvs = |from: &str, to: &str| -> Vec<u64> {
        let out = till.root.path().join(format!("{from}-{to}.zip"));
        export(&till, &out, from, to);
        assert_eq!(archive::verify(&out).unwrap().findings, []);
        let manifest = manifest(&files(&out));
        manifest["documents"].as_array().unwrap().iter().map(|one| one["icv"].as_u64().unwrap()).collect()
    };
    // The correction keeps the moment of the first day and was stamped on the third.
    assert_eq!(icvs(DAYS[0], DAYS[0]), [1, 2, 3, 4, 7]);
    assert_eq!(icvs(DAYS[1], DAYS[1]), [5, 6]);
    assert_eq!(icvs(DAYS[2], DAYS[2]), [7, 8]);
    assert_eq!(icvs("2026-03-17", "2026-12-31"), [0; 0]);
    assert_eq!(icvs("2020-01-01", "2026-03-13"), [0; 0]);
}

#[test]
fn the_last_second_of_a_day_is_in_it() {
    let till = Till::new();
    let mut store = till.open();
    // 23:59:59 and 00:00:00 in Riyadh.
    for at in [1_773_521_999, 1_773_522_000] {
        till.clock.set(at);
        sell(&mut store, at as u64).unwrap();
    }
    for (day, icv) in [("2026-03-14", 1), ("2026-03-15", 2)] {
        let out = till.root.path().join(day);
        export(&till, &out, day, day);
        let documents = manifest(&files(&out))["documents"].clone();
        assert_eq!((documents.as_array().unwrap().len(), &documents[0]["icv"]), (1, &icv.into()));
    }
}

#[test]
fn a_chain_that_goes_on_under_another_certificate_is_followed() {
    let till = Till::new();
    let mut store = till.open();
    (0..3).for_each(|n| drop(sell(&mut store, n).unwrap()));
    store.activate(Unit { on_renewal: OnRenewal::Continue, ..unit(2) }).unwrap();
    (3..5).for_each(|n| drop(sell(&mut store, n).unwrap()));
    let out = till.root.path().join("both.zip");
    export(&till, &out, DAYS[0], DAYS[0]);
    let verified = archive::verify(&out).unwrap();
    assert_eq!((verified.documents, verified.chains, codes(&verified)), (5, 2, vec![]));
    let only = till.root.path().join("one.zip");
    let period = Period::parse(DAYS[0], DAYS[0]).unwrap();
    let data_dir = till.dir();
    let order = Order {
        data_dir: &data_dir,
        till: "T1",
        vat_number: "399999999900003",
        period: &period,
        chain: Some(2),
        out: &only,
        force: false,
    };
    assert_eq!(archive::export(&order).unwrap().documents, 2);
    assert_eq!(archive::verify(&only).unwrap().findings, []);
    let missing = archive::export(&Order { chain: Some(3), out: &till.root.path().join("x.zip"), ..order });
    assert!(matches!(missing, Err(ExportError::NoChain(3))));
}

#[test]
fn a_file_that_is_there_is_replaced_only_on_an_explicit_word() {
    let (till, out) = archived();
    fs::write(&out, "precious").unwrap();
    let period = Period::parse(DAYS[0], DAYS[2]).unwrap();
    let data_dir = till.dir();
    let order = Order {
        data_dir: &data_dir,
        till: "T1",
        vat_number: "399999999900003",
        period: &period,
        chain: None,
        out: &out,
        force: false,
    };
    assert!(matches!(archive::export(&order), Err(ExportError::Exists(_))));
    assert_eq!(fs::read(&out).unwrap(), b"precious");
    archive::export(&Order { force: true, ..order }).unwrap();
    assert_eq!(archive::verify(&out).unwrap().findings, []);
    let nowhere = till.root.path().join("no/such/folder.zip");
    assert!(matches!(archive::export(&Order { out: &nowhere, ..order }), Err(ExportError::Output { .. })));
    let ghost = till.root.path().join("ghost");
    let gone = Order { data_dir: &ghost, out: &till.root.path().join("new.zip"), ..order };
    assert!(matches!(archive::export(&gone), Err(ExportError::Ledger(_))));
    assert!(!till.root.path().join("new.zip").exists());
}

#[test]
fn what_is_sold_meanwhile_is_not_in_it_and_nothing_is_disturbed() {
    let till = Till::new();
    let mut store = till.open();
    three_days(&till, &mut store);
    let out = till.root.path().join("a.zip");
    export(&till, &out, DAYS[0], DAYS[2]);
    till.clock.set(NOW + 3 * 86_400);
    sell(&mut store, 99).unwrap();
    store.close().unwrap();
    assert_eq!(tilld::ledger::audit::verify_chain(&till.dir(), |_| ()).unwrap().findings, []);
    assert_eq!(till.open().documents(), 9);
}
