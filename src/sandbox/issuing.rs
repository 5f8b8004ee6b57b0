//! Issuing CSIDs: what each one makes void, so that a lost answer leaves no second identity behind.

use std::collections::BTreeSet;

use super::SandboxError;
use super::authority::CsidKind;
use super::certificate::CertificateFacts;
use super::csr::CheckedRequest;
use super::digest;
use super::environment::Environment;
use super::registry::{Credential, Issued, Press, Registry};

impl Registry {
    /// Issues a compliance CSID; `replaces` is the production CSID that a renewal will replace.
    pub(super) fn issue_compliance(
        &mut self,
        env: Environment,
        request: CheckedRequest,
        replaces: Option<usize>,
        press: &Press<'_>,
    ) -> Result<Issued, SandboxError> {
        let id = press.instruments.random_digits(13);
        let (credential, issued) = make(env, CsidKind::Compliance, id, request, press)?;
        self.put(Credential { replaces, ..credential });
        Ok(issued)
    }

    /// Issues the production CSID for a compliance CSID. A second one for the same CSID revokes the first, and
    /// one at the end of a renewal makes void what that renewal replaces.
    pub(super) fn issue_production(
        &mut self,
        compliance: usize,
        press: &Press<'_>,
    ) -> Result<Issued, SandboxError> {
        let missing = || SandboxError::Authority("the compliance CSID is unknown".into());
        let from = self.get(compliance).ok_or_else(missing)?;
        let (env, id, request) = (from.env, from.request_id, from.request.clone());
        let (earlier, replaces) = (from.production, from.replaces);
        let (credential, issued) = make(env, CsidKind::Production, id, request, press)?;
        if let Some(earlier) = earlier {
            self.revoke_at(earlier, press.instruments.now());
        }
        self.outdate(replaces, press);
        let at = self.put(Credential { replaces, ..credential });
        self.set_production(compliance, at);
        Ok(issued)
    }

    /// Renewal at once: a production CSID without new compliance checks.
    pub(super) fn renew_directly(
        &mut self,
        old: usize,
        request: CheckedRequest,
        press: &Press<'_>,
    ) -> Result<Issued, SandboxError> {
        let missing = || SandboxError::Authority("the production CSID is unknown".into());
        let env = self.get(old).ok_or_else(missing)?.env;
        let id = press.instruments.random_digits(13);
        let (credential, issued) = make(env, CsidKind::Production, id, request, press)?;
        self.outdate(Some(old), press);
        self.put(Credential { replaces: Some(old), ..credential });
        Ok(issued)
    }

    /// Makes void what a renewal of `old` replaces: earlier renewals of it, whose answers were lost, at once,
    /// and the old CSID itself after its grace, if the settings say so.
    fn outdate(&mut self, old: Option<usize>, press: &Press<'_>) {
        let Some(old) = old else { return };
        let now = press.instruments.now();
        self.revoke(Some(now), |c| c.kind == CsidKind::Production && c.replaces == Some(old));
        if press.settings.renewal_revokes_old {
            self.revoke_at(old, now.saturating_add(press.settings.renewal_grace));
        }
    }
}

fn make(
    env: Environment,
    kind: CsidKind,
    request_id: u64,
    request: CheckedRequest,
    press: &Press<'_>,
) -> Result<(Credential, Issued), SandboxError> {
    let Press { authority, settings, instruments } = press;
    let canned =
        settings.canned_production && kind == CsidKind::Production && env == Environment::DeveloperPortal;
    let text = match kind {
        _ if canned => authority.canned.clone(),
        CsidKind::Compliance => {
            authority.issue_csid(kind, &request, settings.compliance_lifetime, instruments)?
        }
        CsidKind::Production => {
            authority.issue_csid(kind, &request, settings.production_lifetime, instruments)?
        }
    };
    let unreadable = || SandboxError::Authority("an issued certificate cannot be read back".into());
    let certificate = CertificateFacts::read(&text).ok_or_else(unreadable)?;
    let token = digest::base64(text.as_bytes());
    let secret = digest::base64(&instruments.random::<32>());
    let credential = Credential {
        env,
        kind,
        request_id,
        certificate,
        token: token.clone(),
        secret_digest: digest::sha256(secret.as_bytes()),
        revoked: None,
        steps: BTreeSet::new(),
        request,
        replaces: None,
        production: None,
    };
    Ok((credential, Issued { request_id, token, secret }))
}
