//! What earlier credit notes took back from a document, and what is left of it.
//!
//! Three numbers are kept. Per line the returned quantity and the refunded
//! value. Per group the refunded gross and net amount: a note's net is the
//! difference of two values of one formula over the whole refunded sum, never
//! a rounding of its own, so that any sequence of notes adds up to the
//! original (invoice-xml.md section 11.1).
//!
//! On shelf prices the formula is `net = f(gross)`. On net prices it is
//! `VAT = v(net)`, except for a credit by amount, which fixes the gross and
//! uses `f`, too. Both fit together, because `f(n + v(n)) = n` for every n and
//! `f` undoes each of its own results: between any two states the VAT is within
//! 1.1 halalas of the rate, so that the stated one is within a halala of it (BR-S-09).

use thiserror::Error;

use super::original::{Original, OriginalGroup, OriginalLine};
use super::wanted::Pick;
use crate::invoice::Basis;
use crate::invoice::pricing::{net_of, vat_on};
use crate::money::{Halalas, Quantity, div_half_up, share_out};

/// What one line of a credit note took back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenBack {
    /// The number of the original's line.
    pub line: u32,
    /// How much of it came back; `None` if only its price was lowered.
    pub quantity: Option<Quantity>,
    /// Its value in the terms of the original's [`Basis`].
    pub refund: Halalas,
}

/// One earlier credit note, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// BT-110 of the note, in the currency of the document.
    pub vat: Halalas,
    /// One for each of its lines.
    pub returns: Vec<TakenBack>,
}

/// Why stored credit notes do not fit the original. The ledger is damaged then,
/// or they belong to another document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BalanceError {
    /// The original has no such line.
    #[error("an earlier credit note names line {line}, which the original does not have; run tilld verify")]
    NoSuchLine { line: u32 },
    /// More came back than went out.
    #[error("the earlier credit notes take back more of line {line} than was sold; run tilld verify")]
    TooMuch { line: u32 },
}

/// What a note takes from one group of the original.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct GroupShare {
    pub(super) net: Halalas,
    pub(super) vat: Halalas,
}

impl GroupShare {
    fn gross(self) -> Halalas {
        self.net + self.vat
    }

    /// Becomes `after`; gives the difference.
    fn move_to(&mut self, after: GroupShare) -> GroupShare {
        let share = GroupShare { net: after.net - self.net, vat: after.vat - self.vat };
        *self = after;
        share
    }
}

/// What a note takes from each line of the original; `None` for a line that it
/// does not name.
type Values = Vec<Option<Halalas>>;

/// A line's own account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LineBalance {
    quantity_left: i64,
    value_left: i64,
    /// Value and quantity at the last credit by amount, at first those of the
    /// sale: the line's refunds are differences over them.
    from_value: i64,
    from_quantity: i64,
}

impl LineBalance {
    fn new(line: &OriginalLine) -> LineBalance {
        let (quantity, value) = (line.quantity.thousandths(), line.paid.get());
        LineBalance { quantity_left: quantity, value_left: value, from_value: value, from_quantity: quantity }
    }

    /// `c(after) - c(before)` with `c(k) = round(value x k / quantity)`; the
    /// last of the quantity takes all that is left of the value.
    fn refund_of(&self, quantity: i64) -> i64 {
        if quantity >= self.quantity_left {
            return self.value_left;
        }
        let returned = self.from_quantity - self.quantity_left;
        let upto = |k: i64| {
            // Not above `from_value`, since k is not above `from_quantity`.
            div_half_up(i128::from(self.from_value) * i128::from(k), i128::from(self.from_quantity)) as i64
        };
        (upto(returned + quantity) - upto(returned)).min(self.value_left)
    }

    fn take(&mut self, quantity: Option<Quantity>, refund: Halalas) -> bool {
        let taken = quantity.map_or(0, Quantity::thousandths);
        let fits = |part: i64, left: i64| (0..=left).contains(&part);
        if !fits(taken, self.quantity_left) || !fits(refund.get(), self.value_left) {
            return false;
        }
        self.quantity_left -= taken;
        self.value_left -= refund.get();
        if quantity.is_none() {
            self.from_value = self.value_left;
            self.from_quantity = self.quantity_left;
        }
        true
    }
}

/// A document and what is left of it.
///
/// Every list in here, and every [`Values`], has one element for each line or
/// group of the original in its order, and groups and picks name lines by their
/// place in it: indexing by them cannot fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    original: Original,
    /// One for each line of the original.
    lines: Vec<LineBalance>,
    /// Refunded so far, one for each group of the original.
    groups: Vec<GroupShare>,
}

