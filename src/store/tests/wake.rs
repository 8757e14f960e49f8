//! Bells: a hint that something came in.

use crate::store::Wake;

use super::samples::oin;

#[tokio::test]
async fn a_ring_wakes_every_listener_of_the_organisation_and_nobody_else() {
    let wake = Wake::default();
    let (mut one, mut other) = (wake.listen(&oin(1)), wake.clone().listen(&oin(1)));
    let elsewhere = wake.listen(&oin(2));
    assert!(!one.has_changed().unwrap());
    wake.ring(&oin(1));
    one.changed().await.unwrap();
    other.changed().await.unwrap();
    assert!(!elsewhere.has_changed().unwrap());
    // A ring before anybody listens is not heard: whoever listens looks first anyway.
    assert!(!wake.listen(&oin(1)).has_changed().unwrap());
}
