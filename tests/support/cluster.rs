//! A primary and a standby of PostgreSQL that can be killed, promoted, rebuilt and started again.
//!
//! Invariants: both keep their port; what runs is ended by process id, and gone with its directory soon
//! after the test process has ended, also when that was killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::postgres::{Account, USER, binaries, free_port, initialise, new_directory, run, tool};

/// On a busy machine a base backup or a promotion may take long.
const PATIENCE: Duration = Duration::from_mins(2);
const DATABASE: &str = "kp";

/// Which of the two servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

impl Side {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// Two servers.
pub(crate) struct Cluster {
    left: Node,
    right: Node,
    pub(crate) primary: Side,
}

impl Cluster {
    /// A primary with an empty database, and no standby yet.
    pub(crate) async fn start() -> Self {
        let cluster = Self { left: Node::new(), right: Node::new(), primary: Side::Left };
        let node = cluster.node(Side::Left);
        initialise(&node.binaries, &node.directory, node.account);
        node.start();
        cluster.execute("postgres", &format!("CREATE DATABASE {DATABASE}")).await;
        cluster
    }

    /// Names both servers, as a gateway is configured.
    pub(crate) fn url(&self) -> String {
        let [left, right] = [self.left.port, self.right.port];
        format!("postgres://{USER}@127.0.0.1:{left},127.0.0.1:{right}/{DATABASE}")
    }

    /// Names one server.
    pub(crate) fn url_of(&self, side: Side) -> String {
        self.node(side).url(DATABASE)
    }

    /// Makes the other server anew, as a copy that follows the primary.
    pub(crate) async fn add_standby(&self) {
        let primary = self.node(self.primary);
        let standby = self.node(self.primary.other());
        standby.kill();
        fs::remove_dir_all(standby.data()).ok();
        let mut copy = standby.command("pg_basebackup");
        copy.args(["--host=127.0.0.1", "--no-password", "--write-recovery-conf", "--no-sync"])
            .args(["--checkpoint=fast", "--wal-method=stream", "--username", USER])
            .args(["--port", &primary.port.to_string()])
            .arg("--pgdata")
            .arg(standby.data());
        run(&mut copy);
        // A copy of a primary that waits for a standby would wait for one itself once promoted.
        let settings = standby.data().join("postgresql.auto.conf");
        let text = fs::read_to_string(&settings).unwrap();
        let kept = text.lines().filter(|line| !line.starts_with("synchronous_standby_names"));
        fs::write(&settings, kept.collect::<Vec<_>>().join("\n") + "\n").unwrap();
        standby.start();
        self.wait_for("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'", 1)
            .await;
    }

    /// Makes every commit wait until the standby has it on disk.
    pub(crate) async fn be_synchronous(&self) {
        self.execute(DATABASE, "ALTER SYSTEM SET synchronous_standby_names = '*'").await;
        self.execute(DATABASE, "SELECT pg_reload_conf()").await;
        self.wait_for("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", 1)
            .await;
    }

    /// Stops the process that sends to the standby, which from now on receives nothing.
    pub(crate) async fn stop_sending(&self) {
        let sender = self.number("SELECT pid::bigint FROM pg_stat_replication").await;
        signal("STOP", &[sender.to_string()]);
    }

    /// Ends the primary as a power cut would: all its processes at once (SIGKILL).
    pub(crate) fn kill_primary(&self) {
        self.node(self.primary).kill();
    }

    /// Ends the standby likewise.
    pub(crate) fn kill_standby(&self) {
        self.node(self.primary.other()).kill();
    }

    /// Makes the standby the primary; returns when it takes writes.
    pub(crate) fn promote(&mut self) {
        self.primary = self.primary.other();
        let node = self.node(self.primary);
        let mut promote = node.command("pg_ctl");
        promote.args(["promote", "--wait", "--timeout=120", "--silent", "--pgdata"]);
        run(promote.arg(node.data()));
    }

    /// Starts a server that was killed, as it is.
    pub(crate) fn start_again(&self, side: Side) {
        self.node(side).start();
    }

