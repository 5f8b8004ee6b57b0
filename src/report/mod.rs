//! Reporting: from the ledger's queue to the authority. A pure state machine
//! (`machine`, with `settle`, `brake`, `pace`, `backoff`), a driver that does
//! what it says, and a watcher of the network.

mod backoff;
mod brake;
mod machine;
mod pace;
mod settle;
mod status;

pub use backoff::{Jitter, Moment};
pub use brake::{BrakeSettings, PauseReason};
pub use machine::{Command, Ended, Machine, Outcome, Settings, Waiting, Wake};
pub use settle::HoldReason;
pub use status::{Pause, Status};
