#!/usr/bin/env python3
"""Writes src/schema/table.rs: what UBL 2.1 allows inside an invoice, as numbers.

    python3 assets/schema/table.py XSD_FOLDER > src/schema/table.rs

XSD_FOLDER holds `maindoc/UBL-Invoice-2.1.xsd` and what that imports. Only facts
are taken: names, order, cardinality, types. Wildcards reach every global
element, so all of them are in the table.
"""
import os
import sys
import xml.etree.ElementTree as ET

XSD = "{http://www.w3.org/2001/XMLSchema}"
SPACES = [
    ("Invoice", "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"),
    ("Cac", "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"),
    ("Cbc", "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"),
    ("Ext", "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"),
    ("Sig", "urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2"),
    ("Sac", "urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2"),
    ("Sbc", "urn:oasis:names:specification:ubl:schema:xsd:SignatureBasicComponents-2"),
    ("Ds", "http://www.w3.org/2000/09/xmldsig#"),
    ("Xades", "http://uri.etsi.org/01903/v1.3.2#"),
    ("Xades141", "http://uri.etsi.org/01903/v1.4.1#"),
]
NS = {uri: i for i, (_, uri) in enumerate(SPACES)}
BUILTIN = {
    "string": "Text", "normalizedString": "Text", "language": "Language", "anyURI": "Uri", "ID": "Id",
    "base64Binary": "Base64", "boolean": "Boolean", "date": "Date", "time": "Time", "dateTime": "DateTime",
    "decimal": "Decimal", "integer": "Integer",
}
MAX = 0x0FFF          # elements are numbered below this
OPTIONAL, MANY = 0x4000, 0x8000
WILD = 0xFF00         # symbols from here on are wildcards


class Schema:
    def __init__(self, folder):
        self.types, self.elements, self.done = {}, {}, set()
        self.load(os.path.join(folder, "maindoc", "UBL-Invoice-2.1.xsd"), None)

    def load(self, path, around):
        path = os.path.normpath(path)
        if path in self.done:
            return
        self.done.add(path)
        prefixes, root = {}, None
        for event, item in ET.iterparse(path, ("start-ns", "start", "end")):
            if event == "start-ns":
                prefixes[item[0]] = item[1]
            elif event == "start" and root is None:
                root = item
        target = root.get("targetNamespace", around)
        for node in root:
            if node.tag in (XSD + "import", XSD + "include") and node.get("schemaLocation"):
                self.load(os.path.join(os.path.dirname(path), node.get("schemaLocation")), target)
            elif node.tag in (XSD + "complexType", XSD + "simpleType"):
                self.types[target, node.get("name")] = (node, target, prefixes)
            elif node.tag == XSD + "element":
                self.elements[target, node.get("name")] = (node, target, prefixes)
            else:
                assert node.tag in (XSD + "annotation", XSD + "import"), node.tag


def qname(text, scope):
    prefix, _, local = text.rpartition(":")
    return scope[1].get(prefix) or (scope[0] if not prefix else None), local


def kids(node):
    return [c for c in node if c.tag != XSD + "annotation"]