    /// The number that a query gives on one server.
    pub(crate) async fn number_on(&self, side: Side, sql: &str) -> i64 {
        let mut connection = PgConnection::connect(&self.url_of(side)).await.unwrap();
        let (number,) =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap();
        number
    }

    async fn number(&self, sql: &str) -> i64 {
        self.number_on(self.primary, sql).await
    }

    async fn execute(&self, database: &str, sql: &str) {
        let url = self.node(self.primary).url(database);
        let mut connection = PgConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }

    /// Waits until a query on the primary gives this number.
    pub(crate) async fn wait_for(&self, sql: &str, expected: i64) {
        let started = Instant::now();
        while self.number(sql).await != expected {
            assert!(started.elapsed() < PATIENCE, "{sql} does not become {expected}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    const fn node(&self, side: Side) -> &Node {
        match side {
            Side::Left => &self.left,
            Side::Right => &self.right,
        }
    }
}

/// One server, running or not.
struct Node {
    binaries: PathBuf,
    directory: PathBuf,
    account: Account,
    port: u16,
    /// Ends the server and removes the directory when our end of its input is closed.
    _keeper: Child,
}

const KEEPER: &str = r#"
cat >/dev/null
if [ -f "$1/data/postmaster.pid" ]; then
    server=$(head -n 1 "$1/data/postmaster.pid")
    kill -QUIT "$server"
    while kill -0 "$server"; do sleep 0.02; done
fi
rm -rf "$1"
"#;

impl Node {
    fn new() -> Self {
        let directory = new_directory();
        let account = Account::for_owner_of(directory.path());
        account.give(directory.path());
        let directory = directory.keep();
        let mut keeper = tool(Path::new("/bin"), "sh");
        account.take(&mut keeper);
        let keeper = keeper
            .args(["-c", KEEPER, "keeper"])
            .arg(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let port = free_port();
        Self { binaries: binaries(), directory, account, port, _keeper: keeper }
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    fn command(&self, name: &str) -> Command {
        let mut command = tool(&self.binaries, name);
        self.account.take(&mut command);
        command
    }

    fn start(&self) {
        let settings = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c max_connections=200 -c timezone=UTC \
             -c wal_retrieve_retry_interval=500ms",
            self.port,
            self.directory.display()
        );
        let mut start = self.command("pg_ctl");
        start
            .args(["start", "--wait", "--timeout=120", "--silent", "--options", &settings])
            .arg("--log")
            .arg(self.directory.join("log"))
            .arg("--pgdata")
            .arg(self.data());
        // What stays running must not hold our pipes open.
        let status = start.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        let log = || fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        assert!(status.success(), "the server did not start:\n{}", log());
    }

    /// Ends the server and everything it started at once, if it runs.
    fn kill(&self) {
        let state = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let Some(server) = state.lines().next().map(str::to_owned) else { return };
        let mut all = vec![server.clone()];
        all.extend(children(&server));
        signal("KILL", &all);
        let started = Instant::now();
        while all.iter().any(|process| Path::new("/proc").join(process).join("exe").exists()) {
            assert!(started.elapsed() < PATIENCE, "the server does not end");
            std::thread::yield_now();
        }
        fs::remove_file(self.data().join("postmaster.pid")).ok();
        // As long as nobody has waited for the process, its number counts as in use.
        let socket = format!(".s.PGSQL.{}", self.port);
        for name in [format!("{socket}.lock"), socket] {
            fs::remove_file(self.directory.join(name)).ok();
        }
    }
}

/// The processes that a process started.
fn children(parent: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap();
    let names = processes.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_child = |process: &String| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        // The name before may hold spaces, and ends with the last parenthesis.
        let fields = stat.rsplit_once(')').map(|(_, fields)| fields.split_whitespace().nth(1));
        fields.flatten() == Some(parent)
    };
    names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).filter(is_child).collect()
}

fn signal(name: &str, processes: &[String]) {
    // One of them may have ended by itself.
    Command::new("kill").arg(format!("-{name}")).args(processes).output().unwrap();
}
