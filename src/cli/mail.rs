//! The operator's own mail program: it gets one message on its standard input, and says with its exit code
//! whether it took it.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::gateway::digests::Mail;

/// How long a program may take to take over a message.
pub(super) const TAKES_MAX: Duration = Duration::from_mins(1);
/// How often it is looked after.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Where a program finds other programs. Nothing else of the environment is its business.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Sends by a program with its arguments.
pub(super) fn by(command: Vec<String>) -> Mail {
    let command = Arc::new(command);
    Arc::new(move |mail| {
        let command = Arc::clone(&command);
        Box::pin(async move {
            let sent = tokio::task::spawn_blocking(move || give(&command, mail, TAKES_MAX)).await;
            match sent {
                Ok(Ok(is_taken)) => is_taken,
                Ok(Err(error)) => {
                    tracing::warn!(event = "digest.program_failed", kind = %error.kind());
                    false
                }
                Err(_panicked) => false,
            }
        })
    })
}

/// Whether the program took the mail within that time.
fn give(command: &[String], mail: String, within: Duration) -> std::io::Result<bool> {
    let Some((program, arguments)) = command.split_first() else { return Ok(false) };
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", PATH)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let taken = hand_over(&mut child, mail, within);
    if !matches!(taken, Ok(true)) {
        // One that ended by itself is gone already; a second wait is answered at once.
        drop(child.kill());
        drop(child.wait());
    }
    taken
}

/// Writes beside the wait: a program that reads nothing of a mail that is larger than a pipe would hold
/// whoever writes for as long as it likes.
fn hand_over(child: &mut Child, mail: String, within: Duration) -> std::io::Result<bool> {
    let begun = Instant::now();
    let (tell, told) = mpsc::channel();
    if let Some(mut input) = child.stdin.take() {
        thread::Builder::new().name("mail".to_owned()).spawn(move || {
            let is_written = input.write_all(mail.as_bytes()).is_ok();
            drop(input);
            let _nobody_listens = tell.send(is_written);
        })?;
    }
    if !wait(child, (begun, within))? {
        return Ok(false);
    }
    // Whoever ended well without reading all of it did not take it.
    let left = within.saturating_sub(begun.elapsed());
    Ok(told.recv_timeout(left).unwrap_or(false))
}

/// Whether it ended well in time.
fn wait(child: &mut Child, (begun, within): (Instant, Duration)) -> std::io::Result<bool> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if begun.elapsed() >= within {
            return Ok(false);
        }
        thread::sleep(LOOK_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Larger than any pipe.
    const LARGE: usize = 4_000_000;

    fn give_to(script: &str, within: Duration) -> bool {
        let command = ["sh", "-c", script].map(str::to_owned);
        give(&command, "x".repeat(LARGE), within).unwrap()
    }

    #[test]
    fn a_program_that_never_reads_is_ended_by_the_clock() {
        let begun = Instant::now();
        assert!(!give_to("exec sleep 50", Duration::from_millis(100)));
        // Also where one that it started keeps the pipe open.
        let held = "exec 3<&0; sleep 50 &";
        assert!(!give_to(&format!("{held} wait"), Duration::from_millis(100)));
        assert!(!give_to(&format!("{held} exit 0"), Duration::from_millis(100)));
        assert!(begun.elapsed() < Duration::from_secs(40), "nobody waited for it");
    }

    #[test]
    fn a_large_mail_goes_whole_and_who_reads_half_of_it_did_not_take_it() {
        let long = Duration::from_secs(50);
        assert!(give_to(&format!("test \"$(wc -c)\" -eq {LARGE}"), long));
        assert!(!give_to("head -c 10 > /dev/null; exit 0", long));
        assert!(!give_to("cat > /dev/null; exit 1", long));
    }
}
