//! The name of a row is that of no other, and words open in no other row than that in which they were written.

use proptest::prelude::*;

use super::*;
use crate::domain::id::{GroupId, Pseudonym, QuestionId, ReviewId, SignalId};
use crate::domain::sample::SampleVerdict;
use crate::domain::signal::SignalState;
use crate::domain::time::Timestamp;
use crate::store::{
    InformationRow, QuestionToPartyRow, RaisedSignalRow, SampleJudgementRow, SignalEndingRow,
    VoteRow,
};
use crate::vault::subject::SubjectKey;

const WORDS: &str = "Waarom om drie uur?";

fn key() -> WrappingKey {
    SubjectKey::generate(Pseudonym::new([1; 32])).unwrap().wrapping_key()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).unwrap()
}

/// Words that are sealed for a row open in it, and not in any that one change makes of it.
fn bound<R: WrittenRow>(row: &R, others: &[R]) {
    let key = key();
    let sealed = seal(WORDS, &key, row).unwrap();
    let open_in = |other: &R| open_cell(&sealed, &key, R::TABLE, &other.name().0);
    assert_eq!(open_in(row).unwrap().as_slice(), WORDS.as_bytes());
    for (place, other) in others.iter().enumerate() {
        assert!(open_in(other).is_err(), "{} {place}", R::TABLE);
    }
}

fn judgement() -> SampleJudgementRow {
    SampleJudgementRow {
        group_id: GroupId::from_bytes([1; 16]),
        judged_idx: 7,
        oin: "00000099000000001000".parse().unwrap(),
        user_id: "fg-1".parse().unwrap(),
        verdict: SampleVerdict::InOrder,
        judged_at: at(1),
        idx: 0,
        subject: None,
        content: Vec::new(),
        unread: Vec::new(),
    }
}

fn question() -> QuestionToPartyRow {
    QuestionToPartyRow {
        question_id: QuestionId::from_bytes([1; 16]),
        entry_idx: 7,
        case_ref: None,
        subject: None,
        asker_oin: "00000099000000001000".parse().unwrap(),
        asker_user_id: "fg-1".parse().unwrap(),
        asked_oin: "00000099000000002000".parse().unwrap(),
        asked_at: at(1),
        due_at: at(2),
        idx: 0,
        content: Vec::new(),
        answer_user_id: Some("u-1".parse().unwrap()),
        answered_at: Some(at(3)),
        answer_idx: None,
        answer: None,
        unread: Vec::new(),
    }
}

/// Every row that differs from this one in one of these columns.
macro_rules! others {
    ($row:expr, $($column:ident: $value:expr),+ $(,)?) => {{
        let row = $row;
        [$({
            let mut other = row.clone();
            other.$column = $value;
            other
        }),+]
    }};
}

#[test]
fn words_open_with_every_column_as_it_was_and_with_none_changed() {
    let (oin, user) = ("00000099000000003000", "fg-2");
    let judgements = others!(
        judgement(),
        group_id: GroupId::from_bytes([2; 16]),
        judged_idx: 8,
        oin: oin.parse().unwrap(),
        user_id: user.parse().unwrap(),
        verdict: SampleVerdict::NotInOrder,
        judged_at: at(2),
        subject: Some(Pseudonym::new([1; 32])),
    );
    bound(&judgement(), &judgements);
    let questions = others!(
        question(),
        question_id: QuestionId::from_bytes([2; 16]),
        entry_idx: 8,
        case_ref: Some("VVT-2026-000001".parse().unwrap()),
        subject: Some(Pseudonym::new([1; 32])),
        asker_oin: oin.parse().unwrap(),
        asker_user_id: user.parse().unwrap(),
        asked_oin: oin.parse().unwrap(),
        asked_at: at(2),
        due_at: at(3),
    );
    bound(&question(), &questions);
    let answers = others!(question(), answer_user_id: None, answered_at: None);
    let answers: Vec<_> = questions.iter().chain(&answers).map(AnswerOf).collect();
    bound(&AnswerOf(&question()), &answers);
    let raised = || RaisedSignalRow {
        signal_id: SignalId::from_bytes([1; 16]),
        oin: "00000099000000001000".parse().unwrap(),
        user_id: "fg-1".parse().unwrap(),
        content: Vec::new(),
        unread: Vec::new(),
    };
    let (other, by) = (oin.parse().unwrap(), user.parse().unwrap());
    let id = SignalId::from_bytes([2; 16]);
    bound(&raised(), &others!(raised(), signal_id: id, oin: other, user_id: by));
    let ending = || SignalEndingRow {
        signal_id: raised().signal_id,
        state: SignalState::Explained,
        oin: raised().oin,
        user_id: raised().user_id,
        ended_at: at(1),
        idx: 0,
        content: Vec::new(),
        unread: Vec::new(),
    };
    let endings = others!(
        ending(),
        signal_id: id,
        state: SignalState::Incident,
        oin: oin.parse().unwrap(),
        user_id: user.parse().unwrap(),
        ended_at: at(2),
    );
    bound(&ending(), &endings);
}

