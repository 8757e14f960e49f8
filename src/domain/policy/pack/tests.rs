//! The shipped pack read a second time from DOMAIN §3.5 and §4.2, and every way in which a pack is no
//! pack.

use std::sync::{Arc, LazyLock};

use super::*;
use crate::domain::category::Categories;
use crate::domain::policy::general::receives_files;
use crate::domain::purpose::Purpose;
use crate::domain::testema::at;
use crate::domain::violation::Violation;

const SHIPPED: &str = include_str!("../../../../certs-example/haaglanden-1.toml");

/// The shipped pack, read once for all tests.
pub(in crate::domain) fn shipped_pack() -> Arc<PolicyPack> {
    static PACK: LazyLock<Arc<PolicyPack>> =
        LazyLock::new(|| Arc::new(toml::from_str(SHIPPED).unwrap()));
    Arc::clone(&PACK)
}

// Who may ever receive which category (DOMAIN §3.5).

/// `✓` allowed, `4` four eyes, `E` emergency only, `O` own, `-` never; columns in the order of the
/// roles.
fn assert_row(category: Category, columns: &str) {
    let found: String = Role::ALL
        .iter()
        .map(|role| match shipped_pack().access(category, *role) {
            Access::Allowed => '✓',
            Access::FourEyes => '4',
            Access::EmergencyOnly => 'E',
            Access::Own => 'O',
            Access::Never => '-',
        })
        .collect();
    assert_eq!(found, columns, "{category}");
}

#[test]
fn everybody_with_a_basis_may_receive_who_somebody_is_and_how_it_goes() {
    assert_row(Category::Identification, "✓✓✓✓✓✓✓---");
    assert_row(Category::ProgressStatus, "✓✓✓✓✓✓✓---");
}

#[test]
fn police_receive_address_and_agreements_in_an_emergency_only() {
    assert_row(Category::ContactAddress, "E✓✓✓✓✓✓---");
    assert_row(Category::SafetyAgreements, "E✓✓✓✓✓✓---");
}

#[test]
fn a_shelter_address_goes_to_the_steunpunt_with_four_eyes_and_to_nobody_else() {
    assert_row(Category::ShelterAddress, "-4----O---");
}

#[test]
fn criminal_data_go_to_steunpunt_youth_care_and_shelter() {
    assert_row(Category::Incident, "O✓-✓--✓---");
}

#[test]
fn police_never_receive_assessment_plan_or_how_a_child_fares() {
    assert_row(Category::SafetyAssessment, "-✓✓✓✓✓✓---");
    assert_row(Category::ActionPlan, "-✓✓✓✓✓✓---");
    assert_row(Category::ChildWellbeing, "-✓✓✓✓✓✓---");
}

#[test]
fn health_data_go_to_steunpunt_youth_care_and_mental_health_care() {
    assert_row(Category::HealthMental, "-✓-✓✓-----");
    assert_row(Category::HealthSomatic, "-✓-✓✓-----");
    assert_row(Category::SubstanceUse, "-✓-✓✓-----");
}

#[test]
fn disability_goes_to_every_partner_but_the_police() {
    assert_row(Category::Disability, "-✓✓✓✓✓✓---");
}

#[test]
fn money_matters_go_to_steunpunt_social_work_and_disability_support() {
    assert_row(Category::SocialFinancial, "-✓✓--✓----");
}

// Between whom a basis carries what (DOMAIN §4.2), with the two typical mistakes it names.

/// `sender → recipient` pairs for which `basis` may be used.
fn pairs(basis: Basis) -> Vec<(Role, Role)> {
    let all = Role::ALL.iter().flat_map(|from| Role::ALL.iter().map(move |to| (*from, *to)));
    all.filter(|(from, to)| shipped_pack().basis(basis).applies_between(*from, *to)).collect()
}

const HELPERS: [Role; 5] =
    [Role::SocialWork, Role::YouthCare, Role::MentalHealth, Role::DisabilitySupport, Role::Shelter];

