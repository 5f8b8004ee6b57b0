//! The desk where the till's identity is made, renewed and replaced while the
//! till sells: one operation at a time, on a thread of its own, with the switch
//! between two documents at its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use zeroize::Zeroizing;

use super::drain::{drain, earlier_alive, explained, left_alive};
use super::keyring::Keyring;
use super::register::{Register, facts};
use super::{plan, switch};
use crate::api::{IdentityOrder, IdentityTask, Refusal, wire};
use crate::config::Settings;
use crate::fatoora::{Client, Otp, SetupFault};
use crate::keys::{KeyStore, Vault};
use crate::ledger::{Clock, Ledger, LedgerGone};
use crate::onboard::{Bundles, News, OnboardError, Onboarding};
use crate::report::{self, PauseReason, Wake, Wakes};
use crate::text::Bilingual;

/// How long unsent documents may hold up a renewal or replacement.
pub const DRAIN_WITHIN: Duration = Duration::from_secs(60);

/// What an operation needs of the till.
pub struct Parts {
    pub settings: Settings,
    pub vault: Arc<Vault>,
    pub keys: KeyStore,
    pub authority: Arc<Client>,
    pub ledger: Ledger,
    pub clock: Arc<dyn Clock>,
    pub keyring: Arc<Keyring>,
    pub register: Arc<Register>,
    pub wakes: Arc<Wakes>,
    pub report: watch::Receiver<report::Status>,
    /// True means that the till stops.
    pub cancel: watch::Receiver<bool>,
    pub drain_within: Duration,
}

/// Where requests for another identity arrive.
pub struct Desk {
    parts: Parts,
    one: Arc<Semaphore>,
}

impl Desk {
    pub fn new(parts: Parts) -> Desk {
        Desk { parts, one: Arc::new(Semaphore::new(1)) }
    }

    /// Does what was asked for. The work goes on if this is dropped.
    pub async fn change(self: Arc<Self>, order: IdentityOrder) -> Result<wire::IdentityDone, Refusal> {
        let IdentityOrder { task, otp, caller } = order;
        if let IdentityTask::Replace { till } = &task
            && *till != self.parts.settings.till.name
        {
            return Err(Refusal::IdentityInvalid(wrong_till(&self.parts.settings.till.name)));
        }
        let otp = otp.map(|digits| one_time(&digits)).transpose()?;
        let Ok(permit) = Arc::clone(&self.one).try_acquire_owned() else {
            return Err(Refusal::IdentityBusy(busy(self.parts.register.busy())));
        };
        let kind = kind(&task);
        tracing::info!(kind, uid = caller.uid, "the till's identity is to be changed");
        let desk = Arc::clone(&self);
        let work = tokio::spawn(async move {
            let _permit = permit;
            let now = desk.parts.clock.now();
            desk.parts.register.begin(kind, now, "begun");
            let done = desk.work(task, otp).await;
            desk.parts.register.end();
            match &done {
                Ok(done) => {
                    tracing::info!(kind, serial = done.certificate.serial_number, "the till has its identity")
                }
                Err(refusal) => {
                    tracing::warn!(kind, why = told(refusal), "the till's identity was not changed")
                }
            }
            done
        });
        work.await.map_err(|error| Refusal::Fault(error.to_string()))?
    }

    async fn work(
        self: &Arc<Self>,
        task: IdentityTask,
        otp: Option<Otp>,
    ) -> Result<wire::IdentityDone, Refusal> {
        let Parts { ledger, wakes, report, drain_within, .. } = &self.parts;
        let before = self.parts.register.certificate();
        let changes = !matches!(task, IdentityTask::Onboard);
        let left =
            if changes { drain(ledger, wakes, report, *drain_within).await.map_err(gone)? } else { 0 };
        let now = self.parts.clock.now();
        let usable = before.as_ref().is_some_and(|known| known.not_after() > now)
            && self.parts.register.not_ready(now).is_none();
        let kind = kind(&task);
        let replaces = matches!(task, IdentityTask::Replace { .. });
        if let Err(refusal) = self.obtain(task, otp).await {
            // The authority may have said that the present identity is over.
            self.look_again().await;
            return Err(refusal);
        }
        self.take_into_use().await?;
        let Some(certificate) = self.parts.register.certificate() else {
            return Err(Refusal::Fault("no certificate after an operation that ended well".to_owned()));
        };
        let same = before.as_ref().is_some_and(|before| before.fingerprint() == certificate.fingerprint());
        let left = if changes { explained(left, usable, false) } else { None };
        let first = before.is_none();
        let chains =
            ledger.run(|store| store.known_chains().map_or(0, |known| known.len())).await.map_err(gone)?;
        let earlier = (first && chains > 1).then(earlier_alive);
        let alive = before.filter(|_| replaces && !same).map(|before| left_alive(before.serial()));
        Ok(wire::IdentityDone {
            kind: if same { "none" } else { kind }.to_owned(),
            environment: self.parts.settings.fatoora.environment.word().to_owned(),
            certificate: facts(&certificate, self.parts.clock.now()),
            notes: left.into_iter().chain(alive).chain(earlier).map(wire::Words::from).collect(),
        })
    }

