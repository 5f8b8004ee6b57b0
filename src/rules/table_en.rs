//! The rules of the EN 16931 stylesheet, with the severity of the edition in
//! force and how our own documents keep them. Severities and editions are those
//! of business-rules.md section 1. Where a request or a setting can ask for the
//! wrong thing the rule itself refuses it; the reasons below say why nothing
//! that a till is asked or set to do can break the others.

use super::table::{Edition, Guard, Layer, Rule, Severity};
use Edition::{Both, Current, Former};
use Guard::{Built, Request, Settings};
use Severity::{Error, Warning};

const fn rule(id: &'static str, severity: Severity, edition: Edition, guard: Guard) -> Rule {
    Rule { id, layer: Layer::En16931, severity, edition, guard }
}

const HALALAS: Guard = Built("amounts are counted in whole halalas and written with two decimals");
const SUMS: Guard = Built("the sums are added up in whole halalas from what is written");
const TAX: Guard =
    Built("the VAT of a group is within half a halala times one and its rate of the exact product");
const NO_TAX: Guard = Built("the VAT of a group at no rate is not computed but zero");
const GROUP: Guard = Built("each VAT group is written with category, rate, taxable amount and VAT");
const TOTALS: Guard = Built("the totals are always written");
const AMOUNT: Guard = Built("a discount or charge is written with its amount");
const IN_GROUP: Guard = Built("a discount or charge of the document belongs to a VAT group");
const LINE: Guard = Built("amount and price of a line are always written");
const TYPE: Guard = Built("the type is one of the four that a till issues");
const MEANS: Guard = Built("each means of payment is one of five that have their code");

