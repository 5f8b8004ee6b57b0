//! The HTTP face: routes, headers and limits in the order of the real gateway, then the calls themselves.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use serde_json::Value;

use super::authority::CsidKind;
use super::book::Endpoint;
use super::faults::{FaultAction, FaultRule};
use super::office::{Office, Outcome};
use super::settings::Environment;
use super::wire::Kill;
use super::{admin, digest, documents, identity};

/// The service that answers everything.
pub(super) fn router(office: Arc<Office>) -> Router {
    Router::new().fallback(answer).with_state(office)
}

async fn answer(
    State(office): State<Arc<Office>>,
    ConnectInfo(kill): ConnectInfo<Kill>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if let Some(tail) = parts.uri.path().strip_prefix("/admin/") {
        return match read_body(&parts, body, office.config.max_body).await {
            Ok(bytes) => {
                let (status, value) = admin::answer(&office, &parts.method, tail, &bytes);
                json_response(status, &value)
            }
            Err(refusal) => respond(&refusal.outcome(office.config.now())),
        };
    }
    let (env, endpoint) = match route(&parts) {
        Ok(found) => found,
        Err(refusal) => return respond(&refusal.outcome(office.config.now())),
    };
    let fault = office.desk().faults.draw(endpoint);
    if let Some(rule) = &fault
        && let Some(response) = play_before(rule, &kill)
    {
        let outcome = Outcome::new(response.status().as_u16(), Value::Null, Default::default());
        record(&office, env, endpoint, &outcome, fault.as_ref());
        return response;
    }
    let outcome = evaluate(&office, env, endpoint, &parts, body).await;
    record(&office, env, endpoint, &outcome, fault.as_ref());
    match fault {
        Some(rule) => play_after(&rule, respond(&outcome)).await,
        None => respond(&outcome),
    }
}

fn record(
    office: &Office,
    env: Environment,
    endpoint: Endpoint,
    outcome: &Outcome,
    fault: Option<&FaultRule>,
) {
    let call = outcome.call(env, endpoint, office.config.now(), fault.map(|rule| rule.action.name()));
    office.desk().book.record(call);
}

/// A refusal of the gateway itself: status, error and message.
struct Refusal(u16, &'static str, &'static str);

impl Refusal {
    fn outcome(&self, now: i64) -> Outcome {
        Outcome::gateway(self.0, self.1, self.2, now)
    }
}

/// Environment and endpoint of a path; 404 for another path, 405 for another method.
fn route(parts: &Parts) -> Result<(Environment, Endpoint), Refusal> {
    let path = parts.uri.path();
    let found = Environment::ALL.into_iter().find_map(|env| {
        let tail = path.strip_prefix(env.prefix())?;
        let endpoints: &[(Method, Endpoint)] = match tail {
            "/compliance" => &[(Method::POST, Endpoint::Compliance)],
            "/compliance/invoices" => &[(Method::POST, Endpoint::Check)],
            "/production/csids" => {
                &[(Method::POST, Endpoint::Production), (Method::PATCH, Endpoint::Renewal)]
            }
            "/invoices/reporting/single" => &[(Method::POST, Endpoint::Reporting)],
            "/invoices/clearance/single" => &[(Method::POST, Endpoint::Clearance)],
            _ => return None,
        };
        Some((env, endpoints))
    });
    let Some((env, endpoints)) = found else {
        return Err(Refusal(404, "Not Found", "No such path"));
    };
    match endpoints.iter().find(|(method, _)| *method == parts.method) {
        Some((_, endpoint)) => Ok((env, *endpoint)),
        None => Err(Refusal(405, "Method Not Allowed", "No such method here")),
    }
}

