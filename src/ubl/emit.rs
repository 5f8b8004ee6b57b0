//! Emits canonical XML: double quotes, start and end tag pairs, no white space
//! between elements, at most one attribute per element, text escaped as C14N does.

use crate::money::{Decimal, Halalas};

/// An XML text under construction.
pub(super) struct Emitter {
    out: String,
    /// `currencyID` of every amount but BT-111.
    currency: &'static str,
}

impl Emitter {
    pub(super) fn new(bytes: usize, currency: &'static str) -> Emitter {
        Emitter { out: String::with_capacity(bytes), currency }
    }

    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.out.into_bytes()
    }

    /// Markup that is already canonical.
    pub(super) fn raw(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    /// Text between tags that [`Emitter::raw`] wrote.
    pub(super) fn text(&mut self, text: &str) {
        escape_text(&mut self.out, text);
    }

    /// The value of an attribute that [`Emitter::raw`] began.
    pub(super) fn attribute(&mut self, value: &str) {
        escape_attribute(&mut self.out, value);
    }

    /// Hundredths as a number with exactly two decimals.
    pub(super) fn halalas(&mut self, amount: Halalas) {
        push_fixed(&mut self.out, amount.get() < 0, amount.get().unsigned_abs(), 2);
    }

    /// The rest of a tag that ends in `currencyID="`, then the amount.
    pub(super) fn priced(&mut self, tag: &str, amount: Halalas) {
        self.in_currency(tag);
        self.halalas(amount);
    }

    /// The rest of a tag that ends in `currencyID="`.
    pub(super) fn in_currency(&mut self, tag: &str) {
        self.out.push_str(tag);
        self.out.push_str(self.currency);
        self.out.push_str("\">");
    }

    /// A number with as many decimals as it has.
    pub(super) fn decimal(&mut self, number: Decimal) {
        match u64::try_from(number.mantissa().unsigned_abs()) {
            Ok(digits) => push_fixed(&mut self.out, number.mantissa() < 0, digits, number.scale()),
            Err(_) => self.out.push_str(&number.to_string()),
        }
    }

    pub(super) fn open(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    pub(super) fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// `<name>text</name>`.
    pub(super) fn leaf(&mut self, name: &str, text: &str) {
        self.open(name);
        escape_text(&mut self.out, text);
        self.close(name);
    }

    pub(super) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(name, text);
        }
    }

    /// `<name attribute="value">text</name>`.
    pub(super) fn leaf_with(&mut self, name: &str, attribute: &str, value: &str, text: &str) {
        self.open_with(name, attribute, value);
        escape_text(&mut self.out, text);
        self.close(name);
    }

    fn open_with(&mut self, name: &str, attribute: &str, value: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push(' ');
        self.out.push_str(attribute);
        self.out.push_str("=\"");
        escape_attribute(&mut self.out, value);
        self.out.push_str("\">");
    }

    /// An amount with the document's currency, always with two decimals.
    pub(super) fn amount(&mut self, name: &str, amount: Halalas) {
        self.amount_in(name, self.currency, amount);
    }

    /// An amount in a currency of its own.
    pub(super) fn amount_in(&mut self, name: &str, currency: &str, amount: Halalas) {
        self.open_with(name, "currencyID", currency);
        self.halalas(amount);
        self.close(name);
    }

    /// `open`, content, `close`.
    pub(super) fn within(&mut self, name: &str, content: impl FnOnce(&mut Emitter)) {
        self.open(name);
        content(self);
        self.close(name);
    }
}

/// Appends `digits / 10^scale`; what `Display` writes, without its machinery.
/// The scale is at most [`Decimal::MAX_SCALE`].
fn push_fixed(out: &mut String, negative: bool, digits: u64, scale: u32) {
    let mut text = [b'0'; 40];
    let (mut rest, mut at, mut written) = (digits, text.len(), 0);
    while (rest > 0 || written <= scale) && at > 1 {
        if written == scale && scale > 0 {
            at -= 1;
            text[at] = b'.';
        }
        at -= 1;
        text[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        written += 1;
    }
    if negative {
        out.push('-');
    }
    // Digits and a point are ASCII.
    out.push_str(std::str::from_utf8(&text[at..]).unwrap_or_default());
}

/// Text content in canonical form: `&`, `<`, `>` and a carriage return are escaped.
pub fn escape_text(out: &mut String, text: &str) {
    escape(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

fn escape_attribute(out: &mut String, text: &str) {
    escape(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

fn escape(out: &mut String, text: &str, replacement: impl Fn(u8) -> Option<&'static str>) {
    // Nearly every text has nothing to escape, and this look at all its bytes
    // without a way out in the middle is done sixteen at a time.
    if !text.bytes().fold(false, |found, byte| found | is_escaped_somewhere(byte)) {
        out.push_str(text);
        return;
    }
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(entity) = replacement(byte) {
            out.push_str(&text[copied..at]);
            out.push_str(entity);
            copied = at + 1;
        }
    }
    out.push_str(&text[copied..]);
}

/// Whether text or attributes write this byte as an entity.
const fn is_escaped_somewhere(byte: u8) -> bool {
    matches!(byte, b'&' | b'<' | b'>' | b'"' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_they_display() {
        let written = |write: &dyn Fn(&mut Emitter)| {
            let mut out = Emitter::new(64, "SAR");
            write(&mut out);
            String::from_utf8(out.into_bytes()).unwrap()
        };
        for halalas in [0, 5, 50, 100, 123_456_789, -1, -30_000, i64::MAX, i64::MIN] {
            let amount = Halalas::new(halalas);
            assert_eq!(written(&|out| out.halalas(amount)), amount.to_string());
            for scale in 0..=Decimal::MAX_SCALE {
                for mantissa in [i128::from(halalas), i128::from(halalas) * 1_000_000_007] {
                    let number = Decimal::new(mantissa, scale);
                    assert_eq!(written(&|out| out.decimal(number)), number.to_string());
                }
            }
        }
    }

    #[test]
    fn text_and_attributes_are_escaped_as_c14n_does() {
        let mut out = Emitter::new(64, "SAR");
        out.leaf_with("cbc:ID", "schemeID", "a\"b<&", "x & y > \"z\" <\r");
        let text = String::from_utf8(out.into_bytes()).unwrap();
        assert_eq!(text, "<cbc:ID schemeID=\"a&quot;b&lt;&amp;\">x &amp; y &gt; \"z\" &lt;&#xD;</cbc:ID>");
    }
}
