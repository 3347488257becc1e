//! What of the registry machines are given.

use crate::{
    policy::{
        Policy, Registry,
        organisations::{About, Carries, HostPattern, Link, Organisation, System, words},
    },
    verdict::destination,
};
use jiff::civil::Date;
use serde_json::{Value, json};

/// A recipient, whole.
pub(super) fn system(policy: &Policy, system: &System, today: Date) -> Value {
    let standing = words::standing(&policy.registry, system, today);
    let patterns = |is: fn(&HostPattern) -> bool| -> Vec<String> {
        let text = |p: &HostPattern| p.to_string().trim_start_matches(['@']).trim_start_matches("tenant ").to_owned();
        system.hosts.iter().filter(|p| is(p)).map(text).collect()
    };
    json!({
        "id": system.id,
        "organisation": system.organisation,
        "name": system.name,
        "kind": system.kind,
        "class": standing.class,
        "because": standing.because,
        "closed_by": destination::closed_by(policy, system, today).iter().map(|r| {
            json!({ "rule": r.rule, "clause": r.clause.map(|c| c.as_str()) })
        }).collect::<Vec<_>>(),
        "changes": standing.changes,
        "chain": chain(&policy.registry, system),
        "hosts": patterns(|p| matches!(p, HostPattern::Exact(_) | HostPattern::Below(_))),
        "paths": patterns(|p| matches!(p, HostPattern::Path(..))),
        "mail_domains": patterns(|p| matches!(p, HostPattern::Mail(_) | HostPattern::MailBelow(_))),
        "tenants": patterns(|p| matches!(p, HostPattern::Tenant(_))),
        "addresses": system.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "assessed": system.assessed.as_ref().map(|a| json!({
            "on": a.on, "until": a.until, "by": a.by, "reason": a.reason, "answers_chain": a.answers_chain,
        })),
        "undertaking": system.undertaking.as_ref().map(|u| json!({
            "sha256": u.sha256, "role": u.role, "signed": u.signed, "expires": u.expires,
            "except_required_by_law": u.except_required_by_law, "tells_us_first": u.tells_us_first,
            "current": system.undertaking_current(today),
        })),
        "safeguarding_approved": system.safeguarding_approved,
        "forum": system.forum.map(|f| json!({ "state": f.state, "since": f.since, "deadline": f.deadline })),
        "home_office_forum": system.home_office_forum,
        "about": about(&system.about),
        "connections": connections(policy, system, today),
    })
}

/// Every step of the path, root last.
pub(super) fn chain(registry: &Registry, system: &System) -> Value {
    let steps = system.chain.iter().map(|step| {
        let link = step.link.and_then(|i| registry.links.get(i)).map(link);
        json!({
            "from": step.from, "kind": step.kind, "to": step.to, "since": step.since, "evidence": step.evidence,
            "link": link,
        })
    });
    steps.collect()
}

/// A link, whole.
pub(super) fn link(link: &Link) -> Value {
    let carries = match &link.carries {
        Carries::All => json!("all"),
        Carries::Systems(systems) => json!(systems),
    };
    json!({
        "from": link.from.id(), "to": link.to.id(), "kind": link.kind, "carries": carries, "status": link.status,
        "confidence": link.confidence, "since": link.since, "ended": link.ended, "evidence": link.evidence,
        "note": link.note, "core": link.core,
    })
}

/// An organisation without its systems.
pub(super) fn organisation(organisation: &Organisation) -> Value {
    json!({
        "id": organisation.id, "name": organisation.name, "root": organisation.root, "core": organisation.core,
        "about": about(&organisation.about),
    })
}

fn about(about: &About) -> Value {
    json!({ "confidence": about.confidence, "evidence": about.evidence, "note": about.note })
}

/// The connections to a recipient, and whether the charter would let each contact it, stops aside.
fn connections(policy: &Policy, system: &System, today: Date) -> Value {
    let to = policy.integrations.values().filter(|i| i.destination == system.id);
    let each = to.map(|i| {
        let refused = destination::opening(policy, i, today).err();
        let rules = refused.iter().flat_map(|r| r.reasons.iter().map(|reason| reason.rule.clone()));
        json!({
            "id": i.id, "purpose": i.purpose, "open": refused.is_none(),
            "code": refused.as_ref().map(|r| r.code), "rules": rules.collect::<Vec<_>>(),
        })
    });
    each.collect()
}
