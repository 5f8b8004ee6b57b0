//! The routes: from a request to a call of the till, and from its answer to
//! bytes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{Extensions, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::attention;
use super::events;
use super::evidence;
use super::gate::{self, Gate, Limits};
use super::identity;
use super::issue::{self, caller};
use super::problem::{Problem, ProblemCode};
use super::service::{Form, Found, Lookup, Till};
use super::wire;
use crate::chain::Icv;
use crate::invoice::returns::ListedReason;
use crate::text::Bilingual;

/// Entries of the activity log that are shown unless more are asked for.
const ACTIVITIES: usize = 100;
/// The most that may be asked for.
const MOST_ACTIVITIES: usize = 10_000;

pub(super) struct Api<T> {
    pub(super) till: Arc<T>,
    answer_within: Duration,
    /// One verification at a time: it reads the whole ledger.
    verifying: Semaphore,
    pub(super) reads_within: Duration,
    /// One for each open event stream.
    pub(super) streams: Arc<Semaphore>,
}

pub(super) type Shared<T> = State<Arc<Api<T>>>;

/// The whole interface over a till.
pub fn router<T: Till>(till: Arc<T>, limits: Limits) -> Router {
    let (answer_within, reads_within) = (limits.answer_within, limits.reads_within);
    let streams = Arc::new(Semaphore::new(events::MOST_STREAMS));
    let api = Arc::new(Api { till, answer_within, reads_within, verifying: Semaphore::new(1), streams });
    let gate = Arc::new(Gate::new(limits));
    Router::new()
        .route("/v1/sales", post(issue::sell::<T>).get(search::<T>))
        .route("/v1/credits", post(issue::credit::<T>))
        .route("/v1/corrections", post(issue::correct::<T>))
        .route("/v1/documents", get(search::<T>))
        .route("/v1/reasons", get(reasons))
        .route("/v1/sales/{document}", get(document::<T>))
        .route("/v1/sales/{document}/reprint", post(reprint::<T>))
        .route("/v1/sales/{document}/attempts", get(evidence::attempts::<T>))
        .route("/v1/sales/{document}/release", post(evidence::release::<T>))
        .route("/v1/warnings", get(evidence::warnings::<T>))
        .route("/v1/status", get(status::<T>))
        .route("/v1/verify", get(verify::<T>))
        .route("/v1/activities", get(activities::<T>))
        .route("/v1/queue", get(super::queue::queue::<T>))
        .route("/v1/sync", post(sync::<T>))
        .route("/v1/events", get(events::events::<T>))
        .route("/v1/attention", get(attention::attention::<T>))
        .route("/v1/metrics", get(attention::metrics::<T>))
        .route("/v1/sales/{document}/printed", post(attention::printed::<T>))
        .route("/v1/identity", get(identity::show::<T>))
        .route("/v1/identity/onboarding", post(identity::onboard::<T>))
        .route("/v1/identity/renewal", post(identity::renew::<T>))
        .fallback(async || Problem::from(ProblemCode::NoSuchRoute))
        // The gate has measured the body already.
        .layer(axum::extract::DefaultBodyLimit::disable())
        .layer(axum::middleware::from_fn_with_state(gate, gate::pass))
        .with_state(api)
}

async fn search<T: Till>(State(api): Shared<T>, uri: Uri) -> Result<Response, Problem> {
    let lookup = lookup(&uri)?;
    let found = api.within(api.till.find(lookup)).await.map_err(|problem| match problem.code {
        // What cannot be read as it was scanned.
        ProblemCode::InvalidSale => Problem { code: ProblemCode::BadRequest, ..problem },
        _ => problem,
    })?;
    let sales = found.iter().map(wire::Found::from).collect();
    json(StatusCode::OK, &wire::FoundList { sales })
}

/// Exactly one of the ways to search; anything else is refused rather than ignored.
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
        // A plus of base64 that was not encoded arrives as a blank.
        [(name, value)] if name == "qr" => Ok(Lookup::Qr(value.replace(' ', "+"))),
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

/// The reasons of a credit note that have a code.
async fn reasons() -> Result<Response, Problem> {
    let reason = |reason: ListedReason| wire::Reason {
        code: reason.code().to_owned(),
        en: reason.english().to_owned(),
        ar: reason.arabic().to_owned(),
    };
    json(StatusCode::OK, &wire::ReasonList { reasons: ListedReason::ALL.into_iter().map(reason).collect() })
}

async fn status<T: Till>(State(api): Shared<T>) -> Result<Response, Problem> {
    json(StatusCode::OK, &api.within(api.till.status()).await?)
}

async fn verify<T: Till>(State(api): Shared<T>) -> Result<Response, Problem> {
    let _one = api.verifying.try_acquire().map_err(|_| Problem::from(ProblemCode::VerifyRunning))?;
    json(StatusCode::OK, &api.till.verify().await?)
}

/// `/v1/activities?limit=100`
async fn activities<T: Till>(State(api): Shared<T>, uri: Uri) -> Result<Response, Problem> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&uri)
        .map_err(|_| Problem::from(ProblemCode::BadRequest))?;
    let limit = match pairs.as_slice() {
        [] => Some(ACTIVITIES),
        [(name, value)] if name == "limit" => {
            value.parse().ok().filter(|limit| (1..=MOST_ACTIVITIES).contains(limit))
        }
        _ => None,
    };
    let limit = limit.ok_or_else(|| {
        Problem::explained(
            ProblemCode::BadRequest,
            Bilingual::new(
                format!("Only limit can be asked for, a whole number from 1 to {MOST_ACTIVITIES}."),
                format!("لا يقبل إلا limit، وهو عدد صحيح من 1 إلى {MOST_ACTIVITIES}."),
            ),
        )
    })?;
    json(StatusCode::OK, &api.within(api.till.activities(limit)).await?)
}

async fn sync<T: Till>(State(api): Shared<T>, extensions: Extensions) -> Result<Response, Problem> {
    let waiting = api.within(api.till.sync(caller(&extensions))).await?;
    json(StatusCode::ACCEPTED, &wire::Synced { waiting })
}

impl<T: Till> Api<T> {
    /// The till's answer, or a problem if it takes too long.
    pub(super) async fn within<R>(
        &self,
        answer: impl Future<Output = Result<R, super::Refusal>>,
    ) -> Result<R, Problem> {
        match tokio::time::timeout(self.answer_within, answer).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(ProblemCode::Timeout.into()),
        }
    }
}

/// A UUID in its usual form of 36 characters.
pub(super) fn uuid(text: &str) -> Result<Uuid, Problem> {
    let usual = (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten();
    usual.ok_or_else(|| ProblemCode::NoSuchDocument.into())
}

pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(body).map_err(|error| {
        tracing::error!(%error, "an answer could not be written as JSON");
        Problem::from(ProblemCode::Internal)
    })?;
    let kind = HeaderValue::from_static("application/json");
    Ok((status, [(header::CONTENT_TYPE, kind)], bytes).into_response())
}
