//! The one form of ZIP that an archive has: entries one behind the other from
//! the first byte on, their list directly behind them, nothing else in the file.
//! What is written here is all that is read back, so that a file made to
//! overlap, to hide or to swell is refused by its form.

mod read;
#[cfg(test)]
mod tests;
mod write;

pub use read::{Entries, Entry, ZipFault, ZipFile};
pub use write::ZipWriter;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;

const LOCAL_BYTES: u64 = 30;
const CENTRAL_BYTES: u64 = 46;
const END_BYTES: u64 = 22;
const END_64_BYTES: u64 = 56;
const LOCATOR_64_BYTES: u64 = 20;
/// The extra field with an offset that does not fit into 32 bits.
const OFFSET_64_BYTES: u16 = 12;

/// Names are UTF-8; no encryption, sizes stand before the content.
const FLAGS: u16 = 0x0800;
const DEFLATED: u16 = 8;
/// ZIP 4.5, which has 64-bit offsets; made on Unix.
const VERSION: u16 = 45;
const MADE_BY: u16 = (3 << 8) | VERSION;
/// 1980-01-01 00:00, the earliest there is: the same content is the same bytes.
const DATE: u16 = 0x0021;
/// A plain file that only its owner reads and writes.
const ATTRIBUTES: u32 = 0o100_600 << 16;

const MAX_32: u64 = 0xFFFF_FFFF;
const MAX_16: u64 = 0xFFFF;

/// The longest name of an entry, in bytes.
const NAME_BYTES: usize = 300;

/// Whether a name is one that an archive gives: parts of ASCII letters, digits,
/// dots, dashes and underscores, none of them a way out of the folder.
fn is_name(name: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_');
    let part = |part: &str| !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain);
    name.len() <= NAME_BYTES && name.split('/').all(part)
}

/// The fields of a local header and of an entry of the list, one behind the other.
#[derive(Default)]
struct Fields(Vec<u8>);

impl Fields {
    fn two(mut self, value: u16) -> Fields {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn four(mut self, value: u32) -> Fields {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn eight(mut self, value: u64) -> Fields {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn bytes(mut self, bytes: &[u8]) -> Fields {
        self.0.extend_from_slice(bytes);
        self
    }
}

/// What is known of an entry's content; 32 bits each, as the form has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sizes {
    crc: u32,
    packed: u32,
    size: u32,
}

fn local_header(name: &str, sizes: Sizes) -> Vec<u8> {
    let fields = Fields::default().four(LOCAL).two(VERSION).two(FLAGS).two(DEFLATED).two(0).two(DATE);
    let fields = fields.four(sizes.crc).four(sizes.packed).four(sizes.size);
    // Names are at most NAME_BYTES long.
    fields.two(name.len() as u16).two(0).bytes(name.as_bytes()).0
}

fn central_entry(name: &str, sizes: Sizes, offset: u64) -> Vec<u8> {
    let large = offset >= MAX_32;
    let fields = Fields::default().four(CENTRAL).two(MADE_BY).two(VERSION).two(FLAGS).two(DEFLATED);
    let fields = fields.two(0).two(DATE).four(sizes.crc).four(sizes.packed).four(sizes.size);
    let fields = fields.two(name.len() as u16).two(if large { OFFSET_64_BYTES } else { 0 });
    let fields = fields.two(0).two(0).two(0).four(ATTRIBUTES).four(offset.min(MAX_32) as u32);
    let fields = fields.bytes(name.as_bytes());
    if large { fields.two(1).two(8).eight(offset).0 } else { fields.0 }
}

/// The end of the file: how many entries, and where their list stands.
fn ending(entries: u64, list_at: u64, list_bytes: u64) -> Vec<u8> {
    let large = entries >= MAX_16 || list_at >= MAX_32 || list_bytes >= MAX_32;
    let mut fields = Fields::default();
    if large {
        fields = fields.four(END_64).eight(END_64_BYTES - 12).two(MADE_BY).two(VERSION).four(0).four(0);
        fields = fields.eight(entries).eight(entries).eight(list_bytes).eight(list_at);
        fields = fields.four(LOCATOR_64).four(0).eight(list_at + list_bytes).four(1);
    }
    let (count, bytes, at) = match large {
        true => (MAX_16, MAX_32, MAX_32),
        false => (entries, list_bytes, list_at),
    };
    let fields = fields.four(END).two(0).two(0).two(count as u16).two(count as u16);
    fields.four(bytes as u32).four(at as u32).two(0).0
}
