//! The table of DOMAIN §5.6, cell by cell; the term; the life; what a report shows.

use super::*;
use crate::domain::consent::{Capacity, LegalPosition, Representative, Signer, Span};
use crate::domain::id::Pseudonym;
use crate::domain::testema::{NOOR, RUBEN, SEM, YARA, at, exclude, parent, people, position};
use crate::domain::time::Timestamp;

mod entries;

const ASKED: &str = "2026-06-22T09:00:00Z";

fn verdict(requester: Requester, of: &LegalPosition, moment: &str) -> Verdict {
    decide(Asking { requester, objection: None }, of, at(moment))
}

fn opposed(requester: Requester, of: &LegalPosition, objection: Objection) -> Verdict {
    decide(Asking { requester, objection: Some(objection) }, of, at(ASKED))
}

fn incapable(of: Pseudonym) -> LegalPosition {
    LegalPosition { incapable: vec![Span::since(Timestamp::EPOCH)], ..position(of) }
}

fn represented_by(of: &LegalPosition, signer: Signer) -> LegalPosition {
    let has_authority = false;
    let representatives = vec![Representative {
        signer,
        has_authority,
        during: Span::since(Timestamp::EPOCH),
        exclusions: Vec::new(),
    }];
    LegalPosition { representatives, ..of.clone() }
}

fn by(person: Pseudonym) -> Requester {
    Requester::Representative(parent(person))
}

#[test]
fn the_person_under_12_is_refused_and_the_representative_answered() {
    assert_eq!(verdict(Requester::Itself, &position(SEM), ASKED), Verdict::RefusedUnder12);
    assert_eq!(verdict(Requester::Mandated, &position(SEM), ASKED), Verdict::RefusedUnder12);
    assert_eq!(verdict(by(YARA), &position(SEM), ASKED), Verdict::Give);
    let twelve = "2029-11-03T09:00:00Z";
    assert_eq!(verdict(Requester::Itself, &position(SEM), twelve), Verdict::Give);
}

#[test]
fn the_person_of_12_to_15_who_is_capable_is_given() {
    let fifteen = "2026-05-19T09:00:00Z";
    assert_eq!(verdict(Requester::Itself, &position(NOOR), fifteen), Verdict::Give);
}

#[test]
fn the_person_of_16_or_older_who_is_capable_is_given() {
    assert_eq!(verdict(Requester::Itself, &position(NOOR), ASKED), Verdict::Give);
    assert_eq!(verdict(Requester::Itself, &position(YARA), ASKED), Verdict::Give);
}

#[test]
fn the_person_who_is_incapable_is_refused_and_the_representative_answered() {
    let fifteen = "2026-05-19T09:00:00Z";
    for (person, moment) in [(NOOR, fifteen), (NOOR, ASKED), (YARA, ASKED)] {
        let found = verdict(Requester::Itself, &incapable(person), moment);
        assert_eq!(found, Verdict::RefusedIncapable);
    }
    assert_eq!(verdict(by(YARA), &incapable(NOOR), fifteen), Verdict::Give);
    assert_eq!(verdict(by(YARA), &incapable(NOOR), ASKED), Verdict::Give);
}

#[test]
fn a_parent_of_somebody_under_12_is_given_unless_the_interest_opposes() {
    assert_eq!(verdict(by(RUBEN), &position(SEM), ASKED), Verdict::Give);
    let refused = opposed(by(RUBEN), &position(SEM), Objection::PersonInterest);
    assert_eq!(refused, Verdict::RefusedChildInterest);
}

#[test]
fn row_8_a_parent_of_somebody_of_12_to_15_is_given_unless_the_interest_opposes() {
    let fifteen = at("2026-05-19T09:00:00Z");
    for (objection, expected) in
        [(None, Verdict::Give), (Some(Objection::PersonInterest), Verdict::RefusedChildInterest)]
    {
        let asking = Asking { requester: by(RUBEN), objection };
        assert_eq!(decide(asking, &position(NOOR), fifteen), expected);
    }
}

#[test]
fn a_parent_of_somebody_of_16_or_older_is_refused_without_own_mandate() {
    assert_eq!(verdict(by(RUBEN), &position(NOOR), "2026-05-19T21:59:59Z"), Verdict::Give);
    assert_eq!(verdict(by(RUBEN), &position(NOOR), "2026-05-19T22:00:00Z"), Verdict::Refused16Plus);
    assert_eq!(verdict(Requester::Mandated, &position(NOOR), ASKED), Verdict::Give);
}

#[test]
fn an_excluded_parent_is_refused_in_the_interest_of_the_child() {
    let mut sem = position(SEM);
    exclude(&mut sem, RUBEN, "2026-05-29T08:00:00Z");
    assert_eq!(verdict(by(RUBEN), &sem, ASKED), Verdict::RefusedChildInterest);
    assert_eq!(verdict(by(RUBEN), &sem, "2026-05-28T08:00:00Z"), Verdict::Give);
    assert_eq!(verdict(by(YARA), &sem, ASKED), Verdict::Give);
}

