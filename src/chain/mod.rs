//! The hash chain of one CSID: the invoice counter value (ICV), the hash of
//! the document before (PIH), and the one rule by which a link is appended
//! (signing.md section 8). Pure: the ledger keeps the head, this says what is next.

use std::fmt;
use std::num::NonZeroU64;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

/// PIH of the first document of a chain: base64 of the hexadecimal SHA-256 of
/// the character `0`. Unlike every later PIH it has 88 characters; the
/// authority defined it so.
pub const GENESIS_PIH: &str =
    "NWZlY2ViNjZmZmM4NmYzOGQ5NTI3ODZjNmQ2OTZjNzljMmRiYzIzOWRkNGU5MWI0NjcyOWQ3M2EyN2ZiNTdlOQ==";

/// Invoice counter value: 1 for the first document of a CSID, then one more each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Icv(NonZeroU64);

impl Icv {
    /// The counter of the first document of a chain.
    pub const FIRST: Icv = Icv(NonZeroU64::MIN);

    /// A counter as stored or read; `None` for 0, which no document has.
    pub fn new(value: u64) -> Option<Icv> {
        NonZeroU64::new(value).map(Icv)
    }

    /// The value as it stands in the document (KSA-16).
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The counter of the next document. A till would need 500 million years
    /// at a thousand documents a second to reach the end, which then repeats.
    pub const fn next(self) -> Icv {
        Icv(self.0.saturating_add(1))
    }
}

impl fmt::Display for Icv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// SHA-256 of a document's canonical form without its stamp (signing.md section 2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct InvoiceHash([u8; 32]);

impl InvoiceHash {
    /// From the 32 bytes of SHA-256.
    pub const fn new(bytes: [u8; 32]) -> InvoiceHash {
        InvoiceHash(bytes)
    }

    /// The 32 bytes of SHA-256.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 44 characters of base64 that stand in XML, QR and API.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads [`Self::to_base64`]; `None` for anything but base64 of 32 bytes.
    pub fn from_base64(text: &str) -> Option<InvoiceHash> {
        let bytes = STANDARD.decode(text).ok()?;
        Some(InvoiceHash(bytes.try_into().ok()?))
    }
}

impl fmt::Debug for InvoiceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InvoiceHash({})", self.to_base64())
    }
}

impl fmt::Display for InvoiceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base64())
    }
}

/// What a document says of the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviousHash {
    /// There is none before it: it opens the chain.
    Genesis,
    /// The hash of the document before it.
    Document(InvoiceHash),
}

impl PreviousHash {
    /// The text of the PIH reference.
    pub fn text(&self) -> String {
        match self {
            PreviousHash::Genesis => GENESIS_PIH.to_owned(),
            PreviousHash::Document(hash) => hash.to_base64(),
        }
    }

    /// Reads the text of a PIH reference; `None` if it is neither the opening constant nor a hash.
    pub fn parse(text: &str) -> Option<PreviousHash> {
        match text {
            GENESIS_PIH => Some(PreviousHash::Genesis),
            _ => InvoiceHash::from_base64(text).map(PreviousHash::Document),
        }
    }
}

/// The place of a document in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Invoice counter value (KSA-16).
    pub icv: Icv,
    /// What stands as the hash of the document before (KSA-13).
    pub previous: PreviousHash,
}

/// The last document of a chain, on which the next one is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Counter of the last document.
    pub icv: Icv,
    /// Hash of the last document, the PIH of the next one.
    pub hash: InvoiceHash,
}

impl Link {
    /// The append rule: genesis for an empty chain, otherwise one more than the
    /// head and the head's hash, whatever became of that document.
    pub fn after(head: Option<Head>) -> Link {
        match head {
            None => Link { icv: Icv::FIRST, previous: PreviousHash::Genesis },
            Some(head) => Link { icv: head.icv.next(), previous: PreviousHash::Document(head.hash) },
        }
    }
}

/// A document that does not continue the chain.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChainBreak {
    /// A counter is missing, repeated or out of order (signing.md section 8).
    #[error("ICV {found} stands where {expected} belongs")]
    Counter { expected: Icv, found: Icv },
    /// The PIH is not the hash of the document before (signing.md section 8).
    #[error("document with ICV {icv} names another document as the one before it")]
    PreviousHash { icv: Icv },
}

/// Checks one document against the head before it and gives the new head.
pub fn follow(head: Option<Head>, link: Link, hash: InvoiceHash) -> Result<Head, ChainBreak> {
    let expected = Link::after(head);
    if link.icv != expected.icv {
        return Err(ChainBreak::Counter { expected: expected.icv, found: link.icv });
    }
    if link.previous != expected.previous {
        return Err(ChainBreak::PreviousHash { icv: link.icv });
    }
    Ok(Head { icv: link.icv, hash })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn genesis_is_the_hash_of_the_character_zero() {
        let hex: String = Sha256::digest(b"0").iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(STANDARD.encode(hex), GENESIS_PIH);
    }

    #[test]
    fn a_chain_follows_and_a_break_is_named() {
        let hash = |n: u8| InvoiceHash::new([n; 32]);
        let first = follow(None, Link::after(None), hash(1)).unwrap();
        let second = follow(Some(first), Link::after(Some(first)), hash(2)).unwrap();
        assert_eq!(second.icv.get(), 2);
        let gap = Link { icv: Icv::new(4).unwrap(), previous: PreviousHash::Document(hash(2)) };
        assert!(matches!(follow(Some(second), gap, hash(4)), Err(ChainBreak::Counter { .. })));
        let wrong = Link { icv: Icv::new(3).unwrap(), previous: PreviousHash::Document(hash(1)) };
        assert!(matches!(follow(Some(second), wrong, hash(3)), Err(ChainBreak::PreviousHash { .. })));
    }

    #[test]
    fn hashes_round_trip_as_base64() {
        let hash = InvoiceHash::new([7; 32]);
        assert_eq!(InvoiceHash::from_base64(&hash.to_base64()), Some(hash));
        assert_eq!(PreviousHash::parse(GENESIS_PIH), Some(PreviousHash::Genesis));
        assert_eq!(PreviousHash::parse("AAAA"), None);
    }
}
