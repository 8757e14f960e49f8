//! `[export]`: the names that stand in exports and in no record.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::export::{InvalidUri, Names, Uri};
use crate::domain::id::Oin;

use super::GatewayConfig;

/// Under which names the gateway exports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportConfig {
    /// Base of code systems and kinds of identifiers; from the origin when not given.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "uri")]
    pub base_uri: Option<Uri>,
    /// Base of the register of processing activities; under `base_uri` when not given.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "uri")]
    pub register_uri: Option<Uri>,
    /// What the gateway is called.
    pub gateway_name: String,
    /// Under which name it is reached; the host in the origin when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_address: Option<String>,
    /// The applications behind organisations.
    pub applications: Vec<Application>,
}

/// The application from which an organisation calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Whose.
    pub oin: Oin,
    /// Its address.
    pub uri: Uri,
}

/// A text that names no [`Application`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an OIN, =, and an address like https://example.nl/application")]
pub struct InvalidApplication;

impl ExportConfig {
    /// The names with which a gateway exports.
    pub fn names(&self, gateway: &GatewayConfig) -> Result<Names, InvalidUri> {
        let mut names = Names::of(gateway.origin.as_str(), gateway.oin.clone())?;
        if let Some(base) = &self.base_uri {
            names.base = base.clone();
            names.register = base.register()?;
        }
        if let Some(register) = &self.register_uri {
            names.register = register.clone();
        }
        if let Some(address) = &self.gateway_address {
            names.gateway_address.clone_from(address);
        }
        names.gateway_name.clone_from(&self.gateway_name);
        let pairs = self.applications.iter().map(|one| (one.oin.clone(), one.uri.clone()));
        names.applications = pairs.collect();
        Ok(names)
    }

    /// With what follows from other values.
    pub(super) fn with_derived(&self, gateway: &GatewayConfig) -> Self {
        match self.names(gateway) {
            Ok(names) => Self {
                base_uri: Some(names.base),
                register_uri: Some(names.register),
                gateway_address: Some(names.gateway_address),
                ..self.clone()
            },
            Err(InvalidUri) => self.clone(),
        }
    }
}

impl FromStr for Application {
    type Err = InvalidApplication;

    fn from_str(text: &str) -> Result<Self, InvalidApplication> {
        let (oin, uri) = text.split_once('=').ok_or(InvalidApplication)?;
        Ok(Self {
            oin: oin.trim().parse().or(Err(InvalidApplication))?,
            uri: uri.trim().parse().or(Err(InvalidApplication))?,
        })
    }
}

impl fmt::Display for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.oin, self.uri.as_str())
    }
}

impl Serialize for Application {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Application {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn uri<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uri>, D::Error> {
    String::deserialize(deserializer)?.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::config::{Config, Environment, Loaded, REFERENCE};
    use std::path::Path;

    fn config(section: &str) -> Config {
        let text = REFERENCE.replace("gateway_name = \"Ketenpoort\"\n", section);
        Loaded::of(Path::new("/etc/kp/ketenpoort.toml"), &text, &Environment::default())
            .unwrap()
            .config
    }

    #[test]
    fn names_follow_from_the_origin() {
        let config = config("");
        let names = config.export.names(&config.gateway).unwrap();
        assert_eq!(names.base.as_str(), "https://ketenpoort.example/haaglanden/2026");
        let register = "https://ketenpoort.example/haaglanden/2026/verwerkingsactiviteiten";
        assert_eq!(names.register.as_str(), register);
        assert_eq!(names.gateway_address, "ketenpoort.example");
        assert_eq!((&*names.gateway_name, &names.gateway), ("Ketenpoort", &config.gateway.oin));
    }

    #[test]
    fn what_is_set_counts() {
        let config = config(
            "base_uri = \"https://vvt.example\"\ngateway_name = \"VVT gateway\"\n\
             gateway_address = \"gw.vvt.example\"\n\
             applications = [\"00000099000000003000=https://s.example/app\"]\n",
        );
        let names = config.export.names(&config.gateway).unwrap();
        assert_eq!(names.register.as_str(), "https://vvt.example/verwerkingsactiviteiten");
        assert_eq!(
            (&*names.gateway_name, &*names.gateway_address),
            ("VVT gateway", "gw.vvt.example")
        );
        let steunpunt: Oin = "00000099000000003000".parse().unwrap();
        assert_eq!(names.applications[&steunpunt].as_str(), "https://s.example/app");
    }

    #[test]
    fn an_application_is_an_oin_and_an_address() {
        let text = "00000099000000003000=https://s.example/app?a=b";
        assert_eq!(text.parse::<Application>().unwrap().to_string(), text);
        for bad in ["", "00000099000000003000", "=https://s.example", "00000099000000003000=s"] {
            assert_eq!(bad.parse::<Application>(), Err(InvalidApplication), "{bad}");
        }
    }
}
