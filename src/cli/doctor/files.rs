//! Files: the keyring, what the TLS edge needs, the directory.

use std::time::Duration;

use crate::domain::organisation::Organisation;
use crate::domain::time::Timestamp;
use crate::gateway::Clock;
use crate::vault::keyring::Keyring;

use super::Check;
use crate::cli::config::{Config, StaleCrl};
use crate::cli::{directory, keys, secret_file, trust};

/// A list of a public authority counts for days: this is time enough to find out why it was not
/// fetched.
const LIST_WARNING: Duration = Duration::from_hours(24);

/// An agreement takes meetings to renew.
const AGREEMENT_WARNING: Duration = Duration::from_hours(60 * 24);

pub(super) fn keyring(config: &Config) -> (Option<Keyring>, Check) {
    const NAME: &str = "keyring";
    let path = &config.gateway.keyring_file;
    match keys::read(path) {
        Ok(keyring) => {
            let current = keyring.current_kek_id();
            let older = keyring.kek_ids().count() - 1;
            let detail = format!("{}: encrypts with {current}, {older} older", path.display());
            (Some(keyring), Check::ok(NAME, detail))
        }
        Err(error) => {
            let fix = if path.exists() {
                format!("`chmod 600 {}`, or put back the copy that was kept", path.display())
            } else {
                format!("`ketenpoort keyring new --out {}` for a new gateway", path.display())
            };
            (None, Check::fail(NAME, format!("{:#}", anyhow::Error::new(error)), fix))
        }
    }
}

/// The private key, the authorities and their revocation lists, as the gateway would load them.
pub(super) fn trust(config: &Config, clock: &Clock) -> Vec<Check> {
    let key = match secret_file::require_private(&config.tls.key_file) {
        Ok(()) => Check::ok("private key", config.tls.key_file.display().to_string()),
        Err(error) => {
            let fix = format!("`chmod 600 {}`", config.tls.key_file.display());
            Check::fail("private key", error.to_string(), fix)
        }
    };
    let loaded = match trust::load(config, clock) {
        Ok(loaded) => loaded,
        Err(error) => {
            let fix = "the files in [tls] must be PEM and fit together; \
                       certs-example/README.md tells what belongs in each";
            return vec![key, Check::fail("trust", error.to_string(), fix)];
        }
    };
    let status = loaded.status();
    let detail = format!(
        "{} authorities' files, {} certificates revoked",
        config.tls.client_intermediate_files.len() + 1,
        status.revoked
    );
    let lists = lists(config.tls.stale_crl, status.next_update, clock.now());
    vec![key, Check::ok("trust", detail), lists]
}

fn lists(stale: StaleCrl, next_update: Option<Timestamp>, now: Timestamp) -> Check {
    const NAME: &str = "revocation lists";
    const FIX: &str = "fetch the lists again (`ketenpoort pki crl` for a development authority) and \
                       send the gateway SIGHUP; a timer should do both";
    let Some(next_update) = next_update else {
        return Check::ok(NAME, "no list has a date");
    };
    if next_update < now {
        let detail = format!("past their date since {next_update}");
        return match stale {
            StaleCrl::Refuse => {
                Check::fail(NAME, format!("{detail}: certificates under them are refused"), FIX)
            }
            StaleCrl::Accept => {
                Check::warn(NAME, format!("{detail}: revocations since then are not known"), FIX)
            }
        };
    }
    if next_update < now.plus(LIST_WARNING) {
        return Check::warn(NAME, format!("run out at {next_update}"), FIX);
    }
    Check::ok(NAME, format!("count until {next_update}"))
}

pub(super) fn directory(config: &Config, now: Timestamp) -> Check {
    const NAME: &str = "directory";
    let path = config.gateway.directory_file.display();
    let file = match directory::of_config(config) {
        Ok(file) => file,
        Err(error) => {
            let fix = "certs-example/directory.toml shows one";
            return Check::fail(NAME, error.to_string(), fix);
        }
    };
    let pack = &file.policy;
    if !pack.term.includes(now.date()) {
        let detail = format!("nothing is shared: policy {} is not in force today", pack.version);
        return Check::fail(NAME, detail, "see valid_from and valid_until of the policy pack");
    }
    let refused = listed(&file.organisations, |one| one.admit(now.date()).is_err());
    let soon = now.plus(AGREEMENT_WARNING).date();
    if !pack.term.includes(soon) {
        let detail =
            format!("policy {} ends before {soon}, and nothing is shared then", pack.version);
        return Check::warn(NAME, detail, "have the pack that follows it ready");
    }
    let ending = listed(&file.organisations, |one| {
        one.admit(now.date()).is_ok() && one.admit(soon).is_err()
    });
    let troubles: Vec<String> = [("not admitted", refused), ("agreement ends soon", ending)]
        .into_iter()
        .filter(|(_, organisations)| !organisations.is_empty())
        .map(|(trouble, organisations)| format!("{trouble}: {}", organisations.join(", ")))
        .collect();
    if !troubles.is_empty() {
        let detail = format!("{path}: {}", troubles.join("; "));
        return Check::warn(NAME, detail, "see standing and agreement of these organisations");
    }
    let (count, version) = (file.organisations.len(), &file.policy.version);
    Check::ok(NAME, format!("{path}: {count} organisations, policy {version}"))
}

fn listed(organisations: &[Organisation], which: impl Fn(&Organisation) -> bool) -> Vec<String> {
    organisations.iter().filter(|one| which(one)).map(|one| one.oin().to_string()).collect()
}
