//! Returns: never more than was sold, whoever asks and however often.

use tilld::invoice::Basis;
use tilld::ledger::{AppendError, Order, ReportState, ReturnError, ReturnedLine, Store, Stored, audit};
use tilld::money::{Halalas, Quantity};

use crate::support::{
    Item, NOW, Till, answer, basket, correction, credit, keyed, order, price, priced, sell,
};

/// Sells three lines of four pieces each.
fn sold(store: &mut Store) -> (Stored, Vec<Item>) {
    let items: Vec<Item> = basket(5, 3).into_iter().map(|item| Item { count: 4, ..item }).collect();
    let stored = store.append(Order { priced: price(&items, 0), ..order(1) }).unwrap();
    (stored, items)
}

fn refusal(store: &mut Store, order: Order) -> ReturnError {
    let before = store.documents();
    let error = match store.append(order) {
        Err(AppendError::Return(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(store.documents(), before);
    let words = AppendError::from(error.clone()).words();
    assert!(!words.ar.is_empty() && !words.en.is_empty());
    error
}

#[test]
fn earlier_returns_count_line_by_line() {
    let till = Till::new();
    let mut store = till.open();
    let (sale, items) = sold(&mut store);
    let first = store.append(credit(&sale, &items, &[(2, 1)])).unwrap();
    let second = store.append(credit(&sale, &items, &[(3, 4), (2, 2)])).unwrap();
    let pieces = |line, left: i64, asked: i64| ReturnError::Quantity {
        number: sale.number.clone(),
        line,
        left: Quantity::from_thousandths(left * 1_000),
        asked: Quantity::from_thousandths(asked * 1_000),
    };
    assert_eq!(refusal(&mut store, credit(&sale, &items, &[(2, 2)])), pieces(2, 1, 2));
    assert_eq!(refusal(&mut store, credit(&sale, &items, &[(1, 4), (3, 1)])), pieces(3, 0, 1));
    // Within one note, too.
    assert_eq!(refusal(&mut store, credit(&sale, &items, &[(1, 3), (1, 2)])), pieces(1, 1, 2));
    store.close().unwrap();

    let mut store = till.open();
    let original = store.original(sale.id).unwrap().unwrap();
    assert_eq!(original.stored, sale);
    assert_eq!((original.state, original.corrected_by), (ReportState::Queued, None));
    assert_eq!(original.invoice.priced, price(&items, 0));
    let rows: Vec<_> = original.returned.iter().map(|row| (row.note, row.original, row.tax)).collect();
    assert_eq!(rows, [(first.id, sale.id, first.tax), (second.id, sale.id, second.tax)]);
    let pieces_of = |at: usize| {
        let lines = original.returned[at].lines.iter();
        lines.map(|l| (l.note_line, l.original_line, l.quantity.unwrap().thousandths())).collect::<Vec<_>>()
    };
    assert_eq!(pieces_of(0), [(1, 2, 1_000)]);
    assert_eq!(pieces_of(1), [(1, 3, 4_000), (2, 2, 2_000)]);
    assert_eq!(store.returned_by(second.id).unwrap(), credit(&sale, &items, &[(3, 4), (2, 2)]).returns);
    assert_eq!(store.returns_of(first.id).unwrap(), []);
    store.append(credit(&sale, &items, &[(1, 4), (2, 1)])).unwrap();
    for line in 1..=3 {
        assert_eq!(refusal(&mut store, credit(&sale, &items, &[(line, 1)])), pieces(line, 0, 1));
    }
    assert_eq!(audit::verify_chain(&till.dir(), |_| ()).unwrap().findings, []);
}

/// A note that gives money back for line 1 without taking goods.
fn money_back(of: &Stored, amount: i64) -> Order {
    let item = Item { price: amount, count: 1, ..basket(1, 1).remove(0) };
    let mut order = credit(of, &[item], &[(1, 1)]);
    for line in &mut order.returns.as_mut().unwrap().lines {
        line.quantity = None;
    }
    order
}

#[test]
fn no_line_gives_back_more_than_was_paid_for_it() {
    let till = Till::new();
    let mut store = till.open();
    let items = vec![Item { price: 1_000, count: 1, ..basket(1, 1).remove(0) }; 2];
    // 20.00 less 3.00: 8.50 for each line.
    let sale = store.append(Order { priced: price(&items, 300), ..order(1) }).unwrap();
    let original = store.original(sale.id).unwrap().unwrap();
    assert_eq!(original.invoice.priced, price(&items, 300));
    assert_eq!(original.invoice.priced.lines[1].paid, Halalas::new(850));
    let money = |line, left, asked| ReturnError::Refund {
        number: sale.number.clone(),
        line,
        left: Halalas::new(left),
        asked: Halalas::new(asked),
    };
    assert_eq!(refusal(&mut store, credit(&sale, &items, &[(1, 1)])), money(1, 850, 1_000));
    store.append(money_back(&sale, 500)).unwrap();
    assert_eq!(refusal(&mut store, money_back(&sale, 351)), money(1, 350, 351));
    store.append(money_back(&sale, 350)).unwrap();
    assert_eq!(refusal(&mut store, money_back(&sale, 1)), money(1, 0, 1));
    assert_eq!(audit::verify_chain(&till.dir(), |_| ()).unwrap().findings, []);
}

#[test]
fn a_repeated_request_returns_once() {
    let till = Till::new();
    let mut store = till.open();
    let (sale, items) = sold(&mut store);
    let request =
        || Order { idempotency: keyed(1, "return-1", 3).idempotency, ..credit(&sale, &items, &[(1, 3)]) };
    let first = store.append(request()).unwrap();
    let again = store.append(request()).unwrap();
    assert_eq!((again.replayed, again.id), (true, first.id));
    assert_eq!(store.returns_of(sale.id).unwrap().len(), 1);
}

#[test]
fn what_cannot_be_credited_is_named() {
    let till = Till::new();
    let mut store = till.open();
    let (sale, items) = sold(&mut store);
    let note = store.append(credit(&sale, &items, &[(1, 1)])).unwrap();
    let elsewhere = Stored { id: Till::new().sell(9).pop().unwrap().id, ..sale.clone() };
    assert_eq!(refusal(&mut store, credit(&elsewhere, &items, &[(1, 1)])), ReturnError::NoOriginal);
    let of_note = refusal(&mut store, credit(&note, &items, &[(1, 1)]));
    assert_eq!(of_note, ReturnError::OriginalIsNote { number: note.number.clone() });
    answer(&mut store, &sale, ReportState::Rejected);
    let rejected = refusal(&mut store, credit(&sale, &items, &[(1, 1)]));
    assert_eq!(rejected, ReturnError::OriginalRejected { number: sale.number.clone() });
    assert_eq!(sell(&mut store, 2).unwrap().number, "T1-000003");
}

#[test]
fn faults_of_the_program_take_no_number() {
    let till = Till::new();
    let mut store = till.open();
    let (sale, items) = sold(&mut store);
    let good = credit(&sale, &items, &[(1, 1), (2, 1)]);
    let with = |change: &dyn Fn(&mut Vec<ReturnedLine>)| {
        let mut order = good.clone();
        change(&mut order.returns.as_mut().unwrap().lines);
        order
    };
    let net = {
        let mut order = good.clone();
        order.priced.basis = Basis::Net;
        order.priced.lines.iter_mut().for_each(|line| line.paid = line.net);
        order
    };
    let uneven = {
        let mut order = order(9);
        order.priced.lines[0].paid = order.priced.lines[0].paid + Halalas::new(1);
        order
    };
    let wrong = [
        with(&|lines| lines.clear()),
        with(&|lines| lines[1].note_line = 1),
        with(&|lines| lines[1].note_line = 3),
        with(&|lines| lines[1].note_line = 0),
        with(&|lines| lines[0].original_line = 4),
        with(&|lines| lines[0].original_line = 0),
        with(&|lines| lines[0].quantity = Some(Quantity::from_thousandths(0))),
        with(&|lines| lines[0].refund = Halalas::new(-1)),
        // The note pays more than its lines take back.
        with(&|lines| lines[0].refund = lines[0].refund - Halalas::new(1)),
        Order { returns: good.returns.clone(), ..order(3) },
        net,
        uneven,
    ];
    for (n, order) in wrong.into_iter().enumerate() {
        match store.append(order) {
            Err(AppendError::Storage(_) | AppendError::Seal(_)) => {}
            other => panic!("{n}: {other:?}"),
        }
    }
    assert_eq!(store.append(good).unwrap().icv.get(), 2);
}

#[test]
fn returns_of_a_rejected_invoice_count_for_the_one_that_replaces_it() {
    let till = Till::new();
    let mut store = till.open();
    let (sale, items) = sold(&mut store);
    store.append(credit(&sale, &items, &[(1, 3)])).unwrap();
    answer(&mut store, &sale, ReportState::Rejected);
    // A correction without the goods that came back already would lose them.
    let less: Vec<Item> = items.iter().map(|item| Item { count: 2, ..item.clone() }).collect();
    let error = refusal(&mut store, Order { priced: price(&less, 0), ..correction(&sale, 1) });
    assert!(matches!(error, ReturnError::Quantity { line: 1, .. }));
    let second = store.append(Order { priced: price(&items, 0), ..correction(&sale, 1) }).unwrap();
    assert_eq!(store.original(sale.id).unwrap().unwrap().corrected_by, Some(second.id));
    let error = refusal(&mut store, credit(&second, &items, &[(1, 2)]));
    assert!(matches!(error, ReturnError::Quantity { line: 1, left, .. } if left.thousandths() == 1_000));
    store.append(credit(&second, &items, &[(1, 1), (2, 1)])).unwrap();
    let counted = store.returns_of(second.id).unwrap();
    assert_eq!(counted.iter().map(|row| row.original).collect::<Vec<_>>(), [sale.id, second.id]);
    assert_eq!(audit::verify_chain(&till.dir(), |_| ()).unwrap().findings, []);
}

#[test]
fn a_corrected_credit_note_takes_back_once() {
    let till = Till::new();
    let mut store = till.open();
    let (sale, items) = sold(&mut store);
    let note = store.append(credit(&sale, &items, &[(1, 3)])).unwrap();
    answer(&mut store, &note, ReportState::Rejected);
    // The customer has the money: a rejected note still counts.
    refusal(&mut store, credit(&sale, &items, &[(1, 2)]));
    let corrected = |lines: &[(u32, i64)]| Order { corrects: Some(note.id), ..credit(&sale, &items, lines) };
    let (other, _) = sold(&mut store);
    let lost = Order { returns: None, ..corrected(&[(1, 3)]) };
    let moved = Order { corrects: Some(note.id), ..credit(&other, &items, &[(1, 3)]) };
    for order in [lost, moved] {
        assert!(matches!(store.append(order), Err(AppendError::Storage(_))));
    }
    let second = store.append(corrected(&[(1, 3)])).unwrap();
    assert_eq!((&second.number, second.corrects), (&note.number, Some(note.id)));
    let counted = store.returns_of(sale.id).unwrap();
    assert_eq!((counted.len(), counted[0].note), (1, second.id));
    refusal(&mut store, credit(&sale, &items, &[(1, 2)]));
    let third = store.append(credit(&sale, &items, &[(1, 1)])).unwrap();
    // The successor of a rejected note stands where that one stood.
    answer(&mut store, &second, ReportState::Rejected);
    let again = Order { corrects: Some(second.id), ..credit(&sale, &items, &[(1, 3)]) };
    let fourth = store.append(again).unwrap();
    let counted: Vec<_> = store.returns_of(sale.id).unwrap().iter().map(|row| row.note).collect();
    assert_eq!(counted, [fourth.id, third.id]);
    assert_eq!(audit::verify_chain(&till.dir(), |_| ()).unwrap().findings, []);
}

#[test]
fn what_was_paid_is_kept_where_the_document_does_not_say_it() {
    let till = Till::new();
    let mut store = till.open();
    let plain = sell(&mut store, 1).unwrap();
    let discounted = store.append(Order { priced: price(&basket(2, 5), 700), ..order(2) }).unwrap();
    let mut shifted = priced(3, 2);
    shifted.lines[0].paid = shifted.lines[0].paid - Halalas::new(1);
    shifted.lines[1].paid = shifted.lines[1].paid + Halalas::new(1);
    let shifted_paid: Vec<Halalas> = shifted.lines.iter().map(|line| line.paid).collect();
    let shifted = store.append(Order { priced: shifted, ..order(3) }).unwrap();
    let mut net = priced(4, 2);
    net.basis = Basis::Net;
    net.lines.iter_mut().for_each(|line| line.paid = line.net);
    let nets: Vec<Halalas> = net.lines.iter().map(|line| line.net).collect();
    let net = store.append(Order { priced: net, ..order(4) }).unwrap();
    let column = |of: &Stored| -> Option<Vec<u8>> {
        let sql = "SELECT paid FROM documents WHERE id = ?1";
        till.intruder().query_row(sql, [of.id.row()], |row| row.get(0)).unwrap()
    };
    assert_eq!((column(&plain), column(&discounted), column(&net)), (None, None, Some(vec![1])));
    assert!(column(&shifted).is_some());
    let mut paid = |of: &Stored| {
        let priced = store.original(of.id).unwrap().unwrap().invoice.priced;
        (priced.basis, priced.lines.iter().map(|line| line.paid).collect::<Vec<_>>())
    };
    assert_eq!(paid(&shifted), (Basis::Inclusive, shifted_paid));
    assert_eq!(paid(&net), (Basis::Net, nets));
    assert_eq!(paid(&discounted).1.into_iter().sum::<Halalas>(), discounted.payable);
    assert_eq!(audit::verify_chain(&till.dir(), |_| ()).unwrap().findings, []);
}

fn till_with_a_return() -> Till {
    let till = Till::new();
    let mut store = till.open();
    let (sale, items) = sold(&mut store);
    store.append(credit(&sale, &items, &[(1, 3)])).unwrap();
    let rejected = sell(&mut store, 2).unwrap();
    answer(&mut store, &rejected, ReportState::Rejected);
    store.append(credit(&sale, &items, &[(2, 1)])).unwrap();
    store.close().unwrap();
    till
}

#[test]
fn raw_sql_cannot_change_or_add_a_return() {
    let till = till_with_a_return();
    let db = till.intruder();
    let add = |original: i64, entry: i64, note: i64, note_line: i64| {
        let base = 1i64 << 32;
        format!(
            "INSERT INTO returns VALUES ({}, {entry}, 3, {}, {note_line}, 1000, 100)",
            base + original,
            base + note
        )
    };
    let tries = [
        "DELETE FROM returns".to_owned(),
        "UPDATE returns SET refund = 0".to_owned(),
        "REPLACE INTO returns SELECT * FROM returns".to_owned(),
        "INSERT INTO returns SELECT * FROM returns WHERE true ON CONFLICT DO UPDATE SET quantity = 1"
            .to_owned(),
        // a gap, a line of the note twice, an older note, a note that is none, an original that is
        // a note, rejected or unknown
        add(1, 4, 4, 2),
        add(1, 3, 4, 1),
        add(1, 3, 4, 1).replacen("INSERT", "INSERT OR REPLACE", 1),
        add(1, 3, 2, 2),
        add(1, 3, 3, 2),
        add(1, 3, 9, 2),
        add(2, 1, 4, 2),
        add(3, 1, 4, 2),
        add(9, 1, 4, 2),
    ];
    for sql in tries {
        let error = db.execute_batch(&sql).expect_err(&sql).to_string();
        assert!(error.starts_with("returns: "), "{sql}: {error}");
    }
    db.execute_batch(&add(1, 3, 4, 2)).unwrap();
}

#[test]
fn returns_that_were_tampered_with_are_found() {
    let edits = [
        ("UPDATE returns SET quantity = 5000 WHERE entry = 1", "than was sold"),
        ("UPDATE returns SET refund = 1000000 WHERE entry = 1", "than was paid"),
        ("UPDATE returns SET line = 9 WHERE entry = 1", "no such line"),
        ("UPDATE returns SET original = (1 << 32) + 88 WHERE entry = 1", "missing"),
        ("UPDATE returns SET original = (1 << 32) + 4, entry = 7 WHERE entry = 1", "of a credit note"),
    ];
    for (sql, word) in edits {
        let till = till_with_a_return();
        let db = till.intruder();
        db.execute_batch("DROP TRIGGER returns_fixed").unwrap();
        db.execute_batch(sql).unwrap();
        drop(db);
        let report = audit::verify_chain(&till.dir(), |_| ()).unwrap();
        let found: Vec<&str> = report.findings.iter().map(|finding| finding.what.as_str()).collect();
        assert!(found.iter().any(|what| what.contains(word)), "{sql}: {found:?}");
    }
}

#[test]
fn a_return_of_nothing_here_needs_no_original() {
    let till = Till::new();
    let mut store = till.open();
    let (sale, items) = sold(&mut store);
    // The original is in an older system.
    let note = store.append(Order { returns: None, ..credit(&sale, &items, &[(1, 4)]) }).unwrap();
    answer(&mut store, &note, ReportState::Rejected);
    till.clock.set(NOW + 60);
    let again = Order { returns: None, corrects: Some(note.id), ..credit(&sale, &items, &[(1, 4)]) };
    assert_eq!(store.append(again).unwrap().issued.unix(), NOW);
    assert_eq!(store.returns_of(sale.id).unwrap(), []);
}
