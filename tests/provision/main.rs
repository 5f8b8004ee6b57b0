//! Provisioning: what a file may say, what is filled in, what is refused; the
//! set of a chain from a table; and three tills set up by the real program
//! against a sandbox of its own.

mod files;
mod set;
mod tills;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A whole provisioning file but for the section `[onboarding]`; `HERE` is a folder.
const FILE: &str = r#"
[till]
name = "T07"
data_dir = "HERE/data"
anchor = "HERE/anchor/high-water"

[seller]
name = "شركة بقالة الواحة المحدودة"
vat_number = "399999999900003"
id_scheme = "CRN"
id = "1010010000"

[seller.address]
street = "شارع الأمير سلطان"
building = "2322"
district = "المربع"
city = "الرياض"
postal_code = "23333"

[unit]
organization_unit = "Riyadh Branch"
organization = "Oasis Grocery Co. Ltd"
title = "1100"
location = "RRRD2929"
category = "Retail"

[fatoora]
environment = "sandbox"
in_flight = 2

[printer]
target = "none"
header_en = ["Welcome", "to \"us\""]

[api]
socket = "HERE/t.sock"
"#;

/// A folder with a provisioning file in it.
struct Place {
    dir: TempDir,
    file: PathBuf,
    config: PathBuf,
}

impl Place {
    fn new(more: &str) -> Place {
        let dir = tempfile::tempdir().unwrap();
        let (file, config) = (dir.path().join("till.toml"), dir.path().join("tilld.toml"));
        let place = Place { dir, file, config };
        place.write(&format!("{FILE}{more}"));
        place
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Puts the file anew, for its owner only.
    fn write(&self, text: &str) {
        fs::write(&self.file, text.replace("HERE", self.path().to_str().unwrap())).unwrap();
        self.mode(0o600);
    }

    fn mode(&self, mode: u32) {
        fs::set_permissions(&self.file, fs::Permissions::from_mode(mode)).unwrap();
    }
}
