//! Merged fragment -> settings. Each section is checked to its end, so that all
//! findings come at once; a section with a finding has no settings.

use std::net::IpAddr;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::fragment::{
    self, AddressFragment, ApiFragment, FatooraFragment, LogFragment, PrinterFragment, SellerFragment,
    TillFragment, UnitFragment,
};
use super::merge::Merged;
use super::settings::{
    Api, Environment, Fatoora, Log, LogLevel, PaperWidth, PrintPolicy, Printer, PrinterTarget, ReceiptLines,
    Settings, Till, Unit, UnitTitle,
};
use super::{ConfigError, ConfigFinding, DEFAULT_SOCKET, Origin};
use crate::invoice::{Address, PartyId, Seller, VatNumber};

const DEFAULT_DATA_DIR: &str = "/var/lib/tilld";
const DEFAULT_MAX_BODY: i64 = 1024 * 1024;
/// `sun_path` has 108 bytes with the closing zero (unix(7)).
const SOCKET_PATH_BYTES: usize = 107;
const RECEIPT_LINES: usize = 8;
const RECEIPT_LINE: usize = 120;

/// Checks everything; `findings` are those of reading the files.
pub fn validate(merged: Merged, main: &Path, findings: Vec<ConfigFinding>) -> Result<Settings, ConfigError> {
    let Merged { fragment, origins } = merged;
    let mut judge = Judge { origins, main, findings };
    let till = judge.till(fragment.till.unwrap_or_default());
    let seller = judge.seller(fragment.seller.unwrap_or_default());
    let unit = judge.unit(fragment.unit.unwrap_or_default(), seller.as_ref());
    let fatoora = judge.fatoora(fragment.fatoora.unwrap_or_default());
    let printer = judge.printer(fragment.printer.unwrap_or_default());
    let api = judge.api(fragment.api.unwrap_or_default());
    let log = judge.log(fragment.log.unwrap_or_default());
    let whole = || {
        Some(Settings {
            till: till?,
            seller: Arc::new(seller?),
            unit: unit?,
            fatoora: fatoora?,
            printer: printer?,
            api: api?,
            log: log?,
            sources: Vec::new(),
        })
    };
    match whole() {
        Some(settings) if judge.findings.is_empty() => Ok(settings),
        _ => Err(ConfigError { findings: judge.findings, unreadable: false }),
    }
}

struct Judge<'a> {
    origins: std::collections::BTreeMap<String, Origin>,
    main: &'a Path,
    findings: Vec<ConfigFinding>,
}

