//! The one brake of the whole queue. While it holds, at most one document at a
//! time asks on behalf of all; its answer, and no other, lets the rest go.

use super::backoff::{self, Moment};
use crate::fatoora::SetupFault;
use crate::text::Bilingual;

/// Why the whole queue waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PauseReason {
    /// No connection to the platform.
    Offline,
    /// The platform asked for a pause (429).
    Throttled,
    /// Several documents in a row got no proper answer.
    Trouble,
    /// The platform refuses every call for the same reason.
    Setup(SetupFault),
    /// The CSID does not cover what it stamps (`certificate-permissions`).
    CertificatePermissions,
    /// The till has no credentials to send with.
    NoCredentials,
}

impl PauseReason {
    /// The word for status and log.
    pub const fn word(self) -> &'static str {
        match self {
            PauseReason::Offline => "offline",
            PauseReason::Throttled => "throttled",
            PauseReason::Trouble => "trouble",
            PauseReason::Setup(SetupFault::Credentials) => "credentials",
            PauseReason::Setup(SetupFault::Forbidden) => "forbidden",
            PauseReason::Setup(SetupFault::Address) => "address",
            PauseReason::Setup(SetupFault::Method | SetupFault::Version | SetupFault::ContentType) => {
                "interface"
            }
            PauseReason::Setup(SetupFault::Certificate) => "certificate",
            PauseReason::Setup(SetupFault::Tls) => "tls",
            PauseReason::Setup(SetupFault::Proxy) => "proxy",
            PauseReason::CertificatePermissions => "certificate-permissions",
            PauseReason::NoCredentials => "no-credentials",
        }
    }

    /// Whether somebody must do something before it ends.
    pub const fn needs_person(self) -> bool {
        matches!(
            self,
            PauseReason::Setup(_) | PauseReason::CertificatePermissions | PauseReason::NoCredentials
        )
    }

    /// What happened and what to do.
    pub fn message(self) -> Bilingual {
        match self {
            PauseReason::Offline => Bilingual::new(
                "No connection to the platform. Selling goes on; documents are sent when the line is back.",
                "لا يوجد اتصال بالمنصة. يستمر البيع وترسل المستندات عند عودة الاتصال.",
            ),
            PauseReason::Throttled => Bilingual::new(
                "The platform asked for a pause. Documents are sent by themselves when it is over.",
                "طلبت المنصة التوقف لفترة. ترسل المستندات تلقائيا بعد انتهائها.",
            ),
            PauseReason::Trouble => Bilingual::new(
                "The platform is in trouble. Documents are sent again by themselves.",
                "المنصة متعثرة حاليا. يعاد إرسال المستندات تلقائيا.",
            ),
            PauseReason::Setup(fault) => setup_message(fault),
            PauseReason::CertificatePermissions => Bilingual::new(
                "The till's certificate does not cover these documents or this VAT number. \
                 Check the CSR title and VAT number and onboard the till again.",
                "شهادة نقطة البيع لا تشمل هذه المستندات أو هذا الرقم الضريبي. تحقق من بيانات طلب الشهادة وأعد تسجيل الجهاز.",
            ),
            PauseReason::NoCredentials => Bilingual::new(
                "The till has no credentials to send its documents with. Onboard it (tilld onboard); they are sent \
                 by themselves then.",
                "ليس لدى نقطة البيع بيانات اعتماد لإرسال مستنداتها. سجل الجهاز (tilld onboard) وسترسل بعدها تلقائيا.",
            ),
        }
    }
}

