//! The life of an identity: renewed in time, expired, revoked, and every
//! refusal of a renewal.

use tilld::fatoora::Environment;
use tilld::onboard::{Device, NoStamp, OnboardError, StartedOver, Unfit, device, promote, settle};

use crate::fake::{Break, Call, FIVE_YEARS, Mode, NOW};
use crate::till::{Flow, Run, Till};

const END: i64 = NOW + FIVE_YEARS;

#[test]
fn a_quiet_renewal() {
    for environment in Environment::ALL {
        for (mode, calls) in [(Mode::ChecksFirst, 8), (Mode::AtOnce, 1)] {
            let (mut till, old) = Till::active(environment);
            till.authority.book().mode = mode;
            let otp = till.fetch_otp();
            let identity = till.ends_in(Flow::Renew, Some(otp)).unwrap();
            assert_eq!(till.authority.book().calls.len(), calls);
            assert!(matches!(till.authority.book().calls[0], Call::Renewal));
            assert_eq!(till.told.last(), Some(&Device::Active { until: END }));
            till.sells_with(&old);
            till.keeps_its_secrets();

            let again = till.ends_in(Flow::Renew, None).unwrap();
            assert_eq!(again.certificate, identity.certificate, "a finished one is not made twice");
            assert_eq!(till.authority.book().calls.len(), calls);

            let promotion = promote(&till.vault).unwrap().unwrap();
            assert_eq!(promotion.environment, environment);
            assert_eq!(promotion.certificate, identity.certificate);
            assert_eq!(promotion.former, Some(old.clone()));
            assert!(!format!("{promotion:?}").contains("api-secret"));
            till.succeeded(&old);
        }
    }
}

#[test]
fn each_renewal_keeps_the_one_before() {
    let (mut till, first) = Till::active(Environment::Production);
    let mut stamped = vec![first];
    for mode in [Mode::AtOnce, Mode::ChecksFirst, Mode::AtOnce] {
        till.authority.book().mode = mode;
        let otp = till.fetch_otp();
        let identity = till.ends_in(Flow::Renew, Some(otp)).unwrap();
        promote(&till.vault).unwrap().unwrap();
        till.succeeded(stamped.last().unwrap());
        stamped.push(identity.certificate);
    }
    let former = till.bundles().former;
    assert_eq!(former.len(), 3);
    for (former, certificate) in former.iter().zip(&stamped) {
        assert_eq!((&former.certificate, former.environment), (certificate, Environment::Production));
    }
    let secrets: std::collections::BTreeSet<&str> =
        former.iter().map(|former| former.credentials.secret.as_str()).collect();
    assert_eq!(secrets.len(), 3, "each with its own credentials");
}

#[test]
fn a_resumed_renewal_needs_no_otp_and_no_second_request() {
    let (mut till, old) = Till::active(Environment::Simulation);
    till.authority.book().breaks.push((3, Break::LostBefore));
    let otp = till.fetch_otp();
    till.fails_in(Flow::Renew, Some(otp));
    assert!(!till.bundles().successor_state.unwrap().needs_otp());
    till.ends_in(Flow::Renew, None).unwrap();
    promote(&till.vault).unwrap().unwrap();
    till.succeeded(&old);
    let book = till.authority.book();
    assert_eq!(book.calls.iter().filter(|call| matches!(call, Call::Renewal)).count(), 1);
}

#[test]
fn refusals_leave_the_current_identity_alone() {
    let (mut till, old) = Till::active(Environment::Simulation);
    assert!(matches!(till.fails_in(Flow::Renew, None), OnboardError::OtpNeeded { answer_lost: false }));
    let refused = till.fails_in(Flow::Renew, Some("999999"));
    assert!(matches!(refused, OnboardError::OtpRefused { answer_lost: false }), "{refused}");
    till.sells_with(&old);
    till.authority.book().refuse_request = Some("... Denied by Policy Module 0x80094800 ...");
    let otp = till.fetch_otp();
    assert!(matches!(till.fails_in(Flow::Renew, Some(otp)), OnboardError::WrongTemplate { .. }));
    till.authority.book().refuse_request = Some("Invalid CSR: organisation");
    let refused = till.fails_in(Flow::Renew, Some(otp));
    assert!(refused.to_string().contains("Invalid CSR: organisation"), "{refused}");
    till.sells_with(&old);
    till.authority.book().refuse_request = None;

    till.authority.book().reject_step = Some("simplified-compliant");
    let failed = till.fails_in(Flow::Renew, Some(otp));
    assert!(failed.to_string().contains("BR-KSA-08"), "{failed}");
    assert!(matches!(till.bundles().successor_state, Some(Device::ChecksFailed { done: 3, .. })));
    till.sells_with(&old);
    till.authority.book().reject_step = None;
    till.ends_in(Flow::Renew, None).unwrap();
    promote(&till.vault).unwrap().unwrap();
    till.succeeded(&old);
}

