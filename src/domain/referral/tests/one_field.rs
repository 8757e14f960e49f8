//! A valid draft with one thing wrong yields exactly one violation, at that field, by that rule.

use super::*;

type Break = fn(&mut ReferralDraft);

const ACUTE: i32 = 4;
const WPG_19: i32 = 2;
const WPG_20: i32 = 3;

fn address(draft: &mut ReferralDraft) -> &mut AddressDraft {
    draft.address.as_mut().unwrap()
}

fn order(draft: &mut ReferralDraft, from_date: &str, until_date: &str) {
    draft.restraining_order = Some(RestrainingOrderDraft {
        from_date: from_date.to_owned(),
        until_date: until_date.to_owned(),
    });
}

fn each_breaks(breaks: &[(&str, &str, Break)]) {
    for (field, rule, break_it) in breaks {
        let mut draft = draft();
        break_it(&mut draft);
        let found = wrong(draft);
        assert_eq!(found.len(), 1, "{field} {rule}: {found:?}");
        assert_eq!(found[0].0.strip_prefix("referral."), Some(*field), "{rule}");
        assert_eq!(found[0].1, *rule, "{field}");
    }
}

#[test]
fn the_sender_and_the_report() {
    each_breaks(&[
        ("referral_id", "UUID", |d| d.referral_id = "1".into()),
        ("sender_oin", "OIN", |d| d.sender_oin = "2000".into()),
        ("sender_oin", "SENDER_NOT_CALLER", |d| d.sender_oin = "00000099000000006000".into()),
        ("police_unit", "TOO_LONG", |d| d.police_unit = "x".repeat(101)),
        ("police_unit", "CONTROL_CHARACTER", |d| d.police_unit = "Den\nHaag".into()),
        ("police_registration_no", "POLICE_REGISTRATION_NO", |d| {
            d.police_registration_no = "PL/1".into();
        }),
        ("officer_ref", "USER_ID", |d| d.officer_ref = "Jan de Vries".into()),
        ("incident_at", "REQUIRED", |d| d.incident_at = None),
        ("incident_at", "INCIDENT_AFTER_REPORT", |d| {
            d.incident_at = Some(at("2026-03-12T00:50:00.000001Z"));
        }),
        ("reported_at", "REQUIRED", |d| d.reported_at = None),
        ("reported_at", "IN_FUTURE", |d| d.reported_at = Some(at("2026-03-12T00:57:00.000001Z"))),
        ("incident_gemeentecode", "GEMEENTECODE", |d| d.incident_gemeentecode = "518".into()),
        ("residence_gemeentecode", "GEMEENTECODE", |d| d.residence_gemeentecode = "GM0518".into()),
        ("facts", "TOO_LONG", |d| d.facts = "é".repeat(4001)),
        ("facts", "CONTROL_CHARACTER", |d| d.facts = "een\u{1b}[2Jtwee".into()),
        ("facts", "REQUIRED", |d| d.facts = " \n ".into()),
    ]);
}

#[test]
fn the_address() {
    each_breaks(&[
        ("address", "REQUIRED", |d| d.address = None),
        ("address.street", "REQUIRED", |d| address(d).street.clear()),
        ("address.house_number", "HOUSE_NUMBER", |d| address(d).house_number = "12A".into()),
        ("address.suffix", "HOUSE_NUMBER_SUFFIX", |d| address(d).suffix = "2-hoog l".into()),
        ("address.postcode", "POSTCODE", |d| address(d).postcode = "2500 AA".into()),
        ("address.place", "TOO_LONG", |d| address(d).place = "x".repeat(101)),
    ]);
}

#[test]
fn a_person() {
    each_breaks(&[
        ("persons", "REQUIRED", |d| d.persons.clear()),
        ("persons", "TOO_MANY", |d| {
            for n in 0..17 {
                let extra =
                    person(&format!("p{n}"), PersonRole::OtherHousehold, "X", "1990-01-01", "");
                d.persons.push(PersonDraft { bsn_ground: 0, ..extra });
            }
        }),
        ("persons[3].person_key", "DUPLICATE", |d| d.persons[3].person_key = "yara".into()),
        ("persons[1].person_key", "PERSON_KEY", |d| d.persons[1].person_key = "r b".into()),
        ("persons[1].role", "REQUIRED", |d| d.persons[1].role = 0),
        ("persons[1].role", "UNKNOWN_CODE", |d| d.persons[1].role = 6),
        ("persons[0].family_name", "TOO_LONG", |d| d.persons[0].family_name = "x".repeat(101)),
        ("persons[0].given_names", "REQUIRED", |d| d.persons[0].given_names = "  ".into()),
        ("persons[0].birth_date", "DATE", |d| d.persons[0].birth_date = "14-02-1987".into()),
        ("persons[3].birth_date", "IN_FUTURE", |d| d.persons[3].birth_date = "2026-03-13".into()),
        ("persons[2].bsn", "BSN_ELEVEN_TEST", |d| d.persons[2].bsn = "999990021".into()),
        ("persons[2].bsn", "DUPLICATE", |d| d.persons[2].bsn = "999990020".into()),
        ("persons[2].bsn_ground", "REQUIRED", |d| d.persons[2].bsn_ground = 0),
        ("persons[2].bsn_ground", "UNKNOWN_CODE", |d| d.persons[2].bsn_ground = 5),
        ("persons[2].bsn_ground", "NOT_APPLICABLE", |d| d.persons[2].bsn.clear()),
        ("persons[0].lives_at_address", "REQUIRED", |d| d.persons[0].lives_at_address = None),
        ("persons[0].informed_of_referral", "REQUIRED", |d| {
            d.persons[0].informed_of_referral = None;
        }),
        ("persons[0].not_informed_reason", "REQUIRED", |d| {
            d.persons[0].informed_of_referral = Some(false);
        }),
        ("persons[0].not_informed_reason", "NOT_APPLICABLE", |d| {
            d.persons[0].not_informed_reason = 1;
        }),
    ]);
}

