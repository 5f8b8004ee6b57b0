//! What each of the three readers does about a violation. It depends on who
//! can put the value right.

use super::super::table::Rule;
use super::super::term::Term;
use super::super::violation::{Violation, Wrong};
use super::{is_of_line, place};
use crate::text::Bilingual;

/// Who can put a value right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The program that made the document: nobody typed it.
    Program,
    /// The seller's data in the settings of the till.
    Settings,
    /// What the buyer says about himself.
    Buyer,
    /// The shop's list of items.
    Items,
    /// A discount or charge at the till.
    Reduction,
    /// The document that a note corrects, and its reason.
    Original,
    /// The advance that an invoice settles.
    Advance,
    /// Dates and times.
    Clock,
    /// What else a cashier or the POS application enters.
    Entry,
}

fn source(term: Term) -> Source {
    use Term::*;
    match term {
        SellerName
        | SellerVat
        | SellerId
        | SellerIdScheme
        | SellerAddress
        | SellerStreet
        | SellerAdditionalStreet
        | SellerBuilding
        | SellerDistrict
        | SellerCity
        | SellerPostalCode
        | SellerProvince
        | SellerCountry
        | PayeeAccount
        | PaymentNote => Source::Settings,
        Buyer
        | BuyerName
        | BuyerVat
        | BuyerId
        | BuyerIdScheme
        | BuyerAddress
        | BuyerStreet
        | BuyerAdditionalStreet
        | BuyerBuilding
        | BuyerDistrict
        | BuyerCity
        | BuyerPostalCode
        | BuyerProvince
        | BuyerCountry
        | ContactName
        | ContactTelephone
        | ContactNote => Source::Buyer,
        ItemName | Unit | BuyersItemId | SellersItemId | StandardItemId | ItemProperty | LineCategory
        | LineRate | ExemptionCode | ExemptionReason | SubtotalCategory | SubtotalRate => Source::Items,
        Allowance | AllowanceBase | AllowancePercent | AllowanceReason | Charge | ChargeBase | ChargeCode
        | ChargeReason | AllowanceCategory | AllowanceRate | ChargeCategory | ChargeRate | LineAllowance
        | LineAllowanceBase | LineAllowanceReason | LineCharge | LineChargeBase | LineChargeCode
        | LineChargeReason => Source::Reduction,
        Original | OriginalDate | Reason => Source::Original,
        PrepaymentNumber | PrepaymentDate | PrepaymentTime | PrepaymentType | PrepaymentTaxable
        | PrepaymentTax | PrepaymentCategory | PrepaymentRate | PrepaymentLine | Prepaid => Source::Advance,
        IssueDate | IssueTime => Source::Clock,
        Note | LineNote | OrderReference | ContractReference | SupplyDate | SupplyEnd | PaymentMeans
        | PaymentCode | Quantity | Lines | Currency | ExchangeRate | ExchangeSource | TypeName | Rounding => {
            Source::Entry
        }
        _ => Source::Program,
    }
}

/// For the accountant.
pub(super) fn remedy(violation: &Violation) -> Bilingual {
    let (en, ar) = (violation.term.en(), violation.term.ar());
    match (&violation.wrong, source(violation.term)) {
        (Wrong::Future { .. }, _) => Bilingual::new(
            "Check the clock of the till that issued it; the date is the one in Riyadh.",
            "راجع ساعة الجهاز الذي أصدر المستند؛ التاريخ بتوقيت الرياض.",
        ),
        (Wrong::Late { .. }, _) => Bilingual::new(
            "Report it all the same, and find out why it was not sent within 24 hours.",
            "أرسله رغم ذلك، وابحث عن سبب عدم إرساله خلال 24 ساعة.",
        ),
        (Wrong::Sum { .. }, _) => Bilingual::new(
            "Let the program that made the document compute it again; do not correct the figure by hand.",
            "أعد الحساب في البرنامج الذي أصدر المستند ولا تصحح الرقم يدويًا.",
        ),
        (Wrong::Forbidden { .. }, _) => {
            Bilingual::new(format!("Leave the {en} out."), format!("احذف: {ar}."))
        }
        (_, Source::Settings) => Bilingual::new(
            format!("Correct the {en} in the settings of the till, as the tax registration has it."),
            format!("صحح {ar} في إعدادات الجهاز كما في التسجيل الضريبي."),
        ),
        (_, Source::Buyer) => Bilingual::new(
            format!("Ask the buyer, and correct this in the customer's record: {en}."),
            format!("اسأل المشتري وصحح في بياناته: {ar}."),
        ),
        (_, Source::Items) => Bilingual::new(
            format!("Correct the {en} in the item list."),
            format!("صحح {ar} في بيانات الأصناف."),
        ),
        (_, Source::Reduction) => {
            Bilingual::new(format!("Correct the {en}, or remove it."), format!("صحح {ar} أو احذفه."))
        }
        (_, Source::Original) => Bilingual::new(
            format!("Give the {en} as it stands on the original document."),
            format!("اكتب {ar} كما في المستند الأصلي."),
        ),
        (_, Source::Advance) => Bilingual::new(
            format!("Take the {en} from the prepayment invoice."),
            format!("خذ {ar} من فاتورة الدفعة المقدمة."),
        ),
        (_, Source::Clock) => Bilingual::new(
            "Check the clock of the till that issued it.",
            "راجع ساعة الجهاز الذي أصدر المستند.",
        ),
        (_, Source::Entry) => Bilingual::new(format!("Correct the {en}."), format!("صحح {ar}.")),
        (_, Source::Program) => Bilingual::new(
            format!("The {en} is written by the program that made the document: have it corrected there."),
            format!("{ar}: يكتبه البرنامج الذي أصدر المستند، فاطلب تصحيحه فيه."),
        ),
    }
}

