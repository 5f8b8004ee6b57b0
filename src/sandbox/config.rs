//! What a sandbox is started with: where it listens, its clock, its randomness, its policies and faults.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::faults::{self, FaultRule};
use super::fields::{self, BadField, bad};
use super::settings::Settings;

/// Reads the time: seconds since the Unix epoch, UTC. Passed in, so that tests own the clock.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Fills a buffer with random bytes. Passed in, so that tests can seed it.
pub type Entropy = Arc<Mutex<dyn FnMut(&mut [u8]) + Send>>;

/// Farthest that the sandbox's clock may be moved, seconds: a hundred years.
pub(super) const MAX_OFFSET: i64 = 100 * 366 * 86_400;

/// Everything a sandbox is started with.
#[derive(Clone)]
pub struct SandboxConfig {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The sandbox's clock.
    pub clock: Clock,
    /// Source of keys, serial numbers, secrets and OTPs.
    pub entropy: Entropy,
    /// Seconds that the sandbox's clock is ahead of `clock`.
    pub clock_offset: i64,
    /// The policies.
    pub settings: Settings,
    /// The fault script.
    pub faults: Vec<FaultRule>,
    /// The folder of its certificates: HTTPS, and nothing else. `None`: plain http.
    pub tls: Option<PathBuf>,
}

impl SandboxConfig {
    /// The default settings, no faults.
    pub fn new(listen: SocketAddr, clock: Clock, entropy: Entropy) -> Self {
        let (settings, faults) = (Settings::default(), Vec::new());
        SandboxConfig { listen, clock, entropy, clock_offset: 0, settings, faults, tls: None }
    }

    /// Takes over a script: `{"settings": {..}, "clock_offset": seconds, "rules": [..]}`, each part optional.
    ///
    /// # Errors
    /// Names the field that cannot be used; nothing has changed then.
    pub fn read_script(&mut self, text: &str) -> Result<(), BadField> {
        let script: Value =
            serde_json::from_str(text).map_err(|error| bad("the script", format!("is no JSON ({error})")))?;
        let parts = fields::object("", &script, &["settings", "clock_offset", "rules"])?;
        let settings = match parts.get("settings") {
            Some(changes) => self.settings.with("settings", changes)?,
            None => self.settings.clone(),
        };
        let offset = match parts.get("clock_offset") {
            Some(offset) => fields::number("clock_offset", offset, -MAX_OFFSET, MAX_OFFSET)?,
            None => self.clock_offset,
        };
        if let Some(rules) = parts.get("rules") {
            self.faults = faults::read_rules("rules", rules)?;
        }
        (self.settings, self.clock_offset) = (settings, offset);
        Ok(())
    }

    /// Changes one setting, written as `name=value`.
    ///
    /// # Errors
    /// Names the field that cannot be used.
    pub fn set(&mut self, assignment: &str) -> Result<(), BadField> {
        let (name, text) = assignment
            .split_once('=')
            .ok_or_else(|| bad(assignment, "must be written as name=value, such as renewal=200"))?;
        let (name, text) = (name.trim(), text.trim());
        let written = Value::String(text.to_owned());
        let meant = serde_json::from_str(text).unwrap_or_else(|_| written.clone());
        let only = |value: Value| Value::Object([(name.to_owned(), value)].into_iter().collect());
        // `renewal=428` means the word, `otp_lifetime=60` the number.
        let changed = self.settings.with("", &only(meant));
        self.settings = changed.or_else(|fault| self.settings.with("", &only(written)).map_err(|_| fault))?;
        Ok(())
    }
}

impl fmt::Debug for SandboxConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxConfig")
            .field("listen", &self.listen)
            .field("clock_offset", &self.clock_offset)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// The clock, which can be moved, and the randomness of a running sandbox.
pub(super) struct Instruments {
    clock: Clock,
    entropy: Entropy,
    offset: AtomicI64,
}

impl Instruments {
    pub(super) fn new(config: &SandboxConfig) -> Instruments {
        let offset = AtomicI64::new(config.clock_offset.clamp(-MAX_OFFSET, MAX_OFFSET));
        Instruments { clock: config.clock.clone(), entropy: config.entropy.clone(), offset }
    }

