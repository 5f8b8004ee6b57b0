//! A place within an element's content that moves with each child.

use super::finding::Wrong;
use super::model::{Content, Declared, Particle, Symbol, Type, label, particle, state};
use crate::xml::Node;

/// How a child is to be treated.
pub(super) enum Step {
    /// As this element.
    As(Declared),
    /// By its global meaning, if it has one.
    Lax,
    /// By its global meaning, which it must have.
    Strict,
}

/// Where we are in the content.
#[derive(Clone, Copy)]
pub(super) enum Walk {
    /// In a sequence of particles.
    Sequence { at: u16, end: u16, start: u16, seen: bool },
    /// In a state of the automaton that begins at `base`.
    Automaton { base: u16, state: u16 },
    /// Anything goes.
    Any,
    /// No element may come.
    Closed,
}

impl Walk {
    pub fn new(kind: Type) -> Walk {
        match kind.content() {
            Content::Sequence(start, len) => {
                Walk::Sequence { at: start, end: start + len, start, seen: false }
            }
            Content::Automaton(base, _) => Walk::Automaton { base, state: 0 },
            Content::Any => Walk::Any,
            Content::Empty | Content::Simple(_) => Walk::Closed,
        }
    }

    /// Takes the next child. What is wrong about it is reported; how to go on with
    /// it is none if it has no place here at all.
    pub fn step(
        &mut self,
        child: Node<'_>,
        global: Option<Declared>,
        mut report: impl FnMut(Wrong),
    ) -> Option<Step> {
        match self {
            Walk::Any => Some(Step::Lax),
            Walk::Closed => {
                report(Wrong::Unexpected { found: name(child), expected: Vec::new() });
                None
            }
            Walk::Automaton { base, state } => {
                let step = automaton(*base, state, child, global);
                if step.is_none() {
                    report(Wrong::Unexpected { found: name(child), expected: waiting(*base, *state) });
                }
                step
            }
            Walk::Sequence { at, end, start, seen } => {
                let found = (*at..*end).find(|place| {
                    let passed = place == at && *seen && !particle(*place).many;
                    !passed && particle(*place).element.is(child, global)
                });
                let Some(found) = found else {
                    report(out_of_place(*start, *at, *end, *seen, child, global));
                    return None;
                };
                for missing in missing(*at, found, *seen) {
                    report(Wrong::Missing { expected: vec![missing.element.label()] });
                }
                (*at, *seen) = (found, true);
                Some(Step::As(particle(found).element))
            }
        }
    }

    /// What still has to come when the content ends.
    pub fn end(self, mut report: impl FnMut(Wrong)) {
        match self {
            Walk::Any | Walk::Closed => {}
            Walk::Automaton { base, state: here } => {
                if !state(base + here).1 {
                    report(Wrong::Missing { expected: waiting(base, here) });
                }
            }
            Walk::Sequence { at, end, seen, .. } => {
                for missing in missing(at, end, seen) {
                    report(Wrong::Missing { expected: vec![missing.element.label()] });
                }
            }
        }
    }
}

/// Name of a child as people write it.
pub(super) fn name(node: Node<'_>) -> String {
    match node.namespace().usual_prefix() {
        "" => node.qualified_name().to_owned(),
        _ => label(node.namespace(), node.name()),
    }
}

/// The required particles that are skipped by going on to `to`.
fn missing(at: u16, to: u16, seen: bool) -> impl Iterator<Item = Particle> {
    let skipped = move |place: &u16| !(particle(*place).optional || (*place == at && seen));
    (at..to).filter(skipped).map(particle)
}

fn out_of_place(
    start: u16,
    at: u16,
    end: u16,
    seen: bool,
    child: Node<'_>,
    global: Option<Declared>,
) -> Wrong {
    let found = name(child);
    let earlier = (start..end).find(|place| particle(*place).element.is(child, global));
    match earlier {
        Some(place) if place == at => Wrong::TooMany { found },
        Some(_) if at < end => Wrong::Order { found, after: particle(at).element.label() },
        _ => {
            let next = if seen && !particle(at).many { at + 1 } else { at };
            // Everything up to the first that must come.
            let must = (next..end).find(|place| !particle(*place).optional).map_or(end, |place| place + 1);
            let expected = (next..must).map(|place| particle(place).element.label()).collect();
            Wrong::Unexpected { found, expected }
        }
    }
}

fn automaton(base: u16, here: &mut u16, child: Node<'_>, global: Option<Declared>) -> Option<Step> {
    for next in state(base + *here).moves() {
        let step = match next.symbol() {
            Symbol::Element(element) => element.is(child, global).then_some(Step::As(element)),
            Symbol::Wild(wild) => {
                wild.allows(child.namespace()).then_some(if wild.1 { Step::Lax } else { Step::Strict })
            }
        };
        if step.is_some() {
            *here = next.1;
            return step;
        }
    }
    None
}

/// The elements that an automaton waits for; a wildcard has no name.
fn waiting(base: u16, here: u16) -> Vec<String> {
    let symbols = state(base + here).moves().iter().map(|next| next.symbol());
    symbols
        .map(|symbol| match symbol {
            Symbol::Element(element) => element.label(),
            Symbol::Wild(_) => "*".to_owned(),
        })
        .collect()
}
