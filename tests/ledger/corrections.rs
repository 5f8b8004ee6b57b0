//! Rejected documents and those that replace them.

use tilld::chain::InvoiceHash;
use tilld::invoice::{Address, Buyer, DocumentType, IssueMoment, Kind, Subtype, Terms, VatNumber};
use tilld::ledger::{AppendError, CorrectionError, Order, ReportState, Store, Stored, Unit, audit};
use tilld::stamp::{self, Verified};

use crate::support::{NOW, TestSigner, Till, YEAR, answer, certificate, correction, order, sell, unit};

fn read(store: &mut Store, of: &Stored) -> Verified {
    stamp::verify(&store.xml(of.id).unwrap()).unwrap()
}

/// Every document is found by its number, QR code and hash, whatever lies between.
fn assert_found(store: &mut Store, all: &[&Stored]) {
    for one in all {
        let same_number: Vec<&&Stored> = all.iter().filter(|other| other.number == one.number).collect();
        let found = store.by_number(&one.number).unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), same_number.into_iter().copied().collect::<Vec<_>>());
        let qr = read(store, one).qr;
        assert_eq!(store.by_qr(&qr).unwrap().as_ref(), Some(*one), "{}", one.id);
        assert_eq!(store.by_uuid(&one.uuid).unwrap().as_ref(), Some(*one));
    }
}

fn sell_at(till: &Till, store: &mut Store, at: i64) -> Stored {
    till.clock.set(at);
    sell(store, at as u64).unwrap()
}

#[test]
fn a_correction_keeps_number_and_moment_and_takes_none() {
    let till = Till::new();
    let mut store = till.open();
    let sold: Vec<Stored> = (0..4).map(|n| sell_at(&till, &mut store, NOW + 10 * n)).collect();
    answer(&mut store, &sold[1], ReportState::Rejected);
    till.clock.set(NOW + 1_000);
    assert_eq!(store.documents_in(ReportState::Rejected, 9).unwrap(), [sold[1].id]);
    let second = store.append(correction(&sold[1], 99)).unwrap();
    assert_eq!((second.icv.get(), &second.number, second.issued), (5, &sold[1].number, sold[1].issued));
    assert_eq!((second.corrects, second.uuid == sold[1].uuid), (Some(sold[1].id), false));
    let verified = read(&mut store, &second);
    assert_eq!((verified.issued.unix(), verified.signed.unix()), (NOW + 10, NOW + 1_000));
    // The next sale goes on where the counter and the clock are.
    let fifth = sell_at(&till, &mut store, NOW + 990);
    assert_eq!((fifth.icv.get(), fifth.number.as_str(), fifth.issued.unix()), (6, "T1-000005", NOW + 990));
    // A correction may be rejected, too.
    assert_eq!(store.corrected_by(sold[1].id).unwrap().as_ref(), Some(&second));
    answer(&mut store, &second, ReportState::Rejected);
    assert_eq!(store.documents_in(ReportState::Rejected, 9).unwrap(), [second.id]);
    let third = store.append(correction(&second, 98)).unwrap();
    assert_eq!((&third.number, third.issued), (&sold[1].number, sold[1].issued));
    let sixth = sell_at(&till, &mut store, NOW + 2_000);
    let all = [&sold[0], &sold[1], &sold[2], &sold[3], &second, &fifth, &third, &sixth];
    assert_found(&mut store, &all);
    let summary = store.queue_summary();
    assert_eq!((summary.documents, summary.rejected, summary.corrected), (8, 2, 2));
    store.close().unwrap();

    let mut store = till.open();
    assert_eq!(store.queue_summary(), summary);
    assert_found(&mut store, &all);
    assert_eq!(store.newest_version(sold[1].id).unwrap(), third.id);
    assert_eq!(store.newest_version(sold[0].id).unwrap(), sold[0].id);
    assert_eq!(sell_at(&till, &mut store, NOW + 2_001).number, "T1-000007");
    assert_eq!(audit::verify_chain(&till.dir(), |_| ()).unwrap().findings, []);
}

#[test]
fn the_clock_is_held_against_the_last_sale_behind_corrections() {
    let till = Till::new();
    let mut store = till.open();
    let first = sell_at(&till, &mut store, NOW);
    sell_at(&till, &mut store, NOW + 5_000);
    answer(&mut store, &first, ReportState::Rejected);
    let second = store.append(correction(&first, 9)).unwrap();
    assert_eq!(second.issued.unix(), NOW);
    store.close().unwrap();
    // The file ends with a document of an earlier moment.
    let mut store = till.open();
    till.clock.set(NOW + 1_000);
    assert!(matches!(sell(&mut store, 1), Err(AppendError::ClockBehind { seconds: 4_000 })));
    till.clock.set(NOW + 4_990);
    assert_eq!(sell(&mut store, 1).unwrap().issued.unix(), NOW + 5_000);
}

