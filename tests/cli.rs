//! The command line against a till in memory: words, exit codes, and what goes
//! where.

#[allow(dead_code)]
mod fake;

use std::sync::Mutex;

use fake::{SALE, Served};
use tilld::api::wire::{
    ActivityList, Alarm, Attention, AuthorityFinding, Event, EventDocument, Queue, Report, Verification,
    WarningList, Watch, Witness, Words,
};
use tilld::api::{Fed, IdentityTask, Limits};
use tilld::cli::{
    self, ActiveUnit, DemoOptions, Exported, Failure, Hooks, OnboardOptions, SandboxOptions, Standing,
    Streams, Told,
};
use tilld::receipt::PaperWidth;

/// What the hooks were called with; one test at a time looks at it.
static CALLED: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn note(words: String) -> Result<(), Failure> {
    CALLED.lock().unwrap().push(words);
    Ok(())
}

/// A till of which nothing but one warning is known.
fn examined(_: &std::path::Path) -> tilld::doctor::Report {
    use tilld::doctor::{Check, Level, Report, Subject};
    use tilld::text::Bilingual;
    let check = Check {
        subject: Subject::Service,
        level: Level::Warning,
        finding: Bilingual::new("a | b", "أ"),
        remedy: Some(Bilingual::new("mend it", "أصلحه")),
    };
    Report { till: Some("T07".to_owned()), checks: vec![check], measures: Vec::new() }
}

const HOOKS: Hooks = Hooks {
    serve: |settings| note(format!("serve {}", settings.till.name)),
    demo: |DemoOptions { dir, width, seed, keep }| {
        note(format!("demo {} {} {seed} {keep}", dir.display(), width.dots()))
    },
    sandbox: |options: SandboxOptions| note(format!("sandbox {}", sandbox_told(&options))),
    onboard: |OnboardOptions { settings, otp, task }| {
        let word = match task {
            IdentityTask::Onboard => "onboard".to_owned(),
            IdentityTask::Replace { till } => format!("replace {till} in"),
            IdentityTask::Renew => "renew".to_owned(),
        };
        note(format!("{word} {} {}", settings.till.name, otp.as_deref().map_or("no OTP", |otp| otp.as_str())))
    },
    standing: |_, _| Ok(Standing { needs_otp: true, ..Standing::default() }),
    settings_digest: |_| "as configured".to_owned(),
    provision: |settings, otp, progress| {
        progress("key_made");
        note(format!("provision {} {}", settings.till.name, otp.unwrap().as_str()))?;
        Ok(ActiveUnit {
            serial_number: settings.unit.serial_number.clone(),
            environment: "sandbox".to_owned(),
            vat_number: settings.seller.vat.as_str().to_owned(),
            certificate: "1234".to_owned(),
            key: Some("00".repeat(32)),
            valid_until: "2031-03-14".to_owned(),
        })
    },
    random: |bytes| bytes.fill(7),
    verify: |_| Ok(Verification { documents: 5, chains: 1, ..Verification::default() }),
    activities: |_, _| Ok(ActivityList { activities: Vec::new() }),
    attempts: |_, _| Ok(Vec::new()),
    warnings: |_| Ok(WarningList { looked_at: 0, more: false, warnings: Vec::new() }),
    export: |options| {
        Ok(Exported {
            documents: 3,
            bytes: 99,
            manifest: format!("{} {} {:?} {}", options.from, options.to, options.chain, options.force),
            unreadable: Vec::new(),
            unreadable_total: 0,
        })
    },
    verify_archive: |_| Err(Failure::Usage("no file".to_owned())),
    recover: |options| {
        note(format!("recover {:?} {:?}", options.word, options.last_number))?;
        Ok(Told { text: "what is wrong".to_owned(), found: options.word.is_none() })
    },
    doctor: examined,
};

fn sandbox_told(options: &SandboxOptions) -> String {
    let SandboxOptions { listen, script, settings, clock_offset, tls } = options;
    let mut told = listen.to_string();
    if let Some(path) = script {
        told.push_str(&format!(" {}", path.display()));
    }
    for setting in settings {
        told.push_str(&format!(" {setting}"));
    }
    if let Some(seconds) = clock_offset {
        told.push_str(&format!(" {seconds}"));
    }
    if let Some(folder) = tls {
        told.push_str(&format!(" {}", folder.display()));
    }
    told
}

fn no_terminal(_: &str) -> std::io::Result<zeroize::Zeroizing<String>> {
    Err(std::io::ErrorKind::NotFound.into())
}

struct Run {
    code: u8,
    out: String,
    err: String,
}

fn run_with(input: &str, args: &[&str]) -> Run {
    run_on(&HOOKS, input, args)
}

