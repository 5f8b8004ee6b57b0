//! One till, one writer: the lock file that keeps a second instance out of a
//! directory, and a name on this machine that keeps out a copy of the ledger.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::OpenError;

/// Held while the store is open; the kernel lets go of it when the process
/// ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Makes the data directory if it is missing, and closes it to other users.
pub(super) fn private_directory(dir: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::Directory { path: dir.to_owned(), source };
    if !dir.is_dir() {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
    }
    let mode = dir.metadata().map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(failed)?;
    }
    Ok(())
}

impl Lock {
    /// Takes it for the data directory `dir`.
    ///
    /// # Errors
    /// [`OpenError::InUse`] if another process has it.
    pub fn take(dir: &Path) -> Result<Lock, OpenError> {
        let path = dir.join("ledger.lock");
        let failed = |source| OpenError::Directory { path: path.clone(), source };
        let mut options = OpenOptions::new();
        let file =
            options.create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Lock { _file: file }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(OpenError::InUse { dir: dir.to_owned() }),
            Err(error) => Err(failed(io::Error::from(error))),
        }
    }
}

/// The ledger's name among all processes of this machine, wherever its file
/// lies: a copy of the directory has the same one. Nobody is spoken to; the
/// kernel gives the name back when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Presence {
    _socket: UnixDatagram,
}

impl Presence {
    /// Takes the name of the ledger whose file is `path`.
    ///
    /// # Errors
    /// [`OpenError::CopyInUse`] if a process has it.
    pub fn claim(ledger: &[u8; 16], path: &Path) -> Result<Presence, OpenError> {
        let failed = |source| OpenError::Directory { path: path.to_owned(), source };
        let hex: String = ledger.iter().map(|byte| format!("{byte:02x}")).collect();
        let name = SocketAddr::from_abstract_name(format!("tilld-ledger-{hex}")).map_err(failed)?;
        match UnixDatagram::bind_addr(&name) {
            Ok(socket) => Ok(Presence { _socket: socket }),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                Err(OpenError::CopyInUse { path: path.to_owned() })
            }
            Err(error) => Err(failed(error)),
        }
    }
}
