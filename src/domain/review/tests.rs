//! Who may review, when, and what becomes of it (DOMAIN §4.4, worked dates §10).

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::domain::testema::at;

const DECLARED: &str = "2026-06-07T21:44:00Z";

fn oin(number: u32) -> Oin {
    format!("000000990000{number:05}000").parse().unwrap()
}

const POLICE: u32 = 2;
const STEUNPUNT: u32 = 3;
const GGZ: u32 = 6;
const REGION: u32 = 9;
const ELSEWHERE: u32 = 4;

fn role(number: u32) -> Role {
    match number {
        POLICE => Role::Police,
        STEUNPUNT => Role::Steunpunt,
        GGZ => Role::MentalHealth,
        REGION => Role::Oversight,
        _ => Role::SocialWork,
    }
}

fn officer(number: u32, user: &str) -> Reviewer {
    Reviewer {
        oin: oin(number),
        role: role(number),
        user_id: user.parse().unwrap(),
        user_role: UserRole::PrivacyOfficer,
    }
}

fn reviewed(cause: Cause, from: u32, to: u32) -> Reviewed {
    Reviewed {
        cause,
        discloser: oin(from),
        discloser_role: role(from),
        recipient: oin(to),
        recipient_role: role(to),
        declared_by: "ggz-0207".parse().unwrap(),
        declared_for: "ggz-0208".parse().ok(),
        consulted: Some("ggz-0310".parse().unwrap()),
        takes_two: takes_two(cause, &BreakGlassRules::default()),
        due_at: review_due_at(cause, at(DECLARED), &BreakGlassRules::default()),
    }
}

/// Step 12 of the scenario.
fn scenario() -> Review {
    Review::open(reviewed(Cause::StatutoryOverride, GGZ, STEUNPUNT))
}

fn conflict() -> Review {
    Review::open(reviewed(Cause::ConflictOfDuties, GGZ, STEUNPUNT))
}

fn decide(review: Review, by: &Reviewer, verdict: Verdict) -> Review {
    review.decide(by, verdict, at("2026-06-09T08:00:00Z")).unwrap()
}

use Verdict::{Justified, JustifiedWithRemark, MoreInformation, NotJustified};

#[test]
fn a_review_is_due_after_2_or_5_working_days_without_the_day_of_the_declaration() {
    let rules = BreakGlassRules::default();
    let due = |cause| review_due_at(cause, at(DECLARED), &rules).to_string();
    // Sunday 2026-06-07 → Tuesday and Friday, to the last second of a Dutch day.
    assert_eq!(due(Cause::VitalInterest), "2026-06-09T21:59:59Z");
    assert_eq!(due(Cause::ConflictOfDuties), "2026-06-09T21:59:59Z");
    assert_eq!(due(Cause::StatutoryOverride), "2026-06-12T21:59:59Z");
    let friday = |cause| review_due_at(cause, at("2026-05-22T10:00:00Z"), &rules).to_string();
    // Whit Monday is no working day.
    assert_eq!(friday(Cause::VitalInterest), "2026-05-27T21:59:59Z");
}

#[test]
fn a_review_is_overdue_from_the_end_of_its_last_day_until_it_is_closed() {
    let review = scenario();
    assert!(!review.is_overdue_at(at("2026-06-12T21:59:59Z")));
    assert!(review.is_overdue_at(at("2026-06-12T22:00:00Z")));
    let asked = decide(review.clone(), &officer(GGZ, "fg-ggz-01"), MoreInformation);
    assert!(asked.is_overdue_at(at("2026-06-12T22:00:00Z")), "a question stops no clock");
    let closed = decide(review, &officer(GGZ, "fg-ggz-01"), Justified);
    assert!(!closed.is_overdue_at(at("2026-06-30T22:00:00Z")));
}

#[test]
fn the_officer_of_the_disclosing_organisation_reviews() {
    let review = scenario();
    assert_eq!(review.open_seats(), [Seat::First]);
    assert_eq!(review.seat_for(&officer(GGZ, "fg-ggz-01")), Ok(Seat::First));
    for other in [STEUNPUNT, ELSEWHERE] {
        assert_eq!(review.seat_for(&officer(other, "fg-1")), Err(NotReviewer::NotTheirs));
    }
    // The office of the region looks on; it decides disputes.
    assert_eq!(review.seat_for(&officer(REGION, "fg-1")), Err(NotReviewer::NothingLeft));
    let closed = decide(review, &officer(GGZ, "fg-ggz-01"), JustifiedWithRemark);
    assert_eq!(closed.state(), ReviewState::JustifiedWithRemark);
    assert_eq!(closed.seat_for(&officer(GGZ, "fg-ggz-02")), Err(NotReviewer::NothingLeft));
}

