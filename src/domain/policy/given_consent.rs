//! How a consent was judged, in words: the ten things the consent check looks at, each with what
//! was needed and what the record says.

use crate::domain::category::Categories;
use crate::domain::consent::{Consent, Question, RequiredSignature, Ruling, TESTS};
use crate::domain::decision::{Condition, ConditionId};
use crate::domain::time::Timestamp;

/// Tells what was needed and what was found.
type Explain = fn(&Question<'_>, &Consent, Categories) -> (String, String);

/// One explanation per test of [`TESTS`], in the same order.
const EXPLANATIONS: [(ConditionId, Explain); TESTS.len()] = [
    (ConditionId::ConsentNotRefused, |_, consent, _| ("not refused".to_owned(), word(consent))),
    (ConditionId::ConsentNotWithdrawn, |_, consent, _| ("not withdrawn".to_owned(), word(consent))),
    (ConditionId::ConsentNotExpired, |asked, consent, _| {
        (format!("ends after {}", asked.at), consent.terms.period.valid_until().to_string())
    }),
    (ConditionId::ConsentBegun, |asked, consent, _| {
        (format!("begins by {}", asked.at), consent.terms.period.valid_from().to_string())
    }),
    (ConditionId::ConsentNotOutgrown, |asked, consent, _| {
        let band = |moment: Timestamp| asked.position.age_band(moment).to_string();
        let then = consent.terms.signed_at().map_or_else(|| "not signed".to_owned(), band);
        (format!("signatures for {}", band(asked.at)), format!("signed as {then}"))
    }),
    (ConditionId::ConsentRecipient, |asked, consent, _| {
        (asked.recipient.to_string(), consent.terms.recipient.to_string())
    }),
    (ConditionId::ConsentPurpose, |asked, consent, _| {
        (asked.purpose.to_string(), consent.terms.purpose.to_string())
    }),
    (ConditionId::ConsentCategory, |_, consent, categories| {
        (categories.to_string(), consent.terms.categories.to_string())
    }),
    (ConditionId::ConsentSigned, |asked, consent, _| {
        (needed_signatures(asked, Some(consent)), signatures(consent))
    }),
];

/// The conditions behind a ruling about these categories.
pub(super) fn conditions(
    question: &Question<'_>,
    ruling: Ruling<'_>,
    categories: Categories,
) -> Vec<Condition> {
    let route = format!("{} to {}", question.source, question.recipient);
    let Some(consent) = ruling.consent else {
        let needed = needed_signatures(question, None);
        return vec![
            Condition::new(ConditionId::ConsentRecorded, route, "none", false),
            Condition::new(ConditionId::ConsentSigned, needed, "none", false),
        ];
    };
    let version = format!("version {}", consent.version);
    let recorded = Condition::new(ConditionId::ConsentRecorded, route, version, true);
    let tested = TESTS.iter().zip(EXPLANATIONS).map(|((_, passes), (id, explain))| {
        let (needed, found) = explain(question, consent, categories);
        let met = categories.iter().all(|category| passes(question, consent, category));
        Condition::new(id, needed, found, met)
    });
    std::iter::once(recorded)
        .chain(tested)
        .map(|condition| condition.seen_in(consent.reference().to_string()))
        .collect()
}

/// The state of a record and since when.
fn word(consent: &Consent) -> String {
    let state = consent.state();
    consent.spoken_at().map_or_else(|| state.to_string(), |moment| format!("{state} {moment}"))
}

/// Who must sign, for example `SELF + one of 2 PARENT_WITH_AUTHORITY`.
fn needed_signatures(question: &Question<'_>, consent: Option<&Consent>) -> String {
    let dual_override = consent.and_then(|consent| consent.terms.dual_override.as_ref());
    let required =
        question.position.required_signatures(question.at, dual_override, question.rules);
    let words: Vec<String> = required.iter().map(one_signature).collect();
    words.join(" + ")
}

fn one_signature(required: &RequiredSignature) -> String {
    match required.any_of.as_slice() {
        [] => "a representative, and none is known who may sign".to_owned(),
        [only] => only.capacity.to_string(),
        [first, ..] => format!("one of {} {}", required.any_of.len(), first.capacity),
    }
}

/// In what capacities people signed.
fn signatures(consent: &Consent) -> String {
    let words: Vec<&str> =
        consent.terms.grantors.iter().map(|grantor| grantor.capacity.as_str()).collect();
    words.join(" + ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_is_explained_under_its_own_reason() {
        for ((reason, _), (id, _)) in TESTS.iter().zip(EXPLANATIONS) {
            assert_eq!(id.reason(), *reason);
        }
    }
}
