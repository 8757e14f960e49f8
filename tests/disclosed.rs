//! What an entry says was disclosed is what was disclosed, and its decision can be made again.
#![cfg(test)]

use std::collections::BTreeSet;

use ketenpoort::cli::directory::from_texts;
use ketenpoort::domain::case::InvolvementDraft;
use ketenpoort::domain::category::{Categories, Category};
use ketenpoort::domain::disclosure::DisclosureRecord;
use ketenpoort::domain::event::{DenialReason, EventCode};
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::policy::BasisEvidenceDraft;
use ketenpoort::gateway::Error;
use ketenpoort::gateway::check_consent::QuestionDraft;
use ketenpoort::gateway::disclosures::Looked;
use ketenpoort::gateway::replay::Verdict;
use ketenpoort::gateway::request_summary::{Requested, SummaryRequestDraft};
use ketenpoort::ledger::entry::{Body, Entry};

#[expect(dead_code, reason = "every test file uses another part of the house")]
#[path = "support/house.rs"]
mod house;

use Category::{HealthMental, Identification, SafetyAgreements, SafetyAssessment};
use house::{CASE, GGZ, House, STEUNPUNT, new_request, referral_id_of};

const PRIVACY_REVIEW: i32 = 5;

fn wanted(categories: &[Category]) -> SummaryRequestDraft {
    SummaryRequestDraft {
        case_ref: CASE.to_owned(),
        author_oin: STEUNPUNT.to_owned(),
        revision: 0,
        purpose: 1,
        basis: 1,
        categories: categories.iter().map(|category| category.number().into()).collect(),
        involvement: Some(InvolvementDraft { kind: 2, ..InvolvementDraft::default() }),
        evidence: BasisEvidenceDraft::default(),
    }
}

async fn ask(house: &House, draft: SummaryRequestDraft) {
    let call = house.call(GGZ, UserRole::CaseWorker);
    let request = new_request("RequestSummary");
    house.gateway.request_summary(&call, &request, draft, |_| Vec::new()).await.unwrap();
}

/// The entries of one kind, as an officer sees them, with the leaf of each.
async fn entries(house: &House, event: EventCode) -> Vec<(Looked, Entry)> {
    let officer = house.call(STEUNPUNT, UserRole::PrivacyOfficer);
    let mut tx = house.db().await.read().await.unwrap();
    let leaves = tx.leaves(0, 1_000).await.unwrap();
    drop(tx);
    let mut found = Vec::new();
    for (index, leaf) in leaves.iter().enumerate() {
        let entry = Entry::decode(&leaf.entry).unwrap();
        if entry.event == event.number() {
            let index = i64::try_from(index).unwrap();
            let looked = house.gateway.disclosure(&officer, PRIVACY_REVIEW, index).await;
            found.push((looked.unwrap().0, entry));
        }
    }
    found
}

/// What leaf, row and record say went, which must be the same; and what the record says was allowed.
fn said(entries: &[(Looked, Entry)]) -> Vec<(Categories, Option<Categories>)> {
    let said = |(looked, entry): &(Looked, Entry)| {
        let Body::Disclosure(disclosure) = &entry.body else { panic!("{entry:?}") };
        let record: &DisclosureRecord = looked.record.as_ref().unwrap();
        let leaf = Categories::from_bits(disclosure.categories).unwrap();
        assert_eq!(looked.row.categories, i64::from(leaf.bits()));
        assert_eq!(record.data_categories, leaf);
        (leaf, record.permitted_categories)
    };
    entries.iter().map(said).collect()
}

async fn verdict(house: &House, looked: &Looked) -> Verdict {
    house.replayer().await.one(looked.row.idx).await.unwrap().unwrap().verdict
}

#[tokio::test]
async fn a_part_that_somebody_else_holds_back_is_in_nobodys_entry() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    house.withdraw(&consents[1], "father", 1).await.unwrap();
    ask(&house, wanted(&[])).await;
    let entries = entries(&house, EventCode::SummaryDelivered).await;
    let went = Categories::of(&[Identification, SafetyAgreements]);
    // The assessment is about him too, so nobody's was read.
    let allowed = went.with(SafetyAssessment);
    assert_eq!(said(&entries), [(went, Some(allowed)); 3]);
    for (looked, _) in &entries {
        assert_eq!(verdict(&house, looked).await, Verdict::Same);
    }
}

