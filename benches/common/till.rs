//! A ledger on the disk that the build directory is on, with an identity.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use tilld::ledger::{Clock, OnRenewal, Store, TestClock, Unit};

use super::sales;

pub struct Till {
    pub root: TempDir,
    pub clock: Arc<TestClock>,
}

impl Till {
    pub fn new() -> Result<Till, Box<dyn Error>> {
        let root = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        Ok(Till { root, clock: Arc::new(TestClock::at(sales::NOW)) })
    }

    pub fn dir(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub fn open(&self) -> Result<Store, Box<dyn Error>> {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let mut store = Store::open(&self.dir(), &self.root.path().join("mark"), clock)?;
        store.activate(Unit {
            certificate: sales::certificate(),
            signer: Box::new(sales::signer()),
            seller: sales::seller(),
            environment: "sandbox".to_owned(),
            number_prefix: "T1-".to_owned(),
            dictionary: Vec::new(),
            on_renewal: OnRenewal::Restart,
        })?;
        Ok(store)
    }
}
