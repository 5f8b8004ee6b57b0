//! Reporting: from the ledger's queue to the authority. A pure state machine
//! (`machine`, with `settle`, `brake`, `pace`, `backoff`), a driver that does
//! what it says, and a watcher of the network.

mod access;
pub mod alarms;
mod attempt;
pub mod attention;
mod backoff;
mod brake;
mod cleared;
mod driver;
pub mod forecast;
pub mod ledger_queue;
pub mod link;
mod machine;
mod pace;
mod queue;
mod road;
mod settle;
mod status;
mod told;
mod wakes;

pub use access::{Access, Shown};
pub use backoff::{Jitter, Moment};
pub use brake::{BrakeSettings, PauseReason};
pub use cleared::faults as cleared_faults;
pub use driver::{CredentialsSource, Parts, run};
pub use machine::{Command, Ended, Machine, Outcome, Settings, Waiting, Wake};
pub use queue::{Begun, Queue, QueueError, Record};
pub use settle::HoldReason;
pub use status::{Odd, Pause, Status};
pub use told::{Tell, Told};
pub use wakes::Wakes;
