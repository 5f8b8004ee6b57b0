//! Reading XML from anybody: a parser that trusts nothing, the tree it makes,
//! and the canonical forms that hashes and signatures are made over. Knows
//! nothing of invoices.
//!
//! What is accepted is what two independent conforming parsers both accept
//! (libxml2 and the one in the Java platform, with their usual limits), except
//! that a document type declaration is always refused and the encoding is UTF-8.

mod c14n;
mod chars;
mod dom;
mod encoding;
mod error;
mod namespace;
mod parse;
mod scan;
mod tag;
#[cfg(test)]
mod tests;
pub mod uri;

pub use c14n::{Uncanonical, exclusive, inclusive};
pub use chars::{is_name_part, is_name_start, is_ncname};
pub use dom::{Attribute, Content, Dom, Node};
pub use error::{Fault, XmlError};
pub use namespace::Ns;

/// Largest document that is read, in bytes. Hundreds of times a long invoice.
pub const MAX_BYTES: usize = 8 << 20;
/// How deep elements may nest: the limit of the stricter of the two parsers.
pub const MAX_DEPTH: usize = 100;
/// Most elements, texts, comments and processing instructions in one document.
pub const MAX_NODES: usize = 1_000_000;
/// Most attributes of one element, declarations of namespaces included.
pub const MAX_ATTRIBUTES: usize = 200;
/// Longest name, in characters.
pub const MAX_NAME: usize = 1000;
/// Most references to the five predefined entities in one document.
pub const MAX_ENTITIES: usize = 100_000;
