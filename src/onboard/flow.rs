//! Onboarding, renewal and replacement: from wherever a bundle stands to an
//! active identity, one stored step after the other. Which bundle that is and
//! what becomes of one that was begun is decided here; the steps themselves are
//! in `steps.rs`.

use super::authority::CsidAuthority;
use super::bundles::promoted;
use super::certificate::Unfit;
use super::device::{Device, DeviceEvent};
use super::error::OnboardError;
use super::identity::{Identity, of};
use super::plan::Plan;
use super::record::{Place, Record, RecordError, Road};
use super::samples::Step;
use super::words::{News, StartedOver};
use crate::fatoora::Otp;
use crate::keys::{KeyStore, Title, Vault};

/// One onboarding, renewal or replacement of one till.
pub struct Onboarding<'a, A> {
    pub vault: &'a Vault,
    /// Where the key is made and opened.
    pub keys: &'a KeyStore,
    pub authority: &'a A,
    pub plan: Plan,
    /// Whether the authority refuses reports under the current credentials as
    /// well: only then does it take a refused renewal for a withdrawn certificate.
    pub refused_elsewhere: bool,
    /// Seconds since 1970, UTC.
    pub now: &'a (dyn Fn() -> i64 + Sync),
    pub random: &'a mut (dyn FnMut(&mut [u8]) + Send),
    /// Hears of every state as soon as it is stored, and of what began anew.
    pub progress: &'a mut (dyn FnMut(News<'_>) + Send),
}

