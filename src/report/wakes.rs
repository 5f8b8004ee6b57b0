//! The bell of the reporting driver: whoever knows a reason to look rings it.

use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::Notify;

use super::machine::Wake;

/// Shared by the API, the ledger's callers, the link watcher and the driver.
/// Rings are kept until they are heard, however many come.
#[derive(Debug, Default)]
pub struct Wakes {
    rung: AtomicU8,
    notify: Notify,
}

const ALL: [(u8, Wake); 5] =
    [(1, Wake::Sale), (2, Wake::Network), (4, Wake::SyncNow), (8, Wake::Credentials), (16, Wake::Urgent)];

impl Wakes {
    pub fn new() -> Wakes {
        Wakes::default()
    }

    pub fn ring(&self, wake: Wake) {
        let bits = ALL.iter().filter(|(_, other)| *other == wake).fold(0, |bits, (bit, _)| bits | bit);
        self.rung.fetch_or(bits, Ordering::SeqCst);
        self.notify.notify_one();
    }

    /// Waits for at least one ring and gives all that came.
    pub async fn heard(&self) -> Vec<Wake> {
        loop {
            let rung = self.rung.swap(0, Ordering::SeqCst);
            if rung != 0 {
                return ALL.iter().filter(|(bit, _)| rung & bit != 0).map(|(_, wake)| *wake).collect();
            }
            self.notify.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ring_is_heard_once() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("runtime");
        runtime.block_on(async {
            let wakes = Wakes::new();
            wakes.ring(Wake::Network);
            wakes.ring(Wake::Sale);
            wakes.ring(Wake::Sale);
            assert_eq!(wakes.heard().await, [Wake::Sale, Wake::Network]);
            wakes.ring(Wake::Credentials);
            wakes.ring(Wake::SyncNow);
            wakes.ring(Wake::Urgent);
            assert_eq!(wakes.heard().await, [Wake::SyncNow, Wake::Credentials, Wake::Urgent]);
        });
    }
}
