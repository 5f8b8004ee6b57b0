//! Puts the changes into a document and holds the result against the demands of
//! its kind. Amounts stay untouched.

use super::{Changes, LineChange};
use crate::invoice::fields::{Fields, Findings};
use crate::invoice::json::Json;
use crate::invoice::request::{check, resolve};
use crate::invoice::{
    Buyer, Category, DocumentCharge, Draft, DraftLine, Exemption, Finding, Invoice, ItemName, Kind,
    Prepayment, Priced, Terms, UnitPrice, Vat,
};
use crate::money::{Halalas, Rate};
use crate::text::{ReturnProblem, StoredProblem};

/// The terms and lines of the document that replaces a rejected one. Fails with
/// every finding, whose fields are paths into the request.
pub fn apply(invoice: &Invoice, changes: &Changes) -> Result<(Terms, Priced), Vec<Finding>> {
    let (kind, mut priced) = (invoice.header.kind, invoice.priced.clone());
    let terms = changed_terms(&invoice.header.terms, changes);
    let mut found = Findings::new();
    change_lines(&mut priced, &changes.lines, &mut found);
    check_whole(kind, &terms, &priced, &mut found);
    found.iter_mut().for_each(|finding| finding.field = format!("changes.{}", finding.field));
    if found.is_empty() { Ok((terms, priced)) } else { Err(found) }
}

fn changed_terms(before: &Terms, changes: &Changes) -> Terms {
    let either = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
    Terms {
        buyer: match &changes.buyer {
            Some(nobody) if *nobody == Buyer::default() => None,
            Some(buyer) => Some(buyer.clone()),
            None => before.buyer.clone(),
        },
        supply: changes.supply.clone().or_else(|| before.supply.clone()),
        billing_references: match changes.originals.is_empty() {
            true => before.billing_references.clone(),
            false => changes.originals.clone(),
        },
        reason: either(&changes.reason, &before.reason),
        note: either(&changes.note, &before.note),
        order_reference: either(&changes.order_reference, &before.order_reference),
        contract_reference: either(&changes.contract_reference, &before.contract_reference),
        currency: before.currency,
    }
}

/// A reason that a line gets, and with it every line of its category and rate.
struct NewReason {
    line: u32,
    group: (Category, Rate),
    exemption: Exemption,
}

fn change_lines(priced: &mut Priced, changes: &[LineChange], found: &mut Findings) {
    let mut reasons: Vec<NewReason> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let most = u32::try_from(priced.lines.len()).unwrap_or(u32::MAX);
    for (at, change) in changes.iter().enumerate() {
        let path = |key: &str| format!("lines[{at}].{key}");
        let place = usize::try_from(change.line).ok().and_then(|line| line.checked_sub(1));
        let Some(line) = place.and_then(|place| priced.lines.get_mut(place)) else {
            let problem = ReturnProblem::NoSuchLine { line: change.line, most };
            found.push(Finding::at(path("line"), problem.into()));
            continue;
        };
        if !seen.insert(change.line) {
            found.push(Finding::at(path("line"), ReturnProblem::LineTwice { line: change.line }.into()));
            continue;
        }
        if let Some(name) = &change.name {
            line.name = name.text();
        }
        if let Some(unit) = &change.unit {
            line.unit.clone_from(unit);
        }
        line.barcode = change.barcode.clone().or(line.barcode.take());
        line.article = change.article.clone().or(line.article.take());
        match reason(&line.vat, change) {
            Ok(None) => {}
            Ok(Some(exemption)) => {
                let new = NewReason { line: change.line, group: line.vat.group(), exemption };
                found.extend(conflict(&reasons, &new).map(|problem| Finding::at(path("vat"), problem.into())));
                reasons.push(new);
            }
            Err((key, problem)) => found.push(Finding::at(path(&format!("vat.{key}")), problem)),
        }
    }
    reasons.iter().for_each(|new| state_reason(priced, new));
}

/// What a line states from now on; words alone keep the code.
fn reason(vat: &Vat, change: &LineChange) -> Result<Option<Exemption>, (&'static str, crate::text::Problem)> {
    if change.reason_code.is_none() && change.reason.is_none() {
        return Ok(None);
    }
    let known = vat.exemption.as_ref().map(|exemption| exemption.code.to_owned());
    resolve(vat.category, change.reason_code.clone().or(known), change.reason.clone())
}

fn conflict(known: &[NewReason], new: &NewReason) -> Option<StoredProblem> {
    let other = known.iter().find(|one| one.group == new.group && one.exemption != new.exemption)?;
    Some(StoredProblem::TwoReasons { first: other.line, second: new.line })
}

/// A subtotal has room for one reason, so that all that belongs to it states it.
fn state_reason(priced: &mut Priced, new: &NewReason) {
    let lines = priced.lines.iter_mut().map(|line| &mut line.vat);
    let groups = priced.groups.iter_mut().map(|group| &mut group.vat);
    let allowances = priced.allowances.iter_mut().map(|allowance| &mut allowance.vat);
    let charges = priced.charges.iter_mut().map(|charge| &mut charge.vat);
    let advances = priced.prepayments.iter_mut().map(|advance| &mut advance.vat);
    let all = lines.chain(groups).chain(allowances).chain(charges).chain(advances);
    for vat in all.filter(|vat| vat.group() == new.group) {
        vat.exemption = Some(new.exemption.clone());
    }
}

/// The same demands as on a sale: what the document says now is read as if it
/// had been asked for.
fn check_whole(kind: Kind, terms: &Terms, priced: &Priced, found: &mut Findings) {
    const STATED: &[&str] = &["buyer", "reason", "originals"];
    let is_there = [
        ("buyer", terms.buyer.is_some()),
        ("reason", terms.reason.is_some()),
        ("originals", !terms.billing_references.is_empty()),
    ];
    let entries = is_there.into_iter().filter(|(_, is_there)| *is_there);
    let stated = Json::Object(entries.map(|(key, _)| (key.to_owned(), Json::Bool(true))).collect());
    if let Some(fields) = Fields::open(&stated, String::new(), STATED, found) {
        check(&fields, &as_draft(kind, terms, priced), found);
    }
}

/// What the demands look at: kind, terms, and the VAT of all parts.
fn as_draft(kind: Kind, terms: &Terms, priced: &Priced) -> Draft {
    let line = |line: &crate::invoice::PricedLine| DraftLine {
        name: ItemName { arabic: None, english: Some(line.name.clone()) },
        quantity: line.quantity,
        unit: line.unit.clone(),
        price: UnitPrice::Net(line.price),
        discount: None,
        charge: None,
        vat: line.vat.clone(),
        barcode: None,
        article: None,
    };
    let charge = |charge: &crate::invoice::GroupCharge| DocumentCharge {
        amount: charge.amount,
        code: charge.code,
        reason: charge.reason.clone(),
        vat: charge.vat.clone(),
    };
    let advance = |advance: &crate::invoice::PricedPrepayment| {
        let reference = advance.references.first()?.clone();
        Some(Prepayment { reference, vat: advance.vat.clone(), amount: advance.taxable + advance.tax })
    };
    Draft {
        kind,
        terms: terms.clone(),
        reference: None,
        lines: priced.lines.iter().map(line).collect(),
        discount: None,
        charges: priced.charges.iter().map(charge).collect(),
        prepayments: priced.prepayments.iter().filter_map(advance).collect(),
        rounding: Halalas::ZERO,
        tenders: Vec::new(),
    }
}
