//! Each rule fires, alone or with those that the same fault must break too.

mod faults;
mod fixture;

use std::collections::BTreeSet;

use faults::CASES;
use fixture::{GOOD, changed, written_out};

use crate::rules::table_en::EN16931;
use crate::rules::{Context, Edition, Measure, Term, Violation, Violations, Wrong, from_xml};
use crate::xml::Dom;

fn judged(xml: &str, measure: Measure) -> Vec<Violation> {
    let dom = Dom::parse(xml.as_bytes()).unwrap();
    let mut out = Violations::default();
    super::run(&from_xml(dom.root()), &Context { measure, now: 0 }, &mut out);
    out.into_vec()
}

fn ids(xml: &str, measure: Measure) -> BTreeSet<&'static str> {
    judged(xml, measure).iter().map(|violation| violation.rule).collect()
}

/// Rules that only the former edition has, or that it does not shadow.
const FORMER: &[&str] = &["BR-10", "BR-41", "BR-DEC-24", "BR-DEC-25"];

#[test]
fn nothing_fires_on_a_good_document() {
    let good = written_out(GOOD);
    assert_eq!(judged(&good, Measure::Current), []);
    assert_eq!(judged(&good, Measure::BothEditions), []);
}

#[test]
fn each_fault_fires_its_rule() {
    for (rule, from, to, also) in CASES {
        let xml = changed(from, to);
        let expected: BTreeSet<&str> = also.iter().copied().chain([*rule]).collect();
        assert_eq!(ids(&xml, Measure::BothEditions), expected, "{rule}");
        let current: BTreeSet<&str> =
            expected.iter().copied().filter(|rule| !FORMER.contains(rule)).collect();
        assert_eq!(ids(&xml, Measure::Current), current, "{rule}");
    }
}

#[test]
fn each_rule_of_the_table_has_its_fault() {
    let faults: BTreeSet<&str> = CASES.iter().map(|case| case.0).collect();
    let table: BTreeSet<&str> = EN16931.iter().map(|rule| rule.id).collect();
    assert_eq!(faults, table);
    assert_eq!(EN16931.len(), table.len());
    let former = EN16931.iter().filter(|rule| rule.edition == Edition::Former);
    assert_eq!(former.map(|rule| rule.id).collect::<Vec<_>>(), ["BR-10"]);
}

#[test]
fn the_former_edition_is_stricter_in_three_places() {
    for (rule, from, to) in [
        // A total in riyals must be there; a hundredth is granted, however many the lines.
        ("BR-53", "<cac:TaxTotal><cbc:TaxAmount currencyID=\"SAR\">..</cac:TaxTotal>", ""),
        (
            "BR-CO-17",
            "<cbc:Percent>15.00</cbc:Percent>{VAT}</cac:TaxCategory></cac:TaxSubtotal>",
            "<cbc:Percent>15.03</cbc:Percent>{VAT}</cac:TaxCategory></cac:TaxSubtotal>",
        ),
        (
            "BR-S-09",
            "<cbc:Percent>15.00</cbc:Percent>{VAT}</cac:TaxCategory></cac:TaxSubtotal>",
            "<cbc:Percent>15.03</cbc:Percent>{VAT}</cac:TaxCategory></cac:TaxSubtotal>",
        ),
    ] {
        let xml = changed(from, to);
        assert!(ids(&xml, Measure::BothEditions).contains(rule), "{rule}");
        assert!(!ids(&xml, Measure::Current).contains(rule), "{rule}");
    }
}

#[test]
fn places_that_no_field_names_are_judged_too() {
    let goods = "<cac:Delivery><cac:Shipment><cac:GoodsItem>{line 9 1.00 E 5}</cac:GoodsItem></cac:Shipment></cac:Delivery>";
    for (to, expected) in [
        (goods, &["BR-CO-10", "BR-E-05"][..]),
        (
            "<cac:Delivery><cac:DeliveryTerms>{reduction false 1 Z 5}</cac:DeliveryTerms></cac:Delivery>",
            &["BR-Z-06"],
        ),
        (
            "<cac:Delivery><cac:Despatch><cac:DespatchAddress><cac:Country><cbc:IdentificationCode>sa</cbc:IdentificationCode></cac:Country></cac:DespatchAddress></cac:Despatch></cac:Delivery>",
            &["BR-CL-14"],
        ),
        (
            "<cac:Delivery><cac:Shipment><cbc:DeclaredCustomsValueAmount currencyID=\"x\">1</cbc:DeclaredCustomsValueAmount></cac:Shipment></cac:Delivery>",
            &[],
        ),
    ] {
        let expected: BTreeSet<&str> = expected.iter().copied().collect();
        assert_eq!(ids(&changed("<!--more-->", to), Measure::Current), expected, "{to}");
    }
}

#[test]
fn amounts_are_compared_as_numbers_and_measured_as_written() {
    for same in ["+200.10", "0200.1", " 200.1", "200.1"] {
        let xml = changed(">200.10<", &format!(">{same}<"));
        assert!(ids(&xml, Measure::Current).is_empty(), "{same:?}");
    }
    // Only the text "0" is no quantity.
    assert!(ids(&changed(">1.000000<", ">0.000000<"), Measure::Current).is_empty());
}

#[test]
fn what_cannot_be_counted_is_said() {
    for huge in ["1234567890123456789012345678901234567890", "0.12345678901234567890123456789"] {
        let found = judged(&changed(">200.10<", &format!(">{huge}<")), Measure::Current);
        let wrong = Wrong::NotANumber { found: huge.to_owned() };
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].rule, found[0].term, &found[0].wrong),
            ("RULE-EVALUATION", Term::Payable, &wrong)
        );
    }
    let twice = "<cbc:RegistrationName>A</cbc:RegistrationName></cac:PartyLegalEntity><cac:PartyLegalEntity><cbc:RegistrationName>B</cbc:RegistrationName>";
    let xml = changed("<cbc:RegistrationName>Seller</cbc:RegistrationName>", twice);
    assert_eq!(ids(&xml, Measure::Current), BTreeSet::from(["RULE-EVALUATION"]));
}
