//! What a till can show of its past: attempts, archives for an auditor, and a
//! ledger with a damaged entry.

mod archive;
mod attempts;
mod damage;
mod measure;
mod program;
#[path = "../real/mod.rs"]
mod real;
mod shop;
#[allow(dead_code)]
#[path = "../ledger/support.rs"]
mod support;
mod tampering;
