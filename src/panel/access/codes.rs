//! Codes that people copy by hand: of an invitation, or for a lost phone. Base32, in groups of four; kept as SHA-256,
//! which is enough for what nobody can guess.

use crate::panel::wrong::Wrong;
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use data_encoding::BASE32_NOPAD;

/// Bytes of an invitation's code: 120 bits.
const INVITATION: usize = 15;
/// Bytes of a recovery code: 80 bits, for a second factor that is locked after five tries.
const RECOVERY: usize = 10;
/// Bytes of an account's id, which says nothing of anybody: 80 bits.
const ID: usize = 10;

/// What the store keeps of a code.
pub(super) type Hash = [u8; 32];

/// An invitation's code.
pub(super) fn invitation() -> Result<String, Wrong> {
    Ok(grouped(&random::<INVITATION>()?))
}

/// A recovery code.
pub(super) fn recovery() -> Result<String, Wrong> {
    Ok(grouped(&random::<RECOVERY>()?))
}

/// An account's id: 16 letters and digits.
pub(super) fn id() -> Result<String, Wrong> {
    Ok(random::<ID>()?.to_ascii_lowercase())
}

/// The hash of a code as somebody typed it: neither case nor groups matter, nor digits that look like letters.
pub(super) fn hash(typed: &str) -> Hash {
    let code: String = typed.chars().filter(|c| !matches!(c, ' ' | '-' | '–')).map(meant).collect();
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, code.as_bytes()).as_ref());
    hash
}

/// Base32 has no 0, 1 and 8, because they look like O, L and B.
const fn meant(typed: char) -> char {
    match typed {
        '0' => 'O',
        '1' => 'L',
        '8' => 'B',
        other => other.to_ascii_uppercase(),
    }
}

fn random<const N: usize>() -> Result<String, Wrong> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Wrong::broken("the random source failed"))?;
    Ok(BASE32_NOPAD.encode(&bytes))
}

fn grouped(code: &str) -> String {
    let letters: Vec<char> = code.to_ascii_lowercase().chars().collect();
    letters.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let code = invitation().unwrap();
        assert_eq!((code.len(), recovery().unwrap().len(), id().unwrap().len()), (29, 19, 16), "{code}");
        assert_eq!(hash(&code), hash(&code.to_uppercase().replace('-', " ")));
        assert_eq!(hash("abol-efgh"), hash("a8OI-efgh".replace('I', "1").as_str()));
        assert_ne!(hash(&code), hash(&invitation().unwrap()));
    }
}
