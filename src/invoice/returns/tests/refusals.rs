//! Never more than was sold, and every refusal says what is left.

use super::*;
use crate::invoice::{Finding, Tender, TenderKind};

fn coffee() -> Original {
    let mut lines = vec![
        original_line(1, "2", 3833, vat(Category::Standard, 1500)),
        original_line(2, "1.235", 5255, vat(Category::Standard, 1500)),
        original_line(3, "1", 648, vat(Category::ZeroRated, 0)),
        original_line(4, "1", 648, vat(Category::ZeroRated, 0)),
    ];
    for (line, code) in lines.iter_mut().zip(["A", "B", "C", "C"]) {
        line.barcode = Some(code.into());
        line.article = Some(format!("7-{code}"));
    }
    original(Basis::Inclusive, lines)
}

fn of(line: LineKey, quantity: Option<&str>) -> WantedLine {
    WantedLine { line, quantity: quantity.map(|text| Quantity::parse(text).unwrap()) }
}

fn after(original: Original, notes: &[Wanted]) -> Balance {
    let mut past = Vec::new();
    for wanted in notes {
        let balance = Balance::replay(original.clone(), &past).unwrap();
        let note = refund(&balance, wanted, &[]).unwrap();
        past.push(Past { vat: note.priced.totals.tax, returns: note.taken });
    }
    Balance::replay(original, &past).unwrap()
}

fn refused(balance: &Balance, wanted: Wanted) -> Vec<(String, &'static str)> {
    let found = refund(balance, &wanted, &[]).unwrap_err();
    assert!(found.iter().all(|finding| !finding.message.ar.is_empty() && !finding.remedy.ar.is_empty()));
    found.into_iter().map(|Finding { field, rule, .. }| (field, rule)).collect()
}

#[test]
fn every_excess_is_found_at_once() {
    let one = Wanted::Lines(vec![of(LineKey::Number(1), Some("1")), of(LineKey::Number(3), None)]);
    let balance = after(coffee(), &[one]);
    let wanted = vec![
        of(LineKey::Number(1), Some("1.001")),
        of(LineKey::Number(2), Some("0")),
        of(LineKey::Number(3), None),
        of(LineKey::Number(5), None),
        of(LineKey::Barcode("X".into()), None),
        of(LineKey::Number(4), None),
        of(LineKey::Article("7-C".into()), None),
    ];
    let expected = [
        ("lines[0].quantity", "TILLD-CREDIT-TOO-MUCH"),
        ("lines[1].quantity", "BR-22"),
        ("lines[2].line", "TILLD-CREDIT-NOTHING-LEFT"),
        ("lines[3].line", "TILLD-CREDIT-NO-LINE"),
        ("lines[4].barcode", "TILLD-CREDIT-NO-LINE"),
        ("lines[6].article", "TILLD-CREDIT-LINE-TWICE"),
    ];
    let found = refused(&balance, Wanted::Lines(wanted));
    assert_eq!(found, expected.map(|(field, rule)| (field.to_owned(), rule)));
    let found = refund(&balance, &Wanted::Lines(vec![of(LineKey::Number(1), Some("2"))]), &[]).unwrap_err();
    assert!(found[0].message.en.contains("only 1 of the 2 sold"), "{}", found[0].message.en);
}

#[test]
fn codes_name_a_line_while_only_one_of_it_is_left() {
    let fresh = Balance::untouched(coffee());
    let by_code = || Wanted::Lines(vec![of(LineKey::Barcode("C".into()), None)]);
    assert_eq!(refused(&fresh, by_code()), [("lines[0].barcode".to_owned(), "TILLD-CREDIT-AMBIGUOUS")]);
    let balance = after(coffee(), &[Wanted::Lines(vec![of(LineKey::Number(3), None)])]);
    assert_eq!(refund(&balance, &by_code(), &[]).unwrap().taken[0].line, 4);
    let gone = after(coffee(), &[Wanted::Whole]);
    assert_eq!(refused(&gone, by_code()), [("lines[0].barcode".to_owned(), "TILLD-CREDIT-NOTHING-LEFT")]);
}

#[test]
fn an_amount_stays_within_what_is_left() {
    let balance = after(coffee(), &[Wanted::Amount(Halalas::new(384))]);
    assert_eq!(balance.gross_left(), Halalas::new(10_000));
    let too_much = Wanted::Amount(Halalas::new(10_001));
    assert_eq!(refused(&balance, too_much), [("amount".to_owned(), "TILLD-CREDIT-TOO-MUCH")]);
    assert_eq!(refused(&balance, Wanted::Amount(Halalas::ZERO)), [("amount".to_owned(), "BR-22")]);
    let rest = refund(&balance, &Wanted::Whole, &[]).unwrap();
    assert_eq!(rest.priced.totals.payable, Halalas::new(10_000));
}