#[test]
fn what_is_not_rejected_or_has_a_successor_is_not_corrected() {
    let till = Till::new();
    let mut store = till.open();
    let (first, second) = (sell(&mut store, 1).unwrap(), sell(&mut store, 2).unwrap());
    let refused = |store: &mut Store, order: Order| match store.append(order) {
        Err(error @ AppendError::Correction(_)) => {
            let words = error.words();
            assert!(!words.ar.is_empty() && !words.en.is_empty());
            error
        }
        other => panic!("{other:?}"),
    };
    for state in [ReportState::Queued, ReportState::Reported] {
        let error = refused(&mut store, correction(&first, 1));
        assert!(error.to_string().contains(state.name()), "{error}");
        if state == ReportState::Queued {
            answer(&mut store, &first, ReportState::Reported);
        }
    }
    answer(&mut store, &second, ReportState::Rejected);
    let debit = Kind::plain(Subtype::Simplified, DocumentType::DebitNote);
    let error = refused(&mut store, Order { kind: debit, ..correction(&second, 1) });
    assert!(matches!(error, AppendError::Correction(CorrectionError::OtherKind { .. })));
    let elsewhere = Stored { id: till_with(40), ..first.clone() };
    let error = refused(&mut store, correction(&elsewhere, 1));
    assert!(matches!(error, AppendError::Correction(CorrectionError::NotHere)));
    assert_eq!(store.documents(), 2);
    let third = store.append(correction(&second, 3)).unwrap();
    let error = refused(&mut store, correction(&second, 1));
    assert!(matches!(error, AppendError::Correction(CorrectionError::Corrected { .. })));
    assert_eq!((third.icv.get(), store.documents()), (3, 3));
}

/// The id of the last document of a till that sold so often.
fn till_with(sales: u64) -> tilld::ledger::DocumentId {
    Till::new().sell(sales).pop().unwrap().id
}

/// A unit whose certificate begins after the first sales.
fn renewed(n: u8, from: i64) -> Unit {
    Unit { certificate: certificate(n, from, NOW + YEAR), signer: Box::new(TestSigner::new(n)), ..unit(n) }
}

#[test]
fn a_younger_certificate_corrects_what_an_older_one_stamped() {
    let till = Till::new();
    let mut store = till.open();
    let old: Vec<Stored> = (0..3).map(|n| sell_at(&till, &mut store, NOW + n)).collect();
    answer(&mut store, &old[0], ReportState::Rejected);
    answer(&mut store, &old[2], ReportState::Rejected);
    store.activate(renewed(2, NOW + 5_000)).unwrap();
    till.clock.set(NOW + 6_000);
    // The new chain begins with two corrections; the last has the counter's own number.
    let first = store.append(correction(&old[0], 10)).unwrap();
    let third = store.append(correction(&old[2], 11)).unwrap();
    assert_eq!((first.chain == old[0].chain, first.icv.get(), first.issued), (false, 1, old[0].issued));
    assert_eq!(read(&mut store, &first).signed.unix(), NOW + 6_000);
    let fourth = sell_at(&till, &mut store, NOW + 6_001);
    assert_eq!(fourth.number, "T1-000004");
    answer(&mut store, &fourth, ReportState::Rejected);
    // And back: the first chain goes on with a correction of the second's document.
    store.activate(unit(1)).unwrap();
    let again = store.append(correction(&fourth, 12)).unwrap();
    assert_eq!((again.chain, again.icv.get(), again.issued), (old[0].chain, 4, fourth.issued));
    let fifth = sell_at(&till, &mut store, NOW + 6_002);
    assert_eq!(fifth.number, "T1-000005");
    let all = [&old[0], &old[1], &old[2], &first, &third, &fourth, &again, &fifth];
    assert_found(&mut store, &all);
    store.close().unwrap();
    let mut store = till.open();
    assert_found(&mut store, &all);
    assert_eq!(audit::verify_chain(&till.dir(), |_| ()).unwrap().findings, []);
    audit::check_file(&till.dir()).unwrap();
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

#[test]
fn a_standard_correction_is_issued_today() {
    let till = Till::new();
    let mut store = till.open();
    let first = store.append(standard(1)).unwrap();
    answer(&mut store, &first, ReportState::Rejected);
    sell_at(&till, &mut store, NOW + 50);
    till.clock.set(NOW + 90_000);
    let second = store.append(Order { corrects: Some(first.id), ..standard(2) }).unwrap();
    assert_eq!((&second.number, second.issued.unix()), (&first.number, NOW + 90_000));
    assert_eq!(read(&mut store, &second).signed, second.issued);
    assert_found(&mut store, &[&first, &second]);
    store.close().unwrap();
    // It counts for the order of time as any other document.
    let mut store = till.open();
    till.clock.set(NOW + 80_000);
    assert!(matches!(sell(&mut store, 1), Err(AppendError::ClockBehind { .. })));
    assert_eq!(audit::verify_chain(&till.dir(), |_| ()).unwrap().findings, []);
}

#[test]
fn a_foreign_code_and_a_foreign_document_are_not_found() {
    let till = Till::new();
    let mut store = till.open();
    let sold: Vec<Stored> = (0..40).map(|n| sell_at(&till, &mut store, NOW + n / 8)).collect();
    assert_found(&mut store, &sold.iter().collect::<Vec<_>>());
    for at in [0, NOW - 1, NOW + 2, NOW + 9] {
        let issued = IssueMoment::from_unix(at).unwrap();
        assert_eq!(store.by_hash(issued, &InvoiceHash::new([7; 32])).unwrap(), None);
        let late = store.by_hash(issued, &sold[0].hash).unwrap();
        assert_eq!(late, None, "another moment than {at}");
    }
    for rubbish in ["", "https://example.test/", "AQI=", "ر٣"] {
        let error = store.by_qr(rubbish).unwrap_err();
        assert!(!error.words().ar.is_empty() && error.to_string().contains("invoice number"));
    }
    let other = Till::new();
    let mut others = other.open();
    let theirs = sell_at(&other, &mut others, NOW + 3);
    let qr = read(&mut others, &theirs).qr;
    assert!(theirs.hash != sold[24].hash, "other sales of the same second");
    assert_eq!(store.by_qr(&qr).unwrap(), None);
}

const COPY: &str = "INSERT INTO documents (id, uuid, number, serial, kind, issued, hash, previous, payable, tax,
                                           change, tenders, print, xml, corrects)
    SELECT (SELECT max(id) FROM documents) + 1, uuid, number, (SELECT max(serial) FROM documents), kind, issued, hash,
           (SELECT hash FROM documents ORDER BY id DESC LIMIT 1), payable, tax, change, tenders, print, xml, id
    FROM documents WHERE id = (1 << 32) + ";

