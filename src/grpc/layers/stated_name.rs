//! The family name of the user, as the metadata of a call states it. It is taken out of the headers, so that
//! nothing behind this sees it.

use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderMap;
use zeroize::Zeroizing;

use super::Error;
use crate::domain::violation::Violations;
use crate::gateway::stated_name::StatedName;

/// The name of the metadata. It is binary, because names are not ASCII.
const HEADER: &str = "ketenpoort-user-family-name-bin";

/// As gRPC writes binary metadata: with padding, or without.
const BINARY: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The name; none when there is no such header. What is no name is refused, and so are two of them.
pub(super) fn take(headers: &mut HeaderMap) -> Result<Option<Arc<StatedName>>, Error> {
    let mut given = headers.get_all(HEADER).iter();
    let (Some(text), more) = (given.next(), given.next()) else { return Ok(None) };
    let bytes = BINARY.decode(text.as_bytes()).ok().map(Zeroizing::new);
    let name = bytes.and_then(|bytes| StatedName::read(&bytes)).filter(|_| more.is_none());
    headers.remove(HEADER);
    let mut violations = Violations::new();
    let words = "must be a family name in UTF-8 of at most 200 bytes, and be given once";
    violations.require(name.is_some(), HEADER, "FAMILY_NAME", words);
    violations.into_result(())?;
    Ok(name.map(Arc::new))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        let value = |text: &&'static str| (HEADER.parse().unwrap(), HeaderValue::from_static(text));
        values.iter().map(value).collect()
    }

    #[test]
    fn a_name_is_taken_out_with_or_without_padding() {
        assert!(take(&mut headers(&[])).unwrap().is_none());
        for text in ["ZGUgVnJpZXM=", "ZGUgVnJpZXM"] {
            let mut headers = headers(&[text]);
            assert!(take(&mut headers).unwrap().is_some());
            assert!(headers.is_empty());
        }
    }

    #[test]
    fn what_is_no_name_is_refused_and_not_repeated() {
        for wrong in [&["de Vries"][..], &[""], &["//79"], &["ZGUgVnJpZXM=", "ZGUgVnJpZXM="]] {
            let mut headers = headers(wrong);
            let Err(Error::Invalid(violations)) = take(&mut headers) else { panic!("{wrong:?}") };
            let fields: Vec<_> = violations.iter().map(|one| one.field.as_str()).collect();
            assert_eq!(fields, [HEADER]);
            assert!(headers.is_empty());
            assert!(!format!("{violations:?}").contains("Vries"));
        }
    }
}
