//! What the till has issued and what of it waits: from the daemon, or from its
//! ledger at rest.

use std::path::Path;

use crate::api::wire::Status;
use crate::config::Settings;
use crate::doctor::{Known, LedgerFacts, Mark, Queue, Receipts, could_not};
use crate::ledger::{OpenError, audit, rest};
use crate::text::Bilingual;

/// Ledger, queue and receipts.
pub(super) struct Records {
    pub ledger: LedgerFacts,
    pub queue: Known<Queue>,
    pub receipts: Known<Receipts>,
}

/// Riyadh time with its offset, as the API writes it.
pub(super) fn unix(moment: &str) -> Option<i64> {
    moment.parse::<jiff::Timestamp>().ok().map(|moment| moment.as_second())
}

/// As a running daemon tells it; it compared ledger and mark at its start, and
/// does so with each sale.
pub(super) fn told(status: &Status) -> Records {
    let count =
        |states: &std::collections::BTreeMap<String, u64>, name: &str| states.get(name).copied().unwrap_or(0);
    let (queue, prints) = (&status.queue, &status.printing.states);
    let words = |words: &crate::api::wire::Words| Bilingual::new(words.en.as_str(), words.ar.as_str());
    Records {
        ledger: LedgerFacts {
            documents: status.documents,
            last_issued: status.last.as_ref().and_then(|last| unix(&last.issued_at)),
            mark: if status.documents == 0 { Mark::None } else { Mark::Agrees },
            trouble: None,
        },
        queue: Ok(Queue {
            unsent: queue.unsent,
            oldest: queue.oldest_unsent_at.as_deref().and_then(unix),
            rejected: count(&queue.states, "Rejected").saturating_sub(queue.corrected),
            rejected_numbers: queue.rejected.clone(),
            held: count(&queue.states, "Held"),
            held_numbers: queue.held.clone(),
            paused: queue.paused.as_ref().map(words),
        }),
        receipts: Ok(Receipts {
            pending: count(prints, "Pending") + count(prints, "Printing"),
            unconfirmed: count(prints, "Unconfirmed"),
            failed: count(prints, "Failed"),
            fault: status.printing.fault.as_ref().map(words),
        }),
    }
}

/// From the files of a till that does not run.
pub(super) fn look(settings: &Settings) -> Known<Records> {
    let till = &settings.till;
    let found = match rest::look(&till.data_dir) {
        Ok(found) => found,
        Err(error) => return trouble(&till.data_dir, &till.anchor, &error),
    };
    let mark = match audit::compare_mark(&till.data_dir, &till.anchor) {
        Ok(Some(OpenError::MarkMissing { .. })) => Mark::Missing,
        Ok(Some(what)) => Mark::Contradicts(what.to_string()),
        Ok(None) if found.documents == 0 => Mark::None,
        Ok(None) if !till.anchor.exists() => Mark::Missing,
        Ok(None) => Mark::Agrees,
        Err(error) => {
            let what = Bilingual::new("the mark cannot be compared", "تعذرت مقارنة العلامة");
            Mark::Unknown(could_not(what, &error.to_string()))
        }
    };
    Ok(Records {
        ledger: LedgerFacts {
            documents: found.documents,
            last_issued: found.last_issued,
            mark,
            trouble: None,
        },
        queue: Ok(Queue {
            unsent: found.unsent,
            oldest: found.oldest_unsent,
            rejected: found.rejected,
            held: found.held,
            ..Queue::default()
        }),
        receipts: Ok(Receipts {
            pending: found.prints_pending,
            unconfirmed: found.prints_unsure,
            ..Receipts::default()
        }),
    })
}

/// A file that may not be read is no trouble of the ledger, and one that was
/// never made is none either.
fn trouble(dir: &Path, anchor: &Path, error: &OpenError) -> Known<Records> {
    let ledger = dir.join(crate::ledger::FILE_NAME);
    let denied = matches!(
        std::fs::File::open(&ledger),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied
    );
    if denied {
        let what = Bilingual::new(
            format!("{} may not be read by this user", ledger.display()),
            format!("لا يسمح لهذا المستخدم بقراءة {}", ledger.display()),
        );
        return Err(could_not(what, "permission denied"));
    }
    let because = Bilingual::new("the ledger does not open", "لا يمكن فتح السجل");
    // Without a mark that says otherwise, nothing was ever issued.
    let missing =
        matches!(error, OpenError::NoLedger { .. }) && matches!(audit::compare_mark(dir, anchor), Ok(None));
    let mark = if missing { Mark::None } else { Mark::Unknown(because.clone()) };
    Ok(Records {
        ledger: LedgerFacts {
            documents: 0,
            last_issued: None,
            mark,
            trouble: (!missing).then(|| error.to_string()),
        },
        queue: if missing { Ok(Queue::default()) } else { Err(because.clone()) },
        receipts: if missing { Ok(Receipts::default()) } else { Err(because) },
    })
}
