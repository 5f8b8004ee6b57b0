//! Start and end tags: attributes, namespaces, and what may not stand twice.

use super::chars::is_ncname;
use super::dom::{Attr, Declaration, Element, Kind, Span, slice};
use super::error::Fault;
use super::namespace::{Ns, XML_URI, XMLNS_URI};
use super::parse::{Open, Parser};
use super::scan::span;
use super::{MAX_ATTRIBUTES, MAX_DEPTH, uri};

/// An attribute as written, before its prefix is resolved.
#[derive(Clone, Copy)]
pub(super) struct Raw {
    name: Span,
    /// Bytes of the prefix.
    prefix: usize,
    value: Span,
}

impl<'s> Parser<'s> {
    /// A tag that begins with the `<` that stands here.
    pub fn start_tag(&mut self) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Fault::Depth);
        }
        let scope = self.declared.len();
        let id = self.nodes.len() as u32;
        self.scan.at += 1;
        let (name, prefix) = self.scan.qname()?;
        self.push(Kind::Element, name, self.elements.len() as u32)?;
        let empty = self.read_attributes()?;
        self.element(name, prefix)?;
        if empty {
            self.leave_scope(scope);
        } else {
            self.open.push(Open { id, name, scope });
        }
        Ok(())
    }

    /// Reads up to the end of the tag; whether that was `/>`.
    fn read_attributes(&mut self) -> Result<bool, Fault> {
        self.raw.clear();
        loop {
            let spaced = self.scan.space();
            match self.scan.peek() {
                Some(b'>') => {
                    self.scan.at += 1;
                    return Ok(false);
                }
                Some(b'/') => return if self.scan.eat("/>") { Ok(true) } else { Err(Fault::Tag) },
                Some(_) if spaced => self.read_attribute()?,
                _ => return Err(Fault::Tag),
            }
        }
    }

    fn read_attribute(&mut self) -> Result<(), Fault> {
        if self.raw.len() >= MAX_ATTRIBUTES {
            return Err(Fault::Attributes);
        }
        let (name, prefix) = self.scan.qname()?;
        self.scan.space();
        if !self.scan.eat("=") {
            return Err(Fault::AttributeForm);
        }
        self.scan.space();
        let start = self.scan.at + 1;
        let words = self.scan.quoted().ok_or(Fault::AttributeForm)?;
        if words.contains('<') {
            return Err(Fault::LessThan);
        }
        let value = if words.bytes().any(|byte| matches!(byte, b'&' | b'\r' | b'\n' | b'\t')) {
            let start = self.pool_end();
            self.resolve(words, true)?;
            span(start, self.pool_end())
        } else {
            span(start, start + words.len())
        };
        self.raw.push(Raw { name, prefix, value });
        Ok(())
    }

    /// Declarations first, since they hold for the tag that carries them.
    fn element(&mut self, name: Span, prefix: usize) -> Result<(), Fault> {
        let raw = std::mem::take(&mut self.raw);
        let declarations = self.declarations.len() as u32;
        for one in &raw {
            if let Some(prefix) = self.declared_prefix(one) {
                self.declare(prefix, one.value)?;
            }
        }
        let attributes = self.attributes.len() as u32;
        for one in &raw {
            if self.declared_prefix(one).is_none() {
                self.attribute(one)?;
            }
        }
        self.no_doubles(attributes as usize, declarations as usize)?;
        let uri = self.prefixed(name, prefix)?;
        self.elements.push(Element {
            ns: self.ns(uri),
            uri,
            prefix: prefix as u32,
            attributes: (attributes, self.attributes.len() as u32),
            declarations: (declarations, self.declarations.len() as u32),
        });
        self.raw = raw;
        Ok(())
    }

    /// The prefix that this attribute declares, if it is a declaration.
    fn declared_prefix(&self, raw: &Raw) -> Option<Span> {
        let name = self.source(raw.name);
        match name.strip_prefix("xmlns") {
            Some("") => Some(Span::default()),
            Some(rest) if rest.starts_with(':') => Some(span(raw.name.at as usize + 6, end(raw.name))),
            _ => None,
        }
    }

    /// The rules of Namespaces in XML 1.0, section 3.
    fn declare(&mut self, prefix: Span, value: Span) -> Result<(), Fault> {
        let name = self.source(prefix);
        let uri = slice(self.scan.source, &self.pool, value).to_owned();
        if name == "xml" && uri == XML_URI {
            return Ok(());
        }
        let reserved = name == "xml" || name == "xmlns" || uri == XML_URI || uri == XMLNS_URI;
        let empty = uri.is_empty() && !name.is_empty();
        if reserved || empty || !uri::is_reference(&uri) {
            return Err(Fault::Namespace(uri));
        }
        let index = self.intern(uri);
        self.declarations.push(Declaration { prefix, uri: index });
        self.scope.entry(name).or_default().push(index);
        self.declared.push(name);
        Ok(())
    }

    fn intern(&mut self, uri: String) -> u32 {
        if let Some(index) = self.uri_index.get(&uri) {
            return *index;
        }
        let index = self.uris.len() as u32;
        self.uris.push((uri.clone(), Ns::of(&uri)));
        self.uri_index.insert(uri, index);
        index
    }

    fn ns(&self, uri: u32) -> Ns {
        self.uris.get(uri as usize).map_or(Ns::Other, |(_, ns)| *ns)
    }

    fn attribute(&mut self, raw: &Raw) -> Result<(), Fault> {
        let uri = if raw.prefix == 0 { 0 } else { self.prefixed(raw.name, raw.prefix)? };
        let ns = self.ns(uri);
        if ns == Ns::Xml && self.source(raw.name) == "xml:id" {
            let value = slice(self.scan.source, &self.pool, raw.value);
            let value = value.trim_matches([' ', '\t', '\n', '\r']).to_owned();
            if !is_ncname(&value) || !self.ids.insert(value) {
                return Err(Fault::Id);
            }
        }
        self.attributes.push(Attr { ns, uri, name: raw.name, prefix: raw.prefix as u32, value: raw.value });
        Ok(())
    }

    /// The URI of a name's prefix; without a prefix, the default namespace.
    fn prefixed(&self, name: Span, prefix: usize) -> Result<u32, Fault> {
        let prefix = self.source(Span { at: name.at, len: prefix as u32 });
        match self.scope.get(prefix).and_then(|uris| uris.last()) {
            Some(uri) => Ok(*uri),
            None if prefix.is_empty() => Ok(0),
            None => Err(Fault::Prefix(prefix.to_owned())),
        }
    }

    /// No two attributes of one tag may have the same namespace and local name,
    /// and no two declarations the same prefix.
    fn no_doubles(&self, attributes: usize, declarations: usize) -> Result<(), Fault> {
        let attributes = self.attributes.get(attributes..).unwrap_or_default();
        let declarations = self.declarations.get(declarations..).unwrap_or_default();
        if attributes.len() + declarations.len() < 2 {
            return Ok(());
        }
        let local = |attr: &Attr| {
            let skip = if attr.prefix == 0 { 0 } else { attr.prefix + 1 };
            self.source(Span { at: attr.name.at + skip, len: attr.name.len - skip })
        };
        let mut names: Vec<(u32, &str)> = attributes.iter().map(|attr| (attr.uri, local(attr))).collect();
        names.extend(declarations.iter().map(|one| (u32::MAX, self.source(one.prefix))));
        names.sort_unstable();
        match names.windows(2).find(|pair| pair.first() == pair.last()) {
            Some(pair) => Err(Fault::AttributeTwice(pair.first().map_or("", |(_, name)| name).to_owned())),
            None => Ok(()),
        }
    }

    /// A tag whose `</` has been passed.
    pub fn end_tag(&mut self) -> Result<(), Fault> {
        let Some(open) = self.open.pop() else { return Err(Fault::Tag) };
        let name = self.source(open.name);
        let (found, _) = self.scan.qname()?;
        let found = self.source(found);
        if found != name {
            return Err(Fault::EndTag { open: name.to_owned(), found: found.to_owned() });
        }
        self.scan.space();
        if !self.scan.eat(">") {
            return Err(Fault::Tag);
        }
        let end = self.nodes.len() as u32;
        if let Some(entry) = self.nodes.get_mut(open.id as usize) {
            entry.end = end;
        }
        self.leave_scope(open.scope);
        Ok(())
    }

    /// Takes back the declarations beyond the first so many.
    fn leave_scope(&mut self, scope: usize) {
        while self.declared.len() > scope {
            if let Some(uris) = self.declared.pop().and_then(|prefix| self.scope.get_mut(prefix)) {
                uris.pop();
            }
        }
    }

    /// A piece of the source; names are never decoded.
    fn source(&self, part: Span) -> &'s str {
        slice(self.scan.source, "", part)
    }
}

fn end(part: Span) -> usize {
    part.at as usize + part.len as usize
}
