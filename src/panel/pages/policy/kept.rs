//! What the store keeps of policies: every activation, and what replaying found.

use crate::panel::{Panel, follow::Read, wrong::Wrong};
use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, Row, Transaction};
use std::collections::BTreeMap;

/// Times are microseconds since 1970. What replaying found stays when the details it read are erased.
pub(in crate::panel) const TABLES: &str = "
CREATE TABLE policy_activations (entry INTEGER PRIMARY KEY, hash TEXT NOT NULL, day TEXT NOT NULL, gateway TEXT NOT NULL,
    boot TEXT NOT NULL) STRICT;
CREATE TABLE policy_rejections (entry INTEGER PRIMARY KEY, day TEXT NOT NULL) STRICT;
CREATE TABLE policy_replays (entry INTEGER PRIMARY KEY, begun INTEGER NOT NULL, ended INTEGER, found TEXT) STRICT;
";
/// Those that are made from the record book.
pub(in crate::panel) const READ: &[&str] = &["policy_activations", "policy_rejections", "policy_replays"];

/// A replay that has not ended after so long was cut off by a restart.
const LONGEST_REPLAY: i64 = 1_800_000_000;

/// A set became active.
#[derive(Debug, Clone)]
pub(super) struct Activation {
    pub entry: i64,
    pub hash: String,
    pub day: String,
    pub gateway: String,
    pub boot: String,
    /// What its entry says of who activated it.
    pub by: BTreeMap<String, String>,
}

/// What replaying found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Replayed {
    /// The days, as a sentence says them.
    pub days: String,
    /// Requests that were looked at.
    pub requests: u64,
    /// What would have become different, each with a figure that is safe to show.
    pub less: Vec<(String, String)>,
    /// What would have left and did not.
    pub more: Vec<(String, String)>,
    /// What could not be looked at, in sentences.
    pub but: Vec<String>,
}

/// Takes in an entry.
pub(in crate::panel) fn activated(db: &Transaction<'_>, read: &Read) -> Result<(), rusqlite::Error> {
    let text = |name| read.text(name).unwrap_or_default();
    db.prepare_cached("INSERT OR IGNORE INTO policy_activations VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((read.index, text("policy"), text("day"), text("gateway"), text("boot")))
        .map(drop)
}

/// Takes in an entry that says that a set was at fault and the one before stayed.
pub(in crate::panel) fn rejected(db: &Transaction<'_>, read: &Read) -> Result<(), rusqlite::Error> {
    db.prepare_cached("INSERT OR IGNORE INTO policy_rejections VALUES (?1, ?2)")?
        .execute((read.index, read.text("day").unwrap_or_default()))
        .map(drop)
}

/// The days of the last sets that were at fault.
pub(super) async fn rejections(panel: &Panel, most: i64) -> Result<Vec<(i64, String)>, Wrong> {
    let read = panel.store().read(move |db| {
        let mut select = db.prepare_cached("SELECT entry, day FROM policy_rejections ORDER BY entry DESC LIMIT ?1")?;
        select.query_map([most], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    });
    read.await
}

const COLUMNS: &str = "SELECT entry, hash, day, gateway, boot, \
    (SELECT extra FROM figures_marks WHERE figures_marks.entry = policy_activations.entry) FROM policy_activations";

fn activation(row: &Row<'_>) -> Result<Activation, rusqlite::Error> {
    let extra: Option<String> = row.get(5)?;
    let by = extra.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Ok(Activation {
        entry: row.get(0)?,
        hash: row.get(1)?,
        day: row.get(2)?,
        gateway: row.get(3)?,
        boot: row.get(4)?,
        by,
    })
}

/// The last of them.
pub(super) async fn all(panel: &Panel, most: i64) -> Result<Vec<Activation>, Wrong> {
    let read = panel.store().read(move |db| {
        let mut select = db.prepare_cached(&format!("{COLUMNS} ORDER BY entry DESC LIMIT ?1"))?;
        select.query_map([most], activation)?.collect()
    });
    read.await
}

/// An activation of this set, the last where none is named, and the one before it.
pub(super) async fn both(
    panel: &Panel,
    hash: String,
    entry: Option<i64>,
) -> Result<Option<(Activation, Option<Activation>)>, Wrong> {
    let read = panel.store().read(move |db| {
        let this = db
            .prepare_cached(&format!(
                "{COLUMNS} WHERE hash = ?1 AND entry = coalesce(?2, entry) ORDER BY entry DESC LIMIT 1"
            ))?
            .query_row((hash, entry), activation)
            .optional()?;
        let Some(this) = this else { return Ok(None) };
        let before = db
            .prepare_cached(&format!("{COLUMNS} WHERE entry < ?1 ORDER BY entry DESC LIMIT 1"))?
            .query_row([this.entry], activation)
            .optional()?;
        Ok(Some((this, before)))
    });
    read.await
}

/// The first entry of the first day from this one on.
pub(super) async fn first_entry(panel: &Panel, day: String) -> Result<Option<i64>, Wrong> {
    let read = panel.store().read(move |db| {
        db.prepare_cached("SELECT entry FROM followed_days WHERE day >= ?1 ORDER BY day LIMIT 1")?
            .query_row([day], |row| row.get(0))
            .optional()
    });
    read.await
}

/// Begins a replay; `false` when one is under way.
pub(super) async fn begin(panel: &Panel, entry: i64) -> Result<bool, Wrong> {
    let now = panel.now().as_microsecond();
    let begun = panel.store().write(move |db| {
        db.execute(
            "INSERT INTO policy_replays (entry, begun) VALUES (?1, ?2) ON CONFLICT (entry) DO UPDATE SET begun = ?2, \
             ended = NULL, found = NULL WHERE ended IS NOT NULL OR begun < ?3",
            (entry, now, now.saturating_sub(LONGEST_REPLAY)),
        )
    });
    Ok(begun.await? > 0)
}

/// Keeps what was found.
pub(super) async fn end(panel: &Panel, entry: i64, found: &Replayed) -> Result<(), Wrong> {
    let found = serde_json::to_string(found).map_err(|_| Wrong::broken("what a replay found cannot be written"))?;
    let now = panel.now().as_microsecond();
    let kept = panel.store().write(move |db| {
        db.execute("UPDATE policy_replays SET ended = ?2, found = ?3 WHERE entry = ?1", (entry, now, found))
    });
    kept.await.map(drop)
}

/// What was found, and when; and whether it is being worked out.
pub(super) async fn replayed(panel: &Panel, entry: i64) -> Result<(Option<(Timestamp, Replayed)>, bool), Wrong> {
    let since = panel.now().as_microsecond().saturating_sub(LONGEST_REPLAY);
    let read = panel.store().read(move |db| {
        db.prepare_cached("SELECT begun, ended, found FROM policy_replays WHERE entry = ?1")?
            .query_row([entry], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, Option<String>>(2)?))
            })
            .optional()
    });
    let Some((begun, ended, found)) = read.await? else { return Ok((None, false)) };
    let at = ended.and_then(|at| Timestamp::from_microsecond(at).ok());
    let found = found.and_then(|text| serde_json::from_str(&text).ok());
    Ok((at.zip(found), ended.is_none() && begun >= since))
}
