//! The HTTPS client: headers of fatoora-api.md section 2, one call per
//! method, no redirects, no retries, no environment proxies, bounded answers,
//! a limit on every wait.

use std::error::Error as _;
use std::fmt;
use std::time::{Duration, Instant};

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response};
use thiserror::Error;
use zeroize::Zeroizing;

use super::credentials::{Credentials, Otp};
use super::csid::{self, CallError, CsidAnswer, Fault, RenewalAnswer};
use super::endpoint::Endpoint;
use super::proxy::Proxy;
use super::tls::{self, TlsError};
use super::verdict::{DocumentCall, Headers, SetupFault, Verdict, verdict};
use super::wire::{self, Submission};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);
/// Sent bytes that nobody acknowledges for so long: the connection is dead.
const DEAD_LINE: Duration = Duration::from_secs(10);
/// Shorter than the gateway keeps a connection, so that we seldom write into
/// one that it is closing.
const POOL_IDLE: Duration = Duration::from_secs(20);
/// Answers without a cleared invoice are a few kilobytes.
const MAX_BODY: usize = 1024 * 1024;
/// `clearedInvoice` is base64 of a document of up to 10 MB.
const MAX_CLEARANCE_BODY: usize = 16 * 1024 * 1024;
/// What is kept of an answer that broke its limit.
const OVERSIZE_KEPT: usize = 64 * 1024;

const ACCEPT_VERSION: HeaderName = HeaderName::from_static("accept-version");
const CLEARANCE_STATUS: HeaderName = HeaderName::from_static("clearance-status");
const OTP: HeaderName = HeaderName::from_static("otp");

/// The platform, ready to be called. Cloning shares the connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    endpoint: Endpoint,
}

/// The client cannot be built as configured.
#[derive(Debug, Error)]
pub enum ClientError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("the HTTP client cannot be set up: {0}")]
    Http(String),
}

/// One attempt with a document: what came, and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub verdict: Verdict,
    /// None when no status line came.
    pub http: Option<u16>,
    pub headers: Headers,
    /// The body as received, up to its limit.
    pub body: Vec<u8>,
    /// From the first byte of the attempt to the last of the answer.
    pub duration_ms: u64,
    /// Why the exchange was not complete, for the record.
    pub error: Option<String>,
}

/// What came over the wire, before anyone says what it means.
struct Received {
    http: u16,
    headers: Headers,
    body: Vec<u8>,
    /// Why the body is not whole.
    broken: Option<Broken>,
}

/// A body that ended before its end.
enum Broken {
    /// The connection broke.
    Off(String),
    /// More came than any true answer has; the rest was not read.
    TooLarge(String),
}

impl Broken {
    fn detail(self) -> String {
        match self {
            Broken::Off(detail) | Broken::TooLarge(detail) => detail,
        }
    }
}

/// Nothing came that could be called an answer.
enum Failure {
    /// Not connected: nothing was sent.
    Offline(String),
    /// The way is wrong, not the document: nothing was sent.
    Setup(SetupFault, String),
    /// Anything later.
    Lost(String),
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.endpoint.base_url()).finish_non_exhaustive()
    }
}

impl Client {
    pub fn new(endpoint: Endpoint) -> Result<Client, ClientError> {
        Client::within(endpoint, TOTAL_TIMEOUT)
    }

