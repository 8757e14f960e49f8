//! A family on its way through the use cases: every act by whoever does it, with its answer as text.

use ketenpoort::domain::case::{
    AgreementCheckDraft, ClosingDraft, HandoverAnswer, HandoverOfferDraft, InvolvementDraft,
    JoinReason, MeetingDraft, MemberKind, PhaseDecisionDraft, PlanDraft, ReopeningDraft, StepDraft,
};
use ketenpoort::domain::id::{CaseRef, ReferralId};
use ketenpoort::domain::notice::NoticeContent;
use ketenpoort::domain::organisation::UserRole;
use ketenpoort::domain::referral::TriageOutcome;
use ketenpoort::domain::summary::{AgreementDraft, AssessmentDraft, ScaleDraft};
use ketenpoort::gateway::cases::{CaseDraft, CaseView, Joining, Moved};
use ketenpoort::gateway::{Call, Error, Request};
use ketenpoort::store::HistoryRow;

use super::house::{CASE, GGZ, House, STEUNPUNT, at, new_request, referral_id_of};

pub(super) const AMW: &str = "00000099000000004000";
pub(super) const BJZ: &str = "00000099000000005000";
pub(super) const OVERSIGHT: &str = "00000099000000009000";
pub(super) const GATEWAY: &str = "00000099000000001000";

/// `<state> phase <number>`, and the handover when there is one.
fn told(of: &Moved) -> Vec<u8> {
    let handover = of
        .handover
        .as_ref()
        .map(|one| format!(" {} {}", one.handover_id, one.state))
        .unwrap_or_default();
    format!("{} phase {}{handover}", of.case.state, of.case.phase.number()).into_bytes()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

pub(super) fn case_ref() -> CaseRef {
    CASE.parse().unwrap()
}

fn present() -> InvolvementDraft {
    InvolvementDraft { kind: 1, ..InvolvementDraft::default() }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|one| (*one).to_owned()).collect()
}

/// What is missing, in the order told.
pub(super) fn unmet(outcome: Result<String, Error>) -> Vec<&'static str> {
    match outcome {
        Err(Error::Precondition(unmet)) => unmet.iter().map(|one| one.code).collect(),
        Err(other) => panic!("another refusal: {other}"),
        Ok(answer) => panic!("an answer: {answer}"),
    }
}

pub(super) fn denied(outcome: &Result<String, Error>) -> bool {
    matches!(outcome, Err(Error::Denied { .. }))
}

fn plan() -> PlanDraft {
    let agreement = |id: &str| AgreementDraft {
        agreement_id: id.to_owned(),
        text: "Oma past op".to_owned(),
        responsible: "oma".to_owned(),
        due_date: "2026-12-01".to_owned(),
        status: 1,
        family_owned: true,
        about_person_keys: strings(&["son"]),
    };
    PlanDraft {
        agreements: vec![agreement("a1"), agreement("a2")],
        coordinator_oin: STEUNPUNT.to_owned(),
        ..PlanDraft::default()
    }
}

pub(super) struct Journey {
    pub(super) house: House,
}

impl Journey {
    /// Steps 1 to 3, with a summary and consents.
    pub(super) async fn begin() -> Self {
        let house = House::open().await;
        house.case_with_summary().await;
        Self { house }
    }

    pub(super) fn by(&self, oin: &str) -> Call {
        self.house.call(oin, UserRole::ProcessDirector)
    }

    /// From now on it is this moment.
    pub(super) fn on(&self, moment: &str) {
        self.house.gateway.clock().set(at(moment));
    }

    pub(super) async fn step_as(
        &self,
        oin: &str,
        request: &Request,
        step: StepDraft,
    ) -> Result<String, Error> {
        let (call, asked) = (self.by(oin), (step, present()));
        let case_ref = case_ref();
        self.house.gateway.record_case_step(&call, request, &case_ref, asked, told).await.map(text)
    }

    /// What is sealed of the case.
    pub(super) async fn sealed(&self) -> Vec<u8> {
        let db = self.house.db().await;
        db.read().await.unwrap().case(&case_ref()).await.unwrap().unwrap().content
    }

