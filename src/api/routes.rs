//! The routes: from a request to a call of the till, and from its answer to
//! bytes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, Query, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::gate::{self, Gate, Limits};
use super::problem::{Problem, ProblemCode};
use super::service::{Caller, Form, Found, Idempotency, Lookup, SaleOrder, Sold, Till};
use super::{IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, wire};
use crate::chain::Icv;
use crate::invoice::{self, Finding};
use crate::text::Bilingual;

struct Api<T> {
    till: Arc<T>,
    answer_within: Duration,
    /// One verification at a time: it reads the whole ledger.
    verifying: Semaphore,
}

type Shared<T> = State<Arc<Api<T>>>;

/// The whole interface over a till.
pub fn router<T: Till>(till: Arc<T>, limits: Limits) -> Router {
    let answer_within = limits.answer_within;
    let api = Arc::new(Api { till, answer_within, verifying: Semaphore::new(1) });
    let gate = Arc::new(Gate::new(limits));
    Router::new()
        .route("/v1/sales", post(sell::<T>).get(search::<T>))
        .route("/v1/sales/{document}", get(document::<T>))
        .route("/v1/sales/{document}/reprint", post(reprint::<T>))
        .route("/v1/status", get(status::<T>))
        .route("/v1/verify", get(verify::<T>))
        .route("/v1/sync", post(sync::<T>))
        .fallback(async || Problem::from(ProblemCode::NoSuchRoute))
        // The gate has measured the body already.
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(axum::middleware::from_fn_with_state(gate, gate::pass))
        .with_state(api)
}

async fn sell<T: Till>(
    State(api): Shared<T>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    json_only(&headers)?;
    let idempotency = Idempotency { key, body_sha256: Sha256::digest(&body).into() };
    let sold = match invoice::read_sale(&body) {
        Ok(draft) => {
            let order = SaleOrder { draft, idempotency, caller: caller(&extensions) };
            api.within(api.till.sell(order)).await?
        }
        // A sale that an earlier version accepted is answered for ever, whatever
        // the rules say today.
        Err(findings) => match api.within(api.till.recall(idempotency)).await? {
            Some(sold) => sold,
            None => return Err(refused(&body, findings)),
        },
    };
    answer_sale(&sold)
}

fn answer_sale(sold: &Sold) -> Result<Response, Problem> {
    let mut response = json(StatusCode::CREATED, &wire::Sale::from(&sold.sale))?;
    if sold.replayed {
        response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// What is no JSON at all is told apart from a sale that breaks rules.
fn refused(body: &[u8], findings: Vec<Finding>) -> Problem {
    let json = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
    let code = if json { ProblemCode::InvalidSale } else { ProblemCode::MalformedJson };
    Problem { findings, ..Problem::from(code) }
}

async fn search<T: Till>(State(api): Shared<T>, uri: Uri) -> Result<Response, Problem> {
    let lookup = lookup(&uri)?;
    let found = api.within(api.till.find(lookup)).await?;
    let sales = found.iter().map(wire::Found::from).collect();
    json(StatusCode::OK, &wire::FoundList { sales })
}

/// Exactly one of the three ways to search; anything else is refused rather
/// than ignored.
fn lookup(uri: &Uri) -> Result<Lookup, Problem> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
        .map_err(|_| Problem::from(ProblemCode::BadRequest))?;
    match pairs.as_slice() {
        [(name, value)] if value.is_empty() || value.len() > 4096 || value.contains('\0') => {
            Err(Problem::explained(
                ProblemCode::BadRequest,
                Bilingual::new(
                    format!("The value of {name:?} is empty or cannot be looked up."),
                    "قيمة البحث فارغة أو لا يمكن البحث بها.",
                ),
            ))
        }
        [(name, value)] if name == "reference" => Ok(Lookup::Reference(value.clone())),
        [(name, value)] if name == "number" => Ok(Lookup::Number(value.clone())),
        [(name, value)] if name == "icv" => {
            let icv = value.parse().ok().and_then(Icv::new);
            icv.map(Lookup::Icv).ok_or_else(|| ProblemCode::BadRequest.into())
        }
        _ => Err(ProblemCode::BadRequest.into()),
    }
}

/// `/v1/sales/UUID` and the same with `.xml`, `.png` or `.escpos`.
async fn document<T: Till>(State(api): Shared<T>, path: Option<Path<String>>) -> Result<Response, Problem> {
    let Some(Path(name)) = path else { return Err(ProblemCode::NoSuchDocument.into()) };
    let (uuid, form) = match name.split_once('.') {
        None => (uuid(&name)?, None),
        Some((name, "xml")) => (uuid(name)?, Some(Form::Xml)),
        Some((name, "png")) => (uuid(name)?, Some(Form::Png)),
        Some((name, "escpos")) => (uuid(name)?, Some(Form::Escpos)),
        Some(_) => return Err(ProblemCode::NoSuchDocument.into()),
    };
    let Some(form) = form else {
        let found = api.within(api.till.find(Lookup::Uuid(uuid))).await?;
        return answer_found(found.first());
    };
    let bytes = api.within(api.till.document(uuid, form)).await?;
    let bytes = bytes.ok_or(Problem::from(ProblemCode::NoSuchDocument))?;
    let kind = match form {
        Form::Xml => "application/xml",
        Form::Png => "image/png",
        Form::Escpos => "application/octet-stream",
    };
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], bytes).into_response())
}

