//! How a consent was judged, in words: the ten things the consent check looks at, each with what
//! was needed and what the record says.

use crate::domain::category::Categories;
use crate::domain::consent::{
    Consent, Question, RequiredSignature, Ruling, TESTS, Tried, TriedRecord,
};
use crate::domain::decision::{Condition, ConditionId, Phrase, Wording};
use crate::domain::id::Oin;

/// Tells what was needed and what was found.
type Explain = fn(&Question<'_>, &Consent) -> (Wording, Wording);

/// One explanation per test of [`TESTS`], in the same order.
const EXPLANATIONS: [(ConditionId, Explain); TESTS.len()] = [
    (ConditionId::ConsentNotRefused, |_, consent| (Phrase::NotRefused.into(), state(consent))),
    (ConditionId::ConsentNotWithdrawn, |_, consent| (Phrase::NotWithdrawn.into(), state(consent))),
    (ConditionId::ConsentNotExpired, |asked, consent| {
        (
            Wording::Moment(Some(Phrase::EndsAfter), asked.at),
            Wording::Moment(None, consent.terms.period.valid_until()),
        )
    }),
    (ConditionId::ConsentBegun, |asked, consent| {
        (
            Wording::Moment(Some(Phrase::BeginsBy), asked.at),
            Wording::Moment(None, consent.terms.period.valid_from()),
        )
    }),
    (ConditionId::ConsentNotOutgrown, |asked, consent| {
        let born = asked.position.birth_date;
        let signed = |then| Wording::Age(Phrase::SignedAs, born, then);
        let then = consent.terms.signed_at();
        (
            Wording::Age(Phrase::SignaturesFor, born, asked.at),
            then.map_or_else(|| Phrase::NotSigned.into(), signed),
        )
    }),
    (ConditionId::ConsentRecipient, |asked, consent| {
        let needed = Wording::from(asked.recipient.to_string());
        let is_it = consent.terms.recipient == *asked.recipient;
        let found = if is_it { needed.clone() } else { consent.terms.recipient.to_string().into() };
        (needed, found)
    }),
    (ConditionId::ConsentPurpose, |asked, consent| {
        (asked.purpose.into(), consent.terms.purpose.into())
    }),
    // What is needed depends on the finding.
    (ConditionId::ConsentCategory, |_, consent| {
        (Categories::EMPTY.into(), consent.terms.categories.into())
    }),
    (ConditionId::ConsentSigned, |asked, consent| {
        (needed_signatures(asked, Some(consent)), signatures(consent))
    }),
];

/// From whom to whom a consent must be.
pub(super) fn route(source: &Oin, recipient: &Oin) -> Wording {
    format!("{source} to {recipient}").into()
}

/// Explains rulings about one person. What is said about a record is made once, however many findings
/// rest on it.
pub(super) struct Explained<'e, 'c> {
    question: &'e Question<'e>,
    tried: &'e Tried<'c>,
    route: Wording,
    records: Vec<(&'c Consent, [Condition; TESTS.len()])>,
}

impl<'e, 'c> Explained<'e, 'c> {
    pub(super) fn of(question: &'e Question<'e>, tried: &'e Tried<'c>, route: Wording) -> Self {
        Self { question, tried, route, records: Vec::new() }
    }

    /// Adds the conditions behind a ruling about these categories.
    pub(super) fn conditions(
        &mut self,
        ruling: Ruling<'_>,
        categories: Categories,
        conditions: &mut Vec<Condition>,
    ) {
        let route = self.route.clone();
        let Some(record) = self.tried.record(&ruling) else {
            let needed = needed_signatures(self.question, None);
            conditions.push(Condition::new(
                ConditionId::ConsentRecorded,
                route,
                Phrase::None,
                false,
            ));
            conditions.push(Condition::new(
                ConditionId::ConsentSigned,
                needed,
                Phrase::None,
                false,
            ));
            return;
        };
        let evidence = Wording::Consent(record.consent.reference());
        let version = Wording::Version(record.consent.version);
        let recorded = Condition::new(ConditionId::ConsentRecorded, route, version, true);
        conditions.push(recorded.seen_in(evidence));
        let passed = record.passes(categories);
        for (condition, met) in self.about(record).into_iter().flatten().zip(passed) {
            let Condition { id, needed, found, evidence, .. } = condition;
            let is_category = *id == ConditionId::ConsentCategory;
            let needed = if is_category { categories.into() } else { needed.clone() };
            let (found, evidence) = (found.clone(), evidence.clone());
            conditions.push(Condition { id: *id, needed, found, evidence, met });
        }
    }

    fn about(&mut self, record: &TriedRecord<'c>) -> Option<&[Condition; TESTS.len()]> {
        let is_it = |consent: &Consent| std::ptr::eq(consent, record.consent);
        if !self.records.iter().any(|(consent, _)| is_it(consent)) {
            self.records.push((record.consent, explain(self.question, record.consent)));
        }
        self.records.iter().find(|(consent, _)| is_it(consent)).map(|(_, said)| said)
    }
}

/// What is said about a record; whether it passes is for the finding.
fn explain(question: &Question<'_>, consent: &Consent) -> [Condition; TESTS.len()] {
    let evidence = Wording::Consent(consent.reference());
    EXPLANATIONS.map(|(id, explain)| {
        let (needed, found) = explain(question, consent);
        Condition::new(id, needed, found, false).seen_in(evidence.clone())
    })
}

/// The state of a record and since when.
fn state(consent: &Consent) -> Wording {
    Wording::State(consent.state(), consent.spoken_at())
}

/// Who must sign, for example `SELF + one of 2 PARENT_WITH_AUTHORITY`.
fn needed_signatures(question: &Question<'_>, consent: Option<&Consent>) -> Wording {
    let dual_override = consent.and_then(|consent| consent.terms.dual_override.as_ref());
    let required =
        question.position.required_signatures(question.at, dual_override, question.rules);
    match required.as_slice() {
        // The usual case takes no memory.
        [RequiredSignature { any_of }] if any_of.len() == 1 => {
            any_of.first().map_or(Wording::Fixed(""), |only| only.capacity.into())
        }
        several => several.iter().map(one_signature).collect::<Vec<_>>().join(" + ").into(),
    }
}

fn one_signature(required: &RequiredSignature) -> String {
    match required.any_of.as_slice() {
        [] => Phrase::NoRepresentative.to_string(),
        [only] => only.capacity.to_string(),
        [first, ..] => format!("one of {} {}", required.any_of.len(), first.capacity),
    }
}

/// In what capacities people signed.
fn signatures(consent: &Consent) -> Wording {
    let mut words = consent.terms.grantors.iter().map(|grantor| grantor.capacity.as_str());
    match (words.next(), words.next()) {
        (Some(only), None) => Wording::Fixed(only),
        (first, second) => {
            first.into_iter().chain(second).chain(words).collect::<Vec<_>>().join(" + ").into()
        }
    }
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
