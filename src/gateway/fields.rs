//! Fields that messages of several use cases have: a code, a list of categories, a person of the
//! case. What is wrong with one is noted under its name, and reading goes on.

use std::collections::BTreeMap;

use crate::domain::category::{Categories, Category};
use crate::domain::id::{PersonKey, Pseudonym};
use crate::domain::violation::Violations;

/// A code that must be given; 0 is protobuf's "not given".
pub(super) fn code<T>(
    field: &str,
    number: i32,
    from_number: fn(u16) -> Option<T>,
    violations: &mut Violations,
) -> Option<T> {
    let code = u16::try_from(number).ok().and_then(from_number);
    let (rule, words) = match number {
        0 => ("REQUIRED", "must be given"),
        _ => ("UNKNOWN_CODE", "is not one of the codes of this field"),
    };
    violations.require(code.is_some(), field, rule, words);
    code
}

/// A list of categories, each named once.
pub(super) fn categories(field: &str, numbers: &[i32], violations: &mut Violations) -> Categories {
    let mut set = Categories::EMPTY;
    let most = Category::ALL.len();
    violations.require(numbers.len() <= most, field, "TOO_MANY", format!("must be at most {most}"));
    for (index, number) in numbers.iter().take(most).enumerate() {
        let item = format!("{field}[{index}]");
        if let Some(category) = code(&item, *number, Category::from_number, violations) {
            violations.require(!set.contains(category), item, "DUPLICATE", "must be named once");
            set = set.with(category);
        }
    }
    set
}

/// A person of the referral or case by key.
pub(super) fn person(
    text: &str,
    people: &BTreeMap<PersonKey, Pseudonym>,
    path: &str,
    name: &str,
    violations: &mut Violations,
) -> Option<Pseudonym> {
    let field = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let key: PersonKey = violations.take(field.clone(), text.parse())?;
    let found = people.get(&key).copied();
    violations.require(found.is_some(), field, "UNKNOWN_PERSON", "must be a person of the case");
    found
}

/// Both values, or the violations of both.
pub(super) fn both<A, B>(
    one: Result<A, Violations>,
    other: Result<B, Violations>,
) -> Result<(A, B), Violations> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (one, other) => {
            let mut all = one.err().unwrap_or_default();
            all.extend(other.err().unwrap_or_default());
            Err(all)
        }
    }
}

/// What is wrong apart from people who are not known, for when nobody can be known yet.
pub(super) fn but_people(found: &Violations) -> Violations {
    found.filtered(|violation| violation.rule != "UNKNOWN_PERSON")
}
