//! Does a system's client data reach the Home Office, and how? (DATA-1, DATA-5)
//!
//! Sharing links form a graph with cycles. For each system three questions are put, gravest first: is it a
//! root (a part of the Home Office, run by it, working for it), associated (a chain that certainly conducts),
//! in question (a chain with a contested or less than certain link)? The answer is the shortest chain, and
//! among the shortest the one with most evidence.
//!
//! Data is followed, not organisations: a chain leaves a system only by links that carry *its* client data.
//! Where data lands in an organisation as a whole, any of that organisation's systems may hold it afterwards,
//! so every onward link conducts, there and further on: what is not known is taken for the worse.

use super::{Carries, Class, Confidence, Link, LinkKind, LinkStatus, Node, carried::Carried};
use crate::flow::{OrganisationId, SystemId};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The links by the organisation they leave, and which organisations are the Home Office.
#[derive(Debug)]
pub struct Graph {
    links: Vec<Link>,
    leaving: HashMap<OrganisationId, Vec<usize>>,
    roots: BTreeSet<OrganisationId>,
    /// For each tier, the organisations from which its links lead to a root, whatever they carry: nobody else
    /// need be searched from.
    reaching: [HashSet<OrganisationId>; 3],
    carried: Carried,
}

impl Graph {
    pub(in crate::policy) fn new(links: Vec<Link>, roots: BTreeSet<OrganisationId>) -> Self {
        let mut leaving: HashMap<OrganisationId, Vec<usize>> = HashMap::new();
        for (i, link) in links.iter().enumerate() {
            leaving.entry(link.from.organisation.clone()).or_default().push(i);
        }
        let reaching = Tier::ALL.map(|tier| reaching(&links, &roots, tier));
        Self { leaving, reaching, roots, carried: Carried::new(&links), links }
    }

    /// The links, in the order they were given.
    pub(in crate::policy) fn links(&self) -> &[Link] {
        &self.links
    }

    /// Gives the links back.
    pub(in crate::policy) fn into_links(self) -> Vec<Link> {
        self.links
    }

    /// What a link, whatever it carries, is on the way to: a root for certain, perhaps, or not at all.
    pub(in crate::policy) fn leads(&self, link: &Link) -> Leads {
        let by = |tier: Tier, reaching: &HashSet<OrganisationId>| {
            tier.admits(link) && reaching.contains(&link.to.organisation)
        };
        let [_, certain, in_question] = &self.reaching;
        match () {
            () if by(Tier::Certain, certain) => Leads::Certainly,
            () if by(Tier::InQuestion, in_question) => Leads::Perhaps,
            () => Leads::Nowhere,
        }
    }

    /// What the links say of a system, and the chain that says it, by the links' positions.
    pub(in crate::policy) fn class(&self, organisation: &OrganisationId, system: &SystemId) -> (Class, Vec<usize>) {
        if self.roots.contains(organisation) {
            return (Class::Root, Vec::new());
        }
        let start = Node { organisation: organisation.clone(), system: Some(system.clone()) };
        [(Tier::Root, Class::Root), (Tier::Certain, Class::Associated), (Tier::InQuestion, Class::Unassessed)]
            .into_iter()
            .find_map(|(tier, class)| {
                self.chain(&start, &self.carried.system(system), tier).map(|chain| (class, chain))
            })
            .unwrap_or((Class::Clear, Vec::new()))
    }

    /// Whether the Home Office attends a forum, for certain.
    pub(in crate::policy) fn attended_by_root(&self, organisation: &OrganisationId, system: &SystemId) -> bool {
        let here = Node { organisation: organisation.clone(), system: Some(system.clone()) };
        self.onward(&here, &self.carried.system(system), Tier::Certain).any(|i| {
            self.links.get(i).is_some_and(|l| {
                l.kind == LinkKind::ForumAttendedBy
                    && (self.roots.contains(&l.to.organisation)
                        || self
                            .chain(&l.to, &(&self.carried.system(system) | self.carried.arriving(i)), Tier::Root)
                            .is_some())
            })
        })
    }

