//! What one verdict means for its document: final, held for a person, or sent
//! again, and on what terms (fatoora-api.md section 4). Pure.

use crate::fatoora::{Acceptance, Accepted, Level, Message, Verdict};
use crate::ledger::ReportState;
use crate::text::Bilingual;

/// What the verdict is weighed against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// How often reporting refused this standard document after clearance was
    /// said to be off, this refusal included; 0 for any other answer.
    pub turned: u32,
    /// Refusals of this document that nobody could understand, this one
    /// included.
    pub refusals: u32,
    /// Those of them that came while another document had just got a proper
    /// answer: so the fault is this document's and not the service's.
    pub strikes: u32,
    /// Another document got a proper answer since the first refusal.
    pub others_fine: bool,
    /// Issue time and now, unix seconds UTC.
    pub issued: i64,
    pub now: i64,
    /// Bytes of the document.
    pub size: usize,
}

/// The end of an attempt for its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Final(ReportState),
    Hold(HoldReason),
    Again(Again),
}

/// On what terms the same bytes go out again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// Not this document's doing; it goes when the queue goes.
    Blameless,
    /// By its own backoff, soon.
    Transient,
    /// By its own backoff, slowly.
    Slow,
    /// With the probes of a paused queue, letting others go first.
    Setup,
    /// Not before this moment, unix seconds UTC.
    NotBefore(i64),
}

/// Why a document waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldReason {
    /// Clearance is switched off by the authority (303). Of ledgers of earlier
    /// versions only: such a document is reported instead now, also when it is
    /// released.
    ClearanceOff,
    /// The platform says repeatedly that it does not understand the request,
    /// while it understands others.
    Protocol,
    /// Larger than the platform takes (413).
    TooLarge,
    /// "Unable to execute Business Rules validation" more than once.
    NotEvaluated,
    /// Signed under a former certificate, which the authority objects to.
    FormerCertificate,
    /// Signed for another environment than the till's present one.
    OtherEnvironment,
    /// Its row in the ledger is damaged, so that there is nothing to send.
    Unreadable,
}

impl HoldReason {
    pub const ALL: [HoldReason; 7] = [
        HoldReason::ClearanceOff,
        HoldReason::Protocol,
        HoldReason::TooLarge,
        HoldReason::NotEvaluated,
        HoldReason::FormerCertificate,
        HoldReason::OtherEnvironment,
        HoldReason::Unreadable,
    ];

    /// The word under which the ledger keeps it.
    pub const fn word(self) -> &'static str {
        match self {
            HoldReason::ClearanceOff => "clearance-off",
            HoldReason::Protocol => "protocol",
            HoldReason::TooLarge => "too-large",
            HoldReason::NotEvaluated => "not-evaluated",
            HoldReason::FormerCertificate => "former-certificate",
            HoldReason::OtherEnvironment => "other-environment",
            HoldReason::Unreadable => "unreadable",
        }
    }

    pub fn from_word(word: &str) -> Option<HoldReason> {
        HoldReason::ALL.into_iter().find(|reason| reason.word() == word)
    }

    /// What happened and what to do.
    pub fn message(self) -> Bilingual {
        match self {
            HoldReason::ClearanceOff => Bilingual::new(
                "The authority had switched clearance off. Release this document (tilld release): it is reported instead.",
                "كانت الهيئة قد أوقفت خدمة الاعتماد. أعد إرسال هذا المستند (tilld release) ليجري الإبلاغ عنه بدلا من ذلك.",
            ),
            HoldReason::Protocol => Bilingual::new(
                "The platform does not understand this document's request, though it takes others. \
                 Ask support to look at the stored answers, then release it.",
                "لا تفهم المنصة طلب هذا المستند مع أنها تقبل غيره. اطلب من الدعم مراجعة الردود المحفوظة ثم أعد إرساله.",
            ),
            HoldReason::TooLarge => Bilingual::new(
                "The document is larger than the platform takes. Issue smaller documents in its place.",
                "حجم المستند أكبر مما تقبله المنصة. أصدر مستندات أصغر بدلا منه.",
            ),
            HoldReason::NotEvaluated => Bilingual::new(
                "The platform could not evaluate this document. Ask support to inspect it, then release it.",
                "لم تتمكن المنصة من تقييم هذا المستند. اطلب من الدعم فحصه ثم أعد إرساله.",
            ),
            HoldReason::FormerCertificate => Bilingual::new(
                "The platform objects to the former certificate that signed this document before the till got its \
                 present one. Ask support: the document is valid as it was issued, and must be reported by hand.",
                "تعترض المنصة على الشهادة السابقة التي ختمت هذا المستند قبل أن يحصل الجهاز على شهادته الحالية. \
                 راجع الدعم: المستند صحيح كما صدر ويجب الإبلاغ عنه يدويا.",
            ),
            HoldReason::OtherEnvironment => Bilingual::new(
                "The document was signed for another environment (a test, for example) and is never sent to the one \
                 that the till works in now. Nothing to do if it was a test.",
                "صدر هذا المستند لبيئة أخرى (تجريبية مثلا) ولا يرسل أبدا إلى البيئة التي يعمل فيها الجهاز الآن. \
                 لا يلزم أي إجراء إن كان تجربة.",
            ),
            HoldReason::Unreadable => Bilingual::new(
                "The till's ledger cannot read this document any more: its entry was damaged on the disk. The others \
                 go on. Keep the data directory as it is, run tilld verify, and have support bring the entry back from \
                 the newest backup that verifies; then release the document.",
                "لم يعد سجل الجهاز قادرا على قراءة هذا المستند لتلف قيده على القرص، وتستمر بقية المستندات. أبق مجلد \
                 البيانات كما هو ونفذ tilld verify واطلب من الدعم استعادة القيد من أحدث نسخة احتياطية سليمة ثم أعد إرساله.",
            ),
        }
    }
}

