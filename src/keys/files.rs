//! Files that are replaced whole or not at all, readable by their owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// What unfinished files end in; whoever holds the vault's lock may remove them.
pub(super) const UNFINISHED: &str = ".unfinished";

/// Puts `bytes` in the place of `path`: written beside it, flushed to the disk,
/// renamed, and the directory flushed. After a power cut the old or the new
/// content is there.
pub(super) fn replace(path: &Path, bytes: &[u8], mark: &str) -> io::Result<()> {
    let beside = write_beside(path, bytes, mark)?;
    fs::rename(&beside, path).and_then(|()| sync_directory_of(path)).inspect_err(|_| {
        // The error that matters is already on its way; a leftover is cleaned later.
        let _ = fs::remove_file(&beside);
    })
}

/// As [`replace`], but leaves an existing file alone and answers `false`.
pub(super) fn create(path: &Path, bytes: &[u8], mark: &str) -> io::Result<bool> {
    let beside = write_beside(path, bytes, mark)?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    match linked {
        Ok(()) => sync_directory_of(path).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

fn write_beside(path: &Path, bytes: &[u8], mark: &str) -> io::Result<PathBuf> {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(mark);
    name.push(UNFINISHED);
    let beside = PathBuf::from(name);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })?;
    Ok(beside)
}

/// Flushes the directory that holds `path`, and with it the name of `path`.
pub(super) fn sync_directory_of(path: &Path) -> io::Result<()> {
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    File::open(above.unwrap_or(Path::new(".")))?.sync_all()
}
