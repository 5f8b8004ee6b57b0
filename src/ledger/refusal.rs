//! Why the store does not open, and what to do: in English for whoever looks
//! after the till, and in Arabic for whoever stands before it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::StorageError;
use super::ids::DocumentId;
use crate::text::Bilingual;

/// Why the store does not open. Each one leaves every file as it was.
#[derive(Debug, Error)]
pub enum OpenError {
    #[error("{path} cannot be used as the data directory: {source}. Check owner, permissions and free space")]
    Directory { path: PathBuf, source: io::Error },
    #[error("another tilld already works in {dir}. Only one may write a till's ledger: stop it first")]
    InUse { dir: PathBuf },
    #[error(
        "a tilld on this machine already works with this ledger, from another place: {path} is a copy, or the one that \
         runs works on a copy. Two copies would issue the same numbers twice. Find the other one (systemctl status \
         tilld, or: ps -C tilld), stop the wrong one and move its directory away. If both have sold, run: tilld recover"
    )]
    CopyInUse { path: PathBuf },
    #[error(
        "another tilld writes its high-water mark into {anchor}. Every till has an anchor of its own: correct \
         `till.anchor`; if the other one is a copy of this till, stop it and move it away"
    )]
    MarkInUse { anchor: PathBuf },
    #[error("{path}: {source}")]
    Storage { path: PathBuf, source: StorageError },
    #[error(
        "there is no ledger at {path}: no till has been started there yet. If this till has sold before, the file was \
         taken away: do not start it, and look for the file"
    )]
    NoLedger { path: PathBuf },
    #[error("{path} is not a ledger of tilld; point `data_dir` at the till's own directory")]
    NotALedger { path: PathBuf },
    #[error(
        "{path} was written by a newer tilld (schema {found}, this program knows {known}). Install the newer \
         version again; a ledger is never converted back"
    )]
    FromTheFuture { path: PathBuf, found: i64, known: i64 },
    #[error(
        "{path} was written by an older tilld (schema {found}, this program knows {known}). Start tilld once: it keeps \
         a copy and converts the ledger"
    )]
    FromThePast { path: PathBuf, found: i64, known: i64 },
    #[error(
        "{path} must be converted, but no verified backup could be made first: {reason}. Nothing was changed"
    )]
    Backup { path: PathBuf, reason: String },
    #[error(
        "{anchor} knows {documents} documents, but {path} is missing. It was deleted or its disk is not \
         mounted. Bring the file back. If it is lost for good, run `tilld recover`: the till then gets a new \
         certificate, and no number is issued twice"
    )]
    LedgerMissing { path: PathBuf, anchor: PathBuf, documents: u64 },
    #[error(
        "{path} has {found} documents, but {known} were issued here, as {mark} knows: it is an old copy, a restored \
         backup or a rolled-back disk image. Going on would issue numbers twice. Bring the newest file back. If it is \
         lost for good, run `tilld recover`"
    )]
    Behind { path: PathBuf, mark: PathBuf, found: u64, known: u64 },
    #[error(
        "the activity log in {path} has {found} entries, but {known} were written here, as {mark} knows: the file is an \
         old copy, or entries were taken away. Bring the newest file back. If it is lost for good, run `tilld recover`"
    )]
    LogBehind { path: PathBuf, mark: PathBuf, found: u64, known: u64 },
    #[error(
        "{path} holds another document {at} than the one that was issued here: two copies of this till went on \
         by themselves. Find the other copy and stop it; then run `tilld recover`"
    )]
    Diverged { path: PathBuf, at: String },
    #[error(
        "{anchor} belongs to another ledger than {path}. Each till has its own pair: put the right file \
         back. If {anchor} came with a medium from another till, move it away. If the ledger that it belongs to is \
         lost, run `tilld recover`"
    )]
    ForeignMark { path: PathBuf, anchor: PathBuf },
    #[error(
        "{path} was last used on another machine than this one: it is a copy of that till, or its disk was moved. Two \
         machines must never continue one chain. If the other machine still sells, leave it alone and set this one up as \
         a till of its own with an empty data directory. If this machine is to take its place, stop the other one for \
         good and run `tilld recover` here"
    )]
    OtherMachine { path: PathBuf },
    #[error(
        "the high-water mark {anchor} is missing, although {path} has {documents} documents: so nobody knows whether \
         the ledger is the newest. If the data was moved to another disk, bring the mark along from the old one (`anchor` \
         in the settings names it). If it is lost for good, run `tilld recover`"
    )]
    MarkMissing { path: PathBuf, anchor: PathBuf, documents: u64 },
    #[error(
        "the high-water mark {anchor} cannot be read: it was edited or damaged. So nobody knows whether {path} is the \
         newest ledger. Bring the right file back if there is a copy of this very hour; if not, run `tilld recover`"
    )]
    MarkDamaged { path: PathBuf, anchor: PathBuf },
    #[error("the mark {anchor} cannot be used: {source}. Check owner, permissions and free space")]
    Mark { anchor: PathBuf, source: io::Error },
    #[error(
        "document {document} in {path} does not verify: {finding}. The file was edited or damaged. Keep it, run \
         `tilld verify`, and restore the newest verified backup; if that one is older than the last sale, \
         `tilld recover` then says how to go on"
    )]
    Tail { path: PathBuf, document: DocumentId, finding: String },
}

