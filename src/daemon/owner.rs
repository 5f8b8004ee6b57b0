//! Work on the till's own files in the name of the account that they belong
//! to. Somebody who sets a till up does so as root; a vault that root made
//! could not be opened by the daemon, which runs under its own account.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::process::{Gid, Uid, getegid, geteuid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use crate::cli::Failure;

/// Runs `work` as the owner of `folder`, if this is root and the folder
/// somebody else's, and becomes root again afterwards. Only this thread
/// changes its account, and the threads that it starts meanwhile.
///
/// # Errors
/// Those of `work`, and if the account cannot be changed.
pub fn acting_as_owner<R>(folder: &Path, work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    let Ok(about) = fs::metadata(folder) else { return work() };
    if !geteuid().is_root() || about.uid() == 0 {
        return work();
    }
    let _acting = Acting::become_owner(&about).map_err(|error| {
        Failure::Finding(format!(
            "{} belongs to user {}, in whose name this must be done, and root may not act for that user here \
             ({error}). Run the command as that user",
            folder.display(),
            about.uid()
        ))
    })?;
    work()
}

/// While it lives, this thread acts for another account.
struct Acting {
    group: Gid,
    groups: Vec<Gid>,
}

impl Acting {
    fn become_owner(about: &Metadata) -> rustix::io::Result<Acting> {
        let acting = Acting { group: getegid(), groups: rustix::process::getgroups()? };
        set_thread_groups(&[])?;
        // From here on, dropping it puts back what has been changed.
        set_thread_res_gid(None::<Gid>, Some(Gid::from_raw(about.gid())), None::<Gid>)?;
        set_thread_res_uid(None::<Uid>, Some(Uid::from_raw(about.uid())), None::<Uid>)?;
        Ok(acting)
    }
}

impl Drop for Acting {
    fn drop(&mut self) {
        // Root is still the real and the saved account, so this is allowed; a
        // process that stayed the other account would only be able to do less.
        let _ = set_thread_res_uid(None::<Uid>, Some(Uid::ROOT), None::<Uid>);
        let _ = set_thread_res_gid(None::<Gid>, Some(self.group), None::<Gid>);
        let _ = set_thread_groups(&self.groups);
    }
}
