//! Gaps and contradictions in a pack: what nobody notices when each line is read by itself. And what no
//! pack may say, whoever wrote it (DOMAIN §8).

use crate::domain::basis::Basis;
use crate::domain::category::{Access, Categories, Category};
use crate::domain::organisation::Role;
use crate::domain::policy::general::receives_files;
use crate::domain::policy::{EvidenceNeed, Initiative};
use crate::domain::violation::Violations;

use super::ceiling::{ceiling, may_have};
use super::{BasisRule, PackDraft, Receivers, Term, reports};

const GAP: &str = "GAP";
pub(super) const CONTRADICTION: &str = "CONTRADICTION";
pub(super) const FORBIDDEN: &str = "FORBIDDEN";

pub(super) fn gaps_and_contradictions(pack: &PackDraft) -> Result<(), Violations> {
    let mut v = Violations::new();
    let term = Term { valid_from: Some(pack.valid_from), valid_until: pack.valid_until };
    v.require(!term.is_backwards(), "valid_until", CONTRADICTION, "must not lie before valid_from");
    for category in Category::ALL {
        let path = format!("categories.{category}");
        match pack.categories.get(category) {
            Some(receivers) => {
                check_receivers(&path, receivers, &mut v);
                check_access(&path, *category, receivers, &mut v);
            }
            None => v.add(path, GAP, "says nothing about this category"),
        }
    }
    for basis in Basis::ALL {
        let path = format!("bases.{basis}");
        match pack.bases.get(basis) {
            Some(rule) => {
                check_basis(pack, &path, rule, &mut v);
                check_ceiling(*basis, &path, rule, &mut v);
            }
            None => v.add(path, GAP, "says nothing about this basis"),
        }
    }
    check_consent(pack, &mut v);
    reports::check(pack, &mut v);
    v.into_result(())
}

fn check_receivers(path: &str, receivers: &Receivers, v: &mut Violations) {
    for role in Role::ALL {
        let mentions = receivers.mentions(*role);
        let once = format!("names {role} more than once");
        v.require(mentions <= 1, path, CONTRADICTION, once);
        let never = format!("names {role}, which never receives data about families");
        v.require(mentions == 0 || receives_files(*role), path, CONTRADICTION, never);
    }
}

fn check_basis(pack: &PackDraft, path: &str, rule: &BasisRule, v: &mut Violations) {
    let at = |field: &str| format!("{path}.{field}");
    let grounds = &rule.grounds;
    let is_said = |text: &str| !text.trim().is_empty();
    let needed = "must name both grounds";
    v.require(is_said(&grounds.avg_article_6), at("grounds.avg_article_6"), GAP, needed);
    let secrecy = at("grounds.confidentiality_ground");
    v.require(is_said(&grounds.confidentiality_ground), secrecy, GAP, needed);
    let is_told = grounds.avg_article_9.is_some() || !rule.cap.intersects(Categories::SPECIAL);
    let words = "must be named, because special categories of data may be shared";
    v.require(is_told, at("grounds.avg_article_9"), GAP, words);
    let is_told = grounds.uavg_criminal.is_some() || !rule.cap.intersects(Categories::CRIMINAL);
    let words = "must be named, because criminal data may be shared";
    v.require(is_told, at("grounds.uavg_criminal"), GAP, words);
    let backwards = rule.term.is_backwards();
    v.require(!backwards, at("term"), CONTRADICTION, "must not end before it begins");
    if !rule.enabled {
        return;
    }
    let needed = "must not be empty while the basis is enabled";
    v.require(!rule.flows.is_empty(), at("flows"), GAP, needed);
    v.require(!rule.initiative.is_empty(), at("initiative"), GAP, needed);
    v.require(!rule.purposes.is_empty(), at("purposes"), GAP, needed);
    v.require(!rule.cap.is_empty(), at("cap"), GAP, needed);
    for (number, flow) in rule.flows.iter().enumerate() {
        let sides = !flow.from.is_empty() && !flow.to.is_empty();
        v.require(sides, at(&format!("flows[{number}]")), GAP, "must name both sides");
    }
    check_cap(pack, path, rule, v);
    let recipients = || rule.flows.iter().flat_map(|flow| &flow.to);
    for role in &rule.case_team {
        let found = recipients().any(|recipient| recipient == role);
        let words = format!("names {role}, which this basis never sends to");
        v.require(found, at("case_team"), CONTRADICTION, words);
    }
}

