//! What an audit holds beside chain and stamp: what a document replaces, when
//! it was stamped, what was paid for its lines, and what it takes back.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension};

use super::document::kind_from;
use super::ids::{ChainId, DocumentId};
use super::packer::Packer;
use super::paid::Content;
use super::returns::{Excess, content_and_paid, counting, of_note, within};
use super::succession::Chain;
use super::{ReturnOf, Returned, ReturnedLine, StorageError};
use crate::invoice::{DocumentType, Kind, Subtype};
use crate::stamp::Verified;
use crate::ubl;

/// A document whose bytes verified, and the columns that say more than they do.
pub(super) struct Exhibit<'a> {
    pub id: DocumentId,
    pub verified: &'a Verified,
    pub xml: &'a [u8],
    pub corrects: Option<i64>,
    pub paid: Option<&'a [u8]>,
    pub currency: Option<&'a str>,
}

/// Everything wrong with what the ledger says of a document beyond its bytes.
pub(super) fn inspect(
    db: &Connection,
    chains: &BTreeMap<ChainId, Chain>,
    packers: &mut HashMap<i64, Packer>,
    exhibit: &Exhibit<'_>,
) -> Result<Vec<String>, StorageError> {
    let mut found: Vec<String> = correction(db, exhibit)?;
    found.extend(paid(exhibit));
    found.extend(currency(exhibit));
    if exhibit.verified.kind.document == DocumentType::CreditNote {
        found.extend(taken_back(db, chains, packers, exhibit)?);
    }
    Ok(found)
}

/// A plain document is stamped when it is issued; a correction replaces a
/// rejected document of its number, once, and may keep that one's moment.
fn correction(db: &Connection, exhibit: &Exhibit<'_>) -> Result<Vec<String>, StorageError> {
    let Verified { issued, signed, kind, number, .. } = exhibit.verified;
    let Some(row) = exhibit.corrects else {
        let late = (signed != issued).then(|| "it was stamped later than it was issued".to_owned());
        return Ok(late.into_iter().collect());
    };
    let mut statement = db.prepare_cached(
        "SELECT number, kind, issued,
                (SELECT state FROM attempts WHERE id BETWEEN ?1 << 16 AND (?1 << 16) | 0xFFFF
                 ORDER BY id DESC LIMIT 1),
                (SELECT count(*) FROM documents WHERE corrects = ?1)
         FROM documents WHERE id = ?1",
    )?;
    let of = statement
        .query_row([row], |row| {
            let state: Option<String> = row.get(3)?;
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
                state,
                row.get::<_, i64>(4)?,
            ))
        })
        .optional()?;
    let Some((old_number, old_kind, old_issued, state, successors)) = of else {
        return Ok(vec!["the document that it replaces is missing".to_owned()]);
    };
    let of_a_kind = |old: Kind| (old.document, old.subtype) == (kind.document, kind.subtype);
    let kept = kind.subtype != Subtype::Simplified || old_issued == issued.unix();
    let right = [
        ("replaces a document of another number", old_number == *number),
        ("replaces a document of another type", kind_from(old_kind).is_some_and(of_a_kind)),
        ("does not keep the moment of issue of the document that it replaces", kept),
        ("replaces a document that was not rejected", state.as_deref() == Some("Rejected")),
        ("is not the only one that replaces its document", successors == 1),
    ];
    let wrong = right.into_iter().filter(|(_, right)| !right);
    Ok(wrong.map(|(what, _)| format!("it {what}")).collect())
}

/// What was paid for the lines, where it does not follow from the document.
fn paid(exhibit: &Exhibit<'_>) -> Option<String> {
    let packed = exhibit.paid?;
    let content = match ubl::read(exhibit.xml) {
        Ok(reading) => Content::read(&reading),
        Err(error) => return Some(error.to_string()),
    };
    let paid = content.as_ref().and_then(|content| Some((content, content.unpack(Some(packed))?)));
    match paid {
        None => Some("what was paid for its lines cannot be read".to_owned()),
        Some((content, paid)) => content.check(&paid).err(),
    }
}

/// The currency of the row's amounts. The bytes are canonical, so the element
/// is written in one way only.
fn currency(exhibit: &Exhibit<'_>) -> Option<String> {
    const ELEMENT: &[u8] = b"<cbc:DocumentCurrencyCode>";
    let at = exhibit.xml.windows(ELEMENT.len()).position(|bytes| bytes == ELEMENT)? + ELEMENT.len();
    let code = exhibit.currency.unwrap_or("SAR");
    let same = exhibit.xml.get(at..).is_some_and(|rest| rest.starts_with(code.as_bytes()));
    (!same).then(|| "the row's currency is not the document's".to_owned())
}

/// The lines of a credit note against what was sold and every earlier return.
fn taken_back(
    db: &Connection,
    chains: &BTreeMap<ChainId, Chain>,
    packers: &mut HashMap<i64, Packer>,
    exhibit: &Exhibit<'_>,
) -> Result<Vec<String>, StorageError> {
    let Some(ReturnOf { original, lines: own }) = of_note(db, exhibit.id)? else { return Ok(Vec::new()) };
    let mut statement = db.prepare_cached("SELECT xml, kind FROM documents WHERE id = ?1")?;
    let row: Option<(Vec<u8>, i64)> =
        statement.query_row([original.row()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((packed, kind)) = row else {
        return Ok(vec!["the document whose lines it takes back is missing".to_owned()]);
    };
    if kind_from(kind).is_none_or(|kind| kind.document == DocumentType::CreditNote) {
        return Ok(vec!["it takes back the lines of a credit note".to_owned()]);
    }
    let packer = chains.get(&original.chain()).and_then(|chain| packers.get_mut(&chain.dictionary));
    // An original that cannot be read is a finding of its own, under its own name.
    let Some(Ok(xml)) = packer.map(|packer| packer.unpack(&packed)) else { return Ok(Vec::new()) };
    let Ok((content, paid)) = content_and_paid(db, original, &xml) else { return Ok(Vec::new()) };
    let counting = counting(db, original)?;
    let here = |row: &&Returned| row.note == exhibit.id;
    if counting.iter().find(here).is_some_and(|row| row.lines.len() != own.len()) {
        return Ok(vec!["it takes back lines of several documents".to_owned()]);
    }
    let lines: Vec<ReturnedLine> = counting.into_iter().flat_map(|row| row.lines).collect();
    let excess = within(&content, &paid, std::iter::empty(), &lines).err();
    Ok(excess.map(|excess| exceeded(excess, original)).into_iter().collect())
}

fn exceeded(excess: Excess, original: DocumentId) -> String {
    match excess {
        Excess::NoSuchLine { line } => {
            format!("it takes back line {line} of document {original}, which has no such line")
        }
        Excess::Quantity { line, .. } => {
            format!("more of line {line} of document {original} is taken back than was sold")
        }
        Excess::Refund { line, .. } => {
            format!("more is given back for line {line} of document {original} than was paid")
        }
    }
}
