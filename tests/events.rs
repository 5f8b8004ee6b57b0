//! The event stream over the socket: where it goes on, what is lost, readers
//! that are slow or too many, and its end.

#[allow(dead_code)]
mod fake;

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use fake::Served;
use serde_json::json;
use tilld::api::client::{Client, ClientError};
use tilld::api::wire::Event;
use tilld::api::{Fed, Heard, Limits, MOST_STREAMS};
use tokio::sync::mpsc::UnboundedSender;

const LONG: Duration = Duration::from_secs(60);

fn served() -> Served {
    fake::serve(Limits::new(1 << 20))
}

fn event(id: &str, text: &str) -> Event {
    Event {
        id: id.to_owned(),
        event: "document.reported".to_owned(),
        at: "2026-03-14T21:05:09+03:00".to_owned(),
        document: None,
        data: json!({"text": text}),
    }
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < LONG, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The till's end of the last stream that was opened, and where it began.
fn opened(served: &Served) -> (Option<String>, UnboundedSender<Fed>) {
    served.till.streams.lock().unwrap().last().unwrap().clone()
}

fn raw(served: &Served, header: &str) -> UnixStream {
    let mut stream = UnixStream::connect(&served.socket).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    write!(stream, "GET /v1/events HTTP/1.1\r\nHost: till\r\n{header}\r\n").unwrap();
    stream
}

#[tokio::test]
async fn a_follower_hears_each_event_and_each_gap() {
    let served = served();
    let client = Client::new(&served.socket).unwrap();
    let mut follower = client.follow(Some("7f-1")).await.unwrap();
    let (after, feed) = opened(&served);
    assert_eq!(after.as_deref(), Some("7f-1"));
    for fed in [Fed::Event(event("7f-2", "two\nlines")), Fed::Gap, Fed::Event(event("7f-9", "شاي"))] {
        feed.send(fed).unwrap();
    }
    let mut heard = Vec::new();
    for _ in 0..3 {
        heard.push(follower.next().await.unwrap().unwrap());
    }
    let wanted = [
        Heard::Event(Box::new(event("7f-2", "two\nlines"))),
        Heard::Gap,
        Heard::Event(Box::new(event("7f-9", "شاي"))),
    ];
    assert_eq!(heard, wanted);
    feed.send(Fed::End).unwrap();
    assert_eq!(follower.next().await.unwrap(), None);
}

#[test]
fn a_client_that_reconnects_says_where_it_was() {
    let served = served();
    let mut stream = raw(&served, "Last-Event-ID: 7f-41\r\n");
    let mut head = [0; 512];
    let read = stream.read(&mut head).unwrap();
    let head = String::from_utf8_lossy(&head[..read]).to_lowercase();
    assert!(head.starts_with("http/1.1 200") && head.contains("text/event-stream"), "{head}");
    assert_eq!(opened(&served).0.as_deref(), Some("7f-41"));
    let mut refused = UnixStream::connect(&served.socket).unwrap();
    write!(refused, "GET /v1/events?since=4 HTTP/1.1\r\nHost: till\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    refused.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn an_open_stream_ends_properly_when_the_till_stops() {
    let mut served = served();
    let client = Client::new(&served.socket).unwrap();
    let mut follower = client.follow(None).await.unwrap();
    let (_, feed) = opened(&served);
    feed.send(Fed::Event(event("7f-1", "last"))).unwrap();
    assert!(matches!(follower.next().await.unwrap(), Some(Heard::Event(_))));
    served.stop();
    // Cut off after the grace it would be an error.
    assert_eq!(follower.next().await.unwrap(), None);
    served.join();
    assert!(client.follow(None).await.is_err());
}

#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut_and_nobody_else_waits() {
    let limits = Limits { reads_within: Duration::from_millis(50), ..Limits::new(1 << 20) };
    let served = fake::serve(limits);
    let mut slow = raw(&served, "");
    let (_, feed) = wait_for("the stream", || served.till.streams.lock().unwrap().last().cloned());
    let text = "x".repeat(4_096);
    for number in 0..2_000 {
        // Closed as soon as it is cut.
        let _ = feed.send(Fed::Event(event(&format!("7f-{number}"), &text)));
    }
    let client = Client::new(&served.socket).unwrap();
    assert!(client.status().await.is_ok());
    wait_for("the cut", || feed.is_closed().then_some(()));
    let mut rest = Vec::new();
    // To an end or a reset; both are an end.
    let _ = slow.read_to_end(&mut rest);
    assert!(rest.len() < 2_000 * text.len(), "the rest was thrown away");
    assert!(client.status().await.is_ok());
}

#[tokio::test]
async fn there_are_only_so_many_streams() {
    let served = served();
    let client = Client::new(&served.socket).unwrap();
    let mut followers = Vec::new();
    for _ in 0..MOST_STREAMS {
        followers.push(client.follow(None).await.unwrap());
    }
    match client.follow(None).await.err() {
        Some(ClientError::Refused(problem)) => {
            assert_eq!((problem.status, problem.code.as_str()), (503, "busy"))
        }
        other => panic!("{other:?}"),
    }
    assert!(client.status().await.is_ok(), "sales have connections of their own");
    followers.pop();
    let began = Instant::now();
    while client.follow(None).await.is_err() {
        assert!(began.elapsed() < LONG, "the place of one that left is free again");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
