//! The end of a certificate, by a clock that the test sets.

use super::*;
use crate::ledger::TestClock;

const DAY: i64 = 86_400;

#[tokio::test]
async fn alarms_come_in_time_and_after_the_end_nothing_is_stamped() {
    let mut shop = Shop::active(|_| {}).await;
    shop.sell().await.unwrap();
    shop.drained().await;
    let service = Arc::clone(&shop.daemon.as_ref().unwrap().service);
    let until = service.register.certificate().unwrap().not_after();
    drop(service);
    shop.close().await;
    let clock = Arc::new(TestClock::at(until - 61 * DAY));
    shop.open_at(clock.clone(), Duration::ZERO).await;
    let look = async |shop: &Shop, days: i64| {
        clock.set(until - days * DAY);
        shop.client.status().await.unwrap()
    };
    assert_eq!(look(&shop, 61).await.certificate.unwrap().alarm, None);
    for days in [60, 30, 14, 7, 1] {
        let status = look(&shop, days).await;
        let certificate = status.certificate.unwrap();
        let alarm = certificate.alarm.unwrap();
        assert_eq!(certificate.days_left, days);
        assert!(alarm.en.contains("tilld renew") && alarm.ar.contains("tilld renew"), "{}", alarm.en);
        assert!(status.selling.ready);
    }
    clock.set(until - 1);
    shop.sell().await.unwrap();

    let status = look(&shop, 0).await;
    let reason = status.selling.reason.unwrap();
    for words in [&reason.en, &reason.ar] {
        assert!(words.contains("tilld renew") && words.contains("tilld onboard --replace"), "{words}");
    }
    assert_eq!(status.identity.unwrap().state, "expired");
    assert_eq!(status.certificate.unwrap().days_left, 0);
    let refused = problem(shop.sell().await);
    assert_eq!((refused.status, refused.code.as_str()), (503, "certificate-expired"));
    assert_eq!((refused.detail, refused.detail_ar), (reason.en, reason.ar));
    assert!(refused.title.contains("expired"));
    // A till that starts after the end says the same, and sells again if only its clock was wrong.
    shop.close().await;
    shop.open_at(clock.clone(), Duration::ZERO).await;
    assert_eq!(problem(shop.sell().await).code, "certificate-expired");
    clock.set(until - 1);
    shop.sell().await.unwrap();
    shop.close().await;
}
