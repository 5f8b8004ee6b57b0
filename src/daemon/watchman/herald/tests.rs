use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::report::alarms::{AlarmId, Level, Raised};
use crate::text::Bilingual;

const NOW: i64 = 1_800_000_000;

fn raised(id: AlarmId) -> Change {
    let words = Bilingual::new("late", "متأخر");
    Change::Raised(Raised { id, level: Level::Breach, since: NOW - 60, words })
}

/// A script run by the shell that every system has.
fn script(dir: &Path, text: &str) -> Vec<String> {
    let path = dir.join("hook.sh");
    std::fs::write(&path, text).unwrap();
    vec!["/bin/sh".to_owned(), path.to_str().unwrap().to_owned(), dir.to_str().unwrap().to_owned()]
}

fn hook(words: Vec<String>, within: Duration) -> HookCommand {
    HookCommand { words, within, again: LONG }
}

const LONG: Duration = Duration::from_secs(60);

fn wait_for(what: &str, mut look: impl FnMut() -> bool) {
    let began = Instant::now();
    while !look() {
        assert!(began.elapsed() < LONG, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_command_gets_the_alarm_and_nothing_of_the_till() {
    let dir = tempfile::tempdir().unwrap();
    let words =
        script(dir.path(), "cat > \"$1/input.new\"; env > \"$1/env\"; mv \"$1/input.new\" \"$1/input\"\n");
    let told = Told::read(dir.path());
    let mut herald = Herald::start("T07".to_owned(), Some(hook(words, LONG)), told).unwrap();
    let unreported = Unreported { oldest: Some(NOW - 90_000), count: 7, excused: 0 };
    herald.tell(raised(AlarmId::Unsent(24)), unreported, NOW);
    wait_for("the command", || dir.path().join("input").exists());
    let input: Value = serde_json::from_slice(&std::fs::read(dir.path().join("input")).unwrap()).unwrap();
    let wanted = json!({
        "till": "T07", "alarm": "unsent-24h", "level": "breach", "turn": "raised", "since": NOW - 60,
        "words": {"en": "late", "ar": "متأخر"},
        "at": NOW, "unreported": 7, "oldest_issued_at": NOW - 90_000, "deadline_at": NOW - 3_600,
    });
    assert_eq!(input, wanted);
    let env = std::fs::read_to_string(dir.path().join("env")).unwrap();
    // The shell itself adds these.
    let known = ["PATH=", "PWD=", "SHLVL=", "_=", "OLDPWD="];
    assert!(env.lines().all(|line| known.iter().any(|name| line.starts_with(name))), "{env}");
    // What was told is kept, so that the next run does not tell it again.
    wait_for("the file", || !Told::read(dir.path()).alarms().is_empty());
    herald.stop();
    assert_eq!(herald.fault(), None);
    assert_eq!(Told::read(dir.path()).alarms(), [(AlarmId::Unsent(24), NOW - 60)]);
}

#[test]
fn a_command_that_hangs_is_killed_with_what_it_started() {
    let dir = tempfile::tempdir().unwrap();
    let words = script(dir.path(), "sleep 1000 & echo $! > \"$1/child\"; wait\n");
    let began = Instant::now();
    let fault = call(&hook(words, Duration::from_millis(300)), b"{}", &AtomicBool::new(false)).unwrap_err();
    assert!(fault.contains("was killed"), "{fault}");
    assert!(began.elapsed() < LONG);
    let child = std::fs::read_to_string(dir.path().join("child")).unwrap_or_default();
    if let Ok(child) = child.trim().parse::<i32>() {
        let stat = format!("/proc/{child}/stat");
        // Gone, or a zombie that nobody has collected yet.
        wait_for("the end of the child", || {
            std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "))
        });
    }
}

#[test]
fn a_stop_does_not_wait_for_a_command_that_hangs() {
    let dir = tempfile::tempdir().unwrap();
    let words = script(dir.path(), ": > \"$1/runs\"; sleep 1000\n");
    let mut herald = Herald::start(
        "T07".to_owned(),
        Some(hook(words, Duration::from_secs(1_000))),
        Told::read(dir.path()),
    )
    .unwrap();
    herald.tell(raised(AlarmId::LedgerStuck), Unreported::default(), NOW);
    herald.tell(raised(AlarmId::DriverStuck), Unreported::default(), NOW);
    wait_for("the command", || dir.path().join("runs").exists());
    let began = Instant::now();
    herald.stop();
    assert!(began.elapsed() < LONG);
    // What nobody was told of is raised again by the next run.
    assert!(Told::read(dir.path()).alarms().is_empty());
}

#[test]
fn what_does_not_work_is_shown_and_the_next_one_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let stopping = AtomicBool::new(false);
    let missing = vec!["/nonexistent/page-support".to_owned()];
    let fault = call(&hook(missing, LONG), b"{}", &stopping).unwrap_err();
    assert!(fault.contains("cannot be started"), "{fault}");
    let failing = script(dir.path(), "exit 3\n");
    let fault = call(&hook(failing.clone(), LONG), b"{}", &stopping).unwrap_err();
    assert!(fault.contains('3'), "{fault}");
    // One that never reads its input does no harm.
    let deaf = script(dir.path(), "exec < /dev/null; exit 0\n");
    call(&hook(deaf, LONG), b"{}", &stopping).unwrap();

    let failing = script(dir.path(), "exit 3\n");
    let mut herald =
        Herald::start("T07".to_owned(), Some(hook(failing, LONG)), Told::read(dir.path())).unwrap();
    herald.tell(raised(AlarmId::Unsent(12)), Unreported::default(), NOW);
    wait_for("the fault", || herald.fault().is_some());
    script(dir.path(), "exit 0\n");
    herald.tell(raised(AlarmId::Unsent(20)), Unreported::default(), NOW);
    wait_for("the fault to go", || herald.fault().is_none());
    herald.stop();
}

#[test]
fn a_queue_that_is_full_never_holds_up_the_watchman() {
    let dir = tempfile::tempdir().unwrap();
    let words = script(dir.path(), "sleep 1000\n");
    let mut herald = Herald::start(
        "T07".to_owned(),
        Some(hook(words, Duration::from_secs(1_000))),
        Told::read(dir.path()),
    )
    .unwrap();
    for hours in 0..(3 * ROOM as u32) {
        herald.tell(raised(AlarmId::Unsent(hours)), Unreported::default(), NOW);
    }
    herald.stop();
}

#[test]
fn what_the_command_did_not_take_is_told_again() {
    let dir = tempfile::tempdir().unwrap();
    let words = script(dir.path(), "echo run >> \"$1/runs\"; test $(wc -l < \"$1/runs\") -ge 3\n");
    let hook = HookCommand { again: Duration::from_millis(10), ..hook(words, LONG) };
    let mut herald = Herald::start("T07".to_owned(), Some(hook), Told::read(dir.path())).unwrap();
    herald.tell(raised(AlarmId::Unsent(12)), Unreported::default(), NOW);
    wait_for("the third run", || !Told::read(dir.path()).alarms().is_empty());
    herald.stop();
    assert_eq!(herald.fault(), None);
    assert_eq!(std::fs::read_to_string(dir.path().join("runs")).unwrap().lines().count(), 3);
}

#[test]
fn an_alarm_that_ended_meanwhile_is_not_raised_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let words = script(dir.path(), "cat >> \"$1/told\"; echo >> \"$1/told\"; test -e \"$1/line\"\n");
    let hook = HookCommand { again: Duration::from_millis(50), ..hook(words, LONG) };
    let mut herald = Herald::start("T07".to_owned(), Some(hook), Told::read(dir.path())).unwrap();
    let Change::Raised(alarm) = raised(AlarmId::Unsent(12)) else { panic!() };
    herald.tell(Change::Raised(alarm.clone()), Unreported::default(), NOW);
    wait_for("the first try", || herald.fault().is_some());
    std::fs::write(dir.path().join("line"), "").unwrap();
    herald.tell(Change::Ended(alarm), Unreported::default(), NOW);
    wait_for("the end", || herald.fault().is_none());
    herald.stop();
    let told = std::fs::read_to_string(dir.path().join("told")).unwrap();
    assert!(told.lines().last().unwrap().contains("\"turn\":\"ended\""), "{told}");
}
