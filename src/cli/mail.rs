//! The operator's own mail program: it gets one message on its standard input, and says with its exit code
//! whether it took it.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::gateway::digests::Mail;

/// How long a program may take to take over a message.
const TAKES_MAX: Duration = Duration::from_mins(1);
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
            let sent = tokio::task::spawn_blocking(move || give(&command, &mail)).await;
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

fn give(command: &[String], mail: &str) -> std::io::Result<bool> {
    let Some((program, arguments)) = command.split_first() else { return Ok(false) };
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", PATH)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // Smaller than what a pipe holds, so this waits for nobody. Whoever does not read it says so below.
    let written = child.stdin.take().map_or(Ok(()), |mut input| input.write_all(mail.as_bytes()));
    let is_taken = wait(&mut child)?;
    Ok(is_taken && written.is_ok())
}

fn wait(child: &mut Child) -> std::io::Result<bool> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success());
        }
        if begun.elapsed() >= TAKES_MAX {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        thread::sleep(LOOK_EVERY);
    }
}
