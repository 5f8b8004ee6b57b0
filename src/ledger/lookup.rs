//! Finding stored documents and their bytes.

use rusqlite::OptionalExtension;
use uuid::Uuid;

use super::document::{self, COLUMNS, Stored};
use super::ids::DocumentId;
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

    /// The documents of a number, newest first; more than one if a rejected
    /// document was issued again.
    pub fn by_number(&self, number: &str) -> Result<Vec<Stored>, StorageError> {
        self.newest_first("number = ?1", number)
    }

    /// The documents with that counter, one for each chain that reached it, newest first.
    pub fn by_icv(&self, icv: Icv) -> Result<Vec<Stored>, StorageError> {
        let ids = self.chains.keys().rev().filter_map(|chain| DocumentId::new(*chain, icv));
        ids.filter_map(|id| self.document(id).transpose()).collect()
    }

    /// The documents of a POS reference, newest first.
    pub fn by_reference(&self, reference: &str) -> Result<Vec<Stored>, StorageError> {
        self.newest_first("reference = ?1", reference)
    }

    fn newest_first(&self, condition: &str, value: &str) -> Result<Vec<Stored>, StorageError> {
        let sql =
            format!("SELECT {COLUMNS} FROM documents WHERE {condition} ORDER BY id DESC LIMIT {MOST_LISTED}");
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query([value])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Stored::read(row)?);
        }
        Ok(found)
    }

    /// The document of an idempotency key and the hash of the request's body.
    pub fn by_idempotency_key(&self, key: &str) -> Result<Option<(Stored, [u8; 32])>, StorageError> {
        let sql = "SELECT document, body_sha256 FROM idempotency WHERE key = ?1";
        let mut statement = self.db.prepare_cached(sql)?;
        let found = statement
            .query_row([key], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)))
            .optional()?;
        let Some((row, body)) = found else { return Ok(None) };
        let missing = || StorageError::damaged(format!("the idempotency key {key:?} names no document"));
        let id = DocumentId::from_row(row).ok_or_else(missing)?;
        let stored = self.document(id)?.ok_or_else(missing)?;
        Ok(Some((stored, body)))
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
