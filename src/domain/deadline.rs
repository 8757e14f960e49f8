//! When something is due: the clocks of a referral (DOMAIN §2.4, §2.6).
//!
//! A deadline in days ends with the last second of a Dutch day and is kept as a moment in UTC.
//! Terms that a law or national protocol sets are constants; what the region chose is in
//! [`Clocks`] and can be configured, but never switched off: a clock of 0 does not parse.

use std::num::NonZeroU16;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::calendar::{add_calendar_months, add_calendar_weeks, add_working_days};
use super::code::codes;
use super::referral::Urgency;
use super::time::Timestamp;

mod clocks_of_referral;

pub use clocks_of_referral::{ReferralMoments, Standing, Told};

codes! {
    /// What must be done before a moment (DOMAIN §2.4, §2.6, §3.2, §4.4, §5.6, §5.7).
    pub enum DeadlineKind {
        /// The recipient acknowledges a referral: responsibility passes.
        Acknowledgement = 1, "ACKNOWLEDGEMENT";
        /// The family is spoken with.
        FirstContact = 2, "FIRST_CONTACT";
        /// Safety assessment and triage decision.
        Triage = 3, "TRIAGE";
        /// The reporter is told of the steps taken.
        Feedback = 4, "FEEDBACK";
        /// A data subject is told that another party gave data (Wmo 2015 art. 5.3.1).
        InformSubject = 5, "INFORM_SUBJECT";
        /// An investigation is finished.
        Investigation = 6, "INVESTIGATION";
        /// An emergency disclosure is reviewed.
        Review = 7, "REVIEW";
        /// A request of a data subject is answered (AVG art. 12 lid 3).
        AccessRequest = 8, "ACCESS_REQUEST";
        /// A breach is notified to the supervisory authority (AVG art. 33).
        BreachNotification = 9, "BREACH_NOTIFICATION";
        /// Those concerned are told of an emergency, on the day that was planned when it was declared
        /// (DOMAIN §4.4).
        InformClient = 10, "INFORM_CLIENT";
    }
}

codes! {
    /// Why a data subject is informed later (Wmo 2015 art. 5.3.1 lid 2).
    pub enum PostponementReason {
        /// Necessary to end a situation of violence.
        EndViolence = 1, "END_VIOLENCE";
        /// Necessary to investigate a report.
        Investigate = 2, "INVESTIGATE";
    }
}

/// Working days for the safety assessment and triage decision (Uitvoeringsbesluit Wmo 2015
/// art. 4.1.7(1), national protocol).
pub const SAFETY_ASSESSMENT_WORKING_DAYS: u16 = 5;

/// Weeks within which a data subject is told that another party gave data (Wmo 2015 art. 5.3.1(1)).
pub const INFORM_SUBJECT_WEEKS: u16 = 4;

/// Weeks by which informing may be postponed, each time anew (Wmo 2015 art. 5.3.1(2)).
pub const INFORM_SUBJECT_EXTENSION_WEEKS: u16 = 2;

/// Weeks for an investigation, from the decision to investigate (DOMAIN §2.6).
pub const INVESTIGATION_WEEKS: u16 = 10;

/// Months to answer a request of a data subject, from its receipt (AVG art. 12 lid 3).
pub const ACCESS_REQUEST_MONTHS: u16 = 1;

/// Months by which that term may be extended, once, with a notice within the first (AVG art. 12 lid 3).
pub const ACCESS_REQUEST_EXTENSION_MONTHS: u16 = 2;

/// From the moment that somebody knows of a breach to its notification (AVG art. 33 lid 1).
pub const BREACH_NOTIFICATION: Duration = Duration::from_hours(72);

/// The clocks that the region chose itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clocks {
    /// Minutes to acknowledge an `ACUTE` referral, day and night.
    pub acknowledge_acute_minutes: NonZeroU16,
    /// Minutes to acknowledge an `URGENT` referral, day and night.
    pub acknowledge_urgent_minutes: NonZeroU16,
    /// Working days to acknowledge a `STANDARD` referral, to the end of the last one. Nobody
    /// promised a faster reading, but a referral that stays unread must raise an alarm.
    pub acknowledge_standard_working_days: NonZeroU16,
    /// Working days to acknowledge `INFORMATION`, to the end of the last one. A supplement can
    /// tell of new danger, so it does not wait longer than a first referral.
    pub acknowledge_information_working_days: NonZeroU16,
    /// Minutes to the first contact with the family after an `ACUTE` referral. The acute check
    /// is done at once, so this is the clock of the acknowledgement.
    pub first_contact_acute_minutes: NonZeroU16,
    /// Minutes to the first contact with the family after an `URGENT` referral.
    pub first_contact_urgent_minutes: NonZeroU16,
    /// Working days to tell the police what was decided, from the triage. The duty (Wmo 2015
    /// art. 4.1.1(2)(g)) has no term of its own.
    pub feedback_working_days: NonZeroU16,
}

