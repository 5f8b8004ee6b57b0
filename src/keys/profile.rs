//! Who this till says it is when it asks for a certificate, and the rules that
//! every field must keep before anything is built or sent (csr.md sections 2 to 4).

use serde::{Deserialize, Serialize};

use crate::invoice::{Finding, Subtype, VatNumber};
use crate::text::Bilingual;

/// The facts of a certificate request, as the shop wrote them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitProfile {
    /// CN: unique name or asset number of the unit.
    pub common_name: String,
    /// OU: branch name; in a VAT group the 10-digit TIN of the member.
    pub organization_unit: String,
    /// O: name of the taxpayer.
    pub organization: String,
    /// `1-<manufacturer or solution>|2-<model or version>|3-<serial>`.
    pub serial: String,
    /// VAT number of the taxpayer, who must also own the OTP.
    pub vat: String,
    /// Which documents the unit issues: `1000`, `0100` or `1100`.
    pub title: String,
    /// Where the unit stands; preferably the national short address.
    pub location: String,
    /// Industry of the taxpayer.
    pub category: String,
}

/// Which documents a unit may issue: the flags T and S of `title`; the two
/// reserved ones stay 0 (csr.md section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Title {
    /// `1000`
    Standard,
    /// `0100`
    Simplified,
    /// `1100`
    Both,
}

impl Title {
    pub fn parse(text: &str) -> Option<Title> {
        [Title::Standard, Title::Simplified, Title::Both].into_iter().find(|title| title.text() == text)
    }

    pub const fn text(self) -> &'static str {
        match self {
            Title::Standard => "1000",
            Title::Simplified => "0100",
            Title::Both => "1100",
        }
    }

    /// Whether a unit with this title may issue documents of that subtype.
    pub const fn covers(self, subtype: Subtype) -> bool {
        match self {
            Title::Standard => matches!(subtype, Subtype::Standard),
            Title::Simplified => matches!(subtype, Subtype::Simplified),
            Title::Both => true,
        }
    }

    /// Whether the flags of an issued certificate allow all that this title
    /// asks for; the authority may have set more.
    pub fn is_within(self, certificate: &str) -> bool {
        let set = |at: usize| certificate.as_bytes().get(at) == Some(&b'1');
        (!self.covers(Subtype::Standard) || set(0)) && (!self.covers(Subtype::Simplified) || set(1))
    }
}

/// X.520 upper bound of common name, organisation and unit; the CA refuses longer ones.
const NAME_MOST: usize = 64;
/// X.520 upper bound of registered address and business category.
const TEXT_MOST: usize = 128;

impl UnitProfile {
    /// Checks every field; all findings at once, none means that a request can be built.
    pub fn check(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let fields = [
            ("common_name", &self.common_name, NAME_MOST),
            ("organization_unit", &self.organization_unit, NAME_MOST),
            ("organization", &self.organization, NAME_MOST),
            ("serial", &self.serial, NAME_MOST),
            ("location", &self.location, TEXT_MOST),
            ("category", &self.category, TEXT_MOST),
        ];
        for (field, text, most) in fields {
            check_text(field, text, most, &mut found);
        }
        self.check_vat(&mut found);
        if !serial_has_three_parts(&self.serial) {
            found.push(finding(
                "TILLD-UNIT-SERIAL",
                "serial",
                ("the unit's serial number is not of the form 1-...|2-...|3-...", "الرقم التسلسلي للوحدة ليس بالصيغة 1-...|2-...|3-..."),
                ("write maker, model and serial, such as 1-tilld|2-1.0|3-5d3a6a52-0f2a-4c6e-9d35-2f6f3c1b7e10", "اكتب الصانع والطراز والرقم، مثل 1-tilld|2-1.0|3-5d3a6a52-0f2a-4c6e-9d35-2f6f3c1b7e10"),
            ));
        }
        if Title::parse(&self.title).is_none() {
            found.push(finding(
                "TILLD-UNIT-TITLE",
                "title",
                (
                    "the title does not say which documents the unit issues",
                    "لا يبيّن الحقل title أنواع الفواتير التي تصدرها الوحدة",
                ),
                (
                    "write 0100 for simplified invoices, 1000 for standard ones, or 1100 for both",
                    "اكتب 0100 للفواتير المبسطة أو 1000 للفواتير الضريبية أو 1100 لكلتيهما",
                ),
            ));
        }
        found
    }

