//! A ZIP archive that is sent while it is written.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use zip::result::ZipError;
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

/// Why the archive could not be written on.
#[derive(Debug, thiserror::Error)]
#[error("the archive cannot be written")]
pub(super) struct ArchiveError(#[from] ZipError);

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        Self(error.into())
    }
}

/// An archive with what was written of it and not yet taken.
pub(super) struct Archive {
    writer: ZipWriter<StreamWriter<Taken>>,
    ready: Taken,
}

impl Archive {
    pub(super) fn new() -> Self {
        let ready = Taken::default();
        Self { writer: ZipWriter::new_stream(ready.clone()), ready }
    }

    /// Begins the next file.
    pub(super) fn begin(&mut self, name: &str) -> Result<(), ArchiveError> {
        // The size is not known before the end; beyond 4 GiB it takes the long form.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .large_file(true);
        Ok(self.writer.start_file(name, options)?)
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        Ok(self.writer.write_all(bytes)?)
    }

    /// What can be sent now.
    pub(super) fn take(&self) -> Vec<u8> {
        self.ready.take()
    }

    /// Ends the archive: the rest of it.
    pub(super) fn end(self) -> Result<Vec<u8>, ArchiveError> {
        drop(self.writer.finish()?);
        Ok(self.ready.take())
    }
}

/// Bytes on their way out.
#[derive(Clone, Default)]
struct Taken(Arc<Mutex<Vec<u8>>>);

impl Taken {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Taken {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::*;

    #[test]
    fn what_is_taken_in_pieces_is_an_archive_and_half_of_it_is_none() {
        let mut archive = Archive::new();
        let mut sent = Vec::new();
        archive.begin("data.csv").unwrap();
        for line in 0..10_000 {
            archive.write(format!("{line};a line of an export\r\n").as_bytes()).unwrap();
            sent.extend(archive.take());
        }
        archive.begin("manifest.json").unwrap();
        archive.write(b"{}").unwrap();
        sent.extend(archive.end().unwrap());
        let mut read = zip::ZipArchive::new(Cursor::new(sent.clone())).unwrap();
        let mut text = String::new();
        read.by_name("data.csv").unwrap().read_to_string(&mut text).unwrap();
        assert!(text.starts_with("0;a line") && text.ends_with("9999;a line of an export\r\n"));
        assert!(read.by_name("manifest.json").is_ok());
        sent.truncate(sent.len() / 2);
        assert!(zip::ZipArchive::new(Cursor::new(sent)).is_err());
    }
}
