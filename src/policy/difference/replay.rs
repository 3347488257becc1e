//! What one set of rules would have made of what was recorded under another: for each kind of data that left or was
//! held back, whether it would have left under the other, had the same people given the same consents.

use super::reach::{self, Grounds, Place};
use crate::{
    flow::{Act, Category, Form, IntegrationId, OperationId},
    policy::{Integration, Operation, Policy},
};
use jiff::civil::Date;
use std::sync::Arc;

/// What was recorded of one place of an operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recorded {
    /// By which connection.
    pub integration: IntegrationId,
    /// By which operation.
    pub operation: OperationId,
    /// What it was listed as.
    pub category: Category,
    /// In what form it left, or would have had to. `None`: it was refused before a form was tried.
    pub form: Option<Form>,
    /// The rule's path.
    pub path: Arc<str>,
    /// What was done.
    pub act: Act,
}

/// What would have become of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// The same.
    Same,
    /// It left, and would not have left: why, as the rest of a sentence.
    Kept(String),
    /// It left, and would have left only on these grounds.
    OnlyWith(String),
    /// It was held back, and would have left on these grounds.
    Leaves(String),
    /// The set that it was recorded under does not list it, so nothing can be said.
    Unknown,
}

/// What `other` would have made of it on a day, no stop being in force. Recipients' dates count as of that day.
#[must_use]
pub fn fate(then: &Policy, other: &Policy, row: &Recorded, day: Date) -> Fate {
    let left = !matches!(row.act, Act::Stripped | Act::Blocked);
    let before = on(then, row, row.form);
    if (left && before.none()) || !lists(then, row) {
        return Fate::Unknown;
    }
    if left && !before.needs_none() && meant_otherwise(then, other, &row.integration) {
        return Fate::Kept("the consents were for another recipient or purpose".to_owned());
    }
    match (left, in_force(other, row, day)) {
        (true, Err(why)) => Fate::Kept(why.to_owned()),
        (true, Ok((integration, operation))) => {
            let after = of(other, integration, operation, row, row.form);
            match () {
                () if after.none() => Fate::Kept(unlisted(operation, row)),
                () if before.more_than(after) && !after.more_than(before) => Fate::OnlyWith(after.words()),
                () => Fate::Same,
            }
        }
        (false, Err(_)) => Fate::Same,
        (false, Ok((integration, operation))) => {
            // A place that is listed as something else now counts too: what stands there is the same.
            let after = anything_at(other, integration, operation, &row.path);
            let before = before.or(match in_force(then, row, day) {
                Ok((integration, operation)) => anything_at(then, integration, operation, &row.path),
                // It was closed as a whole: whatever opens now is more than there was.
                Err(_) => Grounds::default(),
            });
            if after.more_than(before) { Fate::Leaves(after.words()) } else { Fate::Same }
        }
    }
}

fn lists(policy: &Policy, row: &Recorded) -> bool {
    found(policy, &row.integration, &row.operation)
        .is_ok_and(|(_, operation)| reach::places(operation).iter().any(|p| p.rule.path == row.path))
}

/// Whether a connection leads to somebody else or is for something else, so that no consent fits it any more.
fn meant_otherwise(then: &Policy, other: &Policy, integration: &IntegrationId) -> bool {
    let (then, other) = (then.integrations.get(integration), other.integrations.get(integration));
    then.zip(other).is_some_and(|(a, b)| a.destination != b.destination || a.purpose != b.purpose)
}

/// Whether a connection would have let a request pass at all on a day, as far as recipient and operation say.
#[must_use]
pub fn passes(policy: &Policy, integration: &IntegrationId, operation: &OperationId, day: Date) -> bool {
    found(policy, integration, operation).is_ok_and(|(integration, _)| open_on(policy, integration, day))
}

fn found<'a>(
    policy: &'a Policy,
    integration: &IntegrationId,
    operation: &OperationId,
) -> Result<(&'a Integration, &'a Operation), &'static str> {
    let integration = policy.integrations.get(integration).ok_or("there is no such connection")?;
    let operation = integration.operations.iter().find(|o| o.id == *operation);
    Ok((integration, operation.ok_or("the connection has no such operation")?))
}

fn in_force<'a>(
    policy: &'a Policy,
    row: &Recorded,
    day: Date,
) -> Result<(&'a Integration, &'a Operation), &'static str> {
    let (integration, operation) = found(policy, &row.integration, &row.operation)?;
    match open_on(policy, integration, day) {
        true => Ok((integration, operation)),
        false => Err("the recipient is closed on that day"),
    }
}

/// Whether the charter lets the recipient be contacted on a day: its class, undertaking and approval as of then.
fn open_on(policy: &Policy, integration: &Integration, day: Date) -> bool {
    let Some(ideal) = reach::recipient(policy, integration) else { return false };
    let Some(system) = policy.registry.system(&integration.destination) else { return false };
    let facts = crate::policy::charter::RecipientFacts {
        class: system.class(day),
        undertaking: system.undertaking_current(day),
        approved: integration.approval.as_ref().is_some_and(|a| a.on <= day && day <= a.until),
        safeguarding_recipient: ideal.safeguarding_recipient
            && system.safeguarding_approved.is_some_and(|on| on <= day),
        ..ideal
    };
    reach::open(policy, &facts)
}

fn on(policy: &Policy, row: &Recorded, form: Option<Form>) -> Grounds {
    match found(policy, &row.integration, &row.operation) {
        Ok((integration, operation)) => of(policy, integration, operation, row, form),
        Err(_) => Grounds::default(),
    }
}

/// On which grounds this very category may leave this very place in this form.
fn of(
    policy: &Policy,
    integration: &Integration,
    operation: &Operation,
    row: &Recorded,
    form: Option<Form>,
) -> Grounds {
    let same = |p: &Place| p.rule.path == row.path && p.rule.category == row.category;
    all(policy, integration, operation, same, form)
}

fn anything_at(policy: &Policy, integration: &Integration, operation: &Operation, path: &Arc<str>) -> Grounds {
    all(policy, integration, operation, |p| p.rule.path == *path, None)
}

fn all(
    policy: &Policy,
    integration: &Integration,
    operation: &Operation,
    which: impl Fn(&Place) -> bool,
    form: Option<Form>,
) -> Grounds {
    let Some(to) = reach::recipient(policy, integration) else { return Grounds::default() };
    let places = reach::places(operation);
    let tried = places.iter().filter(|p| which(p)).flat_map(|p| p.rule.forms().map(move |f| (p, f)));
    let tried = tried.filter(|(_, f)| form.is_none_or(|form| form == *f));
    tried.fold(Grounds::default(), |sum, (place, form)| {
        sum.or(reach::grounds(policy, &to, &place.rule.category, form, place))
    })
}

fn unlisted(operation: &Operation, row: &Recorded) -> String {
    let places = reach::places(operation);
    let mut at: Vec<_> = places.iter().filter(|p| p.rule.path == row.path).collect();
    let why = match at.len() {
        0 => "the place is not listed",
        _ => {
            at.retain(|p| p.rule.category == row.category);
            match at.first() {
                None => "the place is listed as something else",
                Some(_) if !at.iter().any(|p| p.rule.forms().any(|f| Some(f) == row.form)) => "not in this form",
                Some(_) => "a rule keeps it back",
            }
        }
    };
    why.to_owned()
}
