//! How the panel is told: by mail and by webhooks, from the record book's outbox (design section 9).
//!
//! ```text
//! outbox of the record book → intake → messages, deliveries → one worker a channel → mail server, webhook
//! ```
//!
//! *Exactly once, in effect.* A notice becomes a message in the same transaction that moves the cursor past it. A
//! delivery is recorded as done only after the other side accepted it; a crash in between repeats it under the same
//! `Message-ID` or `webhook-id`, by which the other side knows it. What fails is tried again, less and less often, for
//! three days; then it is *stuck*: shown, counted, and tried again when somebody says so.
//!
//! *Quiet.* What repeats (same kind, recipient and connection) is told at once, then as a count after ten minutes, then
//! hourly while it goes on. What can wait stands in one mail at 08:00.
//!
//! *No personal data.* A message is made of ids, closed words and the organisation's own names for recipients.

mod channel;
pub mod dial;
mod digest;
mod intake;
mod kind;
mod mail;
mod outbox;
mod page;
mod settle;
mod text;
mod webhook;
mod worker;

use super::{
    Panel,
    routes::{self, Route},
    wrong::Wrong,
};
use crate::config;
use channel::Channel;
use dial::Dial;
use std::{fmt, sync::Arc};
use tokio::{
    sync::{Notify as Bell, watch},
    task::JoinHandle,
};

pub use outbox::Stuck;

/// The tables of this area. Times are microseconds since 1970; `facts` is JSON of ids and closed words.
pub(super) const TABLES: &str = "
CREATE TABLE notify_state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE notify_topics (topic TEXT PRIMARY KEY, until INTEGER NOT NULL, held INTEGER NOT NULL, first TEXT,
    facts TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE notify_digest (topic TEXT PRIMARY KEY, count INTEGER NOT NULL, facts TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE messages (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, at INTEGER NOT NULL,
    facts TEXT NOT NULL) STRICT;
CREATE TABLE deliveries (message INTEGER NOT NULL REFERENCES messages (number) ON DELETE CASCADE, channel TEXT NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, since INTEGER NOT NULL, due INTEGER NOT NULL,
    done INTEGER, why TEXT, PRIMARY KEY (channel, message)) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (channel, state, due);
";

/// Who is told, and what wakes those who tell. Made by [`start`].
pub(super) struct Told {
    channels: Vec<Channel>,
    digest: config::Rhythm,
    dial: Arc<dyn Dial>,
    bell: Bell,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told").field("channels", &self.channels.len()).finish_non_exhaustive()
    }
}

/// Starts telling, where the configuration asks for it: one task that reads the outbox and one for each channel, so
/// that a slow one holds up no other.
pub(super) fn start(
    panel: &Arc<Panel>,
    asked: &config::Notify,
    dial: Option<Arc<dyn Dial>>,
    shutdown: &watch::Sender<bool>,
) -> Vec<JoinHandle<()>> {
    // Also where nobody is told any more: perhaps somebody was.
    let channels = if dial.is_some() { channel::all(asked) } else { Vec::new() };
    let names = channels.iter().map(settle::name).collect();
    let mut tasks = vec![tokio::spawn(settle::run(Arc::clone(panel), names, shutdown.subscribe()))];
    let Some(dial) = dial.filter(|_| asked.tells_anybody()) else { return tasks };
    let told = Arc::new(Told { channels, digest: asked.digest, dial, bell: Bell::new() });
    if panel.told.set(Arc::clone(&told)).is_err() {
        return tasks;
    }
    tasks.push(tokio::spawn(intake::run(Arc::clone(panel), Arc::clone(&told), shutdown.subscribe())));
    for which in 0..told.channels.len() {
        tasks.push(tokio::spawn(worker::run(Arc::clone(panel), Arc::clone(&told), which, shutdown.subscribe())));
    }
    tasks
}

/// What could not be told, for *Today*.
///
/// # Errors
/// [`Wrong::Broken`] when the store fails.
pub async fn stuck(panel: &Panel) -> Result<Stuck, Wrong> {
    outbox::stuck(panel).await
}

/// Whether somebody was reminded of this.
pub(super) async fn is_noted(panel: &Panel, what: &str) -> Result<bool, Wrong> {
    let what = what.to_owned();
    panel.store().read(move |db| Ok(intake::state(db, &what)?.is_some())).await
}

/// Keeps in mind that somebody was.
pub(super) async fn note(panel: &Panel, what: String) -> Result<(), Wrong> {
    panel.store().write(move |tx| intake::set(tx, &what, 1)).await
}

/// The pages of this area.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/messages", routes::FIGURES, page::messages),
        Route::post("/messages/again", routes::FIGURES, page::again),
        Route::post("/messages/test", routes::FIGURES, page::test),
    ]
}