/// Strikes before a document is held.
const PROTOCOL_STRIKES: u32 = 5;
const GENERAL_STRIKES: u32 = 2;
/// In a quiet shop, where no other document goes at the same time, so many
/// refusals (some hours) with others fine in between say the same.
const MANY_REFUSALS: u32 = 12;
/// A 413 for less than this cannot be about the size: the platform takes 10 MB.
const LARGE: usize = 1_000_000;
/// The rule that compares the issue date with the authority's calendar.
const FUTURE_DATE_RULE: &str = "BR-KSA-04";
/// The code of a refusal that names no rule (fatoora-api.md section 3.2).
const WRONG_CALL: &str = "Invoice-Errors";
/// "Unable to execute Business Rules validation": trouble on their side, or a
/// number that cannot be read.
const GENERAL: &str = "GENERAL";
/// Findings on the certificate and not on the document (fatoora-api.md section 4).
const CERTIFICATE_CODES: [&str; 4] = [
    "certificate-permissions",
    "certificate-issuer-name",
    "invalid-certificate",
    "invalid-signing-certificate",
];

pub(super) fn settle(verdict: &Verdict, facts: Facts) -> Decision {
    match verdict {
        Verdict::Accepted(acceptance) => Decision::Final(accepted(acceptance)),
        // The next attempt goes to reporting (`road`).
        Verdict::ClearanceOff { .. } => Decision::Again(Again::Blameless),
        _ if back_to_clearance(verdict, facts.turned) => Decision::Again(match facts.turned {
            1 => Again::Blameless,
            _ => Again::Slow,
        }),
        Verdict::Rejected { messages } => rejected(messages, facts),
        Verdict::Protocol { .. } => hold_after(PROTOCOL_STRIKES, HoldReason::Protocol, facts),
        Verdict::TooLarge if facts.size >= LARGE => Decision::Hold(HoldReason::TooLarge),
        Verdict::TooLarge => hold_after(PROTOCOL_STRIKES, HoldReason::Protocol, facts),
        Verdict::Setup(_) => Decision::Again(Again::Setup),
        Verdict::Throttled { .. } | Verdict::Offline => Decision::Again(Again::Blameless),
        Verdict::Unavailable | Verdict::Lost => Decision::Again(Again::Transient),
        Verdict::Unknown => Decision::Again(Again::Slow),
    }
}

/// Whether reporting, with this answer, sends a standard document back to
/// clearance.
pub(super) fn turns_back(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Rejected { .. } | Verdict::Protocol { .. })
}

/// Reporting refuses a standard document while clearance is on, and so it does
/// after a 303 that was not the authority's: the first refusal says nothing of
/// the document. The second one does if it names what is wrong with it; one that
/// names no rule is about the call once more, however often it comes: the same bytes
/// are cleared as soon as the 303s end.
fn back_to_clearance(verdict: &Verdict, turned: u32) -> bool {
    let named = match verdict {
        Verdict::Rejected { messages } => !only_error(messages, WRONG_CALL),
        _ => true,
    };
    turns_back(verdict) && (turned == 1 || turned > 1 && !named)
}