async fn evaluate(
    office: &Office,
    env: Environment,
    endpoint: Endpoint,
    parts: &Parts,
    body: Body,
) -> Outcome {
    let header = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim);
    let now = office.config.now();
    if header("accept-version") != Some("V2") {
        return Outcome::gateway(406, "Not Acceptable", "This Version is not supported or not provided", now);
    }
    let media = header(CONTENT_TYPE.as_str()).unwrap_or_default();
    if !media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Outcome::gateway(415, "Unsupported Media Type", "Content-Type must be application/json", now);
    }
    let bytes = match read_body(parts, body, office.config.max_body).await {
        Ok(bytes) => bytes,
        Err(refusal) => return refusal.outcome(now),
    };
    let who = match authenticate(office, env, endpoint, parts) {
        Ok(who) => who,
        Err(refusal) => return refusal.outcome(now),
    };
    let value: Value = match serde_json::from_slice(&bytes) {
        Ok(value @ Value::Object(_)) => value,
        _ => return Outcome::errors(400, "Invalid-Request", "the body is no JSON object"),
    };
    let csid = office.desk().registry.get(who).map(|c| c.csid().to_owned());
    let mut outcome = match endpoint {
        Endpoint::Compliance => identity::compliance(office, env, header("otp"), &value),
        Endpoint::Production => identity::production(office, env, who, &value),
        Endpoint::Renewal => identity::renewal(office, env, who, header("otp"), &value),
        Endpoint::Check | Endpoint::Reporting | Endpoint::Clearance => {
            documents::submit(office, env, endpoint, who, header("clearance-status"), &value)
        }
    };
    outcome.note.csid = outcome.note.csid.or(csid);
    outcome
}

async fn read_body(parts: &Parts, body: Body, limit: usize) -> Result<Bytes, Refusal> {
    let too_large = || Refusal(413, "Payload Too Large", "the body is too large");
    let stated = parts.headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if stated.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    axum::body::to_bytes(body, limit).await.map_err(|_| too_large())
}

/// The credential behind Basic auth, of a kind that the endpoint takes. `POST /compliance` needs none: any
/// position will do, since it is not looked at.
fn authenticate(
    office: &Office,
    env: Environment,
    endpoint: Endpoint,
    parts: &Parts,
) -> Result<usize, Refusal> {
    if endpoint == Endpoint::Compliance {
        return Ok(usize::MAX);
    }
    let now = office.config.now();
    let refused = || Refusal(401, "Unauthorized", "the credentials are missing or not accepted here");
    let header = parts.headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).ok_or_else(refused)?;
    let (scheme, encoded) = header.trim().split_once(' ').ok_or_else(refused)?;
    let decoded = digest::from_base64(encoded.trim()).and_then(|b| String::from_utf8(b).ok());
    let decoded = decoded.filter(|_| scheme.eq_ignore_ascii_case("basic")).ok_or_else(refused)?;
    let (token, secret) = decoded.split_once(':').ok_or_else(refused)?;
    let desk = office.desk();
    let who = desk.registry.authenticate(env, token, secret, now).ok_or_else(refused)?;
    let kind = desk.registry.get(who).map(|c| c.kind);
    let suits = match endpoint {
        Endpoint::Compliance | Endpoint::Check => true,
        Endpoint::Production => kind == Some(CsidKind::Compliance),
        Endpoint::Renewal | Endpoint::Reporting | Endpoint::Clearance => kind == Some(CsidKind::Production),
    };
    if suits { Ok(who) } else { Err(refused()) }
}

/// Faults that are played instead of evaluating.
fn play_before(rule: &FaultRule, kill: &Kill) -> Option<Response> {
    match rule.action {
        FaultAction::Drop => {
            kill.cut();
            Some(html(503, "dropped"))
        }
        FaultAction::Html503 => Some(html(503, "Service Temporarily Unavailable")),
        FaultAction::Unauthorized => Some(respond(&Outcome::gateway(401, "Unauthorized", "fault script", 0))),
        FaultAction::TooMany => {
            let mut response = respond(&Outcome::gateway(429, "Too Many Requests", "fault script", 0));
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(rule.retry_after));
            Some(response)
        }
        FaultAction::Lost504 | FaultAction::Slow => None,
    }
}

/// Faults that are played on a finished answer.
async fn play_after(rule: &FaultRule, response: Response) -> Response {
    match rule.action {
        FaultAction::Lost504 => html(504, "Gateway Time-out"),
        FaultAction::Slow => {
            tokio::time::sleep(Duration::from_millis(u64::from(rule.milliseconds))).await;
            response
        }
        _ => response,
    }
}

fn respond(outcome: &Outcome) -> Response {
    json_response(outcome.status, &outcome.body)
}

fn json_response(status: u16, body: &Value) -> Response {
    with_type(status, "application/json", body.to_string())
}

fn html(status: u16, title: &str) -> Response {
    let page = format!(
        "<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n\
         <center><h1>{status} {title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    with_type(status, "text/html", page)
}

fn with_type(status: u16, media: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}
