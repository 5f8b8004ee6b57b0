//! What a refused request means to two of its readers: to the cashier, what to
//! do at the till now, by who can put it right; to the integrator, the rule,
//! the place in the request and the cause.

use super::{Bilingual, DocumentProblem, Problem, ReturnProblem, StoredProblem};

/// Who can put a refused request right, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mender {
    /// The POS application: nobody typed it.
    Program,
    /// The settings of the till.
    Settings,
    /// What the buyer says about himself.
    Buyer,
    /// The shop's list of items; the number of the line, from 1.
    Item(Option<usize>),
    /// What the cashier rings up; the number of the line, from 1.
    Quantity(Option<usize>),
    /// Items that come back.
    Returned,
    /// A discount or charge.
    Reduction,
    /// How it is paid.
    Payment,
    /// The advance that is used up.
    Advance,
    /// The document that is credited or noted, and the reason.
    Original,
    /// A rejected document, which is the accountant's matter.
    Books,
    /// What else is entered.
    Entry,
}

/// For the cashier: one sentence on what to do at the till now.
pub fn cashier(problem: &Problem, field: &str) -> Bilingual {
    match problem {
        Problem::NoLines | Problem::Return(ReturnProblem::NoLines) => {
            Bilingual::new("Enter at least one item.", "أدخل صنفًا واحدًا على الأقل.")
        }
        Problem::TendersFallShort { .. } | Problem::TendersExceed { .. } => problem.remedy(),
        Problem::Stored(StoredProblem::OriginalNotCleared { .. }) => Bilingual::new(
            "Wait: the authority has not cleared the invoice yet. Try again in a few minutes.",
            "انتظر: لم تعتمد الهيئة الفاتورة بعد. أعد المحاولة بعد دقائق.",
        ),
        _ => words(mender(problem, field)),
    }
}

/// For the cashier, where the shop's own data on the till is wrong.
pub fn cashier_on_settings() -> Bilingual {
    words(Mender::Settings)
}

/// For the integrator: rule, path into the request (empty for the whole), cause.
pub fn integrator(rule: &str, field: &str, cause: &Bilingual) -> Bilingual {
    let Bilingual { en, ar } = cause;
    if field.is_empty() {
        return Bilingual::new(
            format!("{rule}, of the request as a whole: {en}"),
            format!("{rule} في الطلب كله: {ar}"),
        );
    }
    Bilingual::new(format!("{rule} at \"{field}\": {en}"), format!("{rule} في الحقل \"{field}\": {ar}"))
}

/// By the problem where it alone decides, else by the field.
fn mender(problem: &Problem, field: &str) -> Mender {
    use ReturnProblem as R;
    use StoredProblem as S;
    match problem {
        Problem::NotJson { .. }
        | Problem::WrongType { .. }
        | Problem::UnknownField { .. }
        | Problem::FieldTwice
        | Problem::NotANumber
        | Problem::TooManyDecimals { .. }
        | Problem::TooMany { .. }
        | Problem::Document(DocumentProblem::MixedPrices)
        | Problem::Return(
            R::OneOriginal { .. } | R::OneWanted { .. } | R::OneLineKey { .. } | R::OnlyTrue | R::LineFromOne,
        ) => Mender::Program,
        Problem::Party { .. } | Problem::CitizenName | Problem::CitizenId | Problem::BuyerIsSeller => {
            Mender::Buyer
        }
        Problem::Document(DocumentProblem::BuyerPart { .. } | DocumentProblem::ExportVatNumber) => {
            Mender::Buyer
        }
        Problem::DiscountExceeds { .. } => Mender::Reduction,
        Problem::Stored(
            S::NotRejected { .. }
            | S::Corrected { .. }
            | S::OneRejected { .. }
            | S::FixedAmounts
            | S::SaleOnSimplified
            | S::SaleAndChanges
            | S::OriginalRejected { .. }
            | S::AdvanceRejected { .. }
            | S::Refused { .. },
        ) => Mender::Books,
        Problem::Stored(S::NotCovered { .. }) => Mender::Settings,
        Problem::Stored(S::NoAdvance { .. } | S::AdvanceDiffers { .. } | S::AdvanceTooMuch { .. }) => {
            Mender::Advance
        }
        Problem::Return(R::TendersDiffer { .. }) => Mender::Payment,
        Problem::Return(R::ReasonCode { .. } | R::OriginalIsCredit | R::QrText) => Mender::Original,
        Problem::Return(_) => Mender::Returned,
        _ => by_field(field),
    }
}

fn by_field(field: &str) -> Mender {
    let field = ["sale.", "changes.", "original.external."]
        .iter()
        .fold(field, |field, prefix| field.strip_prefix(prefix).unwrap_or(field));
    let end = field.find(['.', '[']).unwrap_or(field.len());
    let (head, rest) = field.split_at(end);
    match head {
        "buyer" => Mender::Buyer,
        "lines" | "items" => of_line(rest),
        "discount" | "charges" => Mender::Reduction,
        "tenders" | "rounding" => Mender::Payment,
        "prepayments" => Mender::Advance,
        "original" | "originals" | "reason" => Mender::Original,
        "rejected" => Mender::Books,
        "supply" | "currency" | "note" | "order_reference" | "contract_reference" | "flags" => Mender::Entry,
        _ => Mender::Program,
    }
}

