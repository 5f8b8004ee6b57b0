//! Transports to the paper: one job's bytes to a folder or to TCP port 9100.
//!
//! Blocking, for the printer's own thread. A job that left is "sent,
//! unconfirmed" at best: sockets and printers swallow a whole receipt while
//! the printer is offline, so nothing here claims that paper came out, and
//! nothing is ever sent twice unasked.

mod error;
mod file;
mod target;
mod tcp;

use std::fmt;

pub use error::PrinterError;
pub use file::FilePrinter;
pub use target::{Target, TargetError};
pub use tcp::{TcpPrinter, Timeouts, reach};

/// One printer. A real edge: tests put their own in its place.
pub trait Printer: fmt::Debug + Send {
    /// Hands over one whole job. `name` identifies it (the invoice number, with
    /// a suffix for copies) and is what a file printer calls the file.
    ///
    /// # Errors
    /// `PrinterError` tells whether nothing left (`Unreachable`), or the paper
    /// may hold a part of the receipt (`Broken`, `Timeout` after the first byte).
    fn send(&mut self, name: &str, job: &[u8]) -> Result<Sent, PrinterError>;

    /// Where it prints, for status and messages (`tcp:192.168.1.50:9100`).
    fn describe(&self) -> String;
}

/// What is known after a job was handed over without an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Durably in a file, under this path.
    Stored(std::path::PathBuf),
    /// Accepted by the printer's socket; whether it printed is not known.
    Unconfirmed,
}
