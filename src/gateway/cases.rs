//! Cases: opened by the Steunpunt from a referral, joined by partners, moved on step by step.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::case::{
    Case, CasePersonRecord, CaseState, Incapacity, InvolvementDraft, JoinReason, Member,
    MemberKind, Membership, Missing, SafetyPhase, StepDraft, working_days_to_first_contact,
};
use crate::domain::consent::Capacity;
use crate::domain::event::{DenialReason, EventCode};
use crate::domain::id::{CaseRef, Oin, PersonKey, Pseudonym, ReferralId, TeamId, UserId};
use crate::domain::organisation::Role;
use crate::domain::referral::TriageOutcome;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::store::{
    self, CaseRow, MemberRow, NewEntry, PersonRow, Placed, ReferralRow, RepresentationRow, Tx,
};

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::{CaseFile, CasePersonFile, case_people, person_row, seal_progress};
use super::error::{Error, Result, Reused, Unmet};
use super::keys::seal_cell;
use super::once::{DECISIONS_MAX, Done, Encode, Keep, Refusal, Work};
use super::referral_content::OpenReferral;

/// Representations and incapacities in one request: more than a household of 20 can have.
pub const PEOPLE_FACTS_MAX: usize = 100;

/// A case, without personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseView {
    /// Reference.
    pub case_ref: CaseRef,
    /// Team.
    pub team_id: TeamId,
    /// Where it is.
    pub state: CaseState,
    /// Its phase.
    pub phase: SafetyPhase,
    /// User who guards the progress.
    pub process_director_user_id: UserId,
    /// Organisations in the team, past ones included.
    pub members: Vec<Member>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// First contact with the family.
    pub first_contact_at: Option<Timestamp>,
    /// From the receipt of the referral to the first contact.
    pub working_days_to_first_contact: Option<u32>,
    /// How many people it is about.
    pub person_count: usize,
}

/// What the Steunpunt gives to open a case.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct CaseDraft {
    pub case_ref: String,
    pub referral_id: String,
    pub process_director_user_id: String,
    pub manager_user_id: String,
    pub representations: Vec<RepresentationDraft>,
    pub incapacities: Vec<IncapacityDraft>,
}

/// Somebody who may decide for a person, as a message carries it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct RepresentationDraft {
    pub person_key: String,
    pub representative_key: String,
    pub capacity: i32,
}

/// A person who cannot decide, as a message carries it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct IncapacityDraft {
    pub person_key: String,
    pub decided_by: String,
}

/// The plain fields of a [`CaseDraft`], parsed.
struct Header {
    case_ref: CaseRef,
    referral_id: ReferralId,
    director: UserId,
    manager: UserId,
}

impl CaseDraft {
    fn header(&self, violations: &mut Violations) -> Option<Header> {
        let case_ref = violations.take("case_ref", self.case_ref.parse());
        let referral_id = violations.take("referral_id", self.referral_id.parse());
        let director =
            violations.take("process_director_user_id", self.process_director_user_id.parse());
        let manager = violations.take("manager_user_id", self.manager_user_id.parse());
        for (name, len) in [
            ("representations", self.representations.len()),
            ("incapacities", self.incapacities.len()),
        ] {
            let most = format!("must be at most {PEOPLE_FACTS_MAX}");
            violations.require(len <= PEOPLE_FACTS_MAX, name, "TOO_MANY", most);
        }
        Some(Header {
            case_ref: case_ref?,
            referral_id: referral_id?,
            director: director?,
            manager: manager?,
        })
    }