impl<A: CsidAuthority> Onboarding<'_, A> {
    /// The first identity: goes on from the stored state until the till is
    /// active. The OTP is used at most once, and only if the state needs one
    /// ([`Device::needs_otp`]).
    ///
    /// An active till answers at once with its identity; an identity that ended
    /// is left to [`Onboarding::renew`] and [`Onboarding::replace`].
    ///
    /// # Errors
    /// Whatever stops it; the state is stored, and running again goes on from
    /// there.
    pub async fn run(mut self, otp: Option<&Otp>) -> Result<Identity, OnboardError> {
        let title = self.title()?;
        let _lock = self.vault.lock()?;
        promoted(self.vault)?;
        let mut record = self.open_first()?;
        self.drive(&mut record, title, otp).await
    }

    /// A successor by renewal (fatoora-api.md section 6): the authority is asked
    /// under the current credentials, and asks for compliance checks first or
    /// not. The current identity goes on stamping; when this answers, the
    /// successor is active in the vault and waits for [`super::promote`].
    ///
    /// # Errors
    /// As [`Onboarding::run`]. If the authority does not take credentials whose
    /// certificate has not expired, the current identity is stored as revoked.
    pub async fn renew(mut self, otp: Option<&Otp>) -> Result<Identity, OnboardError> {
        let title = self.title()?;
        let _lock = self.vault.lock()?;
        if let Some(identity) = self.finished()? {
            return Ok(identity);
        }
        let current = self.current()?.ok_or(OnboardError::NothingToRenew)?;
        let environment = current.environment()?;
        if environment != self.plan.environment || current.profile.vat != self.plan.profile.vat {
            return Err(OnboardError::RenewalElsewhere { environment, vat: current.profile.vat });
        }
        let mut record = self.open_successor(Road::Renewal)?;
        self.drive(&mut record, title, otp).await
    }

    /// A successor by onboarding anew, for an identity that is lost, revoked or
    /// expired, or for another environment or other facts. The current identity
    /// is kept and, if it can, goes on stamping; when this answers, the successor
    /// is active in the vault and waits for [`super::promote`]. Only to be called
    /// when the owner said so in so many words.
    ///
    /// A till that never had an identity gets its first one.
    ///
    /// # Errors
    /// As [`Onboarding::run`].
    pub async fn replace(mut self, otp: Option<&Otp>) -> Result<Identity, OnboardError> {
        let title = self.title()?;
        let _lock = self.vault.lock()?;
        if let Some(identity) = self.finished()? {
            return Ok(identity);
        }
        let mut record = match self.current()? {
            None => self.open_first()?,
            Some(_) => self.open_successor(Road::Onboarding)?,
        };
        self.drive(&mut record, title, otp).await
    }

    /// The till's facts are in order; what documents they are for.
    fn title(&self) -> Result<Title, OnboardError> {
        let findings = self.plan.check();
        let title = Title::parse(&self.plan.profile.title).filter(|_| findings.is_empty());
        title.ok_or(OnboardError::Profile(findings))
    }

    /// From the stored state of a bundle to an active identity.
    async fn drive(
        &mut self,
        record: &mut Record,
        title: Title,
        otp: Option<&Otp>,
    ) -> Result<Identity, OnboardError> {
        let steps = Step::all(title);
        let mut otp = otp;
        let mut steps_missed = false;
        loop {
            match record.device.clone() {
                Device::Blank => self.make_key(record)?,
                Device::KeyMade => self.make_request(record)?,
                Device::CsrMade { .. } | Device::OtpRefused { .. } => self.ask(record, otp.take()).await?,
                Device::Compliance { .. } | Device::ChecksFailed { .. } => {
                    self.step(record, DeviceEvent::ChecksBegin { of: steps.len() as u8 })?;
                }
                Device::Checking { done, of, .. } if done < of => {
                    let step = steps.get(usize::from(done)).copied();
                    let step = step.ok_or_else(|| record.lacks("compliance check of that number"))?;
                    self.check(record, step).await?;
                }
                Device::Checking { .. } => match self.ask_production(record).await {
                    Err(OnboardError::MissingSteps(_)) if !steps_missed => {
                        steps_missed = true;
                        self.step(record, DeviceEvent::StepsMissing)?;
                    }
                    outcome => outcome?,
                },
                Device::SandboxCanned => return Err(Unfit::SandboxCanned.into()),
                ended_or_active => {
                    ended_or_active.good((self.now)())?;
                    return Ok(of(record, self.keys)?);
                }
            }
        }
    }

    /// The identity that stamps, as of now; `None` while there is none.
    fn current(&self) -> Result<Option<Record>, OnboardError> {
        let current = Record::load(self.vault, Place::Device)?;
        let Some(mut current) = current.filter(|record| record.device.is_identity()) else { return Ok(None) };
        current.settle(self.vault, (self.now)())?;
        Ok(Some(current))
    }

    /// The successor that an earlier call brought to its end, if it is the one
    /// that is wanted now. Another one takes its place first, so that it is kept.
    fn finished(&self) -> Result<Option<Identity>, OnboardError> {
        let successor = Record::load(self.vault, Place::Successor)?;
        let Some(successor) = successor.filter(|record| record.device.is_identity()) else { return Ok(None) };
        if self.is_wanted(&successor)? && successor.device.good((self.now)()).is_ok() {
            return Ok(Some(of(&successor, self.keys)?));
        }
        promoted(self.vault)?;
        Ok(None)
    }

    fn is_wanted(&self, record: &Record) -> Result<bool, RecordError> {
        Ok(record.environment()? == self.plan.environment && record.profile == self.plan.profile)
    }

    /// The record of the first identity. One that is not active yet takes new
    /// facts, an active one does not.
    fn open_first(&mut self) -> Result<Record, OnboardError> {
        let Some(mut record) = Record::load(self.vault, Place::Device)? else {
            return Ok(self.blank(Place::Device, Road::Onboarding));
        };
        record.settle(self.vault, (self.now)())?;
        match record.device {
            Device::Active { .. } if !self.is_wanted(&record)? => {
                let environment = record.environment()?;
                Err(OnboardError::AlreadyActive { environment, vat: record.profile.vat })
            }
            Device::Active { .. } | Device::Expired { .. } | Device::Revoked => Ok(record),
            _ => self.adapted(record, Road::Onboarding),
        }
    }

    /// The record of a successor on that road, the one in the making if there
    /// is one.
    fn open_successor(&mut self, road: Road) -> Result<Record, OnboardError> {
        match Record::load(self.vault, Place::Successor)? {
            Some(record) => self.adapted(record, road),
            None => Ok(self.blank(Place::Successor, road)),
        }
    }

    fn blank(&self, place: Place, road: Road) -> Record {
        Record::blank(place, road, self.plan.environment, &self.plan.profile)
    }

    /// The record in the making, brought in line with plan and road: what hangs
    /// on anything else is forgotten, and that is told.
    fn adapted(&mut self, mut record: Record, road: Road) -> Result<Record, OnboardError> {
        let Plan { environment, profile, .. } = &self.plan;
        let (event, why) = if record.environment()? != *environment {
            (DeviceEvent::EnvironmentChanged, StartedOver::Environment)
        } else if record.road != road {
            (DeviceEvent::RoadChanged, StartedOver::Road)
        } else if record.profile != *profile {
            (DeviceEvent::ProfileChanged, StartedOver::Facts)
        } else {
            return Ok(record);
        };
        let begun = record.device != Device::Blank;
        if begun {
            record.apply(event)?;
        }
        record.start_over(road, *environment, profile, why == StartedOver::Facts);
        record.save(self.vault)?;
        if begun {
            (self.progress)(News::StartedOver(why));
        }
        Ok(record)
    }

    /// Changes the state, stores it and tells of it.
    pub(super) fn step(&mut self, record: &mut Record, event: DeviceEvent) -> Result<(), OnboardError> {
        record.apply(event)?;
        record.save(self.vault)?;
        (self.progress)(News::State(&record.device));
        Ok(())
    }
}
