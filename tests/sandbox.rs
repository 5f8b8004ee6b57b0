//! The sandbox Fatoora from outside: onboarding, documents, answers and the network plug, over real sockets.
//! The till here is a few lines of its own and shares nothing with the library's signer.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::Decode;
use k256::ecdsa::signature::{Signer, Verifier};
use k256::ecdsa::{Signature, SigningKey, VerifyingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tilld::sandbox::{
    Clock, Entropy, Environment, FaultAction, FaultRule, RenewalRoad, Sandbox, SandboxConfig, SandboxHandle,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const VECTOR: &str = include_str!("data/simplified-388.signed.xml");
const GENESIS: &str =
    "NWZlY2ViNjZmZmM4NmYzOGQ5NTI3ODZjNmQ2OTZjNzljMmRiYzIzOWRkNGU5MWI0NjcyOWQ3M2EyN2ZiNTdlOQ==";
/// 2026-03-14T22:00:00 in Riyadh, an hour after the documents' issue.
const NOW: i64 = 1_773_514_800;
const VAT: &str = "399999999900003";
const ENV: Environment = Environment::Simulation;

fn b64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

fn unb64(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

fn sha(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn hex_digest(text: &str) -> String {
    b64(sha(text).iter().map(|b| format!("{b:02x}")).collect::<String>())
}

// ---- a sandbox with its own time and seeded randomness ----

struct World {
    handle: SandboxHandle,
    time: Arc<AtomicI64>,
}

async fn world(change: impl FnOnce(&mut SandboxConfig)) -> World {
    let time = Arc::new(AtomicI64::new(NOW));
    let clock: Clock = {
        let time = time.clone();
        Arc::new(move || time.load(Ordering::SeqCst))
    };
    let mut counter = 0u64;
    let entropy: Entropy = Arc::new(Mutex::new(move |buffer: &mut [u8]| {
        for chunk in buffer.chunks_mut(32) {
            counter += 1;
            chunk.copy_from_slice(&sha(counter.to_be_bytes())[..chunk.len()]);
        }
    }));
    let mut config = SandboxConfig::new(([127, 0, 0, 1], 0).into(), clock, entropy);
    change(&mut config);
    World { handle: Sandbox::start(config).await.unwrap(), time }
}

// ---- HTTP/1.1, one call per connection ----

struct Answer {
    status: u16,
    head: String,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn codes(&self, list: &str) -> Vec<String> {
        let body = self.json();
        let entries = body["validationResults"][list].as_array().cloned().unwrap_or_default();
        entries.iter().map(|e| e["code"].as_str().unwrap().to_owned()).collect()
    }
}

async fn raw_call(address: SocketAddr, request: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    // A peer that refuses early may close before it has read everything; its answer counts.
    let _ = stream.write_all(request).await;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let text = String::from_utf8(bytes).unwrap();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    };
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Answer { status, head: head.to_owned(), text: body.to_owned() })
}

async fn call(
    handle: &SandboxHandle,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> std::io::Result<Answer> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    raw_call(handle.address(), request.as_bytes()).await
}

async fn api(
    handle: &SandboxHandle,
    method: &str,
    tail: &str,
    extra: &[(&str, &str)],
    body: &Value,
) -> Answer {
    let path = format!("{}{tail}", ENV.prefix());
    let mut headers = vec![("Accept-Version", "V2"), ("Content-Type", "application/json")];
    headers.extend_from_slice(extra);
    call(handle, method, &path, &headers, &body.to_string()).await.unwrap()
}

// ---- DER of a certificate request ----

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match content.len() {
        n @ 0..128 => out.push(n as u8),
        n @ 128..256 => out.extend([0x81, n as u8]),
        n => out.extend([0x82, (n >> 8) as u8, n as u8]),
    }
    out.extend_from_slice(content);
    out
}

fn oid(dotted: &str) -> Vec<u8> {
    let oid = der::asn1::ObjectIdentifier::new_unwrap(dotted);
    tlv(6, oid.as_bytes())
}

fn rdn(id: &str, tag: u8, value: &str) -> Vec<u8> {
    tlv(0x31, &tlv(0x30, &[oid(id), tlv(tag, value.as_bytes())].concat()))
}

struct CsrFields {
    template: &'static str,
    title: &'static str,
    vat: &'static str,
    unit: &'static str,
    country: &'static str,
    serial: &'static str,
}

const GOOD: CsrFields = CsrFields {
    template: "PREZATCA-Code-Signing",
    title: "1100",
    vat: VAT,
    unit: "Riyadh Branch",
    country: "SA",
    serial: "1-TST|2-TST|3-ed22f1d8-e6a2-1118-9b58-d9a8f11e445f",
};

fn csr(key: &SigningKey, fields: &CsrFields) -> String {
    let subject = tlv(
        0x30,
        &[
            rdn("2.5.4.6", 0x13, fields.country),
            rdn("2.5.4.11", 0x0c, fields.unit),
            rdn("2.5.4.10", 0x0c, "شركة زاوية القهوة"),
            rdn("2.5.4.3", 0x0c, "TST-886431145-399999999900003"),
        ]
        .concat(),
    );
    let point = key.verifying_key().to_sec1_point(false);
    let algorithm = tlv(0x30, &[oid("1.2.840.10045.2.1"), oid("1.3.132.0.10")].concat());
    let spki = tlv(0x30, &[algorithm, tlv(3, &[&[0], point.as_bytes()].concat())].concat());
    let unit = tlv(
        0x30,
        &[
            rdn("2.5.4.4", 0x0c, fields.serial),
            rdn("0.9.2342.19200300.100.1.1", 0x0c, fields.vat),
            rdn("2.5.4.12", 0x0c, fields.title),
            rdn("2.5.4.26", 0x0c, "RRRD2929"),
            rdn("2.5.4.15", 0x0c, "Grocery"),
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

// ---- a till ----

#[derive(Clone)]
struct Credentials {
    request_id: String,
    basic: String,
    certificate: String,
}

fn credentials(answer: &Answer) -> Credentials {
    let body = answer.json();
    let token = body["binarySecurityToken"].as_str().unwrap();
    Credentials {
        request_id: body["requestID"].to_string(),
        basic: format!("Basic {}", b64(format!("{token}:{}", body["secret"].as_str().unwrap()))),
        certificate: String::from_utf8(unb64(token)).unwrap(),
    }
}

struct Doc {
    hash: String,
    uuid: String,
    xml: String,
}

impl Doc {
    fn body(&self) -> Value {
        json!({"invoiceHash": self.hash, "uuid": self.uuid, "invoice": b64(&self.xml)})
    }
}

fn cut<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap();
    &text[start..start + text[start..].find(to).unwrap() + to.len()]
}

const QR_START: &str = "<cac:AdditionalDocumentReference><cbc:ID>QR</cbc:ID>";

/// The vector's content with another identity, without stamp and declaration: already canonical.
fn content(flags: &str, code: &str, icv: u64, pih: &str) -> (String, String) {
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

fn decimal(bytes: &[u8]) -> String {
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
fn plain(flags: &str, code: &str, icv: u64, pih: &str) -> Doc {
    let (text, uuid) = content(flags, code, icv, pih);
    Doc { hash: b64(sha(&text)), uuid, xml: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}") }
}

/// A document stamped with the certificate.
fn stamped(key: &SigningKey, certificate: &str, flags: &str, code: &str, icv: u64, pih: &str) -> Doc {
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

fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&sha([seed])).unwrap()
}

/// All six compliance documents, then the production CSID.
async fn finish_onboarding(handle: &SandboxHandle, key: &SigningKey, ccsid: &Credentials) -> Credentials {
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

async fn onboard(handle: &SandboxHandle, key: &SigningKey) -> Credentials {
    let otp = handle.issue_otp(ENV, Some(VAT));
    let body = json!({"csr": csr(key, &GOOD)});
    let answer = api(handle, "POST", "/compliance", &[("OTP", &otp)], &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["dispositionMessage"], "ISSUED");
    finish_onboarding(handle, key, &credentials(&answer)).await
}

async fn report(handle: &SandboxHandle, who: &Credentials, doc: &Doc) -> Answer {
    let headers = [("Authorization", who.basic.as_str()), ("Clearance-Status", "0")];
    api(handle, "POST", "/invoices/reporting/single", &headers, &doc.body()).await
}

async fn clear(handle: &SandboxHandle, who: &Credentials, doc: &Doc) -> Answer {
    let headers = [("Authorization", who.basic.as_str()), ("Clearance-Status", "1")];
    api(handle, "POST", "/invoices/clearance/single", &headers, &doc.body()).await
}

#[tokio::test]
async fn from_the_csr_to_reported_and_cleared_documents() {
    let World { handle, .. } = world(|_| {}).await;
    let key = key(1);
    let pcsid = onboard(&handle, &key).await;
    assert!(handle.accepted().is_empty(), "compliance documents are not recorded");

    let first = stamped(&key, &pcsid.certificate, "0200000", "388", 1, GENESIS);
    let answer = report(&handle, &pcsid, &first).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["reportingStatus"], "REPORTED");
    assert_eq!(answer.codes("infoMessages"), ["XSD_ZATCA_VALID"]);

    let second = plain("0100000", "388", 2, &first.hash);
    let answer = clear(&handle, &pcsid, &second).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["clearanceStatus"], "CLEARED");
    let cleared = String::from_utf8(unb64(answer.json()["clearedInvoice"].as_str().unwrap())).unwrap();
    check_cleared(&second, &cleared);

    let again = clear(&handle, &pcsid, &second).await;
    assert_eq!(again.status, 208);
    assert_eq!(again.json()["clearedInvoice"], answer.json()["clearedInvoice"]);

    let third = stamped(&key, &pcsid.certificate, "0200000", "381", 3, &second.hash);
    assert_eq!(report(&handle, &pcsid, &third).await.status, 200);
    let answer = report(&handle, &pcsid, &third).await;
    assert_eq!(answer.status, 409);
    assert_eq!(answer.json()["reportingStatus"], "NOT_REPORTED");
    let entry = &answer.json()["validationResults"]["errorMessages"][0];
    assert_eq!((&entry["code"], &entry["category"]), (&json!("Invoice-Errors"), &json!("Duplicate-Invoice")));

    let audit = handle.audit();
    assert!(audit.ok);
    let csid = &audit.csids[0];
    assert_eq!((csid.documents, csid.accepted, csid.duplicates, csid.rejected), (3, 3, 2, 0));
    assert_eq!(handle.accepted().iter().map(|a| a.icv).collect::<Vec<_>>(), [1, 2, 3]);
    handle.stop().await;
}

/// A cleared document is ours with three blocks more, and its stamp verifies.
fn check_cleared(doc: &Doc, cleared: &str) {
    let mut bare = cleared.to_owned();
    let mut blocks = Vec::new();
    for (from, to) in [
        ("<ext:UBLExtensions>", "</ext:UBLExtensions>"),
        (QR_START, "</cac:AdditionalDocumentReference>"),
        ("<cac:Signature>", "</cac:Signature>"),
    ] {
        let block = cut(&bare, from, to).to_owned();
        bare = bare.replacen(&block, "", 1);
        blocks.push(block);
    }
    assert_eq!(bare, doc.xml);
    let inner = |tag: &str| {
        let whole = cut(&blocks[0], &format!("<ds:{tag}>"), &format!("</ds:{tag}>"));
        whole[tag.len() + 5..whole.len() - tag.len() - 6].to_owned()
    };
    let certificate = x509_cert::Certificate::from_der(&unb64(&inner("X509Certificate"))).unwrap();
    let point =
        certificate.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes().to_vec();
    let verifying = VerifyingKey::from_sec1_bytes(&point).unwrap();
    let signature = Signature::from_der(&unb64(&inner("SignatureValue"))).unwrap();
    verifying.verify(&unb64(&doc.hash), &signature).unwrap();
    assert_eq!(inner("DigestValue"), doc.hash);
}

#[tokio::test]
async fn the_gateway_checks_in_its_order() {
    let World { handle, .. } = world(|c| c.max_body = 4096).await;
    let reporting = format!("{}/invoices/reporting/single", ENV.prefix());
    let status = async |method: &str, path: &str, headers: &[(&str, &str)], body: &str| {
        call(&handle, method, path, headers, body).await.unwrap().status
    };
    let version = ("Accept-Version", "V2");
    let media = ("Content-Type", "application/json; charset=utf-8");
    assert_eq!(status("POST", "/compliance", &[], "").await, 404);
    assert_eq!(status("POST", "/e-invoicing/other/compliance", &[], "").await, 404);
    assert_eq!(status("GET", &reporting, &[], "").await, 405);
    assert_eq!(status("POST", &reporting, &[], "").await, 406);
    assert_eq!(status("POST", &reporting, &[("Accept-Version", "V1")], "").await, 406);
    assert_eq!(status("POST", &reporting, &[version], "").await, 415);
    assert_eq!(status("POST", &reporting, &[version, ("Content-Type", "text/plain")], "{}").await, 415);
    assert_eq!(status("POST", &reporting, &[version, media], &"x".repeat(4097)).await, 413);
    assert_eq!(status("POST", &reporting, &[version, media], "{}").await, 401);
    for bad in ["Basic", "Basic !!", "Basic QQ==", "Bearer QTpC", "Basic QTpC"] {
        assert_eq!(status("POST", &reporting, &[version, media, ("Authorization", bad)], "{}").await, 401);
    }
    let compliance = format!("{}/compliance", ENV.prefix());
    assert_eq!(status("POST", &compliance, &[version, media], "[").await, 400);
    let answer = api(&handle, "POST", "/compliance", &[], &json!({"csr": "x"})).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["code"]), (400, &json!("Missing-OTP")));
    let answer = api(&handle, "POST", "/compliance", &[("OTP", "123456")], &json!({})).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["code"]), (400, &json!("Missing-CSR")));
    handle.stop().await;
}

