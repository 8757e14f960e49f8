//! Letting go, transfer, no further action, and taking up again (DOMAIN §1.3): one test for each
//! guard of the last rows of the table, and the warm handover of §1.2.

use super::super::*;
use super::watching::{check, later, record, watched};
use super::{at, first_contact, items, now, talk};
use crate::domain::summary::AgreementStatus;

fn stopped() -> StepDraft {
    StepDraft::ViolenceStopped {
        confirmed_at: Some(at("2026-09-01T08:00:00Z")),
        confirmed_by_user_id: "sp-0147".to_owned(),
    }
}

fn spoken(person: &str) -> StepDraft {
    let held_at = Some(at("2026-09-02T08:00:00Z"));
    StepDraft::SeparateConversation { person_key: person.to_owned(), held_at }
}

/// A case that can be let go.
fn secured() -> Case {
    let secured = AgreementStatus::Secured;
    let steps = [
        check(&[("a1", secured), ("a2", secured)], false),
        stopped(),
        spoken("noor"),
        spoken("sem"),
    ];
    let case = Case { phase: SafetyPhase::RecoveryCare, ..watched() };
    steps.into_iter().try_fold(case, record).unwrap()
}

fn release() -> Closing {
    Closing::Released { phase_reason: None }
}

fn close(case: Case, loose: Loose) -> Result<Case, Missing> {
    case.close(release(), &loose, later())
}

#[test]
fn a_case_is_let_go_when_everything_holds() {
    let case = close(secured(), Loose::default()).unwrap();
    assert_eq!(case.state, CaseState::Released);
    let milestone = case.milestone(later(), None);
    assert!(milestone.violence_stopped);
    assert_eq!((milestone.children, milestone.children_spoken), (2, 2));
    assert_eq!((milestone.agreements.secured, milestone.agreements.family_owned), (2, 1));
}

#[test]
fn letting_go_needs_every_agreement_secured() {
    let case = record(secured(), check(&[("a2", AgreementStatus::Kept)], false)).unwrap();
    assert_eq!(items(close(case, Loose::default())), [("AGREEMENT_SECURED", 1)]);
}

#[test]
fn letting_go_needs_the_word_that_violence_has_stopped() {
    let mut case = secured();
    case.progress.violence_stopped.clear();
    assert_eq!(items(close(case, Loose::default())), [("VIOLENCE_STOPPED", 1)]);
    // A word that was given before the last referral counts no more.
    let last_referral_at = Some(at("2026-09-15T08:00:00Z"));
    let found = items(close(secured(), Loose { last_referral_at, ..Loose::default() }));
    assert_eq!(found, [("VIOLENCE_STOPPED", 1)]);
    let last_referral_at = Some(at("2026-08-15T08:00:00Z"));
    close(secured(), Loose { last_referral_at, ..Loose::default() }).unwrap();
}

#[test]
fn letting_go_needs_child_involvement_that_is_up_to_date() {
    let mut case = secured();
    // What the son said in March says nothing about how the agreements are kept.
    case.progress.separate_conversations.get_mut(&super::key("sem")).unwrap().truncate(1);
    assert_eq!(items(close(case.clone(), Loose::default())), [("CHILD_INVOLVEMENT", 1)]);
    let excepted = ChildInvolvementDraft {
        person_key: "sem".to_owned(),
        kind: 3,
        reason: "In het ziekenhuis".to_owned(),
        approver_user_id: "sp-0012".to_owned(),
        ..ChildInvolvementDraft::default()
    };
    let case = record(case, StepDraft::ChildInvolvement(excepted)).unwrap();
    close(case, Loose::default()).unwrap();
}

#[test]
fn letting_go_needs_phase_3_or_a_reason() {
    let case = Case { phase: SafetyPhase::RiskDrivenCare, ..secured() };
    assert_eq!(items(close(case.clone(), Loose::default())), [("PHASE_3", 1)]);
    let draft = ClosingDraft::Release { phase_reason: "Herstel loopt bij de wijk".to_owned() };
    let closing = draft.parse(later()).unwrap();
    let case = case.close(closing, &Loose::default(), later()).unwrap();
    assert_eq!(case.state, CaseState::Released);
}

#[test]
fn letting_go_drops_no_baton_and_no_referral() {
    let loose = Loose { open_handovers: 1, untriaged_referrals: 2, last_referral_at: None };
    let expected = [("OPEN_HANDOVER", 1), ("REPEAT_REFERRAL_TRIAGED", 2)];
    assert_eq!(items(close(secured(), loose)), expected);
    let reason = "Niets meer te doen".parse().unwrap();
    let ended = watched().close(Closing::NoFurtherAction { reason }, &loose, later());
    assert_eq!(items(ended), expected);
}

#[test]
fn letting_go_of_a_case_that_was_just_opened_lacks_everything() {
    let found = items(close(Case::open(super::family()), Loose::default()));
    assert_eq!(
        found,
        [
            ("CASE_STATE", 1),
            ("AGREEMENT_SECURED", 1),
            ("VIOLENCE_STOPPED", 1),
            ("CHILD_INVOLVEMENT", 2),
            ("PHASE_3", 1),
        ]
    );
}