#[test]
fn what_was_said_in_a_review_is_bound_to_who_said_it_as_what_and_when() {
    let (oin, user) = ("00000099000000003000", "fg-2");
    let vote = || VoteRow {
        review_id: ReviewId::from_bytes([1; 16]),
        position: 1,
        seat: 1,
        oin: "00000099000000001000".parse().unwrap(),
        user_id: "fg-1".parse().unwrap(),
        verdict: 1,
        voted_at: at(1),
        idx: 0,
        content: Vec::new(),
        unread: Vec::new(),
    };
    let votes = others!(
        vote(),
        review_id: ReviewId::from_bytes([2; 16]),
        position: 2,
        seat: 2,
        oin: oin.parse().unwrap(),
        user_id: user.parse().unwrap(),
        verdict: 2,
        voted_at: at(2),
    );
    bound(&vote(), &votes);
    let answer = || InformationRow {
        review_id: vote().review_id,
        position: 1,
        after_votes: 1,
        oin: vote().oin,
        user_id: vote().user_id,
        given_at: at(1),
        idx: 0,
        content: Vec::new(),
        unread: Vec::new(),
    };
    let answers = others!(
        answer(),
        review_id: ReviewId::from_bytes([2; 16]),
        position: 2,
        after_votes: 2,
        oin: oin.parse().unwrap(),
        user_id: user.parse().unwrap(),
        given_at: at(2),
    );
    bound(&answer(), &answers);
}

#[test]
fn without_a_key_somebody_was_forgotten_and_where_nobody_can_be_it_was_changed() {
    let somebody = SampleJudgementRow { subject: Some(Pseudonym::new([1; 32])), ..judgement() };
    assert_eq!(open(&somebody, None), Written::Forgotten);
    assert_eq!(open(&judgement(), None), Written::Changed);
    let (key, other) = (key(), key());
    let mut row = judgement();
    row.content = seal(WORDS, &key, &row).unwrap();
    let placed = SampleJudgementRow { idx: 9, ..row.clone() };
    assert_eq!(open(&placed, Some(&key)).words(), Some(WORDS));
    assert_eq!(open(&placed, Some(&other)), Written::Changed);
    let unread = SampleJudgementRow { unread: vec!["verdict"], ..row };
    assert_eq!(open(&unread, Some(&key)), Written::Changed);
    assert_eq!(format!("{:?}", open(&placed, Some(&key))), "Words");
}

/// Short, and of few bytes, so that much of what differs would look the same without its lengths.
fn part() -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(proptest::collection::vec(0_u8..2, 0..4))
}

proptest! {
    #[test]
    fn other_parts_never_make_the_same_name(
        one in proptest::collection::vec(part(), 0..4),
        other in proptest::collection::vec(part(), 0..4),
        left in proptest::collection::vec(0_u8..2, 0..9),
        right in proptest::collection::vec(0_u8..2, 0..9),
    ) {
        let name = |parts: &[Option<Vec<u8>>]| {
            parts.iter().fold(RowName::default(), |name, part| name.maybe(part.as_deref()))
        };
        prop_assert_eq!(name(&one) == name(&other), one == other);
        let whole = [&left[..], &[1], &right[..]].concat();
        prop_assert_ne!(name(&[Some(whole)]), name(&[Some(left), Some(right)]));
    }
}
