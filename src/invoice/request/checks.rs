//! What a kind of document demands of fields that are right by themselves.

use crate::invoice::draft::Draft;
use crate::invoice::exemptions;
use crate::invoice::fields::{Fields, Findings};
use crate::invoice::finding::Finding;
use crate::invoice::kind::{DocumentType, Subtype};
use crate::invoice::party::{Address, Buyer};
use crate::invoice::tax::{Category, Vat};
use crate::text::{BuyerPart, DocumentProblem, Problem};

/// Adds what is wrong between fields; `fields` tells absent ones from faulty ones.
pub(in crate::invoice) fn check(fields: &Fields<'_>, draft: &Draft, found: &mut Findings) {
    check_flags(draft, found);
    check_note(fields, draft, found);
    if draft.kind.subtype == Subtype::Standard {
        check_company(fields, draft, found);
    } else if draft.terms.currency.is_some() {
        found.push(Finding::at("currency", DocumentProblem::CurrencyOnSimplified.into()));
    }
    if draft.kind.flags.export && draft.kind.subtype == Subtype::Standard {
        check_export(draft, found);
    }
    if draft.kind.flags.summary {
        check_summary(fields, draft, found);
    }
    if !draft.prepayments.is_empty() && draft.kind.document != DocumentType::Invoice {
        found.push(Finding::at("prepayments", DocumentProblem::OnlyOnInvoices.into()));
    }
    check_citizen(draft, found);
}

/// Which flags go together (BR-KSA-07, BR-KSA-31).
fn check_flags(draft: &Draft, found: &mut Findings) {
    if let Some((flag, rule)) = draft.kind.forbidden_flag() {
        found.push(Finding::at("flags", DocumentProblem::Flag { flag, rule }.into()));
    }
}

/// Notes name the original and a reason; other documents have neither.
fn check_note(fields: &Fields<'_>, draft: &Draft, found: &mut Findings) {
    let given = |key| fields.get(key).is_some();
    if draft.kind.document.is_note() {
        if draft.terms.billing_references.is_empty()
            && found.iter().all(|one| !one.field.starts_with("originals"))
        {
            found.push(Finding::at("originals", DocumentProblem::NoOriginal.into()));
        }
        if !given("reason") {
            found.push(Finding::at("reason", DocumentProblem::NoReason.into()));
        }
        return;
    }
    for key in ["originals", "reason"] {
        if given(key) {
            found.push(Finding::at(key, DocumentProblem::OnlyOnNotes.into()));
        }
    }
}

/// The buyer of a standard document (invoice-xml.md section 5).
fn check_company(fields: &Fields<'_>, draft: &Draft, found: &mut Findings) {
    let nobody = Buyer::default();
    let Some(buyer) = draft.terms.buyer.as_ref().or_else(|| fields.get("buyer").is_none().then_some(&nobody))
    else {
        return;
    };
    let faulty = found.iter().any(|one| one.field == "buyer.vat_number");
    let mut demand = Demand { found };
    demand.part(buyer.name.is_some(), BuyerPart::Name, "BR-KSA-42", "buyer.name");
    let known = buyer.id.is_some() || faulty || (buyer.vat.is_some() && !draft.kind.flags.export);
    demand.part(known, BuyerPart::Id, "BR-KSA-81", "buyer.id");
    let nowhere = Address::default();
    let place = buyer.address.as_ref().unwrap_or(&nowhere);
    let saudi = place.country == "SA";
    let everywhere = [
        (&place.street, BuyerPart::Street, "BR-KSA-10", "street"),
        (&place.city, BuyerPart::City, "BR-KSA-10", "city"),
        (&place.country, BuyerPart::Country, "BR-KSA-10", "country"),
        (&place.postal_code, BuyerPart::PostalCode, if saudi { "BR-KSA-63" } else { "BR-10" }, "postal_code"),
    ];
    for (text, part, rule, field) in everywhere {
        demand.part(!text.is_empty(), part, rule, &format!("buyer.address.{field}"));
    }
    if !saudi {
        return;
    }
    demand.part(!place.building.is_empty(), BuyerPart::Building, "BR-KSA-63", "buyer.address.building");
    demand.part(!place.district.is_empty(), BuyerPart::District, "BR-KSA-63", "buyer.address.district");
    let digits = place.postal_code.len() == 5 && place.postal_code.bytes().all(|b| b.is_ascii_digit());
    if !digits && !place.postal_code.is_empty() {
        let problem = DocumentProblem::PostalCode { found: place.postal_code.clone() };
        found.push(Finding::at("buyer.address.postal_code", problem.into()));
    }
}

/// Reports what is absent, unless the field was given and is faulty by itself.
struct Demand<'f> {
    found: &'f mut Findings,
}

impl Demand<'_> {
    fn part(&mut self, is_there: bool, part: BuyerPart, rule: &'static str, field: &str) {
        let reported = self.found.iter().any(|one| one.field.starts_with(field));
        if !is_there && !reported {
            self.found.push(Finding::at(field, DocumentProblem::BuyerPart { part, rule }.into()));
        }
    }
}

/// Exports are zero-rated as such, to buyers without a Saudi VAT number.
fn check_export(draft: &Draft, found: &mut Findings) {
    if draft.terms.buyer.as_ref().is_some_and(|buyer| buyer.vat.is_some()) {
        found.push(Finding::at("buyer.vat_number", DocumentProblem::ExportVatNumber.into()));
    }
    let exported = |vat: &Vat| {
        let code = vat.exemption.as_ref().map_or("", |exemption| exemption.code);
        vat.category == Category::ZeroRated && matches!(code, "VATEX-SA-32" | "VATEX-SA-33")
    };
    for (at, _) in draft.lines.iter().enumerate().filter(|(_, line)| !exported(&line.vat)) {
        found.push(Finding::at(format!("lines[{at}].vat"), DocumentProblem::ExportCategory.into()));
    }
}

/// A summary states its period and who bought (BR-KSA-71, BR-KSA-72).
fn check_summary(fields: &Fields<'_>, draft: &Draft, found: &mut Findings) {
    let whole = draft.terms.supply.as_ref().is_some_and(|supply| supply.until.is_some());
    if !whole && found.iter().all(|one| !one.field.starts_with("supply")) {
        found.push(Finding::at("supply", DocumentProblem::SummaryPeriod.into()));
    }
    let named = draft.terms.buyer.as_ref().is_some_and(|buyer| buyer.name.is_some());
    let faulty = fields.get("buyer").is_some() && draft.terms.buyer.is_none();
    if !named && !faulty {
        Demand { found }.part(false, BuyerPart::Name, "BR-KSA-71", "buyer.name");
    }
}

/// Zero-rated education and health care need the citizen's name and national id.
fn check_citizen(draft: &Draft, found: &mut Findings) {
    let needs =
        |vat: &Vat| vat.exemption.as_ref().is_some_and(|exemption| exemptions::needs_citizen(exemption.code));
    let lines = draft.lines.iter().map(|line| &line.vat);
    let rest =
        draft.charges.iter().map(|charge| &charge.vat).chain(draft.prepayments.iter().map(|one| &one.vat));
    if !lines.chain(rest).any(needs) {
        return;
    }
    let buyer = draft.terms.buyer.as_ref();
    if buyer.and_then(|buyer| buyer.name.as_ref()).is_none() {
        found.push(Finding::at("buyer.name", Problem::CitizenName));
    }
    if buyer.and_then(|buyer| buyer.id.as_ref()).is_none_or(|id| id.scheme != "NAT") {
        found.push(Finding::at("buyer.id", Problem::CitizenId));
    }
}
