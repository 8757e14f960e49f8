//! The laws of sets, and how a set is written.

use proptest::prelude::*;

use super::*;

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
