//! The compact serialisation (RFC 7515 section 3.1), one spelling only.

use super::TokenError;
use data_encoding::BASE64URL_NOPAD;

/// The longest token that is looked at, in bytes.
pub const MAX_BYTES: usize = 8 << 10;

/// The three parts, decoded.
pub(super) struct Compact<'a> {
    pub(super) header: Vec<u8>,
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
    /// What was signed: the first two parts as they came, with the dot between them.
    pub(super) signed: &'a [u8],
}

impl<'a> Compact<'a> {
    /// Splits and decodes. `BASE64URL_NOPAD` refuses padding and left-over bits that are not zero, so a token
    /// has one spelling.
    pub(super) fn read(text: &'a str) -> Result<Self, TokenError> {
        if text.len() > MAX_BYTES {
            return Err(TokenError::TooLong);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(TokenError::NotCompact)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenError::NotCompact)?;
        if payload.contains('.') {
            return Err(TokenError::NotCompact);
        }
        let decode = |part: &str, name| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| TokenError::Encoding(name));
        Ok(Self {
            header: decode(header, "header")?,
            payload: decode(payload, "payload")?,
            signature: decode(signature, "signature")?,
            signed: signed.as_bytes(),
        })
    }
}
