//! The structure of UBL 2.1 invoices: which elements stand where, how often and
//! in which order, their attributes and the form of their values. What values
//! mean is the business of other rooms.
//!
//! The verdict is that of an XML Schema processor (libxml2) over the official
//! schemas, on which the table was made; findings are in words for people.

mod check;
mod finding;
mod model;
mod table;
#[cfg(test)]
mod tests;
mod value;
mod walk;

pub use check::check;
pub use finding::{Structure, Wrong};
pub use model::Simple;
