//! What left: requests, which are events, and people's values, which are shown only through
//! [`Small`].

use super::{Period, Shown, Small, number, rows};
use crate::{
    flow::{Act, Group, name_closed as closed},
    ledger::exposure,
};
use jiff::civil::Date;
use rusqlite::Connection;
use std::collections::BTreeMap;

closed! {
    /// On what ground values left.
    Ground {
        /// The person's consent.
        Consent = "consent",
        /// An emergency disclosure.
        Emergency = "emergency",
        /// As a count of at least ten people.
        Aggregate = "aggregate",
        /// It was about nobody.
        Operational = "operational",
        /// The record does not say.
        Unknown = "unknown",
    }
}

impl Ground {
    /// As pages say it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Consent => "the client’s consent",
            Self::Emergency => "emergency (danger to life, or a person at risk)",
            Self::Aggregate => "counts of at least 10 people",
            Self::Operational => "about nobody (running the service)",
            Self::Unknown => "not written down",
        }
    }
}

/// Requests that were let through. Those that have neither ended nor come to nothing are still under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Requests {
    /// Allowed by the gateway.
    pub allowed: u64,
    /// The recipient answered.
    pub answered: u64,
    /// Nothing of it left after all.
    pub unsent: u64,
    /// Nobody knows whether it arrived.
    pub unknown: u64,
}

impl Requests {
    /// What left, or may have: the worse is assumed.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.allowed.saturating_sub(self.unsent)
    }
}

/// Requests that were let through.
///
/// # Errors
/// When the store fails.
pub fn requests(db: &Connection, period: &Period) -> Result<Requests, rusqlite::Error> {
    let mut found = Requests { allowed: allowed(db, period)?, ..Requests::default() };
    let (grain, bounds) = period.grain();
    let sql = format!("SELECT ended, sum(n) FROM figures_outcomes{grain} WHERE day BETWEEN ? AND ? GROUP BY ended");
    for (ended, n) in rows(db, &sql, bounds, |row| Ok((row.get::<_, String>(0)?, number(row, 1)?)))? {
        match ended.as_str() {
            "answered" => found.answered = n,
            "unsent" => found.unsent = n,
            _ => found.unknown = n,
        }
    }
    Ok(found)
}

fn allowed(db: &Connection, period: &Period) -> Result<u64, rusqlite::Error> {
    let (grain, bounds) = period.grain();
    let sql = format!(
        "SELECT coalesce(sum(n), 0) FROM figures_decisions{grain} WHERE day BETWEEN ? AND ? AND decided = 'allowed'"
    );
    db.prepare_cached(&sql)?.query_row(bounds, |row| number(row, 0))
}

/// Requests that left or may have, by connection and recipient, the most first.
///
/// # Errors
/// When the store fails.
pub fn flows(db: &Connection, period: &Period) -> Result<Vec<(String, String, u64)>, rusqlite::Error> {
    let (grain, bounds) = period.grain();
    let sql = format!(
        "SELECT connection, recipient, sum(n) FROM ( \
         SELECT connection, recipient, n FROM figures_decisions{grain} \
         WHERE day BETWEEN ?1 AND ?2 AND decided = 'allowed' UNION ALL \
         SELECT connection, recipient, -n FROM figures_outcomes{grain} \
         WHERE day BETWEEN ?1 AND ?2 AND ended = 'unsent') \
         GROUP BY connection, recipient HAVING sum(n) > 0 ORDER BY 3 DESC, 1, 2"
    );
    rows(db, &sql, bounds, |row| Ok((row.get(0)?, row.get(1)?, number(row, 2)?)))
}

/// Requests that left or may have, by day; those of a whole year by month, under the month's first day.
///
/// # Errors
/// When the store fails.
pub fn daily(db: &Connection, period: &Period) -> Result<BTreeMap<Date, u64>, rusqlite::Error> {
    let (grain, bounds) = if period.is_long() { period.grain() } else { ("", period.bounds()) };
    let sql = format!(
        "SELECT day, sum(n) FROM ( \
         SELECT day, n FROM figures_decisions{grain} WHERE day BETWEEN ?1 AND ?2 AND decided = 'allowed' UNION ALL \
         SELECT day, -n FROM figures_outcomes{grain} WHERE day BETWEEN ?1 AND ?2 AND ended = 'unsent') GROUP BY day"
    );
    let found = rows(db, &sql, bounds, |row| Ok((row.get::<_, String>(0)?, number(row, 1)?)))?;
    Ok(found.into_iter().filter_map(|(day, n)| Some((super::day(&day)?, n))).collect())
}

