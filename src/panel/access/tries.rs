//! How often anybody may try to sign in, all together: stretching passphrases takes a processor, and the gateway runs
//! beside it.

use crate::panel::wrong::Wrong;
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
    /// Counts a try.
    ///
    /// # Errors
    /// [`Wrong::TooOften`]: not now.
    pub(super) fn count(&self) -> Result<(), Wrong> {
        self.count_at(Instant::now())
    }

    fn count_at(&self, now: Instant) -> Result<(), Wrong> {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tries.front().is_some_and(|first| now.duration_since(*first) >= MINUTE) {
            tries.pop_front();
        }
        match tries.front() {
            Some(first) if tries.len() >= TRIES => {
                Err(Wrong::TooOften((MINUTE - now.duration_since(*first)).as_secs() + 1))
            }
            _ => {
                tries.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_holds_so_many_tries() {
        let (tries, now) = (Tries::default(), Instant::now());
        for _ in 0..TRIES {
            tries.count_at(now).unwrap();
        }
        assert!(matches!(tries.count_at(now), Err(Wrong::TooOften(61))));
        assert!(matches!(tries.count_at(now + MINUTE / 2), Err(Wrong::TooOften(31))));
        tries.count_at(now + MINUTE).unwrap();
    }
}
