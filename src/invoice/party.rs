//! Seller and buyer: VAT numbers, other identifiers, addresses
//! (invoice-xml.md sections 4 and 5).

use std::fmt;

use thiserror::Error;

use crate::text::{Bilingual, Problem};

/// A Saudi VAT registration number: 15 digits, the first and the last a 3 (BR-KSA-40).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VatNumber(String);

/// What is wrong with a party's data, in words for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PartyError {
    /// Not 15 digits with a 3 at both ends.
    #[error("a VAT number has 15 digits and begins and ends with 3, such as 399999999900003 (BR-KSA-40)")]
    VatNumber,
    /// No scheme that this party may have.
    #[error("the scheme of an identifier is one of {accepted}")]
    Scheme { accepted: &'static str },
    /// Something else than letters and digits.
    #[error("an identifier has letters and digits only (BR-KSA-08)")]
    IdCharacters,
    /// Against the digits of its scheme; `rule` says what the scheme demands.
    #[error("an identifier of scheme {scheme} has {rule}")]
    IdForm { scheme: &'static str, rule: &'static str },
    /// Too short or too long; `found` counts characters, for the seller's name bytes.
    #[error("{field} has {found} characters; {rule}")]
    Length { field: &'static str, found: usize, rule: &'static str },
    /// Control characters, or marks that turn the order of the text.
    #[error("{field} has characters that a document cannot hold")]
    Characters { field: &'static str },
    /// Not four digits.
    #[error("the building number has exactly 4 digits (BR-KSA-37)")]
    BuildingNumber,
    /// Not five digits.
    #[error("the postal code has exactly 5 digits (BR-KSA-66)")]
    PostalCode,
    /// No country code, or not the one that is required.
    #[error("the country is two capital letters, such as SA (BR-CL-14)")]
    Country,
}

impl PartyError {
    /// The official rule that it breaks.
    pub fn rule(&self) -> &'static str {
        match self {
            PartyError::VatNumber => "BR-KSA-40",
            PartyError::Scheme { .. } => "BR-KSA-14",
            PartyError::IdCharacters => "BR-KSA-08",
            PartyError::IdForm { rule, .. } if *rule == INVENTED => "BR-KSA-F-13",
            PartyError::IdForm { scheme, .. } => match *scheme {
                "CRN" => "BR-KSA-F-08",
                "700" => "BR-KSA-F-09",
                "TIN" => "BR-KSA-F-07",
                "NAT" => "BR-KSA-F-10",
                "IQA" => "BR-KSA-F-11",
                _ => "BR-KSA-F-13",
            },
            PartyError::Length { .. } => "TILLD-LENGTH",
            PartyError::Characters { .. } => "TILLD-CHARACTERS",
            PartyError::BuildingNumber => "BR-KSA-37",
            PartyError::PostalCode => "BR-KSA-66",
            PartyError::Country => "BR-CL-14",
        }
    }

    /// In both languages; the English is what `Display` says.
    pub fn message(&self) -> Bilingual {
        let arabic = match self {
            PartyError::VatNumber => "الرقم الضريبي 15 رقمًا يبدأ وينتهي بالرقم 3.".to_owned(),
            PartyError::Scheme { accepted } => format!("نوع الهوية يجب أن يكون أحد: {accepted}."),
            PartyError::IdCharacters => "رقم الهوية يتكون من حروف وأرقام لاتينية فقط.".to_owned(),
            PartyError::IdForm { scheme, .. } => format!("صيغة رقم الهوية من نوع {scheme} غير صحيحة."),
            PartyError::Length { field, found, .. } => format!("طول الحقل {field} غير مسموح ({found})."),
            PartyError::Characters { field } => format!("الحقل {field} يحتوي على رموز غير مقبولة."),
            PartyError::BuildingNumber => "رقم المبنى أربعة أرقام.".to_owned(),
            PartyError::PostalCode => "الرمز البريدي خمسة أرقام.".to_owned(),
            PartyError::Country => "رمز الدولة حرفان كبيران مثل SA.".to_owned(),
        };
        Bilingual::new(self.to_string(), arabic)
    }
}

impl From<PartyError> for Problem {
    fn from(error: PartyError) -> Problem {
        Problem::Party { rule: error.rule(), message: error.message() }
    }
}

impl VatNumber {
    /// Checks the form; whether the number exists is known to the authority only.
    pub fn parse(text: &str) -> Result<VatNumber, PartyError> {
        let form = text.len() == 15
            && text.bytes().all(|b| b.is_ascii_digit())
            && text.starts_with('3')
            && text.ends_with('3');
        if form { Ok(VatNumber(text.to_owned())) } else { Err(PartyError::VatNumber) }
    }

