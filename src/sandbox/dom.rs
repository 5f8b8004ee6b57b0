//! A small document tree read with quick-xml, safe on hostile input: bounded size, depth and node count,
//! no DOCTYPE, only the five predefined entities and character references.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::xml_text::{self, XmlFault};

const MAX_BYTES: usize = 10 * 1024 * 1024;
const MAX_DEPTH: usize = 64;
const MAX_NODES: usize = 500_000;
const MAX_ATTRIBUTES: usize = 32;
const MAX_DECLARATIONS: usize = 128;

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// A whole document; comments are not kept, since no canonical form has them.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) root: Element,
    /// Processing instructions before and after the root, as `target data`.
    pub(super) before: Vec<String>,
    pub(super) after: Vec<String>,
    /// The text that `Element::span` points into: the input with line ends as LF.
    pub(super) source: String,
}

/// An element with its resolved name.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) prefix: String,
    pub(super) local: String,
    pub(super) namespace: Arc<str>,
    /// Namespace declarations of this very tag: prefix (empty = default) and URI.
    pub(super) declarations: Vec<(String, Arc<str>)>,
    pub(super) attributes: Vec<Attribute>,
    pub(super) children: Vec<Node>,
    /// Where the element stands in `Document::source`.
    pub(super) span: Range<usize>,
    /// Where its content begins.
    pub(super) content_start: usize,
}

#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) prefix: String,
    pub(super) local: String,
    pub(super) namespace: Arc<str>,
    pub(super) value: String,
}

#[derive(Debug)]
pub(super) enum Node {
    Element(Element),
    Text(String),
    Instruction(String),
}

impl Element {
    pub(super) fn is(&self, namespace: &str, local: &str) -> bool {
        self.local == local && &*self.namespace == namespace
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            _ => None,
        })
    }

    pub(super) fn all<'a>(&'a self, namespace: &'a str, local: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements().filter(move |e| e.is(namespace, local))
    }

    pub(super) fn first(&self, namespace: &str, local: &str) -> Option<&Element> {
        self.elements().find(|e| e.is(namespace, local))
    }

    /// The element's own text, without that of its children.
    pub(super) fn text(&self) -> String {
        self.children
            .iter()
            .filter_map(|node| match node {
                Node::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// The own text without surrounding white space.
    pub(super) fn trimmed(&self) -> String {
        self.text().trim().to_owned()
    }

    /// The value of an attribute without a namespace.
    pub(super) fn attribute(&self, local: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.prefix.is_empty() && a.local == local).map(|a| a.value.as_str())
    }

    /// Visits this element and everything below, in document order.
    pub(super) fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Element)) {
        visit(self);
        for child in self.elements() {
            child.walk(visit);
        }
    }
}

/// Reads a document.
///
/// # Errors
/// Tells the first thing that is not well-formed or that the limits forbid.
pub(super) fn parse(bytes: &[u8]) -> Result<Document, XmlFault> {
    if bytes.len() > MAX_BYTES {
        return Err(XmlFault::new("the document is larger than 10 MB"));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| XmlFault::new("the document is not UTF-8"))?;
    if text.starts_with('\u{feff}') {
        return Err(XmlFault::new("the document begins with a byte order mark"));
    }
    xml_text::check_characters(text)?;
    let source = xml_text::unify_line_ends(text);
    let parts = Builder::new(&source).run()?;
    Ok(Document { root: parts.0, before: parts.1, after: parts.2, source })
}

struct Builder<'s> {
    source: &'s str,
    open: Vec<Element>,
    /// Namespace bindings in scope; `marks` holds the length before each open element.
    scope: Vec<(String, Arc<str>)>,
    marks: Vec<usize>,
    interned: HashMap<String, Arc<str>>,
    root: Option<Element>,
    before: Vec<String>,
    after: Vec<String>,
    nodes: usize,
}