fn setup_message(fault: SetupFault) -> Bilingual {
    match fault {
        SetupFault::Credentials => Bilingual::new(
            "The platform does not accept the till's credentials. Check in the Fatoora portal whether \
             the device is revoked or expired, then renew it or onboard it again.",
            "لا تقبل المنصة بيانات اعتماد نقطة البيع. تحقق في بوابة فاتورة من إلغاء الجهاز أو انتهاء صلاحيته ثم جدده أو سجله من جديد.",
        ),
        SetupFault::Forbidden => Bilingual::new(
            "The platform's gateway refuses this network address. Ask the network provider or try another line.",
            "ترفض بوابة المنصة عنوان هذه الشبكة. راجع مزود الشبكة أو استخدم خطا آخر.",
        ),
        SetupFault::Address => Bilingual::new(
            "Nothing answers under the platform's address. Check the environment and base URL in the configuration.",
            "لا يوجد رد على عنوان المنصة. تحقق من البيئة والعنوان في الإعدادات.",
        ),
        SetupFault::Method | SetupFault::Version | SetupFault::ContentType => Bilingual::new(
            "The platform no longer takes this form of request. Update tilld.",
            "لم تعد المنصة تقبل هذه الصيغة من الطلبات. حدث برنامج tilld.",
        ),
        SetupFault::Certificate => Bilingual::new(
            "The platform's TLS certificate cannot be verified. Check the till's date, whether the network \
             asks for a login, and the extra CA file. Nothing was sent to it.",
            "تعذر التحقق من شهادة خادم المنصة. تحقق من تاريخ الجهاز ومن أن الشبكة لا تطلب تسجيل دخول ومن ملف الشهادات الإضافي. لم يرسل إليه شيء.",
        ),
        SetupFault::Tls => Bilingual::new(
            "What answers under the platform's address speaks no TLS that may be used (1.2 or newer): something stands \
             between, or an old proxy. Nothing was sent to it. Try another line, or have the platform's host passed through.",
            "ما يجيب على عنوان المنصة لا يدعم تشفيرا مقبولا (TLS 1.2 أو أحدث)، فثمة وسيط أو خادم قديم. لم يرسل إليه شيء. \
             جرب خطا آخر أو اطلب استثناء عنوان المنصة.",
        ),
        SetupFault::Proxy => Bilingual::new(
            "The proxy of this network wants a name and a password, or does not accept those of the till (407). Write \
             NAME:PASSWORD into the file of [fatoora] proxy_credentials_file and restart tilld. Nothing was sent.",
            "يطلب وسيط هذه الشبكة اسما وكلمة مرور أو لا يقبل ما لدى الجهاز (407). اكتب NAME:PASSWORD في ملف [fatoora] \
             proxy_credentials_file وأعد تشغيل tilld. لم يرسل شيء.",
        ),
    }
}

/// How long the brake waits, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrakeSettings {
    /// Between attempts without a network (BUDGETS: one per 30 s).
    pub offline_ms: u64,
    /// Between probes while credentials or configuration are wrong (15 to 60 min).
    pub setup_ms: u64,
}

impl Default for BrakeSettings {
    fn default() -> BrakeSettings {
        BrakeSettings { offline_ms: 30_000, setup_ms: 15 * 60_000 }
    }
}

/// Attempts in quick succession after the network came back, before the
/// offline interval applies again.
const EAGER: u32 = 5;
/// Never two attempts closer than this, however often the link flaps.
const BREATH: u64 = 1_000;

/// A held brake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hold<Id> {
    pub reason: PauseReason,
    pub until: Moment,
    /// Failures under this reason in a row.
    pub level: u32,
    pub probe: Option<Id>,
}

/// Open, or held for one reason at a time: the latest that was seen.
#[derive(Debug)]
pub(super) struct Brake<Id> {
    settings: BrakeSettings,
    hold: Option<Hold<Id>>,
    eager: u32,
    last_attempt: Option<Moment>,
}

impl<Id: Copy + Eq> Brake<Id> {
    pub fn new(settings: BrakeSettings) -> Brake<Id> {
        Brake { settings, hold: None, eager: 0, last_attempt: None }
    }

    pub fn hold(&self) -> Option<&Hold<Id>> {
        self.hold.as_ref()
    }

    pub fn is_probe(&self, id: Id) -> bool {
        self.hold.as_ref().is_some_and(|hold| hold.probe == Some(id))
    }

    /// A document leaves; under a held brake it is the probe.
    pub fn begun(&mut self, now: Moment, id: Id) {
        self.last_attempt = Some(now);
        if let Some(hold) = &mut self.hold {
            hold.probe = Some(id);
        }
    }

