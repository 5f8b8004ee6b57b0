//! The law: whatever happened, the ledger at the end is that of a run without
//! faults over the same sales, and the authority's own book agrees with it.

use std::fs;
use std::path::Path;

use tilld::fatoora::DocumentCall;
use tilld::ledger::{DocumentId, ReportState, Store, Surroundings, SystemClock, audit};

use crate::book::{Book, Entry};
use crate::world::{State, World};

/// A document as it stands at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: DocumentId,
    /// What must be the same in every world.
    pub document: Document,
    pub state: ReportState,
    pub cleared: Option<Vec<u8>>,
    pub attempts: Vec<String>,
    pub printed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub icv: u64,
    pub uuid: String,
    pub number: String,
    pub issued: i64,
    pub hash: String,
    /// With the PIH and everything else.
    pub xml: Vec<u8>,
}

/// What is left of a world.
pub struct End {
    pub rows: Vec<Row>,
    pub faults: Vec<String>,
}

/// Reads the ledger of a world that rests, and audits it.
pub fn read(root: &Path) -> End {
    let home = fs::read_to_string(root.join("last")).expect("it rested");
    let (data, mark) = (Path::new(&home).join("data"), Path::new(&home).join("mark"));
    let mut faults = Vec::new();
    match audit::verify_chain(&data, |_| ()) {
        Ok(report) => {
            faults.extend(report.findings.iter().map(|finding| format!("the audit: {}", finding.what)));
            faults.extend(report.log.iter().map(|finding| format!("the audit of the log: {finding}")));
        }
        Err(error) => faults.push(format!("the audit: {error}")),
    }
    match audit::compare_mark(&data, &mark) {
        Ok(None) => {}
        Ok(Some(error)) | Err(error) => faults.push(format!("the mark: {error}")),
    }
    let surroundings = Surroundings { alone: false, ..Surroundings::new(std::sync::Arc::new(SystemClock)) };
    let mut rows = Vec::new();
    match Store::open_with(&data, &mark, surroundings) {
        Ok(mut store) => rows = all(&mut store),
        Err(error) => faults.push(format!("the ledger does not open: {error}")),
    }
    End { rows, faults }
}

fn all(store: &mut Store) -> Vec<Row> {
    let mut rows = Vec::new();
    for chain in (1..).map_while(tilld::ledger::ChainId::new) {
        let before = rows.len();
        for icv in (1..).map_while(tilld::chain::Icv::new) {
            let id = DocumentId::new(chain, icv).expect("few");
            if store.document(id).expect("read").is_none() {
                break;
            }
            rows.push(row(store, id));
        }
        if rows.len() == before && chain.get() > 1 {
            break;
        }
    }
    assert_eq!(rows.len() as u64, store.documents(), "every document of every chain");
    rows
}

fn row(store: &mut Store, id: DocumentId) -> Row {
    let stored = store.document(id).expect("read").expect("no gap");
    let attempts = store.attempts(id).expect("read");
    let printed = store.print_state(id).expect("read");
    Row {
        id,
        document: Document {
            icv: stored.icv.get(),
            uuid: stored.uuid.to_string(),
            number: stored.number,
            issued: stored.issued.unix(),
            hash: stored.hash.to_base64(),
            xml: store.xml(id).expect("read"),
        },
        state: store.report_state(id).expect("read"),
        cleared: store.cleared_xml(id).expect("read"),
        attempts: attempts.into_iter().map(|attempt| attempt.verdict).collect(),
        printed: printed.is_none_or(|state| state == tilld::ledger::PrintState::Printed),
    }
}

/// Everything that is wrong with the end of a world, beside what was seen on the way.
pub fn judge(world: &World, end: &End, reference: &End) -> Vec<String> {
    let state = world.state();
    let mut wrong = end.faults.clone();
    wrong.extend(reference.faults.iter().map(|fault| format!("the fault-free run: {fault}")));
    same_documents(end, reference, &mut wrong);
    in_order(end, &mut wrong);
    for row in &end.rows {
        let entry = state.book.entry(&row.document.hash);
        agrees(row, &entry, &mut wrong);
        evidence(&state, row, &mut wrong);
        on_paper(&state, row, &mut wrong);
    }
    let unknown = state.book.hashes().filter(|hash| !end.rows.iter().any(|row| row.document.hash == **hash));
    wrong.extend(unknown.map(|hash| format!("the book has {hash}, which the ledger has not")));
    wrong
}

