//! Starts the parts of a till in their order, and stops them in the reverse one.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use super::identity;
use super::press::Press;
use super::printing::{Doorbell, Printing};
use super::service::{Facts, Service};
use super::slips::Shop;
use crate::api::{self, Limits, Socket, wire};
use crate::config::{PrintPolicy, Settings};
use crate::fatoora::{Authority, Credentials};
use crate::invoice::IssueMoment;
use crate::ledger::{ChainId, Clock, DocumentId, Ledger, Notice, StorageError, Store, SystemClock, Unit};
use crate::onboard::{self, Identity};
use crate::printer::Target;
use crate::report::{self, Parts, Wakes};
use crate::text::Bilingual;

/// How long requests under way may take when the till stops.
const GRACE: Duration = Duration::from_secs(10);
/// How long the reporting driver may take to write down its last answers.
const LAST_ANSWERS: Duration = Duration::from_secs(15);

/// A till at work.
pub struct Daemon {
    pub service: Arc<Service>,
    cancel: watch::Sender<bool>,
    reporting: Option<tokio::task::JoinHandle<()>>,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
    printer: Option<JoinHandle<()>>,
    ledger: JoinHandle<Result<(), StorageError>>,
}

impl Daemon {
    /// Starts everything; the till can sell when this returns.
    ///
    /// # Errors
    /// In words, with what to do. Nothing is left running.
    pub async fn start(settings: &Settings) -> Result<Daemon, String> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let socket = Socket::bind(&settings.api.socket).map_err(|error| error.to_string())?;
        let mut store = open_store(settings, &clock)?;
        let (identity, not_ready) = load_identity(settings)?;
        let authority = Arc::new(identity::client(settings)?);
        let certificate = identity.as_ref().map(|identity| wire::Certificate {
            subject: identity.certificate.subject().to_owned(),
            valid_until: IssueMoment::from_unix(identity.certificate.not_after())
                .map_or_else(String::new, wire::riyadh),
        });
        let title = identity.as_ref().and_then(|identity| identity.certificate.title().map(str::to_owned));
        let credentials = match identity {
            Some(identity) => Some(activate(&mut store, settings, identity)?),
            None => None,
        };
        let (ledger, ledger_thread) =
            Ledger::start(store).map_err(|error| format!("the ledger thread did not start ({error})"))?;
        let press = Arc::new(Press::new(settings.printer.width, shop(settings)));
        let doorbell = Arc::new(Doorbell::default());
        let print_fault = Arc::new(Mutex::new(None));
        let printer = match settings.printer.target.as_ref().map(Target::open) {
            None => None,
            Some(printer) => {
                let parts = Printing {
                    ledger: ledger.clone(),
                    press: Arc::clone(&press),
                    printer,
                    doorbell: Arc::clone(&doorbell),
                    fault: Arc::clone(&print_fault),
                };
                Some(parts.start().map_err(|error| format!("the printer thread did not start ({error})"))?)
            }
        };
        let (cancel, cancelled) = watch::channel(false);
        let wakes = Arc::new(Wakes::new());
        let (status, report) = watch::channel(report::Status::default());
        let reporting = credentials.map(|(chain, credentials)| {
            let parts = Parts {
                queue: ledger.clone(),
                authority: authority as Arc<dyn Authority>,
                credentials: Arc::new(move |document: DocumentId| {
                    (document.chain() == chain).then(|| Arc::clone(&credentials))
                }),
                clock: Arc::clone(&clock),
                wakes: Arc::clone(&wakes),
                cancel: cancelled.clone(),
                status,
                settings: report::Settings {
                    in_flight: settings.fatoora.in_flight,
                    ..report::Settings::default()
                },
                jitter: Box::new(random_u32),
            };
            tokio::spawn(report_and_watch(parts, Arc::clone(&wakes)))
        });
        let service = Arc::new(Service {
            facts: Facts { title, ..facts(settings, certificate, not_ready) },
            ledger,
            clock,
            press,
            doorbell,
            wakes,
            report,
            print_fault,
        });
        let router = api::router(Arc::clone(&service), Limits::new(settings.api.max_body));
        let stopped = stopped(cancelled);
        let serving = tokio::spawn(api::serve(socket, router, stopped, GRACE));
        Ok(Daemon { service, cancel, reporting, serving, printer, ledger: ledger_thread })
    }

    /// Waits until the local interface ends by itself, which it never should.
    pub async fn interface_failed(&mut self) -> String {
        match (&mut self.serving).await {
            Ok(Ok(())) => "the local interface ended".to_owned(),
            Ok(Err(error)) => format!("the local interface failed ({error})"),
            Err(error) => format!("the local interface failed ({error})"),
        }
    }

    /// Stops accepting, lets what is under way finish, then closes the ledger.
    pub async fn stop(self) -> Result<(), String> {
        // Nobody listens any more only if all have ended already.
        let _ = self.cancel.send(true);
        if !self.serving.is_finished()
            && let Err(error) = self.serving.await
        {
            tracing::error!(%error, "the local interface did not end properly");
        }
        if let Some(reporting) = self.reporting
            && tokio::time::timeout(LAST_ANSWERS, reporting).await.is_err()
        {
            tracing::warn!("the reporting driver did not end in time; what is in flight is sent again");
        }
        self.service.doorbell.stop();
        let ledger = self.service.ledger.clone();
        let (printer, store) = (self.printer, self.ledger);
        let closing = move || {
            if let Some(printer) = printer {
                // A panic there has been logged; the ledger must close all the same.
                let _ = printer.join();
            }
            ledger.stop_blocking();
            store.join()
        };
        match tokio::task::spawn_blocking(closing).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(error))) => Err(error.to_string()),
            Ok(Err(_)) | Err(_) => Err("the ledger thread did not end properly".to_owned()),
        }
    }
}

