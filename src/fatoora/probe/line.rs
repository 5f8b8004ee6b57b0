//! A TCP stream with a moment at which every wait on it ends, however little
//! at a time the other side sends.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

pub(super) struct Line {
    stream: TcpStream,
    end: Instant,
}

impl Line {
    /// A line that has no time yet: see [`Line::until`].
    pub fn new(stream: TcpStream) -> Line {
        Line { stream, end: Instant::now() }
    }

    /// The stream again, for what is spoken on it next.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// When reading and writing end from now on.
    pub fn until(&mut self, end: Instant) {
        self.end = end;
    }

    fn left(&self) -> io::Result<Option<Duration>> {
        match self.end.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(io::ErrorKind::TimedOut.into()),
            left => Ok(Some(left)),
        }
    }
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(into)
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
