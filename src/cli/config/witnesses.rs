//! `[witnesses]`: who outside watches the ledger.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::sources::Sources;
use super::{Config, ConfigError, span};
use crate::cli::witness::HttpsReach;
use crate::domain::id::Oin;
use crate::gateway::Clock;
use crate::gateway::witnesses::{Watch, Watcher};
use crate::ledger::note::{InvalidQuorum, Quorum, Witness};
use crate::tls;
use crate::tls::https::HttpsClient;

/// Who watches, and how often they are asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessesConfig {
    /// Each witness: its key, its address and, where it is kept by an organisation of the directory, the
    /// number of that.
    pub keys: Vec<WitnessKey>,
    /// How many must have cosigned; more than half of them when not given.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "number")]
    pub needed: Option<usize>,
    /// The roots that their certificates must lead to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// How often the newest checkpoint is sent to them.
    #[serde(with = "span")]
    pub ask_every: Duration,
}

/// One witness, as it is written: `key address` or `key address OIN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessKey {
    /// Its public key.
    pub key: Witness,
    /// Where it is reached, without `/add-checkpoint`.
    pub url: String,
    /// Who keeps it.
    pub oin: Option<Oin>,
}

/// A text that names no [`WitnessKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be the key of a witness, its https:// address and, if it has one, its OIN, with spaces between; \
     `ketenpoort witness vkey` prints the key"
)]
pub struct InvalidWitnessKey;

impl WitnessesConfig {
    /// How many must have cosigned.
    fn enough(&self) -> usize {
        self.needed.unwrap_or(self.keys.len() / 2 + 1)
    }

    /// Whose cosignatures count; nobody's without witnesses.
    pub(in crate::cli) fn quorum(&self) -> Result<Quorum, InvalidQuorum> {
        if self.keys.is_empty() {
            return Ok(Quorum::default());
        }
        Quorum::new(self.keys.iter().map(|one| one.key.clone()).collect(), self.enough())
    }

    /// Who watches, and how they are reached; none: nobody does.
    pub(in crate::cli) fn watch(&self) -> anyhow::Result<Option<Watch>> {
        let Some(roots) = self.ca_file.as_ref().filter(|_| !self.keys.is_empty()) else {
            return Ok(None);
        };
        let clock = Clock::system();
        let clock = tls::Clock::new(move || clock.now());
        let https = HttpsClient::load(roots, &clock).context("witnesses.ca_file")?;
        let addresses = self.keys.iter().map(|one| (one.key.name(), one.url.as_str()));
        let reach = Arc::new(HttpsReach::new(https, addresses));
        let witnesses = self.keys.iter();
        let witnesses =
            witnesses.map(|one| Watcher { key: one.key.clone(), oin: one.oin.clone() }).collect();
        Ok(Some(Watch { witnesses, needed: self.enough(), reach }))
    }
}

impl Config {
    /// Whoever names witnesses gets them all, or learns why not.
    pub(super) fn require_witnesses(&self, sources: &Sources) -> Result<(), ConfigError> {
        let WitnessesConfig { keys, needed, ca_file, .. } = &self.witnesses;
        let refuse = |name, rule| Err(sources.refuse("witnesses", name, rule));
        if keys.is_empty() {
            let rule = "is missing: the other keys of [witnesses] need it";
            let is_begun = needed.is_some() || ca_file.is_some();
            return if is_begun { refuse("keys", rule) } else { Ok(()) };
        }
        if ca_file.is_none() {
            return refuse("ca_file", "is missing: witnesses.keys needs it");
        }
        match self.witnesses.quorum() {
            Ok(_) => Ok(()),
            Err(InvalidQuorum::Needed) => {
                refuse("needed", "must be a number from 1 to that of the witnesses")
            }
            Err(InvalidQuorum::Repeated) => {
                refuse("keys", "has two witnesses with the same name or the same public key")
            }
            Err(InvalidQuorum::TooMany) => refuse("keys", "has more than 16 witnesses"),
        }
    }
}

impl FromStr for WitnessKey {
    type Err = InvalidWitnessKey;

