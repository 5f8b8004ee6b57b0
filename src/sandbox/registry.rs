//! The register of units: credentials, compliance steps, what may be exchanged for what.

use std::collections::BTreeSet;

use serde::Serialize;

use super::authority::{Authority, CsidKind};
use super::certificate::CertificateFacts;
use super::config::Instruments;
use super::csr::CheckedRequest;
use super::digest;
use super::environment::Environment;
use super::judge::{Kind, Paper};
use super::settings::Settings;

/// A compliance check that a unit must pass (fatoora-api.md section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Standard,
    StandardCredit,
    StandardDebit,
    Simplified,
    SimplifiedCredit,
    SimplifiedDebit,
}

impl Step {
    /// The word in `Missing-ComplianceSteps`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Step::Standard => "standard-compliant",
            Step::StandardCredit => "standard-credit-note-compliant",
            Step::StandardDebit => "standard-debit-note-compliant",
            Step::Simplified => "simplified-compliant",
            Step::SimplifiedCredit => "simplified-credit-note-compliant",
            Step::SimplifiedDebit => "simplified-debit-note-compliant",
        }
    }

    /// The step that a document proves; prepayment invoices prove none.
    pub(super) fn proven_by(paper: &Paper) -> Option<Step> {
        match (paper.kind?, paper.type_code.as_str()) {
            (Kind::Standard, "388") => Some(Step::Standard),
            (Kind::Standard, "381") => Some(Step::StandardCredit),
            (Kind::Standard, "383") => Some(Step::StandardDebit),
            (Kind::Simplified, "388") => Some(Step::Simplified),
            (Kind::Simplified, "381") => Some(Step::SimplifiedCredit),
            (Kind::Simplified, "383") => Some(Step::SimplifiedDebit),
            _ => None,
        }
    }

    /// The steps that a title `TSCZ` asks for.
    fn required(title: &str) -> Vec<Step> {
        let flag = |at: usize| title.as_bytes().get(at) == Some(&b'1');
        let mut steps = Vec::new();
        if flag(0) {
            steps.extend([Step::Standard, Step::StandardCredit, Step::StandardDebit]);
        }
        if flag(1) {
            steps.extend([Step::Simplified, Step::SimplifiedCredit, Step::SimplifiedDebit]);
        }
        steps
    }
}

/// Why credentials are not accepted. The answer is 401 for all; the book tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stranger {
    Unknown,
    OtherEnvironment,
    Revoked,
    Expired,
}

impl Stranger {
    /// The words in the book.
    pub(super) fn words(self) -> &'static str {
        match self {
            Stranger::Unknown => "the credentials are unknown",
            Stranger::OtherEnvironment => "the CSID is of another environment",
            Stranger::Revoked => "the CSID is revoked",
            Stranger::Expired => "the CSID has expired",
        }
    }
}

/// A CSID with its secret. No `Debug`: the token and the secret's digest stay here.
pub(super) struct Credential {
    pub(super) env: Environment,
    pub(super) kind: CsidKind,
    pub(super) request_id: u64,
    pub(super) certificate: CertificateFacts,
    pub(super) token: String,
    pub(super) secret_digest: [u8; 32],
    /// From this moment (Unix seconds) it is revoked.
    pub(super) revoked: Option<i64>,
    pub(super) steps: BTreeSet<Step>,
    /// The request that it answers; the production CSID is issued for the same one.
    pub(super) request: CheckedRequest,
    /// Position of the production CSID that a renewal replaces.
    pub(super) replaces: Option<usize>,
    /// Position of the production CSID issued for this compliance CSID.
    pub(super) production: Option<usize>,
}

impl Credential {
    /// How listings name a CSID: the certificate's serial number.
    pub(super) fn csid(&self) -> &str {
        &self.certificate.serial
    }

    /// Required steps that have not been passed.
    pub(super) fn missing_steps(&self) -> Vec<Step> {
        let required = Step::required(&self.certificate.title);
        required.into_iter().filter(|step| !self.steps.contains(step)).collect()
    }

    fn standing(&self, now: i64) -> Standing {
        if self.revoked.is_some_and(|from| from <= now) {
            Standing::Revoked
        } else if self.certificate.not_after <= now {
            Standing::Expired
        } else {
            Standing::Live
        }
    }

    /// Revokes it from a moment on; an earlier revocation stays.
    fn revoke(&mut self, from: i64) {
        self.revoked = Some(self.revoked.map_or(from, |known| known.min(from)));
    }
}

/// Whether a CSID is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It is.
    Live,
    /// It is withdrawn.
    Revoked,
    /// Its validity is over.
    Expired,
}