impl Default for Clocks {
    fn default() -> Self {
        const fn of(number: u16) -> NonZeroU16 {
            NonZeroU16::new(number).expect("every default below is above 0")
        }
        Self {
            acknowledge_acute_minutes: of(60),
            acknowledge_urgent_minutes: of(4 * 60),
            acknowledge_standard_working_days: of(1),
            acknowledge_information_working_days: of(1),
            first_contact_acute_minutes: of(60),
            first_contact_urgent_minutes: of(24 * 60),
            feedback_working_days: of(2),
        }
    }
}

/// The deadlines that start with the receipt of a referral.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlines {
    /// The recipient acknowledges before this; otherwise an alarm and a notice to the sender.
    pub ack_due_at: Timestamp,
    /// First contact with the family. Only for danger within a day.
    pub first_contact_due_at: Option<Timestamp>,
    /// Safety assessment and triage decision. Not for a supplement to an open case.
    pub safety_assessment_due_at: Option<Timestamp>,
    /// The data subjects know of the referral, unless postponed with a reason.
    pub inform_subject_due_at: Timestamp,
}

impl Deadlines {
    /// When to look for the first time whether one of them was missed.
    pub fn first(&self) -> Timestamp {
        [self.first_contact_due_at, self.safety_assessment_due_at]
            .into_iter()
            .flatten()
            .fold(self.ack_due_at.min(self.inform_subject_due_at), Timestamp::min)
    }
}

impl Clocks {
    /// The deadlines of a referral with this urgency, received at this moment.
    pub fn deadlines(&self, urgency: Urgency, received_at: Timestamp) -> Deadlines {
        Deadlines {
            ack_due_at: self.ack_due_at(urgency, received_at),
            first_contact_due_at: self.first_contact_due_at(urgency, received_at),
            safety_assessment_due_at: safety_assessment_due_at(urgency, received_at),
            inform_subject_due_at: inform_subject_due_at(received_at),
        }
    }

    /// When the recipient has to have acknowledged.
    pub fn ack_due_at(&self, urgency: Urgency, received_at: Timestamp) -> Timestamp {
        match urgency {
            Urgency::Acute => after_minutes(received_at, self.acknowledge_acute_minutes),
            Urgency::Urgent => after_minutes(received_at, self.acknowledge_urgent_minutes),
            Urgency::Standard => {
                after_working_days(received_at, self.acknowledge_standard_working_days.get())
            }
            Urgency::Information => {
                after_working_days(received_at, self.acknowledge_information_working_days.get())
            }
        }
    }

    /// When the family has to have been spoken with; no clock where no danger within a day is
    /// expected.
    pub fn first_contact_due_at(
        &self,
        urgency: Urgency,
        received_at: Timestamp,
    ) -> Option<Timestamp> {
        match urgency {
            Urgency::Acute => Some(after_minutes(received_at, self.first_contact_acute_minutes)),
            Urgency::Urgent => Some(after_minutes(received_at, self.first_contact_urgent_minutes)),
            Urgency::Standard | Urgency::Information => None,
        }
    }

    /// When the police have to have been told what was decided.
    pub fn feedback_due_at(&self, triaged_at: Timestamp) -> Timestamp {
        after_working_days(triaged_at, self.feedback_working_days.get())
    }
}

/// When the safety assessment has to be done; a supplement to an open case has no such clock.
pub fn safety_assessment_due_at(urgency: Urgency, received_at: Timestamp) -> Option<Timestamp> {
    match urgency {
        Urgency::Acute | Urgency::Urgent | Urgency::Standard => {
            Some(after_working_days(received_at, SAFETY_ASSESSMENT_WORKING_DAYS))
        }
        Urgency::Information => None,
    }
}

/// When the data subjects have to know that data about them were recorded.
pub fn inform_subject_due_at(recorded_at: Timestamp) -> Timestamp {
    after_weeks(recorded_at, INFORM_SUBJECT_WEEKS)
}

/// The latest moment to which one postponement can move the duty to inform.
pub fn inform_subject_extended_until(due_at: Timestamp) -> Timestamp {
    after_weeks(due_at, INFORM_SUBJECT_EXTENSION_WEEKS)
}

/// When a request of a data subject has to be answered: the end of the same day of the next month, or
/// of its last day (DOMAIN §5.6).
pub fn access_request_due_at(received_at: Timestamp) -> Timestamp {
    after_months(received_at, ACCESS_REQUEST_MONTHS)
}

/// When a request has to be answered whose term was extended; counted from its receipt.
pub fn access_request_extended_until(received_at: Timestamp) -> Timestamp {
    after_months(received_at, ACCESS_REQUEST_MONTHS + ACCESS_REQUEST_EXTENSION_MONTHS)
}

/// When a breach has to be notified: hours that pass, also on days off (DOMAIN §5.7).
pub fn breach_notification_due_at(aware_at: Timestamp) -> Timestamp {
    aware_at.plus(BREACH_NOTIFICATION)
}

/// When an investigation has to be finished.
pub fn investigation_due_at(decided_at: Timestamp) -> Timestamp {
    after_weeks(decided_at, INVESTIGATION_WEEKS)
}

/// Minutes that pass, also over a change of the clock.
fn after_minutes(start: Timestamp, minutes: NonZeroU16) -> Timestamp {
    start.plus(Duration::from_secs(u64::from(minutes.get()) * 60))
}

