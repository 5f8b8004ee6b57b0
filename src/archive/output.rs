//! A file that comes into being whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

/// A file beside the one that it is to become; gone unless [`Output::keep`] is called.
pub struct Output {
    to: PathBuf,
    part: PathBuf,
    force: bool,
    kept: bool,
}

impl Output {
    /// Makes the file, readable by its owner alone.
    ///
    /// # Errors
    /// If the folder does not take it, or something of that name is there and
    /// `force` does not say that it may be replaced.
    pub fn create(to: &Path, force: bool) -> io::Result<(Output, File)> {
        if !force && fs::symlink_metadata(to).is_ok() {
            return Err(taken());
        }
        let name = to.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
        let mut part = name.to_owned();
        part.push(format!(".{}.part", std::process::id()));
        let part = to.with_file_name(part);
        let file = fresh(&part)?;
        Ok((Output { to: to.to_owned(), part, force, kept: false }, file))
    }

    /// A nameless file in the same folder, for the time of the work.
    pub fn scratch(&self, what: &str) -> io::Result<File> {
        let mut name = self.part.clone().into_os_string();
        name.push(format!(".{what}"));
        let file = fresh(Path::new(&name))?;
        fs::remove_file(&name)?;
        Ok(file)
    }

    /// Brings it to the disk and gives it its name.
    pub fn keep(mut self, file: &File) -> io::Result<()> {
        file.sync_all()?;
        if self.force {
            fs::rename(&self.part, &self.to)?;
        } else {
            match renameat_with(CWD, &self.part, CWD, &self.to, RenameFlags::NOREPLACE) {
                Ok(()) => {}
                Err(Errno::EXIST) => return Err(taken()),
                // A medium that cannot do both in one step.
                Err(_) if fs::symlink_metadata(&self.to).is_err() => fs::rename(&self.part, &self.to)?,
                Err(_) => return Err(taken()),
            }
        }
        self.kept = true;
        let folder = self.to.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if !self.kept {
            // Whoever took it away meanwhile has done this work.
            let _ = fs::remove_file(&self.part);
        }
    }
}

fn fresh(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

fn taken() -> io::Error {
    io::Error::from(io::ErrorKind::AlreadyExists)
}
