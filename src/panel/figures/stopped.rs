//! What was stopped: events, shown as they are.

use super::{Period, number, rows};
use crate::flow::{Clause, IntegrationId, SystemId, name_closed as closed};
use jiff::civil::Date;
use rusqlite::{Connection, params_from_iter};
use std::collections::BTreeMap;

closed! {
    /// What stopped requests are told apart by.
    By {
        /// The clause that decided. One with two clauses counts under both; one with none (a broken form, a
        /// connection that could not be reached) under "".
        Clause = "clause",
        /// The recipient it was for; "" where it was not known.
        Recipient = "recipient",
        /// The connection it came by; "" where it was none.
        Connection = "connection",
        /// The code of the refusal.
        Code = "code",
    }
}

/// Which of them. Everything by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Which {
    /// Under this clause.
    pub clause: Option<Clause>,
    /// For this recipient.
    pub recipient: Option<SystemId>,
    /// For no recipient that was known.
    pub nobody: bool,
    /// By this connection.
    pub connection: Option<IntegrationId>,
}

impl Which {
    /// The table, the conditions after the days', and their values.
    fn sql(&self, by: Option<By>) -> (&'static str, String, Vec<String>) {
        let clauses = self.clause.is_some() || by == Some(By::Clause);
        let given = [
            ("clause", self.clause.map(|c| c.to_string())),
            ("recipient", self.recipient.as_ref().map(ToString::to_string).or(self.nobody.then(String::new))),
            ("connection", self.connection.as_ref().map(ToString::to_string)),
        ];
        let mut values = Vec::new();
        let mut conditions = match clauses && self.clause.is_none() {
            true => every_clause(),
            false => String::new(),
        };
        for (column, value) in given.into_iter().filter_map(|(column, value)| Some((column, value?))) {
            conditions = format!("{conditions} AND {column} = ?");
            values.push(value);
        }
        (if clauses { "figures_clauses" } else { "figures_decisions" }, conditions, values)
    }
}

/// Rows stand by clause and then by day: each clause named, SQLite goes straight to the days of each.
fn every_clause() -> String {
    let names: Vec<_> = Clause::ALL.iter().map(|clause| format!("'{clause}'")).collect();
    format!(" AND clause IN ('', {})", names.join(", "))
}

/// How many requests were stopped.
///
/// # Errors
/// When the store fails.
pub fn total(db: &Connection, period: &Period, which: &Which) -> Result<u64, rusqlite::Error> {
    let (table, conditions, values) = which.sql(None);
    let (grain, bounds) = period.grain();
    let sql = format!(
        "SELECT coalesce(sum(n), 0) FROM {table}{grain} WHERE day BETWEEN ? AND ? AND decided = 'refused'{conditions}"
    );
    db.prepare_cached(&sql)?.query_row(params_from_iter(bound(bounds, values)), |row| number(row, 0))
}

/// Stopped requests by something, the most first.
///
/// # Errors
/// When the store fails.
pub fn by(db: &Connection, period: &Period, by: By, which: &Which) -> Result<Vec<(String, u64)>, rusqlite::Error> {
    let (table, conditions, values) = which.sql(Some(by));
    let (grain, bounds) = period.grain();
    let sql = format!(
        "SELECT {by}, sum(n) FROM {table}{grain} WHERE day BETWEEN ? AND ? AND decided = 'refused'{conditions} \
         GROUP BY {by} ORDER BY 2 DESC, 1"
    );
    rows(db, &sql, params_from_iter(bound(bounds, values)), |row| Ok((row.get(0)?, number(row, 1)?)))
}

/// Stopped requests by day and something; those of a whole year by month, under the month's first day. Days without
/// any are not there.
///
/// # Errors
/// When the store fails.
pub fn daily(
    db: &Connection,
    period: &Period,
    by: By,
    which: &Which,
) -> Result<BTreeMap<Date, BTreeMap<String, u64>>, rusqlite::Error> {
    let (table, conditions, values) = which.sql(Some(by));
    let (grain, bounds) = if period.is_long() { period.grain() } else { ("", period.bounds()) };
    let sql = format!(
        "SELECT day, {by}, sum(n) FROM {table}{grain} WHERE day BETWEEN ? AND ? AND decided = 'refused'{conditions} \
         GROUP BY day, {by}"
    );
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, number(row, 2)?));
    let mut found: BTreeMap<Date, BTreeMap<String, u64>> = BTreeMap::new();
    for (day, key, n) in rows(db, &sql, params_from_iter(bound(bounds, values)), read)? {
        if let Some(day) = super::day(&day) {
            found.entry(day).or_default().insert(key, n);
        }
    }
    Ok(found)
}

/// Stopped requests by clause and recipient, the most first.
///
/// # Errors
/// When the store fails.
pub fn clauses_and_recipients(db: &Connection, period: &Period) -> Result<Vec<(String, String, u64)>, rusqlite::Error> {
    let (grain, bounds) = period.grain();
    let sql = format!(
        "SELECT clause, recipient, sum(n) FROM figures_clauses{grain} WHERE day BETWEEN ? AND ? AND decided = 'refused'{} \
         GROUP BY clause, recipient ORDER BY 3 DESC, 1, 2",
        every_clause()
    );
    rows(db, &sql, bounds, |row| Ok((row.get(0)?, row.get(1)?, number(row, 2)?)))
}

/// Requests that were sent with something left out of them because of a clause, by clause, the most first.
///
/// # Errors
/// When the store fails.
pub fn left_out(db: &Connection, period: &Period) -> Result<Vec<(String, u64)>, rusqlite::Error> {
    let (grain, bounds) = period.grain();
    let sql = format!(
        "SELECT clause, sum(n) FROM figures_clauses{grain} WHERE day BETWEEN ? AND ? AND decided = 'allowed'{} \
         GROUP BY clause ORDER BY 2 DESC, 1",
        every_clause()
    );
    rows(db, &sql, bounds, |row| Ok((row.get(0)?, number(row, 1)?)))
}

/// When requests were stopped, in London's weekdays and hours.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hours {
    /// By weekday from Monday (0) and hour.
    pub counts: BTreeMap<(u8, u8), u64>,
    /// Requests whose hour is not known: their details were erased before they were counted.
    pub unknown: u64,
}

impl Hours {
    /// At a weekday from Monday (0) and an hour.
    #[must_use]
    pub fn at(&self, weekday: u8, hour: u8) -> u64 {
        self.counts.get(&(weekday, hour)).copied().unwrap_or_default()
    }
}

/// When requests were stopped, by whole months: those of the period's first day, its last, and between.
///
/// # Errors
/// When the store fails.
pub fn hours(db: &Connection, period: &Period) -> Result<Hours, rusqlite::Error> {
    let sql = "SELECT weekday, hour, sum(n) FROM figures_hours WHERE month BETWEEN ? AND ? AND decided = 'refused' \
               GROUP BY weekday, hour";
    let month = |day: String| day.get(..7).map(str::to_owned).unwrap_or_default();
    let (from, to) = period.bounds();
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, number(row, 2)?));
    let mut found = Hours::default();
    for (weekday, hour, n) in rows(db, sql, (month(from), month(to)), read)? {
        match (weekday.parse::<u8>(), hour.parse::<u8>()) {
            (Ok(weekday @ 1..), Ok(hour)) => *found.counts.entry((weekday - 1, hour)).or_default() += n,
            _ => found.unknown += n,
        }
    }
    Ok(found)
}

fn bound((from, to): (String, String), values: Vec<String>) -> Vec<String> {
    [from, to].into_iter().chain(values).collect()
}
