//! Why something was allowed or not, and the entries that prove it.
//!
//! Invariant: nobody learns who was left out. Who gives hears the reasons, without a key and behind
//! those who were not left out; who receives hears nothing about them but their number.

use crate::domain::category::{Categories, Category};
use crate::domain::decision::{Condition, Decision, Finding, PersonDecision};
use crate::domain::policy::Permit;
use crate::gateway::EntryReceipt;
use crate::grpc::convert::moment;
use crate::grpc::pb;

/// The answer to "why?", for who receives: a reason or a kind of data would tell what there is about
/// somebody who was left out (DOMAIN §3.2: a count only).
pub(in crate::grpc) fn decision_for_recipient(of: &Decision) -> pb::Decision {
    let mut told = decision(of);
    told.subjects.retain(|subject| !subject.person_key.is_empty());
    told
}

/// The answer to "why?", for who gives.
pub(in crate::grpc) fn decision(of: &Decision) -> pb::Decision {
    let (named, left_out): (Vec<_>, Vec<_>) =
        of.persons.iter().partition(|person| !person.permitted.is_empty());
    let grounds = of.permits.first().map(|_allowed| &of.grounds);
    let ground = |text: Option<&str>| text.unwrap_or_default().to_owned();
    pb::Decision {
        effect: of.effect.number().into(),
        policy_version: of.pack.version.to_string(),
        policy_hash: of.pack.hash.to_vec(),
        decide_time: Some(moment(of.decided_at)),
        subjects: named
            .into_iter()
            .map(|person| permitted(of, person))
            .chain(left_out.into_iter().map(withheld))
            .collect(),
        avg_article_6: ground(grounds.map(|grounds| grounds.avg_article_6.as_str())),
        avg_article_9: ground(grounds.and_then(|grounds| grounds.avg_article_9.as_deref())),
        uavg_criminal: ground(grounds.and_then(|grounds| grounds.uavg_criminal.as_deref())),
        confidentiality_ground: ground(
            grounds.map(|grounds| grounds.confidentiality_ground.as_str()),
        ),
        conditions: of.conditions.iter().map(condition).collect(),
    }
}

fn permitted(decision: &Decision, person: &PersonDecision) -> pb::decision::SubjectDecision {
    let consents = decision.permit(person.subject).map(Permit::consents);
    pb::decision::SubjectDecision {
        person_key: person.person.as_str().to_owned(),
        permitted: categories(person.permitted),
        refusals: refusals(person),
        conditions: person.conditions().map(condition).collect(),
        consent_ids: consents
            .into_iter()
            .flatten()
            .map(|consent| consent.consent_id.to_string())
            .collect(),
    }
}

fn withheld(person: &PersonDecision) -> pb::decision::SubjectDecision {
    pb::decision::SubjectDecision {
        refusals: refusals(person),
        ..pb::decision::SubjectDecision::default()
    }
}

fn refusals(person: &PersonDecision) -> Vec<pb::decision::Refusal> {
    person.findings.iter().flat_map(refusals_in).collect()
}

fn refusals_in(finding: &Finding) -> impl Iterator<Item = pb::decision::Refusal> {
    let reason = finding.denial.map(|reason| i32::from(reason.number()));
    let categories = finding.categories;
    reason.into_iter().flat_map(move |reason| {
        categories
            .iter()
            .map(move |category| pb::decision::Refusal { category: number(category), reason })
    })
}

/// One thing that was looked at.
pub(in crate::grpc) fn condition(of: &Condition) -> pb::decision::Condition {
    pb::decision::Condition {
        condition_id: of.id.as_str().to_owned(),
        text_nl: of.id.text_nl().to_owned(),
        text_en: of.id.text_en().to_owned(),
        needed: of.needed.to_string(),
        found: of.found.to_string(),
        evidence: of.evidence.as_ref().map(ToString::to_string).unwrap_or_default(),
        met: of.met,
    }
}

/// Categories by number.
pub(in crate::grpc) fn categories(of: Categories) -> Vec<i32> {
    of.iter().map(number).collect()
}

fn number(category: Category) -> i32 {
    category.number().into()
}

/// What a receiver needs to check an entry.
pub(in crate::grpc) fn ledger_receipt(of: &EntryReceipt) -> pb::LedgerReceipt {
    pb::LedgerReceipt {
        index: i64::try_from(of.index).unwrap_or(i64::MAX),
        entry: of.entry.clone(),
        tlog_proof: of.tlog_proof.clone(),
        person_key: of.person_key.as_ref().map_or_else(String::new, |key| key.as_str().to_owned()),
        payload_opening: of.payload_opening.map_or_else(Vec::new, |opening| opening.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::evaluate;
    use crate::domain::testema::{RUBEN, SUMMARY, at, family_facts, summary_request};

    #[test]
    fn who_receives_is_told_nothing_about_whom_is_left_out() {
        let mut facts = family_facts();
        for subject in facts.subjects.iter_mut().filter(|one| one.position.subject == RUBEN) {
            subject.consents.clear();
        }
        let decided = evaluate(&summary_request(), &facts, at(SUMMARY));
        let to_giver = decision(&decided);
        assert_eq!(to_giver.subjects.len(), 4);
        let about_him = to_giver.subjects.last().unwrap();
        assert!(about_him.person_key.is_empty() && !about_him.refusals.is_empty());
        let to_recipient = decision_for_recipient(&decided);
        assert_eq!(to_recipient.subjects, to_giver.subjects[..3]);
        assert!(to_recipient.subjects.iter().all(|subject| subject.refusals.is_empty()));
    }
}
