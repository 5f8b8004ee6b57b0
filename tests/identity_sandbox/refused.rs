//! What the authority refuses, as the till understands it, and how it goes on from there.

use serde_json::json;
use tilld::fatoora::Environment;
use tilld::onboard::{OnboardError, Unfit, device};
use tilld::sandbox::RenewalRoad;

use crate::shop::{Flow, PATIENT, Shop, VAT};

async fn shop() -> Shop {
    Shop::open(Environment::Simulation, PATIENT).await
}

#[tokio::test]
async fn every_environment_and_every_renewal_road() {
    for (environment, road) in Environment::ALL.into_iter().zip([
        RenewalRoad::ComplianceFirst,
        RenewalRoad::Direct,
        RenewalRoad::Wrapped,
    ]) {
        let mut shop = Shop::open(environment, PATIENT).await;
        shop.set(|settings| settings.renewal = road);
        let first = shop.once(Flow::Run).await.unwrap();
        shop.holds(&first, "first");
        let second = shop.once(Flow::Renew).await.unwrap();
        shop.holds(&second, "second");
        shop.sandbox.stop().await;
    }
}

#[tokio::test]
async fn otps_that_are_not_taken() {
    let mut shop = shop().await;
    let other = shop.sandbox.issue_otp(tilld::sandbox::Environment::Simulation, Some("311111111100003"));
    let elsewhere = shop.sandbox.issue_otp(tilld::sandbox::Environment::Core, Some(VAT));
    let late = shop.otp();
    shop.advance(3600);
    for otp in [&other, &elsewhere, &late, "100000"] {
        let refused = shop.call(Flow::Run, Some(otp)).await.unwrap_err();
        assert!(matches!(refused, OnboardError::OtpRefused { answer_lost: false }), "{refused}");
        assert!(device(&shop.vault).unwrap().needs_otp());
    }
    let reasons: Vec<String> = shop.sandbox.calls().into_iter().filter_map(|call| call.reason).collect();
    assert_eq!(reasons.len(), 4, "the book tells them apart: {reasons:?}");
    let identity = shop.once(Flow::Run).await.unwrap();
    shop.holds(&identity, "a good OTP");
    shop.sandbox.stop().await;
}

#[tokio::test]
async fn an_environment_that_does_not_belong_to_the_address() {
    let mut shop = shop().await;
    let otp = shop.otp();
    shop.plan.environment = Environment::Production;
    let refused = shop.call(Flow::Run, Some(&otp)).await.unwrap_err();
    assert!(matches!(refused, OnboardError::WrongTemplate { .. }), "{refused}");
    shop.plan.environment = Environment::Simulation;
    let identity = shop.once(Flow::Run).await.unwrap();
    shop.holds(&identity, "corrected");
    shop.sandbox.stop().await;
}

#[tokio::test]
async fn a_compliance_certificate_that_ends_on_the_way() {
    for rule in [json!({"action": "revoke"}), json!({"action": "clock", "seconds": 601})] {
        let mut shop = shop().await;
        shop.set(|settings| settings.compliance_lifetime = 600);
        let mut rule = rule;
        rule["match"] = json!({"endpoint": "check", "nth": 3});
        shop.script(json!([rule]));
        let lapsed = shop.once(Flow::Run).await.unwrap_err();
        assert!(matches!(lapsed, OnboardError::ComplianceLapsed), "{lapsed}");
        let identity = shop.once(Flow::Run).await.unwrap();
        shop.holds(&identity, "a new compliance certificate");
        shop.sandbox.stop().await;
    }
}

#[tokio::test]
async fn a_refused_document_and_gateways_that_are_unwell() {
    let mut shop = shop().await;
    let finding = json!({"code": "BR-KSA-08", "category": "KSA", "message": "The seller identification"});
    shop.script(json!([{"action": "400", "match": {"endpoint": "check", "nth": 2}, "findings": [finding]}]));
    match shop.once(Flow::Run).await.unwrap_err() {
        OnboardError::ChecksFailed { findings, .. } => {
            assert!(findings.iter().any(|finding| finding.code == "BR-KSA-08"), "{findings:?}");
        }
        other => panic!("{other}"),
    }
    for action in ["html-503", "500-json", "429", "wrong-json"] {
        shop.script(json!([{"action": action, "match": "check"}]));
        let passing = shop.once(Flow::Run).await.unwrap_err();
        assert!(passing.is_passing(), "{action}: {passing}");
    }
    let identity = shop.once(Flow::Run).await.unwrap();
    shop.holds(&identity, "well again");
    shop.sandbox.stop().await;
}

#[tokio::test]
async fn the_canned_certificate_of_the_developer_portal() {
    let mut shop = Shop::open(Environment::Sandbox, PATIENT).await;
    shop.set(|settings| settings.canned_production = true);
    let unfit = shop.once(Flow::Run).await.unwrap_err();
    assert!(matches!(unfit, OnboardError::Certificate(Unfit::SandboxCanned)), "{unfit}");
    shop.sandbox.stop().await;
}

#[tokio::test]
async fn a_certificate_that_was_withdrawn_cannot_be_renewed_but_replaced() {
    let mut shop = shop().await;
    shop.once(Flow::Run).await.unwrap();
    let old = shop.live().remove(0);
    assert!(shop.sandbox.revoke(&old.csid));
    let refused = shop.once(Flow::Renew).await.unwrap_err();
    assert!(matches!(refused, OnboardError::OldRefused { expired: false, answer_lost: false }), "{refused}");
    let identity = shop.until_active(Flow::Replace).await;
    shop.holds(&identity, "replaced");
    shop.sandbox.stop().await;
}
