//! A stored document as it is answered: its row, read the same way by every look-up.

use rusqlite::{Connection, OptionalExtension, Params, Row};
use uuid::Uuid;

use super::StorageError;
use super::ids::{ChainId, DocumentId};
use crate::chain::{Icv, InvoiceHash};
use crate::invoice::{IssueMoment, Kind, Tender, TenderKind};
use crate::money::Halalas;

/// A document that is durable: only this may be printed, sent or answered.
/// The same sale repeated gives an equal value, but for `replayed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub id: DocumentId,
    pub chain: ChainId,
    pub icv: Icv,
    pub uuid: Uuid,
    /// BT-1.
    pub number: String,
    pub kind: Kind,
    pub issued: IssueMoment,
    pub hash: InvoiceHash,
    pub payable: Halalas,
    pub tax: Halalas,
    /// The POS application's own number of the sale.
    pub reference: Option<String>,
    pub tenders: Vec<Tender>,
    /// Cash given back.
    pub change: Halalas,
    /// The sale asked for a receipt.
    pub print: bool,
    /// The rejected document that this one replaces.
    pub corrects: Option<DocumentId>,
    /// ISO 4217 code of `payable` and `tax`; none for riyals.
    pub currency: Option<String>,
    /// An idempotency key brought back the first answer.
    pub replayed: bool,
}

pub(super) const COLUMNS: &str = "id, uuid, number, kind, issued, hash, payable, tax, reference, tenders, change, print, corrects, currency";

impl Stored {
    /// Reads [`COLUMNS`].
    pub(super) fn read(row: &Row<'_>) -> Result<Stored, StorageError> {
        let row_id: i64 = row.get(0)?;
        let damaged = |what: &str| StorageError::damaged(format!("document {row_id} has no valid {what}"));
        let id = DocumentId::from_row(row_id).ok_or_else(|| damaged("id"))?;
        let tenders: String = row.get(9)?;
        Ok(Stored {
            id,
            chain: id.chain(),
            icv: id.icv(),
            uuid: Uuid::from_bytes(row.get(1)?),
            number: row.get(2)?,
            kind: kind_from(row.get(3)?).ok_or_else(|| damaged("kind"))?,
            issued: IssueMoment::from_unix(row.get(4)?).ok_or_else(|| damaged("moment of issue"))?,
            hash: InvoiceHash::new(row.get(5)?),
            payable: Halalas::new(row.get(6)?),
            tax: Halalas::new(row.get(7)?),
            reference: row.get(8)?,
            tenders: tenders_from(&tenders).ok_or_else(|| damaged("tenders"))?,
            change: Halalas::new(row.get(10)?),
            print: row.get(11)?,
            corrects: match row.get::<_, Option<i64>>(12)? {
                Some(row) => {
                    Some(DocumentId::from_row(row).ok_or_else(|| damaged("link to what it corrects"))?)
                }
                None => None,
            },
            currency: row.get(13)?,
            replayed: false,
        })
    }
}

/// The first document that a condition finds.
pub(super) fn find(db: &Connection, sql: &str, params: impl Params) -> Result<Option<Stored>, StorageError> {
    let mut statement = db.prepare_cached(sql)?;
    statement.query_row(params, |row| Ok(Stored::read(row))).optional()?.transpose()
}

const NAME_DIGITS: i64 = 10_000_000;

/// Type code and flags in one number: 388 and `0200000` are 3880200000.
pub(super) fn kind_number(kind: Kind) -> i64 {
    // Both are digits by construction.
    let digits = |text: &str| text.bytes().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
    digits(kind.document.code()) * NAME_DIGITS + digits(&kind.name())
}

pub(super) fn kind_from(number: i64) -> Option<Kind> {
    Kind::parse(&(number / NAME_DIGITS).to_string(), &format!("{:07}", number % NAME_DIGITS))
}

/// `cash:5000,card:1250`, in halalas.
pub(super) fn tenders_text(tenders: &[Tender]) -> String {
    let parts: Vec<String> =
        tenders.iter().map(|tender| format!("{}:{}", tender.kind.word(), tender.amount.get())).collect();
    parts.join(",")
}

pub(super) fn tenders_from(text: &str) -> Option<Vec<Tender>> {
    let one = |part: &str| {
        let (kind, amount) = part.split_once(':')?;
        Some(Tender { kind: TenderKind::from_word(kind)?, amount: Halalas::new(amount.parse().ok()?) })
    };
    text.split(',').filter(|part| !part.is_empty()).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoice::{DocumentType, Subtype};

    #[test]
    fn tenders_and_kinds_come_back() {
        let tenders: Vec<Tender> = TenderKind::ALL
            .into_iter()
            .zip(1..)
            .map(|(kind, n)| Tender { kind, amount: Halalas::new(n * 105) })
            .collect();
        assert_eq!(tenders_from(&tenders_text(&tenders)), Some(tenders));
        assert_eq!(tenders_from(""), Some(vec![]));
        assert_eq!(tenders_from("cash"), None);
        assert_eq!(tenders_from("shells:5"), None);
        let kind = Kind::plain(Subtype::Standard, DocumentType::CreditNote);
        assert_eq!(kind_from(kind_number(kind)), Some(kind));
        assert_eq!(kind_number(Kind::SIMPLIFIED_INVOICE), 3_880_200_000);
        assert_eq!(kind_from(388), None);
        assert_eq!(kind_from(-1), None);
    }
}
