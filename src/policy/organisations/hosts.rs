//! Whose host is it? A few hash look-ups for each name, however long the registry.

use super::{Class, HostPattern, System};
use crate::flow::{Host, SystemId};
use std::collections::HashMap;

/// Hosts to systems, roots apart from the rest so that a root is always found first.
#[derive(Debug, Default)]
pub(in crate::policy) struct Index {
    roots: Half,
    others: Half,
    /// A domain's mail goes to every system that claims it, so all of them are judged.
    mail: HashMap<String, Vec<SystemId>>,
    /// By `x` of `*.x`.
    mail_below: HashMap<String, Vec<SystemId>>,
    /// By the id in lower case; each with the id as it is written.
    tenants: HashMap<String, Vec<(String, SystemId)>>,
}

#[derive(Debug, Default)]
struct Half {
    exact: HashMap<Host, SystemId>,
    /// By `x` of `*.x`.
    below: HashMap<String, SystemId>,
    /// Longest first.
    paths: HashMap<Host, Vec<(Vec<String>, SystemId)>>,
}

impl Index {
    pub(in crate::policy) fn new<'a>(systems: impl Iterator<Item = &'a System>) -> Self {
        let mut index = Self::default();
        for system in systems {
            let half = if system.linked == Class::Root { &mut index.roots } else { &mut index.others };
            for pattern in &system.hosts {
                half.add(pattern, &system.id);
                match pattern {
                    HostPattern::Mail(x) => index.mail.entry(x.clone()).or_default().push(system.id.clone()),
                    HostPattern::MailBelow(x) => {
                        index.mail_below.entry(x.clone()).or_default().push(system.id.clone());
                    }
                    HostPattern::Tenant(id) => {
                        let same = index.tenants.entry(id.to_lowercase()).or_default();
                        same.push((id.clone(), system.id.clone()));
                    }
                    HostPattern::Exact(_) | HostPattern::Below(_) | HostPattern::Path(..) => {}
                }
            }
        }
        for paths in index.roots.paths.values_mut().chain(index.others.paths.values_mut()) {
            paths.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        }
        index
    }

    /// The exact host, else the longest `*.x`.
    pub(in crate::policy) fn by_host(&self, host: &Host, root: bool) -> Option<&SystemId> {
        let half = self.half(root);
        half.exact.get(host).or_else(|| match host {
            Host::Name(name) => above(name).find_map(|x| half.below.get(x)),
            Host::Address(_) => None,
        })
    }

    /// The longest path rule that `path` lies at or below.
    pub(in crate::policy) fn by_path(&self, host: &Host, path: &[String], root: bool) -> Option<&SystemId> {
        let rules = self.half(root).paths.get(host)?;
        rules.iter().find(|(rule, _)| path.starts_with(rule)).map(|(_, id)| id)
    }

    /// Who claims the mail domain itself, else who claims the longest `*.x` above it.
    pub(in crate::policy) fn by_mail(&self, domain: &str) -> &[SystemId] {
        let below = || above(domain).find_map(|x| self.mail_below.get(x));
        self.mail.get(domain).or_else(below).map_or(&[], Vec::as_slice)
    }

    /// Who claims the tenant id in any case, each with whether it is written so.
    pub(in crate::policy) fn by_tenant(&self, id: &str) -> impl Iterator<Item = (bool, &SystemId)> {
        let same = self.tenants.get(&id.to_lowercase()).into_iter().flatten();
        same.map(move |(written, system)| (written == id, system))
    }

    fn half(&self, root: bool) -> &Half {
        if root { &self.roots } else { &self.others }
    }
}

impl Half {
    fn add(&mut self, pattern: &HostPattern, id: &SystemId) {
        match pattern {
            HostPattern::Exact(host) => drop(self.exact.entry(host.clone()).or_insert_with(|| id.clone())),
            HostPattern::Below(x) => drop(self.below.entry(x.clone()).or_insert_with(|| id.clone())),
            HostPattern::Path(host, path) => {
                self.paths.entry(host.clone()).or_default().push((path.clone(), id.clone()));
            }
            HostPattern::Mail(_) | HostPattern::MailBelow(_) | HostPattern::Tenant(_) => {}
        }
    }
}

/// Every name above this one, nearest first: `a.b.c` gives `b.c`, `c`.
fn above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').filter_map(|(i, _)| name.get(i + 1..))
}
