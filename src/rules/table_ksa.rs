//! The authority's own rules, with the severity of the edition in force and how
//! our own documents keep them (business-rules.md section 2). Where a request
//! or a setting can ask for the wrong thing the rule itself refuses it; the
//! reasons below say why nothing that a till is asked or set to do can break
//! the others.

use super::table::{Edition, Guard, Layer, Rule, Severity};
use Edition::{Both, Current, Former};
use Guard::{Built, Request, Settings};
use Severity::{Error, Warning};

const fn rule(id: &'static str, severity: Severity, edition: Edition, guard: Guard) -> Rule {
    Rule { id, layer: Layer::Ksa, severity, edition, guard }
}

const FIXED: Guard = Built("this text is fixed and the same in every document of a till");
const MOMENT: Guard = Built("date and time are those of the moment of issue, written by one function");
const STAMP: Guard = Built("every document is stamped, with identifiers that are fixed");
const CHAIN: Guard = Built("counter and previous hash come from the chain, which refuses a gap");
const CATEGORY: Guard = Built("a VAT category is one of S, Z, E and O and no other can be read");
const NO_RATE: Guard = Built("a rate other than 0 is refused when a category without VAT is read");
const LINE_VAT: Guard = Built("each line is written with its VAT and its amount with VAT");
const HALALAS: Guard = Built("amounts are counted in whole halalas and written with two decimals");
const ADVANCE: Guard =
    Built("the line of an advance is written whole: reference, amounts, category and rate");
const ADVANCE_SUM: Guard = Built("the prepaid amount is added up from the advances as they are written");
const NO_CONTACT: Guard = Built("no contact of the buyer is written");
const NO_ACCOUNT: Guard = Built("no account of the payee is written");
const NO_PERCENT: Guard = Built("a discount or charge is written as an amount, without base and percentage");
const NO_PRICE_PART: Guard = Built("a price is written alone, without discount and base quantity");
const TWO_TOTALS: Guard = Built("two VAT totals are written: one in riyals, one with the breakdown");
const EXCHANGE: Guard = Built("an exchange rate is written whole, from the document's currency to riyals");
const MEANS: Guard = Built("each means of payment is one of five that have their code");

