//! What a correction may say, and what comes of it.

use std::sync::Arc;

use super::*;
use crate::invoice::{self, Finding, Header, Invoice, IssueMoment, Priced, Terms, samples};

const SALE: &str = r#"{"lines":[
    {"name":{"ar":"شاي","en":"Tea"},"quantity":2,"shelf_price":"5.75","vat":"S","barcode":"628"},
    {"name":"Tablets","quantity":1,"shelf_price":"7.00","vat":{"category":"Z","reason_code":"VATEX-SA-35"}},
    {"name":"Gauze","quantity":1,"shelf_price":"3.00","vat":{"category":"Z","reason_code":"VATEX-SA-35"}}],
    "note":"As it was","discount":"1.00"}"#;

fn document(body: &str) -> Invoice {
    let draft = invoice::read_sale(body.as_bytes()).unwrap();
    let issued = IssueMoment::from_unix(1_773_511_509).unwrap();
    let header = Header {
        kind: draft.kind,
        number: InvoiceNumber::parse("T1-000001").unwrap(),
        uuid: Uuid::from_u128(7),
        issued,
        seller: Arc::new(samples::seller()),
        terms: draft.terms.clone(),
    };
    Invoice { header, priced: invoice::price(&draft).unwrap() }
}

fn changes(text: &str) -> Changes {
    let body = format!(r#"{{"rejected":{{"number":"T1-000001"}},"changes":{text}}}"#);
    match read_correction(body.as_bytes()).unwrap().remedy {
        Remedy::Changes(changes) => *changes,
        other => panic!("{other:?}"),
    }
}

fn applied(text: &str) -> Result<(Terms, Priced), Vec<Finding>> {
    apply(&document(SALE), &changes(text))
}

fn told(found: Vec<Finding>) -> Vec<(String, &'static str)> {
    found.into_iter().map(|finding| (finding.field, finding.rule)).collect()
}

fn refused(body: &str) -> Vec<(String, &'static str)> {
    told(read_correction(body.as_bytes()).unwrap_err())
}

fn one(field: &str, rule: &'static str) -> Vec<(String, &'static str)> {
    vec![(field.to_owned(), rule)]
}

#[test]
fn without_changes_it_is_the_same_document() {
    let before = document(SALE);
    assert_eq!(apply(&before, &Changes::default()), Ok((before.header.terms, before.priced)));
}

#[test]
fn words_and_names_change_and_amounts_do_not() {
    let (terms, priced) = applied(
        r#"{"buyer":{"name":"Nora"},"note":"Put right","lines":[
            {"line":1,"name":"Green tea","unit":"BX","barcode":"629","article":"T-1"},
            {"line":3,"vat":{"reason_code":"VATEX-SA-36"}}]}"#,
    )
    .unwrap();
    let before = document(SALE);
    assert_eq!(terms.buyer.unwrap().name.as_deref(), Some("Nora"));
    assert_eq!(terms.note.as_deref(), Some("Put right"));
    let line = &priced.lines[0];
    assert_eq!((line.name.as_str(), line.unit.as_str()), ("Green tea", "BX"));
    assert_eq!((line.barcode.as_deref(), line.article.as_deref()), (Some("629"), Some("T-1")));
    // One subtotal, one reason: both zero-rated lines and the discount's share follow.
    let zero = |vat: &crate::invoice::Vat| vat.exemption.as_ref().map(|exemption| exemption.code);
    assert_eq!(zero(&priced.lines[1].vat), Some("VATEX-SA-36"));
    assert_eq!(zero(&priced.lines[2].vat), Some("VATEX-SA-36"));
    assert!(priced.groups.iter().any(|group| zero(&group.vat) == Some("VATEX-SA-36")));
    assert!(priced.allowances.iter().all(|part| zero(&part.vat) != Some("VATEX-SA-35")));
    assert_eq!((priced.totals, priced.tenders), (before.priced.totals, before.priced.tenders));
    for (new, old) in priced.lines.iter().zip(&before.priced.lines) {
        assert_eq!((new.quantity, new.price, new.paid), (old.quantity, old.price, old.paid));
    }
}

