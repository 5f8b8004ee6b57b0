//! The onboarding itself: from wherever the till stands to an active identity,
//! one stored step after the other.

use std::sync::Arc;

use super::authority::CsidAuthority;
use super::certificate::{Unfit, fit};
use super::device::{Device, DeviceEvent};
use super::error::{OnboardError, Trouble, trouble};
use super::identity::{Identity, of};
use super::record::{Csid, Pending, Record};
use super::samples::{self, Step};
use crate::chain::Link;
use crate::fatoora::{Answer, CallError, Environment, Fault, Message, Otp, SetupFault, Verdict};
use crate::invoice::{Finding, IssueMoment, Seller};
use crate::keys::{KeyStore, Title, UnitProfile, Vault, csr};
use crate::stamp::{Signer as _, seal};
use crate::text::Bilingual;

/// What this till is meant to become.
#[derive(Clone, Debug)]
pub struct Plan {
    pub environment: Environment,
    pub profile: UnitProfile,
    /// As in the till's invoices; the compliance documents carry it.
    pub seller: Arc<Seller>,
}

impl Plan {
    /// Everything that the authority would refuse, before it is asked.
    pub fn check(&self) -> Vec<Finding> {
        let mut found = self.profile.check();
        found.extend(self.seller.check().into_iter().map(|(field, error)| {
            Finding::of_settings(
                "TILLD-SELLER",
                format!("seller.{field}"),
                Bilingual::new(error.to_string(), "بيانات البائع في هذا الحقل غير صحيحة"),
                Bilingual::new("correct it in the settings", "صحّحها في الإعدادات"),
            )
        }));
        if self.seller.vat.as_str() != self.profile.vat {
            found.push(Finding::of_settings(
                "TILLD-UNIT-SELLER",
                "vat",
                Bilingual::new(
                    "the unit and the seller have different VAT numbers",
                    "الرقم الضريبي للوحدة يختلف عن رقم البائع",
                ),
                Bilingual::new(
                    "write the seller's VAT number in both places",
                    "اكتب الرقم الضريبي للبائع في الموضعين",
                ),
            ));
        }
        found
    }
}

/// One onboarding of one till.
pub struct Onboarding<'a, A> {
    pub vault: &'a Vault,
    /// Where the key is made and opened.
    pub keys: &'a KeyStore,
    pub authority: &'a A,
    pub plan: Plan,
    /// Seconds since 1970, UTC.
    pub now: &'a (dyn Fn() -> i64 + Sync),
    pub random: &'a mut (dyn FnMut(&mut [u8]) + Send),
    /// Hears of every state as soon as it is stored.
    pub progress: &'a mut (dyn FnMut(&Device) + Send),
}

