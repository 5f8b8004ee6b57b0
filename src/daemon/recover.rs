//! `tilld recover`: looks at the ledger with the eyes of a start and says what
//! keeps the till from selling; with the operator's word closes the chains.
//!
//! Killed anywhere it can simply be run again: everything in the ledger is one
//! transaction, after which the next start (or the same command) writes the marks;
//! only then is the vault moved aside, by one rename.

mod report;
mod vault;

use std::sync::Arc;

use serde_json::json;

use super::{books, owner};
use crate::cli::{Failure, RecoverOptions, RecoverWord, Told};
use crate::config::Settings;
use crate::ledger::{Activity, Clock, Known, OpenError, Recovery, Stakes, Store, SystemClock, What, Word};
use crate::text::Bilingual;

use vault::Condition;

/// The highest counter that an operator may name: numbers stay readable.
const HIGHEST: u64 = 999_999_999_999;

/// What is wrong with a till.
struct Findings {
    ledger: Option<OpenError>,
    vault: Condition,
    stakes: Stakes,
}

impl Findings {
    fn is_well(&self) -> bool {
        self.ledger.is_none() && !matches!(self.vault, Condition::Unusable(_))
    }

    /// Whether numbers may have been issued that neither the ledger nor a mark
    /// can tell of: then only people can say where the counter goes on.
    fn nobody_knows(&self) -> bool {
        let silent = |word: &Word| !matches!(word.known, Known::Mark { .. });
        let lost = matches!(
            self.ledger,
            Some(
                OpenError::MarkMissing { .. }
                    | OpenError::MarkDamaged { .. }
                    | OpenError::LedgerMissing { .. }
            )
        );
        // The anchor comes first; a witness that is away may be the one that knows.
        let anchor_silent = self.stakes.witnesses.first().is_none_or(silent);
        let witness_away = self.stakes.witnesses.iter().any(|word| matches!(word.known, Known::Unread(_)));
        lost && (anchor_silent || witness_away)
    }

    /// The ledger file is gone, also if an earlier recovery was killed right
    /// after it made the new one.
    fn ledger_is_lost(&self) -> bool {
        let empty = self.stakes.ledger.as_ref().is_none_or(|ledger| ledger.documents == 0);
        match &self.ledger {
            Some(OpenError::LedgerMissing { .. }) => true,
            Some(OpenError::ForeignMark { .. }) => empty,
            _ => false,
        }
    }
}

/// Tells, or does what the word says.
pub fn run(options: RecoverOptions) -> Result<Told, Failure> {
    let till = &options.settings.till;
    // A till whose data directory is gone still has the folder of its anchor.
    let owned = if till.data_dir.exists() { Some(till.data_dir.as_path()) } else { till.anchor.parent() };
    let owned = owned.unwrap_or(&till.data_dir).to_owned();
    owner::acting_as_owner(&owned, || recover(&options))
}

fn recover(options: &RecoverOptions) -> Result<Told, Failure> {
    let settings = &options.settings;
    let found = look(settings)?;
    let Some(word) = &options.word else {
        return Ok(Told { text: report::tell(settings, &found), found: !found.is_well() });
    };
    let (RecoverWord::CloseChains(name) | RecoverWord::LedgerLost(name)) = word;
    let right = &settings.till.name;
    if name != right {
        return Err(usage(
            format!("this till is called {right}, not {name}; nothing was done"),
            format!("اسم هذا الجهاز {right} وليس {name}؛ لم يُنفذ شيء"),
        ));
    }
    if let Some(error) = found.ledger.as_ref().filter(|error| !error.is_recoverable()) {
        return Err(Failure::Finding(books::both(error)));
    }
    if found.is_well() && !options.vault_aside {
        return Err(Failure::Finding(report::nothing_wrong()));
    }
    let lost = found.ledger_is_lost();
    if lost != matches!(word, RecoverWord::LedgerLost(_)) {
        let (flag, why, ar) = if lost {
            ("--ledger-lost", "the ledger file is missing", "ملف السجل مفقود")
        } else {
            ("--close-chains", "the ledger file is there", "ملف السجل موجود")
        };
        return Err(usage(
            format!("{why}; nothing was done. The word for it is: tilld recover {flag} {right}"),
            format!("{ar}؛ لم يُنفذ شيء. الأمر المناسب: tilld recover {flag} {right}"),
        ));
    }
    if found.nobody_knows() && options.last_number.is_none() {
        return Err(report::say_the_last_number(settings, word));
    }
    let above = last_number(options)?;
    act(settings, &found, above, options.vault_aside)
}

/// What a start would say, without starting.
fn look(settings: &Settings) -> Result<Findings, Failure> {
    let till = &settings.till;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let with = books::surroundings(settings, clock, Recovery::Refuse);
    let ledger = Store::examine(&till.data_dir, &till.anchor, with).err();
    if let Some(
        error @ (OpenError::InUse { .. } | OpenError::CopyInUse { .. } | OpenError::MarkInUse { .. }),
    ) = &ledger
    {
        return Err(Failure::Finding(format!("{}\nsystemctl stop tilld", books::both(error))));
    }
    let stakes = Stakes::read(&till.data_dir, &till.anchor, &books::witnesses(settings)).unwrap_or_default();
    Ok(Findings { ledger, vault: vault::condition(settings), stakes })
}

/// The counter in a number that people read off a receipt; 0 if none is given.
fn last_number(options: &RecoverOptions) -> Result<u64, Failure> {
    let Some(text) = &options.last_number else { return Ok(0) };
    let prefix = &options.settings.till.number_prefix;
    let digits = text.strip_prefix(prefix.as_str()).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|counter| plain && *counter <= HIGHEST).ok_or_else(|| {
        usage(
            format!("{text} is no invoice number of this till: say it as {prefix}000123 or 123"),
            format!("الرقم {text} ليس رقم فاتورة لهذا الجهاز: اكتبه هكذا {prefix}000123 أو 123"),
        )
    })
}

fn act(settings: &Settings, found: &Findings, above: u64, vault_aside: bool) -> Result<Told, Failure> {
    let till = &settings.till;
    let aside = vault_aside || matches!(found.vault, Condition::Unusable(_));
    let actor = format!("uid {}", rustix::process::getuid().as_raw());
    let why = found.ledger.as_ref().map_or_else(
        || "the vault with the till's key cannot be used on this machine any more".to_owned(),
        ToString::to_string,
    );
    let recovery = Recovery::CloseChains { actor: actor.clone(), above, why: Some(why) };
    let with = books::surroundings(settings, Arc::new(SystemClock), recovery);
    let mut store = Store::open_with(&till.data_dir, &till.anchor, with)
        .map_err(|error| Failure::Finding(books::both(&error)))?;
    if aside {
        vault::set_aside(settings).map_err(Failure::Finding)?;
    }
    let folders = vault::aside(settings);
    let failed = |error: &dyn std::fmt::Display| Failure::Finding(error.to_string());
    if aside {
        let folders: Vec<String> = folders.iter().map(|path| path.display().to_string()).collect();
        let note = Activity::by(&actor, What::VaultSetAside, [("folders", json!(folders))]);
        store.note(note).map_err(|error| failed(&error))?;
    }
    let counter = store.counter();
    store.close().map_err(|error| failed(&error))?;
    let has_key = vault::is_there(settings);
    Ok(Told { text: report::done(settings, counter, &folders, has_key), found: false })
}

fn usage(en: String, ar: String) -> Failure {
    let words = Bilingual::new(en, ar);
    Failure::Usage(format!("{}\n{}", words.en, words.ar))
}
