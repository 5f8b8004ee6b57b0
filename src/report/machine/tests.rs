//! The queue in virtual time, against an authority whose moods come from a
//! seed. A failing seed replays exactly.

mod clearance;
mod former;

use std::collections::BTreeMap;

use super::*;
use crate::fatoora::{Acceptance, Accepted, DocumentCall, Level, Message, RetryAfter, SetupFault, Verdict};
use crate::report::access::Shown;
use crate::report::settle::HoldReason;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }
}

/// What the authority does to every call in a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mood {
    Fine,
    /// Each call draws its own trouble.
    Moody,
    Offline,
    Unauthorized,
    Storm,
    Rubbish,
    Nonsense400,
    Limited,
}

const MOODS: [Mood; 8] = [
    Mood::Fine,
    Mood::Moody,
    Mood::Offline,
    Mood::Unauthorized,
    Mood::Storm,
    Mood::Rubbish,
    Mood::Nonsense400,
    Mood::Limited,
];

/// What is wrong with a document itself.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Nature {
    Good,
    Wrong,
    /// Nothing but answers that nobody understands.
    Poison,
    /// Only ever HTTP 400 without findings.
    Misunderstood,
    /// Good, but the first answer never comes.
    Unheard,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    state: ReportState,
    nature: Nature,
    stored_at: u64,
    ended_at: u64,
    attempts: u32,
    taken: bool,
    standard: bool,
    /// Where the next attempt of a standard document goes.
    call: DocumentCall,
}

struct World {
    dice: Dice,
    now: u64,
    machine: Machine<u64>,
    rows: BTreeMap<u64, Row>,
    /// (time, sequence) -> event
    agenda: BTreeMap<(u64, u64), Event>,
    sequence: u64,
    moods: Vec<(u64, Mood)>,
    limit: usize,
    attempts_at: Vec<(u64, Mood)>,
}

#[derive(Clone, Debug)]
enum Event {
    Sale(Nature),
    Answer(u64, Verdict),
    Written(u64),
    Look(usize),
    Wake(Wake),
}

const WALL: i64 = 1_700_000_000;

fn accepted(repeated: bool) -> Verdict {
    Verdict::Accepted(Acceptance {
        accepted: Accepted::Reported,
        repeated,
        with_warnings: false,
        messages: Vec::new(),
        cleared: None,
    })
}

fn rejected() -> Verdict {
    let message = Message {
        level: Level::Error,
        kind: "ERROR".to_owned(),
        code: "BR-KSA-15".to_owned(),
        category: "KSA".to_owned(),
        message: String::new(),
    };
    Verdict::Rejected { messages: vec![message] }
}

/// An answer to reporting, as the driver hands it on.
fn ended(verdict: &Verdict, shown: Shown) -> Ended<'_> {
    Ended { verdict, call: DocumentCall::Reporting, wall: WALL, authority_now: None, size: 1, shown }
}

impl World {
    fn new(seed: u64, in_flight: usize) -> World {
        let mut dice = Dice(seed);
        let mut jitter = Dice(dice.roll());
        let machine = Machine::new(
            Settings { in_flight, ..Settings::default() },
            Box::new(move || u32::try_from(jitter.roll() >> 32).unwrap_or(0)),
        );
        World {
            dice,
            now: 0,
            machine,
            rows: BTreeMap::new(),
            agenda: BTreeMap::new(),
            sequence: 0,
            moods: vec![(0, Mood::Fine)],
            limit: in_flight,
            attempts_at: Vec::new(),
        }
    }

    fn plan(&mut self, at: u64, event: Event) {
        self.sequence += 1;
        self.agenda.insert((at, self.sequence), event);
    }

    fn wall(&self) -> i64 {
        WALL + i64::try_from(self.now / 1000).expect("short")
    }

    fn mood(&self) -> Mood {
        self.moods.iter().rev().find(|(from, _)| *from <= self.now).map_or(Mood::Fine, |(_, mood)| *mood)
    }

