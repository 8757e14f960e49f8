//! What a report shows of a record.

use crate::domain::basis::Basis;
use crate::domain::category::{Categories, Category};
use crate::domain::disclosure::{
    DataSubject, DisclosureRecord, IdType, ObjectType, Party, SCHEMA_VERSION, SpanId, TraceId,
};
use crate::domain::event::{Action, EventCode, Outcome};
use crate::domain::id::{EventId, GroupId, Oin};
use crate::domain::organisation::{Role, UserRole};
use crate::domain::person::AgeBand;
use crate::domain::purpose::Purpose;
use crate::domain::review::ReviewState;
use crate::domain::subject_request::*;
use crate::domain::testema::{NOOR, actor, at, ggz, police, steunpunt};

const OWN: Sight =
    Sight { is_somebody_else: false, withhold_reporter: false, is_informing_postponed: false };

fn record(
    event: EventCode,
    (from, to): ((Oin, Role), (Oin, Role)),
    basis: Basis,
) -> DisclosureRecord {
    let moment = at("2026-04-14T10:22:31.412Z");
    DisclosureRecord {
        schema_version: SCHEMA_VERSION,
        disclosure_id: EventId::from_bytes([1; 16]),
        disclosure_group_id: GroupId::from_bytes([2; 16]),
        sequence: None,
        trace_id: TraceId([3; 16]),
        span_id: SpanId([4; 8]),
        parent_span_id: None,
        event_code: event,
        action: Action::R,
        started_at: moment,
        recorded_at: moment,
        outcome: Outcome::Success,
        outcome_detail: String::new(),
        sender: Party::new(from.0.clone(), from.1).acting(&actor("sp-0147", UserRole::CaseWorker)),
        recipient: Some(Party::new(to.0, to.1)),
        custodian_oin: from.0,
        data_subject: Some(DataSubject {
            pseudonym: NOOR,
            id_type: IdType::VvtPseudonym,
            age_band: AgeBand::Age12To15,
        }),
        case_ref: None,
        message_id: None,
        object_type: ObjectType::CaseSummary,
        object_version: Some(1),
        data_categories: Categories::of(&[Category::Identification, Category::ShelterAddress]),
        permitted_categories: None,
        purpose: Some(Purpose::CareCoordination),
        basis: Some(basis),
        avg_article_6: None,
        avg_article_9: None,
        uavg_criminal: None,
        confidentiality_ground: None,
        consent_ids: Vec::new(),
        authorization_policy: "vvt-authz-v3".parse().unwrap(),
        policy_hash: [5; 32],
        checks: String::new(),
        conditions: Vec::new(),
        denial: None,
        decided_on: None,
        closed_question: None,
        break_glass: None,
        involvement: None,
        same_family_name: false,
        processing_activity_id: String::new(),
        source_system: "ketenpoort".to_owned(),
        source_site: "test".to_owned(),
    }
}

fn sp() -> (Oin, Role) {
    (steunpunt(), Role::Steunpunt)
}

fn pol() -> (Oin, Role) {
    (police(), Role::Police)
}

fn care() -> (Oin, Role) {
    (ggz(), Role::MentalHealth)
}

/// Asked for by mental health care, and given.
fn summary() -> DisclosureRecord {
    record(EventCode::SummaryDelivered, (sp(), care()), Basis::Consent)
}

/// Reported by mental health care on its own initiative.
fn notice() -> DisclosureRecord {
    record(EventCode::SummaryShared, (care(), sp()), Basis::Wmo526Report)
}

/// As an entry that does not rest on the word of the person.
fn seen(record: &DisclosureRecord, sight: Sight) -> Option<AccessEntry> {
    access_entry(record, sight, false)
}

#[test]
fn the_person_sees_who_gave_what_to_whom_and_why() {
    let entry = seen(&summary(), OWN).unwrap();
    assert_eq!(entry.from, Organisation::Named(steunpunt(), Role::Steunpunt));
    assert_eq!(entry.to, Organisation::Named(ggz(), Role::MentalHealth));
    assert_eq!(entry.purpose, Some(Purpose::CareCoordination));
    assert!(!entry.is_emergency && entry.categories.contains(Category::Identification));
}

#[test]
fn an_emergency_is_told() {
    let declared = Some(EventId::from_bytes([9; 16]));
    let urgent = DisclosureRecord { break_glass: declared, ..notice() };
    assert!(seen(&urgent, OWN).unwrap().is_emergency);
    let purpose = Some(Purpose::EmergencyOverride);
    let urgent = DisclosureRecord { purpose, ..notice() };
    assert!(seen(&urgent, OWN).unwrap().is_emergency);
    assert!(!seen(&notice(), OWN).unwrap().is_emergency);
}

#[test]
fn the_outcome_of_a_review_is_told_when_it_stands_and_not_how_it_came_about() {
    let told = ReviewState::ALL.iter().map(|state| ReviewOutcome::from(*state).as_str());
    let pending = ["PENDING"; 3].into_iter();
    let closed = ["JUSTIFIED", "JUSTIFIED_WITH_REMARK", "NOT_JUSTIFIED"];
    assert!(told.eq(pending.chain(closed)));
}

#[test]
fn what_was_given_on_the_initiative_of_the_sender_is_a_disclosure() {
    let given = DisclosureRecord { event_code: EventCode::SummaryShared, ..summary() };
    assert!(seen(&given, OWN).is_some());
    // That it was opened is not another one.
    let opened = DisclosureRecord { event_code: EventCode::SummaryRead, ..summary() };
    assert_eq!(seen(&opened, OWN), None);
}

