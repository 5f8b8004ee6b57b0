//! What a recovery says, in English and then in Arabic.

use std::path::{Path, PathBuf};

use super::Findings;
use super::vault::Condition;
use crate::cli::{Failure, RecoverWord};
use crate::config::Settings;
use crate::daemon::books;
use crate::invoice::IssueMoment;
use crate::ledger::{Holdings, Known, OpenError, Stakes, StorageError, Word};

/// There is nothing to recover from.
pub fn nothing_wrong() -> String {
    "Nothing is wrong with ledger, marks and machine: the till starts as it is, and nothing was done.\n\
     لا خلل في السجل والعلامات والجهاز: يعمل الجهاز كما هو ولم يُنفذ شيء."
        .to_owned()
}

/// Neither the ledger nor a mark can tell where the numbers go on.
pub fn say_the_last_number(settings: &Settings, word: &RecoverWord) -> Failure {
    let flag = match word {
        RecoverWord::CloseChains(_) => "--close-chains",
        RecoverWord::LedgerLost(_) => "--ledger-lost",
    };
    let (till, prefix) = (&settings.till.name, &settings.till.number_prefix);
    let command = format!("tilld recover {flag} {till} --last-number {prefix}000123");
    Failure::Usage(format!(
        "nobody here knows the highest number that this till has issued, and a lower one would be issued twice; nothing was \
         done. Look for it on the last receipts and in the Fatoora portal (if in doubt say a higher one; connect every \
         witness that is away) and run: {command}\n\
         لا أحد هنا يعرف أعلى رقم أصدره هذا الجهاز، والرقم الأدنى منه سيصدر مرتين؛ لم يُنفذ شيء. ابحث عنه في آخر الإيصالات \
         وفي بوابة فاتورة (وعند الشك اكتب رقما أعلى، ووصّل كل شاهد غائب) ثم نفذ: {command}"
    ))
}

/// What is wrong, what is at stake, which ways there are.
pub fn tell(settings: &Settings, found: &Findings) -> String {
    let mut parts = Vec::new();
    match (&found.ledger, &found.vault) {
        (None, Condition::Unusable(why)) => parts.push(format!("What is wrong:\n{why}")),
        (None, _) => parts.push(nothing_wrong()),
        (Some(error), Condition::Unusable(why)) => {
            parts.push(format!("What is wrong:\n{}\n{why}", books::both(error)));
        }
        (Some(error), _) => parts.push(format!("What is wrong:\n{}", books::both(error))),
    }
    if let Condition::Unknown(why) = &found.vault {
        parts.push(format!(
            "Whether the till's key can be used cannot be told here; the daemon may be able to open it:\n{why}"
        ));
    }
    if !found.is_well() {
        parts.push(at_stake(settings, &found.stakes));
        parts.extend(ways(settings, found));
    }
    parts.join("\n\n")
}

fn at_stake(settings: &Settings, stakes: &Stakes) -> String {
    let mut lines = vec!["What is at stake:".to_owned()];
    match &stakes.ledger {
        None => lines.push("  the ledger file: not there".to_owned()),
        Some(ledger) => lines.push(format!("  the ledger file: {}", holdings(ledger))),
    }
    for Word { path, known } in &stakes.witnesses {
        let says = match known {
            Known::Mark { documents, counter } => {
                format!("{documents} invoices, the newest with the counter {counter}")
            }
            Known::Nothing => "not there".to_owned(),
            Known::Damaged => "edited or damaged".to_owned(),
            Known::Unread(why) => format!("cannot be read ({why})"),
        };
        lines.push(format!("  {}: {says}", path.display()));
    }
    let here = stakes.ledger.as_ref().map_or(0, |ledger| ledger.counter);
    let (_, known) = stakes.known();
    if known > here {
        let number = |counter: u64| format!("{}{counter:06}", settings.till.number_prefix);
        lines.push(format!(
            "  {} to {} were issued and are not in this ledger. Those that reached Fatoora are in its portal; receipts of \
             the others are the only trace of them.",
            number(here + 1),
            number(known)
        ));
    }
    lines.join("\n")
}

fn holdings(ledger: &Holdings) -> String {
    let last = ledger.last.as_ref().map_or_else(String::new, |(number, icv, issued)| {
        let at = IssueMoment::from_unix(*issued).map_or_else(|| issued.to_string(), |at| at.to_string());
        format!(", the last {number} (ICV {icv}) of {at}")
    });
    format!("{} invoices{last}; {} of them not yet confirmed by Fatoora", ledger.documents, ledger.unsent)
}

