//! The configuration: one TOML file, overruled by environment variables.
//!
//! Invariants: this module is the only one that reads the environment; a key that is not known is
//! an error, never ignored; a password never leaves this module in a text meant for people. Secrets
//! themselves stand in files of their own, which the configuration only names.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::id::Oin;
use crate::domain::retention::{LogYears, NetworkDays, PayloadDays};
use crate::ledger::note::KeyName;

mod database_url;
mod digest;
mod error;
mod export;
mod keys;
mod lines;
mod oidc;
mod sources;
mod span;
mod witnesses;

pub use database_url::{DatabaseUrl, InvalidDatabaseUrl};
pub use digest::{DigestConfig, InvalidOffice, Office};
pub use error::{ConfigError, Origin, Problem};
pub use export::{Application, ExportConfig, InvalidApplication};
pub use oidc::OidcConfig;
pub use sources::{Environment, colour_unwanted, columns};
pub use witnesses::{InvalidWitnessKey, WitnessKey, WitnessesConfig};

use keys::Key;
use sources::Sources;

/// The commented file with every key: `certs-example/ketenpoort.toml`.
pub const REFERENCE: &str = include_str!("../../certs-example/ketenpoort.toml");

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who this gateway is.
    pub gateway: GatewayConfig,
    /// Where it stores.
    pub database: DatabaseConfig,
    /// Where it listens.
    pub grpc: GrpcConfig,
    /// Where privacy officers look.
    #[serde(default)]
    pub console: ConsoleConfig,
    /// How privacy officers log in, beside their certificate.
    pub oidc: OidcConfig,
    /// The weekly mail of saved searches.
    pub digest: DigestConfig,
    /// Who outside watches its ledger.
    pub witnesses: WitnessesConfig,
    /// Under which names it exports.
    pub export: ExportConfig,
    /// How it looks after what must be done in time.
    pub deadlines: DeadlinesConfig,
    /// Whom it trusts.
    pub tls: TlsConfig,
    /// What it tells operators.
    pub ops: OpsConfig,
    /// What it tells.
    pub log: LogConfig,
    /// How long it keeps what it recorded.
    pub retention: RetentionConfig,
}

/// Who this gateway is and by which rules it works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayConfig {
    /// Its own number.
    pub oin: Oin,
    /// Name of its ledger: first line of every checkpoint, and name of the key that signs them.
    #[serde(with = "as_text")]
    pub origin: KeyName,
    /// Whether test organisations may connect.
    pub mode: Mode,
    /// Organisations, routing, policy.
    pub directory_file: PathBuf,
    /// Its secrets.
    pub keyring_file: PathBuf,
    /// What it has signed; beside the secrets when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor_file: Option<PathBuf>,
}

impl GatewayConfig {
    /// Where the newest checkpoint that it has signed is kept, outside the database.
    pub fn anchor(&self) -> PathBuf {
        self.anchor_file.clone().unwrap_or_else(|| {
            let mut name = self.keyring_file.file_name().unwrap_or_default().to_owned();
            name.push(".anchor");
            self.keyring_file.with_file_name(name)
        })
    }
}

/// What the gateway is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Real people.
    Production,
    /// Invented people: organisations with a test OIN may connect.
    Test,
}

/// Where rows and keys are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    /// The data and the ledger.
    pub url: DatabaseUrl,
    /// The keys of people and cases; beside the data when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_url: Option<DatabaseUrl>,
}

impl DatabaseConfig {
    /// Where the keys of people and cases are stored.
    pub fn keys(&self) -> DatabaseUrl {
        self.keys_url.clone().unwrap_or_else(|| self.url.beside("-keys"))
    }
}

/// The port for organisations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrpcConfig {
    /// Address and port.
    #[serde(deserialize_with = "listen")]
    pub listen: SocketAddr,
    /// Whether clients may ask for the description of the interface.
    pub reflection: bool,
    /// How long calls under way may take to end after the gateway was told to stop.
    #[serde(with = "span")]
    pub drain_max: Duration,
}

/// The pages for privacy officers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsoleConfig {
    /// Address and port; none: there are no pages.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "listen_or_not")]
    pub listen: Option<SocketAddr>,
}

/// How the gateway looks after what must be done in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadlinesConfig {
    /// Longest pause between two looks for what is late. It also looks at the moment itself.
    #[serde(with = "span")]
    pub sweep_every: Duration,
}

/// The port for operators: whether it lives, whether it is ready, and its figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpsConfig {
    /// Address and port; none: there is no such port.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "listen_or_not")]
    pub listen: Option<SocketAddr>,
    /// Whether others than this machine may reach it.
    pub allow_remote: bool,
}

/// Certificates and revocation lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// Our own certificate, followed by the intermediates that clients need.
    pub certificate_file: PathBuf,
    /// Our own private key.
    pub key_file: PathBuf,
    /// The roots that client certificates must lead to.
    pub client_ca_file: PathBuf,
    /// The authorities between those roots and the clients.
    pub client_intermediate_files: Vec<PathBuf>,
    /// A revocation list of every root and every authority between.
    pub crl_files: Vec<PathBuf>,
    /// Whether partners may use TLS 1.2.
    pub allow_tls12: bool,
    /// What a revocation list past its date means.
    pub stale_crl: StaleCrl,
    /// Whether it is remembered, under a pseudonym, from which networks certificates come.
    pub watch_networks: bool,
}

