//! The shapes of the table's rows, and how elements are looked up in it.

use std::cmp::Ordering;

use super::table::WILDCARDS;
use super::table::{ATTRIBUTES, CHOICES, ELEMENTS, GLOBALS, MOVES, PARTICLES, POOL, SPACES, STATES, TYPES};
use crate::xml::{Node, Ns};

/// The form of a value. `Text` allows everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simple {
    /// Any text.
    Text,
    /// A language tag.
    Language,
    /// A URI reference.
    Uri,
    /// A name that is unique in the document.
    Id,
    /// Bytes in base64.
    Base64,
    /// `true`, `false`, `1` or `0`.
    Boolean,
    /// A day of the calendar, with or without time zone.
    Date,
    /// A time of day, with or without time zone.
    Time,
    /// A day and a time.
    DateTime,
    /// A number with or without decimal places, without exponent.
    Decimal,
    /// A whole number.
    Integer,
    /// One of the values of a list.
    Choice(u8),
}

impl Simple {
    /// The values of a closed list; none for the other forms.
    pub fn choices(self) -> &'static [&'static str] {
        match self {
            Simple::Choice(number) => CHOICES.get(usize::from(number)).copied().unwrap_or_default(),
            _ => &[],
        }
    }
}

/// What may stand inside an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing.
    Empty,
    /// A value.
    Simple(Simple),
    /// Particles in this order: place and number.
    Sequence(u16, u16),
    /// Whatever an automaton accepts: place and number of its states.
    Automaton(u16, u16),
    /// Anything; what is known is checked.
    Any,
}

/// Place and length of a name in the pool.
#[derive(Clone, Copy)]
pub(super) struct Name(pub u16, pub u8);

impl Name {
    pub fn text(self) -> &'static str {
        let at = usize::from(self.0);
        POOL.get(at..at + usize::from(self.1)).unwrap_or("")
    }
}

/// Moves (place and number), and whether the content may end here.
#[derive(Clone, Copy)]
pub(super) struct State(pub (u16, u16), pub bool);

/// A symbol and the state that follows, counted within the automaton.
#[derive(Clone, Copy)]
pub(super) struct Move(pub u16, pub u16);

/// The namespace that is excluded, and whether unknown elements are welcome.
#[derive(Clone, Copy)]
pub(super) struct Wildcard(pub Option<u8>, pub bool);

impl Wildcard {
    pub fn allows(self, ns: Ns) -> bool {
        self.0.is_none_or(|other| ns != Ns::None && ns != space(other))
    }
}

/// An element of the table, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Declared(pub u16);

fn space(number: u8) -> Ns {
    SPACES.get(usize::from(number)).copied().unwrap_or(Ns::None)
}

impl Declared {
    /// The global element of this name.
    pub fn global(ns: Ns, name: &str) -> Option<Declared> {
        let number = SPACES.iter().position(|known| *known == ns)?;
        let order = |(space, known, _): &(u8, Name, u16)| match usize::from(*space).cmp(&number) {
            Ordering::Equal => known.text().cmp(name),
            other => other,
        };
        let globals = ELEMENTS.get(..usize::from(GLOBALS)).unwrap_or_default();
        globals.binary_search_by(order).ok().map(|at| Declared(at as u16))
    }

    fn row(self) -> (u8, Name, u16) {
        ELEMENTS.get(usize::from(self.0)).copied().unwrap_or((0, Name(0, 0), 0))
    }

    /// Whether the node is this element. `global` is what its name means globally.
    pub fn is(self, node: Node<'_>, global: Option<Declared>) -> bool {
        if self.0 < GLOBALS {
            return global == Some(self);
        }
        let (ns, name, _) = self.row();
        node.is(space(ns), name.text())
    }

    pub fn ns(self) -> Ns {
        space(self.row().0)
    }

    pub fn name(self) -> &'static str {
        self.row().1.text()
    }

    /// As people write it: `cbc:ID`.
    pub fn label(self) -> String {
        label(self.ns(), self.name())
    }

    pub fn kind(self) -> Type {
        Type(self.row().2)
    }
}

/// Name with the usual prefix.
pub(super) fn label(ns: Ns, name: &str) -> String {
    match ns.usual_prefix() {
        "" => name.to_owned(),
        prefix => format!("{prefix}:{name}"),
    }
}

/// A type of the table, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Type(pub u16);

impl Type {
    fn row(self) -> (Content, (u16, u16), bool) {
        TYPES.get(usize::from(self.0)).copied().unwrap_or((Content::Empty, (0, 0), false))
    }

    pub fn content(self) -> Content {
        self.row().0
    }

    /// Whether text may stand between the elements.
    pub fn is_mixed(self) -> bool {
        self.row().2
    }

    /// Name, form, and whether it is required.
    pub fn attributes(self) -> &'static [(Name, Simple, bool)] {
        let (at, len) = self.row().1;
        ATTRIBUTES.get(usize::from(at)..usize::from(at) + usize::from(len)).unwrap_or_default()
    }
}

/// An element within a sequence.
#[derive(Clone, Copy)]
pub(super) struct Particle {
    pub element: Declared,
    pub optional: bool,
    pub many: bool,
}

pub(super) fn particle(at: u16) -> Particle {
    let bits = PARTICLES.get(usize::from(at)).copied().unwrap_or(0);
    Particle { element: Declared(bits & 0x0FFF), optional: bits & 0x4000 != 0, many: bits & 0x8000 != 0 }
}

pub(super) fn state(at: u16) -> State {
    STATES.get(usize::from(at)).copied().unwrap_or(State((0, 0), true))
}

impl State {
    pub fn moves(self) -> &'static [Move] {
        let (at, len) = self.0;
        MOVES.get(usize::from(at)..usize::from(at) + usize::from(len)).unwrap_or_default()
    }
}

/// What a move waits for.
pub(super) enum Symbol {
    Element(Declared),
    Wild(Wildcard),
}

impl Move {
    pub fn symbol(self) -> Symbol {
        match self.0.checked_sub(0xFF00) {
            Some(wild) => {
                Symbol::Wild(WILDCARDS.get(usize::from(wild)).copied().unwrap_or(Wildcard(None, true)))
            }
            None => Symbol::Element(Declared(self.0)),
        }
    }
}
