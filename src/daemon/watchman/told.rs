//! Which alarms people were told of, on the disk: after a restart none is told
//! twice, and one that ended meanwhile is said to be over. Written by the
//! herald's thread only, so that a hanging disk does not hold up the watchman.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::report::alarms::{AlarmId, Change};

/// The file inside the data directory.
const FILE: &str = "alarms.json";

/// Alarms that were raised and have not ended, with their beginning in unix
/// seconds UTC.
#[derive(Clone, Debug)]
pub struct Told {
    file: PathBuf,
    alarms: BTreeMap<AlarmId, i64>,
}

impl Told {
    /// What the program before this one told. A file that is missing or that
    /// nobody understands says nothing: what holds is raised again.
    pub fn read(data_dir: &Path) -> Told {
        let file = data_dir.join(FILE);
        let text = std::fs::read(&file).unwrap_or_default();
        let known: BTreeMap<String, i64> = serde_json::from_slice(&text).unwrap_or_default();
        let alarms =
            known.into_iter().filter_map(|(word, since)| Some((AlarmId::from_word(&word)?, since))).collect();
        Told { file, alarms }
    }

    /// The alarms with their beginnings.
    pub fn alarms(&self) -> Vec<(AlarmId, i64)> {
        self.alarms.iter().map(|(id, since)| (*id, *since)).collect()
    }

    /// Keeps a change. That this fails costs no more than telling an alarm
    /// twice, so it is logged and no more.
    pub fn keep(&mut self, change: &Change) {
        match change {
            Change::Raised(alarm) => self.alarms.insert(alarm.id, alarm.since),
            Change::Ended(alarm) => self.alarms.remove(&alarm.id),
        };
        if let Err(error) = self.write() {
            tracing::warn!(file = %self.file.display(), %error, "the raised alarms could not be kept");
        }
    }

    fn write(&self) -> std::io::Result<()> {
        let words: BTreeMap<String, i64> =
            self.alarms.iter().map(|(id, since)| (id.word(), *since)).collect();
        let beside = self.file.with_extension("json.new");
        std::fs::write(&beside, serde_json::to_vec(&words)?)?;
        std::fs::rename(&beside, &self.file)
    }
}
