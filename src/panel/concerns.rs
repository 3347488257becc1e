//! Concerns: whistle-blowing without an account, a cookie, an address or a log line.
//!
//! The text is sealed to the panel's members before it is kept. Whoever wrote it has a receipt code, shown once, with
//! which they read the panel's answers and add to it; of the code only a hash is kept. The record book holds the
//! sealed text's hash and nothing else, so that no concern can vanish unseen.
//!
//! | what | where |
//! |---|---|
//! | the form, for anybody | `give` |
//! | when very many write at once | `flood` |
//! | answers, for whoever has the code | `answers` |
//! | the panel's pages | `read` |
//! | what is kept, and how a text comes in | `kept` |

mod answers;
mod flood;
mod give;
mod kept;
mod read;

use super::{
    Panel,
    confidential::Place,
    follow::Read,
    routes::{PANEL, Route, Who},
    wrong::Wrong,
};
use rusqlite::Transaction;

/// The tables of this area. Days, never hours. `sealed` is what the record book knows the hash of; `shared` is the same
/// text, opened to members who came later; `entry` is where it stands in the record book; none: that is not confirmed.
pub(super) const TABLES: &str = "
CREATE TABLE concerns (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, code BLOB NOT NULL UNIQUE,
    public BLOB NOT NULL, private BLOB NOT NULL, day TEXT NOT NULL, state TEXT NOT NULL) STRICT;
CREATE TABLE concern_texts (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, concern TEXT NOT NULL,
    panel INTEGER NOT NULL, day TEXT NOT NULL, sealed TEXT NOT NULL, shared TEXT, sha256 TEXT NOT NULL,
    entry INTEGER) STRICT;
CREATE INDEX concerns_state ON concerns (state, day);
CREATE INDEX concern_texts_of ON concern_texts (concern);
CREATE INDEX concern_texts_unconfirmed ON concern_texts (sha256) WHERE entry IS NULL;
CREATE TABLE concern_entries (entry INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, day TEXT NOT NULL) STRICT;
";
/// Those that are made from the record book: a concern that vanished from the store is missed.
pub(super) const READ: &[&str] = &["concern_entries"];

/// Where its sealed texts are.
pub(super) const SEALED: &[Place] = &[Place {
    list: "SELECT n, 'concern/' || concern, sealed, shared FROM concern_texts WHERE n > ?1 ORDER BY n LIMIT ?2",
    keep: "UPDATE concern_texts SET shared = ?2 WHERE n = ?1",
}];

/// Characters of one text.
const LONGEST: usize = 20_000;
/// Groups of four letters of a receipt code: 103 bits.
const GROUPS: usize = 6;
/// Unanswered concerns of one day that are offered to be closed at once.
const FLOOD: i64 = 50;
/// Texts added to one concern in a day.
const TEXTS: i64 = 50;
/// Wrong receipt codes that are answered as such in a minute. A right one works however many there were.
const WRONG: i64 = 30;

pub(super) use flood::Turns;

/// Takes in the entry of a concern, and notes it with its text where that waited for it.
pub(super) fn received(db: &Transaction<'_>, read: &Read) -> Result<(), rusqlite::Error> {
    let row = (read.index, read.extra("sha256").unwrap_or_default(), read.text("day").unwrap_or_default());
    db.prepare_cached("INSERT OR IGNORE INTO concern_entries VALUES (?1, ?2, ?3)")?.execute(row)?;
    recorded(db, read, false)
}

/// Takes in the entry of the panel's answer.
pub(super) fn answered(db: &Transaction<'_>, read: &Read) -> Result<(), rusqlite::Error> {
    recorded(db, read, true)
}

fn recorded(db: &Transaction<'_>, read: &Read, panel: bool) -> Result<(), rusqlite::Error> {
    db.prepare_cached("UPDATE concern_texts SET entry = ?2 WHERE sha256 = ?1 AND entry IS NULL AND panel = ?3")?
        .execute((read.extra("sha256").unwrap_or_default(), read.index, panel))
        .map(drop)
}

/// The pages of this area.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/concern", Who::Anybody, give::form),
        Route::post("/concern", Who::Anybody, give::give),
        Route::get("/concern/answers", Who::Anybody, answers::door),
        Route::post("/concern/answers", Who::Anybody, answers::answers),
        Route::post("/concern/add", Who::Anybody, answers::add),
        Route::get("/concerns", PANEL, read::list),
        Route::post("/concerns/close-day", PANEL, read::close_day),
        Route::get("/concerns/{id}", PANEL, read::one),
        Route::post("/concerns/{id}/answer", PANEL, read::answer),
        Route::post("/concerns/{id}/close", PANEL, read::close),
        Route::post("/concerns/{id}/share", PANEL, read::share),
    ]
}

/// What waits for the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Concerns that nobody answered or closed.
    pub unanswered: i64,
    /// Texts that the record book knows of and the store does not hold.
    pub missing: i64,
}

/// Counts what waits.
///
/// # Errors
/// [`Wrong`] when the store fails.
pub async fn waiting(panel: &Panel) -> Result<Waiting, Wrong> {
    let ask = "SELECT count(*) FROM concerns WHERE state = 'new'";
    let unanswered = panel.store().read(move |db| db.query_row(ask, [], |row| row.get(0))).await?;
    Ok(Waiting { unanswered, missing: kept::missing(panel).await? })
}

/// What a concern's texts are sealed for.
fn purpose(id: &str) -> String {
    format!("concern/{id}")
}