fn ways(settings: &Settings, found: &Findings) -> Option<String> {
    let till = &settings.till.name;
    let asked = if found.nobody_knows() {
        format!(" --last-number {}000123", settings.till.number_prefix)
    } else {
        String::new()
    };
    match &found.ledger {
        Some(
            OpenError::Tail { path, .. } | OpenError::Storage { path, source: StorageError::Damaged { .. } },
        ) => {
            return Some(damaged(till, path));
        }
        Some(error) if !error.is_recoverable() => return None,
        _ => {}
    }
    let (flag, ledger_en, ledger_ar) = if found.ledger_is_lost() {
        ("--ledger-lost", "A new ledger is begun", "يُنشأ سجل جديد")
    } else {
        (
            "--close-chains",
            "Every invoice stays, is readable and is still sent",
            "تبقى كل الفواتير وتُقرأ وتُرسل",
        )
    };
    Some(format!(
        "Which ways there are:\n\
         1. Put back what is named above, unchanged and newest, and start the till. Always try this first.\n\
         2. If it is lost for good:  tilld recover {flag} {till}{asked}\n   \
            {ledger_en}; the certificates that stamped here never stamp again; invoice numbers go on above every known \
            number (add --last-number NUMBER if a receipt or the portal shows a higher one than above). Then the till \
            needs a new certificate.\n\
         الطرق:\n\
         1. أعد ما ذُكر أعلاه كما هو وبأحدث حال ثم شغل الجهاز. جرب هذا أولا دائما.\n\
         2. إن ضاع نهائيا: tilld recover {flag} {till}{asked}\n   \
            {ledger_ar}؛ ولا تختم الشهادات السابقة بعد ذلك؛ وتستمر أرقام الفواتير بعد أعلى رقم معروف (أضف --last-number \
            إن ظهر رقم أعلى في إيصال أو في بوابة فاتورة). ثم يحتاج الجهاز إلى شهادة جديدة."
    ))
}

/// The file itself is damaged: kept aside, it makes room for a new one.
fn damaged(till: &str, path: &Path) -> String {
    let aside = path.with_file_name("damaged");
    let (file, aside) = (path.display(), aside.display());
    format!(
        "Which ways there are:\n\
         1. Put a backup back that is newer than everything that was sold, and start the till.\n\
         2. If there is none: keep the damaged file for support, and begin a new one:\n   \
            mkdir {aside} && mv {file}* {aside}/\n   \
            tilld recover --ledger-lost {till}\n   \
            The marks know where the numbers go on. What the damaged file holds and has not been sent, support must report.\n\
         الطرق:\n\
         1. أعد نسخة احتياطية أحدث من آخر بيع ثم شغل الجهاز.\n\
         2. إن لم توجد: احتفظ بالملف التالف للدعم وابدأ ملفا جديدا بالأمرين أعلاه. تعرف العلامات أين تستمر الأرقام، وعلى \
            الدعم الإبلاغ عما في الملف التالف ولم يرسل."
    )
}

/// What was done and what comes next. `counter`: the numbers go on above it.
pub fn done(settings: &Settings, counter: u64, aside: &[PathBuf], has_key: bool) -> String {
    let (till, prefix) = (&settings.till.name, &settings.till.number_prefix);
    let next = if has_key { format!("tilld onboard --replace {till}") } else { "tilld onboard".to_owned() };
    let first = format!("{prefix}{:06}", counter.saturating_add(1));
    let mut text = format!(
        "Done: the chains are closed, the ledger belongs to this machine, and the marks are made anew. The next invoice \
         will be {first}. `tilld activity` tells what was done."
    );
    for folder in aside {
        text.push_str(&format!("\nThe key that cannot be used here is kept in {}.", folder.display()));
    }
    text.push_str(&format!(
        "\nNow start the till, which sends what waits, and get a new certificate with an OTP of the Fatoora portal:\n  {next}\n\
         The former certificates stay valid at the authority: revoke them on the portal once nothing waits to be sent."
    ));
    text.push_str(&format!(
        "\nتم: أُغلقت السلاسل وصار السجل لهذا الجهاز وجُددت العلامات. رقم الفاتورة القادمة {first}.\n\
         تبقى الشهادات السابقة سارية لدى الهيئة: ألغها من البوابة بعد إرسال كل ما ينتظر.\n\
         شغل الجهاز الآن واحصل على شهادة جديدة برمز من بوابة فاتورة:\n  {next}"
    ));
    text
}
