//! Reads an archive's ZIP without trusting it: every length is held against the
//! file before anything is taken, and nothing is unpacked beyond its stated size.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt as _;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::{
    CENTRAL_BYTES, END_64_BYTES, END_BYTES, LOCAL_BYTES, LOCATOR_64_BYTES, MAX_16, MAX_32, NAME_BYTES, Sizes,
    central_entry, ending, is_name, local_header,
};
use crate::text::Bilingual;

/// Why a file is not an archive, or one of its entries cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZipFault {
    /// Shorter than the shortest archive, torn, or with something behind its end.
    Ending,
    /// An entry of the list is not written as an archive writes it.
    List,
    /// A name that leads out of the folder, or with characters that no archive uses.
    Name,
    /// What stands before an entry is not what the list says, or entries overlap.
    Entry,
    /// The content is larger than it may be.
    TooLarge,
    /// The content does not unpack to what the list says of it.
    Content,
    /// The file could not be read.
    Unreadable,
}

impl ZipFault {
    /// For people.
    pub fn words(self) -> Bilingual {
        match self {
            ZipFault::Ending => Bilingual::new(
                "this is not a whole archive of tilld: its end is missing, or something was put behind it",
                "هذا ليس أرشيفاً كاملاً من tilld: نهايته مفقودة أو أضيف شيء بعدها",
            ),
            ZipFault::List => Bilingual::new(
                "the archive's list of files is not written as tilld writes it",
                "قائمة ملفات الأرشيف ليست مكتوبة كما يكتبها tilld",
            ),
            ZipFault::Name => Bilingual::new(
                "a file of the archive has a name that tilld never gives",
                "في الأرشيف ملف باسم لا يستخدمه tilld أبداً",
            ),
            ZipFault::Entry => Bilingual::new(
                "a file of the archive is not where its list says, or two of them overlap",
                "أحد ملفات الأرشيف ليس في موضعه المذكور في القائمة أو يتداخل مع غيره",
            ),
            ZipFault::TooLarge => Bilingual::new(
                "it is larger than such a file can be",
                "حجمه أكبر من الحد الممكن لملف من نوعه",
            ),
            ZipFault::Content => Bilingual::new(
                "it does not unpack to what the archive's list says of it: it was damaged or altered",
                "لا يطابق محتواه ما تذكره قائمة الأرشيف: فقد تلف أو عُدل",
            ),
            ZipFault::Unreadable => {
                Bilingual::new("it cannot be read from the disk", "تعذرت قراءته من القرص")
            }
        }
    }
}

impl From<io::Error> for ZipFault {
    fn from(error: io::Error) -> ZipFault {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                ZipFault::Content
            }
            _ => ZipFault::Unreadable,
        }
    }
}

/// A file in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    sizes: Sizes,
    data_at: u64,
}

impl Entry {
    /// The length of its content in bytes, as stated.
    pub fn size(&self) -> u64 {
        u64::from(self.sizes.size)
    }
}

/// An archive that is read.
pub struct ZipFile {
    file: File,
    pub(super) list_at: u64,
    pub(super) list_end: u64,
    pub entries: u64,
}

impl ZipFile {
    /// Reads its end, which must be one that tilld writes.
    pub fn open(file: File) -> Result<ZipFile, ZipFault> {
        let length = file.metadata().map_err(|_| ZipFault::Unreadable)?.len();
        let end_at = length.checked_sub(END_BYTES).ok_or(ZipFault::Ending)?;
        let end = bytes_at(&file, end_at, END_BYTES).ok_or(ZipFault::Ending)?;
        let (count, bytes, at) = (two(&end, 10), four(&end, 12), four(&end, 16));
        let (entries, list_bytes, list_at) = match (count, at) {
            (MAX_16, MAX_32) => {
                let at = end_at.checked_sub(END_64_BYTES + LOCATOR_64_BYTES).ok_or(ZipFault::Ending)?;
                let end = bytes_at(&file, at, END_64_BYTES).ok_or(ZipFault::Ending)?;
                (eight(&end, 32), eight(&end, 40), eight(&end, 48))
            }
            _ => (count, bytes, at),
        };
        // Whatever else these bytes could say, they must be the ones written here.
        if entries > length || list_bytes > length || list_at > length {
            return Err(ZipFault::Ending);
        }
        let wanted = ending(entries, list_at, list_bytes);
        let list_end = list_at + list_bytes;
        let found = bytes_at(&file, list_end, wanted.len() as u64).ok_or(ZipFault::Ending)?;
        if found != wanted || list_end + wanted.len() as u64 != length {
            return Err(ZipFault::Ending);
        }
        Ok(ZipFile { file, list_at, list_end, entries })
    }

