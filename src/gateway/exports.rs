//! Exports of the disclosure log: all that a search means, in a form that others read.
//!
//! An export is an entry of the ledger before its first byte (DOMAIN §5.1), and nothing is exported when
//! that entry cannot be written. It is read page by page at one size of the ledger, so it has no limit and
//! takes the memory of one page. Its last part is its manifest: who receives an export can tell whether it
//! is whole.

use aws_lc_rs::digest::{Context, SHA256};

use crate::domain::event::EventCode;
use crate::domain::export::consent::consent as fhir_consent;
use crate::domain::export::{CHANGED_MAX, Format, Manifest, Names, nen7513, officer};
use crate::domain::id::{ConsentId, EventId, Oin, Pseudonym, UserId};
use crate::domain::look::Look;
use crate::domain::organisation::{OnBehalfOf, Role, UserRole};
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::domain::violation::Violations;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::note::Note;
use crate::store;

use super::Gateway;
use super::call::Call;
use super::disclosures::{SearchDraft, visible_to};
use super::error::{Error, Result};
use super::journal::{Administered, Scope};

mod consents;
mod forgotten;
mod lines;
mod reading;

use consents::Wanted;
use lines::Found;
use reading::Reading;

/// Records in one part: a few hundred kilobytes at most in any form.
const PAGE: u32 = 128;

/// What is to be exported, as a message carries it.
#[derive(Debug, Clone, Default)]
pub struct ExportDraft {
    /// The form.
    pub format: i32,
    /// Of what. It needs neither a key nor a short period; consents need a person or a case, and have
    /// no period.
    pub search: SearchDraft,
    /// Only of the first so many entries, so that an export agrees with the pages of a search.
    pub tree_size: Option<i64>,
}

/// A part of an export.
#[derive(Debug)]
pub enum Part {
    /// The bytes that follow.
    Bytes(Vec<u8>),
    /// There are no more bytes.
    End(Box<Manifest>),
}

/// An export that is being read.
#[derive(Debug)]
pub struct Export {
    gateway: Gateway,
    names: Names,
    format: Format,
    source: Source,
    stage: Stage,
    digest: Digest,
    tally: Tally,
    checkpoint: Checkpointed,
    tree_size: i64,
    asked: Asked,
}

/// Where records come from.
#[derive(Debug)]
enum Source {
    Ledger(Box<Reading>),
    Consents(Wanted, ConsentId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Head,
    Records,
    Manifest,
    Over,
}

/// What has been counted so far.
#[derive(Debug, Default)]
struct Tally {
    count: u64,
    forgotten: u64,
    changed: u64,
    /// The first of them.
    changed_indexes: Vec<i64>,
    first: Option<i64>,
    last: Option<i64>,
    bytes: u64,
}

/// SHA-256 of the bytes so far.
struct Digest(Context);

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest")
    }
}

/// The checkpoint that the export ends with.
#[derive(Debug)]
struct Checkpointed {
    note: String,
    said: Checkpoint,
}

/// Who asked for what, and why.
#[derive(Debug)]
struct Asked {
    export_id: EventId,
    oin: Oin,
    user_id: UserId,
    purpose: Purpose,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    at: Timestamp,
}

/// Whose export it is, and what they may see.
struct Requester {
    oin: Oin,
    user_id: UserId,
    party: Option<Oin>,
    /// Whom the entry is about that was named in place of a pseudonym.
    subject: Option<Pseudonym>,
}

impl Gateway {
    /// Begins an export of what the officer may see. That it was made is in the ledger when this returns.
    pub async fn export_disclosures(&self, call: &Call, draft: ExportDraft) -> Result<Export> {
        self.require_officer(call).await?;
        let subject = match draft.search.subject_of {
            None => None,
            Some(index) => Some(self.subject_of(call, index).await?),
        };
        let requester = Requester {
            oin: call.oin().clone(),
            user_id: call.actor.user_id.clone(),
            party: visible_to(call),
            subject,
        };
        self.begin_export(call, requester, draft).await
    }

    /// The same for the operator of the gateway, on behalf of an officer: of what that officer's
    /// organisation may see. The ledger says that the gateway did it, and for whom.
    pub async fn export_for_operator(
        &self,
        (oin, user_id): (Oin, UserId),
        draft: ExportDraft,
    ) -> Result<Export> {
        let role = self.directory().organisation(&oin).map(|known| known.role());
        let words = "must be an organisation of the directory";
        let mut violations = Violations::new();
        violations.require(role.is_some(), "organisation", "UNKNOWN_ORGANISATION", words);
        violations.into_result(())?;
        let mut call = self.acting_itself()?;
        let role_of_user = UserRole::PrivacyOfficer;
        call.actor.on_behalf_of = Some(OnBehalfOf { user_id: user_id.clone(), role: role_of_user });
        let party = Some(oin.clone()).filter(|_| role != Some(Role::Oversight));
        let requester = Requester { oin, user_id, party, subject: None };
        self.begin_export(&call, requester, draft).await
    }

