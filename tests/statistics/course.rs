//! The course of one case as the reports tell it: from its referral to its release and back, with everything
//! that can be counted of it worked out by hand.

use ketenpoort::domain::case::{ClosingDraft, InvolvementDraft, StepDraft};
use ketenpoort::domain::emergency::{ClientInformedDraft, EmergencyDraft};
use ketenpoort::domain::id::SubjectRequestId;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::policy::BasisEvidenceDraft;
use ketenpoort::domain::referral::TriageOutcome;
use ketenpoort::domain::statistics::{Cell, Indicator, Table, Unit};
use ketenpoort::domain::subject_request::SubjectRequestDraft;
use ketenpoort::gateway::sharing::ShareDraft;
use ketenpoort::gateway::subject_requests::RequestView;

use super::house::{CASE, GGZ, House, STEUNPUNT, call_time, new_request};
use super::journey::Journey;
use super::tests::{PUBLICATION, WORK, column, make};

/// The place of The Hague among the municipalities, and of the region behind them.
const THE_HAGUE: usize = 1;
const REGION: usize = 9;

impl Journey {
    /// The report of a period, for work.
    async fn tables(&self, period: &str) -> Vec<Table> {
        let call = self.by(STEUNPUNT);
        make(&self.house, &call, period, WORK).await.unwrap().content.tables
    }

    /// Notes what is late by now, as the gateway does by itself.
    async fn sweep(&self) {
        while self.house.gateway.sweep_deadlines().await.unwrap().more {}
    }

    /// Somebody of the family asks who shared what about them.
    async fn ask_access(&self, person: &str) -> SubjectRequestId {
        let call = self.house.call(STEUNPUNT, UserRole::PrivacyOfficer);
        let draft = SubjectRequestDraft {
            subject_person_key: person.to_owned(),
            capacity: 1,
            identity_check: 1,
            received_at: Some(call_time(self.house.gateway.clock().now())),
            ..SubjectRequestDraft::default()
        };
        let request = new_request("OpenDataSubjectRequest");
        let asked = (CASE.parse().unwrap(), draft);
        let told = |view: &RequestView| view.id.to_string().into_bytes();
        let id = self.house.gateway.open_subject_request(&call, &request, asked, told).await;
        String::from_utf8(id.unwrap()).unwrap().parse().unwrap()
    }

    /// The Steunpunt warns mental health care about the father, against what he said if `declared`.
    async fn warn(&self, declared: bool) {
        let emergency = EmergencyDraft {
            reason_code: 1,
            danger_to: 2,
            situation: "Er wordt gedreigd.".to_owned(),
            why_no_consent: 5,
            alternatives_tried: "Bellen.".to_owned(),
            consulted_colleague_user_id: "u-2".to_owned(),
            minimality_text: "Alleen wie het is.".to_owned(),
            client_informed: Some(ClientInformedDraft::After),
            authenticated_at: Some(self.house.gateway.clock().now()),
            ..EmergencyDraft::default()
        };
        let draft = ShareDraft {
            case_ref: CASE.to_owned(),
            recipient_oin: GGZ.to_owned(),
            purpose: 2,
            basis: 3,
            categories: vec![1],
            person_keys: vec!["father".to_owned()],
            involvement: InvolvementDraft { kind: 3, ..InvolvementDraft::default() },
            evidence: BasisEvidenceDraft {
                gravity_text: "Er zijn kinderen in huis.".to_owned(),
                ..BasisEvidenceDraft::default()
            },
            emergency: declared.then_some(emergency),
            ..ShareDraft::default()
        };
        let request = new_request("ShareSummary");
        let call = self.by(STEUNPUNT);
        self.house.gateway.share_summary(&call, &request, draft, |_| Vec::new()).await.unwrap();
    }

