//! What stops the authority's stylesheet as a whole: a place that its tests
//! take for one text and that holds several, a number that is none, a division
//! by zero. The platform then says that the rules could not be executed, and
//! no rule of the stylesheet fires.

use super::super::facts::{Amount, Line, Number, Party, PaymentMeans, TaxCategory};
use super::super::forms::{is_blank, time, trim, written};
use super::super::term::Term;
use super::super::violation::{Form, Violations, Wrong};
use super::exact::value;
use super::prepayments::has_standard;
use super::{Judged, is_charge, is_untaxed, is_vat};

/// The id of a stylesheet that stopped.
const EVALUATION: &str = "RULE-EVALUATION";

/// Where and what, with the line if it is one.
type Found = (Term, Wrong, Option<usize>);

/// Whether anything stops the stylesheet; the first such place is reported.
pub(super) fn run(judged: &Judged<'_>, out: &mut Violations) -> bool {
    let found = references(judged)
        .or_else(|| parties(judged))
        .or_else(|| payment(judged))
        .or_else(|| moment(judged))
        .or_else(|| reductions(judged))
        .or_else(|| breakdown(judged))
        .or_else(|| (1..).zip(&judged.facts.lines).find_map(|(at, line)| in_line(judged, line, at)));
    match found {
        None => return false,
        Some((term, wrong, Some(at))) => out.add_at(EVALUATION, term, at, wrong),
        Some((term, wrong, None)) => out.add(EVALUATION, term, wrong),
    }
    true
}

/// More than one where one is taken.
fn several(term: Term, found: usize) -> Option<Found> {
    (found > 1).then_some((term, Wrong::Count { found, expected: "1" }, None))
}

/// A text where a number is taken; an empty one is passed over.
fn no_number(term: Term, number: Option<&Number<'_>>, at: Option<usize>) -> Option<Found> {
    match number {
        Some(Number::Text(text)) if !is_blank(text) => {
            Some((term, Wrong::NotANumber { found: text.clone().into_owned() }, at))
        }
        _ => None,
    }
}

/// The same of an amount.
fn no_amount(term: Term, amount: &Option<Amount<'_>>, at: Option<usize>) -> Option<Found> {
    no_number(term, amount.as_ref().map(|amount| &amount.number), at)
}

/// Contracts, counters, QR codes and data of stamps.
fn references(judged: &Judged<'_>) -> Option<Found> {
    let facts = judged.facts;
    let contracts = facts.contract_references.iter().filter(|contract| contract.is_some()).count();
    let counters = facts.references.iter().filter(|reference| reference.uuid.is_some()).count();
    let codes = facts
        .references
        .iter()
        .filter(|reference| reference.object.is_some() && trim(written(&reference.id)) == "QR");
    let stamped = judged.simplified
        && facts.references.iter().any(|one| one.attached && trim(written(&one.id)) != "PIH");
    let informations = facts.signature_information.iter().filter(|one| one.referenced.is_some()).count();
    several(Term::ContractReference, contracts)
        .or_else(|| several(Term::Counter, counters))
        .or_else(|| several(Term::QrCode, codes.count()))
        .or_else(|| several(Term::SignatureInformation, informations).filter(|_| stamped))
}

/// Identifiers, VAT numbers and names.
fn parties(judged: &Judged<'_>) -> Option<Found> {
    let facts = judged.facts;
    let numbers = |party: &Party<'_>| party.tax_schemes.iter().filter(|one| one.vat_number.is_some()).count();
    let seller = facts.seller.as_ref().and_then(|seller| {
        let vat = seller.tax_schemes.iter().any(|scheme| written(&scheme.scheme) == "VAT");
        several(Term::SellerId, seller.ids.len())
            .or_else(|| several(Term::SellerVat, numbers(seller)).filter(|_| vat))
    });
    let buyer = || {
        let buyer = facts.buyer.as_ref()?;
        let schemes = buyer.ids.iter().filter(|id| id.scheme.is_some()).count();
        let ids = judged.standard && numbers(buyer) == 0;
        let names = buyer.names.iter().filter(|name| name.is_some()).count();
        let typed = judged.named_standard || judged.named_simplified;
        several(Term::BuyerIdScheme, schemes)
            .or_else(|| several(Term::BuyerId, buyer.ids.len()).filter(|_| ids))
            .or_else(|| several(Term::BuyerVat, numbers(buyer)))
            .or_else(|| several(Term::BuyerName, names).filter(|_| typed))
    };
    seller.or_else(buyer)
}

