//! Every check at each of its levels, every threshold at its boundary.

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
        },
        ledger: Ok(LedgerFacts {
            documents: 5,
            last_issued: Some(NOW - 60),
            mark: Mark::Agrees,
            trouble: None,
        }),
        vault: Ok(Vault::Sealed { source: "systemd credential".to_owned(), bound: true }),
        identity: Ok(Identity::Active(Box::new(bundle()))),
        clock: ClockFacts { authority_ahead: Ok(0) },
        network: Ok(Network {
            host: "gw-fatoora.zatca.gov.sa".to_owned(),
            port: 443,
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
    assert_eq!(subjects.len(), Subject::ALL.len() - [Subject::Reporting].len());
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
fn the_configuration() {
    let broken = |configuration| {
        with(|facts| {
            facts.configuration = configuration;
            facts.till = None;
        })
    };
    only(&broken(Configuration::Missing { file: "/x".to_owned() }), Subject::Configuration, Level::Critical);
    let wrong = Configuration::Wrong { findings: vec!["a: b".to_owned(), "c: d".to_owned()] };
    let report = broken(wrong);
    only(&report, Subject::Configuration, Level::Critical);
    assert!(check(&report, Subject::Configuration).finding.en.ends_with("a: b\nc: d"));
    assert_eq!(report.headline().en, "TILLD CRITICAL T07: Configuration: 2 to mend");
    only(&broken(Configuration::Denied(because())), Subject::Configuration, Level::Unknown);
}

#[test]
fn the_service() {
    let socket = "/run/tilld/tilld.sock".to_owned();
    let service = |service| with(|facts| facts.service = service);
    only(&service(Service::Stopped { socket: socket.clone() }), Subject::Service, Level::Critical);
    only(&service(Service::Hangs { socket, seconds: 4 }), Subject::Service, Level::Critical);
    only(&service(Service::Unknown(because())), Subject::Service, Level::Unknown);
    only(&answer(|answer| answer.version = "0.9".to_owned()), Subject::Service, Level::Warning);
    only(&answer(|answer| answer.not_selling = Some(because())), Subject::Selling, Level::Critical);
    only(&answer(|answer| answer.core_limit = Ok(1)), Subject::CoreDumps, Level::Critical);
    only(&answer(|answer| answer.core_limit = Err(because())), Subject::CoreDumps, Level::Unknown);
}

#[test]
fn the_machine() {
    only(&with(|facts| facts.machine.has_hardware = false), Subject::Machine, Level::Warning);
    let free = |bytes| with(|facts| facts.machine.memory_available = bytes);
    assert_eq!(free(Ok(limits::MEMORY_WARNING)).level(), Level::Ok);
    only(&free(Ok(limits::MEMORY_WARNING - 1)), Subject::Memory, Level::Warning);
    only(&free(Ok(limits::MEMORY_CRITICAL)), Subject::Memory, Level::Warning);
    only(&free(Ok(limits::MEMORY_CRITICAL - 1)), Subject::Memory, Level::Critical);
    only(&free(Err(because())), Subject::Memory, Level::Unknown);
}

#[test]
fn the_ledger_and_its_mark() {
    let ledger = |change: fn(&mut LedgerFacts)| till(|till| change(till.ledger.as_mut().unwrap()));
    only(&ledger(|ledger| ledger.trouble = Some("torn".to_owned())), Subject::Ledger, Level::Critical);
    only(&ledger(|ledger| ledger.mark = Mark::Missing), Subject::Mark, Level::Critical);
    only(
        &ledger(|ledger| ledger.mark = Mark::Contradicts("behind".to_owned())),
        Subject::Mark,
        Level::Critical,
    );
    only(&ledger(|ledger| ledger.mark = Mark::Unknown(because())), Subject::Mark, Level::Unknown);
    assert_eq!(ledger(|ledger| ledger.mark = Mark::None).level(), Level::Ok);
    let unread = till(|till| till.ledger = Err(because()));
    assert_eq!(check(&unread, Subject::Ledger).level, Level::Unknown);
    assert_eq!(check(&unread, Subject::Mark).level, Level::Unknown);
}

#[test]
fn the_directories() {
    only(&data(|data| data.exists = false), Subject::DataDirectory, Level::Critical);
    only(&data(|data| data.mode = 0o750), Subject::DataDirectory, Level::Warning);
    only(&data(|data| data.owner = 0), Subject::DataDirectory, Level::Critical);
    let foreign = till(|till| till.home.foreign = vec![("/var/lib/tilld/ledger.sqlite".to_owned(), 0)]);
    only(&foreign, Subject::DataDirectory, Level::Critical);
    let unknown_owner = till(|till| {
        till.home.owner = None;
        till.home.data.as_mut().unwrap().owner = 5;
    });
    assert_eq!(unknown_owner.level(), Level::Ok, "nobody knows whose it should be");
    only(&till(|till| till.home.data = Err(because())), Subject::DataDirectory, Level::Unknown);
    only(&till(|till| till.home.anchor = Err(because())), Subject::Anchor, Level::Unknown);
    let anchor = |change: fn(&mut Place)| till(|till| change(till.home.anchor.as_mut().unwrap()));
    only(&anchor(|place| place.exists = false), Subject::Anchor, Level::Warning);
    only(&anchor(|place| place.mount = Ok(mount("tmpfs", &["rw"]))), Subject::Anchor, Level::Critical);
    only(&anchor(|place| place.mount = Ok(mount("ext4", &["ro"]))), Subject::Anchor, Level::Critical);
    let same = examine(&healthy());
    assert!(check(&same, Subject::Anchor).finding.en.contains("same file system"));
    let other = anchor(|place| place.device = 2);
    assert!(check(&other, Subject::Anchor).finding.en.contains("another file system"));
}

#[test]
fn the_file_system() {
    for (kind, options, level) in [
        ("ext4", &["rw", "relatime", "data=ordered"][..], Level::Ok),
        ("ext4", &["ro"], Level::Critical),
        ("tmpfs", &["rw"], Level::Critical),
        ("nfs4", &["rw"], Level::Critical),
        ("ext4", &["rw", "nobarrier"], Level::Critical),
        ("overlay", &["rw"], Level::Warning),
        ("ext4", &["rw", "data=writeback"], Level::Warning),
        ("vfat", &["rw"], Level::Warning),
        ("ext4", &["rw", "sync"], Level::Warning),
        ("overlay", &["rw", "volatile"], Level::Critical),
    ] {
        only(&data(|data| data.mount = Ok(mount(kind, options))), Subject::FileSystem, level);
    }
    only(&data(|data| data.mount = Err(because())), Subject::FileSystem, Level::Unknown);
}

#[test]
fn the_room_on_the_disk() {
    let free = |bytes| data(|data| data.free = bytes);
    assert_eq!(free(Ok(limits::DISK_WARNING)).level(), Level::Ok);
    only(&free(Ok(limits::DISK_WARNING - 1)), Subject::DiskSpace, Level::Warning);
    only(&free(Ok(limits::DISK_CRITICAL)), Subject::DiskSpace, Level::Warning);
    only(&free(Ok(limits::DISK_CRITICAL - 1)), Subject::DiskSpace, Level::Critical);
    only(&free(Err(because())), Subject::DiskSpace, Level::Unknown);
    let inodes = |count| data(|data| data.free_inodes = count);
    assert_eq!(inodes(None).level(), Level::Ok);
    assert_eq!(inodes(Some(limits::INODES_WARNING)).level(), Level::Ok);
    only(&inodes(Some(limits::INODES_WARNING - 1)), Subject::DiskSpace, Level::Warning);
    only(&inodes(Some(limits::INODES_CRITICAL)), Subject::DiskSpace, Level::Warning);
    only(&inodes(Some(limits::INODES_CRITICAL - 1)), Subject::DiskSpace, Level::Critical);
}

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

#[test]
fn the_clock() {
    let at = |now: i64| with(|facts| facts.now = now);
    let unset = at(limits::CLOCK_EARLIEST - 1);
    assert_eq!(check(&unset, Subject::ClockSet).level, Level::Critical);
    assert_eq!(check(&at(limits::CLOCK_EARLIEST), Subject::ClockSet).level, Level::Ok);
    let last = |ahead: i64| till(|till| till.ledger.as_mut().unwrap().last_issued = Some(NOW + ahead));
    assert_eq!(last(limits::CLOCK_BEHIND).level(), Level::Ok);
    only(&last(limits::CLOCK_BEHIND + 1), Subject::ClockOrder, Level::Critical);
    let kept = |kept| with(|facts| facts.machine.synchronised = kept);
    only(&kept(Ok(false)), Subject::ClockSynchronised, Level::Warning);
    only(&kept(Err(because())), Subject::ClockSynchronised, Level::Unknown);
    let off = |ahead| till(|till| till.clock.authority_ahead = ahead);
    for sign in [1, -1] {
        assert_eq!(off(Ok(sign * (limits::CLOCK_OFFSET_WARNING - 1))).level(), Level::Ok);
        only(&off(Ok(sign * limits::CLOCK_OFFSET_WARNING)), Subject::ClockAuthority, Level::Warning);
        only(&off(Ok(sign * (limits::CLOCK_OFFSET_CRITICAL - 1))), Subject::ClockAuthority, Level::Warning);
        only(&off(Ok(sign * limits::CLOCK_OFFSET_CRITICAL)), Subject::ClockAuthority, Level::Critical);
    }
    assert!(check(&off(Ok(7200)), Subject::ClockAuthority).finding.en.contains("2 h 0 min behind"));
    only(&off(Err(because())), Subject::ClockAuthority, Level::Unknown);
    off(Ok(i64::MIN));
}

#[test]
fn the_network_step_by_step() {
    let no_name = network(|network| network.name = Step::Failed(NetworkFault::NoAddress("x".to_owned())));
    only(&no_name, Subject::NetworkName, Level::Warning);
    for fault in
        [NetworkFault::Slow(3), NetworkFault::Refused, NetworkFault::Unreachable("no route".to_owned())]
    {
        let report = network(|network| {
            network.connection = Step::Failed(fault);
            network.tls = Some(Step::NotTaken);
            network.answer = Step::NotTaken;
        });
        assert_eq!(check(&report, Subject::NetworkConnection).level, Level::Warning);
        assert_eq!(check(&report, Subject::NetworkTls).level, Level::Unknown);
        assert_eq!(check(&report, Subject::NetworkAnswer).level, Level::Unknown);
    }
    let tls = |step| network(|network| network.tls = Some(step));
    only(&tls(Step::Failed(NetworkFault::Handshake("eof".to_owned()))), Subject::NetworkTls, Level::Warning);
    for trust in [Trust::Issuer, Trust::Expired, Trust::NotYet, Trust::Name, Trust::Other("odd".to_owned())] {
        let fault = NetworkFault::Untrusted {
            trust,
            issuer: Some("CN=Filter".to_owned()),
            subject: Some("CN=gw".to_owned()),
        };
        let report = tls(Step::Failed(fault));
        only(&report, Subject::NetworkTls, Level::Critical);
        assert!(check(&report, Subject::NetworkTls).finding.en.contains("CN=Filter"));
    }
    let ends = |seconds| tls(done(Session { not_after: Some(NOW + seconds), ..Session::default() }));
    only(&ends(limits::TLS_WARNING_DAYS * DAY), Subject::NetworkTls, Level::Warning);
    assert_eq!(ends(limits::TLS_WARNING_DAYS * DAY + 1).level(), Level::Ok);
    assert_eq!(network(|network| network.tls = None).level(), Level::Ok);
    let report = till(|till| till.network = Err(because()));
    only(&report, Subject::NetworkName, Level::Unknown);
}

#[test]
fn any_answer_but_a_page_is_the_platform() {
    let reply =
        |status, html| network(|network| network.answer = done(Reply { status, html, location: None }));
    for status in [200, 401, 403, 404, 405] {
        assert_eq!(reply(status, false).level(), Level::Ok, "{status}");
    }
    for (status, html) in [(200, true), (302, false), (511, false), (503, true), (404, true)] {
        only(&reply(status, html), Subject::NetworkAnswer, Level::Warning);
    }
    assert!(check(&reply(200, true), Subject::NetworkAnswer).remedy.as_ref().unwrap().en.contains("login"));
    let silent = network(|network| network.answer = Step::Failed(NetworkFault::Slow(3)));
    only(&silent, Subject::NetworkAnswer, Level::Warning);
}

#[test]
fn the_age_of_the_queue() {
    let aged = |age: i64| {
        till(|till| {
            till.queue = Ok(Queue { unsent: 3, oldest: Some(NOW - age), ..Queue::default() });
        })
    };
    assert_eq!(aged(limits::QUEUE_WARNING - 1).level(), Level::Ok);
    only(&aged(limits::QUEUE_WARNING), Subject::Queue, Level::Warning);
    only(&aged(limits::QUEUE_CRITICAL - 1), Subject::Queue, Level::Warning);
    only(&aged(limits::QUEUE_CRITICAL), Subject::Queue, Level::Critical);
    let says = |age: i64, words: &str| {
        let report = aged(age);
        only(&report, Subject::Queue, Level::Critical);
        assert!(check(&report, Subject::Queue).finding.en.contains(words), "{age}");
    };
    says(limits::QUEUE_LAST_HOUR - 1, "before the legal 24 hours");
    says(limits::QUEUE_LAST_HOUR, "the last hour");
    says(limits::QUEUE_BREACH - 1, "the last hour");
    says(limits::QUEUE_BREACH, "BR-KSA-98");
    assert_eq!(aged(-5).level(), Level::Ok, "a clock that was set back is another check's");
    only(&till(|till| till.queue = Err(because())), Subject::Queue, Level::Unknown);
}

#[test]
fn what_waits_for_a_person() {
    let queue = |queue| till(|till| till.queue = Ok(queue));
    let paused = Queue { paused: Some(because()), ..Queue::default() };
    only(&queue(paused), Subject::Reporting, Level::Warning);
    let rejected = Queue {
        rejected: 5,
        rejected_numbers: vec!["T07-1".to_owned(), "T07-2".to_owned()],
        ..Queue::default()
    };
    let report = queue(rejected);
    only(&report, Subject::Rejected, Level::Warning);
    assert!(check(&report, Subject::Rejected).finding.en.ends_with("(T07-1, T07-2, +3)"));
    only(&queue(Queue { held: 1, ..Queue::default() }), Subject::Held, Level::Warning);
}

#[test]
fn printer_and_receipts() {
    let printer = |printer| till(|till| till.printer = printer);
    assert_eq!(printer(Paper::None).level(), Level::Ok);
    let target = || "tcp:printer".to_owned();
    for fault in [NetworkFault::Refused, NetworkFault::Slow(3), NetworkFault::NoAddress("x".to_owned())] {
        only(
            &printer(Paper::Tcp { target: target(), reached: Err(fault) }),
            Subject::Printer,
            Level::Warning,
        );
    }
    for (spool, level) in [
        (Ok(Spool::Writable), Level::Ok),
        (Ok(Spool::ReadOnly), Level::Warning),
        (Ok(Spool::Denied), Level::Warning),
        (Ok(Spool::NotAFolder), Level::Warning),
        (Err(because()), Level::Unknown),
    ] {
        only(&printer(Paper::Folder { target: "file:/x".to_owned(), spool }), Subject::Printer, level);
    }
    let receipts = |receipts| till(|till| till.receipts = Ok(receipts));
    assert_eq!(receipts(Receipts { pending: 4, ..Receipts::default() }).level(), Level::Ok);
    only(&receipts(Receipts { unconfirmed: 1, ..Receipts::default() }), Subject::Receipts, Level::Warning);
    only(&receipts(Receipts { failed: 1, ..Receipts::default() }), Subject::Receipts, Level::Warning);
    only(
        &receipts(Receipts { fault: Some(because()), ..Receipts::default() }),
        Subject::Receipts,
        Level::Warning,
    );
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
         disk_free=10737418240B;536870912:;67108864: clock_offset=0s;-59:59;-299:299"
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
