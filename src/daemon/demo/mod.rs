//! `tilld demo`: the main job with no configuration and no network. The same
//! daemon as `serve`, wired to the sandbox Fatoora and to a printer that prints
//! into files; the demo speaks to it through its socket, as a POS does.

mod stage;
mod summary;
mod till;

use std::time::{Duration, Instant};

use serde_json::Value;

use self::stage::Stage;
use self::summary::{Document, Summary};
use self::till::DemoTill;
use crate::cli::{DemoOptions, Failure};

/// The sales of the morning, as a POS application sends them.
const MORNING: &str = include_str!("../../../assets/demo/morning.json");
/// How long the queue and the printer may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(30);
const STEPS: usize = 9;

/// Runs the demo; an error says which step did not hold.
pub fn run(options: DemoOptions) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Finding(format!("the runtime did not start ({error})")))?;
    let stage = Stage::set(&options).map_err(Failure::Finding)?;
    let outcome = runtime.block_on(play(&stage));
    let cleared = stage.clear();
    outcome.and(cleared).map_err(|why| Failure::Finding(format!("the demo did not hold: {why}")))
}

/// A line for each step, and its time.
struct Progress {
    began: Instant,
    step: usize,
    summary: Summary,
}

impl Progress {
    fn done(&mut self, key: &'static str, words: &str) {
        self.step += 1;
        println!("[{}/{STEPS}] {words}", self.step);
        let elapsed = self.began.elapsed().as_millis();
        self.summary.timing(key, u64::try_from(elapsed).unwrap_or(u64::MAX));
        self.began = Instant::now();
    }
}

async fn play(stage: &Stage) -> Result<(), String> {
    let mut progress = Progress { began: Instant::now(), step: 0, summary: Summary::new(stage.width) };
    let sandbox = stage.sandbox().await?;
    progress.done(
        "sandbox",
        &format!("A sandbox Fatoora with its own authority listens on {}", sandbox.address()),
    );
    let outcome = with_sandbox(stage, &sandbox, &mut progress).await;
    sandbox.stop().await;
    outcome?;
    let path = stage.write_summary(&progress.summary)?;
    println!("\n{}", progress.summary.words());
    println!(
        "Invoices: {}\nReceipts: {}\nSummary:  {}",
        stage.xml.display(),
        stage.receipts.display(),
        path.display()
    );
    Ok(())
}

async fn with_sandbox(
    stage: &Stage,
    sandbox: &crate::sandbox::SandboxHandle,
    progress: &mut Progress,
) -> Result<(), String> {
    let settings = stage.settings(sandbox)?;
    let identity = stage.onboard(&settings, sandbox).await?;
    progress.done("onboarding", &format!("The till has its identity after the six checks: {identity}"));
    let till = DemoTill::open(&settings).await?;
    progress.done("opening", "The till is open for business");
    let outcome = trade(stage, sandbox, &till, progress).await;
    let closed = till.close().await;
    outcome?;
    closed?;
    progress.done("closing", "The till is closed; nothing is left running");
    Ok(())
}

async fn trade(
    stage: &Stage,
    sandbox: &crate::sandbox::SandboxHandle,
    till: &DemoTill,
    progress: &mut Progress,
) -> Result<(), String> {
    let sales: Value =
        serde_json::from_str(MORNING).map_err(|error| format!("assets/demo/morning.json: {error}"))?;
    let mut documents = Vec::new();
    let part = |name: &str| sales[name].as_array().cloned().unwrap_or_default();

    let morning = stage.shuffled(part("morning"));
    let sold = till.ring_up(&morning, "morning", &mut documents).await?;
    till.drained(PATIENCE).await?;
    if let Some(receipt) = documents.get(1) {
        println!("\n{}\n", till.preview(receipt).await?);
    }
    progress.done("morning", &format!("Rang up {sold} sales, printed their receipts, and all are reported"));

    sandbox.unplug().await.map_err(|error| error.to_string())?;
    let sold = till.ring_up(&part("offline"), "offline", &mut documents).await?;
    let waiting = till.waiting_offline(sold, PATIENCE).await?;
    progress.done(
        "offline",
        &format!("Pulled the network plug and sold on: {waiting} signed and printed invoices wait"),
    );

    sandbox.plug_in().await.map_err(|error| error.to_string())?;
    till.network_returned();
    let sold = till.ring_up(&part("afterwards"), "afterwards", &mut documents).await?;
    till.drained(PATIENCE).await?;
    progress.done("drain", &format!("Plugged it in again, sold {sold} more, and the queue is empty"));

    till.printed(&documents, &stage.receipts, PATIENCE).await?;
    for document in &documents {
        till.fetch(document, stage).await?;
    }
    progress.done(
        "files",
        &format!("Wrote {} invoices and receipts to {}", documents.len(), stage.dir.display()),
    );
    check(sandbox, till, stage, &documents, progress).await
}

/// The chain from both ends: the till's own walk, and the authority's book.
async fn check(
    sandbox: &crate::sandbox::SandboxHandle,
    till: &DemoTill,
    stage: &Stage,
    documents: &[Document],
    progress: &mut Progress,
) -> Result<(), String> {
    let count = documents.len() as u64;
    let walk = till.verify().await?;
    if walk.documents != count || !walk.findings.is_empty() {
        return Err(format!("the chain does not verify: {:?}", walk.findings));
    }
    let audit = sandbox.audit();
    let accepted = sandbox.accepted();
    let book: Vec<_> = audit.csids.iter().filter(|csid| csid.accepted > 0).collect();
    let clean = audit.ok && book.iter().all(|csid| csid.rejected == 0 && csid.duplicates == 0);
    if !clean || accepted.len() as u64 != count {
        return Err(format!(
            "the authority's book disagrees: {} accepted of {count}, {audit:?}",
            accepted.len()
        ));
    }
    for document in documents {
        let hash = stage.sha256_of(document)?;
        if !accepted
            .iter()
            .any(|one| one.hash == document.hash && one.bytes_sha256 == hash && one.warnings.is_empty())
        {
            return Err(format!("{} did not arrive as it is stored, or drew a warning", document.number));
        }
    }
    progress.summary.set(documents, &till.status().await?);
    progress.done("verify", &format!("Verified the whole chain: {count} documents, hashes, signatures, links, QR codes; the authority's book agrees"));
    Ok(())
}
