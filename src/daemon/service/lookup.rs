//! Stored documents as they are answered.

use uuid::Uuid;

use super::clearing::clearance;
use super::crediting::balance;
use super::refusals::{finding, storage};
use crate::api::{Found, Lookup, Refusal, Sale, wire};
use crate::daemon::findings::findings;
use crate::invoice::returns::Balance;
use crate::invoice::{InvoiceNumber, Subtype};
use crate::ledger::{DocumentId, QrLookupError, ReportState, StorageError, Store, Stored};
use crate::money::Quantity;
use crate::text::ReturnProblem;
use crate::ubl;

/// Documents of which one look-up answers at most.
const MOST_FOUND: usize = 50;

/// What never changes about a document, made from what is stored alone: the
/// first answer to a request and every later one are the same bytes. Only the
/// clearance of a standard document moves, until the authority has answered.
pub(super) fn sale(store: &mut Store, stored: &Stored) -> Result<Sale, Refusal> {
    let xml = store.xml(stored.id).map_err(storage)?;
    let reading = ubl::read(&xml).map_err(|error| Refusal::Fault(error.to_string()))?;
    let number = InvoiceNumber::parse(&stored.number).map_err(|error| Refusal::Fault(error.to_string()))?;
    let returned = store.returned_by(stored.id).map_err(storage)?;
    let clearance = clearance(store, stored, reading.qr.as_deref())?;
    Ok(Sale {
        uuid: stored.uuid,
        number,
        icv: stored.icv,
        issued: stored.issued,
        kind: stored.kind,
        hash: stored.hash,
        net: reading.tax_exclusive,
        vat: stored.tax,
        payable: stored.payable,
        change: stored.change,
        qr: match stored.kind.subtype {
            Subtype::Simplified => reading.qr.unwrap_or_default(),
            Subtype::Standard => String::new(),
        },
        clearance,
        reference: stored.reference.clone(),
        currency: stored.currency.clone(),
        corrects: uuid_of(store, stored.corrects)?,
        credits: uuid_of(store, returned.map(|of| of.original))?,
    })
}

fn uuid_of(store: &Store, id: Option<DocumentId>) -> Result<Option<Uuid>, Refusal> {
    let Some(id) = id else { return Ok(None) };
    let stored = store.document(id).map_err(storage)?;
    stored.map(|stored| Some(stored.uuid)).ok_or_else(|| storage(StorageError::NoDocument(id)))
}

/// All documents that answer to a look-up, the latest first.
pub(super) fn find(store: &mut Store, by: Lookup) -> Result<Vec<Found>, Refusal> {
    let documents: Result<Vec<Stored>, StorageError> = match by {
        Lookup::Uuid(uuid) => store.by_uuid(&uuid).map(|found| found.into_iter().collect()),
        Lookup::Number(number) => store.by_number(&number).map(|found| found.into_iter().rev().collect()),
        Lookup::Reference(reference) => store.by_reference(&reference),
        Lookup::Icv(icv) => store.by_icv(icv),
        Lookup::Qr(text) => match store.by_qr(&text) {
            Err(QrLookupError::Unreadable(_)) => return Err(finding("qr", ReturnProblem::QrText)),
            Err(QrLookupError::Storage(error)) => Err(error),
            Ok(found) => Ok(found.into_iter().collect()),
        },
    };
    documents.map_err(storage)?.iter().take(MOST_FOUND).map(|stored| found(store, stored)).collect()
}

fn found(store: &mut Store, stored: &Stored) -> Result<Found, Refusal> {
    let attempts = store.attempts(stored.id).map_err(storage)?;
    let state = store.report_state(stored.id).map_err(storage)?;
    let held = store.held_reason(stored.id).map_err(storage)?;
    let last = attempts.last().map(|attempt| match &attempt.error {
        Some(error) => error.clone(),
        None => attempt.verdict.clone(),
    });
    Ok(Found {
        sale: sale(store, stored)?,
        report: wire::Report {
            state: state.name().to_owned(),
            attempts: attempts.len() as u64,
            note: held.or(last.filter(|_| state != ReportState::Reported)),
            findings: attempts.last().map(|attempt| findings(state, &attempt.body)).unwrap_or_default(),
        },
        print: store
            .print_state(stored.id)
            .map_err(storage)?
            .map(|state| wire::Print { state: state.name().to_owned() }),
        corrected_by: store.corrected_by(stored.id).map_err(storage)?.map(|by| by.uuid),
        credited: credited(store, stored.id)?,
    })
}

/// What was taken back of a document and what is left; none if nothing was.
fn credited(store: &mut Store, id: DocumentId) -> Result<Option<wire::Credited>, Refusal> {
    let notes = store.returns_of(id).map_err(storage)?;
    if notes.is_empty() {
        return Ok(None);
    }
    let Some(original) = store.original(id).map_err(storage)? else { return Ok(None) };
    let balance = match balance(&original) {
        Ok(balance) => balance,
        // A look-up tells what it can; `tilld verify` names the damage.
        Err(problem) => {
            tracing::warn!(number = original.stored.number, problem = problem.message().en, "no balance");
            return Ok(None);
        }
    };
    let mut uuids = Vec::with_capacity(notes.len());
    for note in notes {
        uuids.extend(uuid_of(store, Some(note.note))?.map(|uuid| uuid.to_string()));
    }
    let left = balance.gross_left();
    Ok(Some(wire::Credited {
        amount: (balance.original().gross() - left).to_string(),
        left: left.to_string(),
        notes: uuids,
        lines: lines(&balance),
    }))
}

fn lines(balance: &Balance) -> Vec<wire::CreditedLine> {
    let lines = balance.original().lines().iter().enumerate();
    let line = |(place, line): (usize, &crate::invoice::returns::OriginalLine)| {
        let left = balance.quantity_left(place);
        let returned = Quantity::from_thousandths(line.quantity.thousandths() - left.thousandths());
        wire::CreditedLine { line: line.number, returned: returned.to_string(), left: left.to_string() }
    };
    lines.map(line).collect()
}
