//! What every new document has in common: the answer given before comes first,
//! the order is made and stored in one step of the ledger's thread, and the
//! printer and the report are woken.

use serde_json::Value;

use super::{Service, gone, refusal, sale};
use crate::api::{Caller, Idempotency, Refusal, Sold};
use crate::config::ClearanceOffline;
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

    /// Whether a receipt comes out by itself: at once, but of a standard document
    /// when the authority has taken it.
    pub(super) fn prints(self) -> bool {
        self.print
    }
}

/// The order of a sale that is priced.
pub(super) fn order(draft: Draft, priced: Priced, policy: Policy) -> Order {
    Order {
        print: policy.prints(),
        kind: draft.kind,
        terms: draft.terms,
        priced,
        reference: draft.reference,
        idempotency: None,
        returns: None,
        corrects: None,
    }
}

/// What one step of the ledger's thread came to.
enum Step {
    Sold(Box<Sold>),
    /// A standard document is wanted: whether it could be cleared comes first.
    AskFirst,
}

impl Service {
    /// Stores what `make` orders, unless the same request was answered before.
    /// Of a standard document the authority's answer is waited for.
    pub(super) async fn issue(
        &self,
        of: Idempotency,
        caller: Caller,
        make: impl Fn(&mut Store) -> Result<Order, Refusal> + Clone + Send + 'static,
    ) -> Result<Sold, Refusal> {
        // Before the document exists, so that nothing about it is missed.
        let heard = self.events.subscribe();
        let request = ledger::Idempotency { key: of.key, body_sha256: of.body_sha256 };
        let ask_first = self.facts.clearance_offline == ClearanceOffline::Refuse;
        let mut step = self.step(request.clone(), ask_first, make.clone()).await?;
        if matches!(step, Step::AskFirst) {
            self.clearable().await?;
            step = self.step(request, false, make).await?;
        }
        let Step::Sold(sold) = step else {
            return Err(Refusal::Fault("a sale was asked about twice".to_owned()));
        };
        if !sold.replayed {
            self.announce(&sold, caller);
        }
        self.cleared(*sold, heard).await
    }

    /// On the ledger's thread: the earlier answer, or a new document.
    async fn step(
        &self,
        request: ledger::Idempotency,
        ask_first: bool,
        make: impl Fn(&mut Store) -> Result<Order, Refusal> + Send + 'static,
    ) -> Result<Step, Refusal> {
        let work = move |store: &mut Store| -> Result<Step, Refusal> {
            // First of all: what was left of an original then may be gone now.
            let stored = match store.recall(&request).map_err(refusal)? {
                Some(earlier) => earlier,
                None => {
                    let order = make(store)?;
                    if ask_first && order.kind.subtype == Subtype::Standard {
                        // What is wrong with the request itself is said first.
                        store.rehearse(order).map_err(refusal)?;
                        return Ok(Step::AskFirst);
                    }
                    store.append(Order { idempotency: Some(request), ..order }).map_err(refusal)?
                }
            };
            Ok(Step::Sold(Box::new(Sold { sale: sale(store, &stored)?, replayed: stored.replayed })))
        };
        self.ledger.run(work).await.map_err(gone)?.map_err(|refusal| self.explained(refusal))
    }

    /// A new document is told, and who works on it is woken.
    fn announce(&self, sold: &Sold, caller: Caller) {
        let sale = &sold.sale;
        let (number, icv) = (sale.number.as_str(), sale.icv.get());
        tracing::info!(number, icv, code = sale.kind.document.code(), uid = caller.uid, "sold");
        let document = EventDocument { uuid: sale.uuid, number: number.to_owned(), icv };
        self.events.publish(EventKind::DocumentStored, self.clock.now(), Some(document), Value::Null);
        self.doorbell.ring();
        self.wakes.ring(Wake::Sale);
    }
}
