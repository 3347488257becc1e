//! What callers hold: the automaton together with what each state accepts.

use std::sync::OnceLock;

use super::{NameKey, Selector, SelectorError, automaton::Automaton, automaton::DEAD, automaton::State, build::build};

/// A deterministic automaton over member names and array indices; each state accepts a set of targets.
///
/// Walk it from [`Matcher::start`] with [`Matcher::member`] and [`Matcher::element`]; a node is selected by
/// exactly the selectors whose targets [`Matcher::accepts`] gives at the state that its path leads to.
#[derive(Debug)]
pub struct Matcher<T> {
    automaton: Automaton,
    /// For each state its range in `targets`.
    accepts: Vec<(u32, u32)>,
    targets: Vec<T>,
    ambiguous: Vec<(usize, usize)>,
    /// See [`Matcher::digest`].
    digest: OnceLock<Box<[u32]>>,
}

impl<T: Clone> Matcher<T> {
    /// Compiles a set of selectors, each with what it stands for. Several may share a target. An empty set
    /// selects nothing.
    ///
    /// # Errors
    /// When the set needs more than 4,096 states or 32,768 named steps.
    pub fn compile(selectors: &[(Selector, T)]) -> Result<Self, SelectorError> {
        let only: Vec<_> = selectors.iter().map(|(selector, _)| selector).collect();
        let (automaton, ends) = build(&only)?;
        let mut targets = Vec::new();
        let mut accepts = Vec::new();
        let mut ambiguous = std::collections::BTreeSet::new();
        for ends in &ends {
            let from = targets.len();
            targets.extend(ends.iter().filter_map(|i| selectors.get(usize::from(*i))).map(|(_, t)| t.clone()));
            accepts.push((offset(from), offset(targets.len())));
            for (n, a) in ends.iter().enumerate() {
                ambiguous.extend(ends.iter().skip(n + 1).map(|b| (usize::from(*a), usize::from(*b))));
            }
        }
        Ok(Self { automaton, accepts, targets, ambiguous: ambiguous.into_iter().collect(), digest: OnceLock::new() })
    }
}

impl<T> Matcher<T> {
    /// The state of the node the selectors call `$`.
    #[must_use]
    pub const fn start(&self) -> State {
        self.automaton.start
    }

    /// The state of an object's member; `name` is unescaped.
    #[must_use]
    pub fn member(&self, state: State, name: &str) -> State {
        self.automaton.member(state, NameKey::new(name.as_bytes()), name.as_bytes()).0
    }

    /// The state of an array's element.
    #[must_use]
    pub fn element(&self, state: State, index: u64) -> State {
        self.automaton.element(state, index)
    }

    /// The targets of the selectors that select the node at this state, in the order they were compiled.
    #[must_use]
    #[inline]
    pub fn accepts(&self, state: State) -> &[T] {
        let range = self.accepts.get(usize::from(state.0)).map(|(a, b)| *a as usize..*b as usize);
        range.and_then(|r| self.targets.get(r)).unwrap_or(&[])
    }

    /// Whether nothing is selected here or below.
    #[must_use]
    pub fn is_dead(&self, state: State) -> bool {
        state == DEAD
    }

    /// Whether nothing is selected below here; the node itself may be.
    #[must_use]
    pub fn is_leaf(&self, state: State) -> bool {
        self.automaton.is_leaf(state)
    }

    /// Pairs of selectors, as positions in the compiled set, that can select one and the same place.
    #[must_use]
    pub fn ambiguous(&self) -> &[(usize, usize)] {
        &self.ambiguous
    }

    /// A word for each state, by its number: whatever a walker wants to know at once, worked out a single time
    /// from what the state accepts and whether it is a leaf.
    pub(crate) fn digest(&self, word: impl Fn(&[T], bool) -> u32) -> &[u32] {
        let states = (0..self.accepts.len()).map(|i| State(u16::try_from(i).unwrap_or(DEAD.0)));
        self.digest.get_or_init(|| states.map(|s| word(self.accepts(s), self.is_leaf(s))).collect())
    }

    /// The part that is walked.
    pub(crate) const fn automaton(&self) -> &Automaton {
        &self.automaton
    }
}

fn offset(n: usize) -> u32 {
    // At most 4,096 states with at most 65,535 targets each.
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(selectors: &[&str]) -> Result<Matcher<usize>, SelectorError> {
        let set: Vec<_> = selectors.iter().enumerate().map(|(i, s)| (Selector::parse(s).unwrap(), i)).collect();
        Matcher::compile(&set)
    }

    #[test]
    fn a_walk_ends_where_the_selector_does() {
        let m = compile(&["$.clients[*].dob", "$.clients[0]['dob','name']", "$..id"]).unwrap();
        let first = m.element(m.member(m.start(), "clients"), 0);
        let second = m.element(m.member(m.start(), "clients"), 1);
        assert_eq!(m.accepts(m.member(first, "dob")), [0, 1]);
        assert_eq!(m.accepts(m.member(second, "dob")), [0]);
        assert_eq!(m.accepts(m.member(first, "name")), [1]);
        assert_eq!(m.accepts(m.member(m.member(m.start(), "x"), "id")), [2]);
        assert_eq!(m.ambiguous(), [(0, 1)]);
    }

    #[test]
    fn leaf_and_dead_are_told_apart() {
        let m = compile(&["$.a", "$.b.c"]).unwrap();
        let (a, b) = (m.member(m.start(), "a"), m.member(m.start(), "b"));
        assert!(m.is_leaf(a) && !m.is_dead(a) && !m.is_leaf(b));
        assert!(m.is_dead(m.member(a, "x")) && m.is_dead(m.element(m.start(), 0)));
        let none = Matcher::<u8>::compile(&[]).unwrap();
        assert!(none.is_dead(none.start()) && none.is_leaf(none.start()));
    }

    #[test]
    fn long_names_that_share_their_ends_are_different_names() {
        let m = compile(&["$.accommodation_a_history", "$.accommodation_b_history"]).unwrap();
        assert_eq!(m.accepts(m.member(m.start(), "accommodation_a_history")), [0]);
        assert_eq!(m.accepts(m.member(m.start(), "accommodation_b_history")), [1]);
        assert!(m.is_dead(m.member(m.start(), "accommodation_c_history")));
    }

    #[test]
    fn a_set_that_explodes_is_refused() {
        let selectors: Vec<String> = (0..16).map(|i| format!("$..[{}]{}", i % 2, "[0,1]".repeat(14))).collect();
        let selectors: Vec<&str> = selectors.iter().map(String::as_str).collect();
        assert!(compile(&selectors).unwrap_err().message.contains("4096 states"));
    }
}
