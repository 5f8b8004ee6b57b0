//! What can go wrong in the store, who it concerns and what to do. The words
//! of [`AppendError`] reach the cashier and exist in both languages; the rest
//! is for whoever looks after the till. What keeps the store from opening at all
//! stands in refusal.rs.

use thiserror::Error;

use super::ids::DocumentId;
use super::state::IllegalTransition;
use super::{CorrectionError, ReturnError};
use crate::rules::Finding;
use crate::stamp::QrError;
use crate::text::Bilingual;

/// The database did not do what was asked. Nothing was stored, and the store
/// goes on working unless it says otherwise.
#[derive(Debug, Error)]
pub enum StorageError {
    #[error("the disk is full; nothing was stored. Free some space and try again ({detail})")]
    DiskFull { detail: String },
    #[error("the disk failed; nothing was stored. Try again; if it persists, replace the storage ({detail})")]
    Disk { detail: String },
    #[error(
        "the ledger file is damaged ({detail}). Keep the file as it is, stop selling on this till, and restore \
         the newest verified backup or hand the file to support; it is never deleted or rebuilt by itself"
    )]
    Damaged { detail: String },
    #[error(
        "another program holds the ledger file ({detail}). Close it; nothing but tilld may write to this file"
    )]
    Busy { detail: String },
    #[error("the ledger refused the entry: {detail}. This is a fault of the program, please report it")]
    Refused { detail: String },
    #[error("the ledger could not run a command: {detail}. This is a fault of the program, please report it")]
    Internal { detail: String },
    #[error("there is no document {0} in this ledger")]
    NoDocument(DocumentId),
    #[error(transparent)]
    Transition(#[from] IllegalTransition),
}

impl StorageError {
    pub(super) fn damaged(detail: impl Into<String>) -> StorageError {
        StorageError::Damaged { detail: detail.into() }
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> StorageError {
        use rusqlite::ErrorCode as Code;
        let detail = error.to_string();
        match &error {
            rusqlite::Error::SqliteFailure(code, _) => match code.code {
                Code::DiskFull => StorageError::DiskFull { detail },
                Code::DatabaseCorrupt | Code::NotADatabase => StorageError::Damaged { detail },
                Code::SystemIoFailure | Code::CannotOpen | Code::ReadOnly => StorageError::Disk { detail },
                Code::DatabaseBusy | Code::DatabaseLocked | Code::FileLockingProtocolFailed => {
                    StorageError::Busy { detail }
                }
                Code::ConstraintViolation => StorageError::Refused { detail },
                _ => StorageError::Internal { detail },
            },
            // A column holds what no version of this program writes.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => StorageError::Damaged { detail },
            _ => StorageError::Internal { detail },
        }
    }
}

/// Why a certificate's chain cannot be continued here.
#[derive(Debug, Error)]
pub enum ActivateError {
    #[error(
        "the chain of this certificate was closed because its newest documents are lost to this ledger. Get \
         a new certificate with `tilld onboard`; it begins a new chain"
    )]
    Closed,
    #[error(
        "this certificate was followed by a newer one, which goes on with its chain. Stamp with the newer certificate; \
         the older one only sends what it stamped"
    )]
    Superseded,
    #[error("this ledger has had {0} certificates, which is all it can hold")]
    TooManyChains(u16),
    #[error("the number prefix {0:?} cannot begin an invoice number: {1}")]
    Prefix(String, String),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why a sale was not stored. No number was taken and nothing was written.
