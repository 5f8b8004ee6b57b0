//! A successor takes the place of the current identity in steps, and a till that
//! was killed between any two of them arrives at the same end.

use std::collections::BTreeMap;
use std::fs;
use std::mem::MaybeUninit;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use tilld::fatoora::Environment;
use tilld::keys::VaultError;
use tilld::onboard::{Device, OnboardError, RecordError, device, promote};
use tilld::stamp::StampCertificate;

use crate::fake::Mode;
use crate::till::{Flow, Till};

type Blobs = BTreeMap<String, Vec<u8>>;

/// The sealed blobs of a vault, as a power cut finds them.
fn blobs(directory: &Path) -> Blobs {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let sealed = entries.filter(|path| path.extension().is_some_and(|ending| ending == "sealed"));
    sealed
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap()))
        .collect()
}

fn put_back(directory: &Path, blobs: &Blobs) {
    for name in self::blobs(directory).keys().filter(|name| !blobs.contains_key(*name)) {
        fs::remove_file(directory.join(name)).unwrap();
    }
    for (name, bytes) in blobs {
        fs::write(directory.join(name), bytes).unwrap();
    }
}

/// A till with a finished successor, and `renewals` former identities.
fn ready(renewals: usize) -> (Till, StampCertificate, StampCertificate) {
    let (mut till, mut current) = Till::active(Environment::Production);
    till.authority.book().mode = Mode::AtOnce;
    for _ in 0..renewals {
        let otp = till.fetch_otp();
        current = till.ends_in(Flow::Renew, Some(otp)).unwrap().certificate;
        promote(&till.vault).unwrap().unwrap();
    }
    let otp = till.fetch_otp();
    let next = till.ends_in(Flow::Renew, Some(otp)).unwrap().certificate;
    (till, current, next)
}

#[test]
fn killed_between_any_two_writes() {
    for renewals in [0, 2] {
        let (till, old, new) = ready(renewals);
        let directory = till.vault.directory().to_owned();
        let before = blobs(&directory);
        promote(&till.vault).unwrap().unwrap();
        let after = blobs(&directory);
        till.succeeded(&old);

        let former = format!("former-{}.sealed", renewals + 1);
        let written: Vec<&str> = after
            .iter()
            .filter(|(name, bytes)| before.get(*name) != Some(bytes))
            .map(|(n, _)| n.as_str())
            .collect();
        assert_eq!(written, ["device.sealed", &former], "two writes and one removal");
        assert!(before.contains_key("successor.sealed") && !after.contains_key("successor.sealed"));

        let mut kept = before.clone();
        kept.insert(former.clone(), after[&former].clone());
        let mut switched = kept.clone();
        switched.insert("device.sealed".to_owned(), after["device.sealed"].clone());
        for (state, current) in [(&before, &old), (&kept, &old), (&switched, &new), (&after, &new)] {
            put_back(&directory, state);
            let found = till.bundles();
            assert_eq!(found.current.unwrap().certificate, *current);
            let formers = found.former.iter().filter(|former| former.certificate == *current).count();
            assert_eq!(formers, 0, "the current one is no former one");
            assert_eq!(found.successor_state.is_some(), current == &old);
            let promotion = promote(&till.vault).unwrap();
            assert_eq!(promotion.is_some(), state != &after);
            if let Some(promotion) = promotion {
                assert_eq!((promotion.certificate, promotion.former), (new.clone(), Some(old.clone())));
            }
            till.succeeded(&old);
            assert_eq!(blobs(&directory).keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
            assert_eq!(till.bundles().former.len(), renewals + 1);
        }
    }
}

/// The order is what makes it safe: the old identity is kept before anything
/// takes its place, and the successor goes only once it is in place.
#[test]
fn the_writes_come_in_the_order_that_loses_nothing() {
    let (till, ..) = ready(1);
    let watch = inotify::init(CreateFlags::NONBLOCK).unwrap();
    let events = WatchFlags::MOVED_TO | WatchFlags::DELETE;
    inotify::add_watch(&watch, till.vault.directory(), events).unwrap();
    promote(&till.vault).unwrap().unwrap();
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = inotify::Reader::new(&watch, &mut buffer);
    let mut seen = Vec::new();
    while let Ok(event) = reader.next() {
        let name = event.file_name().unwrap().to_str().unwrap().to_owned();
        seen.push((event.events().contains(ReadFlags::DELETE), name));
    }
    let sealed = |removed, name: &str| (removed, format!("{name}.sealed"));
    assert_eq!(seen, [sealed(false, "former-2"), sealed(false, "device"), sealed(true, "successor")]);
}

#[test]
fn an_unfinished_successor_is_not_promoted() {
    let (mut till, old) = Till::active(Environment::Simulation);
    for after in 1..12 {
        till.dies_after = Some(1);
        let needed = till.bundles().successor_state.unwrap_or(Device::Blank).needs_otp();
        let otp = needed.then_some("111222").filter(|_| after == 3).map(|_| till.fetch_otp());
        till.call(Flow::Renew, otp);
        assert!(promote(&till.vault).unwrap().is_none());
        till.sells_with(&old);
    }
    assert!(till.bundles().successor_state.is_some());
}

#[test]
fn nothing_is_promoted_while_something_works_on_the_vault() {
    let (till, old, _) = ready(0);
    let lock = till.vault.lock().unwrap();
    let busy = OnboardError::Record(promote(&till.vault).unwrap_err());
    assert!(matches!(busy, OnboardError::Record(RecordError::Vault(VaultError::Busy { .. }))), "{busy}");
    assert_eq!(till.bundles().current.unwrap().certificate, old, "reading needs no lock");
    drop(lock);
    promote(&till.vault).unwrap().unwrap();
    till.succeeded(&old);
}

#[test]
fn an_empty_vault_has_nothing() {
    let till = Till::new();
    assert!(promote(&till.vault).unwrap().is_none());
    let found = till.bundles();
    assert!(found.current.is_none() && found.former.is_empty());
    assert_eq!((found.current_state, found.successor_state), (Device::Blank, None));
    assert_eq!(device(&till.vault).unwrap(), Device::Blank);
}
