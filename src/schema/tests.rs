//! Structure: what is valid, what is found and how it is said.

use super::model::{Declared, Type, particle};
use super::table::{ELEMENTS, GLOBALS, PARTICLES, TYPES};
use super::value::fits;
use super::{Simple, Structure, Wrong, check};
use crate::xml::{Dom, Ns};

/// The least that UBL calls an invoice.
const LEAST: &str = r#"<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
 xmlns:ext="urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"
 xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent><other xmlns="urn:other"/></ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>
 <cbc:ID>1</cbc:ID>
 <cbc:IssueDate>2026-02-28</cbc:IssueDate>
 <cbc:IssueTime>10:00:00</cbc:IssueTime>
 <cbc:Note languageID="ar">x</cbc:Note>
 <cac:AccountingSupplierParty/>
 <cac:AccountingCustomerParty/>
 <cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="SAR">1.00</cbc:PayableAmount></cac:LegalMonetaryTotal>
 <cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:LineExtensionAmount currencyID="SAR">1</cbc:LineExtensionAmount><cac:Item/></cac:InvoiceLine>
</Invoice>"#;

fn findings(document: &str) -> Vec<Structure> {
    check(&Dom::parse(document.as_bytes()).unwrap())
}

/// The findings once something in the least invoice is replaced.
fn with(old: &str, new: &str) -> Vec<Structure> {
    assert!(LEAST.contains(old), "{old}");
    findings(&LEAST.replacen(old, new, 1))
}

fn only(found: Vec<Structure>) -> (String, Wrong) {
    assert_eq!(found.len(), 1, "{found:?}");
    let first = found.into_iter().next().unwrap();
    (first.path, first.wrong)
}