#[derive(Debug, Error)]
pub enum AppendError {
    #[error(
        "the idempotency key was used for another sale (document {number}). Use a new key for each new sale; repeat a key \
         only with the very same request"
    )]
    KeyConflict { number: String },
    #[error(
        "the buyer's VAT number is the seller's own (BR-CUSTOM-VALIDATION-01). State the customer's number, or none"
    )]
    BuyerIsSeller,
    #[error("this till has no identity yet, so it cannot stamp invoices. Onboard it first")]
    NoIdentity,
    #[error(
        "the chain of this till's certificate was closed, because documents may be lost to its ledger (`tilld activity` \
         tells when and why). Get a new certificate: `tilld onboard --replace NAME` with this till's name"
    )]
    ChainClosed,
    #[error(
        "the clock of the till is {seconds} s behind its last invoice. Set the clock right (automatic time) and \
         try again{}", way_out(*seconds)[0]
    )]
    ClockBehind { seconds: i64 },
    #[error(
        "the clock of the till was set {} by {} s while the till ran. If the time is wrong now, set it right. If it is \
         right, sales go on by themselves as soon as the authority's answer confirms it; without a network restart tilld",
        direction(*seconds)[0], seconds.saturating_abs()
    )]
    ClockJumped { seconds: i64 },
    #[error(
        "the clock of the till says {now}: it is not set. Set the clock right (automatic time); if it is wrong after \
         every power cut, the battery of the clock is empty"
    )]
    ClockUnset { now: String },
    #[error(
        "the clock of the till is {} s {} the authority's, so that invoices would carry a wrong legal time. Set the clock \
         right (automatic time): sales go on at once. If the clock is right, sales go on with the authority's next right \
         answer, or an hour after its last one",
        ahead.saturating_abs(), if *ahead > 0 { "behind" } else { "ahead of" }
    )]
    ClockFar { ahead: i64 },
    #[error(
        "the certificate is valid only from {from} (Riyadh time) and the clock says {now}. Set the clock right"
    )]
    NotYetValid { from: String, now: String },
    #[error(
        "the certificate ended at {until} (Riyadh time) and the clock says {now}: nothing can be stamped with it. If the \
         clock is wrong, set it right. If it is right, it is too late for `tilld renew`: ask for an OTP on the Fatoora \
         portal and run `tilld onboard --replace NAME` with this till's name"
    )]
    Expired { until: String, now: String },
    #[error("the clock of the till shows no usable time. Set the clock right")]
    ClockUnusable,
    /// What the authority would find; nothing was taken.
    #[error("the document breaks {}", rule_list(.0))]
    Rules(Vec<Finding>),
    #[error("the document could not be sealed: {0}")]
    Seal(String),
    #[error(transparent)]
    Return(#[from] ReturnError),
    #[error(transparent)]
    Correction(#[from] CorrectionError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What a gap of more than an hour means, in English and Arabic: the last
/// invoice was stamped by a clock that ran ahead.
fn way_out(seconds: i64) -> [&'static str; 2] {
    if seconds <= 3_600 {
        return ["", ""];
    }
    [
        ". If the clock is right, the last invoice carries a time in the future: sales go on when the clock has \
         passed it, or ask support",
        " إن كانت الساعة صحيحة فآخر فاتورة تحمل وقتا في المستقبل: يستأنف البيع بعد ذلك الوقت، أو اتصل بالدعم.",
    ]
}

/// Which way a clock was set, in English and Arabic.
fn direction(seconds: i64) -> [&'static str; 2] {
    if seconds > 0 { ["forward", "قُدمت"] } else { ["back", "أُخرت"] }
}

fn rule_list(findings: &[Finding]) -> String {
    let parts: Vec<String> =
        findings.iter().map(|one| format!("{} ({})", one.rule, one.message.en)).collect();
    parts.join(", ")
}

impl AppendError {
    /// What the cashier reads.
    pub fn words(&self) -> Bilingual {
        let ar = match self {
            AppendError::KeyConflict { number } => {
                format!(
                    "مفتاح التكرار مستخدم لعملية بيع أخرى (الفاتورة {number}). استخدم مفتاحا جديدا لكل عملية بيع."
                )
            }
            AppendError::BuyerIsSeller => {
                "الرقم الضريبي للمشتري هو رقم البائع نفسه. أدخل رقم العميل أو اتركه فارغا.".to_owned()
            }
            AppendError::NoIdentity => {
                "لم يتم تسجيل هذا الجهاز بعد، فلا يمكنه إصدار فواتير. سجله أولا.".to_owned()
            }
            AppendError::ChainClosed => {
                "أُغلقت سلسلة فواتير شهادة هذا الجهاز لاحتمال ضياع فواتير من سجله (يبين tilld activity متى ولماذا). احصل \
                 على شهادة جديدة: tilld onboard --replace NAME باسم هذا الجهاز."
                    .to_owned()
            }
            AppendError::ClockBehind { seconds } => {
                format!(
                    "ساعة الجهاز متأخرة {seconds} ثانية عن آخر فاتورة. اضبط الوقت (تلقائي) ثم أعد المحاولة.{}",
                    way_out(*seconds)[1]
                )
            }
            AppendError::ClockJumped { seconds } => {
                let (how, seconds) = (direction(*seconds)[1], seconds.saturating_abs());
                format!(
                    "{how} ساعة الجهاز {seconds} ثانية أثناء العمل. إن كان الوقت خاطئا الآن فاضبطه، وإن كان صحيحا يستأنف البيع \
                     تلقائيا حين يؤكده رد الهيئة، وإن لم توجد شبكة فأعد تشغيل tilld."
                )
            }
            AppendError::ClockUnset { now } => {
                format!(
                    "تشير ساعة الجهاز إلى {now} فهي غير مضبوطة. اضبط الوقت (تلقائي)، وإن اختل بعد كل انقطاع للكهرباء فبطارية \
                     الساعة فارغة."
                )
            }
            AppendError::ClockFar { ahead } => {
                let (how, seconds) =
                    (if *ahead > 0 { "متأخرة" } else { "متقدمة" }, ahead.saturating_abs());
                format!(
                    "ساعة الجهاز {how} {seconds} ثانية عن ساعة الهيئة وستحمل الفواتير وقتا نظاميا خاطئا. اضبط الوقت (تلقائي) \
                     يستأنف البيع فورا. وإن كانت الساعة صحيحة يستأنف البيع مع أول رد صحيح من الهيئة أو بعد ساعة من آخر رد."
                )
            }
            AppendError::NotYetValid { from, now } => {
                format!("الشهادة صالحة ابتداء من {from} وساعة الجهاز تشير إلى {now}. اضبط الوقت.")
            }
            AppendError::Expired { until, now } => {
                format!(
                    "انتهت صلاحية الشهادة في {until} وساعة الجهاز تشير إلى {now} فلا يمكن الختم بها. اضبط الوقت إن كانت \
                     الساعة خاطئة، وإلا فقد فات وقت التجديد (tilld renew): اطلب رمز تحقق من بوابة فاتورة ونفذ \
                     tilld onboard --replace NAME باسم هذا الجهاز."
                )
            }
            AppendError::ClockUnusable => "ساعة الجهاز لا تعطي وقتا صالحا. اضبط الوقت.".to_owned(),
            AppendError::Rules(findings) => {
                let parts: Vec<&str> = findings.iter().map(|one| one.message.ar.as_str()).collect();
                format!("المستند لا يستوفي القواعد: {}", parts.join(" "))
            }
            AppendError::Seal(_) => "تعذر ختم الفاتورة. لم يستهلك أي رقم. اتصل بالدعم.".to_owned(),
            AppendError::Return(error) => return error.words(),
            AppendError::Correction(error) => return error.words(),
            AppendError::Storage(StorageError::DiskFull { .. }) => {
                "القرص ممتلئ ولم تحفظ العملية. أفرغ مساحة ثم أعد المحاولة.".to_owned()
            }
            AppendError::Storage(StorageError::Damaged { .. }) => {
                "ملف السجل تالف. أوقف البيع على هذا الجهاز ولا تحذف الملف واتصل بالدعم.".to_owned()
            }
            AppendError::Storage(_) => {
                "تعذر حفظ العملية. أعد المحاولة، وإن تكرر الخطأ فاتصل بالدعم.".to_owned()
            }
        };
        Bilingual::new(self.to_string(), ar)
    }
}

/// Why no document can be looked for by a QR code.
#[derive(Debug, Error)]
pub enum QrLookupError {
    #[error(
        "this is not the QR code of a ZATCA invoice ({0}). Scan the large code at the end of the receipt, or name the \
         invoice number"
    )]
    Unreadable(#[from] QrError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl QrLookupError {
    /// What the cashier reads.
    pub fn words(&self) -> Bilingual {
        match self {
            QrLookupError::Unreadable(_) => {
                let ar = "هذا ليس رمز فاتورة من هيئة الزكاة. امسح الرمز في آخر الإيصال أو أدخل رقم الفاتورة.";
                Bilingual::new(self.to_string(), ar.to_owned())
            }
            QrLookupError::Storage(_) => {
                Bilingual::new(self.to_string(), "تعذر البحث في السجل. أعد المحاولة.".to_owned())
            }
        }
    }
}
