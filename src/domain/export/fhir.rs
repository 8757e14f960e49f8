//! FHIR R4 `AuditEvent` (DOMAIN §6.2). A disclosure follows IHE BALP *PrivacyDisclosure.Source*; the other
//! events have the same shape without its profile, a denial with the codes of BALP's decisions.

use crate::domain::basis::Basis;
use crate::domain::disclosure::{DataSubject, DisclosureRecord, Moment, ObjectType, Party};
use crate::domain::event::EventCode;
use crate::domain::id::Oin;
use crate::domain::organisation::UserRole;
use crate::domain::purpose::Purpose;

use super::{Json, Line, Names, Object, access_point, joined, letter, wording};

const BALP: &str = "https://profiles.ihe.net/ITI/BALP";
const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const SNOMED: &str = "http://snomed.info/sct";
const TERMINOLOGY: &str = "http://terminology.hl7.org/CodeSystem";
const URI: &str = "urn:ietf:rfc:3986";

/// One `AuditEvent`.
pub fn audit_event(line: Line<'_>, names: &Names) -> Json {
    let record = line.record;
    let profile = line.is_disclosure().then(|| {
        vec![format!("{BALP}/StructureDefinition/IHE.BasicAudit.PrivacyDisclosure.Source")]
    });
    let meta = Object::new()
        .with_some("profile", profile)
        .with("security", vec![restricted(), domestic_violence()]);
    let (number, action) = line.dicom();
    Object::new()
        .with("resourceType", "AuditEvent")
        .with("id", record.disclosure_id.to_string())
        .with("meta", meta)
        .with("type", coding(DCM, number, Some(event_type(number))))
        .with("subtype", subtypes(line, names))
        .with("action", letter(action))
        .with("period", period(record))
        .with("recorded", Moment(record.recorded_at).to_string())
        .with("outcome", record.outcome.severity().to_string())
        .with("outcomeDesc", outcome(line))
        .with_some("purposeOfEvent", purposes(line, names))
        .with("agent", agents(line, names))
        .with("source", source(record, names))
        .with_some("entity", Some(entities(line)).filter(|entities| !entities.is_empty()))
        .into()
}

fn coding(system: &str, code: &str, display: Option<&str>) -> Object {
    let coding = Object::new().with("system", system).with("code", code);
    coding.with_some("display", display)
}

fn concept(codings: Vec<Object>) -> Object {
    Object::new().with("coding", codings)
}

fn restricted() -> Object {
    coding(&format!("{TERMINOLOGY}/v3-Confidentiality"), "R", Some("restricted"))
}

fn domestic_violence() -> Object {
    let display = "sexual assault, abuse, or domestic violence information sensitivity";
    coding(&format!("{TERMINOLOGY}/v3-ActCode"), "SDV", Some(display))
}

fn event_type(number: &str) -> &'static str {
    match number {
        "110101" => "Audit Log Used",
        "110106" => "Export",
        "110107" => "Import",
        "110110" => "Patient Record",
        "110127" => "Emergency Override Started",
        "110138" => "Emergency Override Stopped",
        _ => "Security Alert",
    }
}

fn subtypes(line: Line<'_>, names: &Names) -> Vec<Object> {
    let event = line.record.event_code;
    let own = coding(&names.code_system("vvt-event"), event.as_str(), Some(wording::fact(event)));
    let disclosed = line.is_disclosure().then(|| {
        let system = format!("{TERMINOLOGY}/iso-21089-lifecycle");
        coding(&system, "disclose", Some("Disclose Record Lifecycle Event"))
    });
    let denied = line.is_denial().then(|| {
        let display = "Authorization Decision using Roles and Consent";
        coding(&format!("{BALP}/CodeSystem/AuthZsubType"), "AuthZ-Consent", Some(display))
    });
    disclosed.into_iter().chain(denied).chain([own]).collect()
}

fn period(record: &DisclosureRecord) -> Object {
    Object::new()
        .with("start", Moment(record.started_at).to_string())
        .with("end", Moment(record.recorded_at).to_string())
}

fn outcome(line: Line<'_>) -> String {
    let record = line.record;
    let word = match record.denial {
        _ if line.is_forgotten => "the person was forgotten; this is what is left",
        _ if line.is_unreadable() => "the sealed record was changed; this is what is left",
        Some(denial) => denial.as_str(),
        None if !record.outcome_detail.is_empty() => &record.outcome_detail,
        None if line.is_denial() => "denied",
        None if line.is_disclosure() => "delivered",
        None => wording::fact(record.event_code),
    };
    word.to_owned()
}

fn purposes(line: Line<'_>, names: &Names) -> Option<Vec<Object>> {
    let reason = format!("{TERMINOLOGY}/v3-ActReason");
    let mut codings = Vec::new();
    if let Some(purpose) = line.record.purpose {
        let code = purpose.act_reason();
        codings.push(coding(&reason, code, Some(reason_display(code))));
        codings.push(coding(&names.code_system("vvt-purpose"), purpose.as_str(), None));
    }
    if line.in_emergency() && line.record.purpose != Some(Purpose::EmergencyOverride) {
        codings.push(coding(&reason, "BTG", Some(reason_display("BTG"))));
    }
    if codings.is_empty() { None } else { Some(vec![concept(codings)]) }
}

