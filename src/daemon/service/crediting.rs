//! Credit notes: the original as it is named, what is left of it, and the order
//! of the note. All of it runs in the step of the ledger's thread that takes the
//! number, so that two tills of one drawer cannot give back the same goods.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::dates::Today;
use super::issuing::{self, Policy};
use super::refusals::{finding, storage};
use crate::api::Refusal;
use crate::daemon::handover::Standing;
use crate::invoice::returns::{
    self, Balance, CreditDraft, CreditOf, Lookup, Past, TakenBack, refund, refund_external,
};
use crate::invoice::{BillingReference, DocumentType, Kind, Priced, Terms};
use crate::ledger::{
    DocumentId, Order, Original, QrLookupError, ReportState, ReturnOf, Returned, ReturnedLine, StorageError,
    Store, Stored,
};
use crate::text::{ReturnProblem, StoredProblem};

/// The order of a credit note.
pub(super) fn order(
    store: &mut Store,
    draft: CreditDraft,
    policy: Policy,
    today: &Today,
) -> Result<Order, Refusal> {
    match draft.of {
        CreditOf::External(sale) => {
            policy.covers(sale.kind.subtype).map_err(Refusal::Findings)?;
            today.check_external(store, &sale.terms.billing_references)?;
            foreign(store, &sale.terms.billing_references)?;
            let priced = refund_external(&sale).map_err(Refusal::Findings)?;
            Ok(issuing::order(*sale, priced, policy))
        }
        CreditOf::Kept { ref original, ref wanted } => {
            let original = find(store, original)?;
            policy.covers(original.invoice.header.kind.subtype).map_err(Refusal::Findings)?;
            let unfit = |problem: StoredProblem| finding("original", problem);
            let balance = balance(&original).map_err(unfit)?;
            let refund = refund(&balance, wanted, &draft.tenders).map_err(Refusal::Findings)?;
            check_currency(&original, &refund.priced)?;
            Ok(note(&original, draft, refund, policy))
        }
    }
}

/// Refuses a document of this till that is named as one of another system: what
/// is left of it would be lost sight of. One that cannot be taken back by line may.
fn foreign(store: &mut Store, references: &[BillingReference]) -> Result<(), Refusal> {
    for named in references {
        let Some(original) = kept(store, named)? else { continue };
        let number = original.stored.number.clone();
        if let Some(problem) = no_invoice(&original) {
            return Err(finding("original.external.number", problem));
        }
        if original.stored.kind.document != DocumentType::CreditNote && balance(&original).is_ok() {
            return Err(finding("original.external.number", StoredProblem::KeptHere { number }));
        }
    }
    Ok(())
}

/// Why nothing can be credited or debited of a document: the authority rejected
/// it, or it is a standard one that the authority has not taken yet.
pub(super) fn no_invoice(original: &Original) -> Option<StoredProblem> {
    let number = || original.stored.number.clone();
    match Standing::of(original.stored.kind.subtype, original.state) {
        _ if original.state == ReportState::Rejected => {
            Some(StoredProblem::OriginalRejected { number: number() })
        }
        Standing::Awaiting => Some(StoredProblem::OriginalNotCleared { number: number() }),
        Standing::Issued | Standing::ReportedInstead | Standing::Rejected => None,
    }
}

/// Refuses a debit note on a document of this till that is no invoice.
pub(super) fn counting(
    store: &mut Store,
    references: &[BillingReference],
    path: &str,
) -> Result<(), Refusal> {
    for (at, named) in references.iter().enumerate() {
        if let Some(original) = kept(store, named)?
            && let Some(problem) = no_invoice(&original)
        {
            return Err(finding(format!("{path}originals[{at}].number"), problem));
        }
    }
    Ok(())
}

/// The newest version of this till's document that has that number and, if one
/// is given, that date; an older system may have used the same numbers.
fn kept(store: &mut Store, named: &BillingReference) -> Result<Option<Original>, Refusal> {
    let known = store.by_number(&named.number).map_err(storage)?;
    let same = |stored: &Stored| named.date.as_ref().is_none_or(|date| *date == stored.issued.date());
    let Some(stored) = known.into_iter().find(same) else { return Ok(None) };
    let newest = store.newest_version(stored.id).map_err(storage)?;
    store.original(newest).map_err(storage)
}

/// What is left of a document after its earlier credit notes.
pub(super) fn balance(original: &Original) -> Result<Balance, StoredProblem> {
    let unfit = |why: String| StoredProblem::Unfit { number: original.stored.number.clone(), why };
    let of = returns::Original::from_priced(original.invoice.header.kind, &original.invoice.priced)
        .map_err(|error| unfit(error.to_string()))?;
    let past: Vec<Past> = original.returned.iter().map(past).collect();
    Balance::replay(of, &past).map_err(|error| unfit(error.to_string()))
}

fn past(note: &Returned) -> Past {
    let taken = |line: &ReturnedLine| TakenBack {
        line: line.original_line,
        quantity: line.quantity,
        refund: line.refund,
    };
    Past { vat: note.tax, returns: note.lines.iter().map(taken).collect() }
}

