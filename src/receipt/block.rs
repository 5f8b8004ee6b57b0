//! Layout-independent blocks: what stands on the paper and how prominent it is,
//! but not where. Both the raster and the terminal preview are made from them.

use crate::text::Bilingual;

/// How large, relative to the body text of the paper at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Size {
    Small,
    Body,
    Large,
    Title,
    Huge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Weight {
    Regular,
    Bold,
}

/// Where a text stands. `Start` follows the text's own direction: Arabic at
/// the right, English at the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Start,
    Left,
    Center,
    Right,
}

/// A paragraph; wraps at words. Its direction is that of its first strong letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    pub size: Size,
    pub weight: Weight,
    pub align: Align,
}

impl Text {
    /// Regular body text where its direction puts it.
    pub fn body(text: impl Into<String>) -> Text {
        Text { text: text.into(), size: Size::Body, weight: Weight::Regular, align: Align::Start }
    }

    pub fn centered(text: impl Into<String>, size: Size, weight: Weight) -> Text {
        Text { text: text.into(), size, weight, align: Align::Center }
    }

    pub fn sized(self, size: Size) -> Text {
        Text { size, ..self }
    }

    pub fn bold(self) -> Text {
        Text { weight: Weight::Bold, ..self }
    }
}

/// Two texts, one at each edge; stacked (right one first) where both do not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sides {
    pub left: Text,
    pub right: Text,
}

/// Three cells: English label, value, Arabic label. The value is never broken
/// by its labels: they move above it where the paper is narrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub label: Bilingual,
    pub value: String,
    pub weight: Weight,
}

/// Two cells: an amount on the common right edge of all amounts, and a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    pub value: String,
    pub label: Bilingual,
    pub size: Size,
    pub weight: Weight,
}

/// Three cells of a table: an amount (with an optional VAT mark), a price, a
/// quantity with its unit in small. All tables of a receipt share their column edges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    pub amount: String,
    pub mark: String,
    pub price: String,
    pub quantity: String,
    pub unit: String,
    pub size: Size,
    pub weight: Weight,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Thin,
    Thick,
    Dotted,
}

/// One piece of a receipt, from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    Text(Text),
    /// A framed notice across the paper.
    Framed(Bilingual),
    Sides(Sides),
    Field(Field),
    Amount(Amount),
    Columns(Columns),
    Rule(Rule),
    /// White, in tenths of a body line.
    Space(u8),
    /// A QR symbol of this payload, centred.
    Qr(String),
}
