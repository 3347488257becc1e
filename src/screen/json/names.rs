//! Duplicate member names: refused, because two parsers would read two different documents.
//!
//! Names that a matcher state lists are remembered by the caller in one bit each. All others come here:
//! a filter word answers most questions, a short list the rest, and an ordered set serves objects with many
//! members, so that chosen names cannot make the check slow.

use crate::policy::selector::NameKey;
use std::collections::BTreeSet;

/// Beyond this many names an object's names move to an ordered set.
const LISTED: usize = 48;

/// The names of the objects that are open, innermost last.
#[derive(Debug, Default)]
pub(super) struct Names {
    keys: Vec<(NameKey, u32)>,
    /// Names that a key does not hold whole, end to end.
    long: Vec<u8>,
    sets: Vec<BTreeSet<(NameKey, Box<[u8]>)>>,
}

/// One object's part of [`Names`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    from: u32,
    filter: u64,
    set: bool,
}

const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Names {
    /// Opens an object.
    #[inline]
    pub(super) fn open(&self) -> Scope {
        Scope { from: self.keys.len() as u32, filter: 0, set: false }
    }

    /// Remembers a name of the innermost object. `false`: it was there.
    #[inline]
    pub(super) fn insert(&mut self, scope: &mut Scope, key: NameKey, name: &[u8]) -> bool {
        let bit = 1 << (key.hash(SPREAD) >> 58);
        if scope.set || (scope.filter & bit != 0 && self.holds(scope, key, name)) {
            return scope.set && self.insert_in_set(key, name);
        }
        scope.filter |= bit;
        let at = self.long.len() as u32;
        if !key.is_whole() {
            self.long.extend_from_slice(name);
        }
        self.keys.push((key, at));
        if self.keys.len() - scope.from as usize > LISTED {
            self.move_to_set(scope);
        }
        true
    }

    /// Forgets the innermost object.
    #[inline]
    pub(super) fn close(&mut self, scope: &Scope) {
        if let Some((_, long)) = self.keys.get(scope.from as usize) {
            self.long.truncate(*long as usize);
            self.keys.truncate(scope.from as usize);
        }
        if scope.set {
            self.sets.pop();
        }
    }

    fn holds(&self, scope: &Scope, key: NameKey, name: &[u8]) -> bool {
        let keys = self.keys.get(scope.from as usize..).unwrap_or_default();
        keys.iter().any(|(k, at)| *k == key && (key.is_whole() || self.long(key, *at) == name))
    }

    fn long(&self, key: NameKey, at: u32) -> &[u8] {
        let at = at as usize;
        self.long.get(at..at + key.len as usize).unwrap_or_default()
    }

    #[cold]
    fn move_to_set(&mut self, scope: &mut Scope) {
        let keys = self.keys.get(scope.from as usize..).unwrap_or_default();
        let entry = |(key, at): &(NameKey, u32)| {
            (*key, if key.is_whole() { Box::default() } else { self.long(*key, *at).into() })
        };
        self.sets.push(keys.iter().map(entry).collect());
        self.close(&Scope { set: false, ..*scope });
        scope.set = true;
    }

    #[cold]
    fn insert_in_set(&mut self, key: NameKey, name: &[u8]) -> bool {
        let name = if key.is_whole() { Box::default() } else { name.into() };
        self.sets.last_mut().is_some_and(|set| set.insert((key, name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn says_what_a_set_says(names in proptest::collection::vec("[ab]{0,3}|x{15,18}[ab]x{8}", 0..120)) {
            let mut all = Names::default();
            let mut outer = all.open();
            prop_assert!(all.insert(&mut outer, NameKey::new(b"outer"), b"outer"));
            let mut scope = all.open();
            let mut expected = BTreeSet::new();
            for name in &names {
                let name = name.as_bytes();
                prop_assert_eq!(all.insert(&mut scope, NameKey::new(name), name), expected.insert(name));
            }
            all.close(&scope);
            prop_assert!(!all.insert(&mut outer, NameKey::new(b"outer"), b"outer"));
            prop_assert!(all.insert(&mut outer, NameKey::new(b"other"), b"other"));
        }
    }
}
