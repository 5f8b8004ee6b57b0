//! Starting: one instance, private files, damage that is named and kept, and
//! files of earlier versions.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tilld::ledger::{Notice, OnRenewal, OpenError, Order, Recovery, ReportState, StorageError, Unit, audit};
use tilld::money::Halalas;
use tilld::stamp;

use crate::support::{Till, answer, basket, copy, correction, credit, keyed, price, sell, unit};

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

/// A fixture in a data directory of its own.
fn till_of_version(version: i64) -> Till {
    let till = Till::new();
    std::fs::create_dir_all(till.dir()).unwrap();
    std::fs::copy(fixture(version), till.file()).unwrap();
    std::fs::create_dir_all(till.anchor().parent().unwrap()).unwrap();
    std::fs::write(till.anchor(), mark_of_layout_1(&till.file())).unwrap();
    till
}

/// A mark as the first two versions left it, made from the file that it speaks of.
fn mark_of_layout_1(file: &Path) -> Vec<u8> {
    let db = rusqlite::Connection::open(file).unwrap();
    let blob = |sql: &str| db.query_row(sql, [], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let number =
        |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().to_be_bytes().to_vec();
    let mut mark = b"tilldmk1".to_vec();
    mark.extend(4u64.to_be_bytes());
    mark.extend(blob("SELECT value FROM facts WHERE name = 'ledger'"));
    mark.extend(number("SELECT count(*) FROM documents"));
    mark.extend(number("SELECT max(serial) FROM documents"));
    mark.extend(blob("SELECT fingerprint FROM chains ORDER BY id DESC LIMIT 1"));
    mark.extend(number("SELECT max(id) & 0xFFFFFFFF FROM documents"));
    mark.extend(blob("SELECT hash FROM documents ORDER BY id DESC LIMIT 1"));
    mark.extend(Sha256::digest(&mark));
    mark
}

/// Every version that was ever released opens, verifies and goes on, with the
/// mark that the versions before the third wrote.
#[test]
fn ledgers_of_every_version_open() {
    for (version, documents, certificate) in [(1, 3, 1), (2, 5, 1), (3, 6, 2)] {
        let till = till_of_version(version);
        let mut store = till.try_open(Recovery::Refuse).unwrap();
        let log: Vec<String> = store.activities(9).unwrap().into_iter().map(|entry| entry.what).collect();
        let copy = till.dir().join(format!("ledger.v{version}.backup"));
        assert_eq!(copy.exists(), version < tilld::ledger::SCHEMA_VERSION);
        match version {
            3 => assert_eq!(log, ["chain-opened", "chain-opened", "bound", "created"]),
            _ => assert_eq!(log, ["migrated"]),
        }
        store.activate(unit(certificate)).unwrap();
        assert_eq!(store.documents(), documents, "version {version}");
        let summary = store.queue_summary();
        assert_eq!((summary.reported, summary.rejected, summary.queued), (1, 1, documents - 2));
        assert_eq!(summary.corrected, documents / 5);
        till.clock.advance(700);
        assert_eq!(sell(&mut store, 9).unwrap().icv.get(), documents + 1);
        store.close().unwrap();
        assert!(audit::verify_chain(&till.dir(), |_| ()).unwrap().is_clean());
        audit::check_file(&till.dir()).unwrap();
    }
    assert!(!fixture(tilld::ledger::SCHEMA_VERSION + 1).exists());
}

/// A table of a file as text, without the columns that came later.
fn dump(file: &Path, sql: &str) -> Vec<String> {
    let db = rusqlite::Connection::open(file).unwrap();
    let mut statement = db.prepare(sql).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values: rusqlite::Result<Vec<rusqlite::types::Value>> =
            (0..columns).map(|column| row.get(column)).collect();
        Ok(format!("{:?}", values?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_conversion_keeps_every_row_and_a_copy_of_the_file() {
    const TABLES: [&str; 8] = [
        "SELECT id, uuid, number, serial, kind, issued, hash, previous, payable, tax, change, tenders, reference,
                print, xml FROM documents",
        "SELECT * FROM work",
        "SELECT * FROM attempts",
        "SELECT * FROM idempotency",
        "SELECT * FROM facts",
        "SELECT * FROM dictionaries",
        "SELECT id, fingerprint, certificate, environment, dictionary, opened_at FROM chains",
        "SELECT * FROM clearances",
    ];
    let till = till_of_version(1);
    match audit::verify_chain(&till.dir(), |_| ()) {
        Err(OpenError::FromThePast { found: 1, .. }) => {}
        other => panic!("{other:?}"),
    }
    let before: Vec<Vec<String>> = TABLES.iter().map(|sql| dump(&till.file(), sql)).collect();
    assert_eq!(before[..4].iter().map(Vec::len).collect::<Vec<_>>(), [3, 4, 2, 2]);
    let mut store = till.open();
    let copy = till.dir().join("ledger.v1.backup");
    assert!(store.notices().contains(&Notice::Migrated { backup: copy.clone() }));
    for (sql, rows) in TABLES.iter().zip(&before) {
        assert_eq!(&dump(&till.file(), sql), rows, "{sql}");
        assert_eq!(&dump(&copy, sql), rows, "{sql}");
    }
    // What the newer version does works on documents of the older one.
    for stored in store.newest(9).unwrap() {
        assert_eq!((stored.corrects, stored.currency.as_deref()), (None, None));
        let qr = stamp::verify(&store.xml(stored.id).unwrap()).unwrap().qr;
        assert_eq!(store.by_qr(&qr).unwrap().as_ref(), Some(&stored));
        let original = store.original(stored.id).unwrap().unwrap();
        let lines = original.invoice.priced.lines;
        assert_eq!((lines.len(), original.returned.len()), (3, 0));
        assert_eq!(lines.iter().map(|line| line.paid).sum::<Halalas>(), stored.payable);
    }
    let rejected = store.documents_in(ReportState::Rejected, 9).unwrap();
    let rejected = store.document(rejected[0]).unwrap().unwrap();
    let second = store.append(correction(&rejected, 8)).unwrap();
    assert_eq!((&second.number, second.icv.get()), (&rejected.number, 4));
    assert_eq!(sell(&mut store, 9).unwrap().number, "T1-000004");
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
    let till = Till::new();
    let mut store = till.open_on(Some([7; 32]), &[], Recovery::Refuse).unwrap();
    store.activate(unit(1)).unwrap();
    let items = basket(1, 3);
    let first = Order { priced: price(&items, 0), ..keyed(1, "key-1", 1) };
    let first = store.append(first).unwrap();
    let second = store.append(keyed(2, "key-2", 2)).unwrap();
    answer(&mut store, &first, ReportState::Reported);
    answer(&mut store, &second, ReportState::Rejected);
    sell(&mut store, 3).unwrap();
    till.clock.advance(600);
    store.append(correction(&second, 4)).unwrap();
    store.append(credit(&first, &items, &[(1, 1), (3, 1)])).unwrap();
    store.activate(Unit { on_renewal: OnRenewal::Continue, ..unit(2) }).unwrap();
    sell(&mut store, 5).unwrap();
    store.close().unwrap();
    std::fs::create_dir_all(fixture(1).parent().unwrap()).unwrap();
    std::fs::copy(till.file(), fixture(tilld::ledger::SCHEMA_VERSION)).unwrap();
}
