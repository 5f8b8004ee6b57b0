//! Faults that a till or an authority must not have, built into the world on
//! purpose: each must be found by the law, or the law proves nothing.

use crate::book;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The ledger says that an outcome is written, and it is not.
    LosesOutcome,
    /// A document that was accepted is queued again.
    QueuesAccepted,
    /// A document that was accepted is written as rejected.
    RejectsAccepted,
    /// The second attempt sends other bytes.
    ChangesBytes,
    /// The ledger never offers one of its documents.
    HidesOne,
    /// One more document is in flight than allowed.
    OneMore,
    /// Whatever comes with 200 is taken for an acceptance.
    TrustsAnyOk,
    /// Trouble at the authority is taken for a rejection.
    TakesTroubleForNo,
    /// The authority's wish for a pause is not heard.
    IgnoresRetryAfter,
    /// The cleared document is not the one that the authority gave.
    AltersCleared,
    /// A receipt that may have come out is printed again unasked.
    PrintsAgain,
    /// A request that is repeated is a second sale.
    SellsTwice,
    /// A durable sale is gone after a power cut.
    LosesSale,
    /// A till that was restarted stamps with other randomness what it had stamped.
    OtherNumbers,
    /// The authority does not know what it accepted.
    ForgetfulAuthority,
    /// The authority judges the same bytes differently by the hour.
    MoodyAuthority,
}

impl Flaw {
    /// Each with words that the law says of it, one of which must come.
    pub const ALL: [(Flaw, &'static [&'static str]); 16] = [
        (Flaw::LosesOutcome, &["starves", "after a known acceptance"]),
        (Flaw::QueuesAccepted, &["after a known acceptance"]),
        (Flaw::RejectsAccepted, &["the book"]),
        (Flaw::ChangesBytes, &["other bytes"]),
        (Flaw::HidesOne, &["starves"]),
        (Flaw::OneMore, &["in flight"]),
        (Flaw::TrustsAnyOk, &["the book"]),
        (Flaw::TakesTroubleForNo, &["the book"]),
        (Flaw::IgnoresRetryAfter, &["asked for silence"]),
        (Flaw::AltersCleared, &["cleared document"]),
        (Flaw::PrintsAgain, &["printed 2 times"]),
        (Flaw::SellsTwice, &["fault-free"]),
        (Flaw::LosesSale, &["does not open"]),
        (Flaw::OtherNumbers, &["fault-free"]),
        (Flaw::ForgetfulAuthority, &["accepted twice within a day"]),
        (Flaw::MoodyAuthority, &["fault-free"]),
    ];

    pub fn of_authority(self) -> book::Flaws {
        book::Flaws { forgets: self == Flaw::ForgetfulAuthority, moody: self == Flaw::MoodyAuthority }
    }
}
