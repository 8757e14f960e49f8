//! Whoever crashes between two batches, and however many examine: nothing is lost, nothing is doubled.

use super::{Goes, SignalRule, Watch, person};

#[tokio::test]
async fn a_gateway_that_restarts_between_batches_neither_loses_nor_doubles() {
    let mut watch = Watch::open().await;
    for number in 0..26 {
        let subject = person(number);
        watch.goes(&watch.worker(), &Goes { subject, ..Goes::default() }).await;
        if number % 5 == 0 {
            watch.gateway.detect_signals().await.unwrap();
        }
        if number % 7 == 0 {
            // Found, and never kept.
            drop(watch.gateway.examine().await.unwrap());
            let now = watch.gateway.clock().now();
            watch.gateway.close().await;
            watch.gateway = Watch::gateway(&watch.directory, &watch.keyring).await;
            watch.gateway.clock().set(now);
        }
    }
    let signals = watch.open_signals().await;
    assert_eq!((signals.len(), signals[0].rule), (1, SignalRule::ManySubjects));
    assert_eq!(signals[0].entry_count, 26);
    assert!(signals[0].factors.contains(r#""seen":26"#), "{}", signals[0].factors);
}

#[tokio::test]
async fn of_two_examinations_of_the_same_entries_one_is_kept() {
    let watch = Watch::open().await;
    watch.goes(&watch.worker(), &Goes { basis: super::Basis::Consent, ..Goes::default() }).await;
    let one = watch.gateway.examine().await.unwrap().unwrap();
    let other = watch.gateway.examine().await.unwrap().unwrap();
    assert_eq!(watch.gateway.keep(one).await.unwrap(), Some(1));
    assert_eq!(watch.gateway.keep(other).await.unwrap(), None);
    assert_eq!(watch.rules().await, [SignalRule::OutsideTeam]);
}
