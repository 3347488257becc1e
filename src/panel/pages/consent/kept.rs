//! What the store keeps of consent: one row for each entry of the record book that speaks of it.

use crate::panel::{Panel, follow::Read, wrong::Wrong};
use jiff::civil::Date;
use rusqlite::{OptionalExtension as _, Row, Transaction};

/// `asked` is empty where an older version recorded no number. `consent_states` says how many consents were in which
/// state when the pages first ran on a day; that alone cannot be made again from the record book.
pub(in crate::panel) const TABLES: &str = "
CREATE TABLE consent_events (entry INTEGER PRIMARY KEY, day TEXT NOT NULL, kind TEXT NOT NULL, destination TEXT NOT NULL,
    integration TEXT NOT NULL, asked INTEGER, declined INTEGER, advice TEXT, because TEXT) STRICT;
CREATE INDEX consent_events_by_day ON consent_events (day);
CREATE TABLE consent_states (day TEXT PRIMARY KEY, live INTEGER NOT NULL, ended INTEGER NOT NULL,
    expired INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";
/// Those that are made from the record book.
pub(in crate::panel) const READ: &[&str] = &["consent_events"];

/// Takes in an entry.
pub(in crate::panel) fn take(db: &Transaction<'_>, read: &Read) -> Result<(), rusqlite::Error> {
    // Somebody asked to end one that was not there.
    if read.extra("ended") == Some("0") {
        return Ok(());
    }
    let text = |name| read.text(name).unwrap_or_default();
    db.prepare_cached("INSERT OR IGNORE INTO consent_events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?
        .execute((
            read.index,
            text("day"),
            text("type"),
            text("destination"),
            text("integration"),
            read.number("asked"),
            read.number("declined"),
            read.extra("advice"),
            read.extra("because"),
        ))
        .map(drop)
}

/// Sums of items; of endings, how many times somebody ended consent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub asked: u64,
    pub declined: u64,
    /// Consents of which no number was recorded.
    pub unrecorded: u64,
    pub ended: u64,
    /// Of those, because the person died.
    pub died: u64,
    pub obtained: u64,
    pub offered: u64,
    pub no_advice: u64,
}

impl Sum {
    fn read(row: &Row<'_>, first: usize) -> Result<Self, rusqlite::Error> {
        let n = |i: usize| row.get::<_, i64>(first + i).map(|n| u64::try_from(n).unwrap_or_default());
        Ok(Self {
            asked: n(0)?,
            declined: n(1)?,
            unrecorded: n(2)?,
            ended: n(3)?,
            died: n(4)?,
            obtained: n(5)?,
            offered: n(6)?,
            no_advice: n(7)?,
        })
    }
}

const SUMS: &str = "coalesce(sum(asked), 0), coalesce(sum(declined), 0), \
    coalesce(sum(kind = 'consent.issued' AND asked IS NULL), 0), \
    coalesce(sum(kind = 'consent.ended' AND because IS NULL), 0), coalesce(sum(because = 'died'), 0), \
    coalesce(sum(advice = 'obtained'), 0), coalesce(sum(advice = 'offered'), 0), coalesce(sum(advice = 'none'), 0) \
    FROM consent_events WHERE day >= ?1 AND day < ?2";

/// By recipient and connection, from a day to before another.
pub(super) async fn by_recipient(panel: &Panel, from: Date, to: Date) -> Result<Vec<(String, String, Sum)>, Wrong> {
    let read = panel.store().read(move |db| {
        db.prepare_cached(&format!("SELECT destination, integration, {SUMS} GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 1000"))?
            .query_map((from.to_string(), to.to_string()), |row| Ok((row.get(0)?, row.get(1)?, Sum::read(row, 2)?)))?
            .collect()
    });
    read.await
}

/// All of it, from a day to before another.
pub(super) async fn total(panel: &Panel, from: Date, to: Date) -> Result<Sum, Wrong> {
    let read = panel.store().read(move |db| {
        db.prepare_cached(&format!("SELECT {SUMS}"))?
            .query_row((from.to_string(), to.to_string()), |row| Sum::read(row, 0))
    });
    read.await
}

/// Counts the states once a day.
pub(in crate::panel) async fn keep_state(panel: &Panel) -> Result<(), Wrong> {
    let day = panel.today().to_string();
    let asked = day.clone();
    let known =
        panel.store().read(move |db| db.prepare_cached("SELECT 1 FROM consent_states WHERE day = ?1")?.exists([asked]));
    if known.await? {
        return Ok(());
    }
    let [live, ended, expired] =
        panel.ledger().view().counts(panel.now()).map(|(_, n)| i64::try_from(n).unwrap_or(i64::MAX));
    let kept = panel.store().write(move |db| {
        db.execute("INSERT OR IGNORE INTO consent_states VALUES (?1, ?2, ?3, ?4)", (day, live, ended, expired))
    });
    kept.await.map(drop)
}

/// How many consents have run out at this moment.
pub(super) fn expired_now(panel: &Panel) -> u64 {
    let counts = panel.ledger().view().counts(panel.now());
    counts.iter().find(|(state, _)| *state == "expired").map_or(0, |(_, n)| *n)
}

/// The first day from this one on that was counted, and how many consents had run out then.
pub(super) async fn first_state(panel: &Panel, from: Date) -> Result<Option<(Date, u64)>, Wrong> {
    let read = panel.store().read(move |db| {
        db.prepare_cached("SELECT day, expired FROM consent_states WHERE day >= ?1 ORDER BY day LIMIT 1")?
            .query_row([from.to_string()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
            .optional()
    });
    let found = read.await?;
    Ok(found.and_then(|(day, n)| Some((day.parse().ok()?, u64::try_from(n).unwrap_or_default()))))
}
