//! `ketenpoort log export --verify`: whether a file is what its manifest says. With the key of the ledger
//! also whether the ledger signed the checkpoint, and whether it holds every leaf of a file with proofs.
//! A file with records that were changed in the database is whole, and is not taken for right.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::cli::exit::{Exit, Failure};
use crate::cli::terminal::{Terminal, Tone};
use crate::domain::export::{Format, Manifest};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::hash::Hash;
use crate::ledger::note::{Note, Verifier};
use crate::ledger::proof::verify_inclusion;

use super::manifest_of;

/// The longest line that is read: far above a record with its conditions.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Changed records that are named.
const NAMED_MAX: usize = 20;

pub(super) fn run(
    path: &Path,
    vkey: Option<&Verifier>,
    json: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let manifest = read_manifest(&manifest_of(path))?;
    let checkpoint = vkey.map(|vkey| opened(&manifest, vkey)).transpose()?;
    let found = Found::read(path, manifest.format, checkpoint.as_ref())?;
    let faults = faults(&manifest, &found);
    if json {
        terminal.json(&serde_json::json!({
            "whole": faults.is_empty(),
            "faults": faults,
            "count": found.records,
            "proven": found.proven,
            "manifest": manifest,
        }))?;
    } else if faults.is_empty() {
        let ok = terminal.paint(Tone::Good, "ok");
        let (count, format) = (manifest.count, manifest.format);
        terminal.line(format_args!("{ok}  whole: {count} records, {format}"))?;
    } else {
        let bad = terminal.paint(Tone::Bad, "bad");
        for fault in &faults {
            terminal.line(format_args!("{bad}  {fault}"))?;
        }
    }
    Ok(if faults.is_empty() { Exit::Ok } else { Exit::ProofInvalid })
}

fn read_manifest(path: &Path) -> anyhow::Result<Manifest> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(Exit::NotFound, format!("{}: {error}", path.display())))?;
    serde_json::from_str(&text).map_err(|_malformed| {
        let message = format!("{}: not the manifest of an export", path.display());
        Failure::new(Exit::ProofInvalid, message).into()
    })
}

/// The checkpoint of the manifest, if the ledger signed it.
fn opened(manifest: &Manifest, vkey: &Verifier) -> anyhow::Result<Checkpoint> {
    let invalid = |reason: &dyn std::fmt::Display| {
        Failure::new(Exit::ProofInvalid, format!("the checkpoint of the manifest: {reason}"))
    };
    let note: Note = manifest.checkpoint.parse().map_err(|error| invalid(&error))?;
    Ok(Checkpoint::open(&note, std::slice::from_ref(vkey), vkey.name())
        .map_err(|error| invalid(&error))?)
}

/// What a file holds.
struct Found {
    bytes: u64,
    sha256: [u8; 32],
    records: u64,
    /// How many leaves were shown to be in the ledger; none when that was not asked.
    proven: Option<u64>,
    /// The first line whose leaf was not.
    unproven: Option<u64>,
}

impl Found {
    fn read(path: &Path, format: Format, checkpoint: Option<&Checkpoint>) -> anyhow::Result<Self> {
        let file = File::open(path).map_err(|error| {
            Failure::new(Exit::NotFound, format!("{}: {error}", path.display()))
        })?;
        let mut reader = BufReader::with_capacity(256 * 1024, file);
        let mut digest = Context::new(&SHA256);
        let mut count = Count::default();
        let mut proofs = checkpoint.filter(|_| format == Format::JsonLines).map(Proofs::under);
        let mut bytes = 0;
        loop {
            let part = reader.fill_buf()?;
            if part.is_empty() {
                break;
            }
            digest.update(part);
            count.add(part, format);
            if let Some(proofs) = &mut proofs {
                proofs.add(part);
            }
            let length = part.len();
            bytes += u64::try_from(length)?;
            reader.consume(length);
        }
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(digest.finish().as_ref());
        let records = count.lines.saturating_sub(around(format));
        let unproven = proofs.as_ref().and_then(|proofs| proofs.unproven);
        Ok(Self { bytes, sha256, records, proven: proofs.map(|proofs| proofs.proven), unproven })
    }
}

