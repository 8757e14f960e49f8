//! Organisations and rule sets.

use crate::domain::organisation::{Role, Standing};
use crate::store::error::Error;
use crate::store::{DirectoryRow, RuleSetKind, RuleSetRow};

use super::samples::organisation;
use super::{Fixture, at, on_both_databases};

on_both_databases!(
    organisations_come_in_the_order_of_their_number,
    a_recorded_organisation_replaces_the_one_before,
    a_rule_set_is_found_by_its_version,
    the_rule_set_activated_last_is_the_active_one,
    a_rule_set_comes_into_force_again_unchanged,
    a_version_of_a_rule_set_is_never_replaced,
    directories_since_a_moment_come_with_the_one_before,
);

async fn directories_since_a_moment_come_with_the_one_before(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.record_log("ledger.example").await.unwrap();
    for version in 1..=4 {
        let number = u64::try_from(version).unwrap();
        let content = format!("{{\"version\":{version}}}");
        let row =
            DirectoryRow { version, digest: vec![1; 32], content, activated_at: at(10 * number) };
        tx.insert_directory(&row).await.unwrap();
    }
    for (since, limit, versions) in [
        (0, 9, &[4, 3, 2, 1][..]),
        (20, 9, &[4, 3, 2, 1]),
        (21, 9, &[4, 3, 2]),
        (21, 2, &[4, 3]),
        (40, 9, &[4, 3]),
        (41, 9, &[4]),
    ] {
        let found = tx.directories_since(at(since), limit).await.unwrap();
        assert_eq!(found.iter().map(|row| row.version).collect::<Vec<_>>(), versions, "{since}");
    }
}

async fn organisations_come_in_the_order_of_their_number(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for number in [3, 1, 2] {
        tx.record_organisation(&organisation(number)).await.unwrap();
    }
    let found = tx.organisations().await.unwrap();
    assert_eq!(found, [organisation(1), organisation(2), organisation(3)]);
}

async fn a_recorded_organisation_replaces_the_one_before(fixture: Fixture) {
    let mut tx = fixture.write().await;
    tx.record_organisation(&organisation(1)).await.unwrap();
    let mut changed = organisation(1);
    changed.name = "Andere naam".to_owned();
    changed.role = Role::Shelter;
    changed.standing = Standing::Suspended;
    changed.certified_institution = !changed.certified_institution;
    changed.agreement_version = None;
    changed.agreement_signed_on = None;
    changed.agreement_valid_until = Some(at(0).date());
    changed.updated_at = at(99);
    tx.record_organisation(&changed).await.unwrap();
    assert_eq!(tx.organisations().await.unwrap(), [changed]);
}

fn rule_set(version: &str, activated_at: u64) -> RuleSetRow {
    RuleSetRow {
        version: version.parse().unwrap(),
        digest: vec![5; 32],
        content: format!("version = \"{version}\"\n"),
        activated_at: at(activated_at),
    }
}

async fn a_rule_set_is_found_by_its_version(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let row = rule_set("2026-1", 1);
    tx.insert_rule_set(RuleSetKind::PolicyPack, &row).await.unwrap();
    let found = tx.rule_set(RuleSetKind::PolicyPack, &row.version).await.unwrap();
    assert_eq!(found, Some(row.clone()));
    assert_eq!(tx.rule_set(RuleSetKind::RoutingTable, &row.version).await.unwrap(), None);
    let other = "2026-2".parse().unwrap();
    assert_eq!(tx.rule_set(RuleSetKind::PolicyPack, &other).await.unwrap(), None);
}

async fn the_rule_set_activated_last_is_the_active_one(fixture: Fixture) {
    let mut tx = fixture.write().await;
    assert_eq!(tx.active_rule_set(RuleSetKind::RoutingTable).await.unwrap(), None);
    for row in [rule_set("b", 1), rule_set("a", 2), rule_set("c", 1)] {
        tx.insert_rule_set(RuleSetKind::RoutingTable, &row).await.unwrap();
    }
    tx.insert_rule_set(RuleSetKind::PolicyPack, &rule_set("z", 9)).await.unwrap();
    let active = tx.active_rule_set(RuleSetKind::RoutingTable).await.unwrap();
    assert_eq!(active, Some(rule_set("a", 2)));
}

async fn a_rule_set_comes_into_force_again_unchanged(fixture: Fixture) {
    let mut tx = fixture.write().await;
    for row in [rule_set("a", 1), rule_set("b", 2)] {
        tx.insert_rule_set(RuleSetKind::PolicyPack, &row).await.unwrap();
    }
    let again = RuleSetRow { activated_at: rule_set("a", 3).activated_at, ..rule_set("a", 1) };
    tx.insert_rule_set(RuleSetKind::PolicyPack, &again).await.unwrap();
    assert_eq!(tx.active_rule_set(RuleSetKind::PolicyPack).await.unwrap(), Some(again));
}

async fn a_version_of_a_rule_set_is_never_replaced(fixture: Fixture) {
    let mut tx = fixture.write().await;
    let row = rule_set("2026-1", 1);
    tx.insert_rule_set(RuleSetKind::PolicyPack, &row).await.unwrap();
    let again = RuleSetRow { content: "other".to_owned(), ..row.clone() };
    let inserted = tx.insert_rule_set(RuleSetKind::PolicyPack, &again).await;
    assert!(matches!(inserted, Err(Error::Conflict)), "{inserted:?}");
    tx.insert_rule_set(RuleSetKind::RoutingTable, &again).await.unwrap();
    let kept = tx.rule_set(RuleSetKind::PolicyPack, &row.version).await.unwrap();
    assert_eq!(kept, Some(row));
}
