//! What of a document is to be credited, and which of its lines that means.

use super::balance::Balance;
use super::original::OriginalLine;
use crate::invoice::Finding;
use crate::money::{Halalas, Quantity};
use crate::text::ReturnProblem;

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Everything that has not come back before.
    Whole,
    /// Some lines, all of each or a part of it.
    Lines(Vec<WantedLine>),
    /// No goods, but an amount with VAT, in halalas: a price reduction afterwards.
    Amount(Halalas),
}

/// One line that comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedLine {
    /// Which one.
    pub line: LineKey,
    /// `None` for all that is left of it.
    pub quantity: Option<Quantity>,
}

/// How a line of the original is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineKey {
    /// By its number in the document, from 1.
    Number(u32),
    /// By its barcode, if only one line that is left has it.
    Barcode(String),
    /// By its article number, if only one line that is left has it.
    Article(String),
}

/// The place of a line in the original, and how much of it comes back.
pub(super) type Pick = (usize, Quantity);

/// Everything that is left.
pub(super) fn whole(balance: &Balance) -> Result<Vec<Pick>, Vec<Finding>> {
    let left = (0..balance.original().lines().len()).map(|at| (at, balance.quantity_left(at)));
    let picks: Vec<Pick> = left.filter(|(_, quantity)| quantity.thousandths() > 0).collect();
    // After a full refund by amount the goods may still come back, but line by
    // line; a second whole return is a mistake.
    let refunded = balance.gross_left().is_zero() && !balance.original().gross().is_zero();
    if picks.is_empty() || refunded {
        return Err(vec![Finding::at("whole", ReturnProblem::NothingLeft.into())]);
    }
    Ok(picks)
}

/// An amount with VAT, if so much is left.
pub(super) fn amount(balance: &Balance, wanted: Halalas) -> Result<Halalas, Vec<Finding>> {
    let left = balance.gross_left();
    let problem = if wanted <= Halalas::ZERO {
        ReturnProblem::NothingWanted
    } else if balance.original().gross().is_zero() {
        ReturnProblem::NothingPaid
    } else if left.is_zero() {
        ReturnProblem::NothingLeft
    } else if wanted > left {
        ReturnProblem::AmountTooMuch { wanted, left }
    } else {
        return Ok(wanted);
    };
    Err(vec![Finding::at("amount", problem.into())])
}

/// The named lines; fails with everything that is wrong with them.
pub(super) fn lines(balance: &Balance, wanted: &[WantedLine]) -> Result<Vec<Pick>, Vec<Finding>> {
    let mut found = Vec::new();
    let mut picks: Vec<Pick> = Vec::with_capacity(wanted.len());
    if wanted.is_empty() {
        found.push(Finding::at("lines", ReturnProblem::NoLines.into()));
    }
    for (at, wanted) in wanted.iter().enumerate() {
        let path = |field: &str| format!("lines[{at}].{field}");
        let picked = find(balance, &wanted.line).and_then(|place| {
            if picks.iter().any(|(known, _)| *known == place) {
                return Err((wanted.line.field(), ReturnProblem::LineTwice { line: number(balance, place) }));
            }
            quantity(balance, place, wanted).map(|quantity| (place, quantity))
        });
        match picked {
            Ok(pick) => picks.push(pick),
            Err((field, problem)) => found.push(Finding::at(path(field), problem.into())),
        }
    }
    if found.is_empty() { Ok(picks) } else { Err(found) }
}

type Refusal = (&'static str, ReturnProblem);

fn number(balance: &Balance, place: usize) -> u32 {
    balance.original().lines().get(place).map_or(0, |line| line.number)
}

fn find(balance: &Balance, key: &LineKey) -> Result<usize, Refusal> {
    let original = balance.original();
    let named: Vec<usize> = match key {
        LineKey::Number(number) => {
            let most = original.lines().iter().map(|line| line.number).max().unwrap_or(0);
            let problem = ReturnProblem::NoSuchLine { line: *number, most };
            return original.place(*number).ok_or((key.field(), problem));
        }
        LineKey::Barcode(code) => places(original.lines(), |line| line.barcode.as_ref() == Some(code)),
        LineKey::Article(code) => places(original.lines(), |line| line.article.as_ref() == Some(code)),
    };
    let open: Vec<usize> =
        named.iter().copied().filter(|at| balance.quantity_left(*at).thousandths() > 0).collect();
    match (open.as_slice(), named.as_slice()) {
        ([one], _) => Ok(*one),
        // Nothing is left of any; the first says so.
        ([], [first, ..]) => Ok(*first),
        ([], []) => Err((key.field(), ReturnProblem::NoSuchItem)),
        (several, _) => {
            let lines = several.iter().map(|at| number(balance, *at)).collect();
            Err((key.field(), ReturnProblem::Ambiguous { lines }))
        }
    }
}

fn places(lines: &[OriginalLine], matches: impl Fn(&OriginalLine) -> bool) -> Vec<usize> {
    lines.iter().enumerate().filter(|(_, line)| matches(line)).map(|(at, _)| at).collect()
}

/// Never more than is left.
fn quantity(balance: &Balance, place: usize, wanted: &WantedLine) -> Result<Quantity, Refusal> {
    let left = balance.quantity_left(place);
    let line = number(balance, place);
    if left.thousandths() == 0 {
        return Err((wanted.line.field(), ReturnProblem::LineGone { line }));
    }
    match wanted.quantity {
        None => Ok(left),
        Some(wanted) if wanted.thousandths() <= 0 => Err(("quantity", ReturnProblem::NothingWanted)),
        Some(wanted) if wanted > left => {
            let sold = balance.original().lines().get(place).map_or(left, |line| line.quantity);
            Err(("quantity", ReturnProblem::TooMuch { line, wanted, left, sold }))
        }
        Some(wanted) => Ok(wanted),
    }
}

impl LineKey {
    /// The key of the request that it was read from.
    fn field(&self) -> &'static str {
        match self {
            LineKey::Number(_) => "line",
            LineKey::Barcode(_) => "barcode",
            LineKey::Article(_) => "article",
        }
    }
}
