//! Merged fragment -> settings. Each section is checked to its end, so that all
//! findings come at once; a section with a finding has no settings.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::fragment::{
    self, AddressFragment, ApiFragment, FatooraFragment, LogFragment, PrinterFragment, SellerFragment,
    TillFragment, UnitFragment,
};
use super::merge::Merged;
use super::settings::{
    Api, ChainOnRenewal, ClearanceOffline, Fatoora, Log, LogLevel, PrintPolicy, Printer, ReceiptLines,
    Settings, Till, Unit, UnitTitle,
};
use super::{ConfigError, ConfigFinding, DEFAULT_SOCKET, Origin};
use crate::fatoora::{Endpoint, Environment, Proxy};
use crate::invoice::{Address, PartyId, Seller, VatNumber};
use crate::keys::UnitProfile;
use crate::printer::Target;
use crate::receipt::PaperWidth;

const DEFAULT_DATA_DIR: &str = "/var/lib/tilld";
const DEFAULT_MAX_BODY: i64 = 1024 * 1024;
/// `sun_path` has 108 bytes with the closing zero (unix(7)).
const SOCKET_PATH_BYTES: usize = 107;
/// Seconds.
const CLEARANCE_WAIT: i64 = 8;
/// Two, so that one report that hangs does not outlast the wait of a sale to a company.
const IN_FLIGHT: i64 = 2;
const RECEIPT_LINES: usize = 8;
const RECEIPT_LINE: usize = 120;

/// Checks everything; `findings` are those of reading the files.
pub fn validate(merged: Merged, main: &Path, findings: Vec<ConfigFinding>) -> Result<Settings, ConfigError> {
    let Merged { fragment, origins, .. } = merged;
    let mut judge = Judge { origins, main, findings };
    let till = judge.till(fragment.till.unwrap_or_default());
    let seller = judge.seller(fragment.seller.unwrap_or_default());
    let unit = judge.unit(fragment.unit.unwrap_or_default(), seller.as_ref());
    let keys = judge.keys(fragment.keys.unwrap_or_default());
    let fatoora = judge.fatoora(fragment.fatoora.unwrap_or_default());
    let printer = judge.printer(fragment.printer.unwrap_or_default());
    let api = judge.api(fragment.api.unwrap_or_default());
    let log = judge.log(fragment.log.unwrap_or_default());
    let alarms = judge.alarms(fragment.alarms.unwrap_or_default());
    let whole = || {
        Some(Settings {
            till: till?,
            seller: Arc::new(seller?),
            unit: unit?,
            keys: keys?,
            fatoora: fatoora?,
            printer: printer?,
            api: api?,
            log: log?,
            alarms: alarms?,
            sources: Vec::new(),
        })
    };
    match whole() {
        Some(settings) if judge.findings.is_empty() => Ok(settings),
        _ => Err(ConfigError { findings: judge.findings, unreadable: false }),
    }
}

pub(super) struct Judge<'a> {
    origins: std::collections::BTreeMap<String, Origin>,
    main: &'a Path,
    findings: Vec<ConfigFinding>,
}

