//! The access to tokens: which worker does what, and how long it may take.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use k256::ecdsa::VerifyingKey;

use super::token::Tokens;
use super::worker::{NoAnswer, Worker};
use super::{KeyId, Pkcs11Settings, TokenError};

/// A cashier waits for it. Slow cards sign within two seconds.
const SIGNING: Duration = Duration::from_secs(10);
/// Cards take their time to make a key.
const MAKING: Duration = Duration::from_secs(60);

/// A module knows one login for the whole process, so there is one worker for
/// each in the process, too.
static WORKERS: Mutex<BTreeMap<PathBuf, Worker<Tokens>>> = Mutex::new(BTreeMap::new());

/// Makes a key pair in the token; gives its public half.
pub(super) fn generate(settings: &Pkcs11Settings, id: KeyId) -> Result<VerifyingKey, TokenError> {
    let access = settings.clone();
    ask(settings, MAKING, move |tokens| tokens.generate(&access, id))
}

/// r and s, 32 bytes each, as the token gave them.
pub(super) fn sign(settings: &Pkcs11Settings, id: KeyId, digest: &[u8; 32]) -> Result<Vec<u8>, TokenError> {
    let (access, digest) = (settings.clone(), *digest);
    ask(settings, SIGNING, move |tokens| tokens.sign(&access, id, &digest))
}

/// Whether the token is there and holds that key, unexportable.
pub(super) fn check(settings: &Pkcs11Settings, id: KeyId) -> Result<(), TokenError> {
    let access = settings.clone();
    ask(settings, SIGNING, move |tokens| tokens.check(&access, id))
}

fn ask<T: Send + 'static>(
    settings: &Pkcs11Settings,
    patience: Duration,
    job: impl FnOnce(&mut Tokens) -> Result<T, TokenError> + Send + 'static,
) -> Result<T, TokenError> {
    let worker = worker(&settings.module);
    let answer = worker.and_then(|worker| worker.ask(patience, job));
    answer.unwrap_or_else(|NoAnswer| Err(TokenError::NoAnswer { token: settings.token.clone() }))
}

/// The worker of that module; a new one if there is none alive.
fn worker(module: &Path) -> Result<Worker<Tokens>, NoAnswer> {
    // What a panicking thread leaves behind in the map is whole.
    let mut workers = WORKERS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(worker) = workers.get(module).filter(|worker| !worker.is_gone()) {
        return Ok(worker.clone());
    }
    let path = module.to_owned();
    let worker = Worker::start(move || Tokens::of(path))?;
    workers.insert(module.to_owned(), worker.clone());
    Ok(worker)
}
