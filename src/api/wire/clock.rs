//! The JSON of what the till makes of its clock.

use serde::{Deserialize, Serialize};

use super::Words;

/// The guard's word on the clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// `trusted`, `unset`, `went-back`, `jumped` or `far-from-authority`.
    pub state: String,
    /// Whether nothing is sold because of it.
    pub refuses: bool,
    /// Seconds that the authority's clock is ahead of the till's; negative if
    /// it is behind; null before it has told its time.
    pub authority_ahead_seconds: Option<i64>,
    /// Age of its last word in seconds.
    pub authority_heard_seconds_ago: Option<i64>,
    /// What is wrong and what to do; null while all is well.
    pub words: Option<Words>,
}
