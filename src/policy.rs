//! What the organisation allows: `policies/` compiled into one immutable snapshot with a hash.
//!
//! [`Sources`] in, [`Policy`] out; pure. Start at [`Policy::compile`]. The rooms:
//! `source` reads the files strictly, `compile` joins them, `organisations` computes each recipient's
//! class from the links, `charter` asks Cedar, `selector` turns RFC 9535 paths into one matcher.

pub mod case;
pub mod charter;
mod compile;
pub mod diagnostic;
pub mod difference;
pub mod headers;
pub mod integration;
pub mod organisations;
pub mod places;
pub mod route;
pub mod selector;
pub mod shipped;
pub mod source;

use crate::flow::{Category, Clause, Group, IntegrationId};
use std::{collections::BTreeMap, fmt, sync::Arc};

pub use charter::Charter;
pub use diagnostic::{Diagnostic, Severity};
pub use integration::{Integration, Operation};
pub use organisations::{Class, Registry};
pub use route::Route;
pub use source::Sources;

/// SHA-256 over the canonical list of source files: which rules decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyHash(pub [u8; 32]);

impl fmt::Display for PolicyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// One immutable set of rules. A request reads exactly one snapshot from beginning to end.
#[derive(Debug)]
pub struct Policy {
    /// The id of this set.
    pub hash: PolicyHash,
    /// Every connection.
    pub integrations: BTreeMap<IntegrationId, Arc<Integration>>,
    /// Who the recipients are and where a chain leads to the Home Office.
    pub registry: std::sync::Arc<Registry>,
    /// What the categories are.
    pub categories: Categories,
    /// The organisation's list of sleep sites and refuges.
    pub places: places::PlaceList,
    /// Floor and local rules.
    pub charter: Charter,
    /// Each clause's title, our summary and the text the organisation adopted.
    pub clauses: BTreeMap<Clause, ClauseText>,
    /// Clauses the organisation added, by its own names for them. Shown to people; no rule reads them.
    pub added_clauses: BTreeMap<String, ClauseText>,
    /// Legal but unwise: shown by `check`.
    pub warnings: Vec<Diagnostic>,
}

/// What `charter.toml` says of one clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClauseText {
    /// A short title.
    pub title: String,
    /// Our plain-English summary.
    pub summary: String,
    /// The text the organisation adopted; empty until it pastes it in.
    pub adopted: String,
}

/// The category tree: each category's groups, own and inherited.
#[derive(Debug, Clone, Default)]
pub struct Categories(pub BTreeMap<Category, CategoryFacts>);

/// What `categories.toml` says of one category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryFacts {
    /// What pages call it.
    pub label: String,
    /// The group figures count it under.
    pub group: Group,
    /// Its parent, where it has one.
    pub parent: Option<Category>,
    /// May leave in exact form without being a location that finds a person (region, local authority).
    pub coarse: bool,
    /// What a value of it may hold as part of what it is: an address a postcode.
    pub holds: Vec<Category>,
}

/// Found in a value, these are never part of what it is.
const NEVER_HELD: [&str; 2] = ["hg:SleepSite", "hg:RefugeLocation"];

impl Categories {
    /// Whether a value listed as `listed` may hold something of the category `found` as part of what it is: the same,
    /// something above or below it, or what the tree says that it holds. Where somebody sleeps rough and where a
    /// refuge is are part of nothing else.
    #[must_use]
    pub fn holds(&self, listed: &Category, found: &Category) -> bool {
        if self.is_within(listed, found.as_str()) {
            return true;
        }
        let held = self.0.get(listed).map_or(&[][..], |facts| &facts.holds);
        let never = NEVER_HELD.iter().any(|never| self.is_within(found, never));
        !never && (self.is_within(found, listed.as_str()) || held.iter().any(|h| self.is_within(found, h.as_str())))
    }

    /// The group of a category. `None` is an unknown category, which never leaves.
    #[must_use]
    pub fn group(&self, category: &Category) -> Option<Group> {
        self.0.get(category).map(|f| f.group)
    }

    /// Whether a category is the one of this name, or below it.
    #[must_use]
    pub fn is_within(&self, category: &Category, name: &str) -> bool {
        let mut at = Some(category);
        // A line that does not end is refused when policies are loaded.
        for _ in 0..=self.0.len() {
            let Some(category) = at else { return false };
            if category.as_str() == name {
                return true;
            }
            at = self.0.get(category).and_then(|facts| facts.parent.as_ref());
        }
        false
    }
}
