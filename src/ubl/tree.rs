//! A document as a tree of elements with their byte ranges, borrowed from the
//! text. Reading for receipts, and the verifier's cutting and comparing, work
//! on the original bytes and never on a copy written anew.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use thiserror::Error;

/// Deepest nesting that is read; a UBL invoice with its stamp needs 14.
const MAX_DEPTH: usize = 64;
/// Largest document that is read, in bytes; the platform takes 10 MB.
const MAX_BYTES: usize = 10 * 1024 * 1024;
const NONE: u32 = u32::MAX;

/// Why a text was not read as XML. Positions are byte offsets.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TreeError {
    /// Above the size that the authority takes.
    #[error("the document is larger than 10 MB")]
    TooLarge,
    /// The bytes are not UTF-8.
    #[error("the document is not UTF-8")]
    Encoding,
    /// Against the grammar of XML; `what` is the reader's remark.
    #[error("the document is not well-formed XML at byte {at}: {what}")]
    Malformed { at: usize, what: String },
    /// A document type declaration, which can pull in foreign text.
    #[error("a DOCTYPE is not allowed (byte {at})")]
    Doctype { at: usize },
    /// Nested deeper than any document is.
    #[error("elements are nested more than 64 deep (byte {at})")]
    TooDeep { at: usize },
    /// Nothing but blanks and comments.
    #[error("the document has no element")]
    Empty,
}

#[derive(Clone, Debug)]
struct Node {
    /// Ranges into the text: the whole element, and what is between its tags.
    start: u32,
    inner_start: u32,
    inner_end: u32,
    end: u32,
    name_len: u16,
    first_child: u32,
    next_sibling: u32,
}

/// A parsed document. Element 0 is the root.
#[derive(Clone, Debug)]
pub struct Tree<'a> {
    text: &'a str,
    nodes: Vec<Node>,
    canonical: bool,
}

/// An element of a [`Tree`].
#[derive(Clone, Copy)]
pub struct Element<'t, 'a> {
    tree: &'t Tree<'a>,
    at: u32,
}