fn reason_display(code: &str) -> &'static str {
    match code {
        "CAREMGT" => "care management",
        "THREAT" => "threat",
        "BTG" => "break the glass",
        "PATRQT" => "patient requested",
        _ => "healthcare operations",
    }
}

/// Where it came from, where it went, who kept it, who did it for whom, and who allowed it.
fn agents(line: Line<'_>, names: &Names) -> Vec<Object> {
    let record = line.record;
    let gateway = Object::new()
        .with("type", concept(vec![coding(DCM, "110153", Some("Source Role ID"))]))
        .with(
            "who",
            who("Device", "urn:osb:oin", names.gateway.as_str(), names.called(&names.gateway)),
        )
        .with("requestor", false)
        .with("network", network(&names.gateway_address));
    let custodian = "Record keeping/library clerk";
    let custodian = Object::new()
        .with("type", concept(vec![coding(SNOMED, "159541003", Some(custodian))]))
        .with("who", organisation(&record.custodian_oin, names))
        .with("requestor", false);
    let mut agents = vec![gateway];
    agents.extend(record.recipient.as_ref().map(|recipient| destination(recipient, names)));
    agents.push(custodian);
    agents.extend(user(record, names));
    agents.extend(responsible(record, names));
    let by_consent = record.basis == Some(Basis::Consent) && !line.is_denial();
    agents.extend(record.data_subject.as_ref().filter(|_| by_consent).map(authorizer));
    agents
}

fn who(kind: &str, system: &str, value: &str, display: Option<&str>) -> Object {
    let identifier = Object::new().with("system", system).with("value", value);
    Object::new().with("type", kind).with("identifier", identifier).with_some("display", display)
}

fn organisation(oin: &Oin, names: &Names) -> Object {
    who("Organization", "urn:osb:oin", oin.as_str(), names.called(oin))
}

fn network(address: &str) -> Object {
    let (kind, address) = access_point(address);
    Object::new().with("address", address).with("type", kind)
}

fn destination(recipient: &Party, names: &Names) -> Object {
    // The profile wants one. A recipient that fetches what is for it has none that we record.
    let network = recipient.network_address.as_deref().map_or_else(
        || {
            let url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
            let absent = Object::new().with("url", url).with("valueCode", "unknown");
            Object::new().with("extension", vec![absent])
        },
        network,
    );
    Object::new()
        .with("type", concept(vec![coding(DCM, "110152", Some("Destination Role ID"))]))
        .with("who", organisation(&recipient.org_oin, names))
        .with("requestor", false)
        .with("network", network)
}

/// Who acted. A user is named as the own organisation names the user, and nobody else can resolve it.
fn user(record: &DisclosureRecord, names: &Names) -> Option<Object> {
    let party = record.acting_party();
    let user = party.user_id.as_ref()?;
    let is_program = party.user_role == Some(UserRole::System);
    let (kind, person) = if is_program {
        (coding(DCM, "110150", Some("Application")), "Device")
    } else {
        let system = format!("{TERMINOLOGY}/extra-security-role-type");
        (coding(&system, "humanuser", Some("human user")), "Practitioner")
    };
    let mut policy = vec![format!("urn:vvt:policy:{}", record.authorization_policy)];
    policy.extend(record.consent_ids.iter().map(|id| format!("urn:uuid:{id}")));
    let agent = Object::new()
        .with("type", concept(vec![kind]))
        .with_some("role", party.user_role.map(|role| role_of(role, names)))
        .with("who", who(person, &users_of(&party.org_oin), user.as_str(), None))
        .with("altId", user.as_str())
        .with("requestor", true)
        .with("policy", policy)
        .with_some("network", party.network_address.as_deref().map(network));
    Some(agent)
}

fn responsible(record: &DisclosureRecord, names: &Names) -> Option<Object> {
    let party = record.acting_party();
    let user = party.responsible_user_id.as_ref()?;
    let display = "User on whose behalf the requestor acted";
    let kind = coding(&names.code_system("vvt-agent-type"), "RESPONSIBLE_USER", Some(display));
    let agent = Object::new()
        .with("type", concept(vec![kind]))
        .with_some("role", party.responsible_user_role.map(|role| role_of(role, names)))
        .with("who", who("Practitioner", &users_of(&party.org_oin), user.as_str(), None))
        .with("requestor", false);
    Some(agent)
}

fn users_of(oin: &Oin) -> String {
    format!("urn:vvt:user:{oin}")
}

fn role_of(role: UserRole, names: &Names) -> Vec<Object> {
    vec![concept(vec![coding(&names.code_system("vvt-user-role"), role.as_str(), None)])]
}

/// The person, whose consent allowed it.
fn authorizer(subject: &DataSubject) -> Object {
    Object::new()
        .with("type", concept(vec![coding(SNOMED, "429577009", Some("Patient Advocate"))]))
        .with("who", patient(subject))
        .with("requestor", false)
}

