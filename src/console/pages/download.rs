//! An export of a search as one file: the data and its manifest. It is written while it is read, so it
//! has no limit, and a download that was cut off does not open.

use axum::body::Body;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde::Deserialize;

use crate::console::door::Ask;
use crate::console::page;
use crate::console::pages::disclosures::Filters;
use crate::domain::export::Format;
use crate::gateway::Error;
use crate::gateway::exports::{Export, ExportDraft, Part};

mod archive;

use archive::{Archive, ArchiveError};

/// The form of an export, as the address has it.
#[derive(Debug, Default, Deserialize)]
pub(in crate::console) struct Form {
    #[serde(default)]
    vorm: String,
}

/// The words of the address for the forms that a search can be had in.
pub(in crate::console) const FORMS: [(&str, Format); 6] = [
    ("csv", Format::Csv),
    ("json", Format::JsonLines),
    ("fhir", Format::FhirAuditEvent),
    ("ldv", Format::Ldv),
    ("otlp", Format::Otlp),
    ("nen7513", Format::Nen7513Csv),
];

pub(in crate::console) async fn download(
    ask: Ask,
    form: Result<Query<Form>, QueryRejection>,
    query: Result<Query<Filters>, QueryRejection>,
) -> Response {
    let officer = match ask.enter() {
        Ok(officer) => officer,
        Err(page) => return *page,
    };
    let chosen = form.map(|Query(form)| form.vorm).unwrap_or_default();
    let format = FORMS.iter().find(|(word, _)| *word == chosen).map(|(_, format)| *format);
    let mut filters = query.map(|Query(filters)| filters).unwrap_or_default();
    let days = ask.settings(&officer).days;
    filters.fill_period(ask.app.gateway().clock().now(), days);
    let read = filters.read(&officer);
    let (Some(format), Some((search, _))) = (format, read) else {
        return page::failed(&ask, &officer, &Error::PageToken);
    };
    let draft = ExportDraft { format: format.number().into(), search, tree_size: filters.size() };
    match ask.app.gateway().export_disclosures(&officer.call, draft).await {
        Ok(export) => file(&chosen, export),
        Err(error) => page::failed(&ask, &officer, &error),
    }
}

fn file(word: &str, export: Export) -> Response {
    let name = format!("ketenpoort-{word}");
    // The names under which the command line finds and checks the two.
    let inside = format!("{name}.{}", export.format().extension());
    let disposition = format!("attachment; filename=\"{name}.zip\"");
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/zip")),
        (
            CONTENT_DISPOSITION,
            HeaderValue::from_str(&disposition)
                .unwrap_or_else(|_| HeaderValue::from_static("attachment")),
        ),
    ];
    let written = Written::Begun { export, archive: Archive::new(), inside };
    let parts = stream::try_unfold(written, |written| async move {
        Box::pin(written.more()).await.inspect_err(|error| {
            tracing::warn!(event = "console.download_ended", %error);
        })
    });
    (headers, Body::from_stream(parts)).into_response()
}

/// How far a download is.
enum Written {
    Begun { export: Export, archive: Archive, inside: String },
    Going { export: Export, archive: Archive, inside: String },
    Done,
}

/// Why a download ended early.
#[derive(Debug, thiserror::Error)]
enum DownloadError {
    #[error(transparent)]
    Export(#[from] Error),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Manifest(#[from] serde_json::Error),
}

impl Written {
    /// Bytes that follow, and what comes after them; none at the end.
    async fn more(self) -> Result<Option<(Vec<u8>, Self)>, DownloadError> {
        let (mut export, mut archive, inside) = match self {
            Self::Begun { export, mut archive, inside } => {
                archive.begin(&inside)?;
                (export, archive, inside)
            }
            Self::Going { export, archive, inside } => (export, archive, inside),
            Self::Done => return Ok(None),
        };
        match export.next().await? {
            Some(Part::Bytes(bytes)) => {
                archive.write(&bytes)?;
                let ready = archive.take();
                Ok(Some((ready, Self::Going { export, archive, inside })))
            }
            Some(Part::End(manifest)) => {
                archive.begin(&format!("{inside}.manifest.json"))?;
                archive.write(&serde_json::to_vec_pretty(&manifest)?)?;
                Ok(Some((archive.end()?, Self::Done)))
            }
            None => Ok(None),
        }
    }
}
