//! One entry with what stands around it, searches of one size of the ledger, and the proof that none is
//! missing.

use super::*;
use crate::ledger::hash::Hash;
use crate::ledger::proof::verify_consistency;
use pb::{EntryAgreement, OtherSideState};

fn look_at(index: i64) -> pb::GetDisclosureRequest {
    pb::GetDisclosureRequest { actor: fg(), purpose: REVIEW, index, with_surroundings: true }
}

#[tokio::test]
async fn what_stands_around_an_entry_and_the_word_of_the_other_side_are_part_of_one_look() {
    let house = House::open().await;
    let submitted = inbox::submitted(&house).await;
    let first = submitted.entries[0].index;
    let mut police = Office::of(&house, POLICE).await;
    let before = events(&house, 0).len();
    let told = police.disclosures.get_disclosure(look_at(first)).await.unwrap().into_inner();
    assert_eq!(events(&house, before), [LOOK], "one look is one entry");
    let other = told.other_side.unwrap();
    assert_eq!((other.state(), other.past), (OtherSideState::Awaited, false));
    assert_eq!((other.recipient_oin.as_str(), other.entry), (STEUNPUNT, None));
    assert!(other.until.unwrap().seconds > moment(support::NOW).unwrap().seconds);
    let around = told.surroundings.unwrap();
    let this = told.disclosure.unwrap();
    let act: Vec<_> = around.act.iter().map(|one| (one.index, one.actor_oin.as_str())).collect();
    assert_eq!(act, [(submitted.entries[1].index, POLICE)], "the entry about the other person");
    assert_eq!(around.act[0].event_code, this.event_code);
    assert_eq!(around.case_entries, [], "there is no case yet");
    let employee = around.employee.unwrap();
    let lately = (employee.disclosure_count, employee.denied_count, employee.case_count);
    assert_eq!(lately, (1, 0, 0), "until the entry, so without the one after it");
    let role = around.role.unwrap();
    assert_eq!(role.role(), pb::UserRole::PoliceOfficer);
    assert_eq!((role.colleague_count, role.median_disclosure_count), (0, None));

    take_in(&house).await;
    let told = police.disclosures.get_disclosure(look_at(first)).await.unwrap().into_inner();
    let other = told.other_side.unwrap();
    assert_eq!(other.state(), OtherSideState::Received);
    assert_eq!(other.agreement(), EntryAgreement::SameContent);
    let theirs = other.entry.unwrap();
    assert_eq!(
        (theirs.actor_oin.as_str(), theirs.event_code()),
        (STEUNPUNT, pb::EventCode::ReferralAcknowledged)
    );
    let word = police.disclosures.get_disclosure(look_at(theirs.index)).await.unwrap().into_inner();
    let about = word.other_side.unwrap();
    assert_eq!((about.state(), about.entry.unwrap().index), (OtherSideState::About, first));

    let plain = pb::GetDisclosureRequest { with_surroundings: false, ..look_at(first) };
    let plain = police.disclosures.get_disclosure(plain).await.unwrap().into_inner();
    assert_eq!((plain.surroundings, plain.other_side), (None, None));
}

#[tokio::test]
async fn nobody_else_sees_what_stands_around_an_entry() {
    let house = House::open().await;
    let submitted = inbox::submitted(&house).await;
    let look = look_at(submitted.entries[0].index);
    let before = events(&house, 0).len();
    let mut ggz = Office::of(&house, GGZ).await;
    let other = ggz.disclosures.get_disclosure(look.clone()).await.unwrap_err();
    let missing = ggz.disclosures.get_disclosure(look_at(1_000_000)).await.unwrap_err();
    assert_eq!((other.code(), other.details()), (Code::PermissionDenied, missing.details()));
    let mut police = Office::of(&house, POLICE).await;
    let by_worker = pb::GetDisclosureRequest { actor: worker(), ..look };
    let refused = police.disclosures.get_disclosure(by_worker).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(events(&house, before), [LOOK, LOOK, DENIED]);
}

fn search() -> pb::ListDisclosuresRequest {
    let filter =
        pb::DisclosureFilter { oin: STEUNPUNT.to_owned(), period: always(), ..Default::default() };
    pb::ListDisclosuresRequest {
        actor: fg(),
        purpose: REVIEW,
        filter: Some(filter),
        with_tally: true,
        ..pb::ListDisclosuresRequest::default()
    }
}

#[tokio::test]
async fn a_search_of_one_size_says_the_same_later_in_either_order() {
    let house = House::open().await;
    inbox::submitted_of(&house, 12).await;
    let mut police = Office::of(&house, POLICE).await;
    let first = police.disclosures.list_disclosures(search()).await.unwrap().into_inner();
    assert!(first.total_count > 1 && !first.cut);
    inbox::submitted_of(&house, 13).await;
    let grown = police.disclosures.list_disclosures(search()).await.unwrap().into_inner();
    assert!(grown.total_count > first.total_count);
    let then = pb::ListDisclosuresRequest { tree_size: first.tree_size, ..search() };
    let again = police.disclosures.list_disclosures(then.clone()).await.unwrap().into_inner();
    assert_eq!(again, first);

    let backward = pb::ListDisclosuresRequest { newest_first: true, page_size: 1, ..then.clone() };
    let page = police.disclosures.list_disclosures(backward.clone()).await.unwrap().into_inner();
    assert_eq!(page.disclosures[0], *first.disclosures.last().unwrap());
    let next = pb::ListDisclosuresRequest { page_token: page.next_page_token, ..backward.clone() };
    let page = police.disclosures.list_disclosures(next.clone()).await.unwrap().into_inner();
    assert_eq!(page.disclosures[0], first.disclosures[first.disclosures.len() - 2]);
    let other_size = pb::ListDisclosuresRequest { tree_size: first.tree_size - 1, ..next };
    let refused = police.disclosures.list_disclosures(other_size).await.unwrap_err();
    assert_eq!(reason(&refused), "PAGE_TOKEN_MISMATCH");
    let negative = pb::ListDisclosuresRequest { tree_size: -1, ..then };
    let refused = police.disclosures.list_disclosures(negative).await.unwrap_err();
    assert_eq!(wrong(&refused), one("tree_size", "NEGATIVE"));
}

