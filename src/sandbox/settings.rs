//! What a sandbox is started with: where it listens, its clock, its randomness and its policies.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Reads the time: seconds since the Unix epoch, UTC. Passed in, so that tests own the clock.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Fills a buffer with random bytes. Passed in, so that tests can seed it.
pub type Entropy = Arc<Mutex<dyn FnMut(&mut [u8]) + Send>>;

/// The three worlds of the platform, kept apart like the real ones (fatoora-api.md section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// `/e-invoicing/developer-portal`: the public sandbox.
    DeveloperPortal,
    /// `/e-invoicing/simulation`.
    Simulation,
    /// `/e-invoicing/core`: the one with legal effect.
    Core,
}

impl Environment {
    /// All three, in the order of the book.
    pub const ALL: [Environment; 3] =
        [Environment::DeveloperPortal, Environment::Simulation, Environment::Core];

    /// The path below the host, without a slash at its end.
    pub fn prefix(self) -> &'static str {
        match self {
            Environment::DeveloperPortal => "/e-invoicing/developer-portal",
            Environment::Simulation => "/e-invoicing/simulation",
            Environment::Core => "/e-invoicing/core",
        }
    }

    /// The word in listings and answers.
    pub fn name(self) -> &'static str {
        match self {
            Environment::DeveloperPortal => "developer-portal",
            Environment::Simulation => "simulation",
            Environment::Core => "core",
        }
    }

    /// The environment of that name, `None` for any other word.
    pub fn from_name(name: &str) -> Option<Environment> {
        Environment::ALL.into_iter().find(|env| env.name() == name)
    }

    /// The certificate template that a CSR must name here (csr.md section 3.1).
    pub fn template(self) -> &'static str {
        match self {
            Environment::DeveloperPortal => "TSTZATCA-Code-Signing",
            Environment::Simulation => "PREZATCA-Code-Signing",
            Environment::Core => "ZATCA-Code-Signing",
        }
    }

    /// Common name of the CA that issues production CSIDs here (csr.md section 5).
    pub(super) fn production_issuer(self) -> &'static str {
        match self {
            Environment::DeveloperPortal => "TSTZEINVOICE-SubCA-1",
            Environment::Simulation => "PEZEINVOICESCA1-CA",
            Environment::Core => "PRZEINVOICESCA4-CA",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What to do with a document whose ICV or PIH contradicts what is already known of its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainPolicy {
    /// Refuse it (category `CHAIN`). The real platform accepts it, but a till should never get here.
    Strict,
    /// Accept it as the real platform does; the audit tells.
    AuditOnly,
}

/// How `PATCH /production/csids` answers (fatoora-api.md section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenewalRoad {
    /// 428 with a new compliance CSID, whose checks must be done first.
    ComplianceFirst,
    /// 200 with the new production CSID at once.
    Direct,
}

/// Everything a sandbox is started with.
#[derive(Clone)]
pub struct SandboxConfig {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The sandbox's clock.
    pub clock: Clock,
    /// Source of keys, serial numbers, secrets and OTPs.
    pub entropy: Entropy,
    /// An OTP that is always good in the developer portal (the real one takes 123345); `None` for none.
    pub fixed_otp: Option<String>,
    /// What a contradiction in ICV or PIH leads to.
    pub chain: ChainPolicy,
    /// How a renewal answers.
    pub renewal: RenewalRoad,
    /// A renewal revokes the old production CSID.
    pub renewal_revokes_old: bool,
    /// `false`: clearance answers 303 and reporting takes standard documents (a disaster procedure).
    pub clearance_enabled: bool,
    /// Largest request body in bytes; more is 413.
    pub max_body: usize,
}

impl SandboxConfig {
    /// The defaults: OTP 123345, strict chains, renewal by compliance checks, clearance on, 10 MB bodies.
    pub fn new(listen: SocketAddr, clock: Clock, entropy: Entropy) -> Self {
        SandboxConfig {
            listen,
            clock,
            entropy,
            fixed_otp: Some("123345".to_owned()),
            chain: ChainPolicy::Strict,
            renewal: RenewalRoad::ComplianceFirst,
            renewal_revokes_old: true,
            clearance_enabled: true,
            max_body: 10 * 1024 * 1024,
        }
    }

    pub(super) fn now(&self) -> i64 {
        (self.clock)()
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

impl fmt::Debug for SandboxConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxConfig")
            .field("listen", &self.listen)
            .field("chain", &self.chain)
            .field("renewal", &self.renewal)
            .field("clearance_enabled", &self.clearance_enabled)
            .field("max_body", &self.max_body)
            .finish_non_exhaustive()
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
