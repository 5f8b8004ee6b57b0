//! `tilld doctor` on real tills: running, stopped, broken in the ways in which
//! tills break. The level of a machine's own facts (clock, disk, memory) is not
//! looked at here.

#[allow(dead_code)]
mod fake;
mod real;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use real::{Sandbox, Till, sale_body};
use serde_json::Value;
use tilld::api::{Limits, wire};

/// What the doctor said, as JSON.
struct Said {
    json: Value,
    code: i32,
}

fn doctor(config: &Path) -> Said {
    let done = real::run_with(config, &["doctor", "--json"]);
    let out = String::from_utf8(done.stdout).unwrap();
    let json = serde_json::from_str(&out)
        .unwrap_or_else(|error| panic!("{error}: {out}{}", String::from_utf8_lossy(&done.stderr)));
    Said { json, code: done.status.code().unwrap() }
}

impl Said {
    fn check(&self, id: &str) -> &Value {
        let checks = self.json["checks"].as_array().unwrap();
        checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no {id} in {:#}", self.json))
    }

    /// Holds the level of each; gives the English finding of the last.
    fn is(&self, wanted: &[(&str, &str)]) -> String {
        let mut finding = String::new();
        for (id, level) in wanted {
            let check = self.check(id);
            assert_eq!(check["level"], *level, "{check:#}");
            finding = check["finding"].as_str().unwrap().to_owned();
        }
        finding
    }
}

/// Adds a drop-in that is read last.
fn change(till: &Till, text: &str) {
    let mut folder = till.config.clone().into_os_string();
    folder.push(".d");
    fs::write(Path::new(&folder).join("zz.toml"), text).unwrap();
}

fn home(till: &Till) -> PathBuf {
    till.config.parent().unwrap().to_owned()
}

/// Everything below a folder: path, owner, mode, moment of change, content.
fn picture(folder: &Path, into: &mut Vec<String>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let about = fs::metadata(&path).unwrap();
        into.push(format!(
            "{} {} {:o} {}.{}",
            path.display(),
            about.uid(),
            about.mode(),
            about.mtime(),
            about.mtime_nsec()
        ));
        if about.is_dir() {
            picture(&path, into);
        } else {
            into.push(format!("{:?}", fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn a_running_till_and_a_stopped_one() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    till.open();
    assert_eq!(till.sell("k1", &sale_body(1)).status, 201);
    till.drain();
    let running = doctor(&till.config);
    let good = ["configuration", "service", "selling", "ledger", "mark", "data-directory", "identity"];
    running.is(&good.map(|id| (id, "ok")));
    let good = ["certificate-expiry", "certificate-seller", "environment", "queue", "printer", "core-dumps"];
    running.is(&good.map(|id| (id, "ok")));
    let network = ["network-name", "network-connection", "network-answer", "clock-authority"];
    running.is(&network.map(|id| (id, "ok")));
    assert!(running.is(&[("endpoint", "warning")]).contains("OVERRIDDEN"));
    assert_eq!(running.code, running.json["exit_code"].as_i64().unwrap() as i32);
    assert_eq!(running.json["till"], "T01");

    assert!(till.stop().success());
    let mut before = Vec::new();
    picture(&home(&till), &mut before);
    let stopped = doctor(&till.config);
    let mut after = Vec::new();
    picture(&home(&till), &mut after);
    assert!(before == after, "the doctor leaves no trace");
    assert!(stopped.is(&[("service", "critical")]).contains("does not run"));
    stopped.is(&["mark", "identity", "certificate-seller", "queue"].map(|id| (id, "ok")));
    assert_eq!(stopped.is(&[("ledger", "ok")]), "invoices stored: 1");
    assert_eq!((stopped.code, stopped.json["level"].as_str()), (2, Some("critical")));

    // What a killed till leaves behind is read too.
    till.open();
    till.kill();
    assert_eq!(doctor(&till.config).is(&[("mark", "ok"), ("ledger", "ok")]), "invoices stored: 1");
    fs::remove_file(home(&till).join("high-water")).unwrap();
    doctor(&till.config).is(&[("mark", "ok")]);
    // The run-time mark beside the socket was the last that knew.
    fs::remove_file(home(&till).join("t.high-water")).unwrap();
    assert!(doctor(&till.config).is(&[("mark", "critical")]).contains("missing"));
}

#[test]
fn a_till_that_does_not_fit_its_settings() {
    let sandbox = Sandbox::start();
    let till = Till::onboarded(&sandbox);
    change(&till, "[fatoora]\nenvironment = \"simulation\"\n");
    assert!(doctor(&till.config).is(&[("environment", "critical")]).contains("good in sandbox"));
    change(&till, "[seller]\nvat_number = \"399999999900003\"\n");
    assert!(doctor(&till.config).is(&[("certificate-seller", "critical")]).contains("seller.vat_number"));
    change(&till, "[unit]\nlocation = \"Elsewhere\"\n");
    doctor(&till.config).is(&[("certificate-seller", "warning"), ("environment", "ok")]);

    change(&till, "[till]\nname = 5\n");
    let broken = doctor(&till.config);
    assert!(broken.is(&[("configuration", "critical")]).contains("till.name"));
    assert_eq!((broken.code, broken.json["till"].is_null()), (2, true));
    let nowhere = doctor(Path::new("/nowhere/tilld.toml"));
    assert!(nowhere.is(&[("configuration", "critical")]).contains("no file"));
}

#[test]
fn a_till_before_its_onboarding_has_no_vault() {
    let dir = tempfile::tempdir().unwrap();
    let config = configured(dir.path(), "http://127.0.0.1:9/x", "");
    let said = doctor(&config);
    said.is(&[("vault", "critical"), ("identity", "critical"), ("data-directory", "critical")]);
    said.is(&[("ledger", "ok"), ("mark", "ok"), ("queue", "ok")]);
    assert!(!dir.path().join("data").exists(), "nothing is made");
}

/// A configuration without a till behind it.
fn configured(dir: &Path, base_url: &str, more: &str) -> PathBuf {
    let config = dir.join("till.toml");
    let drop_ins = dir.join("till.toml.d");
    fs::create_dir(&drop_ins).unwrap();
    fs::write(&config, include_str!("../assets/demo/till.toml")).unwrap();
    let here = |name: &str| dir.join(name).display().to_string();
    let text = format!(
        "[till]\ndata_dir = \"{}\"\nanchor = \"{}\"\n[fatoora]\nbase_url = \"{base_url}\"\n{more}",
        here("data"),
        here("high-water")
    );
    fs::write(drop_ins.join("here.toml"), text).unwrap();
    if !more.contains("[api]") {
        fs::write(drop_ins.join("api.toml"), format!("[api]\nsocket = \"{}\"\n", here("t.sock"))).unwrap();
    }
    if !more.contains("[printer]") {
        fs::write(drop_ins.join("printer.toml"), "[printer]\ntarget = \"none\"\n").unwrap();
    }
    config
}

/// Answers every connection with these bytes.
fn server(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/e-invoicing/developer-portal", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut asked = [0u8; 2048];
            let _ = stream.read(&mut asked);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    base
}

fn date(ahead: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let moment = jiff::Timestamp::from_second(now + ahead).unwrap();
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&moment).unwrap()
}

#[test]
fn the_platform_is_far_away_or_somebody_else() {
    let dir = tempfile::tempdir().unwrap();
    let answer = format!("HTTP/1.1 404 Not Found\r\ndate: {}\r\ncontent-length: 0\r\n\r\n", date(7200));
    let said = doctor(&configured(dir.path(), &server(answer), ""));
    assert!(said.is(&[("network-answer", "ok"), ("clock-authority", "critical")]).contains("behind"));

    let dir = tempfile::tempdir().unwrap();
    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>".to_owned();
    let said = doctor(&configured(dir.path(), &server(page), ""));
    said.is(&[("network-connection", "ok"), ("network-answer", "warning")]);

    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let said = doctor(&configured(dir.path(), &silent, ""));
    assert!(said.is(&[("network-connection", "ok"), ("network-answer", "warning")]).contains("within"));
    drop(listener);
    let refused = doctor(&dir.path().join("till.toml"));
    refused.is(&[("network-connection", "warning")]);
}

#[test]
fn printers_are_reached_and_folders_tried_without_a_byte() {
    let paper = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = paper.local_addr().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let more = format!("[printer]\ntarget = \"tcp:{target}\"\n");
    let config = configured(dir.path(), "http://127.0.0.1:9", &more);
    doctor(&config).is(&[("printer", "ok")]);
    let mut bytes = Vec::new();
    paper.accept().unwrap().0.read_to_end(&mut bytes).unwrap();
    assert!(bytes.is_empty(), "nothing was printed");
    drop(paper);
    assert!(doctor(&config).is(&[("printer", "warning")]).contains("refused"));

    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let folder = dir.path().join("receipts");
    let more = format!("[printer]\ntarget = \"file:{}\"\n", folder.display());
    let config = configured(dir.path(), "http://127.0.0.1:9", &more);
    doctor(&config).is(&[("printer", "ok")]);
    assert!(!folder.exists(), "nothing is made");
    fs::create_dir(&folder).unwrap();
    fs::create_dir(dir.path().join("data")).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    if rustix::process::geteuid().is_root() {
        // Root may write anywhere; the user of the service, who owns the data, may not.
        std::os::unix::fs::chown(dir.path().join("data"), Some(65_534), Some(65_534)).unwrap();
    }
    doctor(&config).is(&[("printer", "warning")]);
}

#[test]
fn what_a_daemon_says_counts() {
    let served = fake::serve(Limits::new(1 << 20));
    let oldest = Some("2026-03-14T21:05:09+03:00".to_owned());
    let queue = wire::Queue { unsent: 3, oldest_unsent_at: oldest, ..wire::Queue::default() };
    *served.till.queue.lock().unwrap() = Some(queue);
    let dir = tempfile::tempdir().unwrap();
    let more = format!("[api]\nsocket = \"{}\"\n", served.socket.display());
    let said = doctor(&configured(dir.path(), "http://127.0.0.1:9", &more));
    said.is(&[("service", "ok"), ("selling", "ok"), ("ledger", "ok"), ("environment", "ok")]);
    assert!(said.is(&[("vault", "critical"), ("queue", "critical")]).contains("BR-KSA-98"));
    // The daemon of this test is the test itself, which may leave a core dump.
    said.check("core-dumps");
}

#[test]
fn a_socket_on_which_nobody_answers_is_a_hanging_daemon() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("t.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let said = doctor(&configured(dir.path(), "http://127.0.0.1:9", ""));
    assert!(said.is(&[("service", "critical")]).contains("has not answered"));
}

#[test]
fn the_text_is_a_line_for_monitoring_and_then_everything() {
    let dir = tempfile::tempdir().unwrap();
    let config = configured(dir.path(), "http://127.0.0.1:9", "");
    let text = |lang: &str| {
        let done = real::run_with(&config, &["doctor", "--lang", lang]);
        assert_eq!(done.status.code(), Some(2));
        String::from_utf8(done.stdout).unwrap()
    };
    let english = text("en");
    let first = english.lines().next().unwrap();
    assert!(first.starts_with("TILLD CRITICAL T01: ") && first.contains(" | unsent=0"), "{first}");
    assert_eq!(english.matches('|').count(), 1, "one bar, before the performance data:\n{english}");
    assert!(english.contains("tilld onboard"));
    let arabic = text("ar");
    assert!(arabic.contains("الخدمة") && !arabic.contains("does not run"));
    let both = text("both");
    assert!(both.contains("الخدمة") && both.contains("does not run"));
}
