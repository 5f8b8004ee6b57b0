//! README.md stays true: its requests are accepted or refused as it says, its
//! table of fields is the one the till goes by, and the commands, problem
//! codes and files that it names exist.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tilld::api::{Problem, ProblemCode, wire};
use tilld::invoice::correction::read_correction;
use tilld::invoice::returns::{CreditOf, read_credit, refund_external};
use tilld::invoice::{self, Draft, Finding};

const README: &str = include_str!("../README.md");

struct Block<'a> {
    /// What follows the opening fence: `json sale`.
    info: &'a str,
    text: String,
}

fn blocks() -> Vec<Block<'static>> {
    let mut found = Vec::new();
    let mut open: Option<Block<'static>> = None;
    for line in README.lines() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(info), None) => open = Some(Block { info, text: String::new() }),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a code block of README.md is not closed");
    found
}

fn texts(info: &str) -> Vec<String> {
    let found: Vec<String> =
        blocks().into_iter().filter(|block| block.info == info).map(|block| block.text).collect();
    assert!(!found.is_empty(), "README.md has no block marked {info:?}");
    found
}

/// Everything between single backticks, outside of blocks.
fn inline_code() -> Vec<&'static str> {
    let mut inside = false;
    let prose = README.lines().filter(|line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    prose.flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

fn sale(text: &str) -> Draft {
    invoice::read_sale(text.as_bytes()).unwrap_or_else(|found| panic!("{text}\n{found:#?}"))
}

#[test]
fn the_sales_are_sales() {
    let sales = texts("json sale");
    assert_eq!(sales.len(), 2, "a full example and a short one");
    for text in sales {
        invoice::price(&sale(&text)).unwrap_or_else(|found| panic!("{text}\n{found:#?}"));
    }
}

#[test]
fn the_other_documents_are_documents() {
    for info in ["json company", "json advance", "json uses-advance"] {
        for text in texts(info) {
            invoice::price(&sale(&text)).unwrap_or_else(|found| panic!("{text}\n{found:#?}"));
        }
    }
    for text in texts("json credit") {
        let draft = read_credit(text.as_bytes()).unwrap_or_else(|found| panic!("{text}\n{found:#?}"));
        if let CreditOf::External(draft) = draft.of {
            refund_external(&draft).unwrap();
        }
    }
    for text in texts("json correction") {
        read_correction(text.as_bytes()).unwrap_or_else(|found| panic!("{text}\n{found:#?}"));
    }
}

#[test]
fn the_answer_belongs_to_the_sale() {
    let draft = sale(&texts("json sale")[0]);
    let priced = invoice::price(&draft).unwrap();
    let text = &texts("json answer")[0];
    let answer: wire::Sale = serde_json::from_str(text).unwrap();
    assert_eq!(answer.totals.net, priced.totals.tax_exclusive.to_string());
    assert_eq!(answer.totals.vat, priced.totals.tax.to_string());
    assert_eq!(answer.totals.payable, priced.totals.payable.to_string());
    assert_eq!(answer.change, priced.change.to_string());
    assert_eq!(answer.reference, draft.reference);
    let shown: Value = serde_json::from_str(text).unwrap();
    assert_eq!(shown, serde_json::to_value(&answer).unwrap(), "the members of an answer");
}

#[test]
fn the_refusal_is_the_tills() {
    let findings = invoice::read_sale(texts("json refused")[0].as_bytes()).unwrap_err();
    let shown: Value = serde_json::from_str(&texts("json problem")[0]).unwrap();
    assert_eq!(shown["findings"], serde_json::to_value(&findings).unwrap());
    assert_eq!(shown["code"], ProblemCode::InvalidSale.word());
    assert_eq!(shown["status"], ProblemCode::InvalidSale.status().as_u16());
    assert_eq!(shown, body_of(Problem { findings, ..ProblemCode::InvalidSale.into() }));
}

/// A problem as it goes over the socket.
fn body_of(problem: Problem) -> Value {
    use axum::body::HttpBody as _;
    use axum::response::IntoResponse as _;
    let mut body = std::pin::pin!(problem.into_response().into_body());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Some(Ok(frame))) = body.as_mut().poll_frame(&mut context) else {
        panic!("a problem is one frame that is there at once")
    };
    serde_json::from_slice(&frame.into_data().unwrap()).unwrap()
}