fn same_documents(end: &End, reference: &End, wrong: &mut Vec<String>) {
    if end.rows.len() != reference.rows.len() {
        let (ours, theirs) = (end.rows.len(), reference.rows.len());
        wrong.push(format!("{ours} documents, {theirs} in the fault-free run"));
    }
    for (ours, theirs) in end.rows.iter().zip(&reference.rows) {
        if ours.document != theirs.document {
            wrong.push(format!("{} is not the document of the fault-free run", ours.id));
        }
        if accepted(ours.state) != accepted(theirs.state) {
            let (ours_is, theirs_is) = (ours.state, theirs.state);
            wrong.push(format!("{} is {ours_is}, in the fault-free run {theirs_is}", ours.id));
        }
    }
}

fn accepted(state: ReportState) -> Option<bool> {
    match state {
        ReportState::Reported | ReportState::ReportedWithWarnings | ReportState::Cleared => Some(true),
        ReportState::Rejected => Some(false),
        ReportState::Queued | ReportState::InFlight | ReportState::Held => None,
    }
}

fn agrees(row: &Row, entry: &Entry, wrong: &mut Vec<String>) {
    let Row { id, state, .. } = row;
    match accepted(*state) {
        None => wrong.push(format!("a document starves: {id} is {state}")),
        Some(true) if entry.accepted.is_empty() => {
            wrong.push(format!("{id} is {state}, but the book has not accepted it"));
        }
        Some(false) if !entry.accepted.is_empty() || !Book::refuses(&row.document.hash) => {
            wrong.push(format!("{id} is {state}, but the book has not refused it"));
        }
        _ => {}
    }
    let cleared = entry.accepted.iter().any(|(_, call)| *call == DocumentCall::Clearance);
    if (*state == ReportState::Cleared) != row.cleared.is_some() || (row.cleared.is_some() && !cleared) {
        wrong.push(format!("{id} is {state}, and the cleared document does not go with that"));
    }
    if row.cleared.is_some() && row.cleared != entry.cleared {
        wrong.push(format!("{id}: the cleared document is not the authority's"));
    }
    let soon = entry.accepted.windows(2).any(|pair| pair[1].0 - pair[0].0 < 86_400);
    if soon {
        wrong.push(format!("{id} was accepted twice within a day"));
    }
}

/// Moments of issue never run backwards along a chain.
fn in_order(end: &End, wrong: &mut Vec<String>) {
    for pair in end.rows.windows(2).filter(|pair| pair[0].id.chain() == pair[1].id.chain()) {
        if pair[1].document.issued < pair[0].document.issued {
            wrong.push(format!("{} is dated before the document that it follows", pair[1].id));
        }
    }
}

/// Milliseconds from each sale to its end, for those that had one at once.
pub fn delays(world: &World) -> Vec<(DocumentId, u64)> {
    let state = world.state();
    let delay = |(id, sold): (&DocumentId, &u64)| Some((*id, state.final_at.get(id)?.saturating_sub(*sold)));
    state.sold_at.iter().filter_map(delay).collect()
}

/// Every attempt is on record; after a power cut those since the last flush may be lost.
fn evidence(state: &State, row: &Row, wrong: &mut Vec<String>) {
    let begun = state.begun.get(&row.id).copied().unwrap_or(0) as usize;
    let kept = row.attempts.len();
    if kept > begun || (kept < begun && state.power_cuts == 0) {
        wrong.push(format!("{}: {begun} attempts were begun, {kept} are on record", row.id));
    }
}

fn on_paper(state: &State, row: &Row, wrong: &mut Vec<String>) {
    let Some(sold) = state.sold.iter().find(|sold| sold.id == row.id) else {
        wrong.push(format!("{} is in the ledger, and the POS application knows no sale", row.id));
        return;
    };
    let papers: u32 =
        state.paper.iter().filter(|(job, _)| job.document == row.id).map(|(_, count)| count).sum();
    // A standard document that was refused never was an invoice.
    let due = sold.print && !(sold.standard && row.state == ReportState::Rejected);
    if papers != u32::from(due) || !row.printed {
        wrong.push(format!("{}: {papers} receipts, asked for: {}", row.id, sold.print));
    }
}
