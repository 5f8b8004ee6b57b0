//! A till of a few lines: documents, stamps, onboarding, reporting and clearance.

use der::Decode;
use k256::ecdsa::signature::Signer;
use k256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use tilld::sandbox::SandboxHandle;

use crate::csr::{GOOD, csr};
use crate::world::{Answer, ENV, GENESIS, VAT, VECTOR, api, b64, hex_digest, sha, unb64};

#[derive(Clone)]
pub struct Credentials {
    pub request_id: String,
    pub basic: String,
    pub certificate: String,
}

pub fn credentials(answer: &Answer) -> Credentials {
    let body = answer.json();
    let token = body["binarySecurityToken"].as_str().unwrap();
    Credentials {
        request_id: body["requestID"].to_string(),
        basic: format!("Basic {}", b64(format!("{token}:{}", body["secret"].as_str().unwrap()))),
        certificate: String::from_utf8(unb64(token)).unwrap(),
    }
}

pub struct Doc {
    pub hash: String,
    pub uuid: String,
    pub xml: String,
}

impl Doc {
    pub fn body(&self) -> Value {
        json!({"invoiceHash": self.hash, "uuid": self.uuid, "invoice": b64(&self.xml)})
    }
}

pub fn cut<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap();
    &text[start..start + text[start..].find(to).unwrap() + to.len()]
}

pub const QR_START: &str = "<cac:AdditionalDocumentReference><cbc:ID>QR</cbc:ID>";

/// The vector's content with another identity, without stamp and declaration: already canonical.
pub fn content(flags: &str, code: &str, icv: u64, pih: &str) -> (String, String) {
    let uuid = format!("3f8a1c52-9b1e-4d6a-8c0d-{:0>12x}", icv * 1000 + code.parse::<u64>().unwrap());
    let start = VECTOR.find("<Invoice").unwrap();
    let mut text = VECTOR[start..].trim_end().to_owned();
    for block in [
        cut(VECTOR, "<ext:UBLExtensions>", "</ext:UBLExtensions>"),
        cut(VECTOR, QR_START, "</cac:AdditionalDocumentReference>"),
        cut(VECTOR, "<cac:Signature>", "</cac:Signature>"),
    ] {
        text = text.replacen(block, "", 1);
    }
    text = text
        .replacen(cut(VECTOR, "<cbc:UUID>", "</cbc:UUID>"), &format!("<cbc:UUID>{uuid}</cbc:UUID>"), 1)
        .replacen("<cbc:UUID>1</cbc:UUID>", &format!("<cbc:UUID>{icv}</cbc:UUID>"), 1)
        .replacen("T07-000001", &format!("T07-{icv:06}"), 1)
        .replacen(GENESIS, pih, 1)
        .replacen("name=\"0200000\">388", &format!("name=\"{flags}\">{code}"), 1);
    if code != "388" {
        let reference = "</cbc:TaxCurrencyCode><cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>T07-000001\
                         </cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>";
        text = text.replacen("</cbc:TaxCurrencyCode>", reference, 1);
        let reason = "</cbc:PaymentMeansCode><cbc:InstructionNote>إرجاع بضاعة</cbc:InstructionNote>";
        text = text.replacen("</cbc:PaymentMeansCode>", reason, 1);
    }
    if flags.starts_with("01") {
        let seller = cut(VECTOR, "<cac:AccountingSupplierParty>", "</cac:AccountingSupplierParty>");
        let buyer = seller
            .replace("AccountingSupplierParty", "AccountingCustomerParty")
            .replace(VAT, "311111111100003")
            .replace("1010010000", "1010010001");
        let delivery =
            "<cac:Delivery><cbc:ActualDeliveryDate>2026-03-14</cbc:ActualDeliveryDate></cac:Delivery>";
        let empty = "<cac:AccountingCustomerParty></cac:AccountingCustomerParty>";
        assert!(text.contains(empty));
        text = text.replacen(empty, &format!("{buyer}{delivery}"), 1);
    }
    (text, uuid)
}

pub fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0u32];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += *digit << 8;
            *digit = carry % 10;
            carry /= 10;
        }
        while carry > 0 {
            digits.push(carry % 10);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|d| char::from_digit(*d, 10).unwrap()).collect()
}

/// A standard document without a stamp.
pub fn plain(flags: &str, code: &str, icv: u64, pih: &str) -> Doc {
    let (text, uuid) = content(flags, code, icv, pih);
    Doc { hash: b64(sha(&text)), uuid, xml: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}") }
}

