//! Idempotency keys: which request brought forth which document. Kept as
//! hashes, found by the first eight bytes of the key's.

use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use super::ids::DocumentId;
use super::{Idempotency, StorageError};

/// Keys that share their first eight bytes before the store gives up. Two are
/// expected once in a hundred million tills.
const MOST_PROBES: i64 = 16;

pub(super) struct Found {
    pub document: DocumentId,
    body: [u8; 16],
}

impl Found {
    pub fn is_body(&self, sha256: &[u8; 32]) -> bool {
        sha256.starts_with(&self.body)
    }
}

fn split(key: &str) -> (i64, [u8; 8]) {
    let digest: [u8; 32] = Sha256::digest(key).into();
    let (mut slot, mut rest) = ([0; 8], [0; 8]);
    slot.copy_from_slice(&digest[..8]);
    rest.copy_from_slice(&digest[8..16]);
    (i64::from_be_bytes(slot), rest)
}

/// What is known of a key.
pub(super) fn find(db: &Connection, key: &str) -> Result<Option<Found>, StorageError> {
    let (slot, rest) = split(key);
    match probe(db, slot, rest)? {
        Probe::Taken(found) => Ok(Some(found)),
        Probe::Free(_) => Ok(None),
    }
}

/// Binds a key that is not bound yet to its document.
pub(super) fn insert(db: &Connection, key: &Idempotency, document: DocumentId) -> Result<(), StorageError> {
    let (slot, rest) = split(&key.key);
    let slot = match probe(db, slot, rest)? {
        Probe::Free(slot) => slot,
        Probe::Taken(found) => {
            let detail = format!("the key already belongs to document {}", found.document);
            return Err(StorageError::Refused { detail });
        }
    };
    let sql = "INSERT INTO idempotency (slot, key, body, document) VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute((slot, rest, &key.body_sha256[..16], document.row()))?;
    Ok(())
}

enum Probe {
    Taken(Found),
    Free(i64),
}

fn probe(db: &Connection, first: i64, rest: [u8; 8]) -> Result<Probe, StorageError> {
    let mut statement = db.prepare_cached("SELECT key, body, document FROM idempotency WHERE slot = ?1")?;
    for step in 0..MOST_PROBES {
        let slot = first.wrapping_add(step);
        let row = statement
            .query_row([slot], |row| Ok((row.get::<_, [u8; 8]>(0)?, row.get(1)?, row.get::<_, i64>(2)?)))
            .optional()?;
        match row {
            None => return Ok(Probe::Free(slot)),
            Some((key, body, row)) if key == rest => {
                let lost = || StorageError::damaged("an idempotency key names no document");
                return Ok(Probe::Taken(Found {
                    document: DocumentId::from_row(row).ok_or_else(lost)?,
                    body,
                }));
            }
            Some(_) => {}
        }
    }
    Err(StorageError::Internal { detail: "idempotency keys crowd on one slot; use another key".into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Icv;
    use crate::ledger::ids::ChainId;

    #[test]
    fn keys_that_share_a_slot_are_told_apart() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE idempotency (slot INTEGER PRIMARY KEY, key, body, document)").unwrap();
        let document = |icv| DocumentId::new(ChainId::new(1).unwrap(), Icv::new(icv).unwrap()).unwrap();
        let key = |key: &str| Idempotency { key: key.to_owned(), body_sha256: [5; 32] };
        let (slot, rest) = split("b");
        let sql = "INSERT INTO idempotency VALUES (?1, zeroblob(8), zeroblob(16), ?2)";
        db.execute(sql, (slot, document(1).row())).unwrap();
        assert!(find(&db, "b").unwrap().is_none());
        insert(&db, &key("b"), document(2)).unwrap();
        let found = find(&db, "b").unwrap().unwrap();
        assert_eq!(found.document, document(2));
        assert!(found.is_body(&[5; 32]) && !found.is_body(&[6; 32]));
        assert!(matches!(probe(&db, slot.wrapping_add(1), rest).unwrap(), Probe::Taken(_)));
        assert!(insert(&db, &key("b"), document(3)).is_err());
    }
}