/// `[2].price` and the like; the place is counted from 0 there.
fn of_line(rest: &str) -> Mender {
    let (place, key) = rest.split_once(']').unwrap_or(("", ""));
    let place = place.strip_prefix('[').and_then(|digits| digits.parse::<usize>().ok());
    let number = place.and_then(|place| place.checked_add(1));
    let key = key.strip_prefix('.').unwrap_or(key);
    match key.split('.').next().unwrap_or(key) {
        "discount" | "charge" => Mender::Reduction,
        "quantity" | "" => Mender::Quantity(number),
        "line" => Mender::Returned,
        _ => Mender::Item(number),
    }
}

fn words(mender: Mender) -> Bilingual {
    let (en, ar) = match mender {
        Mender::Program => (
            "This is no mistake of yours: try once more, then keep the goods aside and call support.",
            "هذا ليس خطأك: حاول مرة أخرى، ثم احتفظ بالبضاعة جانبًا واتصل بالدعم.",
        ),
        Mender::Settings => (
            "Call your supervisor: the settings of this till must be corrected.",
            "اتصل بالمشرف: إعدادات هذا الجهاز تحتاج إلى تصحيح.",
        ),
        Mender::Buyer => (
            "Ask the customer for the details of the buyer and enter them again.",
            "اطلب بيانات المشتري من العميل وأدخلها من جديد.",
        ),
        Mender::Item(Some(number)) => {
            return Bilingual::new(
                format!("Take item {number} off the sale, or call your supervisor to correct the item."),
                format!("احذف الصنف {number} من البيع أو اتصل بالمشرف لتصحيحه."),
            );
        }
        Mender::Item(None) => (
            "Call your supervisor: an item's name, price or VAT must be corrected.",
            "اتصل بالمشرف: اسم أحد الأصناف أو سعره أو ضريبته يحتاج إلى تصحيح.",
        ),
        Mender::Quantity(Some(number)) => {
            return Bilingual::new(
                format!("Enter item {number} again, with its quantity, or take it off."),
                format!("أدخل الصنف {number} من جديد مع كميته أو احذفه."),
            );
        }
        Mender::Quantity(None) => ("Enter the items again.", "أدخل الأصناف من جديد."),
        Mender::Returned => (
            "Look at the original receipt and choose again what comes back.",
            "راجع الإيصال الأصلي واختر الأصناف المرتجعة من جديد.",
        ),
        Mender::Reduction => {
            ("Enter the discount or charge again, or leave it out.", "أدخل الخصم أو الرسم من جديد أو احذفه.")
        }
        Mender::Payment => ("Enter the payment again.", "أدخل الدفع من جديد."),
        Mender::Advance => (
            "Fetch the receipt of the advance and enter its number, date and amount again.",
            "أحضر إيصال الدفعة المقدمة وأدخل رقمه وتاريخه ومبلغه من جديد.",
        ),
        Mender::Original => (
            "Scan the original receipt again and choose the reason of the return.",
            "امسح الإيصال الأصلي من جديد واختر سبب الإرجاع.",
        ),
        Mender::Books => (
            "Call your supervisor: the accountant must look at the earlier document first.",
            "اتصل بالمشرف: على المحاسب مراجعة المستند السابق أولًا.",
        ),
        Mender::Entry => (
            "Enter the details of the document again, or leave out what you do not need.",
            "أدخل بيانات المستند من جديد أو احذف ما لا تحتاجه.",
        ),
    };
    Bilingual::new(en, ar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_decides_who_mends_it() {
        for (field, wanted) in [
            ("lines[2].name", Mender::Item(Some(3))),
            ("sale.lines[0].vat.reason_code", Mender::Item(Some(1))),
            ("lines[0].quantity", Mender::Quantity(Some(1))),
            ("lines[1].discount.percent", Mender::Reduction),
            ("lines", Mender::Quantity(None)),
            ("lines[99999999999999999999].name", Mender::Item(None)),
            ("changes.buyer.address.city", Mender::Buyer),
            ("original.external.lines[0].unit", Mender::Item(Some(1))),
            ("original.number", Mender::Original),
            ("tenders[0].amount", Mender::Payment),
            ("prepayments[0].date", Mender::Advance),
            ("rejected.uuid", Mender::Books),
            ("note", Mender::Entry),
            ("", Mender::Program),
        ] {
            assert_eq!(mender(&Problem::Missing, field), wanted, "{field}");
        }
        assert_eq!(mender(&Problem::FieldTwice, "buyer.name"), Mender::Program);
    }

    #[test]
    fn every_reader_has_words_in_both_languages() {
        let arabic = |text: &str| text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c));
        let fields = "buyer lines lines[0] lines[0].name lines.name lines[0].line discount tenders prepayments \
                      original rejected note document";
        for field in fields.split(' ') {
            for said in [
                cashier(&Problem::Missing, field),
                integrator("TILLD-MISSING", field, &Problem::Missing.message()),
            ] {
                assert!(!said.en.is_empty() && !arabic(&said.en) && arabic(&said.ar), "{said:?}");
            }
        }
        assert!(arabic(&cashier_on_settings().ar));
        let whole = integrator("TILLD-JSON", "", &Problem::Missing.message());
        assert_eq!(whole.en, "TILLD-JSON, of the request as a whole: This field is missing.");
    }
}