/// A CSID as listings show it; neither token nor secret is in it.
#[derive(Clone, Debug, Serialize)]
pub struct CsidEntry {
    /// Where it was issued.
    pub environment: Environment,
    /// Which of the two kinds.
    pub kind: CsidKind,
    /// Serial number of the certificate, decimal.
    pub csid: String,
    /// `requestID` of its answer.
    pub request_id: u64,
    /// VAT number.
    pub vat: String,
    /// The unit's serial number `1-..|2-..|3-..`.
    pub unit: String,
    /// Document kinds `TSCZ`.
    pub title: String,
    /// Beginning of validity, Unix seconds.
    pub not_before: i64,
    /// End of validity, Unix seconds.
    pub not_after: i64,
    /// From when it is revoked, Unix seconds; may lie ahead.
    pub revoked_from: Option<i64>,
    /// Whether it is accepted now.
    pub standing: Standing,
    /// The CSID that it renews.
    pub replaces: Option<String>,
    /// Compliance checks that are missing; empty for production CSIDs.
    pub missing_steps: Vec<&'static str>,
}

/// A CSID at the moment of its issue, for the answer.
pub(super) struct Issued {
    pub(super) request_id: u64,
    pub(super) token: String,
    pub(super) secret: String,
}

/// What issuing needs besides the register.
#[derive(Clone, Copy)]
pub(super) struct Press<'a> {
    pub(super) authority: &'a Authority,
    pub(super) settings: &'a Settings,
    pub(super) instruments: &'a Instruments,
}

/// All credentials ever issued.
#[derive(Default)]
pub(super) struct Registry {
    credentials: Vec<Credential>,
}

impl Registry {
    /// The credential behind a Basic user and password, if it is good now.
    pub(super) fn authenticate(
        &self,
        env: Environment,
        token: &str,
        secret: &str,
        now: i64,
    ) -> Result<usize, Stranger> {
        let secret = digest::sha256(secret.as_bytes());
        let known = |c: &Credential| c.token == token && c.secret_digest == secret;
        let found = self.credentials.iter().enumerate().find(|(_, c)| known(c));
        let (at, credential) = found.ok_or(Stranger::Unknown)?;
        match credential.standing(now) {
            _ if credential.env != env => Err(Stranger::OtherEnvironment),
            Standing::Revoked => Err(Stranger::Revoked),
            Standing::Expired => Err(Stranger::Expired),
            Standing::Live => Ok(at),
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<&Credential> {
        self.credentials.get(at)
    }

    /// Every CSID in the order of issue.
    pub(super) fn list(&self, now: i64) -> Vec<CsidEntry> {
        let missing = |c: &Credential| match c.kind {
            CsidKind::Compliance => c.missing_steps().into_iter().map(Step::name).collect(),
            CsidKind::Production => Vec::new(),
        };
        let entry = |c: &Credential| CsidEntry {
            environment: c.env,
            kind: c.kind,
            csid: c.csid().to_owned(),
            request_id: c.request_id,
            vat: c.certificate.uid.clone(),
            unit: c.certificate.unit.clone(),
            title: c.certificate.title.clone(),
            not_before: c.certificate.not_before,
            not_after: c.certificate.not_after,
            revoked_from: c.revoked,
            standing: c.standing(now),
            replaces: c.replaces.and_then(|at| self.get(at)).map(|old| old.csid().to_owned()),
            missing_steps: missing(c),
        };
        self.credentials.iter().map(entry).collect()
    }

    /// Revokes the CSIDs that fit from `from` on, or takes that back; gives their serial numbers.
    pub(super) fn revoke(&mut self, from: Option<i64>, fits: impl Fn(&Credential) -> bool) -> Vec<String> {
        let mut done = Vec::new();
        for credential in self.credentials.iter_mut().filter(|credential| fits(credential)) {
            match from {
                Some(from) => credential.revoke(from),
                None => credential.revoked = None,
            }
            done.push(credential.csid().to_owned());
        }
        done
    }

    /// Revokes one CSID at once.
    pub(super) fn revoke_at(&mut self, at: usize, now: i64) {
        if let Some(credential) = self.credentials.get_mut(at) {
            credential.revoke(now);
        }
    }

    /// Certificates of the same unit (VAT number and unit serial) besides this one.
    pub(super) fn siblings(&self, at: usize) -> Vec<CertificateFacts> {
        let Some(own) = self.credentials.get(at) else { return Vec::new() };
        let same = |c: &&Credential| {
            c.env == own.env
                && c.kind == own.kind
                && c.certificate.uid == own.certificate.uid
                && c.certificate.unit == own.certificate.unit
                && c.certificate.text != own.certificate.text
        };
        self.credentials.iter().filter(same).map(|c| c.certificate.clone()).collect()
    }

    /// The CSID whose certificate has this text.
    pub(super) fn csid_of_certificate(&self, text: &str) -> Option<&str> {
        self.credentials.iter().find(|c| c.certificate.text == text).map(Credential::csid)
    }

    /// Enters a credential; gives its position.
    pub(super) fn put(&mut self, credential: Credential) -> usize {
        self.credentials.push(credential);
        self.credentials.len() - 1
    }

    /// Notes the production CSID of a compliance CSID.
    pub(super) fn set_production(&mut self, compliance: usize, production: usize) {
        if let Some(credential) = self.credentials.get_mut(compliance) {
            credential.production = Some(production);
        }
    }

    /// Counts a compliance step as passed.
    pub(super) fn pass(&mut self, at: usize, step: Step) {
        if let Some(credential) = self.credentials.get_mut(at) {
            credential.steps.insert(step);
        }
    }
}
