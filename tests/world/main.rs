//! A seeded world in virtual time: one till with its real ledger and reporting
//! driver, a line that breaks, an authority with a book of its own, a shop that
//! sells and prints meanwhile, and a program that is ended in the middle of
//! everything. One law over all of it: the final ledger is that of the run
//! without faults.
//!
//! `TILLD_WORLD_SEEDS=100000` tries so many seeds, `TILLD_WORLD_FIRST=5000` begins
//! there, `TILLD_WORLD_SEED=17` runs one and prints what happened in it.

#[path = "../common/mod.rs"]
mod common;
#[allow(dead_code)]
#[path = "../ledger/support.rs"]
mod support;

mod book;
mod clock;
mod fate;
mod flaws;
mod gateway;
mod law;
mod life;
mod offline;
mod run;
mod script;
mod seeds;
mod shop;
mod till;
mod world;

/// A document of somebody else.
pub const VECTOR_DOCUMENT: &str = include_str!("../vectors/simplified-388.signed.xml");