#[tokio::test]
async fn a_csr_is_checked_and_an_otp_is_used_once() {
    let World { handle, time } = world(|_| {}).await;
    let key = key(2);
    let send = async |otp: &str, fields: &CsrFields| {
        api(&handle, "POST", "/compliance", &[("OTP", otp)], &json!({"csr": csr(&key, fields)})).await
    };
    let otp = handle.issue_otp(ENV, Some(VAT));
    let answer = send(&otp, &CsrFields { template: "ZATCA-Code-Signing", ..GOOD }).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["dispositionMessage"], "NOT_COMPLIANT");
    assert!(answer.json()["errors"][0].as_str().unwrap().contains("Denied by Policy Module 0x80094800"));
    for bad in [
        CsrFields { title: "0011", ..GOOD },
        CsrFields { title: "1111", ..GOOD },
        CsrFields { vat: "399999999900004", ..GOOD },
        CsrFields { vat: "399999999910003", ..GOOD },
        CsrFields { country: "US", ..GOOD },
        CsrFields { unit: "", ..GOOD },
        CsrFields { serial: "no form", ..GOOD },
    ] {
        let answer = send(&otp, &bad).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["errors"][0]["code"], "Invalid-CSR", "{}", answer.text);
    }
    let mut broken = unb64(&csr(&key, &GOOD));
    let at = broken.len() - 60;
    broken[at] = if broken[at] == b'A' { b'B' } else { b'A' };
    let body = json!({"csr": b64(broken)});
    let answer = api(&handle, "POST", "/compliance", &[("OTP", &otp)], &body).await;
    assert_eq!(answer.json()["errors"][0]["code"], "Invalid-CSR");
    assert_eq!(send("000000", &GOOD).await.json()["errors"][0]["code"], "Invalid-OTP");
    assert_eq!(send(&otp, &GOOD).await.status, 200, "refusals did not use the OTP up");
    assert_eq!(send(&otp, &GOOD).await.json()["errors"][0]["code"], "Invalid-OTP");
    let late = handle.issue_otp(ENV, None);
    time.fetch_add(3600, Ordering::SeqCst);
    assert_eq!(send(&late, &GOOD).await.json()["errors"][0]["code"], "Invalid-OTP");
    let group = CsrFields { vat: "399999999910003", unit: "3999999999", ..GOOD };
    let otp = handle.issue_otp(ENV, Some(group.vat));
    assert_eq!(send(&otp, &group).await.status, 200);
    handle.stop().await;
}