#[test]
fn somebody_who_does_not_represent_the_person_is_refused() {
    let aunt = Signer { person: YARA, capacity: Capacity::Relative };
    let stranger = Requester::Representative(aunt);
    assert_eq!(verdict(stranger, &position(SEM), ASKED), Verdict::RefusedNotRepresentative);
    assert_eq!(verdict(by(YARA), &position(RUBEN), ASKED), Verdict::RefusedNotRepresentative);
    // A relative of a child does not have authority, so does not represent it.
    let known = represented_by(&position(SEM), aunt);
    assert_eq!(verdict(stranger, &known, ASKED), Verdict::RefusedNotRepresentative);
}

#[test]
fn who_represents_an_adult_who_is_incapable_is_given_unless_the_interest_opposes() {
    let mentor = Signer { person: RUBEN, capacity: Capacity::Mentor };
    let yara = represented_by(&incapable(YARA), mentor);
    let requester = Requester::Representative(mentor);
    assert_eq!(verdict(requester, &yara, ASKED), Verdict::Give);
    let refused = opposed(requester, &yara, Objection::PersonInterest);
    assert_eq!(refused, Verdict::RefusedSubjectInterest);
}

#[test]
fn ending_or_investigating_the_violence_goes_before_anybodys_request() {
    for (requester, of) in [(Requester::Itself, NOOR), (by(YARA), SEM)] {
        let refused = opposed(requester, &position(of), Objection::ProtectionTask);
        assert_eq!(refused, Verdict::RefusedProtectionTask);
    }
    // Whoever is refused anyway hears that, and not that something is being investigated.
    let refused = opposed(by(RUBEN), &position(NOOR), Objection::ProtectionTask);
    assert_eq!(refused, Verdict::Refused16Plus);
}

#[test]
fn a_request_is_answered_within_a_month_and_three_when_extended() {
    let term = Term::starting(at(ASKED));
    assert_eq!(term.due_at.to_string(), "2026-07-22T21:59:59Z");
    assert_eq!(term.extended().due_at.to_string(), "2026-09-22T21:59:59Z");
    let last = Term::starting(at("2026-11-30T12:00:00Z"));
    assert_eq!(last.due_at.to_string(), "2026-12-30T22:59:59Z");
    assert_eq!(last.extended().due_at.to_string(), "2027-02-28T22:59:59Z");
}

fn opened(verdict: Verdict) -> SubjectRequest {
    SubjectRequest::open(at(ASKED), verdict)
}

#[test]
fn a_request_is_extended_once_and_before_its_month_is_over() {
    let late = at("2026-07-22T22:00:00Z");
    let request = opened(Verdict::Give);
    assert_eq!(request.extend(late), Err(StepRefused::TooLate));
    let extended = request.extend(at("2026-07-22T21:59:59Z")).unwrap();
    assert_eq!(extended.state, RequestState::Extended);
    assert_eq!(extended.extend(at(ASKED)), Err(StepRefused::State));
    assert_eq!(opened(Verdict::Refused16Plus).extend(at(ASKED)), Err(StepRefused::State));
}

#[test]
fn a_report_is_made_only_for_who_gets_it_at_that_moment() {
    let request = opened(Verdict::Give);
    let reported = request.report(Verdict::Give).unwrap();
    assert_eq!(reported.report(Verdict::Give).unwrap().state, RequestState::Reported);
    let refused = request.report(Verdict::RefusedChildInterest);
    assert_eq!(refused, Err(StepRefused::Refused(Verdict::RefusedChildInterest)));
    assert_eq!(opened(Verdict::RefusedUnder12).report(Verdict::Give), Err(StepRefused::State));
    let closed = reported.close(Ending::Answered, Verdict::Give, true).unwrap();
    assert_eq!(closed.report(Verdict::Give), Err(StepRefused::State));
}

#[test]
fn a_request_ends_by_an_answer_a_told_refusal_or_being_taken_back() {
    let (give, no) = (Verdict::Give, Verdict::Refused16Plus);
    let open = opened(give);
    assert_eq!(open.close(Ending::Answered, give, false), Err(StepRefused::State));
    assert_eq!(open.close(Ending::RefusalTold, give, false), Err(StepRefused::State));
    // What was to be given and is not any more is kept as the refusal that it became.
    assert_eq!(open.close(Ending::RefusalTold, no, false).unwrap().verdict, no);
    assert_eq!(open.close(Ending::TakenBack, no, false).unwrap().verdict, give);
    assert!(open.close(Ending::TakenBack, give, false).is_ok());
    let refused = opened(no);
    assert_eq!(refused.close(Ending::Answered, no, false), Err(StepRefused::State));
    let closed = refused.close(Ending::RefusalTold, no, false).unwrap();
    assert_eq!((closed.state, closed.ending), (RequestState::Closed, Some(Ending::RefusalTold)));
    // What was refused stays what was told, whoever asks about it later.
    let later =
        refused.close(Ending::RefusalTold, Verdict::RefusedNotRepresentative, false).unwrap();
    assert_eq!((closed.verdict, later.verdict), (no, no));
    assert_eq!(closed.close(Ending::RefusalTold, no, false), Err(StepRefused::State));
    assert!(open.is_owed() && refused.is_owed() && !closed.is_owed());
}

