//! The ledger from outside: what it promises, and what it refuses to be made to do.

mod appending;
mod corrections;
mod handle;
mod immutable;
mod marks;
mod measure;
mod opening;
mod queue;
mod returns;
mod support;
