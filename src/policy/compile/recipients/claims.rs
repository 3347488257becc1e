//! One host, one system: otherwise the same recipient could get two verdicts.

use super::{In, Known, Problems, place, system};
use crate::policy::{
    Class, Registry,
    organisations::HostPattern,
    source::{At, organisations::System},
};
use std::collections::BTreeMap;

pub(super) fn check(known: &Known<'_>, registry: &Registry, problems: &mut Problems) {
    // Keyed by text because patterns of different kinds never read alike.
    let mut claimed: BTreeMap<String, &System> = BTreeMap::new();
    // Roots first, so that the other claim is the one found fault with.
    let linked = |s: &System| registry.system(s.id.get_ref()).map_or(Class::Unassessed, |s| s.linked);
    let mut systems: Vec<In<'_, System>> = known.systems.values().map(|(system, _)| *system).collect();
    systems.sort_by_key(|s| (linked(s.text), s.file == super::OWN));
    for In { file, text } in systems {
        for (entry, pattern) in entries(text) {
            let at = place(file, entry.span());
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

fn entries(text: &System) -> impl Iterator<Item = (&At<String>, HostPattern)> {
    let hosts = text.hosts.iter().filter_map(|h| system::host_pattern(h.get_ref()).ok().map(|p| (h, p)));
    let paths = text.paths.iter().filter_map(|h| system::path_pattern(h.get_ref()).ok().map(|p| (h, p)));
    hosts.chain(paths)
}

fn under_root<'r>(pattern: &HostPattern, registry: &'r Registry) -> Option<&'r str> {
    let name;
    let host = match pattern {
        HostPattern::Exact(host) | HostPattern::Path(host, _) => host,
        HostPattern::Below(x) => {
            name = crate::flow::Host::Name(x.clone());
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