#[tokio::test]
async fn steps_and_credentials_are_kept_apart() {
    let World { handle, .. } = world(|_| {}).await;
    let key = key(3);
    let otp = handle.issue_otp(ENV, Some(VAT));
    let answer =
        api(&handle, "POST", "/compliance", &[("OTP", &otp)], &json!({"csr": csr(&key, &GOOD)})).await;
    let ccsid = credentials(&answer);
    let auth = [("Authorization", ccsid.basic.as_str())];
    let body = json!({"compliance_request_id": ccsid.request_id});
    let answer = api(&handle, "POST", "/production/csids", &auth, &body).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["code"], "Missing-ComplianceSteps");
    assert!(answer.json()["message"].as_str().unwrap().contains(
        "[standard-compliant, standard-credit-note-compliant, standard-debit-note-compliant, simplified-compliant,"
    ));
    let wrong = json!({"compliance_request_id": "1"});
    let answer = api(&handle, "POST", "/production/csids", &auth, &wrong).await;
    assert_eq!(answer.json()["errors"][0]["code"], "Invalid-Request");
    let doc = stamped(&key, &ccsid.certificate, "0200000", "388", 1, GENESIS);
    assert_eq!(report(&handle, &ccsid, &doc).await.status, 401, "a compliance CSID cannot report");
    let pcsid = finish_onboarding(&handle, &key, &ccsid).await;
    let old_stamp = report(&handle, &pcsid, &doc).await;
    assert_eq!(old_stamp.codes("errorMessages"), ["invalid-signing-certificate"]);
    let path = format!("{}/invoices/reporting/single", Environment::Core.prefix());
    let headers = [
        ("Accept-Version", "V2"),
        ("Content-Type", "application/json"),
        ("Authorization", pcsid.basic.as_str()),
    ];
    let other = call(&handle, "POST", &path, &headers, &doc.body().to_string()).await.unwrap();
    assert_eq!(other.status, 401, "credentials of another environment");
    handle.stop().await;
}

