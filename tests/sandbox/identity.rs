//! Certificates: requests, OTPs, compliance steps, credentials, renewal.

use std::sync::atomic::Ordering;

use serde_json::json;
use tilld::sandbox::{CsidKind, Environment, RenewalRoad, SandboxHandle, Standing};

use crate::csr::{CsrFields, GOOD, csr};
use crate::till::{Credentials, clear, credentials, finish_onboarding, key, onboard, plain, report, stamped};
use crate::world::{Answer, ENV, GENESIS, VAT, World, api, b64, call, unb64, world};

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

/// Code and reason of a refusal with 400.
fn refusal(handle: &SandboxHandle, answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 400, "{}", answer.text);
    let code = answer.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned();
    (code, handle.calls().last().unwrap().reason.clone().unwrap_or_default())
}

fn wanted(code: &str, reason: &str) -> (String, String) {
    (code.to_owned(), reason.to_owned())
}

#[tokio::test]
async fn each_refusal_of_an_otp_has_its_reason_in_the_book() {
    let World { handle, time } = world(|_| {}).await;
    let body = json!({"csr": csr(&key(10), &GOOD)});
    let send = async |headers: &[(&str, &str)]| {
        let answer = api(&handle, "POST", "/compliance", headers, &body).await;
        refusal(&handle, &answer)
    };
    assert_eq!(send(&[]).await, wanted("Missing-OTP", ""));
    assert_eq!(send(&[("OTP", "")]).await, wanted("Missing-OTP", ""));
    for malformed in ["12345", "1234567", "12345a"] {
        assert_eq!(send(&[("OTP", malformed)]).await, wanted("Invalid-OTP", "an OTP has six digits"));
    }
    let of = |env, vat: &str| handle.issue_otp(env, Some(vat));
    let (core, other) = (of(Environment::Core, VAT), of(ENV, "311111111100003"));
    let late = of(ENV, VAT);
    for (otp, reason) in [
        ("100000", "the OTP was never issued"),
        (&core, "the OTP was issued in another environment"),
        (&other, "the OTP was issued for another VAT number"),
    ] {
        assert_eq!(send(&[("OTP", otp)]).await, wanted("Invalid-OTP", reason));
    }
    time.fetch_add(3600, Ordering::SeqCst);
    assert_eq!(send(&[("OTP", &late)]).await, wanted("Invalid-OTP", "the OTP has expired"));
    let used = of(ENV, VAT);
    assert_eq!(api(&handle, "POST", "/compliance", &[("OTP", &used)], &body).await.status, 200);
    assert_eq!(send(&[("OTP", &used)]).await, wanted("Invalid-OTP", "the OTP was used before"));
    let book = call(&handle, "GET", "/admin/book", &[], "").await.unwrap().text;
    assert!(
        ![&core, &other, &late, &used].iter().any(|otp| book.contains(otp.as_str())),
        "no OTP in the book"
    );
    handle.stop().await;
}

#[tokio::test]
async fn each_refusal_of_a_request_names_what_is_wrong() {
    let World { handle, .. } = world(|_| {}).await;
    let key = key(11);
    let otp = handle.issue_otp(ENV, None);
    let send =
        async |csr: String| api(&handle, "POST", "/compliance", &[("OTP", &otp)], &json!({"csr": csr})).await;
    let missing = "is missing, empty or has control characters";
    for (fields, words) in [
        (CsrFields { curve: "1.2.840.10045.3.1.7", ..GOOD }, "named curve secp256k1".to_owned()),
        (CsrFields { common_name: "", ..GOOD }, format!("CN {missing}")),
        (CsrFields { organization: " ", ..GOOD }, format!("O {missing}")),
        (CsrFields { unit: "", ..GOOD }, format!("OU {missing}")),
        (CsrFields { country: "", ..GOOD }, format!("C {missing}")),
        (CsrFields { serial: "", ..GOOD }, format!("SN {missing}")),
        (CsrFields { location: "", ..GOOD }, format!("registeredAddress {missing}")),
        (CsrFields { category: "\n", ..GOOD }, format!("businessCategory {missing}")),
        (CsrFields { title: "", ..GOOD }, format!("title {missing}")),
        (CsrFields { vat: "", ..GOOD }, format!("UID {missing}")),
        (CsrFields { vat: "39999999990003", ..GOOD }, "UID must be a VAT number: 15 digits".to_owned()),
        (CsrFields { vat: "3999999999000033", ..GOOD }, "UID must be a VAT number: 15 digits".to_owned()),
        (CsrFields { vat: "399999999910003", ..GOOD }, "10-digit TIN as OU".to_owned()),
        (CsrFields { vat: "399999999910003", unit: "39999999990", ..GOOD }, "10-digit TIN as OU".to_owned()),
    ] {
        let answer = send(csr(&key, &fields)).await;
        assert_eq!(refusal(&handle, &answer).0, "Invalid-CSR");
        assert!(answer.text.contains(&words), "{words}: {}", answer.text);
    }
    let other = csr(&crate::till::key(12), &GOOD);
    let (mine, theirs) = (unb64(&csr(&key, &GOOD)), unb64(&other));
    // Our request with the last bytes of another one: its signature is of another key.
    let tail = 120;
    let swapped = [&mine[..mine.len() - tail], &theirs[theirs.len() - tail..]].concat();
    for broken in [b64(swapped), b64("no PEM"), "no base64!".to_owned()] {
        assert_eq!(refusal(&handle, &send(broken).await).0, "Invalid-CSR");
    }
    assert_eq!(refusal(&handle, &send(String::new()).await).0, "Missing-CSR");
    for env in Environment::ALL {
        let otp = handle.issue_otp(env, None);
        for template in Environment::ALL.map(Environment::template) {
            let headers =
                [("Accept-Version", "V2"), ("Content-Type", "application/json"), ("OTP", otp.as_str())];
            let body = json!({"csr": csr(&key, &CsrFields { template, ..GOOD })}).to_string();
            let path = format!("{}/compliance", env.prefix());
            let answer = call(&handle, "POST", &path, &headers, &body).await.unwrap();
            let fits = template == env.template();
            assert_eq!(answer.status, if fits { 200 } else { 400 }, "{template} in {env}");
            assert!(fits || answer.text.contains(template), "the refusal names the template");
        }
    }
    handle.stop().await;
}

