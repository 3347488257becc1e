//! Mirror of `charter.toml`.

use super::At;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Each clause, and clauses the organisation added.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct CharterFile {
    pub(in crate::policy) clause: BTreeMap<At<String>, At<ClauseEntry>>,
    /// Clauses of the organisation's own, by a name of its own.
    #[serde(default)]
    pub(in crate::policy) added: BTreeMap<At<String>, At<ClauseEntry>>,
}

/// One clause.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct ClauseEntry {
    pub(in crate::policy) title: At<String>,
    pub(in crate::policy) summary: At<String>,
    #[serde(default)]
    pub(in crate::policy) adopted: String,
}
