//! Waits that would never end: every one has its limit. The servers never come
//! to an end by themselves, so that only the client's limit can end a test.

use std::time::Duration;

use tilld::fatoora::{Client, Endpoint, Environment, Verdict};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::stage::{Got, ca, listen, report, run, take};

/// A client whose patience is short enough for a test.
fn hasty(base: &str) -> Client {
    let endpoint = Endpoint::new(Environment::Production, Some(base)).expect("loopback").with_extra_ca(ca());
    Client::within(endpoint, Duration::from_millis(400)).expect("client")
}

#[test]
fn a_handshake_that_is_never_answered_ends_as_offline() {
    run(async {
        let got = Got::default();
        let kept = got.clone();
        let address = listen(move |mut stream| {
            let kept = kept.clone();
            async move {
                let mut bytes = [0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut bytes).await {
                    kept.add(&bytes[..length]);
                }
            }
        })
        .await;
        let answer = report(&hasty(&format!("https://localhost:{}", address.port()))).await;
        assert_eq!((answer.http, &answer.verdict), (None, &Verdict::Offline), "{:?}", answer.error);
        assert!(answer.error.expect("a reason").contains("timed out"));
        got.assert_clean();
    });
}

/// What a server sends again and again, first `head`.
async fn dripping(head: String, drop: &'static str) -> Client {
    let address = listen(move |mut stream| {
        let head = head.clone();
        async move {
            let got = Got::default();
            if take(&mut stream, &got).await.is_none() || stream.write_all(head.as_bytes()).await.is_err() {
                return;
            }
            while stream.write_all(drop.as_bytes()).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    })
    .await;
    hasty(&format!("http://{address}"))
}

#[test]
fn headers_and_bodies_that_never_end_are_lost_answers() {
    run(async {
        let headers = report(&dripping("HTTP/1.1 200 OK\r\n".to_owned(), "x-more: and more\r\n").await).await;
        assert_eq!((headers.http, &headers.verdict), (None, &Verdict::Lost), "{:?}", headers.error);
        // A byte at a time of an answer that might have said anything.
        let endless = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n{\"x\":\"".to_owned();
        let body = report(&dripping(endless, "x").await).await;
        assert_eq!((body.http, &body.verdict), (Some(200), &Verdict::Lost), "{:?}", body.error);
        assert!(body.error.expect("a reason").contains("timed out"));
        // Chunks without end are no answer either.
        let chunked = "HTTP/1.1 503 X\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
        let chunks = report(&dripping(chunked, "1\r\nx\r\n").await).await;
        assert_eq!((chunks.http, &chunks.verdict), (Some(503), &Verdict::Unavailable));
    });
}

#[test]
fn a_head_without_bounds_is_cut_off() {
    run(async {
        let address = listen(|mut stream| async move {
            let got = Got::default();
            if take(&mut stream, &got).await.is_none() {
                return;
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
            let line = format!("x-more: {}\r\n", "y".repeat(8_000));
            // Until the other side has had enough.
            while stream.write_all(line.as_bytes()).await.is_ok() {}
        })
        .await;
        let endpoint =
            Endpoint::new(Environment::Production, Some(&format!("http://{address}"))).expect("loopback");
        let answer = report(&Client::new(endpoint).expect("client")).await;
        assert_eq!((answer.http, &answer.verdict), (None, &Verdict::Lost), "{:?}", answer.error);
        assert!(answer.duration_ms < 30_000, "by its size, long before its time");
    });
}

#[test]
fn a_server_that_reads_nothing_ends_as_lost() {
    run(async {
        let address = listen(|stream| async move {
            let _held = stream;
            std::future::pending::<()>().await;
        })
        .await;
        let answer = report(&hasty(&format!("http://{address}"))).await;
        assert_eq!((answer.http, &answer.verdict), (None, &Verdict::Lost), "{:?}", answer.error);
    });
}
