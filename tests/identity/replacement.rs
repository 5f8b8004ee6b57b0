//! Onboarding anew beside an identity: for another environment, other facts, or
//! because the old one is over. Never by accident, and the old one is kept.

use tilld::fatoora::Environment;
use tilld::onboard::{Device, OnboardError, StartedOver, device, promote};

use crate::fake::{Break, Call, Mode};
use crate::till::{Flow, Run, Till};

#[test]
fn a_till_moves_to_production_and_keeps_what_it_was() {
    let (mut till, old) = Till::active(Environment::Simulation);
    till.plan.environment = Environment::Production;
    let otp = till.fetch_otp();
    let refused = till.fails(Some(otp));
    assert!(matches!(refused, OnboardError::AlreadyActive { .. }), "{refused}");
    assert!(refused.to_string().contains("tilld onboard --replace TILLNAME"), "{refused}");
    till.sells_with(&old);

    till.ends_in(Flow::Replace, Some(otp)).unwrap();
    till.sells_with(&old);
    let promotion = promote(&till.vault).unwrap().unwrap();
    assert_eq!((promotion.environment, promotion.former), (Environment::Production, Some(old.clone())));
    till.succeeded(&old);
    let former = till.bundles().former;
    assert_eq!(former[0].environment, Environment::Simulation);
    assert!(till.authority.book().calls.iter().all(|call| !matches!(call, Call::Renewal)));
}

#[test]
fn a_till_without_an_identity_gets_its_first_one() {
    let mut till = Till::new();
    till.authority.book().breaks.push((4, Break::KilledAfter));
    let otp = till.fetch_otp();
    assert!(matches!(till.call(Flow::Replace, Some(otp)), Run::Died));
    let identity = till.ends_in(Flow::Replace, None).unwrap();
    till.holds(&identity);
    let found = till.bundles();
    assert_eq!((found.successor_state, found.former.len()), (None, 0));
    assert!(promote(&till.vault).unwrap().is_none());
}

#[test]
fn one_road_is_not_silently_continued_on_the_other() {
    for (begun, then) in [(Flow::Renew, Flow::Replace), (Flow::Replace, Flow::Renew)] {
        let (mut till, old) = Till::active(Environment::Simulation);
        till.authority.book().breaks.push((3, Break::LostAfter));
        let otp = till.fetch_otp();
        till.fails_in(begun, Some(otp));
        assert!(matches!(till.bundles().successor_state, Some(Device::Checking { .. })));
        till.told.clear();
        assert!(matches!(till.fails_in(then, None), OnboardError::OtpNeeded { answer_lost: false }));
        assert_eq!(till.begun_anew, [StartedOver::Road]);
        assert_eq!(till.told, [Device::KeyMade, Device::CsrMade { unanswered: 0 }], "with a new key");
        till.until_succeeded(then, &old);
        till.succeeded(&old);
        assert_eq!(till.begun_anew, [StartedOver::Road]);
    }
}

#[test]
fn another_environment_begins_a_replacement_anew() {
    let (mut till, old) = Till::active(Environment::Sandbox);
    till.plan.environment = Environment::Simulation;
    till.authority.book().breaks.push((3, Break::LostAfter));
    let otp = till.fetch_otp();
    till.fails_in(Flow::Replace, Some(otp));
    till.plan.environment = Environment::Production;
    till.until_succeeded(Flow::Replace, &old);
    assert_eq!(till.begun_anew, [StartedOver::Environment]);
    till.succeeded(&old);
}

/// A successor that was finished and not yet promoted is the answer if it is
/// still wanted; if not, it is kept before another one is made.
#[test]
fn a_finished_successor_is_neither_made_twice_nor_lost() {
    let (mut till, old) = Till::active(Environment::Simulation);
    let otp = till.fetch_otp();
    let first = till.ends_in(Flow::Replace, Some(otp)).unwrap();
    let again = till.ends_in(Flow::Replace, None).unwrap();
    assert_eq!(again.certificate, first.certificate);

    till.plan.profile.location = "RRRD3030".to_owned();
    let otp = till.fetch_otp();
    let second = till.ends_in(Flow::Replace, Some(otp)).unwrap();
    assert_ne!(second.certificate, first.certificate);
    assert_eq!(till.bundles().current.unwrap().certificate, first.certificate);
    promote(&till.vault).unwrap().unwrap();
    till.succeeded(&first.certificate);
    let former: Vec<_> = till.bundles().former.into_iter().map(|former| former.certificate).collect();
    assert_eq!(former, [old, first.certificate]);
}

#[test]
fn running_again_takes_up_what_is_finished() {
    let (mut till, old) = Till::active(Environment::Simulation);
    till.authority.book().mode = Mode::AtOnce;
    let otp = till.fetch_otp();
    let renewed = till.ends_in(Flow::Renew, Some(otp)).unwrap();
    assert_eq!(till.ends(None).unwrap().certificate, renewed.certificate);
    till.succeeded(&old);
}

#[test]
fn facts_that_are_not_in_order_touch_nothing() {
    let (mut till, old) = Till::active(Environment::Simulation);
    till.plan.profile.title = "0000".to_owned();
    for flow in [Flow::Renew, Flow::Replace] {
        assert!(matches!(till.fails_in(flow, Some("999999")), OnboardError::Profile(_)));
    }
    assert!(till.authority.book().calls.is_empty());
    assert_eq!(till.bundles().successor_state, None);
    till.sells_with(&old);
    assert!(device(&till.vault).unwrap().good(till.now).is_ok());
}
