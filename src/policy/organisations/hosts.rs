//! Whose host is it? A hash look-up for the name and one for each name above it, however long the registry.

use super::{Class, HostPattern, System};
use crate::flow::Host;
use std::{cmp::Reverse, collections::HashMap, net::IpAddr, sync::Arc};

/// Hosts, mail domains and tenant ids to systems.
#[derive(Debug, Default)]
pub(in crate::policy) struct Index {
    /// By a host's name, or by `x` of `*.x`.
    names: HashMap<String, Claims>,
    addresses: HashMap<IpAddr, Claims>,
    /// A domain's mail goes to every system that claims it, so all of them are judged.
    mail: HashMap<String, Vec<Arc<System>>>,
    /// By `x` of `*.x`.
    mail_below: HashMap<String, Vec<Arc<System>>>,
    /// By the id in lower case; each with the id as it is written.
    tenants: HashMap<String, Vec<(String, Arc<System>)>>,
}

/// What systems say of one name.
#[derive(Debug, Default)]
struct Claims {
    /// That it is theirs.
    exact: Two,
    /// That all below it is.
    below: Two,
    /// That a path on it is: a root's before others', then longest first.
    paths: Vec<(Vec<String>, Arc<System>)>,
}

/// A root is kept apart from the rest, so that it is always found.
#[derive(Debug, Default, Clone)]
struct Two {
    root: Option<Arc<System>>,
    other: Option<Arc<System>>,
}

impl Index {
    pub(in crate::policy) fn new<'a>(systems: impl Iterator<Item = &'a Arc<System>>) -> Self {
        let mut index = Self::default();
        for system in systems {
            for pattern in &system.hosts {
                index.add(pattern, system);
            }
        }
        for claims in index.names.values_mut().chain(index.addresses.values_mut()) {
            claims.paths.sort_by_key(|(path, system)| (system.linked != Class::Root, Reverse(path.len())));
        }
        index
    }

    fn add(&mut self, pattern: &HostPattern, system: &Arc<System>) {
        match pattern {
            HostPattern::Exact(host) => self.claims(host).exact.add(system),
            HostPattern::Below(x) => self.names.entry(x.clone()).or_default().below.add(system),
            HostPattern::Path(host, path) => self.claims(host).paths.push((path.clone(), system.clone())),
            HostPattern::Mail(x) => self.mail.entry(x.clone()).or_default().push(system.clone()),
            HostPattern::MailBelow(x) => self.mail_below.entry(x.clone()).or_default().push(system.clone()),
            HostPattern::Tenant(id) => {
                self.tenants.entry(id.to_lowercase()).or_default().push((id.clone(), system.clone()));
            }
        }
    }

    fn claims(&mut self, host: &Host) -> &mut Claims {
        match host {
            Host::Name(name) => self.names.entry(name.clone()).or_default(),
            Host::Address(address) => self.addresses.entry(*address).or_default(),
        }
    }

    /// A root that claims the host or the longest `*.x` above it, if any; else the longest path rule that `path` lies
    /// at or below, a root's first; else the system that claims the host, or the longest `*.x` above it.
    pub(in crate::policy) fn find(&self, host: &Host, path: &[String]) -> Option<&Arc<System>> {
        let (claims, found) = self.by_host(host);
        found.root.or_else(|| claims.and_then(|c| c.by_path(path))).or(found.other)
    }

    /// The root that claims the host or the longest `*.x` above it.
    pub(in crate::policy) fn root(&self, host: &Host) -> Option<&Arc<System>> {
        self.by_host(host).1.root
    }

    /// What is said of the host itself, and who claims it, exactly or by the longest `*.x`.
    fn by_host(&self, host: &Host) -> (Option<&Claims>, Nearest<'_>) {
        let name = match host {
            Host::Name(name) => name,
            Host::Address(address) => {
                let claims = self.addresses.get(address);
                return (claims, claims.map_or_else(Nearest::default, |c| Nearest::of(&c.exact)));
            }
        };
        let claims = self.names.get(name);
        let mut found = claims.map_or_else(Nearest::default, |c| Nearest::of(&c.exact));
        // Nobody can claim all below a single label: that would be a public suffix.
        for x in above(name).take_while(|x| x.contains('.')) {
            if let Some(claims) = self.names.get(x) {
                let below = Nearest::of(&claims.below);
                found = Nearest { root: found.root.or(below.root), other: found.other.or(below.other) };
            }
        }
        (claims, found)
    }

    /// Who claims the mail domain itself, else who claims the longest `*.x` above it.
    pub(in crate::policy) fn by_mail(&self, domain: &str) -> &[Arc<System>] {
        let below = || above(domain).find_map(|x| self.mail_below.get(x));
        self.mail.get(domain).or_else(below).map_or(&[], Vec::as_slice)
    }

    /// Who claims the tenant id in any case, each with whether it is written so.
    pub(in crate::policy) fn by_tenant(&self, id: &str) -> impl Iterator<Item = (bool, &Arc<System>)> {
        let same = self.tenants.get(&id.to_lowercase()).into_iter().flatten();
        same.map(move |(written, system)| (written == id, system))
    }
}

/// Who claims a host, nearest first.
#[derive(Debug, Default, Clone, Copy)]
struct Nearest<'i> {
    root: Option<&'i Arc<System>>,
    other: Option<&'i Arc<System>>,
}

impl<'i> Nearest<'i> {
    const fn of(two: &'i Two) -> Self {
        Self { root: two.root.as_ref(), other: two.other.as_ref() }
    }
}

impl Two {
    /// The first to claim it keeps it; two are refused when policies are compiled.
    fn add(&mut self, system: &Arc<System>) {
        let place = if system.linked == Class::Root { &mut self.root } else { &mut self.other };
        place.get_or_insert_with(|| system.clone());
    }
}

impl Claims {
    fn by_path(&self, path: &[String]) -> Option<&Arc<System>> {
        self.paths.iter().find(|(rule, _)| path.starts_with(rule)).map(|(_, system)| system)
    }
}

/// Every name above this one, nearest first: `a.b.c` gives `b.c`, `c`.
fn above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').filter_map(|(i, _)| name.get(i + 1..))
}