#[test]
fn only_a_privacy_officer_reviews() {
    for user_role in UserRole::ALL {
        let reviewer = Reviewer { user_role: *user_role, ..officer(GGZ, "fg-ggz-01") };
        let allowed = scenario().seat_for(&reviewer).is_ok();
        assert_eq!(allowed, *user_role == UserRole::PrivacyOfficer, "{user_role}");
    }
}

#[test]
fn the_reviewer_is_not_the_discloser() {
    let refused = scenario().decide(&officer(GGZ, "ggz-0207"), Justified, at(DECLARED));
    assert_eq!(refused, Err(NotReviewer::Declared));
    let refused = scenario().decide(&officer(GGZ, "ggz-0208"), Justified, at(DECLARED));
    assert_eq!(refused, Err(NotReviewer::Declared), "who answers for the declaration");
    // The same name at another organisation is another person.
    let police = Review::open(reviewed(Cause::VitalInterest, GGZ, POLICE));
    assert_eq!(police.seat_for(&officer(POLICE, "ggz-0207")), Ok(Seat::Police));
}

#[test]
fn the_reviewer_is_not_the_consulted_colleague() {
    let refused = scenario().decide(&officer(GGZ, "ggz-0310"), Justified, at(DECLARED));
    assert_eq!(refused, Err(NotReviewer::Consulted));
}

#[test]
fn a_region_may_say_that_two_officers_judge_every_emergency() {
    let rules = BreakGlassRules { two_reviewers_always: true, ..BreakGlassRules::default() };
    for cause in Cause::ALL.iter().copied() {
        assert!(takes_two(cause, &rules), "{cause}");
        let of_domain = takes_two(cause, &BreakGlassRules::default());
        assert_eq!(of_domain, cause == Cause::ConflictOfDuties, "{cause}");
    }
    let reviewed =
        |takes_two| Reviewed { takes_two, ..reviewed(Cause::VitalInterest, GGZ, STEUNPUNT) };
    assert_eq!(Review::open(reviewed(false)).progress(), (0, 1));
    assert_eq!(Review::open(reviewed(true)).progress(), (0, 2));
}

#[test]
fn a_conflict_of_duties_takes_two_reviewers_who_are_two_people() {
    let (first, second) = (officer(GGZ, "fg-ggz-01"), officer(GGZ, "fg-ggz-02"));
    let half = decide(conflict(), &first, Justified);
    assert_eq!((half.state(), half.open_seats()), (ReviewState::Open, vec![Seat::Second]));
    assert_eq!(half.seat_for(&first), Err(NotReviewer::Judged));
    assert_eq!(half.seat_for(&officer(REGION, "fg-1")), Ok(Seat::Second));
    let whole = decide(half, &second, Justified);
    assert_eq!(whole.state(), ReviewState::Justified);
    // The other causes take one.
    for cause in [Cause::VitalInterest, Cause::StatutoryOverride] {
        let review = Review::open(reviewed(cause, GGZ, STEUNPUNT));
        assert_eq!(decide(review, &first, Justified).state(), ReviewState::Justified);
    }
}

#[test]
fn the_second_reviewer_is_blind_to_the_first_verdict() {
    let (first, second) = (officer(GGZ, "fg-ggz-01"), officer(GGZ, "fg-ggz-02"));
    let half = decide(conflict(), &first, NotJustified);
    let seen = |review: &Review, by: &Reviewer| review.shows(&review.votes()[0], by);
    assert!(seen(&half, &first));
    for blind in [&second, &officer(REGION, "fg-1"), &officer(STEUNPUNT, "fg-1")] {
        assert!(!seen(&half, blind));
    }
    let whole = decide(half, &second, NotJustified);
    assert!(seen(&whole, &second) && seen(&whole, &officer(STEUNPUNT, "fg-1")));
}

#[test]
fn the_officer_of_a_police_party_reviews_as_well() {
    let (ggz, police) = (officer(GGZ, "fg-ggz-01"), officer(POLICE, "fg-pol-01"));
    let review = Review::open(reviewed(Cause::VitalInterest, GGZ, POLICE));
    assert_eq!(review.open_seats(), [Seat::First, Seat::Police]);
    assert_eq!(review.seat_for(&police), Ok(Seat::Police));
    let half = decide(review, &ggz, Justified);
    assert_eq!(half.state(), ReviewState::Open);
    assert_eq!(decide(half, &police, Justified).state(), ReviewState::Justified);
    // The police that disclosed have the first seat, and no other.
    let own = Review::open(reviewed(Cause::VitalInterest, POLICE, STEUNPUNT));
    assert_eq!(own.open_seats(), [Seat::First]);
    assert_eq!(own.seat_for(&police), Ok(Seat::First));
}

