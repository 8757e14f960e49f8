//! `ketenpoort log export`: the disclosure log as a file, with its manifest beside it.
//!
//! Invariants: a file that has its name is whole and on disk; its manifest comes after it; nothing that
//! exists is overwritten; only the owner can read either, because they are about people.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::domain::basis::Basis;
use crate::domain::category::Category;
use crate::domain::event::{Disposition, EventCode};
use crate::domain::export::{Format, Manifest};
use crate::domain::id::{CaseRef, GroupId, Oin, UserId};
use crate::domain::purpose::Purpose;
use crate::domain::time::Date;
use crate::gateway::disclosures::SearchDraft;
use crate::gateway::exports::{ExportDraft, Part};
use crate::gateway::{Clock, Error, Gateway};
use crate::ledger::note::Verifier;

use super::Form;
use crate::cli::config_command::ConfigFile;
use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::{Terminal, Tone};
use crate::cli::{directory, keys, serve};

mod file;
mod verify;

pub(in crate::cli) use file::Whole;

/// What to export for whom, or what to check.
#[derive(Debug, Args)]
pub(in crate::cli) struct ExportArgs {
    #[command(flatten)]
    file: ConfigFile,
    /// Only check a file that was exported, with the manifest beside it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["format", "out", "organisation", "asked_by"])]
    verify: Option<PathBuf>,
    /// The public key of the ledger, as `log vkey` prints it: `--verify` then also checks the checkpoint,
    /// and the proofs of JSON lines
    #[arg(long, value_name = "KEY", requires = "verify")]
    vkey: Option<Verifier>,
    /// The form of the file
    #[arg(long, value_enum, required_unless_present = "verify")]
    format: Option<FormatChoice>,
    /// Where to write it; must not exist
    #[arg(long, value_name = "FILE", required_unless_present = "verify")]
    out: Option<PathBuf>,
    /// The organisation whose privacy officer asked for it: only what that organisation may see
    #[arg(long, value_name = "OIN", required_unless_present = "verify")]
    organisation: Option<Oin>,
    /// The privacy officer who asked for it, by the name that stands in the ledger
    #[arg(long = "for", value_name = "USER", required_unless_present = "verify")]
    asked_by: Option<UserId>,
    /// Why
    #[arg(long, value_enum, default_value_t = PurposeChoice::PrivacyReview)]
    purpose: PurposeChoice,
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    form: Form,
}

/// Of what.
#[derive(Debug, Args)]
struct Of {
    /// First day; not for consents
    #[arg(long, value_name = "DATE", requires = "until")]
    from: Option<Date>,
    /// Last day
    #[arg(long, value_name = "DATE", requires = "from")]
    until: Option<Date>,
    /// Only this case
    #[arg(long, value_name = "CASE")]
    case: Option<CaseRef>,
    /// Only the person whose pseudonym stands in this file: a command line is seen by others
    #[arg(long, value_name = "FILE")]
    subject_file: Option<PathBuf>,
    /// Only what this organisation sent
    #[arg(long, value_name = "OIN")]
    sender: Option<Oin>,
    /// Only what this organisation received
    #[arg(long, value_name = "OIN")]
    recipient: Option<Oin>,
    /// Only what this organisation sent, received, kept or did
    #[arg(long, value_name = "OIN")]
    party: Option<Oin>,
    /// Only what this employee did; of another organisation than `--organisation`, with `--party`
    #[arg(long, value_name = "USER")]
    user: Option<UserId>,
    /// Only the entries of this act
    #[arg(long, value_name = "ID")]
    act: Option<GroupId>,
    /// Only disclosures for this purpose, for example `CARE_COORDINATION`
    #[arg(long, value_name = "CODE")]
    for_purpose: Option<Purpose>,
    /// Only disclosures on this basis, for example `CONSENT`
    #[arg(long, value_name = "CODE")]
    basis: Option<Basis>,
    /// Only what holds one of these kinds of data, for example `HEALTH_MENTAL`
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    category: Vec<Category>,
    /// Only what ended so: ALLOWED, NARROWED, REFUSED, EMERGENCY or FAILED
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    disposition: Vec<Disposition>,
    /// Only these events, for example `SUMMARY_READ`
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    event: Vec<EventCode>,
    /// Only what was denied
    #[arg(long)]
    denied: bool,
    /// Only the first so many entries of the ledger, to agree with the pages of a search (`stand` in the
    /// address of the console)
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(i64).range(1..))]
    tree_size: Option<i64>,
}

/// A [`Format`], as it is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatChoice {
    /// FHIR R4 audit events (IHE BALP), one a line
    Fhir,
    /// FHIR R4 Consent of a case or a person, one a line
    FhirConsent,
    /// Logboek Dataverwerkingen, one line each; names no user
    Ldv,
    /// The same for OpenTelemetry (OTLP/JSON)
    Otlp,
    /// CSV for an audit by NEN 7513
    Nen7513,
    /// CSV for a spreadsheet
    Csv,
    /// JSON lines with leaf, proof and record
    Jsonl,
}

impl From<FormatChoice> for Format {
    fn from(choice: FormatChoice) -> Self {
        match choice {
            FormatChoice::Fhir => Self::FhirAuditEvent,
            FormatChoice::FhirConsent => Self::FhirConsent,
            FormatChoice::Ldv => Self::Ldv,
            FormatChoice::Otlp => Self::Otlp,
            FormatChoice::Nen7513 => Self::Nen7513Csv,
            FormatChoice::Csv => Self::Csv,
            FormatChoice::Jsonl => Self::JsonLines,
        }
    }
}

