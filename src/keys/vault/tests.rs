use super::*;
use std::os::unix::fs::PermissionsExt as _;

use crate::keys::Machine;

/// The machine that most tests run on.
fn here() -> Wrapping {
    on("board A", None)
}

fn on(board: &str, credential: Option<&[u8]>) -> Wrapping {
    let machine = Machine::from_facts(vec![("board serial number", board.to_owned())]);
    Wrapping::new(credential.map(|bytes| Zeroizing::new(bytes.to_vec())), machine).unwrap()
}

fn vault() -> (tempfile::TempDir, Vault) {
    let directory = tempfile::tempdir().unwrap();
    let vault = Vault::open(&directory.path().join("vault"), &here()).unwrap();
    (directory, vault)
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn keeps_secrets_across_openings_and_shows_none() {
    let (_directory, vault) = vault();
    assert!(vault.get("device").unwrap().is_none());
    vault.put("device", b"the secret of the till").unwrap();
    vault.put("device", b"the newer secret of the till").unwrap();
    let again = Vault::open(vault.directory(), &here()).unwrap();
    assert_eq!(again.get("device").unwrap().unwrap().as_slice(), b"the newer secret of the till");
    let raw = fs::read(vault.directory().join("device.sealed")).unwrap();
    assert!(!raw.windows(6).any(|w| w == b"secret"));
    assert!(format!("{again:?}").ends_with("key not shown)"));
}

#[test]
fn everything_is_for_the_owner_alone() {
    let (_directory, vault) = vault();
    vault.put("device", b"x").unwrap();
    let _lock = vault.lock().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(vault.directory()), 0o700);
    for entry in fs::read_dir(vault.directory()).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn refuses_what_others_can_read() {
    let (_directory, vault) = vault();
    let key = vault.directory().join("vault.bound");
    for mode in [0o640, 0o604, 0o660] {
        chmod(&key, mode);
        let refused = Vault::open(vault.directory(), &here()).unwrap_err();
        assert!(matches!(refused, VaultError::TooOpen { mode: m, .. } if m == mode), "{refused}");
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }
    chmod(&key, 0o600);
    chmod(vault.directory(), 0o750);
    let refused = Vault::open(vault.directory(), &here()).unwrap_err();
    assert!(refused.to_string().contains("chmod 700"), "{refused}");
}

#[test]
fn a_lost_key_is_not_replaced_over_sealed_secrets() {
    let (_directory, vault) = vault();
    vault.put("device", b"x").unwrap();
    fs::remove_file(vault.directory().join("vault.bound")).unwrap();
    assert!(matches!(Vault::open(vault.directory(), &here()), Err(VaultError::KeyMissing { .. })));
    fs::write(vault.directory().join("vault.bound"), [0; 40]).unwrap();
    chmod(&vault.directory().join("vault.bound"), 0o600);
    assert!(matches!(Vault::open(vault.directory(), &here()), Err(VaultError::KeyDamaged { .. })));
}

#[test]
fn changed_moved_and_foreign_blobs_are_noticed() {
    let (_directory, vault) = vault();
    vault.put("device", b"one").unwrap();
    let path = vault.directory().join("device.sealed");
    let good = fs::read(&path).unwrap();
    for at in [0, 8, 31, 32, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).unwrap();
        assert!(matches!(vault.get("device"), Err(VaultError::BlobDamaged { .. })), "byte {at}");
    }
    fs::write(&path, &good[..20]).unwrap();
    assert!(matches!(vault.get("device"), Err(VaultError::BlobDamaged { .. })));
    fs::write(vault.directory().join("other.sealed"), &good).unwrap();
    assert!(matches!(vault.get("other"), Err(VaultError::BlobDamaged { .. })), "taken under another name");
    let (_other_directory, other) = self::vault();
    fs::write(other.directory().join("device.sealed"), &good).unwrap();
    assert!(matches!(other.get("device"), Err(VaultError::BlobDamaged { .. })), "opened by another key");
}

#[test]
fn a_link_in_the_place_of_a_blob_is_not_followed() {
    let (directory, vault) = vault();
    let elsewhere = directory.path().join("elsewhere");
    fs::write(&elsewhere, b"x").unwrap();
    std::os::unix::fs::symlink(&elsewhere, vault.directory().join("device.sealed")).unwrap();
    assert!(matches!(vault.get("device"), Err(VaultError::Io { .. })));
    vault.put("device", b"mine").unwrap();
    assert_eq!(fs::read(&elsewhere).unwrap(), b"x");
    assert_eq!(vault.get("device").unwrap().unwrap().as_slice(), b"mine");
}

#[test]
fn names_cannot_leave_the_directory() {
    let (_directory, vault) = vault();
    for name in ["", "../x", "a/b", "Device", "a.b", "x\0", &"a".repeat(33)] {
        assert!(matches!(vault.put(name, b""), Err(VaultError::Name { .. })), "{name:?}");
    }
}

#[test]
fn one_works_at_a_time_and_leftovers_go() {
    let (_directory, vault) = vault();
    let leftover = vault.directory().join("device.sealed.0123.unfinished");
    fs::write(&leftover, b"half").unwrap();
    let lock = vault.lock().unwrap();
    assert!(!leftover.exists());
    let other = Vault::open(vault.directory(), &here()).unwrap();
    assert!(matches!(other.lock(), Err(VaultError::Busy { .. })));
    drop(lock);
    other.lock().unwrap();
}

