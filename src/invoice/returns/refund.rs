//! From what is wanted back to the lines and sums of a credit note.

use super::balance::{Balance, TakenBack};
use super::note;
use super::wanted::{self, Wanted};
use crate::invoice::pricing::payment_means;
use crate::invoice::{DocumentType, Draft, Finding, Priced, Tender, price};
use crate::money::Halalas;
use crate::text::ReturnProblem;

/// A credit note's lines and sums, and what it takes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// What the note says.
    pub priced: Priced,
    /// One for each of its lines, in their order: what the ledger keeps for
    /// the next return.
    pub taken: Vec<TakenBack>,
}

/// Works out a credit note. Without tenders it states how it is refunded as a
/// sale states how it was paid: cash to a consumer, not defined to a company.
///
/// Fails with every finding: more than is left, no such line, tenders that do
/// not add up to the refund. No amount of the note is below zero; it may be
/// zero if what comes back cost nothing.
pub fn refund(balance: &Balance, wanted: &Wanted, tenders: &[Tender]) -> Result<Refund, Vec<Finding>> {
    if balance.original().kind().document == DocumentType::CreditNote {
        return Err(vec![Finding::at("original", ReturnProblem::OriginalIsCredit.into())]);
    }
    let mut after = balance.clone();
    let (taken, shares) = match wanted {
        Wanted::Whole => after.take_lines(&wanted::whole(balance)?),
        Wanted::Lines(lines) => after.take_lines(&wanted::lines(balance, lines)?),
        Wanted::Amount(amount) => after.take_amount(wanted::amount(balance, *amount)?),
    };
    let rounding = match wanted {
        Wanted::Amount(_) => Halalas::ZERO,
        Wanted::Whole | Wanted::Lines(_) => rounding(balance, &after),
    };
    let mut priced = note::price(balance, &taken, &shares, rounding);
    settle(tenders, priced.totals.payable)?;
    priced.payment_means = payment_means(balance.original().kind().subtype, tenders, priced.totals.payable);
    priced.tenders = tenders.to_vec();
    Ok(Refund { priced, taken })
}

/// Works out the credit note of a document of another system: its items are
/// priced afresh, and the tenders are what is refunded.
pub fn refund_external(draft: &Draft) -> Result<Priced, Vec<Finding>> {
    // A refund gives no change, which a sale would.
    let untendered = price(&Draft { tenders: Vec::new(), ..draft.clone() }).map_err(of_items)?;
    settle(&draft.tenders, untendered.totals.payable)?;
    price(draft).map_err(of_items)
}

/// The lines of a sale are the items of such a request.
fn of_items(mut found: Vec<Finding>) -> Vec<Finding> {
    for finding in &mut found {
        if let Some(rest) = finding.field.strip_prefix("lines") {
            finding.field = format!("items{rest}");
        }
    }
    found
}

/// What the original added or took off to round its payable amount comes back
/// with the last of its value, so that the notes pay back what was paid.
fn rounding(before: &Balance, after: &Balance) -> Halalas {
    let refunded = before.gross_left() - after.gross_left();
    if refunded.is_zero() || !after.gross_left().is_zero() {
        return Halalas::ZERO;
    }
    let rounding = before.original().rounding();
    // Nobody owes anything for bringing something back.
    rounding.max(Halalas::ZERO - refunded)
}

/// The means of the refund add up to it exactly; a refund gives no change.
fn settle(tenders: &[Tender], refund: Halalas) -> Result<(), Vec<Finding>> {
    let paid = tenders.iter().map(|tender| tender.amount).sum();
    if tenders.is_empty() || paid == refund {
        return Ok(());
    }
    Err(vec![Finding::at("tenders", ReturnProblem::TendersDiffer { paid, refund }.into())])
}
