//! Emits canonical XML: double quotes, start and end tag pairs, no white space
//! between elements, at most one attribute per element, text escaped as C14N does.

use crate::money::Halalas;

/// An XML text under construction.
pub(super) struct Emitter {
    out: String,
}

impl Emitter {
    pub(super) fn with_capacity(bytes: usize) -> Emitter {
        Emitter { out: String::with_capacity(bytes) }
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

    /// An amount in riyals with its currency, always with two decimals.
    pub(super) fn amount(&mut self, name: &str, amount: Halalas) {
        self.open_with(name, "currencyID", "SAR");
        push_amount(&mut self.out, amount);
        self.close(name);
    }

    /// `open`, content, `close`.
    pub(super) fn within(&mut self, name: &str, content: impl FnOnce(&mut Emitter)) {
        self.open(name);
        content(self);
        self.close(name);
    }
}

/// Appends `12.50`; what `Display` writes, without its machinery.
fn push_amount(out: &mut String, amount: Halalas) {
    let mut digits = [b'0'; 24];
    let mut rest = amount.get().unsigned_abs();
    let mut at = digits.len();
    let mut written = 0;
    while rest > 0 || written < 3 {
        if written == 2 {
            at -= 1;
            digits[at] = b'.';
        }
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        written += 1;
    }
    if amount.get() < 0 {
        out.push('-');
    }
    out.extend(digits[at..].iter().map(|digit| char::from(*digit)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_they_display() {
        for halalas in [0, 5, 50, 100, 123_456_789, -1, -30_000, i64::MAX, i64::MIN] {
            let mut out = String::new();
            push_amount(&mut out, Halalas::new(halalas));
            assert_eq!(out, Halalas::new(halalas).to_string());
        }
    }

    #[test]
    fn text_and_attributes_are_escaped_as_c14n_does() {
        let mut out = Emitter::with_capacity(64);
        out.leaf_with("cbc:ID", "schemeID", "a\"b<&", "x & y > \"z\" <\r");
        let text = String::from_utf8(out.into_bytes()).unwrap();
        assert_eq!(text, "<cbc:ID schemeID=\"a&quot;b&lt;&amp;\">x &amp; y &gt; \"z\" &lt;&#xD;</cbc:ID>");
    }
}
