//! What the command line asks of the rest of the house, as plain functions:
//! the faces do not depend on the wiring.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::api::IdentityTask;
use crate::api::wire::{ActivityList, AttemptList, Verification, WarningList};
use crate::config::Settings;
use crate::doctor;
use crate::receipt::PaperWidth;

/// The functions behind the subcommands that start something.
pub struct Hooks {
    /// Runs the till until it is told to stop.
    pub serve: fn(Settings) -> Result<(), Failure>,
    /// The main job without configuration or network.
    pub demo: fn(DemoOptions) -> Result<(), Failure>,
    /// The simulated platform by itself, until it is told to stop.
    pub sandbox: fn(SandboxOptions) -> Result<(), Failure>,
    /// Gets this till its certificate, or another one, while no daemon runs.
    pub onboard: fn(OnboardOptions) -> Result<(), Failure>,
    /// Where a till stands on its way to the identity that is asked for, without
    /// changing anything.
    pub standing: fn(&Settings, &IdentityTask) -> Result<Standing, Failure>,
    /// Tells settings apart that make different identities, in hexadecimal digits,
    /// as a running till tells it in [`crate::api::wire::Identity`].
    pub settings_digest: fn(&Settings) -> String,
    /// Onboards a till without a word on the streams; each step goes to the
    /// function that is passed.
    pub provision: ProvisionHook,
    /// Fills a buffer with random bytes.
    pub random: fn(&mut [u8]),
    /// Checks the data directory without changing it, when no daemon runs.
    pub verify: fn(&Settings) -> Result<Verification, Failure>,
    /// The newest entries of the activity log, when no daemon runs.
    pub activities: fn(&Settings, usize) -> Result<ActivityList, Failure>,
    /// Every attempt of the documents that a UUID, a number or an ICV names, when no
    /// daemon runs.
    pub attempts: fn(&Settings, &str) -> Result<Vec<AttemptList>, Failure>,
    /// What the authority warned of, when no daemon runs.
    pub warnings: fn(&Settings) -> Result<WarningList, Failure>,
    /// Writes the documents of a period as an archive, daemon or not.
    pub export: fn(&ExportOptions) -> Result<Exported, Failure>,
    /// Verifies an archive with nothing but itself.
    pub verify_archive: fn(&Path) -> Result<ArchiveVerified, Failure>,
    /// Tells what keeps a till from starting, or does what the operator decided.
    pub recover: fn(RecoverOptions) -> Result<Told, Failure>,
    /// Looks at the till of a configuration file, running or not, and changes nothing.
    pub doctor: fn(&Path) -> doctor::Report,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoOptions {
    /// Where everything it makes goes.
    pub dir: PathBuf,
    pub width: PaperWidth,
    /// The same seed rings up the same morning.
    pub seed: u64,
    /// Leave the till's own data (ledger and key) in the folder as well.
    pub keep: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxOptions {
    /// A loopback address; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Settings and fault rules as JSON.
    pub script: Option<PathBuf>,
    /// Settings as `name=value`, after those of the script.
    pub settings: Vec<String>,
    /// Seconds that its clock is ahead of the machine's.
    pub clock_offset: Option<i64>,
    /// The folder of its certificates: HTTPS.
    pub tls: Option<PathBuf>,
}

/// No `Debug`: it holds the OTP.
pub struct OnboardOptions {
    pub settings: Settings,
    /// Six digits from the Fatoora portal, if the next step needs them.
    pub otp: Option<Zeroizing<String>>,
    pub task: IdentityTask,
}

/// Settings, OTP in six digits if one is needed, progress.
pub type ProvisionHook =
    fn(&Settings, Option<Zeroizing<String>>, &mut dyn FnMut(&str)) -> Result<ActiveUnit, Failure>;

/// Where a till stands before its identity is made or changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// It cannot go on without an OTP.
    pub needs_otp: bool,
    /// It is active under the settings that were asked about.
    pub active: Option<ActiveUnit>,
    /// It is active under other facts: why that forbids going on, and what to do.
    pub conflict: Option<String>,
}

/// The identity of an active till, as it is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveUnit {
    /// `1-MAKER|2-MODEL|3-SERIAL`
    pub serial_number: String,
    pub environment: String,
    pub vat_number: String,
    /// The certificate's serial number in decimal digits.
    pub certificate: String,
    /// SHA-256 of the public key (SubjectPublicKeyInfo), in hexadecimal digits;
    /// unknown where a running till tells of itself.
    pub key: Option<String>,
    /// The day in Riyadh on which the certificate ends, `2031-03-14`.
    pub valid_until: String,
}

/// What `tilld recover` is to do.
#[derive(Clone, Debug)]
pub struct RecoverOptions {
    pub settings: Settings,
    /// Without one it only tells.
    pub word: Option<RecoverWord>,
    /// The highest invoice number that people know of, as it stands on paper.
    pub last_number: Option<String>,
    /// Move the vault aside although it may be in order.
    pub vault_aside: bool,
}

/// An operator's decision, each with the till's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecoverWord {
    CloseChains(String),
    LedgerLost(String),
}

/// What is written for an auditor, and where.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    pub settings: Settings,
    /// First and last day of issue in Riyadh time, `2026-01-31`.
    pub from: String,
    pub to: String,
    /// One chain alone.
    pub chain: Option<i64>,
    pub out: PathBuf,
    /// Replace a file of that name.
    pub force: bool,
}

/// What was written for an auditor.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Exported {
    pub documents: u64,
    pub bytes: u64,
    /// SHA-256 of the manifest in hexadecimal digits.
    pub manifest: String,
    /// Documents that the ledger cannot read whole, and why; at most 100.
    pub unreadable: Vec<(String, String)>,
    pub unreadable_total: u64,
}

/// What an archive says of itself, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ArchiveVerified {
    pub till: String,
    pub vat_number: String,
    pub from: String,
    pub to: String,
    pub files: u64,
    /// SHA-256 of the manifest in hexadecimal digits; none if there is no manifest.
    pub manifest: Option<String>,
    pub findings_total: u64,
    #[serde(flatten)]
    pub verification: Verification,
}

/// What there is to say, and whether somebody has to do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub text: String,
    pub found: bool,
}

/// Why a command ends without success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Something was found or refused; exit code 1.
    Finding(String),
    /// Something was found and has been shown already; exit code 1.
    Shown,
    /// The command or the configuration cannot be used; exit code 2.
    Usage(String),
    /// Something was found and has been shown already; an exit code of its own.
    Level(u8),
}

impl Failure {
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Failure::Finding(_) | Failure::Shown => 1,
            Failure::Usage(_) => 2,
            Failure::Level(code) => *code,
        }
    }

    pub(super) fn words(self) -> Option<String> {
        match self {
            Failure::Finding(words) | Failure::Usage(words) => Some(words),
            Failure::Shown | Failure::Level(_) => None,
        }
    }
}