/// For the cashier: one sentence on what to do now.
pub(super) fn cashier(violation: &Violation) -> Bilingual {
    let (en, ar) = (violation.term.en(), violation.term.ar());
    match source(violation.term) {
        Source::Settings => Bilingual::new(
            "Call your supervisor: the shop's own data on this till must be corrected.",
            "اتصل بالمشرف: بيانات المتجر في هذا الجهاز تحتاج إلى تصحيح.",
        ),
        Source::Buyer => Bilingual::new(
            format!("Ask the customer for this and enter it again: {en}."),
            format!("اطلب من العميل وأدخل من جديد: {ar}."),
        ),
        Source::Items => match violation.at.filter(|_| is_of_line(violation.term)) {
            Some(at) => Bilingual::new(
                format!("Take item {at} off the sale, or call your supervisor to correct the item."),
                format!("احذف الصنف {at} من البيع أو اتصل بالمشرف لتصحيحه."),
            ),
            None => Bilingual::new(
                "Call your supervisor: an item's VAT or name must be corrected.",
                "اتصل بالمشرف: ضريبة أحد الأصناف أو اسمه يحتاج إلى تصحيح.",
            ),
        },
        Source::Reduction => Bilingual::new(
            "Enter the discount or charge again, or leave it out.",
            "أدخل الخصم أو الرسم من جديد أو احذفه.",
        ),
        Source::Original => Bilingual::new(
            "Scan the original receipt again and choose the reason of the return.",
            "امسح الإيصال الأصلي من جديد واختر سبب الإرجاع.",
        ),
        Source::Advance => Bilingual::new(
            "Fetch the receipt of the advance and enter its number, date and amount again.",
            "أحضر إيصال الدفعة المقدمة وأدخل رقمه وتاريخه ومبلغه من جديد.",
        ),
        Source::Clock => Bilingual::new(
            "Call support: the clock or the connection of this till must be looked at.",
            "اتصل بالدعم: ساعة هذا الجهاز أو اتصاله يحتاج إلى فحص.",
        ),
        Source::Entry => Bilingual::new(format!("Enter this again: {en}."), format!("أدخل من جديد: {ar}.")),
        Source::Program => Bilingual::new(
            "This is no mistake of yours: keep the goods aside and call support.",
            "هذا ليس خطأك: احتفظ بالبضاعة جانبًا واتصل بالدعم.",
        ),
    }
}

/// For the integrator: rule, place, cause, and the field of a request.
pub(super) fn integrator(rule: &Rule, violation: &Violation, cause: &Bilingual) -> Bilingual {
    let place = place(violation);
    let Bilingual { en, ar } = cause;
    match violation.term.request() {
        Some(field) => Bilingual::new(
            format!("{} at Invoice/{place}: {en} A request sets it with \"{field}\".", rule.id),
            format!("{} في Invoice/{place}: {ar} الحقل في الطلب هو \"{field}\".", rule.id),
        ),
        None => Bilingual::new(
            format!("{} at Invoice/{place}: {en} No field of a request sets it.", rule.id),
            format!("{} في Invoice/{place}: {ar} لا يوجد له حقل في الطلب.", rule.id),
        ),
    }
}
