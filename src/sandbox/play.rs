//! A call from its arrival to its answer, with the faults that the script plays on it; all of it goes into the
//! book before the first byte of the answer leaves.

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use serde_json::{Value, json};

use super::book::{Call, Delivered};
use super::case::Case;
use super::faults::{Drawn, Facts, FaultAction, FaultRule};
use super::judge::Findings;
use super::office::{Note, Office, Outcome};
use super::page::Page;
use super::wire::{Conn, End};

/// What the caller gets.
enum Reply {
    Page(Page),
    /// No answer: the connection ends so, after so long.
    Silence(End, Duration),
}

/// Draws a fault, evaluates the call as far as the fault allows, books and answers.
pub(super) async fn answer(office: &Arc<Office>, case: &Case, conn: &Conn) -> Response {
    let asks_icv = office.desk().faults.asks_icv();
    let icv = if asks_icv { case.icv() } else { None };
    let (attempt, drawn) = draw(office, case, icv);
    let rule = drawn.fault.as_ref();
    let outcome = evaluate(office, case, rule);
    let reply = reply(office, case, rule, outcome.as_ref());
    let seq = record(office, case, outcome.as_ref(), &reply, &drawn, (attempt, icv));
    if !drawn.delay.is_zero() {
        tokio::time::sleep(drawn.delay).await;
    }
    match reply {
        Reply::Page(page) => {
            conn.sends(office, seq, drawn.bytes_per_second);
            page.response(office.now())
        }
        Reply::Silence(how, after) => {
            tokio::time::sleep(after).await;
            conn.end(how);
            // Never sent: the connection has ended.
            Page::json(500, &Value::Null).response(office.now())
        }
    }
}

fn draw(office: &Office, case: &Case, icv: Option<u64>) -> (u64, Drawn) {
    let mut desk = office.desk();
    let attempt = desk.book.attempt(case.about());
    let facts = Facts {
        endpoint: case.endpoint,
        env: case.env,
        attempt,
        uuid: case.uuid(),
        icv,
        at: office.instruments.machine_now(),
    };
    (attempt, desk.faults.draw(&facts))
}

/// The evaluation, bent by the rule; `None` when the rule keeps the call from being evaluated.
fn evaluate(office: &Office, case: &Case, rule: Option<&FaultRule>) -> Option<Outcome> {
    let plain = || case.evaluate(office, &Findings::default());
    let Some(rule) = rule else { return Some(plain()) };
    match rule.action {
        action if action.replaces() && !rule.accept => None,
        FaultAction::Clock => {
            office.instruments.advance(rule.seconds);
            Some(plain())
        }
        FaultAction::Replay => {
            plain();
            Some(plain())
        }
        FaultAction::Revoke => Some(revoking(office, case, rule)),
        FaultAction::Findings if case.brings_document() => Some(case.evaluate(office, &rule.findings)),
        FaultAction::Findings => Some(refused(&rule.findings)),
        _ => Some(plain()),
    }
}

/// Revokes the CSID of the call, just before it is evaluated or just after.
fn revoking(office: &Office, case: &Case, rule: &FaultRule) -> Outcome {
    let who = case.sender(office);
    let revoke = || {
        if let Ok(who) = who {
            office.desk().registry.revoke_at(who, office.now());
        }
    };
    if !rule.accept {
        revoke();
    }
    let outcome = case.evaluate(office, &Findings::default());
    if rule.accept {
        revoke();
    }
    outcome
}

/// A refusal of a call that brings no document, in its own form.
fn refused(findings: &Findings) -> Outcome {
    let all = findings.errors.iter().chain(&findings.warnings);
    let errors: Vec<Value> = all.map(|f| json!({"code": f.code, "message": f.message})).collect();
    Outcome::new(400, json!({"errors": errors}), Note { codes: findings.codes(), ..Note::default() })
}

fn reply(office: &Office, case: &Case, rule: Option<&FaultRule>, outcome: Option<&Outcome>) -> Reply {
    match (rule, outcome) {
        (None, Some(outcome)) => Reply::Page(Page::of(outcome)),
        (Some(rule), outcome) => match rule.action {
            FaultAction::Drop => Reply::Silence(End::Cut, Duration::ZERO),
            FaultAction::Reset => Reply::Silence(End::Reset, Duration::ZERO),
            FaultAction::Stall => Reply::Silence(End::Cut, Duration::from_secs(rule.seconds.unsigned_abs())),
            _ => Reply::Page(Page::played(rule, case.endpoint, outcome, office.now())),
        },
        // Without a rule every call is evaluated.
        (None, None) => Reply::Silence(End::Cut, Duration::ZERO),
    }
}

fn record(
    office: &Office,
    case: &Case,
    outcome: Option<&Outcome>,
    reply: &Reply,
    drawn: &Drawn,
    (attempt, icv): (u64, Option<u64>),
) -> u64 {
    let note = outcome.map_or_else(|| case.note(icv), |outcome| outcome.note.clone());
    let call = Call {
        seq: 0, // set by the book
        at: office.now(),
        environment: case.env,
        endpoint: case.endpoint,
        csid: note.csid,
        chain: note.chain,
        number: note.number,
        uuid: note.uuid,
        icv: note.icv,
        pih: note.pih,
        hash: note.hash,
        document: note.document,
        attempt,
        http: match reply {
            Reply::Page(page) => Some(page.status),
            Reply::Silence(..) => None,
        },
        evaluated: outcome.map(|outcome| outcome.status),
        verdict: note.verdict,
        codes: note.codes,
        reason: note.reason,
        fault: drawn.words(),
        delivered: Delivered::None,
    };
    office.desk().book.record(call)
}