#[test]
fn reviewers_who_do_not_agree_leave_a_dispute_that_the_region_decides() {
    let (first, second) = (officer(GGZ, "fg-ggz-01"), officer(GGZ, "fg-ggz-02"));
    let disputed = decide(decide(conflict(), &first, Justified), &second, NotJustified);
    assert_eq!(disputed.state(), ReviewState::Disputed);
    assert_eq!(disputed.open_seats(), [Seat::Arbiter]);
    assert_eq!(disputed.seat_for(&officer(GGZ, "fg-ggz-03")), Err(NotReviewer::NothingLeft));
    let arbiter = officer(REGION, "fg-1");
    assert!(disputed.votes().iter().all(|vote| disputed.shows(vote, &arbiter)));
    for verdict in [Justified, NotJustified] {
        let decided = decide(disputed.clone(), &arbiter, verdict).state();
        assert_eq!(decided.as_str(), verdict.as_str());
    }
    // An officer of the region who judged before does not decide between himself and another.
    let judged = decide(decide(conflict(), &arbiter, Justified), &first, NotJustified);
    assert_eq!(judged.seat_for(&arbiter), Err(NotReviewer::Judged));
    assert_eq!(judged.seat_for(&officer(REGION, "fg-2")), Ok(Seat::Arbiter));
}

#[test]
fn a_remark_is_no_dispute_and_stays() {
    let (first, second) = (officer(GGZ, "fg-ggz-01"), officer(GGZ, "fg-ggz-02"));
    let review = decide(decide(conflict(), &first, JustifiedWithRemark), &second, Justified);
    assert_eq!(review.state(), ReviewState::JustifiedWithRemark);
}

#[test]
fn a_question_fills_no_seat_and_is_open_to_all() {
    let (first, second) = (officer(GGZ, "fg-ggz-01"), officer(GGZ, "fg-ggz-02"));
    let asked = decide(scenario(), &first, MoreInformation);
    assert_eq!((asked.state(), asked.open_seats()), (ReviewState::Questioned, vec![Seat::First]));
    assert!(asked.shows(&asked.votes()[0], &second));
    // Who asked, or a colleague, judges later.
    assert_eq!(decide(asked.clone(), &first, Justified).state(), ReviewState::Justified);
    assert_eq!(decide(asked, &second, NotJustified).state(), ReviewState::NotJustified);
}

fn inform(review: &Review, by: &Reviewer) -> Result<Review, NotInformant> {
    review.clone().inform(by, at("2026-06-09T09:00:00Z"))
}

/// Who declared, as the organisation has her: no privacy officer.
fn declarer() -> Reviewer {
    Reviewer { user_role: UserRole::CrisisWorker, ..officer(GGZ, "ggz-0207") }
}

#[test]
fn an_answer_lets_a_review_go_on_and_moves_no_term() {
    let first = officer(GGZ, "fg-ggz-01");
    let asked = decide(scenario(), &first, MoreInformation);
    let answered = inform(&asked, &declarer()).unwrap();
    assert_eq!((answered.state(), answered.open_seats()), (ReviewState::Open, vec![Seat::First]));
    assert_eq!(answered.reviewed().due_at, asked.reviewed().due_at);
    assert_eq!(inform(&answered, &declarer()), Err(NotInformant::NothingAsked), "once a question");
    let again = decide(answered, &first, MoreInformation);
    assert_eq!(again.state(), ReviewState::Questioned);
    let again = inform(&again, &declarer()).unwrap();
    assert_eq!(decide(again, &first, Justified).state(), ReviewState::Justified);
}

#[test]
fn only_a_question_is_answered() {
    let (first, second) = (officer(GGZ, "fg-ggz-01"), officer(GGZ, "fg-ggz-02"));
    assert_eq!(inform(&scenario(), &declarer()), Err(NotInformant::NothingAsked));
    let half = decide(conflict(), &first, Justified);
    assert_eq!(inform(&half, &declarer()), Err(NotInformant::NothingAsked));
    // Another verdict leaves the question open; that of who asked does not.
    let asked = decide(decide(conflict(), &second, MoreInformation), &first, Justified);
    assert_eq!(asked.state(), ReviewState::Questioned);
    assert!(inform(&asked, &declarer()).is_ok());
    let both = decide(conflict(), &first, MoreInformation);
    let judged = decide(both, &first, Justified);
    assert_eq!(judged.state(), ReviewState::Open);
    assert_eq!(inform(&judged, &declarer()), Err(NotInformant::NothingAsked));
    let closed = decide(decide(scenario(), &first, MoreInformation), &second, Justified);
    assert_eq!(inform(&closed, &declarer()), Err(NotInformant::NothingAsked));
}