#[tokio::test]
async fn chains_doors_and_lateness() {
    let World { handle, time } = world(|_| {}).await;
    let key = key(4);
    let pcsid = onboard(&handle, &key).await;
    let make = |icv, pih: &str| stamped(&key, &pcsid.certificate, "0200000", "388", icv, pih);
    let one = make(1, GENESIS);
    let two = make(2, &one.hash);
    let three = make(3, &two.hash);
    assert_eq!(report(&handle, &pcsid, &three).await.status, 200, "any order is allowed");
    assert!(!handle.audit().ok);
    let wrong = report(&handle, &pcsid, &make(4, GENESIS)).await;
    assert_eq!(wrong.status, 400);
    assert_eq!(
        wrong.codes("errorMessages"),
        ["SANDBOX-PIH", "SANDBOX-PIH"],
        "genesis, and not the hash of 3"
    );
    assert_eq!(report(&handle, &pcsid, &one).await.status, 200);
    assert_eq!(handle.audit().csids[0].gaps, [2]);
    let twice = report(&handle, &pcsid, &make(3, &one.hash)).await;
    assert!(twice.codes("errorMessages").contains(&"SANDBOX-ICV".to_owned()));
    time.store(NOW + 86_400, Ordering::SeqCst);
    let late = report(&handle, &pcsid, &two).await;
    assert_eq!((late.status, late.codes("warningMessages")), (202, vec!["BR-KSA-98".to_owned()]));
    assert_eq!(late.json()["reportingStatus"], "REPORTED");
    time.store(NOW, Ordering::SeqCst);
    let standard = plain("0100000", "388", 9, &one.hash);
    let answer = report(&handle, &pcsid, &standard).await;
    assert_eq!((answer.status, answer.codes("errorMessages")), (400, vec!["Invoice-Errors".to_owned()]));
    let simplified = make(10, &standard.hash);
    assert_eq!(clear(&handle, &pcsid, &simplified).await.codes("errorMessages"), ["Invoice-Errors"]);
    let headers = [("Authorization", pcsid.basic.as_str()), ("Clearance-Status", "0")];
    let off = api(&handle, "POST", "/invoices/clearance/single", &headers, &standard.body()).await;
    assert_eq!(off.status, 303);
    let audit = handle.audit();
    assert_eq!(audit.csids[0].doubled_icvs, [3]);
    assert_eq!(audit.csids[0].chain_breaks, [4]);
    handle.stop().await;
}

