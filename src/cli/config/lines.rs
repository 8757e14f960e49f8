//! On which line of a TOML file a key stands.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::cli::toml_file::line;

/// Lines of sections and of keys, by section and key.
#[derive(Debug, Default)]
pub(super) struct Lines(BTreeMap<(String, String), usize>);

/// A text that is not TOML.
#[derive(Debug)]
pub(super) struct InvalidToml {
    /// The line, where it is known.
    pub(super) line: Option<usize>,
    /// What is wrong with it, without the text itself, which may hold a password.
    pub(super) fault: String,
}

impl Lines {
    /// Finds the lines of all keys.
    pub(super) fn of(text: &str) -> Result<Self, InvalidToml> {
        let document = DeTable::parse(text).map_err(|error| InvalidToml {
            line: error.span().map(|span| line(text, span.start)),
            fault: error.message().to_owned(),
        })?;
        let mut lines = BTreeMap::new();
        for (section, value) in document.get_ref() {
            let section_name = section.get_ref().to_string();
            lines.insert((section_name.clone(), String::new()), line(text, section.span().start));
            let DeValue::Table(table) = value.get_ref() else { continue };
            for key in table.keys() {
                let name = key.get_ref().to_string();
                lines.insert((section_name.clone(), name), line(text, key.span().start));
            }
        }
        Ok(Self(lines))
    }

    /// The line of a key; with an empty name, of the section.
    pub(super) fn find(&self, section: &str, name: &str) -> Option<usize> {
        self.0.get(&(section.to_owned(), name.to_owned())).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_on_their_lines() {
        let lines = Lines::of("# head\n[grpc]\n\nlisten = \"a\"\n[log]\nlevel = \"info\"").unwrap();
        assert_eq!(lines.find("grpc", ""), Some(2));
        assert_eq!(lines.find("grpc", "listen"), Some(4));
        assert_eq!(lines.find("log", "level"), Some(6));
        assert_eq!(lines.find("log", "listen"), None);
    }

    #[test]
    fn a_fault_names_its_line_and_does_not_quote_it() {
        let fault = Lines::of("[database]\nurl = \"postgres://u:geheim@h\n").unwrap_err();
        assert_eq!(fault.line, Some(2));
        assert!(!fault.fault.contains("geheim"), "{}", fault.fault);
    }
}
