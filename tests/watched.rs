//! The real program, watched from outside: its events, its metrics and what it
//! says needs a person, and that an open stream does not hold up its end.

mod real;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};

use real::{Sandbox, Till, sale_body, wait_for};

#[test]
fn a_till_tells_what_happens_and_stops_under_an_open_stream() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    till.open();
    let mut stream = till.connect().unwrap();
    stream.write_all(b"GET /v1/events?after=0 HTTP/1.1\r\nHost: till\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream);
    let sold = till.sell("k1", &sale_body(1)).json();
    let uuid = sold["uuid"].as_str().unwrap();
    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|kind| kind != "document.reported") {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the stream ended after {kinds:?}");
        if let Some(kind) = line.strip_prefix("event: ") {
            kinds.push(kind.trim().to_owned());
            let mut data = String::new();
            lines.read_line(&mut data).unwrap();
            assert!(!kind.starts_with("document.") || data.contains(uuid), "{data}");
        }
    }
    assert!(kinds.iter().any(|kind| kind == "document.stored"), "{kinds:?}");

    till.drain();
    let metrics = till.ask("GET", "/v1/metrics").unwrap().text();
    for line in
        ["tilld_documents{state=\"Reported\"} 1\n", "tilld_accepted_total 1\n", "tilld_alarms_active 0\n"]
    {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    assert!(metrics.contains("tilld_watchman_look_age_seconds "), "the watchman looks: {metrics}");
    let attention = till.run(&["attention", "--lang", "en"]);
    let said = String::from_utf8_lossy(&attention.stdout).into_owned();
    assert_eq!((attention.status.code(), said.as_str()), (Some(0), "Nothing to do.\n"));
    assert!(till.status()["watch"]["alarms"].as_array().unwrap().is_empty());

    assert!(till.stop().success(), "{}", till.log());
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "the stream ends as a whole answer: {rest:?}");
    assert!(!till.log().contains("was cut"), "{}", till.log());
}

#[test]
fn a_till_without_its_platform_says_so_until_it_is_back() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    drop(sandbox);
    till.open();
    till.sell("k1", &sale_body(1));
    let watch = wait_for("the pause", || {
        let status = till.status();
        (!status["queue"]["paused"].is_null()).then(|| status["watch"].clone())
    });
    assert_eq!(watch["unreported"], 1, "{watch}");
    let left = watch["deadline_left_seconds"].as_i64().unwrap();
    assert!((86_000..=86_400).contains(&left), "{watch}");
    let metrics = till.ask("GET", "/v1/metrics").unwrap().text();
    assert!(
        metrics.contains("tilld_reporting_paused 1\ntilld_reporting_pause_reason")
            || metrics.contains("reason=\"offline\""),
        "{metrics}"
    );
    assert!(till.stop().success());
}
