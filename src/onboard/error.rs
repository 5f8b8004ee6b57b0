//! What can stop an onboarding or a renewal, in words for people who know
//! nothing of certificates. The Arabic words are in `arabic.rs`, those about the
//! network in `trouble.rs`.

use thiserror::Error;

use super::certificate::Unfit;
use super::device::Forbidden;
use super::record::RecordError;
use super::trouble::{Trouble, trouble_text};
use super::words::NoStamp;
use crate::fatoora::{Environment, Message};
use crate::invoice::Finding;
use crate::keys::csr::CsrError;
use crate::keys::{KeyError, VaultError};
use crate::stamp::SealError;
use crate::text::Bilingual;

/// Why the till has no (new) identity yet.
#[derive(Debug, Error)]
pub enum OnboardError {
    #[error("the till's facts are not in order ({}). Correct them in the settings and run again", listed(.0))]
    Profile(Vec<Finding>),
    #[error("{}", otp_needed(*.answer_lost))]
    OtpNeeded { answer_lost: bool },
    #[error("{}", otp_refused(*.answer_lost))]
    OtpRefused { answer_lost: bool },
    #[error(
        "the authority at this address does not issue {environment} certificates: environment and address do not \
         belong together. Correct the environment in the settings, ask for an OTP in that environment's part of \
         the portal, and run again"
    )]
    WrongTemplate { environment: Environment },
    #[error(
        "the authority refused the certificate request{}. Correct what it names in the settings and run again; ask \
         for a new OTP if it does not take the old one any more",
        shown(.0)
    )]
    CsrRefused(Vec<Message>),
    #[error(
        "the authority refused compliance document {step}{}. Correct what it names in the settings (mostly the \
         seller's name, VAT number or address) and run again; no new OTP is needed",
        shown(findings)
    )]
    ChecksFailed { step: &'static str, findings: Vec<Message> },
    #[error(
        "the authority still misses compliance checks{}, although it accepted them. Wait a few minutes and run \
         again; no new OTP is needed",
        shown(.0)
    )]
    MissingSteps(Vec<Message>),
    #[error(
        "the authority refused the production certificate{}. Ask for a new OTP on the portal and run again; if it stays \
         so, tell the authority's support",
        shown(.0)
    )]
    ProductionRefused(Vec<Message>),
    #[error(
        "the authority no longer accepts this till's compliance certificate (expired, or withdrawn on the portal). \
         Ask for a new OTP on the portal and run again; the key stays"
    )]
    ComplianceLapsed,
    #[error("{}", trouble_text(trouble, detail))]
    Network { trouble: Trouble, detail: String },
    #[error(transparent)]
    Certificate(#[from] Unfit),
    #[error(
        "this till already has a {environment} identity for VAT number {vat}, under other facts. It is not replaced \
         by accident: put the old settings back, or, if this till is really to get another identity, run \
         `tilld onboard --replace TILLNAME`; the old identity is kept until its documents are sent"
    )]
    AlreadyActive { environment: Environment, vat: String },
    #[error(transparent)]
    Ended(#[from] NoStamp),
    #[error(
        "this till has no certificate yet, so there is nothing to renew. Ask for an OTP on the Fatoora portal and \
         run `tilld onboard`"
    )]
    NothingToRenew,
    #[error(
        "this till's certificate is for VAT number {vat} in the {environment} environment, the settings name others, \
         and a renewal keeps both. Put the old settings back, or, if this till is really to get another identity, \
         run `tilld onboard --replace TILLNAME`"
    )]
    RenewalElsewhere { environment: Environment, vat: String },
    #[error("{}", old_refused(*.expired, *.answer_lost))]
    OldRefused {
        /// By the till's clock; otherwise it was withdrawn.
        expired: bool,
        /// An earlier renewal was never answered; it may have been granted,
        /// and with it the old certificate withdrawn.
        answer_lost: bool,
    },
    #[error("the till's clock shows an impossible date. Set date and time and run again")]
    Clock,
    #[error("compliance document {step} could not be made: {why}. Check the seller's facts in the settings")]
    Sample { step: &'static str, why: String },
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Csr(#[from] CsrError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
}

impl From<VaultError> for OnboardError {
    fn from(error: VaultError) -> OnboardError {
        OnboardError::Record(RecordError::Vault(error))
    }
}

impl OnboardError {
    /// The whole message in both languages.
    pub fn words(&self) -> Bilingual {
        Bilingual::new(self.to_string(), self.arabic())
    }

    /// Whether the same call may simply be tried again later, by a machine, too.
    pub const fn is_passing(&self) -> bool {
        use Trouble::{Lost, Offline, Throttled, Unavailable};
        matches!(
            self,
            OnboardError::Network { trouble: Offline | Lost | Unavailable | Throttled, .. }
                | OnboardError::MissingSteps(_)
        )
    }
}

const fn otp_needed(answer_lost: bool) -> &'static str {
    if answer_lost {
        "the last request was cut off before its answer came, and its OTP may be used up. Ask for a new OTP on the \
         Fatoora portal and give it here"
    } else {
        "a one-time password is needed: six digits from the Fatoora portal, good for one hour and one till"
    }
}

const fn otp_refused(answer_lost: bool) -> &'static str {
    if answer_lost {
        "the authority refused the OTP: an earlier request was cut off before its answer came and has probably used \
         it up. Ask for a new OTP on the Fatoora portal and run again"
    } else {
        "the authority refused the OTP: it was used before, is older than one hour, or belongs to another VAT number \
         or environment. Check the VAT number in the settings, ask for a new OTP on the Fatoora portal, and run again"
    }
}

const fn old_refused(expired: bool, answer_lost: bool) -> &'static str {
    match (expired, answer_lost) {
        (true, _) => {
            "the authority does not renew this till's certificate, because it has expired. The OTP was not used. Run \
             `tilld onboard --replace TILLNAME` with it: the till gets a new certificate, and the old one is kept \
             until its documents are sent"
        }
        (false, true) => {
            "the authority no longer accepts this till's certificate: an earlier renewal was cut off before its \
             answer came, and has probably withdrawn it. The OTP was not used. Run \
             `tilld onboard --replace TILLNAME` with it: the till gets a new certificate, and the old one is kept \
             until its documents are sent"
        }
        (false, false) => {
            "the authority no longer accepts this till's certificate: it was revoked or suspended (on the portal, or \
             because the VAT registration ended), or it has expired and the till's clock is wrong. The OTP was not \
             used. Look at the certificate on the Fatoora portal; if it is really over, run \
             `tilld onboard --replace TILLNAME`: the till gets a new certificate, and the old one is kept"
        }
    }
}

fn listed(findings: &[Finding]) -> String {
    findings.iter().map(|f| format!("{}: {}", f.field, f.message.en)).collect::<Vec<_>>().join("; ")
}

/// The authority's own words, the first few of them.
pub(super) fn shown(messages: &[Message]) -> String {
    let texts: Vec<String> = messages
        .iter()
        .take(5)
        .map(|message| match (message.code.as_str(), message.message.as_str()) {
            ("", text) => text.to_owned(),
            (code, "") => code.to_owned(),
            (code, text) => format!("{code}: {text}"),
        })
        .collect();
    if texts.is_empty() { String::new() } else { format!(" [{}]", texts.join("; ")) }
}