#[tokio::test]
async fn renewal_takes_the_428_road_and_revokes_the_old_csid() {
    let World { handle, .. } = world(|_| {}).await;
    let (old_key, new_key) = (key(5), key(6));
    let old = onboard(&handle, &old_key).await;
    let queued = stamped(&old_key, &old.certificate, "0200000", "388", 1, GENESIS);
    let otp = handle.issue_otp(ENV, Some(VAT));
    let headers = [("Authorization", old.basic.as_str()), ("OTP", otp.as_str())];
    let answer =
        api(&handle, "PATCH", "/production/csids", &headers, &json!({"csr": csr(&new_key, &GOOD)})).await;
    assert_eq!((answer.status, &answer.json()["dispositionMessage"]), (428, &json!("NOT_COMPLIANT")));
    let new = finish_onboarding(&handle, &new_key, &credentials(&answer)).await;
    assert_eq!(report(&handle, &old, &queued).await.status, 401);
    let answer = report(&handle, &new, &queued).await;
    assert_eq!(
        (answer.status, answer.codes("warningMessages")),
        (202, vec!["invalid-signing-certificate".into()])
    );
    let next = stamped(&new_key, &new.certificate, "0200000", "388", 1, GENESIS);
    assert_eq!(report(&handle, &new, &next).await.status, 409, "the same content has the same hash");
    let next = stamped(&new_key, &new.certificate, "0200000", "388", 2, &queued.hash);
    assert_eq!(report(&handle, &new, &next).await.status, 200);
    assert!(handle.audit().ok, "a chain may go on after a renewal");
    handle.stop().await;

    let World { handle, .. } = world(|c| c.renewal = RenewalRoad::Direct).await;
    let old = onboard(&handle, &old_key).await;
    let otp = handle.issue_otp(ENV, None);
    let headers = [("Authorization", old.basic.as_str()), ("OTP", otp.as_str())];
    let answer =
        api(&handle, "PATCH", "/production/csids", &headers, &json!({"csr": csr(&new_key, &GOOD)})).await;
    assert_eq!((answer.status, &answer.json()["dispositionMessage"]), (200, &json!("ISSUED")));
    handle.stop().await;
}

