//! Names that look like the Home Office's and are not, and names that mix scripts.
//!
//! Such a name is unknown, so it is denied as unassessed wherever it turns up. Here it would become known: somebody
//! pasted it, or somebody hopes that a panel reads it for what it is not.

use super::{In, Known, Problems, place, system};
use crate::{
    flow::Host,
    policy::{
        Class, Registry,
        organisations::HostPattern,
        source::{At, organisations::System},
    },
};
use std::collections::HashMap;
use unicode_security::{MixedScript as _, skeleton};

pub(super) fn check(known: &Known<'_>, registry: &Registry, problems: &mut Problems) {
    let roots: HashMap<String, &str> = registry
        .systems
        .values()
        .filter(|s| s.linked == Class::Root)
        .flat_map(|s| s.hosts.iter().filter_map(name))
        .map(|name| (look(name), name))
        .collect();
    let systems = known.systems.values().map(|(system, _)| *system);
    let others = systems.filter(|s| registry.system(s.text.id.get_ref()).is_none_or(|s| s.linked != Class::Root));
    for In { file, text } in others {
        for (entry, pattern) in entries(text) {
            let shared = match &pattern {
                HostPattern::Path(Host::Name(name), _) => Some(name.as_str()),
                _ => None,
            };
            let Some(name) = name(&pattern).or(shared) else { continue };
            if registry.root_by_host(&Host::Name(name.to_owned())).is_some() {
                continue;
            }
            if let Some((_, root)) =
                suffixes(name).find_map(|n| roots.get_key_value(&look(n)).filter(|(_, r)| **r != n))
            {
                let mend = "take it out; if the recipient sent it to you, ask whoever you know there";
                let message = format!("`{}` looks like `{root}`, the Home Office's, and is not", entry.get_ref());
                problems.error(place(file, entry.span()), message, mend);
            } else if written(name).split('.').any(|label| !label.is_single_script()) {
                let mend = "type the name yourself instead of pasting it, and ask the recipient if it is theirs";
                problems.warn(
                    place(file, entry.span()),
                    format!("`{name}` mixes letters of two scripts, which look alike"),
                    mend,
                );
            }
        }
    }
}

fn entries(text: &System) -> impl Iterator<Item = (&At<String>, HostPattern)> {
    let hosts = text.hosts.iter().chain(&text.mail_domains);
    let hosts = hosts.filter_map(|h| system::host_pattern(h.get_ref()).ok().map(|p| (h, p)));
    let paths = text.paths.iter().filter_map(|h| system::path_pattern(h.get_ref()).ok().map(|p| (h, p)));
    hosts.chain(paths)
}

/// The name that belongs to the system alone.
fn name(pattern: &HostPattern) -> Option<&str> {
    match pattern {
        HostPattern::Exact(Host::Name(name))
        | HostPattern::Below(name)
        | HostPattern::Mail(name)
        | HostPattern::MailBelow(name) => Some(name),
        _ => None,
    }
}

/// The name and every name above it that has a dot in it.
fn suffixes(name: &str) -> impl Iterator<Item = &str> {
    let above = name.match_indices('.').filter_map(|(i, _)| name.get(i + 1..));
    std::iter::once(name).chain(above).filter(|n| n.contains('.'))
}

/// As people see it written.
fn written(name: &str) -> String {
    idna::domain_to_unicode(name).0
}

/// What it looks like: Unicode's skeleton (UTS 39), in which letters that look alike are one.
fn look(name: &str) -> String {
    skeleton(&written(name)).collect::<String>().to_lowercase()
}
