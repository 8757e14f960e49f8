//! `[oidc]`: the login that follows the certificate of a privacy officer.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::Mode;
use super::sources::Sources;
use super::{Config, ConfigError};
use crate::cli::secret_file;
use crate::console::{LoginRules, SecondFactor};
use crate::gateway::Clock;
use crate::tls;
use crate::tls::https::HttpsClient;

/// The provider, and what it must say. Without an issuer there is no such login.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// The provider, as it names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// What the provider calls this console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// By what the provider recognises it; none: by PKCE alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
    /// The roots that the provider's own certificate must lead to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The address of the console, as browsers reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console_url: Option<String>,
    /// The methods of login that count.
    pub acr: Vec<String>,
    /// The claim with the number of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_claim: Option<String>,
    /// The claim with the number of the organisation.
    pub organisation_claim: String,
}

impl OidcConfig {
    /// The login, when there is one.
    pub(in crate::cli) fn second_factor(&self) -> anyhow::Result<Option<SecondFactor>> {
        let (Some(rules), Some(roots)) = (self.rules(), &self.ca_file) else { return Ok(None) };
        let secret = self.client_secret_file.as_ref().map(|path| secret_file::read(path));
        let secret = secret.transpose().context("oidc.client_secret_file")?;
        let clock = Clock::system();
        let clock = tls::Clock::new(move || clock.now());
        let https = HttpsClient::load(roots, &clock).context("oidc.ca_file")?;
        let secret = secret.map(|secret| secret.trim().to_owned());
        SecondFactor::new(rules, secret, https).map(Some).context("[oidc]")
    }

    fn rules(&self) -> Option<LoginRules> {
        Some(LoginRules {
            issuer: self.issuer.clone()?,
            client_id: self.client_id.clone()?,
            console_url: self.console_url.clone()?,
            acr: self.acr.clone(),
            user_claim: self.user_claim.clone()?,
            organisation_claim: self.organisation_claim.clone(),
        })
    }

    /// Whether anything was set that means nothing without an issuer.
    fn is_begun(&self) -> bool {
        let texts = [&self.client_id, &self.console_url, &self.user_claim];
        let files = [&self.client_secret_file, &self.ca_file];
        texts.into_iter().any(Option::is_some)
            || files.into_iter().any(Option::is_some)
            || !self.acr.is_empty()
    }

    /// Files that are named.
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.client_secret_file.iter_mut().chain(&mut self.ca_file)
    }
}

impl Config {
    /// All of `[oidc]` or nothing; and in production there are no pages without it: a certificate may
    /// be in a browser that somebody left open.
    pub(super) fn require_second_factor(&self, sources: &Sources) -> Result<(), ConfigError> {
        let oidc = &self.oidc;
        if oidc.issuer.is_none() {
            let is_needed = self.gateway.mode == Mode::Production && self.console.listen.is_some();
            let rule = "is missing: with mode = \"production\" privacy officers need a second factor \
                        beside their certificate";
            if is_needed {
                return Err(sources.refuse("oidc", "issuer", rule));
            }
            // Whoever began to set a login up would think that there is one.
            let rule = "is missing: the other keys of [oidc] need it";
            return if oidc.is_begun() {
                Err(sources.refuse("oidc", "issuer", rule))
            } else {
                Ok(())
            };
        }
        let rule = "is missing: oidc.issuer needs it";
        for (name, is_given) in [
            ("client_id", oidc.client_id.is_some()),
            ("ca_file", oidc.ca_file.is_some()),
            ("console_url", oidc.console_url.is_some()),
            ("acr", !oidc.acr.is_empty()),
            ("user_claim", oidc.user_claim.is_some()),
        ] {
            if !is_given {
                return Err(sources.refuse("oidc", name, rule));
            }
        }
        for (name, url) in [("issuer", &oidc.issuer), ("console_url", &oidc.console_url)] {
            if !url.as_ref().is_some_and(|url| url.starts_with("https://")) {
                return Err(sources.refuse("oidc", name, "must begin with https://"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::cli::config::{Config, ConfigError, Environment, Loaded, REFERENCE};

    const FULL: &str = "issuer = \"https://login.example\"\nclient_id = \"kp\"\n\
                        ca_file = \"login-ca.pem\"\nconsole_url = \"https://console.example\"\n\
                        acr = [\"urn:example:two\"]\nuser_claim = \"employee_number\"\n";

    fn read(mode: &str, oidc: &str) -> Result<Config, ConfigError> {
        let text = REFERENCE.replace("mode = \"test\"", &format!("mode = \"{mode}\""));
        let text = text.replace("[oidc]\n", &format!("[oidc]\n{oidc}"));
        let path = Path::new("/etc/kp/ketenpoort.toml");
        Loaded::of(path, &text, &Environment::default()).map(|loaded| loaded.config)
    }

    #[test]
    fn a_login_is_whole_or_there_is_none() {
        let whole = read("production", FULL).unwrap().oidc;
        assert_eq!(whole.ca_file.as_deref(), Some(Path::new("/etc/kp/login-ca.pem")));
        assert_eq!(whole.rules().unwrap().user_claim, "employee_number");
        for name in ["issuer", "client_id", "ca_file", "console_url", "acr", "user_claim"] {
            let lines = FULL.split_inclusive('\n').filter(|line| !line.starts_with(name));
            let rest: String = lines.collect();
            let error = read("test", &rest).unwrap_err().to_string();
            assert!(error.contains(&format!("oidc.{name}")), "{error}");
        }
        let plain = FULL.replace("https://login", "http://login");
        assert!(read("test", &plain).unwrap_err().to_string().contains("oidc.issuer"));
    }

    #[test]
    fn pages_for_real_officers_need_a_second_factor() {
        assert_eq!(read("test", "").unwrap().oidc.rules(), None);
        let error = read("production", "").unwrap_err().to_string();
        assert!(error.contains("oidc.issuer") && error.contains("second factor"), "{error}");
    }
}
