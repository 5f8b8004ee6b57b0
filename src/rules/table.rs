//! The rule table: every rule id of the two official stylesheets, what kind of
//! message it is, and how it is kept from firing on our own documents.

/// The stylesheet that a rule belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// CEN-EN16931-UBL.
    En16931,
    /// The authority's own rules.
    Ksa,
}

/// What the authority does when the rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The document is accepted with a message.
    Warning,
    /// The document is rejected.
    Error,
}

/// In which edition of the rules an id is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// In both.
    Both,
    /// In 3.4.6 only.
    Current,
    /// In 3.2.7 only: our own documents keep it, other documents are not judged by it.
    Former,
}

/// How a till's own document is kept from breaking the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A request can ask for it; refused before a number is taken.
    Request,
    /// Only settings of the till can cause it; refused when they are loaded.
    Settings,
    /// No request and no settings can cause it, for this reason. The predicate
    /// runs all the same.
    Built(&'static str),
}

/// One rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub id: &'static str,
    pub layer: Layer,
    pub severity: Severity,
    pub edition: Edition,
    pub guard: Guard,
}

/// By which edition a document is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// As the platform does today: documents of others.
    Current,
    /// So that neither edition finds anything: our own documents.
    BothEditions,
}
