//! The people and machines around the till: a POS application that repeats what
//! it has no answer to, a printer that fails at times, and an operator who does
//! what the attention list says once the trouble is over.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tilld::invoice::{DocumentType, Subtype, price, read_sale};
use tilld::ledger::{
    AppendError, Idempotency, OnRenewal, Order, PrintJobId, PrintState, ReportState, Stored, Unit,
};
use tilld::report::Wake;
use tilld::stamp::StampCertificate;
use tokio::time::sleep;

use crate::common::{Seeded, baskets::basket};
use crate::flaws::Flaw;
use crate::script::{Point, Sale};
use crate::support;
use crate::world::{Open, Sold, World};

/// Baskets of each subtype, priced once for all worlds.
pub const BASKETS: usize = 40;

pub struct Shelf {
    simplified: Vec<Order>,
    standard: Vec<Order>,
}

impl Shelf {
    pub fn new() -> Shelf {
        let mut shelf = Shelf { simplified: Vec::new(), standard: Vec::new() };
        let rng = &mut Seeded::new(20_261_122);
        for number in 0.. {
            let basket = basket(rng, number);
            let Ok(mut draft) = read_sale(basket.request.to_string().as_bytes()) else { continue };
            if basket.credit {
                draft.kind.document = DocumentType::CreditNote;
            }
            let Ok(priced) = price(&draft) else { continue };
            let order = Order {
                kind: draft.kind,
                priced,
                terms: draft.terms,
                reference: draft.reference,
                idempotency: None,
                print: false,
                returns: None,
                corrects: None,
            };
            let place = match order.kind.subtype {
                Subtype::Simplified => &mut shelf.simplified,
                Subtype::Standard => &mut shelf.standard,
            };
            place.push(order);
            if shelf.simplified.len() >= BASKETS && shelf.standard.len() >= BASKETS {
                break;
            }
        }
        shelf
    }

    fn order(&self, sale: &Sale, number: usize) -> Order {
        let baskets = if sale.standard { &self.standard } else { &self.simplified };
        let key = format!("sale-{number}");
        let body_sha256 = [u8::try_from(number % 256).unwrap(); 32];
        let idempotency = Some(Idempotency { key, body_sha256 });
        Order { idempotency, print: sale.print, ..baskets[sale.basket % baskets.len()].clone() }
    }
}

/// Sells what the script says, one sale after the other, as a cashier would.
pub async fn sell(world: Arc<World>, shelf: Arc<Shelf>) {
    for (number, sale) in world.script.sales.iter().enumerate() {
        world.clock.reach(sale.at).await;
        let mut answered = false;
        loop {
            match request(&world, &shelf, sale, number) {
                Some(stored) => {
                    note(&world, sale, number, &stored);
                    if answered || !sale.repeated {
                        break;
                    }
                    answered = true;
                }
                None => {
                    let wait = world.draw(800, 20_000);
                    sleep(Duration::from_millis(wait)).await;
                }
            }
        }
    }
    world.state().shop_done = true;
}

/// One request of the POS application; `None` if there was no answer or a refusal.
fn request(world: &World, shelf: &Shelf, sale: &Sale, number: usize) -> Option<Stored> {
    if world.strike(Point::BeforeAppend) || world.state().trace.is_empty() {
        return None;
    }
    let mut order = shelf.order(sale, number);
    let life = world.store(|open| open.life)?;
    if world.is_gone(life) {
        return None;
    }
    if world.script.renewal.is_some_and(|renewal| renewal.sale == number) && world.state().certificates == 1 {
        renew(world);
    }
    if world.has(Flaw::SellsTwice) {
        let turn = world.draw(0, u64::MAX - 1);
        order.idempotency = Some(Idempotency { key: format!("turn-{turn}"), body_sha256: [0; 32] });
    }
    if let Some(pins) = &world.pins {
        world.clock.pin(pins[number]);
    }
    let other = if world.has(Flaw::OtherNumbers) { u64::from(life) } else { 0 };
    *world.random.lock().unwrap() =
        Seeded::new(world.seed.wrapping_mul(1_000) + number as u64 + other * 7_919);
    let appended = world.store(|open| {
        let appended = open.store.append(order);
        if appended.is_ok() {
            open.flushed();
            open.wakes.ring(Wake::Sale);
        }
        appended
    })?;
    match appended {
        Ok(stored) => {
            let again = if stored.replayed { " again" } else { "" };
            world.tell(format!("sale {number} is {} {}{again}", stored.id, stored.uuid));
            let ms = world.clock.ms();
            world.state().sold_at.entry(stored.id).or_insert(ms);
            (!world.strike(Point::AfterAppend)).then_some(stored)
        }
        Err(refusal) => {
            let what: String = refusal.to_string().chars().take(90).collect();
            world.tell(format!("sale {number} is refused: {what}"));
            world.state().refused_sales += 1;
            if matches!(refusal, AppendError::ClockJumped { .. }) && world.clock.is_right() {
                world.restart();
            }
            None
        }
    }
}

/// The next certificate opens its own chain; what the former one stamped and
/// what is not sent yet goes with the former one's credentials.
fn renew(world: &World) {
    let chain = world.store(|open| {
        let chain = open.store.activate(unit(2));
        open.flushed();
        open.wakes.ring(Wake::Credentials);
        chain
    });
    match chain {
        Some(Ok(chain)) => {
            world.tell(format!("the till has its next certificate: chain {chain}"));
            world.state().certificates = 2;
        }
        other => world.wrong(format!("the next certificate opens no chain: {other:?}")),
    }
}

