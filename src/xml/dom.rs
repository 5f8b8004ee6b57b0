//! A document as a tree: nodes in document order in one arena, so that a
//! subtree is a range and no walk needs recursion.

use std::borrow::Cow;

use super::namespace::Ns;

/// A piece of text, in the source or (beyond its end) in the decoded pool.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Span {
    pub at: u32,
    pub len: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Element,
    Text,
    Comment,
    Instruction,
}

/// One node. `span` is an element's qualified name, a text, or a target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub kind: Kind,
    pub parent: u32,
    /// The id after the last of the subtree.
    pub end: u32,
    pub line: u32,
    pub span: Span,
    /// Index of the element's details or of the instruction's data.
    pub extra: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub ns: Ns,
    pub uri: u32,
    /// Bytes of the prefix, without the colon.
    pub prefix: u32,
    pub attributes: (u32, u32),
    pub declarations: (u32, u32),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Attr {
    pub ns: Ns,
    pub uri: u32,
    pub name: Span,
    pub prefix: u32,
    pub value: Span,
}

/// `xmlns` or `xmlns:prefix` of an element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Declaration {
    pub prefix: Span,
    pub uri: u32,
}

/// A document that has been read. See [`Dom::parse`].
#[derive(Clone)]
pub struct Dom {
    pub(super) source: String,
    pub(super) pool: String,
    pub(super) nodes: Vec<Entry>,
    pub(super) elements: Vec<Element>,
    pub(super) attributes: Vec<Attr>,
    pub(super) declarations: Vec<Declaration>,
    pub(super) instructions: Vec<Span>,
    pub(super) uris: Vec<String>,
    pub(super) mark: bool,
}

/// Does not print the document, which may hold a customer's name.
impl std::fmt::Debug for Dom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dom({} nodes)", self.nodes.len())
    }
}

impl Dom {
    /// The document element.
    pub fn root(&self) -> Node<'_> {
        Node { dom: self, id: 0 }
    }

    /// Whether the document began with a byte order mark, which earns a warning (XML-BOM).
    pub fn has_byte_order_mark(&self) -> bool {
        self.mark
    }

    pub(super) fn slice(&self, span: Span) -> &str {
        slice(&self.source, &self.pool, span)
    }

    pub(super) fn uri(&self, index: u32) -> &str {
        self.uris.get(index as usize).map_or("", String::as_str)
    }
}

/// Spans are made by the parser and lie inside; a wrong one would be empty.
pub(super) fn slice<'a>(source: &'a str, pool: &'a str, span: Span) -> &'a str {
    let (at, len) = (span.at as usize, span.len as usize);
    match at.checked_sub(source.len()) {
        Some(at) => pool.get(at..at + len).unwrap_or(""),
        None => source.get(at..at + len).unwrap_or(""),
    }
}

/// An element of a document.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    pub(super) dom: &'d Dom,
    pub(super) id: u32,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.dom, other.dom) && self.id == other.id
    }
}

impl Eq for Node<'_> {}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{}> in line {}", self.qualified_name(), self.line())
    }
}

/// An attribute; declarations of namespaces are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'d> {
    /// Local name.
    pub name: &'d str,
    /// Prefix as written; empty if there is none.
    pub prefix: &'d str,
    /// Namespace; `None` without a prefix.
    pub ns: Ns,
    /// URI of the namespace.
    pub uri: &'d str,
    /// Value, normalised as the XML specification says.
    pub value: &'d str,
}

