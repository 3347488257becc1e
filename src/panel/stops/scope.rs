//! What can be stopped, by names that people know.

use crate::{
    consent::view::StopScope,
    flow::{IntegrationId, SystemId},
    policy::{Class, Policy},
};

/// What somebody may choose, and how it is said.
#[derive(Debug, Clone)]
pub(in crate::panel) struct Choice {
    pub value: String,
    pub label: String,
}

/// Everything one can choose.
#[derive(Debug, Clone)]
pub(super) struct Choices {
    pub connections: Vec<Choice>,
    pub recipients: Vec<Choice>,
    pub others: Vec<Choice>,
}

/// The policy's own lists: connections, the recipients they lead to, and every other recipient it knows of.
pub(super) fn choices(policy: &Policy) -> Choices {
    let used = |id: &SystemId| policy.integrations.values().any(|i| i.destination == *id);
    let connection = |id: &IntegrationId| Choice { value: format!("connection:{id}"), label: connection(policy, id) };
    let all = recipients(policy);
    let of = |wanted: bool| {
        let mine = all.iter().filter(|(id, _)| used(id) == wanted);
        mine.map(|(id, label)| Choice { value: format!("recipient:{id}"), label: label.clone() }).collect()
    };
    Choices {
        connections: policy.integrations.keys().map(connection).collect(),
        recipients: of(true),
        others: of(false),
    }
}

/// Every recipient besides the Home Office and its bodies, to which nothing goes in any case; by their names.
pub(in crate::panel) fn recipients(policy: &Policy) -> Vec<(SystemId, String)> {
    let known = policy.registry.systems.values().filter(|s| s.linked != Class::Root);
    let mut all: Vec<_> = known.map(|s| (s.id.clone(), recipient(policy, &s.id))).collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all
}

/// What was chosen, where the policy knows it.
pub(super) fn chosen(policy: &Policy, value: &str) -> Option<StopScope> {
    if value == "everything" {
        return Some(StopScope::Everything);
    }
    match value.split_once(':')? {
        ("connection", id) => {
            IntegrationId::parse(id).ok().filter(|id| policy.integrations.contains_key(id)).map(StopScope::Integration)
        }
        ("recipient", id) => {
            SystemId::parse(id).ok().filter(|id| policy.registry.systems.contains_key(id)).map(StopScope::Destination)
        }
        _ => None,
    }
}

/// The same value, from a scope.
pub(super) fn value(scope: &StopScope) -> String {
    match scope {
        StopScope::Everything => "everything".to_owned(),
        StopScope::Integration(id) => format!("connection:{id}"),
        StopScope::Destination(id) => format!("recipient:{id}"),
    }
}

/// A kept value in words. What the policy no longer knows is said by its id.
pub(super) fn said(policy: &Policy, value: &str) -> String {
    match value.split_once(':') {
        Some(("connection", id)) => IntegrationId::parse(id)
            .map_or_else(|_| "a connection".to_owned(), |id| format!("the connection {}", connection(policy, &id))),
        Some((_, id)) => SystemId::parse(id)
            .map_or_else(|_| "a recipient".to_owned(), |id| format!("the recipient {}", recipient(policy, &id))),
        None => "everything".to_owned(),
    }
}

/// `inform-riverside, to Riverside Council: housing referrals`.
fn connection(policy: &Policy, id: &IntegrationId) -> String {
    match policy.integrations.get(id) {
        Some(i) => format!("{id}, to {}", recipient(policy, &i.destination)),
        None => id.to_string(),
    }
}

/// `Riverside Council: housing referrals`.
pub(in crate::panel) fn recipient(policy: &Policy, id: &SystemId) -> String {
    let part = id.as_str().split_once('/').map(|(_, system)| system.replace(['-', '_', '/'], " "));
    match (policy.registry.system(id), part) {
        (Some(system), Some(part)) => format!("{}: {part}", system.name),
        (Some(system), None) => system.name.clone(),
        (None, _) => id.to_string(),
    }
}
