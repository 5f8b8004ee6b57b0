//! Returns against the published vectors, against the arithmetic rules in
//! thousands of random sequences, and against everything that is refused.

mod refusals;
mod requests;
mod rules;
mod sums;
mod vectors;

use super::*;
use crate::invoice::samples::{self, Dice};
use crate::invoice::{Basis, Category, DocumentType, Exemption, Kind, Subtype, TaxGroup, Vat};
use crate::money::{Decimal, Halalas, Quantity, Rate};

fn vat(category: Category, rate: u16) -> Vat {
    let code = match category {
        Category::Standard => None,
        Category::ZeroRated => Some("VATEX-SA-35"),
        Category::Exempt => Some("VATEX-SA-29"),
        Category::OutOfScope => Some("VATEX-SA-OOS"),
    };
    let exemption = code.map(|code| Exemption { code, text: "A reason".into() });
    Vat { category, rate: Rate::from_basis_points(rate), exemption }
}

fn original_line(number: u32, quantity: &str, paid: i64, vat: Vat) -> OriginalLine {
    OriginalLine {
        number,
        name: "قهوة عربية | Arabic coffee".into(),
        quantity: Quantity::parse(quantity).unwrap(),
        unit: "PCE".into(),
        price: Decimal::new(20_000_000, 6),
        reduced: false,
        reduction: None,
        vat,
        barcode: None,
        article: None,
        paid: Halalas::new(paid),
    }
}

/// The subtotals that lines with these values have.
fn subtotals(basis: Basis, lines: &[OriginalLine]) -> Vec<TaxGroup> {
    let mut groups: Vec<(Vat, i128)> = Vec::new();
    for line in lines {
        let paid = i128::from(line.paid.get());
        match groups.iter_mut().find(|(vat, _)| vat.group() == line.vat.group()) {
            Some((_, sum)) => *sum += paid,
            None => groups.push((line.vat.clone(), paid)),
        }
    }
    let groups = groups.into_iter().map(|(vat, paid)| {
        let rate = i128::from(vat.rate.basis_points());
        // Rounded half up by hand, apart from the code under test.
        let (taxable, tax) = match basis {
            Basis::Inclusive => {
                let net = (paid * 20_000 + 10_000 + rate) / (2 * (10_000 + rate));
                (net, paid - net)
            }
            Basis::Net => (paid, (paid * rate + 5_000) / 10_000),
        };
        TaxGroup { vat, taxable: Halalas::new(taxable as i64), tax: Halalas::new(tax as i64) }
    });
    groups.collect()
}

fn original(basis: Basis, lines: Vec<OriginalLine>) -> Original {
    let groups = subtotals(basis, &lines);
    let kind = Kind::plain(Subtype::Simplified, DocumentType::Invoice);
    Original::new(kind, basis, lines, &groups, Halalas::ZERO).unwrap()
}
