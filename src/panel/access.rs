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

pub mod account;
mod alone;
pub mod audit;
mod codes;
mod door;
mod factor;
pub mod invitation;
mod joining;
pub mod keys;
mod members;
mod own;
mod passphrase;
pub mod session;
mod setup;
pub mod totp;
mod tries;
mod weak;

use super::{
    Panel,
    routes::{EVERYBODY_SIGNED, PANEL, Route, Who},
    wrong::Wrong,
};
use crate::flow::name_closed as closed;
use crate::verdict::destination::london;
use axum::{extract::FromRequestParts, response::Response};
use http::{StatusCode, request::Parts};
use jiff::{Timestamp, Zoned};
use std::{borrow::Cow, sync::Arc, time::Duration};

pub use factor::second_factor;
pub use session::Session;

/// The tables of this area. Times are microseconds since 1970; tokens are kept as SHA-256.
pub(super) const TABLES: &str = "
CREATE TABLE accounts (id TEXT PRIMARY KEY, name TEXT NOT NULL, known_as TEXT UNIQUE, role TEXT NOT NULL,
    passphrase TEXT, locked BLOB, public BLOB, totp_step INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0, locked_until INTEGER, own_failures INTEGER NOT NULL DEFAULT 0,
    own_locked_until INTEGER, created INTEGER NOT NULL, signed_in INTEGER, closed INTEGER) STRICT, WITHOUT ROWID;
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
    tries: tries::Tries,
    turns: alone::Turns,
    flushing: tokio::sync::Mutex<()>,
}

/// How often what commands noted is looked for, and sessions that are over are swept out.
const TICK: Duration = Duration::from_secs(10);

/// The pages of this area.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/sign-in", Who::Anybody, door::door),
        Route::post("/sign-in", Who::Anybody, door::sign_in),
        Route::post("/sign-out", EVERYBODY_SIGNED, door::sign_out),
        Route::get("/invitation", Who::Anybody, joining::door),
        Route::post("/invitation", Who::Anybody, joining::join),
        Route::get("/account", EVERYBODY_SIGNED, own::own),
        Route::post("/account/passphrase", EVERYBODY_SIGNED, own::change),
        Route::post("/account/sessions", EVERYBODY_SIGNED, own::end_others),
        Route::post("/account/codes", EVERYBODY_SIGNED, own::new_codes),
        Route::get("/account/app", EVERYBODY_SIGNED, own::app),
        Route::post("/account/app", EVERYBODY_SIGNED, own::change_app),
        Route::get("/members", PANEL, members::members),
        Route::post("/members/invite", PANEL, members::invite),
        Route::post("/members/confirm", PANEL, members::confirm),
        Route::post("/members/close", PANEL, members::close),
        Route::post("/members/share", PANEL, members::share),
    ]
}

/// Begins: sessions of an earlier run are over, since their keys went with it; and says so where nobody could look at
/// what the gateway does.
pub(super) async fn begin(panel: &Panel) -> Result<(), Wrong> {
    panel.store().write(|db| db.execute("DELETE FROM sessions", [])).await?;
    if !panel.store().read(account::panel_is_open).await? {
        tracing::warn!(
            command = "havengate panel invite --role panel",
            "nobody of the scrutiny panel has an account yet; make the first invitation with this command"
        );
    }
    Ok(())
}

/// Runs beside the pages until `stop` is ready.
pub(super) async fn watch(panel: Arc<Panel>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        audit::flush(&panel).await;
        if session::sweep(&panel).await.is_err() {
            tracing::error!("sessions that are over could not be swept out");
        }
        tokio::select! {
            () = &mut stop => break,
            () = tokio::time::sleep(TICK) => {}
        }
    }
    audit::flush(&panel).await;
}

/// What a page says of the form that was sent.
struct Said {
    done: bool,
    words: Cow<'static, str>,
}

impl Said {
    fn done(words: impl Into<Cow<'static, str>>) -> Self {
        Self { done: true, words: words.into() }
    }

    fn wrong(words: impl Into<Cow<'static, str>>) -> Self {
        Self { done: false, words: words.into() }
    }

    /// The page, as the answer to a form that was not taken.
    fn refused(page: Result<Response, Wrong>) -> Result<Response, Wrong> {
        page.map(|mut page| {
            *page.status_mut() = StatusCode::BAD_REQUEST;
            page
        })
    }
}

/// A moment on the clocks of the people who look at it.
fn local(at: Timestamp) -> Zoned {
    at.to_zoned(london())
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

    /// The session of whoever is signed in.
    ///
    /// # Errors
    /// [`Wrong::Forbidden`] where nobody is, which the guard does not let this far.
    pub(super) fn signed_in(&self) -> Result<&Session, Wrong> {
        self.0.as_ref().ok_or(Wrong::Forbidden)
    }

    /// The session, where the page is not for anybody.
    #[must_use]
    pub const fn session(&self) -> Option<&Session> {
        self.0.as_ref()
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Wrong;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Wrong> {
        parts.extensions.get().cloned().ok_or_else(|| Wrong::broken("a page was reached past the guard"))
    }
}
