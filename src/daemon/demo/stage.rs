//! What the demo plays on: its folder, the sandbox, the settings of the till.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::summary::{Document, Summary};
use crate::cli::DemoOptions;
use crate::config::{self, Settings};
use crate::daemon::{identity, onboarding};
use crate::fatoora::Otp;
use crate::ledger::{Clock as _, SystemClock};
use crate::onboard::{self, Onboarding};
use crate::receipt::PaperWidth;
use crate::sandbox::{Environment, Sandbox, SandboxConfig, SandboxHandle, system_clock, system_entropy};

const TILL: &str = include_str!("../../../assets/demo/till.toml");
/// Says that a folder was made by the demo and may be made anew by it.
const MARKER: &str = ".tilld-demo";
/// What the demo makes in its folder.
const MADE: [&str; 5] = ["xml", "receipts", "till", "csr.pem", "summary.json"];

/// The folder of one demo, made and known to be its own.
pub struct Stage {
    /// Everything it makes, absolute.
    pub dir: PathBuf,
    /// The invoices, by number.
    pub xml: PathBuf,
    /// Print jobs, pictures and QR payloads, by number.
    pub receipts: PathBuf,
    /// Of the paper.
    pub width: PaperWidth,
    till: PathBuf,
    /// A Unix socket's path is at most 107 bytes long, so it has a short one.
    socket_dir: PathBuf,
    seed: u64,
    keep: bool,
}

impl Stage {
    /// Makes the folder, or clears what an earlier demo left in it.
    pub fn set(options: &DemoOptions) -> Result<Stage, String> {
        let failed = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
        let make = |path: &Path| std::fs::create_dir_all(path).map_err(|error| failed(path, error));
        make(&options.dir)?;
        let dir = std::fs::canonicalize(&options.dir).map_err(|error| failed(&options.dir, error))?;
        let empty = std::fs::read_dir(&dir).map_err(|error| failed(&dir, error))?.next().is_none();
        if !empty && !dir.join(MARKER).exists() {
            return Err(format!(
                "{} has other files in it; choose an empty folder with --dir",
                dir.display()
            ));
        }
        for name in MADE {
            remove(&dir.join(name))?;
        }
        std::fs::write(dir.join(MARKER), b"").map_err(|error| failed(&dir, error))?;
        let socket_dir = std::env::temp_dir().join(format!("tilld-demo-{}", std::process::id()));
        let stage = Stage {
            xml: dir.join("xml"),
            receipts: dir.join("receipts"),
            till: dir.join("till"),
            width: options.width,
            socket_dir,
            seed: options.seed,
            keep: options.keep,
            dir,
        };
        for folder in [&stage.xml, &stage.receipts, &stage.till, &stage.socket_dir] {
            make(folder)?;
        }
        Ok(stage)
    }

    /// Takes away what the demo does not leave behind.
    pub fn clear(&self) -> Result<(), String> {
        remove(&self.socket_dir)?;
        if self.keep { Ok(()) } else { remove(&self.till) }
    }

    /// Starts the simulated platform on a free port of this machine.
    pub async fn sandbox(&self) -> Result<SandboxHandle, String> {
        let listen = ([127, 0, 0, 1], 0).into();
        let config = SandboxConfig::new(listen, system_clock(), system_entropy());
        Sandbox::start(config).await.map_err(|error| error.to_string())
    }

    /// The till's settings, read from a file and a drop-in as the daemon's are.
    pub fn settings(&self, sandbox: &SandboxHandle) -> Result<Settings, String> {
        let main = self.till.join("till.toml");
        let drop_ins = self.till.join("till.toml.d");
        let text = |path: PathBuf| path.display().to_string();
        let here = toml::toml! {
            [till]
            data_dir = (text(self.till.join("data")))
            anchor = (text(self.till.join("high-water")))
            [fatoora]
            base_url = (sandbox.base_url(Environment::DeveloperPortal))
            [printer]
            target = (format!("file:{}", self.receipts.display()))
            width = (i64::from(self.width.millimetres()))
            [api]
            socket = (text(self.socket_dir.join("tilld.sock")))
        };
        let here = toml::to_string(&here).map_err(|error| error.to_string())?;
        std::fs::create_dir_all(&drop_ins)
            .and_then(|()| std::fs::write(&main, TILL))
            .and_then(|()| std::fs::write(drop_ins.join("demo.toml"), here))
            .map_err(|error| format!("{}: {error}", self.till.display()))?;
        config::load(&main).map_err(|error| error.to_string())
    }

    /// Gives the till its identity through the sandbox's endpoints.
    pub async fn onboard(&self, settings: &Settings, sandbox: &SandboxHandle) -> Result<String, String> {
        let otp = sandbox.issue_otp(Environment::DeveloperPortal, Some(settings.seller.vat.as_str()));
        let otp = Otp::new(&otp).map_err(|error| error.to_string())?;
        let vault = identity::open_vault(settings)?;
        let keys = identity::keys(settings)?;
        let authority = identity::client(settings)?;
        let steps = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&steps);
        let onboarding = Onboarding {
            refused_elsewhere: false,
            vault: &vault,
            keys: &keys,
            authority: &authority,
            plan: identity::plan(settings),
            now: &|| SystemClock.now(),
            random: &mut crate::keys::os_random,
            progress: &mut move |news| {
                if let onboard::News::State(onboard::Device::Checking { done, .. }) = news {
                    *counted.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = *done;
                }
            },
        };
        let identity = onboarding.run(Some(&otp)).await.map_err(|error| error.words().en)?;
        let checks = *steps.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if checks != 6 {
            return Err(format!("{checks} compliance checks were passed instead of six"));
        }
        let request = onboard::request(&vault).map_err(|error| error.to_string())?;
        let request = request.ok_or("the certificate request was not kept")?;
        std::fs::write(self.dir.join("csr.pem"), request).map_err(|error| error.to_string())?;
        Ok(onboarding::active(&identity))
    }

    /// The same seed gives the same order of customers; seed 1 is the order of the file.
    pub fn shuffled(&self, mut sales: Vec<Value>) -> Vec<Value> {
        let mut state = self.seed;
        if self.seed != 1 {
            for last in (1..sales.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let pick = (state >> 33) as usize % (last + 1);
                sales.swap(last, pick);
            }
        }
        sales
    }

    /// SHA-256 of the invoice as it lies in the folder, in hexadecimal.
    pub fn sha256_of(&self, document: &Document) -> Result<String, String> {
        let path = self.xml.join(format!("{}.xml", document.number));
        let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Writes `summary.json`; gives its path.
    pub fn write_summary(&self, summary: &Summary) -> Result<PathBuf, String> {
        let path = self.dir.join("summary.json");
        let text = serde_json::to_string_pretty(summary).map_err(|error| error.to_string())?;
        std::fs::write(&path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path)
    }
}

fn remove(path: &Path) -> Result<(), String> {
    let gone = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(path),
        _ => std::fs::remove_file(path),
    };
    gone.map_err(|error| format!("{}: {error}", path.display()))
}
