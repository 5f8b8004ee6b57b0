//! One sale is one document: for a repeated key, for two daemons on the same
//! data, and for a daemon that is told to stop in the middle.

mod common;
mod real;

use std::io::Write as _;
use std::time::{Duration, Instant};

use common::Seeded;
use real::{Sandbox, Till, exchange, read_answer, request_to, run_with, sale_body, sale_request};
use rustix::process::Signal;

fn is_arabic(text: &str) -> bool {
    text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c))
}

#[test]
fn a_repeated_key_gives_the_same_bytes_for_ever() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    till.open();
    let body = sale_body(1);
    let first = till.sell("k", &body);
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, None), "{}", first.text());
    let same_again = |till: &Till| {
        let again = till.sell("k", &body);
        assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
        assert!(again.body == first.body, "{}\ninstead of {}", again.text(), first.text());
    };
    same_again(&till);
    assert!(till.stop().success());
    till.open();
    same_again(&till);
    till.drain();
    same_again(&till);
    till.kill();
    till.open();
    same_again(&till);
    assert_eq!(till.status()["documents"], 1);
}

#[test]
fn a_repeated_credit_gives_back_nothing_twice() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    till.open();
    let sold = till.sell("k", &sale_body(1)).json();
    let body = format!(r#"{{"original":{{"qr":{}}},"whole":true,"reason":"goods_returned"}}"#, sold["qr"]);
    let first = till.post("/v1/credits", "c", &body);
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, None), "{}", first.text());
    assert_eq!(first.json()["totals"], sold["totals"]);
    let same_again = |till: &Till| {
        let again = till.post("/v1/credits", "c", &body);
        assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
        assert!(again.body == first.body, "{}\ninstead of {}", again.text(), first.text());
    };
    same_again(&till);
    till.kill();
    till.open();
    same_again(&till);
    till.drain();
    same_again(&till);
    // Under another key nothing is left; a sale's key is no credit's.
    assert_eq!(till.post("/v1/credits", "d", &body).json()["code"], "invalid-credit");
    assert_eq!(till.post("/v1/credits", "k", &body).json()["code"], "idempotency-key-conflict");
    assert_eq!(till.sell("c", &sale_body(2)).status, 409);
    assert_eq!(till.status()["documents"], 2);
    till.verify(2);
}

#[test]
fn credits_that_come_at_once_give_back_what_was_sold_and_no_more() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    till.open();
    let sold = till.sell("k", &sale_body(1)).json();
    let body =
        format!(r#"{{"original":{{"uuid":{}}},"whole":true,"reason":"goods_returned"}}"#, sold["uuid"]);
    let asked = (0..8).map(|number| {
        let (mut stream, request) =
            (till.connect().unwrap(), request_to("/v1/credits", &format!("c{number}"), &body));
        std::thread::spawn(move || exchange(&mut stream, &request).unwrap().status)
    });
    let asked: Vec<_> = asked.collect();
    let mut statuses: Vec<u16> = asked.into_iter().map(|thread| thread.join().unwrap()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [&[201][..], &[422; 7]].concat());
    assert_eq!(till.status()["documents"], 2);
}

#[test]
fn a_key_that_comes_many_times_at_once_makes_one_sale() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    till.open();
    let request = sale_request("k", &sale_body(1));
    let streams: Vec<_> = (0..16).map(|_| till.connect().unwrap()).collect();
    let asked = streams.into_iter().map(|mut stream| {
        let request = request.clone();
        std::thread::spawn(move || exchange(&mut stream, &request).unwrap())
    });
    let asked: Vec<_> = asked.collect();
    let answers: Vec<_> = asked.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body));
    let fresh = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none());
    assert_eq!(fresh.count(), 1);
    assert_eq!(till.status()["documents"], 1);
}

#[test]
fn another_sale_under_a_used_key_is_refused_in_both_languages() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    till.open();
    let first = till.sell("k", &sale_body(1));
    assert_eq!(first.status, 201, "{}", first.text());
    let other = till.sell("k", &sale_body(2));
    assert_eq!((other.status, other.is_problem()), (409, true), "{}", other.text());
    let problem = other.json();
    let text = |member: &str| problem[member].as_str().unwrap().to_owned();
    assert_eq!(text("code"), "idempotency-key-conflict");
    for member in ["title", "detail"] {
        assert!(!is_arabic(&text(member)) && is_arabic(&text(&format!("{member}_ar"))), "{problem}");
    }
    // Both say which invoice holds the key, and that nothing was issued.
    assert!(text("detail").contains("T01-000001") && text("detail").contains("Nothing was issued"));
    assert!(text("detail_ar").contains("T01-000001") && text("detail_ar").contains("لم يصدر"));
    // Also when the other body is no valid sale.
    let broken = till.sell("k", "{\"lines\": []}");
    assert_eq!((broken.status, broken.json()["code"].as_str()), (409, Some("idempotency-key-conflict")));
    assert_eq!(till.status()["documents"], 1);
    assert!(till.sell("k", &sale_body(1)).body == first.body);
    assert_eq!(till.sell("l", &sale_body(2)).json()["icv"], 2);
}

#[test]
fn a_second_daemon_on_the_same_data_is_refused() {
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    till.open();
    assert_eq!(till.sell("a", &sale_body(1)).status, 201);
    let rival = till.rival_config(&sandbox);
    for (config, words) in [(&till.config, "another tilld answers on"), (&rival, "another tilld")] {
        let refused = run_with(config, &["serve"]);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(till.sell("b", &sale_body(2)).json()["icv"], 2);
    assert!(till.stop().success());
    // The first one is gone: now the other may.
    till.config = rival;
    till.socket.set_file_name("r.sock");
    assert_eq!(till.open()["documents"], 2);
    assert_eq!(till.sell("c", &sale_body(3)).json()["icv"], 3);
}

#[test]
fn a_sale_that_meets_sigterm_is_answered_or_not_taken() {
    const STOPS: usize = 12;
    let sandbox = Sandbox::start();
    let mut till = Till::onboarded(&sandbox);
    let mut rng = Seeded::new(15);
    let mut documents = 0;
    for number in 1..=STOPS {
        assert_eq!(till.open()["documents"], documents);
        let (key, body) = (format!("k{number}"), sale_body(number));
        let mut stream = till.connect().unwrap();
        stream.write_all(&sale_request(&key, &body)).unwrap();
        let (sent, delay) = (Instant::now(), Duration::from_micros(rng.between(0, 6_000)));
        while sent.elapsed() < delay {
            std::hint::spin_loop();
        }
        let mut daemon = till.daemon.take().unwrap();
        daemon.signal(Signal::TERM);
        let answer = read_answer(&mut stream);
        let end = daemon.ended();
        assert_eq!(end.code(), Some(0), "{}", till.log());
        assert!(!till.socket.exists(), "the socket stays behind");

        assert_eq!(till.open()["documents"], documents + u64::from(answer.is_some()));
        let again = till.sell(&key, &body);
        assert_eq!(again.status, 201, "{}", again.text());
        assert_eq!(again.header("idempotency-replayed").is_some(), answer.is_some());
        if let Some(answer) = answer {
            assert!(answer.status == 201 && answer.body == again.body, "{}", answer.text());
        }
        documents += 1;
        assert_eq!(again.json()["icv"], documents);
        assert!(till.stop().success());
    }
    till.verify(STOPS);
}