    /// From wherever the vault stands to an active identity in it. On a thread of
    /// its own: each step waits for the disk, and a key in a token for the token.
    async fn obtain(self: &Arc<Self>, task: IdentityTask, otp: Option<Otp>) -> Result<(), Refusal> {
        let (desk, handle) = (Arc::clone(self), Handle::current());
        let work = move || {
            let Parts { vault, keys, authority, settings, clock, register, cancel, .. } = &desk.parts;
            let mut random = crate::keys::os_random;
            let mut hear = |news: News<'_>| match news {
                News::State(device) => {
                    register.step(device);
                    tracing::info!(step = device.words().en, "identity");
                }
                News::StartedOver(why) => tracing::warn!("{}", why.words().en),
            };
            let onboarding = Onboarding {
                refused_elsewhere: desk.refused(),
                vault,
                keys,
                authority: authority.as_ref(),
                plan: plan(settings),
                now: &|| clock.now(),
                random: &mut random,
                progress: &mut hear,
            };
            let mut cancel = cancel.clone();
            handle.block_on(async move {
                let steps = async {
                    match task {
                        IdentityTask::Onboard => onboarding.run(otp.as_ref()).await,
                        IdentityTask::Replace { .. } => onboarding.replace(otp.as_ref()).await,
                        IdentityTask::Renew => onboarding.renew(otp.as_ref()).await,
                    }
                };
                tokio::select! {
                    biased;
                    done = steps => done.map(drop).map_err(|error| refused(&error)),
                    _ = cancel.wait_for(|stop| *stop) => Err(Refusal::Stopping),
                }
            })
        };
        tokio::task::spawn_blocking(work).await.map_err(|error| Refusal::Fault(error.to_string()))?
    }

    /// Whether reporting pauses because the authority does not take the
    /// credentials.
    fn refused(&self) -> bool {
        let pause = self.parts.report.borrow().pause;
        pause.is_some_and(|pause| pause.reason == PauseReason::Setup(SetupFault::Credentials))
    }

    /// The vault's decision first, then the ledger between two documents.
    async fn take_into_use(self: &Arc<Self>) -> Result<(), Refusal> {
        let bundles = self.load().await.map_err(half_way)?;
        let desk = Arc::clone(self);
        let install = move |store: &mut crate::ledger::Store| {
            let Parts { settings, keyring, register, clock, .. } = &desk.parts;
            // Before the next sale sees the ledger: both say the same then.
            let entry = Register::entry(&bundles);
            switch::install(store, settings, keyring, bundles, clock.now()).map(|()| register.enter(entry))
        };
        let installed = self.parts.ledger.run(install).await.map_err(gone)?;
        installed.map_err(|error| half_way(error.to_string()))?;
        self.parts.wakes.ring(Wake::Credentials);
        Ok(())
    }

    /// After an operation that did not come to its end.
    async fn look_again(self: &Arc<Self>) {
        if let Err(refusal) = self.take_into_use().await {
            tracing::error!(why = told(&refusal), "the till's identity could not be read again");
        }
    }

    async fn load(self: &Arc<Self>) -> Result<Bundles, String> {
        let desk = Arc::clone(self);
        let load = move || {
            let Parts { settings, vault, keys, clock, .. } = &desk.parts;
            switch::load(settings, vault, keys, clock.now())
        };
        tokio::task::spawn_blocking(load).await.map_err(|error| error.to_string())?
    }
}

const fn kind(task: &IdentityTask) -> &'static str {
    match task {
        IdentityTask::Onboard => "onboarding",
        IdentityTask::Replace { .. } => "replacement",
        IdentityTask::Renew => "renewal",
    }
}

fn one_time(digits: &Zeroizing<String>) -> Result<Otp, Refusal> {
    Otp::new(digits).map_err(|error| {
        let ar = "رمز التحقق ستة أرقام كما تظهر في بوابة فاتورة.";
        Refusal::IdentityInvalid(Bilingual::new(error.to_string(), ar))
    })
}

fn refused(error: &OnboardError) -> Refusal {
    Refusal::Identity { words: error.words(), passing: error.is_passing() }
}

fn gone(error: LedgerGone) -> Refusal {
    match error {
        LedgerGone::Stopped => Refusal::Stopping,
        LedgerGone::Fault => Refusal::Fault(error.to_string()),
    }
}

/// What a refusal says to the log.
fn told(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Identity { words, .. } | Refusal::Unavailable(words) => words.en.clone(),
        Refusal::Stopping => "the till is being stopped".to_owned(),
        Refusal::Fault(what) => what.clone(),
        _ => "refused".to_owned(),
    }
}

fn half_way(why: String) -> Refusal {
    let en = format!(
        "The new identity is stored, but it could not be taken into use: {why}. Restart tilld: it goes on from there."
    );
    let ar = "حُفظت الهوية الجديدة لكن تعذر بدء استخدامها. أعد تشغيل tilld وسيكمل من حيث توقف.";
    Refusal::Unavailable(Bilingual::new(en, ar))
}

fn wrong_till(name: &str) -> Bilingual {
    Bilingual::new(
        format!(
            "A live identity is replaced only if the request repeats this till's name, which is {name}. Nothing was \
             changed. To renew the certificate in time, tilld renew is enough."
        ),
        format!(
            "لا تُستبدل هوية سارية إلا إذا كرر الطلب اسم هذا الجهاز وهو {name}. لم يتغير شيء. لتجديد الشهادة قبل انتهائها \
             يكفي tilld renew."
        ),
    )
}

fn busy(operation: Option<wire::Operation>) -> Bilingual {
    let Some(wire::Operation { kind, began_at, step }) = operation else {
        return Bilingual::new(
            "Another change of the till's identity is just ending. Ask again in a moment.",
            "تغيير آخر لهوية الجهاز على وشك الانتهاء. أعد الطلب بعد لحظات.",
        );
    };
    let arabic = match kind.as_str() {
        "renewal" => "تجديد",
        "replacement" => "استبدال",
        _ => "تسجيل",
    };
    Bilingual::new(
        format!("A {kind} is under way since {began_at} ({step}). Wait until it has ended, then ask again."),
        format!("عملية {arabic} جارية منذ {began_at}. انتظر انتهاءها ثم أعد الطلب."),
    )
}
