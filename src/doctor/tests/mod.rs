//! Every check at each of its levels, every threshold at its boundary.

mod identity;
mod place;
mod service;
mod way;
mod work;

use super::*;
use crate::text::Bilingual;

/// 2026-06-01T12:00:00Z.
const NOW: i64 = 1_780_315_200;
const DAY: i64 = 86_400;

fn because() -> Bilingual {
    Bilingual::new("no permission", "لا صلاحية")
}

fn mount(kind: &str, options: &[&str]) -> Mount {
    Mount {
        point: "/var".to_owned(),
        kind: kind.to_owned(),
        options: options.iter().map(|&option| option.to_owned()).collect(),
    }
}

fn place(path: &str) -> Place {
    Place {
        path: path.to_owned(),
        exists: true,
        file_exists: true,
        owner: 998,
        mode: 0o700,
        mount: Ok(mount("ext4", &["rw"])),
        device: 1,
        free: Ok(10 << 30),
        free_inodes: Some(1_000_000),
    }
}

fn unit() -> Vec<(&'static str, String)> {
    vec![
        ("seller.vat_number", "399999999900003".to_owned()),
        ("unit.common_name", "TILL-T07".to_owned()),
        ("unit.serial_number", "1-tilld|2-1|3-x".to_owned()),
    ]
}

fn bundle() -> Bundle {
    Bundle {
        checked_here: true,
        revoked: false,
        successor: None,
        in_the_making: false,
        environment: Some("production".to_owned()),
        unit: unit(),
        certificate: Certificate {
            subject: "CN=TILL-T07".to_owned(),
            issuer: Some("CN=CA".to_owned()),
            serial: Some("77".to_owned()),
            not_before: Some(NOW - 100 * DAY),
            not_after: NOW + 300 * DAY,
            vat: Some("399999999900003".to_owned()),
        },
    }
}

fn done<T>(value: T) -> Step<T> {
    Step::Done { value, milliseconds: 12 }
}

/// A till on which all is well.
fn healthy() -> Facts {
    let till = Till {
        settings: Settings {
            name: "T07".to_owned(),
            environment: "production".to_owned(),
            address_override: None,
            unit: unit(),
        },
        home: Home {
            data: Ok(place("/var/lib/tilld")),
            anchor: Ok(place("/var/lib/tilld-anchor/high-water")),
            owner: Some((998, "tilld".to_owned())),
            foreign: Vec::new(),
            witness: false,
            virtual_machine: false,
        },
        ledger: Ok(LedgerFacts {
            missing: false,
            documents: 5,
            last_issued: Some(NOW - 60),
            mark: Mark::Agrees,
            silent: None,
            trouble: None,
        }),
        vault: Ok(Vault::Sealed { source: "systemd credential".to_owned(), bound: true }),
        identity: Ok(Identity::Active(Box::new(bundle()))),
        clock: ClockFacts { authority_ahead: Ok(0) },
        network: Ok(Network {
            host: "gw-fatoora.zatca.gov.sa".to_owned(),
            port: 443,
            proxy: None,
            name: done(vec!["192.0.2.1".to_owned()]),
            connection: done("192.0.2.1:443".to_owned()),
            tls: Some(done(Session {
                version: "TLSv1_3".to_owned(),
                issuer: Some("CN=Web CA".to_owned()),
                not_after: Some(NOW + 90 * DAY),
            })),
            answer: done(Reply { status: 404, html: false, location: None }),
        }),
        queue: Ok(Queue::default()),
        printer: Paper::Tcp { target: "tcp:192.168.1.50:9100".to_owned(), reached: Ok(()) },
        receipts: Ok(Receipts::default()),
    };
    Facts {
        now: NOW,
        version: "1.0".to_owned(),
        configuration: Configuration::Good { files: vec!["/etc/tilld/tilld.toml".to_owned()] },
        service: Service::Answers(Box::new(ServiceAnswer {
            till: "T07".to_owned(),
            version: "1.0".to_owned(),
            environment: "production".to_owned(),
            not_selling: None,
            core_limit: Ok(0),
        })),
        machine: Machine {
            has_hardware: true,
            facts: vec!["machine-id".to_owned(), "board serial number".to_owned()],
            memory_available: Ok(512 << 20),
            synchronised: Ok(true),
        },
        till: Some(till),
    }
}

/// The healthy till after a change.
fn with(change: impl FnOnce(&mut Facts)) -> Report {
    let mut facts = healthy();
    change(&mut facts);
    examine(&facts)
}

fn till(change: impl FnOnce(&mut Till)) -> Report {
    with(|facts| change(facts.till.as_mut().unwrap()))
}

fn answer(change: impl FnOnce(&mut ServiceAnswer)) -> Report {
    with(|facts| match &mut facts.service {
        Service::Answers(answer) => change(answer),
        _ => unreachable!("the healthy till answers"),
    })
}

fn data(change: impl FnOnce(&mut Place)) -> Report {
    till(|till| change(till.home.data.as_mut().unwrap()))
}

