//! Finding stored documents and their bytes.

use rusqlite::OptionalExtension;
use uuid::Uuid;

use super::document::{self, COLUMNS, Stored};
use super::ids::{ChainId, DocumentId};
use super::keys;
use super::{StorageError, Store};
use crate::chain::Icv;

/// References are the POS's own and may repeat; more than this are not listed.
const MOST_LISTED: usize = 100;

impl Store {
    pub fn document(&self, id: DocumentId) -> Result<Option<Stored>, StorageError> {
        document::find(&self.db, &format!("SELECT {COLUMNS} FROM documents WHERE id = ?1"), [id.row()])
    }

    pub fn by_uuid(&self, uuid: &Uuid) -> Result<Option<Stored>, StorageError> {
        let Some(id) = self.uuid_key.find(uuid) else { return Ok(None) };
        Ok(self.document(id)?.filter(|stored| stored.uuid == *uuid))
    }

    /// The documents of an invoice number. Within a chain the counter behind the
    /// numbers grows with the id, so some twenty rows are read per chain.
    pub fn by_number(&self, number: &str) -> Result<Vec<Stored>, StorageError> {
        let mut found = Vec::new();
        let digits = number.len() - number.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let Ok(serial) = number[number.len() - digits..].parse::<i64>() else { return Ok(found) };
        for (chain, last) in self.chains.iter().filter_map(|(id, chain)| Some((*id, chain.head?.icv))) {
            let id = self.bisect(chain, last.get(), serial)?;
            let stored = id.map(|id| self.document(id)).transpose()?.flatten();
            found.extend(stored.filter(|stored| stored.number == number));
        }
        Ok(found)
    }

    /// The first document of a chain whose counter is not below `serial`.
    fn bisect(&self, chain: ChainId, last: u64, serial: i64) -> Result<Option<DocumentId>, StorageError> {
        let mut statement = self.db.prepare_cached("SELECT serial FROM documents WHERE id = ?1")?;
        let (mut low, mut high) = (1, last + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            let id = Icv::new(middle).and_then(|icv| DocumentId::new(chain, icv));
            let Some(id) = id else { return Ok(None) };
            let found: Option<i64> = statement.query_row([id.row()], |row| row.get(0)).optional()?;
            match found.ok_or(StorageError::NoDocument(id))? {
                at if at < serial => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok((low <= last).then(|| Icv::new(low).and_then(|icv| DocumentId::new(chain, icv))).flatten())
    }

    /// The documents with that counter, one for each chain that reached it, newest first.
    pub fn by_icv(&self, icv: Icv) -> Result<Vec<Stored>, StorageError> {
        let ids = self.chains.keys().rev().filter_map(|chain| DocumentId::new(*chain, icv));
        ids.filter_map(|id| self.document(id).transpose()).collect()
    }

    /// The documents of a POS reference, newest first.
    pub fn by_reference(&self, reference: &str) -> Result<Vec<Stored>, StorageError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM documents WHERE reference = ?1 ORDER BY id DESC LIMIT {MOST_LISTED}"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query([reference])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Stored::read(row)?);
        }
        Ok(found)
    }

    /// The document that an idempotency key brought forth.
    pub fn by_idempotency_key(&self, key: &str) -> Result<Option<Stored>, StorageError> {
        match keys::find(&self.db, key)? {
            Some(found) => self.document(found.document),
            None => Ok(None),
        }
    }

    /// The newest documents, newest first.
    pub fn newest(&self, limit: usize) -> Result<Vec<Stored>, StorageError> {
        let sql = format!("SELECT {COLUMNS} FROM documents ORDER BY id DESC LIMIT ?1");
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query([limit.min(MOST_LISTED) as i64])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Stored::read(row)?);
        }
        Ok(found)
    }

    /// The signed bytes, exactly as they were stamped, sent and are sent again.
    pub fn xml(&mut self, id: DocumentId) -> Result<Vec<u8>, StorageError> {
        let packed = self.packed("SELECT xml FROM documents WHERE id = ?1", id)?;
        let packed = packed.ok_or(StorageError::NoDocument(id))?;
        self.packer(id.chain())?.unpack(&packed)
    }

    /// What the authority cleared of a standard document, if it did.
    pub fn cleared_xml(&mut self, id: DocumentId) -> Result<Option<Vec<u8>>, StorageError> {
        match self.packed("SELECT xml FROM clearances WHERE document = ?1", id)? {
            Some(packed) => self.packer(id.chain())?.unpack(&packed).map(Some),
            None => Ok(None),
        }
    }

    fn packed(&self, sql: &str, id: DocumentId) -> Result<Option<Vec<u8>>, StorageError> {
        let mut statement = self.db.prepare_cached(sql)?;
        Ok(statement.query_row([id.row()], |row| row.get(0)).optional()?)
    }
}
