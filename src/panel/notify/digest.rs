//! The digest: one mail at 08:00 in London with what did not need to be known at once.

use super::{
    Told,
    intake::{Facts, set, state},
    outbox,
};
use crate::config::Rhythm;
use crate::verdict::destination::london;
use jiff::{Timestamp, ToSpan as _, civil::Weekday};
use rusqlite::{Transaction, params};

/// The hour it is sent at.
const HOUR: i8 = 8;
/// The most lines of one.
const LINES: u32 = 50;

/// Counts something for the next one.
pub(super) fn keep(tx: &Transaction<'_>, told: &Told, facts: &Facts) -> rusqlite::Result<()> {
    if told.digest == Rhythm::Never || !told.channels.iter().any(super::Channel::is_mail) {
        return Ok(());
    }
    tx.prepare_cached(
        "INSERT INTO notify_digest VALUES (?1, 1, ?2) ON CONFLICT (topic) DO UPDATE SET count = count + 1, facts = ?2",
    )?
    .execute(params![facts.kind, Facts { connection: None, recipient: None, ..facts.clone() }.json()])
    .map(drop)
}

/// Makes the message when it is due, and settles when the next one is. Whether one was made.
pub(super) fn make(tx: &Transaction<'_>, told: &Told, now: Timestamp) -> rusqlite::Result<bool> {
    let due = state(tx, "digest")?;
    if due.is_some_and(|due| due > now.as_microsecond()) {
        return Ok(false);
    }
    set(tx, "digest", next(now, told.digest).as_microsecond())?;
    outbox::prune(tx, told, now)?;
    let Some(due) = due else { return Ok(false) };
    let mut select = tx.prepare_cached("SELECT count, facts FROM notify_digest ORDER BY topic LIMIT ?1")?;
    let lines: Vec<Facts> = select
        .query_map([LINES], |row| {
            let count = u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default();
            Ok(Facts { count, ..Facts::read(&row.get::<_, String>(1)?) })
        })?
        .collect::<Result<_, _>>()?;
    if lines.is_empty() {
        return Ok(false);
    }
    tx.execute("DELETE FROM notify_digest", [])?;
    let mails: Vec<&str> = told.channels.iter().filter(|c| c.is_mail()).map(|c| c.key.as_str()).collect();
    let facts = Facts { lines, ..Facts::of("digest") };
    outbox::add_for(tx, &mails, &format!("d{due:x}"), &facts, now)?;
    Ok(true)
}

/// The clock may have been ahead when it ran last: the next one comes no later than one from now on would.
pub(super) fn clamp(tx: &Transaction<'_>, told: &Told, now: Timestamp) -> rusqlite::Result<()> {
    let next = next(now, told.digest).as_microsecond();
    if state(tx, "digest")?.is_some_and(|due| due > next) {
        set(tx, "digest", next)?;
    }
    Ok(())
}

/// The next 08:00 in London: tomorrow's or today's, or a Monday's.
fn next(now: Timestamp, rhythm: Rhythm) -> Timestamp {
    let zone = london();
    let mut day = now.to_zoned(zone.clone()).date();
    for _ in 0..9 {
        let wanted = rhythm != Rhythm::Weekly || day.weekday() == Weekday::Monday;
        let at = day.at(HOUR, 0, 0, 0).to_zoned(zone.clone()).map(|z| z.timestamp());
        if let Some(at) = at.ok().filter(|at| wanted && *at > now) {
            return at;
        }
        day = day.saturating_add(1.day());
    }
    Timestamp::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_at_eight_in_london_in_summer_and_winter() {
        let next = |now: &str, rhythm| next(now.parse().unwrap(), rhythm).to_string();
        assert_eq!(next("2026-11-20T07:59:00Z", Rhythm::Daily), "2026-11-20T08:00:00Z");
        assert_eq!(next("2026-11-20T08:00:00Z", Rhythm::Daily), "2026-11-21T08:00:00Z");
        assert_eq!(next("2026-07-20T07:30:00Z", Rhythm::Daily), "2026-07-21T07:00:00Z");
        assert_eq!(next("2026-11-20T10:00:00Z", Rhythm::Weekly), "2026-11-23T08:00:00Z");
    }
}