#[test]
fn an_empty_buyer_takes_the_buyer_off() {
    let named = document(&SALE.replace("\"note\"", "\"buyer\":{\"name\":\"Nora\"},\"note\""));
    assert!(named.header.terms.buyer.is_some());
    assert_eq!(apply(&named, &changes(r#"{"buyer":{}}"#)).unwrap().0.buyer, None);
}

#[test]
fn what_the_customer_holds_is_refused_with_words() {
    let fixed = refused(
        r#"{"rejected":{"number":"T1-1"},"changes":{"discount":"1.00","tenders":[],
            "lines":[{"line":1,"quantity":3,"shelf_price":"1.00","vat":{"rate":5}}]}}"#,
    );
    let fields = ["lines[0].quantity", "lines[0].shelf_price", "lines[0].vat.rate", "discount", "tenders"];
    let mut wanted: Vec<_> =
        fields.map(|field| (format!("changes.{field}"), "TILLD-CORRECTION-FIXED")).into();
    wanted.sort();
    let mut fixed = fixed;
    fixed.sort();
    assert_eq!(fixed, wanted);
}

#[test]
fn requests_that_do_not_say_one_thing() {
    assert_eq!(refused("{}"), one("rejected", "TILLD-MISSING"));
    assert_eq!(refused(r#"{"rejected":{}}"#), one("rejected", "TILLD-CORRECTION-OF"));
    assert_eq!(refused(r#"{"rejected":{"uuid":"x","number":"y"}}"#), one("rejected", "TILLD-CORRECTION-OF"));
    assert_eq!(refused(r#"{"rejected":{"uuid":"x"}}"#), one("rejected.uuid", "TILLD-UUID"));
    let sale = r#"{"lines":[{"name":"Tea","quantity":0,"shelf_price":1,"vat":"S"}]}"#;
    let body = format!(r#"{{"rejected":{{"number":"T1-1"}},"sale":{sale}}}"#);
    assert_eq!(refused(&body), one("sale.lines[0].quantity", "BR-22"));
    let both =
        body.replace("\"sale\"", "\"changes\":{},\"sale\"").replace("\"quantity\":0", "\"quantity\":1");
    assert_eq!(refused(&both), one("sale", "TILLD-CORRECTION-SALE"));
    assert_eq!(
        refused(r#"{"rejected":{"number":"T1-1"},"changes":{"total":1}}"#),
        one("changes.total", "TILLD-UNKNOWN-FIELD")
    );
    assert_eq!(refused(r#"{"rejected":{"number":"T1-1"},"changes":[]}"#), one("changes", "TILLD-TYPE"));
    assert_eq!(refused("["), one("", "TILLD-JSON"));
}

#[test]
fn changes_that_do_not_fit_the_document() {
    let wrong = |text: &str| told(applied(text).unwrap_err());
    assert_eq!(
        wrong(r#"{"lines":[{"line":4,"name":"Tea"}]}"#),
        one("changes.lines[0].line", "TILLD-CREDIT-NO-LINE")
    );
    assert_eq!(
        wrong(r#"{"lines":[{"line":1,"name":"Tea"},{"line":1,"unit":"BX"}]}"#),
        one("changes.lines[1].line", "TILLD-CREDIT-LINE-TWICE")
    );
    assert_eq!(
        wrong(r#"{"lines":[{"line":1,"vat":{"reason_code":"VATEX-SA-35"}}]}"#),
        one("changes.lines[0].vat.reason_code", "BR-S-10")
    );
    assert_eq!(
        wrong(r#"{"lines":[{"line":2,"vat":{"reason_code":"VATEX-SA-29"}}]}"#),
        one("changes.lines[0].vat.reason_code", "BR-KSA-CL-04")
    );
    assert_eq!(
        wrong(
            r#"{"lines":[{"line":2,"vat":{"reason_code":"VATEX-SA-36"}},
                         {"line":3,"vat":{"reason_code":"VATEX-SA-35"}}]}"#
        ),
        one("changes.lines[1].vat", "TILLD-TWO-REASONS")
    );
    assert_eq!(wrong(r#"{"reason":"goods_returned"}"#), one("changes.reason", "TILLD-ONLY-ON-NOTES"));
    // A citizen's zero rate needs the citizen.
    assert_eq!(
        wrong(r#"{"lines":[{"line":2,"vat":{"reason_code":"VATEX-SA-HEA"}}]}"#),
        [("changes.buyer.name".to_owned(), "BR-KSA-25"), ("changes.buyer.id".to_owned(), "BR-KSA-49")]
    );
}

#[test]
fn a_standard_document_keeps_its_company() {
    let buyer = r#""buyer":{"name":"Co","vat_number":"310122393500003","address":{"street":"s","building":"1234",
        "district":"d","city":"c","postal_code":"12345","country":"SA"}}"#;
    let standard = document(&SALE.replace("\"note\"", &format!("\"subtype\":\"standard\",{buyer},\"note\"")));
    assert!(apply(&standard, &Changes::default()).is_ok());
    let gone = told(apply(&standard, &changes(r#"{"buyer":{"name":"Co"}}"#)).unwrap_err());
    assert!(gone.contains(&("changes.buyer.address.street".to_owned(), "BR-KSA-10")), "{gone:?}");
}