#[test]
fn consent_works_between_partners_only() {
    let pairs = pairs(Basis::Consent);
    assert_eq!(pairs.len(), 6 * 6);
    let outside = [Role::Police, Role::Municipality, Role::Oversight, Role::Gateway];
    assert!(!pairs.iter().any(|(from, to)| outside.contains(from) || outside.contains(to)));
}

#[test]
fn the_right_to_report_reaches_the_steunpunt_only() {
    let pairs = pairs(Basis::Wmo526Report);
    assert!(pairs.iter().all(|(_, to)| *to == Role::Steunpunt));
    assert!(!pairs.contains(&(Role::MentalHealth, Role::SocialWork)));
    assert_eq!(pairs.len(), 6);
}

#[test]
fn the_notices_start_at_the_steunpunt() {
    assert_eq!(pairs(Basis::Wmo4112D), HELPERS.map(|to| (Role::Steunpunt, to)));
    assert_eq!(pairs(Basis::Wmo4112E), [(Role::Steunpunt, Role::Police)]);
    assert!(pairs(Basis::Wmo4112G).iter().all(|(from, _)| *from == Role::Steunpunt));
}

#[test]
fn police_provide_to_the_steunpunt_and_in_two_cases_to_partners() {
    assert_eq!(pairs(Basis::Wpg18), [(Role::Police, Role::Steunpunt)]);
    for basis in [Basis::Wpg19, Basis::Wpg20] {
        let pairs = pairs(basis);
        assert_eq!(pairs.len(), 6);
        assert!(pairs.iter().all(|(from, _)| *from == Role::Police));
    }
}

#[test]
fn a_supervision_order_informs_youth_care() {
    let everybody = Role::ALL.iter().copied().filter(|role| receives_files(*role));
    let to_youth_care: Vec<_> = everybody.map(|from| (from, Role::YouthCare)).collect();
    assert_eq!(to_youth_care.len(), 7);
    assert_eq!(pairs(Basis::Jeugdwet73114), to_youth_care);
}

#[test]
fn vital_interest_goes_from_anybody_to_anybody_who_works_with_families() {
    let who: Vec<Role> = Role::ALL.iter().copied().filter(|role| receives_files(*role)).collect();
    let everybody: Vec<_> =
        who.iter().flat_map(|from| who.iter().map(move |to| (*from, *to))).collect();
    assert_eq!(pairs(Basis::VitalInterest), everybody);
}

#[test]
fn a_disabled_basis_carries_nothing() {
    for basis in [Basis::Wams, Basis::Wgs] {
        assert!(!shipped_pack().basis(basis).enabled);
        assert_eq!(pairs(basis), []);
        assert!(shipped_pack().basis(basis).cap.is_empty());
    }
    assert!(!shipped_pack().basis(Basis::DirectInvolvement).enabled);
}

#[test]
fn feedback_holds_progress_and_nothing_else() {
    assert_eq!(
        shipped_pack().basis(Basis::Wmo4112G).cap,
        Categories::of(&[Category::ProgressStatus])
    );
}

#[test]
fn a_notice_to_the_police_stays_within_what_the_matrix_gives_them_in_an_emergency() {
    for category in shipped_pack().basis(Basis::Wmo4112E).cap.iter() {
        let found = shipped_pack().access(category, Role::Police);
        assert!(matches!(found, Access::Allowed | Access::EmergencyOnly), "{category}");
    }
}

#[test]
fn direct_involvement_never_carries_health_data() {
    let cap = shipped_pack().basis(Basis::DirectInvolvement).cap;
    assert!(!cap.contains(Category::HealthMental) && !cap.contains(Category::HealthSomatic));
}

#[test]
fn a_consent_can_only_be_asked_for_the_purposes_that_consent_carries() {
    for purpose in Purpose::ALL {
        assert_eq!(
            purpose.can_be_consented_to(),
            shipped_pack().basis(Basis::Consent).purposes.contains(purpose),
            "{purpose}"
        );
    }
}

