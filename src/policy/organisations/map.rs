//! The map of who passes data to whom: organisations in columns, the Home Office on the right, and how each link looks.
//!
//! A link leads one column to the right, or back. What is drawn and what is written come from the same map.

mod layout;
mod svg;
mod tree;

pub use svg::svg;
pub use tree::tree;

use super::{Carries, Class, Leads, Link, LinkKind, LinkStatus, Node, Registry};
use crate::flow::{OrganisationId, SystemId};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Organisations that have links, and the links.
#[derive(Debug, Clone)]
pub struct Map<'r> {
    /// The registry it shows.
    pub registry: &'r Registry,
    /// The day whose classes are shown.
    pub today: Date,
    /// Where it begins, where only what can be reached from there is shown.
    pub from: Option<&'r str>,
    /// Organisations, by id.
    pub places: Vec<Place<'r>>,
    /// Links, in the registry's order.
    pub edges: Vec<Edge<'r>>,
}

/// An organisation on the map.
#[derive(Debug, Clone)]
pub struct Place<'r> {
    /// Its id.
    pub id: &'r OrganisationId,
    /// Its name.
    pub name: &'r str,
    /// The Home Office itself.
    pub root: bool,
    /// Bodies that are nothing but a part of it and are not drawn apart.
    pub bodies: usize,
    /// Its systems with their classes today.
    pub systems: Vec<(&'r SystemId, Class)>,
    /// Columns to the right of it: 0 is the last.
    pub steps: usize,
}

/// A link on the map.
#[derive(Debug, Clone, Copy)]
pub struct Edge<'r> {
    /// From which of [`Map::places`].
    pub from: usize,
    /// To which.
    pub to: usize,
    /// The link; `None` where the registry's own word stands for one.
    pub link: Option<&'r Link>,
    /// How it is shown.
    pub look: Look,
}

/// How a link is shown: never by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// Ended, or about policy only: it carries nothing.
    Past,
    /// In force, and not on a way to the Home Office.
    Aside,
    /// On a way to the Home Office that is contested or not certain.
    Perhaps,
    /// On a way to the Home Office for certain.
    Certain,
}

impl Place<'_> {
    /// The gravest class of its systems; [`Class::Root`] for the Home Office itself.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        if self.root { Some(Class::Root) } else { self.systems.iter().map(|(_, class)| *class).min() }
    }
}

impl<'r> Map<'r> {
    /// The whole map, or what can be reached from an organisation or a system.
    #[must_use]
    pub fn new(registry: &'r Registry, today: Date, from: Option<&'r str>) -> Self {
        let links = drawn(registry, from);
        let folded = folded(registry, &links);
        let home_office = registry.organisations.values().find(|o| o.root).map(|o| &o.id);
        let declared = declared(registry, from);
        let ids: BTreeSet<&OrganisationId> = links
            .iter()
            .flat_map(|l| [&l.from.organisation, &l.to.organisation])
            .chain(declared.iter().copied().chain(home_office.filter(|_| !declared.is_empty())))
            .filter(|id| !folded.contains(id))
            .collect();
        let position: BTreeMap<&OrganisationId, usize> = ids.iter().enumerate().map(|(i, id)| (*id, i)).collect();
        let graph = registry.graph();
        let mut edges: Vec<Edge<'r>> = links
            .into_iter()
            .filter_map(|link| {
                let (from, to) = (*position.get(&link.from.organisation)?, *position.get(&link.to.organisation)?);
                let look = match (link.status, link.kind, graph.leads(link)) {
                    (LinkStatus::Ended, ..) | (_, LinkKind::PolicyContact, _) => Look::Past,
                    (.., Leads::Certainly) => Look::Certain,
                    (.., Leads::Perhaps) => Look::Perhaps,
                    (.., Leads::Nowhere) => Look::Aside,
                };
                Some(Edge { from, to, link: Some(link), look })
            })
            .collect();
        edges.extend(declared.into_iter().filter_map(|id| {
            let (from, to) = (*position.get(id)?, *position.get(home_office?)?);
            Some(Edge { from, to, link: None, look: Look::Certain })
        }));
        let roots: Vec<usize> =
            ids.iter().enumerate().filter(|(_, id)| is_root(registry, id)).map(|(i, _)| i).collect();
        let steps = steps(ids.len(), &edges, &roots);
        let places = ids
            .iter()
            .zip(steps)
            .map(|(id, steps)| {
                let root = is_root(registry, id);
                let systems = registry.systems_of(id).map(|s| (&s.id, s.class(today))).collect();
                let bodies = if root { folded.len() } else { 0 };
                Place { id, name: registry.name(id), root, bodies, systems, steps }
            })
            .collect();
        Map { registry, today, from, places, edges }
    }

