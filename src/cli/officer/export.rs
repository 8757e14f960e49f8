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
    let mut received = Received { digest: Context::new(&SHA256), length: 0 };
    let manifest = loop {
        let message = stream.message().await.map_err(|status| refusal::failure(&status))?;
        let cut_off = || Failure::new(Exit::Error, "the export ended without its manifest");
        let message = message.ok_or_else(cut_off)?;
        match pb::ExportDisclosuresResponse::decode(message)?.part {
            Some(Part::Data(data)) => {
                received.add(&data)?;
                file.write(&data)?;
            }
            Some(Part::Manifest(manifest)) => break read(&manifest).context("the manifest")?,
            None => {}
        }
    };
    received.compare(&manifest)?;
    file.keep()?;
    manifest_file.keep_text(&(serde_json::to_string_pretty(&manifest)? + "\n"))?;
    Ok(tell_export(&manifest, out, json, terminal)?)
}

/// What came so far.
struct Received {
    digest: Context,
    length: u64,
}

impl Received {
    fn add(&mut self, data: &[u8]) -> anyhow::Result<()> {
        self.digest.update(data);
        self.length += u64::try_from(data.len())?;
        Ok(())
    }

    /// Refuses what is not all of it, or something else.
    fn compare(self, manifest: &Manifest) -> Result<(), Failure> {
        if manifest.bytes == self.length && manifest.sha256 == self.digest.finish().as_ref() {
            return Ok(());
        }
        let words = "the export is not what its manifest says; nothing was kept";
        Err(Failure::new(Exit::ProofInvalid, words))
    }
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
        changed: of.changed_count.try_into()?,
        changed_indexes: of.changed_indexes.clone(),
        known_changed: of.known_changed_count.try_into()?,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::tests::kept;

    fn manifest() -> pb::ExportManifest {
        pb::ExportManifest {
            export_id: "0c6f6f0e-5a0e-4d5e-9a53-2f0c9b1d7e11".to_owned(),
            format: pb::ExportFormat::Csv.into(),
            count: 2,
            size_bytes: 3,
            sha256: aws_lc_rs::digest::digest(&SHA256, b"abc").as_ref().to_vec(),
            tree_size: 9,
            known_changed_count: 3,
            requester_oin: "00000099000000003000".to_owned(),
            requester_user_id: "fg-1".to_owned(),
            purpose: pb::Purpose::PrivacyReview.into(),
            period: Some(pb::Period {
                start_time: Some(prost_types::Timestamp { seconds: 1_782_000_000, nanos: 0 }),
                end_time: None,
            }),
            made_at: Some(prost_types::Timestamp { seconds: 1_782_000_000, nanos: 5_000 }),
            ..pb::ExportManifest::default()
        }
    }

    fn received(pieces: &[&[u8]]) -> Result<(), Failure> {
        let mut received = Received { digest: Context::new(&SHA256), length: 0 };
        for piece in pieces {
            received.add(piece).unwrap();
        }
        received.compare(&read(&manifest()).unwrap())
    }

    #[test]
    fn an_export_is_kept_only_when_it_is_all_and_the_same() {
        received(&[b"a", b"bc"]).unwrap();
        for wrong in [&[&b"ab"[..]][..], &[b"abd"], &[b"abc", b"d"], &[]] {
            let error = received(wrong).unwrap_err();
            assert_eq!(Exit::of(&error.into()), Exit::ProofInvalid, "{wrong:?}");
        }
    }

    #[test]
    fn a_file_that_may_miss_what_was_changed_comes_with_a_warning() {
        let (out, warning) = (Path::new("log.csv"), "are known to be changed");
        let whole = read(&pb::ExportManifest { known_changed_count: 0, ..manifest() }).unwrap();
        let missing = read(&manifest()).unwrap();
        for (manifest, warns) in [(whole, false), (missing, true)] {
            let (mut terminal, data, _) = kept();
            let exit = tell_export(&manifest, out, false, &mut terminal).unwrap();
            assert_eq!(exit, Exit::Ok);
            assert_eq!(data.text().contains(warning), warns, "{}", data.text());
        }
    }

    #[test]
    fn a_manifest_is_the_same_on_the_wire_and_in_a_file() {
        let read_back = read(&manifest()).unwrap();
        assert_eq!(read_back.format, Format::Csv);
        assert_eq!(read_back.period_from.unwrap().to_string(), "2026-06-21T00:00:00Z");
        assert_eq!(read_back.period_until, None);
        assert_eq!(read_back.known_changed, 3);
        assert_eq!(read_back.made_at.as_micros(), 1_782_000_000_000_005);
        read(&pb::ExportManifest { format: 99, ..manifest() }).unwrap_err();
        read(&pb::ExportManifest { sha256: vec![1], ..manifest() }).unwrap_err();
    }
}
