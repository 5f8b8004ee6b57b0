//! Which credentials each chain's documents are sent with: filled when an
//! identity is taken into use, read by the reporting driver at each attempt.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::fatoora::{Credentials, Environment};
use crate::ledger::{ChainId, DocumentId, KnownChain};
use crate::onboard::Former;
use crate::report::Access;

/// Shared by the ledger's thread, which fills it, and the driver.
#[derive(Default)]
pub struct Keyring {
    chains: RwLock<BTreeMap<ChainId, Access>>,
}

impl Keyring {
    /// What the till has to send a document with.
    pub fn access(&self, document: DocumentId) -> Access {
        let chains = self.chains.read().unwrap_or_else(PoisonError::into_inner);
        chains.get(&document.chain()).cloned().unwrap_or(Access::Missing)
    }

    /// Fills it anew: `current` is the chain that is stamped into, `environment`
    /// the one that documents are sent to. A chain of a former certificate keeps
    /// that certificate's credentials if it is of the same environment, and is
    /// never sent otherwise.
    pub fn fill(
        &self,
        chains: &[KnownChain],
        environment: Environment,
        current: Option<(ChainId, Arc<Credentials>)>,
        former: &[Former],
    ) {
        let (in_use, credentials) = current.unzip();
        let access = |chain: &KnownChain| {
            if chain.environment != environment.word() {
                return Access::Elsewhere;
            }
            match &credentials {
                Some(credentials) if in_use == Some(chain.id) => Access::Current(Arc::clone(credentials)),
                _ => {
                    let own = former.iter().find(|former| {
                        former.environment == environment
                            && former.certificate.fingerprint() == chain.fingerprint
                    });
                    let own = own.map(|former| Arc::new(former.credentials.clone()));
                    Access::Former { own, current: credentials.clone() }
                }
            }
        };
        let filled = chains.iter().map(|chain| (chain.id, access(chain))).collect();
        *self.chains.write().unwrap_or_else(PoisonError::into_inner) = filled;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Icv;
    use crate::stamp::StampCertificate;

    const CERTIFICATE: &str = include_str!("../../../tests/vectors/test-cert-b64.txt");

    fn known(id: i64, fingerprint: [u8; 32], environment: &str) -> KnownChain {
        KnownChain { id: ChainId::new(id).unwrap(), fingerprint, environment: environment.to_owned() }
    }

    fn of(chain: i64) -> DocumentId {
        DocumentId::new(ChainId::new(chain).unwrap(), Icv::new(1).unwrap()).unwrap()
    }

    fn shown(access: Access) -> String {
        let token = |credentials: Option<Arc<Credentials>>| {
            credentials.map_or("-".to_owned(), |known| known.token.clone())
        };
        match access {
            Access::Current(credentials) => format!("current {}", credentials.token),
            Access::Former { own, current } => format!("former {} {}", token(own), token(current)),
            Access::Elsewhere => "elsewhere".to_owned(),
            Access::Missing => "missing".to_owned(),
        }
    }

    #[test]
    fn each_chain_has_its_own_and_no_chain_those_of_another_environment() {
        let certificate = StampCertificate::from_base64(CERTIFICATE.trim()).unwrap();
        let print = certificate.fingerprint();
        let old = |environment| Former {
            environment,
            certificate: certificate.clone(),
            credentials: Credentials::new("old", "s"),
        };
        let chains = [
            known(1, print, "simulation"),
            known(2, [2; 32], "simulation"),
            known(3, [3; 32], "sandbox"),
            known(4, [4; 32], "simulation"),
        ];
        let keyring = Keyring::default();
        assert_eq!(shown(keyring.access(of(1))), "missing");
        let new = Some((ChainId::new(4).unwrap(), Arc::new(Credentials::new("new", "s"))));
        keyring.fill(&chains, Environment::Simulation, new.clone(), &[old(Environment::Simulation)]);
        let all = || (1..=5).map(|id| shown(keyring.access(of(id)))).collect::<Vec<_>>();
        assert_eq!(all(), ["former old new", "former - new", "elsewhere", "current new", "missing"]);
        keyring.fill(&chains, Environment::Simulation, new, &[old(Environment::Production)]);
        assert_eq!(all()[0], "former - new", "credentials of another environment stay where they are");
        keyring.fill(&chains, Environment::Simulation, None, &[old(Environment::Simulation)]);
        assert_eq!(all()[..4], ["former old -", "former - -", "elsewhere", "former - -"]);
    }
}