    fn representations(
        &self,
        people: &BTreeMap<PersonKey, Pseudonym>,
        violations: &mut Violations,
    ) -> Vec<RepresentationRow> {
        let mut rows: Vec<RepresentationRow> = Vec::new();
        for (index, draft) in self.representations.iter().take(PEOPLE_FACTS_MAX).enumerate() {
            let path = format!("representations[{index}]");
            let subject = person(&draft.person_key, people, &path, "person_key", violations);
            let representative =
                person(&draft.representative_key, people, &path, "representative_key", violations);
            let capacity = u16::try_from(draft.capacity).ok().and_then(Capacity::from_number);
            let fits = capacity.is_some_and(|capacity| capacity != Capacity::Itself);
            let word = "must be a capacity in which somebody decides for another";
            violations.require(fits, format!("{path}.capacity"), "UNKNOWN_CODE", word);
            let (Some(subject), Some(representative), Some(capacity)) =
                (subject, representative, capacity)
            else {
                continue;
            };
            let new = subject != representative
                && !rows
                    .iter()
                    .any(|row| (row.subject, row.representative) == (subject, representative));
            let words = "must name two different people, each pair once";
            violations.require(new, format!("{path}.representative_key"), "DUPLICATE", words);
            rows.push(RepresentationRow {
                subject,
                representative,
                capacity: i64::from(capacity.number()),
                exclusion_reason: None,
                excluded_by: None,
                supervisor_user_id: None,
                excluded_at: None,
            });
        }
        rows
    }

    fn incapacities(
        &self,
        people: &BTreeMap<PersonKey, Pseudonym>,
        violations: &mut Violations,
    ) -> BTreeMap<Pseudonym, Incapacity> {
        let mut incapable = BTreeMap::new();
        for (index, draft) in self.incapacities.iter().take(PEOPLE_FACTS_MAX).enumerate() {
            let path = format!("incapacities[{index}]");
            let subject = person(&draft.person_key, people, &path, "person_key", violations);
            let decided_by =
                violations.take(format!("{path}.decided_by"), draft.decided_by.parse());
            if let (Some(subject), Some(decided_by)) = (subject, decided_by) {
                incapable.insert(subject, Incapacity { decided_by });
            }
        }
        incapable
    }
}

