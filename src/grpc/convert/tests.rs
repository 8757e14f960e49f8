//! Every message is converted without a panic, and every code has its name in the contract.

use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::domain::basis::Basis;
use crate::domain::breach::{BreachKind, Notification};
use crate::domain::case::{
    CaseState, ChildInvolvementKind, ClientInvolvement, JoinReason, MemberKind, SafetyPhase,
};
use crate::domain::category::Category;
use crate::domain::consent::{
    Capacity, EvidenceKind, ExclusionReason, Information, OverrideReason, RenewalCause,
    State as ConsentState, WithdrawalChannel,
};
use crate::domain::deadline::{DeadlineKind, PostponementReason};
use crate::domain::decision::Effect;
use crate::domain::delivery::QuarantineCause;
use crate::domain::emergency::{Cause, DangerTo, ReasonCode, WhyNoConsent};
use crate::domain::event::{DenialReason, Disposition, EventCode};
use crate::domain::export::Format;
use crate::domain::id::Oin;
use crate::domain::incident::IncidentCause;
use crate::domain::look::Look;
use crate::domain::occasion::Occasion;
use crate::domain::organisation::{Role, Standing, UserRole};
use crate::domain::people::RestrictionGround;
use crate::domain::person::{AgeBand, BsnGround};
use crate::domain::policy::evidence::IncapacityKind;
use crate::domain::purpose::Purpose;
use crate::domain::referral::{
    FeedbackGroup, NotInformedReason, PersonRole, SendBackReason, State, TriageOutcome, Urgency,
    ViolenceKind, WpgArticle, WpgPurpose, YesNoUnknown,
};
use crate::domain::reporting_code::{ReportingConclusion, ReportingStep};
use crate::domain::review::{ReviewState, Seat, Verdict};
use crate::domain::signal::suppression::SuppressionScope;
use crate::domain::signal::{FactorCode, Norm, SignalRule, SignalState};
use crate::domain::statistics::{Indicator, RevisionReason, Unit, View};
use crate::domain::subject_request::{
    self, Ending, IdentityCheck, Objection, RequestState, WithholdingGround,
};
use crate::domain::summary::{AgreementStatus, RaterKind};

const SENDER: &str = "00000099000000002000";
const NOW: &str = "2026-03-12T00:52:00Z";

/// Numbers and words of a code list and of the protobuf enum are the same, and none is missing.
macro_rules! same {
    ($($list:ty => $proto:ty, $prefix:literal;)+) => { $(
        let mut numbers = 0;
        for code in <$list>::ALL {
            let number = i32::from(code.number());
            let name = <$proto>::try_from(number).unwrap().as_str_name();
            assert_eq!(name, format!("{}{}", $prefix, code.as_str()), stringify!($list));
            numbers += 1;
        }
        let known = (1..200).filter(|number| <$proto>::try_from(*number).is_ok()).count();
        assert_eq!(numbers, known, stringify!($list));
    )+ };
}