fn answer_found(found: Option<&Found>) -> Result<Response, Problem> {
    let found = found.ok_or(Problem::from(ProblemCode::NoSuchDocument))?;
    json(StatusCode::OK, &wire::Found::from(found))
}

async fn reprint<T: Till>(
    State(api): Shared<T>,
    extensions: Extensions,
    path: Option<Path<String>>,
) -> Result<Response, Problem> {
    let Some(Path(name)) = path else { return Err(ProblemCode::NoSuchDocument.into()) };
    let uuid = uuid(&name)?;
    if !api.within(api.till.reprint(uuid, caller(&extensions))).await? {
        return Err(ProblemCode::NoSuchDocument.into());
    }
    let print = wire::Print { state: "Pending".to_owned() };
    json(StatusCode::ACCEPTED, &wire::Reprinted { uuid: uuid.to_string(), print })
}

async fn status<T: Till>(State(api): Shared<T>) -> Result<Response, Problem> {
    json(StatusCode::OK, &api.within(api.till.status()).await?)
}

async fn verify<T: Till>(State(api): Shared<T>) -> Result<Response, Problem> {
    let _one = api.verifying.try_acquire().map_err(|_| Problem::from(ProblemCode::VerifyRunning))?;
    json(StatusCode::OK, &api.till.verify().await?)
}

async fn sync<T: Till>(State(api): Shared<T>, extensions: Extensions) -> Result<Response, Problem> {
    let waiting = api.within(api.till.sync(caller(&extensions))).await?;
    json(StatusCode::ACCEPTED, &wire::Synced { waiting })
}

impl<T: Till> Api<T> {
    async fn within<R>(&self, answer: impl Future<Output = Result<R, super::Refusal>>) -> Result<R, Problem> {
        match tokio::time::timeout(self.answer_within, answer).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(ProblemCode::Timeout.into()),
        }
    }
}

fn caller(extensions: &Extensions) -> Caller {
    extensions.get::<ConnectInfo<Caller>>().map_or_else(Caller::default, |info| info.0)
}

fn idempotency_key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first else { return Err(ProblemCode::KeyMissing.into()) };
    let text = value.to_str().unwrap_or_default();
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if second.is_some() || !visible || !(1..=127).contains(&text.len()) {
        return Err(ProblemCode::KeyMalformed.into());
    }
    Ok(text.to_owned())
}

/// `application/json`, in UTF-8 if it says, and not compressed.
fn json_only(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (kind, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    let parameter = parameters.trim().to_ascii_lowercase().replace('"', "");
    let json = kind.trim().eq_ignore_ascii_case("application/json");
    let plain = headers.get(header::CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
    if json && plain && matches!(parameter.as_str(), "" | "charset=utf-8") {
        return Ok(());
    }
    Err(ProblemCode::MediaType.into())
}

/// A UUID in its usual form of 36 characters.
fn uuid(text: &str) -> Result<Uuid, Problem> {
    let usual = (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten();
    usual.ok_or_else(|| ProblemCode::NoSuchDocument.into())
}

fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(body).map_err(|error| {
        tracing::error!(%error, "an answer could not be written as JSON");
        Problem::from(ProblemCode::Internal)
    })?;
    let kind = HeaderValue::from_static("application/json");
    Ok((status, [(header::CONTENT_TYPE, kind)], bytes).into_response())
}
