//! Renewal and replacement while the till sells.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::chain::PreviousHash;
use crate::ledger::Store;
use crate::sandbox::{Endpoint, RenewalRoad};

/// Sells without a pause until told to stop; every sale must succeed.
async fn stream(client: Client, stop: Arc<AtomicBool>) -> Vec<wire::Sale> {
    let mut sales = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let key = format!("stream-{}", sales.len());
        let reply = client.sell(&key, SALE.into()).await;
        sales.push(reply.expect("no sale is refused").sale);
    }
    sales
}

/// The chains of a till's stored documents: ICVs without a gap from 1, each
/// linked to the one before, the first to nothing.
async fn chains_are_whole(shop: &Shop, sales: &[wire::Sale]) -> usize {
    let ledger = shop.daemon.as_ref().unwrap().service.ledger.clone();
    let uuids: Vec<uuid::Uuid> = sales.iter().map(|sale| sale.uuid.parse().unwrap()).collect();
    let rows = ledger.run(move |store: &mut Store| {
        let row = |uuid: &uuid::Uuid| {
            let stored = store.by_uuid(uuid).unwrap().unwrap();
            (stored.chain, stored.icv.get(), stored.hash, store.xml(stored.id).unwrap())
        };
        uuids.iter().map(row).collect::<Vec<_>>()
    });
    let mut last = None;
    let mut chains = 0;
    for (chain, icv, hash, xml) in rows.await.unwrap() {
        let before = match last {
            Some((same, icv, hash)) if same == chain => (icv, PreviousHash::Document(hash).text()),
            _ => {
                chains += 1;
                (0, PreviousHash::Genesis.text())
            }
        };
        assert_eq!(icv, before.0 + 1);
        assert!(
            String::from_utf8(xml).unwrap().contains(&before.1),
            "ICV {icv} of {chain} has the right PIH"
        );
        last = Some((chain, icv, hash));
    }
    chains
}

#[tokio::test]
async fn a_renewal_on_either_road_refuses_no_sale_and_begins_a_new_chain() {
    for (road, revokes) in [(RenewalRoad::ComplianceFirst, true), (RenewalRoad::Direct, false)] {
        let mut shop = Shop::active(|config| {
            config.settings.renewal = road;
            config.settings.renewal_revokes_old = revokes;
        })
        .await;
        let before = shop.client.identity().await.unwrap().certificate.unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let selling = tokio::spawn(stream(shop.client.clone(), Arc::clone(&stop)));
        while shop.client.status().await.unwrap().documents < 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let done = shop.renew().await.unwrap();
        assert_eq!(done.kind, "renewal");
        assert_ne!(done.certificate.serial_number, before.serial_number);
        let sold_by_then = shop.client.status().await.unwrap().documents;
        while shop.client.status().await.unwrap().documents < sold_by_then + 3 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.store(true, Ordering::SeqCst);
        let sales = selling.await.unwrap();
        assert_eq!(chains_are_whole(&shop, &sales).await, 2, "{road:?}");
        let status = shop.drained().await;
        assert_eq!(status.queue.paused, None);
        assert!(shop.sandbox.audit().ok, "{road:?}: {:?}", shop.sandbox.audit());
        if !revokes {
            let accepted = shop.accepted();
            assert!(sales.iter().all(|sale| accepted.iter().any(|(_, uuid)| *uuid == sale.uuid)));
        }
        shop.close().await;
    }
}

#[tokio::test]
async fn what_the_former_certificate_signed_goes_with_its_own_credentials() {
    let mut shop = Shop::active(|config| config.settings.renewal_revokes_old = false).await;
    let old = shop.sell().await.unwrap();
    shop.drained().await;
    let (former, _) = shop.senders(&old.uuid).remove(0);
    // The authority has nothing but trouble with reports until the switch is over.
    shop.sandbox.set_faults(faults(r#"{"action": "html-503", "match": "reporting", "times": 1000}"#));
    let waiting = [shop.sell().await.unwrap(), shop.sell().await.unwrap()];
    let done = shop.renew().await.unwrap();
    let note = &done.notes[0];
    assert!(note.en.contains("2 documents") && note.en.contains("by themselves"), "{}", note.en);
    assert!(note.ar.contains('2'), "{}", note.ar);
    let new = shop.sell().await.unwrap();
    shop.sandbox.set_faults(Vec::new());
    shop.client.sync().await.unwrap();
    shop.drained().await;
    for sale in &waiting {
        let senders = shop.senders(&sale.uuid);
        // The gateway's own trouble strikes before anybody asks who it is.
        assert!(senders.iter().all(|(csid, http)| *http == 503 || *csid == former), "{senders:?}");
        assert_eq!(senders.last().unwrap().1, 200);
    }
    let (current, http) = shop.senders(&new.uuid).pop().unwrap();
    assert!(current != former && http == 200);
    assert!(shop.sandbox.audit().ok);
    shop.close().await;
}

#[tokio::test]
async fn refused_former_credentials_give_way_and_hold_up_nothing() {
    let mut shop = Shop::active(|config| config.settings.renewal_revokes_old = true).await;
    let old = shop.sell().await.unwrap();
    shop.drained().await;
    let (former, _) = shop.senders(&old.uuid).remove(0);
    shop.sandbox.set_faults(faults(r#"{"action": "html-503", "match": "reporting", "times": 1000}"#));
    let waiting = shop.sell().await.unwrap();
    shop.renew().await.unwrap();
    shop.sandbox.set_faults(Vec::new());
    let new = shop.sell().await.unwrap();
    shop.client.sync().await.unwrap();
    let by_id = |status: &wire::Status| status.queue.states["Queued"] + status.queue.states["InFlight"];
    let wait = async {
        while by_id(&shop.client.status().await.unwrap()) > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.expect("nothing waits");
    let senders = shop.senders(&waiting.uuid);
    let (last, http) = senders.last().unwrap();
    assert!(*last != former && [200, 202].contains(http), "the present ones stand in: {senders:?}");
    // Who is refused at the door has shown no document yet.
    let calls = shop.sandbox.calls();
    assert!(calls.iter().any(|call| call.endpoint == Endpoint::Reporting && call.http == Some(401)));
    assert_eq!(shop.senders(&new.uuid).pop().unwrap().1, 200);
    assert_eq!(shop.client.status().await.unwrap().queue.paused, None);
    let stored = shop.client.find(&crate::api::Lookup::Uuid(waiting.uuid.parse().unwrap())).await.unwrap();
    let attempts = stored[0].report.attempts;
    assert!(attempts > senders.len() as u64, "the refused attempt is on record, too: {attempts}");
    shop.close().await;
}

#[tokio::test]
async fn the_queue_is_drained_before_a_renewal_leaves() {
    let mut shop = Shop::new(|_| {}).await;
    shop.open_at(Arc::new(SystemClock), PATIENCE).await;
    shop.onboard(None).await.unwrap();
    shop.sandbox.set_faults(faults(r#"{"action": "html-503", "match": "reporting", "times": 2}"#));
    for _ in 0..3 {
        shop.sell().await.unwrap();
    }
    let done = shop.renew().await.unwrap();
    assert_eq!(done.notes, [], "nothing was left to explain");
    let calls = shop.sandbox.calls();
    let renewal = calls.iter().position(|call| call.endpoint == Endpoint::Renewal).unwrap();
    let accepted = calls[..renewal].iter().filter(|call| call.verdict.as_deref() == Some("REPORTED")).count();
    assert!(accepted >= 3, "{accepted} were reported before");
    shop.close().await;
}
