//! `deliveries`: what is quarantined, and putting it back. What is in quarantine and how it gets
//! there is tested where referrals are; here it is the command.

use super::place::{Place, json};

const NOBODY: &str = "0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e99";

#[test]
fn an_empty_quarantine_is_listed_and_put_back() {
    let place = Place::new();
    let list = place.run(&["deliveries", "list"]);
    assert_eq!((list.code, list.stdout.as_str()), (0, ""), "{}", list.stderr);
    assert!(list.stderr.contains("0 quarantined"), "{}", list.stderr);
    let list = place.run(&["deliveries", "list", "--json"]);
    assert_eq!(json(&list), serde_json::json!({ "quarantined": [] }));
    let all = place.run(&["deliveries", "requeue", "--all", "--json"]);
    assert_eq!(all.code, 0, "{}", all.stderr);
    assert_eq!(json(&all), serde_json::json!({ "requeued": [], "not_quarantined": [] }));
}

#[test]
fn what_is_not_quarantined_cannot_be_put_back() {
    let place = Place::new();
    let missing = place.run(&["deliveries", "requeue", NOBODY, "--json"]);
    assert_eq!(missing.code, 7, "{}", missing.stderr);
    let expected = serde_json::json!({ "requeued": [], "not_quarantined": [NOBODY] });
    assert_eq!(json(&missing), expected);
    for wrong in [&["requeue"][..], &["requeue", "x"], &["requeue", NOBODY, "--all"]] {
        let run = place.run(&[&["deliveries"], wrong].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{wrong:?}");
    }
}
