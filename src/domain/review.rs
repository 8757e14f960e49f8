//! The review of an emergency by privacy officers (DOMAIN §4.4).
//!
//! - The officer of the **disclosing** organisation always judges.
//! - `CONFLICT_OF_DUTIES` takes a second officer, of the disclosing organisation or of the office of the
//!   region, who judges blind to the first.
//! - Where the police received, their own officer judges as well (Wpg art. 34, 36).
//! - Nobody judges who declared the emergency or was consulted about it, and nobody judges twice.
//! - Officers who do not agree whether it was justified leave it *disputed*: then an officer of the office
//!   of the region who did not judge yet reads all of it and decides.
//! - `MORE_INFORMATION` is a question. It fills no seat and stops no clock. The disclosing organisation
//!   answers it; who speaks for that organisation does not judge what was said.

use serde::{Deserialize, Serialize};

use super::calendar::add_working_days;
use super::code::codes;
use super::draft::{Fields, Noted};
use super::emergency::{BreakGlassRules, Cause};
use super::id::{Oin, UserId};
use super::organisation::{Role, UserRole};
use super::text::Prose;
use super::time::Timestamp;
use super::violation::Violations;

codes! {
    /// What a reviewer says.
    pub enum Verdict {
        /// It was right.
        Justified = 1, "JUSTIFIED";
        /// It was right, and something can be learned.
        JustifiedWithRemark = 2, "JUSTIFIED_WITH_REMARK";
        /// It was not right: an incident.
        NotJustified = 3, "NOT_JUSTIFIED";
        /// A question comes first.
        MoreInformation = 4, "MORE_INFORMATION";
    }
}

codes! {
    /// Where a review stands.
    pub enum ReviewState {
        /// Waits for a verdict.
        Open = 1, "OPEN";
        /// Waits for a verdict; a reviewer asked a question.
        Questioned = 2, "QUESTIONED";
        /// The reviewers do not agree; an officer of the region decides.
        Disputed = 3, "DISPUTED";
        /// Closed: it was right.
        Justified = 4, "JUSTIFIED";
        /// Closed: it was right, with a remark.
        JustifiedWithRemark = 5, "JUSTIFIED_WITH_REMARK";
        /// Closed: it was not right.
        NotJustified = 6, "NOT_JUSTIFIED";
    }
}

impl ReviewState {
    /// Whether nothing more can be said.
    pub const fn is_closed(self) -> bool {
        match self {
            Self::Open | Self::Questioned | Self::Disputed => false,
            Self::Justified | Self::JustifiedWithRemark | Self::NotJustified => true,
        }
    }
}

codes! {
    /// As what a reviewer judges.
    pub enum Seat {
        /// Officer of the disclosing organisation.
        First = 1, "FIRST";
        /// Second officer: in a conflict of duties, or always where the region says so.
        Second = 2, "SECOND";
        /// Officer of the police that received.
        Police = 3, "POLICE";
        /// Officer of the region who decides a dispute.
        Arbiter = 4, "ARBITER";
    }
}

/// When a review must be done. The day of the declaration does not count.
pub fn review_due_at(cause: Cause, declared_at: Timestamp, rules: &BreakGlassRules) -> Timestamp {
    let days = match cause {
        Cause::VitalInterest | Cause::ConflictOfDuties => rules.review_working_days,
        Cause::StatutoryOverride => rules.review_override_working_days,
    };
    add_working_days(declared_at.date(), days).end()
}

/// Whether two officers judge: in a conflict of duties (DOMAIN §4.4), or always where the region says so.
pub fn takes_two(cause: Cause, rules: &BreakGlassRules) -> bool {
    cause == Cause::ConflictOfDuties || rules.two_reviewers_always
}

/// What is reviewed: what never changes about a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// Why it was break-glass.
    pub cause: Cause,
    /// Organisation that disclosed.
    pub discloser: Oin,
    /// What that organisation is.
    pub discloser_role: Role,
    /// Organisation that received.
    pub recipient: Oin,
    /// What that organisation is.
    pub recipient_role: Role,
    /// Who declared, at the disclosing organisation.
    pub declared_by: UserId,
    /// Who answers for it there, where that is somebody else.
    pub declared_for: Option<UserId>,
    /// Who was consulted, at the disclosing organisation.
    pub consulted: Option<UserId>,
    /// Whether two officers judge it.
    pub takes_two: bool,
    /// By when.
    pub due_at: Timestamp,
}

