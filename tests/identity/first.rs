//! The first identity, whatever happens on the way: killed at every stored
//! state and every call, answers lost, OTPs refused, certificates that do not fit.

use tilld::fatoora::Environment;
use tilld::keys::{KeyStore, Vault};
use tilld::onboard::{Device, NoStamp, OnboardError, StartedOver, Trouble, Unfit, device, load_identity};

use crate::arrived::documents;
use crate::fake::{Break, Call, FIVE_YEARS, NOW};
use crate::till::{OTPS, Run, Till, plan, wrapping};

#[test]
fn a_quiet_day() {
    for environment in Environment::ALL {
        let mut till = Till::in_environment(environment);
        let identity = till.ends(Some(OTPS[0])).unwrap();
        till.holds(&identity);
        let names: Vec<&str> = till.told.iter().map(Device::name).collect();
        assert_eq!(names.first(), Some(&"key_made"));
        assert_eq!(names.last(), Some(&"active"));
        let calls = till.authority.book().calls.len();
        assert_eq!(calls, 8, "compliance, six checks, production");
        till.ends(None).expect("an active till needs nothing");
        assert_eq!(till.authority.book().calls.len(), calls, "and asks for nothing");
    }
}

#[test]
fn each_title_has_its_own_documents() {
    for (title, count) in [("1000", 3), ("0100", 3), ("1100", 6)] {
        let mut till = Till::new();
        till.plan.profile.title = title.to_owned();
        let identity = till.ends(Some(OTPS[0])).unwrap();
        till.holds(&identity);
        let book = till.authority.book();
        assert_eq!(documents(&book).len(), count);
        assert_eq!(book.compliance[0].steps.len(), count);
    }
}

#[test]
fn killed_after_each_stored_state() {
    let mut deaths = 0;
    for after in 1.. {
        let mut till = Till::new();
        till.dies_after = Some(after);
        match till.run(Some(OTPS[0])) {
            Run::Died => deaths += 1,
            Run::Ended(result) => {
                till.holds(&result.unwrap());
                break;
            }
        }
        let identity = till.until_active();
        till.holds(&identity);
    }
    // key, CSR, OTP sent, compliance, checks begin, six checks passed, active; a
    // document that is made but not sent is the next test's first case
    assert_eq!(deaths, 12);
}

#[test]
fn broken_at_each_call_before_and_after_the_authority_acted() {
    for how in [Break::KilledBefore, Break::KilledAfter, Break::LostBefore, Break::LostAfter] {
        for call in 0..8 {
            let mut till = Till::new();
            till.authority.book().breaks.push((call, how));
            match till.run(Some(OTPS[0])) {
                Run::Died => assert!(matches!(how, Break::KilledBefore | Break::KilledAfter)),
                Run::Ended(result) => {
                    let error = result.unwrap_err();
                    let lost = matches!(&error, OnboardError::Network { trouble: Trouble::Lost, .. });
                    assert!(lost && error.is_passing(), "{error}");
                }
            }
            let identity = till.until_active();
            till.holds(&identity);
            let made = documents(&till.authority.book()).len();
            assert_eq!(made, 6, "{how:?} at call {call}: no document is made twice");
        }
    }
}

#[test]
fn killed_again_and_again() {
    let mut till = Till::new();
    till.authority.book().breaks.extend((1..40).step_by(2).map(|call| (call, Break::KilledAfter)));
    let mut runs = 0;
    let identity = loop {
        runs += 1;
        assert!(runs < 20, "makes no progress");
        let otp = device(&till.vault).unwrap().needs_otp().then_some(OTPS[0]);
        match till.run(otp) {
            Run::Died => {}
            Run::Ended(result) => break result.unwrap(),
        }
    };
    till.holds(&identity);
    assert!(runs > 5);
}

#[test]
fn a_lost_answer_that_used_the_otp_up_is_explained() {
    let mut till = Till::new();
    till.authority.book().breaks.push((0, Break::KilledAfter));
    assert!(matches!(till.run(Some(OTPS[0])), Run::Died));
    assert!(matches!(till.fails(None), OnboardError::OtpNeeded { answer_lost: true }));
    let refused = till.fails(Some(OTPS[0]));
    assert!(matches!(refused, OnboardError::OtpRefused { answer_lost: true }), "{refused}");
    assert!(refused.to_string().contains("cut off"), "{refused}");
    assert_eq!(device(&till.vault).unwrap(), Device::OtpRefused { answer_lost: true });
    let identity = till.ends(Some(OTPS[1])).unwrap();
    till.holds(&identity);
    assert_eq!(till.authority.book().compliance.len(), 2, "the lost one is never used");
}

#[test]
fn a_refused_otp_is_asked_for_again() {
    let mut till = Till::new();
    assert!(matches!(till.fails(None), OnboardError::OtpNeeded { answer_lost: false }));
    let refused = till.fails(Some("999999"));
    assert!(matches!(refused, OnboardError::OtpRefused { answer_lost: false }), "{refused}");
    assert!(refused.to_string().contains("VAT number"), "{refused}");
    let identity = till.ends(Some(OTPS[0])).unwrap();
    till.holds(&identity);
}

