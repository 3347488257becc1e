//! Whose client data a chain may carry by now: the systems it passed, and those of organisations it passed as a whole.
//!
//! Only systems that some link names in `carries` matter. Each has a number.

use super::{Carries, Link, Node};
use crate::flow::SystemId;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The systems that links name.
#[derive(Debug)]
pub(super) struct Carried {
    numbers: BTreeMap<SystemId, u32>,
    /// By the organisation, as ids begin.
    of: HashMap<String, BTreeSet<u32>>,
    /// For each link that names some, which.
    links: HashMap<usize, Vec<u32>>,
    /// For each link, whose data it may be where it leads.
    arriving: Vec<BTreeSet<u32>>,
}

static NOBODYS: BTreeSet<u32> = BTreeSet::new();

impl Carried {
    pub(super) fn new(links: &[Link]) -> Self {
        let mut carried =
            Self { numbers: BTreeMap::new(), of: HashMap::new(), links: HashMap::new(), arriving: Vec::new() };
        for (i, link) in links.iter().enumerate() {
            if let Carries::Systems(systems) = &link.carries {
                let numbers = systems.iter().map(|s| carried.number(s)).collect();
                carried.links.insert(i, numbers);
            }
        }
        carried.arriving = links.iter().map(|link| carried.held(&link.to)).collect();
        carried
    }

    fn number(&mut self, system: &SystemId) -> u32 {
        let fresh = self.numbers.len() as u32;
        let number = *self.numbers.entry(system.clone()).or_insert(fresh);
        let organisation = system.as_str().split_once('/').map_or(system.as_str(), |(o, _)| o);
        self.of.entry(organisation.to_owned()).or_default().insert(number);
        number
    }

    /// Whose data it may be at a place: the system's, or where nobody can tell any system's of the organisation.
    pub(super) fn held(&self, at: &Node) -> BTreeSet<u32> {
        match &at.system {
            Some(system) => self.system(system),
            None => self.of.get(at.organisation.as_str()).cloned().unwrap_or_default(),
        }
    }

    /// [`Carried::held`] where a link leads.
    pub(super) fn arriving(&self, link: usize) -> &BTreeSet<u32> {
        self.arriving.get(link).unwrap_or(&NOBODYS)
    }

    /// A system's own.
    pub(super) fn system(&self, system: &SystemId) -> BTreeSet<u32> {
        self.numbers.get(system).copied().into_iter().collect()
    }

    /// Whether a link says that it carries data of one of these.
    pub(super) fn names_one_of(&self, link: usize, held: &BTreeSet<u32>) -> bool {
        self.links.get(&link).is_some_and(|named| named.iter().any(|n| held.contains(n)))
    }
}
