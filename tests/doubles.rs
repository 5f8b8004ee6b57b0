//! Copies, old copies and roll-backs of a real till, tried on the program as it
//! runs in a shop: each is refused with its own words, and each has its road back
//! to the next sale under a new certificate.

mod real;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Output;

use real::{Sandbox, Till, run_with, sale_body, wait_for};
use serde_json::Value;
use tilld::ledger::{OpenError, Store, Surroundings, SystemClock};

/// What a till remembers itself by.
struct Places {
    data: PathBuf,
    anchor: PathBuf,
    run_time: PathBuf,
}

fn places(till: &Till) -> Places {
    let home = till.home();
    Places { data: home.join("data"), anchor: home.join("high-water"), run_time: home.join("t.high-water") }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
            fs::set_permissions(&target, entry.metadata().unwrap().permissions()).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Sells so many times, the first with the number `first`, and stops the till.
fn sell(till: &mut Till, first: usize, count: usize) {
    till.open();
    for number in first..first + count {
        let sold = till.sell(&format!("sale-{number}"), &sale_body(number));
        assert_eq!(sold.status, 201, "{}", sold.text());
        assert_eq!(sold.json()["number"], format!("T01-{number:06}"));
    }
    assert!(till.stop().success(), "{}", till.log());
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The daemon does not start; what its log says of it.
fn refused(till: &mut Till) -> String {
    let before = till.log().len();
    till.launch();
    let ended = till.daemon.as_mut().unwrap().ended();
    assert!(!ended.success());
    till.daemon = None;
    till.log()[before..].to_owned()
}

/// Tells first, refuses wrong words, then does it; what it told and did.
fn recover(till: &Till, right: &str, wrong: &str) -> (String, String) {
    let told = till.run(&["recover"]);
    assert_eq!(told.status.code(), Some(1), "{}", text(&told));
    for (word, name) in [(right, "T02"), (wrong, "T01")] {
        let done = till.run(&["recover", word, name]);
        assert_eq!(done.status.code(), Some(2), "{}", text(&done));
        assert!(text(&done).contains("nothing was done"), "{}", text(&done));
    }
    let done = till.run(&["recover", right, "T01"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done));
    let again = till.run(&["recover", right, "T01"]);
    assert_eq!(again.status.code(), Some(1), "nothing is wrong any more: {}", text(&again));
    (text(&told), text(&done))
}

/// A till that was recovered runs without selling; a new certificate, then the
/// next number and the first ICV of a new chain.
fn next_sale(till: &mut Till, sandbox: &Sandbox, number: usize, documents: usize, onboard: &[&str]) {
    till.launch();
    let status = wait_for("the till to answer", || till.ask("GET", "/v1/status")).json();
    assert_eq!(status["selling"]["ready"], false, "{status}");
    let otp = till.home().join("otp");
    fs::write(&otp, sandbox.otp()).unwrap();
    let done = till.run(&[onboard, &["--otp-file", otp.to_str().unwrap()]].concat());
    assert!(done.status.success(), "{}", text(&done));
    // With the vault gone only the ledger knows of the certificate before.
    assert_eq!(text(&done).contains("an earlier certificate"), onboard == ["onboard"], "{}", text(&done));
    let sold = till.sell(&format!("sale-{number}"), &sale_body(number));
    assert_eq!(sold.status, 201, "{}", sold.text());
    let sold = sold.json();
    assert_eq!((&sold["icv"], &sold["number"]), (&Value::from(1), &Value::from(format!("T01-{number:06}"))));
    assert_eq!(till.drain()["queue"]["unsent"], 0, "what was issued before is sent as well");
    till.verify(documents);
    let log = activities(till);
    assert!(log.iter().any(|what| what == "recovered"), "{log:?}");
    assert!(till.stop().success(), "{}", till.log());
    till.verify(documents);
    assert_eq!(activities(till), log, "the same at rest");
}

fn activities(till: &Till) -> Vec<String> {
    let listed = till.run(&["activity", "--json"]);
    assert!(listed.status.success(), "{}", text(&listed));
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let list = listed["activities"].as_array().unwrap();
    list.iter().map(|entry| entry["what"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn an_older_copy_of_the_data() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    let Places { data, .. } = places(&till);
    sell(&mut till, 1, 2);
    let old = till.home().join("old");
    copy(&data, &old);
    sell(&mut till, 3, 2);
    fs::remove_dir_all(&data).unwrap();
    copy(&old, &data);
    let said = refused(&mut till);
    assert!(said.contains("has 2 documents, but 4 were issued here"), "{said}");
    assert!(said.contains("نفذ tilld recover"), "{said}");
    let (told, done) = recover(&till, "--close-chains", "--ledger-lost");
    assert!(told.contains("T01-000003 to T01-000004 were issued"), "{told}");
    assert!(told.contains("tilld recover --close-chains T01"), "{told}");
    assert!(done.contains("tilld onboard --replace T01") && done.contains("T01-000005"), "{done}");
    next_sale(&mut till, &sandbox, 5, 3, &["onboard", "--replace", "T01"]);
}

#[test]
fn a_roll_back_of_data_and_anchor_together() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    let Places { data, anchor, run_time } = places(&till);
    sell(&mut till, 1, 2);
    let (old, old_anchor) = (till.home().join("old"), till.home().join("old-anchor"));
    copy(&data, &old);
    fs::copy(&anchor, &old_anchor).unwrap();
    sell(&mut till, 3, 1);
    fs::remove_dir_all(&data).unwrap();
    copy(&old, &data);
    fs::copy(&old_anchor, &anchor).unwrap();
    let said = refused(&mut till);
    let by = format!("3 were issued here, as {} knows", run_time.display());
    assert!(said.contains(&by), "{said}");
    // A receipt shows a number that no witness knows.
    let done = till.run(&["recover", "--close-chains", "T01", "--last-number", "T01-000009"]);
    assert!(done.status.success(), "{}", text(&done));
    next_sale(&mut till, &sandbox, 10, 3, &["onboard", "--replace", "T01"]);
}

#[test]
fn a_missing_and_an_edited_anchor() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    let Places { anchor, run_time, .. } = places(&till);
    sell(&mut till, 1, 2);
    fs::remove_file(&anchor).unwrap();
    sell(&mut till, 3, 1);
    assert!(till.log().contains("was made anew"), "the run-time mark agreed");
    assert_eq!(activities(&till)[0], "mark-remade");
    fs::remove_file(&anchor).unwrap();
    fs::remove_file(&run_time).unwrap();
    let said = refused(&mut till);
    assert!(said.contains("is missing, although"), "{said}");
    fs::write(&anchor, "3 invoices").unwrap();
    let said = refused(&mut till);
    assert!(said.contains("it was edited or damaged"), "{said}");
    let asked = till.run(&["recover", "--close-chains", "T01"]);
    assert_eq!(asked.status.code(), Some(2), "{}", text(&asked));
    assert!(text(&asked).contains("--last-number") && text(&asked).contains("مرتين"), "{}", text(&asked));
    let done = till.run(&["recover", "--close-chains", "T01", "--last-number", "T01-000006"]);
    assert!(done.status.success(), "{}", text(&done));
    next_sale(&mut till, &sandbox, 7, 4, &["onboard", "--replace", "T01"]);
}

/// Data and anchor copied to another place of the same machine, beside the till.
#[test]
fn a_copy_beside_the_till() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    let Places { data, anchor, .. } = places(&till);
    sell(&mut till, 1, 2);
    let (other, other_anchor) = (till.home().join("other"), till.home().join("other-anchor"));
    copy(&data, &other);
    fs::copy(&anchor, &other_anchor).unwrap();
    let with = || Surroundings::new(std::sync::Arc::new(SystemClock));
    let first = Store::open_with(&data, &anchor, with()).unwrap();
    for mark in [&anchor, &other_anchor] {
        let refused = Store::open_with(&other, mark, with()).err().expect("a copy runs beside it");
        assert!(matches!(refused, OpenError::CopyInUse { .. }), "{refused}");
        assert!(refused.words().ar.contains("نسخة"));
    }
    first.close().unwrap();
    drop(Store::open_with(&other, &other_anchor, with()).unwrap());
}

#[test]
fn a_deleted_ledger() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    let Places { data, .. } = places(&till);
    sell(&mut till, 1, 3);
    for name in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
        // The last two are there only after a kill.
        let _ = fs::remove_file(data.join(name));
    }
    let said = refused(&mut till);
    assert!(said.contains("knows 3 documents, but"), "{said}");
    assert!(!data.join("ledger.sqlite").exists());
    let (_, done) = recover(&till, "--ledger-lost", "--close-chains");
    assert!(done.contains("T01-000004"), "{done}");
    next_sale(&mut till, &sandbox, 4, 1, &["onboard", "--replace", "T01"]);
}