    async fn begin_export(
        &self,
        call: &Call,
        requester: Requester,
        draft: ExportDraft,
    ) -> Result<Export> {
        // What is exported is proven by a ledger that others know otherwise.
        if let Some(fork) = self.contradiction() {
            return Err(store::Error::Fork(fork).into());
        }
        let format = format_of(draft.format)?;
        let (mut source, purpose) = source_of(&draft, format, &requester)?;
        let export_id = self.log_export(call, &draft, (format, purpose, &requester)).await?;
        let mut tx = self.db().read().await?;
        let latest = tx.latest_checkpoint().await?.ok_or_else(unsigned)?;
        let size = tx.log_state().await?.map_or(0, |state| state.size);
        // Not beyond the checkpoint that everything is proven under.
        let size = size.min(latest.size);
        let tree_size = draft.tree_size.map_or(size, |wanted| wanted.clamp(0, size));
        let checkpoint =
            Checkpointed::of(&self.shown_to_others(&mut tx, tree_size, latest).await?)?;
        let (mut from, mut until) = (None, None);
        if let Source::Ledger(reading) = &mut source {
            (from, until) = reading.period();
            reading.bound(&mut tx, tree_size).await?;
        }
        let asked = Asked {
            export_id,
            oin: requester.oin,
            user_id: requester.user_id,
            purpose,
            from,
            until,
            at: call.now(),
        };
        Ok(Export {
            gateway: self.clone(),
            names: self.export_names(),
            format,
            source,
            stage: Stage::Head,
            digest: Digest(Context::new(&SHA256)),
            tally: Tally::default(),
            checkpoint,
            tree_size,
            asked,
        })
    }

    /// The entry of an export. What was asked for names people, so only its keyed digest is written down.
    async fn log_export(
        &self,
        call: &Call,
        draft: &ExportDraft,
        (format, purpose, requester): (Format, Purpose, &Requester),
    ) -> Result<EventId> {
        let subject = requester.subject.map(Pseudonym::to_hex);
        let question = format!("{:?} {subject:?}", draft.search);
        let oin = &requester.oin;
        let key = self.keys().keyring().idempotency_key();
        let entry = self.administered(
            call,
            &Administered {
                event: EventCode::LogExported,
                scope: Scope::Ledger,
                count: 1,
                digest: key.body_digest("log", question.as_bytes()),
                note: call.look_note((Look::Export, purpose), &format!("{format} {oin}"))?,
            },
        )?;
        let export_id = entry.entry.event_id;
        self.append(vec![entry]).await?;
        Ok(export_id)
    }

    /// The names of the deployment, with what organisations are called today.
    fn export_names(&self) -> Names {
        let directory = self.directory();
        let named = directory.organisations().map(|o| (o.oin().clone(), o.name().to_owned()));
        Names { organisations: named.collect(), ..self.names().clone() }
    }
}

impl Export {
    /// Its form.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// The next part. The last one is the manifest; after it there is none.
    pub async fn next(&mut self) -> Result<Option<Part>> {
        loop {
            let bytes = match self.stage {
                Stage::Head => {
                    self.stage = Stage::Records;
                    self.head()
                }
                Stage::Records => {
                    if let Some(bytes) = self.page().await? {
                        bytes
                    } else {
                        self.stage = Stage::Manifest;
                        self.tail()
                    }
                }
                Stage::Manifest => {
                    self.stage = Stage::Over;
                    return Ok(Some(Part::End(Box::new(self.manifest().await?))));
                }
                Stage::Over => return Ok(None),
            };
            if !bytes.is_empty() {
                self.digest.0.update(&bytes);
                self.tally.bytes += u64::try_from(bytes.len()).map_err(Error::internal)?;
                return Ok(Some(Part::Bytes(bytes)));
            }
        }
    }

    fn head(&self) -> Vec<u8> {
        match self.format {
            Format::Nen7513Csv => nen7513::header(),
            Format::Csv => officer::header(),
            Format::FhirAuditEvent
            | Format::Ldv
            | Format::Otlp
            | Format::JsonLines
            | Format::FhirConsent => Vec::new(),
        }
    }