    /// As [`Client::new`], with another limit for each call from its beginning
    /// to the last byte of its answer.
    pub fn within(endpoint: Endpoint, total: Duration) -> Result<Client, ClientError> {
        let mut building = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config(endpoint.extra_ca())?)
            .default_headers(common_headers())
            .user_agent(concat!("tilld/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .http1_only()
            // Ahead of the total, so that a connection that never came about is told as such.
            .connect_timeout(CONNECT_TIMEOUT.min(total / 2))
            .timeout(total)
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(4)
            .tcp_nodelay(true)
            .tcp_user_timeout(DEAD_LINE);
        if let Some(proxy) = endpoint.proxy() {
            building = building.proxy(through(proxy)?);
        }
        let http = building.build().map_err(|error| ClientError::Http(described(&error)))?;
        Ok(Client { http, endpoint })
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// `POST /compliance`: CSR and OTP for a compliance CSID.
    pub async fn compliance_csid(&self, csr_pem: &str, otp: &Otp) -> Result<CsidAnswer, CallError> {
        const CALL: &str = "POST /compliance";
        let headers = HeaderMap::from_iter([(OTP, secret_value(otp.digits()))]);
        let received =
            self.csid_call(CALL, Method::POST, "/compliance", headers, wire::csr_body(csr_pem)).await?;
        csid::issued(CALL, received.http, &received.headers, &Zeroizing::new(received.body))
    }

    /// `POST /compliance/invoices`: one compliance check with a compliance CSID.
    pub async fn compliance_check(&self, credentials: &Credentials, submission: &Submission) -> Answer {
        self.document(DocumentCall::Check, credentials, submission).await
    }

    /// `POST /production/csids`: the production CSID for a compliance request
    /// whose checks are done, with the compliance CSID's credentials.
    pub async fn production_csid(
        &self,
        credentials: &Credentials,
        request_id: &str,
    ) -> Result<CsidAnswer, CallError> {
        const CALL: &str = "POST /production/csids";
        let headers = authorization(credentials);
        let body = wire::production_body(request_id);
        let received = self.csid_call(CALL, Method::POST, "/production/csids", headers, body).await?;
        csid::issued(CALL, received.http, &received.headers, &Zeroizing::new(received.body))
    }

    /// `PATCH /production/csids`: renewal, with the old production CSID's credentials.
    pub async fn renew(
        &self,
        credentials: &Credentials,
        csr_pem: &str,
        otp: &Otp,
    ) -> Result<RenewalAnswer, CallError> {
        let mut headers = authorization(credentials);
        headers.insert(OTP, secret_value(otp.digits()));
        let body = wire::csr_body(csr_pem);
        let received = self
            .csid_call("PATCH /production/csids", Method::PATCH, "/production/csids", headers, body)
            .await?;
        csid::renewed(received.http, &received.headers, &Zeroizing::new(received.body))
    }

    /// One call with a document. The outcome is always an answer.
    pub(super) async fn document(
        &self,
        call: DocumentCall,
        credentials: &Credentials,
        submission: &Submission,
    ) -> Answer {
        let mut headers = authorization(credentials);
        let (path, limit) = match call {
            DocumentCall::Check => ("/compliance/invoices", MAX_CLEARANCE_BODY),
            DocumentCall::Reporting => {
                headers.insert(CLEARANCE_STATUS, HeaderValue::from_static("0"));
                ("/invoices/reporting/single", MAX_BODY)
            }
            DocumentCall::Clearance => {
                headers.insert(CLEARANCE_STATUS, HeaderValue::from_static("1"));
                ("/invoices/clearance/single", MAX_CLEARANCE_BODY)
            }
        };
        let begun = Instant::now();
        let outcome = self.exchange(Method::POST, path, headers, submission.body(), limit).await;
        let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        judge(call, outcome, duration_ms)
    }

    async fn csid_call(
        &self,
        call: &'static str,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Received, CallError> {
        let failed = |http, fault| CallError { call, http, fault, messages: Vec::new() };
        match self.exchange(method, path, headers, body, MAX_BODY).await {
            Ok(Received { broken: Some(broken), http, .. }) => {
                Err(failed(Some(http), Fault::Lost(broken.detail())))
            }
            Ok(received) => Ok(received),
            Err(Failure::Offline(detail)) => Err(failed(None, Fault::Offline(detail))),
            Err(Failure::Setup(fault, _)) => Err(failed(None, Fault::Setup(fault))),
            Err(Failure::Lost(detail)) => Err(failed(None, Fault::Lost(detail))),
        }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Vec<u8>,
        limit: usize,
    ) -> Result<Received, Failure> {
        let request = self
            .http
            .request(method, self.endpoint.join(path))
            .headers(headers)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body);
        let response = request.send().await.map_err(failure)?;
        Ok(receive(response, limit).await)
    }
}

/// HTTPS only: plain http never goes to a proxy.
fn through(proxy: &Proxy) -> Result<reqwest::Proxy, ClientError> {
    let through = reqwest::Proxy::https(proxy.address())
        .map_err(|error| ClientError::Http(format!("proxy: {}", described(&error))))?;
    Ok(match proxy.authorization() {
        Some(value) => through.custom_http_auth(secret_value(value)),
        None => through,
    })
}

fn common_headers() -> HeaderMap {
    HeaderMap::from_iter([
        (ACCEPT_VERSION, HeaderValue::from_static("V2")),
        (header::ACCEPT, HeaderValue::from_static("application/json")),
        (header::ACCEPT_LANGUAGE, HeaderValue::from_static("en")),
    ])
}

fn authorization(credentials: &Credentials) -> HeaderMap {
    HeaderMap::from_iter([(header::AUTHORIZATION, secret_value(&credentials.basic()))])
}

/// A header value that the HTTP library keeps out of its own Debug output.
fn secret_value(text: &str) -> HeaderValue {
    // Base64 and digits are always valid; an empty value draws a 401 like any wrong one.
    let mut value = HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

async fn receive(mut response: Response, limit: usize) -> Received {
    let http = response.status().as_u16();
    let headers = matter(response.headers());
    let mut body = Vec::new();
    let broken = loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limit => {
                body.extend_from_slice(&chunk);
                body.truncate(OVERSIZE_KEPT);
                break Some(Broken::TooLarge(format!("the answer is larger than {limit} bytes")));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break None,
            Err(error) => break Some(Broken::Off(described(&error))),
        }
    };
    Received { http, headers, body, broken }
}

fn matter(headers: &HeaderMap) -> Headers {
    let text = |name: HeaderName| {
        let value = headers.get(name)?.as_bytes();
        Some(String::from_utf8_lossy(&value[..value.len().min(500)]).into_owned())
    };
    Headers {
        content_type: text(header::CONTENT_TYPE),
        date: text(header::DATE),
        retry_after: text(header::RETRY_AFTER),
        location: text(header::LOCATION),
    }
}

fn failure(error: reqwest::Error) -> Failure {
    let detail = described(&error);
    let fault = tls::fault(&error).or_else(|| asks_for_credentials(&detail).then_some(SetupFault::Proxy));
    if let Some(fault) = fault {
        Failure::Setup(fault, detail)
    } else if error.is_connect() {
        Failure::Offline(detail)
    } else {
        Failure::Lost(detail)
    }
}

/// The proxy's 407; the HTTP library has no other word for it.
fn asks_for_credentials(detail: &str) -> bool {
    detail.contains("proxy authorization required")
}

/// The chain of causes in one line. Addresses stay out: they are in the settings.
fn described(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "timed out".to_owned() } else { String::new() };
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    if text.is_empty() { "the request could not be sent".to_owned() } else { text }
}