#[test]
fn what_happened() {
    each_breaks(&[
        ("violence_kinds", "REQUIRED", |d| d.violence_kinds.clear()),
        ("violence_kinds[1]", "UNKNOWN_CODE", |d| d.violence_kinds = vec![1, 10]),
        ("violence_kinds[1]", "DUPLICATE", |d| d.violence_kinds = vec![1, 1]),
        ("violence_kinds", "TOO_MANY", |d| {
            d.violence_kinds = (1..=9).chain([1]).collect();
        }),
        ("children_present", "REQUIRED", |d| d.children_present = None),
        ("children_present", "CHILD_PERSON_MISSING", |d| d.persons.truncate(2)),
        ("weapon_involved", "REQUIRED", |d| d.weapon_involved = 0),
        ("injury", "UNKNOWN_CODE", |d| d.injury = 4),
        ("arrest_made", "UNKNOWN_CODE", |d| d.arrest_made = -1),
        ("alcohol_or_drugs", "REQUIRED", |d| d.alcohol_or_drugs = 0),
        ("restraining_order.from_date", "REQUIRED", |d| order(d, "", "2026-03-22")),
        ("restraining_order.until_date", "DATE", |d| order(d, "2026-03-12", "morgen")),
        ("restraining_order.until_date", "UNTIL_BEFORE_FROM", |d| {
            order(d, "2026-03-12", "2026-03-11");
        }),
        ("restraining_order.until_date", "RESTRAINING_ORDER_TOO_LONG", |d| {
            order(d, "2026-03-12", "2026-04-10");
        }),
    ]);
}

#[test]
fn how_it_is_sent() {
    each_breaks(&[
        ("urgency", "REQUIRED", |d| d.urgency = 0),
        ("urgency", "UNKNOWN_CODE", |d| d.urgency = 5),
        ("callback_phone", "REQUIRED", |d| {
            d.urgency = ACUTE;
            d.callback_phone.clear();
        }),
        ("callback_phone", "PHONE", |d| d.callback_phone = "bureau".into()),
        ("earlier_referral_ids[0]", "UUID", |d| d.earlier_referral_ids = vec!["1".into()]),
        ("earlier_referral_ids[0]", "REQUIRED", |d| d.earlier_referral_ids = vec![String::new()]),
        ("earlier_referral_ids[0]", "EARLIER_IS_SELF", |d| {
            d.earlier_referral_ids = vec![d.referral_id.clone()];
        }),
        ("earlier_referral_ids", "TOO_MANY", |d| {
            d.earlier_referral_ids =
                (0..21).map(|n| format!("0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d9{n:03}")).collect();
        }),
        ("wpg_basis", "REQUIRED", |d| d.wpg_basis = 0),
        ("wpg_basis", "UNKNOWN_CODE", |d| d.wpg_basis = 4),
        ("wpg_purpose", "REQUIRED", |d| {
            d.wpg_basis = WPG_19;
            d.authority_agreement_ref = "OM-1".into();
        }),
        ("wpg_purpose", "NOT_APPLICABLE", |d| d.wpg_purpose = 1),
        ("authority_agreement_ref", "REQUIRED", |d| {
            d.wpg_basis = WPG_19;
            d.wpg_purpose = 3;
        }),
        ("authority_agreement_ref", "NOT_APPLICABLE", |d| {
            d.wpg_basis = WPG_20;
            d.partnership_decision_ref = "B-1".into();
            d.authority_agreement_ref = "OM-1".into();
        }),
        ("partnership_decision_ref", "REQUIRED", |d| d.wpg_basis = WPG_20),
        ("partnership_decision_ref", "NOT_APPLICABLE", |d| {
            d.partnership_decision_ref = "B-1".into();
        }),
    ]);
}

#[test]
fn two_things_wrong_are_both_named() {
    let mut draft = draft();
    draft.facts.clear();
    draft.persons[2].bsn = "999990021".into();
    draft.persons[2].birth_date.clear();
    assert_eq!(
        wrong(draft),
        [
            ("referral.persons[2].birth_date", "REQUIRED"),
            ("referral.persons[2].bsn", "BSN_ELEVEN_TEST"),
            ("referral.facts", "REQUIRED"),
        ]
        .map(|(field, rule)| (field.to_owned(), rule))
    );
}
