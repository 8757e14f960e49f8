//! Looking at the queue and at one review.

use crate::domain::event::EventCode;
use crate::domain::id::{Oin, Pseudonym, ReviewId, UserId};
use crate::domain::look::Look;
use crate::domain::purpose::Purpose;
use crate::domain::review::{NotReviewer, Seat, Verdict, Vote};
use crate::domain::time::Timestamp;
use crate::gateway::Gateway;
use crate::gateway::call::Call;
use crate::gateway::disclosures::check_purpose;
use crate::gateway::error::{Error, Result};
use crate::gateway::journal::{Administered, Scope};
use crate::gateway::keys::combined;
use crate::gateway::written::Written;
use crate::store::{IncidentRow, InformationRow, ReviewQuery};

use super::declared::Declared;
use super::incidents::Incident;
use super::take::Assigned;
use super::{Overview, Stored, party_of, reviewer_of, spoken};

/// Reviews in one page.
pub const PAGE_MAX: u32 = 500;

/// Which reviews an officer wants to see.
#[derive(Debug, Clone, Copy, Default)]
pub struct Queue {
    /// Number of the purpose.
    pub purpose: i32,
    /// Also those that are closed.
    pub with_closed: bool,
    /// After this one.
    pub after: Option<(Timestamp, ReviewId)>,
}

/// A review, opened for one officer.
#[derive(Debug)]
pub struct Opened {
    /// What stands in the queue.
    pub overview: Overview,
    /// Pseudonyms of the people it is about.
    pub subjects: Vec<Pseudonym>,
    /// What was declared; none when one of the people was forgotten.
    pub declared: Option<Declared>,
    /// What was said, as far as the officer may see it.
    pub votes: Vec<OpenedVote>,
    /// What the disclosing organisation answered to questions.
    pub information: Vec<OpenedInformation>,
    /// How many verdicts stand that the officer may not see yet.
    pub hidden_verdicts: usize,
    /// Seats that wait for a verdict.
    pub open_seats: Vec<Seat>,
    /// As what the officer may judge, or why not.
    pub seat: Result<Seat, NotReviewer>,
    /// Who took which seat, those that are filled included.
    pub assignments: Vec<Assigned>,
    /// The incident that it opened.
    pub incident: Option<Incident>,
}

/// What one reviewer said.
#[derive(Debug)]
pub struct OpenedVote {
    /// As what; none for a question.
    pub seat: Option<Seat>,
    /// Organisation.
    pub oin: Oin,
    /// Person.
    pub user_id: UserId,
    /// What.
    pub verdict: Verdict,
    /// When.
    pub at: Timestamp,
    /// First ledger entry.
    pub idx: i64,
    /// Why.
    pub motivation: Written,
}

/// What the disclosing organisation answered.
#[derive(Debug)]
pub struct OpenedInformation {
    /// Organisation.
    pub oin: Oin,
    /// Person.
    pub user_id: UserId,
    /// When.
    pub at: Timestamp,
    /// First ledger entry.
    pub idx: i64,
    /// What.
    pub text: Written,
}

impl Gateway {
    /// Reviews of the officer's organisation in the order in which they are due; the office of the
    /// region sees all. That somebody looked is in the ledger first.
    pub async fn reviews(&self, call: &Call, queue: &Queue, limit: u32) -> Result<Vec<Overview>> {
        self.require_officer(call).await?;
        check_purpose(call, queue.purpose)?;
        self.log_review_look(call, &format!("{queue:?}"), Look::ReviewQueue).await?;
        let query = ReviewQuery {
            party: party_of(&call.caller),
            open_only: !queue.with_closed,
            after: queue.after,
        };
        let mut tx = self.db().read().await?;
        let rows = tx.reviews(&query, limit.clamp(1, PAGE_MAX)).await?;
        rows.into_iter().map(|row| Overview::of(row, call.now())).collect()
    }

    /// One review, with what was declared and what the officer may see of what others said.
    pub async fn review(&self, call: &Call, purpose: i32, review_id: ReviewId) -> Result<Opened> {
        self.require_officer(call).await?;
        check_purpose(call, purpose)?;
        let stored = self.review_for(call, review_id).await?;
        self.log_review_look(call, &review_id.to_string(), Look::Review).await?;
        let mut tx = self.db().read().await?;
        let incident = tx.incident_of_review(review_id).await?;
        let assignments = tx.review_assignments(review_id).await?;
        let assignments = assignments.into_iter().map(Assigned::of).collect::<Result<_>>()?;
        drop(tx);
        self.open_for(call, stored, (incident, assignments)).await
    }

    async fn open_for(
        &self,
        call: &Call,
        stored: Stored,
        (incident, assignments): (Option<IncidentRow>, Vec<Assigned>),
    ) -> Result<Opened> {
        let subjects = stored.subjects()?;
        let key = match self.keys().existing(&subjects).await {
            Ok(keys) => Some(combined(&keys)?),
            // One of the people was forgotten, and what was said with them.
            Err(Error::Denied { .. }) => None,
            Err(error) => return Err(error),
        };
        let key = key.as_ref();
        let declared = key.map(|key| Declared::open(&stored.row, key)).transpose()?;
        let reader = reviewer_of(call);
        let mut votes = Vec::new();
        for (position, (row, vote)) in (1_i64..).zip(stored.votes.iter().zip(stored.review.votes()))
        {
            if !stored.review.shows(vote, &reader) {
                continue;
            }
            votes.push(opened_vote(vote, row.idx, spoken(row, (row.position, position), key)));
        }
        let information = (1_i64..).zip(&stored.information);
        let information = information.map(|(position, row)| {
            opened_information(row, spoken(row, (row.position, position), key))
        });
        Ok(Opened {
            subjects,
            declared,
            hidden_verdicts: stored.review.votes().len() - votes.len(),
            votes,
            information: information.collect(),
            open_seats: stored.review.open_seats(),
            seat: stored.review.seat_for(&reader),
            assignments,
            incident: incident.map(|row| Incident::of(row, call.now())).transpose()?,
            overview: Overview::of(stored.row, call.now())?,
        })
    }

    /// The digest of the question is keyed: who guesses it cannot test the guess.
    pub(super) async fn log_review_look(
        &self,
        call: &Call,
        question: &str,
        what: Look,
    ) -> Result<()> {
        let key = self.keys().keyring().idempotency_key();
        let what = (what, call.purpose_or(Purpose::PrivacyReview));
        let looked = Administered {
            event: EventCode::LogQueried,
            scope: Scope::Review,
            count: 1,
            digest: key.body_digest("reviews", question.as_bytes()),
            note: call.look_note(what, "")?,
        };
        let entry = self.administered(call, &looked)?;
        self.append(vec![entry]).await
    }
}

fn opened_vote(vote: &Vote, idx: i64, motivation: Written) -> OpenedVote {
    OpenedVote {
        seat: vote.seat,
        oin: vote.oin.clone(),
        user_id: vote.user_id.clone(),
        verdict: vote.verdict,
        at: vote.at,
        idx,
        motivation,
    }
}

fn opened_information(row: &InformationRow, text: Written) -> OpenedInformation {
    OpenedInformation {
        oin: row.oin.clone(),
        user_id: row.user_id.clone(),
        at: row.given_at,
        idx: row.idx,
        text,
    }
}
