//! The HTTP face: the admin's paths, and the platform's paths of the three environments.

use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::Response;

use super::book::Endpoint;
use super::case::{self, Case, Refusal};
use super::environment::Environment;
use super::office::Office;
use super::page::Page;
use super::wire::Conn;
use super::{admin, play};

/// Admin bodies are scripts written by hand.
const MAX_ADMIN_BODY: usize = 1024 * 1024;

/// The service that answers everything.
pub(super) fn router(office: Arc<Office>) -> Router {
    Router::new().fallback(answer).with_state(office)
}

async fn answer(
    State(office): State<Arc<Office>>,
    ConnectInfo(conn): ConnectInfo<Conn>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if let Some(tail) = parts.uri.path().strip_prefix("/admin/") {
        let page = match case::read_body(&parts, body, MAX_ADMIN_BODY).await {
            Ok(bytes) => {
                let (status, value) = admin::answer(&office, &parts.method, tail, &bytes);
                Page::json(status, &value)
            }
            Err(refusal) => Page::of(&refusal.outcome(office.now())),
        };
        return page.response(office.now());
    }
    match route(&parts) {
        Ok((env, endpoint)) => {
            let limit = office.settings().max_body;
            let case = Case::take(env, endpoint, parts, body, limit).await;
            play::answer(&office, &case, &conn).await
        }
        Err(refusal) => Page::of(&refusal.outcome(office.now())).response(office.now()),
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
