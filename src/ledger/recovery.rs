//! What is put right at the opening, all in one transaction: a ledger that is
//! new to its machine is bound to it, and chains that must not go on are closed
//! when an operator decides so. The marks follow; killed in between, the next
//! start finds everything settled and writes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::activities::{self, Activity, What};
use super::database::{Durability, signed};
use super::judgement::{self, Seen, Verdict};
use super::{Notice, OpenError, SCHEMA_VERSION, StorageError, Store};

/// What to do with a ledger that must not go on as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Refuse and say what to do.
    Refuse,
    /// An operator's decision: keep what is there for reading and sending, but
    /// close its chains, so that only a newly onboarded certificate can go on. The
    /// number counter goes on above every number that any witness knows.
    CloseChains {
        /// Who decided it, for the activity log.
        actor: String,
        /// The highest counter of an invoice number that people know of; 0 if none.
        above: u64,
        /// Close them although the ledger itself is in order: what else is lost.
        why: Option<String>,
    },
}

/// Everything that one transaction is to write.
#[derive(Default)]
struct Changes {
    /// Fingerprint of the certificate and the highest ICV known of its chain.
    closures: BTreeMap<[u8; 32], u64>,
    reason: String,
    /// Whether the number counter must be remembered.
    floor: bool,
    binding: Option<&'static str>,
    notes: Vec<Activity>,
}

impl Store {
    /// Does what the verdict and the operator ask for, then lets every witness
    /// know. `migrated`: the copy of the file before it was converted.
    pub(super) fn settle(
        &mut self,
        verdict: Verdict,
        seen: &[Seen],
        how: Recovery,
        migrated: Option<&Path>,
    ) -> Result<(), OpenError> {
        let mut changes = Changes::default();
        let told = activities::tells_of_schema(&self.db, SCHEMA_VERSION);
        if !told.map_err(|source| self.storage(source))? {
            changes.notes.push(self.schema_note(migrated));
        }
        let (wrong, remade) = match verdict {
            Verdict::Sound => (None, None),
            Verdict::Remake { witness } => (None, Some(witness)),
            Verdict::Wrong(error) => (Some(error), None),
        };
        match (wrong, how) {
            (Some(error), Recovery::Refuse) => return Err(error),
            (Some(error), Recovery::CloseChains { actor, above, .. }) => {
                self.close_chains(&mut changes, seen, &actor, above, error.to_string());
            }
            (None, Recovery::CloseChains { actor, above, why: Some(why) }) => {
                self.close_chains(&mut changes, seen, &actor, above, why);
            }
            (None, _) => {}
        }
        self.bind(&mut changes).map_err(|source| self.storage(source))?;
        if let Some(witness) = remade {
            self.remade(&mut changes, witness);
        }
        self.apply(changes).map_err(|source| self.storage(source))?;
        self.tell_everyone(seen)
    }

    fn schema_note(&self, migrated: Option<&Path>) -> Activity {
        let schema = ("schema", json!(SCHEMA_VERSION));
        if self.chains.is_empty() && migrated.is_none() {
            return Activity::own(What::Created, [schema]);
        }
        let copy = migrated.map(|path| path.display().to_string());
        Activity::own(What::Migrated, [schema, ("copy", json!(copy)), ("documents", json!(self.documents))])
    }

    /// Binds a ledger that is bound to no machine, or by an operator's decision
    /// to another one.
    fn bind(&self, changes: &mut Changes) -> Result<(), StorageError> {
        let Some(machine) = self.machine else { return Ok(()) };
        let bound = judgement::binding(&self.db)?;
        if bound == Some(machine) {
            return Ok(());
        }
        let moved = bound.is_some() && !self.chains.is_empty();
        let why = if moved { "recovery" } else { "first start on this machine" };
        changes.binding = Some(why);
        let hex: String = machine.iter().map(|byte| format!("{byte:02x}")).collect();
        changes.notes.push(Activity::own(What::Bound, [("machine", json!(hex)), ("why", json!(why))]));
        Ok(())
    }

