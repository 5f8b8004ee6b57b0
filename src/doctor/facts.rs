//! What is known of a till. Each fact is a value, or in words why it could not
//! be found out. Times are seconds since 1970 in UTC, sizes bytes.

use super::mounts::Mount;
use crate::text::Bilingual;

/// A fact, or why it could not be found out.
pub type Known<T> = Result<T, Bilingual>;

/// Why something could not be found out, of a cause that is English alone.
pub fn could_not(what: Bilingual, cause: &str) -> Bilingual {
    Bilingual::new(format!("{} ({cause})", what.en), format!("{} ({cause})", what.ar))
}

/// Everything that is known.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The machine's clock.
    pub now: i64,
    /// Version of this program.
    pub version: String,
    pub configuration: Configuration,
    pub service: Service,
    pub machine: Machine,
    /// What the configuration leads to; none without a usable one.
    pub till: Option<Till>,
}

impl Facts {
    pub(super) fn answer(&self) -> Option<&ServiceAnswer> {
        match &self.service {
            Service::Answers(answer) => Some(answer),
            _ => None,
        }
    }

    pub(super) fn till_name(&self) -> Option<String> {
        let settings = self.till.as_ref().map(|till| till.settings.name.clone());
        settings.or_else(|| self.answer().map(|answer| answer.till.clone()))
    }
}

/// What reading the configuration came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Configuration {
    Good {
        files: Vec<String>,
    },
    /// There is no such file.
    Missing {
        file: String,
    },
    /// Everything to mend, a line each.
    Wrong {
        findings: Vec<String>,
    },
    /// This user may not read it.
    Denied(Bilingual),
}

/// What became of the question to the running daemon.
#[derive(Clone, Debug)]
pub enum Service {
    Answers(Box<ServiceAnswer>),
    /// Nobody listens on the socket.
    Stopped {
        socket: String,
    },
    /// Somebody listens and does not answer.
    Hangs {
        socket: String,
        seconds: u64,
    },
    /// This user may not ask, or the answer is not understood.
    Unknown(Bilingual),
}

/// What a running daemon tells of itself.
#[derive(Clone, Debug)]
pub struct ServiceAnswer {
    pub till: String,
    pub version: String,
    /// The word of the environment that it works in.
    pub environment: String,
    /// Why it does not sell; none if it sells.
    pub not_selling: Option<Bilingual>,
    /// Its largest core dump, bytes.
    pub core_limit: Known<u64>,
}

/// The machine as a whole.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Whether a fact of the hardware tells it from a copy of its disk.
    pub has_hardware: bool,
    /// The names of what tells it apart.
    pub facts: Vec<String>,
    pub memory_available: Known<u64>,
    /// Whether something keeps the clock right, as the kernel tells.
    pub synchronised: Known<bool>,
}

/// What the configuration leads to.
#[derive(Clone, Debug)]
pub struct Till {
    pub settings: Settings,
    pub home: Home,
    pub ledger: Known<LedgerFacts>,
    pub vault: Known<Vault>,
    pub identity: Known<Identity>,
    pub clock: ClockFacts,
    pub network: Known<Network>,
    pub queue: Known<Queue>,
    pub printer: Paper,
    pub receipts: Known<Receipts>,
}

/// What the settings say of the till's identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    pub name: String,
    pub environment: String,
    /// The address that stands in for the platform's own.
    pub address_override: Option<String>,
    /// The facts that a certificate request carries: name of the key and value.
    pub unit: Vec<(&'static str, String)>,
}

/// Where the data and the mark lie.
#[derive(Clone, Debug)]
pub struct Home {
    pub data: Known<Place>,
    pub anchor: Known<Place>,
    /// The user that must own both; none if that is not known.
    pub owner: Option<(u32, String)>,
    /// Files of the till that another user owns, with that user.
    pub foreign: Vec<(String, u32)>,
    /// A witness on another medium is set.
    pub witness: bool,
    /// The machine is a virtual one: its whole disk can be set back.
    pub virtual_machine: bool,
}

/// A directory, with the file system that it lies on.
#[derive(Clone, Debug)]
pub struct Place {
    pub path: String,
    /// The directory itself, for the mark the one that holds it.
    pub exists: bool,
    /// For the mark: whether the file is there.
    pub file_exists: bool,
    pub owner: u32,
    /// Permission bits.
    pub mode: u32,
    pub mount: Known<Mount>,
    /// Tells file systems apart.
    pub device: u64,
    /// Free for this till.
    pub free: Known<u64>,
    /// Free inodes; none where the file system does not count them.
    pub free_inodes: Option<u64>,
}

/// The ledger, from the daemon or from its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerFacts {
    /// There is no file, and no mark says that there ever was one.
    pub missing: bool,
    pub documents: u64,
    /// Moment of issue of the last document.
    pub last_issued: Option<i64>,
    pub mark: Mark,
    /// A witness beside the anchor that does not keep the mark: its path and why.
    pub silent: Option<(String, String)>,
    /// What is wrong with the file, if it does not open, and what to do.
    pub trouble: Option<Bilingual>,
}