/// The purposes of a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PurposeChoice {
    /// To judge disclosures
    PrivacyReview,
    /// To answer a data subject
    DataSubjectRequest,
}

pub(super) async fn run(args: &ExportArgs, terminal: &mut Terminal) -> anyhow::Result<Exit> {
    if let Some(path) = &args.verify {
        return verify::run(path, args.vkey.as_ref(), args.form.json, terminal);
    }
    let (Some(format), Some(out), Some(organisation), Some(asked_by)) =
        (args.format, &args.out, &args.organisation, &args.asked_by)
    else {
        let words = "--format, --out, --organisation and --for are needed";
        return Err(Failure::new(Exit::Usage, words).into());
    };
    let draft = draft(args, format.into())?;
    let manifest_path = manifest_of(out);
    let (file, manifest_file) = (Whole::create(out)?, Whole::create(&manifest_path)?);
    let config = args.file.load()?.config;
    let keyring = keys::of_config(&config)?;
    let directory = directory::of_config(&config)?;
    let gateway = serve::open_gateway(&config, keyring, directory, Clock::system()).await?;
    let for_whom = (organisation.clone(), asked_by.clone());
    let made = write(&gateway, for_whom, draft, file).await;
    gateway.close().await;
    let manifest = made?;
    manifest_file.keep_text(&(serde_json::to_string_pretty(&manifest)? + "\n"))?;
    Ok(tell(&manifest, out, args.form.json, terminal)?)
}

/// Says what was written where. A file with records that were changed is written, and is not what the
/// ledger signed.
pub(in crate::cli) fn tell(
    manifest: &Manifest,
    out: &Path,
    json: bool,
    terminal: &mut Terminal,
) -> std::io::Result<Exit> {
    let exit = if manifest.changed > 0 { Exit::ProofInvalid } else { Exit::Ok };
    if json {
        return terminal.json(manifest).map(|()| exit);
    }
    let ok = terminal.paint(Tone::Good, "ok");
    let (count, bytes) = (manifest.count, manifest.bytes);
    terminal.line(format_args!("{ok}  {count} records, {bytes} bytes: {}", out.display()))?;
    terminal.line(format_args!("    {}", manifest_of(out).display()))?;
    if manifest.changed > 0 {
        let (bad, changed) = (terminal.paint(Tone::Bad, "bad"), manifest.changed);
        let words = "records were changed in the database; the manifest names them";
        terminal.line(format_args!("{bad}  {changed} {words}"))?;
    }
    if manifest.known_changed > 0 {
        let (warn, known) = (terminal.paint(Tone::Doubtful, "warn"), manifest.known_changed);
        let words =
            "entries of the ledger are known to be changed; those that no longer match are missing";
        terminal.line(format_args!("{warn}  {known} {words}"))?;
    }
    Ok(exit)
}

fn draft(args: &ExportArgs, format: Format) -> anyhow::Result<ExportDraft> {
    let of = &args.of;
    let purpose = match args.purpose {
        PurposeChoice::PrivacyReview => Purpose::PrivacyReview,
        PurposeChoice::DataSubjectRequest => Purpose::DataSubjectRequest,
    };
    let subject = of.subject_file.as_deref().map(pseudonym).transpose()?;
    let text = |oin: &Option<Oin>| oin.as_ref().map_or_else(String::new, ToString::to_string);
    let search = SearchDraft {
        purpose: purpose.number().into(),
        subject_pseudonym: subject.unwrap_or_default(),
        case_ref: of.case.as_ref().map_or_else(String::new, ToString::to_string),
        sender_oin: text(&of.sender),
        recipient_oin: text(&of.recipient),
        oin: text(&of.party),
        actor_user_id: of.user.as_ref().map_or_else(String::new, ToString::to_string),
        group_id: of.act.as_ref().map_or_else(String::new, ToString::to_string),
        for_purpose: of.for_purpose.map_or(0, |one| one.number().into()),
        basis: of.basis.map_or(0, |one| one.number().into()),
        categories: of.category.iter().map(|one| one.number().into()).collect(),
        dispositions: of.disposition.iter().map(|one| one.number().into()).collect(),
        event_codes: of.event.iter().map(|one| one.number().into()).collect(),
        denied_only: of.denied,
        from: of.from.map(Date::start),
        until: of.until.map(Date::end),
        ..SearchDraft::default()
    };
    Ok(ExportDraft { format: format.number().into(), search, tree_size: of.tree_size })
}

fn pseudonym(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(Exit::NotFound, format!("{}: {error}", path.display())))?;
    Ok(text.trim().to_owned())
}

async fn write(
    gateway: &Gateway,
    for_whom: (Oin, UserId),
    draft: ExportDraft,
    mut file: Whole,
) -> anyhow::Result<Manifest> {
    let mut export = gateway.export_for_operator(for_whom, draft).await.map_err(explain)?;
    while let Some(part) = export.next().await? {
        match part {
            Part::Bytes(bytes) => file.write(&bytes)?,
            Part::End(manifest) => {
                file.keep()?;
                return Ok(*manifest);
            }
        }
    }
    Err(Failure::new(Exit::Error, "the export ended without its manifest").into())
}

/// What is wrong with the question, by field.
fn explain(error: Error) -> anyhow::Error {
    let Error::Invalid(violations) = &error else { return error.into() };
    let words: Vec<String> = violations
        .into_iter()
        .map(|one| format!("{}: {}", one.field.trim_start_matches("filter."), one.description))
        .collect();
    Failure::new(Exit::Usage, words.join("; ")).into()
}

/// The name of the manifest of a file.
pub(in crate::cli) fn manifest_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".manifest.json");
    name.into()
}
