//! The network plug: a listener whose connections can be cut, reset, stalled or slowed down, and which tells the
//! book how much of each answer went out.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::Sleep;

use super::book::Delivered;
use super::faults::FaultAction;
use super::office::Office;

/// What all connections of a sandbox share.
pub(super) struct Line {
    cut: watch::Sender<u64>,
    live: watch::Sender<usize>,
}

impl Line {
    pub(super) fn new() -> Arc<Line> {
        Arc::new(Line { cut: watch::Sender::new(0), live: watch::Sender::new(0) })
    }

    /// Cuts every live connection.
    pub(super) fn cut_all(&self) {
        self.cut.send_modify(|generation| *generation += 1);
    }

    /// Waits until no connection is left.
    pub(super) async fn quiet(&self) {
        // The sender lives as long as self, so waiting cannot fail.
        let _ = self.live.subscribe().wait_for(|live| *live == 0).await;
    }
}

/// How a connection ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Closed in order (FIN).
    Cut,
    /// Torn down (RST).
    Reset,
}

/// An answer on its way out.
struct Sending {
    office: Arc<Office>,
    /// Its call in the book.
    seq: u64,
    bytes_per_second: Option<u32>,
    /// Bytes still to go, head included; not known before the first write.
    left: Option<usize>,
}

/// The hand on one connection.
#[derive(Clone)]
pub(super) struct Conn {
    end: Arc<watch::Sender<Option<End>>>,
    sending: Arc<Mutex<Option<Sending>>>,
}

impl Conn {
    fn new() -> Conn {
        Conn { end: Arc::new(watch::Sender::new(None)), sending: Arc::new(Mutex::new(None)) }
    }

    /// Ends the connection.
    pub(super) fn end(&self, how: End) {
        self.end.send_replace(Some(how));
    }

    /// The next bytes written are the answer to call `seq`. The whole of it is in the first write, since the
    /// server gathers head and body before it writes.
    pub(super) fn sends(&self, office: &Arc<Office>, seq: u64, bytes_per_second: Option<u32>) {
        let sending = Sending { office: office.clone(), seq, bytes_per_second, left: None };
        *self.slot() = Some(sending);
    }

    /// How many of so many bytes may be written now: a tenth of a second's worth.
    fn allowed(&self, length: usize) -> usize {
        let rate = self.slot().as_ref().and_then(|sending| sending.bytes_per_second);
        let portion = rate.map_or(length, |rate| usize::try_from(rate / 10).unwrap_or(length).max(1));
        length.min(portion)
    }

    /// Notes what was written of `length` bytes; gives the pause until more may follow.
    fn wrote(&self, length: usize, written: usize) -> Option<Duration> {
        let mut slot = self.slot();
        let sending = slot.as_mut()?;
        let left = sending.left.get_or_insert(length);
        *left = left.saturating_sub(written);
        let whole = *left == 0;
        let how_much = if whole { Delivered::Full } else { Delivered::Partial };
        sending.office.desk().book.delivered(sending.seq, how_much);
        let pause = sending.bytes_per_second.filter(|_| !whole).map(|rate| {
            let milliseconds = written as u64 * 1000 / u64::from(rate.max(1)); // usize fits u64 here
            Duration::from_millis(milliseconds)
        });
        if whole {
            *slot = None;
        }
        pause
    }

    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Sending>> {
        self.sending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connected<IncomingStream<'_, PlugListener>> for Conn {
    fn connect_info(stream: IncomingStream<'_, PlugListener>) -> Self {
        stream.io().conn.clone()
    }
}

/// A TCP listener that hands out [`Wire`]s.
pub(super) struct PlugListener {
    pub(super) inner: TcpListener,
    pub(super) line: Arc<Line>,
    pub(super) office: Arc<Office>,
}

impl Listener for PlugListener {
    type Io = Wire;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Wire, Self::Addr) {
        loop {
            let (stream, peer) = Listener::accept(&mut self.inner).await;
            let now = self.office.instruments.machine_now();
            let Some(rule) = self.office.desk().faults.draw_connection(now) else {
                return (Wire::new(stream, self.line.clone()), peer);
            };
            let wire = Wire::new(stream, self.line.clone());
            if rule.action == FaultAction::ConnectReset {
                wire.refuse();
            } else {
                tokio::spawn(wire.hold(Duration::from_secs(rule.seconds.unsigned_abs())));
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

/// A connection that fails once it is cut.
pub(super) struct Wire {
    stream: TcpStream,
    ended: Pin<Box<dyn Future<Output = End> + Send>>,
    is_over: bool,
    pause: Option<Pin<Box<Sleep>>>,
    conn: Conn,
    line: Arc<Line>,
}

impl Wire {
    fn new(stream: TcpStream, line: Arc<Line>) -> Wire {
        let conn = Conn::new();
        let (mut all, mut own) = (line.cut.subscribe(), conn.end.subscribe());
        let ended = Box::pin(async move {
            tokio::select! {
                _ = all.changed() => End::Cut,
                _ = own.changed() => own.borrow().unwrap_or(End::Cut),
            }
        });
        line.live.send_modify(|live| *live += 1);
        Wire { stream, ended, is_over: false, pause: None, conn, line }
    }

    /// Keeps the connection without reading from it, for so long or until it is cut.
    async fn hold(mut self, length: Duration) {
        tokio::select! {
            _ = self.ended.as_mut() => {}
            () = tokio::time::sleep(length) => {}
        }
    }

    /// Tears the connection down.
    fn refuse(self) {
        // Should the option fail, the connection is closed in order, which is an end as well.
        let _ = self.stream.set_zero_linger();
    }

    /// Fails when the connection is ended; registers for the moment when it will be.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if !self.is_over
            && let Poll::Ready(how) = self.ended.as_mut().poll(cx)
        {
            self.is_over = true;
            if how == End::Reset {
                self.stream.set_zero_linger()?;
            }
        }
        if self.is_over { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.line.live.send_modify(|live| *live = live.saturating_sub(1));
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        let portion = bytes.get(..self.conn.allowed(bytes.len())).unwrap_or(bytes);
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, portion))?;
        let pause = self.conn.wrote(bytes.len(), written);
        self.pause = pause.map(|length| Box::pin(tokio::time::sleep(length)));
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
