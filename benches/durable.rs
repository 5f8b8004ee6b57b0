//! P5, P7 and P8: a sale through the ledger beside one bare commit of as many
//! bytes, its flushes, what it writes over its life, and what it leaves stored.
//! With `--gauge flushes` it only sells, to be watched by `strace`.

mod common;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use common::till::Till;
use common::{Times, argument, disk_bytes, micros, ratio, remark, rounds, sales, verdict};
use tilld::chain::{Head, Link};
use tilld::invoice::{Draft, Invoice, Kind, Terms, price};
use tilld::ledger::{AttemptRecord, FILE_NAME, Idempotency, Order, PrintState, ReportState, Store, Stored};
use tilld::stamp::stamp;

type Outcome<T> = Result<T, Box<dyn Error>>;

const SALES: u64 = 1_000;
/// What a till of an hour's age has, so that tables and indexes have their shape.
const BEFORE: u64 = 50;

/// A sale's answer from the authority, as it nearly always is.
const ANSWER: &[u8] = br#"{"validationResults":{"infoMessages":[{"type":"INFO","code":"XSD_ZATCA_VALID","category":"XSD validation","message":"Complied with UBL 2.1 standards in line with ZATCA specifications","status":"PASS"}],"warningMessages":[],"errorMessages":[],"status":"PASS"},"reportingStatus":"REPORTED","clearanceStatus":null}"#;

fn file(till: &Till) -> PathBuf {
    till.dir().join(FILE_NAME)
}

fn file_size(till: &Till) -> Outcome<u64> {
    Ok(std::fs::metadata(file(till))?.len())
}

fn order(number: u64, draft: &Draft) -> Order {
    let idempotency = Some(Idempotency {
        key: uuid::Uuid::from_u64_pair(number.wrapping_mul(0x9E37_79B9_7F4A_7C15), !number).to_string(),
        body_sha256: [number as u8; 32],
    });
    Order {
        kind: Kind::SIMPLIFIED_INVOICE,
        priced: price(draft).expect("tenders that pay"),
        terms: Terms::default(),
        reference: Some(format!("POS-{number:06}")),
        idempotency,
        print: true,
        returns: None,
        corrects: None,
    }
}

fn sell(store: &mut Store) -> Outcome<Stored> {
    let number = store.documents();
    Ok(store.append(order(number, &sales::draft(number, 10)))?)
}

fn print(store: &mut Store, sold: &Stored) -> Outcome<()> {
    let job = store.print_jobs(usize::MAX)?.into_iter().map(|job| job.id).find(|id| id.document == sold.id);
    let job = job.ok_or("the sale has no print job")?;
    store.set_print_state(job, PrintState::Printing, None)?;
    Ok(store.set_print_state(job, PrintState::Printed, None)?)
}

fn report(store: &mut Store, sold: &Stored, now: i64) -> Outcome<()> {
    store.begin_attempt(sold.id, now)?;
    let record = AttemptRecord {
        started_at: now,
        duration_ms: 214,
        endpoint: "reporting".to_owned(),
        http: Some(200),
        headers: vec![("x-global-transaction-id".to_owned(), "0a1b2c3d4e5f60718293a4b5".to_owned())],
        body: ANSWER.to_vec(),
        verdict: "accepted".to_owned(),
        error: None,
        cleared: None,
    };
    Ok(store.finish_attempt(sold.id, &record, ReportState::Reported, 0)?)
}

fn main() -> Outcome<()> {
    if argument("--gauge").is_some() {
        let sales = argument("--sales").map_or(Ok(SALES), |count| count.parse())?;
        return sell_many(sales);
    }
    durable_sale()?;
    flushes()?;
    life()
}

fn sell_many(sales: u64) -> Outcome<()> {
    let till = Till::new()?;
    let mut store = till.open()?;
    for _ in 0..sales {
        sell(&mut store)?;
        store.tidy();
    }
    Ok(store.close()?)
}

/// The limit: one table, one row, one commit with the ledger's page size.
fn bare(path: &Path, page_size: i64) -> Outcome<rusqlite::Connection> {
    let db = rusqlite::Connection::open(path)?;
    db.execute_batch(&format!(
        "PRAGMA page_size = {page_size}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE sales (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)"
    ))?;
    Ok(db)
}

