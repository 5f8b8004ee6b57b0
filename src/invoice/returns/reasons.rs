//! Why a note is issued (KSA-10, BR-KSA-17): the reasons of the VAT law
//! (invoice-xml.md section 7), or the shop's own words.

use crate::invoice::ItemName;

/// A reason of the VAT law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListedReason {
    /// Goods or services were returned.
    GoodsReturned,
    /// The supply was cancelled or suspended.
    SupplyCancelled,
    /// The supply changed so much that its VAT changed.
    SupplyChanged,
    /// Another price was agreed afterwards.
    AmountAmended,
}

impl ListedReason {
    /// Every reason, the commonest first.
    pub const ALL: [ListedReason; 4] = [
        ListedReason::GoodsReturned,
        ListedReason::SupplyCancelled,
        ListedReason::SupplyChanged,
        ListedReason::AmountAmended,
    ];

    /// Every code, in the order of [`Self::ALL`].
    pub const CODES: [&'static str; 4] = [
        ListedReason::GoodsReturned.code(),
        ListedReason::SupplyCancelled.code(),
        ListedReason::SupplyChanged.code(),
        ListedReason::AmountAmended.code(),
    ];

    /// The word in requests and answers.
    pub const fn code(self) -> &'static str {
        match self {
            ListedReason::GoodsReturned => "goods_returned",
            ListedReason::SupplyCancelled => "supply_cancelled",
            ListedReason::SupplyChanged => "supply_changed",
            ListedReason::AmountAmended => "amount_amended",
        }
    }

    /// Reads [`Self::code`]; `None` for any other text.
    pub fn from_code(code: &str) -> Option<ListedReason> {
        ListedReason::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// In Arabic.
    pub const fn arabic(self) -> &'static str {
        match self {
            ListedReason::GoodsReturned => "إرجاع السلع أو الخدمات",
            ListedReason::SupplyCancelled => "إلغاء التوريد أو تعليقه",
            ListedReason::SupplyChanged => "تغيير جوهري في التوريد أدى إلى تغيير الضريبة المستحقة",
            ListedReason::AmountAmended => "تعديل مقابل التوريد المتفق عليه",
        }
    }

    /// In English.
    pub const fn english(self) -> &'static str {
        match self {
            ListedReason::GoodsReturned => "Goods or services returned",
            ListedReason::SupplyCancelled => "Supply cancelled or suspended",
            ListedReason::SupplyChanged => "Essential change of the supply that changes the VAT due",
            ListedReason::AmountAmended => "Consideration of the supply amended",
        }
    }
}

/// Why a note is issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// One of the list.
    Listed(ListedReason),
    /// The shop's own words, 1 to 1000 characters.
    Free(String),
}

impl Reason {
    /// The text that the document states (KSA-10): Arabic first for a listed reason.
    pub fn text(&self) -> String {
        match self {
            Reason::Listed(reason) => {
                format!("{}{}{}", reason.arabic(), ItemName::SEPARATOR, reason.english())
            }
            Reason::Free(text) => text.clone(),
        }
    }
}
