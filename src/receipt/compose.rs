//! From a slip to blocks: which facts stand where, and in what words.

use super::bidi::{clean, is_rtl};
use super::block::{Align, Amount, Block, Columns, Field, Rule, Sides, Size, Text, Weight};
use super::labels;
use super::marks::{Marks, needs_marks, vat_label};
use super::slip::{Buyer, Charge, OriginalDocument, PriceBasis, Seller, Slip, SlipLine, Totals, VatGroup};
use crate::money::Halalas;
use crate::text::Bilingual;

/// Letters from which a name is set smaller, so that it takes two lines, not four.
const LONG_NAME: usize = 32;

/// Arranges a slip. Texts from outside are cleaned; nothing is left out.
pub fn compose(slip: &Slip) -> Vec<Block> {
    let mut page = Page { blocks: Vec::with_capacity(40 + 4 * slip.lines.len()) };
    if slip.copy {
        page.copy_banner();
    }
    page.seller(&slip.seller);
    page.title(slip);
    page.identity(slip);
    if let Some(original) = &slip.original {
        page.original(original);
    }
    if let Some(buyer) = &slip.buyer {
        page.buyer(buyer);
    }
    page.lines(slip);
    page.totals(&slip.totals, &slip.currency);
    page.tenders(slip);
    if slip.copy {
        page.space(4);
        page.copy_banner();
    }
    if slip.kind.counts() {
        page.space(3);
        page.block(Block::Qr(slip.qr.clone()));
    }
    page.space(4);
    page.footer(&slip.footer);
    page.blocks
}

struct Page {
    blocks: Vec<Block>,
}

impl Page {
    fn block(&mut self, block: Block) {
        self.blocks.push(block);
    }

    fn space(&mut self, tenths: u8) {
        self.block(Block::Space(tenths));
    }

    fn rule(&mut self, rule: Rule) {
        self.block(Block::Rule(rule));
    }

    fn centered(&mut self, text: &str, size: Size, weight: Weight) {
        let text = clean(text);
        if !text.is_empty() {
            self.block(Block::Text(Text::centered(text, size, weight)));
        }
    }

    /// The name over the receipt; Arabic and English each on their own line.
    fn name(&mut self, name: &str) {
        let name = clean(name);
        let (first, second) = split_scripts(&name).unwrap_or((&name, ""));
        let size = if first.chars().count() > LONG_NAME { Size::Large } else { Size::Title };
        self.centered(first, size, Weight::Bold);
        self.centered(second, Size::Large, Weight::Bold);
    }

    /// A labelled value that must keep its order whatever stands around it.
    fn field(&mut self, label: Bilingual, value: &str, weight: Weight) {
        let value = clean(value);
        let (first, second) = split_scripts(&value).unwrap_or((&value, ""));
        if !first.is_empty() {
            self.block(Block::Field(Field { label, value: first.into(), weight }));
        }
        if !second.is_empty() {
            self.block(Block::Text(Text::centered(second, Size::Body, weight)));
        }
    }

    fn amount(&mut self, label: Bilingual, value: String) {
        self.block(Block::Amount(Amount { value, label, size: Size::Body, weight: Weight::Regular }));
    }

    fn copy_banner(&mut self) {
        self.block(Block::Framed(Bilingual::new("COPY", "نسخة")));
    }

    fn seller(&mut self, seller: &Seller) {
        match &seller.trade_name {
            Some(sign) => {
                self.name(sign);
                for language in seller.name.lines() {
                    self.centered(language, Size::Body, Weight::Regular);
                }
            }
            None => self.name(&seller.name),
        }
        for line in &seller.address {
            self.centered(line, Size::Small, Weight::Regular);
        }
        self.space(2);
        self.field(Bilingual::new("VAT No.", "الرقم الضريبي"), &seller.vat_number, Weight::Bold);
        if let Some(id) = &seller.other_id {
            self.field(labels::other_id(&id.scheme), &id.value, Weight::Regular);
        }
    }

    fn title(&mut self, slip: &Slip) {
        self.rule(Rule::Thick);
        let title = labels::title(slip.kind);
        self.centered(&title.ar, Size::Title, Weight::Bold);
        match slip.kind.counts() {
            true => self.centered(&title.en, Size::Body, Weight::Regular),
            // What it is not must be seen in either language.
            false => self.centered(&title.en, Size::Large, Weight::Bold),
        }
        for statement in &slip.statements {
            self.centered(&statement.ar, Size::Body, Weight::Bold);
            self.centered(&statement.en, Size::Small, Weight::Regular);
        }
        for notice in &slip.notices {
            self.block(Block::Framed(Bilingual::new(clean(&notice.en), clean(&notice.ar))));
        }
        self.space(3);
    }