#[test]
fn consent_is_mostly_a_ground_to_break_secrecy() {
    let pack = shipped_pack();
    let grounds = &pack.basis(Basis::Consent).grounds;
    assert_eq!(grounds.avg_article_6, "6(1)(e)");
    assert_eq!(grounds.avg_article_9.as_deref(), Some("9(2)(a)"));
    assert_eq!(grounds.confidentiality_ground, "CONSENT");
}

#[test]
fn a_ground_is_named_for_what_was_shared_and_not_for_what_was_not() {
    let grounds = |categories: &[Category]| {
        let grounds =
            shipped_pack().basis(Basis::Consent).grounds.about(Categories::of(categories));
        (grounds.avg_article_9, grounds.uavg_criminal)
    };
    let (special, criminal) = (Some("9(2)(a)".to_owned()), Some("UAVG 32(a)".to_owned()));
    assert_eq!(grounds(&[Category::Identification, Category::ContactAddress]), (None, None));
    assert_eq!(
        grounds(&[Category::Identification, Category::HealthMental]),
        (special.clone(), None)
    );
    assert_eq!(grounds(&[Category::Incident]), (None, criminal));
    // The record of DOMAIN §6.1.
    let summary =
        [Category::Identification, Category::SafetyAssessment, Category::SafetyAgreements];
    assert_eq!(grounds(&summary), (special, None));
    let police = shipped_pack().basis(Basis::Wpg18).grounds.about(Categories::EMPTY);
    assert_eq!(police.confidentiality_ground, "Wpg art. 18");
}

// Terms.

#[test]
fn nothing_is_shared_by_a_pack_or_on_a_basis_outside_its_term() {
    let on = |day: &str| day.parse::<Date>().unwrap();
    let mut pack = (*shipped_pack()).clone();
    pack.term.valid_until = Some(on("2026-12-31"));
    for (day, is_in_force) in
        [("2025-12-31", false), ("2026-01-01", true), ("2026-12-31", true), ("2027-01-01", false)]
    {
        assert_eq!(pack.is_in_force(Basis::Consent, on(day)), is_in_force, "{day}");
    }
    let rule = pack.bases.get_mut(&Basis::Wpg18).unwrap();
    rule.term = Term { valid_from: Some(on("2026-06-01")), valid_until: None };
    assert!(!pack.is_in_force(Basis::Wpg18, on("2026-05-31")));
    assert!(pack.is_in_force(Basis::Wpg18, on("2026-06-01")));
    assert!(!pack.is_in_force(Basis::Wams, on("2026-06-01")));
}

#[test]
fn the_last_day_of_a_pack_ends_at_a_dutch_midnight() {
    let mut pack = (*shipped_pack()).clone();
    pack.term.valid_until = Some("2026-06-30".parse().unwrap());
    assert!(pack.is_in_force(Basis::Consent, at("2026-06-30T21:59:59Z").date()));
    assert!(!pack.is_in_force(Basis::Consent, at("2026-06-30T22:00:00Z").date()));
}

// What is no pack.

/// The shipped pack with one text in place of another.
fn with(old: &str, new: &str) -> Result<PolicyPack, String> {
    assert!(SHIPPED.contains(old), "{old}");
    toml::from_str(&SHIPPED.replacen(old, new, 1)).map_err(|error| error.message().to_owned())
}

#[track_caller]
fn refused(old: &str, new: &str, because: &str) {
    let fault = with(old, new).map(drop).expect_err(because);
    assert!(fault.contains(because), "{fault}");
}

#[test]
fn a_pack_survives_being_stored() {
    let stored = serde_json::to_string(&*shipped_pack()).unwrap();
    assert_eq!(serde_json::from_str::<PolicyPack>(&stored).unwrap(), *shipped_pack());
}

