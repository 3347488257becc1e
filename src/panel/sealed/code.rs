//! Answers for the holder of a receipt code: the code itself is the key, and it is kept nowhere.

use super::{KEY, SealError, lock, unlock};
use aws_lc_rs::{hkdf, rand};
use zeroize::Zeroizing;

/// Bytes of the salt before what is locked.
const SALT: usize = 16;
const ABOUT: &[u8] = b"havengate receipt code v1";

/// Seals a text to whoever holds the code. The code is of ours, of 100 bits or more, in one spelling: it is not
/// stretched, and nothing of it is in what this gives.
///
/// # Errors
/// [`SealError::Failed`].
pub fn seal_under_code(code: &str, text: &str) -> Result<Vec<u8>, SealError> {
    let mut salt = [0; SALT];
    rand::fill(&mut salt).map_err(|_| SealError::Failed)?;
    Ok([salt.as_slice(), &lock(&*key(code, &salt)?, ABOUT, text)?].concat())
}

/// Opens what [`seal_under_code`] made.
///
/// # Errors
/// [`SealError::Closed`]: another code, or it was changed.
pub fn open_under_code(code: &str, sealed: &[u8]) -> Result<Zeroizing<String>, SealError> {
    let (salt, locked) = sealed.split_first_chunk::<SALT>().ok_or(SealError::Closed)?;
    unlock(&*key(code, salt)?, ABOUT, locked)
}

fn key(code: &str, salt: &[u8; SALT]) -> Result<Zeroizing<[u8; KEY]>, SealError> {
    let mut key = Zeroizing::new([0; KEY]);
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(code.as_bytes());
    prk.expand(&[ABOUT], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut *key)).map_err(|_| SealError::Failed)?;
    Ok(key)
}