impl Judge<'_> {
    /// Notes a finding on a key; `None`, so that it can end an expression.
    pub(super) fn refuse<T>(&mut self, key: &str, problem: impl Into<String>) -> Option<T> {
        let missing = Origin { file: self.main.to_owned(), line: None };
        let origin = self.origins.get(key).cloned().unwrap_or(missing);
        self.findings.push(ConfigFinding::new(origin, key, problem.into(), fragment::accepted(key)));
        None
    }

    /// The value, or a finding that the key is missing, unless its value was
    /// already refused while the files were read.
    pub(super) fn required<T>(&mut self, key: &str, value: Option<T>) -> Option<T> {
        match value {
            Some(value) => Some(value),
            None if self.findings.iter().any(|finding| finding.key == key) => None,
            None => self.refuse(key, "is missing"),
        }
    }

    /// A value that must hold to a rule.
    pub(super) fn holding<T>(&mut self, key: &str, value: T, holds: bool, problem: &str) -> Option<T> {
        if holds { Some(value) } else { self.refuse(key, problem) }
    }

    pub(super) fn word<T>(&mut self, key: &str, word: &str, read: fn(&str) -> Option<T>) -> Option<T> {
        match read(word) {
            Some(value) => Some(value),
            None => self.refuse(key, "is not one of the accepted words"),
        }
    }

    pub(super) fn whole(&mut self, key: &str, value: i64, from: i64, to: i64) -> Option<usize> {
        match usize::try_from(value) {
            Ok(size) if (from..=to).contains(&value) => Some(size),
            _ => self.refuse(key, format!("is {value}, out of range")),
        }
    }

    pub(super) fn path(&mut self, key: &str, path: PathBuf) -> Option<PathBuf> {
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
        let witness = match till.witness {
            None => Some(None),
            Some(path) => self.witness(path, anchor.as_deref(), data_dir.as_deref()).map(Some),
        };
        let word = till.chain_on_renewal.unwrap_or_else(|| ChainOnRenewal::Restart.word().to_owned());
        let chain_on_renewal = self.word("till.chain_on_renewal", &word, ChainOnRenewal::from_word);
        Some(Till {
            name: name?,
            number_prefix: prefix?,
            data_dir: data_dir?,
            anchor: anchor?,
            witness: witness?,
            chain_on_renewal: chain_on_renewal?,
        })
    }

    /// A witness is worth something only where neither data nor anchor lie.
    fn witness(&mut self, path: PathBuf, anchor: Option<&Path>, data_dir: Option<&Path>) -> Option<PathBuf> {
        let path = self.path("till.witness", path)?;
        if anchor == Some(&path) || data_dir.is_some_and(|dir| path.starts_with(dir)) {
            return self.refuse(
                "till.witness",
                "is the anchor itself or lies in data_dir, and so knows no more than they do",
            );
        }
        Some(path)
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

    /// The rules are those of the certificate request itself; what is missing
    /// is judged as missing only.
    fn unit(&mut self, unit: UnitFragment, seller: Option<&Seller>) -> Option<Unit> {
        let fields = [
            ("unit.common_name", unit.common_name),
            ("unit.organization_unit", unit.organization_unit),
            ("unit.organization", unit.organization),
            ("unit.serial_number", unit.serial_number),
            ("unit.title", unit.title),
            ("unit.location", unit.location),
            ("unit.category", unit.category),
        ];
        let fields = fields.map(|(key, text)| self.required(key, text));
        let complete = fields.iter().all(Option::is_some);
        let [common_name, organization_unit, organization, serial, title, location, category] =
            fields.map(Option::unwrap_or_default);
        let vat = seller.map_or_else(String::new, |seller| seller.vat.as_str().to_owned());
        let profile = UnitProfile {
            common_name,
            organization_unit,
            organization,
            serial,
            vat,
            title,
            location,
            category,
        };
        let mut sound = complete;
        for finding in profile.check() {
            let key = match finding.field.as_str() {
                "serial" => "unit.serial_number".to_owned(),
                // Judged as the seller's already.
                "vat" => continue,
                field => format!("unit.{field}"),
            };
            if !self.findings.iter().any(|earlier| earlier.key == key) {
                self.refuse::<()>(&key, format!("is refused: {}", finding.message.en));
            }
            sound = false;
        }
        let title = UnitTitle::from_word(&profile.title)?;
        sound.then_some(Unit {
            common_name: profile.common_name,
            organization_unit: profile.organization_unit,
            organization: profile.organization,
            serial_number: profile.serial,
            title,
            location: profile.location,
            category: profile.category,
        })
    }

    fn fatoora(&mut self, fatoora: FatooraFragment) -> Option<Fatoora> {
        let environment = self.required("fatoora.environment", fatoora.environment);
        let environment = environment.and_then(|word| {
            self.word("fatoora.environment", &word, |word| word.parse::<Environment>().ok())
        });
        let mut sound = true;
        let base_url = fatoora.base_url.and_then(|url| {
            // Which addresses may replace the official one does not depend on it.
            match Endpoint::new(environment.unwrap_or(Environment::Sandbox), Some(&url)) {
                Ok(endpoint) => Some(endpoint.base_url().to_owned()),
                Err(error) => {
                    sound = false;
                    self.refuse("fatoora.base_url", format!("is refused: {error}"))
                }
            }
        });
        let extra_ca = fatoora.extra_ca.and_then(|path| {
            let path = self.path("fatoora.extra_ca", path);
            sound &= path.is_some();
            path
        });
        let given = (fatoora.proxy.is_some(), fatoora.proxy_credentials_file.is_some());
        let proxy = fatoora.proxy.and_then(|address| self.proxy(&address));
        let file = fatoora.proxy_credentials_file.and_then(|path| self.proxy_credentials(given.0, path));
        sound &= given == (proxy.is_some(), file.is_some());
        let in_flight = self.whole("fatoora.in_flight", fatoora.in_flight.unwrap_or(IN_FLIGHT), 1, 4);
        let wait = self.whole(
            "fatoora.clearance_wait_seconds",
            fatoora.clearance_wait_seconds.unwrap_or(CLEARANCE_WAIT),
            0,
            60,
        );
        let offline = fatoora.clearance_offline.unwrap_or_else(|| ClearanceOffline::Refuse.word().to_owned());
        let offline = self.word("fatoora.clearance_offline", &offline, ClearanceOffline::from_word);
        let alarm_hours = self.alarm_hours(fatoora.alarm_hours);
        let environment = environment.filter(|_| sound)?;
        Some(Fatoora {
            environment,
            base_url,
            extra_ca,
            proxy,
            proxy_credentials_file: file,
            in_flight: in_flight?,
            clearance_wait: Duration::from_secs(wait? as u64), // at most 60
            clearance_offline: offline?,
            alarm_hours: alarm_hours?,
        })
    }

    /// The address as it is used. The finding never repeats what was written,
    /// which may be a password.
    fn proxy(&mut self, address: &str) -> Option<String> {
        match Proxy::parse(address) {
            Ok(proxy) => Some(proxy.address()),
            Err(error) => self.refuse("fatoora.proxy", format!("is refused: {error}")),
        }
    }

    fn proxy_credentials(&mut self, proxy: bool, path: PathBuf) -> Option<PathBuf> {
        let key = "fatoora.proxy_credentials_file";
        let path = self.holding(key, path, proxy, "is set, but no proxy is")?;
        self.path(key, path)
    }

    /// `none`, or a printer; the folder of a file printer has a full path.
    fn target(&mut self, text: &str) -> Option<Option<Target>> {
        match text.parse::<Target>() {
            _ if text == "none" => Some(None),
            Ok(Target::File(folder)) if folder.is_relative() => {
                self.refuse("printer.target", "names a folder without its full path")
            }
            Ok(target) => Some(Some(target)),
            Err(_) => self.refuse("printer.target", "is not a printer"),
        }
    }

    fn printer(&mut self, printer: PrinterFragment) -> Option<Printer> {
        let target = self.required("printer.target", printer.target);
        let target = target.and_then(|text| self.target(&text));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_anchor_is_beside_the_data() {
        assert_eq!(beside(Path::new("/var/lib/tilld")), Path::new("/var/lib/tilld-anchor/high-water"));
    }
}