#[test]
fn codes_have_the_numbers_and_names_of_the_contract() {
    same! {
        Role => pb::OrganisationRole, "ORGANISATION_ROLE_";
        Standing => pb::organisation::Standing, "STANDING_";
        UserRole => pb::UserRole, "USER_ROLE_";
        Purpose => pb::Purpose, "PURPOSE_";
        Basis => pb::Basis, "BASIS_";
        Look => pb::Look, "LOOK_";
        Occasion => pb::Occasion, "OCCASION_";
        Disposition => pb::Disposition, "DISPOSITION_";
        Category => pb::Category, "CATEGORY_";
        ClientInvolvement => pb::ClientInvolvement, "CLIENT_INVOLVEMENT_";
        Effect => pb::decision::Effect, "EFFECT_";
        DenialReason => pb::DenialReason, "DENIAL_REASON_";
        Urgency => pb::Urgency, "URGENCY_";
        State => pb::ReferralState, "REFERRAL_STATE_";
        PersonRole => pb::PersonRole, "PERSON_ROLE_";
        ViolenceKind => pb::ViolenceKind, "VIOLENCE_KIND_";
        YesNoUnknown => pb::YesNoUnknown, "YES_NO_UNKNOWN_";
        NotInformedReason => pb::NotInformedReason, "NOT_INFORMED_REASON_";
        BsnGround => pb::BsnGround, "BSN_GROUND_";
        WpgArticle => pb::WpgBasis, "WPG_BASIS_";
        WpgPurpose => pb::WpgPurpose, "WPG_PURPOSE_";
        TriageOutcome => pb::TriageOutcome, "TRIAGE_OUTCOME_";
        FeedbackGroup => pb::FeedbackGroup, "FEEDBACK_GROUP_";
        SendBackReason => pb::SendBackReason, "SEND_BACK_REASON_";
        QuarantineCause => pb::QuarantineCause, "QUARANTINE_CAUSE_";
        CaseState => pb::CaseState, "CASE_STATE_";
        SafetyPhase => pb::SafetyPhase, "SAFETY_";
        MemberKind => pb::MemberKind, "MEMBER_KIND_";
        JoinReason => pb::JoinReason, "JOIN_REASON_";
        RaterKind => pb::RaterKind, "RATER_KIND_";
        AgreementStatus => pb::plan_agreement::Status, "STATUS_";
        ChildInvolvementKind => pb::case_step::child_involvement::Kind, "KIND_";
        ExclusionReason => pb::exclude_representative_request::Reason, "REASON_";
        ConsentState => pb::ConsentState, "CONSENT_STATE_";
        Cause => pb::EmergencyCause, "EMERGENCY_CAUSE_";
        ReasonCode => pb::EmergencyReason, "EMERGENCY_REASON_";
        DangerTo => pb::DangerTo, "DANGER_TO_";
        WhyNoConsent => pb::WhyNoConsent, "WHY_NO_CONSENT_";
        ReviewState => pb::ReviewState, "REVIEW_STATE_";
        Verdict => pb::ReviewVerdict, "REVIEW_VERDICT_";
        Seat => pb::ReviewSeat, "REVIEW_SEAT_";
        IncidentCause => pb::incident::Cause, "CAUSE_";
        EvidenceKind => pb::EvidenceKind, "EVIDENCE_KIND_";
        Information => pb::Information, "INFORMATION_";
        OverrideReason => pb::dual_override::Reason, "REASON_";
        WithdrawalChannel => pb::WithdrawalChannel, "WITHDRAWAL_CHANNEL_";
        EventCode => pb::EventCode, "EVENT_CODE_";
        Format => pb::ExportFormat, "EXPORT_FORMAT_";
        SignalRule => pb::SignalRule, "SIGNAL_RULE_";
        SignalState => pb::SignalState, "SIGNAL_STATE_";
        FactorCode => pb::FactorCode, "FACTOR_CODE_";
        Norm => pb::Norm, "NORM_";
        SuppressionScope => pb::SuppressionScope, "SUPPRESSION_SCOPE_";
        IncapacityKind => pb::basis_evidence::Incapacity, "INCAPACITY_";
        ReportingStep => pb::reporting_code_decision::Step, "STEP_";
        ReportingConclusion => pb::reporting_code_decision::Conclusion, "CONCLUSION_";
        DeadlineKind => pb::DeadlineKind, "DEADLINE_KIND_";
        PostponementReason => pb::PostponementReason, "POSTPONEMENT_REASON_";
        AgeBand => pb::AgeBand, "AGE_BAND_";
        RestrictionGround => pb::RestrictionGround, "RESTRICTION_GROUND_";
        RenewalCause => pb::RenewalCause, "RENEWAL_CAUSE_";
        Indicator => pb::Indicator, "INDICATOR_";
        View => pb::ReportView, "REPORT_VIEW_";
        Unit => pb::report_table::Unit, "UNIT_";
        RevisionReason => pb::ReportRevisionReason, "REPORT_REVISION_REASON_";
        RequestState => pb::SubjectRequestState, "SUBJECT_REQUEST_STATE_";
        BreachKind => pb::BreachKind, "BREACH_KIND_";
        Notification => pb::BreachNotification, "BREACH_NOTIFICATION_";
        subject_request::Verdict => pb::AccessVerdict, "ACCESS_VERDICT_";
        Objection => pb::AccessObjection, "ACCESS_OBJECTION_";
        IdentityCheck => pb::IdentityCheck, "IDENTITY_CHECK_";
        Ending => pb::SubjectRequestEnding, "SUBJECT_REQUEST_ENDING_";
        WithholdingGround => pb::WithholdingGround, "WITHHOLDING_GROUND_";
    }
    // The word of this one differs: "self" is no name in Rust, and "itself" none in the contract.
    for capacity in Capacity::ALL {
        assert!(pb::Capacity::try_from(i32::from(capacity.number())).is_ok());
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> prost_types::Timestamp {
    moment(at(NOW))
}

pub(in crate::grpc) fn referral_message(referral_id: &str) -> pb::Referral {
    pb::Referral {
        referral_id: referral_id.to_owned(),
        sender_oin: SENDER.to_owned(),
        police_unit: "Eenheid Den Haag".to_owned(),
        police_registration_no: "PL1500-2026000001".to_owned(),
        officer_ref: "pol-77".to_owned(),
        incident_at: Some(now()),
        reported_at: Some(now()),
        incident_gemeentecode: "0518".to_owned(),
        residence_gemeentecode: "0518".to_owned(),
        address: Some(pb::Address {
            street: "Voorbeeldstraat".to_owned(),
            house_number: "12".to_owned(),
            suffix: "A".to_owned(),
            postcode: "2500AA".to_owned(),
            place: "Den Haag".to_owned(),
        }),
        persons: vec![
            person("mother", 2, "1987-02-14", "999990020", true),
            person("son", 3, "2017-11-03", "", false),
        ],
        violence_kinds: vec![1, 9],
        children_present: Some(true),
        weapon_involved: 2,
        injury: 3,
        arrest_made: 2,
        alcohol_or_drugs: 3,
        restraining_order: Some(pb::RestrainingOrder {
            from_date: "2026-03-12".to_owned(),
            until_date: "2026-03-22".to_owned(),
        }),
        urgency: 4,
        facts: "Neighbours called; door was damaged.".to_owned(),
        earlier_referral_ids: vec!["0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e99".to_owned()],
        wpg_basis: 2,
        wpg_purpose: 3,
        authority_agreement_ref: "OM-12".to_owned(),
        partnership_decision_ref: String::new(),
        callback_phone: "+31701234567".to_owned(),
    }
}

fn person(key: &str, role: i32, birth_date: &str, bsn: &str, told: bool) -> pb::ReferralPerson {
    pb::ReferralPerson {
        person_key: key.to_owned(),
        role,
        family_name: "Testema".to_owned(),
        given_names: "Given".to_owned(),
        birth_date: birth_date.to_owned(),
        bsn: bsn.to_owned(),
        bsn_ground: i32::from(!bsn.is_empty()),
        lives_at_address: Some(true),
        informed_of_referral: Some(told),
        not_informed_reason: i32::from(!told),
    }
}

#[test]
fn a_referral_comes_out_as_it_went_in() {
    let message = referral_message("0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11");
    let mut reader = Reader::default();
    let draft = referral::draft(message.clone(), &mut reader);
    assert!(!reader.found_wrong());
    let sender: Oin = SENDER.parse().unwrap();
    let parsed = draft.parse(&sender, at(NOW)).unwrap();
    assert_eq!(referral::referral(&parsed), message);
}

#[test]
fn a_moment_that_is_none_is_noted_and_not_taken_for_an_absent_one() {
    let wrong = |seconds, nanos| Some(prost_types::Timestamp { seconds, nanos });
    for bad in [
        wrong(-1, 0),
        wrong(0, -1),
        wrong(0, 1_000_000_000),
        wrong(253_402_300_800, 0),
        wrong(i64::MAX, 999_999_999),
        wrong(i64::MIN, i32::MIN),
    ] {
        let mut reader = Reader::default();
        let message = pb::Referral { incident_at: bad, ..referral_message("") };
        let draft = referral::draft(message, &mut reader);
        assert_eq!(draft.incident_at, None);
        reader.also(draft.parse(&SENDER.parse().unwrap(), at(NOW)));
        let found: Vec<_> = reader.violations.iter().map(|v| (v.field.as_str(), v.rule)).collect();
        let expected =
            [("referral.incident_at", "TIMESTAMP"), ("referral.referral_id", "REQUIRED")];
        assert_eq!(found, expected, "{bad:?}");
    }
}

#[test]
fn moments_keep_their_microseconds() {
    for text in
        ["1970-01-01T00:00:00Z", "2026-03-12T00:52:00.123456Z", "9999-12-30T00:00:00.999999Z"]
    {
        assert_eq!(read_moment(moment(at(text))), Some(at(text)), "{text}");
    }
}

#[test]
fn who_acts_and_the_request_id_are_reported_together() {
    let mut reader = Reader::default();
    assert!(reader.act("no-uuid", None).is_none());
    let Err(Error::Invalid(violations)) = reader.finish(None::<()>) else { panic!() };
    let fields: Vec<_> = violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["request_id", "actor.user_id", "actor.role"]);
}

#[test]
fn people_of_an_unknown_case_are_not_judged() {
    let mut found = Violations::new();
    found.add("a", "UNKNOWN_PERSON", "must be a person of the case");
    found.add("b", "REQUIRED", "must be given");
    let mut reader = Reader::default();
    reader.also_but_people(Err::<(), _>(found));
    let fields: Vec<_> = reader.violations.iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["b"]);
}

