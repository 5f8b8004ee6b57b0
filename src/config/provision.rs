//! A provisioning file: a whole configuration, and in `[onboarding]` where the
//! OTP is. What the file leaves out of the unit's name is filled in here, once.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use toml::{Table, Value};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::emit::emit;
use super::merge::{Hidden, Merge, drop_ins};
use super::otp::otp_digits;
use super::{
    ConfigError, ConfigFinding, Origin, Settings, check_files, fragment, is_broken, unreadable, validate,
};

const SERIAL: &str = "unit.serial_number";
const COMMON_NAME: &str = "unit.common_name";
/// Far more than a provisioning file; what is larger is another file.
const MOST_BYTES: u64 = 1 << 20;

/// A provisioning file that was read and found good.
#[derive(Debug)]
pub struct Provision {
    /// As they will be once the configuration is written, with its drop-ins.
    pub settings: Settings,
    pub otp: OtpPlace,
    /// The configuration file to write.
    pub text: String,
    table: Table,
}

/// Where a provisioning file says that the OTP is.
#[derive(Clone, PartialEq, Eq)]
pub enum OtpPlace {
    /// In the file itself, in six ASCII digits.
    Inline(Zeroizing<String>),
    /// In another file.
    File(PathBuf),
    /// It does not say.
    Elsewhere,
}

impl std::fmt::Debug for OtpPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OtpPlace::Inline(_) => f.write_str("Inline(not shown)"),
            OtpPlace::File(path) => f.debug_tuple("File").field(path).finish(),
            OtpPlace::Elsewhere => f.write_str("Elsewhere"),
        }
    }
}

/// What lies where the configuration is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// Nothing, or the example as the package brings it.
    Nothing,
    /// The very same keys and values.
    Same,
    /// Another configuration, or something else.
    Other,
}

/// The example that packages put in the configuration's place.
const EXAMPLE: &str = include_str!("../../assets/tilld.example.toml");

const HEADING: &str = "The configuration of this till, written by `tilld provision`.\n\
    Every key is explained in /usr/share/doc/tilld/examples/tilld.toml.";

impl Provision {
    /// Compares with what lies at the target; comments and the order of keys do not count.
    ///
    /// # Errors
    /// If there is something that cannot be read.
    pub fn existing(&self, target: &Path) -> std::io::Result<Existing> {
        let text = match std::fs::read_to_string(target) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Existing::Nothing),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => return Ok(Existing::Other),
            Err(error) => return Err(error),
        };
        Ok(match plain_table(&text) {
            Some(table) if table == self.table => Existing::Same,
            table if table.is_some() && table == plain_table(EXAMPLE) => Existing::Nothing,
            _ => Existing::Other,
        })
    }
}

/// Reads and judges a provisioning file whose configuration is to lie at
/// `target`, together with the drop-ins that lie there. Nothing is changed.
///
/// A `unit.serial_number` that is left out is taken from the configuration of
/// the same till at `target`, or made anew: `1-tilld|2-VERSION|3-UUID`. A
/// `unit.common_name` that is left out is the till's name and the VAT number.
///
/// # Errors
/// Every finding at once; also when a file cannot be read.
pub fn provision(
    file: &Path,
    target: &Path,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Provision, ConfigError> {
    let unreadable = |findings| ConfigError { findings, unreadable: true };
    let (text, about) = read(file).map_err(|finding| unreadable(vec![finding]))?;
    let mut own = Merge::default();
    own.provisioning(file, &text);
    let mut all = own.clone();
    let mut sources = vec![target.to_owned()];
    for path in drop_ins(target).map_err(|error| unreadable(vec![self::unreadable(target, &error)]))? {
        let text = std::fs::read_to_string(&path);
        all.file(&path, &text.map_err(|error| unreadable(vec![self::unreadable(&path, &error)]))?);
        sources.push(path);
    }
    if is_broken(&all.findings) {
        return Err(ConfigError { findings: all.findings, unreadable: false });
    }
    let filled = fill(&mut all, |all| kept_serial(all, target).unwrap_or_else(|| new_serial(random)));
    apply(&mut own, &filled);
    let table = own.table;
    let (mut settings, otp) = judge(all, file, Some(&about), &filled)?;
    settings.sources = sources;
    let mut findings = Vec::new();
    check_files(&settings, file, &mut findings);
    if !findings.is_empty() {
        return Err(ConfigError { findings, unreadable: false });
    }
    Ok(Provision { settings, otp, text: emit(HEADING, &table), table })
}

fn read(file: &Path) -> Result<(Zeroizing<String>, Metadata), ConfigFinding> {
    let failed = |error: &std::io::Error| unreadable(file, error);
    let opened = File::open(file).map_err(|error| failed(&error))?;
    let about = opened.metadata().map_err(|error| failed(&error))?;
    // It may hold an OTP: with room for all of it, no copy is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(about.len().min(MOST_BYTES) as usize + 2));
    opened.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(failed(&std::io::Error::other("it is larger than 1 MiB")));
    }
    let text = std::str::from_utf8(&bytes);
    let text = text.map_err(|_| failed(&std::io::Error::other("it is not text in UTF-8")))?;
    // Windows editors put a mark at the beginning.
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    Ok((Zeroizing::new(text.to_owned()), about))
}

