//! So much of something, for all requests together: what one cannot have is refused at once, and what it had is free
//! again when it ends.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Bytes of memory or disk.
#[derive(Debug)]
pub struct Budget {
    total: u64,
    used: AtomicU64,
}

/// What one request has of it, until it is dropped.
#[derive(Debug)]
pub struct Share {
    of: Arc<Budget>,
    bytes: u64,
}

impl Budget {
    /// So many bytes.
    #[must_use]
    pub fn new(total: u64) -> Arc<Self> {
        Arc::new(Self { total, used: AtomicU64::new(0) })
    }

    /// So many of them; `None` where they are not to be had just now.
    #[must_use]
    pub fn share(self: &Arc<Self>, bytes: u64) -> Option<Share> {
        let mut share = Share { of: self.clone(), bytes: 0 };
        share.grow(bytes).then_some(share)
    }

    /// Bytes that are not free.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Acquire)
    }
}

impl Share {
    /// So many more; or none, where they are not to be had.
    #[must_use]
    pub fn grow(&mut self, bytes: u64) -> bool {
        let fits = |used: u64| used.checked_add(bytes).filter(|used| *used <= self.of.total);
        let had = self.of.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).is_ok();
        self.bytes += if had { bytes } else { 0 };
        had
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.of.used.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_had_is_free_again() {
        let budget = Budget::new(10);
        let mut first = budget.share(6).unwrap();
        assert!(budget.share(5).is_none());
        let second = budget.share(4).unwrap();
        assert!(!first.grow(1) && budget.used() == 10);
        drop(second);
        assert!(first.grow(4) && !first.grow(u64::MAX));
        drop(first);
        assert_eq!(budget.used(), 0);
    }
}
