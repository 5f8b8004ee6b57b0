//! The chains of this ledger, one for each certificate: which there are, where
//! each begins and stands, and how the next one is opened (signing.md section 8).

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::activities::{self, Activity, What};
use super::database::{Durability, signed, unsigned};
use super::ids::{ChainId, DocumentId};
use super::packer::Packer;
use super::store::{ActiveUnit, LEVEL};
use super::{ActivateError, AppendError, StorageError, Store, Unit, sample};
use crate::chain::{Head, Icv, InvoiceHash};
use crate::invoice::InvoiceNumber;
use crate::stamp::StampCertificate;

/// Where the chain of a new certificate begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnRenewal {
    /// At ICV 1 with the opening PIH.
    #[default]
    Restart,
    /// Behind the last document of the chain before, if that one is of the same
    /// environment and was not closed.
    Continue,
}

/// A chain that this ledger has, or had.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    pub fingerprint: [u8; 32],
    pub certificate: StampCertificate,
    /// The platform's environment that issued the certificate, by its word.
    pub environment: String,
    pub dictionary: i64,
    pub closed: bool,
    /// The chain that it continues.
    pub continues: Option<ChainId>,
    /// The last document of that chain: what its own first one follows.
    pub before: Option<Head>,
    /// Its own last document.
    pub head: Option<Head>,
}

impl Chain {
    /// What the next document follows.
    pub fn tip(&self) -> Option<Head> {
        self.head.or(self.before)
    }

    /// The ICV that its first document has or will have.
    pub fn first(&self) -> u64 {
        self.before.map_or(Icv::FIRST, |head| head.icv.next()).get()
    }

    /// How many documents it has.
    pub fn documents(&self) -> u64 {
        self.head.map_or(0, |head| (head.icv.get() + 1).saturating_sub(self.first()))
    }
}

/// Every chain, without its own last document, which is set beside
/// [`last_document`].
pub(super) fn load_chains(db: &Connection) -> Result<BTreeMap<ChainId, Chain>, StorageError> {
    let mut statement = db.prepare(
        "SELECT id, fingerprint, certificate, environment, dictionary,
                EXISTS (SELECT 1 FROM closures WHERE closures.fingerprint = chains.fingerprint), continues
         FROM chains",
    )?;
    let mut rows = statement.query([])?;
    let mut chains = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let damaged = |what: String| StorageError::damaged(format!("chain {number}: {what}"));
        let id = ChainId::new(number).ok_or_else(|| damaged("impossible number".into()))?;
        let certificate = StampCertificate::from_base64(&row.get::<_, String>(2)?)
            .map_err(|error| damaged(error.to_string()))?;
        let continues: Option<i64> = row.get(6)?;
        let lost = || damaged("the chain that it continues is missing".into());
        let continues = continues.map(|id| ChainId::new(id).ok_or_else(lost)).transpose()?;
        let before = match continues {
            None => None,
            Some(id) => Some(last_document(db, id)?.ok_or_else(lost)?.head),
        };
        let chain = Chain {
            fingerprint: row.get(1)?,
            certificate,
            environment: row.get(3)?,
            dictionary: row.get(4)?,
            closed: row.get(5)?,
            continues,
            before,
            head: None,
        };
        if chain.fingerprint != chain.certificate.fingerprint() {
            return Err(damaged("the certificate is not the one it was opened with".into()));
        }
        chains.insert(id, chain);
    }
    Ok(chains)
}

/// The last document of a chain.
pub(super) struct Last {
    pub head: Head,
    /// Seconds UTC.
    pub issued: i64,
    pub serial: u64,
}

