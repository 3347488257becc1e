//! How often in a minute passphrases are stretched for names that nobody has: it takes a processor, and the gateway runs
//! beside it. An account's own tries are counted with the account, so that nobody is kept out by strangers' tries.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Tries in a minute, of everybody.
const TRIES: usize = 30;
const MINUTE: Duration = Duration::from_secs(60);

/// When the last tries were.
#[derive(Debug, Default)]
pub(super) struct Tries(Mutex<VecDeque<Instant>>);

impl Tries {
    /// Counts a try, and says whether there is room for it.
    pub(super) fn count(&self) -> bool {
        self.count_at(Instant::now())
    }

    fn count_at(&self, now: Instant) -> bool {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tries.front().is_some_and(|first| now.duration_since(*first) >= MINUTE) {
            tries.pop_front();
        }
        let room = tries.len() < TRIES;
        if room {
            tries.push_back(now);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_holds_so_many_tries() {
        let (tries, now) = (Tries::default(), Instant::now());
        for _ in 0..TRIES {
            assert!(tries.count_at(now));
        }
        assert!(!tries.count_at(now) && !tries.count_at(now + MINUTE / 2));
        assert!(tries.count_at(now + MINUTE));
    }
}
