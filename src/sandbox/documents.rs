//! The calls that take documents: compliance checks, reporting, clearance (fatoora-api.md sections 3.2 and 4).

use serde_json::{Value, json};

use super::authority::CsidKind;
use super::book::{Accepted, Endpoint, Link};
use super::certificate::CertificateFacts;
use super::clearing;
use super::digest;
use super::environment::Environment;
use super::judge::{self, Category, Findings, Kind, Paper, Signers, Submission, Verdict};
use super::office::{Desk, Note, Office, Outcome};
use super::registry::Step;
use super::settings::{ChainPolicy, Settings};

/// Who sends: a credential and the certificates that its documents may carry.
struct Sender {
    at: usize,
    csid: String,
    kind: CsidKind,
    certificate: CertificateFacts,
    siblings: Vec<CertificateFacts>,
}

/// Judges and books a document.
///
/// `clearance_status` is the header of that name; `0` asks for clearance while it is switched off. `scripted`
/// are findings of a fault script, which count like those of the judgement.
pub(super) fn submit(
    office: &Office,
    env: Environment,
    endpoint: Endpoint,
    who: usize,
    clearance_status: Option<&str>,
    body: &Value,
    scripted: &Findings,
) -> Outcome {
    let settings = office.settings();
    if endpoint == Endpoint::Clearance
        && (!settings.clearance_enabled || clearance_status.map(str::trim) == Some("0"))
    {
        return clearance_off();
    }
    let field = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (Some(invoice_hash), Some(uuid), Some(invoice)) =
        (field("invoiceHash"), field("uuid"), field("invoice"))
    else {
        let message = "invoiceHash, uuid and invoice are required fields, each a string";
        return Outcome::errors(400, "Invalid-Request", message);
    };
    let Some(sender) = sender(&office.desk(), who) else {
        return Outcome::gateway(401, "Unauthorized", "unknown credentials", office.now());
    };
    let submission = Submission { invoice_hash, uuid, invoice };
    let signers = Signers { current: &sender.certificate, others: &sender.siblings };
    let mut verdict = judge::judge(&submission, &signers, office.now());
    verdict.findings.absorb(scripted.clone());
    decide(office, &settings, env, endpoint, &sender, verdict, invoice)
}

/// 303 of clearance while it is switched off.
pub(super) fn clearance_off() -> Outcome {
    let message = "Clearance is deactivated. Please use the /invoices/reporting/single endpoint instead.";
    Outcome::code(303, "Clearance-Deactivated", message)
}

fn sender(desk: &Desk, who: usize) -> Option<Sender> {
    let credential = desk.registry.get(who)?;
    Some(Sender {
        at: who,
        csid: credential.csid().to_owned(),
        kind: credential.kind,
        certificate: credential.certificate.clone(),
        siblings: desk.registry.siblings(who),
    })
}

fn decide(
    office: &Office,
    settings: &Settings,
    env: Environment,
    endpoint: Endpoint,
    sender: &Sender,
    verdict: Verdict,
    invoice: &str,
) -> Outcome {
    let now = office.now();
    let Verdict { mut findings, paper, identity, stamped_by } = verdict;
    let Some(paper) = paper else {
        let note = Note { csid: Some(sender.csid.clone()), ..Note::default() };
        return answer(endpoint, Some(endpoint_kind(endpoint)), &findings, None, note);
    };
    let mut desk = office.desk();
    let chain = chain_of(&desk, sender, &paper, stamped_by.as_deref());
    let note = note(sender, &paper, chain.as_deref());
    if endpoint == Endpoint::Check {
        return finish_check(&mut desk, sender, &paper, &findings, note);
    }
    let hash = paper.hash_text();
    if identity && let Some(before) = desk.book.accepted_before(env, endpoint, &hash, now) {
        let (cleared, chain) = (before.cleared.clone(), before.chain.clone());
        desk.book.count_duplicate(env, &chain);
        return duplicate(endpoint, cleared, note);
    }
    wrong_door(settings, endpoint, &paper, &mut findings);
    let link = match (&chain, note.icv) {
        (Some(chain), Some(icv)) if identity => Some(Link { chain, icv, hash: &hash, pih: &paper.pih }),
        _ => None,
    };
    if let Some(link) = &link
        && settings.chain == ChainPolicy::Strict
    {
        findings.absorb(desk.book.continuity(env, link));
    }
    let cleared = cleared(office, env, endpoint, &paper, &mut findings);
    if let Some(link) = &link {
        let accepted = findings.errors.is_empty();
        desk.book.place(env, link, accepted);
        if accepted {
            let bytes = digest::from_base64(invoice).unwrap_or_default();
            desk.book.accept(Accepted {
                at: now,
                environment: env,
                endpoint,
                chain: link.chain.to_owned(),
                number: paper.number.clone(),
                uuid: paper.uuid.clone(),
                icv: link.icv,
                hash: hash.clone(),
                warnings: findings.warnings.iter().map(|f| f.code.clone()).collect(),
                bytes_sha256: digest::hex(&digest::sha256(&bytes)),
                cleared: cleared.clone(),
            });
        }
    }
    answer(endpoint, paper.kind, &findings, cleared, note)
}

