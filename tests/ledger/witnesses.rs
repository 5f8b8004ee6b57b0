//! Clones, old copies, roll-backs, double starts, marks that were edited, moved
//! or deleted: each is refused with its own words, and each has its road back to
//! the next valid sale.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tilld::ledger::{ActivateError, Notice, OpenError, Recovery, Store, audit};

use crate::support::{Till, close_chains, copy, sell, unit};

const HERE: [u8; 32] = [7; 32];
const THERE: [u8; 32] = [9; 32];

/// Sells on this machine with the run-time mark beside the anchor.
fn sell_here(till: &Till, count: u64) {
    let mut store = till.open_on(Some(HERE), &[till.witness()], Recovery::Refuse).unwrap();
    store.activate(unit(1)).unwrap();
    let first = store.documents();
    for n in 0..count {
        sell(&mut store, first + n).unwrap();
    }
    store.close().unwrap();
}

fn refused(till: &Till, machine: [u8; 32], witnesses: &[PathBuf]) -> OpenError {
    let before = files(till.root.path());
    let error = till.open_on(Some(machine), witnesses, Recovery::Refuse).err().expect("it must be refused");
    assert!(error.is_recoverable(), "{error}");
    let with = till.surroundings(Some(machine), witnesses, Recovery::Refuse);
    let told = Store::examine(&till.dir(), &till.anchor(), with).unwrap_err();
    assert_eq!(told.to_string(), error.to_string(), "the examination tells the same");
    assert_eq!(files(till.root.path()), before, "a refusal changes nothing");
    error
}

