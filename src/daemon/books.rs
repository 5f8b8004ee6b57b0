//! The till's ledger as this till opens it: with the machine it runs on and
//! everything that remembers how far it has come.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::api::wire;
use crate::config::Settings;
use crate::invoice::IssueMoment;
use crate::keys::Machine;
use crate::ledger::{ActivityRecord, Clock, Notice, OpenError, Recovery, Store, Surroundings};

/// The run-time mark, in the folder of the socket: it ends with the boot, and
/// survives a restart of the service.
pub fn run_time_mark(settings: &Settings) -> PathBuf {
    settings.api.socket.with_extension("high-water")
}

/// The witnesses beside the anchor.
pub fn witnesses(settings: &Settings) -> Vec<PathBuf> {
    [Some(run_time_mark(settings)), settings.till.witness.clone()].into_iter().flatten().collect()
}

/// What the ledger takes from this machine.
pub fn surroundings(settings: &Settings, clock: Arc<dyn Clock>, recovery: Recovery) -> Surroundings {
    let machine = Machine::read(Path::new("/"));
    Surroundings {
        recovery,
        // The machine-id alone is on the disk, and a copy of the disk has it too.
        machine: machine.has_hardware().then(|| machine.fingerprint()),
        witnesses: witnesses(settings),
        run_time: Some(run_time_mark(settings)),
        ..Surroundings::new(clock)
    }
}

/// Opens the ledger, or makes it.
///
/// # Errors
/// In both languages, with what to do.
pub fn open(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Store, String> {
    let till = &settings.till;
    let with = surroundings(settings, Arc::clone(clock), Recovery::Refuse);
    let store = Store::open_with(&till.data_dir, &till.anchor, with).map_err(|error| both(&error))?;
    store.notices().iter().for_each(tell);
    Ok(store)
}

/// English, then the same in Arabic.
pub fn both(error: &OpenError) -> String {
    let words = error.words();
    format!("{}\n{}", words.en, words.ar)
}

fn tell(notice: &Notice) {
    match notice {
        Notice::MarkRemade { documents, witness } => {
            let witness = witness.display();
            tracing::warn!(documents, %witness, "the high-water mark was missing and was made anew: this witness agrees with the ledger");
        }
        Notice::WitnessUnread { witness, reason } => {
            tracing::warn!(witness = %witness.display(), reason, "a witness of the high-water mark cannot be read");
        }
        Notice::Bound => tracing::info!("the ledger is bound to this machine"),
        Notice::Interrupted { attempts } => tracing::info!(attempts, "interrupted attempts are sent again"),
        Notice::Unconfirmed { prints } => {
            tracing::warn!(prints, "receipts may not have come out: ask the cashier, then reprint");
        }
        Notice::Migrated { backup } => {
            tracing::info!(backup = %backup.display(), "the ledger was brought up to date");
        }
        Notice::ChainsClosed { reason } => tracing::warn!(reason, "all chains are closed"),
    }
}

/// Entries of the activity log as the interface shows them.
pub fn listed(records: Vec<ActivityRecord>) -> wire::ActivityList {
    let one = |record: ActivityRecord| wire::Activity {
        id: record.id,
        at: IssueMoment::from_unix(record.at).map_or_else(|| record.at.to_string(), wire::riyadh),
        actor: record.actor,
        what: record.what,
        detail: serde_json::from_str(&record.detail).unwrap_or(serde_json::Value::String(record.detail)),
    };
    wire::ActivityList { activities: records.into_iter().map(one).collect() }
}
