//! The register of units: credentials, compliance steps, what may be exchanged for what.

use std::collections::BTreeSet;

use super::SandboxError;
use super::authority::{Authority, CsidKind};
use super::certificate::CertificateFacts;
use super::csr::CheckedRequest;
use super::digest;
use super::judge::{Kind, Paper};
use super::settings::{Environment, SandboxConfig};

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

/// A CSID with its secret. No `Debug`: the token and the secret's digest stay here.
pub(super) struct Credential {
    pub(super) env: Environment,
    pub(super) kind: CsidKind,
    pub(super) request_id: u64,
    pub(super) certificate: CertificateFacts,
    token: String,
    secret_digest: [u8; 32],
    revoked: bool,
    steps: BTreeSet<Step>,
    /// The request that it answers; the production CSID is issued for the same one.
    request: CheckedRequest,
    /// Position of the production CSID that a renewal replaces.
    replaces: Option<usize>,
    /// Position of the production CSID issued for this compliance CSID.
    production: Option<usize>,
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
}

/// A CSID at the moment of its issue, for the answer.
pub(super) struct Issued {
    pub(super) request_id: u64,
    pub(super) token: String,
    pub(super) secret: String,
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
    ) -> Option<usize> {
        let secret = digest::sha256(secret.as_bytes());
        self.credentials.iter().position(|c| {
            let alive = !c.revoked && c.certificate.not_after > now;
            c.env == env && c.token == token && c.secret_digest == secret && alive
        })
    }

    pub(super) fn get(&self, at: usize) -> Option<&Credential> {
        self.credentials.get(at)
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

    /// Counts a compliance step as passed.
    pub(super) fn pass(&mut self, at: usize, step: Step) {
        if let Some(credential) = self.credentials.get_mut(at) {
            credential.steps.insert(step);
        }
    }

    /// Issues a compliance CSID; `replaces` is the production CSID that a renewal will replace.
    pub(super) fn issue_compliance(
        &mut self,
        env: Environment,
        request: CheckedRequest,
        replaces: Option<usize>,
        authority: &Authority,
        config: &SandboxConfig,
    ) -> Result<Issued, SandboxError> {
        let id = config.random_digits(13);
        let (credential, issued) = make(env, CsidKind::Compliance, id, request, authority, config)?;
        self.credentials.push(Credential { replaces, ..credential });
        Ok(issued)
    }

    /// Issues the production CSID for a compliance CSID. A second one for the same CSID revokes the first, and
    /// one at the end of a renewal revokes the replaced CSID if so configured.
    pub(super) fn issue_production(
        &mut self,
        compliance: usize,
        authority: &Authority,
        config: &SandboxConfig,
    ) -> Result<Issued, SandboxError> {
        let missing = || SandboxError::Authority("the compliance CSID is unknown".into());
        let from = self.credentials.get(compliance).ok_or_else(missing)?;
        let (env, id, request) = (from.env, from.request_id, from.request.clone());
        let outdated = [from.production, from.replaces.filter(|_| config.renewal_revokes_old)];
        let (credential, issued) = make(env, CsidKind::Production, id, request, authority, config)?;
        for old in outdated.into_iter().flatten() {
            if let Some(old) = self.credentials.get_mut(old) {
                old.revoked = true;
            }
        }
        let at = self.credentials.len();
        self.credentials.push(credential);
        if let Some(from) = self.credentials.get_mut(compliance) {
            from.production = Some(at);
        }
        Ok(issued)
    }

    /// Renewal at once: a production CSID without new compliance checks.
    pub(super) fn renew_directly(
        &mut self,
        old: usize,
        request: CheckedRequest,
        authority: &Authority,
        config: &SandboxConfig,
    ) -> Result<Issued, SandboxError> {
        let missing = || SandboxError::Authority("the production CSID is unknown".into());
        let env = self.credentials.get(old).ok_or_else(missing)?.env;
        let id = config.random_digits(13);
        let (credential, issued) = make(env, CsidKind::Production, id, request, authority, config)?;
        if let Some(old) = self.credentials.get_mut(old).filter(|_| config.renewal_revokes_old) {
            old.revoked = true;
        }
        self.credentials.push(credential);
        Ok(issued)
    }
}

fn make(
    env: Environment,
    kind: CsidKind,
    request_id: u64,
    request: CheckedRequest,
    authority: &Authority,
    config: &SandboxConfig,
) -> Result<(Credential, Issued), SandboxError> {
    let text = authority.issue_csid(kind, &request, config)?;
    let unreadable = || SandboxError::Authority("an issued certificate cannot be read back".into());
    let certificate = CertificateFacts::read(&text).ok_or_else(unreadable)?;
    let token = digest::base64(text.as_bytes());
    let secret = digest::base64(&config.random::<32>());
    let credential = Credential {
        env,
        kind,
        request_id,
        certificate,
        token: token.clone(),
        secret_digest: digest::sha256(secret.as_bytes()),
        revoked: false,
        steps: BTreeSet::new(),
        request,
        replaces: None,
        production: None,
    };
    Ok((credential, Issued { request_id, token, secret }))
}