/// A person of the referral or case by key.
pub(super) fn person(
    text: &str,
    people: &BTreeMap<PersonKey, Pseudonym>,
    path: &str,
    name: &str,
    violations: &mut Violations,
) -> Option<Pseudonym> {
    let field = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let key: PersonKey = violations.take(field.clone(), text.parse())?;
    let found = people.get(&key).copied();
    violations.require(found.is_some(), field, "UNKNOWN_PERSON", "must be a person of the case");
    found
}

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
        let mut violations = Violations::new();
        let Some(header) = draft.header(&mut violations) else { return Err(violations.into()) };
        let referral = self.received_referral(call, header.referral_id).await?;
        if referral.triage_outcome != Some(TriageOutcome::VvtTeam) {
            let sentence = "the referral must be triaged with outcome VVT_TEAM";
            return Err(Error::unmet("TRIAGED_TO_VVT_TEAM", sentence));
        }
        let opened = self.open_referral(&referral).await?;
        let work = self.prepare_case(call, (&draft, header), (&referral, &opened), violations)?;
        self.once(call, request, work, Keep::Plain, encode).await?.bytes()
    }

    fn prepare_case(
        &self,
        call: &Call,
        (draft, header): (&CaseDraft, Header),
        (referral, opened): (&ReferralRow, &OpenReferral),
        mut violations: Violations,
    ) -> Result<CreateCase> {
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
                    incapacity: incapable.get(&key.pseudonym()).cloned(),
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
            representations,
            case,
        };
        CreateCase::of(file, referral.submitted_at, entries)
    }

    /// Where a case stands, for its members.
    pub async fn case_view(&self, call: &Call, case_ref: &CaseRef) -> Result<CaseView> {
        let file = self.case_for(call, case_ref).await?;
        let referral = self.db().read().await?.referral(file.row.referral_id).await?;
        let received_at = referral.map_or(file.row.opened_at, |referral| referral.submitted_at);
        Ok(view(&file, received_at))
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
        let mut file = self.case_directed_by(call, &joining.case_ref).await?;
        let mut violations = Violations::new();
        let known = self.directory().organisation(&joining.oin).is_some();
        let words = "must be an organisation of the directory";
        violations.require(known, "member_oin", "UNKNOWN_ORGANISATION", words);
        let membership = Membership::of(joining.kind, joining.reason);
        let words = "must be given with kind ON_CALL and with no other";
        violations.require(membership.is_some(), "reason", "JOIN_REASON", words);
        let (Some(membership), true) = (membership, violations.is_empty()) else {
            return Err(violations.into());
        };
        if file.is_member(&joining.oin, call.now()) {
            return Err(Error::unmet("NOT_A_MEMBER", "the organisation is a member already"));
        }
        let member =
            Member { oin: joining.oin, membership, member_from: call.now(), member_until: None };
        file.members.push(member.clone());
        let event = EventCode::CaseChanged;
        let detail = membership.kind().as_str();
        let entries = self.case_entries(call, &joining.case_ref, &file.people, event, detail)?;
        let received_at = self.received_at(&file).await?;
        let work = Join { answer: view(&file, received_at), member, entries };
        self.once(call, request, work, Keep::Plain, encode).await?.bytes()
    }

    /// Records a step with the family, or refuses it with everything that is missing.
    pub async fn record_case_step(
        &self,
        call: &Call,
        request: &Request,
        case_ref: &CaseRef,
        (step, involvement): (StepDraft, InvolvementDraft),
        encode: Encode<CaseView>,
    ) -> Result<Vec<u8>> {
        if let Some(answer) = self.answered_before(call, request).await? {
            return Ok(answer);
        }
        for _ in 0..DECISIONS_MAX {
            let mut file = self.case_for(call, case_ref).await?;
            let (step, involvement) = (step.clone(), involvement.clone());
            let parsed = step.parse(&case_people(&file.people), call.now());
            let involved = involvement.parse(call.now());
            let (step, involved) = both(parsed, involved)?;
            file.case = file.case.record(step, call.now()).map_err(missing)?;
            let detail = format!("{} {}", file.case.state, involved.kind());
            let event = EventCode::CaseChanged;
            let entries = self.case_entries(call, case_ref, &file.people, event, &detail)?;
            let content = seal_progress(case_ref, &file.case.progress, &file.common_key()?)?;
            let answer = view(&file, self.received_at(&file).await?);
            let work = Advance { row: file.row, answer, content, entries };
            match self.once(call, request, work, Keep::Plain, encode).await? {
                Done::Answered(bytes) => return Ok(bytes),
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    async fn received_at(&self, file: &CaseFile) -> Result<Timestamp> {
        let referral = self.db().read().await?.referral(file.row.referral_id).await?;
        Ok(referral.map_or(file.row.opened_at, |referral| referral.submitted_at))
    }
}

/// Both values, or the violations of both.
pub(super) fn both<A, B>(
    one: Result<A, Violations>,
    other: Result<B, Violations>,
) -> Result<(A, B)> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (one, other) => {
            let mut all = Violations::new();
            for violation in one.err().iter().chain(other.err().iter()).flatten() {
                all.add(violation.field.clone(), violation.rule, violation.description.clone());
            }
            Err(all.into())
        }
    }
}

pub(super) fn missing(missing: Missing) -> Error {
    let unmet = |item: crate::domain::case::MissingItem| Unmet {
        code: item.code,
        description: item.description,
    };
    Error::Precondition(missing.items.into_iter().map(unmet).collect())
}

/// An organisation that is to join a case.
#[derive(Debug, Clone)]
pub struct Joining {
    /// Case.
    pub case_ref: CaseRef,
    /// Organisation.
    pub oin: Oin,
    /// How it will belong.
    pub kind: MemberKind,
    /// Why, on call.
    pub reason: Option<JoinReason>,
}

