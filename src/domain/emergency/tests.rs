//! Every mandatory field of DOMAIN §4.4, one test each.

use std::time::Duration;

use super::*;
use crate::domain::category::Category;
use crate::domain::organisation::{Actor, OnBehalfOf, UserRole};
use crate::domain::testema::at;

const NOW: &str = "2026-06-07T21:44:00Z";

fn actor() -> Actor {
    Actor {
        user_id: "ggz-0207".parse().unwrap(),
        role: UserRole::CrisisWorker,
        on_behalf_of: Some(OnBehalfOf {
            user_id: "ggz-0012".parse().unwrap(),
            role: UserRole::TeamManager,
        }),
    }
}

/// Step 12 of the scenario.
fn draft() -> EmergencyDraft {
    EmergencyDraft {
        reason_code: 1,
        danger_to: 2,
        situation: "Vader dreigt vannacht langs te komen".to_owned(),
        why_no_consent: 5,
        alternatives_tried: "Gebeld met vader, hij hangt op".to_owned(),
        consulted_colleague_user_id: "ggz-0310".to_owned(),
        single_handed_reason: String::new(),
        minimality_text: "Alleen wat nodig is om het gezin te vinden".to_owned(),
        client_informed: Some(ClientInformedDraft::Planned("2026-06-22".to_owned())),
        authenticated_at: Some(at("2026-06-07T21:40:00Z")),
        started_at: Some(at(NOW)),
        expires_at: Some(at("2026-06-08T21:44:00Z")),
    }
}

fn parse_on(
    basis: Basis,
    draft: &EmergencyDraft,
) -> Result<Emergency, Vec<(String, &'static str)>> {
    let categories = Categories::of(&[Category::Identification]);
    let actor = actor();
    let declaring = Declaring { basis, categories, actor: &actor };
    draft
        .parse("emergency", declaring, at(NOW), &BreakGlassRules::default())
        .map_err(|v| v.iter().map(|one| (one.field.clone(), one.rule)).collect())
}

fn wrong(draft: &EmergencyDraft) -> Vec<(String, &'static str)> {
    parse_on(Basis::Wmo526Report, draft).err().unwrap_or_default()
}

fn one(field: &str, rule: &'static str) -> Vec<(String, &'static str)> {
    vec![(format!("emergency.{field}"), rule)]
}

#[test]
fn the_emergency_of_the_scenario_is_read_and_kept() {
    let emergency = parse_on(Basis::Wmo526Report, &draft()).unwrap();
    assert_eq!(emergency.reason_code, ReasonCode::ImminentViolence);
    assert_eq!(emergency.consulted(), Some(&"ggz-0310".parse().unwrap()));
    assert_eq!(emergency.declared_by, actor().user_id);
    assert_eq!(emergency.declared_for, "ggz-0012".parse().ok());
    let kept = serde_json::to_vec(&emergency).unwrap();
    assert_eq!(serde_json::from_slice::<Emergency>(&kept).unwrap(), emergency);
}

#[test]
fn reason_code_is_required_for_break_glass() {
    assert_eq!(
        wrong(&EmergencyDraft { reason_code: 0, ..draft() }),
        one("reason_code", "REQUIRED")
    );
    let unknown = EmergencyDraft { reason_code: 6, ..draft() };
    assert_eq!(wrong(&unknown), one("reason_code", "UNKNOWN_CODE"));
}

#[test]
fn danger_to_is_required_for_break_glass() {
    assert_eq!(wrong(&EmergencyDraft { danger_to: 0, ..draft() }), one("danger_to", "REQUIRED"));
    assert_eq!(
        wrong(&EmergencyDraft { danger_to: 4, ..draft() }),
        one("danger_to", "UNKNOWN_CODE")
    );
}

#[test]
fn situation_is_required_and_at_most_500_characters() {
    let said = |situation: String| EmergencyDraft { situation, ..draft() };
    assert_eq!(wrong(&said(String::new())), one("situation", "REQUIRED"));
    assert_eq!(wrong(&said("é".repeat(500))), []);
    assert_eq!(wrong(&said("é".repeat(501))), one("situation", "TOO_LONG"));
}

#[test]
fn why_no_consent_is_required_for_break_glass() {
    let field = "why_no_consent";
    assert_eq!(wrong(&EmergencyDraft { why_no_consent: 0, ..draft() }), one(field, "REQUIRED"));
    assert_eq!(wrong(&EmergencyDraft { why_no_consent: 6, ..draft() }), one(field, "UNKNOWN_CODE"));
}