/// Every rule of the stylesheet, as business-rules.md sorts them.
pub const KSA: &[Rule] = &[
    rule("BR-CL-KSA-14", Error, Both, Settings),
    rule("BR-CUSTOM-VALIDATION-01", Error, Both, Request),
    rule("BR-KSA-03", Error, Both, Built("the UUID is made by the ledger and written in its usual form")),
    // The dates of originals and of advances come from a request.
    rule("BR-KSA-04", Error, Both, Request),
    rule("BR-KSA-05", Error, Both, Built("the type is one of the four that a till issues")),
    rule("BR-KSA-06", Error, Both, Built("the seven characters are written from a kind and five flags")),
    rule("BR-KSA-07", Error, Both, Request),
    rule("BR-KSA-08", Warning, Both, Settings),
    rule("BR-KSA-09", Warning, Both, Settings),
    rule("BR-KSA-10", Warning, Both, Request),
    rule("BR-KSA-11", Error, Both, NO_RATE),
    rule("BR-KSA-12", Warning, Both, NO_RATE),
    rule("BR-KSA-13", Warning, Both, NO_RATE),
    rule("BR-KSA-14", Error, Both, Request),
    rule(
        "BR-KSA-15",
        Warning,
        Both,
        Built("a standard invoice that names no date of supply was supplied when it was issued"),
    ),
    rule("BR-KSA-16", Warning, Both, MEANS),
    rule("BR-KSA-17", Error, Both, Request),
    rule("BR-KSA-18", Error, Both, CATEGORY),
    rule("BR-KSA-19", Warning, Both, Request),
    rule("BR-KSA-20", Warning, Both, Request),
    rule("BR-KSA-21", Warning, Both, Request),
    rule("BR-KSA-22", Warning, Both, Request),
    rule("BR-KSA-23", Warning, Both, Request),
    rule(
        "BR-KSA-24",
        Warning,
        Both,
        Built("what lies outside of VAT has one code, which is set if not asked for"),
    ),
    rule("BR-KSA-25", Warning, Both, Request),
    rule("BR-KSA-26", Warning, Both, CHAIN),
    rule("BR-KSA-27", Warning, Both, STAMP),
    rule("BR-KSA-28", Error, Both, STAMP),
    rule("BR-KSA-29", Warning, Both, STAMP),
    rule("BR-KSA-30", Error, Both, STAMP),
    rule("BR-KSA-31", Error, Both, Request),
    rule("BR-KSA-33", Error, Both, CHAIN),
    rule("BR-KSA-34", Error, Both, CHAIN),
    rule("BR-KSA-35", Warning, Both, Request),
    rule("BR-KSA-36", Warning, Both, Request),
    rule("BR-KSA-37", Warning, Both, Settings),
    rule("BR-KSA-39", Error, Both, Settings),
    rule("BR-KSA-40", Error, Both, Settings),
    rule("BR-KSA-42", Warning, Both, Request),
    rule("BR-KSA-44", Error, Both, Request),
    rule("BR-KSA-46", Warning, Former, Request),
    rule("BR-KSA-49", Error, Both, Request),
    rule("BR-KSA-51", Warning, Both, Built("the amount with VAT is added up from what the line states")),
    rule("BR-KSA-52", Error, Both, LINE_VAT),
    rule("BR-KSA-53", Error, Both, LINE_VAT),
    rule("BR-KSA-54", Error, Former, LINE_VAT),
    rule("BR-KSA-56", Warning, Both, Request),
    rule("BR-KSA-60", Warning, Both, STAMP),
    rule("BR-KSA-61", Warning, Both, CHAIN),
    rule("BR-KSA-63", Warning, Both, Request),
    rule("BR-KSA-66", Warning, Both, Settings),
    rule("BR-KSA-67", Warning, Both, Request),
    rule("BR-KSA-68", Error, Both, FIXED),
    rule("BR-KSA-69", Warning, Both, Request),
    rule("BR-KSA-70", Error, Both, MOMENT),
    rule("BR-KSA-71", Warning, Both, Request),
    rule("BR-KSA-72", Error, Both, Request),
    rule("BR-KSA-73", Warning, Both, ADVANCE),
    rule("BR-KSA-74", Error, Both, ADVANCE),
    rule("BR-KSA-75", Warning, Both, ADVANCE),
    rule("BR-KSA-76", Warning, Both, NO_RATE),
    rule("BR-KSA-77", Warning, Both, NO_RATE),
    rule("BR-KSA-78", Warning, Both, NO_RATE),
    rule("BR-KSA-79", Warning, Both, Built("amount and VAT of an advance are taken apart by its own rate")),
    rule("BR-KSA-80", Warning, Both, ADVANCE_SUM),
    rule("BR-KSA-81", Warning, Both, Request),
    rule("BR-KSA-82", Error, Both, Built("the line of an advance is written with zeros and no discount")),
    rule("BR-KSA-83", Warning, Both, Request),
    rule("BR-KSA-84", Error, Current, Request),
    rule("BR-KSA-85", Warning, Current, NO_CONTACT),
    rule("BR-KSA-87", Warning, Current, EXCHANGE),
    rule("BR-KSA-88", Error, Current, EXCHANGE),
    rule("BR-KSA-89", Error, Current, EXCHANGE),
    rule("BR-KSA-90", Error, Current, Request),
    rule(
        "BR-KSA-92",
        Error,
        Current,
        Built("the flags are seven characters and the mark of the ninth is never written"),
    ),
    rule("BR-KSA-93", Warning, Current, Request),
    rule("BR-KSA-94", Warning, Current, Request),
    rule(
        "BR-KSA-95",
        Warning,
        Current,
        Built("what lies outside of VAT has one code, which is set if not asked for"),
    ),
    rule("BR-KSA-96", Warning, Current, Request),
    rule("BR-KSA-97", Warning, Current, Request),
    rule("BR-KSA-98", Warning, Current, MOMENT),
    rule("BR-KSA-99", Warning, Current, Built("a VAT number of the buyer is written only if there is one")),
    rule("BR-KSA-CL-01", Error, Both, Request),
    rule(
        "BR-KSA-CL-02",
        Error,
        Both,
        Built("every amount but the VAT in riyals is written in the one currency"),
    ),
    rule("BR-KSA-CL-03", Error, Both, FIXED),
    rule("BR-KSA-CL-04", Warning, Both, Request),
    rule("BR-KSA-CL-06", Warning, Both, Request),
    rule("BR-KSA-CL-07", Warning, Current, Request),
    rule("BR-KSA-DEC-01", Error, Both, NO_PERCENT),
    rule("BR-KSA-DEC-02", Error, Both, Built("a rate is 15, 5 or 0 percent, counted in basis points")),
    rule("BR-KSA-DEC-03", Warning, Both, HALALAS),
    rule("BR-KSA-DEC-04", Warning, Both, HALALAS),
    rule("BR-KSA-DEC-06", Warning, Both, HALALAS),
    rule("BR-KSA-EN16931-01", Error, Both, FIXED),
    rule("BR-KSA-EN16931-02", Error, Both, FIXED),
    rule("BR-KSA-EN16931-03", Warning, Both, NO_PERCENT),
    rule("BR-KSA-EN16931-04", Warning, Both, NO_PERCENT),
    rule("BR-KSA-EN16931-05", Warning, Both, NO_PERCENT),
    rule("BR-KSA-EN16931-06", Error, Both, NO_PRICE_PART),
    rule("BR-KSA-EN16931-07", Error, Both, NO_PRICE_PART),
    rule("BR-KSA-EN16931-08", Warning, Both, TWO_TOTALS),
    rule("BR-KSA-EN16931-09", Warning, Both, TWO_TOTALS),
    rule(
        "BR-KSA-EN16931-11",
        Warning,
        Both,
        Built("the unit price is chosen so that it leads to the line's amount"),
    ),
    rule("BR-KSA-EN16931-12", Error, Both, NO_PRICE_PART),
    rule("BR-KSA-F-01", Error, Both, Request),
    rule("BR-KSA-F-02", Error, Both, FIXED),
    rule("BR-KSA-F-04", Error, Both, Request),
    rule("BR-KSA-F-05", Warning, Both, Request),
    rule("BR-KSA-F-06-C3", Warning, Both, Request),
    rule("BR-KSA-F-06-C4", Warning, Both, Settings),
    rule("BR-KSA-F-06-C5", Warning, Both, Request),
    rule("BR-KSA-F-06-C6", Warning, Both, Settings),
    rule("BR-KSA-F-06-C7", Warning, Both, Settings),
    rule("BR-KSA-F-06-C9", Warning, Both, Settings),
    rule("BR-KSA-F-06-C11", Warning, Both, Request),
    rule("BR-KSA-F-06-C12", Warning, Both, Request),
    rule("BR-KSA-F-06-C13", Warning, Both, Request),
    rule("BR-KSA-F-06-C14", Warning, Both, NO_ACCOUNT),
    rule("BR-KSA-F-06-C15", Warning, Both, NO_ACCOUNT),
    rule("BR-KSA-F-06-C16", Warning, Both, Request),
    rule("BR-KSA-F-06-C21", Warning, Both, NO_PRICE_PART),
    rule("BR-KSA-F-06-C22", Error, Both, Request),
    rule("BR-KSA-F-06-C23", Warning, Both, Request),
    rule("BR-KSA-F-06-C24", Warning, Both, Request),
    rule("BR-KSA-F-06-C25", Warning, Both, Request),
    rule("BR-KSA-F-06-C26", Warning, Both, Request),
    rule("BR-KSA-F-06-C28", Warning, Both, Request),
    rule("BR-KSA-F-06-C29", Warning, Both, Request),
    rule("BR-KSA-F-06-C32", Warning, Both, Request),
    rule("BR-KSA-F-06-C33", Warning, Both, Request),
    rule("BR-KSA-F-06-C34", Warning, Both, Request),
    rule("BR-KSA-F-06-C35", Warning, Both, Request),
    rule("BR-KSA-F-06-C36", Warning, Both, Request),
    rule("BR-KSA-F-06-C37", Warning, Current, NO_CONTACT),
    rule("BR-KSA-F-06-C38", Warning, Current, NO_CONTACT),
    rule("BR-KSA-F-06-C39", Warning, Current, Request),
    rule(
        "BR-KSA-F-06-C40",
        Warning,
        Current,
        Built("the seven characters are written from a kind and five flags"),
    ),
    rule("BR-KSA-F-07", Warning, Current, Request),
    rule("BR-KSA-F-08", Warning, Current, Request),
    rule("BR-KSA-F-09", Warning, Current, Request),
    rule("BR-KSA-F-10", Warning, Current, Request),
    rule("BR-KSA-F-11", Warning, Current, Request),
    rule(
        "BR-KSA-F-12",
        Warning,
        Current,
        Built("the kind of an identifier is taken from a list, without blanks"),
    ),
    rule("BR-KSA-F-13", Warning, Current, Request),
];
