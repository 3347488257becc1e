//! What the record book says of stops, for the pages: placed, answered, lifted, and which requests each one stopped.
//!
//! Stops are found by their notices, of which there are few. Entries are read one after another only while a stop is
//! in force, each a bounded number at a time: a turn never takes long, and the next one goes on.

use crate::verdict::destination::day_in_london;
use crate::{
    consent::view::StopScope,
    flow::{IntegrationId, SystemId},
    ledger::{Entry, Notice},
    panel::{Panel, wrong::Wrong},
};
use rusqlite::{OptionalExtension as _, Transaction};
use serde_json::Value;

/// What tells of a stop in the outbox.
pub(super) const PLACED: &str = "stop";
pub(super) const LIFTED: &str = "stop-lifted";
pub(super) const ANSWERED: &str = "stop-answered";

/// What tells of a concern there. Its entry's hash is kept, so that a concern that vanished from the store is missed.
const CONCERN: &str = "concern";

/// Answers of the record book that one turn beside the pages asks for, of notices and of entries each.
pub(super) const TURN: usize = 40;
/// The same for a page, which must not take long: what is in force it knows in any case.
pub(in crate::panel) const PAGE: usize = 8;
/// Ids of stopped requests kept for a stop; the number is exact beyond that.
const IDS: i64 = 200;

/// Takes in what is new, in so many steps. Says whether that was all.
pub(in crate::panel) async fn follow(panel: &Panel, steps: usize) -> Result<bool, Wrong> {
    let mut more = true;
    for _ in 0..steps {
        more = notices(panel).await?;
        if !more {
            break;
        }
    }
    for _ in 0..steps {
        if !requests(panel).await? {
            return Ok(!more);
        }
    }
    Ok(false)
}

/// What a notice told of, read from its entry.
struct News {
    notice: Notice,
    leaf: Value,
}

impl News {
    fn extra(&self, name: &str) -> String {
        self.leaf.get("extra").and_then(|e| e.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    fn what(&self) -> String {
        let named = |name: &str| self.leaf.get(name).and_then(Value::as_str);
        let connection = named("integration").and_then(|id| IntegrationId::parse(id).ok()).map(StopScope::Integration);
        let recipient = || named("destination").and_then(|id| SystemId::parse(id).ok()).map(StopScope::Destination);
        super::scope::value(&connection.or_else(recipient).unwrap_or(StopScope::Everything))
    }
}

/// One step through the outbox. Says whether there may be more.
async fn notices(panel: &Panel) -> Result<bool, Wrong> {
    let after = panel.store().read(followed).await?;
    let told = panel.ledger().notices(after).await?;
    let Some(last) = told.last().map(|n| n.number) else { return Ok(false) };
    let mut news = Vec::new();
    for notice in told.into_iter().filter(|n| [PLACED, LIFTED, ANSWERED, CONCERN].contains(&n.kind.as_str())) {
        let entry = panel.ledger().entries(notice.entry).await?.into_iter().next();
        let leaf = entry.filter(|e| e.index == notice.entry).and_then(|e| serde_json::from_str(&e.leaf).ok());
        news.push(News { leaf: leaf.ok_or_else(|| Wrong::broken("a notice has no entry"))?, notice });
    }
    let taken = move |db: &Transaction<'_>| {
        // Somebody else took them in meanwhile.
        if followed(db)? != after {
            return Ok(());
        }
        news.iter().try_for_each(|news| take(db, news))?;
        db.execute(
            "INSERT INTO stops_followed VALUES (1, ?1) ON CONFLICT (only) DO UPDATE SET notice = ?1",
            [number(last)],
        )
        .map(drop)
    };
    panel.store().write(taken).await?;
    Ok(true)
}

fn followed(db: &rusqlite::Connection) -> Result<u64, rusqlite::Error> {
    let found = db.query_row("SELECT notice FROM stops_followed", [], |row| row.get::<_, i64>(0)).optional()?;
    Ok(u64::try_from(found.unwrap_or(0)).unwrap_or(0))
}

fn take(db: &Transaction<'_>, news: &News) -> Result<(), rusqlite::Error> {
    let (entry, day) = (number(news.notice.entry), day_in_london(news.notice.at).to_string());
    let stop = news.extra("stop");
    match news.notice.kind.as_str() {
        PLACED => db.execute(
            "INSERT OR IGNORE INTO stops (id, what, reason, entry, day, read) VALUES (?1, ?2, ?3, ?4, ?5, ?4)",
            (stop, news.what(), news.extra("reason"), entry, day),
        ),
        ANSWERED => db.execute(
            "INSERT OR IGNORE INTO stop_answers VALUES (?1, ?2, ?3, ?4)",
            (entry, stop, day, news.extra("words")),
        ),
        CONCERN => {
            db.execute("INSERT OR IGNORE INTO concern_entries VALUES (?1, ?2, ?3)", (entry, news.extra("sha256"), day))
        }
        _ => db.execute(
            "UPDATE stops SET lifted = ?2, lifted_day = ?3, lifted_words = ?4 WHERE id = ?1 AND lifted IS NULL",
            (stop, entry, day, news.extra("words")),
        ),
    }
    .map(drop)
}

/// A stop whose requests are not all read.
struct Open {
    id: String,
    what: String,
    read: i64,
    lifted: Option<i64>,
}

/// One step through the entries, for all stops in force. Says whether there may be more.
async fn requests(panel: &Panel) -> Result<bool, Wrong> {
    let open = panel.store().read(unread).await?;
    let Some(from) = open.iter().map(|o| o.read).min() else { return Ok(false) };
    let entries = panel.ledger().entries(u64::try_from(from).unwrap_or(0)).await?;
    let Some(next) = entries.last().map(|e| number(e.index).saturating_add(1)) else { return Ok(false) };
    let stopped: Vec<_> = entries.iter().filter_map(Stopped::read).collect();
    let taken = move |db: &Transaction<'_>| {
        let open = unread(db)?;
        if open.iter().map(|o| o.read).min() != Some(from) {
            return Ok(());
        }
        for stop in &open {
            let mine = stopped.iter().filter(|s| s.entry >= stop.read && s.by(&stop.what));
            for request in mine.filter(|s| stop.lifted.is_none_or(|lifted| s.entry < lifted)) {
                request.keep(db, &stop.id)?;
            }
            db.execute("UPDATE stops SET read = max(read, ?2) WHERE id = ?1", (&stop.id, next))?;
        }
        Ok(())
    };
    panel.store().write(taken).await?;
    Ok(true)
}

