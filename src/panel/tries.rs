//! Bounded tries, for pages where nobody has an account: so many in a time, counted in the store.

use super::{Panel, wrong::Wrong};
use jiff::SignedDuration;
use rusqlite::{Connection, OptionalExtension as _};

/// The table of this area: how often something was tried in a slot of time that ends at this second. Nothing of who
/// tried.
pub(super) const TABLES: &str = "
CREATE TABLE tries (what TEXT PRIMARY KEY, slot INTEGER NOT NULL, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// Counts a try and says whether it is within its bound. Over the bound nothing is written, so that a flood of tries
/// costs a look each.
///
/// # Errors
/// [`Wrong::Broken`] when the store fails.
pub(super) async fn within(panel: &Panel, what: String, per: SignedDuration, most: i64) -> Result<bool, Wrong> {
    let per = per.as_secs().max(1);
    let slot = (panel.passing().as_second() / per + 1) * per;
    let asked = what.clone();
    if panel.store().read(move |db| counted(db, &asked, slot)).await? >= most {
        return Ok(false);
    }
    let count = move |db: &rusqlite::Transaction<'_>| {
        let before = counted(db, &what, slot)?;
        if before < most {
            db.prepare_cached(
                "INSERT INTO tries VALUES (?1, ?2, ?3) ON CONFLICT (what) DO UPDATE SET slot = ?2, n = ?3",
            )?
            .execute((&what, slot, before + 1))?;
        }
        Ok(before < most)
    };
    panel.store().write(count).await
}

/// Forgets what is over: the hour of the last stop, and the minute of a code of a concern that was mistyped, would show
/// who was on shift.
///
/// # Errors
/// [`Wrong::Broken`] when the store fails.
pub(super) async fn forget(panel: &Panel) -> Result<(), Wrong> {
    let now = panel.passing().as_second();
    let over = move |db: &Connection| db.prepare_cached("SELECT 1 FROM tries WHERE slot <= ?1 LIMIT 1")?.exists([now]);
    if panel.store().read(over).await? {
        panel.store().write(move |db| db.execute("DELETE FROM tries WHERE slot <= ?1", [now])).await?;
    }
    Ok(())
}

fn counted(db: &Connection, what: &str, slot: i64) -> Result<i64, rusqlite::Error> {
    let mut select = db.prepare_cached("SELECT n FROM tries WHERE what = ?1 AND slot = ?2")?;
    Ok(select.query_row((what, slot), |row| row.get(0)).optional()?.unwrap_or(0))
}
