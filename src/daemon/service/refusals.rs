//! Why nothing was issued: from the ledger's words to those of the interface.

use crate::api::Refusal;
use crate::invoice::{Finding, Severity};
use crate::ledger::{AppendError, LedgerGone, StorageError};
use crate::rules;
use crate::text::{Bilingual, Problem, StoredProblem};

/// One finding at a field of the request.
pub(super) fn finding(field: impl Into<String>, problem: impl Into<Problem>) -> Refusal {
    Refusal::Findings(vec![Finding::at(field, problem.into())])
}

/// The ledger's thread does not answer.
pub(super) fn gone(error: LedgerGone) -> Refusal {
    match error {
        LedgerGone::Stopped => Refusal::Stopping,
        LedgerGone::Fault => Refusal::Fault(error.to_string()),
    }
}

/// The ledger could not read or write.
pub(super) fn storage(error: StorageError) -> Refusal {
    refusal(AppendError::Storage(error))
}

/// The ledger took no number.
pub(super) fn refusal(error: AppendError) -> Refusal {
    let words = error.words();
    match error {
        AppendError::KeyConflict { number } => Refusal::KeyConflict { number },
        AppendError::BuyerIsSeller => finding("buyer.vat_number", Problem::BuyerIsSeller),
        AppendError::NoIdentity => Refusal::NotOnboarded,
        AppendError::ChainClosed => Refusal::NoStamp(words),
        AppendError::ClockBehind { .. }
        | AppendError::ClockJumped { .. }
        | AppendError::ClockUnset { .. }
        | AppendError::ClockFar { .. }
        | AppendError::NotYetValid { .. }
        | AppendError::ClockUnusable => Refusal::Clock(words),
        AppendError::Expired { .. } => Refusal::Expired(words),
        AppendError::Rules(found) => Refusal::Findings(found.into_iter().map(of_rule).collect()),
        AppendError::Return(_) => refused("original", words),
        AppendError::Correction(_) => refused("rejected", words),
        AppendError::Seal(_) | AppendError::Storage(_) => {
            tracing::error!(error = words.en, "the ledger refused");
            Refusal::Unavailable(words)
        }
    }
}

/// A broken rule as the finding on a request that it is: at the field that sets
/// it, or else at its place in the document.
fn of_rule(found: rules::Finding) -> Finding {
    let rule = rules::rule(&found.rule).map_or("RULE-EVALUATION", |rule| rule.id);
    let severity = match found.severity {
        rules::Severity::Warning => Severity::Warning,
        rules::Severity::Error => Severity::Error,
    };
    Finding {
        rule,
        severity,
        field: found.request.unwrap_or(found.field),
        message: found.message,
        remedy: found.remedy,
        cashier: found.cashier,
        integrator: found.integrator,
    }
}

fn refused(field: &str, words: Bilingual) -> Refusal {
    finding(field, StoredProblem::Refused { words })
}
