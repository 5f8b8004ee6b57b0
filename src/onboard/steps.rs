//! The steps of a bundle in the making: key, request, the calls with an OTP,
//! the compliance checks, the production CSID. Each is stored before the
//! request that leaves it.

use super::authority::CsidAuthority;
use super::certificate::{Unfit, fit};
use super::device::{Device, DeviceEvent};
use super::error::OnboardError;
use super::flow::Onboarding;
use super::plan::Plan;
use super::record::{Csid, Pending, Place, Record, Road};
use super::samples::{self, Step};
use super::trouble::{Trouble, network};
use crate::chain::Link;
use crate::fatoora::{
    Answer, CallError, CsidAnswer, Environment, Fault, Level, Message, Otp, RenewalAnswer, SetupFault,
    Verdict,
};
use crate::invoice::IssueMoment;
use crate::keys::csr;
use crate::stamp::{Signer as _, StampCertificate, seal};

impl<A: CsidAuthority> Onboarding<'_, A> {
    pub(super) fn make_key(&mut self, record: &mut Record) -> Result<(), OnboardError> {
        record.set_key(&self.keys.generate(self.random)?);
        self.step(record, DeviceEvent::KeyMade)
    }

    pub(super) fn make_request(&mut self, record: &mut Record) -> Result<(), OnboardError> {
        let signer = record.signer(self.keys)?;
        record.csr = Some(csr::build(&self.plan.profile, self.plan.environment, &signer)?);
        self.step(record, DeviceEvent::CsrMade)
    }

    /// Sends the certificate request with the OTP, on the bundle's road.
    pub(super) async fn ask(&mut self, record: &mut Record, otp: Option<&Otp>) -> Result<(), OnboardError> {
        let Some(otp) = otp else {
            let lost = matches!(record.device, Device::CsrMade { unanswered: 1.. });
            return Err(OnboardError::OtpNeeded { answer_lost: lost });
        };
        let request = record.csr.clone().ok_or_else(|| record.lacks("certificate request"))?;
        if record.road == Road::Renewal {
            return self.ask_renewal(record, &request, otp).await;
        }
        self.step(record, DeviceEvent::OtpSent)?;
        match self.authority.compliance_csid(&request, otp).await {
            Ok(answer) => self.compliance_issued(record, answer),
            Err(error) => self.request_failed(record, error),
        }
    }

    /// `PATCH /production/csids` under the credentials of the current identity.
    async fn ask_renewal(
        &mut self,
        record: &mut Record,
        request: &str,
        otp: &Otp,
    ) -> Result<(), OnboardError> {
        let old = Record::load(self.vault, Place::Device)?.filter(|old| old.device.is_identity());
        let mut old = old.ok_or(OnboardError::NothingToRenew)?;
        let credentials = old.credentials()?;
        self.step(record, DeviceEvent::OtpSent)?;
        let answer = self.authority.renew(&credentials, request, otp).await;
        let taken = !matches!(&answer, Err(error) if error.fault != Fault::Refused);
        if taken && old.device == Device::Revoked {
            // Whoever judges the request has taken the credentials.
            old.apply(DeviceEvent::Valid { until: old.certificate()?.not_after() })?;
            old.save(self.vault)?;
        }
        match answer {
            Ok(RenewalAnswer::Issued(answer)) => self.renewed(record, answer),
            Ok(RenewalAnswer::ChecksFirst(answer)) => self.compliance_issued(record, answer),
            Err(error) if error.fault == Fault::Setup(SetupFault::Credentials) => {
                self.old_refused(record, old)
            }
            Err(error) => self.request_failed(record, error),
        }
    }

    /// The current credentials are not taken (any more). They stand before the
    /// OTP at the authority's door, so that the OTP is unused. One 401 may be a
    /// fault of the gateway; a second opinion makes it a withdrawn certificate.
    fn old_refused(&mut self, record: &mut Record, mut old: Record) -> Result<(), OnboardError> {
        let answer_lost = matches!(record.device, Device::CsrMade { unanswered: 2.. });
        self.step(record, DeviceEvent::NotSent)?;
        old.settle(self.vault, (self.now)())?;
        let expired = matches!(old.device, Device::Expired { .. });
        if self.refused_elsewhere && matches!(old.device, Device::Active { .. }) {
            old.apply(DeviceEvent::Revoked)?;
            old.save(self.vault)?;
        }
        Err(OnboardError::OldRefused { expired, answer_lost })
    }

    fn compliance_issued(&mut self, record: &mut Record, answer: CsidAnswer) -> Result<(), OnboardError> {
        if let Err(unfit) = self.fitting(record, &answer) {
            self.step(record, DeviceEvent::RequestRefused)?;
            return Err(unfit);
        }
        record.set_compliance(Csid::from_answer(&answer));
        self.step(record, DeviceEvent::ComplianceIssued { request_id: answer.request_id })
    }

    /// The certificate of an answer, if it is one for this bundle.
    fn fitting(&self, record: &Record, answer: &CsidAnswer) -> Result<StampCertificate, OnboardError> {
        let key = record.signer(self.keys)?.public_key_der();
        Ok(fit(&answer.credentials.token, &key, &self.plan.profile, (self.now)())?)
    }

    /// The request with the OTP brought no CSID.
    fn request_failed(&mut self, record: &mut Record, error: CallError) -> Result<(), OnboardError> {
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

    pub(super) async fn check(&mut self, record: &mut Record, step: Step) -> Result<(), OnboardError> {
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
        let passing = |trouble, detail: Option<String>| {
            Err(OnboardError::Network { trouble, detail: detail.unwrap_or_default() })
        };
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
            Verdict::Setup(fault) => return passing(Trouble::Setup(fault), answer.error),
            Verdict::Throttled { .. } => return passing(Trouble::Throttled, answer.error),
            Verdict::Unavailable | Verdict::Unknown => return passing(Trouble::Unavailable, answer.error),
            Verdict::Lost => return passing(Trouble::Lost, answer.error),
            Verdict::Offline => return passing(Trouble::Offline, answer.error),
        };
        let findings = what_is_wrong(findings);
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
    pub(super) async fn ask_production(&mut self, record: &mut Record) -> Result<(), OnboardError> {
        let csid = record.compliance.as_ref().ok_or_else(|| record.lacks("compliance certificate"))?;
        let (credentials, request_id) = (csid.credentials(), csid.request_id.clone());
        let answer = match self.authority.production_csid(&credentials, &request_id).await {
            Ok(answer) => answer,
            Err(error) if error.fault == Fault::Setup(SetupFault::Credentials) => return self.lapsed(record),
            Err(error) if error.has_code("Missing-ComplianceSteps") => {
                return Err(OnboardError::MissingSteps(error.messages));
            }
            Err(error) if error.fault == Fault::Refused => {
                // Nothing more comes of this compliance CSID.
                self.step(record, DeviceEvent::ComplianceLapsed)?;
                return Err(OnboardError::ProductionRefused(error.messages));
            }
            Err(error) => return Err(network(&error)),
        };
        match self.production_of(record, &answer)? {
            Some(until) => self.step(record, DeviceEvent::ProductionIssued { until }),
            None => self.canned(record),
        }
    }

    /// A renewal that was granted without checks.
    fn renewed(&mut self, record: &mut Record, answer: CsidAnswer) -> Result<(), OnboardError> {
        match self.production_of(record, &answer) {
            Ok(Some(until)) => self.step(record, DeviceEvent::Renewed { until }),
            Ok(None) => self.canned(record),
            Err(unfit) => {
                self.step(record, DeviceEvent::RequestRefused)?;
                Err(unfit)
            }
        }
    }

    /// Puts a fitting production CSID into the record, not stored yet, and gives
    /// the end of its validity; `None` for the sandbox's canned one.
    fn production_of(&self, record: &mut Record, answer: &CsidAnswer) -> Result<Option<i64>, OnboardError> {
        match self.fitting(record, answer) {
            Ok(certificate) => {
                record.production = Some(Csid::from_answer(answer));
                Ok(Some(certificate.not_after()))
            }
            Err(OnboardError::Certificate(Unfit::OtherKey))
                if self.plan.environment == Environment::Sandbox =>
            {
                Ok(None)
            }
            Err(unfit) => Err(unfit),
        }
    }

    fn canned(&mut self, record: &mut Record) -> Result<(), OnboardError> {
        self.step(record, DeviceEvent::CannedIssued)?;
        Err(Unfit::SandboxCanned.into())
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

/// Without what the authority found in order, unless it says nothing else.
fn what_is_wrong(mut findings: Vec<Message>) -> Vec<Message> {
    if findings.iter().any(|finding| finding.level != Level::Info) {
        findings.retain(|finding| finding.level != Level::Info);
    }
    findings
}