impl<'a> Tree<'a> {
    /// Reads a document; refuses DOCTYPE, undefined entities, excessive depth and size.
    pub fn parse(xml: &'a [u8]) -> Result<Tree<'a>, TreeError> {
        if xml.len() > MAX_BYTES {
            return Err(TreeError::TooLarge);
        }
        let text = std::str::from_utf8(xml).map_err(|_| TreeError::Encoding)?;
        let mut builder = Builder::new(text);
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = true;
        loop {
            let start = position(&reader);
            let event =
                reader.read_event().map_err(|e| TreeError::Malformed { at: start, what: e.to_string() })?;
            if !builder.take(event, start, position(&reader))? {
                return builder.finish(text);
            }
        }
    }

    /// The text it was read from.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The document's element.
    pub fn root(&self) -> Element<'_, 'a> {
        Element { tree: self, at: 0 }
    }

    /// Whether the whole text has only constructs that canonical XML keeps as
    /// they are, apart from an XML declaration and empty-element tags.
    pub fn is_plain(&self) -> bool {
        self.canonical
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

struct Builder {
    nodes: Vec<Node>,
    /// Open elements, and the last child of each so far.
    open: Vec<(u32, u32)>,
    closed: bool,
    canonical: bool,
}

impl Builder {
    fn new(text: &str) -> Builder {
        let nodes = Vec::with_capacity(text.len() / 32);
        let canonical = !text.contains('\r');
        Builder { nodes, open: Vec::with_capacity(16), closed: false, canonical }
    }

    /// Takes one event between two byte positions; false at the end of the document.
    fn take(&mut self, event: Event<'_>, start: usize, end: usize) -> Result<bool, TreeError> {
        let malformed = |what: &str| Err(TreeError::Malformed { at: start, what: what.to_owned() });
        match event {
            Event::Start(tag) => {
                self.check_tag(&tag, start)?;
                self.begin(&tag, start, end)?;
            }
            Event::Empty(tag) => {
                self.check_tag(&tag, start)?;
                self.begin(&tag, start, end)?;
                self.finish_element(end, end);
            }
            Event::End(_) => self.finish_element(start, end),
            Event::Text(text) => {
                if self.open.is_empty() && !text.bytes().all(|byte| byte.is_ascii_whitespace()) {
                    return malformed("text outside the root element");
                }
                self.canonical &= !text.contains('>');
            }
            Event::GeneralRef(reference) => {
                let name: &str = &reference;
                if self.open.is_empty() || resolve(name).is_none() {
                    return malformed("an entity that XML does not define");
                }
                self.canonical &= matches!(name, "amp" | "lt" | "gt" | "#xD");
            }
            Event::CData(_) if self.open.is_empty() => return malformed("text outside the root element"),
            Event::CData(_) | Event::Comment(_) | Event::PI(_) => self.canonical = false,
            Event::Decl(_) if start == 0 => {}
            Event::Decl(_) => return malformed("an XML declaration that is not at the beginning"),
            Event::DocType(_) => return Err(TreeError::Doctype { at: start }),
            Event::Eof if self.closed => return Ok(false),
            Event::Eof if self.nodes.is_empty() => return Err(TreeError::Empty),
            Event::Eof => return malformed("the document ends inside an element"),
        }
        Ok(true)
    }

    fn check_tag(&mut self, tag: &BytesStart<'_>, start: usize) -> Result<(), TreeError> {
        let malformed = |what: String| TreeError::Malformed { at: start, what };
        if self.closed {
            return Err(malformed("a second root element".to_owned()));
        }
        let name = tag.name().as_ref().len();
        if tag.len() == name || is_plain_attribute(&tag[name..]) {
            // Canonical, and nothing that could be against the grammar.
            return Ok(());
        }
        let mut canonical_len = name;
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|e| malformed(e.to_string()))?;
            if attribute.value.contains('<') {
                return Err(malformed("a < inside an attribute".to_owned()));
            }
            canonical_len += 1 + attribute.key.as_ref().len() + 3 - 1 + attribute.value.len() + 1;
        }
        // One blank before each attribute, no blanks around `=`, nothing behind
        // the last one, double quotes: then the length is exactly this.
        self.canonical &= tag.len() == canonical_len && !tag.contains('\'');
        Ok(())
    }

    fn begin(&mut self, tag: &BytesStart<'_>, start: usize, end: usize) -> Result<(), TreeError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(TreeError::TooDeep { at: start });
        }
        // Texts are at most 10 MB, so positions and counts fit.
        let at = self.nodes.len() as u32;
        self.nodes.push(Node {
            start: start as u32,
            inner_start: end as u32,
            inner_end: end as u32,
            end: end as u32,
            name_len: u16::try_from(tag.name().as_ref().len()).map_err(|_| TreeError::Malformed {
                at: start,
                what: "an element name too long".to_owned(),
            })?,
            first_child: NONE,
            next_sibling: NONE,
        });
        if let Some((parent, last)) = self.open.last_mut() {
            match *last {
                NONE => self.nodes[*parent as usize].first_child = at,
                sibling => self.nodes[sibling as usize].next_sibling = at,
            }
            *last = at;
        }
        self.open.push((at, NONE));
        Ok(())
    }

    fn finish_element(&mut self, inner_end: usize, end: usize) {
        // The reader has matched the end tag to a start tag, so one is open.
        if let Some((at, _)) = self.open.pop() {
            let node = &mut self.nodes[at as usize];
            (node.inner_end, node.end) = (inner_end as u32, end as u32);
        }
        self.closed = self.open.is_empty();
    }

    fn finish(self, text: &str) -> Result<Tree<'_>, TreeError> {
        Ok(Tree { text, nodes: self.nodes, canonical: self.canonical })
    }
}

/// Whether one attribute stands behind a name, canonical and plain as ` currencyID="SAR"`.
fn is_plain_attribute(behind: &str) -> bool {
    let inner = behind.strip_prefix(' ').and_then(|rest| rest.strip_suffix('"'));
    let Some((key, value)) = inner.and_then(|inner| inner.split_once("=\"")) else { return false };
    !key.is_empty()
        && key.bytes().all(|b| b.is_ascii_alphabetic())
        && value.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// The character that a reference stands for: the five of XML, and numbers.
fn resolve(name: &str) -> Option<char> {
    let number = name.strip_prefix('#').map(|number| match number.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    });
    match (name, number) {
        ("amp", _) => Some('&'),
        ("lt", _) => Some('<'),
        ("gt", _) => Some('>'),
        ("quot", _) => Some('"'),
        ("apos", _) => Some('\''),
        (_, Some(Ok(code))) => {
            char::from_u32(code).filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
        }
        _ => None,
    }
}

