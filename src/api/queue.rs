//! `GET /v1/queue`: what waits for the authority, a page at a time.

use axum::extract::{Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;

use super::problem::{Problem, ProblemCode};
use super::routes::{Shared, json};
use super::service::Till;
use crate::text::Bilingual;

/// Documents of a page unless another number is asked for, and at most.
const PAGE: usize = 100;
const MOST: usize = 1_000;

/// Which part of the queue is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueuePage {
    /// Only documents in this state.
    pub state: Option<QueueState>,
    /// Only documents behind this place, the `next` of the page before.
    pub after: Option<i64>,
    /// At most so many.
    pub limit: usize,
}

/// A state in which a document waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueState {
    Queued,
    InFlight,
    Held,
}

impl QueueState {
    fn read(text: &str) -> Option<QueueState> {
        match text {
            "Queued" => Some(QueueState::Queued),
            "InFlight" => Some(QueueState::InFlight),
            "Held" => Some(QueueState::Held),
            _ => None,
        }
    }
}

/// `/v1/queue?state=Held&after=NEXT&limit=100`
pub(super) async fn queue<T: Till>(State(api): Shared<T>, uri: Uri) -> Result<Response, Problem> {
    let page = page(&uri).ok_or_else(|| {
        Problem::explained(
            ProblemCode::BadRequest,
            Bilingual::new(
                format!(
                    "Only state (Queued, InFlight or Held), after (the next of the page before) and limit (1 to {MOST}) can be asked for."
                ),
                format!(
                    "لا يقبل إلا state (Queued أو InFlight أو Held) وafter (قيمة next من الصفحة السابقة) وlimit (من 1 إلى {MOST})."
                ),
            ),
        )
    })?;
    json(StatusCode::OK, &api.within(api.till.queue(page)).await?)
}

fn page(uri: &Uri) -> Option<QueuePage> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    let mut page = QueuePage { limit: PAGE, ..QueuePage::default() };
    for (name, value) in &pairs {
        match name.as_str() {
            "state" => page.state = Some(QueueState::read(value)?),
            "after" => page.after = Some(value.parse().ok()?),
            "limit" => page.limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit))?,
            _ => return None,
        }
    }
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read() {
        let read = |text: &str| page(&text.parse().unwrap());
        assert_eq!(read("/v1/queue"), Some(QueuePage { limit: PAGE, ..QueuePage::default() }));
        assert_eq!(
            read("/v1/queue?state=Held&limit=5&after=4294967298"),
            Some(QueuePage { state: Some(QueueState::Held), after: Some(4_294_967_298), limit: 5 })
        );
        for wrong in ["state=held", "limit=0", "limit=1001", "limit=x", "after=x", "page=2"] {
            assert_eq!(read(&format!("/v1/queue?{wrong}")), None, "{wrong}");
        }
    }
}
