//! A broken rule, before it is put into words.

use super::term::Term;
use crate::money::Decimal;

/// What is wrong with one value of a document. Each kind has its words in
/// `words.rs`; values stand as the document has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Required and absent or empty.
    Missing,
    /// Written, but without a text.
    Empty,
    /// Required because of something else in the document, named in `because`.
    MissingBecause { because: Because },
    /// Written where it must not be.
    Forbidden { because: Because },
    /// Too many or too few of it.
    Count { found: usize, expected: &'static str },
    /// Characters of a text against its bounds.
    Length { found: usize, least: usize, most: usize },
    /// Not in the form that `form` describes.
    Form { found: String, form: Form },
    /// Not in the code list.
    Code { found: String, list: &'static str },
    /// Another value is the only right one.
    NotFixed { found: String, expected: String },
    /// Differs from another value of the document.
    Differs { found: String, other: Term, expected: String },
    /// Equal to another value of the document, which is wrong.
    SameAs { found: String, other: Term },
    /// An amount that differs from what it must add up to.
    Sum { found: Decimal, expected: Decimal, how: How },
    /// More decimals than allowed.
    Decimals { found: usize, most: usize },
    /// Below zero.
    Negative { found: String },
    /// Not above zero.
    NotPositive { found: String },
    /// Not zero where only zero is right.
    NotZero { found: String },
    /// Outside of bounds.
    Range { found: String, least: &'static str, most: &'static str },
    /// Not a number at all.
    NotANumber { found: String },
    /// Later than now, in Riyadh.
    Future { found: String },
    /// Issued more than 24 hours ago.
    Late { found: String },
    /// A date before another.
    Before { found: String, other: Term, value: String },
}

/// Forms of values, for the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// 15 digits, the first and the last a 3.
    VatNumber,
    /// Exactly so many digits.
    Digits(usize),
    /// 10 digits that begin with this one.
    TenDigitsFrom(char),
    /// Letters and digits only.
    Alphanumeric,
    /// `YYYY-MM-DD`, a day of the calendar.
    Date,
    /// `hh:mm:ss`, `Z` allowed.
    Time,
    /// Letters, digits, `_`, `.` and `-`.
    Uuid,
    /// 01 or 02 and five flags of 0 or 1.
    TypeName,
    /// Digits only.
    Counter,
    /// `true` or `false`.
    Boolean,
    /// 0 or + and 4 to 15 digits.
    Telephone,
    /// Words, not digits alone.
    Words,
    /// No run of eight equal, rising or falling digits.
    NotInvented,
    /// No blanks around it.
    Trimmed,
    /// No percent sign, 0 to 100, two decimals.
    Percent,
}

/// Why something is required or forbidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    Standard,
    StandardInvoice,
    Simplified,
    Note,
    Summary,
    Export,
    SelfBilled,
    SaudiBuyer,
    NoVatNumber,
    Citizen,
    StandardRate,
    NoVatCharged,
    Charge,
    Percent,
    Base,
    Latest,
    Prepaid,
    ForeignCurrency,
    Government,
    Unused,
}

/// How an amount is computed, for the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    SumOfLines,
    SumOfAllowances,
    SumOfCharges,
    LinesLessAllowances,
    SumOfSubtotals,
    ExclusivePlusTax,
    InclusiveLessPrepaid,
    TaxableTimesRate,
    GroupTaxable,
    QuantityTimesPrice,
    NetPlusTax,
    BaseTimesPercent,
    BaseLessAllowance,
    PrepaymentSum,
}

/// A broken rule at one place of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The official id.
    pub rule: &'static str,
    /// What it is about.
    pub term: Term,
    /// Which one of several, from 1: the line, the payment means, the allowance.
    pub at: Option<usize>,
    /// What is wrong.
    pub wrong: Wrong,
}

/// Collects violations while rules run.
#[derive(Debug, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// At a place that exists once.
    pub fn add(&mut self, rule: &'static str, term: Term, wrong: Wrong) {
        self.0.push(Violation { rule, term, at: None, wrong });
    }

    /// At the `at`-th (from 1) of several places.
    pub fn add_at(&mut self, rule: &'static str, term: Term, at: usize, wrong: Wrong) {
        self.0.push(Violation { rule, term, at: Some(at), wrong });
    }

    /// All of them in the order in which they were found.
    pub fn into_vec(self) -> Vec<Violation> {
        self.0
    }
}
