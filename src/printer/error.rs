//! What can go wrong on the way to the paper, and what to do about it.

use std::io;

use thiserror::Error;

/// A job that was not handed over completely. The kind of the I/O error is kept.
#[derive(Debug, Error)]
pub enum PrinterError {
    /// No connection: nothing left, so printing again later is safe.
    #[error(
        "the printer at {target} cannot be reached ({source}); check its power and cable, then print again"
    )]
    Unreachable { target: String, source: io::Error },
    /// The printer stopped taking data. With `sent` above zero a part may be on the paper.
    #[error(
        "the printer at {target} stopped taking data after {sent} of {total} bytes; check paper and cover, \
         look at what was printed, and print a copy if it is incomplete"
    )]
    Timeout { target: String, sent: usize, total: usize },
    /// The connection broke in the middle of the job: a part may be on the paper.
    #[error(
        "the connection to the printer at {target} broke after {sent} of {total} bytes ({source}); \
         look at what was printed, and print a copy if it is incomplete"
    )]
    Broken { target: String, sent: usize, total: usize, source: io::Error },
    /// The folder of a file printer refused the job: nothing of it remains.
    #[error(
        "the receipt {path} cannot be written ({source}); check the folder, its permissions and free space"
    )]
    Io { path: String, source: io::Error },
}

impl PrinterError {
    /// The kind of the underlying I/O error.
    pub fn kind(&self) -> io::ErrorKind {
        match self {
            PrinterError::Timeout { .. } => io::ErrorKind::TimedOut,
            PrinterError::Unreachable { source, .. }
            | PrinterError::Broken { source, .. }
            | PrinterError::Io { source, .. } => source.kind(),
        }
    }

    /// Whether something of the job may stand on paper, so that only a cashier
    /// who has looked may print it again.
    pub fn may_have_printed(&self) -> bool {
        match self {
            PrinterError::Unreachable { .. } | PrinterError::Io { .. } => false,
            PrinterError::Timeout { sent, .. } | PrinterError::Broken { sent, .. } => *sent > 0,
        }
    }

    /// The same message for an Arabic-speaking reader.
    pub fn arabic(&self) -> String {
        match self {
            PrinterError::Unreachable { target, .. } => {
                format!("تعذر الوصول إلى الطابعة {target}؛ تحقق من الكهرباء والسلك ثم اطبع مرة أخرى")
            }
            PrinterError::Timeout { target, sent, total } => format!(
                "توقفت الطابعة {target} عن استقبال البيانات بعد {sent} من {total} بايت؛ تحقق من الورق والغطاء، \
                 وافحص ما طُبع، واطبع نسخة إن كان ناقصاً"
            ),
            PrinterError::Broken { target, sent, total, .. } => format!(
                "انقطع الاتصال بالطابعة {target} بعد {sent} من {total} بايت؛ افحص ما طُبع، واطبع نسخة إن كان ناقصاً"
            ),
            PrinterError::Io { path, .. } => {
                format!("تعذرت كتابة الإيصال {path}؛ تحقق من المجلد وصلاحياته والمساحة المتاحة")
            }
        }
    }
}
