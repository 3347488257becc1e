//! A clause of the charter on a page: our summary, and the text that the organisation adopted.

use super::Panel;
use crate::{
    flow::Clause,
    policy::{ClauseText, Policy},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A clause as a page cites it (`cited.html`), and a report at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Cited {
    /// Its id, such as `DATA-4`.
    pub id: &'static str,
    /// Its short title.
    pub title: String,
    /// What it says, in short.
    pub summary: String,
    /// The words that the organisation adopted; empty where it keeps none.
    pub adopted: String,
}

impl Cited {
    /// As the active policy words it.
    pub(super) fn of(panel: &Panel, clause: Clause) -> Self {
        Self::by(&panel.policy(), clause)
    }

    /// As a policy words it.
    pub(super) fn by(policy: &Policy, clause: Clause) -> Self {
        let text = policy.clauses.get(&clause);
        let part = |of: fn(&ClauseText) -> &String| text.map(of).cloned().unwrap_or_default();
        let id = clause.as_str();
        Self { id, title: part(|t| &t.title), summary: part(|t| &t.summary), adopted: part(|t| &t.adopted) }
    }
}
