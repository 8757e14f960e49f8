//! What was declared in an emergency, in the words of the page.

use crate::console::lang::{Lang, Words};
use crate::console::moments;
use crate::console::words::emergencies as words;
use crate::domain::emergency::{ClientInformed, SecondOpinion};
use crate::domain::policy::{BasisEvidence, EvidenceItem, IncapacityKind};
use crate::domain::referral::WpgPurpose;
use crate::domain::reporting_code::{ReportingCodeDecision, ReportingConclusion};
use crate::gateway::reviews::declared::Declared;

/// What was declared.
pub(in crate::console) struct Told {
    pub(in crate::console) reason: &'static str,
    pub(in crate::console) danger_to: &'static str,
    pub(in crate::console) situation: String,
    pub(in crate::console) why_no_consent: &'static str,
    pub(in crate::console) alternatives: String,
    pub(in crate::console) minimality: String,
    /// Why nobody was consulted; none where somebody was.
    pub(in crate::console) single_handed: Option<String>,
    pub(in crate::console) informed: String,
    pub(in crate::console) authenticated: String,
    /// What the basis demanded, and what was given.
    pub(in crate::console) evidence: Vec<(&'static str, String)>,
}

pub(super) fn told(lang: Lang, of: &Declared) -> Told {
    let emergency = &of.emergency;
    Told {
        reason: lang.pick(words::reason(emergency.reason_code)),
        danger_to: lang.pick(words::danger_to(emergency.danger_to)),
        situation: emergency.situation.as_str().to_owned(),
        why_no_consent: lang.pick(words::why_no_consent(emergency.why_no_consent)),
        alternatives: emergency.alternatives_tried.as_str().to_owned(),
        minimality: emergency.minimality.as_str().to_owned(),
        single_handed: match &emergency.second_opinion {
            SecondOpinion::Colleague(_) => None,
            SecondOpinion::SingleHanded(why) => Some(why.as_str().to_owned()),
        },
        informed: informed(lang, &emergency.client_informed),
        authenticated: moments::moment(lang, emergency.authenticated_at),
        evidence: evidence(lang, &of.evidence),
    }
}

fn informed(lang: Lang, of: &ClientInformed) -> String {
    match of {
        ClientInformed::Before => lang.pick(Words("Ja, vooraf.", "Yes, before.")).to_owned(),
        ClientInformed::After => {
            lang.pick(Words("Ja, meteen daarna.", "Yes, directly after.")).to_owned()
        }
        ClientInformed::Planned(day) => {
            format!(
                "{}: {}",
                lang.pick(Words("Gepland", "Planned")),
                moments::day(lang, day.start())
            )
        }
        ClientInformed::Not(why) => {
            format!("{}: {}", lang.pick(Words("Nog niet", "Not yet")), why.as_str())
        }
    }
}

fn evidence(lang: Lang, of: &BasisEvidence) -> Vec<(&'static str, String)> {
    let given =
        |item: EvidenceItem| Some((lang.pick(words::evidence(item)), text(lang, of, item)?));
    of.items().filter_map(given).collect()
}

/// What was given; none when it was not.
fn text(lang: Lang, of: &BasisEvidence, item: EvidenceItem) -> Option<String> {
    let word = |words: Words| lang.pick(words).to_owned();
    match item {
        EvidenceItem::NecessityText => {
            of.necessity_text.as_ref().map(|text| text.as_str().to_owned())
        }
        EvidenceItem::GravityText => of.gravity_text.as_ref().map(|text| text.as_str().to_owned()),
        EvidenceItem::ReportingCodeDecision => {
            of.reporting_code_decision.as_ref().map(|code| reporting_code(lang, code))
        }
        EvidenceItem::AmhkRequestId => {
            of.amhk_request_id.as_ref().map(|one| one.as_str().to_owned())
        }
        EvidenceItem::ReferralId => of.referral_id.map(|one| one.to_string()),
        EvidenceItem::SupervisionOrderRef => {
            of.supervision_order_ref.as_ref().map(|one| one.as_str().to_owned())
        }
        EvidenceItem::InformationRequestId => {
            of.information_request_id.as_ref().map(|one| one.as_str().to_owned())
        }
        EvidenceItem::Incapacity => of.incapacity.map(|kind| match kind {
            IncapacityKind::Physical => word(Words("Lichamelijk", "Physically")),
            IncapacityKind::Legal => word(Words("Volgens de wet", "By law")),
        }),
        EvidenceItem::ConflictOfDuties => of.conflict_of_duties.as_ref().map(|conflict| {
            let holds = if conflict.holds() {
                Words("Alle vijf vragen: ja.", "All five questions: yes.")
            } else {
                Words("Niet alle vijf vragen: ja.", "Not all five questions: yes.")
            };
            format!("{} {}", lang.pick(holds), conflict.text.as_str())
        }),
        EvidenceItem::SupervisorRef => {
            of.supervisor_ref.as_ref().map(|one| one.as_str().to_owned())
        }
        EvidenceItem::SubjectRequestId => {
            of.subject_request_id.as_ref().map(|one| one.as_str().to_owned())
        }
        EvidenceItem::WpgPurpose => of.wpg_purpose.map(|purpose| {
            word(match purpose {
                WpgPurpose::CrimePrevention => {
                    Words("Misdrijven voorkomen en opsporen", "Preventing and detecting crime")
                }
                WpgPurpose::PublicOrder => Words("Openbare orde", "Public order"),
                WpgPurpose::Assistance => Words("Hulp verlenen", "Assistance"),
                WpgPurpose::Supervision => Words("Toezicht op naleving", "Supervision"),
            })
        }),
        EvidenceItem::AuthorityAgreementRef => {
            of.authority_agreement_ref.as_ref().map(|one| one.as_str().to_owned())
        }
        EvidenceItem::PartnershipDecisionRef => {
            of.partnership_decision_ref.as_ref().map(|one| one.as_str().to_owned())
        }
    }
}

fn reporting_code(lang: Lang, of: &ReportingCodeDecision) -> String {
    let conclusion = lang.pick(match of.conclusion {
        ReportingConclusion::Report => Words("melden", "report"),
        ReportingConclusion::NoReport => Words("niet melden", "no report"),
    });
    let (steps, done) =
        (of.steps_done.len(), lang.pick(Words("van 5 stappen gezet", "of 5 steps taken")));
    let (by, user) = (lang.pick(Words("besloten door", "decided by")), &of.decided_by);
    let at = moments::brief(lang, of.at);
    let mut text = format!("{steps} {done}; {conclusion}, {by} {user}, {at}.");
    if let Some(why) = &of.step3_skipped_reason {
        let skipped = Words("Niet met betrokkenen gesproken:", "Not talked with those involved:");
        text = format!("{text} {} {}", lang.pick(skipped), why.as_str());
    }
    text
}
