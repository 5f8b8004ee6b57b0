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
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::book::Delivered;
use super::faults::FaultAction;
use super::office::Office;

/// For a TLS handshake to come to its end.
const HANDSHAKE: Duration = Duration::from_secs(10);

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

/// A TLS handshake that came to its end, or not.
type Handshake = Option<(TlsStream<TcpStream>, std::net::SocketAddr)>;

/// A TCP listener that hands out [`Wire`]s.
pub(super) struct PlugListener {
    inner: TcpListener,
    /// Plain http without it.
    secure: Option<TlsAcceptor>,
    /// Ended with the listener.
    handshakes: JoinSet<Handshake>,
    line: Arc<Line>,
    office: Arc<Office>,
}

impl PlugListener {
    pub(super) fn new(
        inner: TcpListener,
        secure: Option<TlsAcceptor>,
        line: Arc<Line>,
        office: Arc<Office>,
    ) -> PlugListener {
        PlugListener { inner, secure, handshakes: JoinSet::new(), line, office }
    }

    /// A connection that may speak at once; `None` if a fault has it or its
    /// handshake is still to come.
    fn admit(
        &mut self,
        stream: TcpStream,
        peer: std::net::SocketAddr,
    ) -> Option<(Wire, std::net::SocketAddr)> {
        let now = self.office.instruments.machine_now();
        let rule = self.office.desk().faults.draw_connection(now);
        match (rule, &self.secure) {
            (None, None) => return Some((self.wire(Transport::Plain(stream)), peer)),
            (None, Some(secure)) => {
                let shaking = secure.accept(stream);
                self.handshakes.spawn(async move {
                    let shaken = tokio::time::timeout(HANDSHAKE, shaking).await;
                    shaken.ok()?.ok().map(|stream| (stream, peer))
                });
            }
            (Some(rule), _) => {
                let wire = self.wire(Transport::Plain(stream));
                let length = Duration::from_secs(rule.seconds.unsigned_abs());
                match rule.action {
                    FaultAction::ConnectReset => wire.refuse(),
                    FaultAction::TlsStall => _ = tokio::spawn(wire.swallow(length)),
                    _ => _ = tokio::spawn(wire.hold(length)),
                }
            }
        }
        None
    }

    fn wire(&self, stream: Transport) -> Wire {
        Wire::new(stream, self.line.clone())
    }
}

impl Listener for PlugListener {
    type Io = Wire;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Wire, Self::Addr) {
        loop {
            tokio::select! {
                (stream, peer) = Listener::accept(&mut self.inner) => {
                    if let Some(admitted) = self.admit(stream, peer) {
                        return admitted;
                    }
                }
                Some(shaken) = self.handshakes.join_next(), if !self.handshakes.is_empty() => {
                    // A handshake that failed was the other side's last word.
                    if let Ok(Some((stream, peer))) = shaken {
                        return (self.wire(Transport::Secure(Box::new(stream))), peer);
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

/// What a connection runs over.
enum Transport {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

impl Transport {
    fn tcp(&self) -> &TcpStream {
        match self {
            Transport::Plain(stream) => stream,
            Transport::Secure(stream) => stream.get_ref().0,
        }
    }

    fn polled(&mut self) -> Pin<&mut dyn Duplex> {
        Pin::new(match self {
            Transport::Plain(stream) => stream,
            Transport::Secure(stream) => stream.as_mut(),
        })
    }
}

/// Both directions of a stream.
trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Duplex for T {}

/// A connection that fails once it is cut.
pub(super) struct Wire {
    stream: Transport,
    ended: Pin<Box<dyn Future<Output = End> + Send>>,
    is_over: bool,
    pause: Option<Pin<Box<Sleep>>>,
    conn: Conn,
    line: Arc<Line>,
}

impl Wire {
    fn new(stream: Transport, line: Arc<Line>) -> Wire {
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

    /// Reads what comes and never answers, for so long or until it is cut.
    async fn swallow(mut self, length: Duration) {
        let reading = async {
            let mut some = [0u8; 1024];
            // Until the other side gives up.
            while matches!(self.read(&mut some).await, Ok(1..)) {}
        };
        // Either way it is over.
        let _ = tokio::time::timeout(length, reading).await;
    }

    /// Tears the connection down.
    fn refuse(self) {
        // Should the option fail, the connection is closed in order, which is an end as well.
        let _ = self.stream.tcp().set_zero_linger();
    }

    /// Fails when the connection is ended; registers for the moment when it will be.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if !self.is_over
            && let Poll::Ready(how) = self.ended.as_mut().poll(cx)
        {
            self.is_over = true;
            if how == End::Reset {
                self.stream.tcp().set_zero_linger()?;
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
        self.stream.polled().poll_read(cx, buffer)
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
        let written = ready!(self.stream.polled().poll_write(cx, portion))?;
        let pause = self.conn.wrote(bytes.len(), written);
        self.pause = pause.map(|length| Box::pin(tokio::time::sleep(length)));
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        self.stream.polled().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.polled().poll_shutdown(cx)
    }
}
