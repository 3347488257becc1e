//! Figures: what pages, reports and the API say of the record book, added up beforehand so that a page is quick however
//! much was decided.
//!
//! | what | where |
//! |---|---|
//! | what an entry says | `fact` |
//! | adding up, and the tables | `sums` |
//! | keeping up with the record book | `follow`, which reads it for every area |
//! | a span of days | [`Period`] |
//! | small numbers: the one rule | [`small`] |
//! | asking | [`stopped`], [`left`], [`events`], [`drift`] |
//!
//! Everything here comes from entries, so that anybody with an export can add it up again; only the hour of a decision
//! comes from its detail rows, which are erased after a time. A day is a UTC day, as entries have it. An hour is
//! London's.

pub mod drift;
pub mod events;
mod fact;
pub mod left;
mod period;
pub mod small;
pub mod stopped;
mod sums;

pub use super::follow::{State, catch_up, count_all, rebuild, state};
pub use period::Period;
pub use small::{Shown, Small};
pub use sums::Making;
pub(super) use sums::{FORGET, KEPT, SUMS};

use rusqlite::{Connection, Params, Row};

/// Every row of a question.
fn rows<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> Result<T, rusqlite::Error>,
) -> Result<Vec<T>, rusqlite::Error> {
    db.prepare_cached(sql)?.query_map(params, read)?.collect()
}

/// A sum, as it is asked for: never below nothing.
fn number(row: &Row<'_>, column: usize) -> Result<u64, rusqlite::Error> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or_default())
}

/// A day, or the first of a month, as the tables write them.
fn day(text: &str) -> Option<jiff::civil::Date> {
    if text.len() == 7 { format!("{text}-01").parse().ok() } else { text.parse().ok() }
}