#[test]
fn settlements_are_counted_and_named() {
    let read = |settlements| {
        let mut reader = Reader::default();
        let read = inbox::settlements("settlements", settlements, &mut reader);
        assert_eq!(read.is_some(), !reader.found_wrong());
        reader.violations.iter().map(|v| (v.field.clone(), v.rule)).collect::<Vec<_>>()
    };
    let many = vec![pb::Settlement::default(); 501];
    assert_eq!(read(Vec::new()), [("settlements".to_owned(), "COUNT")]);
    assert_eq!(read(many), [("settlements".to_owned(), "COUNT")]);
    let empty = vec![pb::Settlement::default()];
    let rules = ["settlements[0].lease_token", "settlements[0].action"];
    assert_eq!(read(empty), rules.map(|field| (field.to_owned(), "REQUIRED")));
    let bare = pb::Settlement {
        lease_token: "0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11".to_owned(),
        action: Some(pb::settlement::Action::Extend(pb::settlement::Extend::default())),
    };
    assert_eq!(read(vec![bare]), [("settlements[0].extend.lease_duration".to_owned(), "REQUIRED")]);
}

/// Reads a message of every kind that has a conversion from these bytes, if they are one.
fn convert_all(bytes: &[u8]) {
    let reader = &mut Reader::default();
    if let Ok(message) = pb::Referral::decode(bytes) {
        let draft = referral::draft(message, reader);
        reader.also(draft.parse(&SENDER.parse().unwrap(), at(NOW)));
    }
    if let Ok(message) = pb::Actor::decode(bytes) {
        reader.actor("actor", Some(message));
    }
    if let Ok(message) = pb::SettleReferralsRequest::decode(bytes) {
        inbox::settlements("settlements", message.settlements, reader);
    }
    if let Ok(message) = pb::CaseStep::decode(bytes) {
        let step = case::step(Some(message), reader);
        reader.also_but_people(step.parse(&[], at(NOW)));
    }
    if let Ok(message) = pb::CreateCaseRequest::decode(bytes) {
        case::draft(message, reader);
    }
    if let Ok(message) = pb::AddCaseTeamMemberRequest::decode(bytes) {
        case::joining(&message, reader);
    }
    if let Ok(message) = pb::Summary::decode(bytes) {
        reader.also_but_people(summary::draft(message).parse(&BTreeSet::new()));
    }
    if let Ok(message) = pb::RequestSummaryRequest::decode(bytes) {
        summary::request(message, reader);
    }
    if let Ok(message) = pb::Consent::decode(bytes) {
        consent::draft(message, reader);
    }
    if let Ok(message) = pb::WithdrawConsentRequest::decode(bytes) {
        consent::withdrawal(message, reader);
    }
    if let Ok(message) = pb::CheckConsentRequest::decode(bytes) {
        consent::question(message, reader);
    }
    if let Ok(message) = pb::ListDisclosuresRequest::decode(bytes) {
        disclosure::search(message.purpose, message.filter, reader);
    }
}

