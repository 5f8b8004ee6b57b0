//! A POS application in the tests of the till behind the interface: requests go
//! through the real router, without a socket.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt as _;

/// A whole answer.
pub(crate) struct Answer {
    pub status: u16,
    pub replayed: bool,
    pub bytes: Vec<u8>,
}

/// Asks a router.
pub(crate) struct Pos(pub Router);

impl Pos {
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, key: &str, body: String) -> Answer {
        let request = Request::post(path)
            .header(super::IDEMPOTENCY_KEY, key)
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        self.ask(request).await
    }

    async fn ask(&self, request: Request<Body>) -> Answer {
        let (parts, body) = self.0.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        let replayed = parts.headers.contains_key(super::IDEMPOTENCY_REPLAYED);
        Answer { status: parts.status.as_u16(), replayed, bytes }
    }
}
