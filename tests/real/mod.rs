//! The real program, run from outside as a shop runs it: a sandbox, a till in
//! front of it, and a plain HTTP client that can also send what no library would.
#![allow(dead_code)]

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_tilld");
const SETTINGS: &str = include_str!("../../assets/demo/till.toml");
/// Longer than anything here takes; only a hang meets it.
const PATIENCE: Duration = Duration::from_secs(600);

/// Asks again and again until there is something; a hang fails the test.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A process that does not outlive the test.
pub struct Process(Child);

impl Process {
    /// `kill -9`.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> ExitStatus {
        wait_for("the end of a process", || self.0.try_wait().unwrap())
    }

    pub fn runs(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Gone already in most cases, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `tilld sandbox` on a free port.
pub struct Sandbox {
    _process: Process,
    base_url: String,
    otp: String,
    address: String,
}

impl Sandbox {
    pub fn start() -> Sandbox {
        let mut child = Command::new(PROGRAM)
            .args(["sandbox", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        let process = Process(child);
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        let environment = &told["environments"]["developer-portal"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let address = text(&told["admin_url"]).replace("http://", "").replace("/admin", "");
        let (base_url, otp) = (text(&environment["base_url"]), text(&environment["otp"]));
        Sandbox { _process: process, base_url, otp, address }
    }

    /// Where the platform's interface begins.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Asks its admin face.
    pub fn admin(&self, path: &str, body: &Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let body = body.to_string();
        let request = format!(
            "POST /admin/{path} HTTP/1.1\r\nHost: sandbox\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = exchange(&mut stream, request.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// A one-time password of its portal.
    pub fn otp(&self) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = b"POST /admin/otp HTTP/1.1\r\nHost: sandbox\r\nContent-Length: 2\r\n\r\n{}";
        let answer = exchange(&mut stream, request).unwrap();
        assert_eq!(answer.status, 200);
        answer.json()["otp"].as_str().unwrap().to_owned()
    }

    /// What the sandbox's book says of the till, the only one that it has seen.
    pub fn audit(&self) -> Value {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let answer = exchange(&mut stream, b"GET /admin/audit HTTP/1.1\r\nHost: sandbox\r\n\r\n").unwrap();
        assert_eq!(answer.status, 200);
        let audit = answer.json();
        assert_eq!(audit["csids"].as_array().unwrap().len(), 1, "{audit}");
        audit
    }
}

/// A till with its files in a folder of its own.
pub struct Till {
    dir: TempDir,
    pub config: PathBuf,
    pub socket: PathBuf,
    pub receipts: PathBuf,
    pub daemon: Option<Process>,
}

impl Till {
    /// A till that has its certificate from the sandbox, and does not run yet.
    pub fn onboarded(sandbox: &Sandbox) -> Till {
        Till::onboarded_at(sandbox, &sandbox.base_url, "")
    }

    /// As [`Till::onboarded`], by way of another address, with more settings.
    pub fn onboarded_at(sandbox: &Sandbox, base_url: &str, more: &str) -> Till {
        let dir = tempfile::tempdir().unwrap();
        let (socket, receipts) = (dir.path().join("t.sock"), dir.path().join("receipts"));
        let config = configure(dir.path(), "till.toml", &socket, base_url);
        fs::write(dir.path().join("till.toml.d/zz-more.toml"), more).unwrap();
        let till = Till { dir, config, socket, receipts, daemon: None };
        let otp = till.dir.path().join("otp");
        fs::write(&otp, &sandbox.otp).unwrap();
        let done = till.run(&["onboard", "--otp-file", otp.to_str().unwrap()]);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        till
    }

    /// Other settings than those it was given at first; for the next start.
    pub fn set_more(&self, more: &str) {
        fs::write(self.dir.path().join("till.toml.d/zz-more.toml"), more).unwrap();
    }

    /// The folder of all its files.
    pub fn home(&self) -> &Path {
        self.dir.path()
    }

    /// Another configuration for the same data, with a socket of its own.
    pub fn rival_config(&self, sandbox: &Sandbox) -> PathBuf {
        configure(self.dir.path(), "rival.toml", &self.dir.path().join("r.sock"), &sandbox.base_url)
    }

    /// Runs a command of the program with this till's configuration, to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        run_with(&self.config, args)
    }

    /// Starts the daemon without waiting for anything.
    pub fn launch(&mut self) {
        assert!(self.daemon.is_none(), "the till runs already");
        let log = OpenOptions::new().create(true).append(true).open(self.log_file()).unwrap();
        let child = Command::new(PROGRAM)
            .args(["serve", "--config"])
            .arg(&self.config)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.daemon = Some(Process(child));
    }

    /// Starts the daemon; gives the state in which it opens.
    pub fn open(&mut self) -> Value {
        self.launch();
        let answer = wait_for("the till to open", || {
            assert!(self.daemon.as_mut().unwrap().runs(), "the till did not start:\n{}", self.log());
            self.ask("GET", "/v1/status")
        });
        let status = answer.json();
        assert_eq!(status["selling"]["ready"], true, "{status}");
        status
    }

    /// `kill -9`, if it runs.
    pub fn kill(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.kill();
        }
    }

    /// SIGTERM, and its end.
    pub fn stop(&mut self) -> ExitStatus {
        let mut daemon = self.daemon.take().unwrap();
        daemon.signal(Signal::TERM);
        daemon.ended()
    }

    pub fn connect(&self) -> std::io::Result<UnixStream> {
        let stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    /// A request without a body; `None` if nobody answers.
    pub fn ask(&self, method: &str, path: &str) -> Option<Answer> {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: tilld\r\n\r\n");
        exchange(&mut self.connect().ok()?, request.as_bytes())
    }

    pub fn status(&self) -> Value {
        self.ask("GET", "/v1/status").unwrap().json()
    }

    /// The document with that UUID as a look-up tells it.
    pub fn look_up(&self, uuid: &str) -> Value {
        let answer = self.ask("GET", &format!("/v1/sales/{uuid}")).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    pub fn sell(&self, key: &str, body: &str) -> Answer {
        exchange(&mut self.connect().unwrap(), &sale_request(key, body)).unwrap()
    }

    /// Asks for a document at another path than that of sales.
    pub fn post(&self, path: &str, key: &str, body: &str) -> Answer {
        exchange(&mut self.connect().unwrap(), &request_to(path, key, body)).unwrap()
    }

    /// What the daemon has said, all its starts together.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// Waits until the authority has every document and the printer every receipt.
    pub fn drain(&self) -> Value {
        wait_for("the queues to drain", || {
            let status = self.status();
            let prints = &status["printing"]["states"];
            let printing = ["Pending", "Printing"].iter().any(|state| prints.get(state).is_some());
            (status["queue"]["unsent"] == 0 && !printing).then_some(status)
        })
    }

    /// `tilld verify` must find all documents, and every one right.
    pub fn verify(&self, documents: usize) {
        let done = self.run(&["verify", "--json"]);
        let told = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{told}{}", String::from_utf8_lossy(&done.stderr));
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["documents"], documents, "{told}");
        assert_eq!(told["findings"], Value::Array(Vec::new()));
    }
}

fn configure(dir: &Path, name: &str, socket: &Path, base_url: &str) -> PathBuf {
    let config = dir.join(name);
    let drop_ins = dir.join(format!("{name}.d"));
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let here = toml::toml! {
        [till]
        data_dir = (text(&dir.join("data")))
        anchor = (text(&dir.join("high-water")))
        [fatoora]
        base_url = (base_url)
        [printer]
        target = (format!("file:{}", text(&dir.join("receipts"))))
        width = 58
        [api]
        socket = (text(socket))
        [log]
        level = "info"
    };
    fs::create_dir(&drop_ins).unwrap();
    fs::write(drop_ins.join("test.toml"), toml::to_string(&here).unwrap()).unwrap();
    fs::write(&config, SETTINGS).unwrap();
    config
}

pub fn run_with(config: &Path, args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).arg("--config").arg(config).stdin(Stdio::null()).output().unwrap()
}

/// A small bilingual sale; the number makes each one different.
pub fn sale_body(number: usize) -> String {
    let shelf = format!("{}.{:02}", 1 + number % 40, number * 7 % 100);
    let discount = if number.is_multiple_of(3) { r#","discount":"0.25""# } else { "" };
    format!(
        r#"{{"reference":"POS-{number}","lines":[{{"name":{{"ar":"حليب طازج","en":"Fresh milk"}},"quantity":"2","shelf_price":"{shelf}","vat":"S"{discount}}}]}}"#
    )
}

pub fn sale_request(key: &str, body: &str) -> Vec<u8> {
    request_to("/v1/sales", key, body)
}

/// A request for a document under a key.
pub fn request_to(path: &str, key: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: tilld\r\nContent-Type: application/json\r\nIdempotency-Key: {key}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// A whole answer as it came.
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    pub fn text(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.body))
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn is_problem(&self) -> bool {
        self.header("content-type") == Some("application/problem+json")
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Sends and reads the answer; `None` if no whole answer comes.
pub fn exchange(stream: &mut (impl Read + Write), request: &[u8]) -> Option<Answer> {
    // The other side may have answered before it took everything.
    let _ = stream.write_all(request);
    read_answer(stream)
}

/// Reads one whole answer, passing over interim ones; `None` if the other side
/// ends before it is whole.
pub fn read_answer(stream: &mut impl Read) -> Option<Answer> {
    let mut bytes = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                let rest = bytes.split_off(end + 4);
                break String::from_utf8(std::mem::replace(&mut bytes, rest)).unwrap();
            }
            more(stream, &mut bytes)?;
        };
        let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
        if status < 200 {
            continue;
        }
        let length: usize = header(&head, "content-length").map_or(0, |text| text.parse().unwrap());
        while bytes.len() < length {
            more(stream, &mut bytes)?;
        }
        bytes.truncate(length);
        return Some(Answer { status, head, body: bytes });
    }
}

fn more(stream: &mut impl Read, bytes: &mut Vec<u8>) -> Option<()> {
    let mut part = [0; 16 * 1024];
    match stream.read(&mut part) {
        Ok(0) => None,
        Ok(count) => {
            bytes.extend_from_slice(&part[..count]);
            Some(())
        }
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
        {
            panic!("no answer within {PATIENCE:?}")
        }
        Err(_) => None,
    }
}
