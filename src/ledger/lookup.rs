//! Finding stored documents and their bytes.

use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::corrections::successors;
use super::database::signed;
use super::document::{self, COLUMNS, Stored};
use super::ids::{ChainId, DocumentId};
use super::keys;
use super::{QrLookupError, StorageError, Store};
use crate::chain::{Icv, InvoiceHash};
use crate::invoice::IssueMoment;
use crate::stamp::QrFields;

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

    /// The documents of an invoice number: the first one, then those that replace
    /// it, newest last. Within a chain the counter behind the numbers never falls
    /// with the id, so some twenty rows are read per chain. A correction repeats
    /// the counter of its own day and is found from what it replaces.
    pub fn by_number(&self, number: &str) -> Result<Vec<Stored>, StorageError> {
        let mut found = Vec::new();
        let digits = number.len() - number.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let Ok(serial) = number[number.len() - digits..].parse::<i64>() else { return Ok(found) };
        for (chain, first, last) in self.spans() {
            let id = self.bisect(chain, (first, last), serial)?;
            let stored = id.map(|id| self.document(id)).transpose()?.flatten();
            found.extend(stored.filter(|stored| stored.number == number && stored.corrects.is_none()));
        }
        let firsts: Vec<DocumentId> = found.iter().map(|stored| stored.id).collect();
        for first in firsts {
            for id in successors(&self.db, first)? {
                found.extend(self.document(id)?);
            }
        }
        Ok(found)
    }

    /// The document whose QR code was scanned.
    pub fn by_qr(&self, text: &str) -> Result<Option<Stored>, QrLookupError> {
        let fields = QrFields::decode(text.trim())?;
        let at = fields.issued.trim_end_matches('Z').split_once('T');
        let issued = at.and_then(|(date, time)| IssueMoment::parse(date, time));
        let Some((issued, hash)) = issued.zip(InvoiceHash::from_base64(&fields.hash)) else {
            return Ok(None);
        };
        Ok(self.by_hash(issued, &hash)?)
    }

    /// The document of an invoice hash and its moment of issue. Moments never
    /// fall with the id but on corrections, which are few and have an index: so
    /// it is bisection, then the corrections.
    pub fn by_hash(&self, issued: IssueMoment, hash: &InvoiceHash) -> Result<Option<Stored>, StorageError> {
        for (chain, first, last) in self.spans() {
            let (base, _) = DocumentId::rows_of(chain);
            let (first, last) = (base + signed(first), base + signed(last));
            let from = first_at(&self.db, first, last, issued.unix())?;
            let found = document::find(
                &self.db,
                &format!(
                    "SELECT {COLUMNS} FROM documents
                     WHERE hash = ?1 AND issued = ?4 AND id BETWEEN ?2 AND coalesce((
                         SELECT id FROM documents WHERE id BETWEEN ?2 AND ?3 AND corrects IS NULL AND issued > ?4
                         ORDER BY id LIMIT 1), ?3)
                     ORDER BY id LIMIT 1"
                ),
                (hash.bytes(), from, last, issued.unix()),
            )?;
            if found.is_some() {
                return Ok(found);
            }
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM documents INDEXED BY documents_corrects
             WHERE corrects IS NOT NULL AND issued = ?1 AND hash = ?2"
        );
        document::find(&self.db, &sql, (issued.unix(), hash.bytes()))
    }

    /// First and last ICV of each chain that has documents.
    fn spans(&self) -> impl Iterator<Item = (ChainId, u64, u64)> + '_ {
        self.chains.iter().filter_map(|(id, chain)| Some((*id, chain.first(), chain.head?.icv.get())))
    }

    /// The first document of a chain, between its first and last ICV, whose
    /// counter is not below `serial`.
    fn bisect(
        &self,
        chain: ChainId,
        (first, last): (u64, u64),
        serial: i64,
    ) -> Result<Option<DocumentId>, StorageError> {
        let mut statement = self.db.prepare_cached("SELECT serial FROM documents WHERE id = ?1")?;
        let (mut low, mut high) = (first, last + 1);
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

    /// The invoice number of a document, also of one whose row is damaged elsewhere.
    pub fn number(&self, id: DocumentId) -> Result<Option<String>, StorageError> {
        let mut statement = self.db.prepare_cached("SELECT number FROM documents WHERE id = ?1")?;
        Ok(statement.query_row([id.row()], |row| row.get(0)).optional()?)
    }

    /// The newest documents, newest first; what cannot be read is left out.
    pub fn newest(&self, limit: usize) -> Result<Vec<Stored>, StorageError> {
        let sql = format!("SELECT {COLUMNS} FROM documents ORDER BY id DESC LIMIT ?1");
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut rows = statement.query([limit.min(MOST_LISTED) as i64])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            match Stored::read(row) {
                Ok(stored) => found.push(stored),
                Err(StorageError::Damaged { detail }) => tracing::error!(detail, "a document cannot be read"),
                Err(error) => return Err(error),
            }
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

/// The first of the rows `first` to `last` from which no document that is not a
/// correction was issued before `issued`; one more than the last if all were.
pub(super) fn first_at(db: &Connection, first: i64, last: i64, issued: i64) -> Result<i64, StorageError> {
    let mut statement = db.prepare_cached(
        "SELECT id, issued FROM documents WHERE id BETWEEN ?1 AND ?2 AND corrects IS NULL
         ORDER BY id DESC LIMIT 1",
    )?;
    let (mut low, mut high) = (first, last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let row: Option<(i64, i64)> =
            statement.query_row((low, middle), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match row {
            Some((id, at)) if at >= issued => high = id,
            // Nothing but corrections lies between that row and the middle.
            _ => low = middle + 1,
        }
    }
    Ok(low)
}
