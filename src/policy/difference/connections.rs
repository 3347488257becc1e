//! Connections: which there are, where each leads, for what, and by which way.

use super::{
    Area, Found, Way, data, list, operations,
    reach::{self},
    recipient,
};
use crate::policy::{Integration, Policy, integration::Approval, organisations::words};

/// All connections of both sets.
pub(super) fn compare(old: &Policy, new: &Policy, found: &mut Found) {
    for (id, before) in &old.integrations {
        if !new.integrations.contains_key(id) {
            let text = format!("The connection {id} to {} is gone.", recipient(&old.registry, &before.destination));
            found.with(Area::Connections, Way::Tightens, text, everything(old, before));
        }
    }
    for (id, after) in &new.integrations {
        match old.integrations.get(id) {
            None => added(new, after, found),
            Some(before) => one(Pair { old: (old, before), new: (new, after) }, found),
        }
    }
}

/// A connection that both sets have.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub old: (&'a Policy, &'a Integration),
    pub new: (&'a Policy, &'a Integration),
}

fn added(policy: &Policy, integration: &Integration, found: &mut Found) {
    let to = recipient(&policy.registry, &integration.destination);
    let purpose = purpose(integration);
    let text = match is_open(policy, integration) {
        true => format!("There is a new connection, {}, to {to}, for {purpose}.", integration.id),
        false => format!(
            "There is a new connection, {}, to {to}, for {purpose}. As things stand it is closed.",
            integration.id
        ),
    };
    let way = if is_open(policy, integration) { Way::Loosens } else { Way::Neither };
    found.with(Area::Connections, way, text, everything(policy, integration));
}

/// Whether the charter would let anything pass on a day when all is in date.
pub(super) fn is_open(policy: &Policy, integration: &Integration) -> bool {
    reach::recipient(policy, integration).is_some_and(|to| reach::open(policy, &to))
}

/// What may go by a connection, a line each, for people to open.
fn everything(policy: &Policy, integration: &Integration) -> Vec<String> {
    let lines = |operation: &std::sync::Arc<crate::policy::Operation>| {
        let all = data::all(policy, &data::of(policy, integration, operation));
        let id = operation.id.clone();
        all.into_iter().map(move |line| format!("Operation {id}: {line}"))
    };
    integration.operations.iter().flat_map(lines).collect()
}

fn one(pair: Pair<'_>, found: &mut Found) {
    let ((old, before), (new, after)) = (pair.old, pair.new);
    let (id, to) = (&after.id, recipient(&new.registry, &after.destination));
    if before.destination != after.destination {
        let from = recipient(&old.registry, &before.destination);
        let text = format!("The connection {id} leads elsewhere: to {to}, until now to {from}.");
        found.with(Area::Connections, Way::Loosens, text, everything(new, after));
    }
    if before.purpose != after.purpose {
        let text =
            format!("The connection {id} is for {} from now on, until now for {}.", purpose(after), purpose(before));
        found.say(Area::Connections, Way::Neither, text);
    }
    approval(id.as_str(), before.approval.as_ref(), after.approval.as_ref(), found);
    way_there(pair, found);
    match (is_open(old, before), is_open(new, after)) {
        (true, false) => {
            let text = format!("By the connection {id} nothing can go to {to} any more, whatever anybody consents to.");
            return found.with(Area::Connections, Way::Tightens, text, everything(old, before));
        }
        (false, true) => {
            let text = format!(
                "The connection {id} to {to} was closed whatever anybody consented to, and can be used from now on."
            );
            return found.with(Area::Connections, Way::Loosens, text, everything(new, after));
        }
        (false, false) => {}
        (true, true) => {}
    }
    operations::compare(pair, &to, before.destination == after.destination, found);
}

fn approval(id: &str, before: Option<&Approval>, after: Option<&Approval>, found: &mut Found) {
    let mut say = |way, text| found.say(Area::Connections, way, text);
    let dates = |a: &Approval| format!("from {} until {}", words::day(a.on), words::day(a.until));
    match (before, after) {
        (None, Some(a)) => {
            say(Way::Loosens, format!("The panel's approval of the connection {id} is on record, {}.", dates(a)))
        }
        (Some(_), None) => say(Way::Tightens, format!("The panel's approval of the connection {id} is taken out.")),
        (Some(a), Some(b)) if a.until != b.until || a.on != b.on => {
            let way = if b.until > a.until || b.on < a.on { Way::Loosens } else { Way::Tightens };
            say(way, format!("The panel's approval of the connection {id} runs {}, until now {}.", dates(b), dates(a)));
        }
        (Some(a), Some(b)) if a != b => {
            say(Way::Neither, format!("The panel's approval of the connection {id} names other minutes than before."));
        }
        _ => {}
    }
}

/// Who may use it, by which address, and how it is secured.
fn way_there(pair: Pair<'_>, found: &mut Found) {
    let ((_, before), (_, after)) = (pair.old, pair.new);
    let id = &after.id;
    let mut say = |way, text: String| found.say(Area::Connections, way, text);
    if before.app != after.app {
        say(
            Way::Neither,
            format!(
                "The connection {id} is used by the system {} from now on, until now by {}.",
                after.app, before.app
            ),
        );
    }
    let (a, b) = (&before.upstream, &after.upstream);
    if (&a.host, a.port, &a.base) != (&b.host, b.port, &b.base) {
        say(
            Way::Neither,
            format!("The connection {id} sends to another address of the recipient: {}, until now {}.", b.host, a.host),
        );
    }
    match (&a.plain_http, &b.plain_http) {
        (None, Some(why)) => say(
            Way::Loosens,
            format!("The connection {id} sends without encryption from now on. The reason given: {why}"),
        ),
        (Some(_), None) => say(Way::Tightens, format!("The connection {id} is encrypted from now on.")),
        _ => {}
    }
    let technical = [
        ("how it signs in at the recipient", before.auth != after.auth),
        ("which requests are its own", before.route != after.route),
        ("the certificate it shows", before.client_certificate != after.client_certificate),
        ("who vouches for the recipient's certificate", before.upstream_roots != after.upstream_roots),
    ];
    let changed: Vec<String> = technical.iter().filter(|(_, c)| *c).map(|(what, _)| (*what).to_owned()).collect();
    if !changed.is_empty() {
        say(Way::Neither, format!("Of the connection {id} something technical is different: {}.", list(&changed, 9)));
    }
}

fn purpose(integration: &Integration) -> String {
    integration.purpose.as_str().replace('-', " ")
}
