//! The last month in counts, and what is late or wrong today.

use super::*;
use crate::domain::lines::Tally;
use crate::domain::look::Look;
use crate::gateway::month::{Coverage, Covered, Month};
use crate::gateway::own_looks::OwnCheck;
use crate::gateway::witnesses::Heard;
use crate::gateway::{DirectoryNews, OrganisationEvent, OrganisationNews, PolicyNews};

/// Everything that an overview tells, as numbers that are all different.
#[test]
fn an_overview_tells_all_that_the_console_shows() {
    let month = || {
        let covered = |oin: &str, base: u64| Covered {
            oin: oin.parse().unwrap(),
            total: base + 4,
            explained: base + 3,
            reviewed: base + 2,
            waiting: base + 1,
        };
        Month {
            from: "2026-02-10T23:00:00Z".parse().unwrap(),
            tally: Tally { total: 137, ..Tally::default() },
            tree_size: 4210,
            coverage: Coverage {
                organisations: vec![covered(POLICE, 50), covered(GGZ, 10)],
                is_whole: false,
            },
            undelivered: Vec::new(),
            changed: 2,
            questions: (3, 1),
            news: DirectoryNews {
                organisations: vec![OrganisationNews {
                    at: "2026-02-12T23:00:00Z".parse().unwrap(),
                    oin: GGZ.parse().unwrap(),
                    name: "GGZ".to_owned(),
                    what: OrganisationEvent::Suspended,
                }],
                policy: vec![PolicyNews {
                    at: "2026-02-13T23:00:00Z".parse().unwrap(),
                    version: "b".to_owned(),
                    before: Some("a".to_owned()),
                    parts: vec!["clocks".to_owned()],
                }],
            },
            own_check: Some(OwnCheck {
                at: "2026-02-14T23:00:00Z".parse().unwrap(),
                what: Look::Verification,
            }),
        }
    };
    let heard = Heard { heard: 1, known: 3, needed: 2 };
    let told = convert::officer::overview(&month(), Some(heard));
    assert_eq!((told.total_count, told.tree_size, told.changed_count), (137, 4210, 2));
    assert_eq!((told.reviewed_count, told.waiting_count, told.coverage_cut), (64, 62, true));
    assert_eq!((told.open_question_count, told.late_question_count), (3, 1));
    let [first, second] = &told.organisations[..] else { panic!("{told:?}") };
    assert_eq!((first.oin.as_str(), second.oin.as_str()), (POLICE, GGZ));
    assert_eq!((first.total_count, first.explained_count), (54, 53));
    assert_eq!((first.reviewed_count, first.waiting_count), (52, 51));
    assert_eq!(
        (told.own_check(), told.own_check_at),
        (pb::Look::Verification, moment("2026-02-14T23:00:00Z"))
    );
    let [one] = &told.organisation_news[..] else { panic!("{told:?}") };
    assert_eq!((one.oin.as_str(), one.event()), (GGZ, pb::OrganisationEvent::Suspended));
    assert_eq!((one.name.as_str(), one.activated_at), ("GGZ", moment("2026-02-12T23:00:00Z")));
    let [one] = &told.policy_news[..] else { panic!("{told:?}") };
    assert_eq!((one.version.as_str(), one.version_before.as_str()), ("b", "a"));
    assert_eq!(one.changed_parts, ["clocks"]);
    let seen = told.witnesses.unwrap();
    assert_eq!((seen.heard_count, seen.known_count, seen.needed_count), (1, 3, 2));
    let mut whole = month();
    whole.coverage.is_whole = true;
    let told = convert::officer::overview(&whole, None);
    assert!(!told.coverage_cut && told.witnesses.is_none(), "{told:?}");
}

#[tokio::test]
async fn an_overview_names_the_referrals_that_nobody_took_over_to_those_of_whom_they_are() {
    let house = House::open().await;
    let status = inbox::submitted(&house).await.status.unwrap();
    let overview = pb::GetOverviewRequest { actor: fg(), purpose: REVIEW };
    let mut police = Office::of(&house, POLICE).await;
    let now = police.officer.get_overview(overview.clone()).await.unwrap().into_inner();
    assert_eq!((now.undelivered_referrals.len(), now.changed_count), (0, 0));
    assert_eq!((now.coverage_cut, now.witnesses), (false, None));
    let covered: Vec<_> =
        now.organisations.iter().map(|one| (&*one.oin, one.total_count)).collect();
    assert_eq!(covered, [(POLICE, now.total_count)]);
    house.gateway.clock().set("2026-03-20T11:00:00Z".parse().unwrap());
    let mut late = Vec::new();
    for oin in [POLICE, STEUNPUNT, REGION, GGZ] {
        let mut office = Office::of(&house, oin).await;
        let told = office.officer.get_overview(overview.clone()).await.unwrap().into_inner();
        late.push(told.undelivered_referrals);
    }
    let [one] = &late[0][..] else { panic!("{late:?}") };
    assert_eq!(one.referral_id, status.referral_id);
    assert_eq!((one.sender_oin.as_str(), one.recipient_oin.as_str()), (POLICE, STEUNPUNT));
    let (submitted, due) = (one.submitted_at.unwrap(), one.ack_due_at.unwrap());
    assert!(submitted.seconds < due.seconds, "{one:?}");
    assert!(late[0] == late[1] && late[0] == late[2] && late[3].is_empty(), "{late:?}");
}

#[tokio::test]
async fn nothing_is_disclosed_until_a_referral_goes() {
    let house = House::open().await;
    let overview = pb::GetOverviewRequest { actor: fg(), purpose: REVIEW };
    Office::of(&house, POLICE).await.officer.get_overview(overview).await.unwrap();
    assert!(house.gateway.is_nothing_disclosed().await.unwrap(), "a look discloses nothing");
    inbox::submitted(&house).await;
    assert!(!house.gateway.is_nothing_disclosed().await.unwrap());
}

#[tokio::test]
async fn the_last_month_is_counted_for_officers_of_the_own_entries_only() {
    let house = House::open().await;
    inbox::submitted(&house).await;
    let overview = |actor| pb::GetOverviewRequest { actor, purpose: REVIEW };
    let before = events(&house, 0).len();
    let mut counted = Vec::new();
    for oin in [POLICE, REGION, GGZ] {
        let mut office = Office::of(&house, oin).await;
        let month = office.officer.get_overview(overview(fg())).await.unwrap().into_inner();
        assert_eq!(month.explained_count, month.total_count);
        let tally = month.tally.unwrap();
        let days: i64 = tally.days.iter().map(|day| day.allowed_count).sum();
        assert_eq!(days, month.total_count);
        counted.push(month.total_count);
    }
    assert!(counted[0] > 0 && counted[0] == counted[1] && counted[2] == 0, "{counted:?}");
    assert_eq!(events(&house, before), [LOOK; 3]);
    let mut police = Office::of(&house, POLICE).await;
    let refused = police.officer.get_overview(overview(worker())).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let for_care = pb::GetOverviewRequest { actor: fg(), purpose: 1 };
    let refused = police.officer.get_overview(for_care).await.unwrap_err();
    assert_eq!(wrong(&refused), one("purpose", "PURPOSE_NOT_ALLOWED"));
}
