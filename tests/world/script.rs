//! What can happen in a world: sales, weather on the line and at the authority,
//! ends of the program, a clock that is set wrong.

use tilld::report::Wake;

pub const SECOND: u64 = 1_000;
pub const MINUTE: u64 = 60 * SECOND;
pub const HOUR: u64 = 60 * MINUTE;

/// What stands between the till and an answer while a window is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// No line.
    Cut,
    /// A line on which somebody else answers with another certificate.
    Untrusted,
    /// The connection breaks while the request leaves; nothing arrives.
    Torn,
    /// Somebody before the authority answers, and the document is not looked at.
    Gate(Gate),
    /// The authority looks, and its answer comes to grief.
    Spoilt(Spoil),
    /// Clearance is really switched off.
    ClearanceOff,
    /// The till's own disk takes no outcome.
    DiskFull,
    /// Another of the above for each attempt.
    Mixed,
}

/// Answers without an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// 401, 403, 404, 405, 406, 415.
    Setup(u16),
    /// 413.
    TooLarge,
    /// 429.
    Throttled(Wish),
    /// 500, 502, 503, 504 with a page.
    Storm(u16),
    /// 303, although clearance is on.
    ForgedOff,
    /// 400 without findings.
    Malformed,
    /// 400 whose only finding is `GENERAL`.
    NotEvaluated,
    /// 200 with the page of a hotel.
    Portal,
    /// 302, 418, 428, 299.
    Odd(u16),
}

/// When the authority wants to hear from the till again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    None,
    Seconds(u64),
    /// So many seconds from now, as a date.
    Date(i64),
    Absurd,
    Garbage,
}

/// What becomes of an answer after the evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    Dropped,
    Stalled,
    Page(u16),
    /// So many percent of the body arrive.
    Cut(u64),
    Rubbish,
    PageOk,
    Empty,
    NoStatus,
    WithoutCleared,
    OthersCleared,
    /// Whole, but after so many milliseconds.
    Late(u64),
}

#[derive(Clone, Debug)]
pub struct Window {
    pub from: u64,
    pub until: u64,
    pub weather: Weather,
    /// Of the attempts in it.
    pub percent: u64,
}

impl Window {
    pub fn is_open(&self, ms: u64) -> bool {
        (self.from..self.until).contains(&ms)
    }
}

#[derive(Clone, Debug)]
pub struct Sale {
    pub at: u64,
    pub standard: bool,
    pub print: bool,
    /// Which of the baskets.
    pub basket: usize,
    /// The POS application repeats the request although it was answered.
    pub repeated: bool,
}

/// Where the program can end in the middle of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    BeforeBegin,
    /// Between the mark "in flight" and the first byte.
    BeforeSend,
    /// The authority has evaluated; its answer is on the way.
    Evaluated,
    /// The answer is here and not written.
    BeforeWrite,
    AfterWrite,
    BeforeAppend,
    /// The sale is durable, the POS application has not heard of it.
    AfterAppend,
    /// The job is marked, no byte is at the printer.
    BeforePaper,
    AfterPaper,
}

pub const POINTS: [Point; 9] = [
    Point::BeforeBegin,
    Point::BeforeSend,
    Point::Evaluated,
    Point::BeforeWrite,
    Point::AfterWrite,
    Point::BeforeAppend,
    Point::AfterAppend,
    Point::BeforePaper,
    Point::AfterPaper,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    At(u64),
    /// The so-many-th time that the program comes there.
    Nth(Point, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Asked to stop, and let finish.
    Stop,
    /// The process is gone; the files are as it left them.
    Crash,
    /// What was not flushed is gone as well.
    PowerCut,
}

#[derive(Clone, Copy, Debug)]
pub struct End {
    pub when: When,
    pub manner: Manner,
    /// How long the till stays away.
    pub away: u64,
}

#[derive(Clone, Debug)]
pub struct Script {
    pub sales: Vec<Sale>,
    pub windows: Vec<Window>,
    pub ends: Vec<End>,
    /// The wall clock's error in seconds from a moment on.
    pub drifts: Vec<(u64, i64)>,
    pub rings: Vec<(u64, Wake)>,
    /// When all trouble is over.
    pub horizon: u64,
    pub in_flight: usize,
    /// Everything happens on full seconds.
    pub coarse: bool,
    /// A sale whose document meets the same trouble at every attempt.
    pub cursed: Option<(usize, Weather)>,
    /// Longest time of one step of the ledger, in milliseconds.
    pub disk: u64,
    /// Hours after noon that the world begins.
    pub hour: i64,
    /// The authority's calendar is that of UTC: until three in the morning
    /// everything dated today is from the future.
    pub utc_dates: bool,
    /// The till gets its next certificate before this sale.
    pub renewal: Option<Renewal>,
}

#[derive(Clone, Copy, Debug)]
pub struct Renewal {
    pub sale: usize,
    /// The credentials before are refused from then on.
    pub revokes: bool,
    /// The till has lost them.
    pub forgets: bool,
}

impl Script {
    /// Nothing goes wrong; sales one second after the other.
    pub fn calm(sales: &[Sale]) -> Script {
        let sales =
            (1..).zip(sales).map(|(n, sale)| Sale { at: n * SECOND, repeated: false, ..sale.clone() });
        Script {
            sales: sales.collect(),
            windows: Vec::new(),
            ends: Vec::new(),
            drifts: Vec::new(),
            rings: Vec::new(),
            horizon: 0,
            in_flight: 1,
            coarse: false,
            cursed: None,
            disk: 0,
            hour: 0,
            utc_dates: false,
            renewal: None,
        }
    }
}
