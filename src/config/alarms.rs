//! When people are told that documents wait too long, and the command that
//! tells them: `[fatoora] alarm_hours` and the section [alarms].

use std::path::PathBuf;

use super::fragment::AlarmsFragment;
use super::settings::Alarms;
use super::validate::Judge;

/// The law's own limit comes last (fatoora-api.md section 4).
const DEFAULT_HOURS: [u32; 4] = [12, 20, 23, 24];
const MOST_HOURS: u32 = 24;
const DEFAULT_TIMEOUT: i64 = 10;
/// Far below what the system takes for a command line.
const MOST_ARGUMENTS: usize = 32;
const LONGEST_ARGUMENT: usize = 4_096;

impl Judge<'_> {
    pub(super) fn alarm_hours(&mut self, hours: Option<Vec<i64>>) -> Option<Vec<u32>> {
        let Some(hours) = hours else { return Some(DEFAULT_HOURS.to_vec()) };
        let known: Option<Vec<u32>> = hours.iter().map(|hours| u32::try_from(*hours).ok()).collect();
        let sound = known.filter(|hours| {
            let bounded = hours.iter().all(|hours| (1..=MOST_HOURS).contains(hours));
            let ascending = hours.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
            bounded && ascending && (1..=DEFAULT_HOURS.len()).contains(&hours.len())
        });
        sound.or_else(|| self.refuse("fatoora.alarm_hours", format!("is {hours:?}")))
    }

    pub(super) fn alarms(&mut self, alarms: AlarmsFragment) -> Option<Alarms> {
        // Outside the option, so that a refused command is not a missing one.
        let command = match alarms.command {
            None => Some(None),
            Some(words) => self.command(words).map(Some),
        };
        let timeout = alarms.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT);
        let timeout = self.whole("alarms.timeout_seconds", timeout, 1, 60);
        Some(Alarms { command: command?, timeout_seconds: timeout? as u64 })
    }

    fn command(&mut self, words: Vec<String>) -> Option<Vec<String>> {
        const KEY: &str = "alarms.command";
        let Some(program) = words.first() else { return self.refuse(KEY, "names no program") };
        self.path(KEY, PathBuf::from(program))?;
        let plain = words.iter().all(|word| word.len() <= LONGEST_ARGUMENT && !word.contains('\0'));
        let holds = plain && words.len() <= MOST_ARGUMENTS;
        self.holding(KEY, words, holds, "is too long or holds a zero byte")
    }
}
