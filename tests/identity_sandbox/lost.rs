//! Each call of an onboarding and of a renewal, lost in each way.

use std::time::Duration;

use serde_json::{Value, json};
use tilld::fatoora::Environment;
use tilld::keys::KeyStore;
use tilld::onboard::{OnboardError, bundles, promote};
use tilld::sandbox::{Call, Delivered, RenewalRoad};
use tokio::task::JoinSet;

use crate::shop::{Flow, PATIENT, Shop};

/// The calls of an onboarding, each by its endpoint and its place there.
fn onboarding() -> Vec<Value> {
    let checks = (1..=6).map(|nth| json!({"endpoint": "check", "nth": nth}));
    let (first, last) =
        (json!({"endpoint": "compliance", "nth": 1}), json!({"endpoint": "production", "nth": 1}));
    std::iter::once(first).chain(checks).chain([last]).collect()
}

/// The calls of a renewal on the 428 road.
fn renewal() -> Vec<Value> {
    let mut calls = onboarding();
    calls[0] = json!({"endpoint": "renewal", "nth": 1});
    calls
}

/// What became of the call that the fault was played on.
struct Loss {
    rule: Value,
    evaluated: bool,
    delivered: Delivered,
    patience: Duration,
}

fn loss(action: &str) -> Loss {
    let rule = json!({"action": action});
    let (evaluated, delivered, patience) = match action {
        "drop" | "reset" => (false, Delivered::None, PATIENT),
        "accept-then-drop" => (true, Delivered::None, PATIENT),
        "504-after-accept" => (true, Delivered::Full, PATIENT),
        // Beyond the client's patience; a call that is late for another reason is lost as well.
        "stall" => (false, Delivered::None, Duration::from_secs(2)),
        "accept-then-stall" => (true, Delivered::None, Duration::from_secs(2)),
        other => panic!("{other}"),
    };
    Loss { rule, evaluated, delivered, patience }
}

/// A body at so few bytes per second that the client gives up in the middle.
fn trickle() -> Loss {
    let rule = json!({"action": "slow", "bytes_per_second": 60});
    Loss { rule, evaluated: true, delivered: Delivered::Partial, patience: Duration::from_secs(2) }
}

impl Loss {
    fn on(&self, call: &Value) -> Value {
        let mut rule = self.rule.clone();
        rule["match"] = call.clone();
        json!([rule])
    }

    /// The book has the one call, with what was played on it and how far the answer went.
    fn is_booked(&self, calls: &[Call], what: &str) {
        let hit: Vec<&Call> = calls.iter().filter(|call| call.fault.is_some()).collect();
        assert_eq!(hit.len(), 1, "{what}");
        assert_eq!(hit[0].fault.as_deref(), self.rule["action"].as_str(), "{what}");
        assert_eq!(
            (hit[0].evaluated.is_some(), hit[0].delivered),
            (self.evaluated, self.delivered),
            "{what}"
        );
    }
}

async fn onboarded_in_spite_of(loss: Loss, call: Value) {
    let what = format!("{} on {call}", loss.rule);
    let mut shop = Shop::open(Environment::Simulation, loss.patience).await;
    shop.script(loss.on(&call));
    let error = shop.once(Flow::Run).await.expect_err(&what);
    assert!(error.is_passing(), "{what}: {error}");
    let identity = shop.until_active(Flow::Run).await;
    loss.is_booked(&shop.sandbox.calls(), &what);
    shop.holds(&identity, &what);
    shop.sandbox.stop().await;
}

async fn renewed_in_spite_of(loss: Loss, call: Value) {
    let what = format!("renewal: {} on {call}", loss.rule);
    let mut shop = Shop::open(Environment::Simulation, loss.patience).await;
    let first = shop.until_active(Flow::Run).await;
    let before = shop.sandbox.calls().len();
    shop.advance(86_400);
    shop.script(loss.on(&call));
    let error = shop.once(Flow::Renew).await.expect_err(&what);
    assert!(error.is_passing(), "{what}: {error}");
    let current = bundles(&shop.vault, &KeyStore::Vault).unwrap().current.unwrap();
    assert_eq!(current.certificate, first.certificate, "{what}: it goes on stamping");
    let second = shop.until_active(Flow::Renew).await;
    loss.is_booked(&shop.sandbox.calls()[before..], &what);
    assert_ne!(second.certificate, first.certificate);
    shop.holds(&second, &what);
    promote(&shop.vault).unwrap().expect("a successor is there");
    let after = bundles(&shop.vault, &KeyStore::Vault).unwrap();
    assert_eq!(after.current.unwrap().certificate, second.certificate, "{what}");
    assert_eq!((after.former.len(), after.successor_state), (1, None), "{what}");
    shop.sandbox.stop().await;
}

