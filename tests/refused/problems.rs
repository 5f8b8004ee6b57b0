//! One request for every fault that the till itself knows. The lists of names
//! do not compile without a new variant, and the test fails without its request.

use serde_json::{Value, json};
use tilld::invoice::returns::ListedReason;
use tilld::invoice::{PartyId, limits};
use tilld::money::{Decimal, Halalas, Quantity, Rate};
use tilld::text::{BuyerPart, DocumentProblem, JsonType, Problem, ReturnProblem};

use crate::requests::{
    Ask, advance, charged, dollars, export, external, note, sale, standard, summary, taxed, with,
};
use crate::till::RealTill;

/// Declares the names of all variants of an enum, and the name of one.
macro_rules! variants {
    ($name:ident of $problem:ident in $all:ident: $( $variant:ident )*) => {
        pub const $all: &[&str] = &[ $( stringify!($variant) ),* ];
        fn $name(problem: &$problem) -> &'static str {
            match problem { $( $problem::$variant { .. } => stringify!($variant), )* }
        }
    };
}

variants! { of_sale of Problem in SALE:
    NotJson WrongType UnknownField FieldTwice Missing Length ControlCharacters NotANumber TooManyDecimals
    Negative NotPositive TooLarge TooMany NotAccepted NoLines NameTooShort NameOnlyDigits UnitCode NoPrice
    TwoPrices ReasonForbidden ReasonMissing ReasonCode ReasonText Party CitizenName CitizenId BuyerIsSeller
    DiscountExceeds LineTooLarge PayableTooLarge TendersFallShort TendersExceed Document Return Stored
}
variants! { of_document of DocumentProblem in DOCUMENT:
    Length Date Time Uuid MixedPrices AmountNotPositive TwoDiscounts Percent ChargeWithoutLine ChargeCode Flag
    BuyerPart BuyerVatNumber BuyerIdCharacters ExportVatNumber ExportCategory PostalCode Country SummaryPeriod SupplyOrder NoOriginal NoReason
    OnlyOnNotes OnlyOnInvoices Currency CurrencyOnSimplified ExchangeRate SameVatInRiyals Rounding
    RoundingExceeds TendersOnRefund
}
variants! { of_return of ReturnProblem in RETURN:
    OneOriginal OneWanted OneLineKey OnlyTrue QrText ItemsNeeded ItemsForbidden BuyerForbidden ReasonCode
    OriginalIsCredit NoLines NothingLeft NothingPaid NoSuchLine NoSuchItem Ambiguous LineTwice LineGone LineFromOne
    NothingWanted TooMuch AmountTooMuch TendersDiffer
}

/// The list that the variant is in, and its name there.
pub fn name(problem: &Problem) -> (&'static [&'static str], &'static str) {
    match problem {
        Problem::Document(problem) => (DOCUMENT, of_document(problem)),
        Problem::Return(problem) => (RETURN, of_return(problem)),
        problem => (SALE, of_sale(problem)),
    }
}

type Table = Vec<(Problem, Ask)>;

fn of<P: Into<Problem>>(problem: P, body: Value) -> (Problem, Ask) {
    (problem.into(), Ask::Sale(body))
}

fn line(key: &str, value: Value) -> Value {
    with(sale(), &format!("/lines/0/{key}"), value)
}

/// An amount.
fn halalas(count: i64) -> Halalas {
    Halalas::new(count)
}