    /// Records of one page; none after the last.
    async fn page(&mut self) -> Result<Option<Vec<u8>>> {
        match &mut self.source {
            Source::Ledger(reading) => {
                let size = self.checkpoint.said.size;
                let Some(found) = self.gateway.found(reading, size, self.format).await? else {
                    return Ok(None);
                };
                let mut bytes = Vec::new();
                for one in &found {
                    self.tally.add(one);
                    bytes.extend(one.render(self.format, &self.names));
                }
                Ok(Some(bytes))
            }
            Source::Consents(wanted, after) => {
                let found = self.gateway.found_consents(wanted, *after).await?;
                let Some(last) = found.last() else { return Ok(None) };
                *after = last.row.consent_id;
                let mut bytes = Vec::new();
                for one in &found {
                    self.tally.count += 1;
                    self.tally.forgotten += u64::from(one.consent.is_none());
                    bytes.extend(fhir_consent(one.given(self.asked.at), &self.names).line());
                    bytes.push(b'\n');
                }
                Ok(Some(bytes))
            }
        }
    }

    /// What some forms say about the whole at their end.
    fn tail(&self) -> Vec<u8> {
        let Checkpointed { note, said } = &self.checkpoint;
        match self.format {
            Format::Csv => officer::end(&officer::End {
                rows: self.tally.count,
                tree_size: self.tree_size,
                origin: said.origin.as_str(),
                checkpoint_size: said.size,
                checkpoint_root: said.root.to_string(),
            }),
            Format::JsonLines => lines::end(self.tally.count, self.tree_size, note),
            Format::FhirAuditEvent
            | Format::Ldv
            | Format::Otlp
            | Format::Nen7513Csv
            | Format::FhirConsent => Vec::new(),
        }
    }

    async fn manifest(&self) -> Result<Manifest> {
        let known = self.gateway.known_to_be_changed(usize::MAX).await?;
        let known = known.range(..self.tree_size).count();
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.digest.0.clone().finish().as_ref());
        let (tally, asked) = (&self.tally, &self.asked);
        Ok(Manifest {
            export_id: asked.export_id,
            format: self.format,
            count: tally.count,
            forgotten: tally.forgotten,
            changed: tally.changed,
            changed_indexes: tally.changed_indexes.clone(),
            known_changed: u64::try_from(known).map_err(Error::internal)?,
            first_index: tally.first,
            last_index: tally.last,
            bytes: tally.bytes,
            sha256,
            tree_size: self.tree_size,
            checkpoint: self.checkpoint.note.clone(),
            requester_oin: asked.oin.clone(),
            requester_user_id: asked.user_id.clone(),
            purpose: asked.purpose,
            period_from: asked.from,
            period_until: asked.until,
            made_at: asked.at,
        })
    }
}

impl Tally {
    fn add(&mut self, found: &Found) {
        self.count += 1;
        self.forgotten += u64::from(found.is_forgotten);
        self.first = self.first.or(Some(found.index));
        self.last = Some(found.index);
        if found.changed.is_empty() {
            return;
        }
        self.changed += 1;
        if self.changed_indexes.len() < CHANGED_MAX {
            self.changed_indexes.push(found.index);
        }
    }
}

impl Checkpointed {
    fn of(note: &Note) -> Result<Self> {
        Ok(Self { said: note.text().parse().map_err(Error::internal)?, note: note.to_string() })
    }
}

fn unsigned() -> Error {
    Error::internal(store::Error::Corrupt { table: "checkpoints", column: "size" })
}

fn format_of(number: i32) -> Result<Format> {
    let mut violations = Violations::new();
    let format = u16::try_from(number).ok().and_then(Format::from_number);
    let words = "must be one of the codes of this field";
    violations.require(format.is_some(), "format", "UNKNOWN_CODE", words);
    violations.into_result(())?;
    format.ok_or_else(Error::hidden)
}

fn source_of(
    draft: &ExportDraft,
    format: Format,
    requester: &Requester,
) -> Result<(Source, Purpose)> {
    let (party, subject) = (requester.party.clone(), requester.subject);
    if format == Format::FhirConsent {
        let (wanted, purpose) = Wanted::parse(&draft.search, party, subject)?;
        return Ok((Source::Consents(wanted, ConsentId::from_bytes([0; 16])), purpose));
    }
    let (sought, purpose) = draft.search.parse_for_export(party, subject)?;
    Ok((Source::Ledger(Box::new(Reading::of(sought))), purpose))
}
