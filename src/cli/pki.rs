//! `ketenpoort pki`: the development authority on the command line.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::domain::id::{Oin, UserId};
use crate::domain::organisation::UserRole;
use crate::domain::time::Timestamp;
use crate::gateway::Clock;
use crate::tls::DevelopmentPki;
use crate::tls::authority::{Issued, Kind, RevocationReason, Subject};
use crate::tls::development::CredentialFiles;
use crate::tls::identity::{Person, Serial, Validity};

use super::exit::Exit;
use super::terminal::{Terminal, Tone};

/// Clocks of partners differ. What is issued now counts from an hour ago.
const BACKDATE: Duration = Duration::from_hours(1);

/// Longest validity of a certificate. The authority itself lasts ten years.
const DAYS_MAX: u64 = 3650;

/// What to do with the authority.
#[derive(Debug, Subcommand)]
pub(super) enum PkiCommand {
    /// Make an authority
    ///
    /// The key of its root is destroyed at once: nobody can make a second issuing authority under a
    /// root that partners already trust.
    Init {
        #[command(flatten)]
        place: Place,
        /// Name of the organisation that stands in its certificates
        #[arg(long, default_value = "Ketenpoort development")]
        name: String,
    },
    /// Issue a certificate
    #[command(subcommand)]
    Issue(IssueCommand),
    /// Revoke a certificate and write a new revocation list
    ///
    /// Gateways act on it when they read the list again (SIGHUP): open connections with that
    /// certificate are cut.
    Revoke {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        which: Which,
        /// Why
        #[arg(long, value_name = "REASON", default_value = "UNSPECIFIED", value_parser = reasons())]
        reason: RevocationReason,
    },
    /// Write new revocation lists; the old ones count for 30 days
    Crl {
        #[command(flatten)]
        place: Place,
    },
    /// List every certificate that was issued
    List {
        #[command(flatten)]
        place: Place,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// What to issue.
#[derive(Debug, Subcommand)]
pub(super) enum IssueCommand {
    /// A certificate with which an organisation connects
    Client {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        subject: SubjectArgs,
        /// Name of its files, client/SLUG.pem and client/SLUG.key
        #[arg(long)]
        slug: String,
    },
    /// A certificate with which a person opens the console in a browser
    Person {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        subject: SubjectArgs,
        /// Name of its files, person/SLUG.pem and person/SLUG.key
        #[arg(long)]
        slug: String,
        /// How the organisation names the person
        #[arg(long)]
        user: UserId,
        /// In what role the person acts
        #[arg(long, default_value = "PRIVACY_OFFICER")]
        role: UserRole,
    },
    /// A certificate with which a gateway serves
    Server {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        subject: SubjectArgs,
        /// Name of its files, server/SLUG.pem and server/SLUG.key
        #[arg(long, default_value = "server")]
        slug: String,
        /// A host name it is reached under
        #[arg(long, value_name = "HOST", required_unless_present = "ip")]
        dns: Vec<String>,
        /// An IP address it is reached under
        #[arg(long, value_name = "ADDRESS")]
        ip: Vec<IpAddr>,
    },
}

/// `--dir`.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// Directory of the authority
    #[arg(long = "dir", value_name = "DIR")]
    directory: PathBuf,
}

/// Whom a certificate is for, and for how long.
#[derive(Debug, Args)]
pub(super) struct SubjectArgs {
    /// Number of the organisation, 20 positions
    #[arg(long)]
    oin: Oin,
    /// Legal name of the organisation
    #[arg(long)]
    name: String,
    /// Part of the organisation
    #[arg(long)]
    unit: Option<String>,
    /// How many days it counts
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u64).range(1..=DAYS_MAX))]
    days: u64,
}

/// Which certificate is meant.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// Its serial number, as `pki list` shows it
    #[arg(long, value_name = "HEX")]
    serial: Option<Serial>,
    /// The one in client/SLUG.pem
    #[arg(long, value_name = "SLUG")]
    client: Option<String>,
    /// The one in person/SLUG.pem
    #[arg(long, value_name = "SLUG")]
    person: Option<String>,
    /// The one in server/SLUG.pem
    #[arg(long, value_name = "SLUG")]
    server: Option<String>,
}

pub(super) fn run(command: PkiCommand, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    let now = Clock::system().now();
    match command {
        PkiCommand::Init { place, name } => {
            let pki = DevelopmentPki::init(&place.directory, &name, now)?;
            terminal.note(format_args!("partners trust {}", pki.root_path().display()));
        }
        PkiCommand::Issue(command) => {
            let files = issue(command, now)?;
            terminal.line(files.chain.display())?;
            terminal.line(files.key.display())?;
        }
        PkiCommand::Revoke { place, which, reason } => {
            let mut pki = DevelopmentPki::open(&place.directory)?;
            let serial = which.serial(&pki)?;
            pki.revoke(&serial, reason, now)?;
            terminal.note(format_args!("revoked {serial}; {}", lists_written(&pki)));
        }
        PkiCommand::Crl { place } => {
            let mut pki = DevelopmentPki::open(&place.directory)?;
            pki.renew_revocation_lists(now)?;
            terminal.note(lists_written(&pki));
        }
        PkiCommand::List { place, json } => list(&place.directory, json, now, terminal)?,
    }
    Ok(Exit::Ok)
}

