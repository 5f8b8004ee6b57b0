//! Renewal on both its roads, and replacement, broken everywhere: killed at
//! every stored state and around every call, answers lost before and after the
//! authority acted. In the end there is one identity, and it sold all the while.

use tilld::fatoora::Environment;
use tilld::onboard::{Device, OnboardError, Trouble};

use crate::arrived::documents;
use crate::fake::{Break, Call, Mode};
use crate::till::{Flow, Run, Till};

/// Each road to a successor, and the calls on it when nothing goes wrong.
const ROADS: [(Flow, Mode, usize); 3] = [
    (Flow::Renew, Mode::ChecksFirst, 8),
    (Flow::Renew, Mode::AtOnce, 1),
    (Flow::Replace, Mode::ChecksFirst, 8),
];

#[test]
fn killed_after_each_stored_state() {
    // key, CSR, OTP sent, active; and on the longer roads compliance, checks begin, six checks passed
    for ((flow, mode, _), states) in ROADS.into_iter().zip([12, 4, 12]) {
        for after in 1..=states + 1 {
            let (mut till, old) = Till::active(Environment::Simulation);
            till.authority.book().mode = mode;
            till.dies_after = Some(after);
            let otp = till.fetch_otp();
            let died = matches!(till.call(flow, Some(otp)), Run::Died);
            assert_eq!(died, after <= states, "{flow:?} {mode:?} {after}");
            till.sells_with(&old);
            till.until_succeeded(flow, &old);
            till.succeeded(&old);
            let calls = till.authority.book().calls.len();
            assert!(calls <= ROADS[0].2, "resumed, not restarted: {calls} calls after {after}");
        }
    }
}

#[test]
fn broken_at_each_call_before_and_after_the_authority_acted() {
    for (flow, mode, calls) in ROADS {
        for how in [Break::KilledBefore, Break::KilledAfter, Break::LostBefore, Break::LostAfter] {
            for call in 0..calls {
                let (mut till, old) = Till::active(Environment::Simulation);
                till.authority.book().mode = mode;
                till.authority.book().breaks.push((call, how));
                let otp = till.fetch_otp();
                match till.call(flow, Some(otp)) {
                    Run::Died => assert!(matches!(how, Break::KilledBefore | Break::KilledAfter)),
                    Run::Ended(result) => {
                        let error = result.unwrap_err();
                        let lost = matches!(&error, OnboardError::Network { trouble: Trouble::Lost, .. });
                        assert!(lost && error.is_passing(), "{error}");
                    }
                }
                till.sells_with(&old);
                till.until_succeeded(flow, &old);
                till.succeeded(&old);
                let anew = mode == Mode::AtOnce && matches!(how, Break::KilledAfter | Break::LostAfter);
                assert_eq!(documents(&till.authority.book()).len(), if calls > 1 || anew { 6 } else { 0 });
                assert_eq!(till.bundles().former.len(), 1);
            }
        }
    }
}

#[test]
fn killed_again_and_again() {
    for (flow, mode, _) in ROADS {
        let (mut till, old) = Till::active(Environment::Production);
        till.authority.book().mode = mode;
        till.authority.book().breaks.extend((1..40).step_by(2).map(|call| (call, Break::KilledAfter)));
        let mut runs = 0;
        loop {
            runs += 1;
            assert!(runs < 20, "makes no progress");
            let state = till.bundles().successor_state.unwrap_or(Device::Blank);
            let otp = state.needs_otp().then(|| till.fetch_otp());
            match till.call(flow, otp) {
                Run::Died => till.sells_with(&old),
                Run::Ended(result) => break drop(result.unwrap()),
            }
        }
        till.until_succeeded(flow, &old);
        till.succeeded(&old);
    }
}

/// The one loss that nobody can mend: the authority renewed at once, withdrew
/// the old certificate, and the answer never came.
#[test]
fn a_lost_renewal_that_withdrew_the_old_certificate_is_explained() {
    let (mut till, old) = Till::active(Environment::Simulation);
    till.authority.book().mode = Mode::AtOnce;
    till.authority.book().breaks.push((0, Break::LostAfter));
    let otp = till.fetch_otp();
    assert!(matches!(till.fails_in(Flow::Renew, Some(otp)), OnboardError::Network { .. }));
    assert!(matches!(till.fails_in(Flow::Renew, None), OnboardError::OtpNeeded { answer_lost: true }));
    let otp = till.fetch_otp();
    let refused = till.fails_in(Flow::Renew, Some(otp));
    assert!(matches!(refused, OnboardError::OldRefused { expired: false, answer_lost: true }), "{refused}");
    assert!(refused.to_string().contains("tilld onboard --replace TILLNAME"), "{refused}");
    till.sells_with(&old);
    assert_eq!(till.bundles().current_state, Device::Revoked);
    assert!(till.bundles().current.is_some(), "its documents may still go out");
    till.ends_in(Flow::Replace, Some(otp)).expect("the OTP of the refused call is unused");
    till.until_succeeded(Flow::Replace, &old);
    till.succeeded(&old);
    let book = till.authority.book();
    let renewals = book.calls.iter().filter(|call| matches!(call, Call::Renewal)).count();
    assert_eq!(renewals, 2);
}
