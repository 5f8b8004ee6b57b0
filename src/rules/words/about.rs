//! A rule in general words, without a document at hand.

use super::super::subjects::{SUBJECTS, Slip};
use super::super::term::Term;
use super::super::violation::{Because, Violation, Wrong};
use super::advice;
use crate::text::Bilingual;

/// What it means that the authority names the rule of this id, and what to do
/// about it; `None` for an id that is not in the table of rules. Says nothing
/// of values, since such an answer has none.
pub fn about(id: &str) -> Option<(Bilingual, Bilingual)> {
    if id == "RULE-EVALUATION" {
        return Some(unread());
    }
    let (rule, term, slip) = SUBJECTS.iter().copied().find(|(rule, ..)| *rule == id)?;
    let remedy = match slip {
        Slip::Sum => computed(),
        _ => advice::remedy(&Violation { rule, term, at: None, wrong: wrong(slip) }),
    };
    match rule {
        // Rules on the numbers of both parties.
        "BR-KSA-F-08" | "BR-KSA-F-09" | "BR-KSA-F-12" | "BR-KSA-F-13" => Some(of_either_party()),
        _ => Some((sentence(term, slip), remedy)),
    }
}

/// The slip as the advice knows it.
fn wrong(slip: Slip) -> Wrong {
    match slip {
        Slip::Extra => Wrong::Forbidden { because: Because::Unused },
        _ => Wrong::Missing,
    }
}

fn sentence(term: Term, slip: Slip) -> Bilingual {
    let (english, arabic) = match slip {
        Slip::Absent => ("is missing", "القيمة غير موجودة"),
        Slip::Length => ("is empty, too short or too long", "القيمة فارغة أو طولها غير مسموح"),
        Slip::Form => ("is not in the required form", "صيغة القيمة غير صحيحة"),
        Slip::Code => ("is not one of the accepted values", "القيمة ليست من القيم المقبولة"),
        Slip::Sum => ("does not add up with the other amounts", "القيمة لا تطابق المبالغ الأخرى"),
        Slip::Decimals => ("has too many decimals", "عدد المنازل العشرية أكثر من المسموح"),
        Slip::Negative => ("is below zero", "القيمة أقل من صفر"),
        Slip::Extra => ("must not stand on this document", "لا تجوز كتابة هذه القيمة في هذا المستند"),
        Slip::Value => ("is not right for this document", "القيمة غير صحيحة لهذا المستند"),
    };
    Bilingual::new(
        format!("The authority finds that this {english}: {}.", term.en()),
        format!("ملاحظة الهيئة على {}: {arabic}.", term.ar()),
    )
}

fn computed() -> Bilingual {
    Bilingual::new(
        "The till computes it; do not correct the figure by hand, but call support with this code.",
        "يحسبه الجهاز، فلا تصحح الرقم يدويًا واتصل بالدعم مع ذكر هذا الرمز.",
    )
}

fn of_either_party() -> (Bilingual, Bilingual) {
    (
        Bilingual::new(
            "The authority finds that a registration or identifier of the seller or the buyer has not the form of its kind.",
            "ملاحظة الهيئة: سجل أو معرّف للبائع أو المشتري لا يطابق صيغة نوعه.",
        ),
        Bilingual::new(
            "Compare the seller's registration in the settings and the buyer's identifier with their papers, and correct them.",
            "قارن سجل البائع في الإعدادات ومعرّف المشتري بوثائقهما وصححهما.",
        ),
    )
}

fn unread() -> (Bilingual, Bilingual) {
    (
        Bilingual::new(
            "The authority could not run its rules on this document.",
            "لم تتمكن الهيئة من تطبيق قواعدها على هذا المستند.",
        ),
        Bilingual::new(
            "The till writes the document: call support with this code.",
            "الجهاز هو الذي يكتب المستند: اتصل بالدعم مع ذكر هذا الرمز.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_in_the_table_of_subjects_once_and_has_words() {
        let arabic = |text: &str| text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c));
        for rule in crate::rules::rules() {
            let (message, remedy) = about(rule.id).unwrap_or_else(|| panic!("{}", rule.id));
            for said in [message, remedy] {
                assert!(!said.en.is_empty() && !arabic(&said.en) && arabic(&said.ar), "{said:?}");
            }
        }
        for (at, (rule, ..)) in SUBJECTS.iter().enumerate() {
            assert!(crate::rules::rule(rule).is_some(), "{rule}");
            assert!(SUBJECTS[..at].iter().all(|(other, ..)| other != rule), "{rule}");
        }
        assert_eq!(about("BR-KSA-1000"), None);
        assert_eq!(about(""), None);
    }

    #[test]
    fn the_seller_s_address_is_named_and_the_settings_mend_it() {
        let (message, remedy) = about("BR-KSA-37").unwrap();
        assert_eq!(
            message.en,
            "The authority finds that this is not in the required form: seller's building number."
        );
        assert!(remedy.en.contains("seller's building number in the settings"), "{}", remedy.en);
    }
}
