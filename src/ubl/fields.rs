//! Single fields of a document that is read: present, of the right form, or an
//! error that names the path.

use super::ReadError;
use super::tree::Element;
use crate::invoice::Category;
use crate::money::{Decimal, Halalas, Rate};

pub(super) fn children<'t, 'a>(
    parent: Element<'t, 'a>,
    name: &'static str,
) -> impl Iterator<Item = Element<'t, 'a>> + use<'t, 'a> {
    parent.children().filter(move |child| child.name() == name)
}

pub(super) fn required(parent: Element<'_, '_>, path: &'static str) -> Result<String, ReadError> {
    optional(parent, path).ok_or(ReadError::Missing(path))
}

pub(super) fn optional(parent: Element<'_, '_>, path: &str) -> Option<String> {
    parent.text_of(path).map(|text| text.into_owned())
}

pub(super) fn parsed<T>(
    parent: Element<'_, '_>,
    path: &'static str,
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, ReadError> {
    let text = parent.text_of(path).ok_or(ReadError::Missing(path))?;
    parse(&text).ok_or_else(|| ReadError::Value { path, found: text.chars().take(80).collect(), expected })
}

pub(super) fn amount(parent: Element<'_, '_>, path: &'static str) -> Result<Halalas, ReadError> {
    parsed(parent, path, "an amount with at most two decimals", |text| Halalas::parse(text).ok())
}

pub(super) fn amount_or_zero(parent: Element<'_, '_>, path: &'static str) -> Result<Halalas, ReadError> {
    if parent.child(path).is_none() { Ok(Halalas::ZERO) } else { amount(parent, path) }
}

pub(super) fn number(parent: Element<'_, '_>, path: &'static str) -> Result<Decimal, ReadError> {
    parsed(parent, path, "a number", |text| Decimal::parse(text).ok())
}

pub(super) fn category(parent: Element<'_, '_>, path: &'static str) -> Result<Category, ReadError> {
    parsed(parent, path, "a VAT category S, Z, E or O (BR-KSA-18)", Category::from_code)
}

pub(super) fn rate(parent: Element<'_, '_>, path: &'static str) -> Result<Rate, ReadError> {
    parsed(parent, path, "a percentage", |text| {
        let basis_points = Decimal::parse(text).ok()?.rescale(2).ok()?;
        u16::try_from(basis_points).ok().filter(|bp| *bp <= 10_000).map(Rate::from_basis_points)
    })
}

/// The allowances or charges directly below an element.
pub(super) fn allowance_charges<'t, 'a>(
    parent: Element<'t, 'a>,
    indicator: &'static str,
) -> impl Iterator<Item = Element<'t, 'a>> + use<'t, 'a> {
    children(parent, "cac:AllowanceCharge")
        .filter(move |e| e.text_of("cbc:ChargeIndicator").is_some_and(|text| text == indicator))
}