/// The keys that an object of a request may have, by the words of the till to
/// somebody who sent another one.
fn accepted<T: std::fmt::Debug>(
    read: impl Fn(&[u8]) -> Result<T, Vec<Finding>>,
    body: &Value,
    pointer: &str,
    path: &str,
) -> BTreeSet<String> {
    const STRAY: &str = "readme-test";
    let mut body = body.clone();
    read(body.to_string().as_bytes()).unwrap_or_else(|found| panic!("{body}\n{found:#?}"));
    body.pointer_mut(pointer).unwrap()[STRAY] = json!(1);
    let findings = read(body.to_string().as_bytes()).unwrap_err();
    let [Finding { rule: "TILLD-UNKNOWN-FIELD", remedy, .. }] = findings.as_slice() else {
        panic!("{findings:#?}")
    };
    let (_, keys) = remedy.en.trim_end_matches('.').split_once("known here: ").unwrap();
    let join = |key| if path.is_empty() { String::from(key) } else { format!("{path}.{key}") };
    keys.split(", ").map(join).collect()
}

/// The fields of the table below a header, each once.
fn documented(header: &str) -> BTreeSet<String> {
    let table = README.lines().skip_while(|line| *line != header).skip(2);
    let rows = table.take_while(|line| line.starts_with('|'));
    let documented: Vec<String> = rows.map(|row| row.split('`').nth(1).unwrap().to_owned()).collect();
    let unique: BTreeSet<String> = documented.iter().cloned().collect();
    assert_eq!(documented.len(), unique.len(), "a field is in the table once");
    unique
}

#[test]
fn the_table_has_the_fields_that_a_sale_may_have() {
    let address = json!({"street": "King Fahd Road", "building": "8012", "district": "Olaya", "city": "Riyadh",
        "postal_code": "12211", "country": "SA"});
    let invoice = json!({
        "subtype": "standard",
        "lines": [{
            "name": {"en": "Tea"}, "quantity": 1, "shelf_price": 1, "vat": {"category": "S"},
            "discount": {"amount": 0}, "charge": {"amount": 1, "code": "FC", "reason": "Freight"},
        }],
        "discount": {"amount": 0},
        "charges": [{"amount": 1, "code": "FC", "reason": "Freight", "vat": "S"}],
        "prepayments": [{"number": "T1", "date": "2026-03-14", "time": "21:05:09", "vat": "S", "amount": 1}],
        "tenders": [{"kind": "cash", "amount": 1}],
        "buyer": {"name": "Co", "id": {"scheme": "CRN", "value": "1010398274"}, "address": address},
        "supply": {"date": "2026-03-14"},
        "currency": {"code": "USD", "rate": "3.75"},
    });
    let mut debit = invoice.clone();
    debit.as_object_mut().unwrap().remove("prepayments");
    debit["document"] = json!("debit_note");
    debit["originals"] = json!([{"number": "T1"}]);
    debit["reason"] = json!("Delivery was left out");
    let pointers = [
        ("", ""),
        ("/lines/0", "lines[]"),
        ("/lines/0/name", "lines[].name"),
        ("/lines/0/discount", "lines[].discount"),
        ("/lines/0/charge", "lines[].charge"),
        ("/lines/0/vat", "lines[].vat"),
        ("/discount", "discount"),
        ("/charges/0", "charges[]"),
        ("/prepayments/0", "prepayments[]"),
        ("/tenders/0", "tenders[]"),
        ("/buyer", "buyer"),
        ("/buyer/id", "buyer.id"),
        ("/buyer/address", "buyer.address"),
        ("/supply", "supply"),
        ("/currency", "currency"),
        ("/originals/0", "originals[]"),
    ];
    let keys = pointers.into_iter().flat_map(|(pointer, path)| {
        let body = if path == "originals[]" { &debit } else { &invoice };
        accepted(invoice::read_sale, body, pointer, path)
    });
    let keys: BTreeSet<String> = keys.collect();
    assert_eq!(documented("| field | needed | meaning |"), keys);
}

#[test]
fn the_table_has_the_fields_that_a_credit_may_have() {
    let kept = json!({"original": {"number": "T1"}, "lines": [{"line": 1}], "reason": {"text": "Sour"}});
    let external = json!({"original": {"external": {"number": "T1", "date": "2026-03-14"}}, "reason": {"text": "Sour"},
        "items": [{"name": "Tea", "quantity": 1, "shelf_price": 1, "vat": "S"}]});
    let keys = [
        (&kept, "", ""),
        (&kept, "/original", "original"),
        (&external, "/original/external", "original.external"),
        (&kept, "/lines/0", "lines[]"),
        (&kept, "/reason", "reason"),
    ];
    let keys = keys.into_iter().flat_map(|(body, pointer, path)| accepted(read_credit, body, pointer, path));
    let keys: BTreeSet<String> = keys.collect();
    assert_eq!(documented("| field of a credit | needed | meaning |"), keys);
}

