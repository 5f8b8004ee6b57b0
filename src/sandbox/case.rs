//! One call as it came in: what can be told before it is evaluated, and its evaluation in the order of the real
//! gateway.

use axum::body::{Body, Bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use serde_json::Value;

use super::authority::CsidKind;
use super::book::Endpoint;
use super::environment::Environment;
use super::judge::{Findings, Paper};
use super::office::{Note, Office, Outcome};
use super::{digest, documents, dom, identity};

/// A refusal of the gateway itself: status, error and message.
#[derive(Clone, Copy)]
pub(super) struct Refusal(pub(super) u16, pub(super) &'static str, pub(super) &'static str);

impl Refusal {
    pub(super) fn outcome(self, now: i64) -> Outcome {
        Outcome::gateway(self.0, self.1, self.2, now)
    }
}

/// A call with its body.
pub(super) struct Case {
    pub(super) env: Environment,
    pub(super) endpoint: Endpoint,
    parts: Parts,
    body: Result<Bytes, Refusal>,
    /// The body's JSON object.
    value: Option<Value>,
}

impl Case {
    /// Takes the body in, up to the limit.
    pub(super) async fn take(
        env: Environment,
        endpoint: Endpoint,
        parts: Parts,
        body: Body,
        limit: usize,
    ) -> Case {
        let body = read_body(&parts, body, limit).await;
        let value = body.as_ref().ok().and_then(|bytes| serde_json::from_slice(bytes).ok());
        Case { env, endpoint, parts, body, value: value.filter(Value::is_object) }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.value.as_ref()?.get(name)?.as_str()
    }

    /// The document's UUID as the body states it.
    pub(super) fn uuid(&self) -> Option<&str> {
        self.text("uuid")
    }

    /// The document's ICV, read from the document.
    pub(super) fn icv(&self) -> Option<u64> {
        let bytes = digest::from_base64(self.text("invoice")?)?;
        Paper::read(dom::parse(&bytes).ok()?).icv.parse().ok()
    }

    /// What a repetition of this call has in common with it: endpoint and document, or endpoint and body.
    pub(super) fn about(&self) -> [u8; 32] {
        let mut about = format!("{} {} ", self.env, self.endpoint.name()).into_bytes();
        match (self.uuid(), self.text("invoiceHash")) {
            (Some(uuid), Some(hash)) => about.extend_from_slice(format!("{uuid} {hash}").as_bytes()),
            _ => about.extend_from_slice(self.body.as_deref().unwrap_or_default()),
        }
        digest::sha256(&about)
    }

    /// What the book can say of a call that was not evaluated.
    pub(super) fn note(&self, icv: Option<u64>) -> Note {
        Note { uuid: self.uuid().map(str::to_owned), icv, ..Note::default() }
    }

    /// Whether it brings a document.
    pub(super) fn brings_document(&self) -> bool {
        matches!(self.endpoint, Endpoint::Check | Endpoint::Reporting | Endpoint::Clearance)
    }

    /// Evaluates the call. `scripted`: findings of a fault script, added to those of a document.
    pub(super) fn evaluate(&self, office: &Office, scripted: &Findings) -> Outcome {
        let now = office.now();
        if self.header("accept-version") != Some("V2") {
            let message = "This Version is not supported or not provided";
            return Outcome::gateway(406, "Not Acceptable", message, now);
        }
        let media = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        if !media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
            let message = "Content-Type must be application/json";
            return Outcome::gateway(415, "Unsupported Media Type", message, now);
        }
        if let Err(refusal) = self.body {
            return refusal.outcome(now);
        }
        let who = match self.sender(office) {
            Ok(who) => who,
            Err(reason) => {
                let message = "the credentials are missing or not accepted here";
                return Outcome::gateway(401, "Unauthorized", message, now).because(reason);
            }
        };
        let Some(value) = &self.value else {
            return Outcome::errors(400, "Invalid-Request", "the body is no JSON object");
        };
        let csid = office.desk().registry.get(who).map(|c| c.csid().to_owned());
        let (env, otp) = (self.env, self.header("otp"));
        let mut outcome = match self.endpoint {
            Endpoint::Compliance => identity::compliance(office, env, otp, value),
            Endpoint::Production => identity::production(office, env, who, value),
            Endpoint::Renewal => identity::renewal(office, env, who, otp, value),
            Endpoint::Check | Endpoint::Reporting | Endpoint::Clearance => {
                let status = self.header("clearance-status");
                documents::submit(office, env, self.endpoint, who, status, value, scripted)
            }
        };
        outcome.note.csid = outcome.note.csid.or(csid);
        outcome
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }

    /// The credential behind Basic auth, of a kind that the endpoint takes, or why there is none. `POST
    /// /compliance` needs none: any position will do, since it is not looked at.
    pub(super) fn sender(&self, office: &Office) -> Result<usize, &'static str> {
        if self.endpoint == Endpoint::Compliance {
            return Ok(usize::MAX);
        }
        let header = self.header(AUTHORIZATION.as_str()).ok_or("there are no credentials")?;
        let (token, secret) = basic(header).ok_or("the credentials are no Basic user and password")?;
        let desk = office.desk();
        let found = desk.registry.authenticate(self.env, &token, &secret, office.now());
        let who = found.map_err(|stranger| stranger.words())?;
        let kind = desk.registry.get(who).map(|c| c.kind);
        match self.endpoint {
            Endpoint::Production if kind != Some(CsidKind::Compliance) => {
                Err("a production CSID is asked for with a compliance CSID")
            }
            Endpoint::Renewal | Endpoint::Reporting | Endpoint::Clearance
                if kind != Some(CsidKind::Production) =>
            {
                Err("a compliance CSID is not accepted here")
            }
            _ => Ok(who),
        }
    }
}

fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    let decoded = String::from_utf8(digest::from_base64(encoded.trim())?).ok()?;
    let (token, secret) = decoded.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| (token.to_owned(), secret.to_owned()))
}

/// The body, unless it is larger than the limit or says so.
pub(super) async fn read_body(parts: &Parts, body: Body, limit: usize) -> Result<Bytes, Refusal> {
    const TOO_LARGE: Refusal = Refusal(413, "Payload Too Large", "the body is too large");
    let stated = parts.headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if stated.is_some_and(|length| length > limit as u64) {
        return Err(TOO_LARGE);
    }
    axum::body::to_bytes(body, limit).await.map_err(|_| TOO_LARGE)
}
