//! Every kind of tampering against the id that it must be found by, on the
//! published vector and its worthless key.

mod claims;

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use k256::ecdsa::signature::Signer as _;
use k256::ecdsa::{DerSignature, Signature, SigningKey};

use super::encoding::strict;
use super::*;
use crate::stamp::hex_digest_base64;

const SIGNED: &str = include_str!("../../tests/vectors/simplified-388.signed.xml");
const CERTIFICATE: &str = include_str!("../../tests/vectors/test-cert-b64.txt");
const VECTOR: &str = include_str!("../../tests/vectors/simplified-388.json");

const INVOICE_DIGEST: (&str, &str) =
    ("xmlenc#sha256\"/><ds:DigestValue>", "</ds:DigestValue></ds:Reference><ds:R");
const SIGNATURE_VALUE: (&str, &str) = ("<ds:SignatureValue>", "</ds:SignatureValue>");
const EMBEDDED: (&str, &str) = ("<ds:X509Certificate>", "</ds:X509Certificate>");
const QR_TEXT: (&str, &str) = (
    "<cbc:ID>QR</cbc:ID><cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode=\"text/plain\">",
    "</cbc:EmbeddedDocumentBinaryObject>",
);

fn key() -> SigningKey {
    let (_, rest) = VECTOR.split_once("private_key_scalar_hex\": \"").unwrap();
    let scalar: Vec<u8> =
        (0..32).map(|at| u8::from_str_radix(&rest[2 * at..2 * at + 2], 16).unwrap()).collect();
    SigningKey::from_slice(&scalar).unwrap()
}

fn get<'x>(xml: &'x str, (open, close): (&str, &str)) -> &'x str {
    xml.split_once(open).unwrap().1.split_once(close).unwrap().0
}

fn put(xml: &str, place: (&str, &str), value: &str) -> String {
    let (before, rest) = xml.split_once(place.0).unwrap();
    let at = rest.find(place.1).unwrap();
    [before, place.0, value, &rest[at..]].concat()
}

/// With exactly one place changed.
fn changed(from: &str, to: &str) -> String {
    assert!(SIGNED.contains(from), "{from}");
    SIGNED.replacen(from, to, 1)
}

fn tags(xml: &str) -> Vec<(u8, Vec<u8>)> {
    let data = strict(get(xml, QR_TEXT)).unwrap();
    let mut rest = data.as_slice();
    let mut tags = Vec::new();
    while let [tag, length, tail @ ..] = rest {
        tags.push((*tag, tail[..usize::from(*length)].to_vec()));
        rest = &tail[usize::from(*length)..];
    }
    tags
}

fn with_tags(xml: &str, tags: &[(u8, Vec<u8>)]) -> String {
    let data: Vec<u8> =
        tags.iter().flat_map(|(tag, value)| [&[*tag, value.len() as u8][..], value].concat()).collect();
    put(xml, QR_TEXT, &STANDARD.encode(data))
}

fn with_tag(xml: &str, tag: u8, value: &[u8]) -> String {
    let mut all = tags(xml);
    all.iter_mut().filter(|(one, _)| *one == tag).for_each(|(_, old)| *old = value.to_vec());
    with_tags(xml, &all)
}

/// Hash, signature and the QR code made to fit the content again.
fn stamped_anew(xml: &str) -> String {
    let hash = hash::of_document(&Dom::parse(xml.as_bytes()).unwrap()).unwrap();
    let signature: DerSignature = key().sign(hash.bytes());
    let signature = STANDARD.encode(signature.as_bytes());
    let xml = put(xml, INVOICE_DIGEST, &hash.to_base64());
    let xml = put(&xml, SIGNATURE_VALUE, &signature);
    let xml = with_tag(&xml, 6, hash.to_base64().as_bytes());
    with_tag(&xml, 7, signature.as_bytes())
}

/// The digest of the signing details made to fit them again.
fn details_digested(xml: &str) -> String {
    let old = {
        let found = judge(xml.as_bytes(), &Options::default());
        let digests = found.findings.iter().find(|found| found.rule == "SP-VALUE").unwrap();
        let (_, rest) = digests.message.en.split_once("states (").unwrap();
        let (stated, rest) = rest.split_once("); theirs is ").unwrap();
        (stated.to_owned(), rest.trim_end_matches('.').to_owned())
    };
    assert_eq!(old.0.len(), 88);
    xml.replace(&old.0, &old.1)
}

