//! A member name as three machine words, so that most names are compared without touching memory.

/// The first and last eight bytes of a name and its length. Up to 16 bytes that is the whole name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NameKey {
    first: u64,
    last: u64,
    /// Length in bytes.
    pub(crate) len: u32,
}

/// The longest name that a [`NameKey`] holds whole.
pub(crate) const WHOLE: u32 = 16;

impl NameKey {
    /// The key of no name: bodies are limited far below this length.
    pub(crate) const NONE: Self = Self { first: 0, last: 0, len: u32::MAX };

    /// The key of an unescaped name.
    #[inline]
    pub(crate) fn new(name: &[u8]) -> Self {
        let len = u32::try_from(name.len()).unwrap_or(u32::MAX);
        let (first, last) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => (short(name), 0),
        };
        Self { first, last, len }
    }

    /// Whether equal keys mean equal names.
    #[inline]
    pub(crate) const fn is_whole(&self) -> bool {
        self.len <= WHOLE
    }

    /// Mixes the words; the upper bits are the good ones. Not keyed: nothing that uses it degrades by more
    /// than a bounded factor when names collide.
    #[inline]
    pub(crate) const fn hash(&self, seed: u64) -> u64 {
        (self.first ^ self.last.rotate_left(29) ^ (self.len as u64)).wrapping_mul(seed)
    }
}

/// Up to seven bytes, injectively for each length.
#[inline]
fn short(name: &[u8]) -> u64 {
    match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
        (Some(first), Some(last)) => u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32,
        _ => name.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whole_keys_are_equal_only_for_equal_names(
            a in proptest::collection::vec(0u8..3, 0..17),
            b in proptest::collection::vec(0u8..3, 0..17),
        ) {
            prop_assert_eq!(NameKey::new(&a) == NameKey::new(&b), a == b);
        }
    }
}