#[test]
fn what_an_arbiter_asks_is_answered_and_the_dispute_stays() {
    let (first, second) = (officer(GGZ, "fg-ggz-01"), officer(GGZ, "fg-ggz-02"));
    let disputed = decide(decide(conflict(), &first, Justified), &second, NotJustified);
    let asked = decide(disputed, &officer(REGION, "fg-1"), MoreInformation);
    let answered = inform(&asked, &declarer()).unwrap();
    assert_eq!(answered.state(), ReviewState::Disputed);
}

#[test]
fn the_disclosing_organisation_answers_by_who_took_part_or_guards_privacy_there() {
    let asked = decide(scenario(), &officer(GGZ, "fg-ggz-01"), MoreInformation);
    for user_role in UserRole::ALL {
        for (user, took_part) in [("ggz-0207", true), ("ggz-0310", true), ("ggz-0500", false)] {
            let by = Reviewer { user_role: *user_role, ..officer(GGZ, user) };
            let allowed = took_part || *user_role == UserRole::PrivacyOfficer;
            assert_eq!(inform(&asked, &by).is_ok(), allowed, "{user} {user_role}");
        }
    }
    for other in [STEUNPUNT, REGION, ELSEWHERE, POLICE] {
        let by = officer(other, "ggz-0207");
        assert_eq!(inform(&asked, &by), Err(NotInformant::NotTheirs));
    }
}

#[test]
fn who_asks_does_not_answer_and_who_answers_does_not_judge() {
    let (first, second) = (officer(GGZ, "fg-ggz-01"), officer(GGZ, "fg-ggz-02"));
    let asked = decide(scenario(), &first, MoreInformation);
    assert_eq!(inform(&asked, &first), Err(NotInformant::Reviewer));
    let answered = inform(&asked, &second).unwrap();
    assert_eq!(answered.seat_for(&second), Err(NotReviewer::Informed));
    assert_eq!(answered.seat_for(&first), Ok(Seat::First));
}

#[test]
fn an_answer_shows_no_verdict_to_who_still_has_to_judge() {
    let (first, second) = (officer(GGZ, "fg-ggz-01"), officer(GGZ, "fg-ggz-02"));
    let half = decide(decide(conflict(), &second, MoreInformation), &first, NotJustified);
    let answered = inform(&half, &declarer()).unwrap();
    assert!(!answered.shows(&answered.votes()[1], &second));
    assert!(!answered.shows(&answered.votes()[1], &declarer()));
}

#[test]
fn a_closed_review_takes_no_more_verdicts() {
    let closed = decide(scenario(), &officer(GGZ, "fg-ggz-01"), Justified);
    for user in ["fg-ggz-02", "fg-ggz-03"] {
        let again = closed.clone().decide(&officer(GGZ, user), NotJustified, at(DECLARED));
        assert_eq!(again, Err(NotReviewer::NothingLeft));
    }
    assert_eq!(closed.seat_for(&officer(REGION, "fg-1")), Err(NotReviewer::NothingLeft));
}

#[test]
fn both_parties_and_the_office_of_the_region_may_look() {
    let review = reviewed(Cause::StatutoryOverride, GGZ, STEUNPUNT);
    let open: Vec<u32> = [POLICE, STEUNPUNT, ELSEWHERE, GGZ, REGION]
        .into_iter()
        .filter(|number| review.is_open_to(&oin(*number), role(*number)))
        .collect();
    assert_eq!(open, [STEUNPUNT, GGZ, REGION]);
}