impl OpenError {
    /// Whether `tilld recover` has a way out of it: what the ledger and its
    /// witnesses say of each other, and not a file that cannot be used.
    pub fn is_recoverable(&self) -> bool {
        match self {
            OpenError::LedgerMissing { .. }
            | OpenError::Behind { .. }
            | OpenError::LogBehind { .. }
            | OpenError::Diverged { .. }
            | OpenError::ForeignMark { .. }
            | OpenError::OtherMachine { .. }
            | OpenError::MarkMissing { .. }
            | OpenError::MarkDamaged { .. } => true,
            OpenError::Directory { .. }
            | OpenError::InUse { .. }
            | OpenError::CopyInUse { .. }
            | OpenError::MarkInUse { .. }
            | OpenError::Storage { .. }
            | OpenError::NoLedger { .. }
            | OpenError::NotALedger { .. }
            | OpenError::FromTheFuture { .. }
            | OpenError::FromThePast { .. }
            | OpenError::Backup { .. }
            | OpenError::Mark { .. }
            | OpenError::Tail { .. } => false,
        }
    }

    /// The same in both languages.
    pub fn words(&self) -> Bilingual {
        Bilingual::new(self.to_string(), self.arabic())
    }

    fn arabic(&self) -> String {
        match self {
            OpenError::Directory { path, .. } => {
                format!("لا يمكن استخدام مجلد البيانات {}. تحقق من المالك والصلاحيات والمساحة.", path.display())
            }
            OpenError::InUse { dir } => {
                format!(
                    "يعمل tilld آخر على {}. لا يكتب في سجل الجهاز إلا برنامج واحد: أوقفه أولا.",
                    dir.display()
                )
            }
            OpenError::CopyInUse { path } => format!(
                "يعمل tilld آخر في هذا الجهاز على السجل نفسه من مكان آخر: {} نسخة، أو أن العامل الآن نسخة. ستصدر النسختان \
                 الأرقام نفسها مرتين. ابحث عن الأخرى وأوقف الخاطئة وانقل مجلدها، وإن باعت النسختان فنفذ: tilld recover",
                path.display()
            ),
            OpenError::MarkInUse { anchor } => format!(
                "يكتب tilld آخر علامته في {}. لكل جهاز علامة خاصة به: صحح till.anchor، وإن كان الآخر نسخة من هذا الجهاز \
                 فأوقفه وانقله.",
                anchor.display()
            ),
            OpenError::Storage { path, .. } => {
                format!(
                    "تعذر استخدام ملف السجل {}. لا تحذفه، وأوقف البيع على هذا الجهاز واتصل بالدعم.",
                    path.display()
                )
            }
            OpenError::NoLedger { path } => format!(
                "لا يوجد سجل في {}. لم يبدأ العمل هنا بعد؛ فإن سبق البيع على هذا الجهاز فابحث عن الملف ولا تشغله.",
                path.display()
            ),
            OpenError::NotALedger { path } => {
                format!("الملف {} ليس سجل tilld. صحح data_dir في الإعدادات.", path.display())
            }
            OpenError::FromTheFuture { path, .. } => {
                format!("كُتب السجل {} بإصدار أحدث من tilld. ثبت الإصدار الأحدث من جديد.", path.display())
            }
            OpenError::FromThePast { path, .. } => {
                format!("كُتب السجل {} بإصدار أقدم من tilld. شغل tilld مرة واحدة ليحوله.", path.display())
            }
            OpenError::Backup { path, .. } => {
                format!("يجب تحويل السجل {} لكن تعذر أخذ نسخة منه قبل ذلك. لم يتغير شيء.", path.display())
            }
            OpenError::LedgerMissing { path, documents, .. } => format!(
                "صدرت هنا {documents} من الفواتير لكن السجل {} مفقود. أعد الملف؛ فإن ضاع نهائيا فنفذ tilld recover.",
                path.display()
            ),
            OpenError::Behind { path, found, known, .. } => format!(
                "في السجل {} عدد {found} من الفواتير وقد صدر هنا {known}: هو نسخة قديمة أو مستعادة. أعد أحدث ملف؛ \
                 فإن ضاع نهائيا فنفذ tilld recover.",
                path.display()
            ),
            OpenError::LogBehind { path, found, known, .. } => format!(
                "في سجل النشاط في {} عدد {found} من القيود وقد كُتب {known}: الملف نسخة قديمة أو حُذفت قيود. أعد أحدث \
                 ملف؛ فإن ضاع نهائيا فنفذ tilld recover.",
                path.display()
            ),
            OpenError::Diverged { path, .. } => format!(
                "يختلف السجل {} عما صدر هنا: عملت نسختان من هذا الجهاز كل على حدة. أوقف النسخة الأخرى ثم نفذ tilld recover.",
                path.display()
            ),
            OpenError::ForeignMark { path, anchor } => format!(
                "العلامة {} تخص سجلا آخر غير {}. أعد الملف الصحيح، أو أبعد العلامة إن جاءت من جهاز آخر؛ فإن ضاع سجلها \
                 فنفذ tilld recover.",
                anchor.display(),
                path.display()
            ),
            OpenError::OtherMachine { path } => format!(
                "استُخدم السجل {} آخر مرة على جهاز آخر: هو نسخة منه أو نُقل قرصه. إن كان ذلك الجهاز يبيع فاجعل هذا جهازا \
                 مستقلا بمجلد بيانات فارغ؛ وإن كان هذا بديلا عنه فأوقف ذلك نهائيا ثم نفذ tilld recover هنا.",
                path.display()
            ),
            OpenError::MarkMissing { path, anchor, documents } => format!(
                "علامة آخر فاتورة {} مفقودة مع أن في السجل {} عدد {documents} من الفواتير. إن نُقلت البيانات إلى قرص آخر \
                 فأحضر العلامة من القرص القديم؛ فإن ضاعت نهائيا فنفذ tilld recover.",
                anchor.display(),
                path.display()
            ),
            OpenError::MarkDamaged { path, anchor } => format!(
                "علامة آخر فاتورة {} معدلة أو تالفة، فلا يُعرف هل السجل {} هو الأحدث. أعد الملف الصحيح، وإلا فنفذ tilld recover.",
                anchor.display(),
                path.display()
            ),
            OpenError::Mark { anchor, .. } => {
                format!("لا يمكن استخدام العلامة {}. تحقق من المالك والصلاحيات والمساحة.", anchor.display())
            }
            OpenError::Tail { path, document, .. } => format!(
                "المستند {document} في {} لا يجتاز الفحص: عُدل الملف أو تلف. احتفظ به ونفذ tilld verify واستعد أحدث \
                 نسخة سليمة؛ فإن كانت أقدم من آخر بيع فإن tilld recover يبين الطريق.",
                path.display()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Icv;
    use crate::ledger::ChainId;

    fn all() -> Vec<OpenError> {
        let path = || PathBuf::from("/d/ledger.sqlite");
        let mark = || PathBuf::from("/a/high-water");
        let io = || io::Error::other("x");
        let document = DocumentId::new(ChainId::new(1).unwrap(), Icv::FIRST).unwrap();
        vec![
            OpenError::Directory { path: path(), source: io() },
            OpenError::InUse { dir: path() },
            OpenError::CopyInUse { path: path() },
            OpenError::MarkInUse { anchor: path() },
            OpenError::Storage { path: path(), source: StorageError::damaged("x") },
            OpenError::NoLedger { path: path() },
            OpenError::NotALedger { path: path() },
            OpenError::FromTheFuture { path: path(), found: 9, known: 3 },
            OpenError::FromThePast { path: path(), found: 1, known: 3 },
            OpenError::Backup { path: path(), reason: "x".into() },
            OpenError::LedgerMissing { path: path(), anchor: mark(), documents: 7 },
            OpenError::Behind { path: path(), mark: mark(), found: 3, known: 7 },
            OpenError::LogBehind { path: path(), mark: mark(), found: 3, known: 7 },
            OpenError::Diverged { path: path(), at: "1/3".into() },
            OpenError::ForeignMark { path: path(), anchor: mark() },
            OpenError::OtherMachine { path: path() },
            OpenError::MarkMissing { path: path(), anchor: mark(), documents: 7 },
            OpenError::MarkDamaged { path: path(), anchor: mark() },
            OpenError::Mark { anchor: mark(), source: io() },
            OpenError::Tail { path: path(), document, finding: "x".into() },
        ]
    }

    #[test]
    fn what_can_be_recovered_from_names_the_command_in_both_languages() {
        for error in all() {
            let words = error.words();
            assert!(words.ar.chars().any(|c| ('\u{600}'..'\u{700}').contains(&c)), "{}", words.ar);
            let named = words.en.contains("`tilld recover`") && words.ar.contains("tilld recover");
            assert!(named || !error.is_recoverable(), "{}\n{}", words.en, words.ar);
        }
    }
}
