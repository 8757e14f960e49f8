//! What may change, when it may, and what stays of what was before.

use super::*;
use crate::domain::testema::{NOOR, RUBEN, SEM, SUMMARY, YARA, at, parent, position};

const NOW: &str = "2026-05-29T10:00:00Z";

fn standing(person: Pseudonym) -> Standing {
    Standing { position: position(person), restrictions: Vec::new() }
}

fn changed(standing: Standing, change: &PersonChange, now: &str) -> Result<Standing, &'static str> {
    let deciders: [UserId; 2] = ["sp-0147", "sp-0031"].map(|user| user.parse().unwrap());
    let [decided_by, supervisor] = &deciders;
    standing.change(change, (decided_by, Some(supervisor)), at(now)).map_err(|error| error.code)
}

fn begun(signer: Signer, from: &str) -> PersonChange {
    PersonChange::RepresentationBegun { signer, from: at(from) }
}

fn ended(signer: Signer, until: &str) -> PersonChange {
    PersonChange::RepresentationEnded { signer, until: at(until) }
}

fn incapable_from(from: &str) -> PersonChange {
    PersonChange::IncapacityBegun { decided_by: "ggz-1".parse().unwrap(), from: at(from) }
}

fn capable_from(until: &str) -> PersonChange {
    PersonChange::IncapacityEnded { decided_by: "ggz-1".parse().unwrap(), until: at(until) }
}

fn counts(standing: &Standing, person: Pseudonym, moment: &str) -> bool {
    let people = &standing.position.representatives;
    people.iter().any(|one| one.signer.person == person && one.counts(at(moment)))
}

#[test]
fn authority_ends_at_its_moment_and_what_was_before_can_be_told() {
    let sem = changed(standing(SEM), &ended(parent(RUBEN), "2026-05-01T00:00:00Z"), NOW).unwrap();
    assert!(counts(&sem, RUBEN, SUMMARY));
    assert!(counts(&sem, RUBEN, "2026-04-30T23:59:59Z"));
    assert!(!counts(&sem, RUBEN, "2026-05-01T00:00:00Z"));
    assert!(counts(&sem, YARA, NOW));
    assert_eq!(changed(sem, &ended(parent(RUBEN), NOW), NOW), Err("REPRESENTATIVE"));
}

#[test]
fn authority_is_gained_again_only_after_it_was_lost() {
    let again = begun(parent(RUBEN), "2026-05-10T00:00:00Z");
    assert_eq!(changed(standing(SEM), &again, NOW), Err("NOT_A_REPRESENTATIVE"));
    let lost = changed(standing(SEM), &ended(parent(RUBEN), "2026-05-11T00:00:00Z"), NOW).unwrap();
    assert_eq!(changed(lost.clone(), &again, NOW), Err("NOT_A_REPRESENTATIVE"));
    let later = begun(parent(RUBEN), "2026-05-12T00:00:00Z");
    let regained = changed(lost, &later, NOW).unwrap();
    assert!(!counts(&regained, RUBEN, "2026-05-11T12:00:00Z"));
    assert!(counts(&regained, RUBEN, "2026-05-12T00:00:00Z"));
}

#[test]
fn nothing_ends_before_it_began() {
    let before = ended(parent(RUBEN), "2017-11-03T08:59:59Z");
    assert_eq!(changed(standing(SEM), &before, NOW), Err("AFTER_BEGINNING"));
    let incapable = changed(standing(YARA), &incapable_from(SUMMARY), NOW).unwrap();
    let early = capable_from("2026-04-14T10:22:31Z");
    assert_eq!(changed(incapable, &early, NOW), Err("AFTER_BEGINNING"));
}

#[test]
fn nobody_gains_authority_over_an_adult() {
    for capacity in [Capacity::ParentWithAuthority, Capacity::Guardian] {
        let signer = Signer { person: RUBEN, capacity };
        assert_eq!(changed(standing(YARA), &begun(signer, NOW), NOW), Err("MINOR"));
        let of_noor = Signer { person: SEM, capacity };
        let at_18 = "2028-05-19T22:00:00Z";
        assert!(changed(standing(NOOR), &begun(of_noor, "2028-05-19T21:59:59Z"), at_18).is_ok());
        assert_eq!(changed(standing(NOOR), &begun(of_noor, at_18), at_18), Err("MINOR"));
    }
    let mentor = Signer { person: RUBEN, capacity: Capacity::Mentor };
    assert!(changed(standing(YARA), &begun(mentor, NOW), NOW).is_ok());
}

#[test]
fn incapacity_begins_ends_and_begins_again() {
    let incapable = changed(standing(YARA), &incapable_from(SUMMARY), NOW).unwrap();
    assert_eq!(changed(incapable.clone(), &incapable_from(NOW), NOW), Err("CAPABLE"));
    let capable = changed(incapable, &capable_from("2026-05-01T00:00:00Z"), NOW).unwrap();
    let is_capable = |moment| capable.position.is_capable(at(moment));
    assert!(is_capable("2026-04-14T10:22:31Z") && !is_capable(SUMMARY));
    assert!(!is_capable("2026-04-30T23:59:59Z") && is_capable("2026-05-01T00:00:00Z"));
    assert_eq!(changed(capable.clone(), &capable_from(NOW), NOW), Err("INCAPABLE"));
    assert!(changed(capable, &incapable_from(NOW), NOW).is_ok());
}

