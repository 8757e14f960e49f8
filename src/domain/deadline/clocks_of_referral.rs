//! The clocks of one referral: which run, which were met, which were missed (DOMAIN §2.4, §2.6).
//!
//! All of it follows from the moments of the referral, so nothing has to be kept per clock but
//! whether its miss was told of.

use super::{DeadlineKind, Timestamp};
use crate::domain::referral::{FeedbackGroup, State, TriageOutcome};

/// The moments of a referral that its clocks depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the referral")]
pub struct ReferralMoments {
    pub state: State,
    pub ack_due_at: Timestamp,
    pub acknowledged_at: Option<Timestamp>,
    pub first_contact_due_at: Option<Timestamp>,
    pub first_contact_at: Option<Timestamp>,
    pub safety_assessment_due_at: Option<Timestamp>,
    pub triaged_at: Option<Timestamp>,
    pub triage_outcome: Option<TriageOutcome>,
    pub feedback_due_at: Option<Timestamp>,
    pub feedback_sent_at: Option<Timestamp>,
    pub inform_subject_due_at: Timestamp,
    pub investigation_due_at: Option<Timestamp>,
    pub investigation_closed_at: Option<Timestamp>,
}

/// One clock of a referral.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What must be done.
    pub kind: DeadlineKind,
    /// Before when.
    pub due_at: Timestamp,
    /// When it was done.
    pub met_at: Option<Timestamp>,
}

impl Standing {
    /// Whether it was not done in time, as far as is known at a moment.
    pub fn is_late(&self, at: Timestamp) -> bool {
        self.met_at.unwrap_or(at) > self.due_at
    }
}

/// The kinds of which a miss was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told(u32);

impl Told {
    /// Reads what is stored: bit n - 1 stands for kind n.
    pub fn from_bits(bits: i64) -> Option<Self> {
        u32::try_from(bits).ok().map(Self)
    }

    /// What is stored.
    pub fn bits(self) -> i64 {
        i64::from(self.0)
    }

    /// Whether a miss of this kind was told.
    pub const fn has(self, kind: DeadlineKind) -> bool {
        self.0 & bit(kind) != 0
    }

    /// With one kind more.
    #[must_use]
    pub const fn with(self, kind: DeadlineKind) -> Self {
        Self(self.0 | bit(kind))
    }
}

const fn bit(kind: DeadlineKind) -> u32 {
    1 << (kind.number() - 1)
}

