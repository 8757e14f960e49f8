//! People change: authority is gained and lost, somebody becomes incapable and recovers, a
//! representative is excluded and admitted again, processing is restricted (DOMAIN §3.1, §5.6).
//!
//! [`Standing`] is what holds of a person; [`Standing::change`] makes the next one or says what
//! stands in the way. Every consent is judged by the standing of the moment, so a change is felt at
//! once, and the moments of all changes stay: what held at an earlier moment can always be told.

use serde::{Deserialize, Serialize};

use super::code::codes;
use super::consent::{
    Capacity, Exclusion, ExclusionReason, LegalPosition, Representative, Signer, Span,
};
use super::id::{Pseudonym, UserId};
use super::person::AgeBand;
use super::time::Timestamp;

mod draft;

pub use draft::{ChangeDraft, Decided, PersonChangeDraft};

/// Facts that are kept of one person; far more than a life in a case brings.
pub const FACTS_MAX: usize = 200;

codes! {
    /// Why a person had the processing restricted (AVG art. 18 lid 1).
    pub enum RestrictionGround {
        /// The person says that the data are wrong; as long as that is looked into.
        AccuracyContested = 1, "ACCURACY_CONTESTED";
        /// The processing is unlawful, and the person wants the data kept all the same.
        UnlawfulProcessing = 2, "UNLAWFUL_PROCESSING";
        /// The person needs the data for a legal claim.
        LegalClaim = 3, "LEGAL_CLAIM";
        /// The person objected (AVG art. 21); as long as that is weighed.
        Objection = 4, "OBJECTION";
    }
}

/// That processing is, or was, restricted. While it is, nothing new is disclosed about the person
/// but what a statute demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restriction {
    /// Why.
    pub ground: RestrictionGround,
    /// From when on, and until when it was lifted.
    pub during: Span,
}

/// What holds of a person, now and before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Age, capacity, and who decides for the person.
    pub position: LegalPosition,
    /// Restrictions of processing.
    pub restrictions: Vec<Restriction>,
}

/// Something that changes about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonChange {
    /// Somebody may decide for the person.
    RepresentationBegun {
        /// Who, in what capacity.
        signer: Signer,
        /// Since when.
        from: Timestamp,
    },
    /// Somebody may no longer decide for the person.
    RepresentationEnded {
        /// Who, in what capacity.
        signer: Signer,
        /// Since when not.
        until: Timestamp,
    },
    /// Somebody who represents the person may not decide after all.
    RepresentativeExcluded {
        /// Who.
        representative: Pseudonym,
        /// Why.
        reason: ExclusionReason,
    },
    /// Somebody who was excluded may decide again.
    ExclusionLifted {
        /// Who.
        representative: Pseudonym,
    },
    /// The person cannot decide.
    IncapacityBegun {
        /// Who found so.
        decided_by: UserId,
        /// Since when.
        from: Timestamp,
    },
    /// The person can decide again.
    IncapacityEnded {
        /// Who found so.
        decided_by: UserId,
        /// Since when.
        until: Timestamp,
    },
    /// The person had the processing restricted.
    ProcessingRestricted {
        /// Why.
        ground: RestrictionGround,
    },
    /// The restriction on this ground is lifted.
    RestrictionLifted {
        /// On which ground it was set.
        ground: RestrictionGround,
        /// When the person was told that it would be (AVG art. 18 lid 3).
        subject_informed_at: Timestamp,
    },
}

/// Why something cannot change now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{description}")]
pub struct NotNow {
    /// What is missing.
    pub code: &'static str,
    /// In a sentence.
    pub description: &'static str,
}

const fn not_now(code: &'static str, description: &'static str) -> NotNow {
    NotNow { code, description }
}

