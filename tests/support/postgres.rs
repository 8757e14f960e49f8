//! A PostgreSQL server for the tests of this process, started at the first need and shared.
//!
//! Invariants: the server writes durably (`fsync` is on, because durability is what our tests are
//! about), listens on this machine only, and is gone with its directory soon after the test process
//! has ended, also when that was killed.
//!
//! Uses only std and tempfile, so that unit tests can take it in too:
//! `#[cfg(test)] #[path = "../tests/support/postgres.rs"] mod postgres_for_tests;`

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub(crate) const USER: &str = "ketenpoort";

/// A new cluster is ready within a second or two; a busy machine may need many times that.
const START_TIME_MAX: Duration = Duration::from_mins(1);

/// Creates an empty database on the shared server and returns its URL.
pub(crate) fn fresh_database() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start).fresh_database()
}

struct Server {
    binaries: PathBuf,
    port: u16,
    databases: AtomicU32,
    /// Holds the writing end of the supervisor's input, which keeps the server alive.
    _supervisor: Child,
}

impl Server {
    fn start() -> Self {
        let mut log = String::new();
        // Somebody else can take the free port before the server does; three times is no accident.
        for _ in 0..3 {
            match Self::try_start() {
                Ok(server) => return server,
                Err(why) => log = why,
            }
        }
        panic!("the PostgreSQL server did not start:\n{log}")
    }

    /// A server with a new cluster, or the log of a server that ended at once.
    fn try_start() -> Result<Self, String> {
        let binaries = binaries();
        let directory = new_directory();
        let account = Account::for_owner_of(directory.path());
        account.give(directory.path());
        initialise(&binaries, directory.path(), account);
        let port = free_port();
        let mut supervisor = supervise(&binaries, directory.path(), account, port);
        // From here on the supervisor removes it.
        let directory = directory.keep();
        wait_until_ready(&mut supervisor, &directory, port)?;
        Ok(Self { binaries, port, databases: AtomicU32::new(0), _supervisor: supervisor })
    }

    fn fresh_database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut createdb = tool(&self.binaries, "createdb");
        createdb.args(["--host=127.0.0.1", "--no-password", "--username", USER]).args([
            "--port",
            &self.port.to_string(),
            &name,
        ]);
        run(&mut createdb);
        format!("postgres://{USER}@127.0.0.1:{}/{name}", self.port)
    }
}

/// Finds `initdb`, `postgres` and `createdb`: where the environment says, where `pg_config` says,
/// where Debian keeps them (the newest version first), and on the path.
pub(crate) fn binaries() -> PathBuf {
    if let Some(directory) = std::env::var_os("KETENPOORT_TEST_POSTGRES_BIN") {
        let directory = PathBuf::from(directory);
        assert!(has_server(&directory), "KETENPOORT_TEST_POSTGRES_BIN holds no PostgreSQL server");
        return directory;
    }
    let configured = Command::new("pg_config").arg("--bindir").output().ok();
    let configured = configured.and_then(|output| String::from_utf8(output.stdout).ok());
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    configured
        .map(|directory| PathBuf::from(directory.trim()))
        .into_iter()
        .chain(packaged())
        .chain(std::env::split_paths(&on_path))
        .find(|directory| has_server(directory))
        .expect("no PostgreSQL server found: run .ci/test, which installs one and runs the tests")
}

fn packaged() -> impl Iterator<Item = PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut versions: Vec<u32> =
        versions.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable();
    versions.into_iter().rev().map(|version| format!("/usr/lib/postgresql/{version}/bin").into())
}

fn has_server(directory: &Path) -> bool {
    ["initdb", "postgres", "createdb"].iter().all(|name| directory.join(name).is_file())
}

/// A directory with a short path, which the path of a Unix socket must be, and one that another
/// account can reach.
pub(crate) fn new_directory() -> tempfile::TempDir {
    let parent = if Path::new("/tmp").is_dir() { "/tmp".into() } else { std::env::temp_dir() };
    tempfile::Builder::new()
        .prefix("ketenpoort-postgres-")
        .tempdir_in(parent)
        .expect("the temporary directory is writable")
}

