//! What stands in the registry about organisations and links, kept whole: people are shown it, rules read little of it.

use super::{Confidence, ForumState, LinkKind, LinkStatus};
use crate::flow::{OrganisationId, SystemId};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// A legal body or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Its name, for people.
    pub name: String,
    /// It is the Home Office itself.
    pub root: bool,
    /// It stands in `roots.toml`, which is the core and not changed by anybody.
    pub core: bool,
    /// It stands in `councils.toml`: known by its domain, and no more than that.
    pub council: bool,
    /// How sure this is, and where it is written.
    pub about: About,
}

/// How sure an entry is, where it is written, and what is uncertain about it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// How sure the evidence makes us, where somebody said.
    pub confidence: Option<Confidence>,
    /// Where it is written.
    pub evidence: Vec<String>,
    /// What is uncertain, or else worth knowing.
    pub note: Option<String>,
}

/// How far a challenge to the Home Office's presence in a forum has come (TRANS-2). The flow is closed in every
/// state: after we left, we send nothing there either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forum {
    /// The state.
    pub state: ForumState,
    /// Since which day.
    pub since: Date,
    /// The day by which the Home Office is to be gone, or we leave.
    pub deadline: Option<Date>,
}

/// The registry's own word that a system is associated: CHAIN, which the charter names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Associated {
    /// Why.
    pub reason: String,
    /// Where it is written.
    pub evidence: Vec<String>,
}

/// One organisation's data reaching another, or a reason to think so; ended ones are kept to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Whose data.
    pub from: Node,
    /// To whom.
    pub to: Node,
    /// How.
    pub kind: LinkKind,
    /// Whose client data goes along.
    pub carries: Carries,
    /// Whether it holds.
    pub status: LinkStatus,
    /// How sure the evidence makes us.
    pub confidence: Confidence,
    /// First day, where known.
    pub since: Option<Date>,
    /// Last day, where it ended.
    pub ended: Option<Date>,
    /// Where it is written.
    pub evidence: Vec<String>,
    /// What is uncertain.
    pub note: Option<String>,
    /// It stands in `roots.toml`.
    pub core: bool,
}

/// Where data is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// With whom.
    pub organisation: OrganisationId,
    /// In which of its systems; `None` where nobody says.
    pub system: Option<SystemId>,
}

impl Node {
    /// The id as the file writes it: the system's, or the organisation's.
    #[must_use]
    pub fn id(&self) -> &str {
        self.system.as_ref().map_or(self.organisation.as_str(), SystemId::as_str)
    }
}

/// Whose client data goes along a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carries {
    /// Everybody's.
    All,
    /// Of these systems.
    Systems(BTreeSet<SystemId>),
}
