//! The machine: what tells it apart, free memory, who keeps its clock.

use std::fs;
use std::path::Path;

use super::clock;
use crate::doctor::{self, Known, could_not};
use crate::keys;
use crate::text::Bilingual;

pub(super) fn facts() -> doctor::Machine {
    let machine = keys::Machine::read(Path::new("/"));
    doctor::Machine {
        has_hardware: machine.has_hardware(),
        facts: machine.names().into_iter().map(str::to_owned).collect(),
        memory_available: memory(),
        synchronised: clock::synchronised(),
    }
}

/// Bytes that new work could have without swapping.
fn memory() -> Known<u64> {
    let unknown =
        || Bilingual::new("the kernel does not tell the free memory", "لا يبين النظام الذاكرة المتاحة");
    let text =
        fs::read_to_string("/proc/meminfo").map_err(|error| could_not(unknown(), &error.to_string()))?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:")).ok_or_else(unknown)?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().map_err(|_| unknown())?;
    Ok(kib.saturating_mul(1024))
}
