//! Whose client data a chain may carry by now: the systems it passed, and those of organisations it passed as a whole.
//!
//! Only systems that some link names in `carries` matter; each has a number. To be remembered on the way are those that
//! a link of another organisation names. What an organisation's own links name is known where the data is, unless data
//! that passed it as a whole can come back to one of its systems alone.

use super::{Carries, Link, Node};
use crate::flow::SystemId;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The systems that links name.
#[derive(Debug)]
pub(super) struct Carried {
    numbers: BTreeMap<SystemId, u32>,
    /// For each link that names some, which.
    links: HashMap<usize, Vec<(SystemId, u32)>>,
    /// For each link, what is to be remembered of where it leads.
    arriving: Vec<BTreeSet<u32>>,
}

static NOTHING: BTreeSet<u32> = BTreeSet::new();

impl Carried {
    pub(super) fn new(links: &[Link]) -> Self {
        let mut carried = Self { numbers: BTreeMap::new(), links: HashMap::new(), arriving: Vec::new() };
        // By the organisation, those to be remembered.
        let mut abroad: HashMap<String, BTreeSet<u32>> = HashMap::new();
        let to_one_system = links.iter().filter(|link| link.to.system.is_some());
        let entered_by_system: HashSet<&str> = to_one_system.map(|link| link.to.organisation.as_str()).collect();
        for (i, link) in links.iter().enumerate() {
            let Carries::Systems(systems) = &link.carries else { continue };
            let mut named = Vec::new();
            for system in systems {
                let fresh = carried.numbers.len() as u32;
                let number = *carried.numbers.entry(system.clone()).or_insert(fresh);
                named.push((system.clone(), number));
                let of = organisation(system);
                if of != link.from.organisation.as_str() || entered_by_system.contains(of) {
                    abroad.entry(of.to_owned()).or_default().insert(number);
                }
            }
            carried.links.insert(i, named);
        }
        carried.arriving = links.iter().map(|link| carried.remembered(&link.to, &abroad)).collect();
        carried
    }

    /// At a system its own, else, as nobody can tell which, those of the organisation.
    fn remembered(&self, at: &Node, abroad: &HashMap<String, BTreeSet<u32>>) -> BTreeSet<u32> {
        let Some(of) = abroad.get(at.organisation.as_str()) else { return BTreeSet::new() };
        match &at.system {
            Some(system) => &self.system(system) & of,
            None => of.clone(),
        }
    }

    /// What is to be remembered of where a link leads.
    pub(super) fn arriving(&self, link: usize) -> &BTreeSet<u32> {
        self.arriving.get(link).unwrap_or(&NOTHING)
    }

    /// A system itself, where a link names it.
    pub(super) fn system(&self, system: &SystemId) -> BTreeSet<u32> {
        self.numbers.get(system).copied().into_iter().collect()
    }

    /// Whether a link says that it carries data of one of these, or of what may hold the data where it leaves.
    pub(super) fn names(&self, link: usize, held: &BTreeSet<u32>, at: &Node) -> bool {
        let here = |system: &SystemId| match &at.system {
            Some(at) => at == system,
            None => organisation(system) == at.organisation.as_str(),
        };
        let named = self.links.get(&link);
        named.is_some_and(|named| named.iter().any(|(system, number)| held.contains(number) || here(system)))
    }
}

fn organisation(system: &SystemId) -> &str {
    system.as_str().split_once('/').map_or(system.as_str(), |(organisation, _)| organisation)
}
