//! Canonical XML 1.1 (inclusive, without comments) of a document tree, with parts of the root left out.
//!
//! Only whole children of the root are ever left out, so every element that stays has all its ancestors and
//! the namespace context is that of the output itself. Versions 1.0 and 1.1 differ in `xml:` attributes of
//! elements whose parent is missing; that cannot happen here.

use std::sync::Arc;

use super::dom::{Document, Element, Node};

/// The canonical form without the children of the root for which `left_out` is true.
pub(super) fn canonical(document: &Document, left_out: &dyn Fn(&Element) -> bool) -> String {
    let mut writer = Writer { out: String::with_capacity(document.source.len()), shown: Vec::new() };
    for instruction in &document.before {
        writer.instruction(instruction);
        writer.out.push('\n');
    }
    writer.element(&document.root, Some(left_out));
    for instruction in &document.after {
        writer.out.push('\n');
        writer.instruction(instruction);
    }
    writer.out
}

struct Writer {
    out: String,
    /// Declarations written so far on the path to the current element.
    shown: Vec<(String, Arc<str>)>,
}

impl Writer {
    fn element(&mut self, element: &Element, left_out: Option<&dyn Fn(&Element) -> bool>) {
        let depth = self.shown.len();
        self.out.push('<');
        self.name(&element.prefix, &element.local);
        self.declarations(element);
        self.attributes(element);
        self.out.push('>');
        for child in &element.children {
            match child {
                Node::Element(e) if left_out.is_some_and(|skip| skip(e)) => {}
                Node::Element(e) => self.element(e, None),
                Node::Text(text) => self.text(text),
                Node::Instruction(instruction) => self.instruction(instruction),
            }
        }
        self.out.push_str("</");
        self.name(&element.prefix, &element.local);
        self.out.push('>');
        self.shown.truncate(depth);
    }

    fn name(&mut self, prefix: &str, local: &str) {
        if !prefix.is_empty() {
            self.out.push_str(prefix);
            self.out.push(':');
        }
        self.out.push_str(local);
    }

    /// Namespace nodes that the output does not already have in effect, the default one first.
    fn declarations(&mut self, element: &Element) {
        let mut own: Vec<_> = element.declarations.iter().collect();
        own.sort_by(|a, b| a.0.cmp(&b.0));
        for (prefix, uri) in own {
            let shown = self.shown.iter().rev().find(|(p, _)| p == prefix).map(|(_, u)| u);
            let superfluous = match shown {
                Some(known) => known == uri,
                None => (prefix.is_empty() && uri.is_empty()) || prefix == "xml",
            };
            if superfluous {
                continue;
            }
            self.out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            self.out.push_str(prefix);
            self.value(uri);
            self.shown.push((prefix.clone(), uri.clone()));
        }
    }

    fn attributes(&mut self, element: &Element) {
        let mut sorted: Vec<_> = element.attributes.iter().collect();
        sorted.sort_by(|a, b| (&a.namespace, &a.local).cmp(&(&b.namespace, &b.local)));
        for attribute in sorted {
            self.out.push(' ');
            self.name(&attribute.prefix, &attribute.local);
            self.value(&attribute.value);
        }
    }

    fn value(&mut self, value: &str) {
        self.out.push_str("=\"");
        for c in value.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '"' => self.out.push_str("&quot;"),
                '\t' => self.out.push_str("&#x9;"),
                '\n' => self.out.push_str("&#xA;"),
                '\r' => self.out.push_str("&#xD;"),
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '\r' => self.out.push_str("&#xD;"),
                other => self.out.push(other),
            }
        }
    }

    fn instruction(&mut self, instruction: &str) {
        self.out.push_str("<?");
        self.out.push_str(instruction);
        self.out.push_str("?>");
    }
}

#[cfg(test)]
mod tests {
    use super::super::dom;
    use super::*;

    fn canonical_of(text: &str) -> String {
        canonical(&dom::parse(text.as_bytes()).unwrap(), &|_| false)
    }

    #[test]
    fn orders_namespaces_and_attributes_and_opens_empty_tags() {
        let text = "<?xml version='1.0'?>\n<!-- gone --><a xmlns:z='urn:z' xmlns='urn:d' xmlns:b='urn:b' z:k='2' k='1' b:k='3' a='&lt;&quot;&#9;'><b/></a>\n";
        assert_eq!(
            canonical_of(text),
            "<a xmlns=\"urn:d\" xmlns:b=\"urn:b\" xmlns:z=\"urn:z\" a=\"&lt;&quot;&#x9;\" k=\"1\" b:k=\"3\" z:k=\"2\"><b></b></a>"
        );
    }

    #[test]
    fn drops_superfluous_declarations_and_undoes_the_default() {
        let text = "<a xmlns='urn:d' xmlns:p='urn:p'><p:b xmlns:p='urn:p'/><c xmlns=''><d xmlns=''/></c><e xmlns:p='urn:q'/></a>";
        assert_eq!(
            canonical_of(text),
            "<a xmlns=\"urn:d\" xmlns:p=\"urn:p\"><p:b></p:b><c xmlns=\"\"><d></d></c><e xmlns:p=\"urn:q\"></e></a>"
        );
    }

    #[test]
    fn unifies_text() {
        assert_eq!(
            canonical_of("<?p  x?><a>\r\n<![CDATA[<&>]]>\"&#13;&gt;<?q?></a><?r y ?>"),
            "<?p x?>\n<a>\n&lt;&amp;&gt;\"&#xD;&gt;<?q?></a>\n<?r y ?>"
        );
    }

    #[test]
    fn hostile_documents_are_refused_not_followed() {
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        let wide = format!("<a>{}</a>", "<b/>".repeat(500_001));
        let bombs = [
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
            "<a>&x;</a>",
            "<a>&#0;</a>",
            "<a>&#xD800;</a>",
            "<a>&#99999999999;</a>",
            "<a>&amp</a>",
            "<a b='&x;'/>",
            "<a b='<'/>",
            "<a b='1' b='2'/>",
            "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>",
            "<p:a/>",
            "<a p:b='1'/>",
            "<a/><b/>",
            "<a/>text",
            "text<a/>",
            "",
            "<a>",
            "</a>",
            "<a></b>",
            "<a>]]></a>",
            "<a>\u{1}</a>",
            "<1a/>",
            "<a><?xml version='1.0'?></a>",
            "<?xml version='1.1'?><a/>",
            "<?xml version='1.0' encoding='latin1'?><a/>",
            "<a xmlns:xml='urn:x'/>",
            "<a xmlns:xmlns='urn:x'/>",
            "<a xmlns:p=''/>",
            "<a><!-- -- --></a>",
            "\u{feff}<a/>",
            &deep,
            &wide,
        ];
        for bomb in bombs {
            assert!(dom::parse(bomb.as_bytes()).is_err(), "{}", &bomb[..bomb.len().min(60)]);
        }
        assert!(dom::parse(&[b'<', 0xff, b'>']).is_err());
        assert!(dom::parse(&vec![b' '; 11 * 1024 * 1024]).is_err());
    }
}