fn after_working_days(start: Timestamp, days: u16) -> Timestamp {
    add_working_days(start.date(), days).end()
}

fn after_weeks(start: Timestamp, weeks: u16) -> Timestamp {
    add_calendar_weeks(start.date(), weeks).end()
}

fn after_months(start: Timestamp, months: u16) -> Timestamp {
    add_calendar_months(start.date(), months).end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// 2026-03-12 01:52 in the Netherlands: step 1 of the scenario (DOMAIN §10).
    fn received() -> Timestamp {
        at("2026-03-12T00:52:00Z")
    }

    #[test]
    fn an_urgent_referral_at_night_has_these_deadlines() {
        let due = Clocks::default().deadlines(Urgency::Urgent, received());
        assert_eq!(due.ack_due_at, at("2026-03-12T04:52:00Z"));
        assert_eq!(due.first_contact_due_at, Some(at("2026-03-13T00:52:00Z")));
        assert_eq!(due.safety_assessment_due_at, Some(at("2026-03-19T22:59:59Z")));
        // Summer time by then.
        assert_eq!(due.inform_subject_due_at, at("2026-04-09T21:59:59Z"));
    }

    #[test]
    fn an_acute_referral_is_acknowledged_and_followed_up_within_the_hour() {
        let due = Clocks::default().deadlines(Urgency::Acute, received());
        assert_eq!(due.ack_due_at, at("2026-03-12T01:52:00Z"));
        assert_eq!(due.first_contact_due_at, Some(at("2026-03-12T01:52:00Z")));
    }

    #[test]
    fn a_standard_referral_is_read_by_the_end_of_the_next_working_day() {
        let friday = at("2026-04-24T12:00:00Z");
        let due = Clocks::default().deadlines(Urgency::Standard, friday);
        // Monday 27 April is King's Day.
        assert_eq!(due.ack_due_at, at("2026-04-28T21:59:59Z"));
        assert_eq!(due.first_contact_due_at, None);
        assert_eq!(due.safety_assessment_due_at, Some(at("2026-05-04T21:59:59Z")));
    }

    #[test]
    fn a_supplement_has_no_triage_clock_but_must_be_read() {
        let due = Clocks::default().deadlines(Urgency::Information, received());
        assert_eq!(due.safety_assessment_due_at, None);
        assert_eq!(due.first_contact_due_at, None);
        assert_eq!(due.ack_due_at, at("2026-03-13T22:59:59Z"));
    }

    #[test]
    fn the_day_of_receipt_is_the_dutch_day() {
        // 00:30 on Friday in the Netherlands, still Thursday in UTC.
        let friday = at("2026-03-12T23:30:00Z");
        assert_eq!(
            safety_assessment_due_at(Urgency::Standard, friday),
            Some(at("2026-03-20T22:59:59Z"))
        );
    }

    #[test]
    fn feedback_is_due_two_working_days_after_triage() {
        let monday = at("2026-03-16T10:00:00Z");
        assert_eq!(Clocks::default().feedback_due_at(monday), at("2026-03-18T22:59:59Z"));
    }

    #[test]
    fn informing_moves_by_two_weeks_and_an_investigation_takes_ten() {
        let due = inform_subject_due_at(received());
        assert_eq!(inform_subject_extended_until(due), at("2026-04-23T21:59:59Z"));
        assert_eq!(investigation_due_at(at("2026-03-16T10:00:00Z")), at("2026-05-25T21:59:59Z"));
    }

    #[test]
    fn a_request_is_answered_within_a_month_and_three_when_extended() {
        let last_of_january = at("2026-01-31T09:00:00Z");
        assert_eq!(access_request_due_at(last_of_january), at("2026-02-28T22:59:59Z"));
        assert_eq!(access_request_extended_until(last_of_january), at("2026-04-30T21:59:59Z"));
    }

    #[test]
    fn a_breach_is_notified_within_72_hours_also_in_a_weekend() {
        let friday = at("2026-03-27T16:00:00Z");
        assert_eq!(breach_notification_due_at(friday), at("2026-03-30T16:00:00Z"));
    }

    #[test]
    fn an_hour_is_an_hour_when_the_clock_is_put_forward() {
        // 01:30 local time, half an hour before summer time starts.
        let night = at("2026-03-29T00:30:00Z");
        assert_eq!(Clocks::default().ack_due_at(Urgency::Acute, night), at("2026-03-29T01:30:00Z"));
    }

    #[test]
    fn configuration_replaces_single_clocks_and_refuses_the_rest() {
        let clocks: Clocks =
            serde_json::from_str(r#"{"acknowledge_urgent_minutes": 120}"#).unwrap();
        assert_eq!(clocks.acknowledge_urgent_minutes.get(), 120);
        assert_eq!(clocks.feedback_working_days, Clocks::default().feedback_working_days);
        for bad in [r#"{"acknowledge_urgent_minutes": 0}"#, r#"{"acknowledge_urgent": 120}"#] {
            assert!(serde_json::from_str::<Clocks>(bad).is_err(), "{bad}");
        }
    }
}
