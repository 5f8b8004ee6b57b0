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

/// Whether a hypervisor runs this machine, as far as the files below `root` tell:
/// the processor's own word, the device tree's, or the name of the board.
pub(super) fn is_virtual(root: &Path) -> bool {
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let flag =
        |line: &str| line.starts_with("flags") && line.split_whitespace().any(|flag| flag == "hypervisor");
    let board = read("sys/class/dmi/id/product_name") + &read("sys/class/dmi/id/sys_vendor");
    let makers = ["QEMU", "KVM", "VMware", "VirtualBox", "Virtual Machine", "Xen", "Bochs"];
    read("proc/cpuinfo").lines().any(flag)
        || root.join("sys/firmware/devicetree/base/hypervisor").exists()
        || makers.iter().any(|maker| board.contains(maker))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_machine_is_told_from_a_real_one() {
        for (path, text, expected) in [
            ("proc/cpuinfo", "model name\t: x\nflags\t\t: fpu vme hypervisor lm\n", true),
            ("proc/cpuinfo", "flags\t\t: fpu vme lm\nbugs\t\t: hypervisor\n", false),
            ("sys/class/dmi/id/sys_vendor", "QEMU\n", true),
            ("sys/class/dmi/id/product_name", "Till 9000\n", false),
            ("sys/firmware/devicetree/base/hypervisor/compatible", "linux,kvm", true),
        ] {
            let root = tempfile::tempdir().unwrap();
            let file = root.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
            assert_eq!(is_virtual(root.path()), expected, "{path}");
        }
    }
}
