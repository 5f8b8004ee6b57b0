//! The fixed words of a receipt in Arabic and English.

use super::slip::{SlipKind, TenderKind, VatMark};
use crate::money::Rate;
use crate::text::Bilingual;

/// The document's title (guideline wording; spec section 14).
pub fn title(kind: SlipKind) -> Bilingual {
    let (ar, en) = match kind {
        SlipKind::SimplifiedInvoice => ("فاتورة ضريبية مبسطة", "Simplified Tax Invoice"),
        SlipKind::TaxInvoice => ("فاتورة ضريبية", "Tax Invoice"),
        SlipKind::CreditNote => ("إشعار دائن", "Credit Note"),
        SlipKind::DebitNote => ("إشعار مدين", "Debit Note"),
        SlipKind::Awaiting { note: false } => {
            ("بانتظار الاعتماد - ليست فاتورة ضريبية", "Awaiting clearance, not a tax invoice")
        }
        SlipKind::Awaiting { note: true } => {
            ("بانتظار الاعتماد - ليس إشعارا ضريبيا", "Awaiting clearance, not a tax note")
        }
        SlipKind::Rejected { note: false } => {
            ("مرفوضة من الهيئة - ليست فاتورة ضريبية", "Rejected, not a tax invoice")
        }
        SlipKind::Rejected { note: true } => {
            ("مرفوض من الهيئة - ليس إشعارا ضريبيا", "Rejected, not a tax note")
        }
    };
    Bilingual::new(en, ar)
}

/// What the document's own number is called.
pub fn number(kind: SlipKind) -> Bilingual {
    match kind {
        SlipKind::SimplifiedInvoice | SlipKind::TaxInvoice => Bilingual::new("Invoice No.", "رقم الفاتورة"),
        SlipKind::CreditNote | SlipKind::DebitNote => Bilingual::new("Note No.", "رقم الإشعار"),
        SlipKind::Awaiting { .. } | SlipKind::Rejected { .. } => {
            Bilingual::new("Document No.", "رقم المستند")
        }
    }
}

pub fn tender(kind: TenderKind) -> Bilingual {
    let (ar, en) = match kind {
        TenderKind::Cash => ("نقداً", "Cash"),
        TenderKind::Card => ("بطاقة", "Card"),
        TenderKind::BankTransfer => ("تحويل بنكي", "Bank transfer"),
        TenderKind::Credit => ("آجل", "On account"),
        TenderKind::Other => ("وسيلة أخرى", "Other"),
    };
    Bilingual::new(en, ar)
}

/// What a registration scheme is called; an unknown code shows itself.
pub fn other_id(scheme: &str) -> Bilingual {
    let (ar, en) = match scheme {
        "CRN" => ("السجل التجاري", "CR No."),
        "MOM" => ("رخصة البلدية", "Municipal licence"),
        "MLS" => ("رخصة الموارد البشرية", "HRSD licence"),
        "SAG" => ("رخصة الاستثمار", "MISA licence"),
        "700" => ("الرقم الموحد", "Unified No."),
        "NAT" => ("الهوية الوطنية", "National ID"),
        "IQA" => ("رقم الإقامة", "Iqama No."),
        "OTH" => ("معرف آخر", "Other ID"),
        other => return Bilingual::new(other, "معرف"),
    };
    Bilingual::new(en, ar)
}

/// Short names of common UN/ECE Recommendation 20 units; an unknown code shows itself.
pub fn unit(code: &str) -> Bilingual {
    let (ar, en) = match code {
        "PCE" | "EA" | "C62" | "H87" => ("قطعة", "pc"),
        "KGM" => ("كجم", "kg"),
        "GRM" => ("جم", "g"),
        "TNE" => ("طن", "t"),
        "LTR" => ("لتر", "L"),
        "MLT" => ("مل", "ml"),
        "MTR" => ("متر", "m"),
        "CMT" => ("سم", "cm"),
        "MTK" => ("م²", "m²"),
        "MTQ" => ("م³", "m³"),
        "BX" | "XBX" => ("علبة", "box"),
        "CT" | "XCT" => ("كرتون", "ctn"),
        "PK" | "XPK" => ("عبوة", "pack"),
        "BG" | "XBG" => ("كيس", "bag"),
        "BO" | "XBO" => ("زجاجة", "btl"),
        "DZN" => ("درزن", "dozen"),
        "SET" => ("طقم", "set"),
        "PR" => ("زوج", "pair"),
        "HUR" => ("ساعة", "hour"),
        "DAY" => ("يوم", "day"),
        other => return Bilingual::new(other, ""),
    };
    Bilingual::new(en, ar)
}

/// A rate as people write it: `15%`, `5.5%`.
pub fn rate(rate: Rate) -> String {
    let (whole, rest) = (rate.basis_points() / 100, rate.basis_points() % 100);
    match rest {
        0 => format!("{whole}%"),
        _ if rest % 10 == 0 => format!("{whole}.{}%", rest / 10),
        _ => format!("{whole}.{rest:02}%"),
    }
}

/// Column heads of the item table: amount, price, quantity.
pub fn item_heads() -> [Bilingual; 3] {
    [Bilingual::new("Total", "الإجمالي"), Bilingual::new("Price", "السعر"), Bilingual::new("Qty", "الكمية")]
}

/// Column heads of the VAT table: VAT, net, rate.
pub fn vat_heads() -> [Bilingual; 3] {
    [Bilingual::new("VAT", "الضريبة"), Bilingual::new("Net", "الصافي"), Bilingual::new("Rate", "النسبة")]
}

/// Category and rate: `S 15%`.
pub fn mark(mark: VatMark) -> String {
    format!("{} {}", mark.category.letter(), rate(mark.rate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_written_without_needless_zeros() {
        for (points, text) in [(1500, "15%"), (500, "5%"), (0, "0%"), (550, "5.5%"), (1575, "15.75%")] {
            assert_eq!(rate(Rate::from_basis_points(points)), text);
        }
    }

    #[test]
    fn unknown_codes_show_themselves() {
        assert_eq!(unit("XYZ").en, "XYZ");
        assert_eq!(other_id("TIN").en, "TIN");
    }
}
