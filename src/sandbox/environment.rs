//! The three worlds of the platform: paths, names, templates, issuers.

use std::fmt;

/// The three worlds of the platform, kept apart like the real ones (fatoora-api.md section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// `/e-invoicing/developer-portal`: the public sandbox.
    DeveloperPortal,
    /// `/e-invoicing/simulation`.
    Simulation,
    /// `/e-invoicing/core`: the one with legal effect.
    Core,
}

impl Environment {
    /// All three, in the order of the book.
    pub const ALL: [Environment; 3] =
        [Environment::DeveloperPortal, Environment::Simulation, Environment::Core];

    /// The path below the host, without a slash at its end.
    pub fn prefix(self) -> &'static str {
        match self {
            Environment::DeveloperPortal => "/e-invoicing/developer-portal",
            Environment::Simulation => "/e-invoicing/simulation",
            Environment::Core => "/e-invoicing/core",
        }
    }

    /// The word in listings and answers.
    pub fn name(self) -> &'static str {
        match self {
            Environment::DeveloperPortal => "developer-portal",
            Environment::Simulation => "simulation",
            Environment::Core => "core",
        }
    }

    /// The environment of that name, `None` for any other word.
    pub fn from_name(name: &str) -> Option<Environment> {
        Environment::ALL.into_iter().find(|env| env.name() == name)
    }

    /// The certificate template that a CSR must name here (csr.md section 3.1).
    pub fn template(self) -> &'static str {
        match self {
            Environment::DeveloperPortal => "TSTZATCA-Code-Signing",
            Environment::Simulation => "PREZATCA-Code-Signing",
            Environment::Core => "ZATCA-Code-Signing",
        }
    }

    /// Common name of the CA that issues production CSIDs here (csr.md section 5).
    pub(super) fn production_issuer(self) -> &'static str {
        match self {
            Environment::DeveloperPortal => "TSTZEINVOICE-SubCA-1",
            Environment::Simulation => "PEZEINVOICESCA1-CA",
            Environment::Core => "PRZEINVOICESCA4-CA",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
