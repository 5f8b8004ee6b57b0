//! The edge between onboarding and the network: the four calls that it makes,
//! so that tests can put another authority in the platform's place.

use std::future::Future;

use crate::fatoora::{Answer, CallError, Client, Credentials, CsidAnswer, Otp, RenewalAnswer, Submission};

/// The authority as onboarding sees it. Dropping a future abandons the call;
/// what was sent may still be processed.
pub trait CsidAuthority: Sync {
    /// `POST /compliance`: a compliance CSID for a request and an OTP.
    fn compliance_csid(
        &self,
        csr_pem: &str,
        otp: &Otp,
    ) -> impl Future<Output = Result<CsidAnswer, CallError>> + Send;

    /// `POST /compliance/invoices`: one compliance check.
    fn compliance_check(
        &self,
        credentials: &Credentials,
        submission: &Submission,
    ) -> impl Future<Output = Answer> + Send;

    /// `POST /production/csids`: the production CSID, once the checks are done.
    fn production_csid(
        &self,
        credentials: &Credentials,
        request_id: &str,
    ) -> impl Future<Output = Result<CsidAnswer, CallError>> + Send;

    /// `PATCH /production/csids`: a renewal under the credentials of the
    /// production CSID that is still in use, with an OTP.
    fn renew(
        &self,
        credentials: &Credentials,
        csr_pem: &str,
        otp: &Otp,
    ) -> impl Future<Output = Result<RenewalAnswer, CallError>> + Send;
}

impl CsidAuthority for Client {
    async fn compliance_csid(&self, csr_pem: &str, otp: &Otp) -> Result<CsidAnswer, CallError> {
        Client::compliance_csid(self, csr_pem, otp).await
    }

    async fn compliance_check(&self, credentials: &Credentials, submission: &Submission) -> Answer {
        Client::compliance_check(self, credentials, submission).await
    }

    async fn production_csid(
        &self,
        credentials: &Credentials,
        request_id: &str,
    ) -> Result<CsidAnswer, CallError> {
        Client::production_csid(self, credentials, request_id).await
    }

    async fn renew(
        &self,
        credentials: &Credentials,
        csr_pem: &str,
        otp: &Otp,
    ) -> Result<RenewalAnswer, CallError> {
        Client::renew(self, credentials, csr_pem, otp).await
    }
}
