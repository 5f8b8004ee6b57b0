//! One document of an archive: its stamp, its facts, its place in the chain.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::Findings;
use crate::archive::manifest::{Document, FileFact, Header, Role, folder, xml_name};
use crate::archive::period::Period;
use crate::chain::{GENESIS_PIH, InvoiceHash};
use crate::report::cleared_faults;
use crate::stamp::{QrFields, StampCertificate, Verified, verify_with};
use crate::text::Bilingual;

/// What the documents are held against, and how far each chain has come.
pub struct Bench<'a> {
    pub header: &'a Header,
    pub period: Option<Period>,
    pub certificates: BTreeMap<i64, StampCertificate>,
    /// The chain that a chain goes on with.
    continues: BTreeMap<i64, i64>,
    /// The last document of each chain: its counter and hash.
    heads: BTreeMap<i64, (u64, String)>,
    before: Option<(i64, u64)>,
}

/// The contents that a document's files turned out to have.
#[derive(Default)]
pub struct Contents {
    pub submitted: Option<Vec<u8>>,
    pub cleared: Option<Vec<u8>>,
}

/// Collects what is wrong with one document.
struct Case<'f> {
    findings: &'f mut Findings,
    subject: String,
    icv: u64,
}

impl Case<'_> {
    fn add(&mut self, code: &'static str, en: impl Into<String>, ar: impl Into<String>) {
        self.findings.add(code, &self.subject, Some(self.icv), Bilingual::new(en.into(), ar.into()));
    }

    fn facts(&mut self, what: &str) {
        self.add(
            "AUDIT-FACTS",
            format!("the manifest's {what} is not the document's"),
            format!("ما يذكره البيان ({what}) ليس ما في المستند"),
        );
    }
}