/// The last document of a chain; its moment is that of the last one which does
/// not keep the moment of a document that it replaces.
pub(super) fn last_document(db: &Connection, chain: ChainId) -> Result<Option<Last>, StorageError> {
    let (first, last) = DocumentId::rows_of(chain);
    let mut statement = db.prepare_cached(
        "SELECT id, hash,
                coalesce((SELECT issued FROM documents AS inner
                          WHERE id BETWEEN ?1 AND ?2
                            AND (corrects IS NULL
                                 OR issued <> (SELECT issued FROM documents WHERE id = inner.corrects))
                          ORDER BY id DESC LIMIT 1), 0),
                serial
         FROM documents WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1",
    )?;
    let row = statement
        .query_row([first, last], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?, row.get(2)?, unsigned(row, 3)?))
        })
        .optional()?;
    let Some((row, hash, issued, serial)) = row else { return Ok(None) };
    let id = DocumentId::from_row(row).ok_or_else(|| StorageError::damaged("a document has no valid id"))?;
    Ok(Some(Last { head: Head { icv: id.icv(), hash: InvoiceHash::new(hash) }, issued, serial }))
}

/// Where a new chain begins.
#[derive(Clone, Copy, Debug, Default)]
struct Beginning {
    continues: Option<ChainId>,
    before: Option<Head>,
    /// The chain that must not grow any more from then on.
    ends: Option<ChainId>,
}

impl Store {
    /// Opens the chain of a certificate, or continues the one it has. From here
    /// on sales can be stored, and they are stamped by this unit alone.
    ///
    /// # Errors
    /// [`ActivateError`]; the unit before goes on.
    pub fn activate(&mut self, unit: Unit) -> Result<ChainId, ActivateError> {
        if unit.number_prefix.ends_with(|c: char| c.is_ascii_digit()) {
            let why = "it must not end in a digit, or prefix and counter could not be told apart";
            return Err(ActivateError::Prefix(unit.number_prefix, why.to_owned()));
        }
        let first_number = format!("{}000001", unit.number_prefix);
        InvoiceNumber::parse(&first_number)
            .map_err(|e| ActivateError::Prefix(unit.number_prefix.clone(), e.to_string()))?;
        let fingerprint = unit.certificate.fingerprint();
        let known = self.chains.iter().find(|(_, chain)| chain.fingerprint == fingerprint);
        let known = known.map(|(id, _)| *id);
        if self.is_closed(&fingerprint)? {
            let gone_on = known.is_some_and(|id| {
                self.chains.range(id..).skip(1).any(|(_, later)| later.continues.is_some())
            });
            return Err(if gone_on { ActivateError::Superseded } else { ActivateError::Closed });
        }
        let chain = match known {
            Some(id) => id,
            None => self.open_chain(&unit, fingerprint)?,
        };
        self.unit = Some(ActiveUnit { chain, unit });
        self.watch_clock();
        self.shut = false;
        Ok(chain)
    }

    /// Takes the identity away: sales are refused until the next [`Store::activate`].
    pub fn deactivate(&mut self) {
        (self.unit, self.shut) = (None, false);
    }

    /// Takes the identity away because its chain may not go on: sales are refused
    /// with [`AppendError::ChainClosed`] until the next [`Store::activate`].
    pub fn shut(&mut self) {
        (self.unit, self.shut) = (None, true);
    }

    /// The identity that stamps, or why there is none.
    pub(super) fn active(&self) -> Result<&ActiveUnit, AppendError> {
        let missing = || if self.shut { AppendError::ChainClosed } else { AppendError::NoIdentity };
        self.unit.as_ref().ok_or_else(missing)
    }

    fn is_closed(&self, fingerprint: &[u8; 32]) -> Result<bool, StorageError> {
        let mut statement = self.db.prepare_cached("SELECT 1 FROM closures WHERE fingerprint = ?1")?;
        Ok(statement.exists([fingerprint])?)
    }

