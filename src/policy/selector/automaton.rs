//! The walked form: states and their transitions, without what they accept.

use super::{NameKey, guess::Expected};

/// Where a walk stands. Copied freely; meaningful only to the matcher that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State(pub(super) u16);

impl State {
    /// Its number, for tables.
    #[inline]
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// From here nothing is selected, however far one walks.
pub(crate) const DEAD: State = State(0);

/// The ordinal of a member name that its state does not list.
pub(crate) const UNLISTED: u16 = u16::MAX;

/// A deterministic automaton over member names and element indices.
#[derive(Debug)]
pub(crate) struct Automaton {
    pub(super) nodes: Vec<Node>,
    pub(super) start: State,
    /// How many [`Automaton::cell`]s there are.
    pub(super) cells: usize,
}

/// One state.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) names: Names,
    /// Where a member leads that `names` does not list.
    pub(super) other: State,
    /// Where elements lead: each pair holds from its index until the next pair's. Starts at 0, or is empty.
    pub(super) elements: Vec<(u64, State)>,
    /// No step leads anywhere.
    pub(super) leaf: bool,
    /// The listed names by ordinal, as they are usually spelled.
    pub(super) expected: Vec<Expected>,
    /// The first of this state's cells.
    pub(super) cell: usize,
}

impl Automaton {
    /// The state after a member. Also the name's ordinal among the names the state lists, or [`UNLISTED`].
    #[inline]
    pub(crate) fn member(&self, state: State, key: NameKey, name: &[u8]) -> (State, u16) {
        let Some(node) = self.nodes.get(usize::from(state.0)) else { return (DEAD, UNLISTED) };
        node.names.find(key, name).unwrap_or((node.other, UNLISTED))
    }

    /// How many cells a memory of what follows what needs.
    #[inline]
    pub(crate) fn cells(&self) -> usize {
        self.cells
    }

    /// Where to remember which listed name follows another in a container at this state: `after` is 0 at the
    /// beginning, else the other's ordinal and one.
    #[inline]
    pub(crate) fn cell(&self, state: State, after: u16) -> usize {
        self.nodes.get(usize::from(state.0)).map_or(usize::MAX, |n| n.cell + usize::from(after))
    }

    /// The names a state lists, as they are expected on the wire, by ordinal.
    #[inline]
    pub(crate) fn expected(&self, state: State) -> &[Expected] {
        self.nodes.get(usize::from(state.0)).map_or(&[], |n| n.expected.as_slice())
    }

    /// The state after an element.
    #[inline]
    pub(crate) fn element(&self, state: State, index: u64) -> State {
        let elements = self.nodes.get(usize::from(state.0)).map_or(&[][..], |n| n.elements.as_slice());
        match elements {
            [] => DEAD,
            [(_, only)] => *only,
            many => {
                let after = many.partition_point(|(from, _)| *from <= index);
                many.get(after.wrapping_sub(1)).map_or(DEAD, |(_, state)| *state)
            }
        }
    }

    /// Whether no step from here leads anywhere.
    #[inline]
    pub(crate) fn is_leaf(&self, state: State) -> bool {
        self.nodes.get(usize::from(state.0)).is_none_or(|n| n.leaf)
    }
}

/// The names a state lists: an open-addressed table, sized and seeded when built so that nearly every name
/// is found at the first slot.
#[derive(Debug, Default)]
pub(super) struct Names {
    slots: Vec<Slot>,
    seed: u64,
    shift: u32,
}

#[derive(Debug, Clone)]
struct Slot {
    key: NameKey,
    next: State,
    /// [`UNLISTED`] marks an empty slot.
    ordinal: u16,
    /// The name, where the key does not hold it whole.
    long: Box<[u8]>,
}

impl Names {
    /// Builds the table. Names are distinct and fewer than [`UNLISTED`].
    pub(super) fn new(names: &[(&str, State)]) -> Self {
        if names.is_empty() {
            return Self::default();
        }
        let size = (names.len() * 2).next_power_of_two();
        let shift = 64 - size.trailing_zeros();
        let keys: Vec<_> = names.iter().map(|(name, _)| NameKey::new(name.as_bytes())).collect();
        let seed = seed(&keys, size, shift);
        let mut slots = vec![Slot::empty(); size];
        for (ordinal, ((name, next), key)) in names.iter().zip(&keys).enumerate() {
            let mut at = slot(*key, seed, shift);
            while slots.get(at).is_some_and(|s| s.ordinal != UNLISTED) {
                at = (at + 1) % size;
            }
            if let Some(slot) = slots.get_mut(at) {
                let long = if key.is_whole() { Box::default() } else { name.as_bytes().into() };
                *slot = Slot { key: *key, next: *next, ordinal: u16::try_from(ordinal).unwrap_or(UNLISTED), long };
            }
        }
        Self { slots, seed, shift }
    }

    #[inline(always)]
    fn find(&self, key: NameKey, name: &[u8]) -> Option<(State, u16)> {
        if self.slots.is_empty() {
            return None;
        }
        let mut at = slot(key, self.seed, self.shift);
        loop {
            let slot = self.slots.get(at)?;
            if slot.key == key && (key.is_whole() || *slot.long == *name) {
                return Some((slot.next, slot.ordinal));
            }
            if slot.ordinal == UNLISTED {
                return None;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }
}

impl Slot {
    fn empty() -> Self {
        Self { key: NameKey::NONE, next: DEAD, ordinal: UNLISTED, long: Box::default() }
    }
}

#[inline]
const fn slot(key: NameKey, seed: u64, shift: u32) -> usize {
    (key.hash(seed) >> shift) as usize
}

/// The multiplier, of a fixed series, under which the fewest names share a slot.
fn seed(keys: &[NameKey], size: usize, shift: u32) -> u64 {
    let candidates = (0..200u64).map(|i| 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(2 * i + 1) | 1);
    let collisions = |seed: u64| {
        let mut taken = vec![false; size];
        let slots = keys.iter().map(|key| slot(*key, seed, shift));
        slots.filter(|at| taken.get_mut(*at).is_some_and(|t| std::mem::replace(t, true))).count()
    };
    candidates.min_by_key(|seed| collisions(*seed)).unwrap_or(1)
}