/// The till under its first or second certificate.
pub fn unit(n: u8) -> Unit {
    static CERTIFICATES: OnceLock<[StampCertificate; 2]> = OnceLock::new();
    let made = |n| support::certificate(n, support::NOW - support::YEAR, support::NOW + support::YEAR);
    let certificates = CERTIFICATES.get_or_init(|| [made(1), made(2)]);
    Unit {
        certificate: certificates[usize::from(n) - 1].clone(),
        signer: Box::new(support::TestSigner::new(n)),
        seller: support::seller(),
        environment: "simulation".to_owned(),
        number_prefix: "T07-".to_owned(),
        dictionary: crate::VECTOR_DOCUMENT.as_bytes().to_vec(),
        on_renewal: OnRenewal::Restart,
    }
}

fn note(world: &World, sale: &Sale, number: usize, stored: &Stored) {
    let sold = Sold {
        sale: number,
        id: stored.id,
        uuid: stored.uuid,
        issued: stored.issued.unix(),
        print: sale.print,
        standard: sale.standard,
    };
    let mut state = world.state();
    if let Some(earlier) = state.sold.iter().find(|earlier| earlier.sale == number) {
        let same = *earlier == sold;
        drop(state);
        if !same {
            world.wrong(format!("sale {number} is another document the second time (fault-free: the same)"));
        }
        return;
    }
    state.sold.push(sold);
}

/// The printer of one life.
pub async fn print(world: Arc<World>, life: u32) {
    revive(&world, PrintState::Failed);
    if world.has(Flaw::PrintsAgain) {
        revive(&world, PrintState::Unconfirmed);
    }
    loop {
        let next = world.store(|open| open.store.next_print_job()).flatten();
        let Some(job) = next.filter(|_| !world.is_gone(life)) else {
            sleep(Duration::from_secs(15)).await;
            continue;
        };
        step(&world, job, PrintState::Printing);
        if world.strike(Point::BeforePaper) {
            return;
        }
        let wait = world.draw(300, 1_500);
        sleep(Duration::from_millis(wait)).await;
        if world.is_gone(life) {
            return;
        }
        let luck = if world.pins.is_some() { 100 } else { world.draw(1, 100) };
        match luck {
            1..=6 => {
                step(&world, job, PrintState::Failed);
                sleep(Duration::from_secs(5)).await;
                if world.is_gone(life) {
                    return;
                }
                step(&world, job, PrintState::Pending);
            }
            7..=12 => {
                if luck < 10 {
                    paper(&world, job);
                }
                step(&world, job, PrintState::Unconfirmed);
            }
            _ => {
                paper(&world, job);
                if world.strike(Point::AfterPaper) {
                    return;
                }
                step(&world, job, PrintState::Printed);
            }
        }
    }
}

fn paper(world: &World, job: PrintJobId) {
    let count = {
        let mut state = world.state();
        let count = state.paper.entry(job).or_default();
        *count += 1;
        *count
    };
    world.tell(format!("paper of {}", job.document));
    let invoice = world.store(|open| {
        let stored = open.store.document(job.document).expect("read").expect("there");
        stored.kind.subtype == Subtype::Simplified || open.store.is_taken(job.document).expect("read")
    });
    if invoice != Some(true) {
        world.wrong(format!("the receipt of {} is printed before it is an invoice", job.document));
    }
    if count > 1 {
        world.wrong(format!("the receipt of {} is printed {count} times", job.document));
    }
}

fn revive(world: &World, from: PrintState) {
    let jobs = world.store(|open| open.store.print_jobs(usize::MAX).expect("jobs")).unwrap_or_default();
    for job in jobs.into_iter().filter(|job| job.state == from) {
        step(world, job.id, PrintState::Pending);
    }
}

fn step(world: &World, job: PrintJobId, to: PrintState) {
    let done = world.store(|open| {
        let done = open.store.set_print_state(job, to, None);
        if matches!(to, PrintState::Printing | PrintState::Pending) {
            open.flushed();
        }
        done
    });
    if let Some(Err(error)) = done {
        world.wrong(format!("the print job of {} does not become {to}: {error}", job.document));
    }
}

/// What a person does once all is well again: releases what is held, looks at
/// what may have been printed. True if nothing is left to do or to wait for.
pub fn tidy(world: &World) -> bool {
    let seen = world.state().paper.clone();
    let all_sold = world.state().shop_done;
    let mut tasks = Vec::new();
    let rest = world.store(|open| {
        let Open { store, wakes, .. } = open;
        for id in store.documents_in(ReportState::Held, usize::MAX).expect("held") {
            tasks.push(format!("{id} is released: {:?}", store.held_reason(id)));
            store.release(id, 0).expect("released");
            wakes.ring(Wake::Sale);
        }
        let jobs = store.print_jobs(usize::MAX).expect("jobs");
        for job in jobs.iter().filter(|job| job.state == PrintState::Unconfirmed) {
            let to = if seen.contains_key(&job.id) { PrintState::Printed } else { PrintState::Pending };
            store.set_print_state(job.id, to, None).expect("seen");
        }
        open.flushed();
        open.store.queue_summary().open() == 0 && jobs.is_empty()
    });
    world.state().held += u32::try_from(tasks.len()).unwrap();
    for task in tasks {
        world.tell(task);
    }
    all_sold && rest == Some(true)
}
