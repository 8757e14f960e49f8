//! Conditions about one person and the categories asked for.
//!
//! Categories that are judged alike share a finding, so that an explanation says once what holds
//! for all of them.

use std::collections::BTreeSet;

use super::facts::{Facts, SubjectFacts};
use super::pack::BasisRule;
use super::request::{Asked, Request};
use super::{general, given_consent, grounded};
use crate::domain::basis::Basis;
use crate::domain::category::{Access, Categories, Category};
use crate::domain::consent::{ConsentRef, Question, Ruling};
use crate::domain::decision::{Condition, ConditionId, Finding, first_unmet};
use crate::domain::time::Timestamp;

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
    request: &Request,
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
    let mut groups: Vec<(Judgement<'_>, Categories)> = Vec::new();
    for category in asked.iter() {
        let judgement = judge(request, facts, subject, &question, category);
        match groups.iter_mut().find(|(other, _)| *other == judgement) {
            Some((_, categories)) => *categories = categories.with(category),
            None => groups.push((judgement, Categories::of(&[category]))),
        }
    }
    let rule = facts.rules.basis(request.basis);
    groups
        .into_iter()
        .map(|(judgement, categories)| {
            finding((request, rule, facts), subject, &question, judgement, categories)
        })
        .collect()
}

fn judge<'f>(
    request: &Request,
    facts: &Facts,
    subject: &'f SubjectFacts,
    question: &Question<'_>,
    category: Category,
) -> Judgement<'f> {
    let rests_on_consent = request.basis == Basis::Consent;
    Judgement {
        is_within_basis: facts.rules.basis(request.basis).cap.contains(category),
        is_declared: request.emergency.map(|declared| declared.categories.contains(category)),
        // What a supervisor may see is for the cap of that basis to say.
        access: if general::is_inspection(request) {
            Access::Allowed
        } else {
            facts.rules.access(category, request.recipient.role)
        },
        ruling: rests_on_consent.then(|| question.rule(category, &subject.consents)),
    }
}

fn nothing_there() -> Finding {
    let condition = Condition::new(ConditionId::DataPresent, "something", "nothing", false);
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
    question: &Question<'_>,
    judgement: Judgement<'_>,
    categories: Categories,
) -> Finding {
    let mut conditions: Vec<Condition> = Vec::new();
    conditions.extend(subject_unrestricted(rule, subject));
    conditions.extend(grounded::subject_incapable(request, subject, question.at));
    conditions.extend(grounded::override_declared(request, subject, question.at));
    conditions.push(category_within_basis(rule, judgement, categories));
    conditions.extend(category_declared(request, judgement, categories));
    conditions.push(category_allowed_for_role((request, rule), judgement, categories));
    if judgement.access == Access::FourEyes {
        conditions.push(four_eyes(request, facts, subject, question.at));
    }
    if let Some(ruling) = judgement.ruling {
        conditions.extend(given_consent::conditions(question, ruling, categories));
    }
    let denial = first_unmet(&conditions);
    let consents: BTreeSet<ConsentRef> = match denial {
        None => judgement
            .ruling
            .and_then(|ruling| ruling.consent)
            .iter()
            .map(|c| c.reference())
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
    let found = if is_restricted { "restricted" } else { "not restricted" };
    Some(Condition::new(ConditionId::SubjectUnrestricted, "not restricted", found, !is_restricted))
}

fn category_within_basis(
    rule: &BasisRule,
    judgement: Judgement<'_>,
    categories: Categories,
) -> Condition {
    Condition::new(
        ConditionId::CategoryWithinBasis,
        categories.to_string(),
        rule.cap.to_string(),
        judgement.is_within_basis,
    )
}

fn category_declared(
    request: &Request,
    judgement: Judgement<'_>,
    categories: Categories,
) -> Option<Condition> {
    let (declared, is_declared) = (request.emergency?, judgement.is_declared?);
    let found = declared.categories.to_string();
    let id = ConditionId::EmergencyCategory;
    Some(Condition::new(id, categories.to_string(), found, is_declared))
}

fn four_eyes(
    request: &Request,
    facts: &Facts,
    subject: &SubjectFacts,
    now: Timestamp,
) -> Condition {
    let person = subject.position.subject;
    let agreed = facts.address_releases.iter().find(|release| release.covers(request, person, now));
    let found =
        agreed.map_or_else(|| "none".to_owned(), |release| format!("agreed {}", release.agreed_at));
    let needed = "the agreement of a second person of the sender";
    Condition::new(ConditionId::CategoryFourEyes, needed, found, agreed.is_some())
}

fn category_allowed_for_role(
    (request, rule): (&Request, &BasisRule),
    judgement: Judgement<'_>,
    categories: Categories,
) -> Condition {
    let (found, is_allowed) = match judgement.access {
        Access::Allowed => ("with a valid basis", true),
        Access::FourEyes => ("with a valid basis and a second person", true),
        Access::EmergencyOnly => ("in an emergency notice", rule.emergency_notice),
        Access::Own => ("only its own", request.sender.oin == request.recipient.oin),
        Access::Never => ("never", false),
    };
    let needed = format!("{categories} for {}", request.recipient.role);
    Condition::new(ConditionId::CategoryAllowedForRole, needed, found, is_allowed)
}
