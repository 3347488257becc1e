//! The charter, asked: Cedar decides on facts that Rust computed.

use crate::{
    flow::{Category, Clause, Form, IntegrationId, Purpose, RuleId, SystemId},
    policy::organisations::{Class, SystemKind},
};
use std::sync::Arc;

/// Floor and local rules, validated against the schema, with entities built once and decisions memoised.
#[derive(Debug)]
pub struct Charter {}

/// The facts of a recipient, as of `now`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecipientFacts {
    /// The connection asking.
    pub integration: IntegrationId,
    /// The recipient.
    pub system: SystemId,
    /// Its class today.
    pub class: Class,
    /// What it is for.
    pub kind: SystemKind,
    /// What the data is for.
    pub purpose: Purpose,
    /// Its undertaking is in date.
    pub undertaking: bool,
    /// The panel approved this connection and the approval is in date.
    pub approved: bool,
    /// A worker's stop covers this connection, this recipient or everything.
    pub stopped: bool,
    /// A forum the Home Office can reach.
    pub home_office_forum: bool,
    /// The purpose is safeguarding and the panel has approved this recipient for it beforehand.
    pub safeguarding_recipient: bool,
}

/// The facts of one category of one subject in one form for one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DisclosureFacts {
    /// The recipient.
    pub recipient: RecipientFacts,
    /// What.
    pub category: Category,
    /// In what form.
    pub form: Form,
    /// The record names exactly one subject.
    pub one_subject: bool,
    /// Some grant of this subject has an item for exactly this category, form, recipient and purpose.
    pub consent_item: bool,
    /// That grant is neither ended, expired, spent nor not yet valid.
    pub consent_live: bool,
    /// The item also names this path.
    pub consent_path: bool,
    /// Purpose, necessity, risks and alternatives were explained before consent.
    pub explained: bool,
    /// Consent was an act of the person or of somebody who may act for them (never best-interests for
    /// an associated recipient; never interpreted by family for immigration items).
    pub active: bool,
    /// The grant is this subject's: no grant of somebody else was presented for this record.
    pub this_person: bool,
    /// Independent advice was obtained before. `declined-after-offer` is [`Advice::Declined`].
    pub advice: Advice,
    /// A live safeguarding grant for this subject and recipient.
    pub safeguarding: bool,
    /// The value is a count of at least ten people.
    pub aggregate: bool,
}

/// Whether independent immigration advice came before (DATA-2 iii, ADVICE).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Advice {
    /// Not recorded.
    None,
    /// Offered, and the person declined.
    Declined,
    /// Obtained.
    Obtained,
}

/// What Cedar said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// A local permit applied and nothing forbade.
    Allow {
        /// The permits.
        by: Arc<[RuleId]>,
    },
    /// Forbidden, or permitted by nothing.
    Deny {
        /// The forbids that applied, in the floor's order, each with its clause; never empty.
        by: Arc<[(RuleId, Option<Clause>)]>,
    },
}