/// All calls beside each other, since each has a sandbox of its own.
async fn each<F: Future<Output = ()> + Send + 'static>(
    calls: Vec<Value>,
    make: fn() -> Loss,
    run: fn(Loss, Value) -> F,
) {
    let mut runs = JoinSet::new();
    for call in calls {
        runs.spawn(run(make(), call));
    }
    while let Some(run) = runs.join_next().await {
        run.unwrap();
    }
}

macro_rules! lost {
    ($($name:ident, $renewal:ident: $make:expr;)*) => {$(
        #[tokio::test]
        async fn $name() {
            each(onboarding(), || $make, onboarded_in_spite_of).await;
        }

        #[tokio::test]
        async fn $renewal() {
            each(renewal(), || $make, renewed_in_spite_of).await;
        }
    )*};
}

lost! {
    dropped_before, renewal_dropped_before: loss("drop");
    reset_before, renewal_reset_before: loss("reset");
    accepted_then_dropped, renewal_accepted_then_dropped: loss("accept-then-drop");
    a_504_after_it_was_accepted, renewal_a_504_after_it_was_accepted: loss("504-after-accept");
    stalled, renewal_stalled: loss("stall");
    accepted_then_stalled, renewal_accepted_then_stalled: loss("accept-then-stall");
    trickling, renewal_trickling: trickle();
}

#[tokio::test]
async fn slow_answers_that_come_in_time_lose_nothing() {
    let mut shop = Shop::open(Environment::Simulation, PATIENT).await;
    // Answers in portions of a tenth of a second; the certificates need two or three.
    shop.script(json!([{"action": "slow", "bytes_per_second": 20_000, "times": "always"}]));
    let identity = shop.once(Flow::Run).await.unwrap();
    let calls = shop.sandbox.calls();
    assert!(calls.len() == 8 && calls.iter().all(|call| call.delivered == Delivered::Full));
    shop.holds(&identity, "slow");
    shop.sandbox.stop().await;
}

#[tokio::test]
async fn the_direct_renewal_is_asked_again_while_the_old_certificate_lives() {
    for road in [RenewalRoad::Direct, RenewalRoad::Wrapped] {
        for action in ["drop", "accept-then-drop", "504-after-accept"] {
            let what = format!("{road:?} {action}");
            let mut shop = Shop::open(Environment::Simulation, PATIENT).await;
            shop.until_active(Flow::Run).await;
            shop.set(|settings| (settings.renewal, settings.renewal_grace) = (road, 3600));
            shop.script(loss(action).on(&json!({"endpoint": "renewal", "nth": 1})));
            assert!(shop.once(Flow::Renew).await.expect_err(&what).is_passing());
            let second = shop.until_active(Flow::Renew).await;
            assert_eq!(shop.live().len(), 2, "{what}: old and new, no third");
            shop.advance(3600);
            shop.holds(&second, &what);
            shop.sandbox.stop().await;
        }
    }
}

#[tokio::test]
async fn a_lost_direct_renewal_that_took_the_old_certificate_ends_in_a_replacement() {
    let mut shop = Shop::open(Environment::Simulation, PATIENT).await;
    shop.until_active(Flow::Run).await;
    shop.set(|settings| settings.renewal = RenewalRoad::Direct);
    shop.script(json!([{"action": "accept-then-drop", "match": "renewal"}]));
    assert!(shop.once(Flow::Renew).await.unwrap_err().is_passing());
    let lost = shop.live();
    assert_eq!(lost.len(), 1, "the one that never arrived");
    let refused = shop.once(Flow::Renew).await.unwrap_err();
    assert!(matches!(refused, OnboardError::OldRefused { expired: false, answer_lost: true }), "{refused}");
    let identity = shop.until_active(Flow::Replace).await;
    promote(&shop.vault).unwrap().expect("a successor is there");
    // The portal's side of a replacement: the owner withdraws what nobody holds.
    assert!(shop.sandbox.revoke(&lost[0].csid));
    shop.holds(&identity, "replaced");
    shop.sandbox.stop().await;
}
