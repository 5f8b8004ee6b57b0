//! The local interface: HTTP/JSON on a Unix socket, and its client. The API
//! knows the till only as [`Till`], which the daemon implements. Every error is
//! a problem document (RFC 9457) in English and Arabic.

mod attention;
pub mod client;
mod events;
mod evidence;
#[cfg(test)]
pub(crate) mod exchange;
mod gate;
mod identity;
mod issue;
mod problem;
mod queue;
mod routes;
mod service;
mod socket;
pub mod wire;

pub use events::{Heard, MOST_STREAMS};
pub use gate::Limits;
pub use problem::{Problem, ProblemCode};
pub use queue::{QueuePage, QueueState};
pub use routes::router;
pub use service::{
    Asked, Caller, CorrectionOrder, CreditOrder, Fed, Feed, Form, Found, Idempotency, IdentityOrder,
    IdentityTask, Lookup, Refusal, Sale, SaleOrder, Sold, Till,
};
pub use socket::{Socket, SocketError, serve};

/// The header that names a sale across retries.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Set to `true` on an answer that was given before.
pub const IDEMPOTENCY_REPLAYED: &str = "idempotency-replayed";
/// Names one request in the log.
pub const REQUEST_ID: &str = "x-request-id";
