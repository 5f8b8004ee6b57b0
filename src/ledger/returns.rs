//! What credit notes took back, line by line. Whoever asks for a return works
//! out its amounts; the store holds them against the original and every earlier
//! return in the same step that takes the number, so that no two requests
//! together give back more than was sold.

use rusqlite::{Connection, Row};
use thiserror::Error;

use super::corrections::{predecessors, successor};
use super::ids::DocumentId;
use super::paid::{Content, Paid};
use super::state::ReportState;
use super::{AppendError, Order, StorageError, Store, Stored};
use crate::invoice::{Basis, DocumentType, Invoice};
use crate::money::{Halalas, Quantity};
use crate::text::Bilingual;
use crate::ubl::{self, ReadError};

/// What a credit note takes back of a document in this ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnOf {
    pub original: DocumentId,
    pub lines: Vec<ReturnedLine>,
}

/// One line of a credit note and the original line that it takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnedLine {
    /// Line of the credit note, from 1.
    pub note_line: u32,
    /// Line of the original, from 1.
    pub original_line: u32,
    /// What comes back; none if only money is given back.
    pub quantity: Option<Quantity>,
    /// What is given back, on the basis of the original's [`Paid`], in halalas
    /// of its currency.
    pub refund: Halalas,
}

/// A credit note that counts, and what it took back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    pub note: DocumentId,
    /// The document that the note was written on, or a rejected one that it replaces.
    pub original: DocumentId,
    /// BT-110 of the note, in the currency of the document.
    pub tax: Halalas,
    /// One for each line of the note, in their order.
    pub lines: Vec<ReturnedLine>,
}

/// What a return or a correction needs to know of a stored document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    pub stored: Stored,
    pub state: ReportState,
    /// What its XML says, with what was paid for each line, the basis of that,
    /// and what was handed over.
    pub invoice: Invoice,
    /// Every earlier return that counts, in the order of issue; the successor of
    /// a rejected note stands in the place of that one.
    pub returned: Vec<Returned>,
    /// The document that replaces it. If there is one, returns are taken of that one.
    pub corrected_by: Option<DocumentId>,
}

/// Why a return is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReturnError {
    #[error(
        "the original of this return is not in this till's ledger. Give its invoice number and date instead, as for an \
         invoice of an older system"
    )]
    NoOriginal,
    #[error(
        "{number} is a credit note itself; nothing was sold by it. Name the invoice on which the goods were sold"
    )]
    OriginalIsNote { number: String },
    #[error(
        "the authority rejected {number}, so it cannot be credited. Correct it first (`tilld correct`), then credit \
         the corrected document"
    )]
    OriginalRejected { number: String },
    #[error("line {line} of {number} has {left} left to return, not {asked}. Return at most {left}")]
    Quantity { number: String, line: u32, left: Quantity, asked: Quantity },
    #[error("line {line} of {number} has {left} left to refund, not {asked}. Refund at most {left}")]
    Refund { number: String, line: u32, left: Halalas, asked: Halalas },
}

impl ReturnError {
    /// What the cashier reads.
    pub fn words(&self) -> Bilingual {
        let ar = match self {
            ReturnError::NoOriginal => {
                "الفاتورة الأصلية غير موجودة في سجل هذا الجهاز. أدخل رقمها وتاريخها كفاتورة من نظام سابق."
                    .to_owned()
            }
            ReturnError::OriginalIsNote { number } => {
                format!("المستند {number} إشعار دائن وليس فاتورة بيع. اختر الفاتورة التي بيعت بها البضاعة.")
            }
            ReturnError::OriginalRejected { number } => {
                format!(
                    "رفضت الهيئة المستند {number} فلا يصدر عليه إشعار دائن. صححه أولا ثم أصدر الإشعار على المستند المصحح."
                )
            }
            ReturnError::Quantity { number, line, left, asked } => {
                format!(
                    "المتبقي للإرجاع من السطر {line} في الفاتورة {number} هو {left} والمطلوب {asked}. أرجع {left} على الأكثر."
                )
            }
            ReturnError::Refund { number, line, left, asked } => {
                format!(
                    "المبلغ المتبقي للرد من السطر {line} في الفاتورة {number} هو {left} والمطلوب {asked}. رد {left} على الأكثر."
                )
            }
        };
        Bilingual::new(self.to_string(), ar)
    }
}