#[test]
fn a_copied_disk_opens_nothing_on_another_machine() {
    let (_directory, vault) = vault();
    vault.put("device", b"the secret").unwrap();
    let copy = Vault::open(vault.directory(), &on("board B", None)).unwrap();
    let refused = copy.get("device").unwrap_err();
    assert!(matches!(refused, VaultError::BlobDamaged { .. }));
    assert!(refused.to_string().contains("another machine"), "{refused}");
    assert_eq!(vault.get("device").unwrap().unwrap().as_slice(), b"the secret");
}

#[test]
fn a_credential_takes_over_and_no_key_stays_on_the_disk() {
    let (_directory, vault) = vault();
    vault.put("device", b"the secret").unwrap();
    let credential = [7u8; 32];
    let sealed = Vault::open(vault.directory(), &on("board A", Some(&credential))).unwrap();
    assert_eq!(sealed.source(), &KeySource::Credential);
    assert_eq!(sealed.get("device").unwrap().unwrap().as_slice(), b"the secret");
    assert!(!vault.directory().join("vault.bound").exists());
    let without = Vault::open(vault.directory(), &here()).unwrap_err();
    assert!(
        matches!(without, VaultError::KeyMissing { .. })
            && without.to_string().contains("LoadCredentialEncrypted=tilld.vault-key")
    );
    let other = Vault::open(vault.directory(), &on("board A", Some(&[8u8; 32]))).unwrap();
    assert!(matches!(other.get("device"), Err(VaultError::BlobDamaged { .. })));
    // Moved to another board, the same credential still opens it: systemd decides who gets it.
    let moved = Vault::open(vault.directory(), &on("board B", Some(&credential))).unwrap();
    assert_eq!(moved.get("device").unwrap().unwrap().as_slice(), b"the secret");
}

#[test]
fn a_key_of_the_first_layout_is_bound_to_the_machine() {
    let (_directory, vault) = vault();
    let plain = vault.directory().join("vault.key");
    fs::write(&plain, [9u8; 32]).unwrap();
    chmod(&plain, 0o600);
    let nonce = [1u8; NONCE];
    let cipher = XChaCha20Poly1305::new(&[9u8; 32].into());
    for name in ["device", "other"] {
        let payload = Payload { msg: b"old".as_slice(), aad: &associated(name) };
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload).unwrap();
        let blob = [MAGIC.as_slice(), &nonce, &sealed].concat();
        fs::write(vault.directory().join(format!("{name}.sealed")), blob).unwrap();
    }
    // As if power had failed after the first blob was sealed anew.
    vault.put("other", b"old").unwrap();
    let renewed = Vault::open(vault.directory(), &here()).unwrap();
    assert!(!plain.exists());
    for name in ["device", "other"] {
        assert_eq!(renewed.get(name).unwrap().unwrap().as_slice(), b"old");
    }
    let copy = Vault::open(vault.directory(), &on("board B", None)).unwrap();
    assert!(copy.get("device").is_err());
}

#[test]
fn a_credential_that_is_too_short_is_refused() {
    let machine = Machine::from_facts(Vec::new());
    let refused = Wrapping::new(Some(Zeroizing::new(vec![1; 31])), machine).unwrap_err();
    assert!(refused.to_string().contains("systemd-creds encrypt"), "{refused}");
}

#[test]
fn a_look_makes_nothing_and_renews_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("vault");
    let names = || {
        let entries = fs::read_dir(directory.path().join("vault")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert!(Vault::look(&path, &here()).unwrap().is_none());
    assert!(!path.exists());
    fs::create_dir(&path).unwrap();
    chmod(&path, 0o700);
    assert!(Vault::look(&path, &here()).unwrap().is_none());
    assert!(names().is_empty());

    Vault::open(&path, &here()).unwrap().put("device", b"x").unwrap();
    let before = names();
    let seen = Vault::look(&path, &here()).unwrap().unwrap();
    assert_eq!(seen.get("device").unwrap().unwrap().as_slice(), b"x");
    assert!(matches!(seen.source(), KeySource::BoundFile { .. }));
    // With a credential it would be sealed anew: a look leaves that to the daemon.
    let credential = on("board A", Some(&[7; 32]));
    let other = Vault::look(&path, &credential).unwrap().unwrap();
    assert!(matches!(other.get("device"), Err(VaultError::BlobDamaged { .. })));
    assert_eq!(names(), before);
    fs::remove_file(path.join("vault.bound")).unwrap();
    assert!(matches!(Vault::look(&path, &here()), Err(VaultError::KeyMissing { .. })));
}

#[test]
fn a_removed_secret_is_gone_and_the_others_stay() {
    let (_directory, vault) = vault();
    vault.put("successor", b"one").unwrap();
    vault.put("device", b"two").unwrap();
    vault.remove("successor").unwrap();
    assert!(vault.get("successor").unwrap().is_none());
    assert_eq!(vault.get("device").unwrap().unwrap().as_slice(), b"two");
    vault.remove("successor").expect("what is not there needs no removal");
    assert!(matches!(vault.remove("../device"), Err(VaultError::Name { .. })));
    assert_eq!(vault.get("device").unwrap().unwrap().as_slice(), b"two");
}
