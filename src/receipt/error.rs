//! Why a receipt cannot be drawn. Everything else is always drawable.

use thiserror::Error;

/// A receipt that must not be printed as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReceiptError {
    /// The QR symbol needs more dots than the paper has at the smallest module
    /// that phones read reliably (3 dots, 0.375 mm).
    #[error(
        "the QR code ({characters} characters, {modules} modules) does not fit on paper of {width} dots; \
         print on 80 mm paper or shorten the seller name"
    )]
    QrDoesNotFit { characters: usize, modules: usize, width: usize },
    /// The payload is longer than any QR symbol holds, or empty.
    #[error("the QR payload of {characters} characters cannot be encoded; re-verify the stored document")]
    QrNotEncodable { characters: usize },
}

impl ReceiptError {
    /// The same message for an Arabic-speaking reader.
    pub fn arabic(&self) -> String {
        match self {
            ReceiptError::QrDoesNotFit { characters, modules, width } => format!(
                "رمز الاستجابة السريعة ({characters} حرفاً، {modules} وحدة) لا يتسع له ورق عرضه {width} نقطة؛ \
                 اطبع على ورق 80 مم أو اختصر اسم البائع"
            ),
            ReceiptError::QrNotEncodable { characters } => format!(
                "لا يمكن ترميز محتوى رمز الاستجابة السريعة ({characters} حرفاً)؛ أعد التحقق من المستند المخزن"
            ),
        }
    }
}
