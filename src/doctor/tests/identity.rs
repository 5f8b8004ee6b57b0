//! Vault, certificate, environment.

use super::*;

#[test]
fn the_vault_and_the_identity() {
    let vault = |vault| till(|till| till.vault = vault);
    let weak = Vault::Sealed { source: "key file".to_owned(), bound: false };
    only(&vault(Ok(weak)), Subject::Vault, Level::Warning);
    only(&vault(Ok(Vault::Missing)), Subject::Vault, Level::Critical);
    only(&vault(Ok(Vault::Shut("torn".to_owned()))), Subject::Vault, Level::Critical);
    only(&vault(Err(because())), Subject::Vault, Level::Unknown);
    let identity = |identity| till(|till| till.identity = identity);
    only(&identity(Ok(Identity::None { state: "blank".to_owned() })), Subject::Identity, Level::Critical);
    only(&identity(Ok(Identity::Broken("no key".to_owned()))), Subject::Identity, Level::Critical);
    only(&identity(Err(because())), Subject::Identity, Level::Unknown);
    let refused = of_bundle(|bundle| bundle.revoked = true);
    only(&refused, Subject::Identity, Level::Warning);
    let told = check(&refused, Subject::Identity);
    assert!(told.finding.en.contains("does not accept"), "{}", told.finding.en);
    let remedy = told.remedy.as_ref().unwrap();
    assert!([&remedy.en, &remedy.ar].iter().all(|words| words.contains("--replace T07")), "{}", remedy.en);
    for state in ["compliance", "checking", "checks_failed"] {
        let report = identity(Ok(Identity::None { state: state.to_owned() }));
        let remedy = check(&report, Subject::Identity).remedy.as_ref().unwrap();
        assert!(
            remedy.en.contains("tilld onboard again") && remedy.en.contains("no OTP is needed"),
            "{state}"
        );
    }
    let begun = |now| {
        of_bundle(|bundle| {
            bundle.successor = Some("checking".to_owned());
            bundle.in_the_making = now;
        })
    };
    only(&begun(false), Subject::Successor, Level::Warning);
    only(&begun(true), Subject::Successor, Level::Ok);
    let told = Bundle {
        certificate: Certificate { not_after: NOW + 300 * DAY, ..Certificate::default() },
        ..Bundle::default()
    };
    let report = identity(Ok(Identity::Active(Box::new(told))));
    assert_eq!(report.level(), Level::Ok);
    assert!(!report.checks.iter().any(|check| check.subject == Subject::Seller), "nothing was seen of it");
}

fn of_bundle(change: impl FnOnce(&mut Bundle)) -> Report {
    let mut bundle = bundle();
    change(&mut bundle);
    till(|till| till.identity = Ok(Identity::Active(Box::new(bundle))))
}

#[test]
fn the_end_of_the_certificate() {
    let left = |seconds: i64| of_bundle(|bundle| bundle.certificate.not_after = NOW + seconds);
    assert_eq!(left(60 * DAY + 1).level(), Level::Ok);
    for (step, level) in limits::EXPIRY_STEPS.into_iter().zip([
        Level::Warning,
        Level::Warning,
        Level::Warning,
        Level::Critical,
        Level::Critical,
    ]) {
        let report = left(step * DAY);
        only(&report, Subject::Expiry, level);
        let finding = &check(&report, Subject::Expiry).finding.en;
        assert!(finding.contains(&format!("{step} days (alarm of {step})")), "{finding}");
        let before = left(step * DAY + 1);
        let told = check(&before, Subject::Expiry).finding.en.contains(&format!("(alarm of {step})"));
        assert!(!told, "a second before the step of {step}");
    }
    only(&left(7 * DAY + 1), Subject::Expiry, Level::Warning);
    only(&left(1), Subject::Expiry, Level::Critical);
    let over = left(0);
    only(&over, Subject::Expiry, Level::Critical);
    assert!(check(&over, Subject::Expiry).finding.en.contains("ended on 2026-06-01"));
    let early = of_bundle(|bundle| bundle.certificate.not_before = Some(NOW + 1));
    only(&early, Subject::Expiry, Level::Critical);
    assert_eq!(of_bundle(|bundle| bundle.certificate.not_before = Some(NOW)).level(), Level::Ok);
}

#[test]
fn the_certificate_belongs_to_the_settings() {
    let other = |key: &'static str| {
        till(|till| {
            for (name, value) in &mut till.settings.unit {
                if *name == key {
                    "other".clone_into(value);
                }
            }
        })
    };
    only(&other("seller.vat_number"), Subject::Seller, Level::Critical);
    only(&other("unit.common_name"), Subject::Seller, Level::Warning);
    let both = till(|till| {
        for (_, value) in &mut till.settings.unit {
            "other".clone_into(value);
        }
    });
    only(&both, Subject::Seller, Level::Critical);
    // The certificate itself counts, whatever it was asked for with.
    only(
        &of_bundle(|bundle| bundle.certificate.vat = Some("3".to_owned())),
        Subject::Seller,
        Level::Critical,
    );
}

#[test]
fn environment_and_address() {
    let other = of_bundle(|bundle| bundle.environment = Some("sandbox".to_owned()));
    only(&other, Subject::Environment, Level::Critical);
    only(&answer(|answer| answer.environment = "sandbox".to_owned()), Subject::Environment, Level::Warning);
    let overridden = till(|till| till.settings.address_override = Some("http://127.0.0.1:1/x".to_owned()));
    only(&overridden, Subject::Endpoint, Level::Warning);
    assert!(overridden.headline().en.contains("OVERRIDDEN"));
}
