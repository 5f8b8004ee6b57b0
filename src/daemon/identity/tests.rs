//! The identity in a running till, over its socket, against the sandbox. Each
//! test has a till and an authority of its own.

mod ending;
mod refusing;
mod renewing;
mod starting;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::api::client::{Client, ClientError};
use crate::api::wire;
use crate::config::{self, Settings};
use crate::daemon::start::Daemon;
use crate::ledger::{Clock, SystemClock};
use crate::sandbox::{
    Environment, FaultRule, Sandbox, SandboxConfig, SandboxHandle, system_clock, system_entropy,
};

const TILL: &str = include_str!("../../../assets/demo/till.toml");
const SALE: &str = r#"{"lines":[{"name":{"ar":"شاي أخضر","en":"Green tea"},"quantity":"2","shelf_price":"5.75","vat":"S"}]}"#;
/// Longer than anything here takes; only a hang meets it.
const PATIENCE: Duration = Duration::from_secs(300);

/// A till with its folder and its authority.
struct Shop {
    sandbox: SandboxHandle,
    settings: Settings,
    daemon: Option<Daemon>,
    client: Client,
    sold: usize,
    _dir: TempDir,
}

impl Shop {
    /// Nothing runs yet but the authority.
    async fn new(adjust: impl FnOnce(&mut SandboxConfig)) -> Shop {
        let mut config = SandboxConfig::new(([127, 0, 0, 1], 0).into(), system_clock(), system_entropy());
        adjust(&mut config);
        let sandbox = Sandbox::start(config).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let settings = settings(dir.path(), &sandbox);
        let client = Client::new(&settings.api.socket).unwrap();
        Shop { sandbox, settings, daemon: None, client, sold: 0, _dir: dir }
    }

    /// A till at work, with its first identity.
    async fn active(adjust: impl FnOnce(&mut SandboxConfig)) -> Shop {
        let mut shop = Shop::new(adjust).await;
        shop.open().await;
        shop.onboard(None).await.unwrap();
        shop
    }

    async fn open(&mut self) {
        self.open_at(Arc::new(SystemClock), Duration::ZERO).await;
    }

    async fn open_at(&mut self, clock: Arc<dyn Clock>, drain_within: Duration) {
        self.daemon = Some(Daemon::start_with(&self.settings, clock, drain_within).await.unwrap());
    }

    async fn close(&mut self) {
        self.daemon.take().unwrap().stop().await.unwrap();
    }

    fn otp(&self) -> Zeroizing<String> {
        let vat = self.settings.seller.vat.as_str();
        Zeroizing::new(self.sandbox.issue_otp(Environment::DeveloperPortal, Some(vat)))
    }

    async fn onboard(&self, replace: Option<&str>) -> Result<wire::IdentityDone, ClientError> {
        self.client.onboard(Some(&self.otp()), replace).await
    }

    async fn renew(&self) -> Result<wire::IdentityDone, ClientError> {
        self.client.renew(Some(&self.otp())).await
    }

    async fn sell(&mut self) -> Result<wire::Sale, ClientError> {
        self.sold += 1;
        let reply = self.client.sell(&format!("sale-{}", self.sold), SALE.into()).await?;
        Ok(reply.sale)
    }

    /// Waits until the authority has everything.
    async fn drained(&self) -> wire::Status {
        let wait = async {
            loop {
                let status = self.client.status().await.unwrap();
                if status.queue.unsent == 0 {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("the queue drains")
    }

    /// The UUIDs that the authority accepted, by the certificate whose chain they belong to.
    fn accepted(&self) -> Vec<(String, String)> {
        self.sandbox.accepted().into_iter().map(|one| (one.chain, one.uuid)).collect()
    }

    /// The certificates whose credentials sent the document, one for each attempt,
    /// with the status of the answer.
    fn senders(&self, uuid: &str) -> Vec<(String, u16)> {
        let calls = self.sandbox.calls().into_iter();
        let calls = calls.filter(|call| call.uuid.as_deref() == Some(uuid));
        calls.map(|call| (call.csid.unwrap_or_default(), call.http.unwrap_or(0))).collect()
    }
}

fn settings(dir: &Path, sandbox: &SandboxHandle) -> Settings {
    let text = |name: &str| dir.join(name).display().to_string();
    let here = toml::toml! {
        [till]
        data_dir = (text("data"))
        anchor = (text("high-water"))
        [fatoora]
        base_url = (sandbox.base_url(Environment::DeveloperPortal))
        [printer]
        target = (format!("file:{}", text("receipts")))
        [api]
        socket = (text("t.sock"))
    };
    let (main, drop_ins) = (dir.join("till.toml"), dir.join("till.toml.d"));
    std::fs::create_dir_all(&drop_ins).unwrap();
    std::fs::write(&main, TILL).unwrap();
    std::fs::write(drop_ins.join("test.toml"), toml::to_string(&here).unwrap()).unwrap();
    config::load(&main).unwrap()
}

/// One rule of what goes wrong, as the sandbox's scripts have it.
fn faults(rule: &str) -> Vec<FaultRule> {
    let mut config = SandboxConfig::new(([127, 0, 0, 1], 0).into(), system_clock(), system_entropy());
    config.read_script(&format!(r#"{{"rules": [{rule}]}}"#)).unwrap();
    config.faults
}

/// The problem that an answer is.
fn problem<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> Box<wire::ProblemReply> {
    match answer {
        Err(ClientError::Refused(problem)) => problem,
        other => panic!("{other:?}"),
    }
}
