//! A partner asks for a summary: facts, a decision per person and category, one commit with an
//! entry per person (denied people too), then the view that the permits allow, with its proofs.
//!
//! The commit reads the version of the case's facts again under the lock. When it has changed, a
//! consent may be gone: nothing is released and the question is decided anew (promise 3).

use std::sync::Arc;
use std::time::Duration;

use crate::domain::category::{Categories, Category};
use crate::domain::consent::{Consent, ConsentRef};
use crate::domain::decision::{Decision, PersonDecision};
use crate::domain::disclosure::ObjectType;
use crate::domain::event::{DenialReason, EventCode, Outcome};
use crate::domain::id::{CaseRef, Oin, PersonKey, Pseudonym};
use crate::domain::person::PersonName;
use crate::domain::policy::{self, Facts, Initiative, Permit, SubjectFacts};
use crate::domain::purpose::Purpose;
use crate::domain::summary::{Part, View, view};
use crate::domain::time::{Date, Timestamp};
use crate::store::{RestsOn, SummaryFacts};

use super::Gateway;
use super::call::{Call, Request};
use super::case_file::{
    CONSENTS_MAX, CasePersonFile, may_sit_in_team, opened_consents, with_denials,
};
use super::directory::{party, sha256};
use super::error::{Error, Result};
use super::journal::{EntryReceipt, Happening, Matter, Sharing, Subject, Written, new_group};
use super::keys::combined;
use super::once::{About, Before, DECISIONS_MAX, Done, Encode, Keep};
use super::retention::content_purged;

mod draft;
mod lately;
mod stored;
mod work;
mod writing;

pub use draft::SummaryRequestDraft;

pub(super) use draft::Wanted;
pub(super) use lately::Lately;
pub(super) use stored::Stored;
pub(super) use writing::{Content, Writing};

use stored::permitted_parts;
use work::Release;

/// A person in a view.
#[derive(Debug, Clone)]
pub struct ViewPerson {
    /// Key within the case.
    pub key: PersonKey,
    /// Pseudonym.
    pub subject: Pseudonym,
    /// Names and date of birth; only with a permit for `IDENTIFICATION`.
    pub identity: Option<(PersonName, Date)>,
}

/// What a partner gets.
#[derive(Debug)]
pub struct Requested {
    /// Case.
    pub case_ref: CaseRef,
    /// Organisation that wrote the summary.
    pub author_oin: Oin,
    /// Version.
    pub revision: u32,
    /// People with a permit.
    pub persons: Vec<ViewPerson>,
    /// Released parts, identification left out: it stands in `persons`.
    pub parts: Vec<Part>,
    /// People who were left out.
    pub redacted_subjects: usize,
    /// Parts that were left out.
    pub redacted_parts: u32,
    /// For what the data may be used.
    pub purpose: Purpose,
    /// Why.
    pub decision: Arc<Decision>,
    /// One per person with a permit.
    pub entries: Vec<EntryReceipt>,
    /// Signed receipt.
    pub receipt: String,
}

impl Gateway {
    /// Gives a partner what its permits allow of a summary.
    pub async fn request_summary(
        &self,
        call: &Call,
        request: &Request,
        draft: SummaryRequestDraft,
        encode: Encode<Requested>,
    ) -> Result<Vec<u8>> {
        let wanted = draft.parse(&self.directory().policy, call.now());
        let summary = wanted.as_ref().ok().map(Wanted::summary);
        let about = About { summary, ..About::default() };
        let mut known = match self.look_before(call, request, about).await? {
            Before::Answered(answer) => return Ok(answer),
            Before::New(found) => self.lately().get(&found),
        };
        let wanted = wanted?;
        for _ in 0..DECISIONS_MAX {
            let stored = match known.take().filter(|stored| stored.is_open_to(call)) {
                Some(stored) => stored,
                None => self.stored_summary(call, &wanted).await?,
            };
            let (decision, until) = self.decide_summary(call, &wanted, &stored)?;
            if let Some(reason) = decision.denial() {
                return self.deny_summary(call, &wanted, &stored, &decision, reason).await;
            }
            let work = self.release(call, request, &wanted, &stored, decision)?;
            let keep = Keep::Disclosed {
                people: work.permitted.clone(),
                key: combined(&work.keys)?,
                rests_on: RestsOn {
                    case_ref: wanted.case_ref.clone(),
                    facts_version: work.facts_version,
                    directory_version: call.caller.directory_version.unwrap_or_default(),
                    until,
                },
            };
            match self.once(call, request, work, keep, encode).await? {
                Done::Answered(bytes) => return Ok(bytes),
                Done::Stale => {}
            }
        }
        Err(Error::Busy)
    }

