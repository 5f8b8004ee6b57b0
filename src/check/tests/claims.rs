//! What a document claims: its QR code, its place in the chain, its kind.

use super::*;

#[test]
fn each_tag_of_the_qr_code_is_compared() {
    for (tag, id) in [
        (1, "QR-TAG-1"),
        (2, "QR-TAG-2"),
        (3, "QR-TAG-3"),
        (4, "QR-TAG-4"),
        (5, "QR-TAG-5"),
        (6, "QR-TAG-6"),
        (7, "QR-TAG-7"),
        (8, "QR-TAG-8"),
        (9, "QR-TAG-9"),
    ] {
        expect(id, &with_tag(SIGNED, tag, b"1"), &[id]);
        let without: Vec<_> = tags(SIGNED).into_iter().filter(|(one, _)| *one != tag).collect();
        expect(id, &with_tags(SIGNED, &without), &[id]);
        expect(id, &with_tag(SIGNED, tag, b""), &[id, "QR-TLV-EMPTY"]);
    }
    let tag = |tag: u8| String::from_utf8(tags(SIGNED)[usize::from(tag) - 1].1.clone()).unwrap();
    expect("Z", &with_tag(SIGNED, 3, format!("{}Z", tag(3)).as_bytes()), &[]);
    expect("written otherwise", &with_tag(SIGNED, 4, format!("{}0", tag(4)).as_bytes()), &["QR-TAG-4?"]);
    expect("written otherwise", &with_tag(SIGNED, 5, format!(" {}", tag(5)).as_bytes()), &["QR-TAG-5?"]);
    expect("no number", &with_tag(SIGNED, 5, b"NaN"), &["QR-TAG-5"]);
    expect("no text", &with_tag(SIGNED, 1, b"\xff"), &["QR-UTF8"]);
}

#[test]
fn the_container_of_the_qr_code_is_strict() {
    let payload = get(SIGNED, QR_TEXT).to_owned();
    let code = |text: &str| put(SIGNED, QR_TEXT, text);
    expect("blank", &code(&format!("{payload} ")), &["QR-BASE64"]);
    expect("cut", &code(&payload[..payload.len() - 4]), &["QR-TLV"]);
    expect("empty", &code(""), &["QR-MISSING", "EXTRA-EMPTY"]);
    let all = tags(SIGNED);
    let reversed: Vec<_> = all.iter().rev().cloned().collect();
    expect("order", &with_tags(SIGNED, &reversed), &["QR-TLV-ORDER"]);
    expect("twice", &with_tags(SIGNED, &[all.clone(), vec![all[8].clone()]].concat()), &["QR-TLV-DUP"]);
    expect("tag 10", &with_tags(SIGNED, &[all.clone(), vec![(10, vec![1])]].concat()), &["QR-TLV-TAG"]);
    let long = [all, vec![(10, vec![1; 255]), (11, vec![1; 255])]].concat();
    expect("long", &with_tags(SIGNED, &long), &["QR-TLV-TAG", "QR-LENGTH"]);
}

#[test]
fn counter_and_previous_hash_are_held_to_their_form() {
    let icv = "<cbc:UUID>1</cbc:UUID>";
    let changed_and_stamped = |from: &str, to: &str| stamped_anew(&changed(from, to));
    for (to, ids) in [
        ("<cbc:UUID> 7\n</cbc:UUID>", &[][..]),
        ("<cbc:UUID>0</cbc:UUID>", &["ICV"]),
        ("<cbc:UUID>٧</cbc:UUID>", &["ICV"]),
        ("<cbc:UUID>1.0</cbc:UUID>", &["ICV"]),
        ("<cbc:UUID></cbc:UUID>", &["ICV", "EXTRA-EMPTY"]),
        ("<cbc:UUID>1</cbc:UUID><cbc:UUID>2</cbc:UUID>", &["ICV"]),
        ("", &["ICV"]),
    ] {
        expect(to, &changed_and_stamped(icv, to), ids);
    }
    let pih = crate::chain::GENESIS_PIH;
    let short = STANDARD.encode([1; 31]);
    let hex = STANDARD.encode([b'a'; 64]);
    let raw = STANDARD.encode([1; 32]);
    for (to, ids) in [
        (raw.as_str(), &[][..]),
        (&short, &["PIH-LENGTH"]),
        (&hex, &["PIH-HEX?"]),
        ("x", &["PIH-BASE64"]),
        ("", &["PIH-COUNT", "EXTRA-EMPTY"]),
    ] {
        expect(to, &changed_and_stamped(pih, to), ids);
    }
    let options = |pih: &str| Options { pih: Some(pih.to_owned()), ..Options::default() };
    assert!(rules_with(SIGNED, &options(pih)).is_empty());
    assert_eq!(rules_with(SIGNED, &options(&raw)), BTreeSet::from(["PIH-VALUE".to_owned()]));
}

#[test]
fn slips_that_the_rules_let_through_are_found() {
    let uuid = get(SIGNED, ("<cbc:UUID>", "</cbc:UUID>")).to_owned();
    for (from, to, ids) in [
        (uuid.as_str(), "x", &["EXTRA-UUID"][..]),
        (&uuid, &uuid.to_uppercase(), &[]),
        (&uuid, &uuid.replace('-', ""), &["EXTRA-UUID"]),
        ("name=\"0200000\"", "name=\"02000000\"", &["EXTRA-SUBTYPE"]),
        ("name=\"0200000\"", "name=\"0200002\"", &["EXTRA-SUBTYPE"]),
        ("reporting:1.0", "reporting:1.1", &["EXTRA-PROFILE"]),
        ("SAR</cbc:TaxCurrencyCode>", "USD</cbc:TaxCurrencyCode>", &["EXTRA-TAX-CURRENCY"]),
        ("</cbc:TaxCurrencyCode>", "</cbc:TaxCurrencyCode><cbc:Note> </cbc:Note>", &["EXTRA-EMPTY"]),
    ] {
        expect(to, &stamped_anew(&changed(from, to)), ids);
    }
}

#[test]
fn a_stamp_is_asked_for_where_it_must_be() {
    let start = SIGNED.find("<ext:UBLExtensions>").unwrap();
    let end = SIGNED.find("</ext:UBLExtensions>").unwrap() + "</ext:UBLExtensions>".len();
    let bare = [&SIGNED[..start], &SIGNED[end..]].concat();
    // Without a stamp its tags 6 to 9 have nothing to be compared with.
    expect("simplified", &bare, &["NOT-SIGNED"]);
    let standard = bare.replace("name=\"0200000\"", "name=\"0100000\"");
    expect("standard", &standard, &[]);
    let status = |xml: &str, layer: Layer| {
        let judgement = judge(xml.as_bytes(), &Options::default());
        judgement.layers.iter().find(|(one, _)| *one == layer).unwrap().1
    };
    assert_eq!(status(&standard, Layer::Signature), Status::Skip);
    assert_eq!(status(&bare, Layer::Signature), Status::Fail);
    assert_eq!(status(SIGNED, Layer::Signature), Status::Pass);
    let required = Options { require_signature: true, ..Options::default() };
    assert_eq!(rules_with(&standard, &required), BTreeSet::from(["NOT-SIGNED".to_owned()]));
    let without_code = put(&standard, QR_TEXT, "").replace("<cbc:ID>QR</cbc:ID>", "<cbc:ID>Q</cbc:ID>");
    assert_eq!(status(&without_code, Layer::Qr), Status::Skip);
}