/// Accounts, payment terms and dates of supply.
fn payment(judged: &Judged<'_>) -> Option<Found> {
    let facts = judged.facts;
    if !judged.named_standard && !judged.named_simplified {
        return None;
    }
    let means = || facts.payment_means.iter().chain(&facts.elsewhere.payment_means);
    let count = |of: fn(&PaymentMeans<'_>) -> bool| means().filter(|means| of(means)).count();
    let deliveries = facts.deliveries.iter().chain(&facts.elsewhere.deliveries);
    let dates = deliveries.filter(|delivery| delivery.actual.is_some()).count();
    let invoice = judged.named_standard && written(&facts.type_code) == "388";
    several(Term::PayeeAccount, count(|means| means.account.is_some()))
        .or_else(|| several(Term::PaymentNote, count(|means| means.payment_note.is_some())))
        .or_else(|| several(Term::SupplyDate, dates).filter(|_| invoice))
}

/// BR-KSA-98 joins date and time to one moment, which a date with a zone is not.
fn moment(judged: &Judged<'_>) -> Option<Found> {
    let facts = judged.facts;
    let (Some(day), Some(clock)) = (&facts.issue_date, &facts.issue_time) else { return None };
    let right = super::super::forms::date(day.trim_start()).is_some()
        && time(clock).is_some()
        && clock.trim_start().len() == clock.len();
    let wrong = Wrong::Form { found: day.to_string(), form: Form::Date };
    (judged.named_simplified && !right).then_some((Term::IssueDate, wrong, None))
}

/// Discounts and charges of the document, and sums that are counted with.
fn reductions(judged: &Judged<'_>) -> Option<Found> {
    let facts = judged.facts;
    let prepaid = facts.totals.as_ref().and_then(|totals| no_amount(Term::Prepaid, &totals.prepaid, None));
    prepaid.or_else(|| {
        (1..).zip(&facts.allowance_charges).find_map(|(at, entry)| {
            let reason =
                if is_charge(entry) == Some(true) { Term::ChargeReason } else { Term::AllowanceReason };
            let known = is_charge(entry).is_some();
            several(reason, entry.reasons.len())
                .filter(|_| known)
                .or_else(|| no_number(Term::AllowancePercent, entry.percent.as_ref(), Some(at)))
                .or_else(|| no_amount(Term::Allowance, &entry.amount, Some(at)))
                .or_else(|| no_amount(Term::AllowanceBase, &entry.base, Some(at)))
                .or_else(|| entry.categories.iter().find_map(|category| no_rate(category, Some(at))))
        })
    })
}

fn no_rate(category: &TaxCategory<'_>, at: Option<usize>) -> Option<Found> {
    no_number(Term::SubtotalRate, category.percent.as_ref(), at)
}

/// Totals and groups of VAT.
fn breakdown(judged: &Judged<'_>) -> Option<Found> {
    let facts = judged.facts;
    let positive = |groups: bool| {
        let totals = facts.tax_totals.iter().filter(move |total| total.subtotals.is_empty() != groups);
        let taxes = totals.clone().filter_map(|total| value(total.tax.as_ref()));
        (totals.count(), taxes.clone().any(|tax| tax.mantissa() > 0))
    };
    let foreign = !matches!(written(&facts.currency), "" | "SAR");
    let ((groups, charged), (plain, told)) =
        if foreign { (positive(true), positive(false)) } else { Default::default() };
    if charged && told && (groups > 1 || plain > 1) {
        return several(Term::TaxTotals, groups.max(plain));
    }
    let subtotals = facts.tax_totals.iter().flat_map(|total| &total.subtotals);
    subtotals.filter_map(|subtotal| subtotal.category.as_ref()).find_map(|category| {
        several(Term::ExemptionReason, category.exemption_reasons.len())
            .filter(|_| is_untaxed(category))
            .or_else(|| no_rate(category, None))
    })
}

/// One line.
fn in_line(judged: &Judged<'_>, line: &Line<'_>, at: usize) -> Option<Found> {
    let place = Some(at);
    let price = line.price.as_ref();
    let base = price.and_then(|price| price.base_quantity.as_ref());
    let by_zero = base.and_then(|base| base.value()).is_some_and(|base| base.mantissa() == 0)
        && price.is_some_and(|price| value(price.amount.as_ref()).is_some());
    if by_zero {
        return Some((Term::BaseQuantity, Wrong::NotPositive { found: "0".to_owned() }, place));
    }
    let here = |found: Found| (found.0, found.1, place);
    several(Term::LineTax, line.tax_totals.iter().filter(|total| total.tax.is_some()).count())
        .or_else(|| several(Term::LineGross, line.tax_totals.iter().filter(|t| t.rounding.is_some()).count()))
        .or_else(|| no_number(Term::Quantity, line.quantity.as_ref(), place))
        .or_else(|| no_amount(Term::LineNet, &line.net, place))
        .or_else(|| no_number(Term::BaseQuantity, base, place))
        .or_else(|| price.and_then(|price| no_amount(Term::Price, &price.amount, place)))
        .or_else(|| line.categories.iter().find_map(|category| no_rate(category, place)))
        .or_else(|| {
            line.allowance_charges.iter().find_map(|entry| {
                let known = is_charge(entry).is_some();
                several(Term::LineAllowanceReason, entry.reasons.len())
                    .filter(|_| known)
                    .or_else(|| no_number(Term::AllowancePercent, entry.percent.as_ref(), place))
                    .or_else(|| no_amount(Term::LineAllowance, &entry.amount, place))
            })
        })
        .or_else(|| in_advance(judged, line, place))
        .map(here)
}

/// The VAT of an advance; the reasons for none are read only if something is
/// taxed at the standard rate.
fn in_advance(judged: &Judged<'_>, line: &Line<'_>, at: Option<usize>) -> Option<Found> {
    line.tax_totals.iter().flat_map(|total| &total.subtotals).find_map(|subtotal| {
        let category = subtotal.category.as_ref();
        let untaxed = category.filter(|category| is_untaxed(category) && is_vat(category));
        untaxed
            .and_then(|one| several(Term::ExemptionReason, one.exemption_reasons.len()))
            .filter(|_| has_standard(judged))
            .or_else(|| no_amount(Term::PrepaymentTaxable, &subtotal.taxable, at))
            .or_else(|| no_amount(Term::PrepaymentTax, &subtotal.tax, at))
            .or_else(|| category.and_then(|category| no_rate(category, at)))
    })
}
