//! Writes an archive's ZIP. The list of entries is kept in a file, not in
//! memory, so that a hundred thousand documents cost what one does.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use flate2::Compression;
use flate2::CrcWriter;
use flate2::write::DeflateEncoder;

use super::{MAX_32, Sizes, central_entry, ending, is_name, local_header};

/// An archive in the making.
pub struct ZipWriter {
    out: BufWriter<File>,
    /// The list of entries so far.
    list: BufWriter<File>,
    at: u64,
    list_bytes: u64,
    entries: u64,
    packed: Vec<u8>,
}

impl ZipWriter {
    /// Into an empty file; `list` is another one for the time of the writing.
    pub fn new(out: File, list: File) -> ZipWriter {
        let (out, list) = (BufWriter::with_capacity(1 << 16, out), BufWriter::new(list));
        ZipWriter { out, list, at: 0, list_bytes: 0, entries: 0, packed: Vec::new() }
    }

    /// An entry whose content is at hand.
    pub fn add(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut encoder = DeflateEncoder::new(std::mem::take(&mut self.packed), Compression::default());
        encoder.write_all(content)?;
        let packed = encoder.finish()?;
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let sizes =
            Sizes { crc: crc.sum(), packed: short(packed.len() as u64)?, size: short(content.len() as u64)? };
        self.out.write_all(&local_header(checked(name)?, sizes))?;
        self.out.write_all(&packed)?;
        self.packed = packed;
        self.packed.clear();
        self.listed(name, sizes)
    }

    /// An entry whose content is read piece by piece; at most 4 GiB.
    pub fn add_from(&mut self, name: &str, mut content: impl Read) -> io::Result<()> {
        let header = local_header(checked(name)?, Sizes::default());
        self.out.write_all(&header)?;
        let begin = self.at + header.len() as u64;
        let mut encoder =
            CrcWriter::new(DeflateEncoder::new(Counting::new(&mut self.out), Compression::default()));
        let size = io::copy(&mut content, &mut encoder)?;
        let crc = encoder.crc().sum();
        let packed = encoder.into_inner().finish()?.bytes;
        let sizes = Sizes { crc, packed: short(packed)?, size: short(size)? };
        self.out.seek(SeekFrom::Start(self.at))?;
        self.out.write_all(&local_header(name, sizes))?;
        self.out.seek(SeekFrom::Start(begin + packed))?;
        self.listed(name, sizes)
    }

    fn listed(&mut self, name: &str, sizes: Sizes) -> io::Result<()> {
        let entry = central_entry(name, sizes, self.at);
        self.list.write_all(&entry)?;
        self.list_bytes += entry.len() as u64;
        self.at += local_header(name, sizes).len() as u64 + u64::from(sizes.packed);
        self.entries += 1;
        Ok(())
    }

    /// Writes the list behind the entries; gives the file and its length.
    pub fn finish(mut self) -> io::Result<(File, u64)> {
        let mut list = self.list.into_inner().map_err(io::IntoInnerError::into_error)?;
        list.seek(SeekFrom::Start(0))?;
        io::copy(&mut BufReader::new(list), &mut self.out)?;
        let end = ending(self.entries, self.at, self.list_bytes);
        self.out.write_all(&end)?;
        let out = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok((out, self.at + self.list_bytes + end.len() as u64))
    }
}

fn checked(name: &str) -> io::Result<&str> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidInput, format!("{name:?} cannot name an entry"));
    is_name(name).then_some(name).ok_or_else(wrong)
}

fn short(bytes: u64) -> io::Result<u32> {
    u32::try_from(bytes).ok().filter(|bytes| u64::from(*bytes) < MAX_32).ok_or_else(|| {
        io::Error::new(io::ErrorKind::FileTooLarge, "one file of the archive is larger than 4 GiB")
    })
}

/// Counts what goes through.
struct Counting<W> {
    to: W,
    bytes: u64,
}

impl<W> Counting<W> {
    fn new(to: W) -> Counting<W> {
        Counting { to, bytes: 0 }
    }
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.to.write(buffer)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
