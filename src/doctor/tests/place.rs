//! Ledger, mark, directories, file systems, room.

use super::*;

#[test]
fn the_ledger_and_its_mark() {
    let ledger = |change: fn(&mut LedgerFacts)| till(|till| change(till.ledger.as_mut().unwrap()));
    only(&ledger(|ledger| ledger.trouble = Some(because())), Subject::Ledger, Level::Critical);
    only(&ledger(|ledger| ledger.mark = Mark::Contradicts(because())), Subject::Mark, Level::Critical);
    let silent = ledger(|ledger| ledger.silent = Some(("/mnt/witness".to_owned(), "gone".to_owned())));
    only(&silent, Subject::Mark, Level::Warning);
    only(&ledger(|ledger| ledger.mark = Mark::Unknown(because())), Subject::Mark, Level::Unknown);
    assert_eq!(ledger(|ledger| ledger.mark = Mark::None).level(), Level::Ok);
    let new = ledger(|ledger| ledger.missing = true);
    only(&new, Subject::Ledger, Level::Warning);
    assert!(check(&new, Subject::Ledger).finding.en.contains("not started yet"));
    let unread = till(|till| till.ledger = Err(because()));
    assert_eq!(check(&unread, Subject::Ledger).level, Level::Unknown);
    assert_eq!(check(&unread, Subject::Mark).level, Level::Unknown);
}

#[test]
fn the_directories() {
    only(&data(|data| data.exists = false), Subject::DataDirectory, Level::Critical);
    only(&data(|data| data.mode = 0o750), Subject::DataDirectory, Level::Warning);
    only(&data(|data| data.owner = 0), Subject::DataDirectory, Level::Critical);
    let foreign = till(|till| till.home.foreign = vec![("/var/lib/tilld/ledger.sqlite".to_owned(), 0)]);
    only(&foreign, Subject::DataDirectory, Level::Critical);
    let unknown_owner = till(|till| {
        till.home.owner = None;
        till.home.data.as_mut().unwrap().owner = 5;
    });
    assert_eq!(unknown_owner.level(), Level::Ok, "nobody knows whose it should be");
    only(&till(|till| till.home.data = Err(because())), Subject::DataDirectory, Level::Unknown);
    only(&till(|till| till.home.anchor = Err(because())), Subject::Anchor, Level::Unknown);
    let anchor = |change: fn(&mut Place)| till(|till| change(till.home.anchor.as_mut().unwrap()));
    only(&anchor(|place| place.exists = false), Subject::Anchor, Level::Warning);
    only(&anchor(|place| place.mount = Ok(mount("tmpfs", &["rw"]))), Subject::Anchor, Level::Critical);
    only(&anchor(|place| place.mount = Ok(mount("ext4", &["ro"]))), Subject::Anchor, Level::Critical);
    let same = examine(&healthy());
    assert!(check(&same, Subject::Anchor).finding.en.contains("same file system"));
    let other = anchor(|place| place.device = 2);
    assert!(check(&other, Subject::Anchor).finding.en.contains("another file system"));
    only(&till(|till| till.home.virtual_machine = true), Subject::Anchor, Level::Warning);
    let witnessed = till(|till| (till.home.virtual_machine, till.home.witness) = (true, true));
    assert_eq!(check(&witnessed, Subject::Anchor).level, Level::Ok);
}

#[test]
fn the_file_system() {
    for (kind, options, level) in [
        ("ext4", &["rw", "relatime", "data=ordered"][..], Level::Ok),
        ("ext4", &["ro"], Level::Critical),
        ("tmpfs", &["rw"], Level::Critical),
        ("nfs4", &["rw"], Level::Critical),
        ("ext4", &["rw", "nobarrier"], Level::Critical),
        ("overlay", &["rw"], Level::Warning),
        ("ext4", &["rw", "data=writeback"], Level::Warning),
        ("vfat", &["rw"], Level::Warning),
        ("ext4", &["rw", "sync"], Level::Warning),
        ("overlay", &["rw", "volatile"], Level::Critical),
    ] {
        only(&data(|data| data.mount = Ok(mount(kind, options))), Subject::FileSystem, level);
    }
    only(&data(|data| data.mount = Err(because())), Subject::FileSystem, Level::Unknown);
}

#[test]
fn the_room_on_the_disk() {
    let free = |bytes| data(|data| data.free = bytes);
    assert_eq!(free(Ok(limits::DISK_WARNING)).level(), Level::Ok);
    only(&free(Ok(limits::DISK_WARNING - 1)), Subject::DiskSpace, Level::Warning);
    only(&free(Ok(limits::DISK_CRITICAL)), Subject::DiskSpace, Level::Warning);
    only(&free(Ok(limits::DISK_CRITICAL - 1)), Subject::DiskSpace, Level::Critical);
    only(&free(Err(because())), Subject::DiskSpace, Level::Unknown);
    let inodes = |count| data(|data| data.free_inodes = count);
    assert_eq!(inodes(None).level(), Level::Ok);
    assert_eq!(inodes(Some(limits::INODES_WARNING)).level(), Level::Ok);
    only(&inodes(Some(limits::INODES_WARNING - 1)), Subject::DiskSpace, Level::Warning);
    only(&inodes(Some(limits::INODES_CRITICAL)), Subject::DiskSpace, Level::Warning);
    only(&inodes(Some(limits::INODES_CRITICAL - 1)), Subject::DiskSpace, Level::Critical);
}
