//! The mail program of the weekly digest: whether there is one.

use std::os::unix::fs::PermissionsExt as _;

use super::Check;
use crate::cli::config::Config;

const NAME: &str = "mail program";

pub(super) fn check(config: &Config) -> Option<Check> {
    let program = config.digest.command.first()?;
    let fix =
        "install a mail program, or correct digest.command; until then no weekly digest is sent";
    Some(match std::fs::metadata(program) {
        Err(error) => Check::fail(NAME, format!("{program}: {}", error.kind()), fix),
        Ok(found) if !found.is_file() || found.permissions().mode() & 0o111 == 0 => {
            Check::fail(NAME, format!("{program} is no program"), fix)
        }
        Ok(_) => Check::ok(NAME, program.clone()),
    })
}