/// Every category of a cap can reach somebody: otherwise the matrix takes back what the basis gives.
fn check_cap(pack: &PackDraft, path: &str, rule: &BasisRule, v: &mut Violations) {
    let recipients = rule.flows.iter().flat_map(|flow| &flow.to);
    let recipients: Vec<Role> = recipients.copied().filter(|role| receives_files(*role)).collect();
    if recipients.is_empty() {
        return;
    }
    for category in rule.cap.iter() {
        let reaches = |role: &Role| match pack.categories.get(&category).map(|r| r.access(*role)) {
            Some(Access::Allowed | Access::FourEyes) => true,
            Some(Access::EmergencyOnly) => rule.emergency_notice,
            // Nobody receives its own from another.
            Some(Access::Own | Access::Never) | None => false,
        };
        let words = format!("{category} may go to none of the recipients");
        v.require(recipients.iter().any(reaches), format!("{path}.cap"), CONTRADICTION, words);
    }
}

/// What no pack lifts about who may receive a category.
fn check_access(path: &str, category: Category, receivers: &Receivers, v: &mut Violations) {
    for role in Role::ALL {
        let access = receivers.access(*role);
        let words = match (role, category) {
            (Role::Police, _) => "the police never receive what care holds".to_owned(),
            (_, Category::ShelterAddress) => {
                "a protected address never goes on the word of one person".to_owned()
            }
            _ => format!("{role} never receives this"),
        };
        v.require(may_have(category, *role, access), path, FORBIDDEN, words);
    }
}

/// What no pack lifts about a basis: it may carry less than the law allows, never more.
fn check_ceiling(basis: Basis, path: &str, rule: &BasisRule, v: &mut Violations) {
    let at = |field: &str| format!("{path}.{field}");
    let ceiling = ceiling(basis);
    for (number, flow) in rule.flows.iter().enumerate() {
        let sides = [(&flow.from, ceiling.from, "from"), (&flow.to, ceiling.to, "to")];
        for (named, most, side) in sides {
            for role in named.iter().filter(|role| !most.includes(**role)) {
                let words = format!("this basis never goes {side} {role}");
                v.add(at(&format!("flows[{number}].{side}")), FORBIDDEN, words);
            }
        }
    }
    let beyond = rule.cap.without(ceiling.cap);
    let words = format!("this basis never carries {beyond}");
    v.require(beyond.is_empty(), at("cap"), FORBIDDEN, words);
    let asks = rule.initiative.contains(&Initiative::Ask);
    let words = "nobody can ask for data on this basis";
    v.require(ceiling.can_be_asked_for || !asks, at("initiative"), FORBIDDEN, words);
    let words = "no statute orders or allows this";
    v.require(ceiling.is_statutory || !rule.statutory, at("statutory"), FORBIDDEN, words);
    let words = "this basis is no emergency notice";
    let is_notice = ceiling.is_emergency_notice;
    v.require(is_notice || !rule.emergency_notice, at("emergency_notice"), FORBIDDEN, words);
    if !rule.enabled {
        return;
    }
    for items in ceiling.evidence {
        let needed = EvidenceNeed::any_of(items);
        let is_asked = rule.evidence.iter().any(|asked| asked.implies(&needed));
        let words = format!("must name {needed}, without which nothing goes on this basis");
        v.require(is_asked, at("evidence"), GAP, words);
    }
    let is_certified = rule.certified_recipient || !ceiling.needs_certificate;
    let words = "must be true: only a gecertificeerde instelling may receive";
    v.require(is_certified, at("certified_recipient"), GAP, words);
    for role in rule.flows.iter().flat_map(|flow| &flow.to) {
        let is_member = rule.case_team.contains(role) || !ceiling.case_team.includes(*role);
        let words = format!("must name {role}, which receives only as a member of the case team");
        v.require(is_member, at("case_team"), GAP, words);
    }
}

/// What makes consent consent: it is asked for, and no statute stands in for it.
fn check_consent(pack: &PackDraft, v: &mut Violations) {
    let Some(rule) = pack.bases.get(&Basis::Consent) else { return };
    let words = "consent is not a statute";
    v.require(!rule.statutory, "bases.CONSENT.statutory", CONTRADICTION, words);
    for purpose in &rule.purposes {
        let words = format!("nobody can consent to {purpose}");
        let path = "bases.CONSENT.purposes";
        v.require(purpose.can_be_consented_to(), path, CONTRADICTION, words);
    }
}
