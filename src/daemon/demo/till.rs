//! The demo's till: a daemon, and a POS at its socket.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::stage::Stage;
use super::summary::Document;
use crate::api::client::Client;
use crate::api::wire::{Status, Verification};
use crate::config::Settings;
use crate::daemon::start::Daemon;
use crate::report::Wake;

const LOOK_AGAIN: Duration = Duration::from_millis(20);

pub struct DemoTill {
    daemon: Daemon,
    client: Client,
}

impl DemoTill {
    pub async fn open(settings: &Settings) -> Result<DemoTill, String> {
        let daemon = Daemon::start(settings).await?;
        match Client::new(&settings.api.socket) {
            Ok(client) => Ok(DemoTill { daemon, client }),
            Err(error) => {
                daemon.stop().await?;
                Err(error.to_string())
            }
        }
    }

    pub async fn close(self) -> Result<(), String> {
        drop(self.client);
        self.daemon.stop().await
    }

    /// Sells each request once, and the first one twice under the same key: the
    /// till must answer the same bytes and issue nothing new.
    pub async fn ring_up(
        &self,
        sales: &[Value],
        part: &str,
        into: &mut Vec<Document>,
    ) -> Result<usize, String> {
        for (at, request) in sales.iter().enumerate() {
            let key = format!("{part}-{at}");
            let body = request.to_string().into_bytes();
            let reply = self.client.sell(&key, body.clone()).await.map_err(|error| error.to_string())?;
            if at == 0 {
                let again = self.client.sell(&key, body).await.map_err(|error| error.to_string())?;
                if !again.replayed || again.body != reply.body {
                    return Err("a repeated request was not answered with the same bytes".to_owned());
                }
            }
            into.push(Document::of(&reply.sale)?);
        }
        Ok(sales.len())
    }

    pub async fn status(&self) -> Result<Status, String> {
        self.client.status().await.map_err(|error| error.to_string())
    }

    pub async fn verify(&self) -> Result<Verification, String> {
        self.client.verify().await.map_err(|error| error.to_string())
    }

    pub async fn preview(&self, document: &Document) -> Result<String, String> {
        let uuid = document.uuid.parse().map_err(|_| "a document has no UUID".to_owned())?;
        let preview = self.daemon.service.preview(uuid).await?;
        preview.ok_or_else(|| format!("{} is not in the ledger", document.number))
    }

    /// What the watch over the network does when a line comes back; loopback has none.
    pub fn network_returned(&self) {
        self.daemon.service.wakes.ring(Wake::Network);
    }

    /// Waits until every document is reported.
    pub async fn drained(&self, patience: Duration) -> Result<(), String> {
        let status = self.until(patience, |status| status.queue.unsent == 0).await?;
        let states = &status.queue.states;
        let reported = states.get("Reported").copied().unwrap_or(0);
        if status.queue.unsent == 0 && reported == status.documents {
            return Ok(());
        }
        Err(format!("{} of {} documents are reported: {states:?}", reported, status.documents))
    }

    /// Waits until the driver has noticed that the line is dead; gives what waits.
    pub async fn waiting_offline(&self, sold: usize, patience: Duration) -> Result<u64, String> {
        let status = self.until(patience, |status| status.queue.paused.is_some()).await?;
        match (&status.queue.paused, status.queue.unsent) {
            (Some(_), unsent) if unsent == sold as u64 => Ok(unsent),
            (paused, unsent) => Err(format!("{unsent} of {sold} invoices wait, paused: {paused:?}")),
        }
    }

    async fn until(&self, patience: Duration, settled: impl Fn(&Status) -> bool) -> Result<Status, String> {
        let began = Instant::now();
        loop {
            let status = self.status().await?;
            if settled(&status) || began.elapsed() > patience {
                return Ok(status);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until every receipt lies in the printer's folder.
    pub async fn printed(
        &self,
        documents: &[Document],
        folder: &Path,
        patience: Duration,
    ) -> Result<(), String> {
        let missing =
            || documents.iter().find(|document| !folder.join(format!("{}.escpos", document.number)).exists());
        let began = Instant::now();
        while let Some(document) = missing() {
            if began.elapsed() > patience {
                let status = self.status().await?;
                return Err(format!(
                    "the receipt of {} was not printed: {:?}",
                    document.number, status.printing
                ));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// Writes a document's exact bytes, the picture of its paper and its QR payload.
    pub async fn fetch(&self, document: &Document, stage: &Stage) -> Result<(), String> {
        let write = |path: std::path::PathBuf, bytes: &[u8]| {
            std::fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
        };
        let get = |ending: &'static str| self.client.document(&document.uuid, ending);
        let xml = get("xml").await.map_err(|error| error.to_string())?;
        let png = get("png").await.map_err(|error| error.to_string())?;
        write(stage.xml.join(format!("{}.xml", document.number)), &xml)?;
        write(stage.receipts.join(format!("{}.png", document.number)), &png)?;
        write(stage.receipts.join(format!("{}.qr.txt", document.number)), document.qr.as_bytes())
    }
}
