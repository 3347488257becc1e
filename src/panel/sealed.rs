//! Texts that only some may read, whoever holds the database, the disk or the backup: the panel's members
//! ([`seal`], [`open`]), or the holder of a receipt code ([`seal_under_code`], [`open_under_code`]).
//!
//! For members a text has a content key of its own, and that key is wrapped for each member by HPKE (RFC 9180, base
//! mode: X25519, HKDF-SHA256, ChaCha20-Poly1305). Texts are padded to whole KiB, so that their length says little. The
//! purpose is bound in: what was sealed for one is not opened for another.
//!
//! What it does not do: somebody who changes the program or its database while it runs can write down what is typed, or
//! slip a key of theirs in among the members'. It keeps what was written from those who come later and look.

mod code;
mod locked;

pub use code::{open_under_code, seal_under_code};
pub(super) use locked::{lock, unlock};

use aws_lc_rs::rand;
use data_encoding::BASE64URL_NOPAD as BASE64;
use rustls::crypto::{
    aws_lc_rs::hpke::DH_KEM_X25519_HKDF_SHA256_CHACHA20_POLY1305 as SUITE,
    hpke::{EncapsulatedSecret, Hpke as _, HpkePrivateKey, HpkePublicKey},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{collections::BTreeMap, fmt, str::FromStr};
use zeroize::Zeroizing;

/// Bytes of a key: X25519's, and of a text's own.
const KEY: usize = 32;
/// What HPKE is told besides the purpose, so that keys of another use never fit.
const INFO: &[u8] = b"havengate panel sealed v1";

/// What a text is sealed to: a member's public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Public([u8; KEY]);

/// What opens it: a member's private key. Wiped when it goes; shown nowhere.
pub struct Private(HpkePrivateKey);

/// A sealed text: the text under a key of its own, and that key for each member, by their account's id. As text
/// (`to_string`, `parse`) it is one line of JSON, for the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    text: Bytes,
    keys: BTreeMap<String, Wrapped>,
}

/// The content key for one member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped {
    enc: Bytes,
    key: Bytes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Bytes(Vec<u8>);

/// Why a text could not be sealed or opened. Says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Nobody could ever read it.
    #[error("there is no panel member whom it could be sealed to")]
    NoMember,
    /// It was sealed before this member joined, and nobody has wrapped it for them since.
    #[error("it is not sealed to this member")]
    NotForYou,
    /// Changed, cut, of another purpose, or not under this key.
    #[error("it does not open: another key, another purpose, or it was changed")]
    Closed,
    /// The system has no randomness or no memory for it.
    #[error("the system could not do it")]
    Failed,
}

/// A new pair of keys.
///
/// # Errors
/// [`SealError::Failed`] without randomness.
pub fn generate() -> Result<(Public, Private), SealError> {
    let (public, private) = SUITE.generate_key_pair().map_err(|_| SealError::Failed)?;
    Ok((Public::from_bytes(&public.0).ok_or(SealError::Failed)?, Private(private)))
}

/// Seals a text to these members, by account id. The purpose is of ours, such as `concern`, and may name the one thing
/// that it is about (`concern/ID`), so that texts cannot be swapped.
///
/// # Errors
/// [`SealError::NoMember`], [`SealError::Failed`].
pub fn seal(purpose: &str, text: &str, members: &[(String, Public)]) -> Result<Sealed, SealError> {
    if members.is_empty() {
        return Err(SealError::NoMember);
    }
    let mut key = Zeroizing::new([0; KEY]);
    rand::fill(&mut *key).map_err(|_| SealError::Failed)?;
    let text = Bytes(lock(&key, purpose.as_bytes(), text)?);
    let keys = members.iter().map(|(id, public)| Ok((id.clone(), wrap(purpose, &key, id, public)?)));
    Ok(Sealed { text, keys: keys.collect::<Result<_, SealError>>()? })
}

/// Opens it as this member.
///
/// # Errors
/// [`SealError::NotForYou`], [`SealError::Closed`].
pub fn open(purpose: &str, sealed: &Sealed, member: &str, private: &Private) -> Result<Zeroizing<String>, SealError> {
    unlock(&*content_key(purpose, sealed, member, private)?, purpose.as_bytes(), &sealed.text.0)
}

/// Lets one more member read it: `reader`, who can, wraps its key for `added`.
///
/// # Errors
/// [`SealError::NotForYou`], [`SealError::Closed`] when `reader` cannot read it; [`SealError::Failed`].
pub fn add_member(
    purpose: &str,
    sealed: &mut Sealed,
    (reader, private): (&str, &Private),
    (added, public): (&str, &Public),
) -> Result<(), SealError> {
    let key = content_key(purpose, sealed, reader, private)?;
    let wrapped = wrap(purpose, &key, added, public)?;
    sealed.keys.insert(added.to_owned(), wrapped);
    Ok(())
}

fn wrap(purpose: &str, key: &[u8; KEY], member: &str, public: &Public) -> Result<Wrapped, SealError> {
    let to = HpkePublicKey(public.0.to_vec());
    let (enc, key) = SUITE.seal(&info(purpose), member.as_bytes(), key, &to).map_err(|_| SealError::Failed)?;
    Ok(Wrapped { enc: Bytes(enc.0), key: Bytes(key) })
}

fn content_key(
    purpose: &str,
    sealed: &Sealed,
    member: &str,
    private: &Private,
) -> Result<Zeroizing<[u8; KEY]>, SealError> {
    let Wrapped { enc, key } = sealed.keys.get(member).ok_or(SealError::NotForYou)?;
    let enc = EncapsulatedSecret(enc.0.clone());
    let opened = SUITE.open(&enc, &info(purpose), member.as_bytes(), &key.0, &private.0);
    let opened = Zeroizing::new(opened.map_err(|_| SealError::Closed)?);
    opened.as_slice().try_into().map(Zeroizing::new).map_err(|_| SealError::Closed)
}

fn info(purpose: &str) -> Vec<u8> {
    [INFO, b"\0", purpose.as_bytes()].concat()
}

impl Sealed {
    /// Whether it is sealed to this member.
    #[must_use]
    pub fn is_for(&self, member: &str) -> bool {
        self.keys.contains_key(member)
    }

    /// Whether it is the same locked text, whoever may read either: letting members read it adds keys and no more.
    pub(super) fn is_same_text(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Public {
    /// As the store keeps it: 32 bytes. `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY] {
        &self.0
    }
}

impl Private {
    /// From its bytes, which were unlocked.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == KEY).then(|| Self(bytes.to_vec().into()))
    }

    /// Its bytes, to be locked.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.0.secret_bytes()
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(…)")
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Sealed {
    type Err = SealError;
    fn from_str(text: &str) -> Result<Self, SealError> {
        serde_json::from_str(text).map_err(|_| SealError::Closed)
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        BASE64.decode(text.as_bytes()).map(Self).map_err(|_| D::Error::custom("not base64url"))
    }
}

#[cfg(test)]
mod tests;
