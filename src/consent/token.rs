//! A consent token: a compact JWS (RFC 7515) signed with Ed25519 (RFC 8032, RFC 9864), read by hand.
//!
//! Start at [`verify`]. General JWT libraries accept unknown `crit`, any `typ`, a missing `aud` and a
//! repeated claim; here everything that is not exactly what design section 6 describes is refused.

mod claims;
mod compact;
mod rules;
mod signature;
mod strict;

use super::Grant;
use crate::flow::Code;
use compact::Compact;
use jiff::{SignedDuration, Timestamp};
use strict::Members;

pub(super) use claims::{TokenText, is_notice, write};
pub use compact::MAX_BYTES;
pub(super) use rules::check_issued;
pub use rules::{Broken, LONGEST_ACCOMMODATION, LONGEST_ONE_OFF, MAX_ITEMS, check};
pub use signature::{IssuerKey, IssuerKeys, IssuingKey, KeyId};

/// How far another clock may run ahead of ours on `nbf` and `iat`. There is none on `exp`.
pub const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// The only algorithm, as RFC 9864 names it. `EdDSA` is not it: that name leaves the curve open.
const ALGORITHM: &str = "Ed25519";
/// The only type.
const TYPE: &str = "havengate-consent+jwt";

/// Checks a token and returns what it grants.
///
/// The order matters: nothing in the payload is read before the signature holds, and the clock comes last,
/// so an expired token is `consent-expired` only when it was genuine.
///
/// # Errors
/// [`TokenError`] says what is wrong; it never repeats anything from the token.
pub fn verify(compact: &str, keys: &IssuerKeys, audience: &str, now: Timestamp) -> Result<Grant, TokenError> {
    let parts = Compact::read(compact)?;
    let key = keys.get(&key_id(&parts.header)?).ok_or(TokenError::UnknownKey)?;
    if !key.verifies(parts.signed, &parts.signature) {
        return Err(TokenError::Signature);
    }
    let claims = claims::read(&parts.payload)?;
    if claims.issuer != key.issuer() {
        return Err(TokenError::Issuer);
    }
    if claims.audience != audience {
        return Err(TokenError::Audience);
    }
    rules::check(&claims.grant)?;
    rules::check_issued(&claims.grant, claims.issued_at)?;
    in_time(&claims.grant, now)?;
    Ok(claims.grant)
}

/// The header is exactly `alg`, `kid`, `typ`; so `crit`, `jwk`, `jku`, `x5c`, `b64` are refused unread.
fn key_id(header: &[u8]) -> Result<String, TokenError> {
    let mut members = Members::read(header, "header")?;
    if members.text("alg")? != ALGORITHM {
        return Err(TokenError::Algorithm);
    }
    if members.text("typ")? != TYPE {
        return Err(TokenError::Type);
    }
    let kid = members.text("kid")?;
    members.end()?;
    Ok(kid)
}

/// `iat` needs no check of its own here: it is no later than `nbf`.
fn in_time(grant: &Grant, now: Timestamp) -> Result<(), TokenError> {
    if grant.expires <= now {
        return Err(TokenError::Expired);
    }
    if grant.not_before.duration_since(now) > SKEW {
        return Err(TokenError::NotYet);
    }
    Ok(())
}

/// Why a token was refused: a closed list. Places and members named here are ours, never the token's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Over 8 KiB.
    #[error("the consent token is longer than 8 KiB; split the consent into several tokens")]
    TooLong,
    /// Not three parts.
    #[error("the consent token is not three base64url parts with dots between them (RFC 7515 section 3.1)")]
    NotCompact,
    /// Padding, another alphabet, or bits left over.
    #[error("the consent token's {0} is not canonical base64url without padding (RFC 4648 section 5)")]
    Encoding(&'static str),
    /// Not one JSON object.
    #[error("the consent token's {0} is not one JSON object")]
    NotJson(&'static str),
    /// A name stands twice in one object.
    #[error("the consent token's {0} names a member twice")]
    Duplicate(&'static str),
    /// A member this version does not know; `crit` is one.
    #[error("the consent token's {0} holds a member that version 1 does not know")]
    UnknownMember(&'static str),
    /// A member is not there.
    #[error("the consent token's {place} has no `{member}`")]
    Missing {
        /// The object.
        place: &'static str,
        /// The member.
        member: &'static str,
    },
    /// A member is of the wrong type or outside its list.
    #[error("the consent token's {place} has a `{member}` that is not {expected}")]
    Wrong {
        /// The object.
        place: &'static str,
        /// The member.
        member: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// `typ` is something else.
    #[error("the token's `typ` is not `havengate-consent+jwt`: it was made for another use")]
    Type,
    /// `alg` is something else.
    #[error("the consent token's `alg` is not `Ed25519`")]
    Algorithm,
    /// `kid` is not in the table.
    #[error("the consent token was signed with a key this gateway does not know; add the issuer's public key")]
    UnknownKey,
    /// The signature does not hold.
    #[error("the consent token's signature does not hold: it was changed, or signed with another key")]
    Signature,
    /// `iss` is not the issuer the key belongs to.
    #[error("the consent token's `iss` is not the issuer this key belongs to")]
    Issuer,
    /// `aud` is not this gateway.
    #[error("the consent token's `aud` is not this gateway; ask for one made for it")]
    Audience,
    /// A rule about what a consent may be.
    #[error("{0}")]
    Rule(#[from] Broken),
    /// `nbf` is more than 60 s ahead.
    #[error("the consent does not hold yet; check both clocks, or wait")]
    NotYet,
    /// `exp` has come.
    #[error("the consent has expired; ask the person again")]
    Expired,
}

impl TokenError {
    /// The problem type it leads to.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Expired => Code::ConsentExpired,
            _ => Code::ConsentInvalid,
        }
    }
}
