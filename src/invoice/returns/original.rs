//! What a return needs to know of the document that it takes back.

use thiserror::Error;

use crate::invoice::pricing::{net_of, vat_on};
use crate::invoice::{Basis, Kind, Priced, PricedLine, TaxGroup, Vat};
use crate::money::{Decimal, Halalas, Quantity};

/// One line of the original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalLine {
    /// BT-126, as the original's document states it; from 1.
    pub number: u32,
    /// BT-153, both languages.
    pub name: String,
    /// BT-129, above zero.
    pub quantity: Quantity,
    /// BT-130.
    pub unit: String,
    /// BT-146, without VAT.
    pub price: Decimal,
    /// Whether the line cost less than quantity times price: it had a discount
    /// of its own or a share of the document's. Its return has an allowance then.
    pub reduced: bool,
    /// Why it was reduced, for the allowance of its return.
    pub reduction: Option<String>,
    /// Category, rate and reason.
    pub vat: Vat,
    /// BT-157.
    pub barcode: Option<String>,
    /// BT-155.
    pub article: Option<String>,
    /// What can be refunded in all, in the terms of [`Original::basis`]: VAT
    /// included or not, after every discount and charge ([`PricedLine::paid`]).
    pub paid: Halalas,
}

/// A document that can be taken back. Its sums have been checked, so that
/// returns of it can add up to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    kind: Kind,
    basis: Basis,
    lines: Vec<OriginalLine>,
    groups: Vec<OriginalGroup>,
    rounding: Halalas,
}

/// A category and rate of the original with the lines that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OriginalGroup {
    pub(super) tax_group: TaxGroup,
    /// Places in [`Original::lines`], all of them within it.
    pub(super) lines: Vec<usize>,
}

impl OriginalGroup {
    /// All that can be refunded of the group, VAT included.
    pub(super) fn gross(&self) -> Halalas {
        self.tax_group.taxable + self.tax_group.tax
    }
}

/// Why a document cannot be taken back line by line. It says that the stored
/// facts of a document do not belong together, or that it was priced by other
/// rules than this till's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OriginalError {
    /// Without lines there is nothing to return.
    #[error("the original has no line; credit it as a document of another system")]
    NoLines,
    /// A quantity or a value that no sale has, or a number given twice.
    #[error(
        "line {number} of the original has no usable number, quantity or value; credit the document as one of another system"
    )]
    Line { number: u32 },
    /// A line without a VAT subtotal, or the same subtotal twice.
    #[error(
        "the VAT subtotals of the original do not match its lines; credit it as a document of another system"
    )]
    Groups,
    /// The lines' values do not add up to the subtotals.
    #[error(
        "the lines of the original do not add up to its VAT subtotals; credit it as a document of another system"
    )]
    Sums,
}

/// Above what a document of any till amounts to; keeps every sum within an i64.
const MOST: i64 = 1_000_000_000_000_000;

impl Original {
    /// From the facts of a document, checked against each other. `rounding` is
    /// BT-114, what was added to round the payable amount.
    pub fn new(
        kind: Kind,
        basis: Basis,
        lines: Vec<OriginalLine>,
        groups: &[TaxGroup],
        rounding: Halalas,
    ) -> Result<Original, OriginalError> {
        if lines.is_empty() {
            return Err(OriginalError::NoLines);
        }
        for (at, line) in lines.iter().enumerate() {
            let twice = lines.iter().take(at).any(|other| other.number == line.number);
            let usable = line.quantity.thousandths() > 0 && (0..=MOST).contains(&line.paid.get());
            if twice || line.number == 0 || !usable {
                return Err(OriginalError::Line { number: line.number });
            }
        }
        let groups = assign(&lines, groups)?;
        for group in &groups {
            check_sums(basis, &lines, group)?;
        }
        Ok(Original { kind, basis, lines, groups, rounding })
    }