/// Rejected for the certificate that signed it and for nothing else: with a
/// former one that is a case for a person (fatoora-api.md section 6).
pub(super) fn blames_former_certificate(verdict: &Verdict) -> bool {
    let Verdict::Rejected { messages } = verdict else { return false };
    let mut errors = messages.iter().filter(|message| message.level == Level::Error).peekable();
    errors.peek().is_some() && errors.all(|message| CERTIFICATE_CODES.contains(&message.code.as_str()))
}

/// Whether the answer is a refusal that nobody could understand.
pub(super) fn is_refusal(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Protocol { .. } | Verdict::TooLarge => true,
        Verdict::Rejected { messages } => only_error(messages, GENERAL),
        _ => false,
    }
}

fn accepted(acceptance: &Acceptance) -> ReportState {
    match acceptance.accepted {
        Accepted::Cleared => ReportState::Cleared,
        Accepted::Reported if acceptance.with_warnings => ReportState::ReportedWithWarnings,
        Accepted::Reported => ReportState::Reported,
    }
}

fn rejected(messages: &[Message], facts: Facts) -> Decision {
    if only_error(messages, GENERAL) {
        return hold_after(GENERAL_STRIKES, HoldReason::NotEvaluated, facts);
    }
    if only_error(messages, FUTURE_DATE_RULE)
        && let Some(moment) = once_more_today(facts.issued, facts.now)
    {
        return Decision::Again(Again::NotBefore(moment));
    }
    Decision::Final(ReportState::Rejected)
}

fn hold_after(limit: u32, reason: HoldReason, facts: Facts) -> Decision {
    if facts.strikes >= limit || (facts.refusals >= MANY_REFUSALS && facts.others_fine) {
        Decision::Hold(reason)
    } else {
        Decision::Again(Again::Slow)
    }
}

fn only_error(messages: &[Message], code: &str) -> bool {
    let mut errors = messages.iter().filter(|message| message.level == Level::Error).peekable();
    errors.peek().is_some() && errors.all(|message| message.code == code)
}

const DAY: i64 = 86_400;
const RIYADH: i64 = 3 * 3_600;