/// The driver, and beside it the watch over the network; without the latter the
/// driver still asks by its own clock.
async fn report_and_watch(parts: Parts<Ledger>, wakes: Arc<Wakes>) {
    let watching = async {
        if let Err(error) = report::link::watch(wakes).await {
            tracing::info!(%error, "the network is not watched; the queue asks by itself");
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = report::run(parts) => {}
        () = watching => {}
    }
}

async fn stopped(mut cancelled: watch::Receiver<bool>) {
    // An error means that the daemon is gone, which is a stop as well.
    let _ = cancelled.wait_for(|stop| *stop).await;
}

fn random_u32() -> u32 {
    let mut bytes = [0; 4];
    crate::keys::os_random(&mut bytes);
    u32::from_ne_bytes(bytes)
}

fn open_store(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Store, String> {
    let till = &settings.till;
    if let Some(folder) = till.anchor.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("the folder {} cannot be made ({error})", folder.display()))?;
    }
    let store =
        Store::open(&till.data_dir, &till.anchor, Arc::clone(clock)).map_err(|error| error.to_string())?;
    for notice in store.notices() {
        match notice {
            Notice::MarkRecreated { documents } => {
                tracing::warn!(documents, "the high-water mark was missing and was made anew");
            }
            Notice::Interrupted { attempts } => {
                tracing::info!(attempts, "interrupted attempts are sent again")
            }
            Notice::Unconfirmed { prints } => {
                tracing::warn!(prints, "receipts may not have come out: ask the cashier, then reprint");
            }
            Notice::Migrated { backup } => {
                tracing::info!(backup = %backup.display(), "the ledger was brought up to date")
            }
            Notice::ChainsClosed { reason } => tracing::warn!(reason, "all chains are closed"),
        }
    }
    Ok(store)
}

/// The identity, or why there is none to sell with.
fn load_identity(settings: &Settings) -> Result<(Option<Identity>, Option<Bilingual>), String> {
    let vault = identity::open_vault(settings)?;
    let Some(found) =
        onboard::load_identity(&vault, &identity::keys(settings)).map_err(|error| error.to_string())?
    else {
        let words = Bilingual::new(
            "This till has no certificate yet. Run `tilld onboard`, then restart the service.",
            "لا توجد شهادة لهذا الجهاز بعد. نفذ tilld onboard ثم أعد تشغيل الخدمة.",
        );
        return Ok((None, Some(words)));
    };
    let wanted = settings.fatoora.environment;
    if found.environment != wanted {
        return Err(format!(
            "this till's certificate belongs to the {} environment, but the settings name {}; \
             set [fatoora] environment back, or use another data directory",
            found.environment.word(),
            wanted.word()
        ));
    }
    if found.profile.vat != settings.seller.vat.as_str() {
        return Err(format!(
            "this till's certificate is for VAT number {}, but the settings name {}; correct [seller] vat_number",
            found.profile.vat, settings.seller.vat
        ));
    }
    Ok((Some(found), None))
}

/// Makes the identity the one that stamps; gives its chain and credentials.
fn activate(
    store: &mut Store,
    settings: &Settings,
    identity: Identity,
) -> Result<(ChainId, Arc<Credentials>), String> {
    let unit = Unit {
        certificate: identity.certificate,
        signer: Box::new(identity.signer),
        seller: Arc::clone(&settings.seller),
        environment: identity.environment.word().to_owned(),
        number_prefix: settings.till.number_prefix.clone(),
        dictionary: Vec::new(),
    };
    let chain = store.activate(unit).map_err(|error| error.to_string())?;
    Ok((chain, Arc::new(identity.credentials)))
}

/// The shop's own lines: the first header line is its sign, footer lines are
/// paired by language.
fn shop(settings: &Settings) -> Shop {
    let line = |lines: &[String], at: usize| lines.get(at).cloned().unwrap_or_default();
    let (header, footer) = (&settings.printer.header, &settings.printer.footer);
    let sign: Vec<&str> = header.arabic.iter().chain(&header.english).map(String::as_str).collect();
    Shop {
        trade_name: (!sign.is_empty()).then(|| sign.join("\n")),
        till: Some(settings.till.name.clone()),
        footer: (0..footer.arabic.len().max(footer.english.len()))
            .map(|at| Bilingual::new(line(&footer.english, at), line(&footer.arabic, at)))
            .collect(),
    }
}

fn facts(settings: &Settings, certificate: Option<wire::Certificate>, not_ready: Option<Bilingual>) -> Facts {
    let printer = settings.printer.target.as_ref().map_or_else(|| "none".to_owned(), Target::to_string);
    let prints = settings.printer.print == PrintPolicy::Always && settings.printer.target.is_some();
    Facts {
        till: settings.till.name.clone(),
        environment: settings.fatoora.environment.word().to_owned(),
        address_override: settings.fatoora.base_url.clone(),
        data_dir: settings.till.data_dir.clone(),
        anchor: settings.till.anchor.clone(),
        printer,
        print: prints,
        certificate,
        title: None,
        not_ready,
    }
}
