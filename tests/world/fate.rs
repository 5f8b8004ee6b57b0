//! What will happen in a world, drawn from its seed.

use tilld::report::Wake;

use crate::common::Seeded;
use crate::script::{
    End, Gate, HOUR, MINUTE, Manner, POINTS, Renewal, SECOND, Sale, Script, Spoil, Weather, When, Window,
    Wish,
};

impl Script {
    pub fn new(seed: u64, baskets: usize) -> Script {
        let rng = &mut Seeded::new(seed.wrapping_add(0x5EED));
        let long = rng.chance(12);
        let horizon = match rng.between(1, 100) {
            _ if long => rng.between(27 * HOUR, 40 * HOUR),
            1..=70 => rng.between(10 * MINUTE, 90 * MINUTE),
            _ => rng.between(2 * HOUR, 9 * HOUR),
        };
        let mut script = Script {
            sales: sales(rng, horizon, long, baskets),
            windows: Vec::new(),
            ends: Vec::new(),
            drifts: Vec::new(),
            rings: Vec::new(),
            horizon,
            in_flight: rng.between(1, 4) as usize,
            coarse: rng.chance(20),
            cursed: None,
            disk: *rng.pick(&[0, 0, 5, 60, 4_000]),
            hour: rng.between(0, 23) as i64,
            utc_dates: false,
            renewal: None,
        };
        if long {
            script.forget_a_day(rng);
        }
        for _ in 0..rng.between(2, 8) {
            script.trouble(rng);
        }
        script.ends(rng);
        script.clock(rng);
        script.rings(rng);
        if rng.chance(25) {
            let sale = rng.between(0, script.sales.len() as u64) as usize;
            script.renewal = Some(Renewal { sale, revokes: rng.chance(60), forgets: rng.chance(20) });
        }
        if script.drifts.is_empty() && rng.chance(25) {
            script.utc_dates = true;
            script.hour = rng.between(9, 14) as i64;
        }
        if script.coarse {
            let round = |ms: &mut u64| *ms = ms.next_multiple_of(SECOND);
            script.sales.iter_mut().for_each(|sale| round(&mut sale.at));
            script.rings.iter_mut().for_each(|(at, _)| round(at));
        }
        script
    }

    /// All is well, but for one document for which nothing ever is.
    pub fn with_a_curse(seed: u64, baskets: usize) -> Script {
        let rng = &mut Seeded::new(seed.wrapping_add(0xC0DE));
        let mut sales = sales(rng, 40 * MINUTE, false, baskets);
        sales[0].at = 0;
        let weather = *rng.pick(&[
            Weather::Torn,
            Weather::Gate(Gate::TooLarge),
            Weather::Gate(Gate::Storm(500)),
            Weather::Gate(Gate::Malformed),
            Weather::Gate(Gate::NotEvaluated),
            Weather::Gate(Gate::Portal),
            Weather::Gate(Gate::Odd(418)),
            Weather::Spoilt(Spoil::Stalled),
            Weather::Spoilt(Spoil::Rubbish),
            Weather::Spoilt(Spoil::Page(504)),
        ]);
        let cursed = Some((rng.between(0, 2) as usize, weather));
        let in_flight = rng.between(1, 4) as usize;
        Script { sales, cursed, horizon: 3 * HOUR, in_flight, ..Script::calm(&[]) }
    }

    /// Answers that are lost, and then no line for longer than the authority
    /// knows a hash again.
    fn forget_a_day(&mut self, rng: &mut Seeded) {
        let lost = rng.between(5 * MINUTE, HOUR);
        let until = lost + 24 * HOUR + rng.between(1, 90) * MINUTE;
        self.windows.push(Window { from: 0, until: lost, weather: Weather::Spoilt(spoil(rng)), percent: 60 });
        self.windows.push(Window { from: lost, until, weather: Weather::Cut, percent: 100 });
    }

    fn trouble(&mut self, rng: &mut Seeded) {
        let from = rng.between(0, self.horizon * 9 / 10);
        let longest = *rng.pick(&[30 * SECOND, 5 * MINUTE, HOUR, self.horizon / 2]);
        let until = (from + rng.between(SECOND, longest.max(2 * SECOND))).min(self.horizon);
        let percent = *rng.pick(&[100, 100, 60, 30]);
        let weather = weather(rng);
        let whole = matches!(weather, Weather::Cut | Weather::ClearanceOff);
        self.windows.push(Window { from, until, weather, percent: if whole { 100 } else { percent } });
        let heals = matches!(weather, Weather::Cut | Weather::Untrusted | Weather::Torn);
        if heals && rng.chance(70) {
            self.rings.push((until + rng.between(0, 200), Wake::Network));
        }
        if weather == Weather::Gate(Gate::Setup(401)) && rng.chance(60) {
            self.rings.push((until + rng.between(0, 20 * SECOND), Wake::Credentials));
        }
    }

