//! An entry of the record book, as the areas read it.

use crate::ledger::Entry;
use serde_json::Value;

/// What an entry's leaf says.
#[derive(Debug)]
pub(in crate::panel) struct Read {
    /// Its index.
    pub index: i64,
    leaf: Value,
}

impl Read {
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        let index = i64::try_from(entry.index).ok()?;
        Some(Self { index, leaf: serde_json::from_str(&entry.leaf).ok()? })
    }

    /// A member that is text.
    pub(in crate::panel) fn text(&self, name: &str) -> Option<&str> {
        self.leaf.get(name)?.as_str()
    }

    /// Something of `extra`.
    pub(in crate::panel) fn extra(&self, name: &str) -> Option<&str> {
        self.leaf.get("extra")?.get(name)?.as_str()
    }

    /// A number of `extra`.
    pub(in crate::panel) fn number(&self, name: &str) -> Option<i64> {
        self.extra(name)?.parse().ok()
    }

    /// Its counts, as they stand.
    pub(in crate::panel) fn counts(&self) -> String {
        self.leaf.get("counts").map_or_else(|| "[]".to_owned(), Value::to_string)
    }
}
