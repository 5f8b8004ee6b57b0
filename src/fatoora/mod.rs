//! The authority's platform over HTTPS: environments and endpoints, wire
//! types, the client, and the one table that turns an answer into a verdict
//! (fatoora-api.md). The only folder that names the HTTP and TLS libraries.

mod answer;
mod authority;
mod client;
mod credentials;
mod csid;
mod endpoint;
mod environment;
mod message;
pub mod probe;
mod proxy;
mod retry_after;
mod tls;
mod verdict;
mod wire;

pub use answer::InvoiceAnswer;
pub use authority::{Authority, Pending};
pub use client::{Answer, Client, ClientError};
pub use credentials::{Credentials, Otp, OtpError};
pub use csid::{CallError, CsidAnswer, Fault, RenewalAnswer};
pub use endpoint::{Endpoint, EndpointError};
pub use environment::{Environment, UnknownEnvironment};
pub use message::{Level, Message};
pub use proxy::{Proxy, ProxyError};
pub use retry_after::RetryAfter;
pub use verdict::{Acceptance, Accepted, DocumentCall, Headers, SetupFault, Verdict, verdict};
pub use wire::Submission;
