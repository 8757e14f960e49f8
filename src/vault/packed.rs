//! Packs what is going to be sealed.
//!
//! Records are text with the same words in them every time, and answers hold several proofs that
//! share most of their hashes. Packed they are a third as long, and so is what every commit writes.
//! Sealed bytes do not pack, so it has to happen before. The length of a sealed cell then says how
//! much its content repeats itself, besides how long it is; nobody who can choose a part of a cell
//! sees its length.
//!
//! ```text
//! offset  bytes
//!      0      1  which words, 1
//!      1      4  length of the content, little-endian
//!      5      n  LZ4 block, with the words as its dictionary
//! ```

use lz4_flex::block::{
    compress_into_with_dict, decompress_into_with_dict, get_maximum_output_size,
};
use zeroize::Zeroizing;

use super::envelope::{
    self, Aad, OpenError, SEALED_OVERHEAD, SEALED_PLAINTEXT_MAX, SealError, WrappingKey,
    seal_written,
};

/// Text that stands in most cells. Never changed: what was packed with it cannot be unpacked without.
/// Other words get another number.
const WORDS: &[u8] = include_bytes!("packed/words-1.txt");
const WORDS_NUMBER: u8 = 1;

const HEADER: usize = 1 + size_of::<u32>();

/// Packs content and seals it for a cell. It is packed where it is encrypted.
pub fn seal(content: &[u8], key: &WrappingKey, aad: &Aad<'_>) -> Result<Vec<u8>, SealError> {
    let len = u32::try_from(content.len()).or(Err(SealError::TooLarge))?;
    if content.len() > SEALED_PLAINTEXT_MAX {
        return Err(SealError::TooLarge);
    }
    let sealed = seal_written(key, aad, room(content), |room| pack(content, len, room))?;
    // What does not get shorter gets a little longer, and must open again.
    if sealed.len() > SEALED_OVERHEAD + SEALED_PLAINTEXT_MAX {
        return Err(SealError::TooLarge);
    }
    Ok(sealed)
}

/// Opens and unpacks what was sealed for a cell. The content is wiped when dropped.
pub fn open(
    sealed: &[u8],
    key: &WrappingKey,
    aad: &Aad<'_>,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    unpack(&envelope::open(sealed, key, aad)?).ok_or(OpenError)
}

fn room(content: &[u8]) -> usize {
    HEADER + get_maximum_output_size(content.len())
}

/// Packs content into a room and returns how much of it was needed.
fn pack(content: &[u8], len: u32, room: &mut [u8]) -> usize {
    let (header, block) = room.split_at_mut(HEADER);
    let (words, length) = header.split_at_mut(1);
    words.copy_from_slice(&[WORDS_NUMBER]);
    length.copy_from_slice(&len.to_le_bytes());
    let used = compress_into_with_dict(content, block, WORDS);
    HEADER + used.expect("the room is large enough for the worst case")
}

fn unpack(packed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (words, packed) = packed.split_first()?;
    let (length, block) = packed.split_first_chunk()?;
    let len = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    // Before any memory is spent on it.
    if *words != WORDS_NUMBER || len > SEALED_PLAINTEXT_MAX {
        return None;
    }
    let mut content = Zeroizing::new(vec![0; len]);
    let used = decompress_into_with_dict(block, &mut content, WORDS).ok()?;
    (used == len).then_some(content)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::vault::subject::SubjectKey;

    const HERE: Aad<'_> = Aad { table: "referrals", column: "content", row: b"row-7" };

    fn key() -> WrappingKey {
        let person = crate::domain::id::Pseudonym::new([7; 32]);
        SubjectKey::generate(person).unwrap().wrapping_key()
    }

    fn pack(content: &[u8]) -> Vec<u8> {
        let mut packed = vec![0; room(content)];
        let used = super::pack(content, u32::try_from(content.len()).unwrap(), &mut packed);
        packed.truncate(used);
        packed
    }

    #[test]
    fn what_repeats_itself_gets_shorter() {
        let content = b"\"condition_id\":\"consent.recorded\",".repeat(20);
        assert!(pack(&content).len() < content.len() / 4);
    }

    #[test]
    fn a_length_beyond_the_bound_is_refused_before_memory_is_taken() {
        let mut packed = pack(b"content");
        packed[1..HEADER].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(unpack(&packed), None);
    }

    #[test]
    fn a_length_that_is_not_that_of_the_content_is_refused() {
        for len in [0_u32, 6, 8] {
            let mut packed = pack(b"content");
            packed[1..HEADER].copy_from_slice(&len.to_le_bytes());
            assert_eq!(unpack(&packed), None, "{len}");
        }
    }

    #[test]
    fn other_words_are_refused() {
        let mut packed = pack(b"content");
        packed[0] = 2;
        assert_eq!(unpack(&packed), None);
    }

    #[test]
    fn content_up_to_the_bound_is_sealed_and_no_more() {
        let largest = vec![7; SEALED_PLAINTEXT_MAX];
        let key = key();
        let sealed = seal(&largest, &key, &HERE).unwrap();
        assert_eq!(*open(&sealed, &key, &HERE).unwrap(), largest);
        let larger = vec![7; SEALED_PLAINTEXT_MAX + 1];
        assert_eq!(seal(&larger, &key, &HERE), Err(SealError::TooLarge));
    }

    #[test]
    fn content_that_would_not_open_again_is_not_sealed() {
        let mut noise = vec![0; SEALED_PLAINTEXT_MAX];
        crate::vault::random::fill(&mut noise).unwrap();
        let key = key();
        assert_eq!(seal(&noise, &key, &HERE), Err(SealError::TooLarge));
        noise.truncate(SEALED_PLAINTEXT_MAX / 256 * 254);
        let sealed = seal(&noise, &key, &HERE).unwrap();
        assert_eq!(*open(&sealed, &key, &HERE).unwrap(), noise);
    }

    #[test]
    fn what_was_sealed_without_being_packed_does_not_open() {
        let key = key();
        let sealed = envelope::seal(b"not packed", &key, &HERE).unwrap();
        assert_eq!(open(&sealed, &key, &HERE), Err(OpenError));
    }

    /// Content that was packed by an earlier build is unpacked by this one.
    #[test]
    fn the_words_stay_as_they_are() {
        let digest = hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, WORDS));
        assert_eq!(digest, "f5c918f17f9338d2753029954fa1d9d4c485a17d972b07e63e38812b573e253c");
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(content in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let key = key();
            let sealed = seal(&content, &key, &HERE).unwrap();
            prop_assert_eq!(&*open(&sealed, &key, &HERE).unwrap(), &content);
            let elsewhere = Aad { row: b"row-8", ..HERE };
            prop_assert_eq!(open(&sealed, &key, &elsewhere), Err(OpenError));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            drop(unpack(&bytes));
        }
    }
}
