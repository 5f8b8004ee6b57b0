//! Whether the printer could take a receipt, without sending it a byte.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Access, access};
use rustix::io::Errno;

use crate::config::Settings;
use crate::doctor::{Known, NetworkFault, Paper, Spool, could_not};
use crate::printer::{self, Target};
use crate::text::Bilingual;

/// For a network printer to take a connection.
const CONNECT: Duration = Duration::from_secs(3);

/// A network printer takes a connection, which ends at once. A folder is not
/// looked at here.
pub(super) fn reach(settings: &Settings) -> Paper {
    match &settings.printer.target {
        None => Paper::None,
        Some(Target::File(_)) => Paper::None,
        Some(target @ Target::Tcp { host, port }) => {
            let reached = printer::reach(host, *port, CONNECT).map_err(|error| match error.kind() {
                std::io::ErrorKind::ConnectionRefused => NetworkFault::Refused,
                std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => {
                    NetworkFault::Slow(CONNECT.as_secs())
                }
                _ => NetworkFault::Unreachable(error.to_string()),
            });
            Paper::Tcp { target: target.to_string(), reached }
        }
    }
}

/// What became of the look at a folder; none if receipts go elsewhere. What a
/// `stranger` may not do, the user of the service may.
pub(super) fn folder(settings: &Settings, stranger: bool) -> Option<Paper> {
    match &settings.printer.target {
        Some(target @ Target::File(folder)) => {
            let spool = match spool(folder) {
                Ok(Spool::Denied) if stranger => Err(Bilingual::new(
                    "whether the service may write there is not known: this is another user",
                    "لا يُعرف هل تستطيع الخدمة الكتابة فيه لأن هذا مستخدم آخر",
                )),
                other => other,
            };
            Some(Paper::Folder { target: target.to_string(), spool })
        }
        _ => None,
    }
}

/// One of the two looks is the one at the printer that is set up.
pub(super) fn join(reached: Paper, folder: Known<Option<Paper>>) -> Paper {
    match folder {
        Ok(Some(folder)) => folder,
        Ok(None) => reached,
        Err(because) => match reached {
            Paper::None => Paper::Folder { target: "file:".to_owned(), spool: Err(because) },
            other => other,
        },
    }
}

/// The printer makes a missing folder by itself, so the nearest one above counts.
fn spool(folder: &Path) -> Known<Spool> {
    let mut there: PathBuf = folder.to_owned();
    while matches!(std::fs::symlink_metadata(&there), Err(error) if error.kind() == std::io::ErrorKind::NotFound)
    {
        if !there.pop() {
            break;
        }
    }
    let looked = if there.as_os_str().is_empty() { Path::new(".") } else { &there };
    match std::fs::metadata(looked) {
        Ok(about) if !about.is_dir() => return Ok(Spool::NotAFolder),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => return Ok(Spool::NotAFolder),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return Ok(Spool::Denied),
        Err(error) => {
            let what =
                Bilingual::new("the folder of the printer cannot be looked at", "تعذر فحص مجلد الطابعة");
            return Err(could_not(what, &error.to_string()));
        }
    }
    match access(looked, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => Ok(Spool::Writable),
        Err(Errno::ROFS) => Ok(Spool::ReadOnly),
        Err(_) => Ok(Spool::Denied),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_yet_is_judged_by_the_one_above() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(spool(dir.path()), Ok(Spool::Writable));
        assert_eq!(spool(&dir.path().join("a/b/c")), Ok(Spool::Writable));
        assert!(!dir.path().join("a").exists());
        let file = dir.path().join("file");
        std::fs::write(&file, b"").unwrap();
        assert_eq!(spool(&file), Ok(Spool::NotAFolder));
        assert_eq!(spool(&file.join("below")), Ok(Spool::NotAFolder));
    }
}
