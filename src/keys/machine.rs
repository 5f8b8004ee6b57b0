//! What tells this machine from a copy of its disk: facts of the hardware that
//! an unprivileged service can read and that no file system image carries.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

/// Facts that make up a machine. Two machines with the same disk content
/// differ in them, as far as the hardware tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    facts: Vec<(&'static str, String)>,
}

impl Machine {
    /// Reads the facts below `root`, which is `/` outside of tests.
    ///
    /// Always the machine-id; of the hardware the board's serial number, or
    /// else the system's UUID where it may be read, or else the burnt-in
    /// address of its first built-in wired network interface.
    pub fn read(root: &Path) -> Machine {
        let mut facts = Vec::new();
        let mut add = |name, path: &str| {
            let text = word(&root.join(path));
            let found = text.is_some();
            facts.extend(text.map(|text| (name, text)));
            found
        };
        add("machine-id", "etc/machine-id");
        let known = add("board serial number", "sys/firmware/devicetree/base/serial-number")
            || add("system UUID", "sys/class/dmi/id/product_uuid");
        if !known {
            let address = built_in_address(&root.join("sys/class/net"));
            facts.extend(address.map(|address| ("network address", address)));
        }
        Machine { facts }
    }

    /// From facts that were read elsewhere.
    pub fn from_facts(facts: Vec<(&'static str, String)>) -> Machine {
        Machine { facts }
    }

    /// Whether any fact is one of the hardware: without, a copied disk cannot
    /// be told from the machine it came from.
    pub fn has_hardware(&self) -> bool {
        self.facts.iter().any(|(name, _)| *name != "machine-id")
    }

    /// The names of its facts, for people; the values stay here.
    pub fn names(&self) -> Vec<&'static str> {
        self.facts.iter().map(|(name, _)| *name).collect()
    }

    /// SHA-256 over all facts: what a key or a mark is bound to.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(b"tilld machine 1\n");
        for (name, value) in &self.facts {
            digest.update((name.len() as u64).to_be_bytes());
            digest.update(name);
            digest.update((value.len() as u64).to_be_bytes());
            digest.update(value);
        }
        digest.finalize().into()
    }
}

/// A short text file without blanks and the NUL of device trees; `None` if it
/// cannot be read or says nothing.
fn word(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let empty = text.chars().all(|c| matches!(c, '0' | '-' | ' '));
    (!empty && text.len() <= 256).then(|| text.to_owned())
}

/// The permanent address of the first wired interface that sits on the board:
/// neither virtual, nor wireless (whose address is often made up and whose driver
/// comes late), nor on a USB plug, which changes hands. The first by its place on
/// the bus, so that a card that is added changes nothing.
fn built_in_address(net: &Path) -> Option<String> {
    let interfaces = fs::read_dir(net).ok()?.flatten().filter_map(|entry| {
        let interface = entry.path();
        let device = fs::canonicalize(interface.join("device")).ok()?;
        let on_usb = device.components().any(|part| part.as_os_str().to_string_lossy().starts_with("usb"));
        let wireless = interface.join("wireless").exists() || interface.join("phy80211").exists();
        let permanent = word_or_zero(&interface.join("addr_assign_type"))? == "0";
        if on_usb || wireless || !permanent {
            None
        } else {
            Some((device, word(&interface.join("address"))?))
        }
    });
    interfaces.min().map(|(_, address)| address)
}

fn word_or_zero(path: &Path) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn the_board_counts_before_anything_that_can_be_changed() {
        let id = ("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        let board = ("sys/firmware/devicetree/base/serial-number", "10000000abcdef01\0");
        let one = Machine::read(root(&[id, board]).path());
        assert_eq!(one.names(), ["machine-id", "board serial number"]);
        assert!(one.has_hardware());
        let other = ("sys/firmware/devicetree/base/serial-number", "10000000abcdef02\0");
        assert_ne!(one.fingerprint(), Machine::read(root(&[id, other]).path()).fingerprint());
        assert_eq!(one.fingerprint(), Machine::read(root(&[id, board]).path()).fingerprint());
    }

    #[test]
    fn a_machine_without_hardware_facts_says_so() {
        let id = ("etc/machine-id", "0123456789abcdef0123456789abcdef\n");
        let blank = ("sys/class/dmi/id/product_uuid", "00000000-0000-0000-0000-000000000000\n");
        let machine = Machine::read(root(&[id, blank]).path());
        assert_eq!(machine.names(), ["machine-id"]);
        assert!(!machine.has_hardware());
        assert!(!Machine::read(root(&[]).path()).has_hardware());
    }

    #[test]
    fn plugs_radios_later_cards_and_made_up_addresses_do_not_count() {
        let files = [
            ("sys/devices/pci0/eth0/address", "52:54:00:12:34:56\n"),
            ("sys/devices/pci0/eth0/addr_assign_type", "0\n"),
            ("sys/devices/pci0/card/x", ""),
            ("sys/devices/usb1/eth1/address", "00:11:22:33:44:55\n"),
            ("sys/devices/usb1/eth1/addr_assign_type", "0\n"),
            ("sys/devices/usb1/card/x", ""),
            ("sys/devices/pci1/eth3/address", "00:11:22:33:44:66\n"),
            ("sys/devices/pci1/eth3/addr_assign_type", "0\n"),
            ("sys/devices/pci1/card/x", ""),
            ("sys/devices/a0/wlan0/address", "00:11:22:33:44:77\n"),
            ("sys/devices/a0/wlan0/addr_assign_type", "0\n"),
            ("sys/devices/a0/wlan0/wireless/x", ""),
            ("sys/devices/a0/card/x", ""),
            ("sys/devices/pci0/eth2/address", "aa:11:22:33:44:55\n"),
            ("sys/devices/pci0/eth2/addr_assign_type", "3\n"),
        ];
        let root = root(&files);
        let link = |from: &str, to: &str| {
            std::os::unix::fs::symlink(root.path().join(from), root.path().join(to)).unwrap();
        };
        fs::create_dir_all(root.path().join("sys/class/net")).unwrap();
        for (bus, name) in
            [("pci0", "eth0"), ("usb1", "eth1"), ("pci0", "eth2"), ("pci1", "eth3"), ("a0", "wlan0")]
        {
            link(&format!("sys/devices/{bus}/card"), &format!("sys/devices/{bus}/{name}/device"));
            link(&format!("sys/devices/{bus}/{name}"), &format!("sys/class/net/{name}"));
        }
        let machine = Machine::read(root.path());
        assert_eq!(machine.facts, [("network address", "52:54:00:12:34:56".to_owned())]);
    }
}