#[tokio::test]
async fn steps_that_are_missing_are_named_and_a_title_covers_its_documents_alone() {
    let World { handle, .. } = world(|_| {}).await;
    let key = key(13);
    let otp = handle.issue_otp(ENV, None);
    let simplified = CsrFields { title: "0100", ..GOOD };
    let body = json!({"csr": csr(&key, &simplified)});
    let ccsid = credentials(&api(&handle, "POST", "/compliance", &[("OTP", &otp)], &body).await);
    let auth = [("Authorization", ccsid.basic.as_str())];
    let ask = async || {
        let body = json!({"compliance_request_id": ccsid.request_id});
        api(&handle, "POST", "/production/csids", &auth, &body).await
    };
    for (icv, code) in (1..).zip(["388", "381", "383"]) {
        let missing =
            ["simplified-compliant", "simplified-credit-note-compliant", "simplified-debit-note-compliant"];
        let answer = ask().await;
        let words = format!("yet [{}]", missing[icv as usize - 1..].join(", "));
        assert!(answer.status == 400 && answer.text.contains(&words), "{}", answer.text);
        let listed = handle.csids()[0].missing_steps.clone();
        assert_eq!(listed, missing[icv as usize - 1..]);
        let doc = stamped(&key, &ccsid.certificate, "0200000", code, icv, GENESIS);
        assert_eq!(api(&handle, "POST", "/compliance/invoices", &auth, &doc.body()).await.status, 200);
    }
    let standard = plain("0100000", "388", 4, GENESIS);
    let answer = api(&handle, "POST", "/compliance/invoices", &auth, &standard.body()).await;
    assert_eq!(answer.codes("errorMessages"), ["certificate-permissions"]);
    let pcsid = credentials(&ask().await);
    let answer = clear(&handle, &pcsid, &plain("0100000", "388", 1, GENESIS)).await;
    assert_eq!((answer.status, answer.codes("errorMessages")), (400, vec!["certificate-permissions".into()]));
    assert!(answer.text.contains("CSID does not cover Standard documents"));
    handle.stop().await;
}

/// A renewal with these credentials; the answer as it came.
async fn renew(handle: &SandboxHandle, with: &Credentials, seed: u8, fields: &CsrFields) -> Answer {
    let otp = handle.issue_otp(ENV, None);
    let headers = [("Authorization", with.basic.as_str()), ("OTP", otp.as_str())];
    api(handle, "PATCH", "/production/csids", &headers, &json!({"csr": csr(&key(seed), fields)})).await
}

fn reason(handle: &SandboxHandle) -> String {
    handle.calls().last().unwrap().reason.clone().unwrap_or_default()
}

