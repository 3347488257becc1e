//! What the store keeps of emergencies: grants, what was shared under them, reviews.

use super::{Open, TO_REVIEW, reminder};
use crate::{
    ledger::Notice,
    panel::{Panel, follow::Read, wrong::Wrong},
};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

/// Times are microseconds since 1970. What was shared belongs to the emergency that was declared last for the same
/// recipient in the four hours before. The reviews' texts are the one thing here that the record book does not have.
pub(in crate::panel) const TABLES: &str = "
CREATE TABLE emergency_notices (entry INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
CREATE TABLE emergencies (entry INTEGER PRIMARY KEY, day TEXT NOT NULL, destination TEXT NOT NULL, ground TEXT NOT NULL,
    at INTEGER, reviewed INTEGER NOT NULL DEFAULT 0, reminded INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE emergency_sharing (entry INTEGER PRIMARY KEY, emergency INTEGER NOT NULL, decision TEXT NOT NULL UNIQUE,
    integration TEXT NOT NULL, at INTEGER NOT NULL, counts TEXT NOT NULL, ended TEXT) STRICT;
CREATE INDEX emergency_sharing_of ON emergency_sharing (emergency);
CREATE TABLE emergency_reviews (entry INTEGER PRIMARY KEY, emergency INTEGER NOT NULL, day TEXT NOT NULL,
    outcome TEXT NOT NULL, account TEXT NOT NULL) STRICT;
CREATE INDEX emergency_reviews_of ON emergency_reviews (emergency);
CREATE TABLE emergency_texts (emergency INTEGER NOT NULL, account TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (emergency, account)) STRICT, WITHOUT ROWID;
";
/// Those that are made from the record book.
pub(in crate::panel) const READ: &[&str] =
    &["emergency_notices", "emergencies", "emergency_sharing", "emergency_reviews"];

/// How long an emergency grant lives.
const LIVES: SignedDuration = SignedDuration::from_hours(4);

/// An emergency and what is known of it.
pub(super) struct Emergency {
    pub entry: i64,
    pub day: String,
    pub destination: String,
    pub ground: String,
    pub at: Option<Timestamp>,
    pub shared: Vec<Sharing>,
    pub reviews: Vec<Review>,
}

/// A request that was sent under it.
pub(super) struct Sharing {
    pub at: Timestamp,
    pub integration: String,
    pub counts: String,
    pub ended: Option<String>,
}

/// A panel member's review.
pub(super) struct Review {
    pub day: String,
    pub outcome: String,
    pub account: String,
    pub name: Option<String>,
    pub text: Option<String>,
}

/// Takes in a notice: it alone knows the time, and which decisions were made in an emergency.
pub(in crate::panel) fn told(db: &Transaction<'_>, notice: &Notice) -> Result<(), rusqlite::Error> {
    if notice.kind != "safeguarding" {
        return Ok(());
    }
    let entry = i64::try_from(notice.entry).unwrap_or(i64::MAX);
    let row = (entry, notice.at.as_microsecond());
    db.prepare_cached("INSERT OR IGNORE INTO emergency_notices VALUES (?1, ?2)")?.execute(row).map(drop)
}

/// Takes in an entry.
pub(in crate::panel) fn take(db: &Transaction<'_>, read: &Read) -> Result<(), rusqlite::Error> {
    let (day, destination) = (read.text("day").unwrap_or_default(), read.text("destination").unwrap_or_default());
    let of = read.number("entry");
    match read.text("type") {
        Some("safeguarding") => db
            .prepare_cached(
                "INSERT OR IGNORE INTO emergencies (entry, day, destination, ground, at) VALUES (?1, ?2, ?3, ?4, \
                 (SELECT at FROM emergency_notices WHERE entry = ?1))",
            )?
            .execute((read.index, day, destination, read.extra("ground").unwrap_or_default())),
        Some("decision") => return shared(db, read, destination),
        Some("outcome") => db
            .prepare_cached("UPDATE emergency_sharing SET ended = ?2 WHERE decision = ?1")?
            .execute((read.text("decision").unwrap_or_default(), read.extra("ended"))),
        Some("safeguarding.reviewed") => {
            let (outcome, by) = (read.extra("outcome").unwrap_or_default(), read.extra("by").unwrap_or_default());
            db.prepare_cached("INSERT OR IGNORE INTO emergency_reviews VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute((read.index, of, day, outcome, by))?;
            db.prepare_cached("UPDATE emergencies SET reviewed = 1 WHERE entry = ?1")?.execute([of])
        }
        Some("safeguarding.overdue") => {
            db.prepare_cached("UPDATE emergencies SET reminded = 1 WHERE entry = ?1")?.execute([of])
        }
        _ => Ok(0),
    }
    .map(drop)
}

fn shared(db: &Transaction<'_>, read: &Read, destination: &str) -> Result<(), rusqlite::Error> {
    if read.text("decided") != Some("allowed") {
        return Ok(());
    }
    db.prepare_cached(
        "INSERT OR IGNORE INTO emergency_sharing (entry, emergency, decision, integration, at, counts) \
         SELECT n.entry, e.entry, ?2, ?3, n.at, ?4 FROM emergency_notices n JOIN emergencies e ON e.destination = ?5 \
         AND e.at <= n.at AND e.at > n.at - ?6 WHERE n.entry = ?1 ORDER BY e.entry DESC LIMIT 1",
    )?
    .execute((
        read.index,
        read.text("decision").unwrap_or_default(),
        read.text("integration").unwrap_or_default(),
        read.counts(),
        destination,
        i64::try_from(LIVES.as_micros()).unwrap_or(i64::MAX),
    ))
    .map(drop)
}

fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MIN)
}

fn emergency(row: &Row<'_>) -> Result<Emergency, rusqlite::Error> {
    Ok(Emergency {
        entry: row.get(0)?,
        day: row.get(1)?,
        destination: row.get(2)?,
        ground: row.get(3)?,
        at: row.get::<_, Option<i64>>(4)?.map(time),
        shared: Vec::new(),
        reviews: Vec::new(),
    })
}

fn filled(db: &Connection, mut emergency: Emergency) -> Result<Emergency, rusqlite::Error> {
    let of = [emergency.entry];
    emergency.shared = db
        .prepare_cached("SELECT at, integration, counts, ended FROM emergency_sharing WHERE emergency = ?1 ORDER BY entry LIMIT 100")?
        .query_map(of, |row| {
            Ok(Sharing { at: time(row.get(0)?), integration: row.get(1)?, counts: row.get(2)?, ended: row.get(3)? })
        })?
        .collect::<Result<_, _>>()?;
    emergency.reviews = db
        .prepare_cached(
            "SELECT r.day, r.outcome, r.account, a.name, t.text FROM emergency_reviews r \
             LEFT JOIN accounts a ON a.id = r.account \
             LEFT JOIN emergency_texts t ON t.emergency = r.emergency AND t.account = r.account \
             WHERE r.emergency = ?1 ORDER BY r.entry",
        )?
        .query_map(of, |row| {
            Ok(Review {
                day: row.get(0)?,
                outcome: row.get(1)?,
                account: row.get(2)?,
                name: row.get(3)?,
                text: row.get(4)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(emergency)
}

const COLUMNS: &str = "SELECT entry, day, destination, ground, at FROM emergencies";

/// The last of them, those that wait for a review first.
pub(super) async fn all(panel: &Panel, most: i64) -> Result<Vec<Emergency>, Wrong> {
    let read = panel.store().read(move |db| {
        let found: Vec<_> = db
            .prepare_cached(&format!("{COLUMNS} ORDER BY reviewed, entry DESC LIMIT ?1"))?
            .query_map([most], emergency)?
            .collect::<Result<_, _>>()?;
        found.into_iter().map(|e| filled(db, e)).collect()
    });
    read.await
}

/// The one with this entry.
pub(super) async fn one(panel: &Panel, entry: i64) -> Result<Option<Emergency>, Wrong> {
    let read = panel.store().read(move |db| {
        let found =
            db.prepare_cached(&format!("{COLUMNS} WHERE entry = ?1"))?.query_row([entry], emergency).optional()?;
        found.map(|e| filled(db, e)).transpose()
    });
    read.await
}

/// How many wait, and how many of those were declared before a time.
pub(super) async fn waiting(panel: &Panel, before: Timestamp) -> Result<Open, Wrong> {
    let read = panel.store().read(move |db| {
        let number = |n: i64| u64::try_from(n).unwrap_or_default();
        db.prepare_cached("SELECT count(*), coalesce(sum(at < ?1), 0) FROM emergencies WHERE reviewed = 0")?
            .query_row([before.as_microsecond()], |row| {
                Ok(Open { waiting: number(row.get(0)?), overdue: number(row.get(1)?) })
            })
    });
    read.await
}

/// Keeps a review's text. Without its entry in the record book, which comes next, it is shown nowhere.
pub(super) async fn write_down(panel: &Panel, entry: i64, account: &str, text: String) -> Result<(), Wrong> {
    let account = account.to_owned();
    let kept = panel.store().write(move |db| {
        db.execute("INSERT OR REPLACE INTO emergency_texts VALUES (?1, ?2, ?3)", (entry, account, text))
    });
    kept.await.map(drop)
}

/// Tells the panel of reviews that are overdue: once, since the record book says that it was told. Everything was read
/// before.
pub(in crate::panel) async fn remind(panel: &Panel) -> Result<(), Wrong> {
    let before = panel.now().checked_sub(TO_REVIEW).unwrap_or(Timestamp::MIN).as_microsecond();
    let read = panel.store().read(move |db| {
        db.prepare_cached(&format!(
            "{COLUMNS} WHERE reviewed = 0 AND reminded = 0 AND at < ?1 ORDER BY entry LIMIT 20"
        ))?
        .query_map([before], emergency)?
        .collect::<Result<Vec<_>, _>>()
    });
    for overdue in read.await? {
        let (leaf, changes) = reminder(&overdue);
        panel.record(leaf, changes).await?;
    }
    Ok(())
}