fn issue(command: IssueCommand, now: Timestamp) -> anyhow::Result<CredentialFiles> {
    Ok(match command {
        IssueCommand::Client { place, subject, slug } => {
            let mut pki = DevelopmentPki::open(&place.directory)?;
            pki.issue_client(&slug, &subject.subject(), subject.validity(now))?
        }
        IssueCommand::Person { place, subject, slug, user, role } => {
            let mut pki = DevelopmentPki::open(&place.directory)?;
            let person = Person { user_id: user, role };
            pki.issue_person(&slug, &subject.subject(), &person, subject.validity(now))?
        }
        IssueCommand::Server { place, subject, slug, dns, ip } => {
            let mut pki = DevelopmentPki::open(&place.directory)?;
            let names: Vec<String> =
                dns.into_iter().chain(ip.iter().map(ToString::to_string)).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            pki.issue_server(&slug, &subject.subject(), &names, subject.validity(now))?
        }
    })
}

impl SubjectArgs {
    fn subject(&self) -> Subject {
        Subject { oin: self.oin.clone(), organisation: self.name.clone(), unit: self.unit.clone() }
    }

    fn validity(&self, now: Timestamp) -> Validity {
        let length = Duration::from_hours(self.days * 24);
        Validity { not_before: now.minus(BACKDATE), not_after: now.plus(length) }
    }
}

impl Which {
    fn serial(&self, pki: &DevelopmentPki) -> anyhow::Result<Serial> {
        let of = |kind, slug: &Option<String>| slug.as_ref().map(|slug| pki.serial(kind, slug));
        if let Some(serial) = &self.serial {
            return Ok(serial.clone());
        }
        let named = of(Kind::Client, &self.client)
            .or_else(|| of(Kind::Person, &self.person))
            .or_else(|| of(Kind::Server, &self.server));
        Ok(named.ok_or_else(|| anyhow::anyhow!("no certificate was named"))??)
    }
}

fn lists_written(pki: &DevelopmentPki) -> String {
    format!("wrote {}; send SIGHUP to gateways that use it", pki.lists_path().display())
}

fn reasons() -> impl clap::builder::TypedValueParser<Value = RevocationReason> {
    use clap::builder::TypedValueParser as _;
    let words = RevocationReason::ALL.iter().map(|reason| reason.as_str());
    clap::builder::PossibleValuesParser::new(words).try_map(|word| word.parse())
}

/// One certificate, as `--json` shows it.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    serial: String,
    kind: Kind,
    oin: &'a Oin,
    organisation: &'a str,
    not_after: Timestamp,
    state: State,
    revoked_at: Option<Timestamp>,
    reason: Option<RevocationReason>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum State {
    Valid,
    Expired,
    Revoked,
}

impl<'a> Shown<'a> {
    fn of(issued: &'a Issued, now: Timestamp) -> Self {
        Self {
            serial: issued.serial.to_string(),
            kind: issued.kind,
            oin: &issued.oin,
            organisation: &issued.organisation,
            not_after: issued.not_after,
            state: match issued.revocation {
                Some(_) => State::Revoked,
                None if issued.not_after < now => State::Expired,
                None => State::Valid,
            },
            revoked_at: issued.revocation.map(|revocation| revocation.at),
            reason: issued.revocation.map(|revocation| revocation.reason),
        }
    }
}

fn list(
    directory: &Path,
    json: bool,
    now: Timestamp,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    let pki = DevelopmentPki::open(directory)?;
    let shown: Vec<_> = pki.register().issued().iter().map(|one| Shown::of(one, now)).collect();
    if json {
        return Ok(terminal.json(&shown)?);
    }
    for one in shown {
        let (tone, state) = match one.state {
            State::Valid => (Tone::Good, "valid"),
            State::Expired => (Tone::Faint, "expired"),
            State::Revoked => (Tone::Bad, "revoked"),
        };
        let state = terminal.paint(tone, &format!("{state:<7}"));
        terminal.line(format_args!(
            "{state}  {:<6}  {}  until {}  {}  {}",
            one.kind.as_str().to_ascii_lowercase(),
            one.oin,
            one.not_after.date(),
            one.serial,
            one.organisation
        ))?;
    }
    Ok(())
}