/// Every file with its content, but for what SQLite keeps beside an open file.
fn files(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if !path.to_string_lossy().ends_with("-shm") && !path.to_string_lossy().ends_with("-wal") {
            found.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// The road back: chains closed, a new certificate, numbers that go on above
/// `known`, and a till that opens again as any other.
fn road_back(till: &Till, machine: [u8; 32], witnesses: &[PathBuf], known: u64) {
    let mut store = till.open_on(Some(machine), witnesses, close_chains()).unwrap();
    assert!(store.notices().iter().any(|notice| matches!(notice, Notice::ChainsClosed { .. })));
    assert!(matches!(store.activate(unit(1)), Err(ActivateError::Closed)));
    let earlier = store.documents();
    // Closed again before the next sale, and once more: still settled.
    store.close().unwrap();
    for _ in 0..2 {
        till.open_on(Some(machine), witnesses, Recovery::Refuse).unwrap().close().unwrap();
    }
    let mut store = till.open_on(Some(machine), witnesses, Recovery::Refuse).unwrap();
    store.activate(unit(2)).unwrap();
    let sold = sell(&mut store, 1).unwrap();
    assert_eq!((sold.icv.get(), sold.number), (1, format!("T1-{:06}", known + 1)));
    assert_eq!(store.queue_summary().queued, earlier + 1, "what was issued is still sent");
    store.close().unwrap();
    assert!(audit::verify_chain(&till.dir(), |_| ()).unwrap().is_clean());
    assert!(audit::compare_mark(&till.dir(), &till.anchor()).unwrap().is_none());
    let log = audit::activities(&till.dir(), 100).unwrap();
    let recovered = log.iter().find(|record| record.what == "recovered").unwrap();
    assert_eq!(recovered.actor, "uid 1000");
    let mut store = till.open_on(Some(machine), witnesses, Recovery::Refuse).unwrap();
    store.activate(unit(2)).unwrap();
    assert_eq!(sell(&mut store, 2).unwrap().icv.get(), 2);
}

/// The whole till at another place, as on the disk of another machine; with its
/// anchor or without. The run-time mark ends with the boot and is never copied.
fn clone_of(till: &Till, with_anchor: bool) -> Till {
    let twin = Till::new();
    copy(&till.dir(), &twin.dir());
    if with_anchor {
        copy(till.anchor().parent().unwrap(), twin.anchor().parent().unwrap());
    }
    twin
}

#[test]
fn a_clone_on_another_machine_is_refused() {
    for with_anchor in [true, false] {
        let till = Till::new();
        sell_here(&till, 3);
        let twin = clone_of(&till, with_anchor);
        let error = refused(&twin, THERE, &[twin.witness()]);
        assert!(matches!(error, OpenError::OtherMachine { .. }), "{error}");
        road_back(&twin, THERE, &[twin.witness()], 3);
        // The first machine goes on as if nothing had been.
        sell_here(&till, 1);
    }
}

#[test]
fn a_machine_that_cannot_be_told_from_others_is_not_refused() {
    let till = Till::new();
    sell_here(&till, 2);
    let mut store = till.open_on(None, &[], Recovery::Refuse).unwrap();
    store.activate(unit(1)).unwrap();
    sell(&mut store, 3).unwrap();
    store.close().unwrap();
    // Its facts are back: the mark of the time between names no machine.
    sell_here(&till, 1);
}

#[test]
fn a_ledger_without_a_binding_is_bound_at_its_first_start() {
    let till = Till::new();
    till.sell(2);
    let store = till.open_on(Some(HERE), &[], Recovery::Refuse).unwrap();
    assert_eq!(store.notices(), [Notice::Bound]);
    store.close().unwrap();
    let error = till.open_on(Some(THERE), &[], Recovery::Refuse).err().unwrap();
    assert!(matches!(error, OpenError::OtherMachine { .. }), "{error}");
    assert_eq!(till.open_on(Some(HERE), &[], Recovery::Refuse).unwrap().notices(), []);
}

/// An image of a till that was started once, on two thousand machines.
#[test]
fn a_ledger_that_never_had_a_certificate_belongs_to_whoever_starts_it() {
    let till = Till::new();
    till.open_on(Some(HERE), &[], Recovery::Refuse).unwrap().close().unwrap();
    let twin = clone_of(&till, true);
    let mut store = twin.open_on(Some(THERE), &[], Recovery::Refuse).unwrap();
    assert_eq!(store.notices(), [Notice::Bound]);
    store.activate(unit(2)).unwrap();
    store.close().unwrap();
    let error = twin.open_on(Some(HERE), &[], Recovery::Refuse).err().unwrap();
    assert!(matches!(error, OpenError::OtherMachine { .. }), "{error}");
}

#[test]
fn an_older_copy_is_refused() {
    let till = Till::new();
    sell_here(&till, 3);
    let old = till.root.path().join("old");
    copy(&till.dir(), &old);
    sell_here(&till, 4);
    std::fs::remove_dir_all(till.dir()).unwrap();
    copy(&old, &till.dir());
    let error = refused(&till, HERE, &[till.witness()]);
    assert!(matches!(error, OpenError::Behind { found: 3, known: 7, .. }), "{error}");
    road_back(&till, HERE, &[till.witness()], 7);
}

/// Data and anchor rolled back together, as with a disk image: only a witness
/// elsewhere remembers.
#[test]
fn a_roll_back_of_data_and_anchor_is_known_to_the_other_witness() {
    let till = Till::new();
    sell_here(&till, 3);
    let (data, state) = (till.root.path().join("old"), till.root.path().join("old-state"));
    copy(&till.dir(), &data);
    copy(till.anchor().parent().unwrap(), &state);
    sell_here(&till, 2);
    std::fs::remove_dir_all(till.dir()).unwrap();
    copy(&data, &till.dir());
    std::fs::remove_dir_all(till.anchor().parent().unwrap()).unwrap();
    copy(&state, till.anchor().parent().unwrap());
    let error = refused(&till, HERE, &[till.witness()]);
    let OpenError::Behind { mark, found: 3, known: 5, .. } = &error else { panic!("{error}") };
    assert_eq!(mark, &till.witness());
    road_back(&till, HERE, &[till.witness()], 5);
}

#[test]
fn a_witness_that_is_away_at_the_recovery_is_settled_when_it_comes_back() {
    let till = Till::new();
    sell_here(&till, 3);
    let old = till.root.path().join("old");
    copy(&till.dir(), &old);
    sell_here(&till, 4);
    std::fs::remove_dir_all(till.dir()).unwrap();
    copy(&old, &till.dir());
    till.open_on(Some(HERE), &[], close_chains()).unwrap().close().unwrap();
    let mut store = till.open_on(Some(HERE), &[till.witness()], Recovery::Refuse).unwrap();
    store.activate(unit(2)).unwrap();
    assert_eq!(sell(&mut store, 1).unwrap().number, "T1-000008");
    store.close().unwrap();
    till.open_on(Some(HERE), &[till.witness()], Recovery::Refuse).unwrap();
}

#[test]
fn a_missing_anchor_is_refused_unless_another_witness_agrees() {
    let till = Till::new();
    sell_here(&till, 3);
    let mark = std::fs::read(till.anchor()).unwrap();
    std::fs::remove_file(till.anchor()).unwrap();
    let mut store = till.open_on(Some(HERE), &[till.witness()], Recovery::Refuse).unwrap();
    let remade = Notice::MarkRemade { documents: 3, witness: till.witness() };
    assert_eq!(store.notices(), [remade]);
    assert_eq!(store.activities(1).unwrap()[0].what, "mark-remade");
    store.activate(unit(1)).unwrap();
    sell(&mut store, 3).unwrap();
    store.close().unwrap();

    std::fs::remove_file(till.anchor()).unwrap();
    let error = refused(&till, HERE, &[]);
    assert!(matches!(error, OpenError::MarkMissing { documents: 4, .. }), "{error}");
    assert!(!till.anchor().exists());
    // A medium may have been away while the till sold: it vouches for nothing.
    let medium = till.witness().with_file_name("medium");
    std::fs::copy(till.witness(), &medium).unwrap();
    let error = refused(&till, HERE, &[medium]);
    assert!(matches!(error, OpenError::MarkMissing { documents: 4, .. }), "{error}");
    // A witness that knows less is no help.
    std::fs::write(till.witness(), mark).unwrap();
    let error = refused(&till, HERE, &[till.witness()]);
    assert!(matches!(error, OpenError::MarkMissing { documents: 4, .. }), "{error}");
    road_back(&till, HERE, &[till.witness()], 4);
}

#[test]
fn an_edited_anchor_is_refused() {
    let till = Till::new();
    sell_here(&till, 3);
    let mut mark = std::fs::read(till.anchor()).unwrap();
    // The counters of both slots.
    (mark[39], mark[4096 + 39]) = (1, 1);
    std::fs::write(till.anchor(), mark).unwrap();
    let error = refused(&till, HERE, &[]);
    assert!(matches!(error, OpenError::MarkDamaged { .. }), "{error}");
    road_back(&till, HERE, &[], 3);
}

#[test]
fn a_foreign_mark_is_refused_wherever_it_lies() {
    let (till, other) = (Till::new(), Till::new());
    sell_here(&till, 3);
    // Its randomness differs, or the two ledgers would be one.
    let mut store = Store::open(&other.dir(), &other.anchor(), other.clock.clone()).unwrap();
    store.activate(unit(3)).unwrap();
    for n in 0..9 {
        sell(&mut store, n).unwrap();
    }
    store.close().unwrap();
    let own = std::fs::read(till.anchor()).unwrap();
    std::fs::copy(other.anchor(), till.anchor()).unwrap();
    let error = refused(&till, HERE, &[]);
    let OpenError::ForeignMark { anchor, .. } = &error else { panic!("{error}") };
    assert_eq!(anchor, &till.anchor());
    std::fs::write(till.anchor(), own).unwrap();
    std::fs::copy(other.anchor(), till.witness()).unwrap();
    let error = refused(&till, HERE, &[till.witness()]);
    let OpenError::ForeignMark { anchor, .. } = &error else { panic!("{error}") };
    assert_eq!(anchor, &till.witness());
    road_back(&till, HERE, &[till.witness()], 9);
}

#[test]
fn a_deleted_ledger_is_known_to_every_witness() {
    for lost in ["data", "data and anchor"] {
        let till = Till::new();
        sell_here(&till, 3);
        std::fs::remove_dir_all(till.dir()).unwrap();
        if lost != "data" {
            std::fs::remove_dir_all(till.anchor().parent().unwrap()).unwrap();
        }
        let witnesses = [till.witness()];
        let error = till.open_on(Some(HERE), &witnesses, Recovery::Refuse).err().unwrap();
        assert!(matches!(error, OpenError::LedgerMissing { documents: 3, .. }), "{lost}: {error}");
        assert!(!till.file().exists());
        road_back(&till, HERE, &witnesses, 3);
    }
}

/// Killed after the new file was made and before its transaction: the marks
/// then belong to another ledger, and the same word settles it.
#[test]
fn a_lost_ledger_is_settled_also_after_a_kill_in_the_middle() {
    let till = Till::new();
    sell_here(&till, 3);
    std::fs::remove_dir_all(till.dir()).unwrap();
    let empty = Till::new();
    Store::open(&empty.dir(), &empty.anchor(), empty.clock.clone()).unwrap().close().unwrap();
    copy(&empty.dir(), &till.dir());
    let error = refused(&till, HERE, &[till.witness()]);
    assert!(matches!(error, OpenError::ForeignMark { .. }), "{error}");
    road_back(&till, HERE, &[till.witness()], 3);
}

/// Killed behind the transaction of the recovery, with no mark written yet: the
/// next start finds all settled, and a second recovery is harmless.
#[test]
fn a_recovery_that_was_killed_is_done_or_not_begun() {
    for again in [Recovery::Refuse, close_chains()] {
        let till = Till::new();
        sell_here(&till, 3);
        let old = till.root.path().join("old");
        copy(&till.dir(), &old);
        sell_here(&till, 4);
        std::fs::remove_dir_all(till.dir()).unwrap();
        copy(&old, &till.dir());
        let (anchor, run) = (std::fs::read(till.anchor()).unwrap(), std::fs::read(till.witness()).unwrap());
        till.open_on(Some(HERE), &[till.witness()], close_chains()).unwrap().close().unwrap();
        std::fs::write(till.anchor(), anchor).unwrap();
        std::fs::write(till.witness(), run).unwrap();
        let mut store = till.open_on(Some(HERE), &[till.witness()], again).unwrap();
        store.activate(unit(2)).unwrap();
        assert_eq!(sell(&mut store, 1).unwrap().number, "T1-000008");
        store.close().unwrap();
        assert!(audit::verify_chain(&till.dir(), |_| ()).unwrap().is_clean());
    }
}

#[test]
fn the_counter_goes_on_above_what_people_know() {
    let till = Till::new();
    sell_here(&till, 3);
    std::fs::remove_file(till.anchor()).unwrap();
    for above in [150, 7, 200] {
        let why = Some("receipts show it".to_owned());
        let closing = Recovery::CloseChains { actor: "uid 0".to_owned(), above, why };
        till.open_on(Some(HERE), &[], closing).unwrap().close().unwrap();
    }
    let mut store = till.open_on(Some(HERE), &[], Recovery::Refuse).unwrap();
    store.activate(unit(2)).unwrap();
    assert_eq!(sell(&mut store, 1).unwrap().number, "T1-000201");
}

#[test]
fn one_data_directory_is_opened_once_by_whatever_path() {
    let till = Till::new();
    sell_here(&till, 1);
    let store = till.open_on(Some(HERE), &[till.witness()], Recovery::Refuse).unwrap();
    let linked = till.root.path().join("linked");
    symlink(till.dir(), &linked).unwrap();
    // A directory of hard links has the same files as a bind mount has.
    let hard = till.root.path().join("hard");
    std::fs::create_dir(&hard).unwrap();
    for name in ["ledger.lock", "ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        std::fs::hard_link(till.dir().join(name), hard.join(name)).unwrap();
    }
    for dir in [till.dir(), linked, hard] {
        for recovery in [Recovery::Refuse, close_chains()] {
            let with = till.surroundings(Some(HERE), &[], recovery);
            let opened = Store::open_with(&dir, &till.anchor(), with);
            assert!(matches!(opened, Err(OpenError::InUse { .. })), "{}", dir.display());
        }
    }
    drop(store);
    sell_here(&till, 1);
}

#[test]
fn a_witness_that_cannot_be_used_stops_nothing() {
    let till = Till::new();
    let folder = till.root.path().join("folder");
    std::fs::create_dir(&folder).unwrap();
    let stick = till.root.path().join("stick").join("mark");
    let mut store = till.open_on(Some(HERE), &[folder.clone(), stick.clone()], Recovery::Refuse).unwrap();
    let unread =
        |notice: &Notice| matches!(notice, Notice::WitnessUnread { witness, .. } if *witness == folder);
    assert!(store.notices().iter().any(unread), "{:?}", store.notices());
    store.activate(unit(1)).unwrap();
    for n in 0..3 {
        sell(&mut store, n).unwrap();
    }
    store.close().unwrap();
    assert!(!stick.exists(), "no folder is made where a medium is not mounted");
    std::fs::create_dir(stick.parent().unwrap()).unwrap();
    sell_here_with(&till, &stick);
    assert!(stick.exists(), "it is written when it is there");
}

fn sell_here_with(till: &Till, witness: &Path) {
    let mut store = till.open_on(Some(HERE), &[witness.to_owned()], Recovery::Refuse).unwrap();
    store.activate(unit(1)).unwrap();
    sell(&mut store, 9).unwrap();
    store.close().unwrap();
}
