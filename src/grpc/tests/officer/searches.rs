//! Searches are kept, shared, listed as they can be asked, and deleted.

use super::*;

const OTHER_OFFICER: &str = "fg-2";

fn emergencies() -> pb::DisclosureFilter {
    pb::DisclosureFilter {
        // March in the Netherlands, in which the clock goes forward.
        period: Some(pb::Period {
            start_time: moment("2026-02-28T23:00:00Z"),
            end_time: moment("2026-03-31T22:00:00Z"),
        }),
        sender_oin: POLICE.to_owned(),
        dispositions: vec![pb::Disposition::Emergency.into()],
        ..pb::DisclosureFilter::default()
    }
}

fn save(name: &str, filter: pb::DisclosureFilter, shared: bool) -> pb::SaveSearchRequest {
    pb::SaveSearchRequest {
        request_id: new_id(),
        actor: fg(),
        purpose: REVIEW,
        name: name.to_owned(),
        filter: Some(filter),
        shared,
        weekly: shared,
    }
}

async fn listed(office: &mut Office, user: &str) -> Vec<pb::SavedSearch> {
    let actor = actor(user, pb::UserRole::PrivacyOfficer);
    let request = pb::ListSavedSearchesRequest { actor };
    office.officer.list_saved_searches(request).await.unwrap().into_inner().saved_searches
}

#[tokio::test]
async fn a_search_is_kept_once_shared_and_deleted_by_its_owner() {
    let house = House::open().await;
    let mut police = Office::of(&house, POLICE).await;
    let before = events(&house, 0).len();
    let request = save("Noodtoegang maart", emergencies(), true);
    let first = police.officer.save_search(request.clone()).await.unwrap().into_inner();
    let again = police.officer.save_search(request.clone()).await.unwrap().into_inner();
    assert_eq!(first, again);
    let other = pb::SaveSearchRequest { name: "Iets anders".to_owned(), ..request };
    let reused = police.officer.save_search(other).await.unwrap_err();
    assert_eq!(reason(&reused), "REQUEST_ID_REUSED");
    let by_employee = pb::DisclosureFilter {
        actor_user_id: "pol-77".to_owned(),
        oin: POLICE.to_owned(),
        ..emergencies()
    };
    police.officer.save_search(save("Alleen ik", by_employee.clone(), false)).await.unwrap();
    assert_eq!(events(&house, before), [LOOK, LOOK]);

    let own = listed(&mut police, "fg-1").await;
    let kept = own.iter().find(|one| one.saved_search_id == first.saved_search_id).unwrap();
    assert_eq!(kept.filter.as_ref(), Some(&emergencies()), "as it was asked");
    assert_eq!((kept.name.as_str(), kept.own, kept.shared), ("Noodtoegang maart", true, true));
    assert!(kept.weekly && own.iter().any(|one| !one.weekly));
    let private = own.iter().find(|one| one.name == "Alleen ik").unwrap();
    assert_eq!((private.filter.as_ref(), private.shared), (Some(&by_employee), false));
    let ask = pb::ListDisclosuresRequest {
        actor: fg(),
        purpose: REVIEW,
        filter: kept.filter.clone(),
        ..pb::ListDisclosuresRequest::default()
    };
    police.disclosures.list_disclosures(ask).await.unwrap();
    let seen = listed(&mut police, OTHER_OFFICER).await;
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].own, seen[0].owner_user_id.as_str()), (false, "fg-1"));
    let mut steunpunt = Office::of(&house, STEUNPUNT).await;
    assert_eq!(listed(&mut steunpunt, "fg-1").await, []);

    let mark = |user: &str, weekly| pb::SetSavedSearchWeeklyRequest {
        request_id: new_id(),
        actor: actor(user, pb::UserRole::PrivacyOfficer),
        saved_search_id: first.saved_search_id.clone(),
        weekly,
    };
    let refused =
        police.officer.set_saved_search_weekly(mark(OTHER_OFFICER, false)).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied, "it is shared, and another's");
    let before = events(&house, 0).len();
    for weekly in [false, true] {
        let request = mark("fg-1", weekly);
        for _again in 0..2 {
            police.officer.set_saved_search_weekly(request.clone()).await.unwrap();
        }
        let own = listed(&mut police, "fg-1").await;
        let kept = own.iter().find(|one| one.saved_search_id == first.saved_search_id).unwrap();
        assert_eq!((kept.weekly, kept.shared), (weekly, true));
    }
    assert_eq!(events(&house, before), [LOOK, LOOK]);

    let delete = |user: &str| pb::DeleteSavedSearchRequest {
        request_id: new_id(),
        actor: actor(user, pb::UserRole::PrivacyOfficer),
        saved_search_id: first.saved_search_id.clone(),
    };
    let refused = police.officer.delete_saved_search(delete(OTHER_OFFICER)).await.unwrap_err();
    let missing = pb::DeleteSavedSearchRequest { saved_search_id: new_id(), ..delete("fg-1") };
    let missing = police.officer.delete_saved_search(missing).await.unwrap_err();
    assert_eq!((refused.code(), refused.details()), (Code::PermissionDenied, missing.details()));
    let refused = steunpunt.officer.delete_saved_search(delete("fg-1")).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let before = events(&house, 0).len();
    let request = delete("fg-1");
    let gone = police.officer.delete_saved_search(request.clone()).await.unwrap().into_inner();
    let again = police.officer.delete_saved_search(request).await.unwrap().into_inner();
    assert_eq!(gone, again);
    assert_eq!(events(&house, before), [LOOK]);
    assert_eq!(listed(&mut police, OTHER_OFFICER).await, []);
}

#[tokio::test]
async fn a_search_that_cannot_be_kept_is_told_why() {
    let house = House::open().await;
    let mut police = Office::of(&house, POLICE).await;
    let person = pb::DisclosureFilter { subject_pseudonym: "ab".repeat(32), ..emergencies() };
    let two = pb::DisclosureFilter { categories: vec![1, 2], ..emergencies() };
    let half_a_day =
        pb::Period { end_time: moment("2026-03-31T10:00:00Z"), ..emergencies().period.unwrap() };
    let half_a_day = pb::DisclosureFilter { period: Some(half_a_day), ..emergencies() };
    let employee = pb::DisclosureFilter { actor_user_id: "pol-77".to_owned(), ..emergencies() };
    for (request, found) in [
        (save("x", person, false), one("filter.subject_pseudonym", "NAMES_PERSON")),
        (save("x", two, false), one("filter.categories", "TOO_MANY")),
        (save("x", half_a_day, false), one("filter.period", "WHOLE_DAYS")),
        (save("x", employee, true), one("shared", "EMPLOYEE_NOT_SHARED")),
        (save("Zaak 999990044", emergencies(), false), one("name", "NAMES_PERSON")),
        (
            pb::SaveSearchRequest { purpose: 1, ..save("x", emergencies(), false) },
            one("purpose", "PURPOSE_NOT_ALLOWED"),
        ),
    ] {
        let refused = police.officer.save_search(request).await.unwrap_err();
        assert_eq!(wrong(&refused), found);
    }
    let by_worker = pb::SaveSearchRequest { actor: worker(), ..save("x", emergencies(), false) };
    let refused = police.officer.save_search(by_worker).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let by_worker = pb::ListSavedSearchesRequest { actor: worker() };
    let refused = police.officer.list_saved_searches(by_worker).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}
