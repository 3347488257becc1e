//! A map that is cheap to copy: many small maps behind counted references. A change copies the one small map
//! it touches, so that readers keep the picture they hold.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hash, RandomState},
    sync::Arc,
};

/// Enough that a hundred thousand grants make small maps of a few hundred.
const SHARDS: usize = 256;

/// A copy-on-write map.
#[derive(Debug, Clone)]
pub(super) struct Shards<K, V> {
    hasher: RandomState,
    shards: Vec<Arc<HashMap<K, V>>>,
}

impl<K, V> Default for Shards<K, V> {
    fn default() -> Self {
        // All of them one empty map, until they are written to.
        let empty = Arc::new(HashMap::new());
        Self { hasher: RandomState::new(), shards: vec![empty; SHARDS] }
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Shards<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.shards.get(self.shard(key))?.get(key)
    }

    /// Changes the value of `key`, which begins as its default.
    pub(super) fn update(&mut self, key: K, change: impl FnOnce(&mut V))
    where
        V: Default,
    {
        let shard = self.shard(&key);
        if let Some(shard) = self.shards.get_mut(shard) {
            change(Arc::make_mut(shard).entry(key).or_default());
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.shards.iter().flat_map(|shard| shard.iter())
    }

    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below 256")]
    fn shard(&self, key: &K) -> usize {
        (self.hasher.hash_one(key) % SHARDS as u64) as usize
    }
}

/// Equal when they hold the same; each hashes in its own way.
impl<K: Eq + Hash + Clone, V: Clone + PartialEq> PartialEq for Shards<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().count() == other.iter().count() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}
