//! What the messages about cases carry, and how it is parsed.

use std::collections::BTreeMap;

use crate::domain::case::{JoinReason, MemberKind};
use crate::domain::consent::{Capacity, Signer};
use crate::domain::id::{CaseRef, Oin, PersonKey, Pseudonym, ReferralId, UserId};
use crate::domain::violation::Violations;
use crate::gateway::fields::{but_people, person};

/// Representations and incapacities in one request: more than a household of 20 can have.
pub const PEOPLE_FACTS_MAX: usize = 100;

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

/// The plain fields of a [`CaseDraft`], parsed.
pub(super) struct Header {
    pub(super) case_ref: CaseRef,
    pub(super) referral_id: ReferralId,
    pub(super) director: UserId,
    pub(super) manager: UserId,
}

impl CaseDraft {
    /// Everything that is wrong with the draft by itself; who is meant is not judged, because the
    /// people stand in the referral.
    pub fn check(&self) -> Result<(), Violations> {
        self.parse().map(|_header| ())
    }

    /// The plain fields, or everything that [`Self::check`] finds.
    pub(super) fn parse(&self) -> Result<Header, Violations> {
        let mut violations = Violations::new();
        let header = self.header(&mut violations);
        let mut about_people = Violations::new();
        self.representations(&BTreeMap::new(), &mut about_people);
        self.incapacities(&BTreeMap::new(), &mut about_people);
        violations.extend(but_people(&about_people));
        match header {
            Some(header) => violations.into_result(header),
            None => Err(violations),
        }
    }

    /// The plain fields; lists that are too long are noted too.
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

    /// Who may decide for whom, each pair once.
    pub(super) fn representations(
        &self,
        people: &BTreeMap<PersonKey, Pseudonym>,
        violations: &mut Violations,
    ) -> Vec<(Pseudonym, Signer)> {
        let mut pairs: Vec<(Pseudonym, Signer)> = Vec::new();
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
                && !pairs.iter().any(|(of, by)| (*of, by.person) == (subject, representative));
            let words = "must name two different people, each pair once";
            violations.require(new, format!("{path}.representative_key"), "DUPLICATE", words);
            pairs.push((subject, Signer { person: representative, capacity }));
        }
        pairs
    }

    /// Who cannot decide, and who found that.
    pub(super) fn incapacities(
        &self,
        people: &BTreeMap<PersonKey, Pseudonym>,
        violations: &mut Violations,
    ) -> BTreeMap<Pseudonym, UserId> {
        let mut incapable = BTreeMap::new();
        for (index, draft) in self.incapacities.iter().take(PEOPLE_FACTS_MAX).enumerate() {
            let path = format!("incapacities[{index}]");
            let subject = person(&draft.person_key, people, &path, "person_key", violations);
            let decided_by =
                violations.take(format!("{path}.decided_by"), draft.decided_by.parse());
            if let (Some(subject), Some(decided_by)) = (subject, decided_by) {
                incapable.insert(subject, decided_by);
            }
        }
        incapable
    }
}