#[test]
fn an_unknown_key_or_word_is_refused() {
    refused("valid_months_max = 12", "valid_months = 12", "unknown field");
    refused("valid_from =", "begins = 1\nvalid_from =", "unknown field `begins`");
    refused("certified_recipient = true", "certified = true", "unknown field `certified`");
    refused("own = [\"POLICE\"]", "mine = [\"POLICE\"]", "unknown field `mine`");
    refused("initiative = [\"GIVE\", \"ASK\"]", "initiative = [\"TAKE\"]", "unknown variant");
    refused("[bases.WGS]", "[bases.WGB]", "not one of the codes of Basis");
    refused(
        "[categories.DISABILITY]",
        "[categories.SHOE_SIZE]",
        "not one of the codes of Category",
    );
}

#[test]
fn a_gap_is_told_by_its_path() {
    let without = |section: &str| {
        let (before, rest) = SHIPPED.split_once(section).unwrap();
        let (_section, after) = rest.split_once("\n\n").unwrap();
        format!("{before}{after}")
    };
    let fault = |text: &str| toml::from_str::<PolicyPack>(text).unwrap_err().message().to_owned();
    let found = fault(&without("[categories.DISABILITY]"));
    assert!(found.contains("categories.DISABILITY: says nothing about this category"), "{found}");
}

#[test]
fn an_enabled_basis_says_between_whom_what_and_why() {
    refused("purposes = [\"PRIVACY_REVIEW\"]", "", "bases.OVERSIGHT.purposes: must not be empty");
    refused("cap = [\"PROGRESS_STATUS\"]", "", "bases.WMO_4_1_1_2_G.cap: must not be empty");
    refused("to = [\"OVERSIGHT\"]", "to = []", "bases.OVERSIGHT.flows[0]: must name both sides");
    let wams = "[bases.WAMS]\nenabled = ";
    refused(&format!("{wams}false"), &format!("{wams}true"), "bases.WAMS.flows: must not be empty");
    refused("avg_article_6 = \"6(1)(e)\"", "avg_article_6 = \" \"", "must name both grounds");
}

#[test]
fn what_contradicts_itself_is_refused() {
    refused(
        "valid_from = \"2026-01-01\"",
        "valid_from = \"2026-01-01\"\nvalid_until = \"2025-12-31\"",
        "valid_until: must not lie before valid_from",
    );
    refused(
        "four_eyes = [\"STEUNPUNT\"]",
        "four_eyes = [\"STEUNPUNT\"]\nallowed = [\"STEUNPUNT\"]",
        "names STEUNPUNT more than once",
    );
    refused(
        "four_eyes = [\"STEUNPUNT\"]",
        "four_eyes = [\"MUNICIPALITY\"]",
        "names MUNICIPALITY, which never receives data about families",
    );
    refused(
        "cap = [\"PROGRESS_STATUS\"]",
        "cap = [\"PROGRESS_STATUS\", \"SHELTER_ADDRESS\"]\nterm = { valid_from = \"2026-02-01\", valid_until = \"2026-01-01\" }",
        "bases.WMO_4_1_1_2_G.term: must not end before it begins",
    );
    refused(
        "cap = [\"IDENTIFICATION\", \"CONTACT_ADDRESS\", \"SAFETY_AGREEMENTS\"]",
        "cap = [\"ACTION_PLAN\"]",
        "bases.WMO_4_1_1_2_E.cap: ACTION_PLAN may go to none of the recipients",
    );
    refused(
        "emergency_notice = true\n",
        "",
        "bases.WMO_4_1_1_2_E.cap: CONTACT_ADDRESS may go to none",
    );
}

#[test]
fn consent_stays_consent() {
    let text = "purposes = [\"CARE_COORDINATION\", \"SAFETY_PROTECTION\"]";
    refused(text, "purposes = [\"PRIVACY_REVIEW\"]", "nobody can consent to PRIVACY_REVIEW");
    refused("purposes = [", "statutory = true\npurposes = [", "consent is not a statute");
}

