//! The demo as somebody runs it for the first time: the real binary, its words,
//! and what it leaves behind.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tilld::{chain, stamp, ubl};

/// One run of `tilld demo`.
struct Run {
    pid: u32,
    code: Option<i32>,
    out: String,
    err: String,
    /// The folder for its temporary files.
    temp: PathBuf,
}

fn demo(dir: &Path, temp: &Path, width: &str) -> Run {
    let child: Child = Command::new(env!("CARGO_BIN_EXE_tilld"))
        .args(["demo", "--width", width, "--dir"])
        .arg(dir)
        .env("TMPDIR", temp)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id();
    let output = child.wait_with_output().unwrap();
    Run {
        pid,
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        temp: temp.to_owned(),
    }
}

impl Run {
    fn assert_good(&self) {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        let steps: Vec<&str> = self.out.lines().filter(|line| line.starts_with('[')).collect();
        assert_eq!(steps.len(), 9, "{}", self.out);
        for (at, line) in (1..).zip(&steps) {
            assert!(line.starts_with(&format!("[{at}/9] ")), "{line}");
        }
        self.assert_nothing_left();
    }

    /// No socket and no file. A process that stayed would hold the demo's output,
    /// and `wait_with_output` would not have come back.
    fn assert_nothing_left(&self) {
        let socket = self.temp.join(format!("tilld-demo-{}", self.pid));
        assert!(!socket.exists(), "{} stays behind", socket.display());
        assert_eq!(names(&self.temp), BTreeSet::new(), "temporary files stay behind");
    }
}

fn names(dir: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn summary(dir: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(dir.join("summary.json")).unwrap()).unwrap()
}

/// Every file that the demo promises, and nothing else.
fn assert_whole(dir: &Path, dots: u64) {
    let summary = summary(dir);
    assert_eq!(summary["paper_dots"], dots);
    let documents = summary["documents"].as_array().unwrap();
    assert!(documents.len() >= 10, "{} documents", documents.len());
    assert_eq!(summary["totals"]["documents"], documents.len());
    assert_eq!(summary["queue"]["unsent"], 0);
    let numbers: Vec<&str> = documents.iter().map(|document| document["number"].as_str().unwrap()).collect();
    let files = |ends: &[&str]| -> BTreeSet<String> {
        numbers.iter().flat_map(|number| ends.iter().map(move |end| format!("{number}{end}"))).collect()
    };
    assert_eq!(names(&dir.join("xml")), files(&[".xml"]));
    assert_eq!(names(&dir.join("receipts")), files(&[".escpos", ".png", ".qr.txt"]));
    let top = [".tilld-demo", "csr.pem", "receipts", "summary.json", "xml"].map(str::to_owned);
    assert_eq!(names(dir), BTreeSet::from(top));
    let csr = std::fs::read_to_string(dir.join("csr.pem")).unwrap();
    assert!(csr.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{csr}");
    assert_chain(dir, documents);
    for number in numbers {
        let path = |end: &str| dir.join("receipts").join(format!("{number}{end}"));
        let png = std::fs::read(path(".png")).unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n"), "{number}");
        let width = u32::from_be_bytes(png[16..20].try_into().unwrap());
        assert_eq!(u64::from(width), dots, "{number}");
        let job = std::fs::read(path(".escpos")).unwrap();
        assert!(job.starts_with(b"\x1b@"), "{number} begins by setting the printer to its defaults");
    }
}

/// The documents verify, follow one another, and say what the summary and the
/// QR files say.
fn assert_chain(dir: &Path, documents: &[Value]) {
    let mut head = None;
    let mut payable = tilld::money::Halalas::ZERO;
    for (at, document) in documents.iter().enumerate() {
        let number = document["number"].as_str().unwrap();
        let xml = std::fs::read(dir.join("xml").join(format!("{number}.xml"))).unwrap();
        let verified = stamp::verify(&xml).unwrap_or_else(|error| panic!("{number}: {error}"));
        assert_eq!(verified.number, number);
        assert_eq!(verified.link.icv.get(), at as u64 + 1);
        assert_eq!(document["icv"], at as u64 + 1);
        assert_eq!(document["hash"], verified.hash.to_base64());
        assert_eq!(document["payable"], verified.payable.to_string());
        head = Some(chain::follow(head, verified.link, verified.hash).unwrap());
        payable = tilld::money::Halalas::new(payable.get() + verified.payable.get());
        let paper = std::fs::read_to_string(dir.join("receipts").join(format!("{number}.qr.txt"))).unwrap();
        assert_eq!(paper.trim_end(), verified.qr, "{number}");
        assert_eq!(ubl::read(&xml).unwrap().qr.as_deref(), Some(paper.trim_end()), "{number}");
    }
    assert_eq!(summary(dir)["totals"]["payable"], payable.to_string());
}

#[test]
fn at_80_mm_and_once_more_in_the_same_folder() {
    let temp = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("demo-out");
    demo(&dir, temp.path(), "80").assert_good();
    assert_whole(&dir, 576);
    let first = summary(&dir)["documents"][0]["uuid"].clone();
    demo(&dir, temp.path(), "80").assert_good();
    assert_whole(&dir, 576);
    assert_ne!(summary(&dir)["documents"][0]["uuid"], first, "the second run made its own invoices");
}

#[test]
fn at_58_mm() {
    let temp = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    demo(home.path(), temp.path(), "58").assert_good();
    assert_whole(home.path(), 384);
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let temp = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    let mine = home.path().join("xml");
    std::fs::write(&mine, b"mine").unwrap();
    let run = demo(home.path(), temp.path(), "80");
    assert_eq!(run.code, Some(1), "{}", run.out);
    assert!(run.err.contains("--dir"), "{}", run.err);
    assert_eq!(std::fs::read(&mine).unwrap(), b"mine");
    assert_eq!(names(home.path()), BTreeSet::from(["xml".to_owned()]));
    run.assert_nothing_left();
}