impl ReferralMoments {
    /// Its clocks. None for a referral that nobody took, or ever will: it was withdrawn, sent back or
    /// refused, which its sender knows. Informing is among them as it stands for everybody of whom
    /// nothing else was recorded.
    pub fn standings(&self) -> Vec<Standing> {
        if matches!(self.state, State::Withdrawn | State::Returned | State::Rejected) {
            return Vec::new();
        }
        let clock = |kind, due_at: Option<Timestamp>, met_at| {
            due_at.map(|due_at| Standing { kind, due_at, met_at })
        };
        [
            clock(DeadlineKind::Acknowledgement, Some(self.ack_due_at), self.acknowledged_at),
            clock(DeadlineKind::FirstContact, self.first_contact_due_at, self.contact_settled_at()),
            clock(DeadlineKind::Triage, self.safety_assessment_due_at, self.triaged_at),
            clock(DeadlineKind::Feedback, self.feedback_due_at, self.feedback_sent_at),
            clock(DeadlineKind::InformSubject, Some(self.inform_subject_due_at), None),
            clock(
                DeadlineKind::Investigation,
                self.investigation_due_at,
                self.investigation_closed_at,
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Clocks that were missed by now and were not told of.
    pub fn missed(&self, told: Told, now: Timestamp) -> Vec<Standing> {
        let untold = |clock: &Standing| !told.has(clock.kind) && clock.is_late(now);
        self.standings().into_iter().filter(untold).collect()
    }

    /// When to look at its clocks again, after those that are missed by now were told of.
    pub fn next_look(&self, now: Timestamp) -> Option<Timestamp> {
        let clocks = self.standings().into_iter();
        clocks.filter(|clock| clock.met_at.is_none() && clock.due_at >= now).map(|c| c.due_at).min()
    }

    /// When the family was spoken with, or somebody decided that the Steunpunt does not: others took
    /// over, or nothing more is done.
    fn contact_settled_at(&self) -> Option<Timestamp> {
        let group = self.triage_outcome.map(TriageOutcome::feedback_group);
        let decided =
            self.triaged_at.filter(|_| group.is_some_and(|g| g != FeedbackGroup::TakenUp));
        match (self.first_contact_at, decided) {
            (Some(contact), Some(decided)) => Some(contact.min(decided)),
            (contact, decided) => contact.or(decided),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::deadline::{Clocks, investigation_due_at};
    use crate::domain::referral::Urgency;
    use std::time::Duration;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// An urgent referral of DOMAIN §10 step 1.
    fn moments() -> ReferralMoments {
        let received_at = at("2026-03-12T00:52:00Z");
        let due = Clocks::default().deadlines(Urgency::Urgent, received_at);
        ReferralMoments {
            state: State::Routed,
            ack_due_at: due.ack_due_at,
            acknowledged_at: None,
            first_contact_due_at: due.first_contact_due_at,
            first_contact_at: None,
            safety_assessment_due_at: due.safety_assessment_due_at,
            triaged_at: None,
            triage_outcome: None,
            feedback_due_at: None,
            feedback_sent_at: None,
            inform_subject_due_at: due.inform_subject_due_at,
            investigation_due_at: None,
            investigation_closed_at: None,
        }
    }

    fn kinds(missed: &[Standing]) -> Vec<DeadlineKind> {
        missed.iter().map(|clock| clock.kind).collect()
    }

    #[test]
    fn a_clock_is_missed_after_its_last_moment_and_not_at_it() {
        let referral = moments();
        let due = referral.ack_due_at;
        assert_eq!(referral.missed(Told::default(), due), []);
        let missed = referral.missed(Told::default(), due.plus(SECOND));
        assert_eq!(kinds(&missed), [DeadlineKind::Acknowledgement]);
        assert_eq!(referral.next_look(due.plus(SECOND)), referral.first_contact_due_at);
    }

    #[test]
    fn a_clock_that_was_met_late_was_missed_too_and_one_in_time_never() {
        let late = moments().ack_due_at.plus(SECOND);
        let now = late.plus(SECOND);
        let met = |at| ReferralMoments { acknowledged_at: Some(at), ..moments() };
        assert_eq!(kinds(&met(late).missed(Told::default(), now)), [DeadlineKind::Acknowledgement]);
        assert_eq!(met(moments().ack_due_at).missed(Told::default(), now), []);
    }

    #[test]
    fn what_was_told_is_not_told_again() {
        let told = Told::default().with(DeadlineKind::Acknowledgement);
        let after_a_year = at("2027-03-12T00:52:00Z");
        let missed = moments().missed(told, after_a_year);
        let left = [DeadlineKind::FirstContact, DeadlineKind::Triage, DeadlineKind::InformSubject];
        assert_eq!(kinds(&missed), left);
        assert_eq!(moments().next_look(after_a_year), None);
        assert_eq!(Told::from_bits(told.bits()), Some(told));
        assert_eq!(Told::from_bits(-1), None);
    }

    #[test]
    fn a_referral_that_nobody_took_has_no_clocks() {
        for state in [State::Withdrawn, State::Returned, State::Rejected] {
            assert_eq!(ReferralMoments { state, ..moments() }.standings(), []);
        }
        let undeliverable = ReferralMoments { state: State::Undeliverable, ..moments() };
        assert!(!undeliverable.standings().is_empty());
    }

    #[test]
    fn the_first_contact_clock_stops_when_others_take_over_and_runs_on_when_we_do() {
        let triaged_at = at("2026-03-12T09:00:00Z");
        let triaged = |outcome| ReferralMoments {
            triaged_at: Some(triaged_at),
            triage_outcome: Some(outcome),
            ..moments()
        };
        let late = at("2026-03-13T09:00:00Z");
        let told = Told::default().with(DeadlineKind::Acknowledgement);
        for outcome in TriageOutcome::ALL {
            let runs = outcome.feedback_group() == FeedbackGroup::TakenUp;
            assert_eq!(!triaged(*outcome).missed(told, late).is_empty(), runs, "{outcome}");
        }
    }

    #[test]
    fn an_investigation_runs_for_ten_weeks_from_the_decision() {
        let decided_at = at("2026-03-16T10:00:00Z");
        let due = investigation_due_at(decided_at);
        let open = ReferralMoments { investigation_due_at: Some(due), ..moments() };
        let told =
            [DeadlineKind::Acknowledgement, DeadlineKind::FirstContact, DeadlineKind::Triage]
                .into_iter()
                .chain([DeadlineKind::InformSubject])
                .fold(Told::default(), Told::with);
        assert_eq!(open.missed(told, due), []);
        assert_eq!(kinds(&open.missed(told, due.plus(SECOND))), [DeadlineKind::Investigation]);
        let closed = ReferralMoments { investigation_closed_at: Some(due), ..open };
        assert_eq!(closed.missed(told, due.plus(SECOND)), []);
    }
}