impl<'t, 'a> Element<'t, 'a> {
    fn node(&self) -> &'t Node {
        &self.tree.nodes[self.at as usize]
    }

    /// The qualified name as written: `cbc:ID`.
    pub fn name(&self) -> &'a str {
        let node = self.node();
        let start = node.start as usize + 1;
        &self.tree.text[start..start + usize::from(node.name_len)]
    }

    /// The bytes of the whole element, tags included, as a range of the text.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.node().start as usize..self.node().end as usize
    }

    /// The element as written, tags included.
    pub fn raw(&self) -> &'a str {
        &self.tree.text[self.range()]
    }

    /// What is written between the tags.
    pub fn inner(&self) -> &'a str {
        &self.tree.text[self.node().inner_start as usize..self.node().inner_end as usize]
    }

    /// Where the start tag ends.
    pub fn inner_start(&self) -> usize {
        self.node().inner_start as usize
    }

    /// Its text with references resolved; markup inside is left as written.
    pub fn text(&self) -> Cow<'a, str> {
        unescape(self.inner())
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        let node = self.node();
        let tag = &self.tree.text[node.start as usize + 1..node.inner_start as usize];
        let tag = tag.trim_end_matches('>').trim_end_matches('/');
        BytesStart::from_content(tag, usize::from(node.name_len))
            .attributes()
            .flatten()
            .find(|attribute| attribute.key.as_ref() == name)
            .map(|attribute| unescape(&attribute.value).into_owned())
            .map(Cow::Owned)
    }

    /// The elements directly below, in order.
    pub fn children(&self) -> impl Iterator<Item = Element<'t, 'a>> + use<'t, 'a> {
        let tree = self.tree;
        let mut next = self.node().first_child;
        std::iter::from_fn(move || {
            let at = (next != NONE).then_some(next)?;
            next = tree.nodes[at as usize].next_sibling;
            Some(Element { tree, at })
        })
    }

    /// The first child of that name.
    pub fn child(&self, name: &str) -> Option<Element<'t, 'a>> {
        self.children().find(|child| child.name() == name)
    }

    /// The first element along a path of names separated by `/`.
    pub fn find(&self, path: &str) -> Option<Element<'t, 'a>> {
        path.split('/').try_fold(*self, |element, name| element.child(name))
    }

    /// The text of the first element along a path.
    pub fn text_of(&self, path: &str) -> Option<Cow<'a, str>> {
        self.find(path).map(|element| element.text())
    }
}

/// Resolves references; an undefined one stays as written, which `parse` excludes.
fn unescape(raw: &str) -> Cow<'_, str> {
    if !raw.contains('&') {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let reference = rest[at + 1..].split_once(';');
        match reference.and_then(|(name, after)| resolve(name).map(|c| (c, after))) {
            Some((character, after)) => {
                out.push(character);
                rest = after;
            }
            None => {
                out.push('&');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn navigates_and_keeps_bytes() {
        let xml = b"<a><b x=\"1&amp;2\">t &lt; u</b><c/><b>two</b></a>";
        let tree = Tree::parse(xml).unwrap();
        let root = tree.root();
        assert_eq!(root.child("b").unwrap().text(), "t < u");
        assert_eq!(root.child("b").unwrap().attribute("x").unwrap(), "1&2");
        assert_eq!(root.child("c").unwrap().raw(), "<c/>");
        assert_eq!(root.children().count(), 3);
        assert!(tree.is_plain());
    }

    #[test]
    fn what_is_not_canonical_is_noticed() {
        for xml in [
            "<a  x=\"1\"></a>",
            "<a x=\"1\" ></a>",
            "<a x='1'></a>",
            "<a><!-- c --></a>",
            "<a><![CDATA[x]]></a>",
            "<a>></a>",
        ] {
            assert!(!Tree::parse(xml.as_bytes()).unwrap().is_plain(), "{xml}");
        }
        assert!(!Tree::parse(b"<a>\r\n</a>").unwrap().is_plain());
        assert!(!Tree::parse(b"<a>&quot;</a>").unwrap().is_plain());
    }

    #[test]
    fn hostile_texts_are_refused() {
        let deep = "<a>".repeat(100);
        for xml in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<!DOCTYPE a><a/>",
            "<a>&bomb;</a>",
            "<a x=\"1\" x=\"2\"/>",
            "<a/>tail",
            deep.as_str(),
            "<a x=\"<\"/>",
        ] {
            assert!(Tree::parse(xml.as_bytes()).is_err(), "{xml}");
        }
        assert_eq!(Tree::parse(b"<a>\xff</a>").unwrap_err(), TreeError::Encoding);
    }
}
