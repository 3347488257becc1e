//! What is recorded for ever (the leaf) and what can be erased (its detail rows).

use crate::{
    flow::{
        Act, Category, Clause, DecisionId, Form, Group, IntegrationId, OperationId, SubjectLabel, SystemId,
        name_closed as closed,
    },
    policy::PolicyHash,
    verdict::Code,
};
use jiff::{Timestamp, civil::Date};
use std::{collections::BTreeMap, sync::Arc};

closed! {
    /// The type of a leaf (design section 8).
    Kind {
        /// A request was allowed or refused.
        Decision = "decision",
        /// How an allowed request ended.
        Outcome = "outcome",
        /// A connection to a recipient was made without a request (OAuth token host).
        Contact = "contact",
        /// Consent given.
        ConsentIssued = "consent.issued",
        /// Consent ended.
        ConsentEnded = "consent.ended",
        /// An emergency grant.
        Safeguarding = "safeguarding",
        /// A stop.
        StopPlaced = "stop.placed",
        /// A stop lifted.
        StopLifted = "stop.lifted",
        /// A policy became active.
        PolicyActivated = "policy.activated",
        /// A reload was refused; the last good policy stays.
        PolicyRejected = "policy.rejected",
        /// The clock went back.
        ClockAnomaly = "clock.anomaly",
        /// The gateway started.
        Boot = "boot",
        /// Probes from unknown callers, one leaf a minute.
        RefusedSummary = "refused.summary",
    }
}

closed! {
    /// What a decision leaf says was done.
    Decided {
        /// Allowed.
        Allowed = "allowed",
        /// Refused.
        Refused = "refused",
    }
}

/// A leaf. Serialised as RFC 8785 canonical JSON, at most 4 KiB. Holds no subject or consent label, no
/// values, hosts, URLs or names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its type.
    pub kind: Kind,
    /// The UTC day. Set by the writer.
    pub day: Option<Date>,
    /// The decision it is about.
    pub decision: Option<DecisionId>,
    /// The connection.
    pub integration: Option<IntegrationId>,
    /// The operation.
    pub operation: Option<OperationId>,
    /// The recipient.
    pub destination: Option<SystemId>,
    /// Allowed or refused.
    pub decided: Option<Decided>,
    /// Why it was refused, or how it ended.
    pub code: Option<Code>,
    /// The clauses that decided.
    pub clauses: Vec<Clause>,
    /// How many values of each group left or did not, by form and act.
    pub counts: BTreeMap<(Group, &'static str, Act), u64>,
    /// The rules that decided.
    pub policy: Option<PolicyHash>,
    /// The decision this one repeats. Set by the writer.
    pub retry_of: Option<DecisionId>,
    /// Anything else that is fixed by the kind: a closed set of keys with ASCII text.
    pub extra: BTreeMap<&'static str, String>,
}

impl Leaf {
    /// An empty leaf of a kind.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            day: None,
            decision: None,
            integration: None,
            operation: None,
            destination: None,
            decided: None,
            code: None,
            clauses: Vec::new(),
            counts: BTreeMap::new(),
            policy: None,
            retry_of: None,
            extra: BTreeMap::new(),
        }
    }
}

/// One erasable row: what happened to one category of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// Exactly when.
    pub at: Timestamp,
    /// About whom; `None` outside records.
    pub subject: Option<SubjectLabel>,
    /// Under which consent.
    pub consent: Option<crate::flow::ConsentId>,
    /// What.
    pub category: Option<Category>,
    /// In what form.
    pub form: Option<Form>,
    /// The rule's path.
    pub path: Option<Arc<str>>,
    /// What was done.
    pub act: Act,
    /// How many values.
    pub count: u64,
}
