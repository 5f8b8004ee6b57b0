//! The client of the API over its Unix socket, for the command line and tests.

mod events;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::service::Lookup;
use super::wire::{
    ActivityList, AttemptList, Found, FoundList, Identity, IdentityDone, ProblemReply, QueueList, ReasonList,
    Released, Reprinted, Sale, Status, Synced, Verification, WarningList,
};
use super::{IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED};

/// Longer than the till's own limit with the longest wait for a clearance, so
/// that its words arrive.
const ANSWER_WITHIN: Duration = Duration::from_secs(105);
/// An onboarding with its checks over a slow line, behind the draining of the queue.
const IDENTITY_WITHIN: Duration = Duration::from_secs(30 * 60);

pub use events::Follower;

/// Why the daemon's answer is not there.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error(
        "tilld is not running: nobody answers on {0}\n\
         Start it with `tilld serve --config FILE` or `systemctl start tilld`, \
         or name its socket with --socket."
    )]
    NotRunning(PathBuf),
    #[error(
        "you may not use the socket {0}\n\
         Ask for your user to be put into the group of that file, then sign in again."
    )]
    Denied(PathBuf),
    #[error("{}", said(.0))]
    Refused(Box<ProblemReply>),
    #[error("the connection to tilld broke ({0})\nWhether the request was carried out is not known.")]
    Broken(String),
    #[error("tilld answered {0} with something that this version does not understand")]
    NotUnderstood(u16),
    #[error("the client cannot be set up ({0})")]
    Setup(String),
}

/// A problem as lines for a person.
fn said(problem: &ProblemReply) -> String {
    let mut text = format!("{}\n{}", problem.title, problem.detail);
    for finding in &problem.findings {
        let field = if finding.field.is_empty() { "the request" } else { &finding.field };
        text.push_str(&format!(
            "\n  {field}: {} [{}]\n    {}",
            finding.message.en, finding.rule, finding.remedy.en
        ));
    }
    text
}

/// The answer to a sale, a credit or a correction.
#[derive(Clone, Debug)]
pub struct SaleReply {
    pub sale: Sale,
    /// The very bytes of the answer.
    pub body: Vec<u8>,
    /// The sale was made by an earlier request.
    pub replayed: bool,
}

/// A client of one till.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    socket: PathBuf,
}

struct Reply {
    status: StatusCode,
    replayed: bool,
    body: Vec<u8>,
}

