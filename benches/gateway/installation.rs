//! A gateway with everything it needs in a directory of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context as _, bail};
use ketenpoort::gateway::Clock;
use ketenpoort::tls::development::{DevelopmentPki, Organisation};
use ketenpoort::vault::keyring::Keyring;
use tempfile::TempDir;
use tonic::transport::Channel;

use crate::ledger_reader::LedgerReader;
use crate::options::Store;
use crate::process::{Memory, Process, cpu_of};
use crate::{client, machine, postgres};

/// The binary that is measured.
const BINARY: &str = env!("CARGO_BIN_EXE_ketenpoort");

/// Organisations, teams, routing, policy.
const DIRECTORY: &str = include_str!("../../certs-example/directory.toml");
const POLICY: &str = include_str!("../../certs-example/haaglanden-1.toml");

/// Name of the ledger.
pub(crate) const ORIGIN: &str = "ketenpoort.example/bench";

/// Police, Steunpunt and mental health care, by the names of their certificates.
pub(crate) const POLICE: &str = "police";
pub(crate) const STEUNPUNT: &str = "steunpunt";
pub(crate) const GGZ: &str = "ggz";

/// The number of an organisation.
pub(crate) const POLICE_OIN: &str = "00000099000000002000";
pub(crate) const STEUNPUNT_OIN: &str = "00000099000000003000";
pub(crate) const GGZ_OIN: &str = "00000099000000006000";

/// Certificates, keys, configuration and a database. Gone when dropped.
pub(crate) struct Installation {
    directory: TempDir,
    store: Store,
    /// The URL of the PostgreSQL database, unless the store is SQLite.
    postgres: Option<String>,
}

impl Installation {
    pub(crate) fn new(store: Store) -> anyhow::Result<Self> {
        let mut builder = tempfile::Builder::new();
        let directory = builder.prefix("gateway-").tempdir_in(machine::data_directory())?;
        let path = directory.path();
        let parties = [(POLICE_OIN, POLICE), (STEUNPUNT_OIN, STEUNPUNT), (GGZ_OIN, GGZ)];
        let parties = parties.map(organisation).into_iter().collect::<Result<Vec<_>, _>>()?;
        drop(DevelopmentPki::lay_out(&path.join("pki"), &parties, Clock::system().now())?);
        std::fs::write(path.join("directory.toml"), DIRECTORY)?;
        std::fs::write(path.join("haaglanden-1.toml"), POLICY)?;
        write_secret(&path.join("keyring"), &Keyring::generate()?.to_file_text())?;
        let postgres = (store != Store::Sqlite).then(postgres::fresh_database);
        let url = postgres.as_deref().unwrap_or("sqlite:ketenpoort.sqlite");
        std::fs::write(path.join("ketenpoort.toml"), configuration(url))?;
        Ok(Self { directory, store, postgres })
    }

    /// Starts the gateway, or as many as the store has replicas.
    pub(crate) fn start(&self) -> anyhow::Result<Gateways> {
        let count = if self.store == Store::PostgresTwoReplicas { 2 } else { 1 };
        let start = |_| Process::start(self.command(&["serve"]));
        Ok(Gateways((0..count).map(start).collect::<Result<_, _>>()?))
    }

    /// Recomputes the whole ledger from its stored bytes, with the binary.
    pub(crate) fn verify_ledger(&self) -> anyhow::Result<()> {
        let Output { status, stdout, stderr } = self.command(&["log", "verify"]).output()?;
        if !status.success() {
            let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
            bail!("the ledger does not verify: {status}\n{out}{err}");
        }
        Ok(())
    }

    /// The ledger as the database holds it, read past the gateway.
    pub(crate) async fn ledger(&self) -> anyhow::Result<LedgerReader> {
        match &self.postgres {
            Some(url) => LedgerReader::of_postgres(url).await,
            None => LedgerReader::of_sqlite(&self.sqlite()).await,
        }
    }

