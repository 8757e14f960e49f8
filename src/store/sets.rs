//! Many values in one bound parameter, so that one statement serves a whole batch.
//!
//! Both databases read JSON, so a set is bound as one text: 16-byte ids in hexadecimal. A value is
//! bound and never becomes part of a statement.

use serde_json::Value;

/// A list of ids.
pub(super) fn ids<'a>(ids: impl IntoIterator<Item = &'a [u8; 16]>) -> String {
    rows(ids.into_iter().map(id))
}

/// A list of values; of lists, when each row has several.
pub(super) fn rows(rows: impl IntoIterator<Item = Value>) -> String {
    Value::Array(rows.into_iter().collect()).to_string()
}

/// An id.
pub(super) fn id(id: &[u8; 16]) -> Value {
    Value::String(hex::encode(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_a_list_of_hexadecimal_texts() {
        let list = ids([&[1; 16], &[255; 16]]);
        assert_eq!(list, format!("[\"{}\",\"{}\"]", "01".repeat(16), "ff".repeat(16)));
        assert_eq!(ids([]), "[]");
    }
}
