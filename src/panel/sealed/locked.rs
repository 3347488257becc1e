//! One text under one key: padded to whole KiB, AES-256-GCM with a random nonce.

use super::{KEY, SealError};
use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

/// Lengths are whole multiples of this, bytes.
const BLOCK: usize = 1 << 10;
/// The text's own length stands before it.
const LENGTH: usize = size_of::<u32>();

/// Locks a text; `about` is bound to it and not kept in it. Gives the nonce and what is locked.
///
/// # Errors
/// [`SealError::Failed`].
pub(in crate::panel) fn lock(key: &[u8; KEY], about: &[u8], text: &str) -> Result<Vec<u8>, SealError> {
    let length = u32::try_from(text.len()).map_err(|_| SealError::Failed)?;
    let padded = (LENGTH + text.len()).next_multiple_of(BLOCK);
    // With room for the tag, so that no copy of the text is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(padded + AES_256_GCM.tag_len()));
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes.resize(padded, 0);
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| SealError::Failed)?;
    let nonce = key.seal_in_place_append_tag(Aad::from(about), &mut *bytes).map_err(|_| SealError::Failed)?;
    Ok([nonce.as_ref(), bytes.as_slice()].concat())
}

/// Unlocks what [`lock`] made.
///
/// # Errors
/// [`SealError::Closed`]: another key, about something else, or changed.
pub(in crate::panel) fn unlock(key: &[u8; KEY], about: &[u8], locked: &[u8]) -> Result<Zeroizing<String>, SealError> {
    let (nonce, rest) = locked.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Closed)?;
    let mut bytes = Zeroizing::new(rest.to_vec());
    let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| SealError::Failed)?;
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let open = key.open_in_place(nonce, Aad::from(about), &mut bytes).map_err(|_| SealError::Closed)?;
    let (length, rest) = open.split_first_chunk::<LENGTH>().ok_or(SealError::Closed)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| SealError::Closed)?;
    let text = rest.get(..length).ok_or(SealError::Closed)?;
    std::str::from_utf8(text).map(|text| Zeroizing::new(text.to_owned())).map_err(|_| SealError::Closed)
}
