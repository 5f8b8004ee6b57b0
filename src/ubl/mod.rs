//! The document as UBL 2.1 XML: canonical bytes written directly, and reading
//! XML back. What is written needs no canonicaliser: it is in canonical form
//! by construction (signing.md section 2), so the bytes that are hashed are
//! the bytes that are stored.

mod emit;
mod fields;
mod lines;
mod parties;
mod read;
mod restore;
mod totals;
mod tree;
mod write;

pub use emit::escape_text;
pub use read::{
    ReadCharge, ReadError, ReadGroup, ReadLine, ReadParty, ReadPrepayment, Reading, link, read, reference,
    with_subtotals,
};
pub use restore::restore;
pub use tree::{Element, Tree, TreeError};
pub use write::{Body, XML_DECLARATION, write};
