//! What is known of the till's identity at this moment, for status and for
//! the sale. Holds no secret.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::switch::stamps;
use crate::api::wire;
use crate::invoice::IssueMoment;
use crate::onboard::life::{self, Life};
use crate::onboard::{Bundles, Device, NoStamp};
use crate::stamp::StampCertificate;
use crate::text::Bilingual;

/// What a vault says, without its secrets.
#[derive(Clone, Debug)]
pub struct Entry {
    state: Device,
    successor: Option<Device>,
    /// The one that stamps.
    certificate: Option<StampCertificate>,
    /// The documents that it covers, if it says.
    title: Option<String>,
    former: Vec<wire::Former>,
}

#[cfg(test)]
impl Entry {
    /// A till that is active with this certificate.
    pub fn active(certificate: StampCertificate, title: Option<&str>) -> Entry {
        let state = Device::Active { until: certificate.not_after() };
        let title = title.map(str::to_owned);
        Entry { state, successor: None, certificate: Some(certificate), title, former: Vec::new() }
    }
}

/// The facts of one moment.
#[derive(Debug)]
struct Standing {
    entry: Entry,
    operation: Option<wire::Operation>,
}

/// Shared by the service, the desk and the certificate's watcher.
#[derive(Debug)]
pub struct Register {
    standing: Mutex<Standing>,
    vault_key: String,
    key_store: String,
}

impl Register {
    /// Nothing is known yet but where the secrets lie.
    pub fn new(vault_key: String, key_store: String) -> Register {
        let entry = Entry {
            state: Device::Blank,
            successor: None,
            certificate: None,
            title: None,
            former: Vec::new(),
        };
        Register { standing: Mutex::new(Standing { entry, operation: None }), vault_key, key_store }
    }

    /// What bundles say, to be entered once the ledger has followed.
    pub fn entry(bundles: &Bundles) -> Entry {
        let former = bundles.former.iter().map(|former| wire::Former {
            environment: former.environment.word().to_owned(),
            serial_number: former.certificate.serial().to_owned(),
            valid_until: moment(former.certificate.not_after()),
        });
        let certificate = bundles.current.as_ref().map(|identity| identity.certificate.clone());
        Entry {
            state: bundles.current_state.clone(),
            successor: bundles.successor_state.clone(),
            title: certificate.as_ref().and_then(|certificate| certificate.title().map(str::to_owned)),
            certificate,
            former: former.collect(),
        }
    }

    /// What is so from now on.
    pub fn enter(&self, entry: Entry) {
        let mut standing = self.lock();
        let operation = standing.operation.take();
        *standing = Standing { entry, operation };
    }

    /// An operation begins; `step` names what is done so far.
    pub fn begin(&self, kind: &str, now: i64, step: &str) {
        let (kind, step) = (kind.to_owned(), step.to_owned());
        self.lock().operation = Some(wire::Operation { kind, began_at: moment(now), step });
    }

    /// A step of the operation is done.
    pub fn step(&self, device: &Device) {
        if let Some(operation) = &mut self.lock().operation {
            operation.step = match device {
                Device::Checking { done, of, .. } => format!("compliance check {done} of {of}"),
                other => other.name().to_owned(),
            };
        }
    }

    /// The operation has ended.
    pub fn end(&self) {
        self.lock().operation = None;
    }

    /// The certificate that stamps.
    pub fn certificate(&self) -> Option<StampCertificate> {
        self.lock().entry.certificate.clone()
    }

    /// The documents that the certificate covers, as its title says.
    pub fn title(&self) -> Option<String> {
        self.lock().entry.title.clone()
    }

    /// What is being done now, in words, if anything is.
    pub fn busy(&self) -> Option<wire::Operation> {
        self.lock().operation.clone()
    }

    /// Why there is no certificate to sell with, and what to do. The end of its
    /// validity is told by the ledger, whose clock decides.
    pub fn not_ready(&self, now: i64) -> Option<Bilingual> {
        let standing = self.lock();
        match &standing.entry.certificate {
            Some(_) if stamps(&standing.entry.state, now) => None,
            _ => standing.entry.state.good(now).err().map(|why| why.words()),
        }
    }

    /// Everything, as the interface shows it.
    pub fn show(&self, now: i64) -> wire::Identity {
        let standing = self.lock();
        // By the clock, whatever was stored last.
        let state = match standing.entry.state.good(now) {
            Err(NoStamp::Expired { since }) => Device::Expired { since }.name(),
            _ => standing.entry.state.name(),
        };
        let making = standing.entry.successor.as_ref().unwrap_or(&standing.entry.state);
        wire::Identity {
            state: state.to_owned(),
            successor: standing.entry.successor.as_ref().map(|device| device.name().to_owned()),
            needs_otp: making.needs_otp(),
            certificate: standing.shown(now),
            former: standing.entry.former.clone(),
            vault_key: self.vault_key.clone(),
            key_store: self.key_store.clone(),
            operation: standing.operation.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        // Each change is one assignment: a panic elsewhere leaves nothing half-done.
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    /// The certificate; that the authority does not take it comes before how
    /// long it would still be valid.
    fn shown(&self, now: i64) -> Option<wire::Certificate> {
        let shown = facts(self.entry.certificate.as_ref()?, now);
        Some(match self.entry.state.good(now) {
            Err(why @ NoStamp::Revoked) => wire::Certificate { alarm: Some(why.words().into()), ..shown },
            _ => shown,
        })
    }
}

/// A certificate in plain facts, as of `now`.
pub fn facts(certificate: &StampCertificate, now: i64) -> wire::Certificate {
    let life = life::of(certificate.not_after(), now);
    wire::Certificate {
        subject: certificate.subject().to_owned(),
        serial_number: certificate.serial().to_owned(),
        issuer: certificate.issuer().to_owned(),
        valid_from: moment(certificate.not_before()),
        valid_until: moment(certificate.not_after()),
        days_left: match life {
            Life::Good { days } | Life::Due { days, .. } => days,
            Life::Expired { .. } => 0,
        },
        alarm: alarm(life).map(wire::Words::from),
    }
}

fn alarm(life: Life) -> Option<Bilingual> {
    match life {
        Life::Expired { .. } => Some(Bilingual::new(
            "The certificate has ended, and the till sells nothing. It is too late for `tilld renew`: ask for an OTP on the \
             Fatoora portal and run `tilld onboard --replace NAME` with the till's name.",
            "انتهت الشهادة وتوقف البيع. فات وقت التجديد (tilld renew): اطلب رمز تحقق من بوابة فاتورة ونفذ \
             tilld onboard --replace NAME باسم الجهاز.",
        )),
        life => life.words(),
    }
}

fn moment(unix: i64) -> String {
    IssueMoment::from_unix(unix).map_or_else(|| unix.to_string(), crate::api::wire::riyadh)
}
