//! The watch over the clock, in virtual time.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::ledger::{Store, TestClock};

const NOON: i64 = 1_773_511_200;

struct Bench {
    ledger: Ledger,
    clock: Arc<TestClock>,
    time: AuthorityTime,
    asked: Arc<AtomicU64>,
    _dir: tempfile::TempDir,
}

/// A till that the authority has said a day behind for long enough.
fn far_away() -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(TestClock::at(NOON));
    clock.set_uptime(500);
    let store = Store::open(&dir.path().join("data"), &dir.path().join("mark"), clock.clone()).unwrap();
    let time = store.authority_time();
    let (ledger, _) = Ledger::start(store).unwrap();
    for uptime in [300, 500] {
        time.hear(NOON + 86_400 - 500 + uptime, crate::ledger::Reading { wall: NOON, uptime: Some(uptime) });
    }
    Bench { ledger, clock, time, asked: Arc::default(), _dir: dir }
}

impl Bench {
    async fn state(&self) -> ClockState {
        self.ledger.run(|store| store.clock_report()).await.unwrap().state
    }
}

#[tokio::test]
async fn a_till_with_nothing_to_send_asks_and_finds_its_way_back() {
    let bench = far_away();
    assert!(bench.state().await.refuses());
    let asked = Arc::clone(&bench.asked);
    let ask = move || {
        asked.fetch_add(1, Ordering::SeqCst);
        Some(NOON)
    };
    let with = Watching {
        ledger: bench.ledger.clone(),
        clock: bench.clock.clone(),
        time: bench.time.clone(),
        ask,
        look: Duration::from_millis(1),
    };
    let watching = tokio::spawn(watch(with));
    while bench.state().await != ClockState::Trusted {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    bench.ledger.stop().await;
    watching.await.expect("it ends with the ledger");
    assert_eq!(bench.asked.load(Ordering::SeqCst), 1);
}

#[test]
fn the_authority_is_asked_once_a_minute_and_only_when_its_word_counts() {
    let far = |ahead, refuses| ClockState::FarFromAuthority { ahead, refuses };
    for state in [ClockState::Jumped { seconds: 301 }, far(901, true), far(-901, false)] {
        assert!(is_due(state, None) && is_due(state, Some(ASK)));
        assert!(!is_due(state, Some(ASK - Duration::from_millis(1))));
    }
    for state in [
        ClockState::Trusted,
        ClockState::Unset { earliest: 7 },
        ClockState::WentBack { seconds: 121 },
        far(900, false),
    ] {
        assert!(!is_due(state, None), "{state:?}");
    }
}

#[tokio::test]
async fn changes_are_said_once() {
    let bench = far_away();
    let report = async || bench.ledger.run(|store| store.clock_report()).await.unwrap();
    let mut said = Said::default();
    let far = report().await;
    assert!(far.words.as_ref().unwrap().en.contains("86400 s behind"));
    assert!(said.tell(&far));
    assert!(!said.tell(&far));
    bench.clock.set(NOON + 86_400);
    let right = report().await;
    assert_eq!((right.state, right.words.as_ref()), (ClockState::Trusted, None), "at once");
    assert!(said.tell(&right));
    assert!(!said.tell(&right));
    assert!(!Said::default().tell(&right), "a till that starts well says nothing");
}

/// An authority whose only answer carries a date.
struct Dating;

impl Authority for Dating {
    fn report<'a>(&'a self, _: &'a Credentials, _: &'a Submission) -> Pending<'a> {
        Box::pin(async {
            Answer {
                verdict: crate::fatoora::Verdict::Unavailable,
                http: Some(503),
                headers: crate::fatoora::Headers {
                    date: Some("Sat, 14 Mar 2026 18:00:00 GMT".to_owned()),
                    ..crate::fatoora::Headers::default()
                },
                body: Vec::new(),
                duration_ms: 1,
                error: None,
            }
        })
    }

    fn clear<'a>(&'a self, credentials: &'a Credentials, submission: &'a Submission) -> Pending<'a> {
        self.report(credentials, submission)
    }
}

#[tokio::test]
async fn every_answer_with_a_date_is_heard() {
    let clock = Arc::new(TestClock::at(NOON));
    let submission = Submission {
        uuid: uuid::Uuid::nil(),
        hash: crate::chain::InvoiceHash::new([0; 32]),
        xml: Vec::new(),
    };
    let credentials = Credentials::new("TOKEN", "hush");
    for clearing in [false, true] {
        let time = AuthorityTime::default();
        let dated = Dated { authority: Arc::new(Dating), time: time.clone(), clock: clock.clone() };
        let answer = match clearing {
            false => dated.report(&credentials, &submission).await,
            true => dated.clear(&credentials, &submission).await,
        };
        assert_eq!(answer.http, Some(503), "the answer goes on as it came");
        let ahead = time.heard().ahead(reading(clock.as_ref()));
        assert_eq!(ahead, Some((1_773_511_200 - NOON, 0)));
    }
}
