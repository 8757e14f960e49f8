//! What an entry about a disclosure commits to, put together from the answer alone: so a receiver can
//! show later what it received, and that it received nothing else.

use crate::grpc::pb::{Category, SummaryView, ViewPerson};

/// The value that the entry about a person of a view opens with, as `RequestSummaryResponse.view`
/// describes it.
pub(super) fn disclosed_value(view: &SummaryView, person: &ViewPerson) -> Vec<u8> {
    let mut value = Vec::new();
    if !person.family_name.is_empty() {
        let name = [&*person.family_name, &*person.given_names, &*person.birth_date].join("|");
        push(&mut value, Category::Identification, ["identification", &person.person_key, &name]);
    }
    for section in &view.sections {
        let about = section.about_person_keys.contains(&person.person_key);
        if about && section.category() != Category::Identification {
            let texts = [&*section.section_id, &*section.title, &*section.text];
            push(&mut value, section.category(), texts);
        }
    }
    value
}

/// Category and texts, each behind its length, big-endian: two bytes, for the last text four.
fn push(value: &mut Vec<u8>, category: Category, [section_id, title, text]: [&str; 3]) {
    let short = |len: usize| u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes();
    let number = usize::try_from(i32::from(category)).unwrap_or(0);
    value.extend(short(number));
    for word in [section_id, title] {
        value.extend(short(word.len()));
        value.extend(word.bytes());
    }
    value.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    value.extend(text.bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::pb::SummarySection;

    #[test]
    fn only_parts_about_the_person_are_in_it() {
        let section = |id: &str, about: &str| SummarySection {
            section_id: id.to_owned(),
            category: Category::SafetyAgreements.into(),
            title: "t".to_owned(),
            text: "é".to_owned(),
            about_person_keys: vec![about.to_owned()],
        };
        let view = SummaryView {
            sections: vec![section("a", "son"), section("b", "mother")],
            ..SummaryView::default()
        };
        let son = ViewPerson { person_key: "son".to_owned(), ..ViewPerson::default() };
        assert_eq!(disclosed_value(&view, &son), b"\0\x06\0\x01a\0\x01t\0\0\0\x02\xc3\xa9");
        let named = ViewPerson { family_name: "F".to_owned(), ..son };
        let value = disclosed_value(&view, &named);
        assert!(value.starts_with(b"\0\x01\0\x0eidentification\0\x03son\0\0\0\x03F||"));
    }
}