const CRYPTO: [Layer; 7] = [
    Layer::Hash,
    Layer::SignedProperties,
    Layer::Certificate,
    Layer::Signature,
    Layer::Qr,
    Layer::Pih,
    Layer::Extra,
];

/// Ids of the layers that this room judges itself; warnings with `?` behind.
fn rules(xml: &str) -> BTreeSet<String> {
    rules_with(xml, &Options::default())
}

fn rules_with(xml: &str, options: &Options) -> BTreeSet<String> {
    let found = judge(xml.as_bytes(), options).findings.into_iter();
    found
        .filter(|found| CRYPTO.contains(&found.layer))
        .map(|found| match found.severity {
            Severity::Error => found.rule.into_owned(),
            Severity::Warning => format!("{}?", found.rule),
        })
        .collect()
}

fn expect(what: &str, xml: &str, ids: &[&str]) {
    let wanted: BTreeSet<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    assert_eq!(rules(xml), wanted, "{what}");
}

#[test]
fn the_vector_and_its_second_stamp_pass() {
    expect("as published", SIGNED, &[]);
    expect("stamped anew", &stamped_anew(SIGNED), &[]);
    let judgement = judge(SIGNED.as_bytes(), &Options::default());
    let facts = judgement.facts.unwrap();
    assert_eq!(facts.hash.as_deref(), Some(get(SIGNED, INVOICE_DIGEST)));
    assert_eq!(facts.pih.as_deref(), Some(crate::chain::GENESIS_PIH));
    assert_eq!(facts.icv.as_deref(), Some("1"));
}

#[test]
fn altered_content_is_found_by_its_hash() {
    let altered = changed("</cbc:Name>", " </cbc:Name>");
    expect("content", &altered, &["HASH-VALUE", "QR-TAG-6"]);
    expect("content, stamped anew", &stamped_anew(&altered), &[]);
    let digest = get(SIGNED, INVOICE_DIGEST).to_owned();
    let other = STANDARD.encode([7; 32]);
    let stated = SIGNED.replacen(&digest, &other, 1);
    expect("stated hash", &stated, &["HASH-VALUE", "SIG-VALUE", "QR-TAG-6"]);
}

#[test]
fn the_reference_to_the_invoice_is_held_to_its_form() {
    for (from, to, ids) in [
        ("Id=\"invoiceSignedData\"", "Id=\"other\"", &["HASH-REFERENCE", "SIG-VALUE", "QR-TAG-6"][..]),
        ("URI=\"\"", "URI=\"#x\"", &["HASH-URI"]),
        (" URI=\"\"", "", &["HASH-URI"]),
        (
            "not(//ancestor-or-self::cac:Signature)",
            "not(//ancestor-or-self::cac:Signatur)",
            &["HASH-TRANSFORMS"],
        ),
        ("not(//ancestor-or-self::cac:Signature)", " not( //ancestor-or-self::cac:Signature )\n", &[]),
        (
            "<ds:Transform Algorithm=\"http://www.w3.org/2006/12/xml-c14n11\"/></ds:T",
            "</ds:T",
            &["HASH-TRANSFORMS"],
        ),
        (
            "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>",
            "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha512\"/><ds:DigestValue>",
            &["HASH-METHOD"],
        ),
    ] {
        expect(to, &changed(from, to), ids);
    }
}

#[test]
fn the_signing_details_are_held_to_digest_and_layout() {
    let kind = "Type=\"http://www.w3.org/2000/09/xmldsig#SignatureProperties\"";
    expect("type", &changed(kind, "Type=\"x\""), &["SP-TYPE"]);
    expect("no type", &changed(kind, ""), &["SP-TYPE"]);
    expect("id", &changed("Id=\"xadesSignedProperties\"", "Id=\"x\""), &["SP-REFERENCE"]);
    let digest =
        "#xadesSignedProperties\"><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>";
    expect("method", &changed(digest, &digest.replace("sha256", "sha1")), &["SP-METHOD"]);
    let moved = changed("                                            <xades:Cert>", " <xades:Cert>");
    expect("layout", &moved, &["SP-VALUE", "SP-LAYOUT?"]);
    expect("layout, digested", &details_digested(&moved), &["SP-LAYOUT?"]);
    let written_out = SIGNED.replace("#sha256\"/>\n", "#sha256\"></ds:DigestMethod>\n");
    assert_ne!(written_out, SIGNED);
    expect("an empty element as two tags is the same element", &written_out, &[]);
}