    /// Where the chain of a new certificate begins. Only the newest chain is
    /// continued; if it has no document yet, what it continues is.
    fn beginning(&self, unit: &Unit) -> Beginning {
        let newest = self.chains.iter().next_back();
        let Some((id, chain)) = newest.filter(|_| unit.on_renewal == OnRenewal::Continue) else {
            return Beginning::default();
        };
        if chain.closed || chain.environment != unit.environment {
            return Beginning::default();
        }
        let continues = if chain.head.is_some() { Some(*id) } else { chain.continues };
        Beginning { continues, before: chain.tip(), ends: continues.map(|_| *id) }
    }

    fn open_chain(&mut self, unit: &Unit, fingerprint: [u8; 32]) -> Result<ChainId, ActivateError> {
        let last = self.chains.keys().next_back().map_or(0, |id| id.get());
        let id = ChainId::new(last + 1).ok_or(ActivateError::TooManyChains(ChainId::MAX))?;
        let content = match unit.dictionary.as_slice() {
            [] => sample::dictionary(unit),
            given => given.to_vec(),
        };
        let begin = self.beginning(unit);
        let ends = begin.ends.and_then(|id| self.chains.get(&id));
        let ends = ends.map(|chain| (chain.fingerprint, chain.head.map_or(0, |head| head.icv.get())));
        let certificate = unit.certificate.clone();
        let chain = Chain {
            fingerprint,
            certificate,
            environment: unit.environment.clone(),
            dictionary: 0,
            closed: false,
            continues: begin.continues,
            before: begin.before,
            head: None,
        };
        let activity = opened(id, &chain);
        let (now, log, serial) = (self.clock.now(), self.log, self.serial);
        let (dictionary, log) = self.write(Durability::PowerCut, |db| {
            let sha256: [u8; 32] = Sha256::digest(&content).into();
            db.execute(
                "INSERT INTO dictionaries (id, content, sha256)
                 SELECT coalesce(max(id), 0) + 1, ?1, ?2 FROM dictionaries",
                (&content, sha256),
            )?;
            let dictionary = db.last_insert_rowid();
            db.execute(
                "INSERT INTO chains (id, fingerprint, certificate, environment, dictionary, opened_at, continues)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (
                    id.get(),
                    fingerprint,
                    chain.certificate.text(),
                    &chain.environment,
                    dictionary,
                    now,
                    chain.continues.map(ChainId::get),
                ),
            )?;
            if let Some((fingerprint, icv)) = ends {
                db.execute(
                    "INSERT INTO closures (fingerprint, closed_at, icv, serial, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
                    (fingerprint, now, signed(icv), signed(serial), format!("chain {id} goes on in its place")),
                )?;
            }
            Ok::<_, StorageError>((dictionary, activities::insert(db, log, now, &activity)?))
        })?;
        self.log = log;
        self.packers.insert(dictionary, Packer::new(&content, LEVEL)?);
        if let Some(ended) = begin.ends.and_then(|id| self.chains.get_mut(&id)) {
            ended.closed = true;
        }
        self.chains.insert(id, Chain { dictionary, ..chain });
        self.write_mark();
        Ok(id)
    }

    /// The compressor of a chain's documents.
    pub(super) fn packer(&mut self, chain: ChainId) -> Result<&mut Packer, StorageError> {
        let dictionary = self
            .chains
            .get(&chain)
            .map(|chain| chain.dictionary)
            .ok_or_else(|| StorageError::damaged(format!("chain {chain} is missing")))?;
        self.packers
            .get_mut(&dictionary)
            .ok_or_else(|| StorageError::damaged(format!("dictionary {dictionary} is missing")))
    }
}

/// What the log says of a new chain.
fn opened(id: ChainId, chain: &Chain) -> Activity {
    let hex: String = chain.fingerprint.iter().map(|byte| format!("{byte:02x}")).collect();
    Activity::own(
        What::ChainOpened,
        [
            ("chain", json!(id.get())),
            ("certificate", json!(chain.certificate.subject())),
            ("sha256", json!(hex)),
            ("environment", json!(chain.environment)),
            ("first_icv", json!(chain.first())),
            ("continues", json!(chain.continues.map(ChainId::get))),
        ],
    )
}
