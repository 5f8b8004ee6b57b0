//! A thousand malformed requests at the real daemon: each is refused in words,
//! none takes a number, and none leaves a mark that looks like a crash.

mod common;
mod real;

use common::Seeded;
use real::{Answer, Sandbox, Till, exchange, sale_body, sale_request};
use serde::de::IgnoredAny;

/// The fields of a sale: name, a good value, and what cannot stand there.
struct Slot {
    name: &'static str,
    good: &'static str,
    bad: &'static [&'static str],
}

const TEXT: &[&str] = &[
    "17",
    "1e400",
    "true",
    "[]",
    "{}",
    "[\"x\"]",
    "\"\"",
    "\"   \"",
    "\"milk\\u0000\"",
    "\"\\u001b[2Jmilk\"",
    "\"m\\u0007ilk\"",
    "\"milk\\ufffe\"",
    "LONG",
];
const NUMBER: &[&str] = &[
    "true",
    "false",
    "[]",
    "{}",
    "[1]",
    "{\"value\":1}",
    "\"\"",
    "\"two\"",
    "-1",
    "\"-0.01\"",
    "1e400",
    "\"1e400\"",
    "123456789012345678901234567890",
    "\"1.0000000001\"",
    "\"NaN\"",
    "\"Infinity\"",
    "\"-Infinity\"",
    "\"0x10\"",
    "\"1,5\"",
    "\"1 000\"",
    "\"--1\"",
    "\"١٢\"",
    "\"1\\u0000\"",
    "\"1\\n\"",
    "DIGITS",
];
const SLOTS: &[Slot] = &[
    Slot { name: "reference", good: "\"POS-1\"", bad: TEXT },
    Slot { name: "name", good: "{\"ar\":\"حليب\",\"en\":\"Milk\"}", bad: TEXT },
    Slot { name: "quantity", good: "2", bad: NUMBER },
    Slot { name: "unit", good: "\"PCE\"", bad: TEXT },
    Slot { name: "price", good: "\"10.00\"", bad: NUMBER },
    Slot { name: "discount", good: "\"1.00\"", bad: NUMBER },
    Slot { name: "vat", good: "\"S\"", bad: TEXT },
    Slot { name: "kind", good: "\"cash\"", bad: TEXT },
    Slot { name: "amount", good: "\"20.00\"", bad: NUMBER },
    Slot { name: "note", good: "\"Thank you\"", bad: TEXT },
    Slot { name: "quantity", good: "2", bad: &["0", "\"0.000\"", "null", "\"0.0001\""] },
    Slot { name: "price", good: "\"10.00\"", bad: &["null", "\"99999999999.99\""] },
    Slot { name: "unit", good: "\"PCE\"", bad: &["\"pce\"", "\"TOOLONG\"", "\"K G\""] },
    Slot { name: "discount", good: "\"1.00\"", bad: &["\"20.01\"", "\"9999999.99\""] },
    Slot { name: "amount", good: "\"20.00\"", bad: &["null", "\"0.01\"", "\"99999999999.99\""] },
    Slot { name: "kind", good: "\"cash\"", bad: &["null", "\"gold\"", "\"CASH\""] },
    Slot {
        name: "vat",
        good: "\"S\"",
        bad: &[
            "null",
            "\"X\"",
            "\"Z\"",
            "{\"category\":\"S\",\"rate\":15.5}",
            "{\"category\":\"S\",\"reason_code\":\"VATEX-SA-35\"}",
            "{\"category\":\"E\",\"reason_code\":\"VATEX-SA-00\"}",
        ],
    },
];

/// A sale with one field set to what is given.
fn sale_with(field: &str, value: &str) -> String {
    let value_of = |name: &str| {
        let good = SLOTS.iter().find(|slot| slot.name == name).unwrap().good;
        if name == field { value.to_owned() } else { good.to_owned() }
    };
    format!(
        "{{\"reference\":{},\"lines\":[{{\"name\":{},\"quantity\":{},\"unit\":{},\"shelf_price\":{},\
         \"discount\":{},\"vat\":{}}}],\"tenders\":[{{\"kind\":{},\"amount\":{}}}],\"note\":{}}}",
        value_of("reference"),
        value_of("name"),
        value_of("quantity"),
        value_of("unit"),
        value_of("price"),
        value_of("discount"),
        value_of("vat"),
        value_of("kind"),
        value_of("amount"),
        value_of("note"),
    )
}

