//! The QR symbol: its matrix, and the module size that suits the paper.

use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};

use super::error::ReceiptError;
use super::raster::PaperWidth;

/// White modules that ISO/IEC 18004 wants on every side.
pub const QUIET_MODULES: usize = 4;
/// Quiet modules that must lie inside the printable width; the unprinted edge
/// of the paper (about 5 mm) completes them.
const LEAST_QUIET_INSIDE: usize = 3;
/// The smallest module in dots: below 3 dots (0.375 mm) degraded photographs stop decoding.
const LEAST_MODULE: usize = 3;

/// A QR symbol: dark modules, row by row, without its quiet zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrMatrix {
    side: usize,
    dark: Vec<bool>,
}

impl QrMatrix {
    /// Modules per side.
    pub fn side(&self) -> usize {
        self.side
    }

    /// The dark modules of a row.
    pub fn row(&self, y: usize) -> &[bool] {
        self.dark.get(y * self.side..(y + 1) * self.side).unwrap_or_default()
    }

    /// Dots per module on this paper: at most 4 (0.5 mm), at least 3.
    ///
    /// # Errors
    /// `QrDoesNotFit` where even 3 dots are too wide.
    pub fn module_dots(&self, paper: PaperWidth, characters: usize) -> Result<usize, ReceiptError> {
        let fits = |module: usize| (self.side + 2 * LEAST_QUIET_INSIDE) * module <= paper.dots();
        (LEAST_MODULE..=largest_module(paper))
            .rev()
            .find(|&module| fits(module))
            .ok_or(ReceiptError::QrDoesNotFit { characters, modules: self.side, width: paper.dots() })
    }
}

/// 4 dots read as well as 5 from degraded photographs and take 11 mm less paper.
const fn largest_module(paper: PaperWidth) -> usize {
    match paper {
        PaperWidth::Mm58 | PaperWidth::Mm80 => 4,
    }
}

/// Wide paper affords level M; on narrow paper the module size matters more than the level.
const fn level(paper: PaperWidth) -> EcLevel {
    match paper {
        PaperWidth::Mm58 => EcLevel::L,
        PaperWidth::Mm80 => EcLevel::M,
    }
}

/// Encodes the payload in byte mode at the smallest version that holds it.
///
/// # Errors
/// `QrNotEncodable` for an empty payload or one beyond any symbol.
pub fn qr_matrix(payload: &str, paper: PaperWidth) -> Result<QrMatrix, ReceiptError> {
    let refused = || ReceiptError::QrNotEncodable { characters: payload.chars().count() };
    if payload.is_empty() {
        return Err(refused());
    }
    for version in 1..=40 {
        if let Some(bits) = byte_mode(payload, Version::Normal(version), level(paper)) {
            let code = QrCode::with_bits(bits, level(paper)).map_err(|_| refused())?;
            let side = code.width();
            let dark = code.into_colors().into_iter().map(|color| color == Color::Dark).collect();
            return Ok(QrMatrix { side, dark });
        }
    }
    Err(refused())
}

/// The payload as one byte segment; `None` where the version is too small.
fn byte_mode(payload: &str, version: Version, level: EcLevel) -> Option<Bits> {
    let mut bits = Bits::new(version);
    let capacity = bits.max_len(level).ok()?;
    // Mode and length indicators take at most 20 bits; a payload far too long is not even tried.
    if payload.len() * 8 > capacity {
        return None;
    }
    bits.push_byte_data(payload.as_bytes()).ok()?;
    bits.push_terminator(level).ok()?;
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Modules per side as listed for byte mode in ISO/IEC 18004 table 7.
    #[test]
    fn versions_are_the_smallest_that_hold_the_payload() {
        for (characters, narrow, wide) in [(450, 73, 81), (520, 77, 89), (600, 85, 93), (700, 89, 101)] {
            let payload = "A".repeat(characters);
            assert_eq!(qr_matrix(&payload, PaperWidth::Mm58).unwrap().side(), narrow);
            assert_eq!(qr_matrix(&payload, PaperWidth::Mm80).unwrap().side(), wide);
        }
    }

    #[test]
    fn modules_are_four_dots_as_long_as_they_fit() {
        let dots = |characters: usize, paper| {
            qr_matrix(&"x".repeat(characters), paper).unwrap().module_dots(paper, characters)
        };
        assert_eq!(dots(450, PaperWidth::Mm80), Ok(4));
        assert_eq!(dots(700, PaperWidth::Mm80), Ok(4));
        assert_eq!(dots(564, PaperWidth::Mm58), Ok(4));
        assert_eq!(dots(700, PaperWidth::Mm58), Ok(4));
        assert!(matches!(dots(2000, PaperWidth::Mm58), Err(ReceiptError::QrDoesNotFit { .. })));
    }

    #[test]
    fn what_no_symbol_holds_is_refused() {
        let refused = ReceiptError::QrNotEncodable { characters: 4000 };
        assert_eq!(qr_matrix(&"x".repeat(4000), PaperWidth::Mm80), Err(refused));
        assert!(qr_matrix("", PaperWidth::Mm80).is_err());
    }
}