class Table:
    def __init__(self, schema):
        self.schema = schema
        self.elements, self.index = [], {}   # (ns, name, type) ; globals by (ns, name)
        self.type_rows, self.type_index, self.type_of = [], {}, {}
        self.particles, self.moves, self.states, self.wilds = [], [], [], []
        self.attributes, self.choices = [], []
        names = sorted(schema.elements, key=lambda key: (NS[key[0]], key[1]))
        for ns, name in names:
            self.index[ns, name] = len(self.elements)
            self.elements.append([ns, name, None])
        self.globals = len(names)
        self.irregular = []
        for ns, name in names:
            node, target, prefixes = schema.elements[ns, name]
            self.elements[self.index[ns, name]][2] = self.element_type(node, (target, prefixes))

    # -- types

    def element_type(self, node, scope):
        for bad in ("abstract", "substitutionGroup", "nillable", "fixed", "default"):
            assert node.get(bad) is None, bad
        if node.get("type"):
            return self.named(qname(node.get("type"), scope))
        inner = kids(node)
        if not inner:
            return self.row(("Any",), (), True)
        assert inner[0].tag == XSD + "complexType"
        return self.complex(inner[0], scope)

    def named(self, key):
        if key not in self.type_of:
            if key[0] == XSD[1:-1]:
                content = ("Any",) if key[1] == "anyType" else ("Simple", self.simple(key))
                self.type_of[key] = self.row(content, (), key[1] == "anyType")
            else:
                node, target, prefixes = self.schema.types[key]
                # a place is taken first, since types may hold themselves
                self.type_of[key] = place = len(self.type_rows)
                self.type_rows.append(None)
                if node.tag == XSD + "simpleType":
                    self.type_rows[place] = (("Simple", self.simple(key)), (0, 0), False)
                else:
                    self.type_rows[place] = self.complex_row(node, (target, prefixes))
        return self.type_of[key]

    def row(self, content, attributes, mixed):
        row = (content, self.attribute_list(attributes), mixed)
        if row not in self.type_index:
            self.type_index[row] = len(self.type_rows)
            self.type_rows.append(row)
        return self.type_index[row]

    def complex(self, node, scope):
        self.type_rows.append(None)
        place = len(self.type_rows) - 1
        self.type_rows[place] = self.complex_row(node, scope)
        return place

    def complex_row(self, node, scope):
        content, attributes, mixed = self.shape(node, scope)
        if content[0] == "Model":
            content = self.content(content[1])
        return content, self.attribute_list(attributes), mixed

    def shape(self, node, scope):
        """Content, attributes, mixed of a complex type, inheritance resolved."""
        assert node.get("abstract") is None, node.get("name")
        mixed = node.get("mixed") == "true"
        inner = kids(node)
        if inner and inner[0].tag in (XSD + "simpleContent", XSD + "complexContent"):
            derived = kids(inner[0])[0]
            base = qname(derived.get("base"), scope)
            own = self.own_attributes(kids(derived), scope)
            if inner[0].tag == XSD + "simpleContent":
                if base[0] == XSD[1:-1]:
                    return ("Simple", self.simple(base)), own, False
                content, old, _ = self.shape(*self.shape_args(base))
                assert all(c.tag == XSD + "attribute" for c in kids(derived)), "facets"
                return content, merge(old, own), False
            body = [c for c in kids(derived) if c.tag not in (XSD + "attribute", XSD + "anyAttribute")]
            model = self.model(body[0], scope) if body else ("seq", [])
            if derived.tag == XSD + "extension":
                content, old, mixed = self.shape(*self.shape_args(base))
                model = ("seq", [content[1], model])
                own = merge(old, own)
            return ("Model", model), own, mixed
        body = [c for c in inner if c.tag not in (XSD + "attribute", XSD + "anyAttribute")]
        assert len(body) <= 1
        own = self.own_attributes(inner, scope)
        return ("Model", self.model(body[0], scope) if body else ("seq", [])), own, mixed

    def shape_args(self, key):
        node, target, prefixes = self.schema.types[key]
        return node, (target, prefixes)

    def own_attributes(self, nodes, scope):
        found = []
        for node in nodes:
            if node.tag == XSD + "anyAttribute":
                # strict, and no attribute is global: nothing is allowed by it
                assert node.get("processContents", "strict") == "strict"
            elif node.tag == XSD + "attribute":
                assert node.get("fixed") is None and node.get("default") is None and node.get("ref") is None
                assert node.get("use") != "prohibited"
                kind = self.simple(qname(node.get("type"), scope))
                found.append((node.get("name"), kind, node.get("use") == "required"))
        return tuple(found)

    def simple(self, key):
        if key[0] == XSD[1:-1]:
            return BUILTIN[key[1]]
        node, target, prefixes = self.schema.types[key]
        restriction = kids(node)[0]
        assert restriction.tag == XSD + "restriction"
        facets = kids(restriction)
        if not facets:
            return self.simple(qname(restriction.get("base"), (target, prefixes)))
        assert all(f.tag == XSD + "enumeration" for f in facets), key
        values = tuple(f.get("value") for f in facets)
        if values not in self.choices:
            self.choices.append(values)
        return "Choice(%d)" % self.choices.index(values)

    def attribute_list(self, attributes):
        attributes = sorted(attributes)
        n = len(attributes)
        if n == 0:
            return (0, 0)
        for at in range(len(self.attributes) - n + 1):
            if self.attributes[at:at + n] == attributes:
                return (at, n)
        self.attributes += attributes
        return (len(self.attributes) - n, n)

    # -- content models: ("seq"|"choice", [..]), ("*"|"?"|"+", m), ("sym", code)

    def model(self, node, scope):
        kind = node.tag[len(XSD):]
        if kind in ("sequence", "choice"):
            inner = [self.model(c, scope) for c in kids(node)]
            inner = ("seq" if kind == "sequence" else "choice", inner)
        elif kind == "element":
            inner = ("sym", self.particle(node, scope))
        else:
            assert kind == "any", kind
            inner = ("sym", self.wildcard(node, scope))
        low, high = node.get("minOccurs", "1"), node.get("maxOccurs", "1")
        assert low in "01" and high in ("1", "unbounded")
        mark = {("1", "1"): None, ("0", "1"): "?", ("0", "unbounded"): "*", ("1", "unbounded"): "+"}[low, high]
        return (mark, inner) if mark else inner

    def particle(self, node, scope):
        if node.get("ref"):
            return self.index[qname(node.get("ref"), scope)]
        ty = self.element_type(node, scope)
        entry = [scope[0], node.get("name"), ty]
        if entry in self.elements[self.globals:]:
            return self.elements.index(entry, self.globals)
        self.elements.append(entry)
        return len(self.elements) - 1

    def wildcard(self, node, scope):
        space = node.get("namespace", "##any")
        assert space in ("##any", "##other"), space
        process = node.get("processContents", "strict")
        assert process in ("lax", "strict")
        entry = (NS[scope[0]] if space == "##other" else None, process == "lax")
        if entry not in self.wilds:
            self.wilds.append(entry)
        return WILD + self.wilds.index(entry)

    def content(self, model):
        flat = flatten(model)
        if flat is not None:
            at = len(self.particles)
            self.particles += flat
            return ("Sequence", at, len(flat)) if flat else ("Empty",)
        symbols = []
        nullable, first, last, follow = glushkov(model, symbols)
        base = len(self.states)
        rows = [(first, nullable)] + [(follow.get(i, []), i in last) for i in range(len(symbols))]
        for targets, accepts in rows:
            at = len(self.moves)
            for target in targets:
                self.moves.append((symbols[target], target + 1))
            self.states.append((at, len(targets), accepts))
        return ("Automaton", base, len(rows))