    fn remade(&mut self, changes: &mut Changes, witness: PathBuf) {
        let detail =
            [("witness", json!(witness.display().to_string())), ("documents", json!(self.documents))];
        changes.notes.push(Activity::own(What::MarkRemade, detail));
        self.notices.push(Notice::MarkRemade { documents: self.documents, witness });
    }

    /// Closes every chain in the file and those that any mark names.
    fn close_chains(&mut self, changes: &mut Changes, seen: &[Seen], actor: &str, above: u64, why: String) {
        for chain in self.chains.values_mut().filter(|chain| !chain.closed) {
            chain.closed = true;
            changes.closures.insert(chain.fingerprint, chain.head.map_or(0, |head| head.icv.get()));
        }
        self.serial = self.serial.max(above);
        for mark in seen.iter().filter_map(|seen| seen.reading.mark()).filter(|mark| mark.documents > 0) {
            let icv = changes.closures.entry(mark.fingerprint).or_default();
            *icv = mark.icv.max(*icv);
            self.serial = self.serial.max(mark.serial);
        }
        let witnesses: Vec<Value> = seen.iter().map(said).collect();
        let detail = [
            ("why", json!(why)),
            ("documents", json!(self.documents)),
            ("counter_goes_on_above", json!(self.serial)),
            ("witnesses", json!(witnesses)),
        ];
        changes.notes.push(Activity::by(actor, What::Recovered, detail));
        changes.reason = why.clone();
        changes.floor = true;
        self.notices.push(Notice::ChainsClosed { reason: why });
    }

    fn apply(&mut self, changes: Changes) -> Result<(), StorageError> {
        if changes.closures.is_empty() && changes.binding.is_none() && changes.notes.is_empty() {
            return Ok(());
        }
        let (now, serial, machine, log) = (self.clock.now(), self.serial, self.machine, self.log);
        let bound = changes.binding.is_some();
        self.log = self.write(Durability::PowerCut, |db| {
            for (fingerprint, icv) in &changes.closures {
                db.execute(
                    "INSERT INTO closures (fingerprint, closed_at, icv, serial, reason)
                     SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (SELECT 1 FROM closures WHERE fingerprint = ?1)",
                    (fingerprint, now, signed(*icv), signed(serial), &changes.reason),
                )?;
            }
            if changes.floor {
                let sql = "INSERT INTO floors (id, serial, at) SELECT coalesce(max(id), 0) + 1, ?1, ?2 FROM floors";
                db.execute(sql, (signed(serial), now))?;
            }
            if let Some((why, machine)) = changes.binding.zip(machine) {
                db.execute(
                    "INSERT INTO bindings (id, machine, at, why)
                     SELECT coalesce(max(id), 0) + 1, ?1, ?2, ?3 FROM bindings",
                    (machine, now, why),
                )?;
            }
            changes.notes.iter().try_fold(log, |log, note| activities::insert(db, log, now, note))
        })?;
        if bound {
            self.notices.push(Notice::Bound);
        }
        Ok(())
    }

    /// Writes the mark everywhere; what the witnesses said was heard. The anchor
    /// comes last and is flushed.
    fn tell_everyone(&mut self, seen: &[Seen]) -> Result<(), OpenError> {
        let mark = self.current_mark();
        for witness in &self.witnesses {
            let heard = seen.iter().any(|seen| seen.path == witness.path());
            witness.tell(mark, heard);
        }
        let written = self.mark.write(&mark).and_then(|()| self.mark.sync());
        written.map_err(|source| OpenError::Mark { anchor: self.mark.path().to_owned(), source })
    }

    pub(super) fn storage(&self, source: StorageError) -> OpenError {
        OpenError::Storage { path: self.path.clone(), source }
    }
}

/// What a witness said, for the log.
fn said(seen: &Seen) -> Value {
    let mark = seen.reading.mark();
    json!({
        "path": seen.path.display().to_string(),
        "documents": mark.map(|mark| mark.documents),
        "icv": mark.map(|mark| mark.icv),
        "counter": mark.map(|mark| mark.serial),
    })
}