#[tokio::test]
async fn the_plug_cuts_live_connections_and_keeps_the_port() {
    let World { handle, .. } = world(|_| {}).await;
    let mut idle = TcpStream::connect(handle.address()).await.unwrap();
    idle.write_all(b"GET /admin/audit HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut head = [0; 12];
    idle.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    handle.unplug().await.unwrap();
    let mut rest = Vec::new();
    let _ = idle.read_to_end(&mut rest).await;
    assert!(TcpStream::connect(handle.address()).await.is_err());
    handle.unplug().await.unwrap();
    handle.plug_in().await.unwrap();
    handle.plug_in().await.unwrap();
    assert_eq!(call(&handle, "GET", "/admin/audit", &[], "").await.unwrap().status, 200);
    let address = handle.address();
    handle.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn faults_are_played_and_the_admin_face_tells() {
    let World { handle, .. } = world(|_| {}).await;
    let key = key(7);
    let pcsid = onboard(&handle, &key).await;
    let one = stamped(&key, &pcsid.certificate, "0200000", "388", 1, GENESIS);
    let script = json!({"rules": [
        {"action": "503-html", "match": "reporting"},
        {"action": "429", "match": "reporting", "retry_after": 7},
        {"action": "401", "match": "reporting"},
        {"action": "504-after-accept", "match": "reporting"},
    ]});
    let set = call(&handle, "POST", "/admin/faults", &[], &script.to_string()).await.unwrap();
    assert_eq!((set.status, &set.json()["rules"]), (200, &json!(4)));
    let busy = report(&handle, &pcsid, &one).await;
    assert!(busy.status == 503 && busy.text.starts_with("<html>"));
    let limited = report(&handle, &pcsid, &one).await;
    assert!(limited.status == 429 && limited.head.to_lowercase().contains("retry-after: 7"));
    assert_eq!(report(&handle, &pcsid, &one).await.status, 401);
    assert!(handle.accepted().is_empty());
    assert_eq!(report(&handle, &pcsid, &one).await.status, 504);
    assert_eq!(handle.accepted().len(), 1, "accepted, only the answer was lost");
    assert_eq!(report(&handle, &pcsid, &one).await.status, 409);
    handle.set_faults(vec![FaultRule::new(FaultAction::Drop)]);
    assert!(call(&handle, "POST", &format!("{}/compliance", ENV.prefix()), &[], "").await.is_err());
    let bad =
        call(&handle, "POST", "/admin/faults", &[], "{\"rules\":[{\"action\":\"melt\"}]}").await.unwrap();
    assert_eq!(bad.status, 400);
    let otp = call(&handle, "POST", "/admin/otp", &[], "{\"env\":\"core\"}").await.unwrap();
    assert_eq!(otp.json()["otp"].as_str().unwrap().len(), 6);
    let book = call(&handle, "GET", "/admin/book", &[], "").await.unwrap();
    let calls = book.json()["calls"].as_array().unwrap().clone();
    assert_eq!(calls.last().unwrap()["fault"], "drop");
    assert!(!book.text.contains(pcsid.basic.trim_start_matches("Basic ")), "no secret in the book");
    let audit = call(&handle, "GET", "/admin/audit", &[], "").await.unwrap();
    assert_eq!(audit.json()["ok"], true);
    assert_eq!(call(&handle, "GET", "/admin/else", &[], "").await.unwrap().status, 404);
    assert_eq!(call(&handle, "GET", "/admin/otp", &[], "").await.unwrap().status, 405);
    handle.stop().await;
}

#[tokio::test]
async fn hostile_bodies_are_refused_and_nothing_breaks() {
    let World { handle, .. } = world(|_| {}).await;
    let key = key(8);
    let pcsid = onboard(&handle, &key).await;
    let headers = [("Authorization", pcsid.basic.as_str())];
    let bombs = [
        "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>".to_owned(),
        "<a>".repeat(1000),
        String::new(),
        "\u{0}".to_owned(),
        "<Invoice/>".to_owned(),
        VECTOR.replace("<cbc:UUID>1</cbc:UUID>", "<cbc:UUID>99999999999999999999999</cbc:UUID>"),
        VECTOR.replace("47.25", &"9".repeat(5000)),
        VECTOR.replace("2026-03-14", "0000-00-00"),
    ];
    for bomb in bombs {
        let body = json!({"invoiceHash": "x", "uuid": "x", "invoice": format!("{}=", b64(&bomb))});
        assert_eq!(api(&handle, "POST", "/invoices/reporting/single", &headers, &body).await.status, 400);
        let body = json!({"invoiceHash": "x", "uuid": "x", "invoice": b64(&bomb)});
        let answer = api(&handle, "POST", "/invoices/reporting/single", &headers, &body).await;
        assert_eq!(answer.status, 400);
    }
    for body in [json!({}), json!({"invoiceHash": 1, "uuid": "x", "invoice": "x"}), json!({"uuid": null})] {
        let answer = api(&handle, "POST", "/invoices/clearance/single", &headers, &body).await;
        assert_eq!((answer.status, &answer.json()["errors"][0]["code"]), (400, &json!("Invalid-Request")));
    }
    assert!(handle.audit().csids.is_empty(), "nothing of this has a place in a chain");
    handle.stop().await;
}

#[tokio::test]
async fn standalone_tells_where_it_is_and_ends_when_cancelled() {
    let mut out = Vec::new();
    tilld::sandbox::run_standalone(([127, 0, 0, 1], 0).into(), &mut out, async {}).await.unwrap();
    let line: Value = serde_json::from_slice(&out).unwrap();
    let core = &line["environments"]["core"];
    assert!(core["base_url"].as_str().unwrap().ends_with("/e-invoicing/core"));
    assert_eq!(core["otp"].as_str().unwrap().len(), 6);
}
