//! The Unix socket: made so that only its owner and group reach it from the
//! first moment, taken over from a dead process but never from a living one,
//! and removed at the end.

use std::fs::Permissions;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use rustix::fs::Mode;
use tokio::net::UnixListener;

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

impl Connected<IncomingStream<'_, UnixListener>> for Caller {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Caller {
        stream.io().peer_cred().map_or_else(
            |_| Caller::default(),
            |peer| Caller { pid: peer.pid(), uid: Some(peer.uid()), gid: Some(peer.gid()) },
        )
    }
}

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
    let Socket { listener, file } = socket;
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let service = router.into_make_service_with_connect_info::<Caller>();
    let signal = async move {
        cancel.await;
        // Whoever still connects is told at once that nobody listens.
        drop(file);
        // Gone only if serving has ended already.
        let _ = stopping.send(());
    };
    let serving = axum::serve(listener, service).with_graceful_shutdown(signal);
    let late = async {
        // An error would mean that the signal was dropped, which ends serving too.
        let _ = stopped.await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        served = serving => served,
        () = late => {
            tracing::warn!("a connection did not end in time and was cut");
            Ok(())
        }
    }
}
