//! The office behind the counter: authorities and everything that is remembered, shared by all calls.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::SandboxError;
use super::authority::Authority;
use super::book::Book;
use super::config::{Instruments, SandboxConfig};
use super::environment::Environment;
use super::faults::FaultScript;
use super::otp::OtpRegister;
use super::registry::Registry;
use super::settings::Settings;

/// What is remembered.
#[derive(Default)]
pub(super) struct Desk {
    pub(super) settings: Settings,
    pub(super) otps: OtpRegister,
    pub(super) registry: Registry,
    pub(super) book: Book,
    pub(super) faults: FaultScript,
}

/// Clock, authorities and memory of a sandbox.
pub(super) struct Office {
    pub(super) instruments: Instruments,
    authorities: [Authority; 3],
    desk: Mutex<Desk>,
}

impl Office {
    /// Makes the authorities of all environments.
    pub(super) fn open(config: SandboxConfig) -> Result<Office, SandboxError> {
        let instruments = Instruments::new(&config);
        let [a, b, c] = Environment::ALL;
        let create = |env| Authority::create(env, &instruments);
        let authorities = [create(a)?, create(b)?, create(c)?];
        let mut desk = Desk { settings: config.settings, ..Desk::default() };
        desk.faults.set(config.faults, instruments.machine_now());
        Ok(Office { instruments, authorities, desk: Mutex::new(desk) })
    }

    pub(super) fn authority(&self, env: Environment) -> &Authority {
        match env {
            Environment::DeveloperPortal => &self.authorities[0],
            Environment::Simulation => &self.authorities[1],
            Environment::Core => &self.authorities[2],
        }
    }

    /// The sandbox's time, Unix seconds.
    pub(super) fn now(&self) -> i64 {
        self.instruments.now()
    }

    /// The memory. Each change is complete before the lock is given back, so a panic elsewhere spoils nothing.
    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The policies of this moment; not to be asked for while the desk is held.
    pub(super) fn settings(&self) -> Settings {
        self.desk().settings.clone()
    }
}

/// What a call is noted with besides its outcome.
#[derive(Clone, Default)]
pub(super) struct Note {
    pub(super) csid: Option<String>,
    pub(super) chain: Option<String>,
    pub(super) number: Option<String>,
    pub(super) uuid: Option<String>,
    pub(super) icv: Option<u64>,
    pub(super) pih: Option<String>,
    pub(super) hash: Option<String>,
    pub(super) document: Option<String>,
    pub(super) verdict: Option<String>,
    pub(super) codes: Vec<String>,
    pub(super) reason: Option<String>,
}

/// What an evaluation came to, with what the book says about it.
pub(super) struct Outcome {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) note: Note,
}

impl Outcome {
    pub(super) fn new(status: u16, body: Value, note: Note) -> Outcome {
        Outcome { status, body, note }
    }

    /// `{"errors":[{"code","message"}]}`
    pub(super) fn errors(status: u16, code: &str, message: &str) -> Outcome {
        let body = json!({"errors": [{"code": code, "message": message}]});
        Outcome::new(status, body, Note { codes: vec![code.to_owned()], ..Note::default() })
    }

    /// `{"code","message"}`
    pub(super) fn code(status: u16, code: &str, message: &str) -> Outcome {
        let body = json!({"code": code, "message": message});
        Outcome::new(status, body, Note { codes: vec![code.to_owned()], ..Note::default() })
    }

    /// `{"timestamp","status","error","message"}` of the gateway.
    pub(super) fn gateway(status: u16, error: &str, message: &str, now: i64) -> Outcome {
        let body = json!({"timestamp": now.saturating_mul(1000), "status": status, "error": error,
            "message": message});
        Outcome::new(status, body, Note::default())
    }

    /// The same, with words for the book.
    pub(super) fn because(mut self, reason: impl Into<String>) -> Outcome {
        self.note.reason = Some(reason.into());
        self
    }
}
