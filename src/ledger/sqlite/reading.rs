//! Reads entries and notices in their order, for those who make figures and messages of them.

use super::store::integer;
use crate::ledger::book::{Entry, Notice};
use jiff::Timestamp;
use rusqlite::Connection;

/// Entries of one answer: some milliseconds, so that commits are not held up.
const ENTRIES: u64 = 500;
/// Bytes of detail rows of one answer, for the same reason. At least one entry comes, whatever it holds.
const BYTES: usize = 1 << 20;
/// Notices of one answer.
const NOTICES: u64 = 200;

/// Entries from this index on, with what is left of their details.
pub(super) fn entries(db: &Connection, from: u64) -> Result<Vec<Entry>, rusqlite::Error> {
    let mut leaves = db.prepare_cached("SELECT idx, leaf FROM leaves WHERE idx >= ?1 ORDER BY idx LIMIT ?2")?;
    let mut details = db.prepare_cached("SELECT row FROM detail WHERE idx = ?1 AND row IS NOT NULL ORDER BY n")?;
    let mut rows = leaves.query((integer(from), integer(ENTRIES)))?;
    let (mut found, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let idx: i64 = row.get(0)?;
        let detail: Vec<String> = details.query_map([idx], |row| row.get(0))?.collect::<Result<_, _>>()?;
        bytes += detail.iter().map(String::len).sum::<usize>();
        found.push(Entry { index: u64::try_from(idx).unwrap_or_default(), leaf: row.get(1)?, detail });
        if bytes > BYTES {
            break;
        }
    }
    Ok(found)
}

/// Notices after this number.
pub(super) fn notices(db: &Connection, after: u64) -> Result<Vec<Notice>, rusqlite::Error> {
    let mut select =
        db.prepare_cached("SELECT id, kind, idx, created FROM outbox WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let number = |n: i64| u64::try_from(n).unwrap_or_default();
    let notice = |row: &rusqlite::Row<'_>| {
        let at = Timestamp::from_microsecond(row.get(3)?).unwrap_or(Timestamp::MIN);
        Ok(Notice { number: number(row.get(0)?), kind: row.get(1)?, entry: number(row.get(2)?), at })
    };
    select.query_map((integer(after), integer(NOTICES)), notice)?.collect()
}
