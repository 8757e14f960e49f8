//! Emergencies of every kind, for tests: declared in one commit, as the real thing is, by whomever and for
//! whichever cause. The tests of declaring itself go the whole way.

use std::sync::Arc;

use crate::domain::basis::Basis;
use crate::domain::category::{Categories, Category};
use crate::domain::disclosure::ObjectType;
use crate::domain::emergency::{
    BreakGlassRules, Cause, ClientInformedDraft, Declaring, Emergency, EmergencyDraft,
};
use crate::domain::event::EventCode;
use crate::domain::id::{CaseRef, Pseudonym, ReviewId};
use crate::domain::organisation::{Actor, UserRole};
use crate::domain::person::AgeBand;
use crate::domain::policy::BasisEvidence;
use crate::domain::purpose::Purpose;
use crate::domain::review::{ReviewState, review_due_at, takes_two};
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::case_file::person_row;
use crate::gateway::journal::{Happening, Matter, Scope, Subject, new_group};
use crate::gateway::keys::{combined, seal_cell};
use crate::ledger::entry::Administration;
use crate::store::{self, Command, Flow, NewEntry, PersonRow, Placed, ReviewRow, Tx};
use crate::vault::random;

use super::declared::Declared;
use super::{SubjectKeys, open_review};

/// Who declares what to whom.
#[derive(Debug, Clone)]
pub(crate) struct Staged {
    pub(crate) cause: Cause,
    pub(crate) discloser: &'static str,
    pub(crate) recipient: &'static str,
    /// None: single-handed.
    pub(crate) consulted: Option<&'static str>,
}

/// What the staged emergency says about the situation; found nowhere in the open.
pub(crate) const SITUATION: &str = "Vader dreigt vannacht langs te komen";

/// The people of a staged emergency: an adult and a child.
pub(crate) const PEOPLE: [Pseudonym; 2] = [Pseudonym::new([0xa1; 32]), Pseudonym::new([0xd4; 32])];

impl Gateway {
    /// Declares the emergency in case `VVT-2026-0000nn`, with `case` as the number.
    pub(crate) async fn stage(&self, staged: &Staged, case: u32) -> ReviewId {
        let actor = Actor {
            user_id: "ggz-0207".parse().unwrap(),
            role: UserRole::CrisisWorker,
            on_behalf_of: None,
        };
        let call = self.admit(&staged.discloser.parse().unwrap(), None).unwrap().act(actor);
        let case_ref: CaseRef = format!("VVT-2026-{case:06}").parse().unwrap();
        let keys = self.keys().subjects(&PEOPLE, call.now()).await.unwrap();
        let declare = Declare {
            people: people(&case_ref, &keys),
            entries: self.declared(&call, &case_ref, &keys),
            row: self.row(&call, staged, &case_ref, &keys),
            case_ref,
        };
        let row = declare.row.clone();
        self.writer().commit(declare).await.unwrap();
        self.ring_reviewers(&row.discloser_oin, &row.recipient_oin);
        row.review_id
    }

    fn declared(&self, call: &Call, case_ref: &CaseRef, keys: &SubjectKeys) -> Vec<NewEntry> {
        let group = new_group(call).unwrap();
        let entry = |key: &Arc<_>| {
            let administration =
                Administration { scope: Scope::Case.number(), count: 2, digest: [0; 32] };
            let happening = Happening {
                subject: Some(Subject { key, age_band: AgeBand::Adult }),
                case_ref: Some(case_ref),
                ..Happening::new(
                    EventCode::BreakGlassDeclared,
                    group,
                    ObjectType::EmergencyDisclosure,
                    Matter::Administration(administration),
                )
            };
            self.write_down(call, happening).unwrap().entry
        };
        keys.iter().map(entry).collect()
    }

