//! What was paid for each line of a document, from which returns are computed:
//! how it follows from the document, and how it is kept where it does not.

use super::StorageError;
use crate::invoice::{Basis, Category, Priced};
use crate::money::{Halalas, Quantity, Rate, share_out};
use crate::ubl::Reading;

/// What was paid for the lines, after the document's discounts and charges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Paid {
    /// Whether the amounts hold VAT.
    pub basis: Basis,
    /// One for each line, in halalas of the document's currency.
    pub lines: Vec<Halalas>,
}

impl Paid {
    pub fn of(priced: &Priced) -> Paid {
        Paid { basis: priced.basis, lines: priced.lines.iter().map(|line| line.paid).collect() }
    }
}

/// What a document says of its lines and sums, before it is written or read back.
pub(super) struct Content {
    pub lines: Vec<Line>,
    groups: Vec<Group>,
    /// BT-112.
    tax_inclusive: Halalas,
}

pub(super) struct Line {
    group: (Category, Rate),
    pub quantity: Quantity,
    net: Halalas,
    gross: Halalas,
}

struct Group {
    key: (Category, Rate),
    taxable: Halalas,
    tax: Halalas,
}

const INCLUSIVE: u8 = 0;
const NET: u8 = 1;

impl Content {
    pub fn of(priced: &Priced) -> Content {
        let line = |line: &crate::invoice::PricedLine| Line {
            group: (line.vat.category, line.vat.rate),
            quantity: line.quantity,
            net: line.net,
            gross: line.gross,
        };
        let group = |group: &crate::invoice::TaxGroup| Group {
            key: (group.vat.category, group.vat.rate),
            taxable: group.taxable,
            tax: group.tax,
        };
        Content {
            lines: priced.lines.iter().map(line).collect(),
            groups: priced.groups.iter().map(group).collect(),
            tax_inclusive: priced.totals.tax_inclusive,
        }
    }

    /// `None` if a quantity is finer than any that is written here.
    pub fn read(reading: &Reading) -> Option<Content> {
        let quantity = |line: &crate::ubl::ReadLine| {
            let thousandths = line.quantity.rescale(Quantity::SCALE).ok()?;
            i64::try_from(thousandths).ok().map(Quantity::from_thousandths)
        };
        let line = |line: &crate::ubl::ReadLine| {
            let group = (line.category, line.rate);
            Some(Line { group, quantity: quantity(line)?, net: line.net, gross: line.gross })
        };
        let group = |group: &crate::ubl::ReadGroup| Group {
            key: (group.category, group.rate),
            taxable: group.taxable,
            tax: group.tax,
        };
        Some(Content {
            lines: reading.lines.iter().map(line).collect::<Option<_>>()?,
            groups: reading.groups.iter().map(group).collect(),
            tax_inclusive: reading.tax_inclusive,
        })
    }

    /// What follows from a document of shelf prices: what the lines together are
    /// above its total is a discount on all of them (invoice-xml.md section 11.1).
    fn implied(&self) -> Vec<Halalas> {
        let gross: Vec<Halalas> = self.lines.iter().map(|line| line.gross).collect();
        let sum: i128 = gross.iter().map(|gross| i128::from(gross.get())).sum();
        let above = i64::try_from(sum - i128::from(self.tax_inclusive.get())).unwrap_or(0);
        if above == 0 || gross.iter().any(|gross| gross.get() < 0) {
            return gross;
        }
        let shares = share_out(Halalas::new(above), &gross);
        let paid = |(gross, share): (Halalas, Halalas)| Halalas::new(gross.get().saturating_sub(share.get()));
        gross.into_iter().zip(shares).map(paid).collect()
    }

    fn nets(&self) -> Vec<Halalas> {
        self.lines.iter().map(|line| line.net).collect()
    }

    /// Whether it is as many amounts as lines, none below zero, that make each
    /// group's gross or taxable amount; otherwise says what does not fit.
    pub fn check(&self, paid: &Paid) -> Result<(), String> {
        if paid.lines.len() != self.lines.len() {
            return Err(format!("{} lines, but {} paid amounts", self.lines.len(), paid.lines.len()));
        }
        if let Some(at) = paid.lines.iter().position(|paid| paid.get() < 0) {
            return Err(format!("the paid amount of line {} is below zero", at + 1));
        }
        for group in &self.groups {
            let lines = self.lines.iter().zip(&paid.lines).filter(|(line, _)| line.group == group.key);
            let sum: i128 = lines.map(|(_, paid)| i128::from(paid.get())).sum();
            let tax = match paid.basis {
                Basis::Inclusive => group.tax.get(),
                Basis::Net => 0,
            };
            if sum != i128::from(group.taxable.get()) + i128::from(tax) {
                let (category, rate) = (group.key.0.code(), group.key.1);
                return Err(format!("the paid amounts of VAT group {category} {rate} do not make its total"));
            }
        }
        Ok(())
    }