/// Bytes that are close to a message: one field after another, nested to a depth.
fn fields() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|number| (0_u32, varint(number.cast_unsigned()))),
        "[ -~]{0,40}".prop_map(|text| (2, delimited(text.as_bytes()))),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| (2, delimited(&bytes))),
    ];
    let one = (1_u32..30, leaf).prop_map(|(tag, (wire, bytes))| field(tag, wire, &bytes));
    let many = prop::collection::vec(one, 0..6).prop_map(|fields| fields.concat());
    many.prop_recursive(4, 64, 6, |inner| {
        prop::collection::vec((1_u32..30, inner), 0..6).prop_map(|nested| {
            nested.iter().flat_map(|(tag, bytes)| field(*tag, 2, &delimited(bytes))).collect()
        })
    })
}

fn field(tag: u32, wire: u32, bytes: &[u8]) -> Vec<u8> {
    [varint(u64::from(tag << 3 | wire)), bytes.to_vec()].concat()
}

fn delimited(bytes: &[u8]) -> Vec<u8> {
    [varint(bytes.len().try_into().unwrap()), bytes.to_vec()].concat()
}

fn varint(number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    prost::encoding::encode_varint(number, &mut bytes);
    bytes
}

proptest! {
    #[test]
    fn whatever_is_a_message_is_converted(bytes in fields()) {
        convert_all(&bytes);
    }

    #[test]
    fn a_damaged_referral_is_converted(at in 0_usize..600, byte in any::<u8>(), cut in 0_usize..700) {
        let mut bytes = referral_message("0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11").encode_to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(cut.max(1));
        convert_all(&bytes);
    }

    #[test]
    fn a_moment_is_read_or_noted(seconds in any::<i64>(), nanos in any::<i32>()) {
        let mut reader = Reader::default();
        let read = reader.moment("at", Some(prost_types::Timestamp { seconds, nanos }));
        prop_assert_eq!(read.is_none(), reader.found_wrong());
        if let Some(read) = read {
            let again = moment(read);
            prop_assert_eq!((again.seconds, again.nanos), (seconds, nanos / 1000 * 1000));
        }
    }
}