fn patient(subject: &DataSubject) -> Object {
    who("Patient", "urn:vvt:pseudonym", &subject.pseudonym.to_hex(), None)
}

fn source(record: &DisclosureRecord, names: &Names) -> Object {
    let system = format!("{TERMINOLOGY}/security-source-type");
    let observer =
        who("Device", "urn:osb:oin", names.gateway.as_str(), names.called(&names.gateway));
    Object::new()
        .with("site", record.source_site.as_str())
        .with("observer", observer)
        .with("type", vec![coding(&system, "4", Some("Application Server"))])
}

/// Whom it was about, what it was about, and the consents relied on.
fn entities(line: Line<'_>) -> Vec<Object> {
    let record = line.record;
    let person = record.data_subject.as_ref().map(|subject| {
        Object::new()
            .with("what", patient(subject))
            .with("type", entity_type("1", "Person"))
            .with("role", object_role("1", "Patient"))
    });
    let consents = record.consent_ids.iter().map(|id| {
        Object::new()
            .with("what", who("Consent", URI, &format!("urn:uuid:{id}"), None))
            .with("type", coding("http://hl7.org/fhir/resource-types", "Consent", Some("Consent")))
    });
    person.into_iter().chain([object(line)]).chain(consents).collect()
}

fn entity_type(code: &str, display: &str) -> Object {
    coding(&format!("{TERMINOLOGY}/audit-entity-type"), code, Some(display))
}

fn object_role(code: &str, display: &str) -> Object {
    coding(&format!("{TERMINOLOGY}/object-role"), code, Some(display))
}

fn object(line: Line<'_>) -> Object {
    let record = line.record;
    let life_cycle = line.life_cycle().map(|(code, display)| {
        coding(&format!("{TERMINOLOGY}/dicom-audit-lifecycle"), code, Some(display))
    });
    let (role, display) = role_of_object(record);
    let what = record
        .message_id
        .map(|id| who(resource(record.object_type), URI, &format!("urn:uuid:{id}"), None));
    Object::new()
        .with_some("what", what)
        .with("type", entity_type("2", "System Object"))
        .with("role", object_role(role, display))
        .with_some("lifecycle", life_cycle)
        .with("securityLabel", vec![restricted()])
        .with("detail", details(line))
}

const fn resource(object: ObjectType) -> &'static str {
    match object {
        ObjectType::Consent => "Consent",
        ObjectType::CaseSummary | ObjectType::Referral | ObjectType::EmergencyDisclosure => {
            "DocumentReference"
        }
        ObjectType::Case
        | ObjectType::Review
        | ObjectType::DisclosureLog
        | ObjectType::SubjectRequest
        | ObjectType::Breach
        | ObjectType::Report
        | ObjectType::Directory
        | ObjectType::Policy => "Basic",
    }
}

const fn role_of_object(record: &DisclosureRecord) -> (&'static str, &'static str) {
    if matches!(record.event_code, EventCode::LogQueried) {
        return ("24", "Query");
    }
    match record.object_type {
        ObjectType::CaseSummary
        | ObjectType::Referral
        | ObjectType::EmergencyDisclosure
        | ObjectType::Report => ("3", "Report"),
        ObjectType::DisclosureLog | ObjectType::Directory | ObjectType::Policy => {
            ("13", "Security Resource")
        }
        ObjectType::Case
        | ObjectType::Consent
        | ObjectType::Review
        | ObjectType::SubjectRequest
        | ObjectType::Breach => ("4", "Domain Resource"),
    }
}

/// What has no place of its own in the resource. Never the content.
fn details(line: Line<'_>) -> Vec<Object> {
    let record = line.record;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let trace = hex::encode(record.trace_id.0);
    let span = hex::encode(record.span_id.0);
    // Of a person who was forgotten, the trace went with the sealed record; of one that was changed too.
    let traceparent =
        if line.is_what_is_left() { String::new() } else { format!("00-{trace}-{span}-01") };
    let details = [
        ("case_ref", record.case_ref.as_ref().map_or_else(String::new, ToString::to_string)),
        ("object_version", record.object_version.map_or_else(String::new, |v| v.to_string())),
        ("data_categories", joined(record.data_categories.iter())),
        ("basis", record.basis.map_or_else(String::new, |basis| basis.to_string())),
        ("avg_article_6", text(&record.avg_article_6)),
        ("avg_article_9", text(&record.avg_article_9)),
        ("uavg_criminal", text(&record.uavg_criminal)),
        ("confidentiality_ground", text(&record.confidentiality_ground)),
        ("break_glass", record.break_glass.map_or_else(String::new, |id| id.to_string())),
        ("denial", record.denial.map_or_else(String::new, |denial| denial.to_string())),
        ("disclosure_group_id", group_of_what_is_left(line)),
        ("changed", joined(line.changed)),
        ("traceparent", traceparent),
    ];
    details
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| Object::new().with("type", name).with("valueString", value))
        .collect()
}

/// The act, where the trace that ties its entries together is gone.
fn group_of_what_is_left(line: Line<'_>) -> String {
    if line.is_what_is_left() { line.record.disclosure_group_id.to_string() } else { String::new() }
}
