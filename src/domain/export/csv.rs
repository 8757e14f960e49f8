//! Rows of values with separators between (RFC 4180), safe to open in a spreadsheet.

/// How the rows of a file are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect(pub(super) char);

impl Dialect {
    /// One row with its end.
    pub(super) fn row<T: AsRef<str>>(self, cells: impl IntoIterator<Item = T>) -> Vec<u8> {
        let mut row = String::new();
        for (place, cell) in cells.into_iter().enumerate() {
            if place > 0 {
                row.push(self.0);
            }
            self.cell(&mut row, cell.as_ref());
        }
        row.push_str("\r\n");
        row.into_bytes()
    }

    /// A spreadsheet takes a cell that begins in certain ways for a formula, which may send the sheet to
    /// a stranger (DOMAIN §6.4). Quotes only where they are needed.
    fn cell(self, row: &mut String, cell: &str) {
        let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
        if cell.contains([self.0, '"', '\r', '\n']) {
            row.extend(["\"", guard, &cell.replace('"', "\"\""), "\""]);
        } else {
            row.extend([guard, cell]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(separator: char, cells: &[&str]) -> String {
        String::from_utf8(Dialect(separator).row(cells)).unwrap()
    }

    #[test]
    fn quotes_stand_where_they_are_needed_and_nowhere_else() {
        assert_eq!(row(',', &["a", "", "b;c", "d,e"]), "a,,b;c,\"d,e\"\r\n");
        assert_eq!(row(';', &["b;c", "d,e"]), "\"b;c\";d,e\r\n");
        assert_eq!(
            row(',', &["say \"no\"", "two\nlines"]),
            "\"say \"\"no\"\"\",\"two\nlines\"\r\n"
        );
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_a_text() {
        for formula in ["=1+1", "+31", "-2", "@SUM(A1)", "\tx"] {
            assert_eq!(row(',', &[formula]), format!("'{formula}\r\n"));
        }
        assert_eq!(row(',', &["=HYPERLINK(\"x\",1)"]), "\"'=HYPERLINK(\"\"x\"\",1)\"\r\n");
        assert_eq!(row(',', &["\rx"]), "\"'\rx\"\r\n");
        assert_eq!(row(',', &["a=1", "6(1)(e)"]), "a=1,6(1)(e)\r\n");
    }
}
