//! The edge between the flows and the network: what reporting and clearance
//! ask of the platform, so that tests can put another one in its place.

use std::future::Future;
use std::pin::Pin;

use super::client::{Answer, Client};
use super::credentials::Credentials;
use super::verdict::DocumentCall;
use super::wire::Submission;

/// An answer on its way. Dropping it abandons the call; what was sent may
/// still be processed.
pub type Pending<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

/// The platform as seen by the flows that send documents. Never fails: every
/// outcome, a broken line included, is an [`Answer`] with a verdict.
pub trait Authority: Send + Sync {
    fn report<'a>(&'a self, credentials: &'a Credentials, submission: &'a Submission) -> Pending<'a>;

    fn clear<'a>(&'a self, credentials: &'a Credentials, submission: &'a Submission) -> Pending<'a>;
}

impl Authority for Client {
    fn report<'a>(&'a self, credentials: &'a Credentials, submission: &'a Submission) -> Pending<'a> {
        Box::pin(self.document(DocumentCall::Reporting, credentials, submission))
    }

    fn clear<'a>(&'a self, credentials: &'a Credentials, submission: &'a Submission) -> Pending<'a> {
        Box::pin(self.document(DocumentCall::Clearance, credentials, submission))
    }
}
