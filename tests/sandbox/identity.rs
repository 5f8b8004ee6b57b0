//! Certificates: requests, OTPs, compliance steps, credentials, renewal.

use std::sync::atomic::Ordering;

use serde_json::json;
use tilld::sandbox::{Environment, RenewalRoad};

use crate::csr::{CsrFields, GOOD, csr};
use crate::till::{credentials, finish_onboarding, key, onboard, report, stamped};
use crate::world::{ENV, GENESIS, VAT, World, api, b64, call, unb64, world};

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

    let World { handle, .. } = world(|c| c.settings.renewal = RenewalRoad::Direct).await;
    let old = onboard(&handle, &old_key).await;
    let otp = handle.issue_otp(ENV, None);
    let headers = [("Authorization", old.basic.as_str()), ("OTP", otp.as_str())];
    let answer =
        api(&handle, "PATCH", "/production/csids", &headers, &json!({"csr": csr(&new_key, &GOOD)})).await;
    assert_eq!((answer.status, &answer.json()["dispositionMessage"]), (200, &json!("ISSUED")));
    handle.stop().await;
}