/// Lines that are no records: headers, and what stands at the end.
const fn around(format: Format) -> u64 {
    match format {
        Format::Nen7513Csv | Format::JsonLines => 1,
        Format::Csv => 2,
        Format::FhirAuditEvent | Format::Ldv | Format::Otlp | Format::FhirConsent => 0,
    }
}

/// Counts lines; in CSV a line may end within quotes, where it goes on.
#[derive(Default)]
struct Count {
    lines: u64,
    is_quoted: bool,
}

impl Count {
    fn add(&mut self, part: &[u8], format: Format) {
        let has_quotes = matches!(format, Format::Nen7513Csv | Format::Csv);
        for byte in part {
            match byte {
                b'"' if has_quotes => self.is_quoted = !self.is_quoted,
                b'\n' if !self.is_quoted => self.lines += 1,
                _ => {}
            }
        }
    }
}

/// Checks the proof of every line under one checkpoint.
struct Proofs<'c> {
    checkpoint: &'c Checkpoint,
    line: Vec<u8>,
    number: u64,
    proven: u64,
    unproven: Option<u64>,
}

/// What a line with a proof holds, as far as it is checked.
#[derive(Deserialize)]
struct Proven {
    index: Option<u64>,
    leaf_hash: Option<String>,
    leaf: Option<String>,
    inclusion_proof: Option<InclusionProof>,
}

#[derive(Deserialize)]
struct InclusionProof {
    hashes: Vec<String>,
}

impl<'c> Proofs<'c> {
    const fn under(checkpoint: &'c Checkpoint) -> Self {
        Self { checkpoint, line: Vec::new(), number: 0, proven: 0, unproven: None }
    }

    fn add(&mut self, part: &[u8]) {
        for piece in part.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() + piece.len() <= LINE_BYTES_MAX {
                self.line.extend(piece);
            }
            if piece.ends_with(b"\n") {
                self.check();
                self.line.clear();
            }
        }
    }

    fn check(&mut self) {
        self.number += 1;
        let line: Result<Proven, _> = serde_json::from_slice(&self.line);
        match line {
            // The last line has no entry.
            Ok(Proven { index: None, .. }) => {}
            Ok(line) if line.is_in(self.checkpoint) == Some(true) => self.proven += 1,
            Ok(_) | Err(_) => self.unproven = self.unproven.or(Some(self.number)),
        }
    }
}

impl Proven {
    fn is_in(&self, checkpoint: &Checkpoint) -> Option<bool> {
        let hash = match &self.leaf {
            Some(leaf) => Hash::leaf(&STANDARD.decode(leaf).ok()?),
            // It was purged; what was in it cannot be shown any more, that it was there can.
            None => Hash::from_base64(self.leaf_hash.as_ref()?)?,
        };
        let hashes = self.inclusion_proof.as_ref()?.hashes.iter();
        let hashes: Vec<Hash> =
            hashes.map(|hash| Hash::from_base64(hash)).collect::<Option<_>>()?;
        let Checkpoint { size, root, .. } = checkpoint;
        Some(verify_inclusion(hash, self.index?, *size, &hashes, *root).is_ok())
    }
}

fn faults(manifest: &Manifest, found: &Found) -> Vec<String> {
    let mut faults = Vec::new();
    if found.bytes < manifest.bytes {
        let (bytes, should) = (found.bytes, manifest.bytes);
        faults.push(format!("cut off: {bytes} of {should} bytes"));
    } else if found.bytes > manifest.bytes {
        faults.push(format!("{} bytes too many", found.bytes - manifest.bytes));
    }
    if found.records != manifest.count {
        faults.push(format!("{} records instead of {}", found.records, manifest.count));
    }
    if found.sha256 != manifest.sha256 {
        faults.push("the SHA-256 is another one: the file was changed".to_owned());
    }
    if manifest.changed > 0 {
        let named = manifest.changed_indexes.iter().take(NAMED_MAX);
        let named: Vec<String> = named.map(ToString::to_string).collect();
        let (changed, named) = (manifest.changed, named.join(", "));
        faults.push(format!("{changed} records were changed in the database: {named}"));
    }
    if let Some(number) = found.unproven {
        faults.push(format!("line {number}: the ledger of the checkpoint does not hold its leaf"));
    }
    faults
}
