//! One sale, one commit: numbers, links, repeats, and errors that take nothing.

use tilld::ledger::{AppendError, Recovery, StorageError, Unit, audit, reading};
use tilld::stamp;

use crate::support::{BrokenSigner, NOW, TestSigner, Till, YEAR, certificate, keyed, order, sell, unit};

#[test]
fn sales_follow_each_other_and_are_found_again() {
    let till = Till::new();
    let mut store = till.open();
    for n in 1..=5 {
        let sold = sell(&mut store, n).unwrap();
        assert_eq!((sold.icv.get(), sold.number.as_str()), (n, format!("T1-{n:06}").as_str()));
        assert_eq!(store.by_uuid(&sold.uuid).unwrap().as_ref(), Some(&sold));
        assert_eq!(store.by_number(&sold.number).unwrap().first(), Some(&sold));
        assert_eq!(store.by_reference(&format!("POS-{n:06}")).unwrap().first(), Some(&sold));
        assert_eq!(store.document(sold.id).unwrap().as_ref(), Some(&sold));
        let verified = stamp::verify(&store.xml(sold.id).unwrap()).unwrap();
        assert_eq!((verified.hash, verified.uuid, verified.number), (sold.hash, sold.uuid, sold.number));
    }
    assert_eq!(store.by_uuid(&uuid::Uuid::from_bytes([9; 16])).unwrap(), None);
    for unknown in ["T1-000006", "T2-000001", "T1-", "", "T1-0000001", "T1-99999999999999999999", "ر٣"] {
        assert_eq!(store.by_number(unknown).unwrap(), [], "{unknown}");
    }
    assert_eq!(store.newest(2).unwrap().len(), 2);
    let report = audit::verify_chain(&till.dir(), |_| ()).unwrap();
    assert_eq!((report.documents, report.findings), (5, vec![]));
}

#[test]
fn a_repeated_key_gives_the_first_answer_also_after_a_restart() {
    let till = Till::new();
    let mut store = till.open();
    let first = store.append(keyed(1, "key-1", 7)).unwrap();
    let bytes = store.xml(first.id).unwrap();
    till.clock.advance(50);
    let again = store.append(keyed(1, "key-1", 7)).unwrap();
    assert!(again.replayed && !first.replayed);
    assert_eq!(tilld::ledger::Stored { replayed: false, ..again }, first);
    match store.append(keyed(2, "key-1", 8)) {
        Err(error @ AppendError::KeyConflict { .. }) => assert!(error.to_string().contains("T1-000001")),
        other => panic!("{other:?}"),
    }
    assert_eq!(sell(&mut store, 3).unwrap().icv.get(), 2);
    store.close().unwrap();
    // Without an identity the first answer still comes.
    let mut store = till.try_open(Recovery::Refuse).unwrap();
    let again = store.append(keyed(1, "key-1", 7)).unwrap();
    assert_eq!(tilld::ledger::Stored { replayed: false, ..again }, first);
    assert_eq!(store.xml(first.id).unwrap(), bytes);
    assert_eq!(store.documents(), 2);
}

#[test]
fn a_failure_takes_no_number() {
    let till = Till::new();
    let mut store = till.try_open(Recovery::Refuse).unwrap();
    assert!(matches!(sell(&mut store, 1), Err(AppendError::NoIdentity)));
    let broken = Unit { signer: Box::new(BrokenSigner(TestSigner::new(1))), ..unit(1) };
    store.activate(broken).unwrap();
    assert!(matches!(store.append(keyed(1, "k", 1)), Err(AppendError::Seal(_))));
    // The key of another certificate does not pass the check of the finished document.
    store.activate(Unit { signer: Box::new(TestSigner::new(2)), ..unit(1) }).unwrap();
    assert!(matches!(store.append(keyed(1, "k", 1)), Err(AppendError::Seal(_))));
    store.activate(unit(1)).unwrap();
    let sold = store.append(keyed(1, "k", 2)).unwrap();
    assert_eq!((sold.icv.get(), sold.number.as_str(), sold.replayed), (1, "T1-000001", false));
}

