//! The clock of the law, and the signs of life of the till's parts: which
//! alarms are raised now, and which have ended. Pure: what was seen comes in,
//! changes come out. Each alarm is raised once and ended once, also over a
//! restart if its successor is told what was raised ([`Alarms::resumed`]).

use std::collections::BTreeMap;
use std::fmt;

use crate::text::{Bilingual, span};

/// Hours from its issue within which a document must be reported
/// (fatoora-api.md section 4, "24-hour rule").
pub const LEGAL_HOURS: u32 = 24;
/// From here on an age is critical (fatoora-api.md section 4, "Backoff").
const CRITICAL_HOURS: u32 = 20;
const HOUR: i64 = 3_600;
/// A part that showed no life for longer, in seconds, hangs: the driver beats
/// every 10 s, the runtime every 5 s, and the ledger is asked at each look.
pub const STUCK_AFTER: u64 = 30;

/// When the last second of the legal time is over, for a document issued then;
/// seconds since 1970, UTC.
pub fn deadline(issued: i64) -> i64 {
    issued.saturating_add(i64::from(LEGAL_HOURS) * HOUR)
}

/// The ages, in hours, at which people are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps(Vec<u32>);

impl Steps {
    /// From the settings, in whatever order. The legal limit is always among
    /// them, and nothing above it.
    pub fn new(hours: &[u32]) -> Steps {
        let mut steps: Vec<u32> =
            hours.iter().copied().filter(|hours| (1..LEGAL_HOURS).contains(hours)).collect();
        steps.push(LEGAL_HOURS);
        steps.sort_unstable();
        steps.dedup();
        Steps(steps)
    }
}

impl Default for Steps {
    fn default() -> Steps {
        Steps::new(&[12, CRITICAL_HOURS, 23, LEGAL_HOURS])
    }
}

/// What an alarm is about; its word never changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlarmId {
    /// A document has waited for so many hours.
    Unsent(u32),
    /// The reporting driver does not move.
    DriverStuck,
    /// The ledger does not answer.
    LedgerStuck,
    /// The threads' common runtime does not turn: no request is answered.
    RuntimeStuck,
}

impl AlarmId {
    const PARTS: [AlarmId; 3] = [AlarmId::DriverStuck, AlarmId::LedgerStuck, AlarmId::RuntimeStuck];

    /// `unsent-12h`, `driver-stuck`...
    pub fn word(self) -> String {
        match self {
            AlarmId::Unsent(hours) => format!("unsent-{hours}h"),
            AlarmId::DriverStuck => "driver-stuck".to_owned(),
            AlarmId::LedgerStuck => "ledger-stuck".to_owned(),
            AlarmId::RuntimeStuck => "runtime-stuck".to_owned(),
        }
    }

    /// The alarm of that word.
    pub fn from_word(word: &str) -> Option<AlarmId> {
        let hours = word.strip_prefix("unsent-").and_then(|rest| rest.strip_suffix('h'));
        match hours {
            Some(hours) => hours.parse().ok().map(AlarmId::Unsent),
            None => AlarmId::PARTS.into_iter().find(|id| id.word() == word),
        }
    }

    /// How grave it is.
    pub const fn level(self) -> Level {
        match self {
            AlarmId::Unsent(hours) if hours >= LEGAL_HOURS => Level::Breach,
            AlarmId::Unsent(hours) if hours < CRITICAL_HOURS => Level::Warning,
            _ => Level::Critical,
        }
    }
}

impl fmt::Display for AlarmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word())
    }
}

/// How grave an alarm is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Warning,
    Critical,
    /// The legal time is over.
    Breach,
}

impl Level {
    /// The word in answers.
    pub const fn word(self) -> &'static str {
        match self {
            Level::Warning => "warning",
            Level::Critical => "critical",
            Level::Breach => "breach",
        }
    }
}

/// What counts towards the legal time: every document that the authority has
/// not answered for good, held ones included. A rejected one has its answer
/// and counts no more; one signed for another environment is never reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsent {
    /// Moment of issue of the oldest, seconds since 1970, UTC.
    pub oldest: Option<i64>,
    pub count: u64,
}

/// What the watchman saw at one look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The till's clock, seconds since 1970, UTC.
    pub now: i64,
    /// As the ledger said last; none if it never answered.
    pub unsent: Option<Unsent>,
    /// For how many seconds each part showed no life, by a clock that nobody sets.
    pub driver_silent: u64,
    pub ledger_silent: u64,
    pub runtime_silent: u64,
}

