//! A stored document as paper: `Slip` -> blocks -> 1-bit raster -> ESC/POS
//! bytes, a PNG, or a preview in the terminal.
//!
//! Nothing is decided here. The caller fills a [`Slip`] with the values of the
//! stored document; this folder only arranges, shapes and draws them. No I/O,
//! no clock, no randomness: the same slip gives the same bytes.

mod bidi;
mod block;
mod compose;
mod error;
mod escpos;
mod glyph;
mod labels;
mod layout;
mod marks;
mod preview;
mod qr;
mod raster;
mod slip;
mod typesetter;

pub use block::{Align, Amount, Block, Columns, Field, Rule, Sides, Size, Text, Weight};
pub use compose::compose;
pub use error::ReceiptError;
pub use escpos::{Drawer, EscposOptions, escpos};
pub use layout::render;
pub use preview::preview;
pub use qr::{QrMatrix, qr_matrix};
pub use raster::{PaperWidth, Raster, png};
pub use slip::{
    Buyer, Charge, OriginalDocument, OtherId, PriceBasis, Seller, Slip, SlipKind, SlipLine, Tender,
    TenderKind, Totals, VatCategory, VatGroup, VatMark,
};
pub use typesetter::Typesetter;

pub use crate::text::Bilingual;