#[test]
fn vital_interest_is_not_for_somebody_who_refused_or_could_be_asked() {
    for why in WhyNoConsent::ALL {
        let draft = EmergencyDraft { why_no_consent: i32::from(why.number()), ..draft() };
        let vital = parse_on(Basis::VitalInterest, &draft);
        match why {
            WhyNoConsent::PhysicallyUnable | WhyNoConsent::LegallyUnable => assert!(vital.is_ok()),
            WhyNoConsent::UnreachableInTime
            | WhyNoConsent::AskingEndangers
            | WhyNoConsent::Refused => {
                let rule = VITAL_INTEREST_NEEDS_INCAPACITY;
                assert_eq!(vital.unwrap_err(), one("why_no_consent", rule), "{why}");
            }
        }
        // The other bases take every reason.
        assert!(parse_on(Basis::ConflictOfDuties, &draft).is_ok(), "{why}");
    }
}

#[test]
fn alternatives_tried_are_required_for_break_glass() {
    let draft = EmergencyDraft { alternatives_tried: " ".to_owned(), ..draft() };
    assert_eq!(wrong(&draft), one("alternatives_tried", "REQUIRED"));
}

#[test]
fn a_colleague_or_the_reason_for_acting_alone_and_not_both() {
    let colleague = "consulted_colleague_user_id";
    let opinion = |colleague: &str, alone: &str| EmergencyDraft {
        consulted_colleague_user_id: colleague.to_owned(),
        single_handed_reason: alone.to_owned(),
        ..draft()
    };
    assert_eq!(wrong(&opinion("", "")), one(colleague, "REQUIRED"));
    assert_eq!(wrong(&opinion("ggz-0310", "alleen")), one("single_handed_reason", "ONE_OF"));
    assert_eq!(wrong(&opinion("ggz-0207", "")), one(colleague, "FOUR_EYES"));
    assert_eq!(wrong(&opinion("ggz-0012", "")), one(colleague, "FOUR_EYES"));
    assert_eq!(wrong(&opinion("ggz 0310", "")), one(colleague, "USER_ID"));
    let alone = parse_on(Basis::Wmo526Report, &opinion("", "Ik had alleen dienst")).unwrap();
    assert_eq!(alone.consulted(), None);
}

#[test]
fn minimality_text_is_required_for_break_glass() {
    let draft = EmergencyDraft { minimality_text: String::new(), ..draft() };
    assert_eq!(wrong(&draft), one("minimality_text", "REQUIRED"));
}

#[test]
fn whether_the_client_is_informed_is_required_with_a_date_or_a_reason() {
    let informed = |informed| EmergencyDraft { client_informed: informed, ..draft() };
    assert_eq!(wrong(&informed(None)), one("client_informed", "REQUIRED"));
    for known in [ClientInformedDraft::Before, ClientInformedDraft::After] {
        assert_eq!(wrong(&informed(Some(known))), []);
    }
    let planned = |on: &str| informed(Some(ClientInformedDraft::Planned(on.to_owned())));
    assert_eq!(wrong(&planned("")), one("client_informed.planned_on", "REQUIRED"));
    assert_eq!(wrong(&planned("2026-06-06")), one("client_informed.planned_on", "OUT_OF_RANGE"));
    assert_eq!(wrong(&planned("2026-06-07")), []);
    assert_eq!(wrong(&planned("2026-07-05")), []);
    assert_eq!(wrong(&planned("2026-07-06")), one("client_informed.planned_on", "OUT_OF_RANGE"));
    let not = |reason: &str| informed(Some(ClientInformedDraft::Not(reason.to_owned())));
    assert_eq!(wrong(&not("")), one("client_informed.not_reason", "REQUIRED"));
    assert_eq!(wrong(&not("Zou het kind in gevaar brengen")), []);
}

#[test]
fn emergency_access_lasts_24_hours_at_most() {
    let started = at(NOW);
    let until = |expires_at| EmergencyDraft { expires_at, ..draft() };
    let day = Duration::from_hours(24);
    let over = started.plus(day).plus(Duration::from_micros(1));
    assert_eq!(wrong(&until(Some(started.plus(day)))), []);
    assert_eq!(wrong(&until(Some(over))), one("expires_at", "OUT_OF_RANGE"));
    assert_eq!(wrong(&until(Some(started))), one("expires_at", "OUT_OF_RANGE"));
    let open = parse_on(Basis::Wmo526Report, &until(None)).unwrap();
    assert_eq!(open.expires_at, started.plus(day));
    // Nobody stretches it by saying that it began later, or shortens the review by an earlier start.
    let early =
        EmergencyDraft { started_at: Some(started.minus(day)), expires_at: None, ..draft() };
    assert_eq!(wrong(&early), one("expires_at", "OUT_OF_RANGE"));
    let late = Some(started.plus(Duration::from_secs(61)));
    assert_eq!(
        wrong(&EmergencyDraft { started_at: late, ..draft() }),
        one("started_at", "IN_FUTURE")
    );
}

