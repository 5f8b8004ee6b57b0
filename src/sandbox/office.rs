//! The office behind the counter: authorities and everything that is remembered, shared by all calls.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::SandboxError;
use super::authority::Authority;
use super::book::{Book, Call, Endpoint};
use super::faults::FaultScript;
use super::otp::OtpRegister;
use super::registry::Registry;
use super::settings::{Environment, SandboxConfig};

/// What is remembered.
#[derive(Default)]
pub(super) struct Desk {
    pub(super) otps: OtpRegister,
    pub(super) registry: Registry,
    pub(super) book: Book,
    pub(super) faults: FaultScript,
}

/// Configuration, authorities and memory of a sandbox.
pub(super) struct Office {
    pub(super) config: SandboxConfig,
    authorities: [Authority; 3],
    desk: Mutex<Desk>,
}

impl Office {
    /// Makes the authorities of all environments.
    pub(super) fn open(config: SandboxConfig) -> Result<Office, SandboxError> {
        let [a, b, c] = Environment::ALL;
        let authorities =
            [Authority::create(a, &config)?, Authority::create(b, &config)?, Authority::create(c, &config)?];
        Ok(Office { config, authorities, desk: Mutex::new(Desk::default()) })
    }

    pub(super) fn authority(&self, env: Environment) -> &Authority {
        match env {
            Environment::DeveloperPortal => &self.authorities[0],
            Environment::Simulation => &self.authorities[1],
            Environment::Core => &self.authorities[2],
        }
    }

    /// The memory. Each change is complete before the lock is given back, so a panic elsewhere spoils nothing.
    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a call is noted with besides its outcome.
#[derive(Default)]
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
}

/// An answer with what the book says about it.
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

    /// The book's entry.
    pub(super) fn call(&self, env: Environment, endpoint: Endpoint, now: i64, fault: Option<&str>) -> Call {
        let note = &self.note;
        Call {
            seq: 0, // set by the book
            at: now,
            environment: env,
            endpoint,
            csid: note.csid.clone(),
            chain: note.chain.clone(),
            number: note.number.clone(),
            uuid: note.uuid.clone(),
            icv: note.icv,
            pih: note.pih.clone(),
            hash: note.hash.clone(),
            document: note.document.clone(),
            http: self.status,
            verdict: note.verdict.clone(),
            codes: note.codes.clone(),
            fault: fault.map(str::to_owned),
        }
    }
}
