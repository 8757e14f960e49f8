//! May this be shared? Total, deterministic, and it explains itself.
//!
//! [`evaluate`] is the only way to a [`Permit`], and nothing is released without one. It looks at
//! the same conditions in the same order every time, also after the first that fails, so that a
//! denial says everything that would have been needed.
//!
//! What is not decided here is denied: a basis that this version cannot judge is refused by name,
//! never let through.

use std::collections::BTreeSet;

use super::basis::Basis;
use super::category::{Access, Categories, Category, access};
use super::consent::check::Question;
use super::consent::{Consent, ConsentRef, ConsentRules, LegalPosition};
use super::decision::{Condition, Decision, Effect, PackId, Refusal, SubjectDecision};
use super::event::DenialReason;
use super::id::Oin;
use super::organisation::Role;
use super::purpose::Purpose;
use super::time::Timestamp;

mod permit;

pub use permit::Permit;

/// An organisation in its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Who.
    pub oin: Oin,
    /// Its part in the chain.
    pub role: Role,
    /// Whether it is a member of the case team now.
    pub in_case_team: bool,
}

/// How much is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Whatever the basis allows of what there is.
    Everything,
    /// These categories, all of them: a person for whom one is refused is left out altogether
    /// (DOMAIN §3.2: the categories of a disclosure must be a subset).
    Exactly(Categories),
}

/// The question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whose data it is and who would send it.
    pub sender: Party,
    /// Who would receive it.
    pub recipient: Party,
    /// For what.
    pub purpose: Purpose,
    /// On which ground.
    pub basis: Basis,
    /// How much.
    pub asked: Asked,
}

/// What is known about one person when the question is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Age, capacity, representatives.
    pub position: LegalPosition,
    /// The newest version of every consent of this person in the case.
    pub consents: Vec<Consent>,
    /// Categories of the data at hand about this person.
    pub present: Categories,
    /// Whether the person had the processing restricted (AVG art. 18).
    pub is_restricted: bool,
}

/// What is known when the question is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The rules in force.
    pub pack: PackId,
    /// The region's choices about consent.
    pub rules: ConsentRules,
    /// The people the data is about.
    pub people: Vec<Person>,
}

/// Answers the question at a moment.
pub fn evaluate(request: &Request, facts: &Facts, now: Timestamp) -> Decision {
    let subjects: Vec<SubjectDecision> =
        facts.people.iter().map(|person| Judging { request, facts, person, now }.judge()).collect();
    let effect = if subjects.iter().all(|decision| decision.permit.is_none()) {
        Effect::Deny
    } else if subjects.iter().all(|decision| decision.refusals.is_empty()) {
        Effect::Allow
    } else {
        Effect::AllowReduced
    };
    Decision {
        effect,
        pack: facts.pack.clone(),
        decided_at: now,
        grounds: request.basis.grounds(),
        subjects,
    }
}

/// The question about one person.
struct Judging<'a> {
    request: &'a Request,
    facts: &'a Facts,
    person: &'a Person,
    now: Timestamp,
}

/// What came of looking at one condition.
struct Look {
    condition: Condition,
    refusal: Option<DenialReason>,
}

