//! Old copies, missing files, foreign marks: no number is issued twice.

use tilld::ledger::{ActivateError, Notice, OpenError, Recovery, audit};

use crate::support::{Till, close_chains, copy, sell, unit};

#[test]
fn a_restored_backup_is_refused_and_recovery_closes_its_chain() {
    let till = Till::new();
    till.sell(3);
    let old = till.root.path().join("old");
    copy(&till.dir(), &old);
    till.sell(4);
    std::fs::remove_dir_all(till.dir()).unwrap();
    copy(&old, &till.dir());
    match till.try_open(Recovery::Refuse) {
        Err(OpenError::Behind { found: 3, known: 7, .. }) => {}
        other => panic!("{:?}", other.err()),
    }
    let mut store = till.try_open(close_chains()).unwrap();
    assert!(matches!(store.notices(), [Notice::ChainsClosed { .. }]));
    assert!(matches!(store.activate(unit(1)), Err(ActivateError::Closed)));
    store.activate(unit(2)).unwrap();
    let sold = sell(&mut store, 1).unwrap();
    assert_eq!((sold.icv.get(), sold.number.as_str()), (1, "T1-000008"), "above every lost number");
    store.close().unwrap();
    // Settled: it opens as usual, and the closed chain stays closed.
    let mut store = till.try_open(Recovery::Refuse).unwrap();
    assert!(matches!(store.activate(unit(1)), Err(ActivateError::Closed)));
    assert!(audit::verify_chain(&till.dir(), |_| ()).unwrap().is_clean());
    let db = till.intruder();
    let more =
        "INSERT INTO documents SELECT (1 << 32) + 4, uuid, number, serial, kind, issued, hash, hash, payable,
                tax, change, tenders, reference, print, xml, NULL, NULL, NULL FROM documents
         WHERE id = (1 << 32) + 3";
    assert!(db.execute_batch(more).unwrap_err().to_string().contains("closed"));
}

#[test]
fn a_missing_ledger_is_not_made_anew() {
    let till = Till::new();
    till.sell(2);
    std::fs::remove_dir_all(till.dir()).unwrap();
    assert!(matches!(till.try_open(Recovery::Refuse), Err(OpenError::LedgerMissing { documents: 2, .. })));
    assert!(!till.file().exists());
    let mut store = till.try_open(close_chains()).unwrap();
    assert!(matches!(store.activate(unit(1)), Err(ActivateError::Closed)));
    store.activate(unit(2)).unwrap();
    assert_eq!(sell(&mut store, 1).unwrap().number, "T1-000003");
}

#[test]
fn a_mark_behind_the_ledger_is_what_a_power_cut_leaves() {
    let till = Till::new();
    till.sell(2);
    let mark = std::fs::read(till.anchor()).unwrap();
    till.sell(2);
    std::fs::write(till.anchor(), mark).unwrap();
    let mut store = till.open();
    assert_eq!(sell(&mut store, 1).unwrap().icv.get(), 5);
}

#[test]
fn two_copies_that_went_on_are_told_apart() {
    let (till, twin) = (Till::new(), Till::new());
    till.sell(2);
    copy(&till.dir(), &twin.dir());
    copy(till.anchor().parent().unwrap(), twin.anchor().parent().unwrap());
    till.sell(1);
    twin.clock.advance(60);
    twin.sell(2);
    std::fs::copy(till.anchor(), twin.anchor()).unwrap();
    assert!(matches!(twin.try_open(Recovery::Refuse), Err(OpenError::Diverged { .. })));
}

#[test]
fn the_mark_of_another_till_is_refused() {
    let (till, other) = (Till::new(), Till::new());
    till.sell(2);
    // Its randomness differs, or the two ledgers would be one.
    let mut store = tilld::ledger::Store::open(&other.dir(), &other.anchor(), other.clock.clone()).unwrap();
    store.activate(unit(2)).unwrap();
    sell(&mut store, 1).unwrap();
    store.close().unwrap();
    std::fs::copy(till.anchor(), other.anchor()).unwrap();
    assert!(matches!(other.try_open(Recovery::Refuse), Err(OpenError::ForeignMark { .. })));
    // An empty ledger's mark stands in nobody's way.
    let empty = Till::new();
    empty.try_open(Recovery::Refuse).unwrap().close().unwrap();
    std::fs::copy(empty.anchor(), till.anchor()).unwrap();
    assert!(till.try_open(Recovery::Refuse).is_ok());
}

#[test]
fn a_deleted_tail_is_found_without_opening_the_ledger() {
    let till = Till::new();
    till.sell(3);
    assert!(audit::compare_mark(&till.dir(), &till.anchor()).unwrap().is_none());
    let db = till.intruder();
    let triggers: Vec<String> = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for trigger in triggers {
        db.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    db.execute_batch("DELETE FROM documents WHERE id = (1 << 32) + 3").unwrap();
    drop(db);
    assert!(audit::verify_chain(&till.dir(), |_| ()).unwrap().is_clean(), "the rest is a whole chain");
    let found = audit::compare_mark(&till.dir(), &till.anchor()).unwrap().expect("a document is missing");
    let found = found.to_string();
    assert!(found.contains('2') && found.contains('3'), "{found}");
}

#[test]
fn a_till_that_never_started_is_no_damaged_disk() {
    let till = Till::new();
    assert!(matches!(audit::verify_chain(&till.dir(), |_| ()), Err(OpenError::NoLedger { .. })));
}
