//! What the text of an element says as a number, and how it is written.

use std::borrow::Cow;

use super::arithmetic;
use crate::money::Decimal;

/// The text of an element that should be a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Number<'a> {
    /// An `xs:decimal`; its scale is the number of decimals as written.
    Value(Decimal),
    /// Anything else, also the empty text and a number of more digits than
    /// `arithmetic.rs` reads.
    Text(Cow<'a, str>),
    /// An `xs:decimal` in an unusual form: blanks, a plus sign, needless zeros.
    Written { value: Decimal, text: Cow<'a, str> },
}

impl<'a> Number<'a> {
    /// What a text says as an `xs:decimal`.
    pub fn read(text: Cow<'a, str>) -> Number<'a> {
        match arithmetic::parse(&text) {
            None => Number::Text(text),
            Some((value, true)) => Number::Value(value),
            Some((value, false)) => Number::Written { value, text },
        }
    }

    /// The value, if it is a number.
    pub fn value(&self) -> Option<Decimal> {
        match self {
            Number::Value(value) | Number::Written { value, .. } => Some(*value),
            Number::Text(_) => None,
        }
    }

    /// Whether it is a zero with a minus, as `-0`.
    pub fn is_minus_zero(&self) -> bool {
        match self {
            Number::Written { value, text } => {
                value.mantissa() == 0 && arithmetic::trim(text).starts_with('-')
            }
            Number::Value(_) | Number::Text(_) => false,
        }
    }

    /// Whether the authority's stylesheet holds it to be below 0 though it is 0: it
    /// compares in binary, where `-0.00` has a sign; `-0` it reads as a whole
    /// number, which has none.
    pub fn is_below_zero(&self) -> bool {
        self.is_minus_zero() && self.text().contains('.')
    }

    /// Characters behind the point as written, blanks among them.
    pub fn decimals(&self) -> usize {
        match self {
            Number::Value(value) => value.scale() as usize,
            Number::Written { text, .. } | Number::Text(text) => {
                text.split_once('.').map_or(0, |(_, behind)| behind.chars().count())
            }
        }
    }

    /// Whether it is written exactly so; `plain` is a number in its usual form.
    pub fn is_written(&self, plain: &str) -> bool {
        match self {
            Number::Value(value) => arithmetic::parse(plain) == Some((*value, true)),
            Number::Written { text, .. } | Number::Text(text) => text == plain,
        }
    }

    /// As written.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Number::Value(value) => Cow::Owned(value.to_string()),
            Number::Written { text, .. } | Number::Text(text) => Cow::Borrowed(text),
        }
    }
}
