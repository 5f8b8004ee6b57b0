//! The real program: tills set up unattended against a sandbox.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use super::{FILE, Place};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tilld");

/// `tilld sandbox` on a free port; ends with the test.
struct Sandbox {
    child: Child,
    address: String,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sandbox {
    fn start() -> Sandbox {
        let mut command = Command::new(PROGRAM);
        command.args(["sandbox", "--listen", "127.0.0.1:0"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        let admin = told["admin_url"].as_str().unwrap();
        let address = admin.strip_prefix("http://").unwrap().strip_suffix("/admin").unwrap().to_owned();
        Sandbox { child, address }
    }

    fn admin(&self, method: &str, path: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "{method} /admin/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    fn otp(&self) -> String {
        self.admin("POST", "otp")["otp"].as_str().unwrap().to_owned()
    }

    /// How many calls it has had.
    fn calls(&self) -> usize {
        self.admin("GET", "book")["calls"].as_array().unwrap().len()
    }

    fn base_url(&self) -> String {
        format!("http://{}/e-invoicing/developer-portal", self.address)
    }

    /// A template whose tills know this sandbox.
    fn file(&self) -> String {
        let url = format!("[fatoora]\nbase_url = \"{}\"", self.base_url());
        FILE.replace("[fatoora]", &url)
    }
}

fn tilld(args: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(args).stdin(Stdio::null()).env_remove("CREDENTIALS_DIRECTORY").output().unwrap()
}

fn provision(place: &Place, more: &[&str]) -> Output {
    let (file, config) = (place.file.to_str().unwrap(), place.config.to_str().unwrap());
    tilld(&[&["provision", file, "--config", config][..], more].concat())
}

#[track_caller]
fn json(done: &Output) -> Value {
    let out = String::from_utf8_lossy(&done.stdout);
    assert_eq!(out.lines().count(), 1, "{out}{}", err(done));
    serde_json::from_str(&out).unwrap()
}

fn err(done: &Output) -> String {
    String::from_utf8_lossy(&done.stderr).into_owned()
}

/// Whether a file anywhere below the folder holds the text.
fn holds(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| match path.is_dir() {
        true => holds(&path, text),
        false => fs::read(&path).unwrap().windows(text.len()).any(|part| part == text.as_bytes()),
    })
}

#[test]
fn three_tills_from_one_table() {
    let sandbox = Sandbox::start();
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let mut table = "till.name,till.data_dir,till.anchor,api.socket,onboarding.otp_file\n".to_owned();
    for name in ["T01", "T02", "T03"] {
        table += &format!("{name},{0}/data,{0}/anchor/mark,{0}/sock,otp-{name}\n", at(name));
        fs::create_dir(at(name)).unwrap();
    }
    fs::write(at("tills.csv"), table).unwrap();
    fs::write(at("chain.toml"), sandbox.file().replace("HERE", "/none")).unwrap();
    let (csv, chain, out) = (at("tills.csv"), at("chain.toml"), at("set"));
    let set = tilld(&["provision", "--table", &csv, "--template", &chain, "--out", &out]);
    assert!(set.status.success(), "{}", err(&set));
    let again = tilld(&["provision", "--table", &csv, "--template", &chain, "--out", &out]);
    assert!(again.status.success(), "{}", err(&again));

    let (mut serials, mut certificates, mut keys) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for name in ["T01", "T02", "T03"] {
        let (file, config) = (format!("{out}/{name}.toml"), format!("{}/tilld.toml", at(name)));
        let args = ["provision", file.as_str(), "--config", config.as_str(), "--json"];
        let checked = tilld(&[&args[..], &["--check"]].concat());
        assert_eq!(json(&checked)["state"], "checked");
        assert!(!Path::new(&config).exists());
        let otp = sandbox.otp();
        fs::write(format!("{out}/otp-{name}"), &otp).unwrap();
        let done = tilld(&args);
        assert!(done.status.success(), "{}", err(&done));
        let told = json(&done);
        assert_eq!(
            (&told["till"], &told["state"], &told["already"]),
            (&name.into(), &"active".into(), &false.into())
        );
        assert_eq!(
            (&told["environment"], &told["vat_number"]),
            (&"sandbox".into(), &"399999999900003".into())
        );
        let text = |key: &str| told[key].as_str().unwrap().to_owned();
        serials.insert(text("serial_number"));
        certificates.insert(text("certificate_serial"));
        keys.insert(text("key_sha256"));
        assert!(err(&done).contains("is used up") && !err(&done).contains(&otp), "{}", err(&done));
        assert_eq!(fs::metadata(&config).unwrap().mode() & 0o7777, 0o640);
        assert!(!holds(Path::new(&at(name)), &otp), "the OTP is nowhere");
        // Once more: nothing is asked, nobody is called.
        fs::remove_file(format!("{out}/otp-{name}")).unwrap();
        let calls = sandbox.calls();
        let again = tilld(&args);
        let told = json(&again);
        assert_eq!((&told["state"], &told["already"]), (&"active".into(), &true.into()), "{}", err(&again));
        assert_eq!(sandbox.calls(), calls);
    }
    assert_eq!(serials.len(), 3);
    let book = sandbox.admin("GET", "book");
    let issued = book["calls"].as_array().unwrap().iter();
    let issued = issued.filter(|call| call["endpoint"] == "production" && call["http"] == 200).count();
    assert_eq!((issued, certificates.len(), keys.len()), (3, 3, 3));
}

#[test]
fn a_refused_run_goes_on_with_the_same_command() {
    let sandbox = Sandbox::start();
    let place = Place::new("");
    place.write(&sandbox.file().replace(&sandbox.address, "127.0.0.1:1"));
    let otp = place.path().join("otp");
    fs::write(&otp, sandbox.otp()).unwrap();
    let with_otp = ["--otp-file", otp.to_str().unwrap()];
    // Nobody answers there: the configuration is written, the till is on its way.
    let away = provision(&place, &with_otp);
    assert_eq!(away.status.code(), Some(1), "{}", err(&away));
    assert!(err(&away).contains("cannot be reached"), "{}", err(&away));
    let written = fs::read_to_string(&place.config).unwrap();
    // Another address is another configuration, and is not taken by accident.
    place.write(&sandbox.file());
    let other = provision(&place, &with_otp);
    assert_eq!(other.status.code(), Some(1));
    assert!(err(&other).contains("--replace-config"), "{}", err(&other));
    assert_eq!(fs::read_to_string(&place.config).unwrap(), written);
    // An OTP that nobody gave out is refused; another one is all that it takes.
    fs::write(&otp, "000000").unwrap();
    let wrong = provision(&place, &[&with_otp[..], &["--replace-config", "--json"]].concat());
    assert_eq!(wrong.status.code(), Some(1));
    let told = json(&wrong);
    assert_eq!(told["state"], "failed");
    assert!(told["error"].as_str().unwrap().contains("refused the OTP"), "{told}");
    fs::write(&otp, sandbox.otp()).unwrap();
    let done = provision(&place, &with_otp);
    assert!(done.status.success(), "{}", err(&done));
    let serial = written.lines().find_map(|line| line.strip_prefix("serial_number = ")).unwrap();
    let line = String::from_utf8(done.stdout).unwrap();
    assert!(line.contains(serial.trim_matches(['"', '\''])) && line.lines().count() == 1, "{line}");
}

#[test]
fn an_active_till_does_not_become_another_by_accident() {
    let sandbox = Sandbox::start();
    let place = Place::new("");
    place.write(&format!("{}\n[onboarding]\notp = \"{}\"\n", sandbox.file(), sandbox.otp()));
    let done = provision(&place, &[]);
    assert!(done.status.success(), "{}", err(&done));
    let written = fs::read_to_string(&place.config).unwrap();
    place.write(&sandbox.file().replace("Riyadh Branch", "Jeddah Branch"));
    let calls = sandbox.calls();
    let refused = provision(&place, &["--replace-config"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(err(&refused).contains("not replaced by accident"), "{}", err(&refused));
    assert_eq!(fs::read_to_string(&place.config).unwrap(), written);
    assert_eq!(sandbox.calls(), calls);
    // What is no matter of the certificate may change.
    place.write(&sandbox.file().replace("in_flight = 2", "in_flight = 3"));
    let changed = provision(&place, &["--replace-config"]);
    assert!(changed.status.success(), "{}", err(&changed));
    assert!(fs::read_to_string(&place.config).unwrap().contains("in_flight = 3"));
}

/// `tilld serve` until it answers; ends with the test.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Daemon {
    fn start(place: &Place) -> Daemon {
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "--config", place.config.to_str().unwrap()]).stdin(Stdio::null());
        let mut daemon = Daemon(command.stderr(Stdio::null()).spawn().unwrap());
        while std::os::unix::net::UnixStream::connect(place.path().join("t.sock")).is_err() {
            assert!(daemon.0.try_wait().unwrap().is_none(), "the till did not start");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        daemon
    }
}

#[test]
fn a_till_that_runs_is_set_up_by_itself() {
    let sandbox = Sandbox::start();
    let place = Place::new("");
    place.write(&format!("{}\n[onboarding]\notp = \"000000\"\n", sandbox.file()));
    let refused = provision(&place, &[]);
    assert!(
        refused.status.code() == Some(1) && err(&refused).contains("refused the OTP"),
        "{}",
        err(&refused)
    );
    let daemon = Daemon::start(&place);
    // The configuration is not changed below a till that runs.
    place.write(&sandbox.file().replace("in_flight = 2", "in_flight = 3"));
    let other = provision(&place, &["--replace-config"]);
    assert!(other.status.code() == Some(1) && err(&other).contains("Stop the till"), "{}", err(&other));
    place.write(&format!("{}\n[onboarding]\notp = \"{}\"\n", sandbox.file(), sandbox.otp()));
    let done = provision(&place, &["--json"]);
    assert!(done.status.success(), "{}", err(&done));
    let told = json(&done);
    assert_eq!((&told["state"], &told["already"]), (&"active".into(), &false.into()), "{told}");
    let again = json(&provision(&place, &["--json"]));
    assert_eq!((&again["state"], &again["already"]), (&"active".into(), &true.into()), "{again}");
    drop(daemon);
    // At rest the till says the same.
    let rest = json(&provision(&place, &["--json"]));
    for key in ["serial_number", "certificate_serial", "environment", "vat_number", "valid_until"] {
        assert!(told[key] == rest[key] && again[key] == rest[key], "{key}: {told} {again} {rest}");
    }
}

/// As root writes the configuration for an account that may not.
#[test]
fn the_configuration_alone_can_be_written_first() {
    let sandbox = Sandbox::start();
    let place = Place::new("");
    place.write(&format!("{}\n[onboarding]\notp = \"{}\"\n", sandbox.file(), sandbox.otp()));
    let first = provision(&place, &["--config-only", "--json"]);
    assert!(first.status.success() && place.config.exists(), "{}", err(&first));
    assert!(!place.path().join("data").exists() && sandbox.calls() == 0);
    let done = provision(&place, &["--json"]);
    assert!(done.status.success(), "{}", err(&done));
    assert_eq!(json(&first)["serial_number"], json(&done)["serial_number"]);
    assert_eq!((&json(&first)["state"], &json(&done)["state"]), (&"configured".into(), &"active".into()));
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_written() {
    let place = Place::new("");
    let left = |place: &Place| fs::read_dir(place.path()).unwrap().count();
    // No OTP anywhere, and no terminal to ask on: setsid takes that of whoever runs the tests.
    let (file, config) = (place.file.to_str().unwrap(), place.config.to_str().unwrap());
    let mut command = Command::new("setsid");
    command.args(["--wait", PROGRAM, "provision", file, "--config", config]).stdin(Stdio::null());
    let none = command.env_remove("CREDENTIALS_DIRECTORY").output().unwrap();
    assert_eq!(none.status.code(), Some(2), "{}", err(&none));
    assert!(err(&none).contains("no terminal to ask"), "{}", err(&none));
    for stray in [&["123456"][..], &["--otp", "123456"], &["--otp=123456"]] {
        let refused = provision(&place, stray);
        assert_eq!(refused.status.code(), Some(2));
        let words = err(&refused);
        assert!(words.contains("not taken from the command line") && !words.contains("123456"), "{words}");
    }
    let missing = provision(&place, &["--otp-file", "/nowhere/otp"]);
    assert_eq!(missing.status.code(), Some(2), "{}", err(&missing));
    place.write(&FILE.replace("399999999900003", "39999999990000"));
    let wrong = provision(&place, &["--check"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(err(&wrong).contains("seller.vat_number"), "{}", err(&wrong));
    assert_eq!(left(&place), 1);
}

/// Root sets a till up for the daemon's account. Where the tests do not run as
/// root there is no other account to act for, and only one's own files are made.
#[test]
fn the_till_belongs_to_the_owner_of_its_folder() {
    let root = rustix::process::geteuid().is_root();
    let owner = if root { 65534 } else { rustix::process::geteuid().as_raw() };
    let sandbox = Sandbox::start();
    let place = Place::new("");
    place.write(&format!("{}\n[onboarding]\notp = \"{}\"\n", sandbox.file(), sandbox.otp()));
    let data = place.path().join("data");
    fs::create_dir(&data).unwrap();
    std::os::unix::fs::chown(&data, Some(owner), Some(owner)).unwrap();
    std::os::unix::fs::chown(place.path(), None, Some(owner)).unwrap();
    fs::set_permissions(place.path(), std::os::unix::fs::PermissionsExt::from_mode(0o750)).unwrap();
    let done = provision(&place, &[]);
    assert!(done.status.success(), "{}", err(&done));
    for entry in fs::read_dir(data.join("vault")).unwrap() {
        assert_eq!(entry.unwrap().metadata().unwrap().uid(), owner);
    }
    let config = fs::metadata(&place.config).unwrap();
    assert_eq!((config.uid(), config.gid()), (rustix::process::geteuid().as_raw(), owner));
}