#[test]
fn refusals_of_the_request_are_explained() {
    let mut till = Till::new();
    till.authority.book().refuse_request =
        Some("Denied by Policy Module 0x80094800 ... not supported: PREZATCA-Code-Signing");
    assert!(matches!(till.fails(Some(OTPS[0])), OnboardError::WrongTemplate { .. }));
    till.authority.book().refuse_request = Some("Invalid CSR: organisation");
    let refused = till.fails(Some(OTPS[0]));
    assert!(refused.to_string().contains("Invalid CSR: organisation"), "{refused}");
    till.authority.book().refuse_request = None;
    let identity = till.ends(Some(OTPS[0])).unwrap();
    till.holds(&identity);
}

#[test]
fn a_refused_document_stops_and_a_corrected_one_goes_on() {
    let mut till = Till::new();
    till.authority.book().reject_step = Some("simplified-credit-note-compliant");
    let failed = till.fails(Some(OTPS[0]));
    assert!(failed.to_string().contains("BR-KSA-08"), "{failed}");
    match device(&till.vault).unwrap() {
        Device::ChecksFailed { done: 4, of: 6, findings, .. } => assert_eq!(findings[0].code, "BR-KSA-08"),
        other => panic!("{other:?}"),
    }
    till.authority.book().reject_step = None;
    let identity = till.ends(None).unwrap();
    till.holds(&identity);
    assert_eq!(
        documents(&till.authority.book()).len(),
        7,
        "the refused document keeps its place in the chain"
    );
}

#[test]
fn checks_that_the_authority_forgot_are_made_once_more() {
    let mut till = Till::new();
    till.authority.book().forget_steps = 1;
    let identity = till.ends(Some(OTPS[0])).unwrap();
    till.holds(&identity);
    let mut till = Till::new();
    till.authority.book().forget_steps = 2;
    let missing = till.fails(Some(OTPS[0]));
    assert!(missing.to_string().contains("simplified-debit-note-compliant"), "{missing}");
    let identity = till.ends(None).unwrap();
    till.holds(&identity);
}

#[test]
fn a_refused_production_certificate_begins_again_with_a_new_otp() {
    let mut till = Till::new();
    till.authority.book().refuse_production = Some("unit is not registered");
    let refused = till.fails(Some(OTPS[0]));
    assert!(matches!(refused, OnboardError::ProductionRefused(_)), "{refused}");
    assert!(refused.to_string().contains("unit is not registered"), "{refused}");
    assert!(device(&till.vault).unwrap().needs_otp());
    till.authority.book().refuse_production = None;
    let identity = till.ends(Some(OTPS[1])).unwrap();
    till.holds(&identity);
}

#[test]
fn a_withdrawn_compliance_certificate_needs_a_new_otp_but_no_new_key() {
    for call in [3, 7] {
        let mut till = Till::new();
        till.authority.book().breaks.push((call, Break::KilledBefore));
        assert!(matches!(till.run(Some(OTPS[0])), Run::Died));
        till.authority.book().compliance[0].revoked = true;
        assert!(matches!(till.fails(None), OnboardError::ComplianceLapsed));
        assert!(device(&till.vault).unwrap().needs_otp());
        let identity = till.ends(Some(OTPS[1])).unwrap();
        till.holds(&identity);
    }
}

#[test]
fn the_canned_certificate_of_the_official_sandbox_is_recognised() {
    let mut other = Till::new();
    other.handed_out.push(Vec::new());
    other.ends(Some(OTPS[0])).unwrap();
    let canned = other.authority.book().requests[0].clone();
    for environment in [Environment::Sandbox, Environment::Production] {
        let mut till = Till::in_environment(environment);
        till.authority.book().canned = Some(canned.clone());
        let unfit = till.fails(Some(OTPS[0]));
        match environment {
            Environment::Sandbox => {
                assert!(matches!(unfit, OnboardError::Certificate(Unfit::SandboxCanned)), "{unfit}");
                assert!(unfit.to_string().contains("simulation"), "{unfit}");
            }
            _ => assert!(matches!(unfit, OnboardError::Certificate(Unfit::OtherKey)), "{unfit}"),
        }
        assert!(load_identity(&till.vault, &KeyStore::Vault).unwrap().is_none());
        if environment == Environment::Sandbox {
            assert_eq!(device(&till.vault).unwrap(), Device::SandboxCanned);
            let calls = till.authority.book().calls.len();
            till.fails(Some(OTPS[1]));
            assert_eq!(till.authority.book().calls.len(), calls, "nothing is issued needlessly");
        }
        till.keeps_its_secrets();
    }
}

#[test]
fn a_till_leaves_the_sandbox_for_simulation() {
    let mut other = Till::new();
    other.handed_out.push(Vec::new());
    other.ends(Some(OTPS[0])).unwrap();
    let mut till = Till::in_environment(Environment::Sandbox);
    till.authority.book().canned = Some(other.authority.book().requests[0].clone());
    till.fails(Some(OTPS[0]));
    till.authority.book().canned = None;
    till.plan.environment = Environment::Simulation;
    let identity = till.ends(Some(OTPS[1])).unwrap();
    assert_eq!(till.begun_anew, [StartedOver::Environment]);
    assert_eq!(identity.environment, Environment::Simulation);
    assert_eq!(till.handed_out.iter().filter(|bytes| bytes.len() == 32).count(), 2, "with a key of its own");
}

