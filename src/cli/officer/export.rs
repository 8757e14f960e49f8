//! An export over the connection: the file first, then its manifest beside it, as `log export` writes them.
//!
//! Invariant: a file gets its name only when the gateway sent its manifest, and it is what that says.

use std::path::Path;

use anyhow::Context as _;
use aws_lc_rs::digest::{Context, SHA256};
use prost::Message as _;
use prost_reflect::{DynamicMessage, MethodDescriptor};

use super::call::Wire;
use super::refusal;
use crate::cli::exit::{Exit, Failure};
use crate::cli::log::{Whole, manifest_of, tell_export};
use crate::cli::terminal::Terminal;
use crate::domain::export::{Format, Manifest};
use crate::domain::purpose::Purpose;
use crate::domain::time::Timestamp;
use crate::grpc::pb;
use crate::grpc::pb::export_disclosures_response::Part;

pub(super) async fn run(
    wire: &mut Wire,
    (method, request): (&MethodDescriptor, &DynamicMessage),
    out: &Path,
    json: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<Exit> {
    let manifest_path = manifest_of(out);
    let (mut file, manifest_file) = (Whole::create(out)?, Whole::create(&manifest_path)?);
    let mut stream =
        wire.stream(method, request).await.map_err(|status| refusal::failure(&status))?;
    let mut digest = Context::new(&SHA256);
    let mut length: u64 = 0;
    let manifest = loop {
        let message = stream.message().await.map_err(|status| refusal::failure(&status))?;
        let cut_off = || Failure::new(Exit::Error, "the export ended without its manifest");
        let message = message.ok_or_else(cut_off)?;
        match pb::ExportDisclosuresResponse::decode(message)?.part {
            Some(Part::Data(data)) => {
                digest.update(&data);
                length += u64::try_from(data.len())?;
                file.write(&data)?;
            }
            Some(Part::Manifest(manifest)) => break read(&manifest).context("the manifest")?,
            None => {}
        }
    };
    if manifest.bytes != length || manifest.sha256 != digest.finish().as_ref() {
        let words = "the export is not what its manifest says; nothing was kept";
        return Err(Failure::new(Exit::ProofInvalid, words).into());
    }
    file.keep()?;
    manifest_file.keep_text(&(serde_json::to_string_pretty(&manifest)? + "\n"))?;
    tell_export(&manifest, out, json, terminal)?;
    Ok(Exit::Ok)
}

/// The manifest as files have it.
fn read(of: &pb::ExportManifest) -> anyhow::Result<Manifest> {
    let format = u16::try_from(of.format).ok().and_then(Format::from_number);
    let purpose = u16::try_from(of.purpose).ok().and_then(Purpose::from_number);
    let period = of.period.as_ref();
    Ok(Manifest {
        export_id: of.export_id.parse()?,
        format: format.context("a format that this program does not know")?,
        count: of.count.try_into()?,
        forgotten: of.forgotten_count.try_into()?,
        first_index: of.first_index,
        last_index: of.last_index,
        bytes: of.size_bytes.try_into()?,
        sha256: of.sha256.as_slice().try_into()?,
        tree_size: of.tree_size,
        checkpoint: of.checkpoint.clone(),
        requester_oin: of.requester_oin.parse()?,
        requester_user_id: of.requester_user_id.parse()?,
        purpose: purpose.context("a purpose that this program does not know")?,
        period_from: period.and_then(|period| moment(period.start_time.as_ref())),
        period_until: period.and_then(|period| moment(period.end_time.as_ref())),
        made_at: moment(of.made_at.as_ref()).context("no moment")?,
    })
}

fn moment(of: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    let of = of?;
    let micros = of.seconds.checked_mul(1_000_000)?.checked_add(i64::from(of.nanos) / 1_000)?;
    Timestamp::from_micros(micros)
}
