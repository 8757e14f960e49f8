//! Looks at the ledger: who sees what, and the entry that every look leaves (DOMAIN §5.5).

use ketenpoort::gateway::disclosures::SearchDraft;
use ketenpoort::store::DisclosureRow;

use super::*;

const PRIVACY_REVIEW: i32 = 5;
const DATA_SUBJECT_REQUEST: i32 = 4;

fn officer(house: &House, oin: &str) -> Call {
    house.call(oin, UserRole::PrivacyOfficer)
}

/// Everything about the case, in the two days around the scenario.
fn about_the_case() -> SearchDraft {
    SearchDraft {
        purpose: PRIVACY_REVIEW,
        case_ref: CASE.to_owned(),
        from: Some(at("2026-03-11T00:00:00Z")),
        until: Some(at("2026-03-13T00:00:00Z")),
        ..SearchDraft::default()
    }
}

async fn seen_by(house: &House, oin: &str) -> Vec<DisclosureRow> {
    let call = officer(house, oin);
    let page = house.gateway.search_disclosures(&call, about_the_case(), None, 500).await.unwrap();
    assert_eq!(page.next_after, None);
    assert!(page.entries.iter().all(|looked| looked.record.is_some()));
    page.entries.into_iter().map(|looked| looked.row).collect()
}

fn is_party(row: &DisclosureRow, oin: &str) -> bool {
    let own = oin.parse().unwrap();
    [Some(&row.actor_oin), row.sender_oin.as_ref(), row.recipient_oin.as_ref()]
        .contains(&Some(&own))
}

/// A case with a disclosure to GGZ and a refusal to MEE.
async fn with_disclosures() -> House {
    let house = House::open().await;
    house.case_with_summary().await;
    house.ask(GGZ, &new_request("RequestSummary")).await.unwrap();
    house.ask(MEE, &new_request("RequestSummary")).await.unwrap_err();
    house
}

#[tokio::test]
async fn an_officer_sees_the_own_entries_and_the_office_of_the_region_all() {
    let house = with_disclosures().await;
    let all = seen_by(&house, REGION).await;
    let own = seen_by(&house, GGZ).await;
    let expected: Vec<_> = all.iter().filter(|row| is_party(row, GGZ)).cloned().collect();
    assert!(!own.is_empty() && own.len() < all.len());
    assert_eq!(own, expected);
    assert!(all.iter().any(|row| is_party(row, MEE) && !is_party(row, GGZ)));
}

#[tokio::test]
async fn every_look_is_an_entry_also_one_that_finds_nothing() {
    let house = with_disclosures().await;
    let all = seen_by(&house, REGION).await;
    let own = all.iter().find(|row| is_party(row, GGZ)).unwrap();
    let hidden = all.iter().find(|row| !is_party(row, GGZ)).unwrap();
    let call = officer(&house, GGZ);
    let before = ledger_len(&house).await;

    seen_by(&house, GGZ).await;
    let (looked, receipt) = house.gateway.disclosure(&call, PRIVACY_REVIEW, own.idx).await.unwrap();
    assert_eq!(looked.row, *own);
    assert!(looked.record.is_some());
    let stored = &entries(&house, 0).await[usize::try_from(own.idx).unwrap()];
    assert_eq!(Entry::decode(&receipt.entry).unwrap(), *stored);
    let refused = house.gateway.disclosure(&call, PRIVACY_REVIEW, hidden.idx).await.unwrap_err();
    assert_hidden(&refused);
    let refused = house.gateway.disclosure(&call, PRIVACY_REVIEW, 1_000_000).await.unwrap_err();
    assert_hidden(&refused);

    let looks = entries(&house, before).await;
    let code = EventCode::LogQueried.number();
    assert_eq!(looks.len(), 4);
    assert!(looks.iter().all(|entry| entry.event == code));
    assert!(looks.iter().all(|entry| entry.actor_organisation == GGZ.parse().unwrap()));
}

#[tokio::test]
async fn only_an_officer_looks_at_the_ledger() {
    let house = with_disclosures().await;
    for (oin, role) in [(GGZ, UserRole::CaseWorker), (REGION, UserRole::Supervisor)] {
        let call = house.call(oin, role);
        let before = ledger_len(&house).await;
        let search = house.gateway.search_disclosures(&call, about_the_case(), None, 500).await;
        assert_role_refused(&search.unwrap_err());
        let look = house.gateway.disclosure(&call, PRIVACY_REVIEW, 0).await;
        assert_role_refused(&look.unwrap_err());
        let code = EventCode::AccessDenied.number();
        assert_eq!(events_since(&house, before).await, [code; 2]);
    }
}

#[tokio::test]
async fn row_13_a_search_names_a_key_a_purpose_and_a_period_of_at_most_92_days() {
    let house = House::open().await;
    let call = officer(&house, REGION);
    let search = |draft| house.gateway.search_disclosures(&call, draft, None, 10);
    let before = ledger_len(&house).await;

    let without_key = SearchDraft { case_ref: String::new(), ..about_the_case() };
    assert_violates(search(without_key).await.unwrap_err(), "filter", "KEY_REQUIRED");
    let for_care = SearchDraft { purpose: 1, ..about_the_case() };
    assert_violates(search(for_care).await.unwrap_err(), "purpose", "PURPOSE_NOT_ALLOWED");
    let from = at("2026-01-01T00:00:00Z");
    let longest = from.plus(Duration::from_hours(92 * 24));
    let lasting = |until| SearchDraft { from: Some(from), until: Some(until), ..about_the_case() };
    let too_long = lasting(longest.plus(Duration::from_micros(1)));
    assert_violates(search(too_long).await.unwrap_err(), "filter.period", "PERIOD");
    assert_eq!(ledger_len(&house).await, before);
    search(lasting(longest)).await.unwrap();
}

/// The purpose of a look stands in its entry; what was asked for only as a keyed digest.
#[tokio::test]
async fn row_11_and_13_a_look_tells_its_purpose_and_not_its_question() {
    let house = with_disclosures().await;
    let somebody = seen_by(&house, REGION).await.iter().find_map(|row| row.subject).unwrap();
    let call = officer(&house, REGION);
    for purpose in [PRIVACY_REVIEW, DATA_SUBJECT_REQUEST] {
        let subject_pseudonym = somebody.to_hex();
        let about_her = SearchDraft { purpose, subject_pseudonym, ..about_the_case() };
        house.gateway.search_disclosures(&call, about_her, None, 10).await.unwrap();
    }
    let own = SearchDraft {
        case_ref: String::new(),
        actor_user_id: "u-1".to_owned(),
        oin: REGION.to_owned(),
        event_codes: vec![EventCode::LogQueried.number().into()],
        ..about_the_case()
    };
    let page = house.gateway.search_disclosures(&call, own, None, 500).await.unwrap();
    let looks: Vec<_> = page.entries.iter().filter_map(|one| one.record.as_ref()).collect();
    for purpose in ["SEARCH PRIVACY_REVIEW", "SEARCH DATA_SUBJECT_REQUEST"] {
        assert!(looks.iter().any(|record| record.outcome_detail == purpose), "{purpose}");
    }
    for record in looks {
        let text = serde_json::to_string(record).unwrap();
        assert!(!text.contains(&somebody.to_hex()) && !text.contains(CASE), "{text}");
    }
}
