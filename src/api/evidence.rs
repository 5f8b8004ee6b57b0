//! The routes of what was sent and answered: attempts, warnings, releases.

use axum::extract::{Path, State};
use axum::http::{Extensions, StatusCode};
use axum::response::Response;

use super::issue::caller;
use super::problem::{Problem, ProblemCode};
use super::routes::{Shared, json, uuid};
use super::service::Till;

/// `GET /v1/sales/UUID/attempts`
pub(super) async fn attempts<T: Till>(
    State(api): Shared<T>,
    path: Option<Path<String>>,
) -> Result<Response, Problem> {
    let Some(Path(name)) = path else { return Err(ProblemCode::NoSuchDocument.into()) };
    let found = api.within(api.till.attempts(uuid(&name)?)).await?;
    json(StatusCode::OK, &found.ok_or(Problem::from(ProblemCode::NoSuchDocument))?)
}

/// `POST /v1/sales/UUID/release`
pub(super) async fn release<T: Till>(
    State(api): Shared<T>,
    extensions: Extensions,
    path: Option<Path<String>>,
) -> Result<Response, Problem> {
    let Some(Path(name)) = path else { return Err(ProblemCode::NoSuchDocument.into()) };
    let released = api.within(api.till.release(uuid(&name)?, caller(&extensions))).await?;
    json(StatusCode::ACCEPTED, &released.ok_or(Problem::from(ProblemCode::NoSuchDocument))?)
}

/// `GET /v1/warnings`
pub(super) async fn warnings<T: Till>(State(api): Shared<T>) -> Result<Response, Problem> {
    json(StatusCode::OK, &api.within(api.till.warnings()).await?)
}
