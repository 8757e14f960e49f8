//! The names under which a deployment exports: its addresses, and what its organisations are called.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Serialize;

use crate::domain::disclosure::DisclosureRecord;
use crate::domain::id::Oin;

/// An address that others resolve or compare. It holds nothing that a log or a table could not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Uri(String);

/// A text that is no [`Uri`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an address like https://example.nl/path, without a slash at its end")]
pub struct InvalidUri;

impl Uri {
    /// Where the register of processing activities is, unless it is elsewhere.
    pub fn register(&self) -> Result<Self, InvalidUri> {
        format!("{}/verwerkingsactiviteiten", self.0).parse()
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Uri {
    type Err = InvalidUri;

    fn from_str(text: &str) -> Result<Self, InvalidUri> {
        let is_known = ["https://", "http://", "urn:"]
            .iter()
            .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()));
        let plain = text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b));
        if is_known && plain && text.len() <= 200 && !text.ends_with('/') {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidUri)
        }
    }
}

/// What stands in exports and in no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Base of the region's code systems and kinds of identifiers.
    pub base: Uri,
    /// Base of the register of processing activities (AVG art. 30).
    pub register: Uri,
    /// The gateway's own number.
    pub gateway: Oin,
    /// What the gateway is called.
    pub gateway_name: String,
    /// Under which name it is reached.
    pub gateway_address: String,
    /// Version of the program that logged.
    pub software_version: String,
    /// The application behind an organisation that calls (LDV `foreign_operation.processor`).
    pub applications: BTreeMap<Oin, Uri>,
    /// What organisations are called, from the directory.
    pub organisations: BTreeMap<Oin, String>,
}

/// How activities are called in records.
const ACTIVITY: &str = "urn:ketenpoort:activity:";

impl Names {
    /// What follows from the name of the ledger: a URL without its scheme.
    pub fn of(origin: &str, gateway: Oin) -> Result<Self, InvalidUri> {
        let base: Uri = format!("https://{origin}").parse()?;
        let host = origin.split('/').next().unwrap_or(origin);
        Ok(Self {
            register: base.register()?,
            base,
            gateway,
            gateway_name: "Ketenpoort".to_owned(),
            gateway_address: host.to_owned(),
            software_version: env!("CARGO_PKG_VERSION").to_owned(),
            applications: BTreeMap::new(),
            organisations: BTreeMap::new(),
        })
    }

    /// One of the region's code systems.
    pub(super) fn code_system(&self, name: &str) -> String {
        format!("{}/fhir/CodeSystem/{name}", self.base.as_str())
    }

    /// What kind of name a pseudonym is.
    pub(super) fn pseudonyms(&self) -> String {
        format!("{}/id-types/vvt-pseudonym-v1", self.base.as_str())
    }

    /// The activity of a record, in the register of the deployment. One that was recorded with an
    /// address of its own keeps it.
    pub(super) fn activity(&self, record: &DisclosureRecord) -> String {
        match record.processing_activity_id.strip_prefix(ACTIVITY) {
            Some(activity) => format!("{}/{activity}", self.register.as_str()),
            None => record.processing_activity_id.clone(),
        }
    }

    /// The application of the organisation that acted, where it is known.
    pub(super) fn application(&self, record: &DisclosureRecord) -> Option<&str> {
        self.applications.get(&record.acting_party().org_oin).map(Uri::as_str)
    }

    /// What an organisation is called. The gateway is called as it is configured.
    pub(super) fn called(&self, oin: &Oin) -> Option<&str> {
        if *oin == self.gateway {
            return Some(&self.gateway_name);
        }
        self.organisations.get(oin).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_no_trailing_slash() {
        for good in ["https://vvt.example", "https://a.example/b/c", "urn:oid:2.16.528"] {
            assert_eq!(good.parse::<Uri>().unwrap().as_str(), good);
        }
        for bad in ["", "vvt.example", "https://", "https://a/", "https://a b", "ftp://a", "urn:"] {
            assert_eq!(bad.parse::<Uri>(), Err(InvalidUri), "{bad}");
        }
    }
}
