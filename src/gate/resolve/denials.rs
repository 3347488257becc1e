//! What can still say no once DNS and certificates have spoken.
//!
//! The routed recipient was judged by the charter before any of this. What its name turns out to lead to can only
//! add a denial: roots, associated systems other than the one that was opened, and the networks and certificates of
//! both. Who is unknown, or known and clear, or not assessed, is nothing here: most recipients answer from the
//! machines of somebody else.

use crate::{
    flow::{Host, SystemId},
    policy::{
        Policy, PolicyHash,
        organisations::{Class, System},
    },
    verdict::{Refusal, rules},
};
use std::{fmt, sync::Arc};

/// The registry's last word on a host. It is asked of the recipient's own name before any query, then of every
/// CNAME, every address and every name in the certificate. It can only deny: `None` permits nothing that was not
/// permitted already.
pub trait Denials: Send + Sync {
    /// The refusal, if this name or address belongs to somebody who gets nothing.
    fn denies(&self, host: &Host) -> Option<Refusal>;

    /// The refusal, if a certificate for this name or address is reason to send nothing. With `wildcard` it is for
    /// every name just below it, `*.host`.
    fn denies_certificate(&self, host: &Host, wildcard: bool) -> Option<Refusal> {
        let below = wildcard.then(|| Host::parse(&format!("any.{host}")).ok()).flatten();
        self.denies(host).or_else(|| self.denies(&below?))
    }

    /// The refusal, if a certificate made out to this organisation is reason to send nothing. The text is as the
    /// certificate has it, never cut at a NUL.
    fn denies_organisation(&self, _name: &str) -> Option<Refusal> {
        None
    }

    /// Whose way these rules are for. A connection that was judged on one way is not used on another, even to the same
    /// host: what was neutral there may be a denial here.
    fn way(&self) -> Option<Way> {
        None
    }
}

impl<F: Fn(&Host) -> Option<Refusal> + Send + Sync> Denials for F {
    fn denies(&self, host: &Host) -> Option<Refusal> {
        self(host)
    }
}

/// To whom, and what for, as far as denials differ by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Way {
    /// The routed system.
    pub to: SystemId,
    /// An emergency at a recipient that the panel approved for it: the charter lets it pass to associated systems
    /// too, and so does this. Roots stay denied.
    pub emergency: bool,
}

/// What a policy says on the way to one of its systems.
struct OnTheWay {
    policy: Arc<Policy>,
    way: Way,
    host: Host,
}

impl OnTheWay {
    /// Who is linked with the Home Office and is found at this host, as far as a host alone tells.
    fn linked(&self, host: &Host) -> impl Iterator<Item = &System> {
        let registry = &self.policy.registry;
        let address = match host {
            Host::Name(_) => None,
            Host::Address(address) => Some(*address),
        };
        let by_name = registry.root_by_host(host).or_else(|| registry.system_of(host, &[]));
        by_name.into_iter().chain(address.into_iter().flat_map(|address| registry.linked_at(address)))
    }

    /// The routed system. Its own class was judged, and the connection opened, before this.
    fn routed(&self) -> Option<&System> {
        self.policy.registry.system(&self.way.to)
    }

    /// A network may be several systems': then the routed one's own list says that it is there.
    fn lists(&self, host: &Host) -> bool {
        matches!(host, Host::Address(a) if self.routed().is_some_and(|s| s.addresses.iter().any(|n| n.contains(a))))
    }

    /// Whether an associated system is no reason here, whoever it is.
    fn passes(&self, host: &Host) -> bool {
        self.way.emergency || *host == self.host || self.lists(host)
    }

    fn is_colleague(&self, system: &System) -> bool {
        self.routed().is_some_and(|routed| routed.organisation == system.organisation)
    }
}

impl Denials for OnTheWay {
    /// A root always (DATA-1). An associated system unless it is the routed one.
    fn denies(&self, host: &Host) -> Option<Refusal> {
        self.linked(host).find_map(|system| match system.linked {
            Class::Root => Some(home_office()),
            Class::Associated if !self.passes(host) && system.id != self.way.to => Some(associated(system)),
            _ => None,
        })
    }