    /// Finds the summary. For an organisation that is not in the team nothing exists, and the one
    /// entry about its attempt is the same whether there is such a case or not.
    async fn stored_summary(&self, call: &Call, wanted: &Wanted) -> Result<Arc<Stored>> {
        if !may_sit_in_team(call.role()) {
            return self.refuse(call, DenialReason::RoleNotAllowed).await;
        }
        let mut tx = self.db().read().await?;
        let found = tx.summary_facts(&wanted.summary(), CONSENTS_MAX).await?;
        drop(tx);
        let Some((case, summary)) = found else { return self.refuse_hidden(call).await };
        let file = self.open_case_file(case).await?;
        let is_there = |summary: &SummaryFacts| {
            // What its author took back does not exist any more.
            summary.revision.retracted_at.is_none() && file.is_member(call.oin(), call.now())
        };
        let Some(summary) = summary.filter(is_there) else { return self.refuse_hidden(call).await };
        if summary.revision.content_purged_at.is_some() {
            return Err(content_purged());
        }
        let SummaryFacts { revision, parts, consents, elsewhere } = summary;
        let consents = with_denials(&file, opened_consents(&file, consents)?, elsewhere)?;
        let stored = Arc::new(Stored { file, revision, parts, consents, about: None });
        self.lately().keep(&stored);
        Ok(stored)
    }

    fn decide_summary(
        &self,
        call: &Call,
        wanted: &Wanted,
        stored: &Stored,
    ) -> Result<(Decision, Timestamp)> {
        let directory = self.directory();
        let request = policy::Request {
            decision_id: new_group(call)?,
            case_ref: Some(wanted.case_ref.clone()),
            sender: directory.party(&wanted.author).ok_or_else(Error::hidden)?,
            recipient: party(call.caller.organisation()),
            initiative: Initiative::Ask,
            actor: call.actor.clone(),
            purpose: wanted.purpose,
            basis: wanted.basis,
            evidence: wanted.evidence.clone(),
            emergency: None,
            relied_on: Vec::new(),
            asked: wanted.asked,
            involvement: Some(wanted.involvement.clone()),
        };
        let facts = self.summary_facts(stored, call.now())?;
        let decision = policy::decide(request, facts, call.now());
        let until = reusable_until(&stored.consents, &decision);
        Ok((decision, until))
    }

    /// What a decision about a summary rests on. Nobody made a referral that it is about, and nobody
    /// agreed to release an address, unless it is added.
    pub(super) fn summary_facts(&self, stored: &Stored, now: Timestamp) -> Result<Facts> {
        let directory = self.directory();
        let consents = &stored.consents;
        let mut subjects = Vec::new();
        for person in stored.people() {
            subjects.push(SubjectFacts {
                person: person.record.key.clone(),
                position: stored.file.position(person)?,
                consents: consents
                    .iter()
                    .filter(|consent| consent.terms.subject == person.subject)
                    .cloned()
                    .collect(),
                present: stored.present(person)?,
                is_processing_restricted: stored.file.is_restricted(person.subject, now),
            });
        }
        Ok(Facts {
            pack: directory.pack(),
            rules: Arc::clone(&directory.policy),
            // A case that is closed has no team that coordinates care.
            members: if stored.file.case.state.is_closed() {
                Vec::new()
            } else {
                stored.file.members.clone()
            },
            reporter: None,
            address_releases: Vec::new(),
            subjects,
        })
    }

    /// Logs the denial for every person and says no.
    pub(super) async fn deny_summary<T>(
        &self,
        call: &Call,
        wanted: &Wanted,
        stored: &Stored,
        decision: &Decision,
        reason: DenialReason,
    ) -> Result<T> {
        let mut entries = Vec::new();
        for person in stored.people() {
            let nothing = Content::default();
            let written = self.summary_entry(call, (wanted, stored), decision, person, &nothing)?;
            entries.push(written.entry);
        }
        self.append(entries).await?;
        Err(Error::denied(reason))
    }

    /// Opens what the permits allow, writes everything down, and prepares the commit.
    pub(super) fn release(
        &self,
        call: &Call,
        request: &Request,
        wanted: &Wanted,
        stored: &Stored,
        decision: Decision,
    ) -> Result<Release> {
        let released = released(stored, &decision)?;
        let mut writing = Writing::default();
        for person in stored.people() {
            let content = Content::about(person, &released);
            let written =
                self.summary_entry(call, (wanted, stored), &decision, person, &content)?;
            writing.add(person, decision.permit(person.subject), written, &content.payload);
        }
        Ok(Release {
            gateway: self.clone(),
            request_id: request.id,
            caller: call.oin().clone(),
            now: call.now(),
            facts_version: stored.file.row.facts_version,
            revision: stored.revision.clone(),
            purpose: wanted.purpose,
            parts: released
                .parts
                .into_iter()
                .filter(|part| part.category != Category::Identification)
                .collect(),
            redacted_parts: released.redacted_parts,
            permitted: writing.permitted,
            keys: writing.keys,
            persons: writing.persons,
            entries: writing.entries,
            left_out: writing.left_out,
            opens: writing.opens,
            uses: writing.uses,
            digest: sha256(&writing.payloads),
            decision: Arc::new(decision),
        })
    }