    /// The probe came to an end that says nothing (gone from the queue, abandoned).
    pub fn probe_ended(&mut self, id: Id) {
        if let Some(hold) = &mut self.hold
            && hold.probe == Some(id)
        {
            hold.probe = None;
        }
    }

    pub fn open(&mut self) {
        self.hold = None;
        self.eager = 0;
    }

    /// No connection. Other attempts that fail at the same time do not
    /// lengthen the wait.
    pub fn offline(&mut self, now: Moment, from_probe: bool, random: u32) {
        if self.stays(PauseReason::Offline, from_probe) {
            return;
        }
        let wait = if self.eager > 0 {
            self.eager -= 1;
            backoff::spread(backoff::RETURNING.wait(EAGER - self.eager), random)
        } else {
            backoff::stretch(self.settings.offline_ms, random)
        };
        self.engage(PauseReason::Offline, now.plus(wait));
    }

    pub fn setup(&mut self, now: Moment, reason: PauseReason, from_probe: bool, random: u32) {
        if self.stays(reason, from_probe) {
            return;
        }
        self.engage(reason, now.plus(backoff::stretch(self.settings.setup_ms, random)));
    }

    pub fn trouble(&mut self, now: Moment, from_probe: bool, random: u32) {
        if self.stays(PauseReason::Trouble, from_probe) {
            return;
        }
        let strikes = self.level_of(PauseReason::Trouble) + 1;
        self.engage(PauseReason::Trouble, now.plus(backoff::spread(backoff::TROUBLE.wait(strikes), random)));
    }

    /// `wished` is the authority's own wait in milliseconds. The longest wish
    /// of several answers counts.
    pub fn throttled(&mut self, now: Moment, wished: Option<u64>, from_probe: bool, random: u32) {
        let level = self.level_of(PauseReason::Throttled);
        let strikes = if from_probe || level == 0 { level + 1 } else { level };
        let wait = match wished {
            // A second more than nothing: `Retry-After: 0` is not an invitation to hammer.
            Some(wished) => wished.max(BREATH),
            None => backoff::stretch(backoff::THROTTLED.wait(strikes), random),
        };
        let until = now.plus(wait);
        match &mut self.hold {
            Some(hold) if hold.reason == PauseReason::Throttled && !from_probe => {
                hold.until = hold.until.max(until);
            }
            Some(hold) if hold.reason.needs_person() && !from_probe => {}
            _ => self.engage(PauseReason::Throttled, until),
        }
    }

    /// The network came back: what it caused is tried at once.
    pub fn network_returned(&mut self, now: Moment) {
        self.eager = EAGER;
        self.hasten(now, |reason| {
            matches!(
                reason,
                PauseReason::Offline
                    | PauseReason::Trouble
                    | PauseReason::Setup(SetupFault::Certificate | SetupFault::Tls | SetupFault::Proxy)
            )
        });
    }

    /// The till got other credentials.
    pub fn credentials_changed(&mut self, now: Moment) {
        self.hasten(now, PauseReason::needs_person);
    }

    /// A person asks. Only the authority's own wish for a pause stands above.
    pub fn sync_now(&mut self, now: Moment) {
        self.eager = EAGER;
        self.hasten(now, |reason| reason != PauseReason::Throttled);
    }

    /// Somebody waits at the counter. What the line or the service caused is
    /// tried at once; what a person must mend, or the authority wished, stays.
    pub fn urgent(&mut self, now: Moment) {
        self.hasten(now, |reason| matches!(reason, PauseReason::Offline | PauseReason::Trouble));
    }

    fn hasten(&mut self, now: Moment, concerns: impl Fn(PauseReason) -> bool) {
        let earliest = self.last_attempt.map_or(now, |last| last.plus(BREATH).max(now));
        if let Some(hold) = &mut self.hold
            && concerns(hold.reason)
        {
            hold.until = hold.until.min(earliest);
        }
    }