    fn check_vat(&self, found: &mut Vec<Finding>) {
        let Ok(vat) = VatNumber::parse(&self.vat) else {
            found.push(finding(
                "TILLD-UNIT-VAT",
                "vat",
                (
                    "the VAT number does not have 15 digits beginning and ending with 3",
                    "الرقم الضريبي ليس من 15 رقمًا يبدأ وينتهي بالرقم 3",
                ),
                (
                    "copy it from the VAT registration certificate, such as 399999999900003",
                    "انسخه من شهادة التسجيل في ضريبة القيمة المضافة، مثل 399999999900003",
                ),
            ));
            return;
        };
        let unit = &self.organization_unit;
        let is_tin = unit.len() == 10 && unit.bytes().all(|b| b.is_ascii_digit());
        if vat.is_group() && !is_tin {
            found.push(finding(
                "TILLD-UNIT-GROUP",
                "organization_unit",
                ("the VAT number is that of a VAT group (its 11th digit is 1), and the organisation unit does not name the member", "الرقم الضريبي لمجموعة ضريبية (الرقم الحادي عشر 1) ولم يُذكر عضو المجموعة في الوحدة التنظيمية"),
                ("write the 10-digit TIN of the group member who owns this till as the organisation unit", "اكتب الرقم المميز (10 أرقام) لعضو المجموعة مالك هذا الجهاز في الوحدة التنظيمية"),
            ));
        }
    }
}

fn check_text(field: &'static str, text: &str, most: usize, found: &mut Vec<Finding>) {
    if text.trim().is_empty() {
        found.push(finding(
            "TILLD-UNIT-EMPTY",
            field,
            (
                "this field is empty, and a certificate cannot be asked for without it",
                "هذا الحقل فارغ ولا يمكن طلب الشهادة بدونه",
            ),
            ("fill it in", "املأ هذا الحقل"),
        ));
        return;
    }
    let count = text.chars().count();
    if count > most {
        found.push(Finding::of_settings(
            "TILLD-UNIT-LENGTH",
            field,
            Bilingual::new(
                format!("this field has {count} characters; the authority refuses more than {most}"),
                format!("طول هذا الحقل {count} حرفًا، والهيئة ترفض أكثر من {most}"),
            ),
            Bilingual::new("use a shorter form of the name", "استخدم صيغة أقصر"),
        ));
    }
    if text.trim() != text {
        found.push(finding(
            "TILLD-UNIT-BLANKS",
            field,
            ("this field begins or ends with a blank", "يبدأ هذا الحقل أو ينتهي بفراغ"),
            ("remove it", "احذف الفراغ"),
        ));
    }
    if let Some(bad) = text.chars().find(|c| !is_allowed(*c)) {
        let shown = bad.escape_default();
        let shown = if bad.is_control() || bad.is_whitespace() { shown.to_string() } else { bad.to_string() };
        found.push(Finding::of_settings(
            "TILLD-UNIT-CHARACTER",
            field,
            Bilingual::new(
                format!("this field has the character `{shown}`, which the authority does not take"),
                format!("يحتوي هذا الحقل على الرمز `{shown}` الذي لا تقبله الهيئة"),
            ),
            Bilingual::new(
                "use letters, digits, blanks and - | _ . , ( ) only",
                "استخدم الحروف والأرقام والفراغات والرموز - | _ . , ( ) فقط",
            ),
        ));
    }
}

/// Letters and digits of any script, blanks, and the few signs that the
/// authority's own tool lets through (csr.md section 4, rule 1).
fn is_allowed(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || "-|_.,()".contains(c)
}

/// `1-x|2-y|3-z` with something in each place.
fn serial_has_three_parts(serial: &str) -> bool {
    let mut parts = serial.split('|');
    let mut next =
        |prefix| parts.next().and_then(|part| part.strip_prefix(prefix)).is_some_and(|x| !x.is_empty());
    next("1-") && next("2-") && next("3-") && parts.next().is_none()
}

