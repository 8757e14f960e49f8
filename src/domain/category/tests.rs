//! The matrix row by row, read a second time from DOMAIN §3.5, and the laws of sets.

use proptest::prelude::*;

use super::*;

/// `✓` allowed, `4` four eyes, `E` emergency only, `O` own, `-` never; columns in the order of the
/// roles.
fn assert_row(category: Category, columns: &str) {
    let found: String = Role::ALL
        .iter()
        .map(|role| match access(category, *role) {
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

#[test]
fn a_set_is_written_as_the_list_of_its_words() {
    let set = Categories::of(&[Category::SafetyAssessment, Category::Identification]);
    let json = serde_json::to_string(&set).unwrap();
    assert_eq!(json, r#"["IDENTIFICATION","SAFETY_ASSESSMENT"]"#);
    assert_eq!(serde_json::from_str::<Categories>(&json).unwrap(), set);
    assert!(serde_json::from_str::<Categories>(r#"["BSN"]"#).is_err());
    assert_eq!(set.to_string(), "IDENTIFICATION SAFETY_ASSESSMENT");
    assert_eq!(set.bits(), 0b1_0001);
}

#[test]
fn bits_that_are_no_category_are_refused() {
    assert_eq!(Categories::from_bits(1 << 14), None);
    assert_eq!(Categories::from_bits(Categories::ALL.bits()), Some(Categories::ALL));
    assert_eq!(Categories::ALL.len(), 14);
}

fn any_set() -> impl Strategy<Value = Categories> {
    (0..=Categories::ALL.bits()).prop_map(|bits| Categories::from_bits(bits).unwrap())
}

proptest! {
    #[test]
    fn sets_behave_like_sets(a in any_set(), b in any_set()) {
        for category in Category::ALL.iter().copied() {
            let (in_a, in_b) = (a.contains(category), b.contains(category));
            prop_assert_eq!(a.union(b).contains(category), in_a || in_b);
            prop_assert_eq!(a.intersection(b).contains(category), in_a && in_b);
            prop_assert_eq!(a.without(b).contains(category), in_a && !in_b);
        }
        prop_assert_eq!(a.is_subset_of(b), a.iter().all(|category| b.contains(category)));
        prop_assert_eq!(a.intersects(b), a.iter().any(|category| b.contains(category)));
        prop_assert_eq!(a.iter().collect::<Categories>(), a);
    }
}
