//! Finding things in a document the way the platform's checks do: absolute and
//! relative paths, the text before a first child, text pieces one by one.

use std::borrow::Cow;

use crate::xml::{Content, Node, Ns};

/// A step of a path: namespace and local name.
pub(super) type Step = (Ns, &'static str);

/// The signature itself, wherever it stands.
pub(super) const SIGNATURE: Step = (Ns::Ds, "Signature");
/// The seller.
pub(super) const PARTY: [Step; 2] = [(Ns::Cac, "AccountingSupplierParty"), (Ns::Cac, "Party")];

/// All elements that a path of children leads to, in document order.
pub(super) fn all<'d>(from: Node<'d>, path: &[Step]) -> Vec<Node<'d>> {
    path.iter().fold(vec![from], |nodes, (ns, name)| {
        nodes.into_iter().flat_map(|node| node.all(*ns, name)).collect()
    })
}

/// The first element that a path of children leads to.
pub(super) fn first<'d>(from: Node<'d>, path: &[Step]) -> Option<Node<'d>> {
    match path {
        [] => Some(from),
        [(ns, name), rest @ ..] => from.all(*ns, name).find_map(|node| first(node, rest)),
    }
}

/// The first element behind a path that begins at the document element, which must be an Invoice.
pub(super) fn of_invoice<'d>(root: Node<'d>, path: &[Step]) -> Option<Node<'d>> {
    if is_invoice(root) { first(root, path) } else { None }
}

/// Whether the document element is a UBL Invoice.
pub(super) fn is_invoice(root: Node<'_>) -> bool {
    root.is(Ns::Invoice, "Invoice")
}

/// The element and all inside it that have a name, in document order.
pub(super) fn anywhere<'d>(root: Node<'d>, (ns, name): Step) -> impl Iterator<Item = Node<'d>> {
    std::iter::once(root).chain(root.descendants()).filter(move |node| node.is(ns, name))
}

/// The first element behind a path that may begin at any element of a name.
pub(super) fn first_anywhere<'d>(root: Node<'d>, start: Step, path: &[Step]) -> Option<Node<'d>> {
    anywhere(root, start).find_map(|node| first(node, path))
}

/// The text before the first element, comment or instruction inside a node.
pub(super) fn leading(node: Node<'_>) -> Cow<'_, str> {
    let pieces = node.contents().map_while(|content| match content {
        Content::Text(text) => Some(text),
        _ => None,
    });
    pieces.fold(
        Cow::Borrowed(""),
        |whole, piece| if whole.is_empty() { Cow::Borrowed(piece) } else { whole + piece },
    )
}

/// [`leading`] of the node that a path leads to.
pub(super) fn text<'d>(root: Node<'d>, path: &[Step]) -> Option<Cow<'d, str>> {
    of_invoice(root, path).map(leading)
}

/// The runs of text directly inside a node; comments, instructions and elements part them.
pub(super) fn pieces(node: Node<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = false;
    for content in node.contents() {
        match content {
            Content::Text(text) if open => {
                if let Some(last) = found.last_mut() {
                    String::push_str(last, text);
                }
            }
            Content::Text(text) => {
                found.push(text.to_owned());
                open = true;
            }
            _ => open = false,
        }
    }
    found
}

/// Whether the first `cbc:ID` of a reference says this, white space around it aside.
pub(super) fn is_reference(node: Node<'_>, id: &str) -> bool {
    const XML_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];
    node.child(Ns::Cbc, "ID").is_some_and(|found| found.string().trim_matches(XML_SPACE) == id)
}

/// The document references of an invoice with this id (`ICV`, `PIH`, `QR`).
pub(super) fn references<'d>(root: Node<'d>, id: &str) -> Vec<Node<'d>> {
    let found =
        if is_invoice(root) { all(root, &[(Ns::Cac, "AdditionalDocumentReference")]) } else { Vec::new() };
    found.into_iter().filter(|node| is_reference(*node, id)).collect()
}

/// All runs of text at a path below the document references with this id.
pub(super) fn reference_texts(root: Node<'_>, id: &str, path: &[Step]) -> Vec<String> {
    let ends = references(root, id).into_iter().flat_map(|node| all(node, path));
    ends.flat_map(pieces).collect()
}

/// Path of the attachment's text below a document reference.
pub(super) const ATTACHED: [Step; 2] = [(Ns::Cac, "Attachment"), (Ns::Cbc, "EmbeddedDocumentBinaryObject")];

/// As much of a value as a message can show: one line, no control or direction marks.
pub(super) fn shown(value: &str) -> String {
    const MOST: usize = 120;
    let visible = |c: &char| {
        !c.is_control()
            && !matches!(*c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut out: String = value.chars().filter(visible).take(MOST).collect();
    if value.chars().filter(visible).nth(MOST).is_some() {
        out.push('…');
    }
    out
}
