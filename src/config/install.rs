//! Puts a finished file in its place: whole or not at all.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

/// Writes `text` to `path` with that mode: beside it, flushed to the disk,
/// renamed, and the folder flushed, so that after a power cut the old or the
/// new file is there. Written by root, the file gets the group of what it
/// replaces or else of its folder, so that the daemon's account can read it.
///
/// # Errors
/// If the folder is missing or not writable, or the disk is full.
pub fn install(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    // What a link points to is replaced, not the link.
    let path = match fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = beside(&path);
    // Left by a run that was killed.
    if let Err(error) = fs::remove_file(&beside)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let written = write(&beside, &path, folder, text, mode);
    written.and_then(|()| fs::rename(&beside, &path)).inspect_err(|_| {
        // The error that matters is on its way already.
        let _ = fs::remove_file(&beside);
    })?;
    File::open(folder)?.sync_all()
}

/// Hidden, so that it is no drop-in either.
fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".unfinished");
    path.with_file_name(name)
}

fn write(beside: &Path, path: &Path, folder: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside)?;
    if rustix::process::geteuid().is_root() {
        let model = fs::metadata(path).or_else(|_| fs::metadata(folder))?;
        fchown(&file, None, Some(model.gid()))?;
    }
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_with_its_mode() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.toml");
        fs::write(dir.path().join(".t.toml.unfinished"), "half").unwrap();
        for (text, mode) in [("one", 0o640), ("two", 0o600)] {
            install(&path, text, mode).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, mode);
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        }
        let link = dir.path().join("link.toml");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        install(&link, "three", 0o640).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "three");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(install(&dir.path().join("none/t.toml"), "x", 0o640).is_err());
    }
}