fn network(change: impl FnOnce(&mut Network)) -> Report {
    till(|till| change(till.network.as_mut().unwrap()))
}

fn check(report: &Report, subject: Subject) -> &Check {
    report.checks.iter().find(|check| check.subject == subject).unwrap_or_else(|| panic!("no {subject:?}"))
}

/// That subject alone has that level; everything is said in both languages.
fn only(report: &Report, subject: Subject, level: Level) {
    assert_eq!(check(report, subject).level, level, "{:?}", check(report, subject));
    for other in &report.checks {
        assert!(other.subject == subject || other.level == Level::Ok, "{other:?}");
        complete(other);
    }
}

fn complete(check: &Check) {
    let arabic = |text: &str| text.chars().any(|c| ('\u{600}'..'\u{700}').contains(&c));
    assert!(!check.finding.en.is_empty() && !check.finding.ar.is_empty(), "{check:?}");
    assert!(arabic(&check.subject.title().ar));
    if let Some(remedy) = &check.remedy {
        assert!(!remedy.en.is_empty() && arabic(&remedy.ar), "{check:?}");
    }
    if matches!(check.level, Level::Warning | Level::Critical) {
        assert!(check.remedy.is_some() && arabic(&check.finding.ar), "{check:?}");
    }
}

#[test]
fn a_healthy_till_has_nothing_to_mend() {
    let report = examine(&healthy());
    for check in &report.checks {
        assert_eq!((check.level, check.remedy.as_ref()), (Level::Ok, None), "{check:?}");
        complete(check);
    }
    assert_eq!((report.level(), report.exit_code()), (Level::Ok, 0));
    assert_eq!(report.headline().en, "TILLD OK T07: all is well");
    let subjects: Vec<Subject> = report.checks.iter().map(|check| check.subject).collect();
    let mut once = subjects.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), subjects.len(), "each subject is judged once");
    // Said only while something is wrong with it.
    assert_eq!(subjects.len(), Subject::ALL.len() - [Subject::Reporting, Subject::Successor].len());
}

#[test]
fn ids_are_words_for_machines() {
    let ids: std::collections::BTreeSet<&str> = Subject::ALL.iter().map(|subject| subject.id()).collect();
    assert_eq!(ids.len(), Subject::ALL.len());
    assert!(ids.iter().all(|id| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
}

#[test]
fn the_worst_counts_and_critical_is_above_unknown() {
    use Level::*;
    for (left, right, worse) in [
        (Ok, Warning, Warning),
        (Warning, Unknown, Unknown),
        (Unknown, Critical, Critical),
        (Critical, Unknown, Critical),
        (Ok, Ok, Ok),
    ] {
        assert_eq!(left.worse(right), worse);
    }
    assert_eq!(Level::ALL.map(Level::exit_code), [0, 1, 2, 3]);
}

#[test]
fn the_first_line_is_one_for_monitoring() {
    let report = with(|facts| {
        facts.configuration = Configuration::Wrong { findings: vec!["x | y\nz".to_owned()] };
        let till = facts.till.as_mut().unwrap();
        till.queue = Ok(Queue { unsent: 3, oldest: Some(NOW - 13 * 3600), ..Queue::default() });
        till.vault = Err(because());
    });
    let headline = report.headline();
    assert_eq!(headline.en, "TILLD CRITICAL T07: Configuration: 1 to mend (+2 more)");
    assert!(headline.ar.starts_with("TILLD CRITICAL T07: "));
    let levels: Vec<Level> = report.worst_first().iter().map(|check| check.level).take(4).collect();
    assert_eq!(levels, [Level::Critical, Level::Unknown, Level::Warning, Level::Ok]);
    assert_eq!(
        report.performance(),
        "unsent=3;; oldest=46800s;43199;71999 certificate_days=300;60:;7: \
         disk_free=10737418240B;536870912:;67108864: clock_offset=0s;-60:60;-900:900"
    );
    let bars = with(|facts| {
        facts.service = Service::Stopped { socket: "/a|b\n/c".to_owned() };
    });
    assert!(!bars.headline().en.contains(['|', '\n']), "{}", bars.headline().en);
}

#[test]
fn json_says_everything_in_both_languages() {
    let json = till(|till| till.vault = Ok(Vault::Missing)).json();
    assert_eq!((json["level"].as_str(), json["exit_code"].as_u64()), (Some("critical"), Some(2)));
    let checks = json["checks"].as_array().unwrap();
    let vault = checks.iter().find(|check| check["id"] == "vault").unwrap();
    for member in ["id", "level", "title", "title_ar", "finding", "finding_ar", "remedy", "remedy_ar"] {
        assert!(vault[member].is_string(), "{member}");
    }
    let ok = checks.iter().find(|check| check["level"] == "ok").unwrap();
    assert!(ok["remedy"].is_null() && ok["remedy_ar"].is_null());
    assert_eq!(json["measures"][0]["label"], "unsent");
}