    /// The entries in their order.
    pub fn list(&self) -> Entries<'_> {
        let list = Part { file: &self.file, at: self.list_at, end: self.list_end };
        Entries { zip: self, list: BufReader::new(list), left: self.entries, expected: 0, failed: false }
    }

    /// The content of an entry, of at most `limit` bytes.
    pub fn content(&self, entry: &Entry, limit: u64) -> Result<Vec<u8>, ZipFault> {
        if entry.size() > limit {
            return Err(ZipFault::TooLarge);
        }
        let mut content = Vec::new();
        self.stream(entry).read_to_end(&mut content)?;
        Ok(content)
    }

    /// The content of an entry piece by piece; its end is an error if it is not
    /// what the list says.
    pub fn stream(&self, entry: &Entry) -> Content<'_> {
        let end = entry.data_at + u64::from(entry.sizes.packed);
        let part = Part { file: &self.file, at: entry.data_at, end };
        let inflated = DeflateDecoder::new(BufReader::new(part));
        Content { inflated, crc: Crc::new(), left: entry.size(), sizes: entry.sizes, done: false }
    }
}

/// What an entry unpacks to.
pub struct Content<'z> {
    inflated: DeflateDecoder<BufReader<Part<'z>>>,
    crc: Crc,
    left: u64,
    sizes: Sizes,
    done: bool,
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wrong = || io::Error::from(io::ErrorKind::InvalidData);
        if self.done || buffer.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            // Nothing more may come, neither unpacked nor packed.
            let more = self.inflated.read(&mut [0])? > 0;
            let unused = self.inflated.total_in() != u64::from(self.sizes.packed);
            if more || unused || self.crc.sum() != self.sizes.crc {
                return Err(wrong());
            }
            self.done = true;
            return Ok(0);
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let part = buffer.get_mut(..most).ok_or_else(wrong)?;
        let read = self.inflated.read(part)?;
        if read == 0 {
            return Err(wrong());
        }
        self.crc.update(part.get(..read).ok_or_else(wrong)?);
        self.left -= read as u64;
        Ok(read)
    }
}

/// The list of entries, each held against what stands before its content.
pub struct Entries<'z> {
    zip: &'z ZipFile,
    list: BufReader<Part<'z>>,
    left: u64,
    /// Where the next entry must begin.
    expected: u64,
    failed: bool,
}

impl Entries<'_> {
    fn next_entry(&mut self) -> Result<Entry, ZipFault> {
        let fixed = self.take(CENTRAL_BYTES)?;
        let (name_bytes, extra) = (two(&fixed, 28), two(&fixed, 30));
        if name_bytes > NAME_BYTES as u64 {
            return Err(ZipFault::Name);
        }
        let name = String::from_utf8(self.take(name_bytes)?).map_err(|_| ZipFault::Name)?;
        if !is_name(&name) {
            return Err(ZipFault::Name);
        }
        let sizes = Sizes {
            crc: four(&fixed, 16) as u32,
            packed: four(&fixed, 20) as u32,
            size: four(&fixed, 24) as u32,
        };
        let extra = self.take(extra)?;
        let offset = if extra.is_empty() { four(&fixed, 42) } else { eight(&extra, 4) };
        if [&fixed[..], name.as_bytes(), &extra].concat() != central_entry(&name, sizes, offset) {
            return Err(ZipFault::List);
        }
        let header = local_header(&name, sizes);
        let data_at = offset.checked_add(LOCAL_BYTES + name_bytes).ok_or(ZipFault::Entry)?;
        let end = data_at.checked_add(u64::from(sizes.packed)).ok_or(ZipFault::Entry)?;
        let before = bytes_at(&self.zip.file, offset, header.len() as u64);
        if offset != self.expected || end > self.zip.list_at || before.as_deref() != Some(&header[..]) {
            return Err(ZipFault::Entry);
        }
        self.expected = end;
        Ok(Entry { name, sizes, data_at })
    }

    /// The last entry must end where the list begins.
    fn end(&mut self) -> Option<ZipFault> {
        let more = self.list.read(&mut [0]).map_or(true, |read| read > 0);
        (more || self.expected != self.zip.list_at).then_some(ZipFault::Entry)
    }

    fn take(&mut self, bytes: u64) -> Result<Vec<u8>, ZipFault> {
        let mut taken = Vec::new();
        let read = self.list.by_ref().take(bytes).read_to_end(&mut taken);
        if read.map_err(|_| ZipFault::Unreadable)? as u64 != bytes {
            return Err(ZipFault::List);
        }
        Ok(taken)
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry, ZipFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Some(self.next_entry())
            }
            None => {
                self.failed = true;
                self.end().map(Err)
            }
        };
        self.failed |= matches!(next, Some(Err(_)));
        next
    }
}

/// A stretch of the file.
struct Part<'z> {
    file: &'z File,
    at: u64,
    end: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let most = left.min(buffer.len());
        let read = self.file.read_at(buffer.get_mut(..most).unwrap_or_default(), self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// So many bytes of the file, which are few; `None` if it ends before.
fn bytes_at(file: &File, at: u64, bytes: u64) -> Option<Vec<u8>> {
    let mut found = vec![0; usize::try_from(bytes).ok()?];
    file.read_exact_at(&mut found, at).ok()?;
    Some(found)
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    // Fields that are not there are zero, and the comparison with what is written refuses them.
    bytes.get(at..at + N).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; N])
}

fn two(bytes: &[u8], at: usize) -> u64 {
    u64::from(u16::from_le_bytes(number(bytes, at)))
}

fn four(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32::from_le_bytes(number(bytes, at)))
}

fn eight(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(number(bytes, at))
}
