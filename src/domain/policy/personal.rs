//! Conditions about one person and the categories asked for.
//!
//! Categories that are judged alike share a finding, so that an explanation says once what holds
//! for all of them.

use std::collections::BTreeSet;

use super::facts::{Facts, SubjectFacts};
use super::given_consent::Explained;
use super::pack::BasisRule;
use super::request::{Asked, Request};
use super::{general, grounded};
use crate::domain::basis::Basis;
use crate::domain::category::{Access, Categories, Category};
use crate::domain::consent::{ConsentRef, Question, Ruling, Tried};
use crate::domain::decision::{Condition, ConditionId, Finding, Phrase, Wording, first_unmet};
use crate::domain::time::Timestamp;

/// Conditions of a finding on consent: three of our own, ten of the consent.
const CONDITIONS_USUAL: usize = 13;

/// Everything that can make two categories of one person differ.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Judgement<'f> {
    is_within_basis: bool,
    /// None without a declared emergency.
    is_declared: Option<bool>,
    access: Access,
    /// None when the basis asks for no consent.
    ruling: Option<Ruling<'f>>,
}

/// The findings about one person. They do not depend on which other people or categories are asked
/// for: a category is judged by itself.
pub(super) fn findings(
    (request, route): (&Request, &Wording),
    facts: &Facts,
    subject: &SubjectFacts,
    now: Timestamp,
) -> Vec<Finding> {
    let question = Question {
        position: &subject.position,
        source: &request.sender.oin,
        recipient: &request.recipient.oin,
        purpose: request.purpose,
        at: now,
        relied_on: &request.relied_on,
        rules: &facts.rules.consent,
    };
    let asked = match request.asked {
        Asked::Everything => subject.present,
        Asked::Exactly(categories) => categories,
    };
    if asked.is_empty() {
        return vec![nothing_there()];
    }
    let tried = (request.basis == Basis::Consent).then(|| Tried::of(&question, &subject.consents));
    let rule = facts.rules.basis(request.basis);
    let mut groups: Vec<(Judgement<'_>, Categories)> = Vec::with_capacity(4);
    let mut rulings = tried.as_ref().map(|tried| tried.rule_each(asked));
    for category in asked.iter() {
        let ruling = rulings.as_mut().and_then(Iterator::next);
        let judgement = judge((request, rule, facts), ruling, category);
        match groups.iter_mut().find(|(other, _)| *other == judgement) {
            Some((_, categories)) => *categories = categories.with(category),
            None => groups.push((judgement, Categories::of(&[category]))),
        }
    }
    let mut explained = tried.as_ref().map(|tried| Explained::of(&question, tried, route.clone()));
    groups
        .into_iter()
        .map(|(judgement, categories)| {
            finding(
                (request, rule, facts),
                subject,
                (explained.as_mut(), now),
                judgement,
                categories,
            )
        })
        .collect()
}

fn judge<'f>(
    (request, rule, facts): (&Request, &BasisRule, &Facts),
    ruling: Option<Ruling<'f>>,
    category: Category,
) -> Judgement<'f> {
    Judgement {
        is_within_basis: rule.cap.contains(category),
        is_declared: request.emergency.map(|declared| declared.categories.contains(category)),
        // What a supervisor may see is for the cap of that basis to say.
        access: if general::is_inspection(request) {
            Access::Allowed
        } else {
            facts.rules.access(category, request.recipient.role)
        },
        ruling,
    }
}

fn nothing_there() -> Finding {
    let condition =
        Condition::new(ConditionId::DataPresent, Phrase::Something, Phrase::Nothing, false);
    Finding {
        categories: Categories::EMPTY,
        denial: Some(condition.id.reason()),
        consents: BTreeSet::new(),
        conditions: vec![condition],
    }
}

fn finding(
    (request, rule, facts): (&Request, &BasisRule, &Facts),
    subject: &SubjectFacts,
    (explained, now): (Option<&mut Explained<'_, '_>>, Timestamp),
    judgement: Judgement<'_>,
    categories: Categories,
) -> Finding {
    let mut conditions: Vec<Condition> = Vec::with_capacity(CONDITIONS_USUAL);
    conditions.extend(subject_unrestricted(rule, subject));
    conditions.extend(grounded::subject_incapable(request, subject, now));
    conditions.extend(grounded::override_declared(request, subject, now));
    conditions.push(category_within_basis(rule, judgement, categories));
    conditions.extend(category_declared(request, judgement, categories));
    conditions.push(category_allowed_for_role((request, rule), judgement, categories));
    if judgement.access == Access::FourEyes {
        conditions.push(four_eyes(request, facts, subject, now));
    }
    if let (Some(ruling), Some(explained)) = (judgement.ruling, explained) {
        explained.conditions(ruling, categories, &mut conditions);
    }
    let denial = first_unmet(&conditions);
    let consents: BTreeSet<ConsentRef> = match denial {
        None => judgement
            .ruling
            .and_then(|ruling| ruling.consent)
            .iter()
            .map(|consent| consent.reference())
            .collect(),
        Some(_) => BTreeSet::new(),
    };
    Finding { categories, denial, consents, conditions }
}

/// A statute goes on after a restriction; anything else stops (DOMAIN §5.6).
fn subject_unrestricted(rule: &BasisRule, subject: &SubjectFacts) -> Option<Condition> {
    if rule.statutory {
        return None;
    }
    let is_restricted = subject.is_processing_restricted;
    let found = if is_restricted { Phrase::Restricted } else { Phrase::NotRestricted };
    let needed = Phrase::NotRestricted;
    Some(Condition::new(ConditionId::SubjectUnrestricted, needed, found, !is_restricted))
}

fn category_within_basis(
    rule: &BasisRule,
    judgement: Judgement<'_>,
    categories: Categories,
) -> Condition {
    Condition::new(
        ConditionId::CategoryWithinBasis,
        categories,
        rule.cap,
        judgement.is_within_basis,
    )
}

fn category_declared(
    request: &Request,
    judgement: Judgement<'_>,
    categories: Categories,
) -> Option<Condition> {
    let (declared, is_declared) = (request.emergency?, judgement.is_declared?);
    let id = ConditionId::EmergencyCategory;
    Some(Condition::new(id, categories, declared.categories, is_declared))
}

fn four_eyes(
    request: &Request,
    facts: &Facts,
    subject: &SubjectFacts,
    now: Timestamp,
) -> Condition {
    let person = subject.position.subject;
    let agreed = facts.address_releases.iter().find(|release| release.covers(request, person, now));
    let found = agreed.map_or_else(
        || Phrase::None.into(),
        |release| Wording::Moment(Some(Phrase::Agreed), release.agreed_at),
    );
    Condition::new(ConditionId::CategoryFourEyes, Phrase::SecondPerson, found, agreed.is_some())
}

fn category_allowed_for_role(
    (request, rule): (&Request, &BasisRule),
    judgement: Judgement<'_>,
    categories: Categories,
) -> Condition {
    let (found, is_allowed) = match judgement.access {
        Access::Allowed => (Phrase::WithBasis, true),
        Access::FourEyes => (Phrase::WithBasisAndSecondPerson, true),
        Access::EmergencyOnly => (Phrase::InEmergencyNotice, rule.emergency_notice),
        Access::Own => (Phrase::OnlyOwn, request.sender.oin == request.recipient.oin),
        Access::Never => (Phrase::Never, false),
    };
    let needed = Wording::CategoriesFor(categories, request.recipient.role);
    Condition::new(ConditionId::CategoryAllowedForRole, needed, found, is_allowed)
}
