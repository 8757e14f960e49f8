//! `ketenpoort keyring`: the secrets of a gateway, and reading them for the other commands.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::ledger::note::{KeyName, Signer};
use crate::store::Anchor;
use crate::vault::keyring::Keyring;

use super::config::Config;
use super::exit::{Exit, Failure};
use super::secret_file::{self, SecretFileError};
use super::terminal::Terminal;

/// What to do with secrets.
#[derive(Debug, Subcommand)]
pub(super) enum KeyringCommand {
    /// Make a keyring of fresh random secrets
    ///
    /// The file is readable by its owner only. An existing file is never overwritten. Keep a copy apart
    /// from the copies of the database: without the keyring nothing that is stored can be read again.
    New {
        /// Where to write it
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

pub(super) fn run(command: &KeyringCommand, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    match command {
        KeyringCommand::New { out } => {
            let keyring = Keyring::generate()?;
            secret_file::create(out, &keyring.to_file_text())?;
            terminal.note(format_args!(
                "wrote {}\nKeep a copy of it apart from the copies of the database.",
                out.display()
            ));
        }
    }
    Ok(Exit::Ok)
}

/// Why a keyring cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeyringError {
    #[error("the keyring cannot be read")]
    File(#[from] SecretFileError),
    #[error("{}: {fault}", path.display())]
    Content { path: PathBuf, fault: crate::vault::keyring::file::KeyFileError },
}

/// Reads a keyring that only its owner can read.
pub(super) fn read(path: &Path) -> Result<Keyring, KeyringError> {
    let text = secret_file::read(path)?;
    Keyring::parse(&text).map_err(|fault| KeyringError::Content { path: path.to_owned(), fault })
}

/// The keyring of a configuration; without it the command cannot go on.
pub(super) fn of_config(config: &Config) -> anyhow::Result<Keyring> {
    let path = &config.gateway.keyring_file;
    read(path).map_err(|error| {
        let error = anyhow::Error::new(error);
        Failure::new(Exit::Config, format!("gateway.keyring_file: {error:#}")).into()
    })
}

/// The key that signs the checkpoints of the ledger `origin`.
pub(super) fn log_signer(keyring: &Keyring, origin: &KeyName) -> Signer {
    Signer::from_seed(origin.clone(), keyring.log_seed().as_bytes())
}

/// The anchor of a configuration, opened for use.
pub(super) fn anchor(config: &Config, keyring: &Keyring) -> anyhow::Result<Anchor> {
    let signer = log_signer(keyring, &config.gateway.origin);
    Anchor::open(&config.gateway.anchor(), signer.verifier()).map_err(|error| {
        let error = anyhow::Error::new(error);
        let message = format!(
            "gateway.anchor_file: {error:#}; a damaged or foreign anchor: restore it from another \
             gateway of this ledger, or move it away and see `ketenpoort log anchor accept --help`"
        );
        Failure::new(Exit::Config, message).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::tests::kept;

    #[test]
    fn a_new_keyring_can_be_read_again_and_is_another_every_time() {
        let directory = tempfile::tempdir().unwrap();
        let (mut terminal, data, _) = kept();
        let mut verifier = |name: &str| {
            let out = directory.path().join(name);
            run(&KeyringCommand::New { out: out.clone() }, &mut terminal).unwrap();
            let origin = "log.example/test".parse().unwrap();
            log_signer(&read(&out).unwrap(), &origin).verifier().to_string()
        };
        assert_ne!(verifier("a"), verifier("b"));
        assert_eq!(data.text(), "");
    }

    #[test]
    fn a_keyring_is_not_made_over_another() {
        let directory = tempfile::tempdir().unwrap();
        let command = KeyringCommand::New { out: directory.path().join("keyring") };
        let (mut terminal, _, _) = kept();
        run(&command, &mut terminal).unwrap();
        let before = std::fs::read(directory.path().join("keyring")).unwrap();
        assert!(run(&command, &mut terminal).is_err());
        assert_eq!(std::fs::read(directory.path().join("keyring")).unwrap(), before);
    }
}
