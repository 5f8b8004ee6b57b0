//! `tilld serve`: the daemon under the service manager.

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::books;
use super::service::{Service, verification};
use super::start::Daemon;
use crate::api::client::Client;
use crate::api::wire::{ActivityList, Verification};
use crate::cli::Failure;
use crate::config::Settings;
use crate::ledger::audit;
use crate::report::alarms::AlarmId;

/// A till that shows no sign of life for this long is not reported alive.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);
/// The watchman looks every 10 s, and a look never takes long; one who has not
/// looked for so many seconds hangs himself.
const WATCHMAN_LOOKS: u64 = 60;

/// Runs the till until SIGTERM or SIGINT.
pub fn run(settings: Settings) -> Result<(), Failure> {
    start_log(&settings);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Finding(format!("the runtime did not start ({error})")))?;
    runtime.block_on(serve(settings)).map_err(Failure::Finding)
}

/// Checks the data directory of a till that does not run.
pub fn verify_at_rest(settings: &Settings) -> Result<Verification, Failure> {
    verification(&settings.till.data_dir, &settings.till.anchor).map_err(Failure::Finding)
}

/// The activity log of a till that does not run.
pub fn activities_at_rest(settings: &Settings, limit: usize) -> Result<ActivityList, Failure> {
    let listed = audit::activities(&settings.till.data_dir, limit);
    listed.map(books::listed).map_err(|error| {
        let words = error.words();
        Failure::Finding(format!("{}\n{}", words.en, words.ar))
    })
}

async fn serve(settings: Settings) -> Result<(), String> {
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let mut daemon = Daemon::start(&settings).await?;
    let socket = settings.api.socket.display();
    tracing::info!(%socket, till = settings.till.name, "tilld is open for business");
    tell(&[NotifyState::Ready, NotifyState::Status("open for business")]);
    let service = Arc::clone(&daemon.service);
    let why = tokio::select! {
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
        why = daemon.interface_failed() => Some(why),
        why = watchdog(&settings, service) => Some(why),
    };
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
    tracing::info!("stopping");
    daemon.stop().await?;
    why.map_or(Ok(()), Err)
}

/// Tells the service manager that the till is alive, but only while the local
/// interface and the ledger answer and the watchman sees everything move. A
/// runtime that hangs cannot tell anything by itself.
async fn watchdog(settings: &Settings, service: Arc<Service>) -> String {
    let Some(period) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    let client = match Client::new(&settings.api.socket) {
        Ok(client) => client,
        Err(error) => return error.to_string(),
    };
    let mut ticks = tokio::time::interval(period / 3);
    loop {
        ticks.tick().await;
        let answers = matches!(tokio::time::timeout(SIGN_OF_LIFE, client.status()).await, Ok(Ok(_)));
        let board = &service.lookout.board;
        let (stuck, looked) = (board.stuck(), board.age());
        if lives(answers, &stuck, looked) {
            tell(&[NotifyState::Watchdog]);
        } else {
            tracing::error!(
                answers,
                ?stuck,
                looked,
                "a part of the till hangs; the service manager is not told that it lives"
            );
        }
    }
}

/// Whether the till is to be left alone: it answers, nothing hangs as of the
/// watchman's last look, and that look is not old (seconds; none before the first).
pub(super) fn lives(answers: bool, stuck: &[AlarmId], looked: Option<u64>) -> bool {
    answers && stuck.is_empty() && looked.is_none_or(|age| age <= WATCHMAN_LOOKS)
}

fn tell(states: &[NotifyState<'_>]) {
    // Not under a service manager: there is nobody to tell.
    let _ = sd_notify::notify(states);
}

fn start_log(settings: &Settings) {
    let filter = EnvFilter::new(format!("warn,tilld={}", settings.log.level.word()));
    // A second start in one process (tests) keeps the first log.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .without_time()
        .try_init();
}