    fn ends(&mut self, rng: &mut Seeded) {
        for _ in 0..rng.between(0, 5) {
            let when = if rng.chance(30) {
                When::At(rng.between(0, self.horizon))
            } else {
                When::Nth(*rng.pick(&POINTS), rng.between(1, 12) as u32)
            };
            let manner = match rng.between(1, 100) {
                1..=20 => Manner::Stop,
                21..=65 => Manner::Crash,
                _ => Manner::PowerCut,
            };
            let away = if rng.chance(85) { rng.between(100, 60 * SECOND) } else { rng.between(MINUTE, HOUR) };
            self.ends.push(End { when, manner, away });
        }
    }

    /// A clock that is set wrong is set right again before the trouble ends.
    fn clock(&mut self, rng: &mut Seeded) {
        if !rng.chance(40) {
            return;
        }
        for _ in 0..rng.between(1, 3) {
            let from = rng.between(0, self.horizon);
            let wrong = *rng.pick(&[-3_600, -600, -100, -3, 4, 110, 290, 900, 5_000]);
            self.drifts.push((from, wrong + rng.between(0, 20) as i64));
            self.drifts.push(((from + rng.between(MINUTE, 2 * HOUR)).min(self.horizon), 0));
        }
        self.drifts.sort_by_key(|(at, _)| *at);
        self.drifts.push((self.horizon, 0));
    }

    fn rings(&mut self, rng: &mut Seeded) {
        for _ in 0..rng.between(0, 6) {
            let wake = *rng.pick(&[Wake::Network, Wake::SyncNow, Wake::Credentials, Wake::Network]);
            self.rings.push((rng.between(0, self.horizon), wake));
        }
        self.rings.sort_by_key(|(at, _)| *at);
    }
}

fn sales(rng: &mut Seeded, horizon: u64, long: bool, baskets: usize) -> Vec<Sale> {
    let latest = if long && rng.chance(70) { 2 * HOUR } else { horizon };
    let mut moments: Vec<u64> = (0..rng.between(4, 14)).map(|_| rng.between(0, latest)).collect();
    if rng.chance(30) {
        // A queue at the counter.
        let (crowd, from) = (moments.len() / 2, moments[0]);
        for (at, moment) in (from..).step_by(700).zip(&mut moments[..crowd]) {
            *moment = at;
        }
    }
    moments.sort_unstable();
    let sale = |at: u64| Sale {
        at,
        standard: rng.chance(18),
        print: rng.chance(60),
        basket: rng.between(0, baskets as u64 - 1) as usize,
        repeated: rng.chance(10),
    };
    moments.into_iter().map(sale).collect()
}

fn weather(rng: &mut Seeded) -> Weather {
    match rng.between(1, 100) {
        1..=20 => Weather::Cut,
        21..=24 => Weather::Untrusted,
        25..=30 => Weather::Torn,
        31..=52 => Weather::Gate(gate(rng)),
        53..=77 => Weather::Spoilt(spoil(rng)),
        78..=83 => Weather::ClearanceOff,
        84..=88 => Weather::DiskFull,
        _ => Weather::Mixed,
    }
}

/// One of what can hit a single attempt.
pub fn mixed(rng: &mut Seeded) -> Weather {
    match rng.between(1, 10) {
        1 => Weather::Torn,
        2 => Weather::Cut,
        3..=5 => Weather::Gate(gate(rng)),
        _ => Weather::Spoilt(spoil(rng)),
    }
}

fn gate(rng: &mut Seeded) -> Gate {
    match rng.between(1, 20) {
        1..=3 => Gate::Setup(401),
        4..=5 => Gate::Setup(*rng.pick(&[403, 404, 405, 406, 415])),
        6 => Gate::TooLarge,
        7..=10 => Gate::Throttled(match rng.between(1, 6) {
            1..=2 => Wish::None,
            3 => Wish::Seconds(rng.between(0, 90)),
            4 => Wish::Date(rng.between(0, 120) as i64 - 20),
            5 => Wish::Absurd,
            _ => Wish::Garbage,
        }),
        11..=14 => Gate::Storm(*rng.pick(&[500, 502, 503, 503, 504])),
        15 => Gate::ForgedOff,
        16 => Gate::Malformed,
        17 => Gate::NotEvaluated,
        18 => Gate::Portal,
        _ => Gate::Odd(*rng.pick(&[302, 307, 418, 428, 299, 204])),
    }
}

fn spoil(rng: &mut Seeded) -> Spoil {
    match rng.between(1, 12) {
        1..=2 => Spoil::Dropped,
        3 => Spoil::Stalled,
        4 => Spoil::Page(504),
        5 => Spoil::Page(*rng.pick(&[500, 502, 503])),
        6 => Spoil::Cut(rng.between(0, 99)),
        7 => Spoil::Rubbish,
        8 => Spoil::PageOk,
        9 => *rng.pick(&[Spoil::Empty, Spoil::NoStatus]),
        10 => *rng.pick(&[Spoil::WithoutCleared, Spoil::OthersCleared]),
        _ => Spoil::Late(rng.between(500, 40_000)),
    }
}
