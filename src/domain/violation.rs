//! What is wrong with a request: every wrong field at once, by path and rule, never by value.

/// One wrong field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field in the message, for example `referral.persons[2].bsn`.
    pub field: String,
    /// Stable rule code in `UPPER_SNAKE_CASE`, for example `BSN_ELEVEN_TEST`.
    pub rule: &'static str,
    /// One English sentence for a developer. Never holds the value.
    pub description: String,
}

/// Collects the violations of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that `field` breaks `rule`.
    pub fn add(
        &mut self,
        field: impl Into<String>,
        rule: &'static str,
        description: impl Into<String>,
    ) {
        self.0.push(Violation { field: field.into(), rule, description: description.into() });
    }

    /// Notes a violation unless `holds`.
    pub fn require(
        &mut self,
        holds: bool,
        field: impl Into<String>,
        rule: &'static str,
        description: impl Into<String>,
    ) {
        if !holds {
            self.add(field, rule, description);
        }
    }

    /// Keeps the value of a parse, or notes why there is none.
    pub fn take<T, E: Rule>(
        &mut self,
        field: impl Into<String>,
        parsed: Result<T, E>,
    ) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(field, error.rule(), error.to_string());
                None
            }
        }
    }

    /// Adds what another look found.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Those that `counts` says count.
    #[must_use]
    pub fn filtered(&self, counts: impl Fn(&Violation) -> bool) -> Self {
        Self(self.iter().filter(|violation| counts(violation)).cloned().collect())
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The violations, in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }

    /// `Ok` with `value` when nothing is wrong.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() { Ok(value) } else { Err(self) }
    }
}

impl<'v> IntoIterator for &'v Violations {
    type Item = &'v Violation;
    type IntoIter = std::slice::Iter<'v, Violation>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A parse error that can name the rule it stands for; its `Display` never shows the value.
pub trait Rule: std::error::Error {
    /// Stable rule code in `UPPER_SNAKE_CASE`.
    fn rule(&self) -> &'static str;
}

impl Rule for super::code::UnknownCode {
    fn rule(&self) -> &'static str {
        "UNKNOWN_CODE"
    }
}
