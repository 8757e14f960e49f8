//! A record is decided again to the same answer, and whatever is changed in it afterwards shows.

use super::*;
use crate::domain::category::{Categories, Category};
use crate::domain::disclosure::{DataSubject, IdType};
use crate::domain::event::DenialReason;
use crate::domain::policy::Asked;
use crate::domain::testema::{
    NOOR, RUBEN, SUMMARY, YARA, at, family_facts, parent, social_work, summary_request,
};

fn pack() -> (PackId, Arc<PolicyPack>) {
    let facts = family_facts();
    (facts.pack, facts.rules)
}

/// The record of the decision about one person, as the gateway writes it.
fn record_of(decision: &Decision, person: Pseudonym) -> DisclosureRecord {
    let permit = decision.permit(person);
    let answer = decision.persons.iter().find(|answer| answer.subject == person).unwrap();
    let categories = permit.map_or_else(|| answer.asked(), super::super::Permit::categories);
    let grounds = decision.grounds.about(categories);
    let mut record = DisclosureRecord::example();
    record.data_subject = Some(DataSubject {
        pseudonym: person,
        id_type: IdType::VvtPseudonym,
        age_band: answer.age_band,
    });
    record.denial = answer.denial();
    record.data_categories = categories;
    record.consent_ids = permit
        .map(|permit| permit.consents().iter().map(|consent| consent.consent_id).collect())
        .unwrap_or_default();
    record.avg_article_6 = Some(grounds.avg_article_6);
    record.avg_article_9 = grounds.avg_article_9;
    record.uavg_criminal = grounds.uavg_criminal;
    record.confidentiality_ground = Some(grounds.confidentiality_ground);
    record.authorization_policy = decision.pack.version.clone();
    record.policy_hash = decision.pack.hash;
    record.conditions = decision.conditions_about(person);
    record.decided_on = decision.decided_on(person);
    record
}

/// The same after it was sealed, stored and opened.
fn kept(record: &DisclosureRecord) -> DisclosureRecord {
    DisclosureRecord::from_bytes(&record.to_bytes()).unwrap()
}

fn again(record: &DisclosureRecord) -> Vec<Difference> {
    let decided_on = record.decided_on.clone().unwrap();
    replay(record, &decided_on, pack())
}

fn decided() -> Decision {
    decide(summary_request(), family_facts(), at(SUMMARY))
}

#[test]
fn what_was_allowed_is_allowed_again() {
    let decision = decided();
    for person in [YARA, RUBEN, NOOR] {
        let record = kept(&record_of(&decision, person));
        assert_eq!(record.denial, None);
        assert_eq!(again(&record), []);
    }
}

#[test]
fn what_was_denied_is_denied_again_for_the_same_reason() {
    let mut facts = family_facts();
    facts.members.clear();
    let record = kept(&record_of(&decide(summary_request(), facts, at(SUMMARY)), NOOR));
    assert_eq!(record.denial, Some(DenialReason::NotInCaseTeam));
    assert_eq!(again(&record), []);
}

#[test]
fn a_birthday_after_the_decision_does_not_change_it() {
    // Noor turns 16 on 20 May 2026; the replay goes by the moment of the decision.
    let record = kept(&record_of(&decided(), NOOR));
    assert_eq!(record.decided_on.as_ref().unwrap().at, at(SUMMARY));
    assert_eq!(again(&record), []);
}

#[test]
fn another_pack_is_told_by_its_hash() {
    let record = record_of(&decided(), NOOR);
    let (id, rules) = pack();
    let other = PackId { hash: [9; 32], ..id };
    let found = replay(&record, record.decided_on.as_ref().unwrap(), (other, rules));
    assert_eq!(found, [Difference::Pack]);
}