    /// The entry about one person: what was given, or why nothing was.
    pub(super) fn summary_entry(
        &self,
        call: &Call,
        (wanted, stored): (&Wanted, &Stored),
        decision: &Decision,
        person: &CasePersonFile,
        content: &Content,
    ) -> Result<Written> {
        let permit = decision.permit(person.subject);
        let answer = decision.person(&person.record.key);
        let denial = answer.and_then(PersonDecision::denial);
        let (event, outcome) = match permit {
            Some(_) => (wanted.event, Outcome::Success),
            None => (EventCode::AccessDenied, Outcome::SeriousFailure),
        };
        let asked = answer.map_or(Categories::EMPTY, PersonDecision::asked);
        let consents: Vec<ConsentRef> =
            permit.map_or_else(Vec::new, |permit| permit.consents().iter().copied().collect());
        let conditions = decision.conditions_about(person.subject);
        let sharing = Sharing {
            sender: &wanted.author,
            recipient: wanted.recipient.as_ref().unwrap_or_else(|| call.oin()),
            custodian: &wanted.author,
            purpose: wanted.purpose,
            basis: wanted.basis,
            categories: permit.map_or(asked, |_allowed| content.categories),
            consents: &consents,
            payload: &content.payload,
        };
        let happening = Happening {
            subject: Some(Subject {
                key: &person.key,
                age_band: person.record.age_band(call.now()),
            }),
            case_ref: Some(&wanted.case_ref),
            outcome,
            denial: if permit.is_some() { None } else { denial },
            detail: wanted.involvement.kind().as_str().to_owned(),
            object_version: u32::try_from(stored.revision.revision).ok(),
            break_glass: wanted.break_glass.get(&person.record.key).copied(),
            conditions,
            permitted: permit.map(Permit::categories),
            narrowed: permit.is_some_and(|permit| !asked.is_subset_of(permit.categories())),
            involvement: Some(wanted.involvement.clone()),
            decided_on: decision.decided_on(person.subject),
            same_family_name: permit.is_some()
                && looks(wanted.event)
                && call.is_of_the_name(person.record.name.family.as_str()),
            ..Happening::new(event, decision.id, ObjectType::CaseSummary, Matter::Sharing(sharing))
        };
        self.write_down(call, happening)
    }
}

/// Whether the user reads what is released. Who gives looks into nothing new.
const fn looks(event: EventCode) -> bool {
    matches!(event, EventCode::SummaryDelivered | EventCode::SummaryRead)
}

/// What the permits allow of a summary.
pub(super) fn released(stored: &Stored, decision: &Decision) -> Result<View> {
    let parts = permitted_parts(stored, decision)?;
    let permit_of = |key: &PersonKey| {
        stored.file.person(key).and_then(|person| decision.permit(person.subject))
    };
    let mut released = view(&parts, |key, category| {
        permit_of(key).is_some_and(|permit| permit.categories().contains(category))
    });
    let withheld = stored.parts.len() - (parts.len() - identified(&parts));
    released.redacted_parts =
        released.redacted_parts.saturating_add(u32::try_from(withheld).unwrap_or(u32::MAX));
    Ok(released)
}

fn identified(parts: &[Part]) -> usize {
    parts.iter().filter(|part| part.category == Category::Identification).count()
}

/// How long an answer may be repeated before time alone could change the decision: a birthday comes
/// at midnight; a consent, and what a second person agreed to, end when they say. A client that lost
/// an answer asks again within the hour.
pub(super) fn reusable_until(consents: &[Consent], decision: &Decision) -> Timestamp {
    const REPEAT_MAX: Duration = Duration::from_hours(1);
    let now = decision.decided_at;
    let consented = consents.iter().map(|consent| consent.terms.period.valid_until());
    let facts = decision.persons.iter().filter_map(|person| person.decided_on.as_deref());
    let agreed = facts.flat_map(|facts| &facts.address_releases).map(|release| release.until);
    let caps = [now.plus(REPEAT_MAX), now.date().end()];
    consented.chain(agreed).filter(|end| *end > now).chain(caps).min().unwrap_or(now)
}