fn run_on(hooks: &Hooks, input: &str, args: &[&str]) -> Run {
    let (mut out, mut err, mut input) = (Vec::new(), Vec::new(), input.as_bytes());
    let mut streams = Streams { out: &mut out, err: &mut err, input: &mut input, ask: no_terminal };
    let args = std::iter::once("tilld").chain(args.iter().copied());
    let code = cli::run(args, hooks, &mut streams);
    Run { code, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn run(args: &[&str]) -> Run {
    run_with("", args)
}

fn served() -> (Served, String) {
    let served = fake::serve(Limits::new(1 << 20));
    let socket = served.socket.to_str().unwrap().to_owned();
    (served, socket)
}

fn example() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = example_at(dir.path(), &dir.path().join("t.sock"));
    (dir, file)
}

/// The example's configuration for a till behind that socket.
fn example_at(dir: &std::path::Path, socket: &std::path::Path) -> String {
    let file = dir.join("tilld.toml");
    let text = include_str!("../assets/tilld.example.toml")
        .replace("/run/tilld/tilld.sock", socket.to_str().unwrap());
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn help_teaches_and_mistakes_are_usage() {
    for args in [
        &["--help"][..],
        &["sell", "--help"],
        &["onboard", "--help"],
        &["config", "check", "--help"],
        &["credit", "--help"],
        &["correct", "--help"],
        &["doctor", "--help"],
    ] {
        let help = run(args);
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{args:?}");
        assert!(help.out.contains("xamples:") || help.out.contains("First steps"), "{}", help.out);
    }
    assert!(run(&["--version"]).out.starts_with("tilld "));
    for args in [
        &[][..],
        &["sel"],
        &["sell"],
        &["show"],
        &["demo", "--width", "76"],
        &["sandbox", "--listen", "0.0.0.0:80"],
        &["sell", "-", "--key", "two words"],
        &["onboard"],
        &["onboard", "--otp", "123456"],
        &["onboard", "--otp=123456"],
        &["onboard", "123456"],
        &["onboard", "123456", "--otp-file", "-"],
    ] {
        let wrong = run(args);
        assert_eq!((wrong.code, wrong.out.as_str()), (2, ""), "{args:?}");
        assert!(!wrong.err.is_empty());
    }
}

#[test]
fn doctor_ends_as_monitoring_plugins_do() {
    let english = run(&["doctor"]);
    assert_eq!((english.code, english.err.as_str()), (1, ""));
    assert_eq!(
        english.out,
        "TILLD WARNING T07: Service: a / b\nWARNING   Service: a / b\n          -> do: mend it\n"
    );
    let both = run(&["doctor", "--lang", "both"]).out;
    assert!(both.contains("mend it") && both.contains("أصلحه"), "{both}");
    let json: serde_json::Value = serde_json::from_str(&run(&["doctor", "--json"]).out).unwrap();
    assert_eq!(
        (json["level"].as_str(), json["checks"][0]["finding"].as_str()),
        (Some("warning"), Some("a | b"))
    );
    assert_eq!(run(&["doctor", "--lang", "fr"]).code, 2);
}

#[test]
fn the_sale_in_the_help_is_a_good_one() {
    let help = run(&["sell", "--help"]).out;
    let sale = help.split("echo '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    tilld::invoice::read_sale(sale.as_bytes()).unwrap();
}

#[test]
fn a_sale_is_made_shown_and_repeated() {
    let (_served, socket) = served();
    let sold = run_with(SALE, &["sell", "-", "--key", "k1", "--socket", &socket]);
    assert_eq!((sold.code, sold.err.as_str()), (0, "Key k1\n"));
    assert!(sold.out.contains("Invoice  T07-000001 (ICV 1)\n"), "{}", sold.out);
    assert!(sold.out.contains("To pay   SAR 11.50, VAT 1.50 included\n"), "{}", sold.out);

    let first = run_with(SALE, &["sell", "-", "--key", "k1", "--json", "--socket", &socket]);
    let again = run_with(SALE, &["sell", "-", "--key", "k1", "--json", "--socket", &socket]);
    assert_eq!(first.out, again.out);
    assert!(first.out.starts_with("{\"uuid\":"));
    let words = run_with(SALE, &["sell", "-", "--key", "k1", "--socket", &socket]);
    assert!(words.out.starts_with("This sale was made before; nothing new was issued.\n"));

    let fresh = run_with(SALE, &["sell", "-", "--socket", &socket]);
    assert!(fresh.err.starts_with("Key ") && fresh.err.trim().len() == 36, "{}", fresh.err);

    for id in ["T07-000001", "1", "6f4d20e0-6bfe-4a80-9389-000000000001"] {
        let shown = run(&["show", id, "--socket", &socket]);
        assert_eq!(shown.code, 0, "{}", shown.err);
        assert!(shown.out.contains("Reference  order-4711\n"), "{}", shown.out);
        assert!(shown.out.contains("Report     Queued, not sent yet\n"), "{}", shown.out);
    }
    assert_eq!(run(&["show", "T07-000001", "--xml", "--socket", &socket]).out, "Xml of it");
    assert_eq!(run(&["show", "T07-000001", "--qr", "--socket", &socket]).out, "AQ9TaG9w\n");
    let several = run(&["show", "order-4711", "--qr", "--socket", &socket]);
    assert_eq!(several.code, 1);
    assert!(several.err.contains("choose one by its UUID"), "{}", several.err);
    let none = run(&["show", "T08-1", "--socket", &socket]);
    assert_eq!((none.code, none.out.as_str()), (1, ""));
    assert!(none.err.contains("has no invoice T08-1"));
}

/// What the till was asked by the last command.
fn asked(served: &Served) -> String {
    served.till.asked.lock().unwrap().last().unwrap().clone()
}

#[test]
fn a_credit_is_made_from_options_or_a_file() {
    let (served, socket) = served();
    let at = ["--socket", socket.as_str()];
    let credit = |args: &[&str]| run(&[&["credit"], args, &at].concat());
    let whole = ["--number", "T07-1", "--whole", "--reason", "goods_returned", "--key", "c1"];
    let made = credit(&whole);
    assert_eq!((made.code, made.err.as_str()), (0, "Key c1\n"));
    assert!(made.out.contains("Credit note  T07-000001 (ICV 1)\n"), "{}", made.out);
    assert!(made.out.contains("To refund    SAR 11.50, VAT 1.50 included\n"), "{}", made.out);
    let draft = asked(&served);
    assert!(draft.contains("T07-1") && draft.contains("Whole") && draft.contains("GoodsReturned"), "{draft}");
    assert!(credit(&whole).out.starts_with("This credit was made before; nothing new was issued.\n"));

    let lines =
        ["--reference", "order-4711", "--line", "1", "--line", "2=0.5", "--reason-text", "Sour", "--json"];
    let refund = ["--tender", "cash=2.50", "--tender", "card=9.00"];
    assert!(credit(&[&lines[..], &refund].concat()).out.starts_with("{\"uuid\":"));
    let draft = asked(&served);
    for part in ["Number(1)", "quantity: None", "Number(2)", "Free(\"Sour\")", "Card", "order-4711"] {
        assert!(draft.contains(part), "{part}: {draft}");
    }
    assert_eq!(credit(&["--qr", "AQFh", "--amount", "5.00", "--reason", "amount_amended"]).code, 0);
    assert!(asked(&served).contains("Amount("));
    let body = r#"{"original":{"uuid":"6f4d20e0-6bfe-4a80-9389-000000000001"},"whole":true,"reason":"goods_returned"}"#;
    assert_eq!(run_with(body, &["credit", "--file", "-", "--socket", &socket]).code, 0);
    assert!(asked(&served).contains("6f4d20e0"));

    for wrong in [
        &["--whole", "--reason", "goods_returned"][..],
        &["--number", "1", "--uuid", "2", "--whole", "--reason", "goods_returned"],
        &["--number", "1", "--reason", "goods_returned"],
        &["--number", "1", "--whole", "--amount", "1", "--reason", "goods_returned"],
        &["--number", "1", "--whole"],
        &["--number", "1", "--whole", "--reason", "a", "--reason-text", "b"],
        &["--number", "1", "--line", "x", "--reason", "goods_returned"],
        &["--number", "1", "--line", "1=", "--reason", "goods_returned"],
        &["--number", "1", "--whole", "--reason", "goods_returned", "--tender", "cash"],
        &["--file", "-", "--whole"],
    ] {
        let wrong_use = credit(wrong);
        assert_eq!((wrong_use.code, wrong_use.out.as_str()), (2, ""), "{wrong:?}");
    }
    let unknown = credit(&["--number", "1", "--whole", "--reason", "boredom"]);
    assert_eq!(unknown.code, 1);
    assert!(unknown.err.contains("goods_returned, supply_cancelled"), "{}", unknown.err);
}

#[test]
fn a_rejected_document_is_corrected() {
    let (served, socket) = served();
    let uuid = "6f4d20e0-6bfe-4a80-9389-000000000001";
    let made = run(&["correct", uuid, "--key", "k1", "--socket", &socket]);
    assert_eq!((made.code, made.err.as_str()), (0, "Key k1\n"));
    assert!(made.out.contains("Invoice  T07-000001 (ICV 1)\n"), "{}", made.out);
    assert!(asked(&served).contains(uuid));
    let changes = r#"{"note":"Put right"}"#;
    assert_eq!(
        run_with(changes, &["correct", "--number", "T07-1", "--changes", "-", "--socket", &socket]).code,
        0
    );
    assert!(asked(&served).contains("Put right"));
    assert_eq!(run_with(SALE, &["correct", "--number", "T07-1", "--sale", "-", "--socket", &socket]).code, 0);
    assert!(asked(&served).contains("Sale("));
    for wrong in [
        &["correct"][..],
        &["correct", uuid, "--number", "T07-1"],
        &["correct", uuid, "--changes", "-", "--sale", "-"],
        &["correct", uuid, "--changes", "no-such-file"],
    ] {
        let wrong_use = run(wrong);
        assert_eq!((wrong_use.code, wrong_use.out.as_str()), (2, ""), "{wrong:?}");
    }
    let broken = run_with("{", &["correct", uuid, "--changes", "-", "--socket", &socket]);
    assert_eq!((broken.code, broken.err.contains("is not JSON")), (2, true), "{}", broken.err);
    let fixed = run_with(r#"{"tenders":[]}"#, &["correct", uuid, "--changes", "-", "--socket", &socket]);
    assert_eq!(
        (fixed.code, fixed.err.contains("the customer holds this receipt")),
        (1, true),
        "{}",
        fixed.err
    );
}

#[test]
fn a_refused_sale_is_told_in_both_languages() {
    let (served, socket) = served();
    let refused = run_with("{\"lines\":[]}", &["sell", "-", "--key", "k", "--socket", &socket]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.contains("The sale cannot be issued as it is"), "{}", refused.err);
    assert!(refused.err.contains("\n  lines: "), "{}", refused.err);
    assert!(refused.err.contains("لا يمكن إصدار عملية البيع"), "{}", refused.err);
    assert_eq!(served.till.calls(), 0);
    let lost = run(&["sell", "/nonexistent/sale.json", "--socket", &socket]);
    assert_eq!(lost.code, 2);
}

#[test]
fn status_and_verify_say_what_is_wrong_by_their_exit_code() {
    let (served, socket) = served();
    let status = run(&["status", "--socket", &socket]);
    assert_eq!(status.code, 0, "{}{}", status.out, status.err);
    assert!(status.out.contains("Till       T07, sandbox, tilld 0.1.0\n"), "{}", status.out);
    assert!(
        status.out.contains("Reports    Queued 3\n") && status.out.ends_with("All is well.\n"),
        "{}",
        status.out
    );
    let json: serde_json::Value =
        serde_json::from_str(&run(&["status", "--json", "--socket", &socket]).out).unwrap();
    assert_eq!(json["queue"]["unsent"], 3);

    let good = run(&["verify", "--socket", &socket]);
    assert_eq!(good.code, 0);
    assert!(good.out.contains("every hash, signature, link and QR code is right"), "{}", good.out);
    served.till.findings.lock().unwrap().push(fake::broken_link());
    let bad = run(&["verify", "--socket", &socket]);
    assert_eq!(bad.code, 1);
    assert!(
        bad.out.contains("T07-000002 (ICV 2): the link to the invoice before is broken [CHAIN]"),
        "{}",
        bad.out
    );
    assert_eq!(run(&["verify", "--json", "--socket", &socket]).code, 1);
}

#[test]
fn the_activity_log_is_shown_and_asked_for_in_bounds() {
    let (_served, socket) = served();
    let listed = run(&["activity", "--limit", "2", "--socket", &socket]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    let lines: Vec<&str> = listed.out.lines().collect();
    assert_eq!(lines.len(), 2, "{}", listed.out);
    assert!(lines[0].contains("3  2026-03-14 21:05:09  chain-opened"), "{}", lines[0]);
    assert!(lines[0].ends_with("tilld  chain 3"), "{}", lines[0]);
    let json = run(&["activity", "--json", "--socket", &socket]).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["activities"].as_array().unwrap().len(), 3);
    assert_eq!(run(&["activity", "--limit", "0", "--socket", &socket]).code, 2);
}

#[test]
fn the_queue_is_listed_with_ages_and_the_way_to_the_next_page() {
    let (_served, socket) = served();
    let listed = run(&["queue", "--limit", "2", "--socket", &socket]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    let lines: Vec<&str> = listed.out.lines().collect();
    assert_eq!(lines.len(), 3, "{}", listed.out);
    assert!(lines[0].starts_with("T01-000001") && lines[0].contains("25 h 00 min old  LATE"), "{}", lines[0]);
    assert_eq!(lines[2], "3 wait in all; go on with --after 9");
    let json = run(&["queue", "--json", "--state", "held", "--socket", &socket]).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["documents"].as_array().unwrap().len(), 3);
    assert_eq!(run(&["queue", "--limit", "0", "--socket", &socket]).code, 2);
}

#[test]
fn a_witness_that_does_not_keep_the_mark_is_shown() {
    let (served, socket) = served();
    let well = Witness { path: "/run/tilld/tilld.high-water".to_owned(), fault: None };
    let away = Witness { path: "/mnt/x".to_owned(), fault: Some("no such folder".to_owned()) };
    *served.till.witnesses.lock().unwrap() = vec![well, away];
    let status = run(&["status", "--socket", &socket]);
    assert_eq!(status.code, 1);
    assert!(
        status.out.contains("Witness: /mnt/x does not keep the high-water mark (no such folder)"),
        "{}",
        status.out
    );
    assert!(!status.out.contains("/run/tilld"), "{}", status.out);
}

#[test]
fn why_documents_were_refused_is_shown_and_which_they_are() {
    let (served, socket) = served();
    run_with(SALE, &["sell", "-", "--key", "k1", "--socket", &socket]);
    let finding = |code: &str, category: Option<&str>, message: &str| AuthorityFinding {
        code: code.to_owned(),
        category: category.map(str::to_owned),
        message: message.to_owned(),
        words: None,
        remedy: None,
    };
    let ours = AuthorityFinding {
        words: Some(Words { en: "It is late.".to_owned(), ar: "تأخر".to_owned() }),
        remedy: Some(Words { en: "Hurry.".to_owned(), ar: "أسرع".to_owned() }),
        ..finding("BR-KSA-98", Some("KSA"), "late")
    };
    *served.till.report.lock().unwrap() = Some(Report {
        state: "Rejected".to_owned(),
        attempts: 1,
        note: Some("rejected".to_owned()),
        findings: vec![finding("BR-KSA-15", Some("KSA"), "wrong type"), finding("", None, "no code"), ours],
    });
    let shown = run(&["show", "T07-000001", "--socket", &socket]).out;
    let wanted = "Report     Rejected, 1 attempt
           rejected
           BR-KSA-15 (KSA): wrong type
           no code
           BR-KSA-98: It is late.
             Hurry.
             تأخر
             أسرع
             Fatoora said (KSA): \"late\"
";
    assert!(shown.contains(wanted), "{shown}");
    let json: serde_json::Value =
        serde_json::from_str(&run(&["show", "T07-000001", "--json", "--socket", &socket]).out).unwrap();
    assert_eq!(json["sales"][0]["report"]["findings"][0]["code"], "BR-KSA-15");

    *served.till.queue.lock().unwrap() = Some(Queue {
        states: [("Rejected".to_owned(), 2), ("Held".to_owned(), 1)].into_iter().collect(),
        rejected: vec!["T07-000001".to_owned()],
        held: vec!["T07-000003".to_owned()],
        ..Queue::default()
    });
    let status = run(&["status", "--socket", &socket]);
    assert_eq!(status.code, 1);
    for words in ["2 rejected by Fatoora (T07-000001 and 1 more): ", "1 held back (T07-000003): "] {
        assert!(status.out.contains(words), "{}", status.out);
    }
}

#[test]
fn a_till_that_does_not_run_is_said_and_how_to_start_it() {
    let (_dir, config) = example();
    for args in [
        &["status", "--config", &config][..],
        &["sell", "-", "--config", &config],
        &["show", "1", "--config", &config],
    ] {
        let answer = run_with(SALE, args);
        assert_eq!((answer.code, answer.out.as_str()), (1, ""), "{args:?}");
        assert!(
            answer.err.contains("tilld is not running") && answer.err.contains("tilld serve"),
            "{}",
            answer.err
        );
    }
    // Verification then reads the data directory.
    let verified = run(&["verify", "--config", &config]);
    assert_eq!(verified.code, 0, "{}", verified.err);
    assert!(verified.out.starts_with("5 invoices in 1 chains checked"), "{}", verified.out);
}

#[test]
fn the_configuration_is_checked() {
    let (dir, config) = example();
    let good = run(&["config", "check", "--config", &config]);
    assert_eq!((good.code, good.err.as_str()), (0, ""));
    assert!(good.out.contains("Till     T07, invoices T07-000001 and on\n"), "{}", good.out);
    assert!(good.out.ends_with("The configuration is good.\n"));
    std::fs::write(&config, "[till]\nnmae = 1\n").unwrap();
    let bad = run(&["config", "check", "--config", &config]);
    assert_eq!(bad.code, 1);
    assert!(bad.err.contains("tilld.toml:2: till.nmae is not a key of [till]"), "{}", bad.err);
    // For every other command it is a matter of usage.
    assert_eq!(run(&["serve", "--config", &config]).code, 2);
    assert_eq!(run(&["status", "--config", &config]).code, 2);
    let none = dir.path().join("none.toml");
    assert_eq!(run(&["config", "check", "--config", none.to_str().unwrap()]).code, 2);
}

#[test]
fn what_starts_something_gets_its_options() {
    let (dir, config) = example();
    let otp = dir.path().join("otp");
    std::fs::write(&otp, "123456\n").unwrap();
    assert_eq!(run(&["serve", "--config", &config]).code, 0);
    assert_eq!(run(&["demo", "--dir", "x", "--width", "58", "--seed", "9", "--keep"]).code, 0);
    assert_eq!(run(&["demo"]).code, 0);
    assert_eq!(run(&["sandbox", "--listen", "127.0.0.1:0"]).code, 0);
    let scripted = ["sandbox", "--script", "s.json", "--set", "renewal=200", "--set", "chain=strict"];
    assert_eq!(run(&[&scripted[..], &["--clock-offset", "-60"]].concat()).code, 0);
    assert_eq!(run(&["onboard", "--config", &config, "--otp-file", otp.to_str().unwrap()]).code, 0);
    assert_eq!(run_with("654321\n", &["onboard", "--config", &config, "--otp-file", "-"]).code, 0);
    assert_eq!(run_with("654321", &["renew", "--config", &config, "--otp-file", "-"]).code, 0);
    let replace =
        |name| run_with("654321", &["onboard", "--replace", name, "--config", &config, "--otp-file", "-"]);
    assert_eq!(replace("T07").code, 0);
    let other = replace("T08");
    assert!(other.code == 2 && other.err.contains("the till T07, not T08"), "{}", other.err);
    assert_eq!(run_with("\u{feff}١٢٣٤٥٦\r\n", &["onboard", "--config", &config, "--otp-file", "-"]).code, 0);
    for bad in ["12345", "1234567", "12a456", "", "my secret text"] {
        let refused = run_with(bad, &["onboard", "--config", &config, "--otp-file", "-"]);
        assert_eq!(refused.code, 2);
        assert!(bad.is_empty() || !refused.err.contains(bad), "{}", refused.err);
    }
    let wanted = [
        "serve T07".to_owned(),
        format!("demo x {} 9 true", PaperWidth::Mm58.dots()),
        "demo demo-out 576 1 false".to_owned(),
        "sandbox 127.0.0.1:0".to_owned(),
        "sandbox 127.0.0.1:8793 s.json renewal=200 chain=strict -60".to_owned(),
        "onboard T07 123456".to_owned(),
        "onboard T07 654321".to_owned(),
        "renew T07 654321".to_owned(),
        "replace T07 in T07 654321".to_owned(),
        "onboard T07 123456".to_owned(),
    ];
    assert_eq!(*CALLED.lock().unwrap(), wanted);
}

#[test]
fn an_otp_is_read_only_where_the_next_step_needs_one() {
    fn told(options: OnboardOptions) -> Result<(), Failure> {
        assert!(options.otp.is_none(), "nothing was there to be read");
        Err(Failure::Finding("went on".to_owned()))
    }
    let (_dir, config) = example();
    let hooks = Hooks { standing: |_, _| Ok(Standing::default()), onboard: told, ..HOOKS };
    for args in [&["onboard"][..], &["onboard", "--replace", "T07"], &["renew"]] {
        let went = run_on(&hooks, "", &[args, &["--config", &config]].concat());
        assert_eq!((went.code, went.err.trim()), (1, "went on"), "{args:?}");
    }
    let conflict = |_: &_, _: &_| {
        Ok(Standing { conflict: Some("other facts".to_owned()), needs_otp: true, ..Standing::default() })
    };
    let refused = run_on(&Hooks { standing: conflict, ..hooks }, "", &["onboard", "--config", &config]);
    assert_eq!((refused.code, refused.err.trim()), (1, "other facts"));
}

#[test]
fn what_begins_anew_without_an_otp_reads_it_then() {
    static BEGUN_ANEW: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
    use std::sync::atomic::Ordering::SeqCst;
    let hooks = Hooks {
        standing: |_, _| Ok(Standing { needs_otp: BEGUN_ANEW.load(SeqCst), ..Standing::default() }),
        onboard: |options| match options.otp {
            Some(otp) if *otp == "123456" => Ok(()),
            _ => {
                BEGUN_ANEW.store(true, SeqCst);
                Err(Failure::Finding("an OTP is needed".to_owned()))
            }
        },
        ..HOOKS
    };
    let (_dir, config) = example();
    let done = run_on(&hooks, "123456", &["onboard", "--config", &config, "--otp-file", "-"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
}

#[test]
fn a_till_that_runs_with_older_settings_gets_no_otp() {
    let (served, _) = served();
    let dir = tempfile::tempdir().unwrap();
    let config = example_at(dir.path(), &served.socket);
    let identity = |digest: &str| tilld::api::wire::Identity {
        state: "active".to_owned(),
        settings_digest: digest.to_owned(),
        ..tilld::api::wire::Identity::default()
    };
    let tasks = [&["onboard"][..], &["onboard", "--replace", "T07"], &["renew"]];
    *served.till.identity.lock().unwrap() = Some(identity("as started"));
    for args in tasks {
        let refused = run_with("123456", &[args, &["--config", &config, "--otp-file", "-"]].concat());
        assert_eq!((refused.code, refused.out.as_str()), (1, ""), "{args:?}");
        assert!(refused.err.contains("systemctl restart tilld"), "{}", refused.err);
        assert!(refused.err.contains("بإعدادات أقدم"), "{}", refused.err);
    }
    assert!(served.till.asked.lock().unwrap().is_empty());
    *served.till.identity.lock().unwrap() = Some(identity("as configured"));
    for args in tasks {
        let done = run_with("123456", &[args, &["--config", &config, "--otp-file", "-"]].concat());
        assert_eq!(done.code, 0, "{}", done.err);
        let otp = if args == ["onboard"] { "none" } else { "123456" };
        assert!(asked(&served).ends_with(otp), "{}", asked(&served));
    }
}

#[test]
fn what_somebody_has_to_do_is_shown_in_both_languages() {
    let (served, socket) = served();
    let at = ["attention", "--socket", socket.as_str()];
    let nothing = run(&at);
    assert_eq!((nothing.code, nothing.out.as_str()), (0, "Nothing to do.\nلا يوجد ما يلزم عمله.\n"));
    let entry = |urgency: &str| Attention {
        id: "rejected:1".to_owned(),
        kind: "rejected".to_owned(),
        urgency: urgency.to_owned(),
        since: Some("2026-03-14T21:05:09+03:00".to_owned()),
        what: Words { en: "It was rejected.".to_owned(), ar: "رُفض.".to_owned() },
        todo: Words { en: "Mend it.".to_owned(), ar: "أصلحه.".to_owned() },
        command: Some("tilld correct --number T07-1".to_owned()),
        call: Some("POST /v1/corrections".to_owned()),
    };
    served.till.attention.lock().unwrap().entries = vec![entry("notice")];
    assert_eq!(run(&at).code, 0, "a notice needs nobody");
    served.till.attention.lock().unwrap().entries = vec![entry("critical"), entry("notice")];
    let shown = run(&[&at[..], &["--lang", "en"]].concat());
    let one = "rejected:1 since 2026-03-14 21:05:09\n  It was rejected.\n  Mend it.\n    tilld correct --number \
               T07-1\n    POST /v1/corrections\n";
    assert_eq!((shown.code, shown.out), (1, format!("[critical] {one}\n[notice] {one}")));
    assert!(run(&at).out.contains("  It was rejected.\n  Mend it.\n  رُفض.\n  أصلحه.\n"));
    let json = run(&[&at[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(json["entries"][0]["urgency"], "critical");
}

#[test]
fn events_are_followed_until_the_till_ends_them() {
    let (served, socket) = served();
    let follow = |more: &'static [&'static str]| {
        let socket = socket.clone();
        let before = served.till.streams.lock().unwrap().len();
        let thread =
            std::thread::spawn(move || run(&[&["events", "--socket", socket.as_str()], more].concat()));
        let feed = loop {
            if let Some((after, feed)) = served.till.streams.lock().unwrap().get(before) {
                break (after.clone(), feed.clone());
            }
            std::thread::yield_now();
        };
        (thread, feed)
    };
    let event = || Event {
        id: "7f-1".to_owned(),
        event: "document.rejected".to_owned(),
        at: "2026-03-14T21:05:09+03:00".to_owned(),
        document: Some(EventDocument { uuid: "u".to_owned(), number: "T07-000002".to_owned(), icv: 2 }),
        data: serde_json::json!({"state": "Rejected"}),
    };
    for more in [&[][..], &["--json", "--after", "7f-0"]] {
        let (thread, (after, feed)) = follow(more);
        assert_eq!(after.as_deref(), more.last().copied());
        for fed in [Fed::Event(event()), Fed::Gap, Fed::End] {
            feed.send(fed).unwrap();
        }
        let run = thread.join().unwrap();
        assert_eq!(run.code, 1);
        assert!(run.err.contains("being stopped"), "{}", run.err);
        let lines: Vec<&str> = run.out.lines().collect();
        assert_eq!(lines.len(), 2, "{}", run.out);
        if more.is_empty() {
            assert_eq!(lines[0], "2026-03-14 21:05:09  document.rejected    T07-000002      Rejected");
            assert!(lines[1].contains("lost"));
        } else {
            let read: Event = serde_json::from_str(lines[0]).unwrap();
            assert_eq!((read, lines[1]), (event(), "{\"event\":\"gap\"}"));
        }
    }
}

#[test]
fn status_says_how_much_time_the_law_leaves() {
    let (served, socket) = served();
    let status = || run(&["status", "--socket", &socket]);
    let words = Words { en: "very late".to_owned(), ar: "متأخر جدا".to_owned() };
    let alarm = |id: &str, level: &str| Alarm {
        id: id.to_owned(),
        level: level.to_owned(),
        since: "2026-03-14T21:05:09+03:00".to_owned(),
        words: words.clone(),
    };
    let watch = Watch {
        unreported: 3,
        oldest_age_seconds: Some(46_800),
        oldest_age: Some(Words { en: "13 h".to_owned(), ar: "13 ساعة".to_owned() }),
        deadline_at: Some("2026-03-15T21:05:09+03:00".to_owned()),
        deadline_left_seconds: Some(39_600),
        forecast_seconds: Some(125),
        alarms: vec![alarm("unsent-12h", "warning")],
        attention: 2,
    };
    *served.till.watch.lock().unwrap() = watch.clone();
    let shown = status();
    assert_eq!(shown.code, 1);
    for line in [
        "13 h old; 11 h left until 2026-03-15 21:05:09\n",
        "about 2 min, at the rate measured\n",
        "unsent-12h (warning) since 2026-03-14 21:05:09\n",
        "2 to do: see `tilld attention`\n",
        "Alarm: very late\nمتأخر جدا\n",
    ] {
        assert!(shown.out.contains(line), "{line} in {}", shown.out);
    }
    let alarms = vec![alarm("unsent-12h", "warning"), alarm("unsent-24h", "breach")];
    *served.till.watch.lock().unwrap() = Watch { deadline_left_seconds: Some(0), alarms, ..watch };
    let late = status().out;
    assert!(late.contains("LATE since 2026-03-15 21:05:09; sending goes on"), "{late}");
    assert_eq!(late.matches("very late").count(), 1, "the latest age stands for all: {late}");
}

#[test]
fn attempts_are_a_table_with_what_the_authority_said() {
    let (served, socket) = served();
    run_with(SALE, &["sell", "-", "--key", "k1", "--socket", &socket]);
    let none = run(&["show", "T07-000001", "--attempts", "--socket", &socket]);
    assert!(none.out.contains("It was not sent yet."), "{}", none.out);
    let attempt = tilld::api::wire::Attempt {
        number: 1,
        started_at: "2026-03-14T21:05:10+03:00".to_owned(),
        duration_ms: 12_340,
        endpoint: "reporting".to_owned(),
        hash: "h".to_owned(),
        http: Some(202),
        headers: Vec::new(),
        verdict: "accepted-with-warnings".to_owned(),
        error: Some("told\u{1b}[2J".to_owned()),
        state: "ReportedWithWarnings".to_owned(),
        findings: vec![finding()],
        answer_bytes: 2,
        answer: Some("{}".to_owned()),
    };
    served.till.attempts.lock().unwrap().push(attempt);
    let shown = run(&["show", "6f4d20e0-6bfe-4a80-9389-000000000001", "--attempts", "--socket", &socket]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    let line =
        "    1  2026-03-14 21:05:10   12.3 s  reporting    202  accepted-with-warnings  ReportedWithWarnings";
    assert!(shown.out.contains(line), "{}", shown.out);
    assert!(shown.out.contains("BR-KSA-98") && !shown.out.contains('\u{1b}'), "{}", shown.out);
    let json = run(&["show", "1", "--attempts", "--json", "--socket", &socket]).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json[0]["number"], &json[0]["attempts"][0]["http"]), (&"T07-000001".into(), &202.into()));
    assert_eq!(run(&["show", "1", "--attempts", "--xml", "--socket", &socket]).code, 2);
    let unknown = run(&["show", "T08-1", "--attempts", "--socket", &socket]);
    assert!(unknown.err.contains("has no invoice T08-1"), "{}", unknown.err);
}

fn finding() -> AuthorityFinding {
    AuthorityFinding {
        code: "BR-KSA-98".to_owned(),
        category: Some("KSA".to_owned()),
        message: "late".to_owned(),
        words: None,
        remedy: None,
    }
}

#[test]
fn release_reprint_sync_and_warnings_ask_the_till() {
    let (served, socket) = served();
    run_with(SALE, &["sell", "-", "--key", "k1", "--socket", &socket]);
    run_with(SALE, &["sell", "-", "--key", "k2", "--socket", &socket]);
    let released = run(&["release", "T07-000001", "--socket", &socket]);
    assert!(released.out.starts_with("T07-000001 is queued again"), "{}", released.err);
    let copy = run(&["reprint", "2", "--socket", &socket]);
    assert_eq!(copy.out, "A copy of 6f4d20e0-6bfe-4a80-9389-000000000002 waits for the printer.\n");
    let several = run(&["release", "order-4711", "--socket", &socket]);
    assert!(several.code == 1 && several.err.contains("choose one by its UUID"), "{}", several.err);
    let unknown = run(&["reprint", "6f4d20e0-6bfe-4a80-9389-000000000009", "--socket", &socket]);
    assert_eq!((unknown.code, unknown.out.as_str()), (1, ""));
    let refusal = tilld::api::Refusal::NotReleased(tilld::text::Bilingual::new("not held", "غير معلق"));
    *served.till.mood.lock().unwrap() = fake::Mood::Refuse(refusal);
    let refused = run(&["release", "T07-000001", "--socket", &socket]);
    assert!(refused.code == 1 && refused.err.contains("not held") && refused.err.contains("غير معلق"));

    let sent = run(&["sync", "now", "--socket", &socket]);
    assert!(sent.out.starts_with("3 documents wait; the till tries them now"), "{}", sent.out);
    assert_eq!(run(&["sync", "--socket", &socket]).out, "Waiting  3\n");
    assert_eq!(run(&["sync", "later", "--socket", &socket]).code, 2);

    assert_eq!(run(&["warnings", "--socket", &socket]).out, "The authority warned of nothing.\n");
    served.till.warnings.lock().unwrap().push(tilld::api::wire::Warning {
        finding: finding(),
        documents: 2,
        first_at: "2026-03-14T21:05:10+03:00".to_owned(),
        last_at: "2026-03-15T21:05:10+03:00".to_owned(),
        newest: vec!["T07-000002".to_owned(), "T07-000001".to_owned()],
    });
    let warned = run(&["warnings", "--socket", &socket]).out;
    assert!(warned.starts_with("2 documents, first 2026-03-14 21:05:10, last 2026-03-15 21:05:10; newest: T07-000002, T07-000001\n"), "{warned}");
    assert!(warned.contains("BR-KSA-98 (KSA): late"), "{warned}");
}

#[test]
fn an_export_says_what_it_wrote_and_is_told_what_is_asked() {
    let (_dir, config) = example();
    let made = run(&[
        "audit",
        "export",
        "--from",
        "2026-01-01",
        "--to",
        "2026-01-31",
        "--out",
        "x.zip",
        "--chain",
        "2",
        "--config",
        &config,
    ]);
    assert_eq!(made.code, 0, "{}", made.err);
    let told =
        "x.zip: 3 documents in 99 bytes.\nSHA-256 of its manifest: 2026-01-01 2026-01-31 Some(2) false\n";
    assert!(made.out.starts_with(told), "{}", made.out);
    for wrong in [&["audit"][..], &["audit", "export"], &["audit", "export", "--from", "a", "--to", "b"]] {
        assert_eq!(run(wrong).code, 2, "{wrong:?}");
    }
    let both = run(&["verify", "x.zip", "--socket", "t.sock"]);
    assert_eq!(both.code, 2, "an archive needs no till");
    assert_eq!(run(&["verify", "x.zip"]).code, 2);
}
