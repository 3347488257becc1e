//! What the store keeps of stops, made from the record book: placed, answered, lifted, and which requests each one
//! stopped. Days are those of the entries: UTC's.

use crate::{
    consent::view::StopScope,
    flow::{IntegrationId, SystemId},
    panel::follow::Read,
};
use rusqlite::Transaction;

/// The tables.
pub(in crate::panel) const TABLES: &str = "
CREATE TABLE stops (id TEXT PRIMARY KEY, what TEXT NOT NULL, reason TEXT NOT NULL, entry INTEGER NOT NULL,
    day TEXT NOT NULL, requests INTEGER NOT NULL DEFAULT 0, lifted INTEGER, lifted_day TEXT, lifted_words TEXT,
    reminded INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
CREATE INDEX stops_in_force ON stops (what) WHERE lifted IS NULL;
CREATE TABLE stop_answers (entry INTEGER PRIMARY KEY, stop TEXT NOT NULL, day TEXT NOT NULL, words TEXT NOT NULL)
    STRICT;
CREATE TABLE stopped_requests (stop TEXT NOT NULL, entry INTEGER NOT NULL, decision TEXT NOT NULL,
    PRIMARY KEY (stop, entry)) STRICT, WITHOUT ROWID;
";
/// All of them.
pub(in crate::panel) const READ: &[&str] = &["stops", "stop_answers", "stopped_requests"];

/// What tells of a stop in the outbox.
pub(super) const PLACED: &str = "stop";
pub(super) const LIFTED: &str = "stop-lifted";
pub(super) const ANSWERED: &str = "stop-answered";

/// Ids of stopped requests kept for a stop; the number is exact beyond that.
const IDS: i64 = 200;

/// Takes in an entry about a stop.
pub(in crate::panel) fn take(db: &Transaction<'_>, read: &Read) -> Result<(), rusqlite::Error> {
    let day = read.text("day").unwrap_or_default();
    let (stop, words) = (read.extra("stop").unwrap_or_default(), read.extra("words").unwrap_or_default());
    match read.text("type") {
        Some("stop.placed") => db
            .prepare_cached("INSERT OR IGNORE INTO stops (id, what, reason, entry, day) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute((stop, what(read), read.extra("reason").unwrap_or_default(), read.index, day)),
        Some("stop.answered") => db
            .prepare_cached("INSERT OR IGNORE INTO stop_answers VALUES (?1, ?2, ?3, ?4)")?
            .execute((read.index, stop, day, words)),
        Some("stop.lifted") => db
            .prepare_cached(
                "UPDATE stops SET lifted = ?2, lifted_day = ?3, lifted_words = ?4 WHERE id = ?1 AND lifted IS NULL",
            )?
            .execute((stop, read.index, day, words)),
        Some("stop.overdue") => db.prepare_cached("UPDATE stops SET reminded = 1 WHERE id = ?1")?.execute([stop]),
        _ => Ok(0),
    }
    .map(drop)
}

fn what(read: &Read) -> String {
    let connection = read.text("integration").and_then(|id| IntegrationId::parse(id).ok()).map(StopScope::Integration);
    let recipient = || read.text("destination").and_then(|id| SystemId::parse(id).ok()).map(StopScope::Destination);
    super::scope::value(&connection.or_else(recipient).unwrap_or(StopScope::Everything))
}

/// Takes in a decision: each stop in force that covers the request is said to have stopped it.
pub(in crate::panel) fn stopped(db: &Transaction<'_>, read: &Read) -> Result<(), rusqlite::Error> {
    if read.text("code") != Some("stopped") {
        return Ok(());
    }
    let named = |kind: &str, name: &str| format!("{kind}:{}", read.text(name).unwrap_or_default());
    let scopes = (named("connection", "integration"), named("recipient", "destination"));
    let covering = "SELECT id FROM stops WHERE lifted IS NULL AND what IN ('everything', ?1, ?2)";
    let stops: Vec<String> =
        db.prepare_cached(covering)?.query_map(scopes, |row| row.get(0))?.collect::<Result<_, _>>()?;
    for stop in stops {
        db.prepare_cached("UPDATE stops SET requests = requests + 1 WHERE id = ?1")?.execute([&stop])?;
        db.prepare_cached(
            "INSERT OR IGNORE INTO stopped_requests SELECT ?1, ?2, ?3 \
             WHERE (SELECT count(*) FROM stopped_requests WHERE stop = ?1) < ?4",
        )?
        .execute((&stop, read.index, read.text("decision").unwrap_or_default(), IDS))?;
    }
    Ok(())
}
