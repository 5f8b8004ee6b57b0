//! What every request passes before its route: a request id, its body within
//! size and time, panics caught, errors made problems, a line in the log.

use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use zeroize::Zeroizing;

use super::identity;
use super::problem::{Problem, ProblemCode};
use super::service::Caller;
use super::{IDEMPOTENCY_REPLAYED, REQUEST_ID};

/// How much of a body beyond the limit is read and thrown away, so that the
/// other side gets to read the answer instead of a broken pipe.
const DRAIN_BYTES: usize = 64 * 1024 * 1024;

/// What one request may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest body in bytes.
    pub max_body: usize,
    /// Until a body must have arrived.
    pub body_within: Duration,
    /// Until the till must have answered; verification is exempt.
    pub answer_within: Duration,
    /// A reader of the event stream that takes nothing for so long is cut.
    pub reads_within: Duration,
}

impl Limits {
    /// The limits of a till with that largest body.
    pub const fn new(max_body: usize) -> Limits {
        Limits {
            max_body,
            body_within: Duration::from_secs(10),
            answer_within: Duration::from_secs(30),
            reads_within: Duration::from_secs(10),
        }
    }

    /// As these, for a till that may wait so long for the authority before it
    /// answers.
    pub const fn waiting(self, longest: Duration) -> Limits {
        Limits { answer_within: self.answer_within.saturating_add(longest), ..self }
    }
}

/// The state of the gate: its limits and the number of the last request.
#[derive(Debug)]
pub struct Gate {
    limits: Limits,
    last: AtomicU64,
}

impl Gate {
    pub fn new(limits: Limits) -> Gate {
        Gate { limits, last: AtomicU64::new(0) }
    }
}

/// The middleware.
pub async fn pass(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    // The process and a running number: unique in the log of one boot.
    let number = gate.last.fetch_add(1, Ordering::Relaxed) + 1;
    let id = format!("{:x}-{number}", std::process::id());
    let caller = caller(&request);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let limits = gate.limits;
    let answered = caught(async move {
        match intake(request, limits).await {
            Ok(request) => next.run(request).await,
            Err(code) => Problem::from(code).into_response(),
        }
    });
    let mut response = match answered.await {
        Some(response) => as_problem(response),
        None => {
            tracing::error!(request = %id, %method, path, "a request met a fault and was given up");
            Problem::from(ProblemCode::Internal).into_response()
        }
    };
    log(&id, &method, &path, caller, &response, started.elapsed());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Who asks; unknown for a request that did not come through a socket.
pub fn caller(request: &Request) -> Caller {
    request.extensions().get::<ConnectInfo<Caller>>().map_or_else(Caller::default, |info| info.0)
}

/// Changes are logged with the caller, look-ups only when asked for. The query
/// is left out: it may name a customer.
fn log(id: &str, method: &Method, path: &str, caller: Caller, response: &Response, took: Duration) {
    let status = response.status().as_u16();
    let replayed = response.headers().contains_key(IDEMPOTENCY_REPLAYED);
    let Caller { pid, uid, gid } = caller;
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    if method.is_safe() {
        tracing::debug!(request = id, %method, path, status, pid, uid, gid, took_us, "answered");
    } else {
        tracing::info!(request = id, %method, path, status, replayed, pid, uid, gid, took_us, "answered");
    }
}

/// Replaces the body by its bytes, so that no route has to think of its size.
async fn intake(request: Request, limits: Limits) -> Result<Request, ProblemCode> {
    let (parts, mut body) = request.into_parts();
    // Not even asked for if its length is announced and the sender waits.
    if parts.headers.contains_key(header::EXPECT) && announced(&parts.headers) > limits.max_body {
        return Err(ProblemCode::BodyTooLarge);
    }
    // What may hold a one-time password gets its room at once, since growing would
    // leave copies behind, and is wiped in the end.
    let secret = parts.uri.path().starts_with(identity::PREFIX);
    let room = if secret { announced(&parts.headers).min(limits.max_body) } else { 0 };
    let mut bytes = Vec::with_capacity(room);
    let mut total = 0usize;
    let read = tokio::time::timeout(limits.body_within, async {
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let Ok(data) = frame.map_err(|_| ProblemCode::BodyBroken)?.into_data() else { continue };
            total = total.saturating_add(data.len());
            if total <= limits.max_body {
                bytes.extend_from_slice(&data);
            } else if total > limits.max_body.saturating_add(DRAIN_BYTES) {
                return Err(ProblemCode::BodyTooLarge);
            }
        }
        Ok(())
    });
    let read = read.await;
    match read {
        _ if total > limits.max_body => Err(ProblemCode::BodyTooLarge),
        Ok(Ok(())) if secret => {
            Ok(Request::from_parts(parts, Body::from(Bytes::from_owner(Zeroizing::new(bytes)))))
        }
        Ok(Ok(())) => Ok(Request::from_parts(parts, Body::from(Bytes::from(bytes)))),
        Ok(Err(code)) => Err(code),
        Err(_) => Err(ProblemCode::BodyTimeout),
    }
}

fn announced(headers: &HeaderMap) -> usize {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Runs to the end or to a panic; `None` for the latter. The future is not
/// polled again after a panic, so nothing half-done of it is seen.
async fn caught<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let polled = std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        polled.map_or(std::task::Poll::Ready(None), |poll| poll.map(Some))
    })
    .await
}

/// The net under the routes: an error that a library answered by itself
/// becomes a problem too, and keeps its headers.
fn as_problem(response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let told = kind.is_some_and(|kind| kind == "application/problem+json");
    if told || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let code = match status {
        StatusCode::NOT_FOUND => ProblemCode::NoSuchRoute,
        StatusCode::METHOD_NOT_ALLOWED => ProblemCode::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemCode::BodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ProblemCode::MediaType,
        _ if status.is_client_error() => ProblemCode::BadRequest,
        _ => ProblemCode::Internal,
    };
    let mut problem = Problem::from(code).into_response();
    if let Some(allow) = response.headers().get(header::ALLOW) {
        problem.headers_mut().insert(header::ALLOW, allow.clone());
    }
    problem
}