fn unread(db: &rusqlite::Connection) -> Result<Vec<Open>, rusqlite::Error> {
    let mut select =
        db.prepare_cached("SELECT id, what, read, lifted FROM stops WHERE lifted IS NULL OR read < lifted")?;
    let open = |row: &rusqlite::Row<'_>| {
        Ok(Open { id: row.get(0)?, what: row.get(1)?, read: row.get(2)?, lifted: row.get(3)? })
    };
    select.query_map([], open)?.collect()
}

/// A request that some stop stopped.
struct Stopped {
    entry: i64,
    decision: String,
    connection: String,
    recipient: String,
}

impl Stopped {
    fn read(entry: &Entry) -> Option<Self> {
        // Most entries say something else: they are not even parsed.
        if !entry.leaf.contains(r#""code":"stopped""#) {
            return None;
        }
        let leaf: Value = serde_json::from_str(&entry.leaf).ok()?;
        let says = |name: &str| leaf.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if says("type") != "decision" || says("code") != "stopped" {
            return None;
        }
        let (connection, recipient) = (format!("connection:{}", says("integration")), says("destination"));
        let recipient = format!("recipient:{recipient}");
        Some(Self { entry: number(entry.index), decision: says("decision"), connection, recipient })
    }

    fn by(&self, what: &str) -> bool {
        what == "everything" || what == self.connection || what == self.recipient
    }

    fn keep(&self, db: &Transaction<'_>, stop: &str) -> Result<(), rusqlite::Error> {
        db.prepare_cached("UPDATE stops SET requests = requests + 1 WHERE id = ?1")?.execute([stop])?;
        db.prepare_cached(
            "INSERT OR IGNORE INTO stopped_requests SELECT ?1, ?2, ?3 \
             WHERE (SELECT count(*) FROM stopped_requests WHERE stop = ?1) < ?4",
        )?
        .execute((stop, self.entry, &self.decision, IDS))
        .map(drop)
    }
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
