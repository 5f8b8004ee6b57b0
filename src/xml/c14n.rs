//! Canonical forms without comments: inclusive (C14N 1.0, and 1.1, which is the
//! same for a whole document) and exclusive (without a prefix list).

use std::collections::{HashMap, HashSet};

use super::dom::{Attribute, Content, Dom, Node};
use super::uri;

/// A namespace URI without a scheme, for which C14N (section 1.3) has no form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line}: the namespace of a prefix has no scheme; give it a full URI before hashing the document"
)]
pub struct Uncanonical {
    /// Line of the element that declares it.
    pub line: u32,
}

/// The inclusive canonical form of the document element without the subtrees
/// that `cut` chooses; text that follows a cut subtree stays. What stands outside
/// the document element is not part of it.
///
/// # Errors
/// A relative namespace URI outside the cut subtrees.
pub fn inclusive(dom: &Dom, cut: impl Fn(Node<'_>) -> bool) -> Result<Vec<u8>, Uncanonical> {
    Writer { out: Vec::with_capacity(dom.source.len()), scope: Scope::default(), exclusive: false }
        .subtree(dom.root(), cut)
}

/// The exclusive canonical form of an element, without the text after it.
///
/// # Errors
/// A relative namespace URI that is declared inside it or in force around it.
pub fn exclusive(node: Node<'_>) -> Result<Vec<u8>, Uncanonical> {
    // A declaration further in hides those of the same prefix around it.
    let mut hidden = HashSet::new();
    for around in std::iter::successors(Some(node), |node| node.parent()) {
        let in_force = around.declarations().filter(|(prefix, _)| hidden.insert(*prefix));
        if in_force.map(|(_, uri)| uri).any(is_relative) {
            return Err(Uncanonical { line: around.line() });
        }
    }
    Writer { out: Vec::new(), scope: Scope::default(), exclusive: true }.subtree(node, |_| false)
}

/// The declarations that were written and are in force, to leave out repeated ones.
#[derive(Default)]
struct Scope<'d> {
    uris: HashMap<&'d str, Vec<&'d str>>,
    order: Vec<&'d str>,
}

impl<'d> Scope<'d> {
    /// Whether the declaration says something new here.
    fn is_new(&self, prefix: &str, uri: &str) -> bool {
        self.uris.get(prefix).and_then(|uris| uris.last()).copied().unwrap_or("") != uri
    }

    fn add(&mut self, prefix: &'d str, uri: &'d str) {
        self.uris.entry(prefix).or_default().push(uri);
        self.order.push(prefix);
    }

    fn back_to(&mut self, len: usize) {
        while self.order.len() > len {
            if let Some(uris) = self.order.pop().and_then(|prefix| self.uris.get_mut(prefix)) {
                uris.pop();
            }
        }
    }
}

struct Writer<'d> {
    out: Vec<u8>,
    scope: Scope<'d>,
    exclusive: bool,
}

impl<'d> Writer<'d> {
    fn subtree(mut self, top: Node<'d>, cut: impl Fn(Node<'_>) -> bool) -> Result<Vec<u8>, Uncanonical> {
        if cut(top) {
            return Ok(self.out);
        }
        let mut open = vec![(top, 0, self.start(top)?)];
        while let Some((node, scope, contents)) = open.last_mut() {
            match contents.next() {
                Some(Content::Element(inner)) => {
                    if !cut(inner) {
                        let before = self.scope.order.len();
                        let contents = self.start(inner)?;
                        open.push((inner, before, contents));
                    }
                }
                Some(Content::Text(text)) => escape(&mut self.out, text, in_text),
                Some(Content::Comment(_)) => {}
                Some(Content::Instruction { target, data }) => self.instruction(target, data),
                None => {
                    self.put(&["</", node.qualified_name(), ">"]);
                    self.scope.back_to(*scope);
                    open.pop();
                }
            }
        }
        Ok(self.out)
    }

    fn put(&mut self, words: &[&str]) {
        for word in words {
            self.out.extend_from_slice(word.as_bytes());
        }
    }

    /// Writes the start tag and gives what is inside.
    fn start(&mut self, node: Node<'d>) -> Result<impl Iterator<Item = Content<'d>> + use<'d>, Uncanonical> {
        self.put(&["<", node.qualified_name()]);
        let mut attributes: Vec<Attribute<'d>> = node.attributes().collect();
        for (prefix, uri) in self.declarations(node, &attributes)? {
            match prefix {
                "" => self.put(&[" xmlns=\""]),
                prefix => self.put(&[" xmlns:", prefix, "=\""]),
            }
            escape(&mut self.out, uri, in_value);
            self.put(&["\""]);
            self.scope.add(prefix, uri);
        }
        attributes.sort_unstable_by_key(|attribute| (attribute.uri, attribute.name));
        for attribute in attributes {
            match attribute.prefix {
                "" => self.put(&[" ", attribute.name, "=\""]),
                prefix => self.put(&[" ", prefix, ":", attribute.name, "=\""]),
            }
            escape(&mut self.out, attribute.value, in_value);
            self.put(&["\""]);
        }
        self.put(&[">"]);
        Ok(node.contents())
    }

    /// What has to be declared here, sorted by prefix: inclusive what the document
    /// declares, exclusive what the names of this tag use.
    fn declarations(
        &self,
        node: Node<'d>,
        attributes: &[Attribute<'d>],
    ) -> Result<Vec<(&'d str, &'d str)>, Uncanonical> {
        node.canonical_namespaces()?;
        let mut needed: Vec<(&str, &str)> = if self.exclusive {
            let used = attributes.iter().filter(|one| !one.prefix.is_empty() && one.prefix != "xml");
            let used = used.map(|one| (one.prefix, one.uri));
            used.chain((node.prefix() != "xml").then(|| (node.prefix(), node.namespace_uri()))).collect()
        } else {
            node.declarations().collect()
        };
        needed.retain(|(prefix, uri)| self.scope.is_new(prefix, uri));
        needed.sort_unstable();
        needed.dedup();
        Ok(needed)
    }

    fn instruction(&mut self, target: &str, data: &str) {
        self.put(&["<?", target]);
        if !data.is_empty() {
            self.put(&[" ", data]);
        }
        self.put(&["?>"]);
    }
}

impl<'d> Node<'d> {
    /// Prefix and URI of each declaration on this tag.
    fn declarations(self) -> impl Iterator<Item = (&'d str, &'d str)> + use<'d> {
        let dom = self.dom;
        self.own_declarations().iter().map(move |one| (dom.slice(one.prefix), dom.uri(one.uri)))
    }

    fn canonical_namespaces(self) -> Result<(), Uncanonical> {
        if self.declarations().any(|(_, uri)| is_relative(uri)) {
            Err(Uncanonical { line: self.line() })
        } else {
            Ok(())
        }
    }
}

fn is_relative(uri: &str) -> bool {
    !uri.is_empty() && !uri::is_absolute(uri)
}

fn in_text(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    }
}

fn in_value(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    }
}

fn escape(out: &mut Vec<u8>, text: &str, special: impl Fn(u8) -> Option<&'static str>) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| special(*byte).is_some()) {
        let (plain, marked) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((first, after)) = marked.split_first() else { break };
        out.extend_from_slice(special(*first).unwrap_or_default().as_bytes());
        rest = after;
    }
    out.extend_from_slice(rest);
}
