//! A new certificate's chain: restarted at ICV 1, or behind the one before.

use tilld::ledger::{
    ActivateError, AppendError, OnRenewal, Order, Recovery, ReportState, Store, Stored, Unit, audit,
};
use tilld::stamp;

use crate::support::{
    NOW, Till, YEAR, answer, basket, certificate, correction, credit, order, price, sell, unit,
};

fn renewed(n: u8) -> Unit {
    Unit { on_renewal: OnRenewal::Continue, ..unit(n) }
}

fn icvs(sold: &[Stored]) -> Vec<u64> {
    sold.iter().map(|stored| stored.icv.get()).collect()
}

fn sales(store: &mut Store, count: u64) -> Vec<Stored> {
    let first = store.documents();
    (0..count).map(|n| sell(store, first + n).unwrap()).collect()
}

#[test]
fn a_chain_restarts_by_default() {
    let till = Till::new();
    let mut store = till.open();
    sales(&mut store, 2);
    store.activate(unit(2)).unwrap();
    assert_eq!(icvs(&sales(&mut store, 2)), [1, 2]);
    store.close().unwrap();
    let store = till.open_on(None, &[], Recovery::Refuse).unwrap();
    assert_eq!(store.documents(), 4);
}

#[test]
fn a_chain_goes_on_under_the_new_certificate() {
    let till = Till::new();
    let mut store = till.open();
    let old = sales(&mut store, 3);
    let second = store.activate(renewed(2)).unwrap();
    let (chain, tip) = store.head().unwrap();
    assert_eq!((chain, tip), (second, None), "no document of its own yet");
    let new = sales(&mut store, 2);
    assert_eq!(icvs(&new), [4, 5]);
    let link = stamp::verify(&store.xml(new[0].id).unwrap()).unwrap();
    assert_eq!(link.certificate, certificate(2, NOW - YEAR, NOW + YEAR).text());
    assert_eq!(link.link.previous.text(), old[2].hash.to_base64());
    assert_eq!(new[0].number, "T1-000004");
    // A third one, and a chain in between that never had a document.
    store.activate(renewed(3)).unwrap();
    store.activate(renewed(4)).unwrap();
    let newest = sales(&mut store, 20);
    assert_eq!(icvs(&newest), (6..=25).collect::<Vec<_>>());
    store.close().unwrap();

    let report = audit::verify_chain(&till.dir(), |_| ()).unwrap();
    assert_eq!((report.chains, report.documents, report.is_clean()), (4, 25, true), "{report:?}");
    assert!(audit::compare_mark(&till.dir(), &till.anchor()).unwrap().is_none());
    let mut store = till.try_open(Recovery::Refuse).unwrap();
    assert_eq!(store.documents(), 25);
    assert_eq!(store.queue_summary().queued, 25);
    for stored in old.iter().chain(&new).chain(&newest) {
        assert_eq!(store.by_number(&stored.number).unwrap(), std::slice::from_ref(stored));
        assert_eq!(store.by_icv(stored.icv).unwrap(), std::slice::from_ref(stored));
        assert_eq!(store.by_hash(stored.issued, &stored.hash).unwrap().as_ref(), Some(stored));
        assert_eq!(store.by_uuid(&stored.uuid).unwrap().as_ref(), Some(stored));
    }
    // Those that were followed stamp no more; the newest goes on.
    for n in 1..=3 {
        assert!(matches!(store.activate(unit(n)), Err(ActivateError::Superseded)), "unit {n}");
    }
    store.activate(unit(4)).unwrap();
    assert_eq!(icvs(&sales(&mut store, 1)), [26]);
}