/// The document that is named, or the newest one that replaces it.
fn find(store: &mut Store, by: &Lookup) -> Result<Original, Refusal> {
    let field = format!("original.{}", key(by));
    let known = named(store, by)?;
    // A POS that gives a sale and its credit one reference means the sale.
    let (notes, sales): (Vec<Stored>, Vec<Stored>) =
        known.into_iter().partition(|stored| stored.kind.document == DocumentType::CreditNote);
    let known = if sales.is_empty() { notes } else { sales };
    let original = only(store, known, &field)?;
    if original.stored.kind.document == DocumentType::CreditNote {
        return Err(finding(field, ReturnProblem::OriginalIsCredit));
    }
    match no_invoice(&original) {
        Some(problem) => Err(finding(field, problem)),
        None => Ok(original),
    }
}

/// The key of the request that it was read from.
fn key(by: &Lookup) -> &'static str {
    match by {
        Lookup::Qr(_) => "qr",
        Lookup::Number(_) => "number",
        Lookup::Uuid(_) => "uuid",
        Lookup::Reference(_) => "reference",
    }
}

fn named(store: &mut Store, by: &Lookup) -> Result<Vec<Stored>, Refusal> {
    match by {
        Lookup::Qr(fields) => match store.by_qr(&STANDARD.encode(fields)) {
            Ok(found) => Ok(found.into_iter().collect()),
            Err(QrLookupError::Unreadable(_)) => Err(finding("original.qr", ReturnProblem::QrText)),
            Err(QrLookupError::Storage(error)) => Err(storage(error)),
        },
        Lookup::Number(number) => store.by_number(number.as_str()).map_err(storage),
        Lookup::Uuid(uuid) => Ok(store.by_uuid(uuid).map_err(storage)?.into_iter().collect()),
        Lookup::Reference(reference) => store.by_reference(reference).map_err(storage),
    }
}

/// The newest version of the one document that was meant; several are listed.
pub(super) fn only(store: &mut Store, known: Vec<Stored>, field: &str) -> Result<Original, Refusal> {
    let mut ids: Vec<DocumentId> = Vec::new();
    for stored in &known {
        let newest = store.newest_version(stored.id).map_err(storage)?;
        if !ids.contains(&newest) {
            ids.push(newest);
        }
    }
    match ids.as_slice() {
        [] => Err(finding(field, StoredProblem::NotFound)),
        [id] => {
            let lost = || storage(StorageError::NoDocument(*id));
            store.original(*id).map_err(storage)?.ok_or_else(lost)
        }
        several => {
            let documents = several.iter().map(|id| store.document(*id));
            let documents = documents.collect::<Result<Vec<_>, _>>().map_err(storage)?;
            let candidates = documents.into_iter().flatten().map(|stored| shown(&stored)).collect();
            Err(finding(field, StoredProblem::Several { candidates }))
        }
    }
}

fn shown(stored: &Stored) -> String {
    let (date, time) = (stored.issued.date(), stored.issued.time());
    format!("{} {date} {time} {}", stored.number, stored.uuid)
}

/// The VAT in the document's currency and in riyals must differ (BR-KSA-97).
fn check_currency(original: &Original, priced: &Priced) -> Result<(), Refusal> {
    let tax = priced.totals.tax;
    match original.invoice.header.terms.currency {
        Some(foreign) if !tax.is_zero() && foreign.in_riyals(tax) == tax => {
            let code = foreign.code;
            Err(finding("original", StoredProblem::NoteSameVat { tax, code }))
        }
        _ => Ok(()),
    }
}

fn note(original: &Original, draft: CreditDraft, refund: returns::Refund, policy: Policy) -> Order {
    let header = &original.invoice.header;
    let of = &header.terms;
    let kind = Kind { document: DocumentType::CreditNote, ..header.kind };
    Order {
        kind,
        terms: Terms {
            buyer: of.buyer.clone(),
            // Its period makes a summary one (BR-KSA-72).
            supply: of.supply.clone().filter(|_| kind.flags.summary),
            billing_references: vec![reference(&original.stored)],
            reason: Some(draft.reason.text()),
            note: draft.note,
            order_reference: of.order_reference.clone(),
            contract_reference: of.contract_reference.clone(),
            currency: of.currency,
        },
        priced: refund.priced,
        reference: draft.reference,
        idempotency: None,
        print: policy.prints(),
        returns: Some(ReturnOf { original: original.stored.id, lines: returned(&refund.taken) }),
        corrects: None,
    }
}

/// How a note names a document of this till.
pub(super) fn reference(stored: &Stored) -> BillingReference {
    BillingReference { number: stored.number.clone(), date: Some(stored.issued.date()) }
}

/// One for each line of the note, in their order.
fn returned(taken: &[TakenBack]) -> Vec<ReturnedLine> {
    let line = |(note_line, taken): (u32, &TakenBack)| ReturnedLine {
        note_line,
        original_line: taken.line,
        quantity: taken.quantity,
        refund: taken.refund,
    };
    (1..).zip(taken).map(line).collect()
}