/// P5: the middle of many sales beside the middle of as many bare commits and
/// as many sales in memory, turn by turn.
fn durable_sale() -> Outcome<()> {
    let till = Till::new()?;
    let mut store = till.open()?;
    for _ in 0..BEFORE {
        sell(&mut store)?;
    }
    let (row, page_size) = shape(&till)?;
    let db = bare(&till.root.path().join("bare.sqlite"), page_size)?;
    let bytes = vec![0xA5u8; row];
    let mut insert = db.prepare("INSERT INTO sales (bytes) VALUES (?1)")?;
    let (certificate, signer, seller) = (sales::certificate(), sales::signer(), sales::seller());
    let (mut sold, mut committed, mut sealed) = (Times::default(), Times::default(), Times::default());
    for _ in 0..rounds(1_000) {
        let number = store.documents();
        let draft = sales::draft(number, 10);
        let began = Instant::now();
        store.append(order(number, &draft))?;
        sold.push(began.elapsed());
        store.tidy();
        let began = Instant::now();
        insert.execute([&bytes])?;
        committed.push(began.elapsed());
        let began = Instant::now();
        let invoice = sales::invoice(&draft, sales::header(&seller, number));
        let link = sales::link();
        let stamped = stamp(&invoice, &link, &certificate, &signer)?;
        sales::obey_rules(&invoice, &link, &stamped.qr);
        sealed.push(began.elapsed());
    }
    let limit = committed.percentile(50) + sealed.percentile(50);
    if sold.percentile(50) < limit {
        // A sale holds a commit and a sealing, so this cannot be: others were using the disk.
        let both = format!("{} / {}", micros(sold.percentile(50)), micros(limit));
        remark("P5", "a durable sale, p50", "bare commit + sealing", &both, "disk too busy to tell");
    } else {
        ratio("P5", "a durable sale, p50", sold.percentile(50), ("bare commit + sealing", limit), 1.15);
    }
    // From the fastest rounds: the middle ones move with whoever else uses the disk.
    let above = sold.least().saturating_sub(committed.least());
    let commit = format!("bare commit {}", micros(committed.least()));
    remark("P5", "above the commit, fastest of each", &commit, &micros(above), "-");
    // commit + above <= 1.15 (commit + sealing), solved for the commit.
    let slow = (above.as_secs_f64() - 1.15 * sealed.least().as_secs_f64()) / 0.15;
    let from = format!("{:.2} ms", slow.max(0.0) * 1e3);
    remark("P5", "so it holds where a commit takes at least", "SD card: 2 to 30 ms", &from, "-");
    let bare = format!("bare commit {}", micros(committed.percentile(99)));
    remark("P5", "a durable sale, p99", &bare, &micros(sold.percentile(99)), "-");
    drop(insert);
    Ok(store.close()?)
}

/// Bytes of a stored sale as one row, and the ledger's page size.
fn shape(till: &Till) -> Outcome<(usize, i64)> {
    let reader = rusqlite::Connection::open(file(till))?;
    // The columns beside the document take about as much as this.
    let sql = "SELECT CAST(avg(length(xml)) AS INTEGER) + 250 FROM documents";
    let row: i64 = reader.query_row(sql, [], |row| row.get(0))?;
    let page_size = reader.query_row("PRAGMA page_size", [], |row| row.get(0))?;
    Ok((usize::try_from(row)?, page_size))
}

/// P5: flushes that `strace` sees in a run with sales, less those of a run without.
fn flushes() -> Outcome<()> {
    let (Some(with), Some(without)) = (flushes_of(SALES)?, flushes_of(0)?) else {
        remark("P5", "flushes per sale", "-", "strace is not there to count them", "-");
        return Ok(());
    };
    let (flushes, each) = (with - without, (with - without) as f64 / SALES as f64);
    let measured = format!("{flushes} over {SALES}");
    verdict("P5", "flushes per sale, log moves included", "1 per commit", &measured, each, 1.05, "");
    Ok(())
}

