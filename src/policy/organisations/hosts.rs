//! Whose host is it? A few hash look-ups for each name, however long the registry.

use super::{Class, HostPattern, System};
use crate::flow::{Host, SystemId};
use std::collections::HashMap;

/// Hosts to systems, roots apart from the rest so that a root is always found first.
#[derive(Debug, Default)]
pub(in crate::policy) struct Index {
    roots: Half,
    others: Half,
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
