//! One word in the forms in which it is written: `GetReview`, `REVIEW_VERDICT`, `review_id`, `review-id`.

/// `GetReview` as a command is named: `get-review`.
pub(super) fn kebab(camel: &str) -> String {
    let mut word = String::new();
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

/// `review_id` as flags are named: `review-id`.
pub(super) fn dashed(name: &str) -> String {
    name.replace('_', "-")
}

/// `ReviewVerdict` as values and statuses are named: `REVIEW_VERDICT`.
pub(super) fn upper(camel: &str) -> String {
    kebab(camel).replace('-', "_").to_ascii_uppercase()
}

/// A value of an enumeration without the name of that: `REVIEW_VERDICT_JUSTIFIED` of `ReviewVerdict` is
/// `JUSTIFIED`.
pub(super) fn bare<'v>(of: &str, value: &'v str) -> &'v str {
    let rest = value.strip_prefix(&upper(of)).and_then(|rest| rest.strip_prefix('_'));
    rest.unwrap_or(value)
}

/// The same as it is typed: `justified`.
pub(super) fn word(of: &str, value: &str) -> String {
    dashed(&bare(of, value).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_one_form_in_each_place() {
        assert_eq!(kebab("GetInclusionProof"), "get-inclusion-proof");
        assert_eq!(upper("InvalidArgument"), "INVALID_ARGUMENT");
        assert_eq!(word("ReviewVerdict", "REVIEW_VERDICT_MORE_INFORMATION"), "more-information");
        assert_eq!(word("Basis", "BASIS_WMO_5_2_6_REPORT"), "wmo-5-2-6-report");
        assert_eq!(word("Basis", "OTHER_THING"), "other-thing", "without the usual beginning");
    }
}
