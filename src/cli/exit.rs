//! How a command ends, for scripts: the exit codes and which failure gets which.
//!
//! The numbers are part of the interface and never change their meaning.

use std::io;
use std::process::ExitCode;

use crate::tls::authority::AuthorityError;
use crate::tls::client::ClientError;
use crate::tls::development::PkiError;
use crate::tls::trust::TrustError;
use crate::{gateway, store};

use super::config::ConfigError;
use super::restore::Refusal;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked.
    Ok,
    /// It failed in a way that has no code of its own.
    Error,
    /// The command line is wrong.
    Usage,
    /// The configuration is wrong.
    Config,
    /// A connection could not be made, or TLS refused.
    Connection,
    /// Policy said no.
    Denied,
    /// A proof, or the whole ledger, is not what it should be.
    ProofInvalid,
    /// What was asked for does not exist.
    NotFound,
    /// It may work later.
    Temporary,
}

impl Exit {
    /// Every way to end, in the order of the numbers.
    pub const ALL: [Self; 9] = [
        Self::Ok,
        Self::Error,
        Self::Usage,
        Self::Config,
        Self::Connection,
        Self::Denied,
        Self::ProofInvalid,
        Self::NotFound,
        Self::Temporary,
    ];

    /// The number. 75 is `EX_TEMPFAIL` of sysexits.h; supervisors know it.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Error => 1,
            Self::Usage => 2,
            Self::Config => 3,
            Self::Connection => 4,
            Self::Denied => 5,
            Self::ProofInvalid => 6,
            Self::NotFound => 7,
            Self::Temporary => 75,
        }
    }

    /// What it means, as `--help` says it.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "done; nothing is wrong",
            Self::Error => "it failed, or a check of `doctor` failed",
            Self::Usage => "the command line is wrong",
            Self::Config => "the configuration is wrong",
            Self::Connection => "no connection, or the certificates do not allow it",
            Self::Denied => "policy said no",
            Self::ProofInvalid => "a proof or the ledger is not what it should be",
            Self::NotFound => "what was asked for does not exist",
            Self::Temporary => "it may work later; try again",
        }
    }

    /// The code of a failure: that of the first cause that has one.
    pub fn of(error: &anyhow::Error) -> Self {
        error.chain().find_map(of_cause).unwrap_or(Self::Error)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The table for `--help`.
pub fn table() -> String {
    let line = |exit: Exit| format!("\n  {:>2}  {}", exit.code(), exit.meaning());
    let lines: String = Exit::ALL.into_iter().map(line).collect();
    format!("Exit codes:{lines}")
}

/// A failure with a code of its own and nothing below it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// A failure that ends the command like this.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }
}

fn of_cause(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if let Some(failure) = cause.downcast_ref::<Failure>() {
        return Some(failure.exit);
    }
    if let Some(refusal) = cause.downcast_ref::<Refusal>() {
        return Some(refusal.exit());
    }
    if cause.is::<ConfigError>() {
        return Some(Exit::Config);
    }
    if cause.is::<TrustError>()
        || cause.is::<ClientError>()
        || cause.is::<tonic::transport::Error>()
    {
        return Some(Exit::Connection);
    }
    if let Some(error) = cause.downcast_ref::<PkiError>() {
        return of_pki(error);
    }
    if let Some(gateway::Error::Busy) = cause.downcast_ref() {
        return Some(Exit::Temporary);
    }
    if let Some(error) = cause.downcast_ref::<store::Error>() {
        return of_store(error);
    }
    if let Some(status) = cause.downcast_ref::<tonic::Status>() {
        return of_status(status.code());
    }
    // Whoever read our output has seen enough.
    let io = cause.downcast_ref::<io::Error>()?;
    (io.kind() == io::ErrorKind::BrokenPipe).then_some(Exit::Ok)
}

const fn of_pki(error: &PkiError) -> Option<Exit> {
    match error {
        PkiError::Absent { .. } | PkiError::Authority(AuthorityError::UnknownSerial) => {
            Some(Exit::NotFound)
        }
        PkiError::Busy { .. } => Some(Exit::Temporary),
        PkiError::Slug
        | PkiError::Authority(
            AuthorityError::Name | AuthorityError::ServerName | AuthorityError::Validity,
        ) => Some(Exit::Usage),
        PkiError::File(_) | PkiError::Authority(_) | PkiError::Exists { .. } => None,
    }
}

fn of_store(error: &store::Error) -> Option<Exit> {
    if error.is_transient() {
        Some(Exit::Temporary)
    } else if error.is_unreachable() {
        Some(Exit::Connection)
    } else if matches!(error, store::Error::Corrupt { .. } | store::Error::Fork(_)) {
        Some(Exit::ProofInvalid)
    } else {
        None
    }
}

const fn of_status(code: tonic::Code) -> Option<Exit> {
    use tonic::Code;
    match code {
        Code::PermissionDenied => Some(Exit::Denied),
        Code::NotFound => Some(Exit::NotFound),
        Code::Unauthenticated => Some(Exit::Connection),
        Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Aborted => {
            Some(Exit::Temporary)
        }
        Code::InvalidArgument | Code::OutOfRange => Some(Exit::Usage),
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::Unimplemented
        | Code::Internal
        | Code::DataLoss => None,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn the_numbers_are_those_that_scripts_rely_on() {
        let codes: Vec<u8> = Exit::ALL.into_iter().map(Exit::code).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 75]);
        for exit in Exit::ALL {
            assert!(table().contains(&format!("{:>2}  {}", exit.code(), exit.meaning())));
        }
    }

    #[test]
    fn the_code_comes_from_the_cause_however_deep() {
        let deep = Err::<(), _>(Failure::new(Exit::NotFound, "no entry 7"))
            .context("cannot show the entry")
            .context("log show")
            .unwrap_err();
        assert_eq!(Exit::of(&deep), Exit::NotFound);
        assert_eq!(Exit::of(&anyhow::anyhow!("anything")), Exit::Error);
    }

    #[test]
    fn what_may_work_later_is_told_from_what_is_wrong() {
        let of = |error: anyhow::Error| Exit::of(&error);
        assert_eq!(of(store::Error::QueueFull.into()), Exit::Temporary);
        assert_eq!(of(tonic::Status::unavailable("").into()), Exit::Temporary);
        let corrupt = store::Error::Corrupt { table: "tiles", column: "hashes" };
        assert_eq!(of(corrupt.into()), Exit::ProofInvalid);
        assert_eq!(of(PkiError::Busy { directory: ".".into() }.into()), Exit::Temporary);
        assert_eq!(of(tonic::Status::permission_denied("").into()), Exit::Denied);
        assert_eq!(of(io::Error::from(io::ErrorKind::BrokenPipe).into()), Exit::Ok);
    }
}
