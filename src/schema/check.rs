//! Compares a document with the table, element by element, without recursion.

use std::collections::HashSet;

use super::finding::{Structure, Wrong};
use super::model::{Content, Declared, Simple, Type};
use super::value::fits;
use super::walk::{Step, Walk, name};
use crate::xml::{Attribute, Content as Inside, Dom, Node, Ns};

/// More findings than this help nobody.
const MAX_FINDINGS: usize = 50;

const SCHEMA_URI: &str = "http://www.w3.org/2001/XMLSchema";

/// Where the structure is not that of a UBL 2.1 document; nothing if it is valid.
/// At most fifty findings, in the order of the document's end tags.
pub fn check(dom: &Dom) -> Vec<Structure> {
    let mut checker = Checker { found: Vec::new(), ids: None, dom };
    checker.document();
    checker.found
}

/// How an element is checked.
#[derive(Clone, Copy)]
enum How {
    /// By a type of the table.
    Typed(Type),
    /// As a bare value of a built-in type.
    Value(Simple),
    /// Unknown and welcome; only known elements inside are checked.
    Lax,
    /// Not at all, since it has been reported itself.
    Skip,
}

struct Checker<'d> {
    found: Vec<Structure>,
    /// The Ids so far, with those that `xml:id` has given.
    ids: Option<HashSet<&'d str>>,
    dom: &'d Dom,
}

impl<'d> Checker<'d> {
    fn document(&mut self) {
        let root = self.dom.root();
        let Some(element) = Declared::global(root.namespace(), root.name()) else {
            return self.report(root, Wrong::Root { found: name(root) });
        };
        let first = self.enter(root, Some(element), false);
        let mut open = vec![(root, root.children(), first)];
        while let Some((node, children, walk)) = open.last_mut() {
            if self.found.len() >= MAX_FINDINGS {
                return;
            }
            let node = *node;
            match children.next() {
                Some(child) => {
                    if let Some(walk) = self.child(node, walk, child) {
                        open.push((child, child.children(), walk));
                    }
                }
                None => {
                    walk.end(|wrong| self.report(node, wrong));
                    open.pop();
                }
            }
        }
    }

    fn report(&mut self, node: Node<'_>, wrong: Wrong) {
        if self.found.len() < MAX_FINDINGS {
            self.found.push(Structure { line: node.line(), path: node.path(), wrong });
        }
    }

    /// How to go on inside the child; none if there is nothing to check inside.
    fn child(&mut self, parent: Node<'d>, walk: &mut Walk, child: Node<'d>) -> Option<Walk> {
        let global = Declared::global(child.namespace(), child.name());
        let step = walk.step(child, global, |wrong| {
            // What is missing belongs to the parent, all else to the child.
            let at = if matches!(wrong, Wrong::Missing { .. }) { parent } else { child };
            self.report(at, wrong);
        });
        match step {
            Some(Step::As(element)) => Some(self.enter(child, Some(element), false)),
            Some(Step::Lax) => Some(self.enter(child, global, true)),
            Some(Step::Strict) if global.is_some() => Some(self.enter(child, global, false)),
            Some(Step::Strict) => {
                self.report(child, Wrong::Unknown { found: name(child) });
                None
            }
            None => global.map(|element| self.enter(child, Some(element), false)),
        }
    }

    /// Checks attributes and text of an element.
    fn enter(&mut self, node: Node<'d>, element: Option<Declared>, lax: bool) -> Walk {
        let how = match (self.stated_type(node, element), element) {
            (Some(how), _) => how,
            (None, Some(element)) => How::Typed(element.kind()),
            (None, None) if lax => How::Lax,
            (None, None) => How::Skip,
        };
        if element.is_some() && node.attributes().any(|one| one.ns == Ns::Xsi && one.name == "nil") {
            self.report(node, Wrong::Nil);
        }
        match how {
            How::Lax | How::Skip => Walk::Any,
            How::Value(form) => {
                self.attributes(node, &[]);
                self.value(node, form);
                Walk::Closed
            }
            How::Typed(kind) => {
                if kind.content() != Content::Any {
                    self.attributes(node, kind.attributes());
                }
                match kind.content() {
                    Content::Simple(form) => self.value(node, form),
                    Content::Any => {}
                    Content::Empty => self.no_text(node, true),
                    _ if !kind.is_mixed() => self.no_text(node, false),
                    _ => {}
                }
                Walk::new(kind)
            }
        }
    }

    fn value(&mut self, node: Node<'d>, form: Simple) {
        let text = node.text();
        if form != Simple::Text && !fits(form, &text) {
            self.report(node, Wrong::Value { form, found: text.into_owned() });
        }
    }

    fn no_text(&mut self, node: Node<'d>, empty: bool) {
        let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r');
        let wrong = node.contents().find_map(|inside| match inside {
            Inside::Text(text) if empty || !text.trim_matches(space).is_empty() => Some(text),
            _ => None,
        });
        if let Some(text) = wrong {
            self.report(node, Wrong::Text { found: text.trim_matches(space).to_owned() });
        }
    }

