//! The three environments of the platform. Base URL, CSR template and OTP of
//! one call must belong to the same environment (fatoora-api.md section 1,
//! csr.md section 3.1).

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Where documents go. Each environment is onboarded separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Environment {
    /// Developer portal: fixed test OTPs, canned answers, no legal effect.
    Sandbox,
    /// The merchant's own rehearsal: real VAT number, no legal effect.
    Simulation,
    /// Legal effect.
    Production,
}

/// A word that names no environment.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no environment; use sandbox, simulation or production")]
pub struct UnknownEnvironment(pub String);

impl Environment {
    pub const ALL: [Environment; 3] =
        [Environment::Sandbox, Environment::Simulation, Environment::Production];

    /// Base URL without a slash at its end.
    pub const fn base_url(self) -> &'static str {
        match self {
            Environment::Sandbox => "https://gw-fatoora.zatca.gov.sa/e-invoicing/developer-portal",
            Environment::Simulation => "https://gw-fatoora.zatca.gov.sa/e-invoicing/simulation",
            Environment::Production => "https://gw-fatoora.zatca.gov.sa/e-invoicing/core",
        }
    }

    /// `certificateTemplateName` of the CSR.
    pub const fn template(self) -> &'static str {
        match self {
            Environment::Sandbox => "TSTZATCA-Code-Signing",
            Environment::Simulation => "PREZATCA-Code-Signing",
            Environment::Production => "ZATCA-Code-Signing",
        }
    }

    /// The word of the configuration and the ledger.
    pub const fn word(self) -> &'static str {
        match self {
            Environment::Sandbox => "sandbox",
            Environment::Simulation => "simulation",
            Environment::Production => "production",
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    fn from_str(text: &str) -> Result<Environment, UnknownEnvironment> {
        Environment::ALL
            .into_iter()
            .find(|environment| environment.word() == text)
            .ok_or_else(|| UnknownEnvironment(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back() {
        for environment in Environment::ALL {
            assert_eq!(environment.word().parse(), Ok(environment));
        }
        assert!("Production".parse::<Environment>().is_err());
    }
}
