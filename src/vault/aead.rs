//! AES-256-GCM with a random 96-bit nonce: `nonce (12) ‖ ciphertext ‖ tag (16)`.
//!
//! Random nonces are safe for 2^32 messages under one key (NIST SP 800-38D §8.3). Here a data key
//! encrypts one object, and a subject, case or key-encryption key some thousands of keys.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::random::{RandomError, random_bytes};
use super::secret::Secret32;

/// How much longer a box is than what is in it.
pub(super) const OVERHEAD: usize = NONCE_LEN + 16;

/// Appends the box of `plaintext` to `out`.
pub(super) fn seal_onto(
    out: &mut Vec<u8>,
    key: &Secret32,
    aad: &[u8],
    plaintext: &[u8],
) -> Result<(), RandomError> {
    seal_written(out, key, aad, plaintext.len(), |room| {
        room.copy_from_slice(plaintext);
        plaintext.len()
    })
}

/// Appends the box of what `write` puts into a room of so many bytes; it says how many it used, and
/// leaves the others zero. They are encrypted where they stand: no copy of them is left.
pub(super) fn seal_written(
    out: &mut Vec<u8>,
    key: &Secret32,
    aad: &[u8],
    room: usize,
    write: impl FnOnce(&mut [u8]) -> usize,
) -> Result<(), RandomError> {
    let nonce = random_bytes()?;
    // All at once: a buffer that grows while it holds plaintext would leave a copy behind.
    out.reserve(OVERHEAD.saturating_add(room));
    out.extend_from_slice(&nonce);
    let start = out.len();
    out.resize(start + room, 0);
    let used = write(out.split_at_mut(start).1);
    out.truncate(start + used);
    let (_, body) = out.split_at_mut(start);
    let tag = cipher(key)
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), body)
        .expect("AES-256-GCM encrypts every message below 64 GiB");
    out.extend_from_slice(tag.as_ref());
    Ok(())
}

/// Opens a whole box; `None` when key, `aad` or box is not the one that was sealed.
pub(super) fn open(key: &Secret32, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut body = Zeroizing::new(body.to_vec());
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let len = cipher(key).open_in_place(nonce, Aad::from(aad), &mut body).ok()?.len();
    body.truncate(len);
    Some(body)
}

fn cipher(key: &Secret32) -> LessSafeKey {
    let key = UnboundKey::new(&AES_256_GCM, key.as_bytes());
    LessSafeKey::new(key.expect("32 bytes are an AES-256 key"))
}