    /// The database file of the ledger and everything else but the keys of people.
    pub(crate) fn sqlite(&self) -> PathBuf {
        self.directory.path().join("ketenpoort.sqlite")
    }

    /// The database file of the keys of people.
    pub(crate) fn sqlite_keys(&self) -> PathBuf {
        self.directory.path().join("ketenpoort-keys.sqlite")
    }

    /// The URL of the PostgreSQL database, unless the store is SQLite.
    pub(crate) fn postgres(&self) -> Option<&str> {
        self.postgres.as_deref()
    }

    /// Length of the database file, with what is not merged into it yet.
    pub(crate) fn sqlite_bytes(&self) -> std::io::Result<u64> {
        let wal = self.directory.path().join("ketenpoort.sqlite-wal");
        let wal = if wal.exists() { std::fs::metadata(wal)?.len() } else { 0 };
        Ok(std::fs::metadata(self.sqlite())?.len() + wal)
    }

    pub(crate) fn keyring(&self) -> anyhow::Result<Keyring> {
        let text = std::fs::read_to_string(self.directory.path().join("keyring"))?;
        Ok(Keyring::parse(&text)?)
    }

    pub(crate) fn pki(&self) -> PathBuf {
        self.directory.path().join("pki")
    }

    /// Connections of an organisation, spread over servers.
    pub(crate) async fn connect(
        &self,
        slug: &str,
        servers: &[SocketAddr],
        count: usize,
    ) -> anyhow::Result<Vec<Channel>> {
        client::connect(&client::material(&self.pki(), slug)?, servers, count).await
    }

    /// One connection of an organisation to the first gateway.
    pub(crate) async fn desk(&self, slug: &str, gateways: &Gateways) -> anyhow::Result<Channel> {
        self.connect(slug, &gateways.addresses(), 1).await?.pop().context("no connection")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(words).arg("--config").arg(self.directory.path().join("ketenpoort.toml"));
        command
    }
}

/// The gateways of one installation. Dropping them kills them (SIGKILL).
pub(crate) struct Gateways(Vec<Process>);

impl Gateways {
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.0.iter().map(Process::address).collect()
    }

    /// Processor time of all of them.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        self.0.iter().map(Process::cpu).sum()
    }

    /// Processor time of the database server, where it is a process of its own.
    pub(crate) fn database_cpu() -> anyhow::Result<Duration> {
        cpu_of("postgres")
    }

    /// Memory of the largest.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        let all = self.0.iter().map(Process::memory).collect::<Result<Vec<_>, _>>()?;
        all.into_iter().max_by_key(|memory| memory.resident).context("no gateway")
    }

    /// Forgets the peaks until now.
    pub(crate) fn reset_peaks(&self) -> anyhow::Result<()> {
        self.0.iter().try_for_each(Process::reset_peak)
    }
}

fn organisation((oin, slug): (&str, &str)) -> anyhow::Result<Organisation> {
    Ok(Organisation {
        oin: oin.parse().context("the number of an organisation")?,
        name: format!("{slug} Voorbeeld"),
        slug: slug.to_owned(),
    })
}

fn configuration(url: &str) -> String {
    format!(
        "[gateway]\n\
         oin = \"00000099000000001000\"\n\
         origin = \"{ORIGIN}\"\n\
         mode = \"test\"\n\
         directory_file = \"directory.toml\"\n\
         keyring_file = \"keyring\"\n\
         [database]\n\
         url = \"{url}\"\n\
         [grpc]\n\
         listen = \"127.0.0.1:0\"\n\
         [tls]\n\
         certificate_file = \"pki/server/localhost.pem\"\n\
         key_file = \"pki/server/localhost.key\"\n\
         client_ca_file = \"pki/ca/root.pem\"\n\
         client_intermediate_files = [\"pki/ca/issuing.pem\"]\n\
         crl_files = [\"pki/crl.pem\"]\n\
         [log]\n\
         level = \"warn\"\n"
    )
}

fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}
