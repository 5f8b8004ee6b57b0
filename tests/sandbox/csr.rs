//! Certificate requests, byte by byte.

use k256::ecdsa::signature::Signer;
use k256::ecdsa::{Signature, SigningKey};

use crate::world::{VAT, b64};

pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        n @ 0..128 => out.push(n as u8),
        n @ 128..256 => out.extend([0x81, n as u8]),
        n => out.extend([0x82, (n >> 8) as u8, n as u8]),
    }
    out.extend_from_slice(content);
    out
}

pub fn oid(dotted: &str) -> Vec<u8> {
    let oid = der::asn1::ObjectIdentifier::new_unwrap(dotted);
    tlv(6, oid.as_bytes())
}

pub fn rdn(id: &str, tag: u8, value: &str) -> Vec<u8> {
    tlv(0x31, &tlv(0x30, &[oid(id), tlv(tag, value.as_bytes())].concat()))
}

pub struct CsrFields {
    pub template: &'static str,
    pub title: &'static str,
    pub vat: &'static str,
    pub unit: &'static str,
    pub country: &'static str,
    pub serial: &'static str,
    pub organization: &'static str,
    pub common_name: &'static str,
    pub location: &'static str,
    pub category: &'static str,
    /// Named curve of the key.
    pub curve: &'static str,
}

pub const GOOD: CsrFields = CsrFields {
    template: "PREZATCA-Code-Signing",
    title: "1100",
    vat: VAT,
    unit: "Riyadh Branch",
    country: "SA",
    serial: "1-TST|2-TST|3-ed22f1d8-e6a2-1118-9b58-d9a8f11e445f",
    organization: "شركة زاوية القهوة",
    common_name: "TST-886431145-399999999900003",
    location: "RRRD2929",
    category: "Grocery",
    curve: "1.3.132.0.10",
};

pub fn csr(key: &SigningKey, fields: &CsrFields) -> String {
    let subject = tlv(
        0x30,
        &[
            rdn("2.5.4.6", 0x13, fields.country),
            rdn("2.5.4.11", 0x0c, fields.unit),
            rdn("2.5.4.10", 0x0c, fields.organization),
            rdn("2.5.4.3", 0x0c, fields.common_name),
        ]
        .concat(),
    );
    let point = key.verifying_key().to_sec1_point(false);
    let algorithm = tlv(0x30, &[oid("1.2.840.10045.2.1"), oid(fields.curve)].concat());
    let spki = tlv(0x30, &[algorithm, tlv(3, &[&[0], point.as_bytes()].concat())].concat());
    let unit = tlv(
        0x30,
        &[
            rdn("2.5.4.4", 0x0c, fields.serial),
            rdn("0.9.2342.19200300.100.1.1", 0x0c, fields.vat),
            rdn("2.5.4.12", 0x0c, fields.title),
            rdn("2.5.4.26", 0x0c, fields.location),
            rdn("2.5.4.15", 0x0c, fields.category),
        ]
        .concat(),
    );
    let extension = |id: &str, value: Vec<u8>| tlv(0x30, &[oid(id), tlv(4, &value)].concat());
    let extensions = tlv(
        0x30,
        &[
            extension("1.3.6.1.4.1.311.20.2", tlv(0x0c, fields.template.as_bytes())),
            extension("2.5.29.17", tlv(0x30, &tlv(0xa4, &unit))),
        ]
        .concat(),
    );
    let attribute = tlv(0x30, &[oid("1.2.840.113549.1.9.14"), tlv(0x31, &extensions)].concat());
    let info = tlv(0x30, &[tlv(2, &[0]), subject, spki, tlv(0xa0, &attribute)].concat());
    let signature: Signature = key.sign(&info);
    let bits = tlv(3, &[&[0], signature.to_der().as_bytes()].concat());
    let request = tlv(0x30, &[info, tlv(0x30, &oid("1.2.840.10045.4.3.2")), bits].concat());
    let lines: Vec<String> =
        b64(request).as_bytes().chunks(64).map(|l| String::from_utf8(l.to_vec()).unwrap()).collect();
    b64(format!(
        "-----BEGIN CERTIFICATE REQUEST-----\n{}\n-----END CERTIFICATE REQUEST-----\n",
        lines.join("\n")
    ))
}
