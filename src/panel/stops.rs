//! Stops ("down tools", TOOLS-1): anybody with a printed sheet stops a flow, unnamed; the panel answers within a
//! working day; only a panel member with a second factor lifts it.
//!
//! | what | where |
//! |---|---|
//! | the page with the code, for anybody | `place` |
//! | printed sheets and their codes | `sheets` |
//! | what stands in the record book, for the pages | `kept` |
//! | the panel's pages: list, answer | `list` |
//! | lifting | `lift` |
//! | reminding the panel of an answer that is due | `remind` |

pub(super) mod kept;
mod lift;
mod list;
mod place;
mod remind;
pub(super) mod scope;
mod sheets;
pub(super) mod words;

use super::{
    Panel, follow,
    routes::{FIGURES, PANEL, Route, Who},
    wrong::Wrong,
};
use crate::flow::name_closed as closed;
use std::{future::Future, sync::Arc, time::Duration};

closed! {
    /// Why somebody stops a flow, in closed words: free ones would name somebody.
    Reason {
        /// It may reach the Home Office.
        HomeOffice = "home-office",
        /// Somebody could come to harm.
        Harm = "harm",
        /// Nobody agreed, or not freely.
        Consent = "consent",
        /// More leaves than should.
        TooMuch = "too-much",
        /// An instruction against the charter.
        Told = "told",
        /// Something else.
        Other = "other",
    }
}

impl Reason {
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::HomeOffice => "It may reach the Home Office",
            Self::Harm => "A client could come to harm",
            Self::Consent => "Clients did not agree to it, or not freely",
            Self::TooMuch => "More is sent than should be",
            Self::Told => "I was told to do something against the charter",
            Self::Other => "Something else",
        }
    }
}

/// The tables of this area that cannot be made again from the record book.
pub(super) const TABLES: &str = "
CREATE TABLE stop_codes (id TEXT PRIMARY KEY, digest BLOB NOT NULL UNIQUE, made INTEGER NOT NULL, until INTEGER)
    STRICT, WITHOUT ROWID;
CREATE TABLE stop_words (sha256 TEXT PRIMARY KEY, salt TEXT NOT NULL, words TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

/// The pages of this area.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/stop", Who::Anybody, place::door),
        Route::post("/stop", Who::Anybody, place::code),
        Route::post("/stop/place", Who::Anybody, place::place),
        Route::post("/stop/ask", Who::Anybody, place::ask),
        Route::get("/stops", FIGURES, list::list),
        Route::get("/stops/sheets", PANEL, sheets::page),
        Route::post("/stops/sheets", PANEL, sheets::make),
        Route::post("/stops/sheets/withdraw", PANEL, sheets::withdraw),
        Route::get("/stops/{id}", PANEL, list::one),
        Route::post("/stops/{id}/answer", PANEL, list::answer),
        Route::post("/stops/{id}/lift", PANEL, lift::lift),
    ]
}

/// How often stops are looked after.
const EVERY: Duration = Duration::from_secs(60);
/// Batches of the record book that one turn reads, at most.
const TURN: usize = 40;

/// Looks after stops beside the pages, until the panel stops.
pub(super) async fn watch(panel: Arc<Panel>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        // What failed is said in the log already; the next turn tries again.
        let _ = turn(&panel).await;
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// One turn of it: reads what is new in the record book, and reminds the panel of answers that are overdue, once for
/// each stop. Nobody is reminded while more waits to be read, which may say that somebody was; where the record book
/// cannot be read, what was read before says enough.
///
/// # Errors
/// [`Wrong`] when the store or the record book fails; the next turn goes on from there.
pub async fn turn(panel: &Arc<Panel>) -> Result<(), Wrong> {
    match follow::up(panel, TURN).await {
        Ok(progress) if progress.behind().is_some() => Ok(()),
        Ok(_) | Err(_) => remind::remind(panel).await,
    }
}

/// How many stops wait for an answer that is overdue.
///
/// # Errors
/// [`Wrong`] when the store fails.
pub async fn overdue(panel: &Panel) -> Result<usize, Wrong> {
    Ok(list::all(panel).await?.iter().filter(|s| s.overdue).count())
}