    /// Whether a brake already held stays as it is: only its own probe's
    /// answer, or a graver reason, may change it.
    fn stays(&self, reason: PauseReason, from_probe: bool) -> bool {
        let Some(hold) = &self.hold else { return false };
        !from_probe && (hold.reason == reason || !reason.needs_person())
    }

    fn level_of(&self, reason: PauseReason) -> u32 {
        self.hold.as_ref().filter(|hold| hold.reason == reason).map_or(0, |hold| hold.level)
    }

    fn engage(&mut self, reason: PauseReason, until: Moment) {
        let level = self.level_of(reason).saturating_add(1);
        self.hold = Some(Hold { reason, until, level, probe: None });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Moment = Moment(1_000_000);

    fn brake() -> Brake<u8> {
        Brake::new(BrakeSettings::default())
    }

    fn wait(brake: &Brake<u8>, now: Moment) -> u64 {
        brake.hold().expect("held").until.since(now)
    }

    #[test]
    fn offline_waits_thirty_seconds_each_time() {
        let mut brake = brake();
        brake.begun(START, 1);
        brake.offline(START, false, 0);
        brake.offline(START.plus(5), false, 20);
        assert_eq!(wait(&brake, START), 30_000, "a second failure of the same moment changes nothing");
        for _ in 0..3 {
            brake.begun(START, 1);
            assert!(brake.is_probe(1));
            brake.offline(START, true, 20);
            assert_eq!(wait(&brake, START), 36_000);
        }
    }

    #[test]
    fn after_the_network_returned_it_asks_soon_and_then_calms_down() {
        let mut brake = brake();
        brake.begun(START, 1);
        brake.offline(START, false, 0);
        brake.network_returned(START.plus(10));
        assert_eq!(wait(&brake, START), 1_000, "a breath after the last attempt");
        let mut waits = Vec::new();
        for _ in 0..6 {
            brake.begun(START, 1);
            brake.offline(START, true, 20);
            waits.push(wait(&brake, START));
        }
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 36_000]);
    }

    #[test]
    fn setup_trouble_outranks_and_only_the_probe_ends_it() {
        let mut brake = brake();
        let credentials = PauseReason::Setup(SetupFault::Credentials);
        brake.offline(START, false, 0);
        brake.setup(START, credentials, false, 0);
        brake.offline(START, false, 0);
        brake.trouble(START, false, 0);
        brake.throttled(START, Some(0), false, 0);
        brake.network_returned(START);
        assert_eq!((brake.hold().expect("held").reason, wait(&brake, START)), (credentials, 900_000));
        brake.credentials_changed(START.plus(7));
        assert_eq!(wait(&brake, START), 7);
    }

    #[test]
    fn who_waits_at_the_counter_hastens_what_nobody_must_mend() {
        let mut brake = brake();
        brake.begun(START, 1);
        brake.offline(START, false, 0);
        brake.urgent(START.plus(7_000));
        assert_eq!(wait(&brake, START), 7_000);
        brake.setup(START, PauseReason::Setup(SetupFault::Credentials), true, 0);
        brake.urgent(START);
        assert_eq!(wait(&brake, START), 900_000);
        brake.open();
        brake.throttled(START, Some(5_000), false, 0);
        brake.urgent(START);
        assert_eq!(wait(&brake, START), 5_000, "the authority's wish stands");
    }

    #[test]
    fn the_longest_wish_counts_and_no_wish_grows() {
        let mut brake = brake();
        brake.throttled(START, Some(5_000), false, 0);
        brake.throttled(START, Some(2_000), false, 0);
        assert_eq!(wait(&brake, START), 5_000);
        brake.sync_now(START);
        assert_eq!(wait(&brake, START), 5_000, "a person does not overrule the authority");
        brake.open();
        let mut waits = Vec::new();
        for _ in 0..5 {
            brake.begun(START, 1);
            brake.throttled(START, None, true, 0);
            waits.push(wait(&brake, START));
        }
        assert_eq!(waits, [30_000, 60_000, 120_000, 240_000, 300_000]);
        brake.begun(START, 1);
        brake.throttled(START, Some(0), true, 0);
        assert_eq!(wait(&brake, START), 1_000);
    }
}
