//! The gateway at work: whether it is ready, what waits for whom, and who keeps the clock.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use crate::domain::organisation::Role;
use crate::domain::time::Timestamp;

use super::Check;
use crate::cli::config::{Config, DatabaseUrl};
use crate::cli::directory;
use crate::cli::log::Ledger;

/// A probe that takes longer says as much as one that fails.
const PROBE_MAX: Duration = Duration::from_secs(3);
/// The answer of a probe is a few lines.
const ANSWER_BYTES_MAX: u64 = 4096;

/// An urgent referral has to be acknowledged within four hours: this leaves time to call somebody.
const BACKLOG_WARNING: Duration = Duration::from_hours(1);

/// Traffic stops for a night, not for a week.
const QUIET_WARNING: Duration = Duration::from_hours(7 * 24);

/// Asks a running gateway at its port for operators.
pub(super) fn gateway(config: &Config) -> Check {
    const NAME: &str = "gateway";
    let Some(address) = config.ops.listen else {
        return Check::ok(NAME, "ops.listen is not set: nobody can ask whether it is ready");
    };
    match probe(address) {
        Ok((200, _)) => Check::ok(NAME, format!("ready, says http://{address}/readyz")),
        Ok((503, said)) => Check::fail(
            NAME,
            said,
            "see the checks above and the log of the gateway; it recovers by itself when it can write",
        ),
        Ok((status, _)) => Check::warn(
            NAME,
            format!("http://{address}/readyz answers {status}: another program has this port"),
            "give ops.listen a port of its own",
        ),
        Err(_) => Check::ok(NAME, format!("does not run: nobody answers at {address}")),
    }
}

fn probe(address: SocketAddr) -> std::io::Result<(u16, String)> {
    let mut connection = TcpStream::connect_timeout(&address, PROBE_MAX)?;
    connection.set_read_timeout(Some(PROBE_MAX))?;
    connection.set_write_timeout(Some(PROBE_MAX))?;
    connection
        .write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    connection.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
    parse(&answer).ok_or_else(|| std::io::ErrorKind::InvalidData.into())
}

/// Status and body of an answer.
fn parse(answer: &str) -> Option<(u16, String)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok()?;
    Some((status, body.trim().to_owned()))
}

/// What waits in the inboxes, and how long nothing was recorded.
pub(super) async fn backlog(config: &Config, now: Timestamp) -> Vec<Check> {
    let url = &config.database.url;
    if matches!(url, DatabaseUrl::Sqlite(path) if !path.exists()) {
        return Vec::new();
    }
    // What is wrong with directory or database is told by their own checks.
    let (Ok(directory), Ok(mut ledger)) = (directory::of_config(config), Ledger::open(url).await)
    else {
        return Vec::new();
    };
    let mut inboxes = Vec::new();
    let recipients = directory.organisations.iter().filter(|one| one.role() == Role::Steunpunt);
    for recipient in recipients {
        if let Ok(backlog) = ledger.tx.backlog(recipient.oin(), None, now).await {
            inboxes.push((recipient.oin().to_string(), backlog.waiting, backlog.oldest_at));
        }
    }
    let newest = ledger.tx.latest_checkpoint().await.ok().flatten();
    ledger.close().await;
    let mut checks = vec![waiting(&inboxes, now)];
    checks.extend(newest.map(|row| age(row.signed_at, now)));
    checks
}

fn waiting(inboxes: &[(String, i64, Option<Timestamp>)], now: Timestamp) -> Check {
    const NAME: &str = "backlog";
    let late: Vec<String> = inboxes
        .iter()
        .filter_map(|(oin, waiting, oldest)| {
            let oldest = (*oldest)?;
            (oldest.plus(BACKLOG_WARNING) < now)
                .then(|| format!("{waiting} referrals wait for {oin}, the oldest since {oldest}"))
        })
        .collect();
    if late.is_empty() {
        let all: i64 = inboxes.iter().map(|(_, waiting, _)| waiting).sum();
        return Check::ok(NAME, format!("{all} referrals wait for {} recipients", inboxes.len()));
    }
    Check::warn(
        NAME,
        late.join("\n"),
        "call the recipient: nobody reads its inbox, and responsibility has not passed",
    )
}

fn age(signed_at: Timestamp, now: Timestamp) -> Check {
    const NAME: &str = "checkpoint age";
    let detail = format!("the newest was signed at {signed_at}");
    if signed_at.plus(QUIET_WARNING) < now {
        return Check::warn(
            NAME,
            format!("{detail}: nothing was recorded since"),
            "see whether partners reach this gateway, and whether this is its database",
        );
    }
    Check::ok(NAME, detail)
}

/// Who keeps the clock of this machine.
pub(super) fn time_service() -> Check {
    const NAME: &str = "time service";
    let output = Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .output();
    let said = output.ok().filter(|output| output.status.success());
    match said.as_ref().map(|output| output.stdout.trim_ascii()) {
        Some(b"yes") => Check::ok(NAME, "the clock is synchronised, says timedatectl"),
        Some(b"no") => Check::warn(
            NAME,
            "the clock is not synchronised, says timedatectl",
            "start a time service (systemd-timesyncd, chrony): terms and consents depend on the clock",
        ),
        _ => {
            Check::ok(NAME, "not known: there is no timedatectl here, so the host keeps the clock")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_inbox_that_nobody_reads_is_told_with_the_number_to_call() {
        let now = at("2026-03-12T12:00:00Z");
        let inbox = |oldest: Option<&str>| ("00000099000000003000".to_owned(), 2, oldest.map(at));
        assert_eq!(waiting(&[], now).state, State::Ok);
        assert_eq!(waiting(&[inbox(None)], now).state, State::Ok);
        assert_eq!(waiting(&[inbox(Some("2026-03-12T11:30:00Z"))], now).state, State::Ok);
        let late = waiting(&[inbox(None), inbox(Some("2026-03-12T10:30:00Z"))], now);
        assert_eq!(late.state, State::Warn);
        assert!(late.detail.contains("2 referrals wait for 00000099000000003000"), "{late:?}");
    }

    #[test]
    fn a_ledger_that_grew_old_is_told() {
        let now = at("2026-03-12T12:00:00Z");
        assert_eq!(age(at("2026-03-05T12:00:00Z"), now).state, State::Ok);
        assert_eq!(age(at("2026-03-05T11:59:59Z"), now).state, State::Warn);
    }

    #[test]
    fn the_answer_of_a_probe_is_its_status_and_its_words() {
        let answer = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\nnot ready: x\n";
        assert_eq!(parse(answer), Some((503, "not ready: x".to_owned())));
        assert_eq!(parse("SSH-2.0-x\r\n\r\n"), None);
        assert_eq!(parse(""), None);
    }
}