    /// Runs until nothing is left to happen before `end`.
    fn run(&mut self, end: u64) {
        loop {
            let rest = self.obey();
            let event_at = self.agenda.keys().next().map(|(at, _)| *at);
            let next = [rest.map(|rest| rest.0), event_at].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next < end) else { break };
            assert!(
                next > self.now || event_at == Some(next),
                "a rest that does not end in the future would spin"
            );
            self.now = self.now.max(next);
            while let Some((key, event)) = self.agenda.pop_first() {
                if key.0 > self.now {
                    self.agenda.insert(key, event);
                    break;
                }
                self.happen(event);
            }
        }
        self.now = end;
    }

    fn obey(&mut self) -> Option<Moment> {
        for _ in 0..10_000 {
            let now = Moment(self.now);
            match self.machine.next(now) {
                Command::Rest(until) => return until,
                Command::Fetch(limit) => self.plan(self.now + 1, Event::Look(limit)),
                Command::Begin(id) => self.send(id),
                Command::Abandon(id) => {
                    let outcome = self.machine.abandoned(now, self.wall(), id).expect("was in flight");
                    self.agenda.retain(|_, event| !matches!(event, Event::Answer(of, _) if *of == id));
                    self.write(id, outcome);
                }
            }
        }
        panic!("the machine never rests");
    }

    fn send(&mut self, id: u64) {
        let mood = self.mood();
        self.attempts_at.push((self.now, mood));
        let row = self.rows.get_mut(&id).expect("known");
        assert_eq!(row.state, ReportState::Queued, "document {id} is sent in state {:?}", row.state);
        row.state = ReportState::InFlight;
        row.attempts += 1;
        assert!(self.machine.in_flight() <= self.limit);
        let verdict = self.judge(id, mood);
        let latency = if verdict == Verdict::Lost { 30_000 } else { 20 + self.dice.below(400) };
        self.plan(self.now + latency, Event::Answer(id, verdict));
    }

    fn judge(&mut self, id: u64, mood: Mood) -> Verdict {
        let luck = self.dice.below(100);
        let mood = match (mood, luck) {
            (Mood::Moody, 0..8) => Mood::Storm,
            (Mood::Moody, 8..14) => Mood::Rubbish,
            (Mood::Moody, 14..17) => Mood::Offline,
            (Mood::Moody, 17..20) => Mood::Limited,
            (Mood::Moody, 20..22) => Mood::Nonsense400,
            (mood, _) => mood,
        };
        match mood {
            Mood::Offline => return Verdict::Offline,
            Mood::Unauthorized => return Verdict::Setup(SetupFault::Credentials),
            Mood::Nonsense400 => return Verdict::Protocol { messages: Vec::new() },
            Mood::Limited => {
                let retry_after = luck.is_multiple_of(2).then_some(RetryAfter::Seconds(luck % 7));
                return Verdict::Throttled { retry_after };
            }
            Mood::Storm if luck.is_multiple_of(3) => return Verdict::Unavailable,
            Mood::Fine | Mood::Moody | Mood::Storm | Mood::Rubbish => {}
        }
        let row = self.rows.get_mut(&id).expect("known");
        let answer = match row.nature {
            Nature::Poison => return Verdict::Unknown,
            Nature::Misunderstood => return Verdict::Protocol { messages: Vec::new() },
            Nature::Wrong => rejected(),
            // As from a gateway in between that gives up too soon.
            Nature::Unheard if !std::mem::replace(&mut row.taken, true) => return Verdict::Unavailable,
            Nature::Unheard => accepted(true),
            Nature::Good => accepted(std::mem::replace(&mut row.taken, true)),
        };
        match mood {
            Mood::Storm => Verdict::Lost,
            Mood::Rubbish => Verdict::Unknown,
            _ => answer,
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Sale(nature) => {
                let id = self.rows.len() as u64 + 1;
                let row = Row {
                    state: ReportState::Queued,
                    nature,
                    stored_at: self.now,
                    ended_at: 0,
                    attempts: 0,
                    taken: false,
                    standard: false,
                    call: DocumentCall::Reporting,
                };
                self.rows.insert(id, row);
                self.machine.wake(Moment(self.now), Wake::Sale);
            }
            Event::Look(limit) => {
                let waiting = |(id, row): (&u64, &Row)| Waiting {
                    id: *id,
                    attempts: row.attempts,
                    issued: WALL,
                    standard: row.standard,
                };
                let queued = self.rows.iter().filter(|(_, row)| row.state == ReportState::Queued);
                let mut offered: Vec<Waiting<u64>> = queued.map(waiting).collect();
                offered.sort_by_key(|waiting| (!waiting.standard, waiting.id));
                offered.truncate(limit);
                self.machine.offered(offered);
            }
            Event::Answer(id, verdict) => {
                let ended = Ended {
                    verdict: &verdict,
                    call: self.rows[&id].call,
                    wall: self.wall(),
                    authority_now: None,
                    size: 9_000,
                    shown: Shown::Current,
                };
                let outcome = self.machine.answered(Moment(self.now), id, &ended).expect("was in flight");
                self.write(id, outcome);
            }
            Event::Written(id) => self.machine.settled(id),
            Event::Wake(wake) => self.machine.wake(Moment(self.now), wake),
        }
    }

    fn write(&mut self, id: u64, outcome: Outcome) {
        let row = self.rows.get_mut(&id).expect("known");
        row.state = row.state.step(outcome.state).expect("a step that the ledger has");
        row.ended_at = self.now;
        assert_eq!(outcome.hold.is_some(), outcome.state == ReportState::Held);
        let written = self.now + 1 + self.dice.below(20);
        self.plan(written, Event::Written(id));
    }
}

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