    fn from_str(text: &str) -> Result<Self, InvalidWitnessKey> {
        let mut parts = text.split_whitespace();
        let mut part = || parts.next().ok_or(InvalidWitnessKey);
        let key = part()?.parse().or(Err(InvalidWitnessKey))?;
        let url = part()?.trim_end_matches('/').to_owned();
        let uri: http::Uri = url.parse().or(Err(InvalidWitnessKey))?;
        let oin = part().ok().map(str::parse).transpose().or(Err(InvalidWitnessKey))?;
        let is_https = uri.scheme_str() == Some("https") && uri.query().is_none();
        if !is_https || parts.next().is_some() {
            return Err(InvalidWitnessKey);
        }
        Ok(Self { key, url, oin })
    }
}

impl fmt::Display for WitnessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.key, self.url)?;
        self.oin.iter().try_for_each(|oin| write!(f, " {oin}"))
    }
}

impl Serialize for WitnessKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WitnessKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A number is written as text in an environment variable, and as a number in the file.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(usize),
        Text(String),
    }
    let rule = || serde::de::Error::custom("must be a whole number, for example 2");
    match Written::deserialize(deserializer).or(Err(rule()))? {
        Written::Number(number) => Ok(Some(number)),
        Written::Text(text) => text.parse().map(Some).or(Err(rule())),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::cli::config::{Config, ConfigError, Environment, Loaded, REFERENCE};
    use crate::ledger::note::Cosigner;

    fn line(name: &str, seed: u8, rest: &str) -> String {
        let witness = Cosigner::from_seed(name.parse().unwrap(), &[seed; 32]);
        format!("{} {rest}", witness.witness())
    }

    fn read(lines: &str) -> Result<Config, ConfigError> {
        let text = REFERENCE.replace("[witnesses]\n", &format!("[witnesses]\n{lines}"));
        let path = Path::new("/etc/kp/ketenpoort.toml");
        Loaded::of(path, &text, &Environment::default()).map(|loaded| loaded.config)
    }

    fn with_keys(keys: &[String], rest: &str) -> Result<Config, ConfigError> {
        read(&format!("keys = {keys:?}\n{rest}"))
    }

    #[test]
    fn witnesses_have_a_key_an_address_and_perhaps_an_organisation() {
        let keys = [
            line("w1.example", 1, "https://w1.example:8446/w 00000099000000002000"),
            line("w2.example", 2, "https://w2.example"),
        ];
        let config = with_keys(&keys, "ca_file = \"w.pem\"\n").unwrap().witnesses;
        assert_eq!(config.quorum().unwrap().needed(), 2, "more than half");
        assert_eq!(config.ca_file.as_deref(), Some(Path::new("/etc/kp/w.pem")));
        let [one, two] = config.keys.as_slice() else { panic!("two") };
        assert_eq!(
            one.oin.as_ref().map(crate::domain::id::Oin::as_str),
            Some("00000099000000002000")
        );
        assert_eq!((one.url.as_str(), two.oin.as_ref()), ("https://w1.example:8446/w", None));
        assert_eq!([one.to_string(), two.to_string()], keys);
        let one = with_keys(&keys, "ca_file = \"w.pem\"\nneeded = 1\n").unwrap();
        assert_eq!(one.witnesses.quorum().unwrap().needed(), 1);
    }

    #[test]
    fn witnesses_are_named_whole_or_not_at_all() {
        let good = line("w1.example", 1, "https://w1.example");
        let ca = "ca_file = \"w.pem\"\n";
        assert!(read("").unwrap().witnesses.keys.is_empty());
        for (keys, rest, named) in [
            (vec![], ca, "witnesses.keys"),
            (vec![good.clone()], "", "witnesses.ca_file"),
            (vec![good.clone()], "ca_file = \"w.pem\"\nneeded = 2\n", "witnesses.needed"),
            (vec![good.clone()], "ca_file = \"w.pem\"\nneeded = 0\n", "witnesses.needed"),
            (vec![good.clone(), good.clone()], ca, "witnesses.keys"),
            (vec![good.clone(), line("w2.example", 1, "https://w2.example")], ca, "witnesses.keys"),
            (vec![line("w1.example", 1, "http://w1.example")], ca, "witnesses.keys"),
            (vec![line("w1.example", 1, "")], ca, "witnesses.keys"),
            (vec![good.replacen('+', "x", 1)], ca, "witnesses.keys"),
            (vec![format!("{good} 123")], ca, "witnesses.keys"),
        ] {
            let error = with_keys(&keys, rest).unwrap_err().to_string();
            assert!(error.contains(named), "{keys:?}: {error}");
        }
    }
}