/// What is wrong when this stands inside the extension's content.
fn extension(inside: &str) -> Vec<Structure> {
    with(r#"<other xmlns="urn:other"/>"#, inside)
}

#[test]
fn the_least_invoice_is_valid() {
    assert_eq!(findings(LEAST), []);
}

#[test]
fn a_missing_element_is_named() {
    let (path, wrong) = only(with("<cbc:ID>1</cbc:ID>\n", ""));
    assert_eq!(path, "/Invoice");
    assert_eq!(wrong, Wrong::Missing { expected: vec!["cbc:ID".to_owned()] });
    let (path, wrong) = only(with("<cac:Item/>", ""));
    assert_eq!(path, "/Invoice/cac:InvoiceLine");
    assert_eq!(wrong, Wrong::Missing { expected: vec!["cac:Item".to_owned()] });
}

#[test]
fn doubled_misplaced_and_unknown_elements_are_told_apart() {
    let (path, wrong) =
        only(with("<cbc:IssueTime>", "<cbc:IssueDate>2026-02-28</cbc:IssueDate><cbc:IssueTime>"));
    assert_eq!(
        (path.as_str(), wrong),
        ("/Invoice/cbc:IssueDate[2]", Wrong::TooMany { found: "cbc:IssueDate".into() })
    );
    let (_, wrong) =
        only(with("<cac:AccountingSupplierParty/>", "<cac:AccountingSupplierParty/><cbc:Note/>"));
    assert_eq!(wrong, Wrong::Order { found: "cbc:Note".into(), after: "cac:AccountingSupplierParty".into() });
    let (path, wrong) = only(with("<cbc:Note ", "<cbc:Nota/><cbc:Note "));
    assert_eq!(path, "/Invoice/cbc:Nota");
    assert!(matches!(wrong, Wrong::Unexpected { found, expected } if found == "cbc:Nota"
        && expected.first().is_some_and(|first| first == "cbc:DueDate")
        && expected.last().is_some_and(|last| last == "cac:AccountingSupplierParty")));
    let (path, wrong) = only(with("<cac:Item/>", "<cac:Item/><cac:Item/>"));
    assert_eq!(
        (path.as_str(), wrong),
        ("/Invoice/cac:InvoiceLine/cac:Item[2]", Wrong::TooMany { found: "cac:Item".into() })
    );
    assert!(
        matches!(only(with("<cbc:ID>1</cbc:ID>\n", "<cbc:ID>1<cbc:ID/></cbc:ID>\n")).1, Wrong::Unexpected { expected, .. } if expected.is_empty())
    );
}

#[test]
fn values_and_attributes_are_held_to_their_types() {
    let (path, wrong) = only(with("2026-02-28", "2026-02-29"));
    assert_eq!(path, "/Invoice/cbc:IssueDate");
    assert_eq!(wrong, Wrong::Value { form: Simple::Date, found: "2026-02-29".into() });
    assert_eq!(
        only(with(r#"<cbc:PayableAmount currencyID="SAR">"#, "<cbc:PayableAmount>")).1,
        Wrong::MissingAttribute { name: "currencyID".into() }
    );
    assert_eq!(
        only(with(r#"languageID="ar""#, r#"languageID="a r""#)).1,
        Wrong::AttributeValue { name: "languageID".into(), form: Simple::Language, found: "a r".into() }
    );
    assert_eq!(
        only(with("<cac:Item/>", "<cac:Item xml:lang='ar'/>")).1,
        Wrong::UnknownAttribute { name: "xml:lang".into() }
    );
    assert_eq!(
        only(with("<cac:Item/>", "<cac:Item>text</cac:Item>")).1,
        Wrong::Text { found: "text".into() }
    );
    assert_eq!(with("<cac:Item/>", "<cac:Item> <!-- --> </cac:Item>"), []);
}

#[test]
fn what_speaks_to_processors_is_treated_as_they_do() {
    assert_eq!(with("<cac:Item/>", "<cac:Item xsi:schemaLocation='a' xsi:type='cac:ItemType'/>"), []);
    assert_eq!(only(with("<cac:Item/>", "<cac:Item xsi:nil='false'/>")).1, Wrong::Nil);
    for other in ["cac:PartyType", "ItemType", "none:ItemType", "", " cac:ItemType"] {
        assert_eq!(
            only(with("<cac:Item/>", &format!("<cac:Item xsi:type='{other}'/>"))).1,
            Wrong::Type { found: other.into() }
        );
    }
}

#[test]
fn extensions_may_hold_anything_but_what_is_known_must_be_right() {
    for fine in [
        "<other xmlns='urn:other' a='1'>text<cbc:ID/></other>",
        "<cac:Item/>",
        "<ds:Unknown/>",
        "<cac:Unknown/>",
        "<ds:KeyName>x</ds:KeyName>",
    ] {
        assert_eq!(extension(fine), [], "{fine}");
    }
    for wrong in [
        "",
        "text<cac:Item/>",
        "<none xmlns=''/>",
        "<ext:UBLExtensions/>",
        "<cac:Item><cbc:Unknown/></cac:Item>",
        "<cac:Item/><cac:Item/>",
    ] {
        assert_ne!(extension(wrong), [], "{wrong}");
    }
    let nested = extension("<other xmlns='urn:other'><cac:Item><cbc:Unknown/></cac:Item></other>");
    assert!(only(nested).0.ends_with("/other/cac:Item/cbc:Unknown"));
}

#[test]
fn the_contents_of_signatures_are_automata() {
    let method = |inside: &str| {
        extension(&format!("<ds:CanonicalizationMethod Algorithm='a'>{inside}</ds:CanonicalizationMethod>"))
    };
    assert_eq!(method("text <cbc:ID/> <ds:KeyName/>"), []);
    assert_eq!(only(method("<strange xmlns='urn:x'/>")).1, Wrong::Unknown { found: "strange".into() });
    let data = |inside: &str| extension(&format!("<ds:X509Data>{inside}</ds:X509Data>"));
    assert_eq!(data("<ds:X509SubjectName/><ds:X509Certificate>AAAA</ds:X509Certificate>"), []);
    assert!(
        matches!(only(data("")).1, Wrong::Missing { expected } if expected.contains(&"ds:X509SKI".to_owned()) && expected.contains(&"*".to_owned()))
    );
    assert!(matches!(only(data("<ds:X509SKI/><ds:KeyName/>")).1, Wrong::Unexpected { .. }));
    assert_eq!(
        only(data("<ds:X509IssuerSerial><ds:X509IssuerName/></ds:X509IssuerSerial>")).1,
        Wrong::Missing { expected: vec!["ds:X509SerialNumber".into()] }
    );
    let doubled =
        extension("<ds:KeyInfo Id='a'><ds:KeyName/><ds:Object xmlns:xades='urn:x' Id='b'/></ds:KeyInfo>");
    assert_ne!(doubled, []);
    let ids = extension("<o xmlns='urn:o'><ds:Object Id='same'/><ds:Object Id='same'/></o>");
    assert_eq!(only(ids).1, Wrong::DoubleId { found: "same".into() });
}

#[test]
fn the_document_element_must_be_known() {
    assert_eq!(only(findings("<Invoice/>")).1, Wrong::Root { found: "Invoice".into() });
    assert_eq!(findings(&format!("<cbc:ID xmlns:cbc='{}'/>", Ns::Cbc.uri())), []);
}

#[test]
fn findings_are_bounded() {
    assert_eq!(
        findings(&format!("<Invoice xmlns='{}'>{}</Invoice>", Ns::Invoice.uri(), "<x/>".repeat(10_000)))
            .len(),
        50
    );
}

#[test]
fn forms_of_values() {
    let cases: [(Simple, &[&str], &[&str]); 11] = [
        (
            Simple::Language,
            &["en", "ar-SA", " en ", "abcdefgh"],
            &["", "en-", "1n", "en_US", "abcdefghi", "en--us"],
        ),
        (Simple::Uri, &["", "a b", "é", " http://x", "x:y"], &["%", "#a#b", "a[b]", "http://a:b/", ":"]),
        (Simple::Id, &["a", " a ", "é"], &["1", "a b", "", "a:b", "€"]),
        (
            Simple::Base64,
            &["", "AA==", "A Q = =", "AAE=", "AAA-A"],
            &["A", "AAB=", "AB==", "AA==AAAA", "====", "AAAAA"],
        ),
        (Simple::Boolean, &["true", "0", " false "], &["TRUE", "", "01", "yes"]),
        (
            Simple::Date,
            &["2024-02-29", "-0001-01-01", "12024-01-01", "2024-01-01Z", "2024-01-01+14:00"],
            &[
                "2023-02-29",
                "2100-02-29",
                "0000-01-01",
                "02024-01-01",
                "2024-1-1",
                " 2024-01-01",
                "2024-01-01+14:01",
                "2024-04-31",
                "",
                "٢٠٢٤-٠١-٠١",
                "9223372036854775808-01-01",
            ],
        ),
        (
            Simple::Time,
            &["00:00:00", "24:00:00", "24:00:00.0", "23:59:59.999", "12:00:00+03:00", " \t\n12:00:00"],
            &[
                "24:00:01",
                "23:59:60",
                "12:00",
                "12:00:00.",
                "24:00:00.1",
                "12:00:00 ",
                "23:59:59.99999999999999999999",
                "12:00:00z",
            ],
        ),
        (
            Simple::DateTime,
            &["2024-01-01T00:00:00Z", "2024-01-01T24:00:00"],
            &["2024-01-01", "2024-01-01 00:00:00", "2024-01-01T", "2024-02-30T00:00:00"],
        ),
        (
            Simple::Decimal,
            &["1", "1.", ".1", "-0", " +.5 ", "1111111111111111111111111.5"],
            &["", ".", "+", "-.", "1e5", "1,000", "١", "--1", "NaN", "1 0"],
        ),
        (Simple::Integer, &["1", "+1", "-0", " 5 "], &["1.", "", "+", "1.0"]),
        (Simple::Choice(0), &["OIDAsURI", " OIDAsURN "], &["", "oidasuri"]),
    ];
    for (form, right, wrong) in cases {
        right.iter().for_each(|text| assert!(fits(form, text), "{form:?} {text:?}"));
        wrong.iter().for_each(|text| assert!(!fits(form, text), "{form:?} {text:?}"));
    }
}

#[test]
fn the_table_is_whole() {
    let sorted: Vec<_> =
        (0..GLOBALS).map(|number| (ELEMENTS[usize::from(number)].0, Declared(number).name())).collect();
    assert!(sorted.windows(2).all(|pair| pair[0] < pair[1]));
    for number in 0..u16::try_from(ELEMENTS.len()).unwrap() {
        let element = Declared(number);
        assert!(!element.name().is_empty() && usize::from(element.kind().0) < TYPES.len());
        assert!(number >= GLOBALS || Declared::global(element.ns(), element.name()) == Some(element));
    }
    for number in 0..u16::try_from(TYPES.len()).unwrap() {
        assert!(Type(number).attributes().iter().all(|(name, _, _)| !name.text().is_empty()));
    }
    for place in 0..u16::try_from(PARTICLES.len()).unwrap() {
        assert!(usize::from(particle(place).element.0) < ELEMENTS.len());
    }
}

#[test]
fn every_finding_speaks_both_languages() {
    let (found, name, one) = ("x".to_owned(), "y".to_owned(), vec!["z".to_owned()]);
    let all = [
        Wrong::Root { found: found.clone() },
        Wrong::Unexpected { found: found.clone(), expected: Vec::new() },
        Wrong::Unexpected { found: found.clone(), expected: one.clone() },
        Wrong::Order { found: found.clone(), after: name.clone() },
        Wrong::TooMany { found: found.clone() },
        Wrong::Missing { expected: one },
        Wrong::Unknown { found: found.clone() },
        Wrong::Text { found: found.clone() },
        Wrong::Value { form: Simple::Decimal, found: found.clone() },
        Wrong::UnknownAttribute { name: name.clone() },
        Wrong::MissingAttribute { name: name.clone() },
        Wrong::AttributeValue { name, form: Simple::Choice(0), found: found.clone() },
        Wrong::DoubleId { found: found.clone() },
        Wrong::Nil,
        Wrong::Type { found },
    ];
    for wrong in all {
        let finding = Structure { line: 1, path: "/Invoice".into(), wrong };
        for words in [finding.message(), finding.remedy()] {
            assert!(
                !words.en.is_empty() && words.ar.chars().any(|c| ('\u{600}'..'\u{700}').contains(&c)),
                "{words:?}"
            );
        }
    }
}