impl<'a> Bench<'a> {
    pub fn new(header: &'a Header, certificates: BTreeMap<i64, StampCertificate>) -> Bench<'a> {
        let period = Period::parse(&header.from, &header.to).ok();
        let continues =
            header.chains.iter().filter_map(|chain| Some((chain.chain, chain.continues?))).collect();
        Bench { header, period, certificates, continues, heads: BTreeMap::new(), before: None }
    }

    /// Everything wrong with a document whose files had these contents.
    pub fn inspect(&mut self, document: &Document, contents: &Contents, findings: &mut Findings) {
        let place = format!("chain {} ICV {}", document.chain, document.icv);
        let subject = document.number.clone().unwrap_or(place);
        let mut case = Case { findings, subject, icv: document.icv };
        let at = (document.chain, document.icv);
        if self.before.replace(at).is_some_and(|before| before >= at) {
            let ar = "تكرر المستند في البيان أو جاء في غير ترتيبه";
            case.add("AUDIT-MANIFEST", "it is in the manifest twice, or out of its order", ar);
        }
        if let Some(damage) = &document.unreadable {
            let ar = "لم يستطع سجل الجهاز قراءة هذا المستند كاملاً عند إعداد الأرشيف";
            case.add("AUDIT-UNREADABLE", format!("the till's ledger could not read it whole ({damage})"), ar);
        }
        self.check_files(document, &mut case);
        check_attempts(document, &mut case);
        let verified = contents.submitted.as_ref().and_then(|xml| self.check_stamp(document, xml, &mut case));
        if let Some(verified) = &verified {
            check_facts(document, verified, &mut case);
            self.check_cleared(verified, contents, &mut case);
        }
        self.follow(document, verified.as_ref(), &mut case);
    }

    /// The seller's number by the certificate of the chain; a till may have had
    /// another one before.
    fn vat_number(&self, chain: i64) -> &str {
        let certificate = self.certificates.get(&chain);
        certificate.and_then(|known| known.vat_number()).unwrap_or(&self.header.vat_number)
    }

    /// Names and roles of its files.
    fn check_files(&self, document: &Document, case: &mut Case<'_>) {
        let folder = folder(document.chain, document.icv);
        let name = document
            .number
            .as_ref()
            .map(|number| xml_name(self.vat_number(document.chain), &document.issued, number));
        // A set, since a hostile manifest names as many of both as a line can hold.
        let named = || document.attempts.iter().filter_map(|attempt| attempt.answer.as_deref());
        let answers: BTreeSet<&str> = named().collect();
        let right = |file: &FileFact| {
            let own = file.path.strip_prefix(&folder).and_then(|rest| rest.strip_prefix('/'));
            match file.role {
                Role::Submitted => own == name.as_deref() || (own.is_some() && name.is_none()),
                Role::Cleared => own == Some("cleared.xml"),
                Role::Answer => own.is_some() && answers.contains(file.path.as_str()),
                Role::Explanation | Role::ActivityLog => false,
            }
        };
        let count = |role| document.files.iter().filter(|file| file.role == role).count();
        let whole = document.unreadable.is_some() || count(Role::Submitted) == 1;
        let answers_here = count(Role::Answer) == named().count();
        let cleared = count(Role::Cleared) == usize::from(document.state == "Cleared");
        let cleared = cleared || document.unreadable.is_some();
        if !(document.files.iter().all(right) && whole && answers_here && cleared) {
            let ar = "ليست ملفاته تلك التي تكون لمستند في حالته";
            case.add("AUDIT-FACTS", "its files are not those of such a document", ar);
        }
    }

    fn check_stamp(&self, document: &Document, xml: &[u8], case: &mut Case<'_>) -> Option<Verified> {
        let certificate = self.certificates.get(&document.chain);
        match verify_with(xml, certificate) {
            Err(error) => {
                case.add("AUDIT-STAMP", error.to_string(), "ختم المستند أو محتواه غير صحيح");
                None
            }
            Ok(verified) => {
                if certificate.is_none_or(|known| known.text() != verified.certificate) {
                    let ar = "ختم المستند بشهادة غير شهادة سلسلته";
                    case.add(
                        "AUDIT-CERTIFICATE",
                        "it is stamped with another certificate than its chain's",
                        ar,
                    );
                }
                let vat = QrFields::decode(&verified.qr).ok().map(|fields| fields.vat_number);
                if vat.as_deref() != Some(self.vat_number(document.chain)) {
                    case.facts("VAT number");
                }
                Some(verified)
            }
        }
    }

    /// The cleared document holds ours, unchanged.
    fn check_cleared(&self, verified: &Verified, contents: &Contents, case: &mut Case<'_>) {
        let Some(cleared) = &contents.cleared else { return };
        let faults = cleared_faults(cleared, &verified.hash, verified.issued.unix());
        if !faults.is_empty() {
            let ar = "المستند المعتمد لا يحوي المستند المرسل كما هو";
            let en =
                format!("the cleared document does not hold the one that was sent: {}", faults.join("; "));
            case.add("AUDIT-CLEARED", en, ar);
        }
    }

    /// Its place behind the document before it, as far as that one is here.
    fn follow(&mut self, document: &Document, verified: Option<&Verified>, case: &mut Case<'_>) {
        let computed = verified.map(|verified| verified.hash.to_base64());
        let hash = computed.or_else(|| document.hash.clone()).unwrap_or_default();
        let pih = verified.map(|verified| verified.link.previous.text()).or_else(|| document.pih.clone());
        let late = verified.is_some_and(|verified| verified.signed > verified.issued);
        let continued = || {
            let former = self.continues.get(&document.chain)?;
            self.heads.get(former).filter(|(icv, _)| icv.checked_add(1) == Some(document.icv))
        };
        let before = self.heads.get(&document.chain).or_else(continued);
        let next = before.is_some_and(|(icv, _)| icv.checked_add(1) == Some(document.icv));
        // Stamped after the period, in the place of one that was rejected.
        let apart = document.corrects.is_some() && late;
        match before {
            Some((_, hash)) if next && pih.as_ref() != Some(hash) => {
                let ar = "لا يحمل بصمة المستند السابق له في السلسلة";
                case.add("AUDIT-CHAIN", "it does not carry the hash of the document before it", ar);
            }
            Some((icv, _)) if !next && !apart => {
                let (first, last) = (icv.saturating_add(1), document.icv.saturating_sub(1));
                let en = format!("documents of its chain are missing before it: ICV {first} to {last}");
                let ar = format!("تنقص قبله مستندات من السلسلة: العدادات من {first} إلى {last}");
                case.add("AUDIT-CHAIN", en, ar);
            }
            None if document.icv == 1 && pih.as_deref() != Some(GENESIS_PIH) => {
                let ar = "هو أول مستند في السلسلة ولا يحمل القيمة الافتتاحية";
                case.add(
                    "AUDIT-CHAIN",
                    "it is the first of its chain and does not carry the opening value",
                    ar,
                );
            }
            Some(_) | None => {}
        }
        self.heads.insert(document.chain, (document.icv, hash));
        let outside = self.period.as_ref().is_none_or(|period| {
            let from = document.issued.get(..10).unwrap_or_default();
            !(period.from()..=period.to()).contains(&from)
        });
        if outside && document.corrects.is_none() {
            let ar = "لم يصدر المستند في الفترة التي يشملها الأرشيف";
            case.add("AUDIT-FACTS", "it was not issued in the period of the archive", ar);
        }
    }
}

/// The attempts are whole, of this document, and lead to its state.
fn check_attempts(document: &Document, case: &mut Case<'_>) {
    let numbers = document.attempts.iter().map(|attempt| attempt.number);
    let counted = numbers.zip(1..).all(|(number, wanted)| number == wanted);
    let own = document.attempts.iter().all(|attempt| Some(&attempt.hash) == document.hash.as_ref());
    let last = document.attempts.last().map(|attempt| attempt.state.as_str());
    let open = ["Queued", "InFlight", "Held"];
    let ended = open.contains(&document.state.as_str()) || last == Some(&document.state);
    let before = document.attempts.iter().rev().skip(1);
    let went_on = before.into_iter().all(|attempt| open.contains(&attempt.state.as_str()));
    if !(counted && own && ended && went_on) && document.unreadable.is_none() {
        let ar = "محاولات الإرسال المذكورة لا تؤدي إلى حالة المستند";
        case.add("AUDIT-ATTEMPTS", "its attempts are not whole, or do not lead to its state", ar);
    }
}

/// What the manifest says and the XML says.
fn check_facts(document: &Document, verified: &Verified, case: &mut Case<'_>) {
    let kind = document.kind.as_ref();
    let hash = document.hash.as_deref().and_then(InvoiceHash::from_base64);
    let same = [
        ("UUID", document.uuid.as_deref() == Some(&verified.uuid.to_string())),
        ("number", document.number.as_deref() == Some(&verified.number)),
        ("ICV", document.icv == verified.link.icv.get()),
        ("PIH", document.pih.as_deref() == Some(&verified.link.previous.text())),
        ("hash", hash == Some(verified.hash)),
        ("moment of issue", document.issued == format!("{}+03:00", verified.issued)),
        ("type code", kind.map(|kind| kind.code.as_str()) == Some(verified.kind.document.code())),
        ("transaction flags", kind.map(|kind| kind.name.as_str()) == Some(&verified.kind.name())),
    ];
    same.into_iter().filter(|(_, same)| !same).for_each(|(what, _)| case.facts(what));
    if document.corrects.is_none() && verified.signed != verified.issued {
        case.add(
            "AUDIT-FACTS",
            "it was stamped later than it was issued, and replaces nothing",
            "ختم بعد وقت إصداره مع أنه لا يحل محل مستند آخر",
        );
    }
}
