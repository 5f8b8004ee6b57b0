//! Corrections: the rejected document as it is named, and the order of the one
//! that replaces it. The seller is that of today's settings.

use super::advances;
use super::crediting::{counting, only, reference};
use super::dates::Today;
use super::issuing::{self, Policy};
use super::refusals::{finding, storage};
use crate::api::Refusal;
use crate::invoice::correction::{Changes, CorrectionDraft, Rejected, Remedy, apply};
use crate::invoice::{Draft, Finding, Subtype, price};
use crate::ledger::{Order, Original, ReportState, ReturnOf, Store, Stored};
use crate::text::StoredProblem;

/// The order of the document that replaces a rejected one.
pub(super) fn order(
    store: &mut Store,
    draft: CorrectionDraft,
    policy: Policy,
    today: &Today,
) -> Result<Order, Refusal> {
    let rejected = find(store, &draft.rejected)?;
    policy.covers(rejected.stored.kind.subtype).map_err(Refusal::Findings)?;
    match draft.remedy {
        Remedy::Changes(changes) => {
            today.check_originals(store, &changes.originals, "changes.")?;
            changed(store, rejected, &changes, policy)
        }
        Remedy::Sale(sale) => {
            today.check(store, &sale, "sale.")?;
            sold_anew(store, &rejected, *sale, policy)
        }
    }
}

/// The document that is named, if it may be replaced.
fn find(store: &mut Store, by: &Rejected) -> Result<Original, Refusal> {
    let (field, rejected) = match by {
        Rejected::Uuid(uuid) => {
            let known = store.by_uuid(uuid).map_err(storage)?;
            let rejected = known.map(|stored| store.original(stored.id)).transpose().map_err(storage)?;
            let field = "rejected.uuid";
            (field, rejected.flatten().ok_or_else(|| finding(field, StoredProblem::NotFound))?)
        }
        Rejected::Number(number) => {
            let known: Vec<Stored> = store.by_number(number.as_str()).map_err(storage)?;
            ("rejected.number", only(store, known, "rejected.number")?)
        }
    };
    let number = rejected.stored.number.clone();
    if let Some(id) = rejected.corrected_by {
        let by =
            store.document(id).map_err(storage)?.map_or(id.to_string(), |stored| stored.uuid.to_string());
        return Err(finding(field, StoredProblem::Corrected { number, by }));
    }
    if rejected.state != ReportState::Rejected {
        let state = rejected.state.name();
        return Err(finding(field, StoredProblem::NotRejected { number, state }));
    }
    Ok(rejected)
}

/// The same document with changes, and with the returns that it stood for.
fn changed(
    store: &mut Store,
    rejected: Original,
    changes: &Changes,
    policy: Policy,
) -> Result<Order, Refusal> {
    let (mut terms, priced) = apply(&rejected.invoice, changes).map_err(Refusal::Findings)?;
    let kind = rejected.stored.kind;
    let returns = match store.returned_by(rejected.stored.id).map_err(storage)? {
        None => None,
        Some(of) => {
            // The original may have been corrected since.
            let original = store.newest_version(of.original).map_err(storage)?;
            if let Some(stored) = store.document(original).map_err(storage)?
                && changes.originals.is_empty()
            {
                terms.billing_references = vec![reference(&stored)];
            }
            Some(ReturnOf { original, ..of })
        }
    };
    Ok(Order {
        kind,
        terms,
        priced,
        reference: rejected.stored.reference,
        idempotency: None,
        print: policy.prints(),
        returns,
        corrects: Some(rejected.stored.id),
    })
}

/// Another document in the place of one that nobody was handed.
fn sold_anew(store: &mut Store, rejected: &Original, sale: Draft, policy: Policy) -> Result<Order, Refusal> {
    if rejected.stored.kind.subtype == Subtype::Simplified {
        return Err(finding("sale", StoredProblem::SaleOnSimplified));
    }
    let priced = price(&sale).map_err(|found| Refusal::Findings(found.into_iter().map(below).collect()))?;
    advances::check(store, &sale, "sale.")?;
    counting(store, &sale.terms.billing_references, "sale.")?;
    let mut order = issuing::order(sale, priced, policy);
    order.reference = order.reference.or_else(|| rejected.stored.reference.clone());
    order.corrects = Some(rejected.stored.id);
    Ok(order)
}

fn below(finding: Finding) -> Finding {
    finding.below("sale.")
}
