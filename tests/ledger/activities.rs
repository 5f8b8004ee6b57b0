//! The activity log: what is written into it, and that it cannot be changed unseen.

use serde_json::json;
use tilld::ledger::{Activity, OpenError, Recovery, What, audit};

use crate::support::{NOW, Till, close_chains, copy, sell, unit};

const MACHINE: [u8; 32] = [7; 32];

fn words(till: &Till) -> Vec<String> {
    let listed = audit::activities(&till.dir(), 100).unwrap();
    listed.into_iter().rev().map(|record| record.what).collect()
}

#[test]
fn a_till_tells_its_story() {
    let till = Till::new();
    let mut store = till.open_on(Some(MACHINE), &[], Recovery::Refuse).unwrap();
    store.activate(unit(1)).unwrap();
    sell(&mut store, 1).unwrap();
    store.note(Activity::by("uid 1000", What::Asked, [("otp", json!("asked for"))])).unwrap();
    let newest = store.activities(1).unwrap();
    assert_eq!((newest.len(), newest[0].id, newest[0].at), (1, 4, NOW));
    assert_eq!((newest[0].actor.as_str(), newest[0].what.as_str()), ("uid 1000", "asked"));
    assert_eq!(newest[0].detail, r#"{"otp":"asked for"}"#);
    store.close().unwrap();
    assert_eq!(words(&till), ["created", "bound", "chain-opened", "asked"]);
    // Opening again is nothing new.
    till.open_on(Some(MACHINE), &[], Recovery::Refuse).unwrap().close().unwrap();
    assert_eq!(words(&till).len(), 4);
    let report = audit::verify_chain(&till.dir(), |_| ()).unwrap();
    assert_eq!((report.activities, report.is_clean()), (4, true));
}

#[test]
fn what_is_changed_in_the_log_is_found() {
    for sql in [
        "UPDATE activities SET actor = 'uid 0' WHERE id = 2",
        "DELETE FROM activities WHERE id = 1",
        "UPDATE activities SET at = at - 60 WHERE id = 3",
    ] {
        let till = Till::new();
        till.open_on(Some(MACHINE), &[], Recovery::Refuse).unwrap().close().unwrap();
        till.open().close().unwrap();
        let db = till.intruder();
        db.execute_batch("DROP TRIGGER activities_fixed; DROP TRIGGER activities_kept;").unwrap();
        db.execute_batch(sql).unwrap();
        drop(db);
        let report = audit::verify_chain(&till.dir(), |_| ()).unwrap();
        assert!(!report.is_clean() && !report.log.is_empty(), "{sql}");
    }
}

#[test]
fn an_end_that_was_cut_off_is_known_to_the_mark() {
    let till = Till::new();
    till.open_on(Some(MACHINE), &[], Recovery::Refuse).unwrap().close().unwrap();
    let db = till.intruder();
    db.execute_batch("DROP TRIGGER activities_kept; DELETE FROM activities WHERE id = 2;").unwrap();
    drop(db);
    assert!(audit::verify_chain(&till.dir(), |_| ()).unwrap().is_clean(), "the rest is a whole log");
    let found = audit::compare_mark(&till.dir(), &till.anchor()).unwrap();
    assert!(matches!(found, Some(OpenError::LogBehind { found: 1, known: 2, .. })), "{found:?}");
    let opened = till.try_open(Recovery::Refuse);
    assert!(matches!(opened, Err(OpenError::LogBehind { .. })), "{:?}", opened.err());
}

/// A chain that was closed is not opened again by the copy of the file from
/// before, although that has every document.
#[test]
fn a_copy_from_before_the_recovery_is_refused() {
    let till = Till::new();
    till.sell(3);
    let old = till.root.path().join("old");
    copy(&till.dir(), &old);
    let why = Some("a try".to_owned());
    let closing = Recovery::CloseChains { actor: "uid 0".to_owned(), above: 0, why };
    till.try_open(closing).unwrap().close().unwrap();
    std::fs::remove_dir_all(till.dir()).unwrap();
    copy(&old, &till.dir());
    let opened = till.try_open(Recovery::Refuse);
    assert!(matches!(opened, Err(OpenError::LogBehind { found: 2, known: 3, .. })), "{:?}", opened.err());
    till.try_open(close_chains()).unwrap().close().unwrap();
    till.try_open(Recovery::Refuse).unwrap();
}