/// On another machine the vault does not open: its key is mixed with facts of
/// the machine. Here the file that holds the other half is another one.
#[test]
fn a_vault_of_another_machine() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    let Places { data, .. } = places(&till);
    sell(&mut till, 1, 2);
    let bound = data.join("vault").join("vault.bound");
    let mut key = fs::read(&bound).unwrap();
    key[20] ^= 1;
    fs::write(&bound, key).unwrap();
    let said = refused(&mut till);
    assert!(said.contains("cannot be opened"), "{said}");
    let (told, done) = recover(&till, "--close-chains", "--ledger-lost");
    assert!(told.contains("sealed on another machine"), "{told}");
    assert!(done.contains("vault.unusable-") && done.ends_with("tilld onboard\n"), "{done}");
    assert!(done.contains("revoke them on the portal") && done.contains("ألغها من البوابة"), "{done}");
    let aside = fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path());
    let aside = aside.filter(|path| path.to_string_lossy().contains("vault.unusable-")).collect::<Vec<_>>();
    assert!(aside.len() == 1 && aside[0].join("vault.bound").exists(), "nothing is deleted");
    next_sale(&mut till, &sandbox, 3, 3, &["onboard"]);
}

#[test]
fn two_daemons_and_a_recovery_on_one_data_directory() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    let Places { data, .. } = places(&till);
    till.open();
    let linked = till.home().join("linked");
    symlink(&data, &linked).unwrap();
    let rival = till.rival_config(&sandbox);
    let other_path = rival.with_file_name("rival.toml.d").join("zz.toml");
    for config in [None, Some(&linked)] {
        if let Some(path) = config {
            fs::write(&other_path, format!("[till]\ndata_dir = \"{}\"\n", path.display())).unwrap();
        }
        let second = run_with(&rival, &["serve"]);
        assert!(!second.status.success() && text(&second).contains("another tilld"), "{}", text(&second));
        for words in [&["recover"][..], &["recover", "--close-chains", "T01"]] {
            let done = run_with(&rival, words);
            assert_eq!(done.status.code(), Some(1), "{}", text(&done));
            assert!(text(&done).contains("another tilld"), "{}", text(&done));
        }
    }
    assert!(till.stop().success());
    let told = till.run(&["recover"]);
    assert!(told.status.success() && text(&told).contains("Nothing is wrong"), "{}", text(&told));
    sell(&mut till, 1, 1);
}

/// The words of a damaged ledger without a backup, followed as they stand.
#[test]
fn a_damaged_ledger_without_a_backup() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    let Places { data, .. } = places(&till);
    sell(&mut till, 1, 3);
    let file = data.join("ledger.sqlite");
    let mut bytes = fs::read(&file).unwrap();
    let half = bytes.len() / 2;
    bytes[1024..half].fill(0x5a);
    fs::write(&file, bytes).unwrap();
    let told = text(&till.run(&["recover"]));
    let command = told.lines().find(|line| line.contains("mkdir")).expect(&told).trim();
    assert!(told.contains("tilld recover --ledger-lost T01") && told.contains("التالف"), "{told}");
    let moved = std::process::Command::new("sh").args(["-c", command]).status().unwrap();
    assert!(moved.success(), "{command}");
    let done = till.run(&["recover", "--ledger-lost", "T01"]);
    assert!(done.status.success(), "{}", text(&done));
    assert!(data.join("damaged").join("ledger.sqlite").exists(), "nothing is deleted");
    next_sale(&mut till, &sandbox, 4, 1, &["onboard", "--replace", "T01"]);
}