    /// The 15 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The eleventh digit marks a VAT group, whose certificates name the member (csr.md section 2).
    pub fn is_group(&self) -> bool {
        self.0.as_bytes()[10] == b'1'
    }
}

impl fmt::Display for VatNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An identifier besides the VAT number, with its scheme (`CRN`, `TIN`, `NAT`...).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyId {
    /// Kind of the identifier, one of the schemes below.
    pub scheme: &'static str,
    /// Letters and digits.
    pub value: String,
}

impl PartyId {
    /// What a seller may have (BR-KSA-08).
    pub const SELLER_SCHEMES: &'static [&'static str] = &["CRN", "MOM", "MLS", "700", "SAG", "OTH"];
    /// What a buyer may have (BR-KSA-14).
    pub const BUYER_SCHEMES: &'static [&'static str] =
        &["TIN", "CRN", "MOM", "MLS", "700", "SAG", "NAT", "GCC", "IQA", "PAS", "OTH"];

    /// Checks scheme, characters and the digits that some schemes demand
    /// (BR-KSA-08, BR-KSA-14, BR-KSA-F-07 to F-11, F-13).
    pub fn seller(scheme: &str, value: &str) -> Result<PartyId, PartyError> {
        const ACCEPTED: &str = "CRN, MOM, MLS, 700, SAG, OTH";
        PartyId::read(scheme, value, PartyId::SELLER_SCHEMES, ACCEPTED)
    }

    /// As [`PartyId::seller`], with the schemes a buyer may have.
    pub fn buyer(scheme: &str, value: &str) -> Result<PartyId, PartyError> {
        const ACCEPTED: &str = "TIN, CRN, MOM, MLS, 700, SAG, NAT, GCC, IQA, PAS, OTH";
        PartyId::read(scheme, value, PartyId::BUYER_SCHEMES, ACCEPTED)
    }

    fn read(
        scheme: &str,
        value: &str,
        schemes: &[&'static str],
        accepted: &'static str,
    ) -> Result<PartyId, PartyError> {
        let scheme = schemes.iter().copied().find(|s| *s == scheme).ok_or(PartyError::Scheme { accepted })?;
        if value.is_empty() || !value.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(PartyError::IdCharacters);
        }
        let digits = |count: usize, first: &str| {
            value.len() == count && value.starts_with(first) && value.bytes().all(|b| b.is_ascii_digit())
        };
        let (holds, rule) = match scheme {
            "CRN" => (digits(10, ""), "10 digits (BR-KSA-F-08)"),
            "700" => (digits(10, "7"), "10 digits beginning with 7 (BR-KSA-F-09)"),
            "TIN" => (digits(10, "3"), "10 digits beginning with 3 (BR-KSA-F-07)"),
            "NAT" => (digits(10, "1"), "10 digits beginning with 1 (BR-KSA-F-10)"),
            "IQA" => (digits(10, "2"), "10 digits beginning with 2 (BR-KSA-F-11)"),
            _ => (true, ""),
        };
        if !holds {
            return Err(PartyError::IdForm { scheme, rule });
        }
        if looks_invented(value) {
            return Err(PartyError::IdForm { scheme, rule: INVENTED });
        }
        Ok(PartyId { scheme, value: value.to_owned() })
    }
}

const INVENTED: &str = "no run of 8 equal, rising or falling digits (BR-KSA-F-13)";

/// Digits only, with eight equal, ascending or descending ones in a row (BR-KSA-F-13).
fn looks_invented(value: &str) -> bool {
    let digits = value.as_bytes();
    digits.iter().all(u8::is_ascii_digit)
        && digits.windows(8).any(|run| {
            [0i16, 1, -1]
                .iter()
                .any(|step| run.windows(2).all(|pair| i16::from(pair[1]) - i16::from(pair[0]) == *step))
        })
}

/// A postal address; empty optional parts are `None`, never an empty text. A
/// buyer's may lack any part, which then is an empty text and not written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// BT-35 or BT-50.
    pub street: String,
    /// BT-36 or BT-51.
    pub additional_street: Option<String>,
    /// KSA-17 or KSA-18, four digits (BR-KSA-37).
    pub building: String,
    /// KSA-23 or KSA-19.
    pub additional_number: Option<String>,
    /// KSA-3 or KSA-4.
    pub district: String,
    /// BT-37 or BT-52.
    pub city: String,
    /// BT-38 or BT-53, five digits (BR-KSA-66).
    pub postal_code: String,
    /// BT-39 or BT-54.
    pub province: Option<String>,
    /// ISO 3166-1 alpha-2, capitals.
    pub country: String,
}