    /// A summary for somebody who cannot see the picture: every way to the Home Office as a sentence.
    #[must_use]
    pub fn described(&self) -> String {
        let mut said = Vec::new();
        for look in [Look::Certain, Look::Perhaps, Look::Aside, Look::Past] {
            for edge in self.edges.iter().filter(|e| e.look == look) {
                said.push(format!(
                    "{} {} {} ({}{}{})",
                    self.from(edge),
                    edge.verb(),
                    self.to(edge),
                    edge.holds(),
                    edge.carries().filter(|_| edge.only().is_some()).map_or(String::new(), |c| format!("; {c}")),
                    edge.look.said().map_or(String::new(), |s| format!("; {s}")),
                ));
            }
        }
        format!("{}.", said.join("; "))
    }
}

impl Map<'_> {
    /// Where a link begins, with the one system that is meant.
    #[must_use]
    pub fn from(&self, edge: &Edge<'_>) -> String {
        self.named(edge.from, edge.link.map(|l| &l.from))
    }

    /// Where a link leads, with the one system that is meant.
    #[must_use]
    pub fn to(&self, edge: &Edge<'_>) -> String {
        self.named(edge.to, edge.link.map(|l| &l.to))
    }

    fn named(&self, place: usize, node: Option<&Node>) -> String {
        let name = self.places.get(place).map_or("", |p| p.name);
        node.map_or_else(|| name.to_owned(), |node| super::words::at(name, node))
    }
}

impl Edge<'_> {
    /// What the link carries, where that is not said by [`Edge::holds`].
    #[must_use]
    pub fn carries(&self) -> Option<String> {
        self.link.map(super::words::carries).filter(|c| *c != self.holds())
    }

    /// Of whom the link carries client data, short, where it is not everybody's.
    #[must_use]
    pub fn only(&self) -> Option<String> {
        let link = self.link.filter(|l| l.kind != LinkKind::PolicyContact)?;
        let short = |s: &SystemId| {
            let own = s.as_str().strip_prefix(link.from.organisation.as_str()).and_then(|s| s.strip_prefix('/'));
            own.unwrap_or(s.as_str()).to_owned()
        };
        match (&link.carries, &link.from.system) {
            (Carries::Systems(systems), _) if systems.len() == 1 => systems.first().map(short),
            (Carries::Systems(systems), _) => Some(format!("{} systems", systems.len())),
            (Carries::All, from) => from.as_ref().map(short),
        }
    }

    /// What the link does, between two names.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        self.link.map_or("can reach", |link| super::words::verb(link.kind))
    }

    /// Whether it holds.
    #[must_use]
    pub fn holds(&self) -> String {
        match self.link {
            None => "registry's word".to_owned(),
            // That they talk may be certain; what matters is that nobody's data goes along.
            Some(link) if link.kind == LinkKind::PolicyContact && link.status != LinkStatus::Ended => {
                super::words::carries(link)
            }
            Some(link) => super::words::holds(link),
        }
    }
}

impl Look {
    /// What a link of this look is on the way to, in words.
    #[must_use]
    pub const fn said(self) -> Option<&'static str> {
        match self {
            Self::Certain => Some("leads to the Home Office"),
            Self::Perhaps => Some("may lead to the Home Office"),
            Self::Aside => None,
            Self::Past => Some("carries nothing now"),
        }
    }
}

fn is_root(registry: &Registry, id: &OrganisationId) -> bool {
    registry.organisations.get(id).is_some_and(|o| o.root)
}