/// A document stamped with the certificate.
pub fn stamped(key: &SigningKey, certificate: &str, flags: &str, code: &str, icv: u64, pih: &str) -> Doc {
    let (text, uuid) = content(flags, code, icv, pih);
    let raw = sha(&text);
    let hash = b64(raw);
    let signature: Signature = key.sign(&raw);
    let signature = b64(signature.to_der().as_bytes());
    let parsed = x509_cert::Certificate::from_der(&unb64(certificate)).unwrap();
    let tbs = parsed.tbs_certificate();
    let issuer = tbs.issuer().to_string().replace(',', ", ");
    let value = |tag: &str| cut(VECTOR, &format!("<ds:{tag}>"), &format!("</ds:{tag}>")).to_owned();
    let wrap = |tag: &str, text: &str| format!("<ds:{tag}>{text}</ds:{tag}>");
    let old_certificate = value("X509Certificate");
    let old_text = old_certificate.replace("<ds:X509Certificate>", "").replace("</ds:X509Certificate>", "");
    let properties = cut(VECTOR, "<xades:SignedProperties", "</xades:SignedProperties>");
    let new_properties = properties
        .replace(&hex_digest(&old_text), &hex_digest(certificate))
        .replace(&value("X509IssuerName"), &wrap("X509IssuerName", &issuer))
        .replace(
            &value("X509SerialNumber"),
            &wrap("X509SerialNumber", &decimal(tbs.serial_number().as_bytes())),
        );
    let digest = |text: &str| {
        let mut shown = text.replace(
            "<xades:SignedProperties ",
            "<xades:SignedProperties xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\" ",
        );
        for tag in ["DigestMethod", "DigestValue", "X509IssuerName", "X509SerialNumber"] {
            let declared = format!("<ds:{tag} xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"");
            shown = shown.replace(&format!("<ds:{tag}"), &declared);
        }
        hex_digest(&shown)
    };
    let extensions = cut(VECTOR, "<ext:UBLExtensions>", "</ext:UBLExtensions>")
        .replace(&value("DigestValue"), &wrap("DigestValue", &hash))
        .replace(&digest(properties), &digest(&new_properties))
        .replace(&value("SignatureValue"), &wrap("SignatureValue", &signature))
        .replace(&old_certificate, &wrap("X509Certificate", certificate))
        .replace(properties, &new_properties);
    let spki = der::Encode::to_der(tbs.subject_public_key_info()).unwrap();
    let simplified = flags.starts_with("02");
    let mut qr = Vec::new();
    let fields: [&[u8]; 9] = [
        "شركة زاوية القهوة للتجارة & Qahwa Corner".as_bytes(),
        VAT.as_bytes(),
        b"2026-03-14T21:05:09",
        b"47.25",
        b"5.25",
        hash.as_bytes(),
        signature.as_bytes(),
        &spki,
        parsed.signature().raw_bytes(),
    ];
    for (tag, field) in (1u8..).zip(fields).take(if simplified { 9 } else { 8 }) {
        qr.extend([tag, u8::try_from(field.len()).unwrap()]);
        qr.extend_from_slice(field);
    }
    let reference = cut(VECTOR, QR_START, "</cac:AdditionalDocumentReference>");
    let old_qr =
        cut(reference, "text/plain\">", "<").trim_start_matches("text/plain\">").trim_end_matches('<');
    let pointer = cut(VECTOR, "<cac:Signature>", "</cac:Signature>");
    let blocks = format!("{}{pointer}<cac:AccountingSupplierParty>", reference.replace(old_qr, &b64(qr)));
    let xml = text.replacen("<cbc:ProfileID>", &format!("{extensions}<cbc:ProfileID>"), 1).replacen(
        "<cac:AccountingSupplierParty>",
        &blocks,
        1,
    );
    Doc { hash, uuid, xml: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}") }
}

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&sha([seed])).unwrap()
}

/// All six compliance documents, then the production CSID.
pub async fn finish_onboarding(handle: &SandboxHandle, key: &SigningKey, ccsid: &Credentials) -> Credentials {
    let auth = [("Authorization", ccsid.basic.as_str())];
    for (icv, code) in (1..).zip(["388", "381", "383"]) {
        let simplified = stamped(key, &ccsid.certificate, "0200000", code, icv, GENESIS);
        let answer = api(handle, "POST", "/compliance/invoices", &auth, &simplified.body()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["reportingStatus"], "REPORTED");
        let standard = plain("0100000", code, icv, GENESIS);
        let answer = api(handle, "POST", "/compliance/invoices", &auth, &standard.body()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["clearanceStatus"], "CLEARED");
        assert!(answer.json()["reportingStatus"].is_null());
    }
    let body = json!({"compliance_request_id": ccsid.request_id});
    let answer = api(handle, "POST", "/production/csids", &auth, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    credentials(&answer)
}

pub async fn onboard(handle: &SandboxHandle, key: &SigningKey) -> Credentials {
    let otp = handle.issue_otp(ENV, Some(VAT));
    let body = json!({"csr": csr(key, &GOOD)});
    let answer = api(handle, "POST", "/compliance", &[("OTP", &otp)], &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["dispositionMessage"], "ISSUED");
    finish_onboarding(handle, key, &credentials(&answer)).await
}

pub async fn report(handle: &SandboxHandle, who: &Credentials, doc: &Doc) -> Answer {
    let headers = [("Authorization", who.basic.as_str()), ("Clearance-Status", "0")];
    api(handle, "POST", "/invoices/reporting/single", &headers, &doc.body()).await
}

pub async fn clear(handle: &SandboxHandle, who: &Credentials, doc: &Doc) -> Answer {
    let headers = [("Authorization", who.basic.as_str()), ("Clearance-Status", "1")];
    api(handle, "POST", "/invoices/clearance/single", &headers, &doc.body()).await
}