/// An alarm that is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    pub id: AlarmId,
    pub level: Level,
    /// When its condition came true, seconds since 1970, UTC: the same after a restart.
    pub since: i64,
    /// What is wrong and what to do, as of the last look.
    pub words: Bilingual,
}

/// The one moment at which an alarm begins or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Raised(Raised),
    /// With words that say so.
    Ended(Raised),
}

impl Change {
    /// The alarm that it is about.
    pub const fn alarm(&self) -> &Raised {
        match self {
            Change::Raised(alarm) | Change::Ended(alarm) => alarm,
        }
    }
}

#[derive(Clone, Debug)]
struct On {
    since: i64,
    /// For an age: documents issued up to here keep it on, so that a clock that
    /// is set back ends nothing.
    until_sent: i64,
    words: Bilingual,
}

/// Which alarms are on.
#[derive(Clone, Debug)]
pub struct Alarms {
    steps: Steps,
    on: BTreeMap<AlarmId, On>,
}

impl Alarms {
    /// None is on.
    pub fn new(steps: Steps) -> Alarms {
        Alarms::resumed(steps, [])
    }

    /// These were told before the program was started anew: they are not raised
    /// again, and the first look ends those that hold no more.
    pub fn resumed(steps: Steps, told: impl IntoIterator<Item = (AlarmId, i64)>) -> Alarms {
        let on = told.into_iter().map(|(id, since)| {
            let until_sent = match id {
                AlarmId::Unsent(hours) => since.saturating_sub(seconds(hours)),
                _ => since,
            };
            (id, On { since, until_sent, words: Bilingual::default() })
        });
        Alarms { steps, on: on.collect() }
    }

    /// Every alarm that is on, ages first.
    pub fn raised(&self) -> Vec<Raised> {
        self.on
            .iter()
            .map(|(id, on)| Raised { id: *id, level: id.level(), since: on.since, words: on.words.clone() })
            .collect()
    }

    /// What begins and what ends with this look.
    pub fn step(&mut self, seen: &Seen) -> Vec<Change> {
        let mut changes = Vec::new();
        // The settings may have changed while a step was on.
        let gone: Vec<AlarmId> = self.on.keys().copied().filter(|id| !self.is_watched(*id)).collect();
        for id in gone {
            self.end(id, seen, &mut changes);
        }
        for hours in self.steps.0.clone() {
            if let Some(unsent) = seen.unsent {
                self.age(hours, unsent, seen, &mut changes);
            }
        }
        let silences = [seen.driver_silent, seen.ledger_silent, seen.runtime_silent];
        for (id, silent) in AlarmId::PARTS.into_iter().zip(silences) {
            let since = (silent > STUCK_AFTER).then(|| seen.now.saturating_sub_unsigned(silent));
            self.set(id, since, seen, &mut changes);
        }
        changes
    }

    fn is_watched(&self, id: AlarmId) -> bool {
        match id {
            AlarmId::Unsent(hours) => self.steps.0.contains(&hours),
            _ => true,
        }
    }

    fn age(&mut self, hours: u32, unsent: Unsent, seen: &Seen, changes: &mut Vec<Change>) {
        let id = AlarmId::Unsent(hours);
        let by_now = seen.now.saturating_sub(seconds(hours));
        let until_sent = self.on.get(&id).map_or(by_now, |on| on.until_sent.max(by_now));
        let oldest = unsent.oldest.filter(|oldest| *oldest <= until_sent);
        self.set(id, oldest.map(|oldest| oldest.saturating_add(seconds(hours))), seen, changes);
        if let Some(on) = self.on.get_mut(&id) {
            on.until_sent = until_sent;
        }
    }

    /// `since` is when the condition came true, none if it does not hold.
    fn set(&mut self, id: AlarmId, since: Option<i64>, seen: &Seen, changes: &mut Vec<Change>) {
        let Some(since) = since else { return self.end(id, seen, changes) };
        let words = words(id, seen);
        if let Some(on) = self.on.get_mut(&id) {
            on.words = words;
            return;
        }
        let raised = Raised { id, level: id.level(), since, words: words.clone() };
        self.on.insert(id, On { since, until_sent: i64::MIN, words });
        changes.push(Change::Raised(raised));
    }