#[test]
fn what_was_denied_or_stayed_inside_is_no_disclosure() {
    let denied = DisclosureRecord { outcome: Outcome::SeriousFailure, ..summary() };
    assert_eq!(seen(&denied, OWN), None);
    let inside = DisclosureRecord { event_code: EventCode::SummarySent, ..summary() };
    assert_eq!(seen(&inside, OWN), None);
    let nowhere = DisclosureRecord { recipient: None, ..summary() };
    assert_eq!(seen(&nowhere, OWN), None);
}

/// Who was helped by a shelter knows of it; nobody else learns of it from a report.
#[test]
fn a_shelter_is_named_only_to_the_person_who_agreed_to_it() {
    let other = Sight { is_somebody_else: true, ..OWN };
    let shelter: (Oin, Role) = ("00000099000000008000".parse().unwrap(), Role::Shelter);
    let agreed = record(EventCode::SummaryDelivered, (sp(), shelter.clone()), Basis::Consent);
    assert!(access_entry(&agreed, OWN, true).is_some());
    assert_eq!(access_entry(&agreed, OWN, false), None, "a representative agreed");
    assert_eq!(access_entry(&agreed, other, true), None);
    let asked = record(EventCode::SummaryShared, (sp(), shelter.clone()), Basis::Wmo4112D);
    assert_eq!(access_entry(&asked, OWN, false), None);
    let told = record(EventCode::SummaryShared, (shelter, sp()), Basis::Wmo526Report);
    assert_eq!(access_entry(&told, OWN, false), None);
}

#[test]
fn a_shelter_address_is_in_no_report() {
    for sight in [OWN, Sight { is_somebody_else: true, ..OWN }] {
        let entry = access_entry(&summary(), sight, true).unwrap();
        assert_eq!(entry.categories, Categories::of(&[Category::Identification]));
    }
    // Neither party is a shelter: a line about nothing would tell of one.
    let other = Sight { is_somebody_else: true, ..OWN };
    let address = Categories::of(&[Category::ShelterAddress]);
    for (parties, basis) in [
        ((sp(), care()), Basis::Consent),
        ((care(), sp()), Basis::Wmo526Report),
        ((pol(), sp()), Basis::Wpg18),
        ((sp(), pol()), Basis::Wmo4112E),
    ] {
        let shared = record(EventCode::SummaryShared, parties, basis);
        let hole = DisclosureRecord { data_categories: address, ..shared.clone() };
        for (sight, own_consent) in [(other, true), (other, false), (OWN, false)] {
            assert_eq!(access_entry(&hole, sight, own_consent), None, "{basis} {own_consent}");
        }
        let known = access_entry(&hole, OWN, true).unwrap();
        assert!(known.categories.is_empty(), "the person agreed, and knows of it");
        // What never held an address hides nothing.
        let plain = DisclosureRecord { data_categories: Categories::of(&[]), ..shared };
        assert!(access_entry(&plain, other, false).is_some());
    }
}

#[test]
fn nothing_shared_without_consent_is_shown_while_informing_is_put_off() {
    let postponed = Sight { is_informing_postponed: true, ..OWN };
    assert_eq!(seen(&notice(), postponed), None);
    assert!(seen(&notice(), OWN).is_some());
    assert!(seen(&summary(), postponed).is_some(), "what the person agreed to is known");
}

#[test]
fn the_reporter_stays_unnamed_where_that_was_decided() {
    let hidden = Sight { withhold_reporter: true, ..OWN };
    let referral = record(EventCode::ReferralSubmitted, (pol(), sp()), Basis::Wpg18);
    let entry = seen(&referral, hidden).unwrap();
    // Neither the law nor the event tells that it was the police.
    assert_eq!((entry.basis, entry.purpose, entry.told_event()), (None, None, None));
    let neutral = entry.ground_nl().unwrap();
    assert!(neutral.contains("melding") && !neutral.contains("politie"), "{neutral}");
    assert_eq!(
        (entry.from, entry.to),
        (Organisation::Withheld, Organisation::Named(steunpunt(), Role::Steunpunt))
    );
    let feedback = record(EventCode::ReferralFeedbackSent, (sp(), pol()), Basis::Wmo4112G);
    let feedback = seen(&feedback, hidden).unwrap();
    assert_eq!(feedback.ground_nl(), Some(neutral));
    assert_eq!((feedback.to, feedback.basis), (Organisation::Withheld, None));
    let notice = seen(&notice(), hidden).unwrap();
    assert_eq!(notice.ground_nl(), Some(neutral));
    assert_eq!((notice.from, notice.basis, notice.purpose), (Organisation::Withheld, None, None));
    let named = seen(&referral, OWN).unwrap();
    assert_eq!(named.from, Organisation::Named(police(), Role::Police));
    assert_eq!((named.basis, named.told_event()), (Some(Basis::Wpg18), Some(named.event)));
    let summary = seen(&summary(), hidden).unwrap();
    assert_eq!(summary.from, Organisation::Named(steunpunt(), Role::Steunpunt));
}

#[test]
fn every_ground_has_words_and_an_article_or_a_date() {
    for basis in Basis::ALL {
        assert!(basis_nl(*basis).ends_with('.'), "{basis}");
        assert_eq!(statute(*basis).is_none(), *basis == Basis::Consent);
    }
}