/// Beyond what is left of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Excess {
    NoSuchLine { line: u32 },
    Quantity { line: u32, left: Quantity, asked: Quantity },
    Refund { line: u32, left: Halalas, asked: Halalas },
}

impl Excess {
    fn refusal(self, number: String) -> AppendError {
        match self {
            Excess::NoSuchLine { line } => fault(format!("{number} has no line {line} to return")),
            Excess::Quantity { line, left, asked } => {
                ReturnError::Quantity { number, line, left, asked }.into()
            }
            Excess::Refund { line, left, asked } => ReturnError::Refund { number, line, left, asked }.into(),
        }
    }
}

/// A return that no request can ask for: the fault is the program's.
fn fault(detail: String) -> AppendError {
    StorageError::Refused { detail }.into()
}

/// Holds further returned lines against what is left of the original's after
/// the earlier ones; the first excess is named.
pub(super) fn within(
    content: &Content,
    paid: &Paid,
    earlier: impl Iterator<Item = ReturnedLine>,
    further: &[ReturnedLine],
) -> Result<(), Excess> {
    let sold = content.lines.iter().zip(&paid.lines);
    let mut left: Vec<(i64, i64)> =
        sold.map(|(line, paid)| (line.quantity.thousandths(), paid.get())).collect();
    let at = |line: u32| usize::try_from(line).ok().and_then(|line| line.checked_sub(1));
    for line in earlier {
        let Some((quantity, refund)) = at(line.original_line).and_then(|at| left.get_mut(at)) else {
            return Err(Excess::NoSuchLine { line: line.original_line });
        };
        let taken = line.quantity.map_or(0, Quantity::thousandths);
        (*quantity, *refund) = (quantity.saturating_sub(taken), refund.saturating_sub(line.refund.get()));
    }
    for asked in further {
        let line = asked.original_line;
        let Some((quantity, refund)) = at(line).and_then(|at| left.get_mut(at)) else {
            return Err(Excess::NoSuchLine { line });
        };
        let taken = asked.quantity.map_or(0, Quantity::thousandths);
        if taken > *quantity {
            let left = Quantity::from_thousandths((*quantity).max(0));
            return Err(Excess::Quantity { line, left, asked: Quantity::from_thousandths(taken) });
        }
        if asked.refund.get() > *refund {
            let left = Halalas::new((*refund).max(0));
            return Err(Excess::Refund { line, left, asked: asked.refund });
        }
        (*quantity, *refund) = (*quantity - taken, *refund - asked.refund.get());
    }
    Ok(())
}

impl Store {
    /// Everything that a return or a correction needs to know of a document.
    pub fn original(&mut self, id: DocumentId) -> Result<Option<Original>, StorageError> {
        let Some(stored) = self.document(id)? else { return Ok(None) };
        let xml = self.xml(id)?;
        let (_, paid) = content_and_paid(&self.db, id, &xml)?;
        let unreadable = |error: ReadError| StorageError::damaged(format!("document {id}: {error}"));
        let mut invoice = ubl::restore(&xml).map_err(unreadable)?;
        invoice.priced.basis = paid.basis;
        for (line, paid) in invoice.priced.lines.iter_mut().zip(paid.lines) {
            line.paid = paid;
        }
        (invoice.priced.tenders, invoice.priced.change) = (stored.tenders.clone(), stored.change);
        Ok(Some(Original {
            state: self.report_state(id)?,
            returned: counting(&self.db, id)?,
            corrected_by: successor(&self.db, id)?,
            stored,
            invoice,
        }))
    }

    /// Every return of a document that counts, as in [`Original::returned`]: those
    /// of the rejected documents that it replaces belong to it.
    pub fn returns_of(&self, id: DocumentId) -> Result<Vec<Returned>, StorageError> {
        counting(&self.db, id)
    }