#[tokio::test]
async fn what_was_asked_for_and_is_not_there_was_not_disclosed() {
    let house = House::open().await;
    house.case_without_consents(CASE).await;
    for person in ["mother", "father", "daughter"] {
        let now = house.gateway.clock().now();
        let mut draft = house::consent_draft(CASE, person, &[(person, 1)], now);
        draft.categories.push(HealthMental.number().into());
        if person == "daughter" {
            let mother = house::consent_draft(CASE, person, &[("mother", 2)], now).grantors;
            draft.grantors.extend(mother);
        }
        house.record_draft(draft).await.unwrap();
    }
    ask(&house, wanted(&[Identification, HealthMental])).await;
    let entries = entries(&house, EventCode::SummaryDelivered).await;
    let asked = Categories::of(&[Identification, HealthMental]);
    let only = Categories::of(&[Identification]);
    let expected = [(only, Some(asked)), (asked, Some(asked)), (only, Some(asked))];
    assert_eq!(said(&entries), expected, "there is something about his health, and his alone");
    for (looked, _) in &entries {
        assert_eq!(verdict(&house, looked).await, Verdict::Same);
    }
}

/// What a recipient is told about people who were left out: how many they are (DOMAIN §3.2).
#[tokio::test]
async fn a_recipient_learns_nothing_about_people_who_were_left_out_but_their_number() {
    // Whoever it is of the family, the answers look alike.
    for (person, consent) in [("mother", 0), ("father", 1)] {
        let house = House::open().await;
        let consents = house.case_with_summary().await;
        house.withdraw(&consents[consent], person, 1).await.unwrap();
        let call = house.call(GGZ, UserRole::CaseWorker);
        let request = new_request("RequestSummary");
        let encode = |answer: &Requested| {
            let keys: Vec<&str> = answer
                .entries
                .iter()
                .map(|entry| entry.person_key.as_ref().map_or("", |key| key.as_str()))
                .collect();
            let first = answer.entries[0].index;
            let places: Vec<u64> = answer.entries.iter().map(|entry| entry.index - first).collect();
            assert_eq!(places, [0, 1, 2], "no gap tells who is between");
            let said: Vec<u16> = answer
                .entries
                .iter()
                .map(|entry| Entry::decode(&entry.entry).unwrap().reason)
                .collect();
            assert_eq!(said, [0; 3]);
            let listed = answer.receipt.lines().find(|line| line.starts_with("entries")).unwrap();
            assert_eq!(listed.split(' ').count(), 4, "{listed}");
            format!("{} {}", answer.redacted_subjects, keys.join(" ")).into_bytes()
        };
        let answer = house.gateway.request_summary(&call, &request, wanted(&[]), encode).await;
        let others: Vec<&str> = ["mother", "father", "daughter", "son"]
            .into_iter()
            .filter(|other| *other != person)
            .collect();
        let expected = format!("1 {}", others.join(" "));
        assert_eq!(String::from_utf8(answer.unwrap()).unwrap(), expected);
        // An officer finds why.
        let denied = entries(&house, EventCode::AccessDenied).await;
        let [(looked, leaf)] = denied.as_slice() else { panic!("one was denied") };
        assert_eq!(leaf.reason, DenialReason::Withdrawn.number());
        let record = looked.record.as_ref().unwrap();
        assert_eq!(record.denial, Some(DenialReason::Withdrawn));
        assert!(record.conditions.iter().any(|condition| !condition.met));
        assert_eq!(verdict(&house, looked).await, Verdict::Same);
    }
}

