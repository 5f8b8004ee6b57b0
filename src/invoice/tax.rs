//! VAT categories, rates and the reasons for not charging it
//! (invoice-xml.md section 9).

use crate::money::Rate;

/// VAT category code (BR-KSA-18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    Standard,
    ZeroRated,
    Exempt,
    OutOfScope,
}

impl Category {
    pub const fn code(self) -> &'static str {
        match self {
            Category::Standard => "S",
            Category::ZeroRated => "Z",
            Category::Exempt => "E",
            Category::OutOfScope => "O",
        }
    }

    pub fn from_code(code: &str) -> Option<Category> {
        [Category::Standard, Category::ZeroRated, Category::Exempt, Category::OutOfScope]
            .into_iter()
            .find(|category| category.code() == code)
    }
}

/// Why no VAT is charged: the code and the text that the document states.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exemption {
    pub code: &'static str,
    /// English text of the code list, or the taxpayer's own for `VATEX-SA-OOS`.
    pub text: String,
}

/// The VAT treatment of a line: category, rate, and the reason if it is not standard.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Vat {
    pub category: Category,
    pub rate: Rate,
    pub exemption: Option<Exemption>,
}

impl Vat {
    pub const STANDARD: Vat = Vat { category: Category::Standard, rate: Rate::STANDARD, exemption: None };

    /// Lines of one group are totalled together: one subtotal per category and rate.
    pub fn group(&self) -> (Category, Rate) {
        (self.category, self.rate)
    }
}
