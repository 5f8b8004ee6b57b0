//! The three requests that make a document: a sale, a credit, a correction. They
//! share keys, answers and refusals.

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use sha2::{Digest, Sha256};

use super::problem::{Problem, ProblemCode};
use super::routes::{Api, Shared, json};
use super::service::{Asked, Caller, Idempotency, Refusal, Sold, Till};
use super::{IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, wire};
use crate::invoice::correction::read_correction;
use crate::invoice::returns::read_credit;
use crate::invoice::{Finding, read_sale};

/// An invoice, a debit note or a prepayment.
pub(super) async fn sell<T: Till>(
    State(api): Shared<T>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let request = Request::new(&extensions, &headers, &body, ProblemCode::InvalidSale)?;
    match read_sale(&body) {
        Ok(draft) => request.answer(&api, api.till.sell(request.asked(draft))).await,
        Err(findings) => request.recalled(&api, findings).await,
    }
}

/// A credit note.
pub(super) async fn credit<T: Till>(
    State(api): Shared<T>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let request = Request::new(&extensions, &headers, &body, ProblemCode::InvalidCredit)?;
    match read_credit(&body) {
        Ok(draft) => request.answer(&api, api.till.credit(request.asked(draft))).await,
        Err(findings) => request.recalled(&api, findings).await,
    }
}

/// A rejected document once more.
pub(super) async fn correct<T: Till>(
    State(api): Shared<T>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let request = Request::new(&extensions, &headers, &body, ProblemCode::InvalidCorrection)?;
    match read_correction(&body) {
        Ok(draft) => request.answer(&api, api.till.correct(request.asked(draft))).await,
        Err(findings) => request.recalled(&api, findings).await,
    }
}

/// What is known of a request before its body is understood.
struct Request<'b> {
    idempotency: Idempotency,
    caller: Caller,
    body: &'b [u8],
    /// The code of a body that breaks rules.
    invalid: ProblemCode,
}

impl<'b> Request<'b> {
    fn new(
        extensions: &Extensions,
        headers: &HeaderMap,
        body: &'b [u8],
        invalid: ProblemCode,
    ) -> Result<Request<'b>, Problem> {
        let key = idempotency_key(headers)?;
        json_only(headers)?;
        let idempotency = Idempotency { key, body_sha256: Sha256::digest(body).into() };
        Ok(Request { idempotency, caller: caller(extensions), body, invalid })
    }

    fn asked<D>(&self, draft: D) -> Asked<D> {
        Asked { draft, idempotency: self.idempotency.clone(), caller: self.caller }
    }

    async fn answer<T: Till>(
        &self,
        api: &Api<T>,
        answer: impl Future<Output = Result<Sold, Refusal>>,
    ) -> Result<Response, Problem> {
        let sold = api.within(answer).await.map_err(|problem| self.coded(problem))?;
        answer_sale(&sold)
    }

    /// A document that an earlier version made is answered for ever, whatever
    /// the rules say today.
    async fn recalled<T: Till>(&self, api: &Api<T>, findings: Vec<Finding>) -> Result<Response, Problem> {
        match api.within(api.till.recall(self.idempotency.clone())).await? {
            Some(sold) => answer_sale(&sold),
            None => Err(self.refused(findings)),
        }
    }

    /// What is no JSON at all is told apart from a request that breaks rules.
    fn refused(&self, findings: Vec<Finding>) -> Problem {
        let json = serde_json::from_slice::<serde::de::IgnoredAny>(self.body).is_ok();
        let code = if json { self.invalid } else { ProblemCode::MalformedJson };
        Problem { findings, ..Problem::from(code) }
    }

    /// Findings of the till bear the code of what was asked for.
    fn coded(&self, problem: Problem) -> Problem {
        match problem.code {
            ProblemCode::InvalidSale => Problem { code: self.invalid, ..problem },
            _ => problem,
        }
    }
}

fn answer_sale(sold: &Sold) -> Result<Response, Problem> {
    let mut response = json(StatusCode::CREATED, &wire::Sale::from(&sold.sale))?;
    if sold.replayed {
        response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// Who asks.
pub(super) fn caller(extensions: &Extensions) -> Caller {
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
pub(super) fn json_only(headers: &HeaderMap) -> Result<(), Problem> {
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
