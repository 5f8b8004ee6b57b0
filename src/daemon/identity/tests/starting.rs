//! How a till comes to its identity while it runs, and how a start goes on
//! where a kill stopped a switch.

use super::*;
use crate::api::IdentityTask;
use crate::daemon::{identity, provisioning};
use crate::onboard::{self, Onboarding};

#[tokio::test]
async fn a_till_without_identity_gets_it_without_a_restart() {
    let mut shop = Shop::new(|_| {}).await;
    shop.open().await;
    let status = shop.client.status().await.unwrap();
    let reason = status.selling.reason.unwrap();
    assert!(!status.selling.ready && reason.en.contains("tilld onboard"), "{}", reason.en);
    assert_eq!(status.queue.paused, None, "nothing to send is no trouble");
    let refused = problem(shop.sell().await);
    assert_eq!((refused.code.as_str(), &refused.detail), ("not-onboarded", &reason.en));

    let done = shop.onboard(None).await.unwrap();
    assert_eq!((done.kind.as_str(), done.environment.as_str()), ("onboarding", "sandbox"));
    assert!(done.certificate.alarm.is_none() && done.certificate.days_left > 60, "{done:?}");
    let first = shop.sell().await.unwrap();
    assert_eq!(first.icv, 1);
    shop.drained().await;
    assert!(shop.sandbox.audit().ok);

    let known = shop.client.identity().await.unwrap();
    assert_eq!((known.state.as_str(), known.successor, known.operation), ("active", None, None));
    assert_eq!(known.certificate.as_ref(), Some(&done.certificate));
    let again = shop.client.onboard(None, None).await.unwrap();
    assert_eq!((again.kind.as_str(), &again.certificate), ("none", &done.certificate));
    assert_eq!(shop.sell().await.unwrap().icv, 2, "the same chain goes on");
    shop.close().await;
}

#[tokio::test]
async fn where_a_till_stands_tells_whether_an_otp_is_needed() {
    let replace = IdentityTask::Replace { till: "T07".to_owned() };
    let needs = |shop: &Shop| {
        [&IdentityTask::Onboard, &replace, &IdentityTask::Renew]
            .map(|task| provisioning::standing(&shop.settings, task).unwrap().needs_otp)
    };
    let mut shop = Shop::new(|_| {}).await;
    assert_eq!(needs(&shop), [true, true, false], "there is nothing to renew");
    shop.open().await;
    shop.onboard(None).await.unwrap();
    let known = shop.client.identity().await.unwrap();
    assert_eq!(known.settings_digest, identity::settings_digest(&shop.settings));
    shop.close().await;
    assert_eq!(needs(&shop), [false, true, true]);
    successor(&shop).await;
    assert_eq!(needs(&shop), [false; 3], "it waits to be taken into use");
}

#[tokio::test]
async fn settings_that_make_another_identity_have_another_digest() {
    let shop = Shop::new(|_| {}).await;
    let changes: [fn(&mut Settings); 5] = [
        |settings| settings.fatoora.environment = crate::fatoora::Environment::Production,
        |settings| settings.fatoora.base_url = None,
        |settings| settings.unit.location.push('x'),
        |settings| settings.unit.title = crate::config::UnitTitle::Simplified,
        |settings| settings.till.data_dir.push("x"),
    ];
    let before = identity::settings_digest(&shop.settings);
    let differs = changes.map(|change| {
        let mut settings = shop.settings.clone();
        change(&mut settings);
        identity::settings_digest(&settings) != before
    });
    assert_eq!(differs, [true, true, true, true, false]);
}

/// Makes a successor beside the identity of a till that does not run.
async fn successor(shop: &Shop) {
    let vault = identity::open_vault(&shop.settings).unwrap();
    let otp = crate::fatoora::Otp::new(&shop.otp()).unwrap();
    let onboarding = Onboarding {
        refused_elsewhere: false,
        vault: &vault,
        keys: &identity::keys(&shop.settings).unwrap(),
        authority: &identity::client(&shop.settings).unwrap(),
        plan: identity::plan(&shop.settings),
        now: &|| SystemClock.now(),
        random: &mut crate::keys::os_random,
        progress: &mut |_| {},
    };
    onboarding.renew(Some(&otp)).await.unwrap();
}

#[tokio::test]
async fn a_start_goes_on_with_a_switch_wherever_it_was_cut() {
    for promoted in [false, true] {
        let mut shop = Shop::active(|_| {}).await;
        let before = shop.client.identity().await.unwrap().certificate.unwrap();
        let old = shop.sell().await.unwrap();
        shop.drained().await;
        shop.close().await;
        successor(&shop).await;
        if promoted {
            let vault = identity::open_vault(&shop.settings).unwrap();
            assert!(onboard::promote(&vault).unwrap().is_some());
        }
        shop.open().await;
        let known = shop.client.identity().await.unwrap();
        let after = known.certificate.unwrap();
        assert_ne!(after.serial_number, before.serial_number);
        assert_eq!(known.former[0].serial_number, before.serial_number);
        let new = shop.sell().await.unwrap();
        assert_eq!((old.icv, new.icv), (1, 1), "each certificate has its own chain");
        assert_ne!(old.number, new.number);
        shop.drained().await;
        assert!(shop.sandbox.audit().ok, "{:?}", shop.sandbox.audit());
        // Nothing is left to go on with.
        shop.close().await;
        shop.open().await;
        assert_eq!(shop.sell().await.unwrap().icv, 2);
        shop.close().await;
    }
}

#[tokio::test]
async fn settings_of_another_unit_or_environment_are_refused_at_start() {
    let mut shop = Shop::active(|_| {}).await;
    shop.close().await;
    let right = shop.settings.clone();
    let mut moved = right.clone();
    moved.fatoora.environment = crate::fatoora::Environment::Simulation;
    let mut renamed = right.clone();
    renamed.unit.serial_number = "1-tilld|2-0.1|3-00000000-0000-4000-8000-000000000000".to_owned();
    let mut other = right.clone();
    other.unit.common_name = "TILLD-DEMO-T02".to_owned();
    for (wrong, words) in [(moved, "environment"), (renamed, "serial_number"), (other, "common_name")] {
        let Err(why) = Daemon::start(&wrong).await else { panic!("started as another till") };
        assert!(why.contains(words) && why.contains("tilld onboard --replace T01"), "{why}");
    }
    // What the next certificate will say is no reason to stand still.
    shop.settings.unit.location = "RRRD2930".to_owned();
    shop.open().await;
    shop.sell().await.unwrap();
    shop.close().await;
}
