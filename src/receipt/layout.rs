//! Blocks on paper: where each thing stands, in dots.

use super::block::{Align, Amount, Block, Columns, Field, Rule, Sides, Size, Text, Weight};
use super::error::ReceiptError;
use super::qr::{self, QrMatrix, qr_matrix};
use super::raster::{PaperWidth, Raster};
use super::typesetter::{Style, Typesetter};
use crate::text::Bilingual;

/// Draws the blocks from top to bottom.
///
/// # Errors
/// Only the QR can refuse: see [`ReceiptError`]. Anything else is wrapped,
/// stacked or cut at the edge of the paper.
pub fn render(
    blocks: &[Block],
    typesetter: &mut Typesetter,
    paper: PaperWidth,
) -> Result<Raster, ReceiptError> {
    let mut page = Page::new(typesetter, paper);
    page.measure_columns(blocks);
    for block in blocks {
        match block {
            Block::Text(text) => page.text(text),
            Block::Framed(notice) => page.framed(notice),
            Block::Sides(sides) => page.sides(sides),
            Block::Field(field) => page.field(field),
            Block::Amount(amount) => page.amount(amount),
            Block::Columns(columns) => page.columns(columns),
            Block::Rule(rule) => page.rule(*rule),
            Block::Space(tenths) => page.y += page.size(Size::Body) * i32::from(*tenths) / 10,
            Block::Qr(payload) => {
                let matrix = qr_matrix(payload, paper)?;
                let module = matrix.module_dots(paper, payload.chars().count())?;
                page.qr(&matrix, module);
            }
        }
    }
    page.raster.set_height(usize::try_from(page.y).unwrap_or_default());
    Ok(page.raster)
}

/// Right edges of the amount and price columns, shared by all tables.
#[derive(Default)]
struct Edges {
    amount: i32,
    mark: i32,
    price: i32,
    quantity: i32,
    /// Dots between the margins and the labels of fields, which stand as near
    /// to their values as the widest of them allows.
    field: i32,
}

struct Page<'t> {
    typesetter: &'t mut Typesetter,
    paper: PaperWidth,
    raster: Raster,
    y: i32,
    left: i32,
    right: i32,
    gap: i32,
    edges: Edges,
}

