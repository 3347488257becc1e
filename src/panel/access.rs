//! Who people are: accounts, roles, sessions.
//!
//! An account is invited, never opened by oneself. Roles follow design section 9: operators cannot lift stops, change
//! records or read concerns.
//!
//! | what | where |
//! |---|---|
//! | an account's life: invited, opened, signed in to, locked, closed | `invitation`, `account`, `audit` |
//! | pages | `joining`, `door`, `own`, `members` |
//! | passphrase, second factor, codes | `passphrase`, `weak`, `factor`, [`totp`], `codes` |
//! | keys that texts are sealed to | [`keys`] |
//! | who is signed in | [`session`] |

pub mod audit;
mod codes;
mod factor;
pub mod keys;
mod passphrase;
pub mod session;
pub mod totp;

use crate::flow::name_closed as closed;
use axum::extract::FromRequestParts;
use http::request::Parts;

pub use factor::second_factor;
pub use session::Session;

/// The tables of this area. Times are microseconds since 1970; tokens are kept as SHA-256.
pub(super) const TABLES: &str = "
CREATE TABLE accounts (id TEXT PRIMARY KEY, name TEXT NOT NULL, known_as TEXT UNIQUE, role TEXT NOT NULL,
    passphrase TEXT, locked BLOB, public BLOB, totp_step INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0, locked_until INTEGER, created INTEGER NOT NULL, signed_in INTEGER,
    closed INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE recovery (account TEXT NOT NULL REFERENCES accounts (id), code BLOB NOT NULL,
    PRIMARY KEY (account, code)) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (token BLOB PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (id), csrf TEXT NOT NULL,
    created INTEGER NOT NULL, seen INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE invitations (id TEXT PRIMARY KEY, code BLOB NOT NULL UNIQUE, role TEXT NOT NULL, created INTEGER NOT NULL,
    expires INTEGER NOT NULL, invited_by TEXT, confirmed INTEGER, noticed INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE account_events (number INTEGER PRIMARY KEY, account TEXT NOT NULL, role TEXT NOT NULL,
    did TEXT NOT NULL) STRICT;
";

/// What is only in memory.
#[derive(Debug, Default)]
pub(super) struct State {
    ring: keys::Ring,
    flushing: tokio::sync::Mutex<()>,
}

closed! {
    /// What somebody may do.
    Role {
        /// Sits on the scrutiny panel.
        Panel = "panel",
        /// Works with clients.
        Worker = "worker",
        /// Runs the machine.
        Operator = "operator",
    }
}

impl Role {
    /// As pages say it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Panel => "panel member",
            Self::Worker => "support worker",
            Self::Operator => "operator",
        }
    }
}

/// Who asks for a page. Put into the request by the guard; a handler without it is refused.
#[derive(Debug, Clone)]
pub struct Visitor(Option<Session>);

impl Visitor {
    /// Anybody: no cookie was looked at.
    pub(super) const ANYBODY: Self = Self(None);

    /// Somebody signed in.
    pub(super) const fn signed(session: Session) -> Self {
        Self(Some(session))
    }

    /// The session, where the page is not for anybody.
    #[must_use]
    pub const fn session(&self) -> Option<&Session> {
        self.0.as_ref()
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = super::wrong::Wrong;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get().cloned().ok_or_else(|| super::wrong::Wrong::broken("a page was reached past the guard"))
    }
}