    pub(super) async fn step_with(
        &self,
        step: StepDraft,
        how: InvolvementDraft,
    ) -> Result<String, Error> {
        let (call, request) = (self.by(STEUNPUNT), new_request("RecordCaseStep"));
        let (case_ref, asked) = (case_ref(), (step, how));
        self.house.gateway.record_case_step(&call, &request, &case_ref, asked, told).await.map(text)
    }

    pub(super) async fn step(&self, step: StepDraft) -> Result<String, Error> {
        self.step_as(STEUNPUNT, &new_request("RecordCaseStep"), step).await
    }

    pub(super) async fn talk(&self, person: &str) {
        let held_at = Some(self.house.gateway.clock().now());
        let person_key = person.to_owned();
        self.step(StepDraft::SeparateConversation { person_key, held_at }).await.unwrap();
    }

    pub(super) async fn meet(&self) -> String {
        let held_at = Some(self.house.gateway.clock().now());
        self.step(StepDraft::NetworkMeeting { held_at }).await.unwrap()
    }

    pub(super) async fn rate(&self, value: i32) {
        let scale = ScaleDraft { rater_kind: 4, person_key: String::new(), value };
        self.step(StepDraft::SafetyScales(vec![scale])).await.unwrap();
    }

    /// Contact and talks with everybody.
    pub(super) async fn intake(&self) {
        let contact_at = Some(self.house.gateway.clock().now());
        self.step(StepDraft::FirstContact { contact_at }).await.unwrap();
        for person in ["mother", "father", "daughter", "son"] {
            self.talk(person).await;
        }
    }

    /// From the intake to a plan that is watched.
    pub(super) async fn watched(&self) {
        self.on("2026-03-19T09:00:00Z");
        self.intake().await;
        self.on("2026-04-07T08:00:00Z");
        assert_eq!(self.meet().await, "NETWORK_MEETING phase 1");
        let assessment = AssessmentDraft {
            concerns: strings(&["Ruzie"]),
            strengths: strings(&["Oma helpt"]),
            wishes: strings(&["Rust"]),
            scales: vec![ScaleDraft { rater_kind: 4, person_key: String::new(), value: 4 }],
            about_person_keys: strings(&["mother", "father"]),
        };
        self.step(StepDraft::SafetyAssessment(assessment)).await.unwrap();
        let basic = self.step(StepDraft::BasicPlan(plan())).await.unwrap();
        assert_eq!(basic, "BASIC_PLAN phase 1");
        self.on("2026-05-12T08:00:00Z");
        self.meet().await;
        let safety = self.step(StepDraft::SafetyPlan(plan())).await.unwrap();
        assert_eq!(safety, "SAFETY_PLAN phase 1");
        self.on("2026-05-20T08:00:00Z");
        let started_at = Some(self.house.gateway.clock().now());
        let watched = self.step(StepDraft::Monitoring { started_at }).await.unwrap();
        assert_eq!(watched, "MONITORING phase 1");
    }

    pub(super) async fn check(&self, status: i32, new_violence: bool) -> Result<String, Error> {
        self.step(StepDraft::AgreementCheck(AgreementCheckDraft {
            checked_at: Some(self.house.gateway.clock().now()),
            results: vec![("a1".to_owned(), status), ("a2".to_owned(), status)],
            new_violence,
        }))
        .await
    }

    /// Everything that letting go needs, but for the phase.
    pub(super) async fn secured(&self) {
        self.watched().await;
        self.on("2026-09-01T08:00:00Z");
        self.made_safe().await;
    }

    /// The plan that is watched turns out well.
    pub(super) async fn made_safe(&self) {
        self.check(4, false).await.unwrap();
        self.talk("daughter").await;
        self.talk("son").await;
        let confirmed_at = Some(self.house.gateway.clock().now());
        let confirmed_by_user_id = "sp-0147".to_owned();
        let stopped = StepDraft::ViolenceStopped { confirmed_at, confirmed_by_user_id };
        self.step(stopped).await.unwrap();
    }

    pub(super) async fn phase(&self, oin: &str, to: i32) -> Result<String, Error> {
        self.phase_as(oin, to, present()).await
    }

    pub(super) async fn phase_with(&self, to: i32, how: InvolvementDraft) -> Result<String, Error> {
        self.phase_as(STEUNPUNT, to, how).await
    }

