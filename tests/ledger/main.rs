//! The ledger from outside: what it promises, and what it refuses to be made to do.

mod activities;
mod appending;
mod corrections;
mod handle;
mod immutable;
mod marks;
mod measure;
mod opening;
mod queue;
mod renewal;
mod returns;
mod standard;
mod support;
mod witnesses;