/// What stands inside an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'d> {
    /// An element.
    Element(Node<'d>),
    /// Character data, references resolved and CDATA sections included.
    Text(&'d str),
    /// A comment.
    Comment(&'d str),
    /// A processing instruction.
    Instruction {
        /// The name after `<?`.
        target: &'d str,
        /// What follows the name and the space after it.
        data: &'d str,
    },
}

impl<'d> Node<'d> {
    // The two look-ups cannot miss: a Node is only made for an element of its Dom.
    fn entry(self) -> &'d Entry {
        &self.dom.nodes[self.id as usize]
    }

    fn element(self) -> &'d Element {
        &self.dom.elements[self.entry().extra as usize]
    }

    /// Its place in document order, unique in the document; good as a key.
    pub fn id(self) -> u32 {
        self.id
    }

    /// Prefix and local name as written.
    pub fn qualified_name(self) -> &'d str {
        self.dom.slice(self.entry().span)
    }

    /// Local name.
    pub fn name(self) -> &'d str {
        local(self.qualified_name(), self.element().prefix)
    }

    /// Prefix as written; empty if there is none.
    pub fn prefix(self) -> &'d str {
        self.qualified_name().get(..self.element().prefix as usize).unwrap_or("")
    }

    /// Namespace.
    pub fn namespace(self) -> Ns {
        self.element().ns
    }

    /// URI of the namespace; empty if it is in none.
    pub fn namespace_uri(self) -> &'d str {
        self.dom.uri(self.element().uri)
    }

    /// Whether it has this namespace and local name.
    pub fn is(self, ns: Ns, local: &str) -> bool {
        self.namespace() == ns && self.name() == local
    }

    /// Line of its start tag, from 1.
    pub fn line(self) -> u32 {
        self.entry().line
    }

    /// The element around it; none for the document element.
    pub fn parent(self) -> Option<Node<'d>> {
        (self.id != 0).then(|| Node { dom: self.dom, id: self.entry().parent })
    }

    /// Everything directly inside it, in order.
    pub fn contents(self) -> impl Iterator<Item = Content<'d>> + use<'d> {
        let end = self.entry().end;
        let first = (self.id + 1 < end).then_some(self.id + 1);
        let next = move |id: &u32| Some(self.dom.nodes[*id as usize].end).filter(|id| *id < end);
        std::iter::successors(first, next).map(move |id| self.dom.content(id))
    }

    /// The elements directly inside it, in order.
    pub fn children(self) -> impl Iterator<Item = Node<'d>> + use<'d> {
        self.contents().filter_map(|content| match content {
            Content::Element(node) => Some(node),
            _ => None,
        })
    }

    /// The first element directly inside it with this name.
    pub fn child(self, ns: Ns, local: &str) -> Option<Node<'d>> {
        self.children().find(|node| node.is(ns, local))
    }

    /// All elements directly inside it with this name.
    pub fn all<'n>(self, ns: Ns, local: &'n str) -> impl Iterator<Item = Node<'d>> + use<'d, 'n> {
        self.children().filter(move |node| node.is(ns, local))
    }

    /// All elements inside it at any depth, in document order, without itself.
    pub fn descendants(self) -> impl Iterator<Item = Node<'d>> + use<'d> {
        let dom = self.dom;
        let elements = |id: &u32| dom.nodes[*id as usize].kind == Kind::Element;
        (self.id + 1..self.entry().end).filter(elements).map(move |id| Node { dom, id })
    }

    /// Whether it lies inside the other, or is it.
    pub fn is_within(self, other: Node<'_>) -> bool {
        (other.id..other.entry().end).contains(&self.id)
    }

    /// Its attributes in the order of the document.
    pub fn attributes(self) -> impl Iterator<Item = Attribute<'d>> + use<'d> {
        let (from, to) = self.element().attributes;
        let found = self.dom.attributes.get(from as usize..to as usize).unwrap_or_default();
        found.iter().map(move |attr| self.dom.attribute(attr))
    }

    /// The value of the attribute of this name without namespace.
    pub fn attribute(self, local: &str) -> Option<&'d str> {
        self.attributes().find(|found| found.ns == Ns::None && found.name == local).map(|found| found.value)
    }

    pub(super) fn own_declarations(self) -> &'d [Declaration] {
        let (from, to) = self.element().declarations;
        self.dom.declarations.get(from as usize..to as usize).unwrap_or_default()
    }

    /// The URI that the prefix stands for here (`""` asks for the default
    /// namespace); none if it is not declared.
    pub fn resolve(self, prefix: &str) -> Option<&'d str> {
        if prefix == "xml" {
            return Some(Ns::Xml.uri());
        }
        std::iter::successors(Some(self), |node| node.parent()).find_map(|node| {
            node.own_declarations()
                .iter()
                .find(|one| self.dom.slice(one.prefix) == prefix)
                .map(|one| self.dom.uri(one.uri))
        })
    }

    /// Its own character data, joined; that of elements inside is left out.
    pub fn text(self) -> Cow<'d, str> {
        join(self.contents().filter_map(|content| match content {
            Content::Text(text) => Some(text),
            _ => None,
        }))
    }

    /// The character data before the first element, comment or instruction inside it.
    pub fn leading_text(self) -> &'d str {
        match self.contents().next() {
            Some(Content::Text(text)) => text,
            _ => "",
        }
    }

    /// All character data inside it at any depth: what XPath calls its string value.
    pub fn string(self) -> Cow<'d, str> {
        let inside = self.dom.nodes.get(self.id as usize..self.entry().end as usize).unwrap_or_default();
        let texts = inside.iter().filter(|entry| entry.kind == Kind::Text);
        join(texts.map(|entry| self.dom.slice(entry.span)))
    }

    /// Its place as people read it: `/Invoice/cac:InvoiceLine[2]/cbc:ID`. A number
    /// stands where several elements of one name lie side by side.
    pub fn path(self) -> String {
        let mut steps: Vec<Node<'d>> = std::iter::successors(Some(self), |node| node.parent()).collect();
        steps.reverse();
        let mut path = String::new();
        for node in steps {
            path.push('/');
            path.push_str(&node.step());
        }
        path
    }

    fn step(self) -> String {
        let usual = self.namespace().usual_prefix();
        let label = match usual {
            "" => self.name().to_owned(),
            prefix => format!("{prefix}:{}", self.name()),
        };
        let Some(parent) = self.parent() else { return label };
        let same =
            |node: &Node<'d>| node.name() == self.name() && node.namespace_uri() == self.namespace_uri();
        let before = parent.children().take_while(|node| node.id < self.id).filter(same).count();
        let more = before > 0 || parent.children().filter(same).nth(1).is_some();
        if more { format!("{label}[{}]", before + 1) } else { label }
    }
}