#[test]
fn what_came_before_is_reported_corrected_and_returned_under_the_new_certificate() {
    let till = Till::new();
    let mut store = till.open();
    let items = basket(5, 3);
    let first = store.append(Order { priced: price(&items, 0), ..order(5) }).unwrap();
    let rejected = sell(&mut store, 6).unwrap();
    store.activate(renewed(2)).unwrap();
    answer(&mut store, &first, ReportState::Reported);
    answer(&mut store, &rejected, ReportState::Rejected);
    till.clock.advance(600);
    // The new chain begins with a correction, which is older than what it follows.
    let corrected = store.append(correction(&rejected, 7)).unwrap();
    assert_eq!((corrected.icv.get(), &corrected.number), (3, &rejected.number));
    let note = store.append(credit(&first, &items, &[(1, 1)])).unwrap();
    assert_eq!((note.icv.get(), note.number.as_str()), (4, "T1-000003"));
    let again = store.append(credit(&first, &items, &[(1, 1_000)]));
    assert!(matches!(again, Err(AppendError::Return(_))));
    store.close().unwrap();
    assert!(audit::verify_chain(&till.dir(), |_| ()).unwrap().is_clean());
    let store = till.try_open(Recovery::Refuse).unwrap();
    assert_eq!(store.documents(), 4);
    assert_eq!(store.by_number(&rejected.number).unwrap().len(), 2);
    assert_eq!(store.by_number(&note.number).unwrap(), [note]);
}

#[test]
fn only_an_open_chain_of_the_same_environment_is_continued() {
    let till = Till::new();
    let mut store = till.open();
    sales(&mut store, 3);
    store.activate(Unit { environment: "production".to_owned(), ..renewed(2) }).unwrap();
    assert_eq!(icvs(&sales(&mut store, 1)), [1], "another environment");
    store.close().unwrap();
    let why = Some("a try".to_owned());
    let closing = Recovery::CloseChains { actor: "uid 0".to_owned(), above: 40, why };
    let mut store = till.try_open(closing).unwrap();
    store.activate(Unit { environment: "production".to_owned(), ..renewed(3) }).unwrap();
    let sold = sales(&mut store, 1);
    assert_eq!((icvs(&sold), sold[0].number.as_str()), (vec![1], "T1-000041"), "a closed chain");
    let mut empty = Till::new().open();
    empty.activate(renewed(5)).unwrap();
    assert_eq!(icvs(&sales(&mut empty, 1)), [1], "nothing to continue");
}

#[test]
fn raw_sql_cannot_break_a_chain_that_goes_on() {
    let till = Till::new();
    let mut store = till.open();
    sales(&mut store, 3);
    store.activate(renewed(2)).unwrap();
    store.close().unwrap();
    let db = till.intruder();
    let insert = |id: &str, previous: &str, issued: &str| {
        format!(
            "INSERT INTO documents (id, uuid, number, serial, kind, issued, hash, previous, payable, tax,
                                    change, tenders, print, xml)
             SELECT {id}, uuid, number, serial, kind, {issued}, hash, {previous}, payable, tax, change,
                    tenders, print, xml FROM documents ORDER BY id DESC LIMIT 1"
        )
    };
    for (sql, word) in [
        (insert("(2 << 32) + 1", "NULL", "issued"), "documents: "),
        (insert("(2 << 32) + 5", "hash", "issued"), "documents: "),
        (insert("(2 << 32) + 4", "NULL", "issued"), "previous hash"),
        (insert("(2 << 32) + 4", "previous", "issued"), "previous hash"),
        (insert("(2 << 32) + 4", "hash", "issued - 1"), "before"),
        (insert("(1 << 32) + 4", "hash", "issued"), "closed"),
        ("INSERT INTO chains SELECT 3, zeroblob(32), certificate, environment, dictionary, 0, 2 FROM chains".to_owned(), "no document"),
        ("INSERT INTO chains SELECT 3, zeroblob(32), certificate, environment, dictionary, 0, 3 FROM chains".to_owned(), "no document"),
    ] {
        let error = db.execute_batch(&sql).expect_err(&sql).to_string();
        assert!(error.contains(word), "{sql}: {error}");
    }
    db.execute_batch(&insert("(2 << 32) + 4", "hash", "issued")).unwrap();
}
