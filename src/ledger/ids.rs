//! Names of rows, each of its own type, and the UUID that carries one.
//!
//! A document's UUID is version 4, and 48 of its 122 free bits are the
//! document's id under a mask that only this store can compute. So a document
//! is found by its UUID without an index: at a million documents an index over
//! random keys costs every sale one more page in the log and one more random
//! page on the disk.

use std::fmt;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::chain::Icv;

const ICV_BITS: u32 = 32;
const ICV_MASK: u64 = (1 << ICV_BITS) - 1;
/// Bytes of a UUID that stay random; the others hold the masked id.
pub(super) const RANDOM: usize = 10;
const MASKED: usize = 16 - RANDOM;
/// Bits below a document's id in the ids of its tasks and attempts.
const PART_BITS: u32 = 16;

/// A chain of this store, 1 to 32767 in order of opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainId(u16);

impl ChainId {
    pub const MAX: u16 = i16::MAX as u16;

    pub fn new(value: i64) -> Option<ChainId> {
        u16::try_from(value).ok().filter(|id| (1..=ChainId::MAX).contains(id)).map(ChainId)
    }

    pub const fn get(self) -> i64 {
        self.0 as i64
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A document's row: its chain and its ICV in one number, in order of issue.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId(i64);

impl DocumentId {
    /// `None` beyond four thousand million documents of one chain.
    pub fn new(chain: ChainId, icv: Icv) -> Option<DocumentId> {
        (icv.get() <= ICV_MASK).then(|| DocumentId((chain.get() << ICV_BITS) | icv.get() as i64))
    }

    pub fn from_row(row: i64) -> Option<DocumentId> {
        let chain = ChainId::new(row >> ICV_BITS)?;
        DocumentId::new(chain, Icv::new(row as u64 & ICV_MASK)?)
    }

    pub const fn row(self) -> i64 {
        self.0
    }

    pub const fn chain(self) -> ChainId {
        ChainId((self.0 >> ICV_BITS) as u16)
    }

    pub fn icv(self) -> Icv {
        // Never zero: both constructors take the ICV from an `Icv`.
        Icv::new(self.0 as u64 & ICV_MASK).unwrap_or(Icv::FIRST)
    }

    /// The row of a task or an attempt of this document.
    pub(super) const fn part(self, number: i64) -> i64 {
        (self.0 << PART_BITS) | (number & DocumentId::MOST_PARTS)
    }

    pub(super) const MOST_PARTS: i64 = (1 << PART_BITS) - 1;

    /// The document and number of a task's or an attempt's row.
    pub(super) fn from_part(row: i64) -> Option<(DocumentId, i64)> {
        Some((DocumentId::from_row(row >> PART_BITS)?, row & DocumentId::MOST_PARTS))
    }

    /// First and last row that a chain can have.
    pub(super) const fn rows_of(chain: ChainId) -> (i64, i64) {
        let base = (chain.0 as i64) << ICV_BITS;
        (base, base | ICV_MASK as i64)
    }
}

/// Chain and ICV, as people speak of a document.
impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.chain(), self.icv())
    }
}

impl fmt::Debug for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocumentId({self})")
    }
}

/// One task on paper: the original receipt of a document, or a copy of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrintJobId {
    pub document: DocumentId,
    pub(super) task: i64,
}

impl PrintJobId {
    pub(super) const ORIGINAL: i64 = 1;

    pub(super) const fn original(document: DocumentId) -> PrintJobId {
        PrintJobId { document, task: PrintJobId::ORIGINAL }
    }

    pub(super) const fn row(self) -> i64 {
        self.document.part(self.task)
    }

    /// A copy says so on the paper.
    pub const fn is_copy(self) -> bool {
        self.task > PrintJobId::ORIGINAL
    }

    /// 1 for the first copy of a document, `None` for its original.
    pub const fn copy_number(self) -> Option<i64> {
        if self.is_copy() { Some(self.task - PrintJobId::ORIGINAL) } else { None }
    }
}

/// The key that hides document ids in UUIDs.
#[derive(Clone)]
pub(super) struct UuidKey([u8; 32]);

impl UuidKey {
    pub fn new(key: [u8; 32]) -> UuidKey {
        UuidKey(key)
    }

    fn mask(&self, random: &[u8]) -> [u8; MASKED] {
        let digest = Sha256::new().chain_update(self.0).chain_update(random).finalize();
        let mut mask = [0; MASKED];
        mask.copy_from_slice(&digest[..MASKED]);
        mask
    }

    /// A version 4 UUID for a document, from ten random bytes.
    pub fn uuid(&self, id: DocumentId, random: [u8; RANDOM]) -> Uuid {
        let mut bytes = [0u8; 16];
        bytes[..RANDOM].copy_from_slice(&random);
        bytes[6] = (bytes[6] & 0x0F) | 0x40;
        bytes[8] = (bytes[8] & 0x3F) | 0x80;
        let mask = self.mask(&bytes[..RANDOM]);
        let plain = id.row().to_be_bytes();
        for at in 0..MASKED {
            bytes[RANDOM + at] = plain[2 + at] ^ mask[at];
        }
        Uuid::from_bytes(bytes)
    }

    /// The row that a UUID of this store names. A foreign UUID gives nonsense
    /// or nothing, so the row's own UUID is compared after it was read.
    pub fn find(&self, uuid: &Uuid) -> Option<DocumentId> {
        let bytes = uuid.as_bytes();
        let mask = self.mask(&bytes[..RANDOM]);
        let mut plain = [0u8; 8];
        for at in 0..MASKED {
            plain[2 + at] = bytes[RANDOM + at] ^ mask[at];
        }
        DocumentId::from_row(i64::from_be_bytes(plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(chain: i64, icv: u64) -> DocumentId {
        DocumentId::new(ChainId::new(chain).unwrap(), Icv::new(icv).unwrap()).unwrap()
    }

    #[test]
    fn a_row_is_chain_and_icv() {
        let first = id(1, 1);
        assert_eq!(first.row(), (1 << 32) + 1);
        let last = id(32_767, ICV_MASK);
        assert_eq!((last.chain().get(), last.icv().get()), (32_767, ICV_MASK));
        assert_eq!(DocumentId::from_row(last.row()), Some(last));
        assert!(id(1, ICV_MASK) < id(2, 1));
        for row in [0, -1, 1, 1 << 32, i64::MIN] {
            assert_eq!(DocumentId::from_row(row), None);
        }
        assert_eq!(DocumentId::from_part(last.part(65_535)), Some((last, 65_535)));
        assert_eq!(DocumentId::new(ChainId::new(1).unwrap(), Icv::new(1 << 32).unwrap()), None);
    }

    #[test]
    fn a_uuid_is_version_4_and_leads_back() {
        let key = UuidKey::new([7; 32]);
        for (n, document) in [id(1, 1), id(3, 999_999), id(32_767, ICV_MASK)].into_iter().enumerate() {
            let uuid = key.uuid(document, [0xF0 + n as u8; 10]);
            assert_eq!((uuid.get_version_num(), uuid.get_variant()), (4, uuid::Variant::RFC4122));
            assert_eq!(key.find(&uuid), Some(document));
            assert_ne!(UuidKey::new([8; 32]).find(&uuid), Some(document));
        }
    }
}