impl Balance {
    /// Of a document of which nothing came back.
    pub fn untouched(original: Original) -> Balance {
        Balance {
            lines: original.lines().iter().map(LineBalance::new).collect(),
            groups: vec![GroupShare::default(); original.groups().len()],
            original,
        }
    }

    /// After the earlier credit notes, in the order in which they were issued.
    pub fn replay(original: Original, past: &[Past]) -> Result<Balance, BalanceError> {
        let mut balance = Balance::untouched(original);
        for note in past {
            let values = balance.book(&note.returns)?;
            if note.returns.iter().any(|taken| taken.quantity.is_none()) {
                let value: Halalas = values.iter().flatten().copied().sum();
                let amount = match balance.original.basis() {
                    Basis::Inclusive => value,
                    // What a damaged note claims beyond all that is left is cut.
                    Basis::Net => value + note.vat.clamp(Halalas::ZERO, balance.gross_left()),
                };
                balance.settle_amount(&values, amount);
            } else {
                balance.settle_lines(&values);
            }
        }
        Ok(balance)
    }

    /// The document itself.
    pub fn original(&self) -> &Original {
        &self.original
    }

    /// How much of the line at a place of [`Original::lines`] has not come back.
    pub fn quantity_left(&self, place: usize) -> Quantity {
        Quantity::from_thousandths(self.lines.get(place).map_or(0, |line| line.quantity_left))
    }

    /// What has not been refunded of the line at a place of
    /// [`Original::lines`], in the terms of the original's basis.
    pub fn value_left(&self, place: usize) -> Halalas {
        Halalas::new(self.lines.get(place).map_or(0, |line| line.value_left))
    }

    /// What has not been refunded of the whole document, VAT included.
    pub fn gross_left(&self) -> Halalas {
        self.gross_left_by_group().into_iter().sum()
    }

    /// Whether an amount was credited on the line, which made it cheaper.
    pub(super) fn was_lowered(&self, place: usize) -> bool {
        self.lines.get(place).zip(self.original.lines().get(place)).is_some_and(|(balance, line)| {
            let fresh = LineBalance::new(line);
            (balance.from_value, balance.from_quantity) != (fresh.from_value, fresh.from_quantity)
        })
    }

    /// Takes back quantities of the lines at places of [`Original::lines`],
    /// none of them above what is left; gives each group's share of the note.
    pub(super) fn take_lines(&mut self, picks: &[Pick]) -> (Vec<TakenBack>, Vec<GroupShare>) {
        let mut values = vec![None; self.lines.len()];
        let mut returns = Vec::with_capacity(picks.len());
        for (at, quantity) in picks {
            let (line, balance) = (&self.original.lines()[*at], &mut self.lines[*at]);
            let refund = Halalas::new(balance.refund_of(quantity.thousandths()));
            let taken = balance.take(Some(*quantity), refund);
            debug_assert!(taken, "a pick is within what is left");
            values[*at] = Some(refund);
            returns.push(TakenBack { line: line.number, quantity: Some(*quantity), refund });
        }
        (returns, self.settle_lines(&values))
    }

    /// Takes back an amount, VAT included, not above [`Self::gross_left`]: it is
    /// split over the lines by what is left of them. Only lines that get
    /// something are named, but at least one of each group that does.
    pub(super) fn take_amount(&mut self, amount: Halalas) -> (Vec<TakenBack>, Vec<GroupShare>) {
        let values = match self.original.basis() {
            Basis::Inclusive => share_out(amount, &self.values_left(0..self.lines.len())),
            Basis::Net => self.share_net(amount),
        };
        let values = self.named(values, amount);
        let shares = self.settle_amount(&values, amount);
        let lines = self.original.lines().iter().zip(&mut self.lines).zip(values);
        let returns = lines.filter_map(|((line, balance), refund)| {
            let refund = refund?;
            let taken = balance.take(None, refund);
            debug_assert!(taken, "a share is within what is left");
            Some(TakenBack { line: line.number, quantity: None, refund })
        });
        (returns.collect(), shares)
    }

    /// Which lines a note by amount names, and with which value.
    fn named(&self, values: Vec<Halalas>, amount: Halalas) -> Values {
        let mut named: Values =
            values.into_iter().map(|value| Some(value).filter(|v| !v.is_zero())).collect();
        for (group, share) in self.original.groups().iter().zip(self.amount_by_group(&named, amount)) {
            if !share.is_zero() && !group.is_named(&named) {
                // A lone halala of VAT: it needs a line to stand on.
                let open = group.lines.iter().find(|at| self.lines[**at].quantity_left > 0);
                if let Some(at) = open.or(group.lines.first()) {
                    named[*at] = Some(Halalas::ZERO);
                }
            }
        }
        named
    }

