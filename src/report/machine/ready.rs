//! What may be sent now. A standard document has somebody who waits for it at
//! the counter, so those go before all others; within each kind the lowest ICV.

use std::collections::BTreeMap;

use super::terms::Doc;

pub(super) struct Ready<Id> {
    standard: BTreeMap<Id, Doc>,
    simplified: BTreeMap<Id, Doc>,
}

impl<Id: Copy + Ord> Ready<Id> {
    pub fn new() -> Ready<Id> {
        Ready { standard: BTreeMap::new(), simplified: BTreeMap::new() }
    }

    pub fn insert(&mut self, id: Id, doc: Doc) {
        if doc.standard {
            self.standard.insert(id, doc);
        } else {
            self.simplified.insert(id, doc);
        }
    }

    pub fn remove(&mut self, id: Id) -> Option<Doc> {
        self.standard.remove(&id).or_else(|| self.simplified.remove(&id))
    }

    pub fn contains(&self, id: Id) -> bool {
        self.standard.contains_key(&id) || self.simplified.contains_key(&id)
    }

    pub fn is_empty(&self) -> bool {
        self.standard.is_empty() && self.simplified.is_empty()
    }

    pub fn len(&self) -> usize {
        self.standard.len() + self.simplified.len()
    }

    /// How many standard ones there are.
    pub fn standard(&self) -> usize {
        self.standard.len()
    }

    /// The next one while documents flow.
    pub fn first(&self) -> Option<Id> {
        self.standard.keys().next().or_else(|| self.simplified.keys().next()).copied()
    }

    /// The one that asks for all while the queue is paused, in turns: of those that failed before the
    /// one that failed least, since where every first answer is lost only a second attempt gets
    /// through; then the one that failed least of all, so that documents which nothing helps cannot
    /// keep the rest waiting.
    pub fn probe(&self, turn: u32) -> Option<Id> {
        let least = |(id, doc): &(&Id, &Doc)| (doc.failures(), !doc.standard, **id);
        let all = || self.standard.iter().chain(&self.simplified);
        let again = all().filter(|(_, doc)| turn % 2 == 1 && doc.failures() > 0).min_by_key(least);
        again.or_else(|| all().min_by_key(least)).map(|(id, _)| *id)
    }

    /// Whether every one has failed before.
    pub fn all_failed(&self) -> bool {
        self.standard.values().chain(self.simplified.values()).all(|doc| doc.failures() > 0)
    }
}