impl<'s> Builder<'s> {
    fn new(source: &'s str) -> Self {
        let xml: (String, Arc<str>) = ("xml".to_owned(), XML_NAMESPACE.into());
        Builder {
            source,
            open: Vec::new(),
            scope: vec![xml],
            marks: Vec::new(),
            interned: HashMap::new(),
            root: None,
            before: Vec::new(),
            after: Vec::new(),
            nodes: 0,
        }
    }

    fn run(mut self) -> Result<(Element, Vec<String>, Vec<String>), XmlFault> {
        let mut reader = Reader::from_str(self.source);
        reader.config_mut().check_comments = true;
        loop {
            let from = position(reader.buffer_position());
            let event = reader.read_event().map_err(|e| XmlFault::new(format!("not well-formed: {e}")))?;
            let to = position(reader.buffer_position());
            match event {
                Event::Eof => break,
                Event::DocType(_) => return Err(XmlFault::new("a DOCTYPE is not allowed")),
                Event::Decl(decl) if from == 0 => xml_text::check_declaration(&decl)?,
                Event::Decl(_) => return Err(XmlFault::new("an XML declaration stands inside the document")),
                Event::Comment(_) => {}
                Event::PI(pi) => self.instruction(pi.target(), pi.content())?,
                Event::Start(tag) => self.start(&tag, from, to)?,
                Event::Empty(tag) => {
                    self.start(&tag, from, to)?;
                    self.end(to)?;
                }
                Event::End(_) => self.end(to)?,
                Event::Text(text) => {
                    let text = text.into_inner();
                    if text.contains("]]>") {
                        return Err(XmlFault::new("']]>' stands in text"));
                    }
                    self.text(&text)?;
                }
                Event::CData(data) if self.open.is_empty() => {
                    return Err(XmlFault::new(format!("CDATA outside the root ({} bytes)", data.len())));
                }
                Event::CData(data) => self.text(&data.into_inner())?,
                Event::GeneralRef(name) => {
                    if self.open.is_empty() {
                        return Err(XmlFault::new("a reference stands outside the root"));
                    }
                    let character = xml_text::reference(&name.into_inner())?;
                    self.text(character.encode_utf8(&mut [0; 4]))?;
                }
            }
        }
        if !self.open.is_empty() {
            return Err(XmlFault::new("the document ends inside an element"));
        }
        let root = self.root.ok_or_else(|| XmlFault::new("the document has no root element"))?;
        Ok((root, self.before, self.after))
    }