    fn end(&mut self, id: AlarmId, seen: &Seen, changes: &mut Vec<Change>) {
        let Some(on) = self.on.remove(&id) else { return };
        let words = ended(id, seen);
        changes.push(Change::Ended(Raised { id, level: id.level(), since: on.since, words }));
    }
}

fn seconds(hours: u32) -> i64 {
    i64::from(hours) * HOUR
}

/// What is wrong and what to do.
fn words(id: AlarmId, seen: &Seen) -> Bilingual {
    match id {
        AlarmId::Unsent(_) => unsent_words(seen.unsent.unwrap_or_default(), seen.now),
        AlarmId::DriverStuck => Bilingual::new(
            "Reporting hangs: its driver has not moved. Selling goes on; nothing is sent. The service manager starts \
             the till anew; if none does, run: systemctl restart tilld",
            "توقف إرسال المستندات عن الحركة داخل البرنامج. البيع مستمر ولا يرسل شيء. يعيد مدير الخدمات تشغيل الجهاز، \
             وإلا فنفذ: systemctl restart tilld",
        ),
        AlarmId::LedgerStuck => Bilingual::new(
            "The ledger does not answer: no sale can be stored. Look for a failing disk (dmesg, tilld doctor); then \
             run: systemctl restart tilld",
            "السجل لا يستجيب ولا يمكن حفظ أي عملية بيع. افحص القرص (tilld doctor) ثم نفذ: systemctl restart tilld",
        ),
        AlarmId::RuntimeStuck => Bilingual::new(
            "The till answers no request: its runtime does not turn. The service manager starts it anew; if none does, \
             run: systemctl restart tilld",
            "الجهاز لا يرد على أي طلب. يعيد مدير الخدمات تشغيله، وإلا فنفذ: systemctl restart tilld",
        ),
    }
}

fn unsent_words(unsent: Unsent, now: i64) -> Bilingual {
    let age = unsent.oldest.map_or(0, |oldest| now.saturating_sub(oldest).max(0).unsigned_abs());
    let (count, old) = (unsent.count, span(age));
    let left = i64::from(LEGAL_HOURS) * HOUR - i64::try_from(age).unwrap_or(i64::MAX);
    if left <= 0 {
        return Bilingual::new(
            format!(
                "Late: {count} not reported, the oldest for {}, longer than the 24 hours of the law. The till goes on \
                 sending, and late reports are accepted. The merchant must notify ZATCA by its failure notification \
                 form; `tilld status` says what stands in the way",
                old.en
            ),
            format!(
                "تأخر الإبلاغ: عدد المستندات غير المبلغ عنها {count}، أقدمها منذ {}، أي بعد مهلة 24 ساعة النظامية. \
                 يواصل الجهاز الإرسال ويقبل البلاغ المتأخر. يجب على التاجر إشعار الهيئة عبر نموذج الإشعار بالأعطال؛ \
                 يوضح tilld status سبب التوقف",
                old.ar
            ),
        );
    }
    let left = span(left.unsigned_abs());
    Bilingual::new(
        format!(
            "{count} not reported, the oldest for {}; the law gives 24 hours, and {} are left. `tilld status` says what \
             stands in the way",
            old.en, left.en
        ),
        format!(
            "عدد المستندات غير المبلغ عنها {count}، أقدمها منذ {}؛ المهلة النظامية 24 ساعة والمتبقي {}. يوضح \
             tilld status سبب التوقف",
            old.ar, left.ar
        ),
    )
}

/// That it is over.
fn ended(id: AlarmId, seen: &Seen) -> Bilingual {
    match id {
        AlarmId::Unsent(hours) => {
            let count = seen.unsent.unwrap_or_default().count;
            Bilingual::new(
                format!("Over: no document has waited {hours} hours any more; {count} still wait"),
                format!("انتهى: لم يعد أي مستند ينتظر {hours} ساعة؛ عدد المستندات المنتظرة {count}"),
            )
        }
        AlarmId::DriverStuck => Bilingual::new("Over: reporting moves again", "انتهى: عاد إرسال المستندات"),
        AlarmId::LedgerStuck => {
            Bilingual::new("Over: the ledger answers again", "انتهى: عاد السجل إلى الاستجابة")
        }
        AlarmId::RuntimeStuck => {
            Bilingual::new("Over: the till answers again", "انتهى: عاد الجهاز إلى الاستجابة")
        }
    }
}

#[cfg(test)]
mod tests;
