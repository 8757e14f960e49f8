//! A gateway with everything it needs in a directory of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, bail};
use ketenpoort::gateway::Clock;
use ketenpoort::tls::development::{DevelopmentPki, Organisation};
use ketenpoort::vault::keyring::Keyring;
use tempfile::TempDir;

use crate::ledger_reader::LedgerReader;
use crate::machine;
use crate::process::Process;

/// The binary that is measured.
const BINARY: &str = env!("CARGO_BIN_EXE_ketenpoort");

/// Organisations, teams, routing, policy.
const DIRECTORY: &str = include_str!("../../certs-example/directory.toml");

/// Police, Steunpunt and mental health care, by the names of their certificates.
pub(crate) const POLICE: &str = "police";
pub(crate) const STEUNPUNT: &str = "steunpunt";
pub(crate) const GGZ: &str = "ggz";

/// The number of an organisation.
pub(crate) const POLICE_OIN: &str = "00000099000000002000";
pub(crate) const STEUNPUNT_OIN: &str = "00000099000000003000";
pub(crate) const GGZ_OIN: &str = "00000099000000006000";

/// Certificates, keys, configuration and, with SQLite, the database.
pub(crate) struct Installation {
    directory: TempDir,
    /// The URL of a PostgreSQL database; none is SQLite in the directory.
    postgres: Option<String>,
}

impl Installation {
    pub(crate) fn new(postgres: Option<String>) -> anyhow::Result<Self> {
        let directory =
            tempfile::Builder::new().prefix("gateway-").tempdir_in(machine::data_directory())?;
        let path = directory.path();
        let organisations = [(POLICE_OIN, POLICE), (STEUNPUNT_OIN, STEUNPUNT), (GGZ_OIN, GGZ)];
        let organisations =
            organisations.map(organisation).into_iter().collect::<Result<Vec<_>, _>>()?;
        drop(DevelopmentPki::lay_out(&path.join("pki"), &organisations, Clock::system().now())?);
        std::fs::write(path.join("directory.toml"), DIRECTORY)?;
        write_secret(&path.join("keyring"), &Keyring::generate()?.to_file_text())?;
        let url = postgres.as_deref().unwrap_or("sqlite:ketenpoort.sqlite");
        std::fs::write(path.join("ketenpoort.toml"), configuration(url))?;
        Ok(Self { directory, postgres })
    }

    pub(crate) fn pki(&self) -> PathBuf {
        self.directory.path().join("pki")
    }

    /// Starts a gateway. On PostgreSQL there may be several at once.
    pub(crate) fn start(&self) -> anyhow::Result<Process> {
        Process::start(self.command(&["serve"]))
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

    /// The database file of the ledger and everything beside the keys.
    pub(crate) fn sqlite(&self) -> PathBuf {
        self.directory.path().join("ketenpoort.sqlite")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(words).arg("--config").arg(self.directory.path().join("ketenpoort.toml"));
        command
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
         origin = \"ketenpoort.example/bench\"\n\
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