/// Every rule of the stylesheet, sorted as in business-rules.md, and what stops it as a whole.
pub const EN16931: &[Rule] = &[
    rule("BR-02", Warning, Both, Built("the number comes from the series of the till and its counter")),
    rule("BR-03", Error, Both, Built("the date is that of the moment of issue")),
    rule("BR-04", Error, Both, TYPE),
    rule("BR-05", Error, Both, Built("a document is in riyals unless a request names another currency")),
    rule("BR-06", Warning, Both, Settings),
    rule("BR-08", Warning, Both, Settings),
    rule("BR-09", Warning, Both, Built("the seller's country is always SA")),
    rule("BR-10", Warning, Former, Request),
    rule("BR-13", Warning, Both, TOTALS),
    rule("BR-14", Error, Both, TOTALS),
    rule("BR-15", Error, Both, TOTALS),
    rule("BR-16", Error, Both, Request),
    rule("BR-21", Warning, Both, Built("lines are numbered from 1")),
    rule("BR-22", Error, Both, Request),
    rule("BR-24", Error, Both, LINE),
    rule("BR-25", Warning, Both, Request),
    rule("BR-26", Error, Both, Request),
    rule("BR-31", Error, Both, AMOUNT),
    rule("BR-32", Error, Both, IN_GROUP),
    rule("BR-36", Warning, Both, AMOUNT),
    rule("BR-37", Warning, Both, IN_GROUP),
    rule("BR-41", Error, Both, AMOUNT),
    rule("BR-43", Warning, Both, AMOUNT),
    rule("BR-45", Error, Both, GROUP),
    rule("BR-46", Error, Both, GROUP),
    rule("BR-47", Error, Both, GROUP),
    rule("BR-48", Error, Both, GROUP),
    rule("BR-49", Warning, Both, MEANS),
    rule("BR-52", Warning, Both, Built("the references are ICV, PIH and QR")),
    rule("BR-53", Warning, Both, Built("the VAT total without groups is always written, in riyals")),
    rule("BR-54", Error, Both, Built("no property of an item is written")),
    rule("BR-55", Error, Both, Request),
    rule("BR-CL-01", Error, Both, TYPE),
    rule("BR-CL-03", Error, Both, Request),
    rule("BR-CL-04", Error, Both, Request),
    rule("BR-CL-05", Error, Both, Built("the VAT currency is always SAR")),
    rule("BR-CL-14", Warning, Both, Request),
    rule("BR-CL-16", Warning, Both, MEANS),
    rule("BR-CL-18", Error, Both, Request),
    rule("BR-CO-04", Error, Both, Built("each line has one VAT category")),
    rule("BR-CO-10", Warning, Both, SUMS),
    rule("BR-CO-11", Error, Both, SUMS),
    rule("BR-CO-12", Error, Both, SUMS),
    rule("BR-CO-13", Warning, Both, SUMS),
    rule("BR-CO-14", Error, Both, SUMS),
    rule("BR-CO-15", Error, Both, SUMS),
    rule("BR-CO-16", Warning, Both, SUMS),
    rule("BR-CO-17", Warning, Both, TAX),
    rule("BR-CO-18", Error, Both, GROUP),
    rule("BR-DEC-01", Warning, Both, HALALAS),
    rule("BR-DEC-02", Warning, Both, HALALAS),
    rule("BR-DEC-05", Warning, Both, HALALAS),
    rule("BR-DEC-06", Warning, Both, HALALAS),
    rule("BR-DEC-09", Warning, Both, HALALAS),
    rule("BR-DEC-10", Warning, Both, HALALAS),
    rule("BR-DEC-11", Warning, Both, HALALAS),
    rule("BR-DEC-12", Warning, Both, HALALAS),
    rule("BR-DEC-13", Warning, Both, HALALAS),
    rule("BR-DEC-14", Warning, Both, HALALAS),
    rule("BR-DEC-15", Warning, Both, HALALAS),
    rule("BR-DEC-16", Warning, Both, HALALAS),
    rule("BR-DEC-17", Warning, Both, HALALAS),
    rule("BR-DEC-18", Warning, Both, HALALAS),
    rule("BR-DEC-19", Warning, Both, HALALAS),
    rule("BR-DEC-20", Warning, Both, HALALAS),
    rule("BR-DEC-23", Warning, Both, HALALAS),
    rule("BR-DEC-24", Warning, Both, HALALAS),
    rule("BR-DEC-25", Warning, Both, HALALAS),
    rule("BR-DEC-27", Warning, Both, HALALAS),
    rule("BR-DEC-28", Warning, Both, HALALAS),
    rule("BR-E-01", Warning, Both, Request),
    rule("BR-E-05", Error, Both, Request),
    rule("BR-E-06", Error, Both, Request),
    rule("BR-E-07", Error, Both, Request),
    rule("BR-E-08", Warning, Both, SUMS),
    rule("BR-E-09", Error, Both, NO_TAX),
    rule("BR-KSA-F-06-C1", Warning, Both, Settings),
    rule("BR-KSA-F-06-C2", Warning, Both, Request),
    rule("BR-KSA-F-06-C8", Warning, Both, Settings),
    rule("BR-KSA-F-06-C10", Warning, Both, Settings),
    rule(
        "BR-KSA-F-06-C17",
        Error,
        Both,
        Built("a document has at most some thousand lines, numbered from 1"),
    ),
    rule("BR-KSA-F-06-C18", Warning, Both, Request),
    rule("BR-KSA-F-06-C19", Warning, Both, Request),
    rule("BR-KSA-F-06-C20", Warning, Both, Request),
    rule("BR-KSA-F-06-C27", Warning, Both, Request),
    rule("BR-KSA-F-06-C30", Warning, Both, Built("the buyer's number of an item is not written")),
    rule("BR-KSA-F-06-C31", Warning, Both, Request),
    rule("BR-KSA-F-C-01", Warning, Current, Request),
    rule("BR-O-01", Warning, Both, Request),
    rule("BR-O-08", Warning, Both, SUMS),
    rule("BR-O-09", Error, Both, NO_TAX),
    rule("BR-S-01", Warning, Current, Request),
    rule("BR-S-05", Warning, Current, Request),
    rule("BR-S-06", Error, Both, Request),
    rule("BR-S-07", Warning, Both, Request),
    rule("BR-S-08", Warning, Both, SUMS),
    rule("BR-S-09", Warning, Both, TAX),
    rule("BR-S-10", Warning, Both, Request),
    rule("BR-Z-01", Warning, Both, Request),
    rule("BR-Z-05", Error, Both, Request),
    rule("BR-Z-06", Error, Both, Request),
    rule("BR-Z-07", Error, Both, Request),
    rule("BR-Z-08", Warning, Both, SUMS),
    rule("BR-Z-09", Error, Both, NO_TAX),
    rule("RULE-EVALUATION", Error, Both, Built("every amount is a number, and the seller has one name")),
];
