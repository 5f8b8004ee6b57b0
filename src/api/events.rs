//! The event stream (`text/event-stream`, WHATWG HTML, "Server-sent events").
//! A stream has a task of its own and a small buffer; one whose reader does not
//! keep up is cut, so that nobody's slowness reaches the till.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};

use super::problem::{Problem, ProblemCode};
use super::routes::Shared;
use super::service::{Fed, Feed, Till};
use super::wire;
use crate::text::Bilingual;

/// Streams at a time; each keeps one of the till's connections.
pub const MOST_STREAMS: usize = 16;
/// A sign of life between events.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Pieces that wait for the reader, beside what the socket holds.
const BUFFER: usize = 16;
/// No event has a longer id.
const LONGEST_ID: usize = 64;

/// The name of the event that says that some are lost.
pub const GAP: &str = "gap";

/// The connection that a request came on.
#[derive(Clone, Debug)]
pub struct Line {
    cut: Arc<watch::Sender<bool>>,
    stopping: watch::Receiver<bool>,
}

impl Line {
    /// Of a server that tells when it stops; beside it, what says that the
    /// connection is to be cut.
    pub fn new(stopping: watch::Receiver<bool>) -> (Line, watch::Receiver<bool>) {
        let (cut, heard) = watch::channel(false);
        (Line { cut: Arc::new(cut), stopping }, heard)
    }

    /// Waits until the server stops.
    async fn stopped(&mut self) {
        // An error means that the server is gone, which is a stop as well.
        let _ = self.stopping.wait_for(|stop| *stop).await;
    }
}

/// `/v1/events`, with `Last-Event-ID` or `?after=ID` to go on from there.
pub async fn events<T: Till>(
    State(api): Shared<T>,
    line: Option<Extension<Line>>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let after = after(&headers, &uri)?;
    let slot = Arc::clone(&api.streams).try_acquire_owned().map_err(|_| {
        Problem::explained(
            ProblemCode::Busy,
            Bilingual::new(
                format!("{MOST_STREAMS} event streams are open already, and there are no more."),
                format!("عدد قنوات الأحداث المفتوحة {MOST_STREAMS} وهو الحد الأقصى."),
            ),
        )
    })?;
    let feed = api.till.follow(after)?;
    let (pieces, body) = mpsc::channel(BUFFER);
    let line = line.map(|Extension(line)| line);
    tokio::spawn(pour(feed, pieces, line, slot, api.reads_within));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::new(Pieces(body))).into_response())
}

/// Where to go on; the header is what a client sends that reconnects by itself,
/// so it counts before the address that it began with.
fn after(headers: &HeaderMap, uri: &Uri) -> Result<Option<String>, Problem> {
    let bad = || Problem::from(ProblemCode::BadRequest);
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| bad())?;
    let asked = match pairs.as_slice() {
        [] => None,
        [(name, id)] if name == "after" => Some(id.clone()),
        _ => return Err(bad()),
    };
    let last = headers.get("last-event-id").map(|id| id.to_str().map(str::to_owned)).transpose();
    let id = last.map_err(|_| bad())?.filter(|id| !id.is_empty()).or(asked);
    match id {
        Some(id) if id.len() > LONGEST_ID || id.chars().any(char::is_control) => Err(bad()),
        id => Ok(id),
    }
}