    /// Breadth first, a level at a time; each place is kept with the best-evidenced way to it. Of equals the
    /// one written first stays, so that the answer never depends on chance.
    ///
    /// What data may be by then depends on the way it came. A place reached again with more behind it is searched
    /// from again, with everything any way to it had behind it: that ends, since it only grows, and misses nothing.
    fn chain(&self, start: &Node, held: &BTreeSet<u32>, tier: Tier) -> Option<Vec<usize>> {
        let mut steps: Vec<Step> = Vec::new();
        let mut seen: HashMap<Node, BTreeSet<u32>> = HashMap::from([(start.clone(), held.clone())]);
        let mut level: Vec<(Node, Way)> = vec![(start.clone(), Way::NONE)];
        while !level.is_empty() {
            let mut next: BTreeMap<Node, (Way, BTreeSet<u32>)> = BTreeMap::new();
            for (node, way) in &level {
                let Some(held) = seen.get(node) else { continue };
                for i in self.onward(node, held, tier) {
                    let Some(link) = self.links.get(i) else { continue };
                    let then = held | self.carried.arriving(i);
                    if seen.get(&link.to).is_some_and(|known| then.is_subset(known)) {
                        continue;
                    }
                    let evidence = way.evidence + link.evidence.len();
                    let (other, known) = next.entry(link.to.clone()).or_insert((Way::NONE, BTreeSet::new()));
                    known.extend(then);
                    if other.last.is_none() || other.evidence < evidence {
                        steps.push(Step { link: i, before: way.last });
                        *other = Way { evidence, last: Some(steps.len() - 1) };
                    }
                }
            }
            let arrived =
                next.iter().filter(|(node, _)| self.roots.contains(&node.organisation)).map(|(_, (way, _))| way);
            if let Some(best) = arrived.reduce(|a, b| if a.evidence < b.evidence { b } else { a }) {
                return Some(walked(&steps, best.last));
            }
            level.clear();
            for (node, (way, then)) in next {
                seen.entry(node.clone()).or_default().extend(then);
                level.push((node, way));
            }
        }
        None
    }

    /// The links that carry data on from `node` that may by now be of the systems `held`.
    fn onward(&self, node: &Node, held: &BTreeSet<u32>, tier: Tier) -> impl Iterator<Item = usize> {
        let [root, certain, in_question] = &self.reaching;
        let reaching = match tier {
            Tier::Root => root,
            Tier::Certain => certain,
            Tier::InQuestion => in_question,
        };
        let leaving = self.leaving.get(&node.organisation).map_or(&[][..], Vec::as_slice);
        leaving.iter().copied().filter(move |i| {
            self.links.get(*i).is_some_and(|link| {
                tier.admits(link)
                    && reaching.contains(&link.to.organisation)
                    && link.leaves(node)
                    && (link.carries == Carries::All || self.carried.names(*i, held, node))
            })
        })
    }
}

impl Link {
    /// Data in one system does not leave by a link of another; data nobody can place may leave by any.
    fn leaves(&self, at: &Node) -> bool {
        match (&self.from.system, &at.system) {
            (Some(from), Some(at)) => from == at,
            _ => true,
        }
    }
}

/// Which links a search may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tier {
    /// Certain links that make the one end a part or an arm of the other.
    Root,
    /// Certain links.
    Certain,
    /// Also contested ones and those with less than high confidence.
    InQuestion,
}

impl Tier {
    const ALL: [Self; 3] = [Self::Root, Self::Certain, Self::InQuestion];

    fn admits(self, link: &Link) -> bool {
        let holds = match link.status {
            LinkStatus::InForce => true,
            LinkStatus::Contested => self == Self::InQuestion,
            LinkStatus::Ended => false,
        };
        let sure = link.confidence == Confidence::High || self == Self::InQuestion;
        let kind = match link.kind {
            LinkKind::IsPartOf | LinkKind::ProcessorFor | LinkKind::OperatedBy => true,
            LinkKind::SharesWith | LinkKind::ForumAttendedBy => self != Self::Root,
            LinkKind::PolicyContact => false,
        };
        holds && sure && kind
    }
}

/// A way so far: how much evidence its links have together, and its last step.
#[derive(Debug, Clone, Copy)]
struct Way {
    evidence: usize,
    last: Option<usize>,
}

impl Way {
    const NONE: Self = Self { evidence: 0, last: None };
}

/// One link of a way and the step before it, by its position among the steps of a search.
#[derive(Debug, Clone, Copy)]
struct Step {
    link: usize,
    before: Option<usize>,
}

/// Whether a link is on a way to the Home Office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leads {
    /// No.
    Nowhere,
    /// By way of something contested or uncertain.
    Perhaps,
    /// Yes.
    Certainly,
}

/// The links of a way, from the start.
fn walked(steps: &[Step], last: Option<usize>) -> Vec<usize> {
    let mut at = last;
    let mut links: Vec<_> = std::iter::from_fn(|| {
        let step = steps.get(at?)?;
        at = step.before;
        Some(step.link)
    })
    .collect();
    links.reverse();
    links
}

fn reaching(links: &[Link], roots: &BTreeSet<OrganisationId>, tier: Tier) -> HashSet<OrganisationId> {
    let mut arriving: HashMap<&OrganisationId, Vec<&OrganisationId>> = HashMap::new();
    for link in links.iter().filter(|l| tier.admits(l)) {
        arriving.entry(&link.to.organisation).or_default().push(&link.from.organisation);
    }
    let mut reaching: HashSet<OrganisationId> = roots.iter().cloned().collect();
    let mut next: Vec<&OrganisationId> = roots.iter().collect();
    while let Some(organisation) = next.pop() {
        for from in arriving.get(organisation).into_iter().flatten() {
            if reaching.insert((*from).clone()) {
                next.push(from);
            }
        }
    }
    reaching
}
