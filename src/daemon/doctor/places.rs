//! Data directory and mark on the disk: owner, permissions, file system, room.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::machine;
use crate::config::Settings;
use crate::doctor::{Home, Known, Mount, Place, could_not, mount_of};
use crate::text::Bilingual;

/// Files of one till that are looked at; there are a dozen.
const MOST_FILES: usize = 200;
/// The user that the package makes.
const SERVICE_USER: &str = "tilld";

/// The user that must own the data: who runs the daemon, or else, for the usual
/// configuration, who would, or else who owns their directory.
pub(super) fn owner(running: Option<u32>, usual: bool, data: &Path) -> Option<(u32, String)> {
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let service = || uid_of(&passwd, SERVICE_USER).filter(|_| usual);
    let holder = || fs::metadata(data).ok().map(|about| about.uid());
    let uid = running.or_else(service).or_else(holder)?;
    Some((uid, name_of(&passwd, uid).unwrap_or_else(|| uid.to_string())))
}

fn users(passwd: &str) -> impl Iterator<Item = (&str, u32)> {
    passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        Some((name, fields.nth(1)?.parse().ok()?))
    })
}

fn name_of(passwd: &str, uid: u32) -> Option<String> {
    users(passwd).find(|(_, found)| *found == uid).map(|(name, _)| name.to_owned())
}

fn uid_of(passwd: &str, name: &str) -> Option<u32> {
    users(passwd).find(|(found, _)| *found == name).map(|(_, uid)| uid)
}

/// Both places; `wanted` is the user that must own them.
pub(super) fn look(settings: &Settings, wanted: Option<u32>) -> Home {
    let (data, anchor) = (&settings.till.data_dir, &settings.till.anchor);
    let beside = anchor.parent().unwrap_or(Path::new("/"));
    let foreign = wanted.map_or_else(Vec::new, |wanted| foreign(data, anchor, wanted));
    Home {
        data: place(data, data, None),
        anchor: place(beside, anchor, Some(anchor)),
        owner: None,
        foreign,
        witness: settings.till.witness.is_some(),
        virtual_machine: machine::is_virtual(Path::new("/")),
    }
}

/// Neither could be looked at.
pub(super) fn unseen(because: &Bilingual) -> Home {
    Home {
        data: Err(because.clone()),
        anchor: Err(because.clone()),
        owner: None,
        foreign: Vec::new(),
        witness: false,
        virtual_machine: false,
    }
}

fn place(directory: &Path, shown: &Path, file: Option<&Path>) -> Known<Place> {
    let unseen = |error: &std::io::Error| {
        let what = Bilingual::new(
            format!("{} cannot be looked at", shown.display()),
            format!("تعذر فحص {}", shown.display()),
        );
        could_not(what, &error.to_string())
    };
    let (about, exists) = match fs::metadata(directory) {
        Ok(about) => (Some(about), true),
        Err(error) if error.kind() == ErrorKind::NotFound => (None, false),
        Err(error) => return Err(unseen(&error)),
    };
    // What is not there yet will lie where the nearest directory above lies.
    let there = nearest(directory);
    let real = fs::canonicalize(&there).map_err(|error| unseen(&error))?;
    let about: Metadata = match about {
        Some(about) => about,
        None => fs::metadata(&real).map_err(|error| unseen(&error))?,
    };
    let room = rustix::fs::statvfs(&real);
    let unknown = |error: &rustix::io::Errno| {
        could_not(Bilingual::new("free space is not known", "المساحة المتاحة غير معروفة"), &error.to_string())
    };
    Ok(Place {
        path: shown.display().to_string(),
        exists,
        file_exists: file.is_some_and(Path::exists),
        owner: about.uid(),
        mode: about.mode() & 0o7777,
        mount: mount(&real),
        device: about.dev(),
        free: room.as_ref().map(|room| room.f_bavail.saturating_mul(room.f_frsize)).map_err(unknown),
        // File systems without a table of inodes count none at all.
        free_inodes: room.ok().filter(|room| room.f_files > 0).map(|room| room.f_favail),
    })
}

fn nearest(directory: &Path) -> PathBuf {
    directory.ancestors().find(|above| above.exists()).unwrap_or(Path::new("/")).to_owned()
}

fn mount(path: &Path) -> Known<Mount> {
    let unknown =
        || Bilingual::new("the mounted file systems cannot be read", "تعذرت قراءة أنظمة الملفات الموصولة");
    let table = fs::read("/proc/self/mountinfo").map_err(|error| could_not(unknown(), &error.to_string()))?;
    mount_of(&String::from_utf8_lossy(&table), &path.to_string_lossy()).ok_or_else(unknown)
}

/// Files of the till that another user owns; those that cannot be listed are left out.
fn foreign(data: &Path, anchor: &Path, wanted: u32) -> Vec<(String, u32)> {
    let below = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).take(MOST_FILES).collect::<Vec<PathBuf>>()
    };
    let mut files = below(data);
    files.extend(below(&data.join("vault")));
    files.push(anchor.to_owned());
    files.sort();
    let owned = files.into_iter().filter_map(|file| {
        let owner = fs::symlink_metadata(&file).ok()?.uid();
        (owner != wanted).then(|| (file.display().to_string(), owner))
    });
    owned.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_both_ways() {
        let passwd =
            "root:x:0:0:root:/root:/bin/sh\nbad line\ntilld:x:998:997::/var/lib/tilld:/usr/sbin/nologin\n";
        assert_eq!(uid_of(passwd, "tilld"), Some(998));
        assert_eq!(uid_of(passwd, "till"), None);
        assert_eq!(name_of(passwd, 0).as_deref(), Some("root"));
        assert_eq!(name_of(passwd, 5), None);
    }

    #[test]
    fn a_place_that_is_missing_is_judged_where_it_would_be() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        let found = place(&path, &path, None).unwrap();
        assert!(!found.exists && found.free.is_ok() && found.mount.is_ok());
        let about = fs::metadata(dir.path()).unwrap();
        assert_eq!((found.device, found.owner), (about.dev(), about.uid()));
        assert!(!dir.path().join("a").exists());
    }

    #[test]
    fn files_of_others_are_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("vault")).unwrap();
        fs::write(dir.path().join("vault/x"), b"").unwrap();
        let mine = fs::metadata(dir.path()).unwrap().uid();
        let anchor = dir.path().join("none");
        assert!(foreign(dir.path(), &anchor, mine).is_empty());
        assert_eq!(foreign(dir.path(), &anchor, mine + 1).len(), 2);
    }
}