#[test]
fn a_withdrawn_compliance_certificate_begins_the_renewal_again_with_its_key() {
    let (mut till, old) = Till::active(Environment::Simulation);
    till.authority.book().breaks.push((3, Break::KilledBefore));
    let otp = till.fetch_otp();
    assert!(matches!(till.call(Flow::Renew, Some(otp)), Run::Died));
    till.authority.book().compliance[1].revoked = true;
    assert!(matches!(till.fails_in(Flow::Renew, None), OnboardError::ComplianceLapsed));
    till.sells_with(&old);
    till.until_succeeded(Flow::Renew, &old);
    till.succeeded(&old);
    assert_eq!(
        till.handed_out.iter().filter(|bytes| bytes.len() == 32).count(),
        2,
        "one key for each identity"
    );
}

#[test]
fn a_certificate_of_another_key_is_not_taken() {
    let mut other = Till::new();
    other.handed_out.push(Vec::new());
    other.ends(Some("111222")).unwrap();
    let canned = other.authority.book().requests[0].clone();
    for (environment, mode) in [
        (Environment::Production, Mode::AtOnce),
        (Environment::Sandbox, Mode::AtOnce),
        (Environment::Sandbox, Mode::ChecksFirst),
    ] {
        let (mut till, old) = Till::active(environment);
        till.authority.book().mode = mode;
        till.authority.book().canned = Some(canned.clone());
        let otp = till.fetch_otp();
        let unfit = till.fails_in(Flow::Renew, Some(otp));
        let successor = till.bundles().successor_state.unwrap();
        if environment == Environment::Sandbox {
            assert!(matches!(unfit, OnboardError::Certificate(Unfit::SandboxCanned)), "{unfit}");
            assert_eq!(successor, Device::SandboxCanned);
            let calls = till.authority.book().calls.len();
            let otp = till.fetch_otp();
            let again = till.fails_in(Flow::Renew, Some(otp));
            assert!(matches!(again, OnboardError::Certificate(Unfit::SandboxCanned)), "{again}");
            assert_eq!(till.authority.book().calls.len(), calls, "nothing is issued needlessly");
        } else {
            assert!(matches!(unfit, OnboardError::Certificate(Unfit::OtherKey)), "{unfit}");
            assert!(successor.needs_otp());
        }
        let found = till.bundles();
        assert_eq!((found.current.unwrap().certificate, found.former.len()), (old, 0));
        assert!(promote(&till.vault).unwrap().is_none());
    }
}

#[test]
fn a_renewal_needs_an_identity_of_the_same_environment_and_taxpayer() {
    let mut till = Till::new();
    let otp = till.fetch_otp();
    let nothing = till.fails_in(Flow::Renew, Some(otp));
    assert!(matches!(nothing, OnboardError::NothingToRenew), "{nothing}");
    assert_eq!((till.bundles().successor_state, device(&till.vault).unwrap()), (None, Device::Blank));

    let (mut till, old) = Till::active(Environment::Simulation);
    till.plan.environment = Environment::Production;
    let otp = till.fetch_otp();
    let elsewhere = till.fails_in(Flow::Renew, Some(otp));
    assert!(matches!(elsewhere, OnboardError::RenewalElsewhere { .. }), "{elsewhere}");
    assert!(elsewhere.to_string().contains("--replace"), "{elsewhere}");
    assert!(till.authority.book().calls.is_empty());
    till.sells_with(&old);
}

#[test]
fn new_facts_begin_a_renewal_anew_with_words() {
    let (mut till, old) = Till::active(Environment::Simulation);
    till.authority.book().breaks.push((2, Break::LostBefore));
    let otp = till.fetch_otp();
    till.fails_in(Flow::Renew, Some(otp));
    till.plan.profile.location = "RRRD3030".to_owned();
    assert!(matches!(till.fails_in(Flow::Renew, None), OnboardError::OtpNeeded { .. }));
    assert_eq!(till.begun_anew, [StartedOver::Facts]);
    till.until_succeeded(Flow::Renew, &old);
    till.succeeded(&old);
    assert_eq!(till.bundles().current.unwrap().profile.location, "RRRD3030");
    assert_eq!(till.begun_anew, [StartedOver::Facts]);
}