/// How the ledger stands to its high-water mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    Agrees,
    /// There is none, and nothing was issued yet.
    None,
    /// The till does not start: documents or the mark are missing, it belongs to
    /// another ledger, or the ledger to another machine. In words, with the way out.
    Contradicts(Bilingual),
    /// The comparison was not done.
    Unknown(Bilingual),
}

/// What seals the till's secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vault {
    /// In words, and whether a copied disk alone opens nothing.
    Sealed { source: String, bound: bool },
    /// There is none yet.
    Missing,
    /// It does not open.
    Shut(String),
}

/// The till's identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// None yet: the name of the step that onboarding has come to.
    None {
        state: String,
    },
    Active(Box<Bundle>),
    /// What is stored does not fit together.
    Broken(String),
}

/// Key, certificate and credentials, as far as they could be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// Whether the key was held against the certificate: by this check itself,
    /// or else by the daemon at its start.
    pub checked_here: bool,
    /// The authority does not accept it.
    pub revoked: bool,
    /// The step that a renewal or replacement beside it has come to.
    pub successor: Option<String>,
    /// Whether somebody works on that successor right now.
    pub in_the_making: bool,
    /// The environment that it is good in; none if only the daemon knows.
    pub environment: Option<String>,
    /// The facts that it was asked for with, as in [`Settings::unit`].
    pub unit: Vec<(&'static str, String)>,
    pub certificate: Certificate,
}

/// A stamping certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    pub subject: String,
    pub issuer: Option<String>,
    pub serial: Option<String>,
    pub not_before: Option<i64>,
    pub not_after: i64,
    /// The VAT number that it may stamp for.
    pub vat: Option<String>,
}

/// Clocks beside the machine's own.
#[derive(Clone, Debug)]
pub struct ClockFacts {
    /// Seconds that the platform's clock is ahead of the machine's.
    pub authority_ahead: Known<i64>,
}

/// The way to the platform, step by step. A step behind one that failed is not taken.
#[derive(Clone, Debug)]
pub struct Network {
    pub host: String,
    pub port: u16,
    /// The proxy in between, `http://HOST:PORT`: name and connection are its own.
    pub proxy: Option<String>,
    /// The addresses of the host.
    pub name: Step<Vec<String>>,
    /// The address that took the connection.
    pub connection: Step<String>,
    /// None without TLS, which only an override to loopback has.
    pub tls: Option<Step<Session>>,
    pub answer: Step<Reply>,
}

/// One step on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<T> {
    Done { value: T, milliseconds: u64 },
    Failed(NetworkFault),
    NotTaken,
}

/// Why a step failed; the texts are the system's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NetworkFault {
    /// The name has no address, or nobody could be asked.
    NoAddress(String),
    /// No answer within this many seconds.
    Slow(u64),
    Refused,
    Unreachable(String),
    /// The proxy opens no way to the platform; its HTTP status.
    Proxy(u16),
    /// The other side does not speak TLS, or broke it off.
    Handshake(String),
    /// The other side's certificate is not to be trusted.
    Untrusted {
        trust: Trust,
        issuer: Option<String>,
        subject: Option<String>,
    },
    /// It ended the connection without an answer, or spoke no HTTP.
    NoAnswer(String),
}

/// Why a certificate of a server is not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    Issuer,
    Expired,
    NotYet,
    Name,
    Other(String),
}

/// An encrypted connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    pub version: String,
    pub issuer: Option<String>,
    pub not_after: Option<i64>,
}

/// An HTTP answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// A page for people instead of data.
    pub html: bool,
    /// Where a redirection leads.
    pub location: Option<String>,
}

/// What waits to be reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    pub unsent: u64,
    pub oldest: Option<i64>,
    /// Rejected documents that nothing replaces.
    pub rejected: u64,
    /// The first few of their numbers.
    pub rejected_numbers: Vec<String>,
    pub held: u64,
    pub held_numbers: Vec<String>,
    /// Why nothing is sent.
    pub paused: Option<Bilingual>,
}

/// Where receipts go.
#[derive(Clone, Debug)]
pub enum Paper {
    /// No printer is set up.
    None,
    /// A network printer: whether it takes a connection.
    Tcp { target: String, reached: Result<(), NetworkFault> },
    /// A folder.
    Folder { target: String, spool: Known<Spool> },
}

/// Whether a folder takes receipts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spool {
    Writable,
    ReadOnly,
    Denied,
    NotAFolder,
}

/// Print jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipts {
    pub pending: u64,
    pub unconfirmed: u64,
    pub failed: u64,
    /// The printer's last fault.
    pub fault: Option<Bilingual>,
}

/// A number for monitoring's graphs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    pub label: &'static str,
    pub value: i64,
    /// `s`, `B`, or nothing.
    pub unit: &'static str,
    pub warning: String,
    pub critical: String,
}