#[test]
fn a_full_disk_is_an_error_and_not_the_end() {
    let till = Till::new();
    let mut store = till.open();
    sell(&mut store, 1).unwrap();
    store.limit_file(1).unwrap();
    let mut refused = 0;
    for n in 2..20 {
        match store.append(keyed(n, &format!("key-{n}"), 1)) {
            Ok(_) => assert_eq!(refused, 0),
            Err(AppendError::Storage(StorageError::DiskFull { .. })) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(refused > 10);
    store.limit_file(1 << 32).unwrap();
    let before = store.documents();
    let sold = store.append(keyed(19, "key-19", 1)).unwrap();
    assert_eq!((sold.icv.get(), sold.replayed), (before + 1, false));
    store.close().unwrap();
    assert!(audit::verify_chain(&till.dir(), |_| ()).unwrap().is_clean());
}

#[test]
fn no_document_is_earlier_than_the_one_before() {
    let till = Till::new();
    let mut store = till.open();
    assert_eq!(sell(&mut store, 1).unwrap().issued.unix(), NOW);
    till.clock.set(NOW - 120);
    assert_eq!(sell(&mut store, 2).unwrap().issued.unix(), NOW);
    till.clock.set(NOW - 121);
    assert!(matches!(sell(&mut store, 3), Err(AppendError::ClockBehind { seconds: 121 })));
    store.close().unwrap();
    let mut store = till.open();
    assert!(matches!(sell(&mut store, 3), Err(AppendError::ClockBehind { .. })));
    till.clock.set(NOW + 5);
    let sold = sell(&mut store, 3).unwrap();
    assert_eq!((sold.icv.get(), sold.issued.unix()), (3, NOW + 5));
}

/// The errors of the guard in their order, and the road out of a jump.
#[test]
fn the_guard_of_the_clock_speaks_before_a_number_is_taken() {
    let till = Till::new();
    till.clock.set_uptime(10);
    let mut store = till.open();
    assert_eq!(sell(&mut store, 1).unwrap().icv.get(), 1);
    let authority = store.authority_time();
    till.clock.set(NOW + 301);
    let error = sell(&mut store, 2).unwrap_err();
    assert!(matches!(error, AppendError::ClockJumped { seconds: 301 }));
    assert!(error.words().en.contains("forward by 301 s") && error.words().ar.contains("قُدمت"));
    assert_eq!(store.clock_report().state.word(), "jumped");
    // A single answer that agrees within a minute ends it, without a restart.
    authority.hear(NOW + 301 + 60, reading(&*till.clock));
    assert_eq!(sell(&mut store, 2).unwrap().issued.unix(), NOW + 301);
    assert_eq!(store.clock_report().authority, Some((60, 0)));
    // Two that say otherwise for two minutes stop it, until one agrees.
    for (uptime, refuses) in [(10, false), (129, false), (130, true)] {
        till.clock.set_uptime(uptime);
        till.clock.set(NOW + 291 + uptime);
        authority.hear(NOW + 291 + uptime - 901, reading(&*till.clock));
        assert_eq!(
            matches!(sell(&mut store, 3), Err(AppendError::ClockFar { ahead: -901 })),
            refuses,
            "{uptime}"
        );
    }
    let report = store.clock_report();
    assert!(report.state.refuses() && report.words.unwrap().en.contains("901 s ahead of"));
    authority.hear(NOW + 291 + 130 + 59, reading(&*till.clock));
    assert!(store.ready().is_ok());
    // At the next opening a clock that is not set says so.
    store.close().unwrap();
    till.clock.set(0);
    let mut store = till.open();
    assert!(matches!(sell(&mut store, 4), Err(AppendError::ClockUnset { .. })));
    till.clock.set(NOW + 430);
    assert_eq!(sell(&mut store, 4).unwrap().icv.get(), 5, "a clock that was never right has not jumped");
    store.close().unwrap();
    assert!(audit::verify_chain(&till.dir(), |_| ()).unwrap().is_clean());
}

#[test]
fn a_clock_outside_the_certificate_stamps_nothing() {
    let till = Till::new();
    let mut store = till.open();
    for (at, early) in [(NOW - YEAR - 1, true), (NOW + YEAR + 1, false), (-5, true), (i64::MIN, true)] {
        till.clock.set(at);
        let error = sell(&mut store, 1).unwrap_err();
        match error {
            AppendError::NotYetValid { .. } | AppendError::ClockUnset { .. } => assert!(early),
            AppendError::Expired { .. } => assert!(!early),
            ref other => panic!("{other:?}"),
        }
        assert!(!error.words().ar.is_empty() && !error.words().en.is_empty());
    }
}

#[test]
fn a_new_certificate_begins_a_new_chain_and_the_numbers_run_on() {
    let till = Till::new();
    let mut store = till.open();
    let first = store.activate(unit(1)).unwrap();
    sell(&mut store, 1).unwrap();
    sell(&mut store, 2).unwrap();
    let second = store.activate(unit(2)).unwrap();
    assert_ne!(first, second);
    let sold = sell(&mut store, 3).unwrap();
    assert_eq!((sold.chain, sold.icv.get(), sold.number.as_str()), (second, 1, "T1-000003"));
    // The first certificate again continues its own chain.
    assert_eq!(store.activate(unit(1)).unwrap(), first);
    let sold = sell(&mut store, 4).unwrap();
    assert_eq!((sold.chain, sold.icv.get(), sold.number.as_str()), (first, 3, "T1-000004"));
    store.close().unwrap();
    let mut store = till.open();
    assert_eq!(sell(&mut store, 5).unwrap().number, "T1-000005");
    for n in 1..=5 {
        let number = format!("T1-{n:06}");
        assert_eq!(store.by_number(&number).unwrap()[0].number, number);
    }
    let report = audit::verify_chain(&till.dir(), |_| ()).unwrap();
    assert_eq!((report.chains, report.documents, report.findings), (2, 5, vec![]));
}

#[test]
fn a_given_dictionary_is_used_and_a_prefix_is_checked() {
    let till = Till::new();
    let mut store = till.try_open(Recovery::Refuse).unwrap();
    for prefix in ["T\n", "T1", " T-"] {
        assert!(store.activate(Unit { number_prefix: prefix.to_owned(), ..unit(1) }).is_err(), "{prefix}");
    }
    let other = certificate(3, NOW - 10, NOW + 10);
    let signer = Box::new(TestSigner::new(3));
    store.activate(Unit { certificate: other, signer, dictionary: b"anything".to_vec(), ..unit(1) }).unwrap();
    let sold = store.append(order(1)).unwrap();
    assert!(stamp::verify(&store.xml(sold.id).unwrap()).is_ok());
}