def merge(old, own):
    names = {name for name, _, _ in own}
    return tuple(a for a in old if a[0] not in names) + own


def flatten(model):
    """The model as a plain sequence of particles, if it is one."""
    items = model[1] if model[0] == "seq" else [model]
    flat = []
    for item in items:
        flags = 0
        if item[0] in ("?", "*", "+"):
            flags = {"?": OPTIONAL, "*": OPTIONAL | MANY, "+": MANY}[item[0]]
            item = item[1]
        if item[0] != "sym" or item[1] >= MAX:
            return None
        flat.append(item[1] | flags)
    return flat


def glushkov(model, symbols):
    """nullable, first, last, follow: the automaton that XSD's Unique Particle
    Attribution makes deterministic."""
    kind = model[0]
    if kind == "sym":
        symbols.append(model[1])
        here = len(symbols) - 1
        return False, [here], [here], {}
    if kind in ("?", "*", "+"):
        nullable, first, last, follow = glushkov(model[1], symbols)
        if kind in "*+":
            for end in last:
                follow[end] = follow.get(end, []) + [f for f in first if f not in follow.get(end, [])]
        return nullable or kind in "?*", first, last, follow
    parts = [glushkov(part, symbols) for part in model[1]]
    follow = {}
    for part in parts:
        follow.update(part[3])
    if kind == "choice":
        return (any(p[0] for p in parts), [f for p in parts for f in p[1]], [l for p in parts for l in p[2]], follow)
    nullable, first, last = True, [], []
    for empty, begin, end, _ in parts:
        for before in last:
            follow[before] = follow.get(before, []) + [b for b in begin if b not in follow.get(before, [])]
        if nullable:
            first += begin
        last = last + end if empty else end
        nullable = nullable and empty
    return nullable, first, last, follow


def rows(items, indent="    ", width=108):
    line = indent
    for item in items:
        if len(line) + len(item) + 1 > width:
            yield line.rstrip()
            line = indent
        line += item + " "
    yield line.rstrip()


