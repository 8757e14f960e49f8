//! What makes a privacy officer look, as the metadata of a call says it: one header for every call in
//! which somebody looks, as a trace is.

use http::HeaderMap;

use super::Error;
use crate::domain::occasion::Occasion;
use crate::domain::violation::Violations;

/// The name of the metadata.
pub(crate) const HEADER: &str = "ketenpoort-occasion";

/// The occasion; none when there is no such header. A word that is none is refused, and so are two of
/// them: the entry of the look would not say what the officer meant.
pub(super) fn of(headers: &HeaderMap) -> Result<Option<Occasion>, Error> {
    let mut given = headers.get_all(HEADER).iter();
    let (Some(word), more) = (given.next(), given.next()) else { return Ok(None) };
    let read = word.to_str().ok().and_then(|word| word.parse().ok());
    let read = read.filter(|occasion: &Occasion| occasion.is_stated());
    let mut violations = Violations::new();
    let words = "must be COMPLAINT, SAMPLE, INCIDENT or SUBJECT_REQUEST, and be given once";
    violations.require(read.is_some() && more.is_none(), HEADER, "UNKNOWN_CODE", words);
    violations.into_result(())?;
    Ok(read)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(words: &[&'static str]) -> HeaderMap {
        words.iter().map(|word| (HEADER.parse().unwrap(), HeaderValue::from_static(word))).collect()
    }

    #[test]
    fn an_occasion_is_one_of_its_words_or_nothing() {
        assert_eq!(of(&headers(&[])).unwrap(), None);
        for occasion in Occasion::ALL.iter().filter(|occasion| occasion.is_stated()) {
            assert_eq!(of(&headers(&[occasion.as_str()])).unwrap(), Some(*occasion));
        }
        for wrong in [&["complaint"][..], &[""], &["DIGEST"], &["COMPLAINT", "COMPLAINT"]] {
            let Err(Error::Invalid(violations)) = of(&headers(wrong)) else { panic!("{wrong:?}") };
            let fields: Vec<_> = violations.iter().map(|one| one.field.as_str()).collect();
            assert_eq!(fields, [HEADER]);
        }
    }
}