impl Judging<'_> {
    fn judge(&self) -> SubjectDecision {
        let mut conditions = Vec::new();
        let mut refusals = BTreeSet::new();
        for look in self.about_everything() {
            refusals.extend(look.refusal.map(|reason| Refusal { category: None, reason }));
            conditions.push(look.condition);
        }
        let closed = !refusals.is_empty();
        let mut permitted = Categories::EMPTY;
        let mut consents = BTreeSet::new();
        for category in self.categories().iter() {
            let mut refused = false;
            let (looks, consent) = self.about(category);
            for look in looks {
                refused |= look.refusal.is_some();
                let refusal = |reason| Refusal { category: Some(category), reason };
                refusals.extend(look.refusal.map(refusal));
                conditions.push(look.condition);
            }
            if !refused {
                permitted = permitted.with(category);
                consents.extend(consent);
            }
        }
        let permit = self.permit(closed, permitted, consents);
        SubjectDecision {
            subject: self.person.position.subject,
            permit,
            refusals: refusals.into_iter().collect(),
            conditions,
        }
    }

    /// A permit for what may be shared, when that is enough of what was asked.
    fn permit(
        &self,
        closed: bool,
        permitted: Categories,
        consents: BTreeSet<ConsentRef>,
    ) -> Option<Permit> {
        let enough = match self.request.asked {
            Asked::Everything => !permitted.is_empty(),
            Asked::Exactly(asked) => !asked.is_empty() && asked.is_subset_of(permitted),
        };
        (enough && !closed).then(|| Permit {
            subject: self.person.position.subject,
            recipient: self.request.recipient.oin.clone(),
            purpose: self.request.purpose,
            basis: self.request.basis,
            categories: permitted,
            consents,
        })
    }

    fn categories(&self) -> Categories {
        match self.request.asked {
            Asked::Everything => self.person.present,
            Asked::Exactly(categories) => categories,
        }
    }

    /// What must hold whatever the category.
    fn about_everything(&self) -> [Look; 5] {
        let Request { sender, recipient, purpose, basis, .. } = self.request;
        let in_team = sender.in_case_team && recipient.in_case_team;
        [
            look(
                "basis.enabled",
                ["De grondslag is in gebruik.", "The basis is in use."],
                ["ENABLED".to_owned(), yes_no(can_judge(*basis))],
                can_judge(*basis),
                if basis.is_enabled() {
                    DenialReason::BasisNotApplicable
                } else {
                    DenialReason::BasisDisabled
                },
            ),
            look(
                "basis.applies",
                [
                    "De grondslag geldt tussen deze organisaties.",
                    "The basis applies between these organisations.",
                ],
                [basis.to_string(), format!("{}>{}", sender.role, recipient.role)],
                basis.applies_between(sender.role, recipient.role),
                DenialReason::BasisNotApplicable,
            ),
            look(
                "purpose.fits",
                ["Het doel past bij de grondslag.", "The purpose goes with the basis."],
                [words(basis.purposes()), purpose.to_string()],
                basis.purposes().contains(purpose),
                DenialReason::PurposeNotAllowed,
            ),
            look(
                "team.member",
                [
                    "Beide organisaties horen bij het team van de casus.",
                    "Both organisations are members of the case team.",
                ],
                [yes_no(basis.needs_case_team(recipient.role)), yes_no(in_team)],
                in_team || !basis.needs_case_team(recipient.role),
                DenialReason::NotInCaseTeam,
            ),
            look(
                "processing.unrestricted",
                [
                    "De betrokkene heeft de verwerking niet laten beperken.",
                    "The person did not have the processing restricted.",
                ],
                ["NO".to_owned(), yes_no(self.person.is_restricted)],
                !self.person.is_restricted || basis.is_statutory(),
                DenialReason::ProcessingRestricted,
            ),
        ]
    }

    /// What must hold for one category, and the consent it would rest on.
    fn about(&self, category: Category) -> (Vec<Look>, Option<ConsentRef>) {
        let Request { recipient, basis, .. } = self.request;
        let seat = access(category, recipient.role);
        let mut looks = vec![
            look(
                "category.within_basis",
                ["De grondslag omvat deze gegevens.", "The basis covers this kind of data."],
                [category.to_string(), basis.to_string()],
                basis.cap().contains(category),
                DenialReason::BasisNotApplicable,
            ),
            look(
                "category.for_role",
                [
                    "Een organisatie met deze rol mag deze gegevens ontvangen.",
                    "An organisation of this role may receive this kind of data.",
                ],
                [category.to_string(), format!("{}:{seat:?}", recipient.role)],
                seat == Access::Allowed,
                match seat {
                    Access::FourEyes => DenialReason::FourEyesRequired,
                    Access::Allowed | Access::EmergencyOnly | Access::Own | Access::Never => {
                        DenialReason::CategoryNotAllowedForRole
                    }
                },
            ),
        ];
        if *basis != Basis::Consent {
            return (looks, None);
        }
        let (consented, consent) = self.about_consent(category);
        looks.push(consented);
        (looks, consent)
    }

    fn about_consent(&self, category: Category) -> (Look, Option<ConsentRef>) {
        let ruling = Question {
            position: &self.person.position,
            source: &self.request.sender.oin,
            recipient: &self.request.recipient.oin,
            purpose: self.request.purpose,
            at: self.now,
            relied_on: &[],
            rules: &self.facts.rules,
        }
        .rule(category, &self.person.consents);
        let consent = ruling.consent.map(Consent::reference);
        let found = ruling.denial.map_or("VALID", DenialReason::as_str).to_owned();
        let mut look = look(
            "consent.valid",
            [
                "Er is geldige toestemming voor deze gegevens.",
                "There is valid consent for this kind of data.",
            ],
            [category.to_string(), found],
            ruling.denial.is_none(),
            ruling.denial.unwrap_or(DenialReason::NoConsent),
        );
        look.condition.evidence = consent.map_or_else(String::new, |consent| consent.to_string());
        (look, consent)
    }
}

/// Whether this version can judge a basis. The others need facts that it does not gather.
const fn can_judge(basis: Basis) -> bool {
    matches!(
        basis,
        Basis::Consent | Basis::Wpg18 | Basis::Wpg19 | Basis::Wpg20 | Basis::Wmo4112G
    )
}

fn look(
    condition_id: &'static str,
    [text_nl, text_en]: [&'static str; 2],
    [needed, found]: [String; 2],
    met: bool,
    reason: DenialReason,
) -> Look {
    let evidence = String::new();
    Look {
        condition: Condition { condition_id, text_nl, text_en, needed, found, evidence, met },
        refusal: (!met).then_some(reason),
    }
}

fn yes_no(value: bool) -> String {
    if value { "YES" } else { "NO" }.to_owned()
}

fn words(purposes: &[Purpose]) -> String {
    purposes.iter().map(|purpose| purpose.as_str()).collect::<Vec<_>>().join(" ")
}