#[test]
fn a_certificate_that_is_over_is_not_used() {
    let mut till = Till::new();
    let identity = till.ends(Some(OTPS[0])).unwrap();
    till.holds(&identity);
    till.now = NOW + FIVE_YEARS;
    let ended = till.fails(None);
    assert!(matches!(ended, OnboardError::Ended(NoStamp::Expired { .. })), "{ended}");
    let kept = load_identity(&till.vault, &KeyStore::Vault).unwrap().unwrap();
    assert_eq!(kept.credentials, identity.credentials, "its documents still go out");

    let mut till = Till::new();
    till.authority.book().validity = Some(NOW);
    let unfit = till.fails(Some(OTPS[0]));
    assert!(matches!(unfit, OnboardError::Certificate(Unfit::Expired { .. })), "{unfit}");
}

#[test]
fn corrected_facts_lead_to_a_new_request_with_the_same_key() {
    let mut till = Till::new();
    till.fails(Some("999999"));
    till.plan.profile.location = "RRRD3030".to_owned();
    let identity = till.ends(Some(OTPS[0])).unwrap();
    till.holds(&identity);
    assert_eq!(identity.profile.location, "RRRD3030");
    assert_eq!(till.handed_out.iter().filter(|bytes| bytes.len() == 32).count(), 1);
}

#[test]
fn another_environment_gets_another_key_and_an_active_till_is_left_alone() {
    let mut till = Till::in_environment(Environment::Simulation);
    till.fails(Some("999999"));
    till.plan.environment = Environment::Production;
    let identity = till.ends(Some(OTPS[0])).unwrap();
    assert_eq!(identity.environment, Environment::Production);
    assert_eq!(till.handed_out.iter().filter(|bytes| bytes.len() == 32).count(), 2);

    till.plan.environment = Environment::Simulation;
    assert!(matches!(till.fails(Some(OTPS[1])), OnboardError::AlreadyActive { .. }));
    till.plan = plan(Environment::Production);
    till.plan.profile.common_name = "another till".to_owned();
    assert!(matches!(till.fails(Some(OTPS[1])), OnboardError::AlreadyActive { .. }));
    assert_eq!(
        load_identity(&till.vault, &KeyStore::Vault).unwrap().unwrap().certificate,
        identity.certificate
    );
}

#[test]
fn nothing_is_asked_before_the_facts_are_in_order() {
    let mut till = Till::new();
    till.plan.profile.vat = "311111111100003".to_owned();
    till.plan.profile.title = "0000".to_owned();
    match till.fails(Some(OTPS[0])) {
        OnboardError::Profile(findings) => {
            let rules: Vec<_> = findings.iter().map(|f| f.rule).collect();
            assert_eq!(rules, ["TILLD-UNIT-TITLE", "TILLD-UNIT-SELLER"]);
        }
        other => panic!("{other}"),
    }
    assert!(till.authority.book().calls.is_empty());
    assert_eq!(device(&till.vault).unwrap(), Device::Blank);
}

#[test]
fn two_onboardings_at_once_are_refused() {
    let mut till = Till::new();
    let other = Vault::open(till.vault.directory(), &wrapping()).unwrap();
    let lock = other.lock().unwrap();
    assert!(till.fails(Some(OTPS[0])).to_string().contains("another tilld"));
    drop(lock);
    till.ends(Some(OTPS[0])).unwrap();
}

#[test]
fn a_damaged_record_is_refused_and_not_replaced() {
    let mut till = Till::new();
    till.ends(Some(OTPS[0])).unwrap();
    for text in ["{}", "{\"version\":1}", "{\"version\":2,\"later\":true}", "no json at all"] {
        till.vault.put("device", text.as_bytes()).unwrap();
        assert!(load_identity(&till.vault, &KeyStore::Vault).is_err(), "{text}");
        assert!(matches!(till.fails(Some(OTPS[1])), OnboardError::Record(_)), "{text}");
        assert_eq!(till.vault.get("device").unwrap().unwrap().as_slice(), text.as_bytes());
    }
}

/// Writes the six documents into the directory that `TILLD_COMPLIANCE_OUT`
/// names, for judges outside of this program.
#[test]
fn documents_for_outside_judges() {
    let mut till = Till::new();
    till.ends(Some(OTPS[0])).unwrap();
    let book = till.authority.book();
    let sent: Vec<_> = book.calls.iter().filter(|call| matches!(call, Call::Check(_))).collect();
    assert_eq!(sent.len(), 6);
    if let Some(out) = std::env::var_os("TILLD_COMPLIANCE_OUT").map(std::path::PathBuf::from) {
        for document in documents(&book) {
            let name = format!("{}.xml", document.link.icv);
            std::fs::write(out.join(name), &document.submission.xml).unwrap();
        }
    }
}