fn view(file: &CaseFile, received_at: Timestamp) -> CaseView {
    let first_contact_at = file.case.progress.first_contact_at;
    CaseView {
        case_ref: file.row.case_ref.clone(),
        team_id: file.row.team_id.clone(),
        state: file.case.state,
        phase: file.case.phase,
        process_director_user_id: file.row.process_director_user_id.clone(),
        members: file.members.clone(),
        opened_at: file.row.opened_at,
        first_contact_at,
        working_days_to_first_contact: first_contact_at
            .map(|contact| working_days_to_first_contact(received_at, contact)),
        person_count: file.people.len(),
    }
}

struct CreateCase {
    row: CaseRow,
    people: Vec<PersonRow>,
    representations: Vec<RepresentationRow>,
    answer: CaseView,
    entries: Vec<NewEntry>,
}

impl CreateCase {
    fn of(file: CaseFile, received_at: Timestamp, entries: Vec<NewEntry>) -> Result<Self> {
        let case_ref = file.case_ref();
        let content = seal_progress(case_ref, &file.case.progress, &file.common_key()?)?;
        let mut people = Vec::with_capacity(file.people.len());
        for (position, person) in (0_i64..).zip(&file.people) {
            let record = serde_json::to_vec(&person.record).map_err(Error::internal)?;
            let name = person_row(case_ref, person.subject);
            let key = person.key.wrapping_key();
            let content = seal_cell(&record, &key, "case_persons", &name)?;
            people.push(PersonRow { position, subject: person.subject, content });
        }
        let answer = view(&file, received_at);
        let row = CaseRow { content, ..file.row };
        Ok(Self { row, people, representations: file.representations, answer, entries })
    }
}

fn member_row(member: &Member) -> MemberRow {
    MemberRow {
        oin: member.oin.clone(),
        kind: i64::from(member.membership.kind().number()),
        reason: member.membership.reason().map_or(0, |reason| i64::from(reason.number())),
        member_from: member.member_from,
        member_until: member.member_until,
    }
}

impl Work for CreateCase {
    type Answer = CaseView;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        if !tx.record_case(&self.row).await? {
            return Ok(Err(Error::Reused(Reused::CaseRef).into()));
        }
        let case_ref = &self.row.case_ref;
        for member in &self.answer.members {
            tx.insert_case_member(case_ref, &member_row(member)).await?;
        }
        for person in &self.people {
            tx.insert_case_person(case_ref, person).await?;
        }
        for representation in &self.representations {
            tx.insert_representation(case_ref, representation).await?;
        }
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<CaseView> {
        Ok(self.answer.clone())
    }
}

struct Join {
    answer: CaseView,
    member: Member,
    entries: Vec<NewEntry>,
}

impl Work for Join {
    type Answer = CaseView;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        tx.raise_facts_version(&self.answer.case_ref).await?;
        tx.insert_case_member(&self.answer.case_ref, &member_row(&self.member)).await?;
        Ok(Ok(self.entries.clone()))
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<CaseView> {
        Ok(self.answer.clone())
    }
}

struct Advance {
    row: CaseRow,
    answer: CaseView,
    content: Vec<u8>,
    entries: Vec<NewEntry>,
}

impl Work for Advance {
    type Answer = CaseView;

    async fn apply(&self, tx: &mut Tx) -> store::Result<Result<Vec<NewEntry>, Refusal>> {
        let state = i64::from(self.answer.state.number());
        let phase = i64::from(self.answer.phase.number());
        match tx.update_case(&self.row, state, phase, self.content.clone()).await {
            Ok(()) => Ok(Ok(self.entries.clone())),
            // Somebody else moved the case since it was read.
            Err(store::Error::Conflict) => Ok(Err(Refusal::Stale)),
            Err(error) => Err(error),
        }
    }

    async fn complete(&self, _tx: &mut Tx, _placed: &mut Placed) -> store::Result<CaseView> {
        Ok(self.answer.clone())
    }
}