/// What was prepared after an approved report is not given, so it must be possible to end it otherwise.
#[test]
fn a_reported_request_ends_by_what_was_prepared_last() {
    let (give, no) = (Verdict::Give, Verdict::Refused16Plus);
    let reported = opened(give).report(give).unwrap();
    // Ending, what is decided now, whether the last report was approved; the verdict that is kept.
    for (ending, verdict, is_approved, expected) in [
        (Ending::Answered, give, true, Some(give)),
        (Ending::Answered, no, true, Some(give)),
        (Ending::RefusalTold, give, true, None),
        (Ending::RefusalTold, no, true, None),
        (Ending::TakenBack, give, true, None),
        (Ending::TakenBack, no, true, None),
        (Ending::RefusalTold, give, false, None),
        (Ending::RefusalTold, no, false, Some(no)),
        (Ending::TakenBack, give, false, Some(give)),
        (Ending::TakenBack, no, false, Some(give)),
    ] {
        let closed = reported.close(ending, verdict, is_approved);
        let case = format!("{ending} {verdict} {is_approved}");
        assert_eq!(closed.ok().map(|one| one.verdict), expected, "{case}");
        let again = closed.and_then(|one| one.close(ending, verdict, is_approved));
        assert_eq!(again, Err(StepRefused::State), "{case}");
    }
}

fn draft() -> SubjectRequestDraft {
    SubjectRequestDraft {
        subject_person_key: "sem".to_owned(),
        requester_person_key: "ruben".to_owned(),
        capacity: 2,
        identity_check: 1,
        received_at: Some(at(ASKED)),
        ..SubjectRequestDraft::default()
    }
}

fn wrong(draft: &SubjectRequestDraft) -> Vec<(String, &'static str)> {
    let now: Timestamp = at(ASKED);
    let violations = draft.parse(&people(), now).unwrap_err();
    let of = |field: &str| field.trim_start_matches("request.").to_owned();
    violations.iter().map(|one| (of(&one.field), one.rule)).collect()
}

#[test]
fn a_good_message_becomes_a_request() {
    let parsed = draft().parse(&people(), at(ASKED)).unwrap();
    assert_eq!((parsed.subject, parsed.requester), (SEM, Some(RUBEN)));
    assert_eq!(parsed.asking.requester, by(RUBEN));
    let own = SubjectRequestDraft { requester_person_key: String::new(), capacity: 1, ..draft() };
    let parsed = own.parse(&people(), at(ASKED)).unwrap();
    assert_eq!((parsed.requester, parsed.asking.requester), (None, Requester::Itself));
    let lawyer = SubjectRequestDraft {
        requester_person_key: String::new(),
        capacity: 6,
        mandate_ref: "brief-7".to_owned(),
        ..draft()
    };
    let parsed = lawyer.parse(&people(), at(ASKED)).unwrap();
    assert_eq!((parsed.requester, parsed.asking.requester), (None, Requester::Mandated));
}

#[test]
fn every_wrong_field_of_a_request_is_told_at_once() {
    let empty = SubjectRequestDraft::default();
    let expected = ["subject_person_key", "capacity", "received_at", "identity_check"];
    assert_eq!(wrong(&empty), expected.map(|field| (field.to_owned(), "REQUIRED")));
    let stranger = SubjectRequestDraft { requester_person_key: "x".to_owned(), ..draft() };
    assert_eq!(wrong(&stranger), [("requester_person_key".to_owned(), "UNKNOWN_PERSON")]);
    let same = SubjectRequestDraft { requester_person_key: "sem".to_owned(), ..draft() };
    assert_eq!(wrong(&same), [("requester_person_key".to_owned(), "SAME_PERSON")]);
    let future = SubjectRequestDraft { received_at: Some(at("2026-06-22T09:00:01Z")), ..draft() };
    assert_eq!(wrong(&future), [("received_at".to_owned(), "IN_FUTURE")]);
    let mandate = SubjectRequestDraft { mandate_ref: "brief-7".to_owned(), ..draft() };
    assert_eq!(wrong(&mandate), [("mandate_ref".to_owned(), "NOT_APPLICABLE")]);
    let silent = SubjectRequestDraft { objection: 1, ..draft() };
    assert_eq!(wrong(&silent), [("objection_motivation".to_owned(), "REQUIRED")]);
    let own = SubjectRequestDraft {
        capacity: 1,
        requester_person_key: String::new(),
        objection: 1,
        objection_motivation: "x".to_owned(),
        ..draft()
    };
    assert_eq!(wrong(&own), [("objection".to_owned(), "NOT_APPLICABLE")]);
}