    /// What a credit note took back; none if its original is not here.
    pub fn returned_by(&self, note: DocumentId) -> Result<Option<ReturnOf>, StorageError> {
        of_note(&self.db, note)
    }

    /// Refuses an order that takes back what it may not.
    pub(super) fn check_return(&mut self, order: &Order) -> Result<(), AppendError> {
        let replaced = order.corrects.map(|note| of_note(&self.db, note)).transpose()?.flatten();
        let Some(of) = &order.returns else {
            return match replaced {
                Some(_) => Err(fault("the corrected credit note does not say what it takes back".into())),
                None => Ok(()),
            };
        };
        if let Some(wrong) = misshapen(order, of) {
            return Err(fault(wrong.into()));
        }
        let Some(original) = self.original(of.original)? else { return Err(ReturnError::NoOriginal.into()) };
        let number = original.stored.number;
        if original.stored.kind.document == DocumentType::CreditNote {
            return Err(ReturnError::OriginalIsNote { number }.into());
        }
        if original.state == ReportState::Rejected {
            return Err(ReturnError::OriginalRejected { number }.into());
        }
        if original.invoice.priced.basis != order.priced.basis {
            return Err(fault(format!("the note's prices are not on the basis of {number}")));
        }
        if let Some(replaced) = replaced
            && !predecessors(&self.db, of.original)?.contains(&replaced.original)
        {
            return Err(fault("the corrected credit note takes back another document's lines".into()));
        }
        let earlier = original.returned.iter().filter(|row| Some(row.note) != order.corrects);
        let earlier = earlier.flat_map(|row| row.lines.iter().copied());
        let priced = &original.invoice.priced;
        within(&Content::of(priced), &Paid::of(priced), earlier, &of.lines)
            .map_err(|excess| excess.refusal(number))
    }

    /// A corrected invoice still covers what was returned of the rejected one.
    pub(super) fn check_returned_before(&self, of: &Stored, order: &Order) -> Result<(), AppendError> {
        let earlier: Vec<ReturnedLine> =
            counting(&self.db, of.id)?.into_iter().flat_map(|row| row.lines).collect();
        if earlier.is_empty() {
            return Ok(());
        }
        let (content, paid) = (Content::of(&order.priced), Paid::of(&order.priced));
        within(&content, &paid, std::iter::empty(), &earlier)
            .map_err(|excess| excess.refusal(of.number.clone()))
    }
}

/// What only a fault of the program can bring about.
fn misshapen(order: &Order, of: &ReturnOf) -> Option<&'static str> {
    let lines = order.priced.lines.len() as u64;
    let places: std::collections::BTreeSet<u32> = of.lines.iter().map(|line| line.note_line).collect();
    let refunds: i128 = of.lines.iter().map(|line| i128::from(line.refund.get())).sum();
    let totals = &order.priced.totals;
    let total = match order.priced.basis {
        Basis::Inclusive => totals.tax_inclusive,
        Basis::Net => totals.tax_exclusive,
    };
    if order.kind.document != DocumentType::CreditNote {
        Some("only a credit note takes anything back")
    } else if of.lines.is_empty() || places.len() != of.lines.len() {
        Some("a return without lines, or with two for one line of the note")
    } else if places.iter().any(|line| *line == 0 || u64::from(*line) > lines) {
        Some("a return names a line that the note does not have")
    } else if of.lines.iter().any(|line| {
        line.refund.get() < 0 || line.quantity.is_some_and(|quantity| quantity.thousandths() <= 0)
    }) {
        Some("a return of less than nothing")
    } else if i128::from(total.get()) > refunds {
        Some("the credit note gives back more than its lines take back")
    } else {
        None
    }
}