fn flushes_of(sales: u64) -> Outcome<Option<u64>> {
    let log = tempfile::NamedTempFile::new()?;
    let ran = Command::new("strace")
        .args(["-f", "-e", "trace=fsync,fdatasync,sync_file_range", "-o"])
        .arg(log.path())
        .arg(std::env::current_exe()?)
        .args(["--gauge", "flushes", "--sales", &sales.to_string()])
        .status();
    match ran {
        Ok(status) if status.success() => {}
        _ => return Ok(None),
    }
    let calls = std::fs::read_to_string(log.path())?;
    Ok(Some(calls.lines().filter(|line| line.contains("sync") && line.contains("= 0")).count() as u64))
}

/// P7 and P8: a thousand sales sold, another thousand sold, printed and reported.
fn life() -> Outcome<()> {
    let till = Till::new()?;
    let mut store = till.open()?;
    for _ in 0..BEFORE {
        sell(&mut store)?;
    }
    store.close()?;
    let sale = thousand(&till, |_, _| Ok(()))?;
    let printed = thousand(&till, print)?;
    let reported = thousand(&till, |store, sold| report(store, sold, sales::NOW))?;
    let whole = thousand(&till, |store, sold| {
        print(store, sold)?;
        report(store, sold, sales::NOW)
    })?;
    let bytes = |label: &str, what: Option<u64>, most: f64| match what {
        Some(bytes) => verdict("P7", label, "-", &format!("{bytes} B"), bytes as f64, most, "B"),
        None => remark("P7", label, "-", "/proc/self/io does not tell", "-"),
    };
    bytes("written per sale and 'reported'", reported.written, 16_384.0);
    bytes("the same with its receipt printed", whole.written, 16_384.0);
    let part = |cost: &Cost| cost.written.map_or("-".to_owned(), |bytes| format!("{bytes} B"));
    remark("P7", "of this the sale / sale and print", "-", &part(&sale), &part(&printed));
    let raw = exported(&till)?;
    let stored = |label: &str, cost: &Cost| {
        verdict(
            "P8",
            label,
            &format!("XML {raw} B"),
            &format!("{} B", cost.stored),
            cost.stored as f64,
            2048.0,
            "B",
        );
    };
    stored("stored per sale, exported byte for byte", &sale);
    stored("stored per sale with its answer", &reported);
    Ok(())
}

/// What one of a thousand sales costs.
struct Cost {
    /// Bytes that reached the disk, if the system tells.
    written: Option<u64>,
    /// Growth of the file with the log moved into it.
    stored: u64,
}

fn thousand(till: &Till, mut after: impl FnMut(&mut Store, &Stored) -> Outcome<()>) -> Outcome<Cost> {
    let mut store = till.open()?;
    let (size, before) = (file_size(till)?, disk_bytes());
    for _ in 0..SALES {
        let sold = sell(&mut store)?;
        after(&mut store, &sold)?;
        store.tidy();
    }
    store.close()?;
    let written = before.zip(disk_bytes()).map(|(before, after)| (after - before) / SALES);
    Ok(Cost { written, stored: (file_size(till)? - size) / SALES })
}

/// Makes every stored document once more from its sale and compares it with
/// what the ledger hands out, byte for byte. Gives the average size.
fn exported(till: &Till) -> Outcome<u64> {
    let mut store = till.open()?;
    let (certificate, signer, seller) = (sales::certificate(), sales::signer(), sales::seller());
    let mut head = None;
    let mut sum = 0;
    for number in 0..store.documents() {
        let link = Link::after(head);
        let stored = store.by_icv(link.icv)?.pop().ok_or("a document is missing")?;
        let mut header = sales::header(&seller, 0);
        header.number = tilld::invoice::InvoiceNumber::parse(&stored.number)?;
        (header.uuid, header.issued) = (stored.uuid, stored.issued);
        let invoice = Invoice { header, priced: sales::priced(number, 10) };
        let again = stamp(&invoice, &link, &certificate, &signer)?;
        let xml = store.xml(stored.id)?;
        if again.xml != xml {
            return Err(format!("{} does not come out as it went in", stored.number).into());
        }
        sum += xml.len() as u64;
        head = Some(Head { icv: link.icv, hash: stored.hash });
    }
    let average = sum / store.documents().max(1);
    store.close()?;
    Ok(average)
}