/// A key that was left out, and what stands there now.
pub(super) struct Filled {
    pub key: &'static str,
    value: String,
}

/// Fills in what may be left out of the unit's name. `serial` makes a serial number.
pub(super) fn fill(all: &mut Merge, serial: impl FnOnce(&Merge) -> String) -> Vec<Filled> {
    let missing = |key: &str| {
        // A value of the wrong kind has its finding already.
        all.get(key).is_none() && !all.findings.iter().any(|finding| finding.key == key)
    };
    let text = |key| all.get(key).and_then(Value::as_str).unwrap_or("?");
    let mut filled = Vec::new();
    if missing(COMMON_NAME) {
        let value = format!("{}-{}", text("till.name"), text("seller.vat_number"));
        filled.push(Filled { key: COMMON_NAME, value });
    }
    if missing(SERIAL) {
        filled.push(Filled { key: SERIAL, value: serial(all) });
    }
    apply(all, &filled);
    filled
}

fn apply(merge: &mut Merge, filled: &[Filled]) {
    for Filled { key, value } in filled {
        merge.set(key, value, Origin::default());
    }
}

/// The serial number in the configuration of the same till, written by an earlier run.
fn kept_serial(all: &Merge, target: &Path) -> Option<String> {
    let text = std::fs::read_to_string(target).ok()?;
    let mut before = Merge::default();
    before.file(target, &text);
    if before.table == plain_table(EXAMPLE)? {
        return None;
    }
    let same = |key| before.get(key).is_some() && before.get(key) == all.get(key);
    let same = same("till.name") && same("seller.vat_number");
    before.get(SERIAL).filter(|_| same)?.as_str().map(str::to_owned)
}

/// A serial number of this program's making, from 16 random bytes.
pub(super) fn new_serial(random: &mut dyn FnMut(&mut [u8])) -> String {
    let mut bytes = [0u8; 16];
    random(&mut bytes);
    let uuid: Uuid = uuid::Builder::from_random_bytes(bytes).into_uuid();
    format!("1-tilld|2-{}|3-{uuid}", env!("CARGO_PKG_VERSION"))
}

/// The keys and values of a configuration without mistakes of form.
fn plain_table(text: &str) -> Option<Table> {
    let mut merge = Merge::default();
    merge.file(Path::new(""), text);
    merge.findings.is_empty().then_some(merge.table)
}

/// Judges everything that was read. `about` is the file that an OTP would
/// stand in, or `None` while that file is not made yet; `filled` are keys that
/// the file did not give and nobody is to be blamed for.
pub(super) fn judge(
    all: Merge,
    file: &Path,
    about: Option<&Metadata>,
    filled: &[Filled],
) -> Result<(Settings, OtpPlace), ConfigError> {
    let (merged, mut findings) = all.finish(file);
    let blame = |key: &str| merged.origins.get(key).cloned().unwrap_or_else(|| origin(file));
    let otp = otp_place(&merged.onboarding, file, about, &mut |key, problem| {
        findings.push(ConfigFinding::new(blame(key), key, problem, fragment::accepted(key)));
    });
    let settings = validate::validate(merged, file, findings).map_err(|error| {
        // What is wrong with a name that was made of others is wrong with those.
        let findings = &error.findings;
        let given = |found: &&ConfigFinding| !filled.iter().any(|filled| filled.key == found.key);
        let own: Vec<_> = findings.iter().filter(given).cloned().collect();
        if own.is_empty() { error } else { ConfigError { findings: own, ..error } }
    })?;
    Ok((settings, otp))
}

fn origin(file: &Path) -> Origin {
    Origin { file: file.to_owned(), line: None }
}

/// Where the OTP is, and what is wrong with that.
fn otp_place(
    onboarding: &BTreeMap<String, Hidden>,
    file: &Path,
    about: Option<&Metadata>,
    refuse: &mut dyn FnMut(&str, String),
) -> OtpPlace {
    let (inline, named) = (onboarding.get("otp"), onboarding.get("otp_file"));
    if inline.is_some() && named.is_some() {
        refuse("onboarding.otp_file", "stands beside otp; only one of them can be meant".to_owned());
    }
    if let Some(named) = named {
        let path = Path::new(named.0.as_str());
        if path.file_name().is_none() {
            refuse("onboarding.otp_file", "does not name a file".to_owned());
        }
        return OtpPlace::File(file.parent().unwrap_or(Path::new("")).join(path));
    }
    let Some(inline) = inline else { return OtpPlace::Elsewhere };
    if let Some(problem) = about.and_then(exposed) {
        refuse("onboarding.otp", problem);
    }
    match otp_digits(inline.0.as_bytes()) {
        Ok(otp) => OtpPlace::Inline(otp),
        Err(why) => {
            refuse("onboarding.otp", why.to_owned());
            OtpPlace::Elsewhere
        }
    }
}

/// Why a file with an OTP in it is in the wrong hands.
fn exposed(about: &Metadata) -> Option<String> {
    let mode = about.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Some(format!("stands in a file that others can read (mode {mode:04o})"));
    }
    let me = rustix::process::geteuid().as_raw();
    let owner = about.uid();
    let trusted = owner == 0 || owner == me;
    (!trusted).then(|| format!("stands in a file of another user ({owner})"))
}