/// What a stored document says of its lines, and what was paid for them.
pub(super) fn content_and_paid(
    db: &Connection,
    id: DocumentId,
    xml: &[u8],
) -> Result<(Content, Paid), StorageError> {
    let damaged = |what: String| StorageError::damaged(format!("document {id}: {what}"));
    let mut statement = db.prepare_cached("SELECT paid FROM documents WHERE id = ?1")?;
    let packed: Option<Vec<u8>> = statement.query_row([id.row()], |row| row.get(0))?;
    let reading = ubl::read(xml).map_err(|error| damaged(error.to_string()))?;
    let content = Content::read(&reading);
    let content = content.ok_or_else(|| damaged("a quantity has more than three decimals".into()))?;
    let paid = content.unpack(packed.as_deref());
    let paid = paid.ok_or_else(|| damaged("what was paid for its lines cannot be read".into()))?;
    Ok((content, paid))
}

/// The notes that count against a document: those written on it and on the
/// rejected documents that it replaces, in order of issue. The successor of a
/// rejected note stands in the place of that one.
pub(super) fn counting(db: &Connection, id: DocumentId) -> Result<Vec<Returned>, StorageError> {
    let mut found: Vec<Returned> = Vec::new();
    for original in predecessors(db, id)?.into_iter().rev() {
        let mut statement = db.prepare_cached(
            "SELECT line, note_line, quantity, refund, note, corrects, tax
             FROM returns JOIN documents ON documents.id = note WHERE original = ?1 ORDER BY entry",
        )?;
        let mut rows = statement.query([original.row()])?;
        while let Some(row) = rows.next()? {
            let (line, note, replaces) = (read_line(row)?, document_id(row.get(4)?)?, row.get(5)?);
            if let Some(known) = found.iter_mut().find(|known| known.note == note) {
                known.lines.push(line);
                continue;
            }
            let new = Returned { note, original, tax: Halalas::new(row.get(6)?), lines: vec![line] };
            match found.iter_mut().find(|known| Some(known.note.row()) == replaces) {
                Some(replaced) => *replaced = new,
                None => found.push(new),
            }
        }
    }
    found.iter_mut().for_each(|note| note.lines.sort_by_key(|line| line.note_line));
    Ok(found)
}

/// What a credit note took back. The original is that of its first line; notes
/// that are written here have no other.
pub(super) fn of_note(db: &Connection, note: DocumentId) -> Result<Option<ReturnOf>, StorageError> {
    let mut statement = db.prepare_cached(
        "SELECT line, note_line, quantity, refund, original FROM returns WHERE note = ?1 ORDER BY note_line",
    )?;
    let mut rows = statement.query([note.row()])?;
    let mut found: Option<ReturnOf> = None;
    while let Some(row) = rows.next()? {
        let original = document_id(row.get(4)?)?;
        found.get_or_insert(ReturnOf { original, lines: Vec::new() }).lines.push(read_line(row)?);
    }
    Ok(found)
}

fn document_id(row: i64) -> Result<DocumentId, StorageError> {
    DocumentId::from_row(row).ok_or_else(|| StorageError::damaged("a return names no document"))
}

fn read_line(row: &Row<'_>) -> Result<ReturnedLine, StorageError> {
    Ok(ReturnedLine {
        original_line: row.get(0)?,
        note_line: row.get(1)?,
        quantity: row.get::<_, Option<i64>>(2)?.map(Quantity::from_thousandths),
        refund: Halalas::new(row.get(3)?),
    })
}

/// Writes what a note takes back, within the transaction of the note.
pub(super) fn insert(db: &Connection, note: DocumentId, of: &ReturnOf) -> Result<(), StorageError> {
    let sql = "SELECT coalesce(max(entry), 0) FROM returns WHERE original = ?1";
    let last: i64 = db.prepare_cached(sql)?.query_row([of.original.row()], |row| row.get(0))?;
    let mut statement = db.prepare_cached(
        "INSERT INTO returns (original, entry, line, note, note_line, quantity, refund)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for (entry, line) in (last + 1..).zip(&of.lines) {
        statement.execute((
            of.original.row(),
            entry,
            line.original_line,
            note.row(),
            line.note_line,
            line.quantity.map(Quantity::thousandths),
            line.refund.get(),
        ))?;
    }
    Ok(())
}
