//! The real binary as a process of its own: certificates, configuration and database in a directory
//! of its own, a port of its own, started, killed and started again.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ketenpoort::gateway::Clock;
use ketenpoort::tls::development::{DevelopmentPki, Organisation};
use ketenpoort::vault::keyring::Keyring;
use tempfile::TempDir;

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_ketenpoort");

/// A start takes well under a second; on a loaded machine with a debug build, some.
const READY_MAX: Duration = Duration::from_mins(1);

/// A directory with everything a gateway needs.
pub(crate) struct Installation {
    directory: TempDir,
    address: SocketAddr,
}

impl Installation {
    /// Lays out certificates, keys and configuration for a database; `None` is SQLite in the
    /// directory.
    pub(crate) fn new(database: Option<&str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let organisations: Vec<Organisation> = [
            ("00000099000000002000", "police"),
            ("00000099000000003000", "steunpunt"),
            ("00000099000000004000", "amw"),
            ("00000099000000006000", "ggz"),
            ("00000099000000007000", "mee"),
            ("00000099000000008000", "shelter"),
            ("00000099000000009000", "fg"),
        ]
        .into_iter()
        .map(|(oin, slug)| Organisation {
            oin: oin.parse().unwrap(),
            name: format!("{slug} Voorbeeld"),
            slug: slug.to_owned(),
        })
        .collect();
        let now = Clock::system().now();
        drop(DevelopmentPki::lay_out(&path.join("pki"), &organisations, now).unwrap());
        std::fs::write(path.join("directory.toml"), directory_file()).unwrap();
        std::fs::write(path.join("haaglanden-1.toml"), POLICY).unwrap();
        write_secret(&path.join("keyring"), &Keyring::generate().unwrap().to_file_text());
        // A free port, so that the address stays the same over restarts.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let database = database.unwrap_or("sqlite:ketenpoort.sqlite");
        std::fs::write(path.join("ketenpoort.toml"), configuration(database, address)).unwrap();
        Self { directory, address }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pki(&self) -> PathBuf {
        self.path().join("pki")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.path().join("ketenpoort.toml")
    }

    /// Starts the gateway and waits until it says that it is ready.
    pub(crate) fn start(&self) -> Server {
        self.try_start(&[]).unwrap_or_else(|ended| {
            panic!("the gateway did not start: {}: {}", ended.status, ended.output)
        })
    }

    /// Starts the gateway in an environment with these variables, or says how it ended instead.
    pub(crate) fn try_start(&self, environment: &[(String, OsString)]) -> Result<Server, Ended> {
        let mut process = Command::new(BINARY)
            .args(["serve", "--config"])
            .arg(self.config())
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = process.stderr.take().unwrap();
        let (lines, seen) = mpsc::channel();
        // Reads to the end, so that the server never waits for us; what it wrote is kept.
        let reader = thread::spawn(move || {
            let mut all = String::new();
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if line.contains("ready grpc=") {
                    lines.send(()).ok();
                }
                all.push_str(&line);
                all.push('\n');
            }
            all
        });
        let server = Server { process, output: Some(reader) };
        match seen.recv_timeout(READY_MAX) {
            Ok(()) => Ok(server),
            // It ended, and nothing more comes from it.
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(server.wait()),
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("not ready in time: {}", server.kill()),
        }
    }

    /// Runs a command of the binary on this installation.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        Command::new(BINARY).args(arguments).arg("--config").arg(self.config()).output().unwrap()
    }
}

/// How a gateway ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// Everything it wrote.
    pub(crate) output: String,
}

/// A running gateway.
pub(crate) struct Server {
    process: Child,
    output: Option<thread::JoinHandle<String>>,
}

impl Server {
    /// Ends it the hard way (SIGKILL) and returns everything it wrote.
    pub(crate) fn kill(mut self) -> String {
        self.process.kill().ok();
        self.wait().output
    }

    /// Waits until it has ended by itself, and with it whatever it started.
    pub(crate) fn wait(mut self) -> Ended {
        let status = self.process.wait().unwrap();
        let output = self.output.take().map_or_else(String::new, |reader| reader.join().unwrap());
        Ended { status, output }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
        // Whoever reads why a test failed wants to know what the gateway complained of.
        if let Some(reader) = self.output.take().filter(|_| thread::panicking()) {
            let output = reader.join().unwrap_or_default();
            let complaints = output.lines().filter(|line| !line.contains("INFO"));
            complaints.for_each(|line| println!("gateway: {line}"));
        }
    }
}

const POLICY: &str = include_str!("../../certs-example/haaglanden-1.toml");

fn directory_file() -> &'static str {
    include_str!("../../certs-example/directory.toml")
}

fn configuration(database: &str, address: SocketAddr) -> String {
    format!(
        "[gateway]\n\
         oin = \"00000099000000001000\"\n\
         origin = \"ketenpoort.example/test\"\n\
         mode = \"test\"\n\
         directory_file = \"directory.toml\"\n\
         keyring_file = \"keyring\"\n\
         [database]\n\
         url = \"{database}\"\n\
         [grpc]\n\
         listen = \"{address}\"\n\
         reflection = true\n\
         [tls]\n\
         certificate_file = \"pki/server/localhost.pem\"\n\
         key_file = \"pki/server/localhost.key\"\n\
         client_ca_file = \"pki/ca/root.pem\"\n\
         client_intermediate_files = [\"pki/ca/issuing.pem\"]\n\
         crl_files = [\"pki/crl.pem\"]\n\
         [log]\n\
         level = \"debug\"\n"
    )
}

fn write_secret(path: &Path, text: &str) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}
