//! FHIR R4 Consent (DOMAIN §6.2). Categories stand in `provision.class`, which is valid R4 and which IHE
//! PCF forbids: there is no other place for what a person allowed (DOMAIN §3.3).

use crate::domain::category::Categories;
use crate::domain::consent::{Capacity, Consent, Grantor, State};
use crate::domain::id::{ConsentId, Oin, Pseudonym};
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;

use super::{Json, Names, Object};

const TERMINOLOGY: &str = "http://terminology.hl7.org/CodeSystem";

/// A consent that is exported.
#[derive(Debug, Clone, Copy)]
pub struct Given<'c> {
    /// The consent.
    pub consent_id: ConsentId,
    /// What became of it.
    pub state: State,
    /// Whose data it is about.
    pub subject: Pseudonym,
    /// Who may send.
    pub source: &'c Oin,
    /// Who may receive.
    pub recipient: &'c Oin,
    /// For what.
    pub purpose: Option<Purpose>,
    /// Which data.
    pub categories: Categories,
    /// From when on.
    pub valid_from: Timestamp,
    /// Until when.
    pub valid_until: Timestamp,
    /// Who signed and how that can be shown; none when the key of the person was destroyed.
    pub signed: Option<&'c Consent>,
}

impl<'c> Given<'c> {
    /// A consent that can be read, as time has made it.
    pub fn of(consent: &'c Consent, now: Timestamp) -> Self {
        let terms = &consent.terms;
        let over = terms.period.has_ended(now) && consent.state() == State::Active;
        Self {
            consent_id: consent.consent_id,
            state: if over { State::Expired } else { consent.state() },
            subject: terms.subject,
            source: &terms.source,
            recipient: &terms.recipient,
            purpose: Some(terms.purpose),
            categories: terms.categories,
            valid_from: terms.period.valid_from(),
            valid_until: terms.period.valid_until(),
            signed: Some(consent),
        }
    }
}

/// One Consent.
pub fn consent(given: Given<'_>, names: &Names) -> Json {
    let terms = given.signed.map(|consent| &consent.terms);
    let signed_at = terms.and_then(crate::domain::consent::Terms::signed_at);
    Object::new()
        .with("resourceType", "Consent")
        .with("id", given.consent_id.to_string())
        .with("status", status(given.state))
        .with("scope", concept("consentscope", "patient-privacy"))
        .with("category", vec![loinc_consent()])
        .with("patient", person("Patient", given.subject))
        .with_some("dateTime", signed_at.map(|moment| moment.to_string()))
        .with_some("performer", terms.map(|terms| performers(&terms.grantors)))
        .with("organization", vec![organisation(given.source, names)])
        .with_some(
            "sourceReference",
            terms.map(|terms| document(terms.evidence.document_ref.as_str(), given.source)),
        )
        .with_some(
            "policy",
            terms.map(|terms| {
                let uri = terms.evidence.policy_version_uri.as_str().replace(' ', "%20");
                vec![Object::new().with("uri", uri)]
            }),
        )
        .with("provision", provision(given, names))
        .into()
}

const fn status(state: State) -> &'static str {
    match state {
        State::Proposed => "proposed",
        State::Active => "active",
        State::Refused => "rejected",
        State::Withdrawn | State::Expired | State::NeedsRenewal => "inactive",
        State::EnteredInError => "entered-in-error",
    }
}

fn concept(system: &str, code: &str) -> Object {
    coded(&format!("{TERMINOLOGY}/{system}"), code)
}

fn coded(system: &str, code: &str) -> Object {
    Object::new().with("coding", vec![Object::new().with("system", system).with("code", code)])
}

fn loinc_consent() -> Object {
    let coding = Object::new().with("system", "http://loinc.org").with("code", "59284-0");
    Object::new().with("coding", vec![coding.with("display", "Consent")])
}

fn reference(kind: &str, system: &str, value: &str) -> Object {
    let identifier = Object::new().with("system", system).with("value", value);
    Object::new().with("type", kind).with("identifier", identifier)
}

fn person(kind: &str, pseudonym: Pseudonym) -> Object {
    reference(kind, "urn:vvt:pseudonym", &pseudonym.to_hex())
}

fn organisation(oin: &Oin, names: &Names) -> Object {
    reference("Organization", "urn:osb:oin", oin.as_str()).with_some("display", names.called(oin))
}

/// Who signed; whoever signed for somebody else is a related person.
fn performers(grantors: &[Grantor]) -> Vec<Object> {
    let kind = |grantor: &Grantor| match grantor.capacity {
        Capacity::Itself => "Patient",
        Capacity::ParentWithAuthority
        | Capacity::Guardian
        | Capacity::Curator
        | Capacity::Mentor
        | Capacity::Proxy
        | Capacity::Partner
        | Capacity::Relative => "RelatedPerson",
    };
    grantors.iter().map(|grantor| person(kind(grantor), grantor.person)).collect()
}

/// The signed document, as whoever keeps it names it.
fn document(name: &str, source: &Oin) -> Object {
    if name.starts_with("urn:") {
        return reference("DocumentReference", "urn:ietf:rfc:3986", name);
    }
    reference("DocumentReference", &format!("urn:vvt:document:{source}"), name)
}

fn provision(given: Given<'_>, names: &Names) -> Object {
    let kind = if given.state == State::Refused { "deny" } else { "permit" };
    let period = Object::new()
        .with("start", given.valid_from.date().to_string())
        .with("end", given.valid_until.date().to_string());
    let actor = Object::new()
        .with("role", concept("v3-ParticipationType", "IRCP"))
        .with("reference", organisation(given.recipient, names));
    let purpose = given.purpose.map(|purpose| {
        let system = format!("{TERMINOLOGY}/v3-ActReason");
        vec![Object::new().with("system", system).with("code", purpose.act_reason())]
    });
    let system = names.code_system("vvt-data-category");
    let class = given.categories.iter().map(|category| {
        Object::new().with("system", system.as_str()).with("code", category.as_str())
    });
    Object::new()
        .with("type", kind)
        .with("period", period)
        .with("actor", vec![actor])
        .with_some("purpose", purpose)
        .with("class", class.collect::<Vec<_>>())
}