    fn row(&self, call: &Call, of: &Staged, case_ref: &CaseRef, keys: &SubjectKeys) -> ReviewRow {
        let basis = match of.cause {
            Cause::VitalInterest => Basis::VitalInterest,
            Cause::ConflictOfDuties => Basis::ConflictOfDuties,
            Cause::StatutoryOverride => Basis::Wmo526Report,
        };
        let emergency = emergency(call, of, basis);
        let review_id = ReviewId::new(random::uuid_v4().unwrap());
        let role = |oin: &str| {
            let oin = oin.parse().unwrap();
            i64::from(self.directory().organisation(&oin).unwrap().role().number())
        };
        let key = combined(keys).unwrap();
        let declared =
            Declared { emergency: emergency.clone(), evidence: BasisEvidence::default() };
        ReviewRow {
            review_id,
            version: 1,
            state: i64::from(ReviewState::Open.number()),
            cause: i64::from(of.cause.number()),
            case_ref: case_ref.clone(),
            group_id: new_group(call).unwrap(),
            idx: 0,
            discloser_oin: of.discloser.parse().unwrap(),
            discloser_role: role(of.discloser),
            recipient_oin: of.recipient.parse().unwrap(),
            recipient_role: role(of.recipient),
            purpose: i64::from(Purpose::EmergencyOverride.number()),
            basis: i64::from(basis.number()),
            categories: i64::from(emergency.categories.bits()),
            is_override: i64::from(of.cause == Cause::StatutoryOverride),
            takes_two: i64::from(takes_two(of.cause, &BreakGlassRules::default())),
            declared_by: emergency.declared_by.clone(),
            declared_for: emergency.declared_for.clone(),
            consulted: emergency.consulted().cloned(),
            declared_at: call.now(),
            expires_at: emergency.expires_at,
            due_at: review_due_at(of.cause, call.now(), &BreakGlassRules::default()),
            closed_at: None,
            subjects: PEOPLE.iter().flat_map(|one| *one.as_bytes()).collect(),
            content: declared.seal(&key, review_id).unwrap(),
        }
    }
}

fn emergency(call: &Call, of: &Staged, basis: Basis) -> Emergency {
    let text = |text: &str| text.to_owned();
    let draft = EmergencyDraft {
        reason_code: 1,
        danger_to: 2,
        situation: text(SITUATION),
        why_no_consent: 1,
        alternatives_tried: text("Gebeld met vader, hij hangt op"),
        consulted_colleague_user_id: text(of.consulted.unwrap_or_default()),
        single_handed_reason: text(if of.consulted.is_none() { "Alleen dienst" } else { "" }),
        minimality_text: text("Alleen wat nodig is om het gezin te vinden"),
        client_informed: Some(ClientInformedDraft::Not(text("Zou het kind in gevaar brengen"))),
        authenticated_at: Some(call.now()),
        started_at: None,
        expires_at: None,
    };
    let categories = Categories::of(&[Category::Identification, Category::ContactAddress]);
    let declaring = Declaring { basis, categories, actor: &call.actor };
    draft.parse("emergency", declaring, call.now(), &BreakGlassRules::default()).unwrap()
}

fn people(case_ref: &CaseRef, keys: &SubjectKeys) -> Vec<PersonRow> {
    let born = ["1987-02-14", "2017-11-03"];
    let person = |((position, key), born): ((i64, &Arc<crate::vault::subject::SubjectKey>), _)| {
        let record = serde_json::json!({
            "key": format!("person-{position}"),
            "name": {"family": "Testema", "given": "Y."},
            "birth_date": born,
            "incapacities": [],
        });
        let name = person_row(case_ref, key.pseudonym());
        let record = record.to_string();
        let content = seal_cell(record.as_bytes(), &key.wrapping_key(), "case_persons", &name);
        PersonRow { position, subject: key.pseudonym(), content: content.unwrap() }
    };
    (0..).zip(keys).zip(born).map(person).collect()
}

struct Declare {
    case_ref: CaseRef,
    people: Vec<PersonRow>,
    entries: Vec<NewEntry>,
    row: ReviewRow,
}

impl Command for Declare {
    type Outcome = ();

    async fn apply(&self, tx: &mut Tx) -> store::Result<Flow<()>> {
        for person in &self.people {
            tx.insert_case_person(&self.case_ref, person).await?;
        }
        Ok(Flow::Append(self.entries.clone()))
    }

    async fn complete(&self, tx: &mut Tx, placed: &mut Placed) -> store::Result<()> {
        let idx = i64::try_from(placed.first()).unwrap();
        open_review(tx, &ReviewRow { idx, ..self.row.clone() }).await
    }
}
