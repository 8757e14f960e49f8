//! The family name of the user, where the system of the caller states it: to see that somebody looks into a
//! case of the own name (A10), and for nothing else.
//!
//! Invariant: it stands in memory only, for as long as the call lasts, is shown by nothing and wiped when it
//! is dropped. What stays is one fact of a disclosure: that the names are the same.

use std::fmt;

use zeroize::Zeroizing;

use crate::domain::family_name;

/// Most bytes of a name.
const BYTES_MAX: usize = 200;

/// The name, in the parts by which it is compared.
pub struct StatedName(Zeroizing<Vec<String>>);

impl StatedName {
    /// Reads UTF-8; none when it is none, or too long, or names nobody.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(bytes).ok()?;
        if bytes.len() > BYTES_MAX || name.chars().any(char::is_control) {
            return None;
        }
        let parts = compared(name);
        (!parts.is_empty()).then_some(Self(parts))
    }

    /// Whether somebody of this family name has the same, or half of it.
    pub(super) fn is_that_of(&self, family: &str) -> bool {
        let other = compared(family);
        self.0.iter().any(|part| other.contains(part))
    }
}

impl fmt::Debug for StatedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StatedName(…)")
    }
}

fn compared(name: &str) -> Zeroizing<Vec<String>> {
    let lower = Zeroizing::new(name.to_lowercase());
    Zeroizing::new(family_name::parts(&lower))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_text_of_at_most_200_bytes_and_names_somebody() {
        assert!(StatedName::read("é".repeat(100).as_bytes()).is_some());
        for wrong in ["é".repeat(101), String::new(), " - ".to_owned(), "de\nVries".to_owned()] {
            assert!(StatedName::read(wrong.as_bytes()).is_none(), "{wrong}");
        }
        assert!(StatedName::read(&[0xff, 0xfe]).is_none());
    }

    #[test]
    fn a_name_is_compared_and_never_shown() {
        let stated = StatedName::read("Jansen-de Vries".as_bytes()).unwrap();
        assert!(stated.is_that_of("De Vries") && stated.is_that_of("jansen"));
        assert!(!stated.is_that_of("Bakker"));
        assert_eq!(format!("{stated:?}"), "StatedName(…)");
    }
}