    fn identity(&mut self, slip: &Slip) {
        self.field(labels::number(slip.kind), &slip.invoice_number, Weight::Bold);
        let moment = format!("{}  {}", clean(&slip.issue_date), clean(&slip.issue_time));
        self.block(Block::Field(Field {
            label: Bilingual::new("Date", "التاريخ"),
            value: moment,
            weight: Weight::Regular,
        }));
        let optional = [
            (Bilingual::new("Supply date", "تاريخ التوريد"), &slip.supply_date),
            (Bilingual::new("Order", "أمر الشراء"), &slip.order_reference),
            (Bilingual::new("Contract", "العقد"), &slip.contract_reference),
            (Bilingual::new("Reference", "المرجع"), &slip.pos_reference),
            (Bilingual::new("Till", "نقطة البيع"), &slip.seller.till),
            (Bilingual::new("Cashier", "أمين الصندوق"), &slip.cashier),
        ];
        for (label, value) in optional {
            if let Some(value) = value {
                self.field(label, value, Weight::Regular);
            }
        }
    }

    fn original(&mut self, original: &OriginalDocument) {
        self.rule(Rule::Dotted);
        for number in &original.numbers {
            self.field(Bilingual::new("Original inv.", "الفاتورة الأصلية"), number, Weight::Bold);
        }
        self.field(Bilingual::new("Reason", "السبب"), &original.reason, Weight::Regular);
    }

    fn buyer(&mut self, buyer: &Buyer) {
        self.rule(Rule::Dotted);
        self.field(Bilingual::new("Buyer", "المشتري"), &buyer.name, Weight::Bold);
        if let Some(number) = &buyer.vat_number {
            self.field(Bilingual::new("VAT No.", "الرقم الضريبي"), number, Weight::Regular);
        }
        if let Some(id) = &buyer.other_id {
            self.field(labels::other_id(&id.scheme), &id.value, Weight::Regular);
        }
        for line in &buyer.address {
            self.centered(line, Size::Small, Weight::Regular);
        }
    }

    fn lines(&mut self, slip: &Slip) {
        let marks = Marks::of(&slip.totals.groups);
        self.rule(Rule::Thick);
        self.heads(&labels::item_heads());
        self.rule(Rule::Thin);
        for (index, line) in slip.lines.iter().enumerate() {
            if index > 0 {
                self.rule(Rule::Dotted);
            }
            self.line(line, marks);
        }
        self.rule(Rule::Thin);
        // Shelf prices hold VAT and need no word; net prices do.
        if slip.price_basis == PriceBasis::Net {
            self.block(Block::Sides(Sides {
                left: Text::body("Prices exclude VAT").sized(Size::Small),
                right: Text::body("الأسعار غير شاملة الضريبة").sized(Size::Small),
            }));
        }
    }

    fn line(&mut self, line: &SlipLine, marks: Marks) {
        let arabic = line.name_ar.as_deref().map(clean).filter(|name| !name.is_empty());
        let english = line.name_en.as_deref().map(clean).filter(|name| !name.is_empty());
        if let Some(name) = arabic {
            self.block(Block::Text(Text { align: Align::Right, ..Text::body(name) }));
        }
        if let Some(name) = english {
            self.block(Block::Text(Text { align: Align::Left, ..Text::body(name).sized(Size::Small) }));
        }
        let columns = Columns {
            amount: line.total.to_string(),
            mark: marks.text(line.vat),
            price: format!("{} ×", clean(&line.unit_price)),
            quantity: clean(&line.quantity),
            unit: unit(line),
            size: Size::Body,
            weight: Weight::Regular,
        };
        self.block(Block::Columns(columns.clone()));
        if !line.discount.is_zero() {
            self.block(Block::Columns(Columns {
                amount: String::new(),
                mark: String::new(),
                price: minus(line.discount),
                quantity: "خصم Discount".into(),
                unit: String::new(),
                size: Size::Small,
                ..columns
            }));
        }
        if let Some(charge) = &line.charge {
            let label = charge_label(charge, &Bilingual::new("Charge", "رسم"));
            self.block(Block::Amount(Amount {
                value: charge.amount.to_string(),
                label,
                size: Size::Small,
                weight: Weight::Regular,
            }));
        }
    }

    fn totals(&mut self, totals: &Totals, currency: &str) {
        self.space(2);
        if !totals.document_discount.is_zero() {
            let label = Bilingual::new("Invoice discount", "خصم على الفاتورة");
            self.amount(label, minus(totals.document_discount));
        }
        for charge in &totals.charges {
            let label = charge_label(charge, &Bilingual::new("Charge", "رسوم"));
            self.amount(label, charge.amount.to_string());
        }
        if let Some(table) = needs_marks(&totals.groups).then_some(&totals.groups) {
            self.vat_table(table);
        }
        self.amount(Bilingual::new("Excl. VAT", "الإجمالي بدون الضريبة"), totals.net.to_string());
        self.amount(vat_label(&totals.groups), totals.vat.to_string());
        if let Some(vat) = totals.vat_in_riyals {
            self.amount(Bilingual::new("VAT in SAR", "الضريبة بالريال السعودي"), vat.to_string());
        }
        if totals.with_vat != totals.payable {
            self.amount(Bilingual::new("Incl. VAT", "الإجمالي شامل الضريبة"), totals.with_vat.to_string());
        }
        if !totals.prepaid.is_zero() {
            self.amount(Bilingual::new("Prepaid", "مدفوع مقدماً"), minus(totals.prepaid));
        }
        for number in &totals.advances {
            self.field(Bilingual::new("Advance inv.", "فاتورة الدفعة المقدمة"), number, Weight::Regular);
        }
        if !totals.rounding.is_zero() {
            self.amount(Bilingual::new("Rounding", "التقريب"), totals.rounding.to_string());
        }
        self.rule(Rule::Thick);
        self.block(Block::Amount(Amount {
            value: format!("{} {}", clean(currency), totals.payable),
            label: Bilingual::new("Total payable", "المبلغ المستحق"),
            size: Size::Huge,
            weight: Weight::Bold,
        }));
        self.rule(Rule::Thick);
    }