#[test]
fn what_went_may_be_less_than_what_was_allowed_and_never_more() {
    let identification = Categories::of(&[Category::Identification]);
    let partly = |allowed: Categories, went: Categories| {
        let mut record = record_of(&decided(), YARA);
        record.permitted_categories = Some(allowed);
        record.data_categories = went;
        kept(&record)
    };
    let allowed = record_of(&decided(), YARA).data_categories;
    let grounds = |record: &mut DisclosureRecord| {
        let about = decided().grounds.about(record.data_categories);
        (record.avg_article_9, record.uavg_criminal) = (about.avg_article_9, about.uavg_criminal);
    };
    for (allowed, went, expected) in [
        (allowed, identification, vec![]),
        (allowed, Categories::EMPTY, vec![]),
        (identification, identification, vec![Difference::Categories]),
        (allowed, allowed.with(Category::Disability), vec![Difference::Categories]),
    ] {
        let mut record = partly(allowed, went);
        grounds(&mut record);
        assert_eq!(again(&record), expected, "{went} of {allowed}");
    }
}

#[test]
fn every_part_of_a_record_that_is_changed_shows() {
    type Change = fn(&mut DisclosureRecord);
    let changes: [(Change, Difference); 7] = [
        (|record| record.policy_hash = [9; 32], Difference::Pack),
        (|record| record.data_subject.as_mut().unwrap().pseudonym = YARA, Difference::Subject),
        (|record| record.denial = Some(DenialReason::NoConsent), Difference::Answer),
        (
            |record| {
                let identification = Categories::of(&[Category::Identification]);
                record.data_categories = record.data_categories.without(identification);
            },
            Difference::Categories,
        ),
        (|record| record.consent_ids.clear(), Difference::Consents),
        (|record| record.confidentiality_ground = None, Difference::Grounds),
        (|record| record.conditions.truncate(3), Difference::Conditions),
    ];
    for (change, difference) in changes {
        let mut record = record_of(&decided(), NOOR);
        change(&mut record);
        assert_eq!(again(&record), [difference]);
    }
}