    /// The column `paid`: nothing where it follows from the document.
    pub fn pack(&self, paid: &Paid) -> Result<Option<Vec<u8>>, StorageError> {
        let (basis, plain) = match paid.basis {
            Basis::Inclusive if paid.lines == self.implied() => return Ok(None),
            Basis::Inclusive => (INCLUSIVE, false),
            Basis::Net => (NET, paid.lines == self.nets()),
        };
        let mut packed = vec![basis];
        for amount in paid.lines.iter().filter(|_| !plain) {
            let below = |_| StorageError::Refused { detail: "a paid amount is below zero".into() };
            push(&mut packed, u64::try_from(amount.get()).map_err(below)?);
        }
        Ok(Some(packed))
    }

    /// Reads the column of this document; `None` if it is not as [`Content::pack`] writes it.
    pub fn unpack(&self, packed: Option<&[u8]>) -> Option<Paid> {
        let Some(packed) = packed else {
            return Some(Paid { basis: Basis::Inclusive, lines: self.implied() });
        };
        let (basis, mut rest) = match packed.split_first()? {
            (&INCLUSIVE, rest) => (Basis::Inclusive, rest),
            (&NET, []) => return Some(Paid { basis: Basis::Net, lines: self.nets() }),
            (&NET, rest) => (Basis::Net, rest),
            _ => return None,
        };
        let mut lines = Vec::with_capacity(self.lines.len());
        while !rest.is_empty() && lines.len() < self.lines.len() {
            lines.push(Halalas::new(i64::try_from(pull(&mut rest)?).ok()?));
        }
        (rest.is_empty() && lines.len() == self.lines.len()).then_some(Paid { basis, lines })
    }
}

/// LEB128: seven bits a byte, the lowest first.
fn push(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn pull(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        let bits = u64::from(byte & 0x7F);
        value |= bits.checked_shl(shift).filter(|shifted| shifted >> shift == bits)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: (Category, Rate) = (Category::Standard, Rate::STANDARD);

    fn halalas(amounts: &[i64]) -> Vec<Halalas> {
        amounts.iter().map(|amount| Halalas::new(*amount)).collect()
    }

    /// Lines of one group with their gross; the total is what is left of them.
    fn content(gross: &[i64], total: i64) -> Content {
        let line = |gross: &i64| Line {
            group: GROUP,
            quantity: Quantity::from_thousandths(1_000),
            net: Halalas::new(gross - gross * 3 / 23),
            gross: Halalas::new(*gross),
        };
        let tax = Halalas::new(total * 3 / 23);
        let total = Halalas::new(total);
        Content {
            lines: gross.iter().map(line).collect(),
            groups: vec![Group { key: GROUP, taxable: total - tax, tax }],
            tax_inclusive: total,
        }
    }

    #[test]
    fn a_basket_discount_follows_from_the_document() {
        // The worked basket of invoice-xml.md section 11.1, whose discount goes over two groups.
        let content = content(&[4140, 5675, 2985, 700], 12_500);
        let paid = Paid { basis: Basis::Inclusive, lines: halalas(&[3833, 5255, 2764, 648]) };
        assert_eq!(content.pack(&paid).unwrap(), None);
        assert_eq!(content.unpack(None), Some(paid.clone()));
        content.check(&paid).unwrap();
    }

    #[test]
    fn what_does_not_follow_is_kept() {
        let content = content(&[4140, 100, 3_000_000_000], 3_000_004_300);
        let other = Paid { basis: Basis::Inclusive, lines: halalas(&[4200, 0, 3_000_000_100]) };
        let packed = content.pack(&other).unwrap().unwrap();
        assert_eq!(packed.len(), 1 + 2 + 1 + 5);
        assert_eq!(content.unpack(Some(&packed)), Some(other.clone()));
        content.check(&other).unwrap();
        let net = Paid { basis: Basis::Net, lines: content.nets() };
        assert_eq!(content.pack(&net).unwrap(), Some(vec![NET]));
        assert_eq!(content.unpack(Some(&[NET])), Some(net));
        let less = Paid { basis: Basis::Net, lines: halalas(&[1, 2, 3]) };
        assert_eq!(content.unpack(content.pack(&less).unwrap().as_deref()), Some(less.clone()));
        assert!(content.check(&less).unwrap_err().contains("S"));
        let short = Paid { basis: Basis::Net, lines: halalas(&[1]) };
        assert!(content.check(&short).unwrap_err().contains("3 lines"));
        let below = Paid { basis: Basis::Net, lines: halalas(&[1, -2, 3]) };
        assert!(content.check(&below).unwrap_err().contains("line 2"));
        assert!(content.pack(&below).is_err());
    }

    #[test]
    fn damaged_columns_are_not_read() {
        let content = content(&[100, 200], 300);
        let wrong: [&[u8]; 7] = [
            &[],
            &[INCLUSIVE],
            &[2, 100, 100],
            &[INCLUSIVE, 100],
            &[INCLUSIVE, 100, 100, 100],
            &[INCLUSIVE, 100, 0x80],
            &[NET, 100, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        ];
        for packed in wrong {
            assert_eq!(content.unpack(Some(packed)), None, "{packed:?}");
        }
    }
}
