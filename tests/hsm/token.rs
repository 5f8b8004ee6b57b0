//! A SoftHSM token of its own for each test. SoftHSM finds its tokens by a
//! variable of the process, so each test runs in a process of its own.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tilld::keys::{KeyStore, PinSource, Pkcs11Settings};

pub const LABEL: &str = "till T07";
pub const PIN: &str = "739157";
pub const SO_PIN: &str = "88888888";
const HOME: &str = "TILLD_HSM_HOME";

/// Where Debian and others put the module.
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
];

/// One token, reached by way of `softhsm2.conf` in `home`.
pub struct Token {
    pub home: PathBuf,
    pub module: PathBuf,
}

/// Runs `body` in a process of its own that has one token. `test` is the name
/// of the calling test.
pub fn alone(test: &str, body: impl FnOnce(&Token)) {
    let module = MODULES.iter().map(PathBuf::from).find(|module| module.exists());
    let module = module.expect("SoftHSM is not installed: apt-get install softhsm2");
    if let Some(home) = std::env::var_os(HOME) {
        let token = Token { home: home.into(), module };
        token.make(LABEL);
        return body(&token);
    }
    let home = tempfile::tempdir().unwrap();
    let tokens = home.path().join("tokens");
    fs::create_dir(&tokens).unwrap();
    let config = home.path().join("softhsm2.conf");
    let lines = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    fs::write(&config, lines).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env("SOFTHSM2_CONF", &config)
        .env(HOME, home.path())
        .output()
        .unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{said}", output.status);
    assert!(said.contains("1 passed"), "no test is called {test}\n{said}");
    assert!(!said.contains(PIN), "the PIN was shown\n{said}");
}

impl Token {
    /// Initialises one more token.
    pub fn make(&self, label: &str) {
        let output = Command::new("softhsm2-util")
            .args(["--init-token", "--free", "--label", label, "--so-pin", SO_PIN, "--pin", PIN])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A file with a PIN, as the settings name it.
    pub fn pin_file(&self, pin: &str) -> PathBuf {
        let path = self.home.join("pin");
        fs::write(&path, format!("{pin}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub fn settings(&self) -> Pkcs11Settings {
        let pin = PinSource::new(None, Some(self.pin_file(PIN)));
        Pkcs11Settings { module: self.module.clone(), token: LABEL.to_owned(), pin }
    }

    pub fn store(&self) -> KeyStore {
        KeyStore::Pkcs11(self.settings())
    }

    /// Takes the tokens away, as if they were pulled out of the machine.
    pub fn pull(&self) {
        let tokens = self.home.join("tokens");
        fs::rename(&tokens, self.home.join("pulled")).unwrap();
        fs::create_dir(&tokens).unwrap();
    }

    /// Puts the tokens back.
    pub fn put_back(&self) {
        let tokens = self.home.join("tokens");
        fs::remove_dir(&tokens).unwrap();
        fs::rename(self.home.join("pulled"), &tokens).unwrap();
    }
}

/// Every file below `folder`.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}