    fn values_left(&self, places: impl Iterator<Item = usize>) -> Vec<Halalas> {
        places.map(|at| self.value_left(at)).collect()
    }

    fn gross_left_by_group(&self) -> Vec<Halalas> {
        let groups = self.original.groups().iter().zip(&self.groups);
        groups.map(|(group, taken)| group.gross() - taken.gross()).collect()
    }

    /// The lines' net values of an amount on net prices.
    fn share_net(&self, amount: Halalas) -> Vec<Halalas> {
        let mut values = vec![Halalas::ZERO; self.lines.len()];
        let amounts = share_out(amount, &self.gross_left_by_group());
        for ((group, taken), amount) in self.original.groups().iter().zip(&self.groups).zip(amounts) {
            let net = net_upto(group, taken.gross() + amount) - taken.net;
            let weights = self.values_left(group.lines.iter().copied());
            for (at, value) in group.lines.iter().zip(share_out(net, &weights)) {
                values[*at] = value;
            }
        }
        values
    }

    /// What of an amount falls on each group.
    fn amount_by_group(&self, values: &Values, amount: Halalas) -> Vec<Halalas> {
        match self.original.basis() {
            Basis::Inclusive => self.original.groups().iter().map(|group| group.sum(values)).collect(),
            Basis::Net => share_out(amount, &self.gross_left_by_group()),
        }
    }

    /// Takes what the ledger says from the lines.
    fn book(&mut self, returns: &[TakenBack]) -> Result<Values, BalanceError> {
        let mut values: Values = vec![None; self.lines.len()];
        for taken in returns {
            let line = taken.line;
            let at = self.original.place(line).ok_or(BalanceError::NoSuchLine { line })?;
            // One balance and one value for each line of the original.
            if !self.lines[at].take(taken.quantity, taken.refund) {
                return Err(BalanceError::TooMuch { line });
            }
            values[at] = Some(values[at].unwrap_or_default() + taken.refund);
        }
        Ok(values)
    }

    fn settle_lines(&mut self, values: &Values) -> Vec<GroupShare> {
        let basis = self.original.basis();
        let groups = self.original.groups().iter().zip(&mut self.groups);
        let shares = groups.map(|(group, taken)| {
            let value = group.sum(values);
            let after = match basis {
                _ if !group.is_named(values) => *taken,
                Basis::Inclusive => by_gross(group, taken.gross() + value),
                Basis::Net => by_net(group, *taken, value),
            };
            taken.move_to(after)
        });
        shares.collect()
    }

    fn settle_amount(&mut self, values: &Values, amount: Halalas) -> Vec<GroupShare> {
        let basis = self.original.basis();
        let amounts = self.amount_by_group(values, amount);
        let groups = self.original.groups().iter().zip(&mut self.groups).zip(amounts);
        let shares = groups.map(|((group, taken), amount)| {
            let gross = (taken.gross() + amount).min(group.gross());
            let after = match basis {
                Basis::Inclusive => by_gross(group, gross),
                Basis::Net => {
                    let net = taken.net + group.sum(values);
                    GroupShare { net, vat: (gross - net).clamp(taken.vat, group.tax_group.tax) }
                }
            };
            taken.move_to(after)
        });
        shares.collect()
    }
}

impl OriginalGroup {
    fn sum(&self, values: &Values) -> Halalas {
        self.lines.iter().filter_map(|at| values[*at]).sum()
    }

    /// Whether a note has a line of this group.
    fn is_named(&self, values: &Values) -> bool {
        self.lines.iter().any(|at| values[*at].is_some())
    }
}

/// `f` over all that is refunded of a group.
fn net_upto(group: &OriginalGroup, gross: Halalas) -> Halalas {
    net_of(gross, group.tax_group.vat.rate).min(group.tax_group.taxable)
}

fn by_gross(group: &OriginalGroup, gross: Halalas) -> GroupShare {
    let net = net_upto(group, gross);
    GroupShare { net, vat: gross - net }
}

/// `v` over all that is refunded of a group. A credit by amount may have
/// refunded a halala of VAT more; it is not taken back again. A return of lines
/// that cost nothing refunds nothing.
fn by_net(group: &OriginalGroup, taken: GroupShare, value: Halalas) -> GroupShare {
    let net = taken.net + value;
    let vat = if net == group.tax_group.taxable {
        group.tax_group.tax
    } else if value.is_zero() {
        taken.vat
    } else {
        vat_on(net, group.tax_group.vat.rate).max(taken.vat)
    };
    GroupShare { net, vat }
}
