//! What is paid, and how.

use std::cmp::Ordering;

use crate::invoice::Finding;
use crate::invoice::document::{PaymentMeans, Totals};
use crate::invoice::draft::{Draft, Tender, TenderKind};
use crate::invoice::kind::Subtype;
use crate::money::Halalas;
use crate::text::{DocumentProblem, Problem};

/// Checks that the tenders pay the sum; only cash may exceed it. Gives the
/// change. An advance larger than the invoice leaves nothing to pay.
pub(super) fn settle(draft: &Draft, totals: &Totals) -> Result<Halalas, Vec<Finding>> {
    let (tenders, payable) = (&draft.tenders, totals.payable);
    let owed = totals.tax_inclusive - totals.prepaid;
    if overturns(totals.rounding, owed) {
        let problem = DocumentProblem::RoundingExceeds { rounding: totals.rounding, of: owed };
        return Err(vec![Finding::at("rounding", problem.into())]);
    }
    if payable < Halalas::ZERO && !tenders.is_empty() {
        let problem = DocumentProblem::TendersOnRefund { owed: Halalas::ZERO - payable };
        return Err(vec![Finding::at("tenders", problem.into())]);
    }
    if tenders.is_empty() {
        return Ok(Halalas::ZERO);
    }
    let (cash, other) = (sum(tenders, true), sum(tenders, false));
    if other > payable {
        return Err(vec![Finding::at("tenders", Problem::TendersExceed { paid: other, payable })]);
    }
    if cash + other < payable {
        return Err(vec![Finding::at("tenders", Problem::TendersFallShort { paid: cash + other, payable })]);
    }
    Ok(cash + other - payable)
}

/// Whether the rounding is no rounding of what is owed: of nothing it would make
/// a debt that no return could give back, and of a debt a claim or the other way round.
fn overturns(rounding: Halalas, owed: Halalas) -> bool {
    let rounded = owed + rounding;
    match owed.cmp(&Halalas::ZERO) {
        Ordering::Equal => !rounding.is_zero(),
        Ordering::Greater => rounded < Halalas::ZERO,
        Ordering::Less => rounded > Halalas::ZERO,
    }
}

fn sum(tenders: &[Tender], cash: bool) -> Halalas {
    tenders
        .iter()
        .filter(|tender| (tender.kind == TenderKind::Cash) == cash)
        .map(|tender| tender.amount)
        .sum()
}

/// One `PaymentMeans` per way of paying, in the order of the tenders. If the POS
/// did not say, a consumer paid cash; how a company will pay is not known, nor
/// how an advance will be given back.
pub(in crate::invoice) fn payment_means(
    subtype: Subtype,
    tenders: &[Tender],
    payable: Halalas,
) -> Vec<PaymentMeans> {
    let mut means: Vec<PaymentMeans> = Vec::new();
    for tender in tenders {
        if means.iter().all(|known| known.kind != tender.kind) {
            means.push(PaymentMeans { kind: tender.kind });
        }
    }
    if means.is_empty() {
        let consumer = subtype == Subtype::Simplified && payable >= Halalas::ZERO;
        means.push(PaymentMeans { kind: if consumer { TenderKind::Cash } else { TenderKind::Other } });
    }
    means
}