#[test]
fn what_the_stamp_says_of_its_certificate_must_be_true() {
    let digest = hex_digest_base64(&[CERTIFICATE.trim()]);
    let method = "<xades:CertDigest>\n                                                    <ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>";
    let serial = get(SIGNED, ("<ds:X509SerialNumber>", "</ds:X509SerialNumber>")).to_owned();
    let issuer = get(SIGNED, ("<ds:X509IssuerName>", "</ds:X509IssuerName>")).to_owned();
    let time = get(SIGNED, ("<xades:SigningTime>", "</xades:SigningTime>")).to_owned();
    for (from, to, ids) in [
        (digest.as_str(), "QUJD", &["CERT-DIGEST"][..]),
        (method, &method.replace("sha256", "sha1"), &["CERT-DIGEST-METHOD"]),
        (&serial, "12", &["CERT-SERIAL"]),
        (&issuer, &issuer.replace(", ", ","), &["CERT-ISSUER"]),
        (&issuer, "CN=x", &["CERT-ISSUER"]),
        (&time, "2026-03-14 21:05:09", &["SIGNING-TIME"]),
        (&time, "2026-02-29T21:05:09", &["SIGNING-TIME"]),
        (&time, "1999-03-14T21:05:09", &["CERT-VALIDITY"]),
        (&time, "2199-03-14T21:05:09Z", &["CERT-VALIDITY"]),
    ] {
        expect(to, &details_digested(&changed(from, to)), ids);
    }
}

#[test]
fn another_certificate_is_found() {
    let text = get(SIGNED, EMBEDDED).to_owned();
    let mut der = strict(&text).unwrap();
    *der.last_mut().unwrap() ^= 1;
    let flipped = put(SIGNED, EMBEDDED, &STANDARD.encode(&der));
    expect("its signature", &flipped, &["CERT-DIGEST", "QR-TAG-9"]);
    expect(
        "cut",
        &put(SIGNED, EMBEDDED, &text[..text.len() - 4]),
        &["CERT-PARSE", "SIG-NOCERT", "QR-NOCERT"],
    );
    expect("no base64", &put(SIGNED, EMBEDDED, "*"), &["CERT-PARSE", "SIG-NOCERT", "QR-NOCERT"]);
    expect("none", &put(SIGNED, EMBEDDED, ""), &["CERT-COUNT", "SIG-NOCERT", "QR-NOCERT"]);
    let (head, tail) = text.split_at(64);
    expect("in two lines", &put(SIGNED, EMBEDDED, &format!("{head}\n{tail}")), &["CERT-BLANKS?"]);
    expect(
        "with a comment",
        &put(SIGNED, EMBEDDED, &format!("{head}<!---->{tail}")),
        &["CERT-COUNT", "CERT-PARSE", "SIG-NOCERT", "QR-NOCERT"],
    );
    let given = |bytes: &[u8]| Options { certificate: given_certificate(bytes).ok(), ..Options::default() };
    assert!(rules_with(SIGNED, &given(CERTIFICATE.as_bytes())).is_empty());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{head}\n{tail}\n-----END CERTIFICATE-----\n");
    assert!(rules_with(SIGNED, &given(pem.as_bytes())).is_empty());
    assert_eq!(rules_with(SIGNED, &given(&der)), BTreeSet::from(["CERT-EXPECTED".to_owned()]));
    assert!(given_certificate(b"hello").is_err() && given_certificate(&der[1..]).is_err());
}

#[test]
fn a_key_of_another_kind_is_refused_and_never_panics() {
    let der = strict(get(SIGNED, EMBEDDED)).unwrap();
    let secp256k1 = [6, 5, 0x2b, 0x81, 4, 0, 0x0a];
    let at = der.windows(7).position(|bytes| bytes == secp256k1).unwrap();
    // P-384 by name, with a point that is too short for it.
    let mut other = der.clone();
    other[at + 6] = 34;
    let ids = ["CERT-PARSE", "SIG-NOCERT", "QR-NOCERT"];
    expect("curve", &put(SIGNED, EMBEDDED, &STANDARD.encode(&other)), &ids);
    let mut off_curve = der.clone();
    off_curve[at + 40] ^= 1;
    expect("point", &put(SIGNED, EMBEDDED, &STANDARD.encode(&off_curve)), &ids);
    for at in 0..der.len() {
        for bit in [1, 0x80] {
            let mut flipped = der.clone();
            flipped[at] ^= bit;
            let found = rules(&put(SIGNED, EMBEDDED, &STANDARD.encode(&flipped)));
            assert!(found.iter().any(|rule| rule.starts_with("CERT-")), "byte {at}: {found:?}");
        }
    }
}

