//! What can go wrong with the record book, and what to do about it. After any of these nothing is sent.

use super::failure::AssertFailure;
use crate::verdict::{Code, Refusal};
use std::{path::PathBuf, sync::Arc};

/// A transaction was not recorded, or nobody knows that it was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// More is waiting to be recorded than the queue holds.
    #[error("too much is waiting to be recorded; try again later")]
    Overloaded,
    /// The record was not acknowledged within `limits.ledger_time`. The writer records by itself that
    /// nothing was sent, if the permission was made after all.
    #[error("the record was not acknowledged in time; the disk may be too slow or hung")]
    Timeout,
    /// A write or sync failed. Nothing is permitted until the gateway is started again.
    #[error("the record book cannot be written, so nothing is sent until the gateway is started again: {0}")]
    Poisoned(Arc<str>),
    /// The record book was closed.
    #[error("the record book is closed: the gateway is stopping")]
    Closed,
    /// The transaction breaks a rule of the record book: a fault of the caller's code.
    #[error("the record was refused: {0}")]
    Malformed(&'static str),
    /// The change cannot be made as things stand.
    #[error("nothing was recorded: {0}")]
    Conflict(&'static str),
    /// An assertion of something that is not a permission failed.
    #[error("nothing was recorded: {0}")]
    Failed(AssertFailure),
}

impl LedgerError {
    /// The problem it is on the wire.
    #[must_use]
    pub const fn code(&self) -> Code {
        match self {
            Self::Overloaded => Code::Overloaded,
            Self::Timeout | Self::Poisoned(_) | Self::Closed => Code::LedgerUnavailable,
            Self::Malformed(_) | Self::Conflict(_) => Code::Internal,
            Self::Failed(failure) => failure.code(),
        }
    }

    /// Whether an entry may stand in the record book although it was not acknowledged: then nothing that it speaks of is
    /// taken back.
    #[must_use]
    pub const fn may_be_recorded(&self) -> bool {
        match self {
            Self::Timeout | Self::Poisoned(_) | Self::Closed => true,
            Self::Overloaded | Self::Malformed(_) | Self::Conflict(_) | Self::Failed(_) => false,
        }
    }

    /// What the caller is told. Says nothing of disks or paths.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Failed(failure) => failure.refusal(),
            Self::Overloaded => Refusal::plain(self.code(), "Too much is waiting to be recorded. Try again later."),
            Self::Malformed(_) | Self::Conflict(_) => {
                Refusal::plain(self.code(), "The request could not be recorded, so nothing was sent.")
            }
            Self::Timeout | Self::Poisoned(_) | Self::Closed => {
                Refusal::plain(self.code(), "The record book cannot be written, so nothing was sent.")
            }
        }
    }
}

/// The record book cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Something is there already.
    #[error("{0} exists already and is never overwritten; to begin anew, keep it somewhere safe first")]
    Exists(PathBuf),
    /// The gateway's name is not an identifier.
    #[error("the gateway's name must be 1 to 64 lower-case letters, digits, '-', '_' and '.'")]
    Name,
    /// The disk said no.
    #[error("the record book cannot be made at {path}: {reason}")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// The record book cannot be used. The gateway does not start, or starts and refuses everything.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No file.
    #[error(
        "there is no record book at {0}. `havengate init` makes one for a new gateway; if this gateway had one, \
         put it back from its backup, with its .anchor file"
    )]
    Missing(PathBuf),
    /// Somebody else has it.
    #[error(
        "another process holds the record book {0}, most likely a running gateway. \
         Ask that gateway (commands do it over its control socket), or stop it first"
    )]
    Held(PathBuf),
    /// Some other file.
    #[error("{0} is not a Havengate record book")]
    Foreign(PathBuf),
    /// Made by another version.
    #[error(
        "the record book has format {found}; this Havengate knows formats up to {known}. Run the version that made it"
    )]
    Version {
        /// The file's.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Belongs to a gateway of another name.
    #[error("the record book belongs to a gateway with another name; check gateway.name and ledger.url")]
    Gateway,
    /// Cannot be written.
    #[error("the record book {path} cannot be written: {reason}. Check its owner, its mode and the free space")]
    Unwritable {
        /// Where.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// SQLite is not as the record book needs it.
    #[error("SQLite is not as the record book needs it ({0}); run the Havengate binary as it was built")]
    Engine(&'static str),
    /// The entries are not those the head was made from.
    #[error(
        "the record book was changed or damaged: {0}. Keep the files as they are, run `havengate ledger verify`, \
         tell the scrutiny panel, and put back the latest backup"
    )]
    Mismatch(String),
    /// The record book is older than its anchor.
    #[error(
        "the record book is older than its anchor: it has {size} entries or fewer of the {anchored} that were \
         recorded. An older copy was put back, or the end was cut off. Put back the latest copy"
    )]
    RolledBack {
        /// Entries found.
        size: u64,
        /// Entries the anchor speaks of.
        anchored: u64,
    },
    /// The anchor file is missing or unreadable.
    #[error("the anchor {path} {reason}. It belongs beside the record book: put it back from where it was kept")]
    Anchor {
        /// Where.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The thread that writes could not be started, or there is no randomness.
    #[error("the record book's writer could not be started: {0}")]
    Start(String),
}
