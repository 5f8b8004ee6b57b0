//! What the daemon runs on: complete and validated, no options where a value
//! is needed.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::fatoora::Environment;
use crate::invoice::Seller;
use crate::printer::Target;
use crate::receipt::PaperWidth;

/// Declares an enum of words, as they stand in the file.
macro_rules! words {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$note:meta])* $variant:ident = $word:literal, )* } )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $( $(#[$note])* $variant, )* }

        impl $name {
            pub const ALL: &'static [$name] = &[ $( $name::$variant ),* ];

            /// The word in files and answers.
            pub const fn word(self) -> &'static str {
                match self { $( $name::$variant => $word, )* }
            }

            /// The value of that word, `None` for any other.
            pub fn from_word(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|value| value.word() == word)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    )* };
}

words! {
    /// Which documents the certificate is for (csr.md section 3.2, `title`).
    UnitTitle {
        Simplified = "0100",
        Standard = "1000",
        Both = "1100",
    }
    /// When a sale prints its receipt.
    PrintPolicy {
        Always = "always",
        /// Only when the reprint call asks for it.
        OnRequest = "on_request",
        Never = "never",
    }
    /// Where the chain of a renewed certificate begins (signing.md section 8).
    ChainOnRenewal {
        /// At ICV 1.
        Restart = "restart",
        /// Behind the last document of the certificate before.
        Continue = "continue",
    }
    /// The least important lines that are still logged.
    LogLevel {
        Error = "error",
        Warn = "warn",
        Info = "info",
        Debug = "debug",
        Trace = "trace",
    }
}

/// A validated configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    pub till: Till,
    pub seller: Arc<Seller>,
    pub unit: Unit,
    pub keys: KeySettings,
    pub fatoora: Fatoora,
    pub printer: Printer,
    pub api: Api,
    pub log: Log,
    pub alarms: Alarms,
    /// The files it was read from, the main one first.
    pub sources: Vec<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Till {
    pub name: String,
    /// Stands before the running number of each invoice (BT-1).
    pub number_prefix: String,
    pub data_dir: PathBuf,
    /// The file with the high-water mark of the chain. It lies outside
    /// `data_dir`, so that restoring a backup of that folder does not take the
    /// mark back with it.
    pub anchor: PathBuf,
    /// A second mark on another medium, which a roll-back of this machine's
    /// disks does not take back; its folder is never made.
    pub witness: Option<PathBuf>,
    pub chain_on_renewal: ChainOnRenewal,
}

/// The device, as its certificate request names it; passed
/// [`UnitProfile::check`](crate::keys::UnitProfile::check) together with the seller's VAT number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    pub common_name: String,
    pub organization_unit: String,
    pub organization: String,
    pub serial_number: String,
    pub title: UnitTitle,
    pub location: String,
    pub category: String,
}

/// Where the till's key is made and used. There is no PIN in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeySettings {
    /// In software, sealed in the vault.
    #[default]
    Vault,
    /// In a security token.
    Pkcs11 {
        /// The token maker's library.
        module: PathBuf,
        /// Label of the token.
        token: String,
        /// The file with its PIN, for a till without the systemd credential.
        pin_file: Option<PathBuf>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fatoora {
    pub environment: Environment,
    /// Instead of the platform's own address: one that [`Endpoint::new`]
    /// accepts, without a slash at its end.
    ///
    /// [`Endpoint::new`]: crate::fatoora::Endpoint::new
    pub base_url: Option<String>,
    /// PEM file with certificate authorities trusted besides the public ones.
    pub extra_ca: Option<PathBuf>,
    /// `http://HOST:PORT` of the network's proxy; none: directly. An address of
    /// this machine is never reached through it.
    pub proxy: Option<String>,
    /// File with the line `NAME:PASSWORD` for the proxy, for a till without the
    /// systemd credential.
    pub proxy_credentials_file: Option<PathBuf>,
    /// Submissions under way at once, 1 to 4.
    pub in_flight: usize,
    /// How long a sale to a company waits for its clearance, 0 to 60 s.
    pub clearance_wait: Duration,
    pub clearance_offline: ClearanceOffline,
    /// Ages of the oldest unreported document at which people are told, in
    /// hours: 1 to 4 values from 1 to 24, ascending. 24 counts even if it is not
    /// among them.
    pub alarm_hours: Vec<u32>,
}

/// What becomes of a standard document that is wanted while the authority
/// cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClearanceOffline {
    /// Refused before a number is taken.
    Refuse,
    /// Issued, and cleared when the line is back; no invoice before.
    Park,
}

impl ClearanceOffline {
    /// The word in the settings.
    pub const fn word(self) -> &'static str {
        match self {
            ClearanceOffline::Refuse => "refuse",
            ClearanceOffline::Park => "park",
        }
    }

    pub fn from_word(word: &str) -> Option<ClearanceOffline> {
        [ClearanceOffline::Refuse, ClearanceOffline::Park].into_iter().find(|one| one.word() == word)
    }
}

/// The shop's own lines on a receipt, in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceiptLines {
    pub arabic: Vec<String>,
    pub english: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printer {
    /// `None`: nothing is printed.
    pub target: Option<Target>,
    pub width: PaperWidth,
    pub print: PrintPolicy,
    pub header: ReceiptLines,
    pub footer: ReceiptLines,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    pub socket: PathBuf,
    /// Largest request body in bytes.
    pub max_body: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    pub level: LogLevel,
}

/// Whom the till tells of its alarms, beside log, status, metrics and events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarms {
    /// Program (an absolute path) and arguments; no shell reads them. `None`: nobody.
    pub command: Option<Vec<String>>,
    /// Until it is killed, 1 to 60.
    pub timeout_seconds: u64,
}
