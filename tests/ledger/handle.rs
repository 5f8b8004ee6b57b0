//! The ledger thread: order, panics, and a proper end.

use tilld::ledger::{Ledger, LedgerGone};

use crate::support::{Till, order, sell};

#[test]
fn jobs_run_in_order_and_the_store_is_closed_at_the_end() {
    let till = Till::new();
    let (ledger, thread) = Ledger::start(till.open()).unwrap();
    let icvs: Vec<u64> = (0..5)
        .map(|n| ledger.run_blocking(move |store| sell(store, n).unwrap().icv.get()).unwrap())
        .collect();
    assert_eq!(icvs, [1, 2, 3, 4, 5]);
    let name = ledger.run_blocking(|_| std::thread::current().name().map(str::to_owned)).unwrap();
    assert_eq!(name.as_deref(), Some("ledger"));
    ledger.stop_blocking();
    thread.join().unwrap().unwrap();
    assert_eq!(ledger.run_blocking(|_| ()), Err(LedgerGone::Stopped));
    assert!(!till.file().with_extension("sqlite-wal").exists(), "the log was emptied into the file");
    assert_eq!(till.open().documents(), 5);
}

#[test]
fn a_panic_costs_one_job() {
    let till = Till::new();
    let (ledger, thread) = Ledger::start(till.open()).unwrap();
    ledger.run_blocking(|store| sell(store, 1).unwrap()).unwrap();
    let result = ledger.run_blocking(|store| {
        sell(store, 2).unwrap();
        if store.documents() == 2 {
            panic!("on purpose");
        }
    });
    assert_eq!(result, Err(LedgerGone::Fault));
    let sold = ledger.run_blocking(|store| sell(store, 3).unwrap()).unwrap();
    assert_eq!(sold.icv.get(), 3, "what was committed before the panic stands");
    drop(ledger);
    thread.join().unwrap().unwrap();
}

#[test]
fn tasks_wait_for_the_commit() {
    let till = Till::new();
    let (ledger, thread) = Ledger::start(till.open()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for n in 0..200 {
            let ledger = ledger.clone();
            tasks.push(tokio::spawn(async move {
                ledger.run(move |store| store.append(order(n)).unwrap()).await
            }));
        }
        let mut icvs = Vec::new();
        for task in tasks {
            icvs.push(task.await.unwrap().unwrap().icv.get());
        }
        icvs.sort_unstable();
        assert_eq!(icvs, (1..=200).collect::<Vec<u64>>());
        ledger.stop().await;
    });
    thread.join().unwrap().unwrap();
}