#[test]
fn whatever_the_authority_does_every_document_ends_once() {
    for seed in 0..300 {
        let mut world = World::new(seed, 1 + (seed % 4) as usize);
        for _ in 0..40 + world.dice.below(160) {
            let at = world.dice.below(2 * HOUR);
            let nature = match world.dice.below(20) {
                0 => Nature::Wrong,
                _ => Nature::Good,
            };
            world.plan(at, Event::Sale(nature));
        }
        for step in 0..20 {
            let mood = MOODS[world.dice.below(8) as usize];
            world.moods.push((step * 6 * MINUTE, mood));
            if world.dice.below(3) == 0 {
                let wake = [Wake::Network, Wake::SyncNow, Wake::Credentials][world.dice.below(3) as usize];
                let at = step * 6 * MINUTE + world.dice.below(6 * MINUTE);
                world.plan(at, Event::Wake(wake));
            }
        }
        world.moods.push((2 * HOUR, Mood::Fine));
        world.run(6 * HOUR);
        for (id, row) in &world.rows {
            let expected = match row.nature {
                Nature::Good => ReportState::Reported,
                _ => ReportState::Rejected,
            };
            assert_eq!(row.state, expected, "seed {seed}, document {id}: {row:?}");
        }
        assert_eq!((world.machine.in_flight(), world.machine.deferred()), (0, 0), "seed {seed}");
    }
}

#[test]
fn documents_that_fail_stand_in_nobodys_way() {
    for seed in 0..100 {
        let mut world = World::new(seed, 1);
        for at in 0..400 {
            let nature = match at % 20 {
                3 => Nature::Poison,
                7 => Nature::Misunderstood,
                _ => Nature::Good,
            };
            world.plan(at * 10 * SECOND, Event::Sale(nature));
        }
        world.run(4 * HOUR);
        for (id, row) in &world.rows {
            match row.nature {
                Nature::Good => {
                    assert_eq!(row.state, ReportState::Reported, "seed {seed}, document {id}");
                    let waited = row.ended_at - row.stored_at;
                    assert!(waited < 40 * SECOND, "seed {seed}, document {id} waited {waited} ms");
                    assert_eq!(row.attempts, 1);
                }
                Nature::Misunderstood => {
                    assert_eq!(row.state, ReportState::Held, "seed {seed}, document {id}")
                }
                _ => assert!(
                    !row.state.is_final() && row.state != ReportState::Held,
                    "seed {seed}, document {id}"
                ),
            }
        }
    }
}

#[test]
fn where_every_first_answer_is_lost_the_queue_flows() {
    for seed in 0..100 {
        let mut world = World::new(seed, 2);
        for _ in 0..200 {
            world.plan(0, Event::Sale(Nature::Unheard));
        }
        world.run(HOUR);
        let last = world.rows.values().map(|row| row.ended_at).max().expect("rows");
        assert!(world.rows.values().all(|row| row.state == ReportState::Reported), "seed {seed}");
        assert!(last < 3 * MINUTE, "seed {seed}: the last after {last} ms");
    }
}

#[test]
fn a_service_that_understands_nothing_makes_no_document_held() {
    let mut world = World::new(1, 2);
    world.moods = vec![(0, Mood::Nonsense400), (3 * HOUR, Mood::Fine)];
    for at in 0..300 {
        world.plan(at * SECOND, Event::Sale(Nature::Good));
    }
    world.run(3 * HOUR);
    assert!(world.rows.values().all(|row| row.state == ReportState::Queued));
    let per_minute = world.attempts_at.len() as u64 / 180;
    assert!(per_minute <= 3, "{per_minute} attempts a minute into the void");
    world.run(5 * HOUR);
    assert!(world.rows.values().all(|row| row.state == ReportState::Reported));
}