#[test]
fn a_serial_number_without_end_is_not_written_out() {
    let item = |tag: u8, content: &[u8]| {
        [&[tag, 0x83][..], &(content.len() as u32).to_be_bytes()[1..], content].concat()
    };
    let rest = [0x30, 4, 6, 2, 0x2a, 3, 3, 2, 0, 1];
    let body = item(0x30, &item(2, &vec![0x41; 1 << 20]));
    let certificate = item(0x30, &[&body[..], &rest].concat());
    let xml = put(SIGNED, EMBEDDED, &STANDARD.encode(certificate));
    let findings = judge(xml.as_bytes(), &Options::default()).findings;
    let found = findings.iter().find(|found| found.rule == "CERT-PARSE").unwrap();
    assert!(found.integrator.en.contains("serial number is too long"), "{}", found.integrator.en);
}

#[test]
fn the_sellers_vat_number_is_the_certificates() {
    let number = "399999999900003";
    let other =
        stamped_anew(&SIGNED.replace(&format!("<cbc:CompanyID>{number}"), "<cbc:CompanyID>399999999800003"));
    expect("seller", &other, &["CERT-VAT", "QR-TAG-2"]);
    expect("seller and QR code", &with_tag(&other, 2, b"399999999800003"), &["CERT-VAT"]);
}

#[test]
fn the_frame_of_the_signature_is_fixed() {
    for (from, to, ids) in [
        ("Id=\"signature\"", "Id=\"Signature\"", &["SIG-ID"][..]),
        (
            "CanonicalizationMethod Algorithm=\"http://www.w3.org/2006/12/",
            "CanonicalizationMethod Algorithm=\"x",
            &["SIG-C14N"],
        ),
        ("#ecdsa-sha256", "#rsa-sha256", &["SIG-METHOD"]),
        ("Target=\"signature\"", "Target=\"#signature\"", &["SIG-FRAME"]),
        ("dsig:enveloped:xades</ext:ExtensionURI>", "x</ext:ExtensionURI>", &["SIG-FRAME"]),
        ("ubl:signature:1</cbc:ID>", "ubl:signature:2</cbc:ID>", &["SIG-FRAME"]),
        ("Invoice</sbc:ReferencedSignatureID>", "x</sbc:ReferencedSignatureID>", &["SIG-FRAME"]),
        ("</cbc:SignatureMethod>", "x</cbc:SignatureMethod>", &["SIG-FRAME"]),
        ("</ds:SignatureValue>", "=</ds:SignatureValue>", &["SIG-BASE64", "QR-TAG-7"]),
    ] {
        expect(to, &changed(from, to), ids);
    }
    let start = SIGNED.find("<ds:Signature ").unwrap();
    let end = SIGNED.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let twice = [&SIGNED[..end], &SIGNED[start..]].concat();
    expect("two signatures", &twice, &["SIG-COUNT"]);
}

/// A DER signature with the given bytes of `r` and `s`.
fn with_signature(data: &[u8]) -> String {
    let text = STANDARD.encode(data);
    with_tag(&put(SIGNED, SIGNATURE_VALUE, &text), 7, text.as_bytes())
}

fn sequence(integers: &[&[u8]]) -> Vec<u8> {
    let body: Vec<u8> = integers.iter().flat_map(|one| [&[2, one.len() as u8][..], one].concat()).collect();
    [&[0x30, body.len() as u8][..], &body].concat()
}