impl Judge<'_> {
    /// Notes a finding on a key; `None`, so that it can end an expression.
    fn refuse<T>(&mut self, key: &str, problem: impl Into<String>) -> Option<T> {
        let missing = Origin { file: self.main.to_owned(), line: None };
        let origin = self.origins.get(key).cloned().unwrap_or(missing);
        self.findings.push(ConfigFinding::new(origin, key, problem.into(), fragment::accepted(key)));
        None
    }

    /// The value, or a finding that the key is missing, unless its value was
    /// already refused while the files were read.
    fn required<T>(&mut self, key: &str, value: Option<T>) -> Option<T> {
        match value {
            Some(value) => Some(value),
            None if self.findings.iter().any(|finding| finding.key == key) => None,
            None => self.refuse(key, "is missing"),
        }
    }

    /// A value that must hold to a rule.
    fn holding<T>(&mut self, key: &str, value: T, holds: bool, problem: &str) -> Option<T> {
        if holds { Some(value) } else { self.refuse(key, problem) }
    }

    fn word<T>(&mut self, key: &str, word: &str, read: fn(&str) -> Option<T>) -> Option<T> {
        match read(word) {
            Some(value) => Some(value),
            None => self.refuse(key, "is not one of the accepted words"),
        }
    }

    fn whole(&mut self, key: &str, value: i64, from: i64, to: i64) -> Option<usize> {
        match usize::try_from(value) {
            Ok(size) if (from..=to).contains(&value) => Some(size),
            _ => self.refuse(key, format!("is {value}, out of range")),
        }
    }

    fn path(&mut self, key: &str, path: PathBuf) -> Option<PathBuf> {
        let plain = path.components().all(|part| !matches!(part, Component::ParentDir));
        let holds = path.is_absolute() && plain && path.file_name().is_some();
        // Without doubled or closing slashes, so that paths compare as they look.
        let path = path.components().collect();
        self.holding(key, path, holds, "is not an absolute path without ..")
    }

    fn till(&mut self, till: TillFragment) -> Option<Till> {
        let name = self.required("till.name", till.name);
        let name = name.and_then(|name| {
            let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            let holds = letters && (1..=20).contains(&name.len());
            self.holding("till.name", name, holds, "is not a usable name")
        });
        let prefix = till.number_prefix.or_else(|| name.as_ref().map(|name| format!("{name}-")));
        let prefix = prefix.and_then(|prefix| {
            let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
            let first = prefix.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
            let holds = first && prefix.len() <= 40 && prefix.bytes().all(known);
            self.holding("till.number_prefix", prefix, holds, "cannot begin an invoice number")
        });
        let data_dir = till.data_dir.unwrap_or_else(|| PathBuf::from(DEFAULT_DATA_DIR));
        let data_dir = self.path("till.data_dir", data_dir);
        let anchor = till.anchor.or_else(|| data_dir.as_deref().map(beside));
        let anchor = anchor.and_then(|anchor| self.path("till.anchor", anchor));
        if let (Some(anchor), Some(data_dir)) = (&anchor, &data_dir)
            && anchor.starts_with(data_dir)
        {
            let problem = "lies in data_dir, where restoring a backup would set it back";
            return self.refuse("till.anchor", problem);
        }
        Some(Till { name: name?, number_prefix: prefix?, data_dir: data_dir?, anchor: anchor? })
    }

    fn seller(&mut self, seller: SellerFragment) -> Option<Seller> {
        let name = self.required("seller.name", seller.name);
        let vat = self.required("seller.vat_number", seller.vat_number);
        let vat = vat.and_then(|vat| match VatNumber::parse(&vat) {
            Ok(vat) => Some(vat),
            Err(error) => self.refuse("seller.vat_number", format!("is refused: {error}")),
        });
        let scheme = self.required("seller.id_scheme", seller.id_scheme);
        let id = self.required("seller.id", seller.id);
        let id = scheme.zip(id).and_then(|(scheme, value)| match PartyId::seller(&scheme, &value) {
            Ok(id) => Some(id),
            Err(error) => {
                let known = PartyId::SELLER_SCHEMES.contains(&scheme.as_str());
                let key = if known { "seller.id" } else { "seller.id_scheme" };
                self.refuse(key, format!("is refused: {error}"))
            }
        });
        let address = self.address(seller.address.unwrap_or_default());
        let seller = Seller { name: name?, vat: vat?, id: id?, address: address? };
        let found = seller.check();
        for (field, error) in &found {
            let section = if *field == "name" { "seller" } else { "seller.address" };
            // The whole address is blamed on its section, a part on its key.
            let key = if *field == "address" { section.to_owned() } else { format!("{section}.{field}") };
            self.refuse::<()>(&key, format!("is refused: {error}"));
        }
        found.is_empty().then_some(seller)
    }

    fn address(&mut self, address: AddressFragment) -> Option<Address> {
        let street = self.required("seller.address.street", address.street);
        let building = self.required("seller.address.building", address.building);
        let district = self.required("seller.address.district", address.district);
        let city = self.required("seller.address.city", address.city);
        let postal_code = self.required("seller.address.postal_code", address.postal_code);
        Some(Address {
            street: street?,
            additional_street: address.additional_street,
            building: building?,
            additional_number: address.additional_number,
            district: district?,
            city: city?,
            postal_code: postal_code?,
            province: address.province,
            country: "SA".to_owned(),
        })
    }

    /// The rules of csr.md section 4.
    fn unit(&mut self, unit: UnitFragment, seller: Option<&Seller>) -> Option<Unit> {
        let common_name = self.unit_text("unit.common_name", unit.common_name);
        let organization_unit = self.unit_text("unit.organization_unit", unit.organization_unit);
        let organization = self.unit_text("unit.organization", unit.organization);
        let serial = self.unit_text("unit.serial_number", unit.serial_number);
        let serial = serial.and_then(|serial| {
            let holds = is_unit_serial(&serial);
            self.holding("unit.serial_number", serial, holds, "does not have its three parts")
        });
        let title = self.required("unit.title", unit.title);
        let title = title.and_then(|title| self.word("unit.title", &title, UnitTitle::from_word));
        let location = self.unit_text("unit.location", unit.location);
        let category = self.unit_text("unit.category", unit.category);
        let group = seller.is_some_and(|seller| seller.vat.is_group());
        let organization_unit = organization_unit.and_then(|branch| {
            let tin = branch.len() == 10 && branch.bytes().all(|b| b.is_ascii_digit());
            let problem = "must be the TIN of the member, since the VAT number is that of a group";
            self.holding("unit.organization_unit", branch, !group || tin, problem)
        });
        Some(Unit {
            common_name: common_name?,
            organization_unit: organization_unit?,
            organization: organization?,
            serial_number: serial?,
            title: title?,
            location: location?,
            category: category?,
        })
    }

    fn unit_text(&mut self, key: &str, text: Option<String>) -> Option<String> {
        let text = self.required(key, text)?;
        let known = |c: char| c.is_alphanumeric() || " -|_.,()".contains(c);
        let holds =
            (1..=64).contains(&text.chars().count()) && text.trim() == text && text.chars().all(known);
        self.holding(key, text, holds, "cannot stand in a certificate request")
    }

    fn fatoora(&mut self, fatoora: FatooraFragment) -> Option<Fatoora> {
        let environment = self.required("fatoora.environment", fatoora.environment);
        let environment =
            environment.and_then(|word| self.word("fatoora.environment", &word, Environment::from_word));
        let mut sound = true;
        let base_url = fatoora.base_url.and_then(|url| match loopback_url(&url) {
            Some(url) => Some(url),
            None => {
                sound = false;
                self.refuse("fatoora.base_url", "is not an address of this machine")
            }
        });
        let extra_ca = fatoora.extra_ca.and_then(|path| {
            let path = self.path("fatoora.extra_ca", path);
            sound &= path.is_some();
            path
        });
        let in_flight = self.whole("fatoora.in_flight", fatoora.in_flight.unwrap_or(1), 1, 4);
        let environment = environment.filter(|_| sound)?;
        Some(Fatoora { environment, base_url, extra_ca, in_flight: in_flight? })
    }

    fn printer(&mut self, printer: PrinterFragment) -> Option<Printer> {
        let target = self.required("printer.target", printer.target);
        let target = target.and_then(|text| match PrinterTarget::parse(&text) {
            Some(target) => Some(target),
            None => self.refuse("printer.target", "is not a printer"),
        });
        let width = match printer.width.unwrap_or(80) {
            80 => Some(PaperWidth::Mm80),
            58 => Some(PaperWidth::Mm58),
            other => self.refuse("printer.width", format!("is {other}")),
        };
        let print = printer.print.unwrap_or_else(|| PrintPolicy::Always.word().to_owned());
        let print = self.word("printer.print", &print, PrintPolicy::from_word);
        let header_ar = self.lines("printer.header_ar", printer.header_ar);
        let header_en = self.lines("printer.header_en", printer.header_en);
        let footer_ar = self.lines("printer.footer_ar", printer.footer_ar);
        let footer_en = self.lines("printer.footer_en", printer.footer_en);
        Some(Printer {
            target: target?,
            width: width?,
            print: print?,
            header: ReceiptLines { arabic: header_ar?, english: header_en? },
            footer: ReceiptLines { arabic: footer_ar?, english: footer_en? },
        })
    }

    fn lines(&mut self, key: &str, lines: Option<Vec<String>>) -> Option<Vec<String>> {
        let lines = lines.unwrap_or_default();
        let short = lines.iter().all(|line| line.chars().count() <= RECEIPT_LINE);
        let plain = lines.iter().all(|line| !line.chars().any(char::is_control));
        let holds = lines.len() <= RECEIPT_LINES && short && plain;
        self.holding(key, lines, holds, "does not fit on a receipt")
    }

    fn api(&mut self, api: ApiFragment) -> Option<Api> {
        let socket = api.socket.unwrap_or_else(|| PathBuf::from(DEFAULT_SOCKET));
        let socket = self.path("api.socket", socket).and_then(|socket| {
            let holds = socket.as_os_str().len() <= SOCKET_PATH_BYTES;
            self.holding("api.socket", socket, holds, "is too long for a socket")
        });
        let max_body =
            self.whole("api.max_body", api.max_body.unwrap_or(DEFAULT_MAX_BODY), 4096, 16 * 1024 * 1024);
        Some(Api { socket: socket?, max_body: max_body? })
    }

    fn log(&mut self, log: LogFragment) -> Option<Log> {
        let word = log.level.unwrap_or_else(|| LogLevel::Info.word().to_owned());
        let level = self.word("log.level", &word, LogLevel::from_word)?;
        Some(Log { level })
    }
}

