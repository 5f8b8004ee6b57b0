//! Starting: one instance, private files, damage that is named and kept, and
//! files of earlier versions.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tilld::ledger::{OpenError, Recovery, StorageError, audit};

use crate::support::{Till, copy, sell};

#[test]
fn a_second_instance_is_refused_while_the_first_lives() {
    let till = Till::new();
    let store = till.open();
    assert!(matches!(till.try_open(Recovery::Refuse), Err(OpenError::InUse { .. })));
    drop(store);
    assert!(till.try_open(Recovery::Refuse).is_ok());
}

#[test]
fn the_data_directory_is_closed_to_others() {
    let till = Till::new();
    std::fs::create_dir_all(till.dir()).unwrap();
    std::fs::set_permissions(till.dir(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let _store = till.open();
    assert_eq!(std::fs::metadata(till.dir()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn damage_is_named_and_nothing_is_deleted() {
    let till = Till::new();
    till.sell(30);
    let whole = std::fs::read(till.file()).unwrap();
    // The last page belongs to the newest documents.
    for (at, length) in [(0, 100), (whole.len() - 1024, 1024), (whole.len() / 2, 512)] {
        let mut bytes = whole.clone();
        bytes[at..at + length].fill(0xA5);
        std::fs::write(till.file(), &bytes).unwrap();
        let result = till.try_open(Recovery::Refuse).and_then(|store| {
            drop(store);
            audit::verify_chain(&till.dir(), |_| ()).and_then(|report| {
                assert!(!report.is_clean(), "damage at {at} went unnoticed");
                audit::check_file(&till.dir())
            })
        });
        let error = result.unwrap_err();
        assert!(error.to_string().contains("ledger.sqlite"), "{error}");
        let kept = std::fs::read(till.file()).unwrap();
        assert_eq!(kept.len(), bytes.len());
    }
    std::fs::write(till.file(), &whole).unwrap();
    let mut store = till.open();
    assert_eq!(sell(&mut store, 1).unwrap().icv.get(), 31);
}

#[test]
fn a_foreign_file_is_left_alone() {
    let till = Till::new();
    std::fs::create_dir_all(till.dir()).unwrap();
    std::fs::write(till.file(), "Lieferschein 17\n".repeat(200)).unwrap();
    match till.try_open(Recovery::Refuse) {
        Err(OpenError::Storage { source: StorageError::Damaged { .. }, .. }) => {}
        other => panic!("{:?}", other.err()),
    }
    assert!(std::fs::read_to_string(till.file()).unwrap().starts_with("Lieferschein"));
}

#[test]
fn a_backup_is_a_ledger() {
    let till = Till::new();
    let mut store = till.open();
    for n in 0..5 {
        sell(&mut store, n).unwrap();
    }
    let copied = Till::new();
    std::fs::create_dir_all(copied.dir()).unwrap();
    store.backup(&copied.file()).unwrap();
    sell(&mut store, 5).unwrap();
    let report = audit::verify_chain(&copied.dir(), |_| ()).unwrap();
    assert_eq!((report.documents, report.is_clean()), (5, true));
    assert!(store.backup(Path::new("/nowhere/at/all")).is_err());
}

fn fixture(version: i64) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/ledger-v{version}.sqlite"))
}

/// Every version that was ever released opens, verifies and goes on.
#[test]
fn ledgers_of_every_version_open() {
    for version in 1..=tilld::ledger::SCHEMA_VERSION {
        let till = Till::new();
        std::fs::create_dir_all(till.dir()).unwrap();
        std::fs::copy(fixture(version), till.file()).unwrap();
        let mut store = till.open();
        assert_eq!(store.documents(), 3, "version {version}");
        let summary = store.queue_summary();
        assert_eq!((summary.reported, summary.rejected, summary.queued), (1, 1, 1));
        assert_eq!(sell(&mut store, 9).unwrap().number, "T1-000004");
        store.close().unwrap();
        assert!(audit::verify_chain(&till.dir(), |_| ()).unwrap().is_clean());
        audit::check_file(&till.dir()).unwrap();
    }
}

/// A released schema never changes: what differs needs a version of its own.
#[test]
fn the_schema_is_the_one_of_its_version() {
    let till = Till::new();
    drop(till.open());
    let schema = |path: &Path| {
        let db = rusqlite::Connection::open(path).unwrap();
        let mut statement =
            db.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>()
    };
    let old = Till::new();
    copy(fixture(tilld::ledger::SCHEMA_VERSION).parent().unwrap(), &old.dir());
    let file = old.dir().join(fixture(tilld::ledger::SCHEMA_VERSION).file_name().unwrap());
    assert_eq!(schema(&till.file()), schema(&file));
}

/// Writes the fixture of the current version. Run it once when a version is
/// released: `cargo test --test ledger write_fixture -- --ignored`.
#[test]
#[ignore = "writes into tests/data"]
fn write_fixture() {
    use tilld::ledger::{AttemptRecord, ReportState};
    let till = Till::new();
    let mut store = till.open();
    for (n, state) in [(1, ReportState::Reported), (2, ReportState::Rejected)] {
        let sold = store.append(crate::support::keyed(n, &format!("key-{n}"), n as u8)).unwrap();
        store.begin_attempt(sold.id, crate::support::NOW).unwrap();
        let record = AttemptRecord {
            started_at: crate::support::NOW,
            duration_ms: 90,
            endpoint: "reporting".to_owned(),
            http: Some(200),
            headers: Vec::new(),
            body: b"{}".to_vec(),
            verdict: "answered".to_owned(),
            error: None,
            cleared: None,
        };
        store.finish_attempt(sold.id, &record, state, 0).unwrap();
    }
    sell(&mut store, 3).unwrap();
    store.close().unwrap();
    std::fs::create_dir_all(fixture(1).parent().unwrap()).unwrap();
    std::fs::copy(till.file(), fixture(tilld::ledger::SCHEMA_VERSION)).unwrap();
}
