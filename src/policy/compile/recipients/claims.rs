//! One host, one system: otherwise the same recipient could get two verdicts.

use super::{In, Known, Problems, place, system};
use crate::{
    flow::Host,
    policy::{
        Class, Registry,
        organisations::HostPattern,
        source::{At, organisations::System},
    },
};
use std::collections::BTreeMap;

pub(super) fn check(known: &Known<'_>, registry: &Registry, problems: &mut Problems) {
    // Keyed by text because patterns of different kinds never read alike.
    let mut claimed: BTreeMap<String, &System> = BTreeMap::new();
    // Roots first, so that the other claim is the one found fault with.
    let linked = |s: &System| registry.system(s.id.get_ref()).map_or(Class::Unassessed, |s| s.linked);
    let mut systems: Vec<In<'_, System>> = known.systems.values().map(|(system, _)| *system).collect();
    systems.sort_by_key(|s| (linked(s.text), s.file == super::OWN));
    mail_and_tenants(&systems, registry, problems);
    for In { file, text } in systems {
        for (entry, pattern) in entries(text) {
            let at = place(file, entry.span());
            public(file, entry, &pattern, problems);
            if let Some(root) = under_root(&pattern, registry)
                .filter(|r| *r != text.id.get_ref().as_str() && linked(text) != Class::Root)
            {
                let mend = "take it out: what answers there is the Home Office, whoever it is said to be";
                problems.error(at, format!("`{}` belongs to `{root}`, a root", entry.get_ref()), mend);
            } else if let Some(other) = claimed.insert(key(&pattern), text) {
                let mend =
                    "leave it with the system that answers there; on a shared host, tell them apart with `paths`";
                problems.error(at, format!("`{}` is claimed by `{}` too", entry.get_ref(), other.id.get_ref()), mend);
            }
        }
    }
}

/// Under a public suffix anybody can have a name, and so many have a mailbox on these hosts.
const MAILBOXES: [&str; 20] = [
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "hotmail.co.uk",
    "live.com",
    "live.co.uk",
    "msn.com",
    "yahoo.com",
    "yahoo.co.uk",
    "icloud.com",
    "me.com",
    "aol.com",
    "btinternet.com",
    "sky.com",
    "virginmedia.com",
    "proton.me",
    "protonmail.com",
    "gmx.com",
    "mail.com",
];

/// Legal, and almost surely not what was meant.
fn public(file: &str, entry: &At<String>, pattern: &HostPattern, problems: &mut Problems) {
    let (HostPattern::Exact(Host::Name(name)) | HostPattern::Mail(name)) = pattern else { return };
    let what = match () {
        () if !name.contains('.') => "has no dot: which host it is depends on who asks",
        () if psl::suffix(name.as_bytes()).is_some_and(|s| s == name.as_bytes()) => {
            "is a public suffix: it belongs to nobody in particular"
        }
        () if MAILBOXES.contains(&name.as_str()) => "is where anybody can have a mailbox",
        () => return,
    };
    let mend = "name the organisation's own domain; if it has none, leave this out";
    problems.warn(place(file, entry.span()), format!("`{name}` {what}"), mend);
}

/// Mail to a root's domain reaches the Home Office, whoever else claims it; a tenant's id is one organisation's.
fn mail_and_tenants(systems: &[In<'_, System>], registry: &Registry, problems: &mut Problems) {
    let mut tenants: BTreeMap<String, &System> = BTreeMap::new();
    for In { file, text } in systems {
        for entry in &text.mail_domains {
            let pattern = system::host_pattern(entry.get_ref()).ok();
            let (Some(HostPattern::Exact(Host::Name(name))) | Some(HostPattern::Below(name))) = pattern else {
                continue;
            };
            public(file, entry, &HostPattern::Mail(name.clone()), problems);
            let own = registry.system(text.id.get_ref()).is_some_and(|s| s.linked == Class::Root);
            let host = Host::Name(name.clone());
            let root = registry.systems_of_mail(&name).find(|s| s.linked == Class::Root);
            if let Some(root) = root.or_else(|| registry.root_by_host(&host)).filter(|_| !own) {
                let mend = "take it out: mail to it reaches the Home Office, whoever it is said to be for";
                problems.error(
                    place(file, entry.span()),
                    format!("`{}` belongs to `{}`, a root", entry.get_ref(), root.id),
                    mend,
                );
            }
        }
        for entry in &text.tenants {
            // On some services case makes no difference.
            if let Some(other) = tenants.insert(entry.get_ref().trim().to_lowercase(), text) {
                let mend = "leave it with the system whose it is";
                let message = format!("this tenant id is claimed by `{}` too", other.id.get_ref());
                problems.error(place(file, entry.span()), message, mend);
            }
        }
    }
}

fn entries(text: &System) -> impl Iterator<Item = (&At<String>, HostPattern)> {
    let hosts = text.hosts.iter().filter_map(|h| system::host_pattern(h.get_ref()).ok().map(|p| (h, p)));
    let paths = text.paths.iter().filter_map(|h| system::path_pattern(h.get_ref()).ok().map(|p| (h, p)));
    hosts.chain(paths)
}

fn under_root<'r>(pattern: &HostPattern, registry: &'r Registry) -> Option<&'r str> {
    let name;
    let host = match pattern {
        HostPattern::Path(host, path) => {
            let root = registry.system_of(host, path).filter(|s| s.linked == Class::Root);
            return root.map(|s| s.id.as_str());
        }
        HostPattern::Exact(host) => host,
        HostPattern::Below(x) => {
            name = Host::Name(x.clone());
            &name
        }
        HostPattern::Mail(_) | HostPattern::MailBelow(_) | HostPattern::Tenant(_) => return None,
    };
    registry.root_by_host(host).map(|s| s.id.as_str())
}

fn key(pattern: &HostPattern) -> String {
    match pattern {
        HostPattern::Exact(host) => host.to_string(),
        HostPattern::Below(x) | HostPattern::MailBelow(x) => format!("*.{x}"),
        HostPattern::Path(host, path) => format!("{host}/{}", path.join("/")),
        HostPattern::Mail(x) | HostPattern::Tenant(x) => x.clone(),
    }
}
