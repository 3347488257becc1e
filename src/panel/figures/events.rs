//! Everything else that happened: attempts, stops, consents, emergencies, policies, the machine itself. Events, shown
//! as they are.

use super::{Period, number, rows};
use crate::ledger::leaf::Kind;
use jiff::civil::Date;
use rusqlite::Connection;
use std::collections::BTreeMap;

pub use super::sums::OTHER_POLICY;

/// Attempts to reach the Home Office or a linked recipient, by connection, recipient, code and rule. A storm is one row
/// a day in the tables and here one row a period.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Attempts {
    /// The connection; empty where none was named.
    pub connection: String,
    /// The recipient; empty where it is not known.
    pub recipient: String,
    /// The code of the refusal; empty where the rest of the request was sent without it.
    pub code: String,
    /// The rule that stopped it.
    pub rule: String,
    /// The last day of the period on which there was one.
    pub last: String,
    /// How many.
    pub count: u64,
}

/// Attempts to reach the Home Office or a linked recipient, the most first.
///
/// # Errors
/// When the store fails.
pub fn attempts(db: &Connection, period: &Period) -> Result<Vec<Attempts>, rusqlite::Error> {
    let sql = "SELECT connection, recipient, code, rule, max(day), sum(n) FROM figures_attempts \
               WHERE day BETWEEN ? AND ? GROUP BY 1, 2, 3, 4 ORDER BY 6 DESC, 1, 2, 3, 4";
    rows(db, sql, period.bounds(), |row| {
        Ok(Attempts {
            connection: row.get(0)?,
            recipient: row.get(1)?,
            code: row.get(2)?,
            rule: row.get(3)?,
            last: row.get(4)?,
            count: number(row, 5)?,
        })
    })
}

/// How many events of a kind there were.
///
/// # Errors
/// When the store fails.
pub fn count(db: &Connection, kind: Kind, period: &Period) -> Result<u64, rusqlite::Error> {
    let sql = "SELECT coalesce(sum(n), 0) FROM figures_events WHERE kind = ?3 AND day BETWEEN ?1 AND ?2";
    let (from, to) = period.bounds();
    db.prepare_cached(sql)?.query_row((from, to, kind.as_str()), |row| number(row, 0))
}

/// Events of a kind by day.
///
/// # Errors
/// When the store fails.
pub fn daily(db: &Connection, kind: Kind, period: &Period) -> Result<BTreeMap<Date, u64>, rusqlite::Error> {
    let sql = "SELECT day, sum(n) FROM figures_events WHERE kind = ?3 AND day BETWEEN ?1 AND ?2 GROUP BY day";
    let (from, to) = period.bounds();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, number(row, 1)?));
    let found = rows(db, sql, (from, to, kind.as_str()), read)?;
    Ok(found.into_iter().filter_map(|(day, n)| Some((day.parse().ok()?, n))).collect())
}

/// Events of a kind (a [`Kind`]'s text, or [`OTHER_POLICY`]) by connection, recipient and word: the ground of an
/// emergency, why a recipient closed, `died` for a consent.
///
/// # Errors
/// When the store fails.
pub fn told_apart(
    db: &Connection,
    kind: &str,
    period: &Period,
) -> Result<Vec<(String, String, String, u64)>, rusqlite::Error> {
    let sql = "SELECT connection, recipient, word, sum(n) FROM figures_events WHERE kind = ?3 AND day BETWEEN ?1 AND ?2 \
               GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3";
    let (from, to) = period.bounds();
    rows(db, sql, (from, to, kind), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, number(row, 3)?)))
}

/// One event that is kept by itself: a stop, an emergency, a policy, a closing, an anomaly, a review.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Mark {
    /// Its entry in the record book.
    pub entry: u64,
    /// Its UTC day.
    pub day: String,
    /// What it is.
    pub kind: Kind,
    /// The connection, or empty.
    pub connection: String,
    /// The recipient, or empty.
    pub recipient: String,
    /// The hash of the rules it names, or empty.
    pub policy: String,
    /// What the entry says besides: a stop's id, a ground, why.
    pub extra: BTreeMap<String, String>,
}

/// The most marks of one answer.
const MARKS: u32 = 1000;

/// Events of these kinds, the newest first; at most a thousand.
///
/// # Errors
/// When the store fails.
pub fn marks(db: &Connection, kinds: &[Kind], period: &Period) -> Result<Vec<Mark>, rusqlite::Error> {
    let sql = "SELECT entry, day, connection, recipient, policy, extra FROM figures_marks \
               WHERE kind = ?3 AND day BETWEEN ?1 AND ?2 ORDER BY entry DESC LIMIT ?4";
    let mut found = Vec::new();
    for kind in kinds {
        let (from, to) = period.bounds();
        found.extend(rows(db, sql, (from, to, kind.as_str(), MARKS), |row| {
            let extra: String = row.get(5)?;
            Ok(Mark {
                entry: number(row, 0)?,
                day: row.get(1)?,
                kind: *kind,
                connection: row.get(2)?,
                recipient: row.get(3)?,
                policy: row.get(4)?,
                extra: serde_json::from_str(&extra).unwrap_or_default(),
            })
        })?);
    }
    found.sort_by_key(|mark| std::cmp::Reverse(mark.entry));
    found.truncate(MARKS as usize);
    Ok(found)
}

/// Whether anything of a later day is counted: then everything until this day is.
///
/// # Errors
/// When the store fails.
pub fn later_than(db: &Connection, day: Date) -> Result<bool, rusqlite::Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM figures_events WHERE day > ?1) \
               OR EXISTS (SELECT 1 FROM figures_decisions WHERE day > ?1)";
    db.prepare_cached(sql)?.query_row([day.to_string()], |row| row.get(0))
}