impl Dom {
    fn content(&self, id: u32) -> Content<'_> {
        let entry = &self.nodes[id as usize];
        let words = self.slice(entry.span);
        match entry.kind {
            Kind::Element => Content::Element(Node { dom: self, id }),
            Kind::Text => Content::Text(words),
            Kind::Comment => Content::Comment(words),
            Kind::Instruction => {
                let data = self.instructions.get(entry.extra as usize);
                Content::Instruction { target: words, data: data.map_or("", |span| self.slice(*span)) }
            }
        }
    }

    pub(super) fn attribute(&self, attr: &Attr) -> Attribute<'_> {
        let name = self.slice(attr.name);
        Attribute {
            name: local(name, attr.prefix),
            prefix: name.get(..attr.prefix as usize).unwrap_or(""),
            ns: attr.ns,
            uri: self.uri(attr.uri),
            value: self.slice(attr.value),
        }
    }
}

/// The name without its prefix of so many bytes and the colon after that.
fn local(name: &str, prefix: u32) -> &str {
    if prefix == 0 { name } else { name.get(prefix as usize + 1..).unwrap_or("") }
}

fn join<'d>(mut texts: impl Iterator<Item = &'d str>) -> Cow<'d, str> {
    let Some(first) = texts.next() else { return Cow::Borrowed("") };
    let Some(second) = texts.next() else { return Cow::Borrowed(first) };
    let mut whole = format!("{first}{second}");
    whole.extend(texts);
    Cow::Owned(whole)
}
