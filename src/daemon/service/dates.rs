//! Dates of earlier documents that a request names: none of them is after today
//! (BR-KSA-04), which a request is not read against and the ledger would say of
//! the finished document only.

use super::Service;
use crate::api::Refusal;
use crate::invoice::{BillingReference, Draft, Finding, IssueMoment};
use crate::ledger::Store;
use crate::text::StoredProblem;

/// The calendar day in Riyadh at which a request came in, `YYYY-MM-DD`.
#[derive(Clone, Debug)]
pub(super) struct Today(Option<String>);

impl Service {
    /// Of the till's clock; nothing is after it if the clock is out of all bounds.
    pub(super) fn today(&self) -> Today {
        Today(IssueMoment::from_unix(self.clock.now()).map(IssueMoment::date))
    }
}

impl Today {
    /// Refuses originals and advances of a draft that are dated after today;
    /// `path` stands before the fields of the findings.
    pub(super) fn check(&self, store: &Store, draft: &Draft, path: &str) -> Result<(), Refusal> {
        let mut found = self.originals(&draft.terms.billing_references, path);
        let advances = draft.prepayments.iter().enumerate();
        found.extend(advances.filter_map(|(at, one)| {
            self.finding(Some(&one.reference.date), || format!("{path}prepayments[{at}].date"))
        }));
        refuse(store, found)
    }

    /// As [`Today::check`], for the originals of a correction.
    pub(super) fn check_originals(
        &self,
        store: &Store,
        named: &[BillingReference],
        path: &str,
    ) -> Result<(), Refusal> {
        refuse(store, self.originals(named, path))
    }

    /// As [`Today::check`], for the one original of another system.
    pub(super) fn check_external(&self, store: &Store, named: &[BillingReference]) -> Result<(), Refusal> {
        let field = || "original.external.date".to_owned();
        refuse(store, named.iter().filter_map(|one| self.finding(one.date.as_ref(), field)).collect())
    }

    fn originals(&self, named: &[BillingReference], path: &str) -> Vec<Finding> {
        let named = named.iter().enumerate();
        let found = |(at, one): (usize, &BillingReference)| {
            self.finding(one.date.as_ref(), || format!("{path}originals[{at}].date"))
        };
        named.filter_map(found).collect()
    }

    /// Both dates are written alike, so that their texts are in their order.
    fn finding(&self, date: Option<&String>, field: impl FnOnce() -> String) -> Option<Finding> {
        let (date, today) = (date?, self.0.as_ref()?);
        let problem = || StoredProblem::AfterToday { date: date.clone(), today: today.clone() };
        (date > today).then(|| Finding::at(field(), problem().into()))
    }
}

/// A clock that the ledger does not trust is its to refuse: the request may be right.
fn refuse(store: &Store, found: Vec<Finding>) -> Result<(), Refusal> {
    if found.is_empty() || store.ready().is_err() { Ok(()) } else { Err(Refusal::Findings(found)) }
}