    async fn phase_as(&self, oin: &str, to: i32, how: InvolvementDraft) -> Result<String, Error> {
        let decision = PhaseDecisionDraft {
            to,
            reason: "Afspraken houden stand".to_owned(),
            evaluated_agreement_ids: strings(&["a1"]),
        };
        let (request, asked) = (new_request("ChangeSafetyPhase"), (decision, how));
        let (call, case_ref) = (self.by(oin), case_ref());
        self.house
            .gateway
            .change_safety_phase(&call, &request, &case_ref, asked, told)
            .await
            .map(text)
    }

    pub(super) async fn announce(&self, oin: &str, invited: &[&str]) -> Result<String, Error> {
        self.announce_as(oin, invited, present()).await
    }

    pub(super) async fn announce_with(&self, how: InvolvementDraft) -> Result<String, Error> {
        self.announce_as(STEUNPUNT, &[GGZ], how).await
    }

    async fn announce_as(
        &self,
        oin: &str,
        invited: &[&str],
        how: InvolvementDraft,
    ) -> Result<String, Error> {
        let meeting = MeetingDraft {
            planned_at: Some(at("2026-12-08T09:00:00Z")),
            location_code: "CJG-DE-BRUG".to_owned(),
            invited_oins: strings(invited),
            family_participant_keys: strings(&["mother", "daughter"]),
            replaces_meeting_id: String::new(),
        };
        let (request, asked) = (new_request("AnnounceMeeting"), (meeting, how));
        let (call, case_ref) = (self.by(oin), case_ref());
        self.house.gateway.announce_meeting(&call, &request, &case_ref, asked, told).await.map(text)
    }

    pub(super) async fn close_as(
        &self,
        oin: &str,
        request: &Request,
        closing: ClosingDraft,
    ) -> Result<String, Error> {
        let (call, case_ref, asked) = (self.by(oin), case_ref(), (closing, present()));
        self.house.gateway.close_case(&call, request, &case_ref, asked, told).await.map(text)
    }

    /// Nothing more is done.
    pub(super) async fn close_with(&self, how: InvolvementDraft) -> Result<String, Error> {
        let closing = ClosingDraft::NoFurtherAction { reason: "Rust".to_owned() };
        let (call, request) = (self.by(STEUNPUNT), new_request("CloseCase"));
        let (case_ref, asked) = (case_ref(), (closing, how));
        self.house.gateway.close_case(&call, &request, &case_ref, asked, told).await.map(text)
    }

    pub(super) async fn close(&self, closing: ClosingDraft) -> Result<String, Error> {
        self.close_as(STEUNPUNT, &new_request("CloseCase"), closing).await
    }

    /// Lets go, with a reason for not being in phase 3.
    pub(super) async fn release(&self) -> Result<String, Error> {
        let phase_reason = "Herstel loopt bij de wijk".to_owned();
        self.close(ClosingDraft::Release { phase_reason }).await
    }

    pub(super) async fn reopen(&self, oin: &str, referral_id: &str) -> Result<String, Error> {
        self.reopen_as(oin, referral_id, present()).await
    }

    pub(super) async fn reopen_with(&self, how: InvolvementDraft) -> Result<String, Error> {
        self.reopen_as(STEUNPUNT, "", how).await
    }

    async fn reopen_as(
        &self,
        oin: &str,
        referral_id: &str,
        how: InvolvementDraft,
    ) -> Result<String, Error> {
        let reopening = ReopeningDraft {
            referral_id: referral_id.to_owned(),
            reason: "Opnieuw geweld".to_owned(),
        };
        let (call, case_ref, asked) = (self.by(oin), case_ref(), (reopening, how));
        let request = new_request("ReopenCase");
        self.house.gateway.reopen_case(&call, &request, &case_ref, asked, told).await.map(text)
    }

    pub(super) async fn direct(&self, oin: &str) -> Result<String, Error> {
        let (call, case_ref) = (self.by(oin), case_ref());
        let who = ("sp-0200".parse().unwrap(), "sp-0201".parse().unwrap());
        let request = new_request("ChangeProcessDirection");
        self.house
            .gateway
            .change_process_direction(&call, &request, &case_ref, who, told)
            .await
            .map(text)
    }

    pub(super) async fn remove(&self, oin: &str, member: &str) -> Result<String, Error> {
        let (call, case_ref) = (self.by(oin), case_ref());
        let request = new_request("RemoveCaseTeamMember");
        let member = member.parse().unwrap();
        self.house
            .gateway
            .remove_case_team_member(&call, &request, &case_ref, &member, told)
            .await
            .map(text)
    }