#[test]
fn facts_that_were_changed_show() {
    type Change = fn(&mut DecidedOn);
    let changes: [Change; 4] = [
        |facts| facts.subject.consents.clear(),
        |facts| facts.subject.position.birth_date = "2008-05-20".parse().unwrap(),
        |facts| facts.members = Arc::new(Vec::new()),
        |facts| {
            let terms = &mut facts.subject.consents[0].terms;
            terms.grantors.retain(|grantor| grantor.signer() != parent(YARA));
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut record = record_of(&decided(), NOOR);
        let mut facts = record.decided_on.as_deref().unwrap().clone();
        change(&mut facts);
        record.decided_on = Some(Arc::new(facts));
        assert_ne!(again(&record), [], "change {number} went unnoticed");
    }
}

#[test]
fn consents_for_another_recipient_are_not_kept() {
    let mut facts = family_facts();
    let mut other = facts.subjects[0].consents[0].clone();
    other.terms.recipient = social_work();
    facts.subjects[0].consents.push(other);
    let decision = decide(summary_request(), facts, at(SUMMARY));
    let kept = decision.decided_on(YARA).unwrap();
    assert_eq!(kept.subject.consents.len(), 1);
    assert_eq!(again(&record_of(&decision, YARA)), []);
}

#[test]
fn what_was_written_in_words_is_not_kept_with_a_decision() {
    use crate::domain::policy::BasisEvidence;
    let told = "Hij dreigde met een mes.";
    let evidence = BasisEvidence {
        necessity_text: Some(told.parse().unwrap()),
        gravity_text: Some(told.parse().unwrap()),
        ..BasisEvidence::default()
    };
    let request = Request { evidence, ..summary_request() };
    let decision = decide(request, family_facts(), at(SUMMARY));
    let kept = decision.decided_on(YARA).unwrap();
    let text = serde_json::to_string(&*kept).unwrap();
    assert!(!text.contains("mes"), "{text}");
    assert!(kept.request.evidence.necessity_text.is_some());
    assert_eq!(again(&record_of(&decision, YARA)), []);
}

/// The closed question about Noor: may mental health care have what she agreed to?
fn question() -> ClosedQuestion {
    let subject = family_facts().subjects.into_iter().find(|one| one.position.subject == NOOR);
    let subject = subject.unwrap();
    let request = summary_request();
    let Asked::Exactly(categories) = request.asked else { panic!() };
    ClosedQuestion {
        at: at(SUMMARY),
        source: request.sender.oin,
        recipient: request.recipient.oin,
        purpose: request.purpose,
        categories,
        position: subject.position,
        consents: subject.consents,
        is_processing_restricted: false,
    }
    .alone()
}

/// The record of its answer, as the gateway writes it, after it was stored and opened.
fn answered(question: ClosedQuestion) -> DisclosureRecord {
    let mut record = record_of(&decided(), NOOR);
    let Answered { answer, conditions } = question.answer(&pack().1.consent);
    (record.denial, record.consent_ids) = match answer {
        Answer::Permit { consents } => (None, ids(&consents)),
        Answer::Deny { reason } => (Some(reason), Vec::new()),
    };
    (record.conditions, record.decided_on) = (conditions, None);
    record.closed_question = Some(Box::new(question));
    kept(&record)
}

fn answered_again(record: &DisclosureRecord) -> Vec<Difference> {
    answer_again(record, record.closed_question.as_ref().unwrap(), pack())
}

#[test]
fn a_closed_question_is_explained_and_answered_again() {
    let restricted = ClosedQuestion { is_processing_restricted: true, ..question() };
    let nothing = ClosedQuestion { consents: Vec::new(), ..question() };
    let more = question().categories.with(Category::HealthMental);
    let uncovered = ClosedQuestion { categories: more, ..question() };
    for (asked, denial, unmet) in [
        (question(), None, vec![]),
        (restricted, Some(DenialReason::ProcessingRestricted), vec!["subject.unrestricted"]),
        (nothing, Some(DenialReason::NoConsent), vec!["consent.recorded", "consent.signed"]),
        (uncovered, Some(DenialReason::CategoryNotCovered), vec!["consent.category"]),
    ] {
        let mut record = answered(asked);
        let categories = record.closed_question.as_ref().unwrap().categories;
        let grounds = pack().1.basis(Basis::Consent).grounds.about(categories);
        (record.data_categories, record.avg_article_9) = (categories, grounds.avg_article_9);
        assert_eq!(record.denial, denial);
        let found = record.conditions.iter().filter(|condition| !condition.met);
        assert_eq!(found.map(|condition| condition.id.as_str()).collect::<Vec<_>>(), unmet);
        assert_eq!(answered_again(&record), []);
    }
}

#[test]
fn an_answer_to_a_closed_question_that_was_changed_shows() {
    type Change = fn(&mut ClosedQuestion);
    let changes: [Change; 4] = [
        |question| question.consents.clear(),
        |question| question.is_processing_restricted = true,
        |question| question.position.subject = YARA,
        |question| question.categories = Categories::of(&[Category::Identification]),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut record = answered(question());
        assert_eq!(answered_again(&record), []);
        change(record.closed_question.as_mut().unwrap());
        assert_ne!(answered_again(&record), [], "change {number} went unnoticed");
    }
}

#[test]
fn what_other_people_said_is_not_kept_with_a_question() {
    let everybody: Vec<_> =
        family_facts().subjects.into_iter().flat_map(|subject| subject.consents).collect();
    let mut other = question().consents[0].clone();
    other.terms.recipient = social_work();
    let consents = everybody.into_iter().chain([other]).collect();
    let asked = ClosedQuestion { consents, ..question() };
    let alone = asked.clone().alone();
    assert_eq!(alone, question());
    assert_eq!(alone.answer(&pack().1.consent), asked.answer(&pack().1.consent));
}