/// Who judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewer {
    /// Organisation, from the certificate.
    pub oin: Oin,
    /// What that organisation is.
    pub role: Role,
    /// The person.
    pub user_id: UserId,
    /// In what role the person acts.
    pub user_role: UserRole,
}

impl Reviewer {
    fn is(&self, oin: &Oin, user_id: &UserId) -> bool {
        self.oin == *oin && self.user_id == *user_id
    }
}

/// What one reviewer said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
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
}

/// What the disclosing organisation answered to a question, without its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Information {
    /// How many votes had been cast: it answers every question among them.
    pub after: usize,
    /// Organisation.
    pub oin: Oin,
    /// Person.
    pub user_id: UserId,
    /// When.
    pub at: Timestamp,
}

/// The words of such an answer; no care content.
pub type InformationText = Prose<500>;

/// Why somebody may not answer a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotInformant {
    /// Of another organisation, or nobody who took part or guards privacy there.
    #[error(
        "who declared, who was consulted or a privacy officer of the same organisation answers"
    )]
    NotTheirs,
    /// Asked or judged: nobody answers their own question.
    #[error("a reviewer does not answer for who is reviewed")]
    Reviewer,
    /// No question waits for an answer.
    #[error("no question waits for an answer")]
    NothingAsked,
}

/// Why somebody may not judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReviewer {
    /// Not a privacy officer.
    #[error("only a privacy officer reviews")]
    NotAnOfficer,
    /// An officer of another organisation than those that judge this.
    #[error("the review belongs to officers of other organisations")]
    NotTheirs,
    /// Declared the emergency.
    #[error("nobody reviews what they declared themselves")]
    Declared,
    /// Was the second opinion.
    #[error("nobody reviews what they were consulted about")]
    Consulted,
    /// Answered a question for the disclosing organisation.
    #[error("nobody reviews what they spoke for")]
    Informed,
    /// Gave a verdict before.
    #[error("nobody judges twice")]
    Judged,
    /// Somebody else judged for this organisation, or the review is closed.
    #[error("there is nothing left to judge")]
    NothingLeft,
}

/// A review, with everything that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    reviewed: Reviewed,
    votes: Vec<Vote>,
    information: Vec<Information>,
}

impl Review {
    /// A review that nobody judged yet.
    pub const fn open(reviewed: Reviewed) -> Self {
        Self { reviewed, votes: Vec::new(), information: Vec::new() }
    }

    /// A review as it was kept.
    pub const fn restore(
        reviewed: Reviewed,
        votes: Vec<Vote>,
        information: Vec<Information>,
    ) -> Self {
        Self { reviewed, votes, information }
    }

    /// What is reviewed.
    pub const fn reviewed(&self) -> &Reviewed {
        &self.reviewed
    }

    /// Everything that was said, in order.
    pub fn votes(&self) -> &[Vote] {
        &self.votes
    }

    /// Everything that was answered, in order.
    pub fn information(&self) -> &[Information] {
        &self.information
    }

    /// Where it stands.
    pub fn state(&self) -> ReviewState {
        match self.outcome() {
            Some(Verdict::Justified) => ReviewState::Justified,
            Some(Verdict::JustifiedWithRemark) => ReviewState::JustifiedWithRemark,
            Some(Verdict::NotJustified) => ReviewState::NotJustified,
            Some(Verdict::MoreInformation) | None => self.open_state(),
        }
    }

    /// Whether it is late.
    pub fn is_overdue_at(&self, now: Timestamp) -> bool {
        !self.state().is_closed() && now > self.reviewed.due_at
    }

    /// The seats that nobody took yet.
    pub fn open_seats(&self) -> Vec<Seat> {
        if self.state().is_closed() {
            return Vec::new();
        }
        if self.is_disputed() {
            return vec![Seat::Arbiter];
        }
        self.reviewed.seats().filter(|seat| self.holder(*seat).is_none()).collect()
    }

    /// How many verdicts stand, and how many are needed. A question is no verdict.
    pub fn progress(&self) -> (usize, usize) {
        let given = self.votes.iter().filter(|vote| vote.seat.is_some()).count();
        (given, given + self.open_seats().len())
    }

