//! The rule table: every rule id of the two official stylesheets, what kind of
//! message it is, and how it is kept from firing on our own documents.

/// The parts of a judgement, as the conformance checks name them; the first
/// three and `Extra` are about what a document says, the others about its stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Well-formed and in the order of the schema.
    Xsd,
    /// CEN-EN16931-UBL.
    En16931,
    /// The authority's own rules.
    Ksa,
    /// The invoice hash.
    Hash,
    /// The digest of the signed properties.
    SignedProperties,
    /// The certificate and what the stamp says of it.
    Certificate,
    /// The stamp's ECDSA value.
    Signature,
    /// The QR code's nine tags.
    Qr,
    /// ICV and previous-invoice hash.
    Pih,
    /// Slips that the official rules let through.
    Extra,
}

impl Layer {
    /// Every layer, in the order of a judgement.
    pub const ALL: [Layer; 10] = [
        Layer::Xsd,
        Layer::En16931,
        Layer::Ksa,
        Layer::Hash,
        Layer::SignedProperties,
        Layer::Certificate,
        Layer::Signature,
        Layer::Qr,
        Layer::Pih,
        Layer::Extra,
    ];

    /// Its name in a report.
    pub const fn name(self) -> &'static str {
        match self {
            Layer::Xsd => "xsd",
            Layer::En16931 => "en16931",
            Layer::Ksa => "ksa",
            Layer::Hash => "hash",
            Layer::SignedProperties => "signed_properties",
            Layer::Certificate => "certificate",
            Layer::Signature => "signature",
            Layer::Qr => "qr",
            Layer::Pih => "pih",
            Layer::Extra => "extra",
        }
    }
}

/// What the authority does when the rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The document is accepted with a message.
    Warning,
    /// The document is rejected.
    Error,
}

impl Severity {
    /// Its word in a report.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
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