#[test]
fn signatures_are_read_as_strictly_as_needed_and_no_more() {
    let data = strict(get(SIGNED, SIGNATURE_VALUE)).unwrap();
    let signature = Signature::from_der(&data).unwrap();
    let (r, s) = (signature.r().to_bytes(), signature.s().to_bytes());
    let minimal = |number: &[u8]| {
        let digits: Vec<u8> = number.iter().copied().skip_while(|b| *b == 0).collect();
        if digits.first().is_none_or(|b| b & 0x80 != 0) { [&[0][..], &digits].concat() } else { digits }
    };
    let (r, s) = (minimal(&r), minimal(&s));
    let high = minimal(&(-*signature.s()).to_bytes());
    let order = {
        let mut digits = [0xff; 33];
        digits[0] = 0;
        digits[16] = 0xfe;
        digits[17..].copy_from_slice(&[
            0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
        ]);
        digits
    };
    let trailing = [&sequence(&[&r, &s])[..], &[0]].concat();
    for (what, data, ids) in [
        ("itself", sequence(&[&r, &s]), &[][..]),
        ("high s", sequence(&[&r, &high]), &[]),
        ("swapped", sequence(&[&s, &r]), &["SIG-VALUE"]),
        ("zero", sequence(&[&r, &[0]]), &["SIG-VALUE"]),
        ("the order", sequence(&[&order, &s]), &["SIG-VALUE"]),
        ("huge", sequence(&[&[1; 50], &s]), &["SIG-VALUE"]),
        ("negative", sequence(&[&r, &[0xff]]), &["SIG-DER"]),
        ("padded", sequence(&[&[&[0][..], &[0], &r].concat(), &s]), &["SIG-DER"]),
        ("empty", sequence(&[&[], &s]), &["SIG-DER"]),
        ("one number", sequence(&[&r]), &["SIG-DER"]),
        ("three numbers", sequence(&[&r, &s, &[1]]), &["SIG-DER"]),
        ("trailing byte", trailing, &["SIG-DER"]),
        ("raw form", vec![1; 64], &["SIG-DER"]),
        ("nothing", Vec::new(), &["SIG-DER", "QR-TLV-EMPTY"]),
    ] {
        expect(what, &with_signature(&data), ids);
    }
}

#[test]
fn the_integrator_learns_what_was_signed_instead() {
    use k256::ecdsa::signature::hazmat::PrehashSigner as _;
    let hash = hash::of_document(&Dom::parse(SIGNED.as_bytes()).unwrap()).unwrap();
    let prehash: DerSignature = key().sign_prehash(hash.bytes()).unwrap();
    let text: DerSignature = key().sign(hash.to_base64().as_bytes());
    for (signature, words) in [(prehash, "one SHA-256 too few"), (text, "base64 text")] {
        let xml = with_signature(signature.as_bytes());
        let found = judge(xml.as_bytes(), &Options::default()).findings;
        let found = found.iter().find(|found| found.rule == "SIG-VALUE").unwrap();
        assert!(found.integrator.en.contains(words), "{}", found.integrator.en);
    }
}

#[test]
fn rubbish_is_judged_and_skipped() {
    for rubbish in ["", "x", "<a", "<!DOCTYPE a><a/>", "<a>&lol;</a>"] {
        let judgement = judge(rubbish.as_bytes(), &Options::default());
        assert_eq!(judgement.verdict(false), Verdict::Fail);
        assert_eq!(judgement.findings.len(), 1);
        assert!(judgement.findings[0].rule.starts_with("XML-"));
        assert!(judgement.layers[1..].iter().all(|(_, status)| *status == Status::Skip));
    }
    let other = judge(b"<a/>", &Options::default());
    assert_eq!(other.verdict(false), Verdict::Fail);
    assert!(other.findings.iter().any(|found| found.rule == "RULE-COVERAGE"));
}

#[test]
fn strictness_fails_warnings_but_not_the_clock() {
    let found = |rule: &'static str| {
        let mut notes = Notes::new(Layer::Ksa);
        notes.warn(Check::SpLayout, finding::At::Path("/"), finding::because("x"));
        let finding = notes.findings.remove(0);
        let findings = vec![Finding { rule: rule.into(), ..finding }];
        Judgement { layers: Vec::new(), findings, facts: None }
    };
    assert_eq!(found("SP-LAYOUT").verdict(false), Verdict::Warn);
    assert_eq!(found("SP-LAYOUT").verdict(true), Verdict::Fail);
    assert_eq!(found("BR-KSA-98").verdict(true), Verdict::Warn);
}

#[test]
fn every_finding_speaks_to_everybody_in_both_languages() {
    let altered = put(&changed("reporting:1.0", ""), EMBEDDED, "*");
    let findings = judge(altered.as_bytes(), &Options::default()).findings;
    assert!(findings.len() > 4);
    for found in findings {
        for words in [&found.message, &found.remedy, &found.cashier, &found.integrator] {
            assert!(!words.en.is_empty() && !words.ar.is_empty(), "{found:?}");
            assert!(!words.en.contains(['{', '}']), "{}", words.en);
        }
        assert!(found.integrator.en.contains(&*found.rule) && !found.field.is_empty());
    }
}
