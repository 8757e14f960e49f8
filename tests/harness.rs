//! What the tests stand on works: the PostgreSQL server for tests, and the Python client's own checks.

#[cfg(test)]
#[path = "support/postgres.rs"]
mod postgres;
#[cfg(test)]
#[path = "support/python.rs"]
mod python;

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::net::TcpStream;
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use sqlx::{Connection as _, PgConnection, Row as _};

    use super::postgres::fresh_database;
    use super::python::script;

    #[tokio::test]
    async fn two_databases_do_not_see_each_other() {
        let (ours, theirs) = (fresh_database(), fresh_database());
        assert_ne!(ours, theirs);
        let mut ours = PgConnection::connect(&ours).await.unwrap();
        let mut theirs = PgConnection::connect(&theirs).await.unwrap();
        sqlx::query("CREATE TABLE t (i int)").execute(&mut ours).await.unwrap();
        sqlx::query("SELECT i FROM t").fetch_all(&mut ours).await.unwrap();
        sqlx::query("SELECT i FROM t").fetch_all(&mut theirs).await.unwrap_err();
    }

    #[tokio::test]
    async fn the_server_writes_durably_and_listens_on_this_machine_only() {
        let mut connection = PgConnection::connect(&fresh_database()).await.unwrap();
        for (name, expected) in [
            ("fsync", "on"),
            ("synchronous_commit", "on"),
            ("full_page_writes", "on"),
            ("listen_addresses", "127.0.0.1"),
        ] {
            assert_eq!(setting(&mut connection, name).await, expected, "{name}");
        }
    }

    #[tokio::test]
    async fn the_server_is_gone_after_its_test_process_was_killed() {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::as_a_child_start_a_server_and_wait", "--nocapture"])
            .env(CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let url = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .find_map(|line| {
                Some("postgres://".to_owned() + line.unwrap().split_once("postgres://")?.1)
            })
            .unwrap();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let directory = setting(&mut connection, "data_directory").await;
        let address = url.split(['@', '/']).nth(3).unwrap();
        assert!(Path::new(&directory).is_dir() && TcpStream::connect(address).is_ok());

        child.kill().unwrap();
        child.wait().unwrap();

        let killed = Instant::now();
        while Path::new(&directory).exists() || TcpStream::connect(address).is_ok() {
            assert!(killed.elapsed() < Duration::from_secs(20), "{directory} is still there");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Set for the process that the test above kills.
    const CHILD: &str = "KETENPOORT_TEST_CHILD";

    #[test]
    fn as_a_child_start_a_server_and_wait() {
        if std::env::var_os(CHILD).is_some() {
            println!("{}", fresh_database());
            // Ends with the parent, should that die before it kills us.
            std::io::stdin().lines().for_each(drop);
        }
    }

    async fn setting(connection: &mut PgConnection, name: &str) -> String {
        let query = sqlx::query("SELECT current_setting($1)").bind(name);
        query.fetch_one(connection).await.unwrap().get(0)
    }

    #[test]
    fn the_python_proof_checker_knows_the_published_test_vectors() {
        passes(script("rfc6962.py").arg("--self-test"));
    }

    #[test]
    fn the_python_reader_of_proofs_refuses_what_was_tampered_with() {
        passes(script("tlog_proof.py").arg("--self-test"));
    }

    #[test]
    fn the_contract_compiles_for_a_partner_who_has_nothing_but_proto() {
        let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
        passes(script("ketenpoort_client.py").arg("--self-test").arg("--proto").arg(proto));
    }

    fn passes(command: &mut Command) {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