/// A validator on UTC takes a document dated today for one from the future
/// until 03:00 in Riyadh (fatoora-api.md section 4, "Clock"). Gives that hour
/// and a minute, if it is still to come and the document is dated today.
fn once_more_today(issued: i64, now: i64) -> Option<i64> {
    let local = now.saturating_add(RIYADH);
    let today = local.div_euclid(DAY);
    let dated_today = issued.saturating_add(RIYADH).div_euclid(DAY) == today;
    let utc_midnight = today.saturating_mul(DAY);
    (dated_today && now < utc_midnight).then_some(utc_midnight.saturating_add(60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fatoora::SetupFault;

    const NOON: i64 = 1_700_000_000 - 1_700_000_000 % DAY + 9 * 3600;

    fn facts() -> Facts {
        Facts {
            turned: 0,
            refusals: 1,
            strikes: 1,
            others_fine: true,
            issued: NOON,
            now: NOON + 60,
            size: 9_000,
        }
    }

    fn rejection(codes: &[&str]) -> Verdict {
        let message = |code: &&str| Message {
            level: Level::Error,
            kind: "ERROR".to_owned(),
            code: (*code).to_owned(),
            category: String::new(),
            message: String::new(),
        };
        Verdict::Rejected { messages: codes.iter().map(message).collect() }
    }

    fn acceptance(accepted: Accepted, with_warnings: bool, repeated: bool) -> Verdict {
        Verdict::Accepted(Acceptance {
            accepted,
            repeated,
            with_warnings,
            messages: Vec::new(),
            cleared: None,
        })
    }

    #[test]
    fn every_verdict_has_its_decision() {
        use Decision::{Again as More, Final};
        for (verdict, decision) in [
            (acceptance(Accepted::Reported, false, false), Final(ReportState::Reported)),
            (acceptance(Accepted::Reported, true, false), Final(ReportState::ReportedWithWarnings)),
            (acceptance(Accepted::Reported, false, true), Final(ReportState::Reported)),
            (acceptance(Accepted::Cleared, true, false), Final(ReportState::Cleared)),
            (Verdict::ClearanceOff { messages: Vec::new() }, More(Again::Blameless)),
            (rejection(&["BR-KSA-15"]), Final(ReportState::Rejected)),
            (rejection(&["GENERAL", "BR-KSA-15"]), Final(ReportState::Rejected)),
            (rejection(&["GENERAL"]), More(Again::Slow)),
            (Verdict::Protocol { messages: Vec::new() }, More(Again::Slow)),
            (Verdict::TooLarge, More(Again::Slow)),
            (Verdict::Setup(SetupFault::Credentials), More(Again::Setup)),
            (Verdict::Throttled { retry_after: None }, More(Again::Blameless)),
            (Verdict::Offline, More(Again::Blameless)),
            (Verdict::Unavailable, More(Again::Transient)),
            (Verdict::Lost, More(Again::Transient)),
            (Verdict::Unknown, More(Again::Slow)),
        ] {
            assert_eq!(settle(&verdict, facts()), decision, "{verdict:?}");
        }
    }

    #[test]
    fn a_person_is_asked_only_when_others_are_fine() {
        let protocol = Verdict::Protocol { messages: Vec::new() };
        let fifth = Facts { refusals: 5, strikes: 5, ..facts() };
        assert_eq!(settle(&protocol, fifth), Decision::Hold(HoldReason::Protocol));
        let alone = Facts { strikes: 0, refusals: 12, others_fine: false, ..facts() };
        assert_eq!(settle(&protocol, alone), Decision::Again(Again::Slow));
        let quiet = Facts { others_fine: true, ..alone };
        assert_eq!(settle(&protocol, quiet), Decision::Hold(HoldReason::Protocol));
        assert_eq!(
            settle(&rejection(&["GENERAL"]), Facts { strikes: 2, ..facts() }),
            Decision::Hold(HoldReason::NotEvaluated)
        );
        assert_eq!(
            settle(&Verdict::TooLarge, Facts { size: LARGE, ..facts() }),
            Decision::Hold(HoldReason::TooLarge)
        );
    }

    #[test]
    fn what_reporting_refuses_of_a_standard_document_goes_back_to_clearance_once() {
        let at = |verdict: &Verdict, turned| settle(verdict, Facts { turned, ..facts() });
        let (content, call) = (rejection(&["BR-KSA-15"]), rejection(&["Invoice-Errors"]));
        let protocol = Verdict::Protocol { messages: Vec::new() };
        for verdict in [&content, &call, &protocol, &rejection(&["GENERAL"]), &rejection(&["BR-KSA-04"])] {
            assert_eq!(at(verdict, 1), Decision::Again(Again::Blameless), "{verdict:?}");
        }
        assert_eq!(at(&content, 2), Decision::Final(ReportState::Rejected));
        assert_eq!(
            at(&rejection(&["Invoice-Errors", "BR-KSA-15"]), 2),
            Decision::Final(ReportState::Rejected)
        );
        assert_eq!(at(&protocol, 2), Decision::Again(Again::Slow), "as any that is not understood");
        for turned in [2, 3, 8, 100, u32::MAX] {
            assert_eq!(at(&call, turned), Decision::Again(Again::Slow), "it names no rule");
        }
        assert_eq!(at(&call, 0), Decision::Final(ReportState::Rejected), "of any other call");
    }

    #[test]
    fn a_date_of_today_gets_one_more_chance_after_three() {
        let midnight_in_riyadh = NOON - 12 * 3600;
        let early = Facts { issued: midnight_in_riyadh + 60, now: midnight_in_riyadh + 3600, ..facts() };
        let verdict = rejection(&["BR-KSA-04"]);
        let again = Decision::Again(Again::NotBefore(midnight_in_riyadh + 3 * 3600 + 60));
        assert_eq!(settle(&verdict, early), again);
        for last in [
            Facts { now: midnight_in_riyadh + 3 * 3600, ..early },
            Facts { issued: midnight_in_riyadh - 60, ..early },
            Facts { issued: midnight_in_riyadh + DAY, ..early },
            Facts { issued: i64::MAX, now: i64::MIN, ..early },
        ] {
            assert_eq!(settle(&verdict, last), Decision::Final(ReportState::Rejected));
        }
        assert_eq!(settle(&rejection(&["BR-KSA-04", "X"]), early), Decision::Final(ReportState::Rejected));
    }

    #[test]
    fn words_lead_back() {
        for reason in HoldReason::ALL {
            assert_eq!(HoldReason::from_word(reason.word()), Some(reason));
        }
    }
}
