//! Finding what was recorded of one decision.

use crate::{flow::DecisionId, ledger::book::Explained, policy::PolicyHash};
use rusqlite::{Connection, OptionalExtension as _};

/// Entries of one run of the look-up table. Ids come in no order: in one sorted table each would touch a page
/// of its own, four kilobytes of log for sixteen bytes. In runs, each of a thousand consecutive entries, they
/// share the run's few pages; finding one asks every run, some microseconds each, and is rare.
pub(super) const RUN: i64 = 1024;

/// The row of the look-up table for a decision's leaf: its run, the first eight bytes of the id, its index.
pub(super) fn place(decision: &DecisionId, idx: i64) -> (i64, i64, i64) {
    let key = decision.as_bytes().first_chunk().map_or(0, |first| i64::from_be_bytes(*first));
    (idx / RUN, key, idx)
}

/// Whether an allowed decision with this id is in the log.
pub(super) fn allowed(db: &Connection, decision: &DecisionId) -> Result<bool, rusqlite::Error> {
    Ok(leaves(db, decision)?.iter().any(|leaf| leaf.says("decided", "allowed")))
}

/// Everything known of a decision.
pub(super) fn explain(db: &Connection, decision: &DecisionId) -> Result<Option<Explained>, rusqlite::Error> {
    let leaves = leaves(db, decision)?;
    let Some(first) = leaves.iter().find(|leaf| !leaf.says("type", "outcome")) else { return Ok(None) };
    let rows: Vec<Option<String>> = db
        .prepare_cached("SELECT row FROM detail WHERE idx = ?1 ORDER BY n")?
        .query_map([first.idx], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let erased = rows.iter().filter(|row| row.is_none()).count() as u64;
    let outcomes = leaves.iter().filter(|leaf| leaf.says("type", "outcome")).map(|leaf| leaf.text.clone()).collect();
    Ok(Some(Explained {
        index: u64::try_from(first.idx).unwrap_or(0),
        leaf: first.text.clone(),
        detail: rows.into_iter().flatten().collect(),
        erased,
        outcomes,
    }))
}

/// The files of a policy set that was active once.
pub(super) fn policy_files(db: &Connection, hash: PolicyHash) -> Result<Option<String>, rusqlite::Error> {
    let mut select = db.prepare_cached("SELECT sources FROM policies WHERE hash = ?1")?;
    select.query_row([hash.0], |row| row.get(0)).optional()
}

struct Found {
    idx: i64,
    text: String,
    json: serde_json::Value,
}

impl Found {
    fn says(&self, name: &str, value: &str) -> bool {
        self.json.get(name).and_then(|v| v.as_str()) == Some(value)
    }
}

/// The leaves about a decision, in order.
fn leaves(db: &Connection, decision: &DecisionId) -> Result<Vec<Found>, rusqlite::Error> {
    let id = decision.to_string();
    let last: Option<i64> = db.prepare_cached("SELECT max(idx) FROM leaves")?.query_row([], |row| row.get(0))?;
    let mut select = db.prepare_cached(
        "SELECT idx, leaf FROM leaves WHERE idx IN (SELECT idx FROM decisions WHERE run = ?1 AND key = ?2)",
    )?;
    let mut found = Vec::new();
    let (newest, key, _) = place(decision, last.unwrap_or(0));
    for run in 0..=newest {
        for row in select.query_map((run, key), |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))? {
            let (idx, text) = row?;
            let leaf = Found { idx, json: serde_json::from_str(&text).unwrap_or_default(), text };
            if leaf.says("decision", &id) {
                found.push(leaf);
            }
        }
    }
    found.sort_by_key(|leaf| leaf.idx);
    Ok(found)
}
