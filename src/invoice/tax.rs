//! VAT categories, rates and the reasons for not charging it
//! (invoice-xml.md section 9).

use crate::money::Rate;

/// VAT category code (BR-KSA-18).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// `S`: 15 %, or 5 % as before July 2020.
    Standard,
    /// `Z`: taxed at 0 %.
    ZeroRated,
    /// `E`: exempt by law.
    Exempt,
    /// `O`: not subject to VAT.
    OutOfScope,
}

impl Category {
    /// The letter in the document.
    pub const fn code(self) -> &'static str {
        match self {
            Category::Standard => "S",
            Category::ZeroRated => "Z",
            Category::Exempt => "E",
            Category::OutOfScope => "O",
        }
    }

    /// Reads [`Self::code`]; `None` for any other text.
    pub fn from_code(code: &str) -> Option<Category> {
        [Category::Standard, Category::ZeroRated, Category::Exempt, Category::OutOfScope]
            .into_iter()
            .find(|category| category.code() == code)
    }
}

/// Why no VAT is charged: the code and the text that the document states.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exemption {
    /// BT-121, `VATEX-SA-...` (BR-KSA-CL-04).
    pub code: &'static str,
    /// English text of the code list, or the taxpayer's own for `VATEX-SA-OOS`.
    pub text: String,
}

/// The VAT treatment of a line: category, rate, and the reason if it is not standard.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Vat {
    /// BT-151, in groups BT-118.
    pub category: Category,
    /// BT-152, in groups BT-119; zero unless the category is standard.
    pub rate: Rate,
    /// Present exactly if the category is not standard (BR-KSA-69, BR-S-10).
    pub exemption: Option<Exemption>,
}

impl Vat {
    /// Category S at 15 %.
    pub const STANDARD: Vat = Vat { category: Category::Standard, rate: Rate::STANDARD, exemption: None };

    /// Lines of one group are totalled together: one subtotal per category and rate.
    pub fn group(&self) -> (Category, Rate) {
        (self.category, self.rate)
    }
}
