//! Two partners that watch the demo's ledger from outside, each with a key, a certificate and an address
//! of its own: what `ketenpoort witness serve` does, in the demo's process.

use std::path::Path;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::party::Party;
use crate::cli::witness::{self, Keeper};
use crate::gateway::Clock;
use crate::ledger::note::{KeyName, Verifier};
use crate::tls::authority::Subject;
use crate::tls::development::LEAF_VALIDITY;
use crate::tls::identity::Validity;
use crate::tls::{self, DevelopmentPki, OpenServer};

/// Who watches.
const WATCHING: [Party; 2] = [Party::Police, Party::Fg];

/// The witnesses, as long as this is kept.
#[derive(Debug)]
pub(super) struct Outsiders {
    /// Their section of the configuration.
    pub(super) section: String,
    watching: Vec<JoinHandle<()>>,
}

impl Outsiders {
    /// Makes keys and certificates under `directory`, and starts to watch the ledger of this key.
    pub(super) async fn start(
        directory: &Path,
        pki: &mut DevelopmentPki,
        ledger: &Verifier,
        clock: &Clock,
    ) -> anyhow::Result<Self> {
        let (mut lines, mut watching) = (Vec::new(), Vec::new());
        for party in WATCHING {
            let home = directory.join("witnesses").join(party.slug());
            std::fs::create_dir_all(&home)?;
            let name: KeyName = format!("witness.{}.example", party.slug()).parse()?;
            let key = witness::new_key(&name, &home.join("witness.key"))?;
            let server = certified(pki, party)?;
            let ledgers = vec![ledger.clone()];
            let keeper = Keeper::open(key, ledgers, &home.join("state"), clock.clone())?;
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let address = listener.local_addr()?;
            lines.push(format!("{} https://{address} {}", keeper.witness(), party.oin()));
            watching.push(tokio::spawn(witness::serve(listener, server, keeper)));
        }
        let section = format!(
            "\n[witnesses]\n# Only while the demo runs.\nkeys = {lines:?}\nneeded = {}\nca_file = \"pki/ca/root.pem\"\nask_every = \"2s\"\n",
            WATCHING.len()
        );
        Ok(Self { section, watching })
    }
}

fn certified(pki: &mut DevelopmentPki, party: Party) -> anyhow::Result<OpenServer> {
    let system = Clock::system();
    let today = system.now();
    let subject =
        Subject { oin: party.oin().parse()?, organisation: party.slug().to_owned(), unit: None };
    let validity = Validity { not_before: today, not_after: today.plus(LEAF_VALIDITY) };
    let slug = format!("witness-{}", party.slug());
    let files = pki.issue_server(&slug, &subject, &["127.0.0.1"], validity)?;
    let clock = tls::Clock::new(move || system.now());
    OpenServer::load(&files.chain, &files.key, &clock).context("a witness of the demo")
}

impl Drop for Outsiders {
    fn drop(&mut self) {
        for one in &self.watching {
            one.abort();
        }
    }
}