fn finding(rule: &'static str, field: &str, message: (&str, &str), remedy: (&str, &str)) -> Finding {
    let message = Bilingual::new(message.0, message.1);
    Finding::of_settings(rule, field, message, Bilingual::new(remedy.0, remedy.1))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::keys) fn arabic() -> UnitProfile {
        UnitProfile {
            common_name: "TST-886431145-399999999900003".into(),
            organization_unit: "فرع العليا".into(),
            organization: "بقالة النور".into(),
            serial: "1-tilld|2-1.0|3-5d3a6a52-0f2a-4c6e-9d35-2f6f3c1b7e10".into(),
            vat: "399999999900003".into(),
            title: "1100".into(),
            location: "RRRD2929".into(),
            category: "تجارة التجزئة".into(),
        }
    }

    fn rules(change: impl FnOnce(&mut UnitProfile)) -> Vec<(&'static str, String)> {
        let mut profile = arabic();
        change(&mut profile);
        profile.check().into_iter().map(|f| (f.rule, f.field)).collect()
    }

    #[test]
    fn a_good_profile_has_no_findings() {
        assert_eq!(rules(|_| {}), []);
        assert_eq!(rules(|p| p.organization = "Al-Noor Grocery (Riyadh), Co.".into()), []);
        assert_eq!(
            rules(|p| {
                p.vat = "399999999910003".into();
                p.organization_unit = "3999999999".into();
            }),
            []
        );
    }

    #[test]
    fn every_field_is_held_to_its_rule() {
        let one = |rule, field: &str| vec![(rule, field.to_owned())];
        assert_eq!(rules(|p| p.common_name = " ".into()), one("TILLD-UNIT-EMPTY", "common_name"));
        assert_eq!(rules(|p| p.location = String::new()), one("TILLD-UNIT-EMPTY", "location"));
        assert_eq!(rules(|p| p.organization = "ن".repeat(65)), one("TILLD-UNIT-LENGTH", "organization"));
        assert_eq!(rules(|p| p.organization = "ن".repeat(64)), []);
        assert_eq!(rules(|p| p.category = "Food & more".into()), one("TILLD-UNIT-CHARACTER", "category"));
        assert_eq!(rules(|p| p.category = "a\u{200f}b".into()), one("TILLD-UNIT-CHARACTER", "category"));
        assert_eq!(rules(|p| p.category = "a\nb".into()), one("TILLD-UNIT-CHARACTER", "category"));
        assert_eq!(
            rules(|p| p.organization_unit = "Olaya ".into()),
            one("TILLD-UNIT-BLANKS", "organization_unit")
        );
        for vat in ["", "39999999990000", "299999999900003", "39999999990000x", "٣٩٩٩٩٩٩٩٩٩٠٠٠٠٣"]
        {
            assert_eq!(rules(|p| p.vat = vat.into()), one("TILLD-UNIT-VAT", "vat"), "{vat}");
        }
        for title in ["", "0000", "1111", "110", "1101"] {
            assert_eq!(rules(|p| p.title = title.into()), one("TILLD-UNIT-TITLE", "title"), "{title}");
        }
        for serial in
            ["1-a|2-b", "1-a|2-b|3-", "1-|2-b|3-c", "1-a|2-b|3-c|4-d", "2-b|1-a|3-c", "x1-a|2-b|3-c"]
        {
            assert_eq!(rules(|p| p.serial = serial.into()), one("TILLD-UNIT-SERIAL", "serial"), "{serial}");
        }
        let group = one("TILLD-UNIT-GROUP", "organization_unit");
        assert_eq!(rules(|p| p.vat = "399999999910003".into()), group);
    }

    #[test]
    fn all_findings_come_at_once_in_two_languages() {
        let empty = UnitProfile {
            common_name: String::new(),
            organization_unit: String::new(),
            organization: String::new(),
            serial: String::new(),
            vat: String::new(),
            title: String::new(),
            location: String::new(),
            category: String::new(),
        };
        let found = empty.check();
        assert_eq!(found.len(), 9);
        for finding in found {
            for text in [&finding.message, &finding.remedy] {
                assert!(text.en.is_ascii() && !text.en.is_empty());
                assert!(text.ar.chars().any(|c| ('\u{600}'..='\u{6ff}').contains(&c)), "{}", text.ar);
            }
        }
    }

    #[test]
    fn titles_cover_what_they_say() {
        assert!(Title::Both.covers(Subtype::Standard) && Title::Both.covers(Subtype::Simplified));
        assert!(!Title::Standard.covers(Subtype::Simplified) && !Title::Simplified.covers(Subtype::Standard));
        assert!(Title::Simplified.is_within("0100") && Title::Simplified.is_within("1111"));
        assert!(
            !Title::Both.is_within("0100")
                && !Title::Standard.is_within("")
                && !Title::Both.is_within("1000")
        );
    }
}