    /// Heads of a table, Arabic above English.
    fn heads(&mut self, [amount, price, quantity]: &[Bilingual; 3]) {
        let rows = [(&amount.ar, &price.ar, &quantity.ar), (&amount.en, &price.en, &quantity.en)];
        for (amount, price, quantity) in rows {
            self.block(Block::Columns(Columns {
                amount: amount.clone(),
                mark: String::new(),
                price: price.clone(),
                quantity: quantity.clone(),
                unit: String::new(),
                size: Size::Small,
                weight: Weight::Bold,
            }));
        }
    }

    /// Net and VAT per category and rate, with the reason where VAT is not charged.
    fn vat_table(&mut self, groups: &[VatGroup]) {
        self.heads(&labels::vat_heads());
        for group in groups {
            self.block(Block::Columns(Columns {
                amount: group.vat.to_string(),
                mark: String::new(),
                price: group.net.to_string(),
                quantity: labels::mark(group.mark),
                unit: String::new(),
                size: Size::Body,
                weight: Weight::Regular,
            }));
            if let Some(reason) = group.reason.as_deref().map(clean).filter(|reason| !reason.is_empty()) {
                let (first, second) = split_scripts(&reason).unwrap_or((&reason, ""));
                for text in [first, second].into_iter().filter(|text| !text.is_empty()) {
                    self.block(Block::Text(Text::body(text).sized(Size::Small)));
                }
            }
        }
        self.rule(Rule::Dotted);
    }

    fn tenders(&mut self, slip: &Slip) {
        for tender in &slip.tenders {
            let mut label = labels::tender(tender.kind);
            if let Some(detail) = tender.detail.as_deref().map(clean).filter(|detail| !detail.is_empty()) {
                label.en = format!("{} {detail}", label.en);
            }
            self.amount(label, tender.amount.to_string());
        }
        if !slip.change.is_zero() {
            self.amount(Bilingual::new("Change", "الباقي"), slip.change.to_string());
        }
    }

    fn footer(&mut self, lines: &[Bilingual]) {
        for line in lines {
            self.centered(&line.ar, Size::Body, Weight::Regular);
            self.centered(&line.en, Size::Small, Weight::Regular);
        }
        self.space(4);
    }
}

/// Its reason, in the language in which it is given; the other one is the plain word.
fn charge_label(charge: &Charge, word: &Bilingual) -> Bilingual {
    let reason = clean(&charge.reason);
    match split_scripts(&reason) {
        Some((first, second)) if is_rtl(first) => Bilingual::new(second, first),
        Some((first, second)) => Bilingual::new(first, second),
        None if reason.is_empty() => word.clone(),
        None if is_rtl(&reason) => Bilingual::new(word.en.clone(), reason),
        None => Bilingual::new(reason, word.ar.clone()),
    }
}

/// Parts a name at the one space where its letters change direction; a name
/// that goes back and forth stays whole.
fn split_scripts(name: &str) -> Option<(&str, &str)> {
    let before = is_rtl(name);
    let turn = name.match_indices(' ').map(|(at, _)| at).find(|&at| {
        let rest = &name[at..];
        rest.chars().any(char::is_alphabetic) && is_rtl(rest) != before
    })?;
    let (first, second) = (&name[..turn], &name[turn..]);
    let turns_back =
        second.split(' ').any(|word| word.chars().any(char::is_alphabetic) && is_rtl(word) == before);
    let joint: &[char] = &[' ', '-', '–', '/', '|'];
    let (first, second) = (first.trim_end_matches(joint), second.trim_start_matches(joint));
    (!turns_back && !first.is_empty() && !second.is_empty()).then_some((first, second))
}

fn minus(amount: Halalas) -> String {
    (Halalas::ZERO - amount).to_string()
}

/// `قطعة pc`, read from the right.
fn unit(line: &SlipLine) -> String {
    let unit = labels::unit(&line.unit_code);
    clean(&format!("{} {}", unit.ar, unit.en))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bilingual_names_part_where_the_script_changes_once() {
        assert_eq!(split_scripts("بقالة الواحة  - Al Waha"), Some(("بقالة الواحة", "Al Waha")));
        assert_eq!(split_scripts("Al Waha 7 بقالة الواحة"), Some(("Al Waha", "7 بقالة الواحة")));
        assert_eq!(split_scripts("شاي Lipton أخضر"), None);
        assert_eq!(split_scripts("Gulf Hardware"), None);
        assert_eq!(split_scripts("بقالة الواحة"), None);
        assert_eq!(split_scripts(""), None);
    }
}