/// The account that the server runs under.
#[derive(Clone, Copy)]
pub(crate) enum Account {
    Ours,
    /// User and group to change to: PostgreSQL refuses to run as root.
    Other(u32, u32),
}

impl Account {
    pub(crate) fn for_owner_of(directory: &Path) -> Self {
        if fs::metadata(directory).expect("the directory was just made").uid() != 0 {
            return Self::Ours;
        }
        let accounts = fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
        let ids = |name: &str| {
            let mut fields = accounts
                .lines()
                .map(|line| line.split(':'))
                .find_map(|mut fields| (fields.next() == Some(name)).then_some(fields))?
                .skip(1);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        };
        let (user, group) = ids("postgres")
            .or_else(|| ids("nobody"))
            .expect("as root, the server needs an account postgres or nobody to run under");
        Self::Other(user, group)
    }

    pub(crate) fn give(self, directory: &Path) {
        if let Self::Other(user, group) = self {
            chown(directory, Some(user), Some(group)).expect("root can give a directory away");
        }
    }

    pub(crate) fn take(self, command: &mut Command) {
        if let Self::Other(user, group) = self {
            command.uid(user).gid(group);
        }
    }
}

pub(crate) fn initialise(binaries: &Path, directory: &Path, account: Account) {
    let mut initdb = tool(binaries, "initdb");
    account.take(&mut initdb);
    initdb
        .args(["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=trust", "--username", USER])
        .arg("--pgdata")
        .arg(directory.join("data"));
    run(&mut initdb);
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}

/// Runs the server until it ends by itself or our end of the pipe is closed, which the operating
/// system does however this process ends. SIGQUIT, because nobody needs a clean shutdown.
const SUPERVISOR: &str = r#"
exec 3<&0 </dev/null
"$1/postgres" -D "$2/data" -p "$3" -k "$2" \
    -c listen_addresses=127.0.0.1 -c max_connections=300 -c max_locks_per_transaction=256 -c timezone=UTC 3<&- &
server=$!
{
    cat <&3
    kill -QUIT "$server"
    while kill -0 "$server"; do sleep 0.02; done
    rm -rf "$2"
} >/dev/null 2>&1 &
exec 3<&-
wait "$server"
"#;

fn supervise(binaries: &Path, directory: &Path, account: Account, port: u16) -> Child {
    let log = fs::File::create(directory.join("log")).expect("the directory is writable");
    let mut shell = tool(Path::new("/bin"), "sh");
    account.take(&mut shell);
    shell
        .args(["-c", SUPERVISOR, "supervisor"])
        .args([binaries, directory])
        .arg(port.to_string())
        .stdin(Stdio::piped())
        .stdout(log.try_clone().expect("a file handle can be copied"))
        .stderr(log)
        // Interrupting the tests from a terminal must not interrupt the cleaning up.
        .process_group(0)
        .spawn()
        .expect("/bin/sh can be started")
}

/// The server writes its state into this file; asking there costs no connection, and cannot reach
/// somebody else's server on the same port.
fn wait_until_ready(supervisor: &mut Child, directory: &Path, port: u16) -> Result<(), String> {
    let log = || fs::read_to_string(directory.join("log")).unwrap_or_default();
    let started = Instant::now();
    while started.elapsed() < START_TIME_MAX {
        if supervisor.try_wait().expect("a child can be waited for").is_some() {
            return Err(log());
        }
        let state = fs::read_to_string(directory.join("data/postmaster.pid")).unwrap_or_default();
        let line = |number| state.lines().nth(number).map(str::trim_end);
        if line(3) == Some(&port.to_string()) && line(7) == Some("ready") {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(format!("not ready after {START_TIME_MAX:?}\n{}", log()))
}

/// A command that the environment of whoever runs the tests (`PGHOST`, `PGOPTIONS`, …) cannot turn
/// to another server.
pub(crate) fn tool(binaries: &Path, name: &str) -> Command {
    let mut command = Command::new(binaries.join(name));
    command.env_clear().current_dir("/").stdin(Stdio::null());
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command
}

pub(crate) fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}
