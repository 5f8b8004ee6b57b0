//! The same blocks as plain text, for a terminal.

use super::bidi::is_invisible;
use super::block::{Align, Amount, Block, Columns, Field, Rule, Sides, Text};
use crate::text::Bilingual;

/// Draws the blocks in `columns` character cells (at least 24). Arabic stands in
/// logical order: terminals order and join letters themselves.
pub fn preview(blocks: &[Block], columns: usize) -> String {
    let mut page = Preview { columns: columns.max(24), out: String::new() };
    for block in blocks {
        match block {
            Block::Text(text) => page.text(text),
            Block::Framed(notice) => page.framed(notice),
            Block::Sides(sides) => page.sides(sides),
            Block::Field(field) => page.field(field),
            Block::Amount(amount) => page.amount(amount),
            Block::Columns(columns) => page.table_row(columns),
            Block::Rule(rule) => page.rule(*rule),
            Block::Space(tenths) if *tenths >= 4 => page.out.push('\n'),
            Block::Space(_) => {}
            Block::Qr(payload) => page.qr(payload),
        }
    }
    page.out
}

/// What is shown of a text: without characters that print nothing.
fn shown(text: &str) -> String {
    text.chars().filter(|&c| !is_invisible(c) && !c.is_control()).collect()
}

/// Character cells: marks above and below letters take none.
fn cells(text: &str) -> usize {
    text.chars()
        .filter(|c| !matches!(c, '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{0300}'..='\u{036F}'))
        .count()
}

struct Preview {
    columns: usize,
    out: String,
}

impl Preview {
    fn put(&mut self, indent: usize, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn wrap(&self, text: &str) -> Vec<String> {
        let mut lines = vec![String::new()];
        for word in shown(text).split(' ') {
            let last = lines.len() - 1;
            let line = &mut lines[last];
            if line.is_empty() {
                line.push_str(word);
            } else if cells(line) + 1 + cells(word) <= self.columns {
                line.push(' ');
                line.push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
        lines
    }

    fn paragraph(&mut self, text: &str, align: Align) {
        let rtl = super::bidi::is_rtl(text);
        for line in self.wrap(text) {
            let free = self.columns.saturating_sub(cells(&line));
            let indent = match (align, rtl) {
                (Align::Left, _) | (Align::Start, false) => 0,
                (Align::Center, _) => free / 2,
                (Align::Right, _) | (Align::Start, true) => free,
            };
            self.put(indent, &line);
        }
    }

    fn text(&mut self, text: &Text) {
        self.paragraph(&text.text, text.align);
    }

    fn framed(&mut self, notice: &Bilingual) {
        let bar = "*".repeat(self.columns);
        self.put(0, &bar);
        self.paragraph(&notice.ar, Align::Center);
        self.paragraph(&notice.en, Align::Center);
        self.put(0, &bar);
    }

    /// Left and right on one line, or on two where they do not fit.
    fn edges(&mut self, left: &str, right: &str) {
        let (left, right) = (shown(left), shown(right));
        let used = cells(&left) + cells(&right);
        if used < self.columns {
            let gap = " ".repeat(self.columns - used);
            self.put(0, &format!("{left}{gap}{right}"));
        } else {
            self.paragraph(&right, Align::Right);
            self.paragraph(&left, Align::Left);
        }
    }

    fn sides(&mut self, sides: &Sides) {
        self.edges(&sides.left.text, &sides.right.text);
    }

    fn field(&mut self, field: &Field) {
        let (en, ar, value) = (shown(&field.label.en), shown(&field.label.ar), shown(&field.value));
        if cells(&en) + cells(&ar) + cells(&value) + 4 <= self.columns {
            self.edges(&format!("{en}: {value}"), &ar);
        } else {
            self.edges(&en, &ar);
            self.paragraph(&value, Align::Center);
        }
    }

    fn amount(&mut self, amount: &Amount) {
        self.edges(&format!("{:>10}", amount.value), &format!("{}  {}", amount.label.en, amount.label.ar));
    }

    fn table_row(&mut self, row: &Columns) {
        let left = format!("{:>10} {:1} {:>12}", shown(&row.amount), row.mark, shown(&row.price));
        self.edges(left.trim_end(), format!("{} {}", row.quantity, row.unit).trim_end());
    }

    fn rule(&mut self, rule: Rule) {
        let dash = match rule {
            Rule::Thin => "-",
            Rule::Thick => "=",
            Rule::Dotted => ".",
        };
        let bar = dash.repeat(self.columns);
        self.put(0, &bar);
    }

    fn qr(&mut self, payload: &str) {
        let text = format!("[QR {} characters]", payload.chars().count());
        self.out.push('\n');
        self.paragraph(&text, Align::Center);
        self.out.push('\n');
    }
}
