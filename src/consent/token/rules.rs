//! What a consent may be, wherever it was recorded. `verify` and `issue` hold the same rules, so that what
//! is issued always verifies.

use crate::consent::{Grant, Item, subject};
use crate::flow::Purpose;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Discrete items one consent may hold.
pub const MAX_ITEMS: usize = 64;
/// How long a one-off consent may live.
pub const LONGEST_ONE_OFF: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a consent for a named accommodation may live.
pub const LONGEST_ACCOMMODATION: SignedDuration = SignedDuration::from_hours(180 * 24);
/// Different uses one item may have.
const MAX_USES: u32 = 10_000;
/// A selector's text, in bytes.
const MAX_PATH: usize = 256;

/// A rule that a consent breaks. The sentences name no value of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// No items or too many.
    #[error("a consent holds 1 to 64 items")]
    Items,
    /// An item's id.
    #[error("an item's id is 1 to 64 letters, digits, '-', '_' and '.'")]
    ItemId,
    /// Two items share an id.
    #[error("two items of the consent have the same id")]
    RepeatedItem,
    /// An item's path.
    #[error("an item's path is a selector's text of 1 to 256 bytes without control characters")]
    Path,
    /// The client reference.
    #[error("the consent's subject is not 'k', the key's epoch, '.' and 43 base64url characters")]
    Subject,
    /// The id.
    #[error("the consent's id is not 26 base32 characters of one case")]
    Id,
    /// How many uses.
    #[error("a consent allows 1 to 10000 uses of an item")]
    Uses,
    /// A time with a fraction of a second.
    #[error("the consent's times are whole seconds since 1970")]
    WholeSeconds,
    /// Purpose, necessity, risks or alternatives came after the person agreed (DATA-2 i).
    #[error("purpose, necessity, risks and alternatives have to be explained before the person agrees (DATA-2 i)")]
    ExplainedAfter,
    /// It starts before the person agreed (DATA-2 ii).
    #[error("the consent starts before the person agreed (DATA-2 ii)")]
    AgreedAfter,
    /// Advice after the start (DATA-2 iii).
    #[error("immigration advice has to come before the consent starts (DATA-2 iii)")]
    AdvisedAfter,
    /// Signed after it starts.
    #[error("the consent was issued after the moment it starts")]
    IssuedAfter,
    /// Ends before it starts.
    #[error("the consent ends before it starts")]
    NoLife,
    /// Lives too long.
    #[error("a consent lives at most 30 days, or 180 days when every item is for accommodation")]
    TooLong,
}

/// Checks everything about a grant that does not depend on the clock.
///
/// # Errors
/// The first rule it breaks.
pub fn check(grant: &Grant) -> Result<(), Broken> {
    if grant.items.is_empty() || grant.items.len() > MAX_ITEMS {
        return Err(Broken::Items);
    }
    let mut ids = BTreeSet::new();
    for item in &grant.items {
        check_item(item)?;
        if !ids.insert(item.id.as_str()) {
            return Err(Broken::RepeatedItem);
        }
    }
    if !subject::is_label(grant.subject.as_str()) {
        return Err(Broken::Subject);
    }
    if !is_id(grant.jti.as_str()) {
        return Err(Broken::Id);
    }
    if !(1..=MAX_USES).contains(&grant.max_uses) {
        return Err(Broken::Uses);
    }
    check_times(grant)
}

/// Checks when a token was signed: at the latest at the moment it starts.
pub(in crate::consent) fn check_issued(grant: &Grant, issued_at: Timestamp) -> Result<(), Broken> {
    if !whole(issued_at) {
        return Err(Broken::WholeSeconds);
    }
    if issued_at > grant.not_before { Err(Broken::IssuedAfter) } else { Ok(()) }
}

fn check_item(item: &Item) -> Result<(), Broken> {
    let id = &item.id;
    if id.is_empty()
        || id.len() > 64
        || !id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    {
        return Err(Broken::ItemId);
    }
    match &item.path {
        Some(path) if path.is_empty() || path.len() > MAX_PATH || path.chars().any(char::is_control) => {
            Err(Broken::Path)
        }
        _ => Ok(()),
    }
}

fn check_times(grant: &Grant) -> Result<(), Broken> {
    let (agreed, start) = (grant.consent.at, grant.not_before);
    let told = &grant.consent.explained;
    let told = [told.purpose, told.necessity, told.risks, told.alternatives];
    let advised = grant.advice.as_ref().map(|a| a.at);
    if !told.into_iter().chain([agreed, start, grant.expires]).chain(advised).all(whole) {
        return Err(Broken::WholeSeconds);
    }
    if told.into_iter().any(|t| t > agreed) {
        return Err(Broken::ExplainedAfter);
    }
    if agreed > start {
        return Err(Broken::AgreedAfter);
    }
    if advised.is_some_and(|a| a > start) {
        return Err(Broken::AdvisedAfter);
    }
    let life = grant.expires.duration_since(start);
    let placement = grant.items.iter().all(|i| i.purpose == Purpose::Accommodation);
    match life {
        l if l <= SignedDuration::ZERO => Err(Broken::NoLife),
        l if l > if placement { LONGEST_ACCOMMODATION } else { LONGEST_ONE_OFF } => Err(Broken::TooLong),
        _ => Ok(()),
    }
}

/// Tokens carry whole seconds; a fraction would be cut off there and make the token another consent.
fn whole(t: Timestamp) -> bool {
    t.subsec_nanosecond() == 0 && t.as_second() >= 0
}

/// 26 base32 characters (RFC 4648 section 6) of one case, kept as they are written.
fn is_id(id: &str) -> bool {
    let digit = |b: u8| (b'2'..=b'7').contains(&b);
    id.len() == 26
        && (id.bytes().all(|b| b.is_ascii_lowercase() || digit(b))
            || id.bytes().all(|b| b.is_ascii_uppercase() || digit(b)))
}