    pub(super) async fn join(&self, oin: &str, kind: MemberKind, reason: Option<JoinReason>) {
        self.try_join(oin, kind, reason).await.unwrap();
    }

    pub(super) async fn try_join(
        &self,
        oin: &str,
        kind: MemberKind,
        reason: Option<JoinReason>,
    ) -> Result<Vec<u8>, Error> {
        let joining = Joining { case_ref: case_ref(), oin: oin.parse().unwrap(), kind, reason };
        let request = new_request("AddCaseTeamMember");
        self.house
            .gateway
            .add_case_team_member(&self.by(STEUNPUNT), &request, joining, |_| Vec::new())
            .await
    }

    /// Offers a handover; the answer is its id.
    pub(super) async fn offer(&self, by: &str, from: &str, to: &str) -> Result<String, Error> {
        self.offer_as(by, (from, to), present()).await
    }

    pub(super) async fn offer_with(
        &self,
        from: &str,
        to: &str,
        how: InvolvementDraft,
    ) -> Result<String, Error> {
        self.offer_as(from, (from, to), how).await
    }

    async fn offer_as(
        &self,
        by: &str,
        (from, to): (&str, &str),
        how: InvolvementDraft,
    ) -> Result<String, Error> {
        let offer = HandoverOfferDraft {
            case_ref: CASE.to_owned(),
            from_oin: from.to_owned(),
            to_oin: to.to_owned(),
            reason: "Behandeling gaat over".to_owned(),
        };
        let request = new_request("OfferHandover");
        let asked = (offer, how);
        let offered = self
            .house
            .gateway
            .offer_handover(&self.by(by), &request, asked, told)
            .await
            .map(text)?;
        Ok(offered.split(' ').nth(3).unwrap().to_owned())
    }

    pub(super) async fn answer(
        &self,
        by: &str,
        handover_id: &str,
        answer: HandoverAnswer,
    ) -> Result<String, Error> {
        let request = new_request("AnswerHandover");
        let asked = (handover_id.parse().unwrap(), answer);
        let told = self.house.gateway.answer_handover(&self.by(by), &request, asked, told).await;
        Ok(text(told?).split(' ').nth(4).unwrap().to_owned())
    }

    /// The police report the family once more.
    pub(super) async fn report_again(&self) -> ReferralId {
        let request = new_request("SubmitReferral");
        self.house.submit(&request).await.unwrap();
        referral_id_of(&request)
    }

    pub(super) async fn triage(&self, referral_id: ReferralId, outcome: TriageOutcome) {
        let steunpunt = self.by(STEUNPUNT);
        self.house.acknowledge_all(&steunpunt).await;
        let request = new_request("RecordTriage");
        self.house
            .gateway
            .record_triage(&steunpunt, &request, referral_id, outcome, |_| Vec::new())
            .await
            .unwrap();
    }

    /// Opens the case from a referral that was triaged to the team.
    pub(super) async fn open_case(&self, referral_id: ReferralId) {
        let draft = CaseDraft {
            case_ref: CASE.to_owned(),
            referral_id: referral_id.to_string(),
            process_director_user_id: "sp-0147".to_owned(),
            manager_user_id: "sp-0012".to_owned(),
            ..CaseDraft::default()
        };
        let (call, request) = (self.by(STEUNPUNT), new_request("CreateCase"));
        self.house.gateway.create_case(&call, &request, draft, |_| Vec::new()).await.unwrap();
    }

    pub(super) async fn view(&self, oin: &str) -> Result<CaseView, Error> {
        self.house.gateway.case_view(&self.by(oin), &case_ref()).await
    }

    pub(super) async fn notices(&self, oin: &str) -> Vec<NoticeContent> {
        let caller = self.house.gateway.admit(&oin.parse().unwrap(), None).unwrap();
        let notices = self.house.gateway.notices(&caller, -1, 100).await.unwrap();
        notices.into_iter().map(|notice| notice.content).collect()
    }

    pub(super) async fn history(&self) -> Vec<HistoryRow> {
        let db = self.house.db().await;
        let mut tx = db.read().await.unwrap();
        tx.history_of(&case_ref(), 0, 500).await.unwrap()
    }
}
