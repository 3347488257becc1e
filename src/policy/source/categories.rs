//! Mirrors of `categories.toml` and `categories.local.toml`.

use super::At;
use crate::flow::{Category, Group};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `categories.toml`: the core tree.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct CoreFile {
    pub(in crate::policy) category: BTreeMap<At<Category>, At<Core>>,
}

/// One core category. A child inherits what it leaves out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Core {
    pub(in crate::policy) label: String,
    pub(in crate::policy) group: Option<Group>,
    pub(in crate::policy) parent: Option<At<Category>>,
    #[serde(default)]
    pub(in crate::policy) coarse: bool,
    /// The rougher forms that mean something for it, as `otherwise` names them.
    pub(in crate::policy) forms: Option<At<Vec<String>>>,
    /// What a value of it may hold as part of what it is, so that finding that there is no surprise.
    pub(in crate::policy) holds: Option<Vec<At<Category>>>,
}

/// `categories.local.toml`: the organisation's own. A local category is its parent with a narrower name:
/// group, coarseness and forms come from there, so that adding one never loosens anything.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct LocalFile {
    #[serde(default)]
    pub(in crate::policy) category: BTreeMap<At<Category>, At<Local>>,
}

/// One of the organisation's own categories.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Local {
    pub(in crate::policy) label: String,
    pub(in crate::policy) parent: At<Category>,
}