/// The default place of the high-water mark: a folder beside `data_dir`, which
/// neither a restore of that folder nor its deletion touches.
fn beside(data_dir: &Path) -> PathBuf {
    let mut folder = data_dir.as_os_str().to_owned();
    folder.push("-anchor");
    PathBuf::from(folder).join("high-water")
}

/// `1-...|2-...|3-...`, no part empty (csr.md section 3.2).
fn is_unit_serial(text: &str) -> bool {
    let mut parts = text.split('|');
    let numbered = |part: Option<&str>, number: &str| {
        part.and_then(|part| part.strip_prefix(number)).is_some_and(|rest| !rest.trim().is_empty())
    };
    let three = numbered(parts.next(), "1-") && numbered(parts.next(), "2-") && numbered(parts.next(), "3-");
    three && parts.next().is_none()
}

/// An `http` or `https` address of this machine, without a slash at its end:
/// an override can never send invoices elsewhere.
fn loopback_url(url: &str) -> Option<String> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.');
    if !path.bytes().all(plain) || path.split('/').any(|part| part == "..") {
        return None;
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (host, port.strip_prefix(':').or(port.is_empty().then_some("443"))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "443")),
    };
    let digits = (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit());
    if !digits || !port.parse::<u16>().is_ok_and(|port| port != 0) {
        return None;
    }
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    here.then(|| url.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_stays_on_this_machine() {
        for url in [
            "http://127.0.0.1:8080",
            "https://localhost:8443/e-invoicing/core",
            "http://[::1]:9000/x",
            "http://127.8.0.1",
        ] {
            assert_eq!(loopback_url(url).as_deref(), Some(url));
        }
        assert_eq!(loopback_url("http://localhost:1/x/").as_deref(), Some("http://localhost:1/x"));
        for url in [
            "",
            "http://",
            "ftp://127.0.0.1",
            "http://127.0.0.1@example.com/",
            "http://localhost.example.com",
            "http://10.0.0.1:80",
            "http://127.0.0.1:0",
            "http://127.0.0.1:99999",
            "http://127.0.0.1:+80",
            "http://127.0.0.1:8080?x",
            "http://[::1",
            "http://[::2]:80",
            "http://127.0.0.1:80/../x",
            "https://gw-fatoora.zatca.gov.sa",
        ] {
            assert_eq!(loopback_url(url), None, "{url}");
        }
    }

    #[test]
    fn a_serial_has_three_parts() {
        assert!(is_unit_serial("1-Tilld|2-1.0|3-6f4d20e0"));
        for bad in ["", "1-a|2-b", "1-|2-b|3-c", "1-a|2-b|3-c|4-d", "2-a|1-b|3-c", "1-a||3-c"] {
            assert!(!is_unit_serial(bad), "{bad}");
        }
    }

    #[test]
    fn the_anchor_is_beside_the_data() {
        assert_eq!(beside(Path::new("/var/lib/tilld")), Path::new("/var/lib/tilld-anchor/high-water"));
    }
}
