//! Schedules that failed once, made as short as they could be. Each names what was wrong.

use super::broken::Broken;
use super::place::Prepared;
use super::run::run;
use super::step::{Act, Asker, Fate, How, Jump, Step, Tamper as What, Term};
use {Act::*, Fate::*, Step::*};

#[track_caller]
fn holds(steps: &[Step]) {
    holds_on(Prepared::sqlite(), steps);
}

#[track_caller]
fn holds_on(prepared: &Prepared, steps: &[Step]) {
    if let Err(failure) = run(prepared, steps, Broken::Nothing) {
        panic!("step {}: {}", failure.step, failure.why);
    }
}

/// The answer was sealed under another key than the one it was opened with. Every schedule repeats
/// all its calls in the end.
#[test]
fn a_lost_answer_to_a_consent_or_a_withdrawal_is_given_again() {
    holds(&[
        One(Withdraw { consent: 3 }, LostReply),
        One(Give { person: 3, term: Term::HalfYear }, LostReply),
        One(Repeat { request: 1, other_body: false }, Answered),
    ]);
}

/// The withdrawal was older than a consent that was recorded before it, by the clock that was set
/// back in between; so that consent went on to permit.
#[test]
fn a_withdrawal_ends_what_was_said_before_it_also_when_the_clock_was_set_back() {
    holds(&[
        One(Give { person: 3, term: Term::HalfYear }, Answered),
        Clock(Jump::Back(90)),
        One(Withdraw { consent: 3 }, Answered),
        Clock(Jump::Forward(86_400)),
        One(Ask { by: Asker::Partner }, Answered),
    ]);
}

/// A question and a consent at the same moment: the question was asked before the consent began, and
/// answered after it was stored. So the answer left its person out, and was given again later. The
/// gateway was right; the model was not.
#[test]
fn a_consent_that_begins_after_the_question_does_not_count_for_it() {
    holds(&[
        One(Give { person: 0, term: Term::HalfHour }, Answered),
        Both(Withdraw { consent: 6 }, Ask { by: Asker::Partner }),
        Both(Ask { by: Asker::Partner }, Give { person: 1, term: Term::UntilTomorrow }),
    ]);
}

/// A question and its repeat at the same time, in the last second of a Dutch day: one was answered, and
/// the other told that what the answer rests on may have changed, for a consent may end with the day.
/// The gateway was right; the test wanted the same answer twice.
#[test]
fn an_answer_of_the_last_second_of_a_day_is_not_given_again() {
    holds(&[
        Clock(Jump::Midnight),
        Both(Ask { by: Asker::Partner }, Repeat { request: 21, other_body: false }),
    ]);
}

/// The clock had gone back since a withdrawal, so a consent that was given later was signed before it
/// and did not count: that its own withdrawal was deleted changed nothing that anybody could see.
#[test]
fn a_deleted_withdrawal_is_noticed_also_when_the_clock_was_set_back() {
    let ask = Ask { by: Asker::Partner };
    holds(&[
        One(Withdraw { consent: 0 }, Cut(4)),
        One(ask, Answered),
        Both(
            Receive { reader: 0, reconnects: false, most: 32 },
            Receive { reader: 1, reconnects: true, most: 1 },
        ),
        One(Repeat { request: 0, other_body: false }, LostReply),
        Crash,
        Restart,
        One(Repeat { request: 9, other_body: true }, LostReply),
        Clock(Jump::Back(3_700)),
        Tamper(What::WithdrawalGone, 75),
    ]);
}

/// A referral came a few microseconds into the last second of a day. A day later by its clock, which had
/// been set back, the gateway was asked at the beginning of that very second: it was not there yet.
#[test]
fn a_referral_is_not_handed_out_before_the_moment_at_which_it_came() {
    holds(&[
        Clock(Jump::Midnight),
        One(Submit { family: 2 }, LostReply),
        Clock(Jump::Back(86_400)),
        Clock(Jump::Midnight),
        One(Receive { reader: 0, reconnects: true, most: 32 }, LostReply),
    ]);
}

/// The 13th look finds 12 leases that ended without a word; whoever came after it is free then.
#[test]
fn a_referral_that_its_reader_never_settles_is_quarantined_and_blocks_nobody() {
    let look = One(Receive { reader: 0, reconnects: true, most: 32 }, LostReply);
    let mut steps = vec![One(Submit { family: 0 }, Answered), One(Submit { family: 0 }, Answered)];
    steps.extend([look; 14]);
    holds(&steps);
}

/// The lease ended at the moment at which it was given back: before that moment, by a clock that was
/// set back, it held again, and settling it failed.
#[test]
fn a_lease_that_was_given_back_is_over_also_when_the_clock_was_set_back() {
    for how in [How::Acknowledge, How::Release, How::Extend, How::SendBack] {
        holds(&[
            One(Submit { family: 0 }, Answered),
            One(Receive { reader: 0, reconnects: true, most: 32 }, Answered),
            One(Settle { lease: 0, how: How::Release }, Answered),
            Clock(Jump::Back(5)),
            One(Settle { lease: 0, how }, Answered),
        ]);
    }
}

/// A call that its caller gave up left a connection to PostgreSQL in a transaction that the driver
/// did not count: the next one on that connection read an old snapshot, and could write nothing.
#[test]
fn a_call_that_is_given_up_leaves_nothing_behind_on_postgresql() {
    for polls in 0..8 {
        let ask = Ask { by: Asker::Partner };
        holds_on(
            Prepared::postgres(),
            &[
                One(ask, Cut(polls)),
                One(Withdraw { consent: 0 }, Answered),
                One(ask, Answered),
                One(Submit { family: 0 }, Answered),
            ],
        );
    }
}
