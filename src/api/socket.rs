//! The Unix socket: made so that only its owner and group reach it from the
//! first moment, taken over from a dead process but never from a living one,
//! and removed at the end. What one who connects may take is bounded.

use std::fs::Permissions;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use rustix::fs::Mode;
use rustix::io::Errno;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::Layer as _;

use super::events::{Line, told_to_cut};
use super::service::Caller;

/// Owner and group may connect, nobody else.
const MODE: u32 = 0o660;

/// Why the socket cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    #[error("another tilld answers on {0}; stop it first, or choose another [api] socket")]
    InUse(PathBuf),
    #[error("{0} exists and is not a socket; move it away, or choose another [api] socket")]
    NotASocket(PathBuf),
    #[error("the socket {path} cannot be opened ({error}); its folder must be writable for the till")]
    Io { path: PathBuf, error: std::io::Error },
}

/// A bound socket; its file goes when this is dropped.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    file: SocketFile,
}

/// The file of a socket, known by device and inode, so that a successor's file
/// of the same name is left alone.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let mine = std::fs::symlink_metadata(&self.path)
            .is_ok_and(|found| (found.dev(), found.ino()) == self.identity);
        if mine && let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "the socket file stays behind");
        }
    }
}

impl Socket {
    /// Binds the path, after removing what a dead process left there. Needs a
    /// tokio runtime.
    ///
    /// # Errors
    /// If somebody answers there, if something else than a socket lies there,
    /// or if the system refuses.
    pub fn bind(path: &Path) -> Result<Socket, SocketError> {
        let io = |error| SocketError::Io { path: path.to_owned(), error };
        if let Some(folder) = path.parent()
            && !folder.exists()
        {
            std::fs::DirBuilder::new().recursive(true).mode(0o750).create(folder).map_err(io)?;
        }
        remove_stale(path)?;
        let listener = bind_for_group(path).map_err(io)?;
        let found = std::fs::symlink_metadata(path).map_err(io)?;
        let file = SocketFile { path: path.to_owned(), identity: (found.dev(), found.ino()) };
        std::fs::set_permissions(path, Permissions::from_mode(MODE)).map_err(io)?;
        Ok(Socket { listener, file })
    }

    pub fn path(&self) -> &Path {
        &self.file.path
    }
}

/// Binds with a mask that keeps others out from the first moment. The mask
/// belongs to the whole process, hence the lock; it still lets folders made
/// meanwhile by other threads be entered.
fn bind_for_group(path: &Path) -> std::io::Result<UnixListener> {
    static MASK: Mutex<()> = Mutex::new(());
    let _alone = MASK.lock().unwrap_or_else(PoisonError::into_inner);
    let before = rustix::process::umask(Mode::RWXO);
    let bound = UnixListener::bind(path);
    rustix::process::umask(before);
    bound
}

fn remove_stale(path: &Path) -> Result<(), SocketError> {
    let io = |error| SocketError::Io { path: path.to_owned(), error };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(SocketError::NotASocket(path.to_owned()));
        }
        Ok(_) => {}
    }
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Err(SocketError::InUse(path.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            std::fs::remove_file(path).map_err(io)
        }
        // Full backlog or no permission: somebody lives there.
        Err(error) => Err(io(error)),
    }
}

/// How much one who connects may take.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// Connections at a time; who comes later waits in the system's backlog.
    connections: usize,
    /// For the whole head of a request, counted from the connection or from the
    /// end of the request before: silence ends a connection too.
    head_within: Duration,
}

/// A till has a few POS applications; far below the limit of open files.
const BOUNDS: Bounds = Bounds { connections: 64, head_within: Duration::from_secs(10) };

