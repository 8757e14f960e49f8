//! A naive gateway in Python: `benches/peers/naive_gateway.py`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use http::uri::PathAndQuery;

use crate::client::CONNECTIONS;
use crate::figures::Figures;
use crate::installation::{Installation, POLICE};
use crate::load::{Caller, Next, Until};
use crate::machine;
use crate::process::Process;

use super::program;

const METHOD: &str = "/bench.Naive/Submit";

pub(super) struct Naive {
    process: Process,
    caller: Caller,
    python: PathBuf,
    database: PathBuf,
    acknowledged: u64,
    _directory: tempfile::TempDir,
}

impl Naive {
    /// Starts it with the certificates of the gateway.
    pub(super) async fn start(installation: &Installation) -> anyhow::Result<Self> {
        let python = program("python3").context("no python3")?;
        let imported = Command::new(&python).args(["-c", "import grpc"]).output()?;
        ensure!(imported.status.success(), "no grpcio: see benches/peers/requirements.txt");
        let directory = tempfile::tempdir_in(machine::data_directory())?;
        let database = directory.path().join("naive.sqlite");
        let mut command = Command::new(&python);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        command.arg(root.join("benches/peers/naive_gateway.py"));
        command.arg("--pki").arg(installation.pki()).arg("--database").arg(&database);
        let process = Process::start(command)?;
        let servers = [process.address()];
        let connections = installation.connect(POLICE, &servers, CONNECTIONS).await?;
        let caller = Caller { connections, method: PathAndQuery::from_static(METHOD) };
        Ok(Self { process, caller, python, database, acknowledged: 0, _directory: directory })
    }

    pub(super) async fn run(
        &mut self,
        next: &Next,
        in_flight: usize,
        until: Until,
    ) -> anyhow::Result<Figures> {
        let cpu = self.process.cpu()?;
        let outcome = self.caller.run(next, in_flight, until).await?;
        self.acknowledged += outcome.acknowledged();
        Ok(Figures::of(&outcome, self.process.cpu()?.saturating_sub(cpu)))
    }

    pub(super) fn finish(self) -> anyhow::Result<()> {
        const COUNT: &str = "import sqlite3, sys; \
            print(sqlite3.connect(sys.argv[1]).execute('SELECT count(*) FROM messages').fetchone()[0])";
        drop(self.process);
        let counted = Command::new(self.python).args(["-c", COUNT]).arg(self.database).output()?;
        let stored: u64 = String::from_utf8(counted.stdout)?.trim().parse()?;
        ensure!(
            stored == self.acknowledged,
            "it acknowledged {} and has {stored}",
            self.acknowledged
        );
        Ok(())
    }
}