impl<'t> Page<'t> {
    fn new(typesetter: &'t mut Typesetter, paper: PaperWidth) -> Page<'t> {
        let (margin, gap) = match paper {
            PaperWidth::Mm58 => (2, 8),
            PaperWidth::Mm80 => (8, 14),
        };
        let right = paper.dots() as i32 - margin;
        let raster = Raster::new(paper);
        Page { typesetter, paper, raster, y: 4, left: margin, right, gap, edges: Edges::default() }
    }

    /// Dots per em. Judged by eye on both papers; nothing below 18 stays legible.
    fn size(&self, size: Size) -> i32 {
        let (narrow, wide) = match size {
            Size::Small => (18, 20),
            Size::Body => (21, 24),
            Size::Large => (24, 28),
            Size::Title => (28, 32),
            Size::Huge => (30, 36),
        };
        match self.paper {
            PaperWidth::Mm58 => narrow,
            PaperWidth::Mm80 => wide,
        }
    }

    fn style(&self, size: Size, weight: Weight) -> Style {
        Style { ppem: self.size(size).unsigned_abs(), weight }
    }

    fn available(&self) -> i32 {
        self.right - self.left
    }

    /// Baseline of a line of this size that starts at the current row.
    fn baseline(&mut self, style: Style) -> i32 {
        let ppem = style.ppem as i32;
        // Room for the tallest stacked marks below and above.
        self.raster.set_height(usize::try_from(self.y + 2 * ppem).unwrap_or_default());
        self.y + ppem * 19 / 20
    }

    fn advance(&mut self, style: Style) {
        self.y += style.ppem as i32 * 6 / 5;
    }

    fn put(&mut self, text: &str, style: Style, x: i32) {
        let baseline = self.baseline(style);
        self.typesetter.draw(&mut self.raster, text, style, x, baseline);
    }

    fn put_right(&mut self, text: &str, style: Style, right: i32) {
        let x = right - self.typesetter.width(text, style);
        self.put(text, style, x);
    }

    /// One wrapped paragraph between the margins.
    fn paragraph(&mut self, text: &str, style: Style, align: Align) {
        let rtl = super::bidi::is_rtl(text);
        for line in self.typesetter.wrap(text, style, self.available()) {
            let free = self.available() - self.typesetter.width(line, style);
            let indent = match (align, rtl) {
                (Align::Left, _) | (Align::Start, false) => 0,
                (Align::Center, _) => free / 2,
                (Align::Right, _) | (Align::Start, true) => free,
            };
            self.put(line, style, self.left + indent);
            self.advance(style);
        }
    }

    fn text(&mut self, text: &Text) {
        self.paragraph(&text.text, self.style(text.size, text.weight), text.align);
    }

    fn framed(&mut self, notice: &Bilingual) {
        let top = self.y + 2;
        self.y += self.gap / 2 + 4;
        let style = self.style(Size::Large, Weight::Bold);
        let (ar, en) = (self.typesetter.width(&notice.ar, style), self.typesetter.width(&notice.en, style));
        let together = ar + en + 2 * self.gap;
        if together <= self.available() - 4 * self.gap {
            let start = (self.left + self.right - together) / 2;
            self.put(&notice.en, style, start);
            self.put_right(&notice.ar, style, start + together);
            self.advance(style);
        } else {
            let (left, right) = (self.left, self.right);
            (self.left, self.right) = (left + self.gap, right - self.gap);
            self.paragraph(&notice.ar, self.style(Size::Body, Weight::Bold), Align::Center);
            self.paragraph(&notice.en, self.style(Size::Small, Weight::Bold), Align::Center);
            (self.left, self.right) = (left, right);
        }
        self.y += self.gap / 2;
        self.frame(top, self.y);
        self.y += self.gap / 2;
    }

    /// A frame of 3 dots between the margins.
    fn frame(&mut self, top: i32, bottom: i32) {
        self.raster.set_height(usize::try_from(bottom + 8).unwrap_or_default());
        let (x, width) = (self.left as usize, self.available() as usize);
        let (top, bottom) = (top.max(0) as usize, bottom.max(0) as usize);
        self.raster.fill(x, top, width, 3);
        self.raster.fill(x, bottom - 3, width, 3);
        self.raster.fill(x, top, 3, bottom - top);
        self.raster.fill(x + width - 3, top, 3, bottom - top);
    }

    fn sides(&mut self, sides: &Sides) {
        let left = self.style(sides.left.size, sides.left.weight);
        let right = self.style(sides.right.size, sides.right.weight);
        let together = self.typesetter.width(&sides.left.text, left)
            + self.gap
            + self.typesetter.width(&sides.right.text, right);
        if together <= self.available() {
            self.put(&sides.left.text, left, self.left);
            self.put_right(&sides.right.text, right, self.right);
            self.advance(if left.ppem > right.ppem { left } else { right });
        } else {
            self.paragraph(&sides.right.text, right, Align::Right);
            self.paragraph(&sides.left.text, left, Align::Left);
        }
    }

    fn field(&mut self, field: &Field) {
        let (value, label) = (self.style(Size::Body, field.weight), self.style(Size::Small, Weight::Regular));
        let (left, right) = (self.left + self.edges.field, self.right - self.edges.field);
        let en_end = left + self.typesetter.width(&field.label.en, label) + self.gap;
        let ar_start = right - self.typesetter.width(&field.label.ar, label) - self.gap;
        let wide = self.typesetter.width(&field.value, value);
        let fits = en_end + wide <= ar_start;
        self.put_on(&field.label.en, label, left, value);
        self.put_on(&field.label.ar, label, ar_start + self.gap, value);
        if fits {
            // Centred on the paper as far as the labels leave room.
            let x = ((self.left + self.right - wide) / 2).min(ar_start - wide).max(en_end);
            self.put(&field.value, value, x);
        }
        self.advance(value);
        if !fits {
            self.paragraph(&field.value, value, Align::Center);
        }
    }

    fn amount(&mut self, amount: &Amount) {
        let value = self.style(amount.size, amount.weight);
        let (label_size, label_en_size) = match amount.size {
            Size::Huge => (Size::Large, Size::Small),
            _ => (Size::Body, Size::Small),
        };
        let ar = self.style(label_size, amount.weight);
        let en = self.style(label_en_size, Weight::Regular);
        let wide = self.typesetter.width(&amount.value, value);
        let value_end = if amount.size == Size::Huge {
            self.left + wide
        } else {
            self.edges.amount.max(self.left + wide)
        };
        let ar_width = self.typesetter.width(&amount.label.ar, ar);
        let en_width = self.typesetter.width(&amount.label.en, en);
        let ar_start = self.right - ar_width;
        self.put_right(&amount.value, value, value_end);
        if value_end + self.gap > ar_start {
            self.advance(value);
            self.paragraph(&amount.label.ar, ar, Align::Right);
            self.paragraph(&amount.label.en, en, Align::Right);
            return;
        }
        self.put_on(&amount.label.ar, ar, ar_start, value);
        let en_start = ar_start - self.gap - en_width;
        if value_end + self.gap <= en_start {
            self.put_on(&amount.label.en, en, en_start, value);
            self.advance(value);
        } else {
            self.advance(value);
            self.paragraph(&amount.label.en, en, Align::Right);
        }
    }

    /// Draws on the baseline of a line of `line` style.
    fn put_on(&mut self, text: &str, style: Style, x: i32, line: Style) {
        let baseline = self.baseline(line);
        self.typesetter.draw(&mut self.raster, text, style, x, baseline);
    }

    /// How far the labels of every field can move in from the margins.
    fn field_inset(&mut self, blocks: &[Block]) -> i32 {
        let label = self.style(Size::Small, Weight::Regular);
        let mut inset = self.available() / 8;
        for block in blocks {
            if let Block::Field(field) = block {
                let value = self.typesetter.width(&field.value, self.style(Size::Body, field.weight));
                let en = self.typesetter.width(&field.label.en, label);
                let ar = self.typesetter.width(&field.label.ar, label);
                let slack = (self.available() - value) / 2 - 2 * self.gap - en.max(ar);
                // A field that stacks anyway does not hold back the others.
                if en + value + ar + 2 * self.gap <= self.available() {
                    inset = inset.min(slack.max(0));
                }
            }
        }
        inset
    }

    /// Finds the column edges that suit every table row and every amount.
    fn measure_columns(&mut self, blocks: &[Block]) {
        let (mut amount, mut mark, mut price, mut quantity) = (0, 0, 0, 0);
        for block in blocks {
            match block {
                Block::Columns(c) => {
                    let style = self.style(c.size, c.weight);
                    amount = amount.max(self.typesetter.width(&c.amount, style));
                    mark = mark.max(self.typesetter.width(&c.mark, style));
                    price = price.max(self.typesetter.width(&c.price, style));
                    let unit = self.unit_width(&c.unit);
                    quantity = quantity.max(self.typesetter.width(&c.quantity, style) + unit);
                }
                Block::Amount(a) if a.size == Size::Body => {
                    let style = self.style(a.size, a.weight);
                    amount = amount.max(self.typesetter.width(&a.value, style));
                }
                _ => {}
            }
        }
        let amount = self.left + amount;
        let mark = if mark == 0 { amount } else { amount + self.gap / 2 + mark };
        let price = mark + self.gap * 3 / 2 + price;
        let quantity = price + self.gap + quantity;
        self.edges = Edges { amount, mark, price, quantity, field: self.field_inset(blocks) };
    }

    /// Width of a unit with the space between it and its number.
    fn unit_width(&mut self, unit: &str) -> i32 {
        let small = self.style(Size::Small, Weight::Regular);
        if unit.is_empty() { 0 } else { self.typesetter.width(unit, small) + self.gap / 2 }
    }

    fn columns(&mut self, columns: &Columns) {
        let style = self.style(columns.size, columns.weight);
        if self.edges.quantity > self.right {
            // Sums beyond any till: quantity and price on one line, the amount on the next.
            let text = format!("{} {} {}", columns.price, columns.quantity, columns.unit);
            self.paragraph(&text, style, Align::Right);
            self.paragraph(&format!("{} {}", columns.amount, columns.mark), style, Align::Left);
            return;
        }
        self.put_right(&columns.amount, style, self.edges.amount);
        self.put_right(&columns.mark, style, self.edges.mark);
        self.put_right(&columns.price, style, self.edges.price);
        self.put_right(&columns.quantity, style, self.edges.quantity);
        let unit = self.unit_width(&columns.unit);
        let before = self.edges.quantity - self.typesetter.width(&columns.quantity, style) - unit;
        self.put_on(&columns.unit, self.style(Size::Small, Weight::Regular), before, style);
        self.advance(style);
    }

    fn rule(&mut self, rule: Rule) {
        let (thickness, pad) = match rule {
            Rule::Thick => (4, 7),
            Rule::Thin => (2, 6),
            Rule::Dotted => (2, 5),
        };
        self.y += pad;
        self.raster.set_height(usize::try_from(self.y + 16).unwrap_or_default());
        let (x, y, width) = (self.left as usize, self.y.max(0) as usize, self.available() as usize);
        match rule {
            Rule::Dotted => (x..x + width - 3).step_by(8).for_each(|x| self.raster.fill(x, y, 4, thickness)),
            Rule::Thin | Rule::Thick => self.raster.fill(x, y, width, thickness),
        }
        self.y += thickness as i32 + pad;
    }

    /// The symbol centred, with its quiet zone above and below.
    fn qr(&mut self, matrix: &QrMatrix, module: usize) {
        let side = matrix.side() * module;
        let quiet = qr::QUIET_MODULES * module;
        let x = (self.paper.dots() - side) / 2;
        let top = self.y.max(0) as usize + quiet;
        self.raster.set_height(top + side + quiet);
        let row_bytes = side.div_ceil(8);
        let mut rows = vec![0u8; row_bytes * module];
        for y in 0..matrix.side() {
            rows.fill(0);
            let (first, rest) = rows.split_at_mut(row_bytes);
            for (column, _) in matrix.row(y).iter().enumerate().filter(|&(_, &dark)| dark) {
                for dot in column * module..(column + 1) * module {
                    first[dot / 8] |= 0x80 >> (dot % 8);
                }
            }
            rest.chunks_exact_mut(row_bytes).for_each(|copy| copy.copy_from_slice(first));
            self.raster.blit(x as i32, (top + y * module) as i32, row_bytes, &rows);
        }
        self.y = (top + side + quiet) as i32;
    }
}