#[test]
fn raw_sql_cannot_replace_what_may_not_be_replaced() {
    let till = Till::new();
    let mut store = till.open();
    let sold: Vec<Stored> = (0..4).map(|n| sell_at(&till, &mut store, NOW + n)).collect();
    answer(&mut store, &sold[0], ReportState::Rejected);
    answer(&mut store, &sold[1], ReportState::Rejected);
    answer(&mut store, &sold[2], ReportState::Reported);
    store.append(correction(&sold[0], 9)).unwrap();
    store.close().unwrap();
    let db = till.intruder();
    let replace = COPY.replacen("INSERT", "INSERT OR REPLACE", 1);
    let tries = [
        // corrected already; reported; queued; unknown
        format!("{COPY} 1"),
        format!("{replace} 1"),
        format!("{COPY} 3"),
        format!("{COPY} 4"),
        format!("{COPY} 2").replace("print, xml, id", "print, xml, id + 90"),
        // another number, type, moment
        format!("{COPY} 2").replace("uuid, number, (", "uuid, 'T1-000099', ("),
        format!("{COPY} 2").replace("kind, issued, hash,\n", "kind + 10000000, issued, hash,\n"),
        format!("{COPY} 2").replace("kind, issued, hash,\n", "kind, issued + 60, hash,\n"),
        // no correction at all, but as old as one
        format!("{COPY} 2").replace("print, xml, id", "print, xml, NULL"),
        "UPDATE documents SET corrects = NULL".to_owned(),
        "UPDATE documents SET paid = x'00'".to_owned(),
    ];
    for sql in tries {
        let error = db.execute_batch(&sql).expect_err(&sql).to_string();
        assert!(error.starts_with("documents: "), "{sql}: {error}");
    }
    db.execute_batch(&format!("{COPY} 2")).unwrap();
}

#[test]
fn a_correction_that_was_tampered_with_is_found() {
    let edits = [
        ("UPDATE documents SET corrects = (1 << 32) + 2 WHERE id = (1 << 32) + 4", "another number"),
        ("UPDATE documents SET corrects = (1 << 32) + 2 WHERE id = (1 << 32) + 4", "not rejected"),
        ("UPDATE documents SET corrects = NULL WHERE id = (1 << 32) + 4", "stamped later"),
        ("UPDATE documents SET corrects = (1 << 32) + 77 WHERE id = (1 << 32) + 4", "missing"),
        ("DELETE FROM attempts", "not rejected"),
        ("UPDATE documents SET paid = x'0005' WHERE id = (1 << 32) + 4", "cannot be read"),
        ("UPDATE documents SET paid = x'00010101' WHERE id = (1 << 32) + 4", "VAT group S"),
        ("UPDATE documents SET currency = 'USD' WHERE id = (1 << 32) + 4", "currency"),
    ];
    for (sql, word) in edits {
        let till = Till::new();
        let mut store = till.open();
        let sold: Vec<Stored> = (0..3).map(|n| sell_at(&till, &mut store, NOW + n)).collect();
        answer(&mut store, &sold[0], ReportState::Rejected);
        store.append(correction(&sold[0], 9)).unwrap();
        store.close().unwrap();
        let db = till.intruder();
        db.execute_batch("DROP TRIGGER documents_fixed; DROP TRIGGER attempts_kept;").unwrap();
        db.execute_batch(sql).unwrap();
        drop(db);
        let report = audit::verify_chain(&till.dir(), |_| ()).unwrap();
        let found: Vec<&str> = report.findings.iter().map(|finding| finding.what.as_str()).collect();
        assert!(found.iter().any(|what| what.contains(word)), "{sql}: {found:?}");
    }
}