    /// As what somebody may judge, or why not.
    pub fn seat_for(&self, reviewer: &Reviewer) -> Result<Seat, NotReviewer> {
        let reviewed = &self.reviewed;
        if reviewer.user_role != UserRole::PrivacyOfficer {
            return Err(NotReviewer::NotAnOfficer);
        }
        if !reviewed.is_judged_by(reviewer) {
            return Err(NotReviewer::NotTheirs);
        }
        let is = |user: &UserId| reviewer.is(&reviewed.discloser, user);
        if is(&reviewed.declared_by) || reviewed.declared_for.as_ref().is_some_and(is) {
            return Err(NotReviewer::Declared);
        }
        if reviewed.consulted.as_ref().is_some_and(is) {
            return Err(NotReviewer::Consulted);
        }
        if self.has_informed(reviewer) {
            return Err(NotReviewer::Informed);
        }
        if self.has_judged(reviewer) {
            return Err(NotReviewer::Judged);
        }
        let mut open = self.open_seats().into_iter();
        open.find(|seat| reviewed.may_sit(*seat, reviewer)).ok_or(NotReviewer::NothingLeft)
    }

    /// Takes a verdict. The review is what it was when somebody may not judge.
    pub fn decide(
        mut self,
        reviewer: &Reviewer,
        verdict: Verdict,
        at: Timestamp,
    ) -> Result<Self, NotReviewer> {
        let seat = self.seat_for(reviewer)?;
        self.votes.push(Vote {
            seat: (verdict != Verdict::MoreInformation).then_some(seat),
            oin: reviewer.oin.clone(),
            user_id: reviewer.user_id.clone(),
            verdict,
            at,
        });
        Ok(self)
    }

    /// Takes an answer to what was asked. It fills no seat, stops no clock, and everybody who may look
    /// reads it: it is no judgement.
    pub fn inform(mut self, by: &Reviewer, at: Timestamp) -> Result<Self, NotInformant> {
        if !self.reviewed.is_answered_by(by) {
            return Err(NotInformant::NotTheirs);
        }
        if self.votes.iter().any(|vote| by.is(&vote.oin, &vote.user_id)) {
            return Err(NotInformant::Reviewer);
        }
        if self.state().is_closed() || !self.is_asked() {
            return Err(NotInformant::NothingAsked);
        }
        self.information.push(Information {
            after: self.votes.len(),
            oin: by.oin.clone(),
            user_id: by.user_id.clone(),
            at,
        });
        Ok(self)
    }

    /// Whether somebody may see what was said in a vote. A verdict of another stays hidden until one's
    /// own is given or the review is closed; an arbiter decides on the arguments and sees all of them.
    /// A question is no judgement.
    pub fn shows(&self, vote: &Vote, reader: &Reviewer) -> bool {
        vote.verdict == Verdict::MoreInformation
            || self.state().is_closed()
            || reader.is(&vote.oin, &vote.user_id)
            || self.has_judged(reader)
            || self.seat_for(reader) == Ok(Seat::Arbiter)
    }

    /// Whether a question waits for an answer. Whoever judged after asking waits no more.
    fn is_asked(&self) -> bool {
        let answered = self.information.last().map_or(0, |last| last.after);
        let mut later = self.votes.iter().skip(answered);
        later.any(|vote| vote.seat.is_none() && !self.has_given_verdict(&vote.oin, &vote.user_id))
    }

    fn has_given_verdict(&self, oin: &Oin, user_id: &UserId) -> bool {
        let mut verdicts = self.votes.iter().filter(|vote| vote.seat.is_some());
        verdicts.any(|vote| vote.oin == *oin && vote.user_id == *user_id)
    }

    fn has_informed(&self, reviewer: &Reviewer) -> bool {
        self.information.iter().any(|one| reviewer.is(&one.oin, &one.user_id))
    }

    fn has_judged(&self, reviewer: &Reviewer) -> bool {
        self.has_given_verdict(&reviewer.oin, &reviewer.user_id)
    }

    fn holder(&self, seat: Seat) -> Option<&Vote> {
        self.votes.iter().find(|vote| vote.seat == Some(seat))
    }

