//! Cases: opened by the Steunpunt from a referral, joined by partners, moved on step by step.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::case::{
    Case, CaseAct, CasePersonRecord, Incapacity, InvolvementDraft, Member, Membership, Missing,
    StepDraft,
};
use crate::domain::consent::{Signer, Span};
use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{CaseRef, PersonKey, Pseudonym, UserId};
use crate::domain::organisation::Role;
use crate::domain::referral::TriageOutcome;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::store::{CaseRow, CaseVersion, PersonFactKind, PersonFactRow, ReferralRow};

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::{CaseFile, CasePersonFile, case_people, may_sit_in_team};
use super::error::{Error, Result, Unmet};
use super::fields::both;
use super::once::{DECISIONS_MAX, Done, Encode, Keep};
use super::referral_content::OpenReferral;

mod draft;
mod moving;
mod view;
mod work;

pub use draft::{CaseDraft, IncapacityDraft, Joining, PEOPLE_FACTS_MAX, RepresentationDraft};
pub use moving::Moved;
pub use view::{CaseView, HandoverView, MeetingView, PlanView, RepeatView};

pub(super) use moving::{Course, Door, others_in_team};
pub(super) use view::Around;

use draft::Header;
use view::view;
use work::{CreateCase, Join};

impl Gateway {
    /// Opens a case from a referral that was triaged to a Veilig Verderteam.
    pub async fn create_case(
        &self,
        call: &Call,
        request: &Request,
        draft: CaseDraft,
        encode: Encode<CaseView>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        if call.role() != Role::Steunpunt {
            return self.refuse(call, DenialReason::RoleNotAllowed).await;
        }
        let header = draft.parse()?;
        let referral = self.received_referral(call, header.referral_id).await?;
        if referral.triage_outcome != Some(TriageOutcome::VvtTeam) {
            let sentence = "the referral must be triaged with outcome VVT_TEAM";
            return Err(Error::unmet("TRIAGED_TO_VVT_TEAM", sentence));
        }
        let opened = self.open_referral(&referral).await?;
        let work = self.prepare_case(call, (&draft, header), (&referral, &opened))?;
        self.once(call, request, work, Keep::Plain, encode).await?.bytes()
    }

    fn prepare_case(
        &self,
        call: &Call,
        (draft, header): (&CaseDraft, Header),
        (referral, opened): (&ReferralRow, &OpenReferral),
    ) -> Result<CreateCase> {
        let mut violations = Violations::new();
        let keys: BTreeMap<PersonKey, Pseudonym> = opened
            .referral
            .persons
            .iter()
            .zip(&opened.keys)
            .map(|(person, key)| (person.person_key.clone(), key.pseudonym()))
            .collect();
        let representations = draft.representations(&keys, &mut violations);
        let incapable = draft.incapacities(&keys, &mut violations);
        violations.into_result(())?;
        let people: Vec<CasePersonFile> = opened
            .referral
            .persons
            .iter()
            .zip(&opened.keys)
            .map(|(person, key)| CasePersonFile {
                subject: key.pseudonym(),
                record: CasePersonRecord {
                    key: person.person_key.clone(),
                    name: person.name.clone(),
                    birth_date: person.birth_date,
                    incapacities: incapable
                        .get(&key.pseudonym())
                        .map(|decided_by| known_incapacity(decided_by, call.now()))
                        .into_iter()
                        .collect(),
                },
                key: Arc::clone(key),
            })
            .collect();
        let case = Case::open(case_people(&people));
        let entries = self.case_entries(
            call,
            &header.case_ref,
            &people,
            EventCode::CaseChanged,
            case.state.as_str(),
        )?;
        let file = CaseFile {
            row: CaseRow {
                case_ref: header.case_ref,
                team_id: referral.team_id.clone(),
                steunpunt_oin: call.oin().clone(),
                state: i64::from(case.state.number()),
                phase: i64::from(case.phase.number()),
                process_director_user_id: header.director,
                manager_user_id: header.manager,
                referral_id: referral.referral_id,
                version: 1,
                facts_version: 1,
                opened_at: call.now(),
                content: Vec::new(),
            },
            members: vec![Member {
                oin: call.oin().clone(),
                membership: Membership::Core,
                member_from: call.now(),
                member_until: None,
            }],
            people,
            facts: representations.iter().map(|pair| known_representation(call, pair)).collect(),
            case,
        };
        CreateCase::of(call, file, referral.submitted_at, entries)
    }

    /// Where a case stands, for its members.
    pub async fn case_view(&self, call: &Call, case_ref: &CaseRef) -> Result<CaseView> {
        let file = self.case_for(call, case_ref).await?;
        let around = self.around(&file).await?;
        let mut seen = view(call, &file, &around);
        if file.row.steunpunt_oin == *call.oin() {
            seen.deadlines = self.deadlines_of(call, &file).await?;
            seen.deadlines.retain(|term| term.met_at.is_none());
        }
        Ok(seen)
    }