/// The CSID whose chain the document belongs to: the one that stamped it, or the sender's for an unstamped
/// standard document. A simplified document without a good stamp belongs to none.
fn chain_of(desk: &Desk, sender: &Sender, paper: &Paper, stamped_by: Option<&str>) -> Option<String> {
    match stamped_by {
        Some(text) => desk.registry.csid_of_certificate(text).map(str::to_owned),
        None if paper.is_simplified() => None,
        None => Some(sender.csid.clone()),
    }
}

/// The cleared document as base64, when clearance has nothing against it.
fn cleared(
    office: &Office,
    env: Environment,
    endpoint: Endpoint,
    paper: &Paper,
    findings: &mut Findings,
) -> Option<String> {
    if endpoint != Endpoint::Clearance || !findings.errors.is_empty() {
        return None;
    }
    let cleared = clearing::clear(paper, office.authority(env), office.now());
    if cleared.is_none() {
        let message = "the document does not use the prefixes ext, cac and cbc";
        findings.error(Category::Xsd, "XSD_ZATCA_INVALID", message);
    }
    cleared.map(|xml| digest::base64(xml.as_bytes()))
}

fn finish_check(desk: &mut Desk, sender: &Sender, paper: &Paper, findings: &Findings, note: Note) -> Outcome {
    if findings.errors.is_empty()
        && sender.kind == CsidKind::Compliance
        && let Some(step) = Step::proven_by(paper)
    {
        desk.registry.pass(sender.at, step);
    }
    answer(Endpoint::Check, paper.kind, findings, None, note)
}

/// Standard documents are cleared and simplified ones reported; reporting takes both while clearance is off.
fn wrong_door(settings: &Settings, endpoint: Endpoint, paper: &Paper, findings: &mut Findings) {
    let message = match (endpoint, paper.kind) {
        (Endpoint::Reporting, Some(Kind::Standard)) if settings.clearance_enabled => {
            "Standard documents must be sent to clearance, which is switched on"
        }
        (Endpoint::Clearance, Some(Kind::Simplified)) => "Simplified documents must be sent to reporting",
        _ => return,
    };
    findings.error(Category::Business, "Invoice-Errors", message);
}

fn note(sender: &Sender, paper: &Paper, chain: Option<&str>) -> Note {
    let digits = !paper.icv.is_empty() && paper.icv.bytes().all(|b| b.is_ascii_digit());
    Note {
        csid: Some(sender.csid.clone()),
        chain: chain.map(str::to_owned),
        number: Some(paper.number.clone()),
        uuid: Some(paper.uuid.clone()),
        icv: if digits { paper.icv.parse().ok() } else { None },
        pih: Some(paper.pih.clone()),
        hash: Some(paper.hash_text()),
        document: Some(format!("{} {}", paper.type_code, paper.flags)),
        ..Note::default()
    }
}

fn endpoint_kind(endpoint: Endpoint) -> Kind {
    if endpoint == Endpoint::Clearance { Kind::Standard } else { Kind::Simplified }
}

/// The invoice answer: 200, 202 with warnings, 400 with errors.
fn answer(
    endpoint: Endpoint,
    kind: Option<Kind>,
    findings: &Findings,
    cleared: Option<String>,
    mut note: Note,
) -> Outcome {
    let status = match (findings.errors.is_empty(), findings.warnings.is_empty()) {
        (false, _) => 400,
        (true, false) => 202,
        (true, true) => 200,
    };
    let clearing = match endpoint {
        Endpoint::Clearance => true,
        Endpoint::Reporting => false,
        _ => kind == Some(Kind::Standard),
    };
    let word = match (clearing, status != 400) {
        (true, true) => "CLEARED",
        (true, false) => "NOT_CLEARED",
        (false, true) => "REPORTED",
        (false, false) => "NOT_REPORTED",
    };
    let mut body = json!({
        "validationResults": findings.to_json(),
        "reportingStatus": if clearing { Value::Null } else { word.into() },
        "clearanceStatus": if clearing { word.into() } else { Value::Null },
        "qrSellertStatus": null,
        "qrBuyertStatus": null,
    });
    if endpoint == Endpoint::Clearance {
        body["clearedInvoice"] = cleared.into();
    }
    note.verdict = Some(word.to_owned());
    note.codes = findings.codes();
    Outcome::new(status, body, note)
}

/// 409 on reporting, 208 with the cleared document on clearance.
pub(super) fn duplicate(endpoint: Endpoint, cleared: Option<String>, mut note: Note) -> Outcome {
    let mut findings = Findings::default();
    if endpoint == Endpoint::Clearance {
        let message = "Invoice Hash Previously Submitted";
        findings.warning(Category::Duplicate, "Invoice-Warning", message);
        let mut outcome = answer(endpoint, Some(Kind::Standard), &findings, cleared, note);
        outcome.status = 208;
        return outcome;
    }
    let message = "Invoice was already Reported successfully earlier.";
    findings.error(Category::Duplicate, "Invoice-Errors", message);
    note.codes = findings.codes();
    let mut outcome = answer(endpoint, Some(Kind::Simplified), &findings, None, note);
    outcome.status = 409;
    outcome
}
