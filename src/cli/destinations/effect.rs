//! What a changed registry opens and closes, before it is written. Pure.

use crate::{
    flow::{Code, IntegrationId, SystemId},
    policy::{
        Class, Policy,
        organisations::{System, words},
    },
    verdict::{Refusal, destination},
};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// What is different on a day.
#[derive(Debug)]
pub(super) struct Effect {
    systems: Vec<Moved>,
    connections: Vec<Turned>,
    /// The set did not compile before, so nothing can be said of what it allowed.
    blind: bool,
}

/// A recipient whose class or path is another.
#[derive(Debug)]
struct Moved {
    id: SystemId,
    name: String,
    before: Option<Class>,
    after: Option<Class>,
    path: Vec<String>,
    /// There was a path before.
    had_path: bool,
    /// It has become a forum that the Home Office can reach, or is none any more.
    forum: Option<bool>,
}

/// A connection that opens, closes, or is refused for another reason.
#[derive(Debug)]
struct Turned {
    id: IntegrationId,
    to: SystemId,
    before: Option<Code>,
    after: Option<(Code, String)>,
}

impl Effect {
    pub(super) fn of(before: Option<&Policy>, after: &Policy, today: Date) -> Self {
        let Some(before) = before else { return Self { systems: Vec::new(), connections: Vec::new(), blind: true } };
        let classes = |policy: &Policy| -> BTreeMap<SystemId, (Class, Vec<String>)> {
            let said = |s: &System| s.chain.iter().map(|step| words::step(&policy.registry, step)).collect();
            policy.registry.systems.iter().map(|(id, s)| (id.clone(), (s.class(today), said(s)))).collect()
        };
        let (old, new) = (classes(before), classes(after));
        let ids: BTreeSet<&SystemId> = old.keys().chain(new.keys()).collect();
        let forum = |policy: &Policy, id: &SystemId| policy.registry.system(id).is_some_and(|s| s.home_office_forum);
        let turned = |id: &SystemId| Some(forum(after, id)).filter(|now| *now != forum(before, id));
        let other = |id: &&SystemId| old.get(*id) != new.get(*id) || turned(id).is_some();
        let systems = ids.into_iter().filter(other).map(|id| Moved {
            id: id.clone(),
            name: [after, before]
                .iter()
                .find_map(|p| p.registry.system(id))
                .map_or_else(String::new, |s| s.name.clone()),
            before: old.get(id).map(|(class, _)| *class),
            after: new.get(id).map(|(class, _)| *class),
            path: new.get(id).map(|(_, path)| path.clone()).unwrap_or_default(),
            had_path: old.get(id).is_some_and(|(_, path)| !path.is_empty()),
            forum: turned(id),
        });
        let refused = |policy: &Policy, id: &IntegrationId| -> Option<Refusal> {
            destination::opening(policy, policy.integrations.get(id)?, today).err()
        };
        let connections = after.integrations.values().filter_map(|i| {
            let (was, is) = (refused(before, &i.id), refused(after, &i.id));
            let (before, code) = (was.map(|r| r.code), is.as_ref().map(|r| r.code));
            let after = is.map(|r| (r.code, r.detail));
            (before != code).then(|| Turned { id: i.id.clone(), to: i.destination.clone(), before, after })
        });
        Self { systems: systems.collect(), connections: connections.collect(), blind: false }
    }

    /// Whether no recipient and no connection stands otherwise than before.
    pub(super) const fn is_none(&self) -> bool {
        self.systems.is_empty() && self.connections.is_empty() && !self.blind
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::from("What this changes\n");
        if self.blind {
            text.push_str("  the set did not compile before, so nothing can be compared; it compiles now\n");
        }
        for moved in &self.systems {
            let class = |c: Option<Class>| c.map_or("not in the registry", Class::as_str);
            let arrow = match (moved.before == moved.after, moved.forum) {
                (true, None) if moved.path.is_empty() => format!("{}; the path is gone", class(moved.after)),
                (true, None) if moved.had_path => format!("{}, by another path", class(moved.after)),
                (true, None) => format!("{}, now with a path that is spoken of", class(moved.after)),
                (true, Some(_)) => class(moved.after).to_owned(),
                (false, _) => format!("{} → {}", class(moved.before), class(moved.after)),
            };
            let arrow = match moved.forum {
                Some(true) => format!("{arrow}; a forum the Home Office can reach: nothing goes there (DATA-5)"),
                Some(false) => format!("{arrow}; no forum of the Home Office any more"),
                None => arrow,
            };
            let name = if moved.name.is_empty() { String::new() } else { format!(" ({})", moved.name) };
            let _ = writeln!(text, "  {}{name}: {arrow}", moved.id);
            for (i, step) in moved.path.iter().enumerate() {
                let _ = writeln!(text, "      {}. {step}", i + 1);
            }
        }
        for turned in &self.connections {
            let _ = match (&turned.before, &turned.after) {
                (_, None) => writeln!(text, "  connection {} to {}: opens, item by item", turned.id, turned.to),
                (None, Some((code, why))) => {
                    writeln!(text, "  connection {} to {}: will be refused ({code}): {why}", turned.id, turned.to)
                }
                (Some(was), Some((code, why))) => writeln!(
                    text,
                    "  connection {} to {}: stays refused, now {code} (was {was}): {why}",
                    turned.id, turned.to
                ),
            };
        }
        // Also where a path is only spoken of: whoever decides should know what had gone there.
        let closed = |m: &&Moved| !m.path.is_empty() && m.before.is_some_and(|b| Some(b) > m.after);
        if let Some(moved) = self.systems.iter().find(closed) {
            let _ = writeln!(
                text,
                "  What had gone there: havengate destinations exposure {} --since DAY. Tell the panel (TRANS-2).",
                moved.id
            );
        }
        if self.is_none() {
            text.push_str("  no recipient's class and no connection\n");
        }
        text
    }

    pub(super) fn data(&self) -> Value {
        let systems =
            self.systems.iter().map(|m| json!({ "id": m.id, "before": m.before, "after": m.after, "path": m.path, "home_office_forum": m.forum }));
        let connections = self.connections.iter().map(|t| {
            let (after, why) = t.after.clone().unzip();
            json!({
                "id": t.id, "recipient": t.to, "before": { "open": t.before.is_none(), "code": t.before },
                "after": { "open": after.is_none(), "code": after, "why": why },
            })
        });
        json!({
            "systems": systems.collect::<Vec<_>>(), "connections": connections.collect::<Vec<_>>(),
            "compared": !self.blind,
        })
    }
}
