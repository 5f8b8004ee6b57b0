//! Keeps this process's memory to itself: no core dump, and no other process
//! of the same user may read it.

use std::io;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// To be called before any secret is in memory.
///
/// # Errors
/// What the kernel says if it refuses; it has no reason to.
pub fn keep_memory_private() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}