#[test]
fn a_verdict_has_a_motivation() {
    let draft =
        |verdict, motivation: &str| JudgementDraft { verdict, motivation: motivation.to_owned() };
    let wrong = |draft: JudgementDraft| -> Vec<(String, &'static str)> {
        draft.parse().err().iter().flatten().map(|v| (v.field.clone(), v.rule)).collect()
    };
    assert_eq!(wrong(draft(1, "stap 3 overgeslagen, reden vastgelegd")), []);
    for verdict in Verdict::ALL {
        let without = draft(i32::from(verdict.number()), "  ");
        assert_eq!(wrong(without), [("motivation".to_owned(), "REQUIRED")], "{verdict}");
    }
    let both = [("verdict".to_owned(), "REQUIRED"), ("motivation".to_owned(), "REQUIRED")];
    assert_eq!(wrong(draft(0, "")), both);
    assert_eq!(wrong(draft(5, "x")), [("verdict".to_owned(), "UNKNOWN_CODE")]);
    assert_eq!(wrong(draft(1, &"x".repeat(2001))), [("motivation".to_owned(), "TOO_LONG")]);
}

fn any_step() -> impl Strategy<Value = (Reviewer, Verdict)> {
    let number = prop::sample::select(vec![POLICE, STEUNPUNT, GGZ, REGION, ELSEWHERE]);
    let user = prop::sample::select(vec!["ggz-0207", "ggz-0310", "fg-1", "fg-2", "fg-3"]);
    let user_role = prop::sample::select(vec![UserRole::PrivacyOfficer, UserRole::Supervisor]);
    (number, user, user_role, prop::sample::select(Verdict::ALL)).prop_map(
        |(number, user, user_role, verdict)| {
            (Reviewer { user_role, ..officer(number, user) }, verdict)
        },
    )
}

proptest! {
    #[test]
    fn whatever_is_tried_the_rules_of_review_hold(
        cause in prop::sample::select(Cause::ALL),
        to in prop::sample::select(vec![POLICE, STEUNPUNT]),
        steps in prop::collection::vec(any_step(), 0..24),
    ) {
        let mut review = Review::open(reviewed(cause, GGZ, to));
        for (reviewer, verdict) in steps {
            let before = review.clone();
            let seat = review.seat_for(&reviewer);
            match before.clone().decide(&reviewer, verdict, at(DECLARED)) {
                Err(_) => prop_assert!(seat.is_err()),
                Ok(after) => {
                    prop_assert!(seat.is_ok());
                    prop_assert!(!before.state().is_closed(), "a closed review changed");
                    prop_assert!(reviewer.user_role == UserRole::PrivacyOfficer);
                    review = after;
                }
            }
        }
        let judged: Vec<&Vote> = review.votes().iter().filter(|v| v.seat.is_some()).collect();
        let people: BTreeSet<_> = judged.iter().map(|v| (&v.oin, &v.user_id)).collect();
        prop_assert_eq!(people.len(), judged.len(), "nobody judges twice");
        let seats: BTreeSet<_> = judged.iter().map(|v| v.seat).collect();
        prop_assert_eq!(seats.len(), judged.len(), "a seat is taken once");
        for vote in &judged {
            let own = vote.oin == oin(GGZ);
            prop_assert!(!own || !["ggz-0207", "ggz-0310"].contains(&vote.user_id.as_str()));
            prop_assert!(vote.oin != oin(ELSEWHERE));
        }
        let needed = 1 + usize::from(cause == Cause::ConflictOfDuties) + usize::from(to == POLICE);
        if review.state().is_closed() {
            prop_assert!(judged.len() >= needed);
            prop_assert!(judged.iter().any(|v| v.seat == Some(Seat::First) && v.oin == oin(GGZ)));
            let last = judged.last().unwrap();
            let all_against = judged.iter().all(|v| v.verdict == NotJustified);
            let arbitrated = last.seat == Some(Seat::Arbiter);
            let against = if arbitrated { last.verdict == NotJustified } else { all_against };
            prop_assert_eq!(review.state() == ReviewState::NotJustified, against);
        }
    }
}

#[test]
fn progress_counts_verdicts_and_what_a_dispute_still_needs() {
    let review = conflict();
    assert_eq!(review.progress(), (0, 2));
    let asked = review.decide(&officer(GGZ, "fg-1"), MoreInformation, at(DECLARED));
    assert_eq!(asked.as_ref().unwrap().progress(), (0, 2), "a question is no verdict");
    let one = asked.unwrap().decide(&officer(GGZ, "fg-1"), Justified, at(DECLARED));
    assert_eq!(one.as_ref().unwrap().progress(), (1, 2));
    let both = one.unwrap().decide(&officer(GGZ, "fg-2"), NotJustified, at(DECLARED));
    assert_eq!(both.as_ref().unwrap().progress(), (2, 3), "a third person decides");
    let done = both.unwrap().decide(&officer(REGION, "fg-3"), Justified, at(DECLARED));
    assert_eq!(done.unwrap().progress(), (3, 3));
}