#[test]
fn nothing_comes_back_twice() {
    let nothing = |field: &str| [(field.to_owned(), "TILLD-CREDIT-NOTHING-LEFT")];
    let gone = after(coffee(), &[Wanted::Whole]);
    assert_eq!(refused(&gone, Wanted::Whole), nothing("whole"));
    assert_eq!(refused(&gone, Wanted::Amount(Halalas::new(1))), nothing("amount"));
    let paid_back = after(coffee(), &[Wanted::Amount(Halalas::new(10_384))]);
    assert_eq!(refused(&paid_back, Wanted::Whole), nothing("whole"));
    // The goods may still come back, for nothing.
    let note = refund(&paid_back, &Wanted::Lines(vec![of(LineKey::Number(1), None)]), &[]).unwrap();
    assert_eq!(note.priced.totals.payable, Halalas::ZERO);
    assert_eq!(rules::broken(&note.priced), Vec::<String>::new());
    assert_eq!(refused(&gone, Wanted::Lines(vec![])), [("lines".to_owned(), "BR-16")]);
}

#[test]
fn goods_that_cost_nothing_come_back_for_nothing() {
    let gift = original(Basis::Inclusive, vec![original_line(1, "1", 0, vat(Category::Standard, 1500))]);
    let gift = Balance::untouched(gift);
    let unpaid = [("amount".to_owned(), "TILLD-CREDIT-NOTHING-PAID")];
    assert_eq!(refused(&gift, Wanted::Amount(Halalas::new(1))), unpaid);
    let note = refund(&gift, &Wanted::Whole, &[]).unwrap();
    assert_eq!((note.priced.totals.payable, note.taken[0].refund), (Halalas::ZERO, Halalas::ZERO));
}

#[test]
fn a_credit_note_is_not_credited() {
    let lines = vec![original_line(1, "1", 100, vat(Category::Standard, 1500))];
    let groups = subtotals(Basis::Inclusive, &lines);
    let kind = Kind::plain(Subtype::Simplified, DocumentType::CreditNote);
    let note = Original::new(kind, Basis::Inclusive, lines, &groups, Halalas::ZERO).unwrap();
    let found = refused(&Balance::untouched(note), Wanted::Whole);
    assert_eq!(found, [("original".to_owned(), "TILLD-CREDIT-OF-CREDIT")]);
}

#[test]
fn the_means_of_a_refund_add_up_to_it() {
    let balance = Balance::untouched(coffee());
    let wanted = Wanted::Lines(vec![of(LineKey::Number(1), Some("1"))]);
    let tender = |kind, amount| Tender { kind, amount: Halalas::new(amount) };
    let exact = [tender(TenderKind::Card, 1000), tender(TenderKind::Cash, 917)];
    let note = refund(&balance, &wanted, &exact).unwrap().priced;
    assert_eq!((note.payment_means.len(), note.tenders.len(), note.change), (2, 2, Halalas::ZERO));
    for amount in [1916, 1918] {
        let found = refund(&balance, &wanted, &[tender(TenderKind::Cash, amount)]).unwrap_err();
        assert_eq!((found.len(), found[0].rule), (1, "TILLD-TENDERS-DIFFER"));
    }
}

#[test]
fn a_lowered_price_is_named_in_both_languages() {
    let names = ["قهوة عربية | Arabic coffee", "قهوة", "Coffee", &"x".repeat(1_000)];
    let expected = [
        "تخفيض سعر: قهوة عربية | Price reduction: Arabic coffee",
        "تخفيض سعر: قهوة | Price reduction",
        "تخفيض سعر | Price reduction: Coffee",
    ];
    for (at, name) in names.iter().enumerate() {
        let mut line = original_line(1, "2", 1150, vat(Category::Standard, 1500));
        line.name = (*name).to_owned();
        let balance = Balance::untouched(original(Basis::Inclusive, vec![line]));
        let note = refund(&balance, &Wanted::Amount(Halalas::new(115)), &[]).unwrap().priced;
        assert_eq!(rules::broken(&note), Vec::<String>::new());
        if let Some(expected) = expected.get(at) {
            assert_eq!(note.lines[0].name, *expected);
        }
        let line = &note.lines[0];
        assert_eq!((line.quantity.to_string(), line.price.to_string()), ("1".into(), "1.00".into()));
        assert_eq!((line.net, line.vat_amount), (Halalas::new(100), Halalas::new(15)));
    }
}