#[test]
fn offline_asks_once_in_thirty_seconds_and_drains_when_the_line_returns() {
    for in_flight in 1..=4 {
        let mut world = World::new(9, in_flight);
        let back = 2 * HOUR;
        world.moods = vec![(0, Mood::Offline), (back, Mood::Fine)];
        for at in 0..700 {
            world.plan(5 * SECOND + at * 5 * SECOND, Event::Sale(Nature::Good));
        }
        world.plan(back + 100, Event::Wake(Wake::Network));
        world.run(back + 100 + 5 * SECOND);
        for pair in world.attempts_at.windows(2).filter(|pair| pair[1].1 == Mood::Offline) {
            assert!(pair[1].0 - pair[0].0 >= 30 * SECOND, "{pair:?}");
        }
        let done = world.rows.values().filter(|row| row.state == ReportState::Reported).count();
        assert!(done > 5, "{done} within five seconds of the return");
        world.run(back + 5 * MINUTE);
        assert!(world.rows.values().all(|row| row.state == ReportState::Reported));
        let resent = world.rows.values().filter(|row| row.attempts > 2).count();
        assert!(resent <= 1, "only the probe was tried again and again");
    }
}

#[test]
fn bad_credentials_stop_all_until_they_change() {
    let mut world = World::new(3, 2);
    world.moods = vec![(0, Mood::Unauthorized), (HOUR, Mood::Fine)];
    for at in 0..100 {
        world.plan(at * 10 * SECOND, Event::Sale(Nature::Good));
    }
    world.plan(HOUR + MINUTE, Event::Wake(Wake::Credentials));
    world.run(HOUR);
    assert!((4..=6).contains(&world.attempts_at.len()), "{:?}", world.attempts_at);
    assert!(matches!(world.machine.pause(), Some((PauseReason::Setup(SetupFault::Credentials), _))));
    world.run(HOUR + 3 * MINUTE);
    assert!(world.rows.values().all(|row| row.state == ReportState::Reported));
    assert_eq!(world.machine.pause(), None);
}

#[test]
fn documents_go_in_icv_order_when_all_is_well() {
    let mut world = World::new(4, 1);
    for _ in 0..200 {
        world.plan(0, Event::Sale(Nature::Good));
    }
    world.run(HOUR);
    let ends: Vec<u64> = world.rows.values().map(|row| row.ended_at).collect();
    assert!(ends.is_sorted());
    assert!(world.rows.values().all(|row| row.attempts == 1));
}

#[test]
fn an_attempt_older_than_the_network_is_given_up() {
    let mut world = World::new(5, 1);
    world.moods = vec![(0, Mood::Storm), (10, Mood::Fine)];
    // Find a storm that swallows the first answer.
    world.dice = Dice(2);
    world.plan(0, Event::Sale(Nature::Good));
    world.plan(4 * SECOND, Event::Wake(Wake::Network));
    world.run(HOUR);
    let row = world.rows[&1];
    assert_eq!(row.state, ReportState::Reported);
    assert!(row.ended_at < 9 * SECOND, "{row:?}");
    assert_eq!(row.attempts, 2, "the case was met: {row:?}");
}

#[test]
fn a_duplicate_at_the_first_attempt_is_a_surprise() {
    let mut world = World::new(6, 1);
    for (attempts, surprise) in [(0, true), (1, false)] {
        let id = u64::from(attempts) + 1;
        assert!(matches!(world.machine.next(Moment(0)), Command::Fetch(_)));
        world.machine.offered(vec![Waiting { id, attempts, issued: WALL, standard: false }]);
        assert_eq!(world.machine.next(Moment(0)), Command::Begin(id));
        let verdict = accepted(true);
        let ended = ended(&verdict, Shown::Current);
        let outcome = world.machine.answered(Moment(0), id, &ended).expect("in flight");
        assert_eq!((outcome.state, outcome.surprise), (ReportState::Reported, surprise));
        world.machine.settled(id);
        world.machine.wake(Moment(0), Wake::Sale);
    }
}