/// What a revocation list past its date means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StaleCrl {
    /// Certificates under it are refused.
    Refuse,
    /// It counts as if it were fresh.
    Accept,
}

/// The log of the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// The least important events that are written.
    pub level: Level,
    /// How they are written.
    pub format: LogFormat,
}

/// How long entries of the ledger and content are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionConfig {
    /// Years from the moment an entry was recorded.
    #[serde(with = "as_text")]
    pub log_years: LogYears,
    /// Days that content is kept when nobody needs it any more.
    #[serde(with = "as_text")]
    pub payload_days: PayloadDays,
    /// Days that it is remembered from which network a certificate came.
    #[serde(with = "as_text")]
    pub network_days: NetworkDays,
}

/// How important an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something must be repaired.
    Error,
    /// Something needs a look.
    Warn,
    /// What an operator wants to know.
    Info,
    /// What a developer wants to know.
    Debug,
    /// Everything.
    Trace,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// Lines for people.
    Text,
}

/// A configuration and where each of its values comes from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The values in force. All paths are absolute or relative to the working directory.
    pub config: Config,
    origins: Vec<(&'static Key, Origin)>,
}

/// One value of the configuration in force, fit to be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// Section of the file.
    #[serde(skip)]
    pub section: &'static str,
    /// Key within the section.
    #[serde(skip)]
    pub name: &'static str,
    /// Both, with a dot between.
    pub key: String,
    /// The value; passwords are left out.
    pub value: toml::Value,
    /// Where it comes from.
    pub origin: Origin,
}

impl Loaded {
    /// Reads the file at `path` and the environment of this process.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| ConfigError::unreadable(path, &error))?;
        Self::of(path, &text, &Environment::of_process())
    }

    /// Reads a text as if it stood in the file at `path`.
    pub fn of(path: &Path, text: &str, environment: &Environment) -> Result<Self, ConfigError> {
        let sources = Sources::read(path, text, environment)?;
        let mut config: Config = sources.extract()?;
        config.require_loopback(&sources)?;
        config.require_second_factor(&sources)?;
        config.require_witnesses(&sources)?;
        config.require_digest(&sources)?;
        config.resolve(path.parent().unwrap_or_else(|| Path::new("")));
        Ok(Self { config, origins: sources.origins() })
    }

    /// Every value in force, in the order of the reference file.
    pub fn settings(&self) -> Vec<Setting> {
        let config = Config {
            gateway: GatewayConfig {
                anchor_file: Some(self.config.gateway.anchor()),
                ..self.config.gateway.clone()
            },
            database: DatabaseConfig {
                keys_url: Some(self.config.database.keys()),
                ..self.config.database.clone()
            },
            export: self.config.export.with_derived(&self.config.gateway),
            ..self.config.clone()
        };
        let table = toml::Table::try_from(&config).unwrap_or_default();
        let value = |key: &Key| table.get(key.section)?.get(key.name).cloned();
        let setting = |(key, origin): &(&'static Key, Origin)| {
            Some(Setting {
                section: key.section,
                name: key.name,
                key: key.path(),
                value: value(key)?,
                origin: origin.clone(),
            })
        };
        self.origins.iter().filter_map(setting).collect()
    }
}

impl Config {
    /// The port for operators asks nobody who they are.
    fn require_loopback(&self, sources: &Sources) -> Result<(), ConfigError> {
        let reachable = self.ops.listen.is_some_and(|address| !address.ip().is_loopback());
        if reachable && !self.ops.allow_remote {
            let rule = "must be an address of this machine only, for example 127.0.0.1:9464: \
                        whoever reaches it needs no certificate; ops.allow_remote permits others";
            return Err(sources.refuse("ops", "listen", rule));
        }
        Ok(())
    }

    /// Paths count from the file that they stand in, so that it does not matter where a command is
    /// started.
    fn resolve(&mut self, base: &Path) {
        let gateway = [&mut self.gateway.directory_file, &mut self.gateway.keyring_file];
        let tls = &mut self.tls;
        let own = [&mut tls.certificate_file, &mut tls.key_file, &mut tls.client_ca_file];
        let lists = tls.client_intermediate_files.iter_mut().chain(&mut tls.crl_files);
        let anchor = self.gateway.anchor_file.as_mut();
        let login = self.oidc.paths().chain(&mut self.witnesses.ca_file);
        for path in gateway.into_iter().chain(anchor).chain(own).chain(lists).chain(login) {
            *path = base.join(&*path);
        }
        self.database.url.resolve(base);
        if let Some(url) = &mut self.database.keys_url {
            url.resolve(base);
        }
    }
}

fn listen<'de, D: serde::Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(|_invalid| {
        serde::de::Error::custom("must be an IP address and a port, for example 0.0.0.0:8443")
    })
}

fn listen_or_not<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Option<SocketAddr>, D::Error> {
    listen(from).map(Some)
}

/// Values that are written as their text.
pub(in crate::cli) mod as_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(in crate::cli) fn serialize<T: Display, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(in crate::cli) fn deserialize<'de, T, D: Deserializer<'de>>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
    {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