/// The links to draw: all, or those that can be walked from a place with its data.
fn drawn<'r>(registry: &'r Registry, from: Option<&'r str>) -> Vec<&'r Link> {
    let Some(from) = from else { return registry.links.iter().collect() };
    let mut reached: BTreeSet<&str> = BTreeSet::from([from]);
    let mut drawn: BTreeSet<usize> = BTreeSet::new();
    let mut left: VecDeque<&str> = VecDeque::from([from]);
    while let Some(at) = left.pop_front() {
        for (i, link) in registry.links.iter().enumerate().filter(|(_, l)| leaves(l, at, from)) {
            drawn.insert(i);
            if reached.insert(link.to.id()) {
                left.push_back(link.to.id());
            }
        }
    }
    drawn.into_iter().filter_map(|i| registry.links.get(i)).collect()
}

/// Organisations with a system that the registry itself says is associated.
fn declared<'r>(registry: &'r Registry, from: Option<&str>) -> BTreeSet<&'r OrganisationId> {
    let shown = |s: &&std::sync::Arc<super::System>| {
        from.is_none_or(|from| s.id.as_str() == from || s.organisation.as_str() == from)
            && s.associated.is_some()
            && s.chain.iter().all(|step| step.link.is_none())
    };
    registry.systems.values().filter(shown).map(|s| &s.organisation).collect()
}

/// Whether a link leaves a place with data that came from `origin`. What is not known is taken for the worse.
fn leaves(link: &Link, at: &str, origin: &str) -> bool {
    let (organisation, system) = at.split_once('/').map_or((at, None), |(organisation, _)| (organisation, Some(at)));
    let place = match (&link.from.system, system) {
        (Some(from), Some(at)) => from.as_str() == at,
        _ => link.from.organisation.as_str() == organisation,
    };
    let carried = match (&link.carries, system) {
        (Carries::All, _) | (_, None) => true,
        (Carries::Systems(of), Some(at)) => of.iter().any(|s| s.as_str() == at || s.as_str() == origin),
    };
    place && carried
}

/// The Home Office's own bodies to which nothing else leads: twenty boxes that say the same are one.
fn folded<'r>(registry: &'r Registry, links: &[&'r Link]) -> BTreeSet<&'r OrganisationId> {
    let of = |id: &OrganisationId| links.iter().filter(|l| l.to.organisation == *id).count();
    let core = registry.organisations.values().filter(|o| o.core && !o.root).map(|o| &o.id);
    core.filter(|id| {
        let mut leaving = links.iter().filter(|l| l.from.organisation == **id);
        let only = leaving.next().filter(|l| l.kind == LinkKind::IsPartOf && is_root(registry, &l.to.organisation));
        only.is_some() && leaving.next().is_none() && of(id) == 0
    })
    .collect()
}

/// How many links from each place to the nearest end: the Home Office, or else where nothing leads on.
fn steps(places: usize, edges: &[Edge<'_>], roots: &[usize]) -> Vec<usize> {
    let mut steps: Vec<Option<usize>> = vec![None; places];
    spread(&mut steps, edges, roots.iter().map(|i| (*i, 0)).collect());
    loop {
        let open: Vec<usize> = (0..places).filter(|i| steps.get(*i).is_some_and(Option::is_none)).collect();
        let leads = |i: &&usize| edges.iter().any(|e| e.from == **i && e.to != **i);
        let Some(end) = open.iter().find(|i| !leads(i)).or(open.first()) else { break };
        spread(&mut steps, edges, VecDeque::from([(*end, 1)]));
    }
    steps.into_iter().map(|s| s.unwrap_or(1)).collect()
}

fn spread(steps: &mut [Option<usize>], edges: &[Edge<'_>], mut left: VecDeque<(usize, usize)>) {
    while let Some((at, distance)) = left.pop_front() {
        match steps.get_mut(at) {
            Some(place) if place.is_none() => *place = Some(distance),
            _ => continue,
        }
        left.extend(edges.iter().filter(|e| e.to == at).map(|e| (e.from, distance + 1)));
    }
}