/// Who watches over those who search must see every question about a person (a signal counts them).
#[tokio::test]
async fn a_search_about_a_person_is_a_question_whatever_the_size_of_the_ledger() {
    let house = House::open().await;
    inbox::submitted(&house).await;
    take_in(&house).await;
    let mut police = Office::of(&house, POLICE).await;
    let first = police.disclosures.list_disclosures(search()).await.unwrap().into_inner();
    let filter = pb::DisclosureFilter {
        subject_pseudonym: first.disclosures[0].subject_pseudonym.clone(),
        period: always(),
        ..pb::DisclosureFilter::default()
    };
    let questions = || -> i64 {
        let count = "SELECT COUNT(*) FROM log_questions";
        house.database().query_row(count, [], |row| row.get(0)).unwrap()
    };
    for newest_first in [false, true] {
        let before = questions();
        let request = pb::ListDisclosuresRequest {
            filter: Some(filter.clone()),
            tree_size: first.tree_size,
            newest_first,
            page_size: 1,
            ..search()
        };
        let page = police.disclosures.list_disclosures(request.clone()).await.unwrap().into_inner();
        assert_eq!(questions(), before + 1);
        let next = pb::ListDisclosuresRequest { page_token: page.next_page_token, ..request };
        assert_ne!(next.page_token, "");
        police.disclosures.list_disclosures(next).await.unwrap();
        assert_eq!(questions(), before + 1, "a further page is not another question");
    }
}

#[tokio::test]
async fn a_search_counts_how_its_entries_are_spread_when_it_is_asked_to() {
    let house = House::open().await;
    inbox::submitted(&house).await;
    let mut police = Office::of(&house, POLICE).await;
    let found = police.disclosures.list_disclosures(search()).await.unwrap().into_inner();
    let tally = found.tally.unwrap();
    let allowed: i64 = tally.days.iter().map(|day| day.allowed_count).sum();
    assert_eq!(allowed, found.total_count);
    assert_eq!(tally.days[0].date, "2026-03-12");
    assert_eq!(tally.senders.iter().map(|one| one.count).sum::<i64>(), found.total_count);
    assert_eq!(
        (tally.senders[0].oin.as_str(), tally.recipients[0].oin.as_str()),
        (POLICE, STEUNPUNT)
    );
    assert_eq!(tally.events.iter().map(|one| one.count).sum::<i64>(), found.total_count);
    // Thursday, shortly before two in the Netherlands.
    assert_eq!((tally.week_hours.len(), tally.week_hours[3 * 24 + 1]), (168, found.total_count));
    let plain = pb::ListDisclosuresRequest { with_tally: false, ..search() };
    let plain = police.disclosures.list_disclosures(plain).await.unwrap().into_inner();
    assert_eq!((plain.tally, plain.total_count), (None, found.total_count));
}

#[tokio::test]
async fn any_organisation_proves_that_nothing_was_taken_out_since_a_moment() {
    let house = House::open().await;
    inbox::submitted_of(&house, 12).await;
    let mut ggz = Office::of(&house, GGZ).await;
    let since = |from_time| pb::GetCompletenessProofRequest { from_time };
    let old = house.gateway.latest_checkpoint().await.unwrap();
    house.gateway.clock().set("2026-03-12T02:00:00Z".parse().unwrap());
    inbox::submitted_of(&house, 13).await;
    let proof = ggz.disclosures.get_completeness_proof(since(moment("2026-03-12T01:30:00Z")));
    let proof = proof.await.unwrap().into_inner();
    let (before, now) = (proof.before.unwrap(), proof.now.unwrap());
    assert_eq!((before.tree_size, before.checkpoint), (i64::try_from(old.size).unwrap(), old.note));
    assert!(now.tree_size > before.tree_size && now.signed_at.is_some());
    let hash = |bytes: &[u8]| Hash::new(bytes.try_into().unwrap());
    let hashes: Vec<_> = proof.hashes.iter().map(|one| hash(one)).collect();
    let sizes = [before.tree_size, now.tree_size].map(|size| u64::try_from(size).unwrap());
    verify_consistency(sizes[0], hash(&before.root_hash), sizes[1], hash(&now.root_hash), &hashes)
        .unwrap();

    let whole = ggz.disclosures.get_completeness_proof(since(moment("2026-01-01T00:00:00Z")));
    let whole = whole.await.unwrap().into_inner();
    assert_eq!((whole.before, whole.hashes.len()), (None, 0));
    let refused = ggz.disclosures.get_completeness_proof(since(None)).await.unwrap_err();
    assert_eq!(wrong(&refused), one("from_time", "REQUIRED"));
}
