//! Whether the platform can be reached now: asked before a number is taken for
//! a document that is worth nothing without its clearance.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::fatoora::Endpoint;
use crate::fatoora::probe::{Patience, Step, probe};

/// Longest look.
pub const WITHIN: Duration = Duration::from_secs(3);

/// An answer on its way: whether the platform answered.
pub type Reached = Pin<Box<dyn Future<Output = bool> + Send>>;

/// Looks for the platform; bounded, and without credentials.
pub type Reach = Arc<dyn Fn() -> Reached + Send + Sync>;

/// Looks under the platform's address.
pub fn platform(endpoint: &Endpoint) -> Reach {
    let endpoint = endpoint.clone();
    Arc::new(move || {
        let endpoint = endpoint.clone();
        Box::pin(async move {
            let look = move || {
                let seen = probe(&endpoint, Patience { step: WITHIN, whole: WITHIN });
                matches!(seen.answer, Step::Done { .. })
            };
            // A fault of the look is no answer.
            tokio::task::spawn_blocking(look).await.unwrap_or(false)
        })
    })
}
