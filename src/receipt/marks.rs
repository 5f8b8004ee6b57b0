//! What tells lines of different VAT treatments apart, and when it is needed.

use super::labels;
use super::slip::{VatCategory, VatGroup, VatMark};
use crate::money::Rate;
use crate::text::Bilingual;

/// Marks are needed as soon as anything but 15 % stands on the receipt.
pub(super) fn needs_marks(groups: &[VatGroup]) -> bool {
    groups.len() > 1 || groups.iter().any(|group| group.mark.category != VatCategory::Standard)
}

/// What is printed beside a line to find it in the VAT table.
#[derive(Clone, Copy)]
pub(super) enum Marks {
    /// Everything at the one standard rate.
    None,
    /// The letter of the category tells lines apart.
    Letter,
    /// One category has two rates, so the rate is needed, too.
    Rate,
}

impl Marks {
    pub(super) fn of(groups: &[VatGroup]) -> Marks {
        let standard = groups.iter().filter(|group| group.mark.category == VatCategory::Standard).count();
        match (standard > 1, needs_marks(groups)) {
            (true, _) => Marks::Rate,
            (_, true) => Marks::Letter,
            _ => Marks::None,
        }
    }

    pub(super) fn text(self, vat: VatMark) -> String {
        match self {
            Marks::None => String::new(),
            Marks::Rate if vat.category == VatCategory::Standard => {
                format!("{}{}", vat.category.letter(), vat.rate.basis_points() / 100)
            }
            _ => vat.category.letter().to_owned(),
        }
    }
}

/// "VAT 15%" where there is one rate, "VAT" where the table tells them apart.
pub(super) fn vat_label(groups: &[VatGroup]) -> Bilingual {
    let rate = match groups {
        [only] if only.mark.rate != Rate::ZERO => labels::rate(only.mark.rate),
        _ => return Bilingual::new("VAT", "ضريبة القيمة المضافة"),
    };
    Bilingual::new(format!("VAT {rate}"), "ضريبة القيمة المضافة")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Halalas;

    #[test]
    fn two_standard_rates_are_told_apart() {
        let mark = |category, rate| VatMark { category, rate };
        let group = |mark| VatGroup { mark, net: Halalas::ZERO, vat: Halalas::ZERO, reason: None };
        let (full, old) =
            (mark(VatCategory::Standard, Rate::STANDARD), mark(VatCategory::Standard, Rate::LEGACY));
        let zero = mark(VatCategory::Zero, Rate::ZERO);
        let shown = |groups: &[VatMark], of| {
            Marks::of(&groups.iter().copied().map(group).collect::<Vec<_>>()).text(of)
        };
        assert_eq!(shown(&[full], full), "");
        assert_eq!(shown(&[full, zero], full), "S");
        assert_eq!((shown(&[full, old], full), shown(&[full, old], old)), ("S15".into(), "S5".into()));
        assert_eq!(shown(&[full, old, zero], zero), "Z");
    }
}
