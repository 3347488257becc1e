//! From selectors to states: the subset construction, with bounds.

use super::{
    Segment, Selector, SelectorError, State, Step,
    automaton::{Automaton, DEAD, Names, Node},
    guess::Expected,
};
use std::collections::{BTreeMap, BTreeSet};

/// States one matcher may have.
const STATES: usize = 4096;
/// Named transitions one matcher may have: bounds the memory and the time of building.
const TRANSITIONS: usize = 32_768;

/// How far a selector has been followed: which, and how many of its segments.
type Position = (u16, u16);
/// A state: everything that may be going on at once.
type Set = BTreeSet<Position>;

/// The automaton and, for each state, the selectors that end there.
pub(super) fn build(selectors: &[&Selector]) -> Result<(Automaton, Vec<Vec<u16>>), SelectorError> {
    if u16::try_from(selectors.len()).is_err() {
        return Err(too_large());
    }
    let mut builder = Builder { selectors, ids: BTreeMap::new(), sets: Vec::new(), transitions: 0, cells: 0 };
    builder.state(Set::new())?;
    let start = builder.state((0u16..).zip(selectors).map(|(i, _)| (i, 0)).collect())?;
    let mut nodes = Vec::new();
    while let Some(set) = builder.sets.get(nodes.len()).cloned() {
        nodes.push(builder.node(&set)?);
    }
    let accepts = builder.sets.iter().map(|set| builder.ends(set).collect()).collect();
    Ok((Automaton { nodes, start, cells: builder.cells }, accepts))
}

struct Builder<'a> {
    selectors: &'a [&'a Selector],
    ids: BTreeMap<Set, State>,
    sets: Vec<Set>,
    transitions: usize,
    cells: usize,
}

impl<'a> Builder<'a> {
    /// The id of a state, new or known. The empty set comes first and is [`DEAD`].
    fn state(&mut self, set: Set) -> Result<State, SelectorError> {
        if let Some(known) = self.ids.get(&set) {
            return Ok(*known);
        }
        if self.sets.len() >= STATES {
            return Err(too_large());
        }
        let id = State(u16::try_from(self.sets.len()).map_err(|_| too_large())?);
        self.sets.push(set.clone());
        self.ids.insert(set, id);
        Ok(id)
    }

    fn node(&mut self, set: &Set) -> Result<Node, SelectorError> {
        let moves = Moves::of(set, self.selectors);
        let other = self.state(moves.any.clone())?;
        self.transitions += moves.names.len();
        if self.transitions > TRANSITIONS {
            return Err(too_large());
        }
        let mut names = Vec::new();
        for (name, to) in &moves.names {
            names.push((*name, self.state(&moves.any | to)?));
        }
        let mut elements: Vec<(u64, State)> = Vec::new();
        for from in &moves.bounds {
            let hits = moves.elements.iter().filter(|((a, b), _)| a <= from && from < b).map(|(_, to)| *to);
            let state = self.state(moves.any.iter().copied().chain(hits).collect())?;
            if elements.last().is_none_or(|(_, last)| *last != state) {
                elements.push((*from, state));
            }
        }
        let leaf = other == DEAD && names.is_empty() && elements.iter().all(|(_, to)| *to == DEAD);
        let expected = names.iter().map(|(name, next)| Expected::new(name, *next)).collect();
        let cell = self.cells;
        self.cells += names.len() + 1;
        Ok(Node { names: Names::new(&names), other, elements, leaf, expected, cell })
    }

    /// The selectors that are followed to their end.
    fn ends<'s>(&self, set: &'s Set) -> impl Iterator<Item = u16> + use<'s, 'a> {
        let selectors = self.selectors;
        set.iter().filter(move |p| segment(selectors, **p).is_none()).map(|(selector, _)| *selector)
    }
}

/// Where one step from a state leads.
struct Moves<'a> {
    /// Whatever the step is.
    any: Set,
    /// By a member of this name, besides.
    names: BTreeMap<&'a str, Set>,
    /// By an element in this range, besides.
    elements: Vec<((u64, u64), Position)>,
    /// The indices at which the answer may change.
    bounds: BTreeSet<u64>,
}

impl<'a> Moves<'a> {
    fn of(set: &Set, selectors: &[&'a Selector]) -> Self {
        let mut moves =
            Self { any: Set::new(), names: BTreeMap::new(), elements: Vec::new(), bounds: BTreeSet::from([0]) };
        for position in set {
            let Some(segment) = segment(selectors, *position) else { continue };
            let next = (position.0, position.1 + 1);
            if segment.descendant {
                moves.any.insert(*position);
            }
            for step in &segment.steps {
                moves.step(step, next);
            }
        }
        moves
    }

    fn step(&mut self, step: &'a Step, next: Position) {
        match step {
            Step::Wildcard | Step::Filter(_) => {
                self.any.insert(next);
            }
            Step::Name(name) => {
                self.names.entry(name).or_default().insert(next);
            }
            Step::Elements(from, to) => {
                self.elements.push(((*from, *to), next));
                self.bounds.extend([*from, *to]);
            }
        }
    }
}

fn segment<'a>(selectors: &[&'a Selector], position: Position) -> Option<&'a Segment> {
    selectors.get(usize::from(position.0))?.segments.get(usize::from(position.1))
}

fn too_large() -> SelectorError {
    SelectorError::new(
        format!("the selectors together need more than {STATES} states or {TRANSITIONS} named steps"),
        "use fewer descendant segments (..) and name the way to each place",
    )
}