/// A referral, and what the police hear of it, are decided like any other disclosure, and so is their no.
#[tokio::test]
async fn a_referral_or_feedback_that_is_denied_is_written_down_about_everybody_and_decided_again() {
    let house = House::open().await;
    let taken = new_request("SubmitReferral");
    house.submit(&taken).await.unwrap();
    house.triage(&taken).await;
    let pack = include_str!("../certs-example/haaglanden-1.toml")
        .replacen("version = \"haaglanden-1\"", "version = \"haaglanden-2\"", 1)
        .replacen("[bases.WPG_18]\nenabled = true", "[bases.WPG_18]\nenabled = false", 1)
        .replacen(
            "[bases.WMO_4_1_1_2_G]\nenabled = true",
            "[bases.WMO_4_1_1_2_G]\nenabled = false",
            1,
        );
    let file = from_texts(include_str!("../certs-example/directory.toml"), &pack).unwrap();
    house.gateway.activate_directory(file).await.unwrap();

    let steunpunt = house.call(STEUNPUNT, UserRole::ProcessDirector);
    let (feedback, id) = (new_request("SendFeedback"), referral_id_of(&taken));
    let told = house.gateway.send_feedback(&steunpunt, &feedback, id, |_| Vec::new()).await;
    let refused = new_request("SubmitReferral");
    for denied in [told, house.submit(&refused).await] {
        let reason = Some(DenialReason::BasisDisabled);
        assert!(matches!(denied, Err(Error::Denied { reason: found }) if found == reason));
    }
    let db = house.db().await;
    let mut tx = db.read().await.unwrap();
    assert_eq!(tx.referral(referral_id_of(&refused)).await.unwrap(), None);
    drop(tx);

    let progress = Categories::of(&[Category::ProgressStatus]);
    let whole = Categories::of(&[Identification, Category::ContactAddress, Category::Incident]);
    let expected = [(progress, None), (whole, None)].map(|said| [said; 4]).concat();
    let denied = entries(&house, EventCode::AccessDenied).await;
    assert_eq!(said(&denied), expected);
    let ids = [&taken, &refused].map(|request| [referral_id_of(request); 4]).concat();
    for ((looked, leaf), id) in denied.iter().zip(ids) {
        let record = looked.record.as_ref().unwrap();
        assert_eq!(leaf.reason, DenialReason::BasisDisabled.number());
        assert_eq!(record.denial, Some(DenialReason::BasisDisabled));
        assert!(record.conditions.iter().any(|condition| !condition.met));
        assert_eq!(record.authorization_policy.as_str(), "haaglanden-2");
        assert_eq!(record.message_id, Some(id.into()));
        assert_eq!(verdict(&house, looked).await, Verdict::Same);
    }
    let people = |part: &[(Looked, Entry)]| {
        let subjects: BTreeSet<_> = part.iter().map(|(looked, _)| looked.row.subject).collect();
        assert!(!subjects.contains(&None));
        subjects
    };
    assert_eq!(people(&denied[..4]).len(), 4);
    assert_eq!(people(&denied[..4]), people(&denied[4..]), "the same family");
}

/// An officer is shown why the people were not told, or when they will be; the recipient's answer and
/// the detail, which is no secret, hold the code alone.
#[tokio::test]
async fn how_people_were_involved_is_kept_whole_for_officers() {
    let house = House::open().await;
    house.case_with_summary().await;
    let planned_date = "2026-03-20".to_owned();
    let reason = "Het mes ligt nog in huis.".to_owned();
    let drafts = [
        InvolvementDraft { kind: 4, planned_date: planned_date.clone(), ..Default::default() },
        InvolvementDraft { kind: 5, reason: reason.clone(), ..Default::default() },
    ];
    for draft in drafts.clone() {
        ask(&house, SummaryRequestDraft { involvement: Some(draft), ..wanted(&[]) }).await;
    }
    let entries = entries(&house, EventCode::SummaryDelivered).await;
    let [planned, not] = drafts.map(|draft| draft.parse(house.gateway.clock().now()).unwrap());
    assert_eq!(entries.len(), 8);
    for (entries, expected) in entries.chunks(4).zip([planned, not]) {
        for (looked, entry) in entries {
            let record = looked.record.as_ref().unwrap();
            assert_eq!(record.involvement.as_ref(), Some(&expected));
            assert_eq!(record.outcome_detail, expected.kind().as_str());
            assert_eq!(verdict(&house, looked).await, Verdict::Same);
            for open in [&looked.row.sealed, &entry.encode()] {
                let text = String::from_utf8_lossy(open);
                assert!(!text.contains(&reason) && !text.contains(&planned_date));
            }
        }
    }
}

#[tokio::test]
async fn a_closed_question_is_explained_and_can_be_answered_again() {
    let house = House::open().await;
    let consents = house.case_with_summary().await;
    house.withdraw(&consents[1], "father", 1).await.unwrap();
    for (person, category) in
        [("mother", Identification), ("mother", HealthMental), ("father", Identification)]
    {
        let call = house.call(GGZ, UserRole::CaseWorker);
        let question = QuestionDraft {
            case_ref: CASE.to_owned(),
            person_key: person.to_owned(),
            source_oin: STEUNPUNT.to_owned(),
            recipient_oin: GGZ.to_owned(),
            purpose: 1,
            categories: vec![category.number().into()],
        };
        house.gateway.check_consent(&call, question).await.unwrap();
    }
    let entries = entries(&house, EventCode::ConsentChecked).await;
    let denials = [None, Some(DenialReason::CategoryNotCovered), Some(DenialReason::Withdrawn)];
    assert_eq!(entries.len(), denials.len());
    for ((looked, _), denial) in entries.iter().zip(denials) {
        let record = looked.record.as_ref().unwrap();
        assert_eq!(record.denial, denial);
        let unmet = record.conditions.iter().find(|condition| !condition.met);
        assert_eq!(unmet.map(|condition| condition.id.reason()), denial);
        assert!(record.conditions.len() > 9, "every test of consent is told");
        assert_eq!(verdict(&house, looked).await, Verdict::Same);
    }
}
