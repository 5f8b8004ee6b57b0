//! What every new document has in common: the answer given before comes first,
//! the order is made and stored in one step of the ledger's thread, and the
//! printer and the report are woken.

use serde_json::Value;

use super::{Service, gone, refusal, sale};
use crate::api::{Caller, Idempotency, Refusal, Sold};
use crate::daemon::events::{EventDocument, EventKind};
use crate::invoice::{Draft, Finding, Priced, Subtype};
use crate::keys::Title;
use crate::ledger::{self, Order, Store};
use crate::report::Wake;
use crate::text::StoredProblem;

/// What the till's settings and its certificate say about new documents.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    print: bool,
    simplified: bool,
    standard: bool,
}

impl Service {
    /// As of now: the certificate may be another one at the next request.
    pub(super) fn policy(&self) -> Policy {
        let title = self.register.title();
        let covers = |wanted: Title| title.as_ref().is_none_or(|flags| wanted.is_within(flags));
        Policy {
            print: self.facts.print,
            simplified: covers(Title::Simplified),
            standard: covers(Title::Standard),
        }
    }

    /// Says why there is no identity to sell with, where that is known.
    fn explained(&self, refusal: Refusal) -> Refusal {
        match (refusal, self.register.not_ready(self.clock.now())) {
            (Refusal::NotOnboarded, Some(words)) => Refusal::NoStamp(words),
            (refusal, _) => refusal,
        }
    }
}

impl Policy {
    /// Whether the certificate covers documents of the subtype.
    pub(super) fn covers(self, subtype: Subtype) -> Result<(), Vec<Finding>> {
        let (covered, standard) = match subtype {
            Subtype::Simplified => (self.simplified, false),
            Subtype::Standard => (self.standard, true),
        };
        if covered {
            return Ok(());
        }
        Err(vec![Finding::at("subtype", StoredProblem::NotCovered { standard }.into())])
    }

    /// Whether a receipt comes out at once. A standard document is no invoice
    /// before the authority has cleared it, so that nothing is handed over.
    pub(super) fn prints(self, subtype: Subtype) -> bool {
        self.print && subtype == Subtype::Simplified
    }
}

/// The order of a sale that is priced.
pub(super) fn order(draft: Draft, priced: Priced, policy: Policy) -> Order {
    Order {
        print: policy.prints(draft.kind.subtype),
        kind: draft.kind,
        terms: draft.terms,
        priced,
        reference: draft.reference,
        idempotency: None,
        returns: None,
        corrects: None,
    }
}

impl Service {
    /// Stores what `make` orders, unless the same request was answered before.
    pub(super) async fn issue(
        &self,
        of: Idempotency,
        caller: Caller,
        make: impl FnOnce(&mut Store) -> Result<Order, Refusal> + Send + 'static,
    ) -> Result<Sold, Refusal> {
        let request = ledger::Idempotency { key: of.key, body_sha256: of.body_sha256 };
        let work = move |store: &mut Store| -> Result<Sold, Refusal> {
            // First of all: what was left of an original then may be gone now.
            let stored = match store.recall(&request).map_err(refusal)? {
                Some(earlier) => earlier,
                None => {
                    let order = make(store)?;
                    store.append(Order { idempotency: Some(request), ..order }).map_err(refusal)?
                }
            };
            Ok(Sold { sale: sale(store, &stored)?, replayed: stored.replayed })
        };
        let sold = self.ledger.run(work).await.map_err(gone)?.map_err(|refusal| self.explained(refusal))?;
        if !sold.replayed {
            let (number, icv) = (sold.sale.number.as_str(), sold.sale.icv.get());
            tracing::info!(number, icv, code = sold.sale.kind.document.code(), uid = caller.uid, "sold");
            let document = EventDocument { uuid: sold.sale.uuid, number: number.to_owned(), icv };
            self.events.publish(EventKind::DocumentStored, self.clock.now(), Some(document), Value::Null);
            self.doorbell.ring();
            self.wakes.ring(Wake::Sale);
        }
        Ok(sold)
    }
}