#[test]
fn the_clock_ends_a_certificate_and_a_clock_set_right_gives_it_back() {
    let (mut till, old) = Till::active(Environment::Simulation);
    let active = Device::Active { until: END };
    assert_eq!(settle(&till.vault, END - 1).unwrap(), active);
    let expired = Device::Expired { since: END };
    assert_eq!(settle(&till.vault, END).unwrap(), expired);
    assert_eq!(device(&till.vault).unwrap(), expired, "it is stored");
    let found = till.bundles();
    assert_eq!(found.current_state.good(END), Err(NoStamp::Expired { since: END }));
    assert_eq!(found.current.unwrap().certificate, old, "its documents still go out");
    till.now = END + 5;
    let ended = till.fails(None);
    assert!(matches!(ended, OnboardError::Ended(NoStamp::Expired { .. })), "{ended}");
    assert!(ended.to_string().contains("tilld renew") && ended.to_string().contains("--replace"), "{ended}");

    assert_eq!(settle(&till.vault, END - 1).unwrap(), active);
    assert_eq!(device(&till.vault).unwrap(), active);
    till.now = NOW;
    assert_eq!(till.ends(None).unwrap().certificate, old);

    let lock = till.vault.lock().unwrap();
    assert_eq!(settle(&till.vault, END).unwrap(), expired, "right also while something else works");
    drop(lock);
    assert_eq!(device(&till.vault).unwrap(), active);
    assert_eq!(settle(&Till::new().vault, END).unwrap(), Device::Blank);
}

#[test]
fn an_expired_identity_is_renewed_if_the_authority_lets_it_and_explained_if_not() {
    let (mut till, old) = Till::active(Environment::Simulation);
    till.now = END + 1;
    till.authority.book().validity = Some(END + FIVE_YEARS);
    let otp = till.fetch_otp();
    till.ends_in(Flow::Renew, Some(otp)).unwrap();
    assert_eq!(device(&till.vault).unwrap(), Device::Expired { since: END });
    promote(&till.vault).unwrap().unwrap();
    till.succeeded(&old);

    let (mut till, old) = Till::active(Environment::Simulation);
    till.now = END + 1;
    till.authority.book().validity = Some(END + FIVE_YEARS);
    till.authority.book().production[0].revoked = true;
    let otp = till.fetch_otp();
    let refused = till.fails_in(Flow::Renew, Some(otp));
    assert!(matches!(refused, OnboardError::OldRefused { expired: true, .. }), "{refused}");
    assert_eq!(device(&till.vault).unwrap(), Device::Expired { since: END }, "expired, not revoked");
    till.ends_in(Flow::Replace, Some(otp)).unwrap();
    assert_eq!(till.begun_anew, [StartedOver::Road]);
    promote(&till.vault).unwrap().unwrap();
    till.succeeded(&old);
}

#[test]
fn one_refused_renewal_alone_says_nothing_about_the_certificate() {
    let (mut till, _) = Till::active(Environment::Simulation);
    till.authority.book().production[0].revoked = true;
    till.refused_elsewhere = false;
    let otp = till.fetch_otp();
    let refused = till.fails_in(Flow::Renew, Some(otp));
    assert!(matches!(refused, OnboardError::OldRefused { expired: false, .. }), "{refused}");
    assert_eq!(till.bundles().current_state, Device::Active { until: END }, "reports are still taken");
    till.authority.book().production[0].revoked = false;
    till.ends_in(Flow::Renew, Some(otp)).expect("the OTP of the refused call is unused");
}

#[test]
fn a_revoked_identity_is_known_by_its_refused_renewal_and_may_come_back() {
    let (mut till, old) = Till::active(Environment::Simulation);
    till.authority.book().production[0].revoked = true;
    let otp = till.fetch_otp();
    let refused = till.fails_in(Flow::Renew, Some(otp));
    assert!(matches!(refused, OnboardError::OldRefused { expired: false, answer_lost: false }), "{refused}");
    let found = till.bundles();
    assert_eq!(found.current_state, Device::Revoked);
    assert_eq!(found.current_state.good(till.now), Err(NoStamp::Revoked));
    assert!(matches!(found.successor_state, Some(Device::CsrMade { unanswered: 0 })), "the OTP is unused");
    assert!(matches!(till.fails(None), OnboardError::Ended(NoStamp::Revoked)));
    assert_eq!(settle(&till.vault, END).unwrap(), Device::Revoked);

    // A suspended registration is taken up again.
    till.authority.book().production[0].revoked = false;
    let wrong = till.fails_in(Flow::Renew, Some("999999"));
    assert!(matches!(wrong, OnboardError::OtpRefused { .. }), "{wrong}");
    till.sells_with(&old);
    assert_eq!(till.bundles().current_state, Device::Active { until: END }, "the authority takes it again");
    till.ends_in(Flow::Renew, Some(otp)).unwrap();
    promote(&till.vault).unwrap().unwrap();
    till.succeeded(&old);
}