/// A field that cannot be issued as it is.
fn wrong_field(rng: &mut Seeded) -> String {
    let slot = rng.pick(SLOTS);
    let value = match *rng.pick(slot.bad) {
        "LONG" => format!("\"{}\"", "م".repeat(rng.between(1_001, 9_000) as usize)),
        "DIGITS" => "9".repeat(rng.between(40, 5_000) as usize),
        value => value.to_owned(),
    };
    sale_with(slot.name, &value)
}

/// Bytes of a good sale, spoilt until they are no JSON; judged by another reader
/// than the till's.
fn broken_json(rng: &mut Seeded) -> Vec<u8> {
    let mut bytes = sale_with("", "").into_bytes();
    loop {
        let at = rng.between(0, bytes.len() as u64 - 1) as usize;
        match rng.between(1, 6) {
            1 => bytes[at] ^= 1 << rng.between(0, 7),
            2 => bytes[at] = rng.next() as u8,
            3 => bytes.insert(at, *rng.pick(b"{}[]\",:\\\x00\x1f\xff-+.e9")),
            4 => drop(bytes.remove(at)),
            5 => bytes.truncate(at.max(1)),
            _ => {
                let end = bytes.len().min(at + 20);
                let piece: Vec<u8> = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
        if serde_json::from_slice::<IgnoredAny>(&bytes).is_err() {
            return bytes;
        }
    }
}

fn deep(rng: &mut Seeded) -> String {
    let depth = *rng.pick(&[1, 20, 120, 127, 128, 129, 1_000, 50_000]);
    let (open, close) = *rng.pick(&[("[", "]"), ("{\"lines\":", "}"), ("[{\"a\":", "}]")]);
    let nested = format!("{}{}{}", open.repeat(depth), "[]", close.repeat(depth));
    match rng.between(0, 3) {
        0 => format!("[{nested}]"),
        1 => open.repeat(depth),
        _ => sale_with(rng.pick(&SLOTS[..10]).name, &nested),
    }
}

fn key_twice(rng: &mut Seeded) -> String {
    let body = sale_with("", "");
    let pair = *rng.pick(&[
        "\"reference\":\"POS-1\",",
        "\"quantity\":2,",
        "\"unit\":\"PCE\",",
        "\"shelf_price\":\"10.00\",",
        "\"kind\":\"cash\",",
        "\"ar\":\"حليب\",",
        "\"discount\":\"1.00\",",
    ]);
    assert!(body.contains(pair));
    body.replace(pair, &pair.repeat(rng.between(2, 50) as usize))
}

fn unknown_key(rng: &mut Seeded) -> String {
    let key = *rng.pick(&[
        "",
        "Lines",
        "icv",
        "uuid",
        "$serde_json::private::Number",
        "__proto__",
        "a\\u0000b",
        "\\n\\tERROR",
        "سطر",
    ]);
    let place = *rng.pick(&["{\"reference\":", "{\"name\":", "{\"kind\":", "{\"ar\":"]);
    let value = *rng.pick(&["1", "null", "\"x\"", "[]", "{}"]);
    sale_with("", "").replacen(place, &format!("{{\"{key}\":{value},{}", &place[1..]), 1)
}

/// A good sale under headers that are not.
fn wrong_headers(rng: &mut Seeded) -> Vec<u8> {
    const JSON: &str = "Content-Type: application/json\r\n";
    let long = format!("{JSON}Idempotency-Key: {}\r\n", "k".repeat(128));
    let mut choices: Vec<Vec<u8>> = vec![long.into_bytes()];
    let keys = [
        "",
        "Idempotency-Key:\r\n",
        "Idempotency-Key: two words\r\n",
        "Idempotency-Key: a\r\nIdempotency-Key: a\r\n",
    ];
    choices.extend(keys.iter().map(|key| format!("{JSON}{key}").into_bytes()));
    for odd in [&b"caf\xe9"[..], "مفتاح".as_bytes(), b"a\tb"] {
        choices.push([JSON.as_bytes(), b"Idempotency-Key: ", odd, b"\r\n"].concat());
    }
    let kinds = [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/jsonp\r\n",
        "Content-Type: application/json; charset=utf-16\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: \r\n",
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
    ];
    choices.extend(kinds.iter().map(|kind| format!("{kind}Idempotency-Key: fresh\r\n").into_bytes()));
    let body = sale_body(1);
    let length = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    [b"POST /v1/sales HTTP/1.1\r\nHost: tilld\r\n", &rng.pick(&choices)[..], length.as_bytes()].concat()
}

fn wrong_address(rng: &mut Seeded) -> Vec<u8> {
    let line = *rng.pick(&[
        "GET /",
        "GET /v1/sales",
        "GET /v1/sales?",
        "GET /v1/sales?icv=0",
        "GET /v1/sales?icv=-1",
        "GET /v1/sales?icv=99999999999999999999999999",
        "GET /v1/sales?number=",
        "GET /v1/sales?number=1&reference=2",
        "GET /v1/sales?reference=%00",
        "GET /v1/sales?uuid=1",
        "GET /v1/sales/1",
        "GET /v1/sales/%ff%fe",
        "GET /v1/sales/..%2f..%2fetc%2fpasswd",
        "GET /v1/sales/00000000-0000-4000-8000-000000000000",
        "GET /v1/sales/00000000-0000-4000-8000-000000000000.xml",
        "GET /v1/sales/00000000-0000-4000-8000-000000000000.exe",
        "POST /v1/sales/00000000-0000-4000-8000-000000000000/reprint",
        "DELETE /v1/sales",
        "PUT /v1/sales/00000000-0000-4000-8000-000000000000",
        "PATCH /v1/status",
        "POST /v1/status",
        "GET /v1/sync",
        "POST /v1/verify",
        "TRACE /v1/sales",
        "sell /v1/sales",
        "POST /v1/sales%0aERROR",
        "POST //v1/sales",
        "POST /v1/sales/",
        "POST /v2/sales",
    ]);
    format!("{line} HTTP/1.1\r\nHost: tilld\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

/// What is not even HTTP; the answer is the HTTP library's own.
fn broken_http(rng: &mut Seeded) -> Vec<u8> {
    const GOOD: &str =
        "POST /v1/sales HTTP/1.1\r\nHost: tilld\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n";
    match rng.between(1, 10) {
        1 => b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(),
        2 => b"SELL ME A MILK PLEASE\r\n\r\n".to_vec(),
        3 => b"POST /v1/sales HTTP/9.9\r\n\r\n".to_vec(),
        4 => b"POST /v1/\x00sales HTTP/1.1\r\nHost: tilld\r\n\r\n".to_vec(),
        5 => format!("{GOOD}No colon here\r\n\r\n").into_bytes(),
        6 => format!("{GOOD}Content-Length: -5\r\n\r\n{{}}").into_bytes(),
        7 => format!("{GOOD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}").into_bytes(),
        8 => format!("{GOOD}Transfer-Encoding: chunked\r\n\r\nxyz\r\n{{}}\r\n0\r\n\r\n").into_bytes(),
        9 => format!("{GOOD}X-Long: {}\r\n\r\n", "x".repeat(600_000)).into_bytes(),
        _ => {
            let many: String = (0..400).map(|n| format!("X-{n}: y\r\n")).collect();
            format!("{GOOD}{many}\r\n").into_bytes()
        }
    }
}

/// Ten million bytes and more, as text, digits, a list, or nothing much.
fn huge(rng: &mut Seeded) -> Vec<u8> {
    const SIZE: usize = 10 * 1024 * 1024;
    let filling = match rng.between(1, 4) {
        1 => sale_with("reference", &format!("\"{}\"", "x".repeat(SIZE))),
        2 => sale_with("price", &"9".repeat(SIZE)),
        3 => format!("[{}0]", "0,".repeat(SIZE / 2)),
        _ => " ".repeat(SIZE),
    };
    if rng.chance(50) {
        return sale_request("huge", &filling);
    }
    let head = "POST /v1/sales HTTP/1.1\r\nHost: tilld\r\nContent-Type: application/json\r\nIdempotency-Key: huge\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    format!("{head}{:x}\r\n{filling}\r\n0\r\n\r\n", filling.len()).into_bytes()
}

/// A thousand requests; true for those that are not even HTTP.
fn rubbish(rng: &mut Seeded) -> Vec<(bool, Vec<u8>)> {
    let sale = |body: Vec<u8>| {
        let mut request = sale_request("k", "");
        let end = request.len() - b"0\r\n\r\n".len();
        request.truncate(end);
        request.extend(format!("{}\r\n\r\n", body.len()).into_bytes());
        request.extend(body);
        (false, request)
    };
    let mut all: Vec<(bool, Vec<u8>)> = Vec::new();
    all.extend((0..280).map(|_| sale(broken_json(rng))));
    all.extend((0..350).map(|_| sale(wrong_field(rng).into_bytes())));
    all.extend((0..70).map(|_| sale(deep(rng).into_bytes())));
    all.extend((0..40).map(|_| sale(key_twice(rng).into_bytes())));
    all.extend((0..40).map(|_| sale(unknown_key(rng).into_bytes())));
    all.extend((0..90).map(|_| (false, wrong_headers(rng))));
    all.extend((0..80).map(|_| (false, wrong_address(rng))));
    all.extend((0..42).map(|_| (true, broken_http(rng))));
    all.extend((0..8).map(|_| (false, huge(rng))));
    // In any order.
    for last in (1..all.len()).rev() {
        all.swap(last, rng.between(0, last as u64) as usize);
    }
    all
}

fn refused(answer: Option<Answer>, broken: bool, request: &[u8]) {
    let shown = String::from_utf8_lossy(&request[..request.len().min(600)]).into_owned();
    let answer = answer.unwrap_or_else(|| panic!("no answer to {shown}"));
    assert!((400..500).contains(&answer.status), "{}\nto {shown}", answer.text());
    if broken && !answer.is_problem() {
        return;
    }
    assert!(answer.is_problem(), "{}\nto {shown}", answer.text());
    let problem = answer.json();
    assert_eq!(problem["status"], answer.status);
    for member in ["type", "title", "title_ar", "detail", "detail_ar", "code"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{problem}\nto {shown}");
    }
}

#[test]
fn a_thousand_malformed_requests_take_no_number() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    till.open();
    // What the rest is spoilt from is good.
    let first = till.sell("first", &sale_with("", ""));
    assert_eq!((first.status, first.json()["icv"].as_u64()), (201, Some(1)), "{}", first.text());

    let requests = rubbish(&mut Seeded::new(1_000));
    assert_eq!(requests.len(), 1_000);
    let same = |till: &Till| {
        let status = till.status();
        assert_eq!((&status["documents"], &status["last"]["icv"]), (&1.into(), &1.into()), "{status}");
        assert_eq!(status["last"]["hash"], first.json()["hash"]);
    };
    for (at, (broken, request)) in requests.iter().enumerate() {
        refused(exchange(&mut till.connect().unwrap(), request), *broken, request);
        if at % 100 == 99 {
            same(&till);
        }
    }
    hang_up(&till, &mut Seeded::new(7));
    same(&till);

    // The same process, still: nothing had to be started again.
    assert!(till.daemon.as_mut().unwrap().runs());
    let next = till.sell("next", &sale_body(2));
    assert_eq!((next.status, next.json()["icv"].as_u64()), (201, Some(2)), "{}", next.text());
    assert!(till.stop().success());
    till.verify(2);
    looks_calm(&till.log());
}

/// Callers that go away in the middle of a request; nobody is left to answer.
fn hang_up(till: &Till, rng: &mut Seeded) {
    use std::io::Write as _;
    let request = sale_request("gone", &sale_body(1));
    for _ in 0..30 {
        let mut stream = till.connect().unwrap();
        let part = rng.between(0, request.len() as u64 - 1) as usize;
        stream.write_all(&request[..part]).unwrap();
    }
}

/// Every line is one of the daemon's own, and none tells of a fault.
fn looks_calm(log: &str) {
    for line in log.lines() {
        let level = line.split_whitespace().next();
        assert!(matches!(level, Some("INFO" | "WARN")), "{line}");
        let lower = line.to_lowercase();
        for word in ["panic", "thread '", "backtrace", "unwrap", "overflow", "fault"] {
            assert!(!lower.contains(word), "{line}");
        }
    }
    assert!(log.contains("tilld is open for business"), "the log is not where it was looked for");
}
