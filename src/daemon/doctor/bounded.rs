//! A probe with a time limit, in a thread of its own. One that is given up ends
//! by itself, or with the process.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use rustix::process::{Gid, Uid};

use crate::doctor::Known;
use crate::text::Bilingual;

/// With whose eyes a probe looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visitor {
    /// Those of whoever runs this.
    This,
    /// Those of the service; only root can do that.
    Service { uid: u32, gid: u32 },
}

impl Visitor {
    /// The user who owns a till's data, or the one that is known to run it.
    pub fn of(data: &Path, known: Option<u32>) -> Visitor {
        let owner = fs::metadata(data).ok().map(|about| (about.uid(), about.gid()));
        match (known, owner) {
            (Some(uid), Some((owner, gid))) if uid == owner => Visitor::Service { uid, gid },
            // A group that gives no right to anything but what all may do.
            (Some(uid), _) => Visitor::Service { uid, gid: 65_534 },
            (None, Some((uid, gid))) if uid != 0 => Visitor::Service { uid, gid },
            (None, _) => Visitor::This,
        }
    }

    /// Makes this thread, and no other, that user's.
    fn assume(self) -> rustix::io::Result<()> {
        let Visitor::Service { uid, gid } = self else { return Ok(()) };
        rustix::thread::set_thread_groups(&[])?;
        rustix::thread::set_thread_gid(Gid::from_raw(gid))?;
        rustix::thread::set_thread_uid(Uid::from_raw(uid))
    }
}

/// A probe on its way.
pub(super) struct Pending<T> {
    what: &'static str,
    within: Duration,
    end: Instant,
    told: Receiver<Result<T, String>>,
}

/// Starts a probe.
pub(super) fn start<T: Send + 'static>(
    what: &'static str,
    within: Duration,
    visitor: Visitor,
    probe: impl FnOnce() -> T + Send + 'static,
) -> Pending<T> {
    let (tell, told) = sync_channel(1);
    let work = move || {
        let found = visitor.assume().map_err(|error| error.to_string()).map(|()| probe());
        // Nobody listens any more: given up.
        let _ = tell.send(found);
    };
    // A thread that does not start drops its end, which `get` hears.
    let _ = std::thread::Builder::new().name(what.to_owned()).spawn(work);
    Pending { what, within, end: Instant::now() + within, told }
}

impl<T> Pending<T> {
    /// What it found, as soon as it is there.
    pub fn get(self) -> Known<T> {
        let Pending { what, within, .. } = self;
        match self.told.recv_timeout(self.end.saturating_duration_since(Instant::now())) {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(Bilingual::new(
                format!("{what}: it cannot be looked at as the service's user ({error})"),
                format!("{what}: تعذر الفحص بمستخدم الخدمة ({error})"),
            )),
            Err(RecvTimeoutError::Timeout) => Err(Bilingual::new(
                format!("{what}: nothing came within {} s", within.as_secs()),
                format!("{what}: لم يصل شيء خلال {} ثوانٍ", within.as_secs()),
            )),
            Err(RecvTimeoutError::Disconnected) => Err(Bilingual::new(
                format!("{what}: the probe failed by a fault of this program"),
                format!("{what}: فشل الفحص لخلل في البرنامج"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_come_is_a_fact() {
        let hangs = || loop {
            std::thread::park();
        };
        let none: Known<()> = start("disk", Duration::from_millis(1), Visitor::This, hangs).get();
        assert!(none.unwrap_err().en.contains("nothing came"));
        let found = start("disk", Duration::from_secs(60), Visitor::This, || 7).get();
        assert_eq!(found, Ok(7));
    }
}
