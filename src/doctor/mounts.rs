//! Which mount a path lies on (`/proc/self/mountinfo`, proc(5)), and what of it
//! endangers a ledger when the power fails.

/// A mounted file system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount {
    pub point: String,
    /// `ext4`, `tmpfs`...
    pub kind: String,
    /// Those of the mount and those of the file system.
    pub options: Vec<String>,
}

/// Something that endangers stored sales.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hazard {
    /// Nothing can be stored.
    ReadOnly,
    /// It lies in memory and is gone with the power.
    InMemory,
    /// On another machine: locks and flushes do not hold there.
    Remote,
    /// A layer over another file system: of a container, or over a read-only
    /// system, and often in memory.
    Layer,
    /// Flushes do not reach the medium.
    NoBarrier,
    /// File content may be lost although its directory entry is there.
    Writeback,
    /// Without journal: a power cut can damage the whole file system.
    NoJournal,
    /// Each write waits for the medium: slow, and it wears flash out.
    Synchronous,
}

const IN_MEMORY: &[&str] = &["tmpfs", "ramfs", "devtmpfs", "zram"];
const REMOTE: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "afs",
    "ceph",
    "glusterfs",
    "lustre",
    "fuse.sshfs",
    "fuse.glusterfs",
    "fuse.s3fs",
    "fuse.rclone",
    "virtiofs",
    "vboxsf",
];
const LAYERS: &[&str] = &["overlay", "aufs", "fuse.fuse-overlayfs", "unionfs", "fuse.unionfs"];
const NO_JOURNAL: &[&str] = &["vfat", "msdos", "exfat", "ext2", "minix", "hfs"];

/// What of a mount endangers a ledger.
pub fn hazards(mount: &Mount) -> Vec<Hazard> {
    let kind = mount.kind.as_str();
    let has = |option: &str| mount.options.iter().any(|found| found == option);
    let found = [
        (Hazard::ReadOnly, has("ro")),
        (Hazard::InMemory, IN_MEMORY.contains(&kind)),
        (Hazard::Remote, REMOTE.contains(&kind)),
        (Hazard::Layer, LAYERS.contains(&kind)),
        (
            Hazard::NoBarrier,
            has("nobarrier") || has("barrier=0") || has("fsync_mode=nobarrier") || has("volatile"),
        ),
        (Hazard::Writeback, has("data=writeback")),
        (Hazard::NoJournal, NO_JOURNAL.contains(&kind) || has("norecovery") || has("noload")),
        (Hazard::Synchronous, has("sync")),
    ];
    found.into_iter().filter(|(_, is)| *is).map(|(hazard, _)| hazard).collect()
}

/// The mount that an absolute path without links lies on; of several on one
/// point the last one, which covers the others.
pub fn mount_of(mountinfo: &str, path: &str) -> Option<Mount> {
    let mut best: Option<Mount> = None;
    for mount in mountinfo.lines().filter_map(read) {
        let longer = best.as_ref().is_none_or(|best| mount.point.len() >= best.point.len());
        if longer && holds(&mount.point, path) {
            best = Some(mount);
        }
    }
    best
}

fn holds(point: &str, path: &str) -> bool {
    let below = path.strip_prefix(point.trim_end_matches('/'));
    below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
}

/// `36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/sda1 rw,errors=continue`
fn read(line: &str) -> Option<Mount> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ');
    let point = unescaped(left.nth(4)?);
    let own = left.next()?;
    let mut right = right.split(' ');
    let kind = right.next()?.to_owned();
    // The source stands between; it may be empty.
    let whole = right.nth(1).unwrap_or("");
    let mut options: Vec<String> = Vec::new();
    for option in own.split(',').chain(whole.split(',')).filter(|option| !option.is_empty()) {
        if !options.iter().any(|known| known == option) {
            options.push(option.to_owned());
        }
    }
    Some(Mount { point, kind, options })
}

/// Blanks and backslashes of a path stand as three octal digits.
fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let octal = tail.get(..3).filter(|_| first == b'\\').and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 8).ok()
        });
        match octal {
            Some(byte) => {
                out.push(byte);
                rest = tail.get(3..).unwrap_or_default();
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw,errors=remount-ro
23 22 0:21 / /run rw,nosuid shared:5 - tmpfs tmpfs rw,size=395M
30 22 8:3 / /var/lib rw,noatime - ext4 /dev/sda3 rw,nobarrier,data=writeback
31 30 8:4 / /var/lib rw,sync - xfs /dev/sda4 rw
40 22 0:44 / /mnt/my\\040till ro - nfs4 server:/x rw,vers=4.2
rubbish
41 22 0:45 / /srv rw - overlay overlay rw,lowerdir=/a,volatile
";

    fn kind(path: &str) -> String {
        mount_of(TABLE, path).unwrap().kind
    }

    #[test]
    fn the_longest_point_holds_a_path_and_the_last_mount_covers_the_others() {
        assert_eq!(kind("/etc/tilld"), "ext4");
        assert_eq!(kind("/run/tilld"), "tmpfs");
        assert_eq!(kind("/running"), "ext4");
        assert_eq!(kind("/var/lib"), "xfs");
        assert_eq!(kind("/var/lib/tilld"), "xfs");
        assert_eq!(kind("/mnt/my till/data"), "nfs4");
        assert_eq!(mount_of("", "/"), None);
        assert_eq!(mount_of(TABLE, "relative"), None);
    }

    #[test]
    fn hazards_are_read_from_kind_and_options() {
        let of = |path: &str| hazards(&mount_of(TABLE, path).unwrap());
        assert_eq!(of("/etc"), []);
        assert_eq!(of("/run/x"), [Hazard::InMemory]);
        assert_eq!(of("/var/lib/tilld"), [Hazard::Synchronous]);
        assert_eq!(of("/mnt/my till"), [Hazard::ReadOnly, Hazard::Remote]);
        assert_eq!(of("/srv"), [Hazard::Layer, Hazard::NoBarrier]);
        let mount = |kind: &str, options: &[&str]| Mount {
            point: "/".into(),
            kind: kind.into(),
            options: options.iter().map(|&option| option.into()).collect(),
        };
        assert_eq!(
            hazards(&mount("ext4", &["rw", "barrier=0", "data=writeback"])),
            [Hazard::NoBarrier, Hazard::Writeback]
        );
        assert_eq!(hazards(&mount("f2fs", &["fsync_mode=nobarrier"])), [Hazard::NoBarrier]);
        assert_eq!(hazards(&mount("exfat", &["rw"])), [Hazard::NoJournal]);
        assert_eq!(hazards(&mount("ext4", &["rw", "data=ordered", "relatime"])), []);
    }

    #[test]
    fn escapes_that_are_none_stay() {
        assert_eq!(unescaped("a\\040b\\134"), "a b\\");
        assert_eq!(unescaped("a\\9"), "a\\9");
        assert_eq!(unescaped("\\"), "\\");
    }
}
