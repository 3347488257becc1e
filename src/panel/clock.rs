//! The time that passes, for what lasts so long and no longer: sessions, lock-outs, bounded tries.
//!
//! The wall clock may go back: then a session would live longer. The time of the record book stands still until the
//! wall clock has caught up: then one would live for ever meanwhile. This time goes on at the wall clock's pace and
//! never goes back.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Mutex, PoisonError};

/// How far the wall clock went back since the start, all steps together.
#[derive(Debug, Default)]
pub(super) struct Passing(Mutex<Option<(Timestamp, SignedDuration)>>);

impl Passing {
    /// The time that passes, by this wall clock. It is looked at under the lock: between two threads nothing goes back.
    pub(super) fn now(&self, wall: impl FnOnce() -> Timestamp) -> Timestamp {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = wall();
        let (last, behind) = seen.unwrap_or((wall, SignedDuration::ZERO));
        let back = last.duration_since(wall).max(SignedDuration::ZERO);
        let behind = behind.saturating_add(back);
        *seen = Some((wall, behind));
        wall.saturating_add(behind).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_when_the_clock_goes_back() {
        let (passing, at) = (Passing::default(), |seconds| Timestamp::from_second(seconds).unwrap());
        let seen: Vec<i64> = [100, 160, 3760, 190, 200, 50, 60].map(|wall| passing.now(|| at(wall)).as_second()).into();
        assert_eq!(seen, [100, 160, 3760, 3760, 3770, 3770, 3780]);
    }
}
