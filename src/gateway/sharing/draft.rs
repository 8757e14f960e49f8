//! What is to be given, as a message carries it, and how it is parsed.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::basis::Basis;
use crate::domain::case::InvolvementDraft;
use crate::domain::category::Categories;
use crate::domain::emergency::{
    Cause, Declaring, Emergency, EmergencyDraft, VITAL_INTEREST_NEEDS_INCAPACITY,
};
use crate::domain::event::EventCode;
use crate::domain::id::{Oin, PersonKey, Pseudonym};
use crate::domain::organisation::Actor;
use crate::domain::policy::{Asked, BasisEvidenceDraft, PolicyPack};
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::gateway::case_file::CaseFile;
use crate::gateway::fields::{categories, code, person};
use crate::gateway::request_summary::Wanted;

/// People that one share can be about, as a case has at most.
const PEOPLE_MAX: usize = 20;

/// What is to be given, as a message carries it.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "the fields are those of the message")]
pub struct ShareDraft {
    pub case_ref: String,
    pub revision: i32,
    pub recipient_oin: String,
    pub purpose: i32,
    pub basis: i32,
    pub categories: Vec<i32>,
    pub person_keys: Vec<String>,
    pub involvement: InvolvementDraft,
    pub evidence: BasisEvidenceDraft,
    pub emergency: Option<EmergencyDraft>,
}

/// What is to be given, or was.
#[derive(Debug)]
pub(super) struct Sharing {
    pub(super) wanted: Wanted,
    pub(super) recipient: Oin,
    /// Who gives, or gave.
    pub(super) giver: Actor,
    /// About whom; empty: everybody in the summary.
    pub(super) about: BTreeSet<PersonKey>,
    pub(super) emergency: Option<Emergency>,
    /// What was given before about each person; none while it is being given.
    pub(super) granted: Option<BTreeMap<PersonKey, Categories>>,
}

impl ShareDraft {
    /// Everything that is wrong with it by itself.
    pub fn check(
        &self,
        gateway: &crate::gateway::Gateway,
        actor: &Actor,
        author: &Oin,
    ) -> Result<(), Violations> {
        let directory = gateway.directory();
        self.parse(&directory.policy, actor, author, gateway.clock().now()).map(drop)
    }

    /// What is to be given, or everything that is wrong with it.
    pub(super) fn parse(
        &self,
        pack: &PolicyPack,
        actor: &Actor,
        author: &Oin,
        now: Timestamp,
    ) -> Result<Sharing, Violations> {
        let mut v = Violations::new();
        let case_ref = v.take("case_ref", self.case_ref.parse());
        let words = "must be 0 for the latest, or a revision";
        v.require(self.revision >= 0, "revision", "NEGATIVE", words);
        let recipient: Option<Oin> = v.take("recipient_oin", self.recipient_oin.parse());
        let purpose = code("purpose", self.purpose, Purpose::from_number, &mut v);
        let basis = code("basis", self.basis, Basis::from_number, &mut v);
        let categories = categories("categories", &self.categories, &mut v);
        let about = self.read_people(&mut v);
        let involvement = kept(self.involvement.clone().parse(now), &mut v);
        let evidence = basis.and_then(|basis| {
            let parsed = self.evidence.parse("evidence", (basis, pack.basis(basis)), now);
            kept(parsed, &mut v)
        });
        let emergency = basis.and_then(|basis| {
            let declaring = Declaring { basis, categories, actor };
            self.read_emergency(declaring, pack, now, &mut v)
        });
        let asked =
            if categories.is_empty() { Asked::Everything } else { Asked::Exactly(categories) };
        let parts = (case_ref, recipient, purpose, basis, involvement, evidence);
        let (Some(case_ref), Some(recipient), Some(purpose), Some(basis), Some(i), Some(e)) = parts
        else {
            return Err(v);
        };
        let wanted = Wanted {
            case_ref,
            author: author.clone(),
            recipient: Some(recipient.clone()),
            revision: (self.revision > 0).then_some(i64::from(self.revision)),
            purpose,
            basis,
            asked,
            involvement: i,
            evidence: e,
            event: EventCode::SummaryShared,
            break_glass: BTreeMap::new(),
        };
        let giver = actor.clone();
        v.into_result(Sharing { wanted, recipient, giver, about, emergency, granted: None })
    }

    fn read_people(&self, v: &mut Violations) -> BTreeSet<PersonKey> {
        let words = format!("must be at most {PEOPLE_MAX}");
        v.require(self.person_keys.len() <= PEOPLE_MAX, "person_keys", "TOO_MANY", words);
        let mut about = BTreeSet::new();
        for (index, key) in self.person_keys.iter().take(PEOPLE_MAX).enumerate() {
            let field = format!("person_keys[{index}]");
            if let Some(key) = v.take(field.clone(), key.parse()) {
                v.require(about.insert(key), field, "DUPLICATE", "must be named once");
            }
        }
        about
    }

    /// An emergency names what it needs; nothing that rests on a consent is one.
    fn read_emergency(
        &self,
        declaring: Declaring<'_>,
        pack: &PolicyPack,
        now: Timestamp,
        v: &mut Violations,
    ) -> Option<Emergency> {
        let draft = self.emergency.as_ref()?;
        let Declaring { basis, categories, .. } = declaring;
        let words = "nothing that is shared on this basis is an emergency";
        let may_be = Cause::of(basis, true).is_some();
        v.require(may_be, "emergency", "NOT_APPLICABLE", words);
        let words = "must name what the emergency needs";
        v.require(!categories.is_empty(), "categories", "REQUIRED", words);
        kept(draft.parse("emergency", declaring, now, &pack.break_glass), v)
    }
}

impl Sharing {
    /// Whom it is about, by pseudonym; none for everybody in the summary.
    pub(super) fn people_of(
        &self,
        file: &CaseFile,
    ) -> Result<Option<BTreeSet<Pseudonym>>, Violations> {
        if self.about.is_empty() {
            return Ok(None);
        }
        let (people, mut v) = (file.pseudonyms(), Violations::new());
        let mut found = BTreeSet::new();
        for (index, key) in self.about.iter().enumerate() {
            let name = format!("person_keys[{index}]");
            found.extend(person(key.as_str(), &people, "", &name, &mut v));
        }
        v.into_result(Some(found))
    }

    /// What there is to give of a person: whatever there is, or what was given before.
    pub(super) fn given_of(&self, person: &PersonKey, present: Categories) -> Categories {
        match &self.granted {
            None => present,
            Some(granted) => granted
                .get(person)
                .map_or(Categories::EMPTY, |granted| granted.intersection(present)),
        }
    }
}

/// Whether what is wrong is that somebody refused, or could have been asked.
pub(super) fn took_vital_interest_for_a_refusal(found: &Violations) -> bool {
    found.iter().any(|violation| violation.rule == VITAL_INTEREST_NEEDS_INCAPACITY)
}

pub(super) fn unknown_recipient() -> Violations {
    let mut violations = Violations::new();
    let words = "must be an organisation of the directory";
    violations.add("recipient_oin", "UNKNOWN_ORGANISATION", words);
    violations
}

/// The value, or none with what is wrong noted.
fn kept<T>(parsed: Result<T, Violations>, violations: &mut Violations) -> Option<T> {
    match parsed {
        Ok(value) => Some(value),
        Err(found) => {
            violations.extend(found);
            None
        }
    }
}