    fn attributes(&mut self, node: Node<'d>, known: &[(super::model::Name, Simple, bool)]) {
        for one in node.attributes().filter(|one| !is_for_processors(one)) {
            let row = known.iter().find(|(name, _, _)| one.ns == Ns::None && name.text() == one.name);
            match row {
                Some((_, form, _)) => self.attribute(node, &one, *form),
                None => {
                    let prefix = if one.prefix.is_empty() { "" } else { ":" };
                    let name = format!("{}{prefix}{}", one.prefix, one.name);
                    self.report(node, Wrong::UnknownAttribute { name });
                }
            }
        }
        for (name, _, required) in known {
            if *required && node.attribute(name.text()).is_none() {
                self.report(node, Wrong::MissingAttribute { name: name.text().to_owned() });
            }
        }
    }

    fn attribute(&mut self, node: Node<'d>, one: &Attribute<'d>, form: Simple) {
        if !fits(form, one.value) {
            let (name, found) = (one.name.to_owned(), one.value.to_owned());
            return self.report(node, Wrong::AttributeValue { name, form, found });
        }
        if form == Simple::Id && !self.is_new_id(one.value.trim_matches([' ', '\t', '\n', '\r'])) {
            self.report(node, Wrong::DoubleId { found: one.value.to_owned() });
        }
    }

    fn is_new_id(&mut self, id: &'d str) -> bool {
        let dom = self.dom;
        let all = || {
            let nodes = std::iter::once(dom.root()).chain(dom.root().descendants());
            let ids = nodes.flat_map(|node| node.attributes().filter(|one| one.ns == Ns::Xml));
            ids.filter(|one| one.name == "id")
                .map(|one| one.value.trim_matches([' ', '\t', '\n', '\r']))
                .collect()
        };
        self.ids.get_or_insert_with(all).insert(id)
    }

    /// What an `xsi:type` asks for, if there is one. It may name the element's own
    /// type or one that is derived from it.
    fn stated_type(&mut self, node: Node<'d>, element: Option<Declared>) -> Option<How> {
        let stated = node.attributes().find(|one| one.ns == Ns::Xsi && one.name == "type")?;
        let (prefix, local) = stated.value.split_once(':').unwrap_or(("", stated.value));
        let uri = node.resolve(prefix).or((prefix.is_empty()).then_some(""));
        let named = uri.and_then(|uri| type_named(uri, local));
        let allowed = named.filter(|named| element.is_none_or(|element| may_stand_for(*named, element)));
        if allowed.is_none() {
            self.report(node, Wrong::Type { found: stated.value.to_owned() });
        }
        Some(match (allowed, element) {
            (Some(Named::Own(element)), _) => How::Typed(element.kind()),
            (Some(Named::Builtin(form)), _) => How::Value(form),
            (Some(Named::Anything), _) => How::Lax,
            (None, Some(element)) => How::Typed(element.kind()),
            (None, None) => How::Skip,
        })
    }
}

/// `xsi:` attributes speak to processors and may stand on every element.
fn is_for_processors(one: &Attribute<'_>) -> bool {
    one.ns == Ns::Xsi && matches!(one.name, "type" | "nil" | "schemaLocation" | "noNamespaceSchemaLocation")
}

/// A type by its name.
#[derive(Clone, Copy)]
enum Named {
    /// The type of this element, which is called as the element and `Type`.
    Own(Declared),
    /// One that XML Schema has itself.
    Builtin(Simple),
    /// `xs:anyType`.
    Anything,
}

fn type_named(uri: &str, local: &str) -> Option<Named> {
    if uri != SCHEMA_URI {
        return Declared::global(Ns::of(uri), local.strip_suffix("Type")?).map(Named::Own);
    }
    Some(match local {
        "anyType" => Named::Anything,
        "string" | "normalizedString" | "token" => Named::Builtin(Simple::Text),
        "language" => Named::Builtin(Simple::Language),
        "anyURI" => Named::Builtin(Simple::Uri),
        "ID" => Named::Builtin(Simple::Id),
        "base64Binary" => Named::Builtin(Simple::Base64),
        "boolean" => Named::Builtin(Simple::Boolean),
        "date" => Named::Builtin(Simple::Date),
        "time" => Named::Builtin(Simple::Time),
        "dateTime" => Named::Builtin(Simple::DateTime),
        "decimal" => Named::Builtin(Simple::Decimal),
        "integer" => Named::Builtin(Simple::Integer),
        _ => return None,
    })
}

fn may_stand_for(named: Named, element: Declared) -> bool {
    let kind = element.kind();
    if kind.content() == Content::Any {
        return true;
    }
    match (named, kind.content()) {
        (Named::Own(other), _) => other == element,
        (Named::Builtin(form), Content::Simple(own)) if kind.attributes().is_empty() => {
            let narrower = matches!(
                (own, form),
                (Simple::Text, Simple::Language | Simple::Id) | (Simple::Decimal, Simple::Integer)
            );
            form == own || narrower
        }
        _ => false,
    }
}
