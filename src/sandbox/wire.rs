//! The network plug: a listener whose connections can be cut, one by one or all at once.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

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

/// Cuts one connection.
#[derive(Clone)]
pub(super) struct Kill(Arc<watch::Sender<bool>>);

impl Kill {
    pub(super) fn cut(&self) {
        self.0.send_replace(true);
    }
}

impl Connected<IncomingStream<'_, PlugListener>> for Kill {
    fn connect_info(stream: IncomingStream<'_, PlugListener>) -> Self {
        stream.io().kill.clone()
    }
}

/// A TCP listener that hands out [`Wire`]s.
pub(super) struct PlugListener {
    pub(super) inner: TcpListener,
    pub(super) line: Arc<Line>,
}

impl Listener for PlugListener {
    type Io = Wire;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Wire, Self::Addr) {
        let (stream, peer) = Listener::accept(&mut self.inner).await;
        (Wire::new(stream, self.line.clone()), peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

/// A connection that fails once it is cut.
pub(super) struct Wire {
    stream: TcpStream,
    cut: Pin<Box<dyn Future<Output = ()> + Send>>,
    is_cut: bool,
    kill: Kill,
    line: Arc<Line>,
}

impl Wire {
    fn new(stream: TcpStream, line: Arc<Line>) -> Wire {
        let kill = Kill(Arc::new(watch::Sender::new(false)));
        let (mut all, mut own) = (line.cut.subscribe(), kill.0.subscribe());
        let cut = Box::pin(async move {
            tokio::select! {
                _ = all.changed() => {}
                _ = own.changed() => {}
            }
        });
        line.live.send_modify(|live| *live += 1);
        Wire { stream, cut, is_cut: false, kill, line }
    }

    /// Fails when the connection is cut; registers for the moment when it will be.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        self.is_cut = self.is_cut || self.cut.as_mut().poll(cx).is_ready();
        if self.is_cut { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
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
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