/// After a reduction the rest of a line is worth the rest of its value.
#[test]
fn a_lowered_line_comes_back_at_its_new_value() {
    let fresh = original(Basis::Inclusive, vec![original_line(1, "3", 6900, vat(Category::Standard, 1500))]);
    let lines = |quantity| Wanted::Lines(vec![of(LineKey::Number(1), Some(quantity))]);
    let balance = after(fresh, &[lines("1"), Wanted::Amount(Halalas::new(600))]);
    let note = refund(&balance, &lines("1"), &[]).unwrap().priced;
    assert_eq!(note.totals.payable, Halalas::new(2000));
    // 20.00 as on the original, less what was credited without goods.
    let line = &note.lines[0];
    assert_eq!((line.price.to_string(), line.net), ("20.00".into(), Halalas::new(1739)));
    assert_eq!(line.allowance.as_ref().map(|allowance| allowance.amount), Some(Halalas::new(261)));
}

#[test]
fn a_rounded_total_comes_back_as_it_was_paid() {
    for (rounding, paid) in [(-3, 9_997), (5, 10_005)] {
        let lines = vec![original_line(1, "2", 10_000, vat(Category::Standard, 1500))];
        let groups = subtotals(Basis::Inclusive, &lines);
        let kind = Kind::SIMPLIFIED_INVOICE;
        let rounded = Original::new(kind, Basis::Inclusive, lines, &groups, Halalas::new(rounding)).unwrap();
        let half = Wanted::Lines(vec![of(LineKey::Number(1), Some("1"))]);
        let balance = Balance::untouched(rounded.clone());
        assert_eq!(refund(&balance, &Wanted::Whole, &[]).unwrap().priced.totals.payable.get(), paid);
        assert_eq!(refund(&balance, &half, &[]).unwrap().priced.totals.payable.get(), 5_000);
        let rest = refund(&after(rounded, &[half]), &Wanted::Whole, &[]).unwrap().priced;
        assert_eq!(rest.totals.payable.get(), paid - 5_000);
        assert_eq!(rules::broken(&rest), Vec::<String>::new());
    }
}

#[test]
fn facts_that_do_not_belong_together_make_no_original() {
    let make = |lines: Vec<OriginalLine>, groups: &[TaxGroup]| {
        Original::new(Kind::SIMPLIFIED_INVOICE, Basis::Inclusive, lines, groups, Halalas::ZERO)
    };
    let line = |number, paid| original_line(number, "1", paid, vat(Category::Standard, 1500));
    let groups = subtotals(Basis::Inclusive, &[line(1, 1150)]);
    assert!(make(vec![line(1, 1150)], &groups).is_ok());
    assert_eq!(make(vec![], &groups), Err(OriginalError::NoLines));
    assert_eq!(make(vec![line(1, 1149)], &groups), Err(OriginalError::Sums));
    assert_eq!(make(vec![line(1, 1150)], &[]), Err(OriginalError::Groups));
    assert_eq!(
        make(vec![line(1, 1150)], &[groups.clone(), groups.clone()].concat()),
        Err(OriginalError::Groups)
    );
    for (number, paid) in [(0, 1150), (1, -1), (1, i64::MAX)] {
        assert_eq!(make(vec![line(number, paid)], &groups), Err(OriginalError::Line { number }));
    }
    assert_eq!(make(vec![line(1, 575), line(1, 575)], &groups), Err(OriginalError::Line { number: 1 }));
}

#[test]
fn damaged_notes_are_refused_and_never_panic() {
    for basis in [Basis::Inclusive, Basis::Net] {
        let line = original_line(1, "2", 1150, vat(Category::Standard, 1500));
        let original = original(basis, vec![line]);
        let replay = |vat, line, quantity: Option<i64>, refund| {
            let quantity = quantity.map(Quantity::from_thousandths);
            let taken = TakenBack { line, quantity, refund: Halalas::new(refund) };
            Balance::replay(original.clone(), &[Past { vat: Halalas::new(vat), returns: vec![taken] }])
        };
        assert_eq!(replay(0, 2, None, 1), Err(BalanceError::NoSuchLine { line: 2 }));
        for (quantity, refund) in [(Some(2001), 1), (Some(-1), 1), (None, 1151), (None, -1), (None, i64::MIN)]
        {
            assert_eq!(replay(0, 1, quantity, refund), Err(BalanceError::TooMuch { line: 1 }));
        }
        for vat in [i64::MIN, -1, 0, 1, i64::MAX] {
            let balance = replay(vat, 1, None, 500).unwrap();
            assert!(balance.gross_left() >= Halalas::ZERO);
            assert!(refund(&balance, &Wanted::Whole, &[]).is_ok());
        }
    }
}