#[test]
fn row_3_no_pack_lets_the_police_receive_what_care_holds() {
    let widest = Categories::of(&[Category::Identification, Category::ProgressStatus]);
    let police = || vec![Role::Police];
    for category in Categories::ALL.without(widest).iter() {
        for receivers in [
            Receivers { allowed: police(), ..Receivers::default() },
            Receivers { four_eyes: police(), ..Receivers::default() },
        ] {
            let mut draft: PackDraft = toml::from_str(SHIPPED).unwrap();
            draft.categories.insert(category, receivers);
            let faults = draft.parse().unwrap_err();
            let path = format!("categories.{category}");
            let is_told = |fault: &Violation| fault.field == path && fault.rule == "FORBIDDEN";
            assert!(faults.iter().any(is_told), "{category}: {faults:?}");
        }
    }
}

#[test]
fn row_4_criminal_data_go_to_those_in_the_matrix_and_to_nobody_else() {
    let incident = "allowed = [\"STEUNPUNT\", \"YOUTH_CARE\", \"SHELTER\"]";
    let wider = "allowed = [\"STEUNPUNT\", \"YOUTH_CARE\", \"SHELTER\", \"SOCIAL_WORK\"]";
    refused(incident, wider, "categories.INCIDENT: SOCIAL_WORK never receives this");
}

#[test]
fn row_7_no_pack_widens_the_right_to_report() {
    let (before, after) = SHIPPED.split_once("[[bases.WMO_5_2_6_REPORT.flows]]").unwrap();
    let wider = after.replacen("to = [\"STEUNPUNT\"]", "to = [\"STEUNPUNT\", \"SOCIAL_WORK\"]", 1);
    let text = format!("{before}[[bases.WMO_5_2_6_REPORT.flows]]{wider}");
    let fault = toml::from_str::<PolicyPack>(&text).unwrap_err().to_string();
    let expected = "bases.WMO_5_2_6_REPORT.flows[0].to: this basis never goes to SOCIAL_WORK";
    assert!(fault.contains(expected), "{fault}");
}

#[test]
fn row_9_no_pack_gives_a_protected_address_on_the_word_of_one_person() {
    let section = "[categories.SHELTER_ADDRESS]\n";
    for list in ["allowed", "emergency_only"] {
        let named = format!("{section}{list} = [\"SOCIAL_WORK\"]\n");
        refused(section, &named, "a protected address never goes on the word of one person");
    }
}

#[test]
fn row_22_no_pack_switches_on_what_is_no_law_for_this_partnership() {
    let wams = "[bases.WAMS]\nenabled = ";
    let on = format!("{wams}true\ncap = [\"IDENTIFICATION\"]");
    refused(
        &format!("{wams}false"),
        &on,
        "bases.WAMS.cap: this basis never carries IDENTIFICATION",
    );
}

/// What a reviewer of this pack tried: police data as a way to share between partners without consent.
#[test]
fn no_pack_turns_police_data_into_sharing_between_partners() {
    let (before, after) = SHIPPED.split_once("[bases.WPG_18]").unwrap();
    let wider = after
        .replacen("initiative = [\"GIVE\"]", "initiative = [\"ASK\"]", 1)
        .replacen("\"INCIDENT\"]", "\"SAFETY_ASSESSMENT\"]", 1)
        .replacen("from = [\"POLICE\"]", "from = [\"STEUNPUNT\"]", 1);
    let text = format!("{before}[bases.WPG_18]{wider}");
    let fault = toml::from_str::<PolicyPack>(&text).unwrap_err().to_string();
    for expected in [
        "bases.WPG_18.flows[0].from: this basis never goes from STEUNPUNT",
        "bases.WPG_18.cap: this basis never carries SAFETY_ASSESSMENT",
        "bases.WPG_18.initiative: nobody can ask for data on this basis",
    ] {
        assert!(fault.contains(expected), "{fault}");
    }
}

