//! Finding what was recorded of one decision.

use crate::{flow::DecisionId, ledger::book::Explained};
use rusqlite::Connection;

/// The first eight bytes of a decision's id, by which its leaves are found: half as wide as the id, so that
/// the look-up table, whose rows come in no order, touches fewer pages.
pub(super) fn key(decision: &DecisionId) -> i64 {
    decision.as_bytes().first_chunk().map_or(0, |first| i64::from_be_bytes(*first))
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
    let mut select = db.prepare_cached(
        "SELECT idx, leaf FROM leaves WHERE idx IN (SELECT idx FROM decisions WHERE key = ?1) ORDER BY idx",
    )?;
    let rows = select.query_map([key(decision)], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let mut found = Vec::new();
    for row in rows {
        let (idx, text) = row?;
        let leaf = Found { idx, json: serde_json::from_str(&text).unwrap_or_default(), text };
        if leaf.says("decision", &id) {
            found.push(leaf);
        }
    }
    Ok(found)
}
