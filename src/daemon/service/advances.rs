//! Advances that an invoice uses up, if this till invoiced them: they exist, are
//! advances, were not rejected, and have as much left. Uses by earlier invoices
//! are not known here: the ledger keeps no account of them.

use super::crediting::balance;
use super::refusals::storage;
use crate::api::Refusal;
use crate::daemon::handover::Standing;
use crate::invoice::{Category, DocumentType, Draft, Finding, Prepayment};
use crate::ledger::{Original, ReportState, StorageError, Store};
use crate::money::{Halalas, Rate};
use crate::text::StoredProblem;

/// What of one advance the draft uses so far.
struct Use {
    advance: Original,
    total: Halalas,
    groups: Vec<((Category, Rate), Halalas)>,
}

/// Refuses a draft that uses an advance of this till which it may not; `path`
/// stands before the fields of the findings.
pub(super) fn check(store: &mut Store, draft: &Draft, path: &str) -> Result<(), Refusal> {
    let (mut found, mut uses) = (Vec::new(), Vec::new());
    for (at, prepayment) in draft.prepayments.iter().enumerate() {
        // Other tills' and older systems' advances are taken as they are named.
        let Some(advance) = named(store, prepayment).map_err(storage)? else { continue };
        let problem = unfit(&advance, prepayment).map(|problem| ("", problem)).or_else(|| {
            let comparable = advance.stored.currency.as_deref() == draft.terms.currency.map(|one| one.code);
            let problem = comparable.then(|| overdrawn(&mut uses, advance, prepayment)).flatten();
            problem.map(|problem| (".amount", problem))
        });
        found.extend(
            problem.map(|(field, problem)| {
                Finding::at(format!("{path}prepayments[{at}]{field}"), problem.into())
            }),
        );
    }
    if found.is_empty() { Ok(()) } else { Err(Refusal::Findings(found)) }
}

/// The document of this till that is named, the newest of its number.
fn named(store: &mut Store, prepayment: &Prepayment) -> Result<Option<Original>, StorageError> {
    let reference = &prepayment.reference;
    let known = match &reference.uuid {
        Some(uuid) => store.by_uuid(uuid)?,
        None => store.by_number(&reference.number)?.pop(),
    };
    known.map_or(Ok(None), |stored| store.original(stored.id))
}

fn unfit(advance: &Original, prepayment: &Prepayment) -> Option<StoredProblem> {
    let (stored, reference) = (&advance.stored, &prepayment.reference);
    let number = || stored.number.clone();
    let (date, time) = (stored.issued.date(), stored.issued.time());
    if stored.kind.document != DocumentType::Prepayment {
        Some(StoredProblem::NoAdvance { number: number() })
    } else if Standing::of(stored.kind.subtype, advance.state) == Standing::Awaiting {
        Some(StoredProblem::OriginalNotCleared { number: number() })
    } else if advance.state == ReportState::Rejected {
        Some(StoredProblem::AdvanceRejected { number: number() })
    } else if (&reference.number, &reference.date, &reference.time) != (&stored.number, &date, &time) {
        Some(StoredProblem::AdvanceDiffers { number: number(), date, time })
    } else {
        None
    }
}

/// Adds to what the draft uses of the advance; says if that is too much, in all
/// or of one VAT category and rate.
fn overdrawn(uses: &mut Vec<Use>, advance: Original, prepayment: &Prepayment) -> Option<StoredProblem> {
    let left = match balance(&advance) {
        Ok(balance) => balance.gross_left(),
        Err(problem) => return Some(problem),
    };
    let at = uses.iter().position(|known| known.advance.stored.id == advance.stored.id);
    let at = at.unwrap_or_else(|| {
        uses.push(Use { advance, total: Halalas::ZERO, groups: Vec::new() });
        uses.len() - 1
    });
    let used = uses.get_mut(at)?;
    let (group, amount) = (prepayment.vat.group(), prepayment.amount);
    used.total = used.total + amount;
    let of_group = match used.groups.iter_mut().find(|(known, _)| *known == group) {
        Some((_, sum)) => {
            *sum = *sum + amount;
            *sum
        }
        None => {
            used.groups.push((group, amount));
            amount
        }
    };
    let groups = &used.advance.invoice.priced.groups;
    let invoiced = groups.iter().find(|one| one.vat.group() == group);
    let invoiced = invoiced.map_or(Halalas::ZERO, |one| one.taxable + one.tax);
    let number = used.advance.stored.number.clone();
    if of_group > invoiced {
        return Some(StoredProblem::AdvanceTooMuch { number, asked: of_group, left: invoiced.min(left) });
    }
    (used.total > left).then_some(StoredProblem::AdvanceTooMuch { number, asked: used.total, left })
}