#[test]
fn no_pack_leaves_out_what_keeps_a_basis_narrow() {
    refused("certified_recipient = true\n", "", "bases.JEUGDWET_7_3_11_4.certified_recipient");
    let wpg_19 = "evidence = [\"WPG_PURPOSE\", \"AUTHORITY_AGREEMENT_REF\"]\n";
    refused(wpg_19, "evidence = [\"WPG_PURPOSE\"]\n", "bases.WPG_19.evidence: must name AUTH");
    let report = "\"REPORTING_CODE_DECISION|AMHK_REQUEST_ID\"";
    refused(report, "\"REPORTING_CODE_DECISION|AMHK_REQUEST_ID|GRAVITY_TEXT\"", "must name REP");
    assert!(with(report, "\"REPORTING_CODE_DECISION\"").is_ok(), "a pack may ask for more");
    let team = "case_team = [\n  \"STEUNPUNT\", ";
    refused(team, "case_team = [\n  ", "bases.CONSENT.case_team: must name STEUNPUNT");
    let (before, after) = SHIPPED.split_once("[bases.CONFLICT_OF_DUTIES]").unwrap();
    let text = format!("{before}[bases.CONFLICT_OF_DUTIES]\nstatutory = true{after}");
    let fault = toml::from_str::<PolicyPack>(&text).unwrap_err().to_string();
    assert!(fault.contains("bases.CONFLICT_OF_DUTIES.statutory: no statute"), "{fault}");
    let emergency = "bases.CONSENT]\nenabled = true\n";
    refused(emergency, &format!("{emergency}emergency_notice = true\n"), "no emergency notice");
    refused("avg_article_9 = \"9(2)(a)\"\n", "", "bases.CONSENT.grounds.avg_article_9");
}

// DOMAIN §7.1.

#[test]
fn a_pack_hides_more_of_a_report_and_never_less() {
    for (line, weaker, stricter) in [
        ("primary_below = 5", "primary_below = 4", "primary_below = 10"),
        ("rounding_base = 5", "rounding_base = 1", "rounding_base = 10"),
        (
            "percentage_denominator_min = 10",
            "percentage_denominator_min = 9",
            "percentage_denominator_min = 20",
        ),
        ("percentage_part_min = 5", "percentage_part_min = 4", "percentage_part_min = 10"),
        ("median_count_min = 10", "median_count_min = 9", "median_count_min = 20"),
    ] {
        let (name, _) = line.split_once(' ').unwrap();
        refused(line, weaker, &format!("suppression.{name}: must be at least"));
        assert!(with(line, stricter).is_ok(), "{stricter}");
    }
    refused("[suppression]\n", "[suppression]\nsmall = 3\n", "unknown field `small`");
    refused("rounding_base = 5", "rounding_base = 11", "must not be more than twice primary_below");
    refused("primary_below = 5\n", "", "missing field `primary_below`");
}

#[test]
fn a_target_is_of_an_indicator_in_percent() {
    let target = "TRIAGE_IN_TIME = 90";
    refused(target, "REFERRALS_TOTAL = 90", "targets.REFERRALS_TOTAL: is no indicator in percent");
    refused(target, "TRIAGE_IN_TIME = 101", "targets.TRIAGE_IN_TIME: must be 1 to 100 percent");
    refused(target, "HAPPINESS = 90", "not one of the codes of Indicator");
    assert!(with(target, "ACK_IN_TIME = 95").is_ok());
}

#[test]
fn the_order_of_a_list_does_not_change_what_is_hashed() {
    let other =
        with("initiative = [\"GIVE\", \"ASK\"]", "initiative = [\"ASK\", \"GIVE\"]").unwrap();
    let text = |pack: &PolicyPack| serde_json::to_string(pack).unwrap();
    assert_eq!(text(&other), text(&shipped_pack()));
}

#[test]
fn every_fault_is_told_at_once() {
    let two = SHIPPED.replacen("emergency_notice = true\n", "", 1).replacen(
        "cap = [\"PROGRESS_STATUS\"]",
        "",
        1,
    );
    let fault = toml::from_str::<PolicyPack>(&two).unwrap_err().message().to_owned();
    assert!(fault.contains("WMO_4_1_1_2_E") && fault.contains("WMO_4_1_1_2_G"), "{fault}");
}
