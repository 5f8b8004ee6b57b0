//! Which document it is: the type code and the transaction flags of
//! `cbc:InvoiceTypeCode` (invoice-xml.md section 2).

/// How a document reaches the authority: simplified ones are signed here and
/// reported, standard ones are cleared before they are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subtype {
    /// To a consumer: `02`.
    Simplified,
    /// Between businesses: `01`.
    Standard,
}

/// UNTDID 1001 code of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentType {
    /// Tax invoice, 388.
    Invoice,
    /// Lowers an earlier invoice, 381.
    CreditNote,
    /// Raises an earlier invoice, 383.
    DebitNote,
    /// Invoice for an advance payment, 386.
    Prepayment,
}

impl DocumentType {
    /// The code of UNTDID 1001 (BT-3, BR-KSA-05).
    pub const fn code(self) -> &'static str {
        match self {
            DocumentType::Invoice => "388",
            DocumentType::CreditNote => "381",
            DocumentType::DebitNote => "383",
            DocumentType::Prepayment => "386",
        }
    }

    /// Reads [`Self::code`]; `None` for codes that are not used here.
    pub fn from_code(code: &str) -> Option<DocumentType> {
        [DocumentType::Invoice, DocumentType::CreditNote, DocumentType::DebitNote, DocumentType::Prepayment]
            .into_iter()
            .find(|kind| kind.code() == code)
    }

    /// Credit and debit notes name the document they correct and a reason.
    pub const fn is_note(self) -> bool {
        matches!(self, DocumentType::CreditNote | DocumentType::DebitNote)
    }
}

/// The five flags after the subtype in `@name`: third party, nominal, export,
/// summary, self-billed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    /// Issued by a third party for the seller.
    pub third_party: bool,
    /// A supply without a payment that counts as one by law.
    pub nominal: bool,
    /// Goods or services that leave the country.
    pub export: bool,
    /// Sums up the supplies of a period.
    pub summary: bool,
    /// Issued by the buyer for the seller.
    pub self_billed: bool,
}

impl Flags {
    /// The words of requests, in the order of the flags.
    pub const WORDS: &'static [&'static str] =
        &["third_party", "nominal", "export", "summary", "self_billed"];

    /// The flag of a word.
    pub fn named(&mut self, word: &str) -> Option<&mut bool> {
        match word {
            "third_party" => Some(&mut self.third_party),
            "nominal" => Some(&mut self.nominal),
            "export" => Some(&mut self.export),
            "summary" => Some(&mut self.summary),
            "self_billed" => Some(&mut self.self_billed),
            _ => None,
        }
    }
}

/// Everything that `cbc:InvoiceTypeCode` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    /// Reported or cleared.
    pub subtype: Subtype,
    /// Invoice, note or prepayment.
    pub document: DocumentType,
    /// The special transactions.
    pub flags: Flags,
}

impl Kind {
    /// A shop's everyday receipt: 388, `0200000`.
    pub const SIMPLIFIED_INVOICE: Kind = Kind::plain(Subtype::Simplified, DocumentType::Invoice);

    /// A document without any flag.
    pub const fn plain(subtype: Subtype, document: DocumentType) -> Kind {
        let flags =
            Flags { third_party: false, nominal: false, export: false, summary: false, self_billed: false };
        Kind { subtype, document, flags }
    }

    /// A flag that this document cannot carry, with the rule that forbids it:
    /// simplified ones are neither exports nor self-billed (BR-KSA-31), and an
    /// export is not self-billed (BR-KSA-07).
    pub const fn forbidden_flag(self) -> Option<(&'static str, &'static str)> {
        let Flags { export, self_billed, .. } = self.flags;
        match (self.subtype, export, self_billed) {
            (Subtype::Simplified, true, _) => Some(("export", "BR-KSA-31")),
            (Subtype::Simplified, _, true) => Some(("self_billed", "BR-KSA-31")),
            (_, true, true) => Some(("self_billed", "BR-KSA-07")),
            _ => None,
        }
    }

    /// The seven characters of `@name`, for example `0200000` (BR-KSA-06).
    pub fn name(self) -> String {
        let subtype = match self.subtype {
            Subtype::Standard => "01",
            Subtype::Simplified => "02",
        };
        let Flags { third_party, nominal, export, summary, self_billed } = self.flags;
        let mut name = String::from(subtype);
        for flag in [third_party, nominal, export, summary, self_billed] {
            name.push(if flag { '1' } else { '0' });
        }
        name
    }

    /// Reads the code and `@name` of a document; newer rule sets allow up to
    /// nine characters, of which the first seven have a meaning here.
    pub fn parse(code: &str, name: &str) -> Option<Kind> {
        let document = DocumentType::from_code(code)?;
        let (subtype, flags) = (name.get(..2)?, name.get(2..)?);
        let subtype = match subtype {
            "01" => Subtype::Standard,
            "02" => Subtype::Simplified,
            _ => return None,
        };
        if !(5..=7).contains(&flags.len()) || !flags.bytes().all(|b| matches!(b, b'0' | b'1')) {
            return None;
        }
        let set = |at: usize| flags.as_bytes()[at] == b'1';
        let flags = Flags {
            third_party: set(0),
            nominal: set(1),
            export: set(2),
            summary: set(3),
            self_billed: set(4),
        };
        Some(Kind { subtype, document, flags })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        let mut kind = Kind::plain(Subtype::Standard, DocumentType::CreditNote);
        kind.flags.export = true;
        assert_eq!(kind.name(), "0100100");
        assert_eq!(Kind::parse("381", "0100100"), Some(kind));
        assert_eq!(Kind::parse("388", "0200000"), Some(Kind::SIMPLIFIED_INVOICE));
        for (code, name) in
            [("380", "0200000"), ("388", "0300000"), ("388", "02000"), ("388", "02x0000"), ("388", "٢")]
        {
            assert_eq!(Kind::parse(code, name), None, "{code} {name}");
        }
    }
}