    /// Lets an organisation join a case. Membership alone gives no data.
    pub async fn add_case_team_member(
        &self,
        call: &Call,
        request: &Request,
        joining: Joining,
        encode: Encode<CaseView>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        for _ in 0..DECISIONS_MAX {
            let file = self.case_directed_by(call, &joining.case_ref).await?;
            let member = self.new_member(call, &file, &joining)?;
            let work = self.join(call, file, member).await?;
            match self.once(call, request, work, Keep::Plain, encode).await? {
                Done::Answered(bytes) => return Ok(bytes),
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    /// The membership, or why there is none.
    fn new_member(&self, call: &Call, file: &CaseFile, joining: &Joining) -> Result<Member> {
        let mut violations = Violations::new();
        let directory = self.directory();
        let known = directory.organisation(&joining.oin);
        let fits = known.is_some_and(|one| may_sit_in_team(one.role()));
        let words = "must be an organisation of the directory that works with families";
        violations.require(fits, "member_oin", "UNKNOWN_ORGANISATION", words);
        let membership = Membership::of(joining.kind, joining.reason);
        let words = "must be given with kind ON_CALL and with no other";
        violations.require(membership.is_some(), "reason", "JOIN_REASON", words);
        let (Some(membership), true) = (membership, violations.is_empty()) else {
            return Err(violations.into());
        };
        if file.case.state.is_closed() {
            return Err(Error::unmet("CASE_STATE", "the case must be in hand"));
        }
        // Also one that another call let join a moment after this one came in.
        let stays = |one: &Member| one.member_until.is_none_or(|until| call.now() < until);
        if file.members.iter().any(|one| one.is(&joining.oin) && stays(one)) {
            return Err(Error::unmet("NOT_A_MEMBER", "the organisation is a member already"));
        }
        let (oin, member_from) = (joining.oin.clone(), call.now());
        Ok(Member { oin, membership, member_from, member_until: None })
    }

    /// Prepares everything that the commit of a new membership needs.
    async fn join(&self, call: &Call, mut file: CaseFile, member: Member) -> Result<Join> {
        file.members.push(member.clone());
        let event = EventCode::CaseChanged;
        let detail = member.membership.kind().as_str();
        let entries = self.case_entries(call, file.case_ref(), &file.people, event, detail)?;
        let around = self.around(&file).await?;
        let (version, facts_version) = (file.row.version, file.row.facts_version);
        let answer = view(call, &file, &around);
        Ok(Join { answer, member, read: CaseVersion { version, facts_version }, entries })
    }

    /// Records a step with the family, or refuses it with everything that is missing.
    pub async fn record_case_step(
        &self,
        call: &Call,
        request: &Request,
        case_ref: &CaseRef,
        (step, involvement): (StepDraft, InvolvementDraft),
        encode: Encode<Moved>,
    ) -> Result<Vec<u8>> {
        let decide = |file: &mut CaseFile, _around: &Around| {
            let (step, involvement) = (step.clone(), involvement.clone());
            let parsed = step.parse(&case_people(&file.people), call.now());
            let (step, involved) = both(parsed, involvement.parse(call.now()))?;
            file.case = file.case.clone().record(step, call.now()).map_err(missing)?;
            let detail = format!("{} {}", file.case.state, involved.kind());
            Ok(Course { detail, involved: Some((CaseAct::Step, involved)), ..Course::default() })
        };
        self.move_case(call, request, Door::Member(case_ref), decide, encode).await
    }
}

/// Who decides for whom, as known when the case is opened.
fn known_representation(call: &Call, (subject, signer): &(Pseudonym, Signer)) -> PersonFactRow {
    PersonFactRow {
        subject: *subject,
        kind: i64::from(PersonFactKind::Represented.number()),
        other: signer.person,
        code: i64::from(signer.capacity.number()),
        counts_from: call.now(),
        counts_until: None,
        decided_by: call.actor.user_id.clone(),
        supervisor_user_id: None,
        ended_by: None,
        end_supervisor_user_id: None,
    }
}

/// Who cannot decide, as known when the case is opened.
fn known_incapacity(decided_by: &UserId, now: Timestamp) -> Incapacity {
    Incapacity {
        decided_by: decided_by.clone(),
        supervisor: None,
        during: Span::since(now),
        ended_by: None,
        end_supervisor: None,
    }
}

pub(super) fn missing(missing: Missing) -> Error {
    let unmet = |item: crate::domain::case::MissingItem| Unmet {
        code: item.code,
        description: item.description,
    };
    Error::Precondition(missing.items.into_iter().map(unmet).collect())
}