impl PersonChange {
    /// The word for it in the ledger.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::RepresentationBegun { .. } => "REPRESENTATION_BEGUN",
            Self::RepresentationEnded { .. } => "REPRESENTATION_ENDED",
            Self::RepresentativeExcluded { .. } => "REPRESENTATIVE_EXCLUDED",
            Self::ExclusionLifted { .. } => "EXCLUSION_LIFTED",
            Self::IncapacityBegun { .. } => "INCAPACITY_BEGUN",
            Self::IncapacityEnded { .. } => "INCAPACITY_ENDED",
            Self::ProcessingRestricted { .. } => "PROCESSING_RESTRICTED",
            Self::RestrictionLifted { .. } => "RESTRICTION_LIFTED",
        }
    }

    /// Whether it is about the restriction of processing.
    pub const fn is_restriction(&self) -> bool {
        matches!(self, Self::ProcessingRestricted { .. } | Self::RestrictionLifted { .. })
    }

    /// The moment that it counts from.
    pub fn counts_from(&self, now: Timestamp) -> Timestamp {
        match self {
            Self::RepresentationBegun { from: at, .. }
            | Self::IncapacityBegun { from: at, .. }
            | Self::RepresentationEnded { until: at, .. }
            | Self::IncapacityEnded { until: at, .. } => *at,
            Self::RepresentativeExcluded { .. }
            | Self::ExclusionLifted { .. }
            | Self::ProcessingRestricted { .. }
            | Self::RestrictionLifted { .. } => now,
        }
    }
}

impl Standing {
    /// Whether processing is restricted at this moment.
    pub fn is_restricted(&self, at: Timestamp) -> bool {
        self.restrictions.iter().any(|restriction| restriction.during.covers(at))
    }

    /// The standing after a change on the word of these two, or what stands in the way.
    pub fn change(
        mut self,
        change: &PersonChange,
        (decided_by, supervisor): (&UserId, Option<&UserId>),
        now: Timestamp,
    ) -> Result<Self, NotNow> {
        if self.len() >= FACTS_MAX {
            return Err(not_now("ROOM", "too much was recorded of this person already"));
        }
        match change {
            PersonChange::RepresentationBegun { signer, from } => self.begin(*signer, *from)?,
            PersonChange::RepresentationEnded { signer, until } => self.end(*signer, *until)?,
            PersonChange::RepresentativeExcluded { representative, reason } => {
                let supervisor = supervisor.unwrap_or(decided_by).clone();
                let decided_by = decided_by.clone();
                let during = Span::since(now);
                let exclusion = Exclusion { reason: *reason, decided_by, supervisor, during };
                self.exclude(*representative, &exclusion)?;
            }
            PersonChange::ExclusionLifted { representative } => self.admit(*representative, now)?,
            PersonChange::IncapacityBegun { from, .. } => {
                let words = "the person must have been capable from that moment on";
                let spans = &mut self.position.incapable;
                begin_after(spans.iter(), *from, not_now("CAPABLE", words))?;
                spans.push(Span::since(*from));
            }
            PersonChange::IncapacityEnded { until, .. } => {
                let words = "the person must be incapable now";
                let spans = &mut self.position.incapable;
                end_open(spans.iter_mut(), *until, not_now("INCAPABLE", words))?;
            }
            PersonChange::ProcessingRestricted { ground } => {
                let words = "processing must not be restricted on this ground already";
                let same = self.restrictions.iter().filter(|one| one.ground == *ground);
                let missing = not_now("NOT_RESTRICTED", words);
                begin_after(same.map(|one| &one.during), now, missing)?;
                self.restrictions.push(Restriction { ground: *ground, during: Span::since(now) });
            }
            PersonChange::RestrictionLifted { ground, subject_informed_at } => {
                let words = "processing must be restricted on this ground";
                let same = self.restrictions.iter_mut().filter(|one| one.ground == *ground);
                let spans: Vec<&mut Span> = same.map(|one| &mut one.during).collect();
                let open = spans.iter().find(|span| span.is_open());
                if open.is_some_and(|span| *subject_informed_at < span.from) {
                    return Err(not_now(
                        "SUBJECT_INFORMED",
                        "the person must have been told, after the restriction, that it will be lifted",
                    ));
                }
                end_open(spans.into_iter(), now, not_now("RESTRICTED", words))?;
            }
        }
        Ok(self)
    }