    fn count(&mut self) -> Result<(), XmlFault> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(XmlFault::new("the document has too many nodes"));
        }
        Ok(())
    }

    fn intern(&mut self, uri: &str) -> Arc<str> {
        if let Some(known) = self.interned.get(uri) {
            return known.clone();
        }
        let fresh: Arc<str> = uri.into();
        self.interned.insert(uri.to_owned(), fresh.clone());
        fresh
    }

    fn resolve(&self, prefix: &str) -> Option<Arc<str>> {
        self.scope.iter().rev().find(|(p, _)| p == prefix).map(|(_, uri)| uri.clone())
    }

    fn instruction(&mut self, target: &str, content: &str) -> Result<(), XmlFault> {
        self.count()?;
        if !xml_text::is_ncname(target) || target.eq_ignore_ascii_case("xml") {
            return Err(XmlFault::new("a processing instruction has a bad target"));
        }
        let content = content.trim_start();
        let whole = if content.is_empty() { target.to_owned() } else { format!("{target} {content}") };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Instruction(whole)),
            None if self.root.is_none() => self.before.push(whole),
            None => self.after.push(whole),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlFault> {
        let Some(parent) = self.open.last_mut() else {
            if text.chars().all(|c| matches!(c, ' ' | '\t' | '\n' | '\r')) {
                return Ok(());
            }
            return Err(XmlFault::new("text stands outside the root element"));
        };
        if let Some(Node::Text(last)) = parent.children.last_mut() {
            last.push_str(text);
            return Ok(());
        }
        parent.children.push(Node::Text(text.to_owned()));
        self.count()
    }

    fn start(&mut self, tag: &BytesStart<'_>, from: usize, to: usize) -> Result<(), XmlFault> {
        self.count()?;
        if self.open.len() >= MAX_DEPTH {
            return Err(XmlFault::new(format!("elements are nested deeper than {MAX_DEPTH}")));
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err(XmlFault::new("the document has more than one root element"));
        }
        self.marks.push(self.scope.len());
        let (prefix, local) = split_name(tag.name().into_inner())?;
        let mut raw = Vec::new();
        let mut declarations = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|e| XmlFault::new(format!("bad attribute: {e}")))?;
            if raw.len() + declarations.len() >= MAX_ATTRIBUTES {
                return Err(XmlFault::new("an element has too many attributes"));
            }
            let value = xml_text::attribute_value(&attribute.value)?;
            let (prefix, local) = split_name(attribute.key.into_inner())?;
            match (prefix, local) {
                ("", "xmlns") => self.declare("", &value, &mut declarations)?,
                ("xmlns", name) => self.declare(name, &value, &mut declarations)?,
                (prefix, local) => raw.push((prefix.to_owned(), local.to_owned(), value)),
            }
        }
        let namespace = match self.resolve(prefix) {
            Some(uri) => uri,
            None if prefix.is_empty() => self.intern(""),
            None => return Err(XmlFault::new(format!("prefix '{prefix}' is not declared"))),
        };
        let attributes = self.attributes(raw)?;
        self.open.push(Element {
            prefix: prefix.to_owned(),
            local: local.to_owned(),
            namespace,
            declarations,
            attributes,
            children: Vec::new(),
            span: from..to,
            content_start: to,
        });
        Ok(())
    }

    fn declare(
        &mut self,
        prefix: &str,
        uri: &str,
        declarations: &mut Vec<(String, Arc<str>)>,
    ) -> Result<(), XmlFault> {
        let reserved = prefix == "xmlns" || uri == XMLNS_NAMESPACE;
        let xml_misused = (prefix == "xml") != (uri == XML_NAMESPACE);
        if reserved || xml_misused || (!prefix.is_empty() && uri.is_empty()) {
            return Err(XmlFault::new(format!("namespace declaration of '{prefix}' is not allowed")));
        }
        if self.scope.len() >= MAX_DECLARATIONS {
            return Err(XmlFault::new("too many namespace declarations are in scope"));
        }
        let uri = self.intern(uri);
        self.scope.push((prefix.to_owned(), uri.clone()));
        declarations.push((prefix.to_owned(), uri));
        Ok(())
    }

    fn attributes(&mut self, raw: Vec<(String, String, String)>) -> Result<Vec<Attribute>, XmlFault> {
        let mut attributes: Vec<Attribute> = Vec::with_capacity(raw.len());
        for (prefix, local, value) in raw {
            let namespace = if prefix.is_empty() {
                self.intern("")
            } else {
                let missing = || XmlFault::new(format!("prefix '{prefix}' is not declared"));
                self.resolve(&prefix).ok_or_else(missing)?
            };
            if attributes.iter().any(|a| a.local == local && a.namespace == namespace) {
                return Err(XmlFault::new(format!("attribute '{local}' stands twice")));
            }
            attributes.push(Attribute { prefix, local, namespace, value });
        }
        Ok(attributes)
    }

    fn end(&mut self, to: usize) -> Result<(), XmlFault> {
        let mut element = self.open.pop().ok_or_else(|| XmlFault::new("an end tag has no start tag"))?;
        if let Some(mark) = self.marks.pop() {
            self.scope.truncate(mark);
        }
        element.span.end = to;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
        Ok(())
    }
}

fn position(at: u64) -> usize {
    // The input is at most 10 MB, so every position fits.
    usize::try_from(at).unwrap_or(usize::MAX)
}

fn split_name(name: &str) -> Result<(&str, &str), XmlFault> {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    let good = xml_text::is_ncname(local) && (!name.contains(':') || xml_text::is_ncname(prefix));
    if good { Ok((prefix, local)) } else { Err(XmlFault::new(format!("'{name}' is not a name"))) }
}
