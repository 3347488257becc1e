//! A clause of the charter on a page: our summary, and the text that the organisation adopted.

use super::Panel;
use crate::flow::Clause;

/// A clause as a page cites it (`cited.html`).
#[derive(Debug, Clone)]
pub(super) struct Cited {
    pub id: &'static str,
    pub title: String,
    pub summary: String,
    pub adopted: String,
}

impl Cited {
    /// As the active policy words it.
    pub(super) fn of(panel: &Panel, clause: Clause) -> Self {
        let policy = panel.policy();
        let text = policy.clauses.get(&clause);
        let part = |of: fn(&crate::policy::ClauseText) -> &String| text.map(of).cloned().unwrap_or_default();
        let id = clause.as_str();
        Self { id, title: part(|t| &t.title), summary: part(|t| &t.summary), adopted: part(|t| &t.adopted) }
    }
}
