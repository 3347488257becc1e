//! Drift: what changed since the time before, and which connection departs from what was agreed.

use super::{Period, Shown, Small, events, left, rows};
use crate::{flow::Group, policy::Policy};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// What changed, and what departs. Nothing of it is a fault by itself: it is what a panel asks about.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct Drift {
    /// Recipients that got something and had got nothing the time before.
    pub recipients: Vec<String>,
    /// Groups of data that a recipient got and had not got the time before; new recipients apart.
    pub groups: Vec<(String, Group)>,
    /// Of which a recipient got much more than the time before: then, now.
    pub more: Vec<(String, Group, Shown, Shown)>,
    /// Connections by which something left under rules that were not the active ones, and how often. Never, unless
    /// somebody tampered.
    pub other_policy: Vec<(String, u64)>,
    /// Operations that the policies allow and nobody ever used.
    pub unused: Vec<(String, String)>,
    /// Connections that try again and again to send what may not leave: group, how many values were withheld.
    pub withheld: Vec<(String, Group, Shown)>,
}

impl Drift {
    /// Nothing changed and nothing departs; operations nobody used apart.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.recipients.is_empty()
            && self.groups.is_empty()
            && self.more.is_empty()
            && self.other_policy.is_empty()
            && self.withheld.is_empty()
    }
}

/// Withheld values of a connection that are worth a question, as they are shown.
const AGAIN_AND_AGAIN: u64 = 100;

/// What changed between the period before and this one.
///
/// # Errors
/// When the store fails.
pub fn drift(db: &Connection, period: &Period, small: Small, policy: &Policy) -> Result<Drift, rusqlite::Error> {
    let (now, before) = (left::people(db, period, small)?, left::people(db, &period.before(), small)?);
    let (now_left, before_left) = (by_group(small, &now), by_group(small, &before));
    let known: BTreeSet<&String> = before_left.keys().map(|(recipient, _)| recipient).collect();
    let mut found = Drift { unused: unused(db, policy)?, ..Drift::default() };
    for (key @ (recipient, group), now) in &now_left {
        match before_left.get(key) {
            _ if !known.contains(recipient) => found.recipients.push(recipient.clone()),
            None => found.groups.push((recipient.clone(), *group)),
            Some(then) if now.is_much_more_than(*then) => found.more.push((recipient.clone(), *group, *then, *now)),
            Some(_) => {}
        }
    }
    found.recipients.dedup();
    for (connection, _, _, n) in events::told_apart(db, events::OTHER_POLICY, period)? {
        match found.other_policy.iter_mut().find(|(known, _)| *known == connection) {
            Some((_, count)) => *count += n,
            None => found.other_policy.push((connection, n)),
        }
    }
    let again = now.held_back.into_iter().filter(|(_, shown)| shown.least() >= AGAIN_AND_AGAIN);
    found.withheld.extend(again.map(|((connection, group), shown)| (connection, group, shown)));
    Ok(found)
}

/// What a recipient got of a group, made of what is shown by form.
fn by_group(small: Small, people: &left::People) -> BTreeMap<(String, Group), Shown> {
    let mut found: BTreeMap<_, Vec<Shown>> = BTreeMap::new();
    for ((recipient, group, _), shown) in &people.given {
        found.entry((recipient.clone(), *group)).or_default().push(*shown);
    }
    found.into_iter().map(|(key, parts)| (key, small.total(parts))).collect()
}

/// Operations that the policies allow and nobody ever used.
fn unused(db: &Connection, policy: &Policy) -> Result<Vec<(String, String)>, rusqlite::Error> {
    let sql = "SELECT connection, operation FROM figures_used";
    let used: BTreeSet<(String, String)> =
        rows(db, sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect();
    let all = policy.integrations.values().flat_map(|connection| {
        connection.operations.iter().map(|operation| (connection.id.to_string(), operation.id.to_string()))
    });
    Ok(all.filter(|one| !used.contains(one)).collect())
}