    fn begin(&mut self, signer: Signer, from: Timestamp) -> Result<(), NotNow> {
        let is_authority =
            matches!(signer.capacity, Capacity::ParentWithAuthority | Capacity::Guardian);
        if is_authority && self.position.age_band(from) == AgeBand::Adult {
            let words = "authority is over minors; the parent of an adult is a RELATIVE";
            return Err(not_now("MINOR", words));
        }
        let people = &mut self.position.representatives;
        let words = "somebody who decides in this capacity already cannot begin to";
        let same = people.iter().filter(|one| one.signer == signer).map(|one| &one.during);
        begin_after(same, from, not_now("NOT_A_REPRESENTATIVE", words))?;
        // Who is excluded is excluded in every capacity.
        let excluded = people.iter().find(|one| one.signer.person == signer.person);
        let exclusions = excluded.map(|one| one.exclusions.clone()).unwrap_or_default();
        let during = Span::since(from);
        people.push(Representative { signer, has_authority: is_authority, during, exclusions });
        Ok(())
    }

    fn end(&mut self, signer: Signer, until: Timestamp) -> Result<(), NotNow> {
        let words = "must be a representative of the person in this capacity";
        let people = self.position.representatives.iter_mut();
        let same = people.filter(|one| one.signer == signer).map(|one| &mut one.during);
        end_open(same, until, not_now("REPRESENTATIVE", words))
    }

    fn exclude(&mut self, person: Pseudonym, exclusion: &Exclusion) -> Result<(), NotNow> {
        let now = exclusion.during.from;
        let people = &mut self.position.representatives;
        let mut same = people.iter().filter(|one| one.signer.person == person);
        if !same.any(|one| one.during.covers(now)) {
            return Err(not_now("REPRESENTATIVE", "must be a representative of the person"));
        }
        let missing = not_now("NOT_EXCLUDED", "the representative is excluded already");
        for one in people.iter().filter(|one| one.signer.person == person) {
            let spans = one.exclusions.iter().map(|exclusion| &exclusion.during);
            begin_after(spans, now, missing)?;
        }
        for one in people.iter_mut().filter(|one| one.signer.person == person) {
            one.exclusions.push(exclusion.clone());
        }
        Ok(())
    }

    fn admit(&mut self, person: Pseudonym, now: Timestamp) -> Result<(), NotNow> {
        let words = "must be an excluded representative of the person";
        let missing = not_now("EXCLUDED", words);
        let mut found = Err(missing);
        for one in &mut self.position.representatives {
            if one.signer.person == person {
                let spans = one.exclusions.iter_mut().map(|exclusion| &mut exclusion.during);
                found = end_open(spans, now, missing);
            }
        }
        found
    }

    /// How many facts are kept of the person.
    fn len(&self) -> usize {
        let exclusions = self.position.representatives.iter().map(|one| one.exclusions.len());
        self.restrictions.len()
            + self.position.incapable.len()
            + self.position.representatives.len()
            + exclusions.sum::<usize>()
    }
}

/// Something begins after everything of its kind ended, and not at the moment at which one began.
fn begin_after<'s>(
    mut spans: impl Iterator<Item = &'s Span>,
    from: Timestamp,
    missing: NotNow,
) -> Result<(), NotNow> {
    let is_over = |span: &Span| span.from < from && span.until.is_some_and(|until| until <= from);
    if spans.all(is_over) { Ok(()) } else { Err(missing) }
}

/// Ends the span that has no end yet, after it began.
fn end_open<'s>(
    mut spans: impl Iterator<Item = &'s mut Span>,
    until: Timestamp,
    missing: NotNow,
) -> Result<(), NotNow> {
    let span = spans.find(|span| span.is_open()).ok_or(missing)?;
    if until < span.from {
        return Err(not_now("AFTER_BEGINNING", "it must end after it began"));
    }
    span.until = Some(until);
    Ok(())
}

#[cfg(test)]
mod tests;
