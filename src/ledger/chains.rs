//! What is known of the chains beside the one in use: which certificate each
//! belongs to, and what of it is still to be sent.

use std::path::Path;

use super::database::{self, unsigned};
use super::ids::{ChainId, DocumentId};
use super::opening::FILE_NAME;
use super::state::ReportState;
use super::{OpenError, StorageError, Store};

/// A chain of this ledger, in use or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownChain {
    pub id: ChainId,
    /// SHA-256 of the certificate's DER.
    pub fingerprint: [u8; 32],
    /// The platform's environment that issued the certificate, by its word.
    pub environment: String,
}

impl Store {
    /// Every chain, the oldest first.
    pub fn known_chains(&self) -> Result<Vec<KnownChain>, StorageError> {
        let mut statement =
            self.db.prepare_cached("SELECT id, fingerprint, environment FROM chains ORDER BY id")?;
        let mut rows = statement.query([])?;
        let mut chains = Vec::new();
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            let id = ChainId::new(number)
                .ok_or_else(|| StorageError::damaged(format!("chain {number}: impossible number")))?;
            chains.push(KnownChain { id, fingerprint: row.get(1)?, environment: row.get(2)? });
        }
        Ok(chains)
    }

    /// The chain of a certificate, by the SHA-256 of its DER; `None` if it never stamped here.
    pub fn chain_of(&self, fingerprint: &[u8; 32]) -> Option<ChainId> {
        self.chains.iter().find(|(_, chain)| chain.fingerprint == *fingerprint).map(|(id, _)| *id)
    }

    /// Documents of the chain in use up to `last`, or all of it, that are on
    /// their way: queued or in flight. Held ones wait for a person and do not count.
    pub fn on_their_way(&self, last: Option<DocumentId>) -> u64 {
        let Some((chain, _)) = self.head() else { return 0 };
        let counts = |id: &DocumentId| id.chain() == chain && last.is_none_or(|last| id.row() <= last.row());
        let waiting = [ReportState::Queued, ReportState::InFlight]
            .into_iter()
            .flat_map(|state| self.backlog.in_state(state));
        waiting.filter(counts).count() as u64
    }

    /// The last document of the chain in use.
    pub fn last_of_chain(&self) -> Option<DocumentId> {
        let (chain, head) = self.head()?;
        DocumentId::new(chain, head?.icv)
    }
}

/// Documents that are still to be sent, held ones included, in a data directory
/// where no daemon works; none if there is no ledger. Changes nothing.
pub fn unsent_at_rest(dir: &Path) -> Result<u64, OpenError> {
    let path = dir.join(FILE_NAME);
    if !path.exists() {
        return Ok(0);
    }
    let count = || -> Result<u64, StorageError> {
        let db = database::open_reader(&path)?;
        Ok(db.query_row("SELECT count(*) FROM work WHERE task = 0", [], |row| unsigned(row, 0))?)
    };
    count().map_err(|source| OpenError::Storage { path: path.clone(), source })
}
