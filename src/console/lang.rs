//! The two languages. The language stands in the path, so that a link that is mailed shows the page
//! that was meant.

use super::texts::{EN, NL, Texts};

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lang {
    /// Dutch: the default.
    Nl,
    /// English.
    En,
}

/// The same in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words(pub(super) &'static str, pub(super) &'static str);

impl Lang {
    pub(super) const ALL: [Self; 2] = [Self::Nl, Self::En];

    /// The language of a path such as `/nl/verstrekkingen`.
    pub(super) fn of_path(path: &str) -> Self {
        if path == "/en" || path.starts_with("/en/") { Self::En } else { Self::Nl }
    }

    /// The language tag, which is also the first part of the path.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::Nl => "nl",
            Self::En => "en",
        }
    }

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Nl => Self::En,
            Self::En => Self::Nl,
        }
    }

    /// All fixed texts.
    pub(super) const fn texts(self) -> &'static Texts {
        match self {
            Self::Nl => &NL,
            Self::En => &EN,
        }
    }

    pub(super) const fn pick(self, words: Words) -> &'static str {
        match self {
            Self::Nl => words.0,
            Self::En => words.1,
        }
    }

    /// The same page in this language.
    pub(super) fn of_page(self, path_and_query: &str) -> String {
        let rest = ["/nl/", "/en/"].iter().find_map(|head| path_and_query.strip_prefix(head));
        format!("/{}/{}", self.tag(), rest.unwrap_or_default())
    }

    /// `1.204.318` or `1,204,318`.
    pub(super) fn number(self, number: u64) -> String {
        let digits = number.to_string();
        let point = match self {
            Self::Nl => '.',
            Self::En => ',',
        };
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                grouped.push(point);
            }
            grouped.push(digit);
        }
        grouped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_the_same_path_in_both_languages() {
        assert_eq!(Lang::En.of_page("/nl/verstrekkingen?zaak=1"), "/en/verstrekkingen?zaak=1");
        assert_eq!(Lang::Nl.of_page("/en/"), "/nl/");
        assert_eq!(Lang::Nl.of_page("//elsewhere.example/"), "/nl/");
        assert_eq!(Lang::of_path("/en/verstrekkingen"), Lang::En);
        assert_eq!(Lang::of_path("/english"), Lang::Nl);
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        for (number, nl) in [(0, "0"), (999, "999"), (1_000, "1.000"), (1_204_318, "1.204.318")] {
            assert_eq!(Lang::Nl.number(number), nl);
        }
        assert_eq!(Lang::En.number(1_204_318), "1,204,318");
    }
}
