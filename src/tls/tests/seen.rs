//! What is remembered of certificates.

use super::*;

#[tokio::test]
async fn a_certificate_is_known_by_its_connections() {
    let place = Place::new();
    let trust = place.trust();
    assert_eq!(trust.seen(), []);
    let greeter = greeter(&trust);
    let meeting = meet(&greeter, place.config(&place.client("police"))).await;
    let stream = meeting.server.unwrap();
    let seen = trust.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!((&seen[0].oin, seen[0].is_person), (&oin(POLICE), false));
    assert_eq!(seen[0].fingerprint, stream.info().peer.fingerprint());
    assert_eq!(seen[0].not_after, stream.info().peer.validity().not_after);
    assert_eq!((seen[0].open, seen[0].last_seen), (1, start()));
    // Another connection with the same certificate, and the end of both.
    let again = meet(&greeter, place.config(&place.client("police"))).await;
    assert_eq!(trust.seen()[0].open, 2);
    let later = start().plus(Duration::from_mins(1));
    place.hand.set(later);
    drop((stream, again.server));
    let seen = trust.seen();
    assert_eq!((seen.len(), seen[0].open, seen[0].last_seen), (1, 0, later));
}

#[tokio::test]
async fn a_certificate_that_does_not_count_is_not_remembered() {
    let mut place = Place::new();
    place.revoke("police", start());
    let trust = place.trust();
    let meeting = meet(&greeter(&trust), place.config(&place.client("police"))).await;
    assert!(meeting.server.is_err());
    assert_eq!(trust.seen(), []);
}