/// Serves until `cancel`; then nothing new is accepted and the requests under
/// way are finished, at most for `grace`.
///
/// # Errors
/// If the system takes the socket away.
pub async fn serve(
    socket: Socket,
    router: Router,
    cancel: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> std::io::Result<()> {
    serve_within(BOUNDS, socket, router, cancel, grace).await
}

async fn serve_within(
    bounds: Bounds,
    socket: Socket,
    router: Router,
    cancel: impl Future<Output = ()>,
    grace: Duration,
) -> std::io::Result<()> {
    let Socket { listener, file } = socket;
    let slots = Arc::new(Semaphore::new(bounds.connections));
    let (stopping, stop) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut cancel = pin!(cancel);
    loop {
        let (stream, slot) = tokio::select! {
            () = &mut cancel => break,
            accepted = accept(&listener, &slots) => accepted?,
            // What has ended is forgotten.
            Some(_) = connections.join_next() => continue,
        };
        let attending = attend(stream, router.clone(), bounds.head_within, stop.clone());
        connections.spawn(async move {
            attending.await;
            drop(slot);
        });
    }
    // Whoever still connects is told at once that nobody listens.
    drop(file);
    drop(listener);
    stopping.send_replace(true);
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(grace, ended).await.is_err() {
        tracing::warn!("a connection did not end in time and was cut");
    }
    Ok(())
}

/// The next connection, once there is room for it. Nothing is lost if this is dropped.
async fn accept(
    listener: &UnixListener,
    slots: &Arc<Semaphore>,
) -> std::io::Result<(UnixStream, OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.map_err(std::io::Error::other)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Ok((stream, slot)),
            Err(error) if passes(&error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether accepting may succeed a little later: the other end has gone, or the
/// system is short of something.
fn passes(error: &std::io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(Errno::CONNABORTED | Errno::INTR | Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM)
    )
}

/// Answers the requests of one connection until it ends or, after `stop`, until
/// the request under way is answered.
async fn attend(stream: UnixStream, router: Router, head_within: Duration, stop: watch::Receiver<bool>) {
    let (line, to_cut) = Line::new(stop.clone());
    let service = Extension(line).layer(Extension(ConnectInfo(caller(&stream))).layer(router));
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head_within);
    let io = TokioIo::new(stream);
    let mut connection = pin!(builder.serve_connection(io, TowerToHyperService::new(service)));
    let serving = async {
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = told(stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    let ended = tokio::select! {
        ended = serving => ended,
        () = told_to_cut(to_cut) => return,
    };
    if let Err(error) = ended {
        tracing::debug!(error, "a connection ended early");
    }
}

fn caller(stream: &UnixStream) -> Caller {
    stream.peer_cred().map_or_else(
        |_| Caller::default(),
        |peer| Caller { pid: peer.pid(), uid: Some(peer.uid()), gid: Some(peer.gid()) },
    )
}

async fn told(mut stop: watch::Receiver<bool>) {
    // An error means that serving has ended, which is a stop as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: till\r\nConnection: close\r\n\r\n";

    async fn connect(dir: &Path) -> UnixStream {
        UnixStream::connect(dir.join("t.sock")).await.unwrap()
    }

    fn start(bounds: Bounds, router: Router) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let socket = Socket::bind(&dir.path().join("t.sock")).unwrap();
        tokio::spawn(serve_within(bounds, socket, router, std::future::pending(), LONG));
        dir
    }

    async fn to_the_end(stream: &mut UnixStream) -> String {
        let mut got = String::new();
        tokio::time::timeout(LONG, stream.read_to_string(&mut got)).await.expect("an end").unwrap();
        got
    }

    #[tokio::test]
    async fn who_is_silent_loses_the_connection_and_its_place() {
        let router = Router::new().route("/", get(|| async { "here" }));
        let dir = start(Bounds { connections: 1, head_within: Duration::from_millis(50) }, router);
        let (mut silent, mut slow, mut honest) =
            (connect(dir.path()).await, connect(dir.path()).await, connect(dir.path()).await);
        slow.write_all(b"GET / HTTP/1.1\r\nHost").await.unwrap();
        honest.write_all(REQUEST).await.unwrap();
        assert!(to_the_end(&mut honest).await.ends_with("here"));
        assert_eq!(to_the_end(&mut silent).await, "");
        assert!(!to_the_end(&mut slow).await.contains("here"));
    }

    #[tokio::test]
    async fn no_more_connections_than_allowed_are_served_at_a_time() {
        static NOW: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let handler = || async {
            MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
            NOW.fetch_sub(1, Ordering::SeqCst);
            "here"
        };
        let dir = start(Bounds { connections: 2, head_within: LONG }, Router::new().route("/", get(handler)));
        let mut clients = Vec::new();
        for _ in 0..8 {
            let mut client = connect(dir.path()).await;
            client.write_all(REQUEST).await.unwrap();
            clients.push(client);
        }
        for client in &mut clients {
            assert!(to_the_end(client).await.ends_with("here"));
        }
        assert_eq!(MOST.load(Ordering::SeqCst), 2);
    }
}
