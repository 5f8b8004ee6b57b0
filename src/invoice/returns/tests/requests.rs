//! What a POS application may ask for, and what it is told if it may not.

use super::*;
use crate::invoice::TenderKind;

fn read(body: &str) -> CreditDraft {
    read_credit(body.as_bytes()).unwrap_or_else(|found| panic!("{body}: {found:#?}"))
}

fn refused(body: &str) -> Vec<(String, &'static str)> {
    let found = read_credit(body.as_bytes()).expect_err(body);
    assert!(found.iter().all(|finding| !finding.message.ar.is_empty() && !finding.remedy.ar.is_empty()));
    found.into_iter().map(|finding| (finding.field, finding.rule)).collect()
}

fn kept(body: &str) -> (Lookup, Wanted) {
    match read(body).of {
        CreditOf::Kept { original, wanted } => (original, wanted),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_original_is_named_in_five_ways() {
    let of = |original: &str| format!(r#"{{"original":{original},"whole":true,"reason":"goods_returned"}}"#);
    let (qr, wanted) = kept(&of(r#"{"qr":"AQNhYmM="}"#));
    assert_eq!((qr, wanted), (Lookup::Qr(vec![1, 3, b'a', b'b', b'c']), Wanted::Whole));
    let (number, _) = kept(&of(r#"{"number":" T07-000001 "}"#));
    assert!(matches!(number, Lookup::Number(number) if number.as_str() == "T07-000001"));
    let uuid = "3f8a1c52-9b1e-4d6a-8c0d-5a7e2f4b6c01";
    assert_eq!(kept(&of(&format!(r#"{{"uuid":"{uuid}"}}"#))).0, Lookup::Uuid(uuid.parse().unwrap()));
    assert_eq!(kept(&of(r#"{"reference":"R 1"}"#)).0, Lookup::Reference("R 1".into()));
    for (original, field) in [
        (r#"{"qr":"AQNhYmM"}"#, "original.qr"),
        (r#"{"qr":"AgNhYmM="}"#, "original.qr"),
        (r#"{"uuid":"3f8a1c52-9b1e-4d6a"}"#, "original.uuid"),
        (r#"{"number":7}"#, "original.number"),
        ("{}", "original"),
        (r#"{"number":"1","uuid":"2"}"#, "original"),
        (r#""T07-000001""#, "original"),
        (r#"{"external":{"number":"1","date":"2026-02-29"}}"#, "original.external.date"),
        (r#"{"external":{"number":"1","date":"2026-2-09"}}"#, "original.external.date"),
        (r#"{"external":{"date":"2026-02-28"}}"#, "original.external.number"),
        (r#"{"external":{"number":"1","date":"2026-02-28","subtype":"x"}}"#, "original.external.subtype"),
    ] {
        let found = refused(&of(original));
        assert_eq!(found[0].0, field, "{original}: {found:?}");
    }
}

#[test]
fn what_comes_back_is_said_in_one_way() {
    let of = |wanted: &str| format!(r#"{{"original":{{"number":"1"}},{wanted}"reason":"goods_returned"}}"#);
    let (_, wanted) =
        kept(&of(r#""lines":[{"line":2,"quantity":"1.5"},{"barcode":"628"},{"article":"A","quantity":1}],"#));
    let quantity = |text| Some(Quantity::parse(text).unwrap());
    let expected = vec![
        WantedLine { line: LineKey::Number(2), quantity: quantity("1.5") },
        WantedLine { line: LineKey::Barcode("628".into()), quantity: None },
        WantedLine { line: LineKey::Article("A".into()), quantity: quantity("1") },
    ];
    assert_eq!(wanted, Wanted::Lines(expected));
    assert_eq!(kept(&of(r#""amount":"19.17","#)).1, Wanted::Amount(Halalas::new(1917)));
    for (wanted, field, rule) in [
        ("", "", "TILLD-CREDIT-WHAT"),
        (r#""whole":true,"amount":"1","#, "", "TILLD-CREDIT-WHAT"),
        (r#""whole":false,"#, "whole", "TILLD-CREDIT-WHAT"),
        (r#""whole":"yes","#, "whole", "TILLD-TYPE"),
        (r#""amount":"0.00","#, "amount", "BR-22"),
        (r#""amount":"-1","#, "amount", "BR-KSA-F-04"),
        (r#""lines":[],"#, "lines", "BR-16"),
        (r#""lines":[{}],"#, "lines[0]", "TILLD-CREDIT-LINE"),
        (r#""lines":[{"line":1,"barcode":"6"}],"#, "lines[0]", "TILLD-CREDIT-LINE"),
        (r#""lines":[{"line":0}],"#, "lines[0].line", "TILLD-CREDIT-NO-LINE"),
        (r#""lines":[{"line":1.5}],"#, "lines[0].line", "TILLD-DECIMALS"),
        (r#""lines":[{"line":1,"quantity":"0"}],"#, "lines[0].quantity", "BR-22"),
        (r#""whole":true,"items":[],"#, "items", "TILLD-CREDIT-ITEMS"),
        (r#""whole":true,"buyer":{"name":"x"},"#, "buyer", "TILLD-CREDIT-BUYER"),
        (r#""whole":true,"extra":1,"#, "extra", "TILLD-UNKNOWN-FIELD"),
    ] {
        assert_eq!(refused(&of(wanted)), [(field.to_owned(), rule)], "{wanted}");
    }
}

#[test]
fn reasons_are_listed_or_free() {
    let of = |reason: &str| format!(r#"{{"original":{{"number":"1"}},"whole":true,"reason":{reason}}}"#);
    for reason in ListedReason::ALL {
        let read = read(&of(&format!("\"{}\"", reason.code()))).reason;
        assert_eq!(read, Reason::Listed(reason));
        let text = read.text();
        assert_eq!(text.split_once(" | "), Some((reason.arabic(), reason.english())));
    }
    assert_eq!(read(&of(r#"{"text":" تالف "}"#)).reason.text(), "تالف");
    for reason in ["\"because\"", "{}", r#"{"text":""}"#, "1", r#"{"text":"a\nb"}"#] {
        assert!(refused(&of(reason))[0].0.starts_with("reason"), "{reason}");
    }
    let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(1_001));
    assert_eq!(refused(&of(&long)), [("reason.text".to_owned(), "BR-KSA-F-06-C13")]);
    assert_eq!(read(&of(&long.replacen("xx", "x", 1))).reason.text().len(), 1_000);
}

#[test]
fn a_document_of_another_system_is_priced_afresh() {
    let item = r#"{"name":"قهوة","quantity":"1","shelf_price":"11.50","vat":"S"}"#;
    let body = format!(
        r#"{{"original":{{"external":{{"number":"OLD-7","date":"2024-02-29"}}}},"items":[{item}],
            "reason":"goods_returned","tenders":[{{"kind":"cash","amount":"11.50"}}],"note":"n","reference":"r"}}"#
    );
    let CreditOf::External(draft) = read(&body).of else { panic!("kept") };
    assert_eq!(draft.kind, Kind::plain(Subtype::Simplified, DocumentType::CreditNote));
    assert_eq!(draft.terms.billing_references[0].number, "OLD-7");
    assert_eq!(draft.terms.billing_references[0].date.as_deref(), Some("2024-02-29"));
    assert!(draft.terms.reason.as_deref().unwrap().contains(" | "));
    assert_eq!((draft.terms.note.as_deref(), draft.reference.as_deref()), (Some("n"), Some("r")));
    assert_eq!((draft.lines.len(), draft.tenders[0].kind), (1, TenderKind::Cash));
    let note = refund_external(&draft).unwrap();
    assert_eq!((note.totals.payable, note.totals.tax), (Halalas::new(1150), Halalas::new(150)));
    let mut paid_more = draft;
    paid_more.tenders[0].amount = Halalas::new(2000);
    assert_eq!(refund_external(&paid_more).unwrap_err()[0].rule, "TILLD-TENDERS-DIFFER");

    let of = |rest: &str| {
        format!(
            r#"{{"original":{{"external":{{"number":"1","date":"2024-02-29"}}}},{rest}"reason":"goods_returned"}}"#
        )
    };
    for (rest, field, rule) in [
        ("", "items", "TILLD-CREDIT-ITEMS"),
        (r#""items":[],"#, "items", "BR-16"),
        (&format!(r#""items":[{item}],"amount":"1","#), "amount", "TILLD-CREDIT-ITEMS"),
        (&format!(r#""items":[{}],"#, item.replace("11.50", "x")), "items[0].shelf_price", "TILLD-NUMBER"),
    ] {
        assert_eq!(refused(&of(rest)), [(field.to_owned(), rule)], "{rest}");
    }
    let standard = body.replace("\"2024-02-29\"", "\"2024-02-29\",\"subtype\":\"standard\"");
    assert!(refused(&standard).contains(&("buyer.name".to_owned(), "BR-KSA-42")));
}

#[test]
fn everything_is_found_at_once() {
    let found = refused(
        r#"{"original":{"uuid":"x"},"lines":[{"line":0},{"line":1,"quantity":"-1"}],"reason":"x",
            "tenders":[{"kind":"gold","amount":"1"}],"note":"","reference":"\u0001"}"#,
    );
    let fields: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
    for field in [
        "original.uuid",
        "lines[0].line",
        "lines[1].quantity",
        "reason",
        "tenders[0].kind",
        "note",
        "reference",
    ] {
        assert!(fields.contains(&field), "{field} is not in {fields:?}");
    }
    assert_eq!(refused("[]")[0].1, "TILLD-TYPE");
    assert_eq!(refused("{")[0].1, "TILLD-JSON");
    let fields: Vec<String> = refused("{}").into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["original", "reason", ""]);
}
