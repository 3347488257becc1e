//! The id a person can bring to the panel.

use super::NameError;
use std::{fmt, str::FromStr};

/// A decision's id: 128 random bits, written as 26 lower-case base32 characters (RFC 4648 without padding).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionId([u8; 16]);

impl DecisionId {
    /// From 16 bytes of a cryptographic random source, which the caller provides.
    #[must_use]
    pub const fn from_bytes(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// The 16 bytes, for storage.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::BASE32_NOPAD.encode(&self.0).to_ascii_lowercase())
    }
}

impl fmt::Debug for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for DecisionId {
    type Err = NameError;
    fn from_str(s: &str) -> Result<Self, NameError> {
        const WHAT: NameError = NameError::Character("26 base32 characters");
        let bytes = data_encoding::BASE32_NOPAD.decode(s.to_ascii_uppercase().as_bytes()).map_err(|_| WHAT)?;
        bytes.try_into().map(Self).map_err(|_| WHAT)
    }
}

impl serde::Serialize for DecisionId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
