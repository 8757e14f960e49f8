//! What the TLS edge needs, out of the configuration.

use crate::gateway::Clock;
use crate::tls::trust::{Clients, Protocol, TrustError, Versions};
use crate::tls::{self, IdentityPolicy, LiveTrust, TestOins, TrustFiles, TrustOptions};

use super::config::{Config, Mode, StaleCrl};

/// Reads certificates, keys and revocation lists. Blocks on the disk.
pub(super) fn load(config: &Config, clock: &Clock) -> Result<LiveTrust, TrustError> {
    LiveTrust::load(files(config), options(config), tls_clock(clock))
}

/// The same for the console: browsers, with a certificate or without. They all know TLS 1.3.
pub(super) fn load_for_console(config: &Config, clock: &Clock) -> Result<LiveTrust, TrustError> {
    let options = TrustOptions {
        versions: Versions::Tls13,
        protocol: Protocol::Web,
        clients: Clients::Anybody,
        ..options(config)
    };
    LiveTrust::load(files(config), options, tls_clock(clock))
}

/// Which organisations may connect beyond what holds for all.
pub(super) const fn identity_policy(config: &Config) -> IdentityPolicy {
    IdentityPolicy {
        test_oins: match config.gateway.mode {
            Mode::Production => TestOins::Refuse,
            Mode::Test => TestOins::Accept,
        },
    }
}

fn tls_clock(clock: &Clock) -> tls::Clock {
    let clock = clock.clone();
    tls::Clock::new(move || clock.now())
}

fn files(config: &Config) -> TrustFiles {
    let tls = &config.tls;
    TrustFiles {
        anchors: tls.client_ca_file.clone(),
        intermediates: tls.client_intermediate_files.clone(),
        revocation_lists: tls.crl_files.clone(),
        server_chain: tls.certificate_file.clone(),
        server_key: tls.key_file.clone(),
    }
}

fn options(config: &Config) -> TrustOptions {
    TrustOptions {
        versions: if config.tls.allow_tls12 { Versions::Tls12And13 } else { Versions::Tls13 },
        stale_crl: match config.tls.stale_crl {
            StaleCrl::Refuse => tls::StaleCrl::Refuse,
            StaleCrl::Accept => tls::StaleCrl::Accept,
        },
        ..TrustOptions::default()
    }
}
