//! The log of the process: events on standard error, for machines or for people.
//!
//! Invariant: libraries below us are heard only from warnings on. What they write about their work
//! may hold headers and addresses that we did not choose to write.

use tracing_subscriber::EnvFilter;

use super::config::{Level, LogConfig, LogFormat};

/// Begins to write events. A process that writes them already goes on as before.
pub(super) fn start(config: &LogConfig) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().parse(directives(config.level))?;
    let events = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let begun = match config.format {
        LogFormat::Json => events.json().flatten_event(true).try_init(),
        LogFormat::Text => events.with_ansi(false).try_init(),
    };
    if begun.is_err() {
        tracing::debug!(event = "log.already_started");
    }
    Ok(())
}

const fn directives(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "warn,ketenpoort=info",
        Level::Debug => "warn,ketenpoort=debug",
        Level::Trace => "warn,ketenpoort=trace",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_never_heard_below_a_warning() {
        for level in [Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace] {
            let filter = EnvFilter::builder().parse(directives(level)).unwrap().to_string();
            for directive in filter.split(',') {
                assert!(
                    directive.starts_with("ketenpoort=") || ["error", "warn"].contains(&directive),
                    "{filter}"
                );
            }
        }
    }
}
