//! What the daemon runs on: complete and validated, no options where a value
//! is needed.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::fatoora::Environment;
use crate::invoice::Seller;

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
    pub fatoora: Fatoora,
    pub printer: Printer,
    pub api: Api,
    pub log: Log,
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
    /// Submissions under way at once, 1 to 4.
    pub in_flight: usize,
}

/// Where receipts go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrinterTarget {
    /// A network printer: host name or address, and port.
    Tcp {
        host: String,
        port: u16,
    },
    /// A folder that takes one file for each receipt.
    Directory(PathBuf),
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperWidth {
    Mm80,
    Mm58,
}

impl PaperWidth {
    /// Dots of a printed row at 203 dpi.
    pub const fn dots(self) -> u32 {
        match self {
            PaperWidth::Mm80 => 576,
            PaperWidth::Mm58 => 384,
        }
    }

    /// Millimetres of paper.
    pub const fn millimetres(self) -> u32 {
        match self {
            PaperWidth::Mm80 => 80,
            PaperWidth::Mm58 => 58,
        }
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
    pub target: PrinterTarget,
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

impl PrinterTarget {
    /// Reads `tcp:HOST:PORT`, `file:DIR` or `none`.
    pub fn parse(text: &str) -> Option<PrinterTarget> {
        if text == "none" {
            return Some(PrinterTarget::None);
        }
        if let Some(dir) = text.strip_prefix("file:") {
            let dir = PathBuf::from(dir);
            return dir.is_absolute().then_some(PrinterTarget::Directory(dir));
        }
        let address = text.strip_prefix("tcp:")?;
        // An address with brackets, [::1]:9100, is read by the standard library.
        if let Ok(address) = address.parse::<SocketAddr>() {
            let host = address.ip().to_string();
            return (address.port() != 0).then_some(PrinterTarget::Tcp { host, port: address.port() });
        }
        let (host, port) = address.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port != 0)?;
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let named = !host.is_empty() && host.len() <= 253 && host.bytes().all(known);
        named.then(|| PrinterTarget::Tcp { host: host.to_owned(), port })
    }
}