#[test]
fn the_table_has_the_fields_that_a_correction_may_have() {
    let body =
        json!({"rejected": {"number": "T1"}, "changes": {"lines": [{"line": 1, "vat": {"reason": "Gold"}}]}});
    let keys = [
        ("", ""),
        ("/rejected", "rejected"),
        ("/changes", "changes"),
        ("/changes/lines/0", "changes.lines[]"),
        ("/changes/lines/0/vat", "changes.lines[].vat"),
    ];
    let keys = keys.into_iter().flat_map(|(pointer, path)| accepted(read_correction, &body, pointer, path));
    let keys: BTreeSet<String> = keys.collect();
    assert_eq!(documented("| field of a correction | needed | meaning |"), keys);
}

#[test]
fn the_table_has_the_codes_of_all_problems() {
    let table = README.lines().skip_while(|line| *line != "| status | `code` | what to do |").skip(2);
    let mut documented = BTreeSet::new();
    for row in table.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let status: u16 = cells[1].parse().unwrap();
        documented.extend(cells[2].split('`').skip(1).step_by(2).map(|code| (status, code)));
    }
    let all = ProblemCode::ALL.map(|code| (code.status().as_u16(), code.word()));
    assert_eq!(documented, BTreeSet::from(all));
}

fn help(arguments: &[&str]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_tilld")).args(arguments).arg("--help").output().unwrap();
    assert!(run.status.success(), "tilld {arguments:?} --help");
    String::from_utf8(run.stdout).unwrap()
}

/// The indented first words below `Commands:`.
fn commands(help: &str) -> BTreeSet<String> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let words = list.take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
    words.filter(|word| *word != "help").map(str::to_owned).collect()
}

#[test]
fn the_commands_and_their_options_exist() {
    let known = commands(&help(&[]));
    let mut named = BTreeSet::new();
    let shell = texts("sh");
    let lines = shell.iter().flat_map(|text| text.lines()).chain(inline_code());
    for line in lines.flat_map(|line| line.split(" | ")) {
        let line = line.split_once(" # ").map_or(line, |(command, _)| command);
        let line = line.strip_prefix("sudo -u tilld ").unwrap_or(line);
        let cargo = line.strip_prefix("cargo run --release -- ");
        let Some(words) = cargo.or_else(|| line.strip_prefix("tilld ")) else { continue };
        let words: Vec<&str> =
            words.split_whitespace().take_while(|word| !matches!(*word, "&" | ">")).collect();
        let Some((&command, rest)) = words.split_first() else { continue };
        assert!(known.contains(command), "README.md names `tilld {command}`: {line}");
        named.insert(command.to_owned());
        let mut asked = vec![command];
        let below = commands(&help(&asked));
        if let Some(word) = rest.first().filter(|_| !below.is_empty()) {
            assert!(below.contains(*word), "README.md names `tilld {command} {word}`");
            asked.push(word);
        }
        let text = help(&asked);
        for option in rest.iter().filter(|word| word.starts_with("--")) {
            assert!(text.contains(option), "`tilld {command}` has no {option}");
        }
    }
    assert_eq!(named, known, "README.md has every command");
}

#[test]
fn the_options_of_the_demo_exist() {
    let text = help(&["demo"]);
    for option in ["--dir", "--width"] {
        assert!(README.contains(option) && text.contains(option), "{option}");
    }
}

#[test]
fn the_files_exist() {
    const HOMES: [&str; 7] = ["assets/", "benches/", "cross/", "src/", "systemd/", "tests/", ".ci/"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let links = README.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let pictures = README.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let shell = texts("sh").join("\n");
    let code = inline_code();
    let words = code.iter().flat_map(|code| code.split_whitespace()).chain(shell.split_whitespace());
    let words = words.map(|word| word.trim_matches('"').trim_start_matches("$ROOT/"));
    let mut seen = 0;
    for name in links.chain(pictures).chain(words) {
        let here = HOMES.iter().any(|home| name.starts_with(home)) || name.ends_with(".md");
        if here || name.starts_with("LICENSE") {
            assert!(root.join(name).exists(), "README.md names {name}");
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} names of files were recognised");
}

#[test]
fn the_picture_is_small_enough() {
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/readme/receipt.png");
    let bytes = std::fs::read(picture).unwrap();
    assert!(bytes.starts_with(b"\x89PNG\r\n") && bytes.len() < 60 * 1024);
}