/// People's values of one group, in one form, for one recipient by one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    /// The connection.
    pub connection: String,
    /// The recipient.
    pub recipient: String,
    /// The group.
    pub group: Group,
    /// What was done with them.
    pub act: Act,
    /// How many. Not to be shown but through [`Small`].
    pub count: u64,
}

/// People's values, left and withheld.
///
/// # Errors
/// When the store fails.
pub fn values(db: &Connection, period: &Period) -> Result<Vec<Values>, rusqlite::Error> {
    let (grain, bounds) = period.grain();
    let sql = format!(
        "SELECT connection, recipient, grp, act, sum(n) FROM figures_values{grain} WHERE day BETWEEN ? AND ? \
         GROUP BY connection, recipient, grp, act HAVING sum(n) > 0 ORDER BY recipient, grp, act, connection"
    );
    let read = |row: &rusqlite::Row<'_>| {
        let (group, act): (String, String) = (row.get(2)?, row.get(3)?);
        Ok((row.get(0)?, row.get(1)?, group.parse(), act.parse(), number(row, 4)?))
    };
    let found = rows(db, &sql, bounds, read)?.into_iter();
    Ok(found
        .filter_map(|(connection, recipient, group, act, count)| {
            Some(Values { connection, recipient, group: group.ok()?, act: act.ok()?, count })
        })
        .collect())
}

/// Values that left by recipient, group and ground. Not to be shown but through [`Small`].
///
/// # Errors
/// When the store fails.
pub fn grounds(db: &Connection, period: &Period) -> Result<BTreeMap<(String, Group, Ground), u64>, rusqlite::Error> {
    let (grain, bounds) = period.grain();
    let sql = format!(
        "SELECT recipient, grp, ground, sum(n) FROM figures_grounds{grain} WHERE day BETWEEN ? AND ? \
         GROUP BY recipient, grp, ground HAVING sum(n) > 0"
    );
    let read = |row: &rusqlite::Row<'_>| {
        Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, number(row, 3)?))
    };
    let found = rows(db, &sql, bounds, read)?.into_iter();
    Ok(found
        .filter_map(|(recipient, group, ground, n)| {
            Some(((recipient, group.parse().ok()?, ground.parse().unwrap_or(Ground::Unknown)), n))
        })
        .collect())
}

/// People's values as they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People {
    /// What left, by recipient, group and form.
    pub given: BTreeMap<(String, Group, Act), Shown>,
    /// What was left out of requests, by connection and group.
    pub held_back: BTreeMap<(String, Group), Shown>,
}

/// People's values as they are shown: the finest figures of them by what was done with them.
///
/// # Errors
/// When the store fails.
pub fn people(db: &Connection, period: &Period, small: Small) -> Result<People, rusqlite::Error> {
    let given = |month: &Period| {
        let mut found = BTreeMap::new();
        for one in values(db, month)?.into_iter().filter(|v| exposure::left(v.act)) {
            *found.entry((one.recipient, one.group, one.act)).or_default() += one.count;
        }
        Ok::<_, rusqlite::Error>(found)
    };
    let held_back = |month: &Period| {
        let mut found = BTreeMap::new();
        for one in values(db, month)?.into_iter().filter(|v| v.act == Act::Stripped) {
            *found.entry((one.connection, one.group)).or_default() += one.count;
        }
        Ok::<_, rusqlite::Error>(found)
    };
    Ok(People { given: small.over(period, given)?, held_back: small.over(period, held_back)? })
}

/// Values that left by recipient, group and ground, as they are shown.
///
/// # Errors
/// When the store fails.
pub fn on_ground(
    db: &Connection,
    period: &Period,
    small: Small,
) -> Result<BTreeMap<(String, Group, Ground), Shown>, rusqlite::Error> {
    small.over(period, |month| grounds(db, month))
}
