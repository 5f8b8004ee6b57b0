//! What the till has issued and what of it waits: from the daemon, or from its
//! ledger at rest.

use std::path::Path;

use crate::api::wire::Status;
use crate::config::Settings;
use crate::daemon::books;
use crate::doctor::{Known, LedgerFacts, Mark, Queue, Receipts, could_not};
use crate::keys::Machine;
use crate::ledger::OpenError;
use crate::ledger::rest::{self, Place};
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
            missing: false,
            documents: status.documents,
            last_issued: status.last.as_ref().and_then(|last| unix(&last.issued_at)),
            mark: if status.documents == 0 { Mark::None } else { Mark::Agrees },
            silent: status
                .witnesses
                .iter()
                .find_map(|witness| Some((witness.path.clone(), witness.fault.clone()?))),
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
    let machine = Machine::read(Path::new("/"));
    let place = Place {
        dir: &till.data_dir,
        anchor: &till.anchor,
        witnesses: &books::witnesses(settings),
        run_time: Some(&books::run_time_mark(settings)),
        machine: machine.has_hardware().then(|| machine.fingerprint()),
    };
    let found = match rest::look(&place) {
        Ok(found) => found,
        Err(error) => return trouble(&till.data_dir, &error),
    };
    let mark = match &found.refusal {
        Some(refusal) => Mark::Contradicts(refusal.words()),
        None if found.documents == 0 => Mark::None,
        None => Mark::Agrees,
    };
    Ok(Records {
        ledger: LedgerFacts {
            missing: false,
            documents: found.documents,
            last_issued: found.last_issued,
            mark,
            silent: if found.documents > 0 { away(settings) } else { None },
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

/// The witness on another medium, if it cannot be asked: a start goes on without it.
fn away(settings: &Settings) -> Option<(String, String)> {
    let witness = settings.till.witness.as_ref()?;
    let error = std::fs::File::open(witness).err()?;
    Some((witness.display().to_string(), error.to_string()))
}

/// A file that may not be read is no trouble of the ledger, and one that was
/// never made is none either.
fn trouble(dir: &Path, error: &OpenError) -> Known<Records> {
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
    // No mark says that anything was ever issued.
    let new = matches!(error, OpenError::NoLedger { .. });
    let because = Bilingual::new("the ledger does not open", "لا يمكن فتح السجل");
    Ok(Records {
        ledger: LedgerFacts {
            missing: new,
            documents: 0,
            last_issued: None,
            mark: if new { Mark::None } else { Mark::Unknown(because.clone()) },
            silent: None,
            trouble: (!new).then(|| error.words()),
        },
        queue: if new { Ok(Queue::default()) } else { Err(because.clone()) },
        receipts: if new { Ok(Receipts::default()) } else { Err(because) },
    })
}
