//! The picture of what is live: grants, endings, uses, emergency grants, stops and the active policy.
//!
//! The ledger's writer owns the only mutable copy and changes it after each durable commit; everybody else
//! reads. It is a picture for screening: the commit asserts everything again.

mod shards;

use super::{Grant, GrantState, Safeguarding};
use crate::{
    flow::{ConsentId, SubjectLabel, SystemId},
    policy::PolicyHash,
};
use jiff::Timestamp;
use shards::Shards;
use std::{collections::BTreeMap, sync::Arc};

/// Everything screening needs to know that the policy does not hold. Copying it costs a microsecond or
/// so, whatever it holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    grants: Shards<SubjectLabel, Vec<Arc<Grant>>>,
    known: Shards<ConsentId, Known>,
    safeguarding: Shards<(SubjectLabel, SystemId), Vec<Arc<Safeguarding>>>,
    stops: BTreeMap<String, Stop>,
    policy: Option<PolicyHash>,
}

/// A consent the ledger has heard of.
#[derive(Debug, Clone, Default, PartialEq)]
struct Known {
    state: GrantState,
    issued: Option<Arc<Grant>>,
}

/// A worker's stop ("down tools"): unnamed; only the panel lifts it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stop {
    /// Its id.
    pub id: String,
    /// What it stops.
    pub scope: StopScope,
    /// When placed.
    pub at: Timestamp,
}

/// What a stop covers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopScope {
    /// A connection.
    Integration(crate::flow::IntegrationId),
    /// A recipient.
    Destination(SystemId),
    /// Everything.
    Everything,
}

impl View {
    /// Grants of a subject that the ledger issued, live or not. A token's grant is not among them: it
    /// counts only for requests that carry the token.
    #[must_use]
    pub fn grants(&self, subject: &SubjectLabel) -> &[Arc<Grant>] {
        self.grants.get(subject).map_or(&[], Vec::as_slice)
    }

    /// What is known of a grant, ledger-issued or token.
    #[must_use]
    pub fn state(&self, jti: &ConsentId) -> GrantState {
        self.known.get(jti).map(|known| known.state).unwrap_or_default()
    }

    /// The grant with this id, where the ledger issued it (for `Consent-Ref`).
    #[must_use]
    pub fn by_id(&self, jti: &ConsentId) -> Option<&Arc<Grant>> {
        self.known.get(jti)?.issued.as_ref()
    }

    /// The set of rules that was activated last.
    #[must_use]
    pub const fn active_policy(&self) -> Option<PolicyHash> {
        self.policy
    }

    /// A live emergency grant.
    #[must_use]
    pub fn safeguarding(&self, subject: &SubjectLabel, to: &SystemId, now: Timestamp) -> Option<&Arc<Safeguarding>> {
        self.safeguarding.get(&(subject.clone(), to.clone()))?.iter().find(|g| g.at <= now && now < g.expires)
    }

    /// Whether a stop covers this connection or recipient.
    #[must_use]
    pub fn stopped(&self, integration: &crate::flow::IntegrationId, destination: &SystemId) -> bool {
        self.stops.values().any(|s| match &s.scope {
            StopScope::Everything => true,
            StopScope::Integration(i) => i == integration,
            StopScope::Destination(d) => d == destination,
        })
    }

    /// The stops in force.
    pub fn stops(&self) -> impl Iterator<Item = &Stop> {
        self.stops.values()
    }

    /// Adds a grant. Called by the ledger's writer, and by cases and `explain` to describe a situation.
    pub fn add_grant(&mut self, grant: Grant) {
        let grant = Arc::new(grant);
        self.known.update(grant.jti.clone(), |known| known.issued = Some(Arc::clone(&grant)));
        self.grants.update(grant.subject.clone(), |grants| grants.push(grant));
    }

    /// Replaces what is known of a grant.
    pub fn set_state(&mut self, jti: ConsentId, state: GrantState) {
        self.known.update(jti, |known| known.state = state);
    }

    /// Adds an emergency grant.
    pub fn add_safeguarding(&mut self, grant: Safeguarding) {
        let key = (grant.subject.clone(), grant.destination.clone());
        self.safeguarding.update(key, |grants| grants.push(Arc::new(grant)));
    }

    /// Sets the active policy.
    pub const fn set_policy(&mut self, policy: PolicyHash) {
        self.policy = Some(policy);
    }

    /// Places a stop.
    pub fn place_stop(&mut self, stop: Stop) {
        self.stops.insert(stop.id.clone(), stop);
    }

    /// Lifts a stop.
    pub fn lift_stop(&mut self, id: &str) {
        self.stops.remove(id);
    }

    /// Counts of grants by state at `now`: live, ended, expired.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> [(&'static str, u64); 3] {
        let mut counts = [("live", 0), ("ended", 0), ("expired", 0)];
        for grant in self.grants.iter().flat_map(|(_, grants)| grants) {
            let i = if self.state(&grant.jti).ended.is_some() { 1 } else { usize::from(now >= grant.expires) * 2 };
            if let Some((_, n)) = counts.get_mut(i) {
                *n += 1;
            }
        }
        counts
    }
}
