//! The file of the anchor: two slots of one page each, written in turn, so that a write that was cut
//! short never harms the slot before it.
//!
//! Invariants: the file keeps its length, so a synced write changes no metadata; a slot counts only
//! with its checksum; among slots that count the later number wins. Every use holds the file's lock,
//! so gateways on one machine may share an anchor.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};

/// A page: a larger piece could be cut by every disk, a smaller one would share its page.
const SLOT_BYTES: usize = 4096;
const MAGIC: [u8; 8] = *b"KPANCHR1";
/// Magic, number, length of the note.
const HEAD_BYTES: usize = 8 + 8 + 4;
/// Room for a checkpoint and some thirty cosignatures.
pub(super) const NOTE_BYTES_MAX: usize = SLOT_BYTES - HEAD_BYTES - SHA256_OUTPUT_LEN;

/// What a slot holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    number: u64,
    pub(super) note: String,
}

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing was ever written.
    Blank,
    /// The slot that counts.
    Kept(Slot),
    /// Something that is no slot, and no slot beside it.
    Damaged,
}

/// An open file.
#[derive(Debug)]
pub(super) struct Slots(File);

impl Slots {
    /// Opens the file, or makes one with two blank slots; durable when this returns.
    pub(super) fn open_or_create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        match options.open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => return opened.map(Self),
        }
        let slots = Self(options.create(true).truncate(false).mode(0o600).open(path)?);
        slots.locked(|slots| {
            // Somebody else may have made it meanwhile, and used it.
            if slots.0.metadata()?.len() == 0 {
                slots.0.write_all_at(&[0; 2 * SLOT_BYTES], 0)?;
            }
            slots.0.sync_all()
        })?;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(directory.unwrap_or_else(|| Path::new(".")))?.sync_all()?;
        Ok(slots)
    }

    /// Opens an existing file to look at it.
    pub(super) fn open_to_read(path: &Path) -> io::Result<Self> {
        File::open(path).map(Self)
    }

    /// Does something while no other process uses the file.
    pub(super) fn locked<T>(&self, f: impl FnOnce(&Self) -> io::Result<T>) -> io::Result<T> {
        self.0.lock()?;
        let done = f(self);
        self.0.unlock()?;
        done
    }

    pub(super) fn read(&self) -> io::Result<Content> {
        let pages = [self.page(0)?, self.page(1)?];
        let newest = pages.iter().filter_map(decode).max_by_key(|slot| slot.number);
        let blank = || pages.iter().flatten().all(|byte| *byte == 0);
        Ok(match newest {
            Some(slot) => Content::Kept(slot),
            None if blank() => Content::Blank,
            None => Content::Damaged,
        })
    }

    /// Writes a note into the slot that does not count; durable when this returns.
    pub(super) fn write(&self, present: &Content, note: &str) -> io::Result<()> {
        let number = match present {
            Content::Kept(slot) => slot.number.saturating_add(1),
            Content::Blank | Content::Damaged => 1,
        };
        let page = encode(number, note)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the note is too long"))?;
        self.0.write_all_at(&page, place(number))?;
        self.0.sync_data()
    }

    /// A page; what is beyond the end of the file reads as zeros.
    fn page(&self, number: u64) -> io::Result<[u8; SLOT_BYTES]> {
        let mut page = [0; SLOT_BYTES];
        let mut rest = page.as_mut_slice();
        let mut at = place(number);
        loop {
            match self.0.read_at(rest, at) {
                Ok(0) => return Ok(page),
                Ok(read) => {
                    rest = rest.get_mut(read..).unwrap_or_default();
                    at += u64::try_from(read).unwrap_or_default();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

const fn place(number: u64) -> u64 {
    if number.is_multiple_of(2) { 0 } else { 4096 }
}

fn encode(number: u64, note: &str) -> Option<[u8; SLOT_BYTES]> {
    let length = u32::try_from(note.len()).ok().filter(|_| note.len() <= NOTE_BYTES_MAX)?;
    let mut page = [0; SLOT_BYTES];
    let (body, sum) = page.split_last_chunk_mut::<SHA256_OUTPUT_LEN>()?;
    let parts = [&MAGIC[..], &number.to_be_bytes(), &length.to_be_bytes(), note.as_bytes()];
    let bytes = parts.into_iter().flatten();
    body.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    sum.copy_from_slice(digest(&SHA256, body).as_ref());
    Some(page)
}

fn decode(page: &[u8; SLOT_BYTES]) -> Option<Slot> {
    let (body, sum) = page.split_last_chunk::<SHA256_OUTPUT_LEN>()?;
    let rest = body.strip_prefix(&MAGIC[..])?;
    if digest(&SHA256, body).as_ref() != sum {
        return None;
    }
    let (number, rest) = rest.split_first_chunk::<8>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let note = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let note = String::from_utf8(note.to_vec()).ok()?;
    Some(Slot { number: u64::from_be_bytes(*number), note })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_file() -> (tempfile::TempDir, std::path::PathBuf, Slots) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("anchor");
        let slots = Slots::open_or_create(&path).unwrap();
        (directory, path, slots)
    }

    fn write(slots: &Slots, note: &str) {
        let present = slots.read().unwrap();
        slots.write(&present, note).unwrap();
    }

    fn kept(slots: &Slots) -> Option<String> {
        match slots.read().unwrap() {
            Content::Kept(slot) => Some(slot.note),
            Content::Blank | Content::Damaged => None,
        }
    }

    #[test]
    fn what_was_written_last_counts_and_is_there_after_opening_again() {
        let (_directory, path, slots) = new_file();
        assert_eq!(slots.read().unwrap(), Content::Blank);
        for number in 0..5 {
            write(&slots, &format!("note {number}"));
            let again = Slots::open_to_read(&path).unwrap();
            assert_eq!(kept(&again), Some(format!("note {number}")));
        }
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 8192);
    }

    /// Whatever part of a write reached the disk, in whatever order: the file says what it said
    /// before, or what was to be written.
    #[test]
    fn a_write_that_was_cut_short_leaves_the_note_before_it() {
        let (_directory, path, slots) = new_file();
        write(&slots, "first");
        write(&slots, "second");
        let before = std::fs::read(&path).unwrap();
        write(&slots, "third");
        let after = std::fs::read(&path).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for cut in (0..before.len()).step_by(8).chain(4096..4160) {
            for new_part_first in [true, false] {
                let mut torn = before.clone();
                let part = if new_part_first { 0..cut } else { cut..before.len() };
                torn[part.clone()].copy_from_slice(&after[part]);
                std::fs::write(&path, &torn).unwrap();
                let found = kept(&Slots::open_to_read(&path).unwrap());
                assert!(matches!(found.as_deref(), Some("second" | "third")), "{cut} {found:?}");
                seen.insert(found);
            }
        }
        assert_eq!(seen.len(), 2, "the cuts must reach both sides");
    }

    #[test]
    fn a_file_that_was_cut_short_when_it_was_made_is_blank_and_can_be_used() {
        let (_directory, path, _slots) = new_file();
        for length in [0, 1, 4096, 5000] {
            std::fs::write(&path, vec![0; length]).unwrap();
            let slots = Slots::open_or_create(&path).unwrap();
            assert_eq!(slots.read().unwrap(), Content::Blank);
            write(&slots, "first");
            write(&slots, "second");
            assert_eq!(kept(&slots).as_deref(), Some("second"));
        }
    }

    #[test]
    fn damage_is_told_from_a_new_file() {
        let (_directory, path, slots) = new_file();
        write(&slots, "only");
        let good = std::fs::read(&path).unwrap();
        for at in (4096..8192).step_by(97) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            std::fs::write(&path, bad).unwrap();
            assert_eq!(slots.read().unwrap(), Content::Damaged, "{at}");
        }
    }

    #[test]
    fn a_note_that_does_not_fit_is_refused_and_the_longest_fits() {
        let (_directory, _path, slots) = new_file();
        write(&slots, &"x".repeat(NOTE_BYTES_MAX));
        assert_eq!(kept(&slots).unwrap().len(), NOTE_BYTES_MAX);
        let present = slots.read().unwrap();
        assert!(slots.write(&present, &"x".repeat(NOTE_BYTES_MAX + 1)).is_err());
        assert_eq!(kept(&slots).unwrap().len(), NOTE_BYTES_MAX);
    }
}