/// What can be wrong with the text of a request and the types in it.
pub fn of_texts() -> Table {
    let broken = "{";
    let what = serde_json::from_str::<Value>(broken).unwrap_err().to_string();
    let twenty_one = vec![json!({"kind": "cash", "amount": 1}); 21];
    let tender = json!([{"kind": "cash", "amount": 30, "bank": "x"}]);
    let most = Decimal::new(limits::AMOUNT.into(), 2);
    vec![
        (Problem::NotJson { what }, Ask::Text(broken.to_owned())),
        (Problem::FieldTwice, Ask::Text(r#"{"lines": [], "lines": []}"#.to_owned())),
        of(Problem::WrongType { expected: JsonType::List, found: JsonType::Text }, json!({"lines": "x"})),
        of(Problem::UnknownField { accepted: &["kind", "amount"] }, with(sale(), "/tenders", tender)),
        of(Problem::Missing, json!({})),
        of(Problem::Length { found: 0, least: 1, most: 127 }, with(sale(), "/reference", json!(""))),
        of(Problem::ControlCharacters, with(sale(), "/reference", json!("a\u{1}b"))),
        of(Problem::NotANumber, line("quantity", json!("x"))),
        of(Problem::TooManyDecimals { allowed: 3 }, line("quantity", json!("0.0001"))),
        of(Problem::Negative, line("shelf_price", json!(-1))),
        of(Problem::NotPositive, line("quantity", json!(0))),
        of(Problem::TooLarge { most }, line("shelf_price", json!(99_999_999))),
        of(Problem::TooMany { found: 21, most: 20 }, with(sale(), "/tenders", json!(twenty_one))),
    ]
}

/// What can be wrong with the lines of a sale and how it is paid.
pub fn of_lines() -> Table {
    let accepted: &[&str] = &["S", "Z", "E", "O"];
    let school = taxed(json!({"category": "Z", "reason_code": "VATEX-SA-EDU"}));
    let big = |quantity: u32| json!({"name": "تمر", "quantity": quantity, "shelf_price": limits::AMOUNT / 100, "vat": "S"});
    let paid = |kind: &str, amount: &str| with(sale(), "/tenders", json!([{"kind": kind, "amount": amount}]));
    let most = limits::PAYABLE_TEXT;
    let of_other = json!({"category": "O", "reason_code": "VATEX-SA-32", "reason": "تأمين"});
    let scheme = PartyId::buyer("XYZ", "1").unwrap_err();
    let party = Problem::Party { rule: "BR-KSA-14", message: scheme.message() };
    let unknown = json!({"scheme": "XYZ", "value": "1"});
    let own = with(standard(), "/buyer/vat_number", json!("399999999900003"));
    vec![
        of(Problem::NotAccepted { accepted, rule: "BR-KSA-18" }, taxed(json!("X"))),
        of(Problem::NoLines, json!({"lines": []})),
        of(Problem::NameTooShort { found: 2 }, line("name", json!("ab"))),
        of(Problem::NameOnlyDigits, line("name", json!("123456"))),
        of(Problem::UnitCode, line("unit", json!("pc"))),
        of(Problem::NoPrice, line("shelf_price", Value::Null)),
        of(Problem::TwoPrices, line("net_price", json!(9))),
        of(Problem::ReasonForbidden, taxed(json!({"category": "S", "reason": "x"}))),
        of(Problem::ReasonMissing { category: "E" }, taxed(json!("E"))),
        of(Problem::ReasonCode { accepted: vec!["VATEX-SA-OOS"] }, taxed(of_other)),
        of(Problem::ReasonText, taxed(json!({"category": "O"}))),
        of(party, with(standard(), "/buyer/id", unknown)),
        of(Problem::CitizenName, school.clone()),
        of(Problem::CitizenId, school),
        of(Problem::BuyerIsSeller, own),
        of(
            Problem::DiscountExceeds { discount: halalas(3000), of: halalas(2997) },
            line("discount", json!(30)),
        ),
        of(
            Problem::LineTooLarge { found: halalas(1_000_000 * limits::AMOUNT), most },
            json!({"lines": [big(1_000_000)]}),
        ),
        of(
            Problem::PayableTooLarge { found: halalas(2 * limits::PAYABLE), most },
            json!({"lines": [big(10), big(10)]}),
        ),
        of(Problem::TendersFallShort { paid: halalas(2996), payable: halalas(2997) }, paid("cash", "29.96")),
        of(Problem::TendersExceed { paid: halalas(2998), payable: halalas(2997) }, paid("card", "29.98")),
    ]
}

/// What can be wrong between the fields of a sale.
pub fn of_documents() -> Table {
    use DocumentProblem as P;
    let found = || "x".to_owned();
    let net = json!({"name": "قهوة", "quantity": 1, "net_price": 5, "vat": "S"});
    let mixed = json!({"lines": [sale()["lines"][0], net]});
    let both = json!({"amount": 1, "percent": 5});
    let free = with(charged(), "/charges/0/amount", json!(0));
    let zero = json!({"category": "Z", "reason_code": "VATEX-SA-35"});
    let supply = json!({"date": "2026-01-02", "until": "2026-01-01"});
    let (from, until) = ("2026-01-02".to_owned(), "2026-01-01".to_owned());
    let dashed = json!({"scheme": "CRN", "value": "7-7"});
    let large = |body| with(body, "/prepayments/0/amount", json!(100));
    let paid = with(large(advance()), "/tenders", json!([{"kind": "cash", "amount": 1}]));
    let cheap = with(line("shelf_price", json!("0.01")), "/rounding", json!("-0.05"));
    vec![
        of(
            P::Length { found: 128, least: 1, most: 127, rule: "BR-KSA-F-06-C3" },
            with(sale(), "/order_reference", json!("7".repeat(128))),
        ),
        of(P::Date { found: found() }, with(note(), "/originals/0/date", json!("x"))),
        of(P::Time { found: found() }, with(advance(), "/prepayments/0/time", json!("x"))),
        of(P::Uuid { found: found() }, with(advance(), "/prepayments/0/uuid", json!("x"))),
        of(P::MixedPrices, mixed),
        of(P::AmountNotPositive { rule: "TILLD-CHARGE-ZERO" }, free),
        of(P::TwoDiscounts, with(sale(), "/discount", both)),
        of(P::Percent { found: "101".to_owned() }, with(sale(), "/discount", json!({"percent": 101}))),
        of(P::ChargeWithoutLine { category: "Z", rate: Rate::ZERO }, with(charged(), "/charges/0/vat", zero)),
        of(P::ChargeCode { found: found() }, with(charged(), "/charges/0/code", json!("x"))),
        of(P::Flag { flag: "export", rule: "BR-KSA-31" }, with(sale(), "/flags", json!(["export"]))),
        of(
            P::BuyerPart { part: BuyerPart::Name, rule: "BR-KSA-42" },
            with(standard(), "/buyer/name", Value::Null),
        ),
        of(P::BuyerVatNumber { found: found() }, with(standard(), "/buyer/vat_number", json!("x"))),
        of(P::BuyerIdCharacters { found: "7-7".to_owned() }, with(standard(), "/buyer/id", dashed)),
        of(P::ExportVatNumber, with(export(), "/buyer/vat_number", json!("311111111100003"))),
        of(P::ExportCategory, with(export(), "/lines/0/vat", json!("S"))),
        of(P::PostalCode { found: found() }, with(standard(), "/buyer/address/postal_code", json!("x"))),
        of(P::Country { found: found() }, with(standard(), "/buyer/address/country", json!("x"))),
        of(P::SummaryPeriod, with(summary(), "/supply", Value::Null)),
        of(P::SupplyOrder { from, until }, with(sale(), "/supply", supply)),
        of(P::NoOriginal, with(note(), "/originals", Value::Null)),
        of(P::NoReason, with(note(), "/reason", Value::Null)),
        of(P::OnlyOnNotes, with(sale(), "/reason", json!("x"))),
        of(P::OnlyOnInvoices, with(advance(), "/document", json!("prepayment"))),
        of(P::Currency { found: found() }, with(dollars(), "/currency/code", json!("x"))),
        of(P::CurrencyOnSimplified, with(dollars(), "/subtype", json!("simplified"))),
        of(P::ExchangeRate { found: found() }, with(dollars(), "/currency/rate", json!("x"))),
        of(
            P::SameVatInRiyals { tax: halalas(391), code: "USD" },
            with(dollars(), "/currency/rate", json!(1)),
        ),
        of(P::Rounding { found: "1".to_owned() }, with(sale(), "/rounding", json!("1"))),
        of(P::RoundingExceeds { rounding: halalas(-5), of: halalas(3) }, cheap),
        of(P::TendersOnRefund { owed: halalas(7003) }, paid),
    ]
}

/// What can be wrong with a return; puts the originals into the ledger first.
pub fn of_returns(till: &mut RealTill) -> Table {
    use ReturnProblem as P;
    let item = |quantity: u32| json!({"name": "تمر", "quantity": quantity, "shelf_price": 10, "vat": "S", "barcode": "628"});
    let two = || Ask::Sale(json!({"lines": [item(3), item(1)]}));
    let sold = till.accepted(&two());
    let gone = till.accepted(&two());
    let credit = till.accepted(&RealTill::credit_of(&gone, "whole", json!(true)));
    let half = till.accepted(&two());
    till.accepted(&RealTill::credit_of(&half, "lines", json!([{"line": 1}])));
    let given = json!({"lines": [item(1)], "discount": {"percent": 100}});
    let free = till.accepted(&Ask::Sale(given));
    let of = |problem: P, ask: Ask| (Problem::Return(problem), ask);
    let whole = |number: &str| RealTill::credit_of(number, "whole", json!(true));
    let lines = |number: &str, wanted: Value| RealTill::credit_of(number, "lines", wanted);
    let amount = |wanted: Value| RealTill::credit_of(&sold, "amount", wanted);
    let and = |ask: Ask, key: &str, value: Value| match ask {
        Ask::Credit(body) => Ask::Credit(with(body, &format!("/{key}"), value)),
        other => other,
    };
    let quantity = Quantity::from_thousandths;
    let cash = json!([{"kind": "cash", "amount": 39}]);
    let items = external()["items"].clone();
    let original: &[&str] = &["qr", "number", "uuid", "reference", "external"];
    vec![
        of(P::OneOriginal { accepted: original }, and(whole(&sold), "original", json!({}))),
        of(P::OneWanted { accepted: &["whole", "lines", "amount"] }, and(whole(&sold), "amount", json!(1))),
        of(P::OneLineKey { accepted: &["line", "barcode", "article"] }, lines(&sold, json!([{}]))),
        of(P::OnlyTrue, and(whole(&sold), "whole", json!(false))),
        of(P::QrText, and(whole(&sold), "original", json!({"qr": "AAAA"}))),
        of(P::ItemsNeeded, Ask::Credit(with(external(), "/items", Value::Null))),
        of(P::ItemsForbidden, and(whole(&sold), "items", items)),
        of(P::BuyerForbidden, and(whole(&sold), "buyer", json!({"name": "خالد"}))),
        of(P::ReasonCode { accepted: &ListedReason::CODES }, and(whole(&sold), "reason", json!("because"))),
        of(P::OriginalIsCredit, whole(&credit)),
        of(P::NoLines, lines(&sold, json!([]))),
        of(P::NothingLeft, whole(&gone)),
        of(P::NothingPaid, RealTill::credit_of(&free, "amount", json!(1))),
        of(P::NoSuchLine { line: 9, most: 2 }, lines(&sold, json!([{"line": 9}]))),
        of(P::NoSuchItem, lines(&sold, json!([{"barcode": "7"}]))),
        of(P::Ambiguous { lines: vec![1, 2] }, lines(&sold, json!([{"barcode": "628"}]))),
        of(P::LineTwice { line: 1 }, lines(&sold, json!([{"line": 1, "quantity": 1}, {"line": 1}]))),
        of(P::LineGone { line: 1 }, lines(&half, json!([{"line": 1}]))),
        of(P::LineFromOne, lines(&sold, json!([{"line": 0}]))),
        of(P::NothingWanted, amount(json!(0))),
        of(
            P::TooMuch { line: 1, wanted: quantity(4000), left: quantity(3000), sold: quantity(3000) },
            lines(&sold, json!([{"line": 1, "quantity": 4}])),
        ),
        of(P::AmountTooMuch { wanted: halalas(4001), left: halalas(4000) }, amount(json!("40.01"))),
        of(
            P::TendersDiffer { paid: halalas(3900), refund: halalas(4000) },
            and(whole(&sold), "tenders", cash),
        ),
    ]
}