    /// The sandbox's time, Unix seconds.
    pub(super) fn now(&self) -> i64 {
        self.machine_now().saturating_add(self.offset())
    }

    /// The time without the offset: windows of faults run by it.
    pub(super) fn machine_now(&self) -> i64 {
        (self.clock)()
    }

    pub(super) fn offset(&self) -> i64 {
        self.offset.load(Ordering::SeqCst)
    }

    /// Sets the clock's offset, held within a hundred years.
    pub(super) fn set_offset(&self, seconds: i64) {
        self.offset.store(seconds.clamp(-MAX_OFFSET, MAX_OFFSET), Ordering::SeqCst);
    }

    /// Moves the clock on, or back.
    pub(super) fn advance(&self, seconds: i64) {
        self.set_offset(self.offset().saturating_add(seconds));
    }

    pub(super) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0u8; N];
        // A source that panicked once still fills buffers; the sandbox keeps no invariant in it.
        let mut source = self.entropy.lock().unwrap_or_else(PoisonError::into_inner);
        (source)(&mut bytes);
        bytes
    }

    /// A number of exactly `digits` decimal digits, the first one not zero.
    pub(super) fn random_digits(&self, digits: u32) -> u64 {
        let low = 10u64.pow(digits.clamp(1, 18) - 1);
        low + u64::from_be_bytes(self.random::<8>()) % (low * 9)
    }
}

/// The machine's clock.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
    })
}

/// The operating system's randomness. Should it fail, buffers stay zero and the start fails, because
/// zero is no private key.
pub fn system_entropy() -> Entropy {
    Arc::new(Mutex::new(|buffer: &mut [u8]| {
        if getrandom::fill(buffer).is_err() {
            buffer.fill(0);
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::super::settings::RenewalRoad;
    use super::*;

    fn config() -> SandboxConfig {
        let entropy = Arc::new(Mutex::new(|b: &mut [u8]| b.fill(7)));
        SandboxConfig::new(([127, 0, 0, 1], 0).into(), Arc::new(|| 1000), entropy)
    }

    #[test]
    fn a_script_is_taken_whole_or_not_at_all() {
        let mut config = config();
        let script =
            r#"{"settings": {"renewal": "200"}, "clock_offset": -60, "rules": [{"action": "drop"}]}"#;
        config.read_script(script).unwrap();
        assert_eq!((config.settings.renewal, config.clock_offset), (RenewalRoad::Direct, -60));
        assert_eq!(config.faults.len(), 1);
        for (bad, field) in [
            ("{", "the script"),
            (r#"{"settings": {"renewal": "428"}, "clock_offset": "x"}"#, "clock_offset"),
            (r#"{"settings": {"renewal": "428"}, "rules": [{"action": "melt"}]}"#, "rules[0].action"),
            (r#"{"fault": []}"#, "fault"),
        ] {
            assert_eq!(config.read_script(bad).unwrap_err().field, field);
            assert_eq!((config.settings.renewal, config.faults.len()), (RenewalRoad::Direct, 1));
        }
    }

    #[test]
    fn one_setting_on_the_command_line() {
        let mut config = config();
        for good in ["renewal=200", "otp_lifetime = 60", "clearance_enabled=false", "fixed_otp=null"] {
            config.set(good).unwrap();
        }
        assert_eq!((config.settings.renewal, config.settings.otp_lifetime), (RenewalRoad::Direct, 60));
        config.set("fixed_otp=654321").unwrap();
        assert_eq!(config.settings.fixed_otp.as_deref(), Some("654321"));
        for (bad, field) in [("renewal", "renewal"), ("renewal=300", "renewal"), ("otp=1", "otp")] {
            assert_eq!(config.set(bad).unwrap_err().field, field);
        }
    }

    #[test]
    fn the_clock_moves() {
        let instruments = Instruments::new(&config());
        instruments.advance(50);
        assert_eq!((instruments.now(), instruments.machine_now()), (1050, 1000));
        instruments.advance(i64::MAX);
        assert_eq!(instruments.offset(), MAX_OFFSET);
    }
}
