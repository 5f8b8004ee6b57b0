//! The authority's list of reasons for zero rate, exemption and out of scope
//! (invoice-xml.md section 9, BR-KSA-CL-04).

use super::tax::{Category, Exemption};

pub(super) struct Reason {
    pub code: &'static str,
    pub category: Category,
    /// The English text of the list; empty where the taxpayer writes it.
    pub text: &'static str,
}

const fn reason(code: &'static str, category: Category, text: &'static str) -> Reason {
    Reason { code, category, text }
}

use Category::{Exempt, OutOfScope, ZeroRated};

/// Codes that both rule sets in force accept.
pub(super) const REASONS: &[Reason] = &[
    reason("VATEX-SA-29", Exempt, "Financial services mentioned in Article 29 of the VAT Regulations"),
    reason("VATEX-SA-29-7", Exempt, "Life insurance services mentioned in Article 29 of the VAT Regulations"),
    reason("VATEX-SA-30", Exempt, "Real estate transactions mentioned in Article 30 of the VAT Regulations"),
    reason("VATEX-SA-32", ZeroRated, "Export of goods"),
    reason("VATEX-SA-33", ZeroRated, "Export of services"),
    reason("VATEX-SA-34-1", ZeroRated, "The international transport of Goods"),
    reason("VATEX-SA-34-2", ZeroRated, "International transport of passengers"),
    reason(
        "VATEX-SA-34-3",
        ZeroRated,
        "Services directly connected and incidental to a supply of international passenger transport",
    ),
    reason("VATEX-SA-34-4", ZeroRated, "Supply of a qualifying means of transport"),
    reason(
        "VATEX-SA-34-5",
        ZeroRated,
        "Any services relating to Goods or passenger transportation, as defined in Article 25 of the regulations",
    ),
    reason("VATEX-SA-35", ZeroRated, "Medicines and medical equipment"),
    reason("VATEX-SA-36", ZeroRated, "Qualifying metals"),
    reason("VATEX-SA-EDU", ZeroRated, "Private education to citizen"),
    reason("VATEX-SA-HEA", ZeroRated, "Private healthcare to citizen"),
    reason("VATEX-SA-MLTRY", ZeroRated, "Supply of qualified military goods"),
    reason("VATEX-SA-DIPLOMAT", ZeroRated, "Supplies to diplomats"),
    reason("VATEX-SA-OOS", OutOfScope, ""),
];

/// The reasons of a category.
pub(super) fn of(category: Category) -> impl Iterator<Item = &'static Reason> {
    REASONS.iter().filter(move |reason| reason.category == category)
}

/// Private education and health care are zero-rated for named citizens only
/// (BR-KSA-25, BR-KSA-49).
pub(super) fn needs_citizen(code: &str) -> bool {
    matches!(code, "VATEX-SA-EDU" | "VATEX-SA-HEA")
}

/// The reason that a document states: a code of the list and its text.
pub fn exemption(code: &str, text: &str) -> Option<Exemption> {
    let known = REASONS.iter().find(|reason| reason.code == code)?;
    Some(Exemption { code: known.code, text: text.to_owned() })
}

/// The reason of a code in Arabic, for the paper; `None` where the taxpayer writes it.
pub fn exemption_arabic(code: &str) -> Option<&'static str> {
    let text = match code {
        "VATEX-SA-29" => "الخدمات المالية المذكورة في المادة 29 من لائحة ضريبة القيمة المضافة",
        "VATEX-SA-29-7" => "خدمات التأمين على الحياة المذكورة في المادة 29 من لائحة ضريبة القيمة المضافة",
        "VATEX-SA-30" => "المعاملات العقارية المذكورة في المادة 30 من لائحة ضريبة القيمة المضافة",
        "VATEX-SA-32" => "تصدير السلع",
        "VATEX-SA-33" => "تصدير الخدمات",
        "VATEX-SA-34-1" => "النقل الدولي للسلع",
        "VATEX-SA-34-2" => "النقل الدولي للركاب",
        "VATEX-SA-34-3" => "الخدمات المرتبطة مباشرة بتوريد النقل الدولي للركاب",
        "VATEX-SA-34-4" => "توريد وسائل نقل مؤهلة",
        "VATEX-SA-34-5" => "الخدمات ذات الصلة بنقل السلع أو الركاب وفقاً للمادة 25 من اللائحة",
        "VATEX-SA-35" => "الأدوية والمعدات الطبية",
        "VATEX-SA-36" => "المعادن المؤهلة",
        "VATEX-SA-EDU" => "التعليم الأهلي للمواطنين",
        "VATEX-SA-HEA" => "الرعاية الصحية الأهلية للمواطنين",
        "VATEX-SA-MLTRY" => "توريد السلع العسكرية المؤهلة",
        "VATEX-SA-DIPLOMAT" => "توريدات للدبلوماسيين",
        _ => return None,
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fixed_reason_has_both_languages() {
        for reason in REASONS {
            assert_eq!(reason.text.is_empty(), exemption_arabic(reason.code).is_none(), "{}", reason.code);
        }
    }
}
