//! The program itself: a till, its sandbox, and the commands of a support desk.

use std::fs;

use serde_json::Value;

use crate::real::{Sandbox, Till, run_with, sale_body};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_support_desk_sees_sends_and_hands_over() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    till.open();
    let sold: Vec<Value> = (1..=5).map(|n| till.sell(&format!("key-{n}"), &sale_body(n)).json()).collect();
    let now = till.run(&["sync", "now"]);
    assert!(now.status.success(), "{}", text(&now.stderr));
    till.drain();
    let idle = till.run(&["sync"]);
    assert!(text(&idle.stdout).contains("Waiting  0"), "{}", text(&idle.stdout));
    let number = sold[0]["number"].as_str().unwrap();
    let uuid = sold[0]["uuid"].as_str().unwrap();
    let day = &sold[0]["issued_at"].as_str().unwrap()[..10];

    let attempts = |till: &Till| {
        let shown = till.run(&["show", uuid, "--attempts", "--json"]);
        assert!(shown.status.success(), "{}", text(&shown.stderr));
        serde_json::from_slice::<Value>(&shown.stdout).unwrap()
    };
    let running = attempts(&till);
    assert_eq!((&running[0]["state"], &running[0]["total"]), (&"Reported".into(), &1.into()));
    let attempt = &running[0]["attempts"][0];
    assert_eq!((&attempt["endpoint"], &attempt["http"]), (&"reporting".into(), &200.into()));
    assert_eq!(attempt["hash"], sold[0]["hash"]);
    let table = text(&till.run(&["show", number, "--attempts"]).stdout);
    assert!(table.contains("reporting    200  accepted") && table.contains("times as in Riyadh"), "{table}");

    let refused = till.run(&["release", number]);
    assert_eq!(refused.status.code(), Some(1));
    let words = text(&refused.stderr);
    assert!(words.contains("never sent twice") && words.contains("لا يرسل مرتين"), "{words}");
    assert!(text(&till.run(&["release", "T99-1"]).stderr).contains("has no invoice"), "unknown");
    let copy = till.run(&["reprint", number]);
    assert!(text(&copy.stdout).contains("waits for the printer"), "{}", text(&copy.stderr));
    let warnings = till.run(&["warnings"]);
    assert!(warnings.status.success(), "{}", text(&warnings.stderr));

    let (hot, cold) = (till.home().join("hot.zip"), till.home().join("cold.zip"));
    let export = |till: &Till, out: &std::path::Path| {
        till.run(&["audit", "export", "--from", day, "--to", day, "--out", out.to_str().unwrap(), "--json"])
    };
    let made = export(&till, &hot);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    till.drain();
    assert!(till.stop().success());
    assert_eq!(attempts(&till), running, "at rest as beside the running till");
    assert!(till.run(&["warnings"]).status.success());
    let again = export(&till, &cold);
    assert!(again.status.success(), "{}", text(&again.stderr));
    assert_eq!(export(&till, &cold).status.code(), Some(1), "never over a file");
    assert_eq!(made["documents"], 5);

    for file in [&hot, &cold] {
        let verified = std::process::Command::new(env!("CARGO_BIN_EXE_tilld"))
            .args(["verify", file.to_str().unwrap()])
            .output()
            .unwrap();
        assert!(verified.status.success(), "{}{}", text(&verified.stdout), text(&verified.stderr));
        assert!(text(&verified.stdout).contains("5 documents of 1 chains"), "{}", text(&verified.stdout));
    }
    assert!(text(&run_verify(&hot)).contains(made["manifest"].as_str().unwrap()));
    let mut bytes = fs::read(&hot).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&hot, bytes).unwrap();
    let hurt = std::process::Command::new(env!("CARGO_BIN_EXE_tilld"))
        .args(["verify", hot.to_str().unwrap()])
        .output();
    let hurt = hurt.unwrap();
    assert_eq!(hurt.status.code(), Some(1));
    assert!(text(&hurt.stdout).contains("لا تعتمد على هذا الملف"), "{}", text(&hurt.stdout));
    let wrong =
        run_with(&till.config, &["audit", "export", "--from", "x", "--to", day, "--out", "/nowhere/x"]);
    assert_eq!(wrong.status.code(), Some(2));
}

fn run_verify(file: &std::path::Path) -> Vec<u8> {
    let program = env!("CARGO_BIN_EXE_tilld");
    std::process::Command::new(program).args(["verify", file.to_str().unwrap()]).output().unwrap().stdout
}
