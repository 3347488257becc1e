//! The record book: one log, one serialisation point (design section 8).
//!
//! Decisions, consents, stops and policy activations are transactions on one head. [`Ledger::permit`]
//! is the only maker of a [`Receipt`], and only what holds a receipt can be sent.
//!
//! The rooms: `book` is the handle that everybody holds; `rules` says what a transaction must look like;
//! `leaf` and `canonical` make the text that is kept for ever; `tree` hashes it; `standing` is what it says must
//! stand in the tables; `verify` checks it all again; `exposure` reads what went to whom; `sqlite` is the engine, the only one that touches files and clocks.

mod book;
mod canonical;
mod error;
pub mod exposure;
pub mod failure;
pub mod hour;
pub mod leaf;
mod rules;
pub mod small;
mod sqlite;
mod standing;
pub mod tree;
pub mod verify;

use crate::{
    consent::{self, Grant, Safeguarding, Use, view::Stop},
    flow::{ConsentId, DecisionId, IntegrationId, SubjectLabel, SystemId},
    policy::PolicyHash,
};
use jiff::Timestamp;

pub use book::{Clock, Entry, Explained, Head, Ledger, Notice, Opening, Random};
pub use error::{CreateError, LedgerError, OpenError};
pub use failure::AssertFailure;
pub use leaf::{Detail, Leaf};
pub use sqlite::anchor_path;
pub use standing::scope;

/// Something that must still hold when the record is written; otherwise nothing is permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assert {
    /// This policy is the active one.
    PolicyActive(PolicyHash),
    /// This grant was not ended and is not expired at the commit's time.
    GrantLive {
        /// Which.
        jti: ConsentId,
        /// When it expires.
        expires: Timestamp,
    },
    /// This emergency grant is live at the commit's time.
    SafeguardingLive(ConsentId),
    /// No stop covers this connection or recipient.
    NotStopped {
        /// The connection.
        integration: IntegrationId,
        /// The recipient.
        destination: SystemId,
    },
    /// The commit's time is no later than this (undertaking, assessment and approval in date).
    NotAfter(Timestamp),
    /// This use is a retry within 24 hours or leaves the item's count within its bound; spends it.
    Spend(Use),
}

/// What else the transaction does. Applied with the leaf, in one transaction, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A set of rules becomes the active one; its sources are kept by hash.
    ActivatePolicy {
        /// Its hash.
        hash: PolicyHash,
        /// Its files, as JSON.
        sources: String,
    },
    /// A grant issued at the consent pages, by command or API.
    Issue(Grant),
    /// A token's grant seen for the first time, so that it can be ended and counted. Idempotent.
    Remember(Grant),
    /// The person ended a grant.
    End(ConsentId),
    /// Every grant of a person ends (`end --died`, erasure).
    EndAll(SubjectLabel),
    /// An emergency grant.
    Safeguard(Safeguarding),
    /// A stop.
    PlaceStop(Stop),
    /// A stop lifted by the panel.
    LiftStop(String),
    /// The uses a decision spent are given back: it failed before the first request byte.
    Restore(DecisionId),
    /// Something the panel is told; delivered by the outbox's consumer.
    Notify {
        /// `attempt`, `safeguarding`, `policy`, `clock`, ….
        kind: &'static str,
    },
}

/// One transaction.
#[derive(Debug, Clone)]
pub struct Tx {
    /// What must hold.
    pub asserts: Vec<Assert>,
    /// What is recorded.
    pub leaf: Leaf,
    /// Erasable detail rows, tied to the leaf by a root over salted hashes.
    pub detail: Vec<Detail>,
    /// What changes.
    pub changes: Vec<Change>,
}

/// The answer to a request for permission. Either way a record of it is durable.
#[derive(Debug)]
#[must_use = "a permission that is not used is recorded all the same"]
pub enum Permission {
    /// It may be sent.
    Granted(Receipt),
    /// Something no longer held, and the refusal was recorded in place of the permission: the same leaf,
    /// refused, with this reason's code and clause; what would have left is counted as blocked.
    Refused(AssertFailure),
}

/// Proof that a record which permits nothing is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// The leaf's index in the log.
    pub index: u64,
}

/// Proof that an allowed decision is durable. Made only by [`Ledger::permit`]; consumed by
/// `gate::upstream::send`, which refuses one that was made for another request.
#[derive(Debug)]
pub struct Receipt {
    decision: DecisionId,
    retry_of: consent::RetryOf,
    index: u64,
}

impl Receipt {
    /// The decision it proves.
    #[must_use]
    pub const fn decision(&self) -> DecisionId {
        self.decision
    }
    /// The decision this one repeats, where it is a retry.
    #[must_use]
    pub const fn retry_of(&self) -> consent::RetryOf {
        self.retry_of
    }
    /// The leaf's index in the log.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }
}
