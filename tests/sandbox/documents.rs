//! Documents: reported, cleared, refused.

use der::Decode;
use k256::ecdsa::signature::Verifier;
use k256::ecdsa::{Signature, VerifyingKey};
use serde_json::json;
use std::sync::atomic::Ordering;

use crate::till::{Doc, QR_START, clear, cut, key, onboard, plain, report, stamped};
use crate::world::{GENESIS, NOW, VECTOR, World, api, b64, unb64, world};

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
