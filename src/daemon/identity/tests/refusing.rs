//! Who may not, what is not meant, and what is already under way.

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use tower::ServiceExt as _;

use super::*;
use crate::api::{self, Caller, Limits};

#[tokio::test]
async fn strangers_learn_and_change_nothing() {
    let mut shop = Shop::new(|_| {}).await;
    shop.open().await;
    let service = Arc::clone(&shop.daemon.as_ref().unwrap().service);
    let router = api::router(service, Limits::new(64 * 1024));
    let own = rustix::process::geteuid().as_raw();
    let stranger = Caller { uid: Some(own + 4_711), ..Caller::default() };
    let requests =
        [("GET", "/v1/identity"), ("POST", "/v1/identity/onboarding"), ("POST", "/v1/identity/renewal")];
    for (method, path) in requests {
        for caller in [Some(stranger), None] {
            let body = if method == "POST" { r#"{"otp":"123345"}"# } else { "" };
            let mut request = Request::builder().method(method).uri(path);
            request = request.header("content-type", "application/json");
            let mut request = request.body(Body::from(body)).unwrap();
            caller.into_iter().for_each(|caller| {
                request.extensions_mut().insert(ConnectInfo(caller));
            });
            let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
            let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
            assert_eq!(parts.status.as_u16(), 403, "{method} {path}: {body}");
            assert!(
                body.contains("not-allowed") && body.contains("root") && !body.contains("123345"),
                "{body}"
            );
        }
    }
    assert!(shop.sandbox.calls().is_empty());
    drop(router);
    shop.close().await;
}

#[tokio::test]
async fn one_change_at_a_time_and_a_caller_that_goes_away_stops_nothing() {
    let mut shop = Shop::new(|_| {}).await;
    shop.open().await;
    shop.sandbox.set_faults(faults(r#"{"action": "slow", "milliseconds": 400, "times": 3}"#));
    let (client, otp) = (shop.client.clone(), shop.otp());
    let first = tokio::spawn(async move { client.onboard(Some(&otp), None).await });
    let operation = async {
        loop {
            if let Some(operation) = shop.client.identity().await.unwrap().operation {
                return operation;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let operation = tokio::time::timeout(PATIENCE, operation).await.unwrap();
    assert_eq!(operation.kind, "onboarding");
    let busy = problem(shop.onboard(None).await);
    assert_eq!((busy.status, busy.code.as_str()), (409, "identity-busy"));
    assert!(busy.detail.contains("onboarding is under way") && busy.detail_ar.contains("جارية"), "{busy:?}");
    // The till answers everybody else meanwhile.
    assert_eq!(problem(shop.sell().await).code, "not-onboarded");
    first.abort();
    let wait = async {
        while !shop.client.status().await.unwrap().selling.ready {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("the onboarding goes on by itself");
    shop.sell().await.unwrap();
    shop.close().await;
}

#[tokio::test]
async fn a_live_identity_is_replaced_only_by_the_word() {
    let mut shop = Shop::active(|_| {}).await;
    let before = shop.client.identity().await.unwrap().certificate.unwrap();
    let calls = shop.sandbox.calls().len();
    let wrong = problem(shop.onboard(Some("T02")).await);
    assert_eq!((wrong.status, wrong.code.as_str()), (422, "invalid-identity-request"));
    assert!(wrong.detail.contains("T01") && wrong.detail_ar.contains("T01"), "{wrong:?}");
    let kept = shop.onboard(None).await.unwrap();
    assert_eq!((kept.kind.as_str(), &kept.certificate), ("none", &before));
    assert_eq!(shop.sandbox.calls().len(), calls, "the authority was not asked");

    let old = shop.sell().await.unwrap();
    let done = shop.onboard(Some("T01")).await.unwrap();
    assert_eq!(done.kind, "replacement");
    assert_ne!(done.certificate.serial_number, before.serial_number);
    let known = shop.client.identity().await.unwrap();
    assert_eq!(known.former[0].serial_number, before.serial_number, "the old one is kept");
    let new = shop.sell().await.unwrap();
    assert_eq!((old.icv, new.icv), (1, 1));
    shop.drained().await;
    assert!(shop.sandbox.audit().ok);
    shop.close().await;
}

#[tokio::test]
async fn a_used_password_is_explained_and_nothing_is_changed() {
    let mut shop = Shop::active(|_| {}).await;
    let before = shop.client.identity().await.unwrap();
    let otp = Zeroizing::new("000000".to_owned());
    let refused = problem(shop.client.renew(Some(&otp)).await);
    assert_eq!((refused.status, refused.code.as_str()), (422, "identity-refused"));
    assert!(refused.detail.contains("OTP") && refused.detail_ar.contains("رمز"), "{refused:?}");
    assert!(!refused.detail.contains("000000"));
    let after = shop.client.identity().await.unwrap();
    assert_eq!((after.state, after.certificate), (before.state, before.certificate));
    assert!(after.successor.is_some(), "what was begun goes on");
    shop.sell().await.unwrap();
    shop.renew().await.unwrap();
    assert_eq!(shop.sell().await.unwrap().icv, 1);
    shop.close().await;
}
