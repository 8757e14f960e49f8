//! `ketenpoort config`: what counts, where it comes from, and a file to begin with.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::config::{Loaded, REFERENCE, Setting};
use super::exit::Exit;
use super::terminal::{Terminal, Tone};

/// `--config`.
#[derive(Debug, Clone, Args)]
pub(super) struct ConfigFile {
    /// The configuration file
    #[arg(long = "config", value_name = "FILE", default_value = "ketenpoort.toml")]
    pub path: PathBuf,
}

impl ConfigFile {
    pub(super) fn load(&self) -> anyhow::Result<Loaded> {
        Ok(Loaded::read(&self.path)?)
    }
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print the configuration in force: the file, overruled by the environment
    Show {
        #[command(flatten)]
        file: ConfigFile,
        /// Tell where each value comes from
        #[arg(long)]
        origin: bool,
        /// Print JSON, with the origin of each value
        #[arg(long)]
        json: bool,
    },
    /// Print a commented configuration file with every key
    Reference,
}

pub(super) fn run(command: ConfigCommand, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    match command {
        ConfigCommand::Reference => terminal.text(REFERENCE)?,
        ConfigCommand::Show { file, origin, json } => {
            let settings = file.load()?.settings();
            if json {
                terminal.json(&settings)?;
            } else {
                show(&settings, origin, terminal)?;
            }
        }
    }
    Ok(Exit::Ok)
}

/// Prints TOML; the origins stand in comments, so that the output is a configuration file again.
fn show(settings: &[Setting], origin: bool, terminal: &mut Terminal) -> std::io::Result<()> {
    let mut section = "";
    for setting in settings {
        if setting.section != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            section = setting.section;
            let head = terminal.paint(Tone::Strong, &format!("[{section}]"));
            terminal.line(format_args!("{gap}{head}"))?;
        }
        if origin {
            let place = terminal.paint(Tone::Faint, &format!("# {}", setting.origin));
            terminal.line(place)?;
        }
        terminal.line(format_args!("{} = {}", setting.name, setting.value))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cli::config::Environment;
    use crate::cli::terminal::tests::kept;

    fn shown(origin: bool) -> (Loaded, String) {
        let path = Path::new("/etc/kp/ketenpoort.toml");
        let loaded = Loaded::of(path, REFERENCE, &Environment::default()).unwrap();
        let (mut terminal, data, _) = kept();
        show(&loaded.settings(), origin, &mut terminal).unwrap();
        (loaded, data.text())
    }

    #[test]
    fn what_is_shown_is_the_same_configuration_again() {
        for origin in [false, true] {
            let (loaded, text) = shown(origin);
            let again =
                Loaded::of(Path::new("/elsewhere/x.toml"), &text, &Environment::default()).unwrap();
            let mut gateway = loaded.config.gateway.clone();
            gateway.anchor_file = Some(gateway.anchor());
            assert_eq!(again.config.gateway, gateway);
            assert_eq!(again.config.tls, loaded.config.tls);
            assert_eq!(again.config.database.url, loaded.config.database.url);
            assert_eq!(again.config.database.keys(), loaded.config.database.keys());
        }
    }

    #[test]
    fn origins_stand_above_their_values() {
        let (_, text) = shown(true);
        assert!(text.contains("# derived\nkeys_url = "), "{text}");
        assert!(text.contains("# /etc/kp/ketenpoort.toml line "), "{text}");
        assert!(!shown(false).1.contains('#'));
    }
}
