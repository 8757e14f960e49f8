//! A call that stays open: every message as it comes, as a line of JSON or as a block of text.

use prost_reflect::{DynamicMessage, MethodDescriptor};

use super::answer::{self, Canonical};
use super::call::Wire;
use super::refusal;
use crate::cli::exit::Exit;
use crate::cli::terminal::Terminal;

/// Until the gateway ends it, which it does when it stops and after a while: then it can be called again.
pub(super) async fn run(
    wire: &mut Wire,
    (method, request): (&MethodDescriptor, &DynamicMessage),
    json: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let stream = wire.stream(method, request).await;
    let mut stream = stream.map_err(|status| refusal::failure(&status))?;
    while let Some(bytes) = stream.message().await.map_err(|status| refusal::failure(&status))? {
        let message = DynamicMessage::decode(method.output(), bytes)?;
        if json {
            terminal.line(serde_json::to_string(&Canonical(&message))?)?;
        } else {
            terminal.text(&(answer::text(&message) + "\n"))?;
        }
    }
    terminal
        .note("the gateway ended it; go on with --resume-token and the last resume-token above");
    Ok(Exit::Temporary)
}