impl Client {
    /// A client of the till at that socket; connects only when asked something.
    ///
    /// # Errors
    /// If the HTTP library cannot be set up.
    pub fn new(socket: &Path) -> Result<Client, ClientError> {
        let setup = |error: &dyn std::fmt::Display| ClientError::Setup(error.to_string());
        // The library wants TLS even for a socket that never uses it: it gets
        // one that trusts nobody, which costs no reading of certificates.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| setup(&error))?
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .unix_socket(socket)
            .no_proxy()
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| setup(&error))?;
        Ok(Client { http, socket: socket.to_owned() })
    }

    /// Makes a sale, or gets the answer again of one made under this key.
    ///
    /// # Errors
    /// As each method here: [`ClientError`].
    pub async fn sell(&self, key: &str, body: Vec<u8>) -> Result<SaleReply, ClientError> {
        self.issue("/v1/sales", key, body).await
    }

    /// Makes a credit note, under a key as a sale.
    pub async fn credit(&self, key: &str, body: Vec<u8>) -> Result<SaleReply, ClientError> {
        self.issue("/v1/credits", key, body).await
    }

    /// Issues a rejected document once more, under a key as a sale.
    pub async fn correct(&self, key: &str, body: Vec<u8>) -> Result<SaleReply, ClientError> {
        self.issue("/v1/corrections", key, body).await
    }

    /// The reasons that a credit may name by a code.
    pub async fn reasons(&self) -> Result<ReasonList, ClientError> {
        let request = self.request(Method::GET, "/v1/reasons");
        read(&self.send(request.timeout(ANSWER_WITHIN)).await?)
    }

    async fn issue(&self, path: &str, key: &str, body: Vec<u8>) -> Result<SaleReply, ClientError> {
        let request = self
            .request(Method::POST, path)
            .timeout(ANSWER_WITHIN)
            .header(IDEMPOTENCY_KEY, key)
            .header("content-type", "application/json")
            .body(body);
        let reply = self.send(request).await?;
        let sale = read(&reply)?;
        Ok(SaleReply { sale, body: reply.body, replayed: reply.replayed })
    }

    /// All documents that answer to it, the latest first.
    pub async fn find(&self, by: &Lookup) -> Result<Vec<Found>, ClientError> {
        let request = match by {
            Lookup::Uuid(uuid) => {
                let request = self.request(Method::GET, &format!("/v1/sales/{uuid}"));
                return match self.send(request.timeout(ANSWER_WITHIN)).await {
                    Ok(reply) => Ok(vec![read(&reply)?]),
                    Err(ClientError::Refused(problem)) if problem.code == "no-such-document" => {
                        Ok(Vec::new())
                    }
                    Err(error) => Err(error),
                };
            }
            Lookup::Number(number) => self.search("number", number),
            Lookup::Reference(reference) => self.search("reference", reference),
            Lookup::Icv(icv) => self.search("icv", &icv.to_string()),
            Lookup::Qr(text) => self.search("qr", text),
        };
        let list: FoundList = read(&self.send(request.timeout(ANSWER_WITHIN)).await?)?;
        Ok(list.sales)
    }

    /// The bytes of a document: `ending` is `xml`, `png` or `escpos`.
    pub async fn document(&self, uuid: &str, ending: &str) -> Result<Vec<u8>, ClientError> {
        let request = self.request(Method::GET, &format!("/v1/sales/{uuid}.{ending}"));
        Ok(self.send(request.timeout(ANSWER_WITHIN)).await?.body)
    }

    /// The newest entries of the activity log, newest first.
    pub async fn activities(&self, limit: usize) -> Result<ActivityList, ClientError> {
        let request = self.request(Method::GET, &format!("/v1/activities?limit={limit}"));
        read(&self.send(request.timeout(ANSWER_WITHIN)).await?)
    }

    /// How the till is.
    pub async fn status(&self) -> Result<Status, ClientError> {
        let request = self.request(Method::GET, "/v1/status");
        read(&self.send(request.timeout(ANSWER_WITHIN)).await?)
    }

    /// Checks every stored document anew; waits as long as that takes.
    pub async fn verify(&self) -> Result<Verification, ClientError> {
        read(&self.send(self.request(Method::GET, "/v1/verify")).await?)
    }

    /// Prints a copy.
    pub async fn reprint(&self, uuid: &str) -> Result<Reprinted, ClientError> {
        let request = self.request(Method::POST, &format!("/v1/sales/{uuid}/reprint"));
        read(&self.send(request.timeout(ANSWER_WITHIN)).await?)
    }

    /// A page of what waits; `after` is the `next` of the page before.
    pub async fn queue(
        &self,
        state: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<QueueList, ClientError> {
        let part = |name: &str, value: Option<&str>| {
            value.map(|value| format!("&{name}={value}")).unwrap_or_default()
        };
        let path = format!("/v1/queue?limit={limit}{}{}", part("state", state), part("after", after));
        read(&self.send(self.request(Method::GET, &path).timeout(ANSWER_WITHIN)).await?)
    }

    /// Sends what waits.
    pub async fn sync(&self) -> Result<Synced, ClientError> {
        let request = self.request(Method::POST, "/v1/sync");
        read(&self.send(request.timeout(ANSWER_WITHIN)).await?)
    }

    /// Every attempt to send a document.
    pub async fn attempts(&self, uuid: &str) -> Result<AttemptList, ClientError> {
        let request = self.request(Method::GET, &format!("/v1/sales/{uuid}/attempts"));
        read(&self.send(request.timeout(ANSWER_WITHIN)).await?)
    }

    /// Lets a held document go again.
    pub async fn release(&self, uuid: &str) -> Result<Released, ClientError> {
        let request = self.request(Method::POST, &format!("/v1/sales/{uuid}/release"));
        read(&self.send(request.timeout(ANSWER_WITHIN)).await?)
    }

    /// What the authority warned of in documents that it accepted.
    pub async fn warnings(&self) -> Result<WarningList, ClientError> {
        let request = self.request(Method::GET, "/v1/warnings");
        read(&self.send(request.timeout(ANSWER_WITHIN)).await?)
    }

    /// What is known of the till's identity.
    pub async fn identity(&self) -> Result<Identity, ClientError> {
        let request = self.request(Method::GET, "/v1/identity");
        read(&self.send(request.timeout(ANSWER_WITHIN)).await?)
    }

    /// Onboards the till, or replaces its identity if `replace` repeats its name;
    /// waits as long as that takes.
    pub async fn onboard(
        &self,
        otp: Option<&Zeroizing<String>>,
        replace: Option<&str>,
    ) -> Result<IdentityDone, ClientError> {
        self.change_identity("/v1/identity/onboarding", otp, replace).await
    }

    /// Renews the till's certificate; waits as long as that takes.
    pub async fn renew(&self, otp: Option<&Zeroizing<String>>) -> Result<IdentityDone, ClientError> {
        self.change_identity("/v1/identity/renewal", otp, None).await
    }

    async fn change_identity(
        &self,
        path: &str,
        otp: Option<&Zeroizing<String>>,
        replace: Option<&str>,
    ) -> Result<IdentityDone, ClientError> {
        #[derive(serde::Serialize)]
        struct Order<'a> {
            #[serde(skip_serializing_if = "Option::is_none")]
            otp: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            replace: Option<&'a str>,
        }
        let order = Order { otp: otp.map(|otp| otp.as_str()), replace };
        // Room for all of it from the start: growing would leave copies behind.
        let mut body = Zeroizing::new(Vec::with_capacity(1024 + replace.map_or(0, |name| name.len() * 6)));
        serde_json::to_writer(&mut *body, &order).map_err(|error| ClientError::Setup(error.to_string()))?;
        let request = self
            .request(Method::POST, path)
            .timeout(IDENTITY_WITHIN)
            .header("content-type", "application/json")
            .body(Bytes::from_owner(body));
        read(&self.send(request).await?)
    }

    /// The host is only a name for the header: everything goes to the socket.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://tilld{path}"))
    }

    fn search(&self, name: &str, value: &str) -> RequestBuilder {
        self.request(Method::GET, &format!("/v1/sales?{name}={}", encoded(value)))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Reply, ClientError> {
        let response = request.send().await.map_err(|error| self.failed(&error))?;
        let status = response.status();
        let replayed = response.headers().contains_key(IDEMPOTENCY_REPLAYED);
        let body = response.bytes().await.map_err(|error| self.failed(&error))?.to_vec();
        if status.is_success() {
            return Ok(Reply { status, replayed, body });
        }
        match serde_json::from_slice(&body) {
            Ok(problem) => Err(ClientError::Refused(Box::new(problem))),
            Err(_) => Err(ClientError::NotUnderstood(status.as_u16())),
        }
    }

    /// What a failed connection means is in the deepest cause.
    fn failed(&self, error: &reqwest::Error) -> ClientError {
        let mut cause: &dyn std::error::Error = error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        let kind = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        match kind {
            Some(std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused) => {
                ClientError::NotRunning(self.socket.clone())
            }
            Some(std::io::ErrorKind::PermissionDenied) => ClientError::Denied(self.socket.clone()),
            _ if error.is_timeout() => ClientError::Broken("no answer in time".to_owned()),
            _ => ClientError::Broken(cause.to_string()),
        }
    }
}

fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T, ClientError> {
    serde_json::from_slice(&reply.body).map_err(|_| ClientError::NotUnderstood(reply.status.as_u16()))
}

/// Percent-encodes all but the characters that a query always may hold.
fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
