//! What people must do, what machines measure, and receipts that were seen.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::{Problem, ProblemCode};
use super::routes::{Shared, json, uuid};
use super::service::Till;
use super::wire;

/// The format's own name (Prometheus, "Text-based format").
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /v1/attention`
pub async fn attention<T: Till>(State(api): Shared<T>) -> Result<Response, Problem> {
    json(StatusCode::OK, &api.within(api.till.attention()).await?)
}

/// `GET /v1/metrics`
pub async fn metrics<T: Till>(State(api): Shared<T>) -> Result<Response, Problem> {
    let text = api.within(api.till.metrics()).await?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(METRICS))], text).into_response())
}

/// `POST /v1/sales/UUID/printed`: somebody has the receipt in hand, or needs none.
pub async fn printed<T: Till>(
    State(api): Shared<T>,
    path: Option<Path<String>>,
) -> Result<Response, Problem> {
    let Some(Path(name)) = path else { return Err(ProblemCode::NoSuchDocument.into()) };
    let uuid = uuid(&name)?;
    let settled = api.within(api.till.receipt_seen(uuid)).await?;
    let settled = settled.ok_or(Problem::from(ProblemCode::NoSuchDocument))?;
    json(StatusCode::OK, &wire::ReceiptSeen { uuid: uuid.to_string(), settled })
}
