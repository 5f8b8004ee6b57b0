//! Slips that the official rules let through. Every official sample passes these.

use super::finding::{At, Notes, values};
use super::number::Number;
use super::select::{all, is_invoice, leading, of_invoice, text};
use super::wording::Check;
use crate::xml::{Content, Node, Ns};

/// More empty elements than this are not worth a finding each.
const MOST_EMPTY: usize = 50;

/// Judges UUID, subtype, fixed texts, VAT totals and empty elements.
pub(super) fn check(notes: &mut Notes, root: Node<'_>) {
    let uuid = text(root, &[(Ns::Cbc, "UUID")]).unwrap_or_default();
    if !is_uuid(&uuid) {
        notes.error(
            Check::ExtraUuid,
            At::Path("/Invoice/cbc:UUID"),
            values(&uuid, "", "8-4-4-4-12 hexadecimal digits"),
        );
    }
    let flags = type_name(root);
    if !is_subtype(flags) {
        let field = At::Path("/Invoice/cbc:InvoiceTypeCode/@name");
        notes.error(Check::ExtraSubtype, field, values(flags, "", "01 or 02, then five of 0 or 1"));
    }
    let fixed = [
        ("ProfileID", "reporting:1.0", Check::ExtraProfile, "/Invoice/cbc:ProfileID"),
        ("TaxCurrencyCode", "SAR", Check::ExtraTaxCurrency, "/Invoice/cbc:TaxCurrencyCode"),
    ];
    for (name, expected, id, field) in fixed {
        let found = text(root, &[(Ns::Cbc, name)]);
        if found.as_deref() != Some(expected) {
            notes.error(
                id,
                At::Path(field),
                values(found.as_deref().unwrap_or("-"), expected, "this text is fixed"),
            );
        }
    }
    check_totals(notes, root);
    for node in
        std::iter::once(root).chain(root.descendants()).filter(|node| is_empty(*node)).take(MOST_EMPTY)
    {
        let name = format!("cbc:{}", node.name());
        notes.error(Check::ExtraEmpty, At::Node(node), values(&name, "", "a cbc element without text"));
    }
}

/// `name` of the first type code that has one; empty if none does.
pub(super) fn type_name(root: Node<'_>) -> &str {
    let codes = if is_invoice(root) { all(root, &[(Ns::Cbc, "InvoiceTypeCode")]) } else { Vec::new() };
    codes.iter().find_map(|node| node.attribute("name")).unwrap_or("")
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let fits = |(group, length): (&&str, usize)| {
        group.len() == length && group.bytes().all(|b| b.is_ascii_hexdigit())
    };
    groups.len() == 5 && groups.iter().zip([8, 4, 4, 4, 12]).all(fits)
}

fn is_subtype(text: &str) -> bool {
    match text.as_bytes() {
        [b'0', b'1' | b'2', flags @ ..] => flags.len() == 5 && flags.iter().all(|b| matches!(b, b'0' | b'1')),
        _ => false,
    }
}

/// Two VAT totals in one currency must be equal.
fn check_totals(notes: &mut Notes, root: Node<'_>) {
    let totals = if is_invoice(root) { all(root, &[(Ns::Cac, "TaxTotal")]) } else { Vec::new() };
    let [one, two] = totals.as_slice() else { return };
    let currency = |total: &Node<'_>| {
        total.all(Ns::Cbc, "TaxAmount").find_map(|node| node.attribute("currencyID").map(str::to_owned))
    };
    if currency(one) != currency(two) {
        return;
    }
    let amount = |total: &Node<'_>| total.child(Ns::Cbc, "TaxAmount").map(|node| leading(node).into_owned());
    let (one, two) = (amount(one), amount(two));
    let read = |text: &Option<String>| text.as_deref().and_then(|text| Number::read(text).ok());
    let cause = match (read(&one), read(&two)) {
        (Some(Some(one)), Some(Some(two))) if one == two => return,
        (Some(_), Some(_)) => "two cac:TaxTotal in one currency differ",
        _ => "a TaxAmount is no number",
    };
    let (one, two) = (one.unwrap_or_default(), two.unwrap_or_default());
    let field = At::Path("/Invoice/cac:TaxTotal/cbc:TaxAmount");
    notes.error(Check::ExtraVatTotals, field, values(&one, &two, cause));
}

/// Neither elements, comments, instructions nor text inside.
fn is_empty(node: Node<'_>) -> bool {
    node.namespace() == Ns::Cbc
        && node.contents().all(|content| matches!(content, Content::Text(text) if text.trim().is_empty()))
}

/// Text of the first `cbc` element of this name in the invoice.
pub(super) fn fact(root: Node<'_>, name: &'static str) -> Option<String> {
    of_invoice(root, &[(Ns::Cbc, name)]).map(|node| leading(node).into_owned())
}