#[test]
fn a_region_may_close_emergency_access_sooner() {
    let rules = BreakGlassRules { hours_max: 4, ..BreakGlassRules::default() };
    let actor = actor();
    let categories = Categories::of(&[Category::Identification]);
    let declaring = Declaring { basis: Basis::Wmo526Report, categories, actor: &actor };
    let parse = |draft: &EmergencyDraft| draft.parse("emergency", declaring, at(NOW), &rules);
    assert!(parse(&draft()).is_err());
    let shortest = parse(&EmergencyDraft { expires_at: None, ..draft() }).unwrap();
    assert_eq!(shortest.expires_at, at("2026-06-08T01:44:00Z"));
}

#[test]
fn emergency_access_closes_by_itself() {
    let emergency = parse_on(Basis::Wmo526Report, &draft()).unwrap();
    assert!(emergency.is_open_at(at(NOW)));
    assert!(emergency.is_open_at(at("2026-06-08T21:43:59.999999Z")));
    assert!(!emergency.is_open_at(at("2026-06-08T21:44:00Z")));
    assert!(!emergency.is_open_at(at("2026-06-07T21:43:59Z")));
}

#[test]
fn a_clock_that_runs_a_little_ahead_does_not_stop_an_emergency() {
    let ahead = Some(at("2026-06-07T21:45:00Z"));
    let draft =
        EmergencyDraft { started_at: ahead, authenticated_at: ahead, expires_at: None, ..draft() };
    let emergency = parse_on(Basis::Wmo526Report, &draft).unwrap();
    assert_eq!((emergency.started_at, emergency.authenticated_at), (at(NOW), at(NOW)));
}

#[test]
fn who_declares_has_just_proved_who_they_are() {
    let authenticated = |authenticated_at| EmergencyDraft { authenticated_at, ..draft() };
    let field = "authenticated_at";
    assert_eq!(wrong(&authenticated(None)), one(field, "REQUIRED"));
    assert_eq!(wrong(&authenticated(Some(at("2026-06-07T21:29:00Z")))), []);
    let stale = authenticated(Some(at("2026-06-07T21:28:59Z")));
    assert_eq!(wrong(&stale), one(field, "STALE_AUTHENTICATION"));
    assert_eq!(wrong(&authenticated(Some(at("2026-06-07T21:45:01Z")))), one(field, "IN_FUTURE"));
}

#[test]
fn a_program_cannot_declare_an_emergency() {
    let actor = Actor { role: UserRole::System, ..actor() };
    let categories = Categories::of(&[Category::Identification]);
    let declaring = Declaring { basis: Basis::Wmo526Report, categories, actor: &actor };
    let refused =
        draft().parse("emergency", declaring, at(NOW), &BreakGlassRules::default()).unwrap_err();
    let found: Vec<_> = refused.iter().map(|v| (v.field.as_str(), v.rule)).collect();
    assert_eq!(found, [("actor.role", "NAMED_USER")]);
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let fields: Vec<String> =
        wrong(&EmergencyDraft::default()).into_iter().map(|(field, _)| field).collect();
    let expected = [
        "reason_code",
        "danger_to",
        "situation",
        "why_no_consent",
        "alternatives_tried",
        "consulted_colleague_user_id",
        "minimality_text",
        "client_informed",
        "authenticated_at",
    ];
    assert_eq!(fields, expected.map(|field| format!("emergency.{field}")));
}

#[test]
fn what_an_emergency_says_does_not_show_itself() {
    let shown = format!("{:?}", parse_on(Basis::Wmo526Report, &draft()).unwrap());
    for text in [draft().situation, draft().alternatives_tried, draft().minimality_text] {
        assert!(!shown.contains(&text));
    }
}

#[test]
fn break_glass_is_needed_for_these_bases_and_against_the_will_of_the_person() {
    for basis in Basis::ALL {
        let (willing, unwilling) = (Cause::of(*basis, false), Cause::of(*basis, true));
        let expected = match basis {
            Basis::VitalInterest => (Some(Cause::VitalInterest), Some(Cause::VitalInterest)),
            Basis::ConflictOfDuties => {
                (Some(Cause::ConflictOfDuties), Some(Cause::ConflictOfDuties))
            }
            Basis::Consent | Basis::DataSubjectRequest | Basis::Oversight => (None, None),
            Basis::Wmo526Report
            | Basis::Wmo4112D
            | Basis::Wmo4112E
            | Basis::Wmo4112G
            | Basis::Wpg18
            | Basis::Wpg19
            | Basis::Wpg20
            | Basis::Jeugdwet73114
            | Basis::DirectInvolvement
            | Basis::Wams
            | Basis::Wgs => (None, Some(Cause::StatutoryOverride)),
        };
        assert_eq!((willing, unwilling), expected, "{basis}");
    }
}