#[test]
fn a_transfer_names_who_took_over() {
    let draft = TransferDraft {
        receiver_name: "Wijkteam Centrum".to_owned(),
        accepted_by: "mw. Jansen".to_owned(),
        accepted_at: Some(now()),
        reason: "Hulp dichtbij".to_owned(),
        handover_id: String::new(),
    };
    let closing = ClosingDraft::Transfer(draft.clone()).parse(later()).unwrap();
    let case = watched().close(closing, &Loose::default(), later()).unwrap();
    assert_eq!(case.state, CaseState::Transferred);
    let found = |draft: TransferDraft| -> Vec<(String, &'static str)> {
        let refused = ClosingDraft::Transfer(draft).parse(later()).unwrap_err();
        refused.iter().map(|one| (one.field.clone(), one.rule)).collect()
    };
    let expected = |list: &[(&str, &'static str)]| -> Vec<(String, &'static str)> {
        list.iter().map(|(field, rule)| (format!("transfer.{field}"), *rule)).collect()
    };
    assert_eq!(
        found(TransferDraft::default()),
        expected(&[
            ("receiver_name", "REQUIRED"),
            ("accepted_by", "REQUIRED"),
            ("accepted_at", "REQUIRED"),
            ("reason", "REQUIRED"),
        ])
    );
    let handover_id = "a3a6f0f2-93a2-4a1b-8d5e-111111111111".to_owned();
    assert_eq!(
        found(TransferDraft { handover_id, ..draft }),
        expected(&[
            ("receiver_name", "NOT_APPLICABLE"),
            ("accepted_by", "NOT_APPLICABLE"),
            ("accepted_at", "NOT_APPLICABLE"),
        ])
    );
}

#[test]
fn a_case_that_ended_does_not_end_again() {
    let case = close(secured(), Loose::default()).unwrap();
    let reason = "Dubbel".parse().unwrap();
    let again = case.clone().close(Closing::NoFurtherAction { reason }, &Loose::default(), later());
    assert_eq!(items(again), [("CASE_STATE", 1)]);
    assert_eq!(items(close(case.clone(), Loose::default())), [("CASE_STATE", 1)]);
    assert_eq!(items(record(case, stopped())), [("CASE_STATE", 1)]);
    assert!(ClosingDraft::NotGiven.parse(later()).is_err());
}

fn reopening() -> Reopening {
    let draft = ReopeningDraft {
        referral_id: "a3a6f0f2-93a2-4a1b-8d5e-111111111111".to_owned(),
        reason: "Nieuwe melding".to_owned(),
    };
    draft.parse(later()).unwrap()
}

#[test]
fn a_released_case_is_taken_up_again_after_triage_in_phase_1_and_forgets_nothing() {
    let before = close(secured(), Loose::default()).unwrap();
    let case = before.clone().reopen(reopening()).unwrap();
    assert_eq!((case.state, case.phase), (CaseState::Triaged, SafetyPhase::DirectSafety));
    assert_eq!(case.progress.earlier, [before.progress]);
    let change = case.progress.phase_changes.first().unwrap();
    assert!(change.cause == PhaseCause::Reopened && change.from == SafetyPhase::RecoveryCare);
    // Everybody is spoken with anew.
    let case = case.record(first_contact(), later()).unwrap();
    let meeting = StepDraft::NetworkMeeting { held_at: Some(later()) };
    let found = items(record(case.clone(), meeting));
    assert_eq!(found, [("SEPARATE_CONVERSATION", 2), ("CHILD_INVOLVEMENT", 2)]);
    assert_eq!(case.progress.plan(), None);
    let json = serde_json::to_string(&case.progress).unwrap();
    assert_eq!(serde_json::from_str::<Progress>(&json).unwrap(), case.progress);
}

#[test]
fn only_a_case_that_ended_is_taken_up_again() {
    assert_eq!(items(watched().reopen(reopening())), [("CASE_STATE", 1)]);
    for state in [CaseState::Transferred, CaseState::NoFurtherAction] {
        let case = Case { state, ..watched() };
        assert_eq!(case.reopen(reopening()).unwrap().state, CaseState::Triaged);
    }
}

#[test]
fn a_case_is_taken_up_again_a_bounded_number_of_times() {
    let mut case = Case { state: CaseState::Released, ..watched() };
    for _ in 1..PAGES_MAX {
        case = Case { state: CaseState::Released, ..case.reopen(reopening()).unwrap() };
    }
    assert_eq!(case.progress.earlier.len(), PAGES_MAX - 1);
    assert_eq!(items(case.reopen(reopening())), [("STEP_LIMIT", 1)]);
}

#[test]
fn who_offers_a_handover_holds_the_baton_until_it_is_accepted() {
    use HandoverAnswer::{Accept, Decline, Withdraw};
    use HandoverState::{Accepted, Declined, Offered, Withdrawn};
    for (answer, after) in [(Accept, Accepted), (Decline, Declined), (Withdraw, Withdrawn)] {
        assert_eq!(Offered.after(answer), Some(after));
        for again in [Accept, Decline, Withdraw] {
            assert_eq!(after.after(again), None, "{after} takes no further answer");
        }
    }
}

#[test]
fn a_handover_goes_to_somebody_else_and_says_why() {
    let draft = HandoverOfferDraft {
        case_ref: "VVT-2026-000123".to_owned(),
        from_oin: "00000099000000006000".to_owned(),
        to_oin: "00000099000000006000".to_owned(),
        reason: "Behandeling gaat over".to_owned(),
    };
    let rules = |draft: HandoverOfferDraft| -> Vec<&'static str> {
        draft.parse().unwrap_err().iter().map(|one| one.rule).collect()
    };
    assert_eq!(rules(draft), ["SAME_ORGANISATION"]);
    assert_eq!(rules(HandoverOfferDraft::default()).len(), 4);
}

#[test]
fn talks_of_an_earlier_page_do_not_count() {
    let case = close(secured(), Loose::default()).unwrap().reopen(reopening()).unwrap();
    let early = case.record(talk("sem", "2026-03-25T10:00:00Z"), later());
    assert_eq!(items(early), [("FIRST_CONTACT", 1)]);
}
