//! Rulings remembered by exactly the facts that led to them.

use super::Ruling;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{PoisonError, RwLock},
};

/// How many rulings each memo keeps: about 8 MiB of them. Facts are few (connections × categories × a handful of
/// booleans), so a full memo is unusual, and forgetting everything is then the simplest right answer.
pub(super) const CAPACITY: usize = 32_768;

/// A bounded map from facts to rulings. The rules never change under it: a new policy set has new memos.
#[derive(Debug)]
pub(super) struct Memo<K> {
    rulings: RwLock<HashMap<K, Ruling>>,
}

impl<K: Eq + Hash + Clone> Memo<K> {
    pub(super) fn new() -> Self {
        Self { rulings: RwLock::new(HashMap::new()) }
    }

    /// The remembered ruling, or the one that `decide` gives now.
    pub(super) fn get_or(&self, facts: &K, decide: impl FnOnce() -> Ruling) -> Ruling {
        // A poisoned lock is safe to read: entries go in whole, after they were decided.
        if let Some(ruling) = self.rulings.read().unwrap_or_else(PoisonError::into_inner).get(facts) {
            return ruling.clone();
        }
        // Decided outside the lock: two threads may both decide, and they decide the same.
        let ruling = decide();
        let mut rulings = self.rulings.write().unwrap_or_else(PoisonError::into_inner);
        if rulings.len() >= CAPACITY {
            rulings.clear();
        }
        rulings.insert(facts.clone(), ruling.clone());
        ruling
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.rulings.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}