    /// One certificate often serves a whole council, so an organisation's certificate may name its other systems.
    fn denies_certificate(&self, host: &Host, wildcard: bool) -> Option<Refusal> {
        let below = wildcard.then(|| Host::parse(&format!("any.{host}")).ok()).flatten();
        if let (true, Host::Name(name)) = (wildcard, host)
            && self.policy.registry.root_covered_by(name).is_some()
        {
            return Some(home_office());
        }
        [Some(host), below.as_ref()].into_iter().flatten().flat_map(|host| self.linked(host)).find_map(|system| {
            match system.linked {
                Class::Root => Some(home_office()),
                Class::Associated if !self.passes(host) && !self.is_colleague(system) => Some(associated(system)),
                _ => None,
            }
        })
    }

    fn denies_organisation(&self, name: &str) -> Option<Refusal> {
        self.policy.registry.linked_by_certificate(name).find_map(|system| match system.linked {
            Class::Root => Some(home_office()),
            Class::Associated if !self.way.emergency && !self.is_colleague(system) => Some(associated(system)),
            _ => None,
        })
    }

    fn way(&self) -> Option<Way> {
        Some(self.way.clone())
    }
}

/// What a policy says of a service of our own, such as a mail server: it is no recipient of anybody's data, and still
/// nothing is said to the Home Office or to who passes on to it, not even that something happened.
struct OwnService(Arc<Policy>);

impl OwnService {
    fn linked(&self, host: &Host) -> Option<&System> {
        let registry = &self.0.registry;
        let by_name = registry.root_by_host(host).or_else(|| registry.system_of(host, &[]));
        let address = match host {
            Host::Name(_) => None,
            Host::Address(address) => Some(*address),
        };
        let mut found = by_name.into_iter().chain(address.into_iter().flat_map(|a| registry.linked_at(a)));
        found.find(|system| matches!(system.linked, Class::Root | Class::Associated))
    }
}

impl Denials for OwnService {
    fn denies(&self, host: &Host) -> Option<Refusal> {
        self.linked(host).map(of_linked)
    }

    fn denies_certificate(&self, host: &Host, wildcard: bool) -> Option<Refusal> {
        let below = wildcard.then(|| Host::parse(&format!("any.{host}")).ok()).flatten();
        match (wildcard, host) {
            (true, Host::Name(name)) if self.0.registry.root_covered_by(name).is_some() => Some(home_office()),
            _ => self.denies(host).or_else(|| self.denies(&below?)),
        }
    }

    fn denies_organisation(&self, name: &str) -> Option<Refusal> {
        let mut found = self.0.registry.linked_by_certificate(name);
        found.find(|system| matches!(system.linked, Class::Root | Class::Associated)).map(of_linked)
    }
}

fn of_linked(system: &System) -> Refusal {
    if system.linked == Class::Root { home_office() } else { associated(system) }
}

fn home_office() -> Refusal {
    rules::refusal("no-home-office")
}

fn associated(system: &System) -> Refusal {
    let refusal = rules::refusal("associated-only-by-data-2");
    let detail = format!("What answers for the recipient belongs to {}. {}", system.name, refusal.detail);
    Refusal { detail, ..refusal }
}

/// The rules of one policy snapshot, as far as the way out needs them.
#[derive(Clone)]
pub struct Rules {
    /// The snapshot. A connection made under another one is not used.
    pub epoch: PolicyHash,
    /// What it denies.
    pub denials: Arc<dyn Denials>,
}

impl Rules {
    /// Of a policy, on the way to a system at one of its hosts, which the charter has let through. `emergency`: the
    /// connection is for emergencies and the panel approved this system for them.
    #[must_use]
    pub fn of(policy: &Arc<Policy>, to: &SystemId, host: &Host, emergency: bool) -> Self {
        let way = Way { to: to.clone(), emergency };
        Self { epoch: policy.hash, denials: Arc::new(OnTheWay { policy: policy.clone(), way, host: host.clone() }) }
    }
}

impl Rules {
    /// Of a policy, on the way to a service of our own: a mail server, a webhook.
    #[must_use]
    pub fn of_service(policy: &Arc<Policy>) -> Self {
        Self { epoch: policy.hash, denials: Arc::new(OwnService(policy.clone())) }
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}
