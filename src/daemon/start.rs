//! Starts the parts of a till in their order, and stops them in the reverse one.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use super::books;
use super::clock::{self, Dated};
use super::events::Events;
use super::identity::{self, Desk, Keyring, Register};
use super::lookout::Lookout;
use super::news::News;
use super::press::Press;
use super::printing::{Doorbell, Printing};
use super::reach;
use super::service::{Facts, Service};
use super::slips::Shop;
use super::watchman::{self, Heart, Herald, HookCommand, Told, Watching, Watchman};
use crate::api::{self, Limits, Socket};
use crate::config::{PrintPolicy, Settings};
use crate::fatoora::Authority;
use crate::ledger::{Clock, DocumentId, Ledger, StorageError, SystemClock};
use crate::printer::Target;
use crate::report::alarms::Steps;
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
    reporting: tokio::task::JoinHandle<()>,
    watching: tokio::task::JoinHandle<()>,
    heart: tokio::task::JoinHandle<()>,
    watchman: Watching,
    serving: tokio::task::JoinHandle<std::io::Result<()>>,
    printer: Option<JoinHandle<()>>,
    ledger: JoinHandle<Result<(), StorageError>>,
}

impl Daemon {
    /// Starts everything; the till can sell when this returns, if it has an
    /// identity. One that was made and not yet taken into use is taken now.
    ///
    /// # Errors
    /// In words, with what to do. Nothing is left running.
    pub async fn start(settings: &Settings) -> Result<Daemon, String> {
        Daemon::start_with(settings, Arc::new(SystemClock), identity::DRAIN_WITHIN).await
    }

    /// As [`Daemon::start`], by another clock and with another patience for
    /// unsent documents before the identity is changed.
    pub async fn start_with(
        settings: &Settings,
        clock: Arc<dyn Clock>,
        drain_within: Duration,
    ) -> Result<Daemon, String> {
        let socket = Socket::bind(&settings.api.socket).map_err(|error| error.to_string())?;
        let mut store = books::open(settings, &clock)?;
        let vault = Arc::new(identity::open_vault(settings)?);
        let keys = identity::keys(settings)?;
        let authority = Arc::new(identity::client(settings)?);
        let (keyring, register) =
            (Arc::new(Keyring::default()), Arc::new(identity::register(settings, &vault, &keys)));
        let bundles = identity::load(settings, &vault, &keys, clock.now())?;
        register.enter(Register::entry(&bundles));
        identity::install(&mut store, settings, &keyring, bundles, clock.now())
            .map_err(|error| error.to_string())?;
        let authority_time = store.authority_time();
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
        let credentials = Arc::clone(&keyring);
        let events = Arc::new(Events::default());
        let news = News {
            ledger: ledger.clone(),
            events: Arc::clone(&events),
            doorbell: Arc::clone(&doorbell),
            clock: Arc::clone(&clock),
        };
        let (tell, telling) = news.start();
        let parts = Parts {
            queue: ledger.clone(),
            authority: Arc::new(Dated {
                authority: Arc::clone(&authority) as Arc<dyn Authority>,
                time: authority_time.clone(),
                clock: Arc::clone(&clock),
            }),
            credentials: Arc::new(move |document: DocumentId| credentials.access(document)),
            clock: Arc::clone(&clock),
            wakes: Arc::clone(&wakes),
            cancel: cancelled.clone(),
            status,
            tell,
            settings: report::Settings {
                in_flight: settings.fatoora.in_flight,
                ..report::Settings::default()
            },
            jitter: Box::new(random_u32),
        };
        let reporting = tokio::spawn(report_and_watch(parts, Arc::clone(&wakes)));
        // Ends by itself when the driver is gone.
        tokio::spawn(telling);
        let of_identity = identity::watch(Arc::clone(&register), Arc::clone(&clock), identity::HOURLY);
        let endpoint = authority.endpoint().clone();
        let reach = reach::platform(&endpoint);
        let of_clock = clock::watch(clock::Watching {
            ledger: ledger.clone(),
            clock: Arc::clone(&clock),
            time: authority_time,
            ask: move || clock::ask(&endpoint),
            look: clock::LOOK,
        });
        let watching = tokio::spawn(async { _ = tokio::join!(of_identity, of_clock) });
        let lookout = Arc::new(Lookout {
            till: settings.till.name.clone(),
            clock: Arc::clone(&clock),
            register: Arc::clone(&register),
            report: report.clone(),
            print_fault: Arc::clone(&print_fault),
            board: Arc::default(),
        });
        let heart = Arc::new(Heart::default());
        let watchman = watchman(settings, &ledger, &lookout, &heart, &events)
            .map_err(|error| format!("the watchman's thread did not start ({error})"))?;
        let heart = tokio::spawn(heart.beat());
        let desk = identity::Parts {
            settings: settings.clone(),
            vault,
            keys,
            authority,
            ledger: ledger.clone(),
            clock: Arc::clone(&clock),
            keyring,
            register: Arc::clone(&register),
            wakes: Arc::clone(&wakes),
            report: report.clone(),
            cancel: cancelled.clone(),
            drain_within,
        };
        let service = Arc::new(Service {
            facts: facts(settings),
            ledger,
            clock,
            press,
            doorbell,
            wakes,
            report,
            events,
            reach,
            stopping: cancelled.clone(),
            print_fault,
            lookout,
            register,
            desk: Arc::new(Desk::new(desk)),
        });
        let limits =
            Limits::new(settings.api.max_body).waiting(settings.fatoora.clearance_wait + reach::WITHIN);
        let router = api::router(Arc::clone(&service), limits);
        let stopped = stopped(cancelled);
        let serving = tokio::spawn(api::serve(socket, router, stopped, GRACE));
        Ok(Daemon {
            service,
            cancel,
            reporting,
            watching,
            heart,
            watchman,
            serving,
            printer,
            ledger: ledger_thread,
        })
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
        self.watching.abort();
        self.heart.abort();
        if tokio::time::timeout(LAST_ANSWERS, self.reporting).await.is_err() {
            tracing::warn!("the reporting driver did not end in time; what is in flight is sent again");
        }
        self.service.doorbell.stop();
        let ledger = self.service.ledger.clone();
        let (printer, store, watchman) = (self.printer, self.ledger, self.watchman);
        let closing = move || {
            watchman.stop();
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

/// Starts the thread that looks at all this from outside.
fn watchman(
    settings: &Settings,
    ledger: &Ledger,
    lookout: &Arc<Lookout>,
    heart: &Arc<Heart>,
    events: &Arc<Events>,
) -> std::io::Result<Watching> {
    let told = Told::read(&settings.till.data_dir);
    let hook = settings.alarms.command.clone().map(|words| HookCommand {
        words,
        within: Duration::from_secs(settings.alarms.timeout_seconds),
        again: watchman::AGAIN,
    });
    let watchman = Watchman {
        period: watchman::PERIOD,
        ask_for: watchman::ASK_FOR,
        steps: Steps::new(&settings.fatoora.alarm_hours),
        ledger: ledger.clone(),
        lookout: Arc::clone(lookout),
        heart: Arc::clone(heart),
        events: Arc::clone(events),
        herald: Herald::start(settings.till.name.clone(), hook, told.clone())?,
    };
    watchman.start(told)
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

fn facts(settings: &Settings) -> Facts {
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
        clearance_wait: settings.fatoora.clearance_wait,
        clearance_offline: settings.fatoora.clearance_offline,
    }
}
