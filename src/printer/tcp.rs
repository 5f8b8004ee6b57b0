//! Printing over the network: raw bytes to port 9100.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::{Printer, PrinterError, Sent, Target};

/// Bytes per write: small enough that `sent` in an error says something.
const CHUNK: usize = 4096;

/// How long to wait for a network printer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For each address of the host to answer.
    pub connect: Duration,
    /// For the printer to take more data; it pauses while it prints.
    pub write: Duration,
    /// For the printer to close after the last byte; running out is no error.
    pub close: Duration,
    /// For the whole job, from the first attempt to connect: a printer that takes
    /// a little again and again must not hold up the end of the till.
    pub job: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(5),
            write: Duration::from_secs(20),
            close: Duration::from_millis(500),
            job: Duration::from_secs(30),
        }
    }
}

/// One connection per job, so that a printer shared between tills is free in between.
#[derive(Clone, Debug)]
pub struct TcpPrinter {
    host: String,
    port: u16,
    timeouts: Timeouts,
}

impl TcpPrinter {
    pub fn new(host: String, port: u16, timeouts: Timeouts) -> TcpPrinter {
        TcpPrinter { host, port, timeouts }
    }

    fn connect(&self, deadline: Instant) -> io::Result<TcpStream> {
        let mut last = io::Error::new(ErrorKind::NotFound, "the host name has no address");
        for address in (self.host.as_str(), self.port).to_socket_addrs()? {
            let within = left(self.timeouts.connect, deadline)?;
            match TcpStream::connect_timeout(&address, within) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Writes everything; on failure says how far it came.
    fn write(&self, stream: &mut TcpStream, job: &[u8], deadline: Instant) -> Result<(), PrinterError> {
        let mut sent = 0;
        while sent < job.len() {
            let end = job.len().min(sent + CHUNK);
            let taken = left(self.timeouts.write, deadline)
                .and_then(|within| stream.set_write_timeout(Some(within)))
                .and_then(|()| stream.write(&job[sent..end]));
            match taken {
                Ok(0) => return Err(self.failed(sent, job.len(), ErrorKind::WriteZero.into())),
                Ok(taken) => sent += taken,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(sent, job.len(), error)),
            }
        }
        stream.shutdown(Shutdown::Write).map_err(|error| self.failed(sent, job.len(), error))
    }

    fn failed(&self, sent: usize, total: usize, source: io::Error) -> PrinterError {
        let target = self.describe();
        // A write timeout is WouldBlock on Unix and TimedOut elsewhere.
        match source.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => PrinterError::Timeout { target, sent, total },
            _ => PrinterError::Broken { target, sent, total, source },
        }
    }

    /// Waits briefly for the printer to close. Status bytes it may send are
    /// read and ignored; silence is usual. A reset means that it threw data away.
    fn wait_for_close(
        &self,
        stream: &mut TcpStream,
        total: usize,
        deadline: Instant,
    ) -> Result<(), PrinterError> {
        let mut status = [0u8; 64];
        // A printer that keeps talking must not hold the thread: a few reads are enough.
        for _ in 0..8 {
            let got = left(self.timeouts.close, deadline)
                .and_then(|within| stream.set_read_timeout(Some(within)))
                .and_then(|()| stream.read(&mut status));
            match got {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Ok(());
                }
                Err(error) => return Err(self.failed(total, total, error)),
            }
        }
        Ok(())
    }
}

/// Whether a printer takes a connection, which ends without a byte. `within` is
/// for each address of the host.
///
/// # Errors
/// What the last address said.
pub fn reach(host: &str, port: u16, within: Duration) -> io::Result<()> {
    let timeouts = Timeouts { connect: within, job: within * 2, ..Timeouts::default() };
    let deadline = Instant::now() + timeouts.job;
    TcpPrinter::new(host.to_owned(), port, timeouts).connect(deadline).map(|_| ())
}

/// The time for one step of a job, cut by the deadline of the whole.
fn left(step: Duration, deadline: Instant) -> io::Result<Duration> {
    match step.min(deadline.saturating_duration_since(Instant::now())) {
        Duration::ZERO => Err(ErrorKind::TimedOut.into()),
        within => Ok(within),
    }
}

impl Printer for TcpPrinter {
    fn send(&mut self, _name: &str, job: &[u8]) -> Result<Sent, PrinterError> {
        let unreachable = |source| PrinterError::Unreachable { target: self.describe(), source };
        let deadline = Instant::now() + self.timeouts.job;
        let mut stream = self.connect(deadline).map_err(unreachable)?;
        self.write(&mut stream, job, deadline)?;
        self.wait_for_close(&mut stream, job.len(), deadline)?;
        Ok(Sent::Unconfirmed)
    }

    fn describe(&self) -> String {
        Target::Tcp { host: self.host.clone(), port: self.port }.to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn listener() -> (TcpListener, TcpPrinter) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let timeouts = Timeouts { write: Duration::from_millis(200), ..Timeouts::default() };
        (listener, TcpPrinter::new("127.0.0.1".into(), port, timeouts))
    }

    #[test]
    fn a_job_arrives_whole_and_is_unconfirmed() {
        let (listener, mut printer) = listener();
        let paper = thread::spawn(move || {
            let mut got = Vec::new();
            listener.accept().unwrap().0.read_to_end(&mut got).unwrap();
            got
        });
        let job: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
        assert_eq!(printer.send("INV-1", &job).unwrap(), Sent::Unconfirmed);
        assert_eq!(paper.join().unwrap(), job);
    }

    #[test]
    fn nobody_there_is_unreachable_and_safe_to_repeat() {
        let (listener, mut printer) = listener();
        drop(listener);
        let error = printer.send("INV-1", b"x").unwrap_err();
        assert!(matches!(error, PrinterError::Unreachable { .. }), "{error}");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(!error.may_have_printed());
        assert!(error.arabic().contains("تعذر الوصول"));
    }

    #[test]
    fn a_printer_that_stops_reading_times_out() {
        let (listener, mut printer) = listener();
        // The socket is held open but never read: its buffers fill up.
        let job = vec![0x55; 64 << 20];
        let error = printer.send("INV-1", &job).unwrap_err();
        drop(listener);
        assert!(matches!(error, PrinterError::Timeout { sent, total, .. } if sent < total), "{error}");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(error.may_have_printed());
    }

    #[test]
    fn a_printer_that_takes_a_little_again_and_again_meets_the_deadline() {
        let (listener, mut printer) = listener();
        printer.timeouts = Timeouts { job: Duration::from_millis(300), ..Timeouts::default() };
        thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            let mut some = [0u8; 1024];
            // Never long enough silent for the time of a single write.
            while stream.read(&mut some).is_ok_and(|got| got > 0) {
                thread::sleep(Duration::from_millis(1));
            }
        });
        let job = vec![0x55; 64 << 20];
        let error = printer.send("INV-1", &job).unwrap_err();
        assert!(matches!(error, PrinterError::Timeout { sent, total, .. } if sent < total), "{error}");
    }

    #[test]
    fn a_connection_that_breaks_says_how_far_it_came() {
        let (listener, mut printer) = listener();
        let paper = thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            let mut some = [0u8; 1000];
            stream.read_exact(&mut some).unwrap();
            // Closing with unread data resets the connection.
        });
        let job = vec![0x55; 64 << 20];
        let error = printer.send("INV-1", &job).unwrap_err();
        paper.join().unwrap();
        assert!(matches!(error, PrinterError::Broken { sent, .. } if sent > 0), "{error}");
        assert!(error.may_have_printed());
    }
}