impl<A: CsidAuthority> Onboarding<'_, A> {
    /// Goes on from the stored state until the till is active. The OTP is used
    /// at most once, and only if the state needs one ([`Device::needs_otp`]).
    ///
    /// An active till answers at once with its identity.
    ///
    /// # Errors
    /// Whatever stops it; the state is stored, and running again goes on from
    /// there.
    pub async fn run(mut self, otp: Option<&Otp>) -> Result<Identity, OnboardError> {
        let findings = self.plan.check();
        let Some(title) = Title::parse(&self.plan.profile.title).filter(|_| findings.is_empty()) else {
            return Err(OnboardError::Profile(findings));
        };
        let _lock = self.vault.lock()?;
        let mut record = self.open()?;
        let steps = Step::all(title);
        let mut otp = otp;
        let mut steps_missed = false;
        loop {
            match record.device.clone() {
                Device::Blank => self.make_key(&mut record)?,
                Device::KeyMade => self.make_request(&mut record)?,
                Device::CsrMade { .. } | Device::OtpRefused { .. } => {
                    self.ask_compliance(&mut record, otp.take()).await?;
                }
                Device::Compliance { .. } | Device::ChecksFailed { .. } => {
                    self.step(&mut record, DeviceEvent::ChecksBegin { of: steps.len() as u8 })?;
                }
                Device::Checking { done, of, .. } if done < of => {
                    let step = steps.get(usize::from(done)).copied();
                    let step = step.ok_or_else(|| record.lacks("compliance check of that number"))?;
                    self.check(&mut record, step).await?;
                }
                Device::Checking { .. } => match self.ask_production(&mut record).await {
                    Err(OnboardError::MissingSteps(_)) if !steps_missed => {
                        steps_missed = true;
                        self.step(&mut record, DeviceEvent::StepsMissing)?;
                    }
                    outcome => outcome?,
                },
                Device::Active { until } if until > (self.now)() => return Ok(of(&record, self.keys)?),
                Device::Active { until } => {
                    self.step(&mut record, DeviceEvent::Expired { since: until })?;
                }
                Device::Expired { .. } | Device::Revoked => {
                    return Err(OnboardError::Ended { state: record.device.name() });
                }
            }
        }
    }

    /// The stored record, brought in line with the plan as far as it may be: a
    /// till that is not active yet takes new facts, an active one does not.
    fn open(&self) -> Result<Record, OnboardError> {
        let Plan { environment, profile, .. } = &self.plan;
        let Some(mut record) = Record::load(self.vault)? else {
            return Ok(Record::blank(*environment, profile));
        };
        let stored = record.environment()?;
        if stored == *environment && record.profile == *profile {
            return Ok(record);
        }
        if matches!(record.device, Device::Expired { .. } | Device::Revoked) {
            return Ok(record);
        }
        if matches!(record.device, Device::Active { .. }) {
            let vat = record.profile.vat.clone();
            return Err(OnboardError::AlreadyActive { environment: stored, vat });
        }
        let moved = stored != *environment;
        if moved {
            record.apply(DeviceEvent::EnvironmentChanged)?;
        } else if record.device != Device::Blank {
            record.apply(DeviceEvent::ProfileChanged)?;
        }
        record.start_over(*environment, profile, !moved);
        record.save(self.vault)?;
        Ok(record)
    }

    /// Changes the state, stores it and tells of it.
    fn step(&mut self, record: &mut Record, event: DeviceEvent) -> Result<(), OnboardError> {
        record.apply(event)?;
        record.save(self.vault)?;
        (self.progress)(&record.device);
        Ok(())
    }

    fn make_key(&mut self, record: &mut Record) -> Result<(), OnboardError> {
        record.set_key(&self.keys.generate(self.random)?);
        self.step(record, DeviceEvent::KeyMade)
    }

    fn make_request(&mut self, record: &mut Record) -> Result<(), OnboardError> {
        let signer = record.signer(self.keys)?;
        record.csr = Some(csr::build(&self.plan.profile, self.plan.environment, &signer)?);
        self.step(record, DeviceEvent::CsrMade)
    }

    async fn ask_compliance(&mut self, record: &mut Record, otp: Option<&Otp>) -> Result<(), OnboardError> {
        let Some(otp) = otp else {
            let lost = matches!(record.device, Device::CsrMade { unanswered: 1.. });
            return Err(OnboardError::OtpNeeded { answer_lost: lost });
        };
        let request = record.csr.clone().ok_or_else(|| record.lacks("certificate request"))?;
        self.step(record, DeviceEvent::OtpSent)?;
        match self.authority.compliance_csid(&request, otp).await {
            Ok(answer) => {
                let key = record.signer(self.keys)?.public_key_der();
                let fits = fit(&answer.credentials.token, &key, &self.plan.profile, (self.now)());
                if let Err(unfit) = fits {
                    self.step(record, DeviceEvent::RequestRefused)?;
                    return Err(unfit.into());
                }
                record.set_compliance(Csid::from_answer(&answer));
                self.step(record, DeviceEvent::ComplianceIssued { request_id: answer.request_id })
            }
            Err(error) => self.compliance_failed(record, error),
        }
    }

    fn compliance_failed(&mut self, record: &mut Record, error: CallError) -> Result<(), OnboardError> {
        if error.fault == Fault::Refused {
            let otp = error.has_code("Invalid-OTP") || error.has_code("Missing-OTP");
            let event = if otp { DeviceEvent::OtpRefused } else { DeviceEvent::RequestRefused };
            self.step(record, event)?;
            return Err(match record.device {
                Device::OtpRefused { answer_lost } => OnboardError::OtpRefused { answer_lost },
                _ if names_template(&error.messages) => {
                    OnboardError::WrongTemplate { environment: self.plan.environment }
                }
                _ => OnboardError::CsrRefused(error.messages),
            });
        }
        // Whatever the gateway itself turns away was not evaluated: the OTP is unused.
        let unused = matches!(error.fault, Fault::Offline(_) | Fault::Setup(_) | Fault::Throttled { .. });
        if unused {
            self.step(record, DeviceEvent::NotSent)?;
        }
        Err(network(&error))
    }

    async fn check(&mut self, record: &mut Record, step: Step) -> Result<(), OnboardError> {
        if record.pending().is_none() {
            let pending = self.make_sample(record, step)?;
            record.set_pending(pending);
            record.save(self.vault)?;
        }
        let csid = record.compliance.as_ref().ok_or_else(|| record.lacks("compliance certificate"))?;
        let pending = record.pending().ok_or_else(|| record.lacks("compliance document"))?;
        let (credentials, submission) = (csid.credentials(), pending.submission()?);
        let answer = self.authority.compliance_check(&credentials, &submission).await;
        self.judge(record, step, answer)
    }

    fn judge(&mut self, record: &mut Record, step: Step, answer: Answer) -> Result<(), OnboardError> {
        let findings = match answer.verdict {
            Verdict::Accepted(_) => {
                record.pending_answered();
                return self.step(record, DeviceEvent::CheckPassed);
            }
            Verdict::Rejected { messages }
            | Verdict::Protocol { messages }
            | Verdict::ClearanceOff { messages } => messages,
            Verdict::TooLarge => Vec::new(),
            Verdict::Setup(SetupFault::Credentials) => return self.lapsed(record),
            Verdict::Setup(fault) => return Err(passing(Trouble::Setup(fault), answer.error)),
            Verdict::Throttled { .. } => return Err(passing(Trouble::Throttled, answer.error)),
            Verdict::Unavailable | Verdict::Unknown => {
                return Err(passing(Trouble::Unavailable, answer.error));
            }
            Verdict::Lost => return Err(passing(Trouble::Lost, answer.error)),
            Verdict::Offline => return Err(passing(Trouble::Offline, answer.error)),
        };
        record.pending_answered();
        self.step(record, DeviceEvent::CheckRefused { findings: findings.clone() })?;
        Err(OnboardError::ChecksFailed { step: step.name(), findings })
    }

    fn make_sample(&mut self, record: &Record, step: Step) -> Result<Pending, OnboardError> {
        let csid = record.compliance.as_ref().ok_or_else(|| record.lacks("compliance certificate"))?;
        let signer = record.signer(self.keys)?;
        let key = signer.public_key_der();
        let now = (self.now)();
        let Plan { profile, seller, .. } = &self.plan;
        let certificate = fit(csid.token(), &key, profile, now)?;
        let issued = IssueMoment::from_unix(now).ok_or(OnboardError::Clock)?;
        let mut random = [0u8; 16];
        (self.random)(&mut random);
        let uuid = uuid::Builder::from_random_bytes(random).into_uuid();
        let why =
            |why: &dyn std::fmt::Display| OnboardError::Sample { step: step.name(), why: why.to_string() };
        let invoice = samples::document(step, seller, uuid, issued).map_err(|e| why(&e))?;
        let link = Link::after(record.head()?);
        let sealed = seal(&invoice, &link, &certificate, &signer)?;
        Ok(Pending::new(uuid, link.icv, sealed.hash, &sealed.xml))
    }

    /// May be asked again after a lost answer: the authority then issues a
    /// certificate anew and withdraws the one that never arrived.
    async fn ask_production(&mut self, record: &mut Record) -> Result<(), OnboardError> {
        let csid = record.compliance.as_ref().ok_or_else(|| record.lacks("compliance certificate"))?;
        let (credentials, request_id) = (csid.credentials(), csid.request_id.clone());
        let answer = match self.authority.production_csid(&credentials, &request_id).await {
            Ok(answer) => answer,
            Err(error) if error.fault == Fault::Setup(SetupFault::Credentials) => return self.lapsed(record),
            Err(error) if error.has_code("Missing-ComplianceSteps") => {
                return Err(OnboardError::MissingSteps(error.messages));
            }
            Err(error) if error.fault == Fault::Refused => {
                return Err(OnboardError::ProductionRefused(error.messages));
            }
            Err(error) => return Err(network(&error)),
        };
        let key = record.signer(self.keys)?.public_key_der();
        let Plan { environment, profile, .. } = &self.plan;
        let fits = fit(&answer.credentials.token, &key, profile, (self.now)());
        let certificate = fits.map_err(|unfit| match (unfit, environment) {
            (Unfit::OtherKey, Environment::Sandbox) => Unfit::SandboxCanned,
            (unfit, _) => unfit,
        })?;
        record.production = Some(Csid::from_answer(&answer));
        self.step(record, DeviceEvent::ProductionIssued { until: certificate.not_after() })
    }

    fn lapsed(&mut self, record: &mut Record) -> Result<(), OnboardError> {
        self.step(record, DeviceEvent::ComplianceLapsed)?;
        Err(OnboardError::ComplianceLapsed)
    }
}

/// The authority's words for a template of another environment (csr.md section 3.1).
fn names_template(messages: &[Message]) -> bool {
    let text = |m: &Message| m.message.to_ascii_lowercase();
    messages.iter().any(|m| text(m).contains("0x80094800") || text(m).contains("certificate template"))
}

fn network(error: &CallError) -> OnboardError {
    let detail = match &error.fault {
        Fault::Offline(detail) | Fault::Lost(detail) | Fault::Unreadable(detail) => detail.clone(),
        _ => error.http.map(|http| format!("HTTP {http}")).unwrap_or_default(),
    };
    // A refusal of its own has been dealt with where the call was made.
    OnboardError::Network { trouble: trouble(error).unwrap_or(Trouble::Unavailable), detail }
}

fn passing(trouble: Trouble, detail: Option<String>) -> OnboardError {
    OnboardError::Network { trouble, detail: detail.unwrap_or_default() }
}
