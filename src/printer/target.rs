//! Where to print, as written in the configuration (`printer.target`).

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use thiserror::Error;

use super::{FilePrinter, Printer, TcpPrinter, Timeouts};

/// The port that receipt printers listen on for raw data.
const RAW_PORT: u16 = 9100;

/// A printer's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `file:DIR`: each job becomes a file in this folder.
    File(PathBuf),
    /// `tcp:HOST[:PORT]`: a network printer; IPv6 addresses in brackets.
    Tcp { host: String, port: u16 },
}

/// A `printer.target` that names no printer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "\"{given}\" is not a printer: {problem}; accepted are file:DIR and tcp:HOST[:PORT] (port {RAW_PORT} if left out)"
)]
pub struct TargetError {
    given: String,
    problem: &'static str,
}

impl Target {
    /// The printer at this address; nothing is opened yet.
    pub fn open(&self) -> Box<dyn Printer> {
        match self {
            Target::File(folder) => Box::new(FilePrinter::new(folder.clone())),
            Target::Tcp { host, port } => Box::new(TcpPrinter::new(host.clone(), *port, Timeouts::default())),
        }
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(given: &str) -> Result<Target, TargetError> {
        let refuse = |problem| TargetError { given: given.to_owned(), problem };
        match given.split_once(':') {
            Some(("file", "")) => Err(refuse("the folder is missing")),
            Some(("file", folder)) => Ok(Target::File(Path::new(folder).to_owned())),
            Some(("tcp", address)) => {
                let (host, port) = split_address(address).map_err(refuse)?;
                Ok(Target::Tcp { host: host.to_owned(), port })
            }
            _ => Err(refuse("it must begin with file: or tcp:")),
        }
    }
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`; the host comes without brackets.
fn split_address(address: &str) -> Result<(&str, u16), &'static str> {
    let (host, rest) = match address.strip_prefix('[') {
        Some(inner) => inner.split_once(']').ok_or("the bracket of the IPv6 address is not closed")?,
        None => address.find(':').map_or((address, ""), |at| address.split_at(at)),
    };
    let bad_host = |c: char| c.is_whitespace() || c.is_control() || c == '/';
    if host.is_empty() || host.contains(bad_host) {
        return Err("the host is missing or holds characters that no host name has");
    }
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => RAW_PORT,
        None => return Err("something stands between host and port"),
        Some(port) => match port.parse::<u16>() {
            Ok(port) if port != 0 && port.to_string() == rest[1..] => port,
            _ => return Err("the port must be a number from 1 to 65535"),
        },
    };
    Ok((host, port))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::File(folder) => write!(f, "file:{}", folder.display()),
            Target::Tcp { host, port } if host.contains(':') => write!(f, "tcp:[{host}]:{port}"),
            Target::Tcp { host, port } => write!(f, "tcp:{host}:{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_forms_read_and_write() {
        for (given, written) in [
            ("file:receipts", "file:receipts"),
            ("tcp:192.168.1.50", "tcp:192.168.1.50:9100"),
            ("tcp:printer.shop.local:9101", "tcp:printer.shop.local:9101"),
            ("tcp:[fe80::1]", "tcp:[fe80::1]:9100"),
            ("tcp:[::1]:9100", "tcp:[::1]:9100"),
        ] {
            let target: Target = given.parse().unwrap();
            assert_eq!(target.to_string(), written);
            assert_eq!(target.open().describe(), written);
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_accepted_forms() {
        for given in [
            "",
            "file:",
            "tcp:",
            "usb:1",
            "tcp::9100",
            "tcp:h:0",
            "tcp:h:65536",
            "tcp:h:+1",
            "tcp:[::1",
            "tcp:[::1]x",
            "tcp:a b",
            "tcp:h:9100:1",
            "/dev/usb/lp0",
        ] {
            let error = given.parse::<Target>().unwrap_err().to_string();
            assert!(error.contains("file:DIR") && error.contains("tcp:HOST"), "{error}");
        }
    }
}
