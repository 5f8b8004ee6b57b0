//! Printing into a folder: each job a file, complete or not there at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Printer, PrinterError, Sent};

/// Writes `NAME.escpos` into a folder, which it makes when needed. A second job
/// of the same name replaces the first.
#[derive(Clone, Debug)]
pub struct FilePrinter {
    folder: PathBuf,
}

impl FilePrinter {
    pub fn new(folder: PathBuf) -> FilePrinter {
        FilePrinter { folder }
    }
}

impl Printer for FilePrinter {
    fn send(&mut self, name: &str, job: &[u8]) -> Result<Sent, PrinterError> {
        let path = self.folder.join(format!("{}.escpos", file_name(name)));
        match write_durably(&self.folder, &path, job) {
            Ok(()) => Ok(Sent::Stored(path)),
            Err(source) => Err(PrinterError::Io { path: path.display().to_string(), source }),
        }
    }

    fn describe(&self) -> String {
        format!("file:{}", self.folder.display())
    }
}

/// An invoice number as a file name: whatever could leave the folder or hide
/// the file becomes an underscore.
fn file_name(name: &str) -> String {
    let safe: String = name
        .chars()
        .take(120)
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' })
        .collect();
    if safe.is_empty() || safe.starts_with('.') { format!("_{safe}") } else { safe }
}

/// Temporary file, fsync, rename, fsync of the folder: after a power cut there
/// is the whole receipt or none.
fn write_durably(folder: &Path, path: &Path, job: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let part = path.with_extension("escpos.part");
    let written = File::create(&part).and_then(|mut file| {
        file.write_all(job)?;
        file.sync_all()
    });
    if let Err(error) = written.and_then(|()| fs::rename(&part, path)) {
        // What remains is only rubbish; the first error is the one to tell.
        let _ = fs::remove_file(&part);
        return Err(error);
    }
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_a_whole_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut printer = FilePrinter::new(folder.path().join("receipts"));
        let sent = printer.send("INV-1", b"\x1b@abc").unwrap();
        let path = folder.path().join("receipts/INV-1.escpos");
        assert_eq!(sent, Sent::Stored(path.clone()));
        assert_eq!(fs::read(&path).unwrap(), b"\x1b@abc");
        printer.send("INV-1", b"again").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"again");
        assert_eq!(fs::read_dir(folder.path().join("receipts")).unwrap().count(), 1);
    }

    #[test]
    fn names_cannot_leave_the_folder() {
        assert_eq!(file_name("../../etc/passwd"), "_.._.._etc_passwd");
        assert_eq!(file_name(""), "_");
        assert_eq!(file_name("فاتورة 1/2"), "فاتورة_1_2");
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("taken"), b"").unwrap();
        let mut printer = FilePrinter::new(folder.path().join("taken"));
        let error = printer.send("INV-1", b"x").unwrap_err();
        assert!(matches!(error, PrinterError::Io { .. }) && !error.may_have_printed());
        assert!(error.to_string().contains("check the folder"));
    }
}