    /// The year 2026 of the family: let go in October, reported again and taken up again in November.
    async fn year() -> Self {
        let house = House::open().await;
        let consents = house.case_with_summary().await;
        let journey = Self { house };
        // An emergency that was declared in vain, and one against a withdrawal.
        journey.warn(true).await;
        journey.house.withdraw(&consents[1], "father", 1).await.unwrap();
        journey.warn(true).await;
        journey.watched().await;
        journey.on("2026-05-04T08:00:00Z");
        let answered = journey.ask_access("daughter").await;
        journey.ask_access("mother").await;
        journey.on("2026-06-01T08:00:00Z");
        journey.house.give_report(STEUNPUNT, answered).await.unwrap();
        assert_eq!(journey.phase(STEUNPUNT, 2).await.unwrap(), "MONITORING phase 2");
        journey.on("2026-09-01T08:00:00Z");
        journey.made_safe().await;
        journey.rate(8).await;
        journey.on("2026-09-10T22:00:00Z");
        assert_eq!(journey.phase(STEUNPUNT, 3).await.unwrap(), "MONITORING phase 3");
        journey.on("2026-10-05T20:00:00Z");
        let closing = ClosingDraft::Release { phase_reason: String::new() };
        assert_eq!(journey.close(closing).await.unwrap(), "RELEASED phase 3");
        journey.on("2026-11-08T00:10:00Z");
        let referral_id = journey.report_again().await;
        journey.on("2026-11-09T09:00:00Z");
        journey.triage(referral_id, TriageOutcome::VvtTeam).await;
        let reopened = journey.reopen(STEUNPUNT, &referral_id.to_string()).await.unwrap();
        assert_eq!(reopened, "TRIAGED phase 1");
        journey.on("2026-11-12T09:00:00Z");
        let contact_at = Some(journey.house.gateway.clock().now());
        journey.step(StepDraft::FirstContact { contact_at }).await.unwrap();
        journey.on("2027-01-04T09:00:00Z");
        journey.sweep().await;
        journey
    }
}

/// A figure of The Hague, where all of it happened: that of the region too.
fn figure(tables: &[Table], indicator: Indicator, unit: Unit, name: &str) -> Option<i64> {
    let figures = column(tables, indicator, unit, name);
    assert_eq!(figures[THE_HAGUE], figures[REGION], "{indicator}");
    figures[REGION]
}

#[tokio::test]
async fn a_case_from_referral_to_release_and_back_is_what_was_worked_out_by_hand() {
    use Indicator::{
        ChildrenSpoken, DsarInTime, DsarTotal, PhaseDuration, PhaseReached, ReleaseRate,
        ReleasedSafely, ReopenedWithin12m, SafetyScaleChange, TimeToFirstContact,
    };
    let journey = Journey::year().await;
    let count =
        |tables: &[Table], indicator, name: &str| figure(tables, indicator, Unit::Count, name);
    let percent = |tables: &[Table], indicator| figure(tables, indicator, Unit::Percent, "PERCENT");
    let days =
        |tables: &[Table], indicator, name: &str| figure(tables, indicator, Unit::Days, name);

    // Opened on 12 March; first contact on the 19th: Friday and four days of the next week.
    let first = journey.tables("2026-Q1").await;
    assert_eq!(count(&first, PhaseReached, "PHASE_1_DIRECT_SAFETY"), Some(1));
    assert_eq!(count(&first, PhaseReached, "TOTAL"), Some(1));
    assert_eq!(
        (percent(&first, ReleaseRate), percent(&first, ChildrenSpoken)),
        (Some(0), Some(100))
    );
    assert_eq!(days(&first, TimeToFirstContact, "MEDIAN"), Some(5));
    assert_eq!(days(&first, TimeToFirstContact, "P90"), Some(5));
    assert_eq!(days(&first, PhaseDuration, "MEDIAN_PHASE_1"), None);

    // Phase 1 until 1 June: 19 days of March, 30 of April, 31 of May and a third of a day. Two requests
    // in May; the one that was answered was due, the other too, on 4 June.
    let second = journey.tables("2026-Q2").await;
    assert_eq!(days(&second, PhaseDuration, "MEDIAN_PHASE_1"), Some(81));
    assert_eq!(
        (count(&second, DsarTotal, "TOTAL"), percent(&second, DsarInTime)),
        (Some(2), Some(50))
    );
    assert_eq!(count(&second, PhaseReached, "TOTAL"), Some(0));

    // Phase 2 until 10 September at 22:00: 29 days of June, 31, 31, 10 and more than half a day.
    let third = journey.tables("2026-Q3").await;
    assert_eq!(days(&third, PhaseDuration, "MEDIAN_PHASE_2"), Some(102));
    assert_eq!(percent(&third, ReleasedSafely), None);

    // Let go on 5 October, rated 8 after 4. Reported again on Sunday 8 November, spoken with on Thursday.
    let fourth = journey.tables("2026-Q4").await;
    assert_eq!(days(&fourth, PhaseDuration, "MEDIAN_PHASE_3"), Some(25));
    assert_eq!(percent(&fourth, ReleasedSafely), Some(100));
    assert_eq!(figure(&fourth, SafetyScaleChange, Unit::Points, "MEDIAN"), Some(4));
    assert_eq!(days(&fourth, TimeToFirstContact, "MEDIAN"), Some(4));

    // Of the whole year: phase 3 was reached, whatever came after.
    let year = journey.tables("2026").await;
    assert_eq!(count(&year, PhaseReached, "PHASE_3_RECOVERY_CARE"), Some(1));
    assert_eq!(
        (percent(&year, ReleaseRate), percent(&year, ChildrenSpoken)),
        (Some(100), Some(100))
    );
    assert_eq!(
        days(&year, TimeToFirstContact, "MEDIAN"),
        Some(5),
        "the mean of 4 and 5, rounded up"
    );
    assert_eq!(percent(&year, ReopenedWithin12m), None, "nobody was let go in 2025");

    // Twelve months after the release were over in the same quarter of 2027.
    journey.on("2027-10-05T19:59:59Z");
    assert_eq!(percent(&journey.tables("2027-Q4").await, ReopenedWithin12m), None);
    journey.on("2028-01-03T09:00:00Z");
    assert_eq!(percent(&journey.tables("2027-Q4").await, ReopenedWithin12m), Some(100));
}