/// The taxpayer whose till this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seller {
    /// BT-27; Arabic, another language may follow. At most 150 bytes here, so
    /// that the QR stays below 700 characters (signing.md section 7).
    pub name: String,
    /// BT-31.
    pub vat: VatNumber,
    /// BT-29, the other registration (BR-KSA-08).
    pub id: PartyId,
    /// BG-5, the national address (BR-KSA-09).
    pub address: Address,
}

/// A buyer who wants to be named, or a company on a standard document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buyer {
    /// BT-44.
    pub name: Option<String>,
    /// BT-48.
    pub vat: Option<VatNumber>,
    /// BT-46 with its scheme (BR-KSA-14).
    pub id: Option<PartyId>,
    /// BG-8; not needed on simplified documents.
    pub address: Option<Address>,
}

impl Seller {
    /// The longest seller name in UTF-8 bytes that keeps the QR readable by every rule set.
    pub const NAME_BYTES: usize = 150;

    /// Checks every field against the rules on sellers; all findings at once,
    /// each with the name of the field.
    pub fn check(&self) -> Vec<(&'static str, PartyError)> {
        let mut found = Vec::new();
        if self.name.trim().is_empty() || self.name.len() > Seller::NAME_BYTES {
            let rule =
                "it needs 1 to 150 bytes, an Arabic letter counting two (BR-KSA-F-06-C10, BR-CL-KSA-14)";
            found.push((
                "name",
                PartyError::Length { field: "the seller's name", found: self.name.len(), rule },
            ));
        }
        if !is_xml_text(&self.name) {
            found.push(("name", PartyError::Characters { field: "the seller's name" }));
        }
        self.address.check_saudi(&mut found);
        found
    }
}

impl Address {
    fn check_saudi(&self, found: &mut Vec<(&'static str, PartyError)>) {
        let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(&self.building, 4) {
            found.push(("building", PartyError::BuildingNumber));
        }
        if !digits(&self.postal_code, 5) {
            found.push(("postal_code", PartyError::PostalCode));
        }
        if self.country != "SA" {
            found.push(("country", PartyError::Country));
        }
        let texts = [
            ("street", &self.street, 1000, "it needs 1 to 1000 (BR-KSA-F-06-C4)"),
            ("district", &self.district, 127, "it needs 1 to 127 (BR-KSA-F-06-C9)"),
            ("city", &self.city, 127, "it needs 1 to 127 (BR-KSA-F-06-C7)"),
        ];
        for (field, text, most, rule) in texts {
            let count = text.chars().count();
            if text.trim().is_empty() || count > most {
                found.push((field, PartyError::Length { field, found: count, rule }));
            }
        }
        let optional = [
            ("additional_street", &self.additional_street, "it has at most 127 (BR-KSA-F-06-C6)"),
            ("additional_number", &self.additional_number, "it has at most 127"),
            ("province", &self.province, "it has at most 127 (BR-KSA-F-06-C8)"),
        ];
        for (field, text, rule) in optional {
            let Some(text) = text else { continue };
            let count = text.chars().count();
            if text.trim().is_empty() || count > 127 {
                found.push((field, PartyError::Length { field, found: count, rule }));
            }
        }
        let all = [Some(&self.street), Some(&self.district), Some(&self.city)];
        let more = [&self.additional_street, &self.additional_number, &self.province].map(Option::as_ref);
        if !all.into_iter().chain(more).flatten().all(|text| is_xml_text(text)) {
            found.push(("address", PartyError::Characters { field: "the address" }));
        }
    }
}

/// Characters that XML 1.0 can hold and that a document may carry here: no
/// control characters at all, since a line break has no place in a name, and
/// none of the marks that would turn the order of what follows them on paper.
pub(crate) fn is_xml_text(text: &str) -> bool {
    let turns = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    !text.chars().any(|c| c.is_control() || turns(c) || matches!(c, '\u{FFFE}' | '\u{FFFF}' | '\u{FEFF}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vat_numbers() {
        assert!(VatNumber::parse("399999999900003").is_ok());
        assert!(VatNumber::parse("399999999910003").unwrap().is_group());
        for bad in ["", "39999999990000", "299999999900003", "399999999900002", "39999999990000٣"] {
            assert_eq!(VatNumber::parse(bad), Err(PartyError::VatNumber), "{bad}");
        }
    }

    #[test]
    fn identifiers_keep_to_their_schemes() {
        assert!(PartyId::seller("CRN", "1010010000").is_ok());
        for (scheme, value) in [
            ("TIN", "3000000001"),
            ("CRN", "123"),
            ("700", "1010010000"),
            ("OTH", "a b"),
            ("OTH", "12345678"),
        ] {
            assert!(PartyId::seller(scheme, value).is_err(), "{scheme} {value}");
        }
        assert!(PartyId::buyer("NAT", "1092837465").is_ok());
    }
}