    /// From a document in memory, or from a stored one whose basis and `paid`
    /// the ledger has put in; its lines are numbered from 1, as in the XML.
    pub fn from_priced(kind: Kind, priced: &Priced) -> Result<Original, OriginalError> {
        let basis = priced.basis;
        let reason = |line: &PricedLine| {
            let own = line.allowance.as_ref().and_then(|allowance| allowance.reason.clone());
            let of_group = || priced.allowances.iter().find(|part| part.vat.group() == line.vat.group());
            own.or_else(|| of_group().and_then(|part| part.reason.clone()))
        };
        let lines = (1..).zip(&priced.lines).map(|(number, line)| OriginalLine {
            number,
            name: line.name.clone(),
            quantity: line.quantity,
            unit: line.unit.clone(),
            price: line.price,
            reduced: is_reduced(basis, line),
            reduction: reason(line),
            vat: line.vat.clone(),
            barcode: line.barcode.clone(),
            article: line.article.clone(),
            paid: line.paid,
        });
        // A group of a prepayment alone has nothing to return.
        let with_lines = |group: &&TaxGroup| {
            !group.taxable.is_zero() || priced.lines.iter().any(|line| line.vat.group() == group.vat.group())
        };
        let groups: Vec<TaxGroup> = priced.groups.iter().filter(with_lines).cloned().collect();
        Original::new(kind, basis, lines.collect(), &groups, priced.totals.rounding)
    }

    /// What document it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether [`OriginalLine::paid`] includes VAT.
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// Its lines, in their order.
    pub fn lines(&self) -> &[OriginalLine] {
        &self.lines
    }

    /// Its total, VAT included.
    pub fn gross(&self) -> Halalas {
        self.groups.iter().map(OriginalGroup::gross).sum()
    }

    /// What was added to its total to round what was paid (BT-114).
    pub fn rounding(&self) -> Halalas {
        self.rounding
    }

    pub(super) fn groups(&self) -> &[OriginalGroup] {
        &self.groups
    }

    /// The place of the line with a number.
    pub(super) fn place(&self, number: u32) -> Option<usize> {
        self.lines.iter().position(|line| line.number == number)
    }
}

/// Whether a line cost less than its quantity times its price.
fn is_reduced(basis: Basis, line: &PricedLine) -> bool {
    let before = match basis {
        Basis::Inclusive => line.gross,
        Basis::Net => line.net,
    };
    line.allowance.is_some() || line.paid < before
}

/// Puts every line into its subtotal; both must be complete.
fn assign(lines: &[OriginalLine], groups: &[TaxGroup]) -> Result<Vec<OriginalGroup>, OriginalError> {
    let mut assigned: Vec<OriginalGroup> = Vec::with_capacity(groups.len());
    for group in groups {
        let key = group.vat.group();
        if assigned.iter().any(|known| known.tax_group.vat.group() == key) {
            return Err(OriginalError::Groups);
        }
        let places = (0..lines.len()).filter(|at| lines[*at].vat.group() == key).collect();
        assigned.push(OriginalGroup { tax_group: group.clone(), lines: places });
    }
    let placed: usize = assigned.iter().map(|group| group.lines.len()).sum();
    let all_used = assigned.iter().all(|group| !group.lines.is_empty());
    if placed == lines.len() && all_used { Ok(assigned) } else { Err(OriginalError::Groups) }
}

/// Returns are differences of the sums' own formulas, so these must hold for
/// the whole first (invoice-xml.md section 11.1).
fn check_sums(basis: Basis, lines: &[OriginalLine], group: &OriginalGroup) -> Result<(), OriginalError> {
    let TaxGroup { vat, taxable, tax } = &group.tax_group;
    let paid: i128 = group.lines.iter().map(|at| i128::from(lines[*at].paid.get())).sum();
    let paid = i64::try_from(paid).ok().filter(|sum| *sum <= MOST).ok_or(OriginalError::Sums)?;
    let paid = Halalas::new(paid);
    let expected = match basis {
        Basis::Inclusive => {
            let net = net_of(paid, vat.rate);
            (net, paid - net)
        }
        Basis::Net => (paid, vat_on(paid, vat.rate)),
    };
    if expected == (*taxable, *tax) { Ok(()) } else { Err(OriginalError::Sums) }
}