#[tokio::test]
async fn what_the_chain_learns_from_is_what_went_against_a_no_and_what_was_late() {
    let journey = Journey::year().await;
    let count =
        |tables: &[Table], indicator, name: &str| figure(tables, indicator, Unit::Count, name);
    let late = |tables: &[Table], name: &str| count(tables, Indicator::LateDeadlines, name);
    let first = journey.tables("2026-Q1").await;
    // Two emergencies were declared: before the father withdrew there was nothing to override.
    assert_eq!(count(&first, Indicator::BreakGlassTotal, "TOTAL"), Some(2));
    assert_eq!(count(&first, Indicator::OverriddenConsents, "TOTAL"), Some(1));
    // Nobody told the police, and a day is over before the 19th. Both reviews were due on 19 March.
    let of_first =
        [("FIRST_CONTACT", 1), ("FEEDBACK", 1), ("REVIEW", 2), ("TRIAGE", 0), ("TOTAL", 4)];
    for (kind, expected) in of_first {
        assert_eq!(late(&first, kind), Some(expected), "{kind}");
    }
    // Nobody told the family within four weeks; the mother has no answer.
    let second = journey.tables("2026-Q2").await;
    for (kind, expected) in [("INFORM_SUBJECT", 1), ("ACCESS_REQUEST", 1), ("TOTAL", 2)] {
        assert_eq!(late(&second, kind), Some(expected), "{kind}");
    }
    assert_eq!(count(&second, Indicator::OverriddenConsents, "TOTAL"), Some(0));
}

#[tokio::test]
async fn of_one_family_nothing_is_published() {
    let journey = Journey::year().await;
    let call = journey.by(STEUNPUNT);
    for period in ["2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4"] {
        let report = make(&journey.house, &call, period, PUBLICATION).await.unwrap();
        let again = make(&journey.house, &call, period, PUBLICATION).await.unwrap();
        assert_eq!(again, report);
        for table in &report.content.tables {
            for cell in table.rows.iter().flat_map(|row| &row.cells) {
                assert!(matches!(cell, Cell::Suppressed | Cell::Shown(0)), "{table:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_term_that_is_not_over_is_not_late_in_a_report_of_the_running_period() {
    let journey = Journey::begin().await;
    journey.on("2026-05-04T08:00:00Z");
    let id = journey.ask_access("daughter").await;
    let in_time = async || {
        let tables = journey.tables("2026-Q2").await;
        figure(&tables, Indicator::DsarInTime, Unit::Percent, "PERCENT")
    };
    assert_eq!(in_time().await, None, "it is due on 4 June");
    journey.house.give_report(STEUNPUNT, id).await.unwrap();
    journey.on("2026-06-05T08:00:00Z");
    assert_eq!(in_time().await, Some(100));
}