#[tokio::test]
async fn credentials_of_the_wrong_kind_or_state_are_strangers() {
    let World { handle, .. } = world(|c| c.settings.production_lifetime = 1000).await;
    let own = key(14);
    let otp = handle.issue_otp(ENV, None);
    let body = json!({"csr": csr(&own, &GOOD)});
    let ccsid = credentials(&api(&handle, "POST", "/compliance", &[("OTP", &otp)], &body).await);
    assert_eq!(renew(&handle, &ccsid, 15, &GOOD).await.status, 401);
    assert_eq!(reason(&handle), "a compliance CSID is not accepted here");
    let doc = stamped(&own, &ccsid.certificate, "0200000", "388", 1, GENESIS);
    assert_eq!(report(&handle, &ccsid, &doc).await.status, 401);
    let pcsid = finish_onboarding(&handle, &own, &ccsid).await;
    let auth = [("Authorization", pcsid.basic.as_str())];
    let body = json!({"compliance_request_id": ccsid.request_id});
    assert_eq!(api(&handle, "POST", "/production/csids", &auth, &body).await.status, 401);
    assert_eq!(reason(&handle), "a production CSID is asked for with a compliance CSID");
    let other = CsrFields { vat: "311111111100003", ..GOOD };
    let answer = renew(&handle, &pcsid, 15, &other).await;
    assert_eq!(refusal(&handle, &answer).0, "Invalid-CSR");
    assert!(answer.text.contains("another VAT number"), "{}", answer.text);
    let list = handle.csids();
    let csid = &list.iter().find(|entry| entry.kind == CsidKind::Production).unwrap().csid;
    assert!(handle.revoke(csid));
    assert_eq!(
        (renew(&handle, &pcsid, 15, &GOOD).await.status, reason(&handle).as_str()),
        (401, "the CSID is revoked")
    );
    let undo = json!({"csid": csid, "undo": true}).to_string();
    call(&handle, "POST", "/admin/revoke", &[], &undo).await.unwrap();
    handle.advance_clock(1000);
    assert_eq!(
        (renew(&handle, &pcsid, 15, &GOOD).await.status, reason(&handle).as_str()),
        (401, "the CSID has expired")
    );
    assert_eq!(handle.csids().last().unwrap().standing, Standing::Expired);
    handle.stop().await;
}

/// Production CSIDs that are accepted now.
fn live(handle: &SandboxHandle) -> usize {
    let list = handle.csids();
    list.iter().filter(|e| e.kind == CsidKind::Production && e.standing == Standing::Live).count()
}

#[tokio::test]
async fn renewal_in_its_forms_and_with_its_grace() {
    let World { handle, .. } = world(|c| {
        c.settings.renewal = RenewalRoad::Wrapped;
        c.settings.renewal_grace = 60;
    })
    .await;
    let old = onboard(&handle, &key(16)).await;
    let wrapped = renew(&handle, &old, 17, &GOOD).await;
    assert_eq!((wrapped.status, &wrapped.json()["value"]["dispositionMessage"]), (200, &json!("ISSUED")));
    assert_eq!(live(&handle), 2, "the old one lives on for a while");
    handle.change_settings(|settings| settings.renewal = RenewalRoad::Direct);
    assert_eq!(renew(&handle, &old, 18, &GOOD).await.json()["dispositionMessage"], "ISSUED");
    assert_eq!(live(&handle), 2, "renewed once more after a lost answer: the first renewal is void");
    let list = handle.csids();
    assert_eq!(list.last().unwrap().replaces.as_ref(), Some(&list[1].csid));
    handle.advance_clock(60);
    assert_eq!(live(&handle), 1);
    assert_eq!(renew(&handle, &old, 19, &GOOD).await.status, 401);
    handle.stop().await;
}

#[tokio::test]
async fn the_developer_portal_can_hand_out_its_canned_certificate() {
    let World { handle, .. } = world(|c| c.settings.canned_production = true).await;
    let fields = CsrFields { template: "TSTZATCA-Code-Signing", ..GOOD };
    let mut tokens = Vec::new();
    for seed in [20, 21] {
        let path = |tail: &str| format!("{}{tail}", Environment::DeveloperPortal.prefix());
        let headers = [("Accept-Version", "V2"), ("Content-Type", "application/json"), ("OTP", "123345")];
        let own = key(seed);
        let body = json!({"csr": csr(&own, &fields)}).to_string();
        let answer = call(&handle, "POST", &path("/compliance"), &headers, &body).await.unwrap();
        let ccsid = credentials(&answer);
        let headers = [headers[0], headers[1], ("Authorization", ccsid.basic.as_str())];
        for (icv, code) in (1..).zip(["388", "381", "383"]) {
            for doc in [
                stamped(&own, &ccsid.certificate, "0200000", code, icv, GENESIS),
                plain("0100000", code, icv, GENESIS),
            ] {
                let body = doc.body().to_string();
                let answer =
                    call(&handle, "POST", &path("/compliance/invoices"), &headers, &body).await.unwrap();
                assert_eq!(answer.status, 200, "{}", answer.text);
            }
        }
        let body = json!({"compliance_request_id": ccsid.request_id}).to_string();
        let answer = call(&handle, "POST", &path("/production/csids"), &headers, &body).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text);
        tokens.push(credentials(&answer).certificate);
    }
    assert_eq!(tokens[0], tokens[1], "everybody gets the same");
    assert_eq!(handle.csids().last().unwrap().unit, GOOD.serial);
    onboard(&handle, &key(22)).await;
    assert_eq!(live(&handle), 3, "the simulation issues real ones");
    handle.stop().await;
}