/// Pours the feed into the body until either ends.
async fn pour(
    mut feed: Box<dyn Feed>,
    pieces: mpsc::Sender<Bytes>,
    mut line: Option<Line>,
    _slot: OwnedSemaphorePermit,
    reads_within: Duration,
) {
    // The first piece opens the stream for clients that wait for one.
    let mut piece = Some(Bytes::from_static(b": tilld\n\n"));
    loop {
        if let Some(piece) = piece.take() {
            match tokio::time::timeout(reads_within, pieces.send(piece)).await {
                Ok(Ok(())) => {}
                // The reader has gone.
                Ok(Err(_)) => return,
                Err(_) => {
                    tracing::warn!("a reader of the events does not keep up and is cut");
                    if let Some(line) = line {
                        line.cut.send_replace(true);
                    }
                    return;
                }
            }
        }
        let stopped = async {
            match &mut line {
                Some(line) => line.stopped().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = pieces.closed() => return,
            () = stopped => return,
            fed = feed.next() => match fed {
                Fed::Event(event) => piece = Some(written(&event)),
                Fed::Gap => piece = Some(Bytes::from(format!("event: {GAP}\ndata: {{}}\n\n"))),
                Fed::End => return,
            },
            () = tokio::time::sleep(KEEP_ALIVE) => piece = Some(Bytes::from_static(b":\n\n")),
        }
    }
}

/// One event in the form of the stream; JSON has no line ends of its own.
fn written(event: &wire::Event) -> Bytes {
    let data = serde_json::to_string(event).unwrap_or_else(|_| "{}".to_owned());
    Bytes::from(format!("id: {}\nevent: {}\ndata: {data}\n\n", event.id, event.event))
}

/// A body that arrives piece by piece.
struct Pieces(mpsc::Receiver<Bytes>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

/// Reads events out of the bytes of a stream, however they are cut up.
#[derive(Debug, Default)]
pub struct Reader {
    rest: Vec<u8>,
}

/// What a stream said.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Event(Box<wire::Event>),
    /// Events are lost between the ones before and after this.
    Gap,
}

impl Reader {
    /// What is complete with these bytes. Comments and what a newer till may
    /// say beside events are passed over.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Heard> {
        self.rest.extend_from_slice(bytes);
        let mut heard = Vec::new();
        while let Some(end) = self.rest.windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<u8> = self.rest.drain(..end + 2).collect();
            heard.extend(read(&String::from_utf8_lossy(&block)));
        }
        heard
    }
}

fn read(block: &str) -> Option<Heard> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    match field("event")? {
        GAP => Some(Heard::Gap),
        _ => serde_json::from_str(field("data")?).ok().map(|event| Heard::Event(Box::new(event))),
    }
}

/// Waits until the connection is to be cut; for ever if nobody can.
pub async fn told_to_cut(mut heard: watch::Receiver<bool>) {
    if heard.wait_for(|cut| *cut).await.is_err() {
        poll_fn(|_| Poll::<()>::Pending).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str) -> wire::Event {
        wire::Event {
            id: id.to_owned(),
            event: "document.reported".to_owned(),
            at: "2026-03-14T21:05:09+03:00".to_owned(),
            document: None,
            data: serde_json::json!({"text": "two\nlines"}),
        }
    }

    #[test]
    fn what_is_written_is_read_however_it_is_cut() {
        let mut stream = b": tilld\n\n".to_vec();
        stream.extend_from_slice(&written(&event("a-1")));
        stream.extend_from_slice(b":\n\nevent: gap\ndata: {}\n\n");
        stream.extend_from_slice(&written(&event("a-9")));
        let wanted = [Heard::Event(Box::new(event("a-1"))), Heard::Gap, Heard::Event(Box::new(event("a-9")))];
        for size in [1, 7, stream.len()] {
            let mut reader = Reader::default();
            let heard: Vec<Heard> = stream.chunks(size).flat_map(|bytes| reader.take(bytes)).collect();
            assert_eq!(heard, wanted, "in pieces of {size}");
        }
        assert!(Reader::default().take(b"event: x\ndata: rubbish\n\n\n\n").is_empty());
    }

    #[test]
    fn the_header_of_a_reconnection_counts_before_the_address() {
        let mut headers = HeaderMap::new();
        let of = |headers: &HeaderMap, uri: &str| after(headers, &uri.parse().unwrap());
        assert_eq!(of(&headers, "/v1/events").unwrap(), None);
        assert_eq!(of(&headers, "/v1/events?after=a-1").unwrap().as_deref(), Some("a-1"));
        for bad in ["/v1/events?since=1", "/v1/events?after=1&after=2"] {
            assert!(of(&headers, bad).is_err());
        }
        assert!(of(&headers, &format!("/v1/events?after={}", "9".repeat(65))).is_err());
        headers.insert("last-event-id", HeaderValue::from_static("a-7"));
        assert_eq!(of(&headers, "/v1/events?after=a-1").unwrap().as_deref(), Some("a-7"));
    }
}