fn judge(call: DocumentCall, outcome: Result<Received, Failure>, duration_ms: u64) -> Answer {
    let nothing = |verdict, detail| Answer {
        verdict,
        http: None,
        headers: Headers::default(),
        body: Vec::new(),
        duration_ms,
        error: Some(detail),
    };
    match outcome {
        Err(Failure::Offline(detail)) => nothing(Verdict::Offline, detail),
        Err(Failure::Setup(fault, detail)) => nothing(Verdict::Setup(fault), detail),
        Err(Failure::Lost(detail)) => nothing(Verdict::Lost, detail),
        Ok(Received { http, headers, body, broken }) => {
            let mut verdict = verdict(call, http, &headers, &body);
            if matches!(broken, Some(Broken::Off(_)))
                && matches!(verdict, Verdict::Unknown | Verdict::Protocol { .. })
            {
                // The words that would have said what happened did not arrive.
                verdict = Verdict::Lost;
            }
            let error = broken.map(Broken::detail).or_else(|| redirected(http, &headers));
            Answer { verdict, http: Some(http), headers, body, duration_ms, error }
        }
    }
}

/// Why a redirect is no answer. Documents and credentials go to the configured
/// address alone.
fn redirected(http: u16, headers: &Headers) -> Option<String> {
    let to = headers.location.as_deref().filter(|_| (300..400).contains(&http))?;
    Some(format!("HTTP {http} points to {to:?}, which is not followed: nothing was sent there"))
}