#[test]
fn an_exclusion_is_lifted_and_can_be_decided_again() {
    let exclude = PersonChange::RepresentativeExcluded {
        representative: RUBEN,
        reason: ExclusionReason::SuspectedPerpetrator,
    };
    let lift = PersonChange::ExclusionLifted { representative: RUBEN };
    assert_eq!(changed(standing(SEM), &lift, NOW), Err("EXCLUDED"));
    let excluded = changed(standing(SEM), &exclude, NOW).unwrap();
    assert!(counts(&excluded, RUBEN, SUMMARY) && !counts(&excluded, RUBEN, NOW));
    assert_eq!(changed(excluded.clone(), &exclude, NOW), Err("NOT_EXCLUDED"));
    let later = "2026-06-10T10:00:00Z";
    let admitted = changed(excluded, &lift, later).unwrap();
    assert!(!counts(&admitted, RUBEN, NOW) && counts(&admitted, RUBEN, later));
    let again = changed(admitted, &exclude, "2026-06-11T10:00:00Z").unwrap();
    assert!(counts(&again, RUBEN, later) && !counts(&again, RUBEN, "2026-06-11T10:00:00Z"));
}

#[test]
fn only_who_represents_now_is_excluded() {
    let exclude = |representative| PersonChange::RepresentativeExcluded {
        representative,
        reason: ExclusionReason::IncompatibleWithGoodCare,
    };
    assert_eq!(changed(standing(SEM), &exclude(NOOR), NOW), Err("REPRESENTATIVE"));
    let lost = changed(standing(SEM), &ended(parent(RUBEN), SUMMARY), NOW).unwrap();
    assert_eq!(changed(lost, &exclude(RUBEN), NOW), Err("REPRESENTATIVE"));
}

#[test]
fn who_is_excluded_is_excluded_in_every_capacity_also_in_a_new_one() {
    let exclude = PersonChange::RepresentativeExcluded {
        representative: RUBEN,
        reason: ExclusionReason::SuspectedPerpetrator,
    };
    let excluded = changed(standing(SEM), &exclude, NOW).unwrap();
    let guardian = Signer { person: RUBEN, capacity: Capacity::Guardian };
    let both = changed(excluded, &begun(guardian, NOW), NOW).unwrap();
    assert!(!counts(&both, RUBEN, NOW));
}

#[test]
fn a_restriction_holds_until_it_is_lifted_after_the_person_was_told() {
    use RestrictionGround::{LegalClaim, Objection};
    let set = |ground| PersonChange::ProcessingRestricted { ground };
    let lift = |ground, informed: &str| PersonChange::RestrictionLifted {
        ground,
        subject_informed_at: at(informed),
    };
    let restricted = changed(standing(RUBEN), &set(Objection), NOW).unwrap();
    assert!(!restricted.is_restricted(at(SUMMARY)) && restricted.is_restricted(at(NOW)));
    assert_eq!(changed(restricted.clone(), &set(Objection), NOW), Err("NOT_RESTRICTED"));
    assert_eq!(changed(restricted.clone(), &lift(LegalClaim, NOW), NOW), Err("RESTRICTED"));
    let later = "2026-06-10T10:00:00Z";
    let untold = lift(Objection, "2026-05-29T09:59:59Z");
    assert_eq!(changed(restricted.clone(), &untold, later), Err("SUBJECT_INFORMED"));
    let told = lift(Objection, "2026-06-01T10:00:00Z");
    let two = changed(restricted, &set(LegalClaim), NOW).unwrap();
    let one = changed(two, &told, later).unwrap();
    assert!(one.is_restricted(at(later)), "the other ground still holds");
    let none = changed(one, &lift(LegalClaim, later), later).unwrap();
    assert!(!none.is_restricted(at(later)) && none.is_restricted(at(NOW)));
    assert!(changed(none, &set(Objection), later).is_ok());
}

/// A row of the history is named by its beginning, so two never begin at one moment.
#[test]
fn nothing_begins_again_at_the_moment_at_which_it_began() {
    let ground = RestrictionGround::Objection;
    let set = PersonChange::ProcessingRestricted { ground };
    let lift = PersonChange::RestrictionLifted { ground, subject_informed_at: at(NOW) };
    let exclude = PersonChange::RepresentativeExcluded {
        representative: RUBEN,
        reason: ExclusionReason::SuspectedPerpetrator,
    };
    let admit = PersonChange::ExclusionLifted { representative: RUBEN };
    let (lost, gained) = (ended(parent(RUBEN), NOW), begun(parent(RUBEN), NOW));
    let sem = changed(standing(SEM), &lost, NOW).unwrap();
    let sem = changed(sem, &gained, NOW).unwrap();
    let sem = changed(sem, &lost, NOW).unwrap();
    assert_eq!(changed(sem, &gained, NOW), Err("NOT_A_REPRESENTATIVE"));
    for (set, end, code) in [(set, lift, "NOT_RESTRICTED"), (exclude, admit, "NOT_EXCLUDED")] {
        let ended = changed(changed(standing(SEM), &set, NOW).unwrap(), &end, NOW).unwrap();
        assert_eq!(changed(ended.clone(), &set, NOW), Err(code));
        assert!(changed(ended, &set, "2026-05-29T10:00:00.000001Z").is_ok());
    }
}

#[test]
fn what_is_kept_of_a_person_is_bounded() {
    let mut sem = standing(SEM);
    let span = Span { from: at(SUMMARY), until: Some(at(SUMMARY)) };
    sem.restrictions =
        vec![Restriction { ground: RestrictionGround::Objection, during: span }; FACTS_MAX];
    assert_eq!(changed(sem, &ended(parent(RUBEN), NOW), NOW), Err("ROOM"));
}