    /// The verdicts of the seats; none while one is empty.
    fn verdicts(&self) -> Option<Vec<Verdict>> {
        self.reviewed.seats().map(|seat| self.holder(seat).map(|vote| vote.verdict)).collect()
    }

    fn is_disputed(&self) -> bool {
        self.holder(Seat::Arbiter).is_none()
            && self.verdicts().is_some_and(|verdicts| agreed(&verdicts).is_none())
    }

    fn outcome(&self) -> Option<Verdict> {
        match self.holder(Seat::Arbiter) {
            Some(vote) => Some(vote.verdict),
            None => agreed(&self.verdicts()?),
        }
    }

    fn open_state(&self) -> ReviewState {
        if self.is_disputed() {
            ReviewState::Disputed
        } else if self.is_asked() {
            ReviewState::Questioned
        } else {
            ReviewState::Open
        }
    }
}

/// What all verdicts come down to; none when they do not agree whether it was justified. A remark of
/// one of them stays.
fn agreed(verdicts: &[Verdict]) -> Option<Verdict> {
    let against = verdicts.iter().filter(|verdict| **verdict == Verdict::NotJustified).count();
    match against {
        0 if verdicts.contains(&Verdict::JustifiedWithRemark) => Some(Verdict::JustifiedWithRemark),
        0 => Some(Verdict::Justified),
        all if all == verdicts.len() => Some(Verdict::NotJustified),
        _ => None,
    }
}

impl Reviewed {
    /// The seats that must be taken.
    fn seats(&self) -> impl Iterator<Item = Seat> {
        let second = self.takes_two.then_some(Seat::Second);
        // Where the police disclosed, their officer has the first seat.
        let received = self.recipient_role == Role::Police && self.discloser_role != Role::Police;
        let police = received.then_some(Seat::Police);
        std::iter::once(Seat::First).chain(second).chain(police)
    }

    /// Whether officers of the reviewer's organisation judge this at all.
    fn is_judged_by(&self, reviewer: &Reviewer) -> bool {
        reviewer.role == Role::Oversight || self.seats().any(|seat| self.may_sit(seat, reviewer))
    }

    fn may_sit(&self, seat: Seat, reviewer: &Reviewer) -> bool {
        match seat {
            Seat::First => reviewer.oin == self.discloser,
            Seat::Second => reviewer.oin == self.discloser || reviewer.role == Role::Oversight,
            Seat::Police => reviewer.oin == self.recipient,
            Seat::Arbiter => reviewer.role == Role::Oversight,
        }
    }

    /// Whether somebody speaks for the disclosing organisation: who declared, who was consulted, or a
    /// privacy officer there.
    fn is_answered_by(&self, by: &Reviewer) -> bool {
        let took_part =
            by.user_id == self.declared_by || self.consulted.as_ref() == Some(&by.user_id);
        by.oin == self.discloser && (took_part || by.user_role == UserRole::PrivacyOfficer)
    }

    /// Whether somebody of an organisation may look: both parties, and the office of the region.
    pub fn is_open_to(&self, oin: &Oin, role: Role) -> bool {
        *oin == self.discloser || *oin == self.recipient || role == Role::Oversight
    }
}

/// A verdict with the reasons for it, which are mandatory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// What.
    pub verdict: Verdict,
    /// Why; for a question: what is asked.
    pub motivation: Prose<2000>,
}

/// [`Judgement`] as a message carries it.
#[derive(Debug, Clone, Default)]
pub struct JudgementDraft {
    /// [`Judgement::verdict`] as a number.
    pub verdict: i32,
    /// [`Judgement::motivation`].
    pub motivation: String,
}

impl JudgementDraft {
    /// The judgement, or everything that is wrong.
    pub fn parse(&self) -> Result<Judgement, Violations> {
        let mut violations = Violations::new();
        let fields = &mut Fields::new("", &mut violations);
        let verdict = fields.code("verdict", self.verdict, Verdict::from_number);
        let motivation = fields.text("motivation", &self.motivation);
        match (verdict, motivation) {
            (Ok(verdict), Ok(motivation)) => Ok(Judgement { verdict, motivation }),
            (Err(Noted), _) | (_, Err(Noted)) => Err(violations),
        }
    }
}

#[cfg(test)]
mod tests;
