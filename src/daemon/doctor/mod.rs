//! Gathers what `crate::doctor` judges: from the running daemon where one runs,
//! else from the files, which are only read. Nothing is changed, printed or sent
//! but a question without credentials. Each probe has its time, they run side by
//! side, and what does not come in time is a fact as well.

mod bounded;
mod bundle;
mod clock;
mod configuration;
mod machine;
mod network;
mod paper;
mod places;
mod records;
mod service;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bounded::{Visitor, start};

use crate::api::wire::Status;
use crate::config::{DEFAULT_FILE, DEFAULT_SOCKET, Settings};
use crate::doctor::{ClockFacts, Facts, Identity, Known, Paper, Report, Till, Vault, examine};
use crate::ledger::{Clock as _, SystemClock};

/// For the daemon to answer.
const SERVICE: Duration = Duration::from_secs(4);
/// For what reads the disk; the two together stay below ten seconds.
const DISK: Duration = Duration::from_secs(5);
/// Somewhat more than the probe of the network and the printer take themselves.
const NETWORK: Duration = Duration::from_secs(9);

/// Looks at the till of a configuration file.
pub fn run(config: &Path) -> Report {
    examine(&gather(config))
}

fn gather(config: &Path) -> Facts {
    let (configuration, settings) = configuration::read(config);
    let named = settings.as_ref().map(|settings| settings.api.socket.clone());
    let socket = named.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_SOCKET));
    let found = settings.map(|settings| Walk::begin(config, Arc::new(settings)));
    let (service, told) = service::ask(&socket, SERVICE);
    let service = if named.is_some() { service } else { service::guessed(service) };
    let till = found.map(|walk| walk.finish(told.as_ref()));
    Facts {
        now: SystemClock.now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        configuration,
        service,
        machine: machine::facts(),
        till,
    }
}

/// What a running daemon told, and who it is.
struct Told {
    status: Status,
    uid: Option<u32>,
}

/// The probes that need nothing from the daemon, on their way.
struct Walk {
    config: PathBuf,
    settings: Arc<Settings>,
    network: bounded::Pending<Known<network::Way>>,
    printer: bounded::Pending<Paper>,
}

impl Walk {
    fn begin(config: &Path, settings: Arc<Settings>) -> Walk {
        let (one, two) = (Arc::clone(&settings), Arc::clone(&settings));
        let network = start("network", NETWORK, Visitor::This, move || network::walk(&one));
        // A folder is looked at later, as the user of the service.
        let printer = start("printer", NETWORK, Visitor::This, move || paper::reach(&two));
        Walk { config: config.to_owned(), settings, network, printer }
    }

    fn finish(self, told: Option<&Told>) -> Till {
        let visitor = self.visitor(told);
        let settings = Arc::clone(&self.settings);
        let usual = self.config == Path::new(DEFAULT_FILE);
        let owner = places::owner(told.and_then(|told| told.uid), usual, &settings.till.data_dir);
        let wanted = owner.as_ref().map(|(uid, _)| *uid);
        let here = rustix::process::geteuid();
        let stranger = !here.is_root() && wanted.is_some_and(|wanted| wanted != here.as_raw());
        let (one, two) = (Arc::clone(&settings), Arc::clone(&settings));
        let home = start("files", DISK, visitor, move || places::look(&one, wanted));
        let bundle = start("vault", DISK, visitor, move || bundle::look(&two));
        let (one, two) = (Arc::clone(&settings), Arc::clone(&settings));
        let spool = start("printer", DISK, visitor, move || paper::folder(&one, stranger));
        let ledger = match told {
            Some(told) => Ok(records::told(&told.status)),
            None => start("ledger", DISK, visitor, move || records::look(&two)).get().and_then(|found| found),
        };
        let (vault, identity) = self.identity(bundle.get(), told);
        let way = self.network.get().and_then(|way| way);
        let ahead = clock::ahead(&way);
        let home = home.get().unwrap_or_else(|because| places::unseen(&because));
        let printer = self.printer.get().unwrap_or(Paper::None);
        let (ledger, queue, receipts) = match ledger {
            Ok(records::Records { ledger, queue, receipts }) => (Ok(ledger), queue, receipts),
            Err(because) => (Err(because.clone()), Err(because.clone()), Err(because)),
        };
        Till {
            settings: bundle::settings(&settings),
            home: crate::doctor::Home { owner, ..home },
            ledger,
            vault,
            identity,
            clock: ClockFacts { authority_ahead: ahead },
            network: way.map(|way| way.network),
            queue,
            printer: paper::join(printer, spool.get()),
            receipts,
        }
    }

    /// Root sees more of the machine than the service does, and would leave its
    /// own files behind: it looks with the eyes of the service.
    fn visitor(&self, told: Option<&Told>) -> Visitor {
        if !rustix::process::geteuid().is_root() {
            return Visitor::This;
        }
        let uid = told.and_then(|told| told.uid).filter(|uid| *uid != 0);
        Visitor::of(&self.settings.till.data_dir, uid)
    }

    /// The vault's own word, or else what the daemon said at its start.
    fn identity(&self, bundle: Known<bundle::Seen>, told: Option<&Told>) -> (Known<Vault>, Known<Identity>) {
        let status = told.map(|told| &told.status);
        let running = status.and_then(bundle::told).map(|bundle| Identity::Active(Box::new(bundle)));
        let (vault, identity) = match bundle.map_err(bundle::Unseen::from).and_then(|seen| seen) {
            Ok((vault, identity)) => (Ok(vault), identity),
            Err(unseen) => {
                let because = unseen.because();
                (status.and_then(bundle::told_vault).ok_or(because.clone()), Err(because))
            }
        };
        let mut identity = identity.or_else(|because| running.ok_or(because));
        if let Ok(Identity::Active(bundle)) = &mut identity {
            bundle.in_the_making = status.is_some_and(bundle::is_under_way);
        }
        (vault, identity)
    }
}