def write(table, out):
    # types that say the same are one row
    merged, rank, final = {}, [], []
    for row in table.type_rows:
        if row not in merged:
            merged[row] = len(final)
            final.append(row)
        rank.append(merged[row])
    pool, places = "", {}
    names = {e[1] for e in table.elements} | {a[0] for a in table.attributes}
    for name in sorted(names, key=lambda n: (-len(n), n)):
        if name not in pool:
            pool += name
        places[name] = pool.index(name)
    assert len(pool) < 1 << 16 and len(table.elements) < MAX

    def emit(text=""):
        out.write(text + "\n")

    def content(c):
        if c[0] == "Simple":
            return "Simple(%s)" % c[1]
        return c[0] + ("(%s)" % ", ".join(map(str, c[1:])) if len(c) > 1 else "")

    emit("//! The structure of UBL 2.1 invoices and of what may stand in their extensions:")
    emit("//! names, order, cardinality and types. Written by `assets/schema/table.py`; do not edit.")
    emit()
    emit("use super::model::Content::*;")
    emit("use super::model::Simple::*;")
    emit("use super::model::{Content, Move, Name, Simple, State, Wildcard};")
    emit("use crate::xml::Ns;")
    emit()
    emit("/// The namespaces, by number.")
    emit("#[rustfmt::skip]")
    emit("pub(super) static SPACES: [Ns; %d] = [" % len(SPACES))
    emit("\n".join(rows("Ns::%s," % name for name, _ in SPACES)))
    emit("];")
    emit()
    emit("/// How many of the elements are global; these come first, sorted by namespace and name.")
    emit("pub(super) const GLOBALS: u16 = %d;" % table.globals)
    emit()
    emit("/// All names, overlapping.")
    emit("#[rustfmt::skip]")
    emit("pub(super) static POOL: &str = concat!(")
    for at in range(0, len(pool), 100):
        emit('    "%s",' % pool[at:at + 100])
    emit(");")
    emit()
    emit("/// Elements: namespace, name (place and length in the pool), type.")
    emit("#[rustfmt::skip]")
    emit("pub(super) static ELEMENTS: [(u8, Name, u16); %d] = [" % len(table.elements))
    emit("\n".join(rows("(%d, Name(%d, %d), %d)," % (NS[ns], places[n], len(n), rank[t])
                        for ns, n, t in table.elements)))
    emit("];")
    emit()
    emit("/// Types: content, attributes (place and number), mixed.")
    emit("#[rustfmt::skip]")
    emit("pub(super) static TYPES: [(Content, (u16, u16), bool); %d] = [" % len(final))
    emit("\n".join(rows("(%s, (%d, %d), %s)," % (content(c), a[0], a[1], str(m).lower()) for c, a, m in final)))
    emit("];")
    emit()
    emit("/// Attributes: name, type, required.")
    emit("#[rustfmt::skip]")
    emit("pub(super) static ATTRIBUTES: [(Name, Simple, bool); %d] = [" % len(table.attributes))
    emit("\n".join(rows("(Name(%d, %d), %s, %s)," % (places[n], len(n), k, str(r).lower())
                        for n, k, r in table.attributes)))
    emit("];")
    emit()
    emit("/// Elements in sequence: number, 0x4000 optional, 0x8000 repeatable.")
    emit("#[rustfmt::skip]")
    emit("pub(super) static PARTICLES: [u16; %d] = [" % len(table.particles))
    emit("\n".join(rows("%d," % p for p in table.particles)))
    emit("];")
    emit()
    emit("/// States of the automata of all other contents: moves (place and number), may end here.")
    emit("#[rustfmt::skip]")
    emit("pub(super) static STATES: [State; %d] = [" % len(table.states))
    emit("\n".join(rows("State((%d, %d), %s)," % (a, n, str(e).lower()) for a, n, e in table.states)))
    emit("];")
    emit()
    emit("/// Moves: element or (from 0xFF00) wildcard, and the state within the automaton.")
    emit("#[rustfmt::skip]")
    emit("pub(super) static MOVES: [Move; %d] = [" % len(table.moves))
    emit("\n".join(rows("Move(%d, %d)," % m for m in table.moves)))
    emit("];")
    emit()
    emit("/// Wildcards: the namespace that is excluded (with that of names without one), and whether lax.")
    emit("#[rustfmt::skip]")
    emit("pub(super) static WILDCARDS: [Wildcard; %d] = [" % len(table.wilds))
    for other, lax in table.wilds:
        emit("    Wildcard(%s, %s)," % ("None" if other is None else "Some(%d)" % other, str(lax).lower()))
    emit("];")
    emit()
    emit("/// Closed lists of values.")
    emit("#[rustfmt::skip]")
    emit("pub(super) static CHOICES: [&[&str]; %d] = [" % len(table.choices))
    for values in table.choices:
        emit("    &[%s]," % ", ".join('"%s"' % v for v in values))
    emit("];")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    write(Table(Schema(sys.argv[1])), sys.stdout)
