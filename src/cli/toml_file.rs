//! Files in TOML: reading them, and on which line of them something stands.

use std::path::Path;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};

/// The text of a file.
pub(super) fn text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Reads the text of the file at `path`, or says on which line it is wrong.
pub(super) fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, String> {
    toml::from_str(text).map_err(|error| {
        let path = path.display();
        match error.span() {
            Some(span) => {
                format!("{path}: line {}: {}", line(text, span.start), error.message())
            }
            None => format!("{path}: {}", error.message()),
        }
    })
}

/// Reads a file.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    parse(path, &text(path)?)
}

/// The number of the line that holds the byte at `offset`, from 1.
pub(super) fn line(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The line of the deepest part of a field's path that stands in the text.
pub(super) fn line_of(text: &str, field: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut table = document.get_ref();
    let mut at = None;
    for part in field.split('.') {
        let (name, index) = part.split_once('[').unwrap_or((part, ""));
        let Some((key, value)) = table.iter().find(|(key, _)| key.get_ref() == name) else { break };
        at = Some(key.span().start);
        let mut value = value;
        if let (DeValue::Array(items), Ok(index)) =
            (value.get_ref(), index.trim_end_matches(']').parse::<usize>())
        {
            let Some(item) = items.get(index) else { break };
            at = Some(item.span().start);
            value = item;
        }
        let DeValue::Table(inner) = value.get_ref() else { break };
        table = inner;
    }
    at.map(|offset| line(text, offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_as_deep_as_it_stands_there() {
        let text = "[a]\nb = 1\n\n[[a.c]]\nd = 1\n[[a.c]]\ne = 1\n";
        for (field, line) in [("a", 1), ("a.b", 2), ("a.c[0].d", 5), ("a.c[1]", 6), ("a.c[1].e", 7)]
        {
            assert_eq!(line_of(text, field), Some(line), "{field}");
        }
        assert_eq!(line_of(text, "a.b.none"), Some(2));
        assert_eq!(line_of(text, "none"), None);
    }
}
