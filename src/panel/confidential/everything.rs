//! Every sealed text that is kept: so that nobody closes the last account that opens one unawares, and members let
//! newer ones read all of it at once.

use super::{more_readers, widest};
use crate::panel::{
    Panel,
    access::{Session, keys},
    breaches, concerns, demands,
    sealed::Sealed,
    wrong::Wrong,
};
use rusqlite::Connection;

/// Where an area keeps sealed texts.
#[derive(Debug)]
pub(in crate::panel) struct Place {
    /// At most so many (`?2`) after a row (`?1`), in their order: row, purpose, text, the copy for newer members.
    pub list: &'static str,
    /// Keeps a text with more keys (`?2`) in a row (`?1`).
    pub keep: &'static str,
}

/// Each area's.
const PLACES: [&[Place]; 3] = [concerns::SEALED, breaches::SEALED, demands::SEALED];
/// Texts of one step.
const STEP: u32 = 50;

/// A text as it is kept.
struct Kept {
    row: i64,
    purpose: String,
    sealed: String,
    shared: Option<String>,
}

impl Kept {
    fn widest(&self) -> &str {
        widest(&self.sealed, self.shared.as_deref()).0
    }
}

fn after(db: &Connection, place: &Place, row: i64) -> Result<Vec<Kept>, rusqlite::Error> {
    db.prepare_cached(place.list)?
        .query_map((row, STEP), |row| {
            Ok(Kept { row: row.get(0)?, purpose: row.get(1)?, sealed: row.get(2)?, shared: row.get(3)? })
        })?
        .collect()
}

/// How many texts nobody could open any more without this account.
pub(in crate::panel) fn only_for(db: &Connection, account: &str) -> Result<usize, rusqlite::Error> {
    let open = "SELECT id FROM accounts WHERE role = 'panel' AND closed IS NULL AND public NOT NULL";
    let open = db.prepare_cached(open)?.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    if !open.iter().any(|id| id == account) {
        return Ok(0);
    }
    let alone = |text: &Kept| {
        let read = text.widest().parse::<Sealed>();
        read.is_ok_and(|s| s.is_for(account) && !open.iter().any(|id| id != account && s.is_for(id)))
    };
    let mut found = 0;
    for place in PLACES.into_iter().flatten() {
        let mut row = 0;
        loop {
            let texts = after(db, place, row)?;
            let Some(last) = texts.last() else { break };
            row = last.row;
            found += texts.iter().filter(|text| alone(text)).count();
        }
    }
    Ok(found)
}

/// Lets every member read whatever this one can. Gives how many texts that changed.
///
/// # Errors
/// [`Wrong::Invalid`] without the key in memory.
pub(in crate::panel) async fn share_all(panel: &Panel, session: &Session) -> Result<usize, Wrong> {
    let away = Wrong::Invalid("Sign out and in again first: your key is no longer in memory.");
    let private = keys::private(panel, session).ok_or(away)?;
    let members = keys::members(panel).await?;
    let mut changed = 0;
    for place in PLACES.into_iter().flatten() {
        let mut row = 0;
        loop {
            let texts = panel.store().read(move |db| after(db, place, row)).await?;
            let Some(last) = texts.last() else { break };
            row = last.row;
            let reader = (session.account.as_str(), &*private);
            let more =
                texts.iter().filter_map(|t| Some((t.row, more_readers(reader, &members, &t.purpose, t.widest())?)));
            let more: Vec<_> = more.collect();
            changed += more.len();
            let keep = move |db: &rusqlite::Transaction<'_>| {
                let mut keep = db.prepare_cached(place.keep)?;
                more.iter().try_for_each(|(row, sealed)| keep.execute((row, sealed)).map(drop))
            };
            panel.store().write(keep).await?;
        }
    }
    Ok(changed)
}
